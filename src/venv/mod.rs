//! The virtual environment: its interpreter, what is installed in it, and its life from one shell
//! entry to the next. `plan` decides, `install` does.

mod abi;
mod config_file;
mod direct_url;
mod distribution;
pub mod health;
pub mod holder;
mod index_options;
pub mod install;
mod interpreter;
pub mod leftovers;
mod loads;
pub mod lock;
pub mod make;
pub mod packages;
pub mod plan;
mod project_file;
pub mod record;
pub mod relocate;
pub mod repair;
pub mod replaced;
mod requirement_lines;
pub mod requirements;
mod scan;
pub mod shadow;
mod shebang;
pub mod sources;
pub mod stamp;
pub mod stdlib;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::error::Trouble;
use crate::fsx;
use crate::shell::word;
pub use abi::Abi;
pub use config_file::ConfigFile;
pub use direct_url::Origin;
pub use distribution::{Distribution, dist_infos};
pub use interpreter::{Interpreter, LoaderKind, led_to};
pub use loads::Loads;
pub use scan::{may_be_object, read_distributions};

/// A venv that exists and has an interpreter.
#[derive(Debug)]
pub struct Venv {
    /// Its directory, without links.
    pub root: PathBuf,
    /// The path as the user knows it.
    pub shown: PathBuf,
    /// Where pip installs, without links.
    pub site_packages: Vec<PathBuf>,
    /// The Python it is built on.
    pub interpreter: Interpreter,
}

impl Venv {
    /// Examines the venv at `path` without starting anything from it.
    ///
    /// # Errors
    /// Where there is none, where it is no directory, and where its interpreter is gone: each with
    /// what to do about it.
    pub fn open(path: &Path) -> Result<Self> {
        let shown = path.to_owned();
        let name = path.display();
        match fs::metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Trouble::new(format!("there is no virtual environment at {name}"))
                    .help("enter the shell with `nix-shell`, or make one with `python3 -m venv .venv`")
                    .into());
            }
            Err(error) => return Err(error).with_context(|| format!("could not examine {name}")),
            Ok(metadata) if !metadata.is_dir() => return Err(not_a_directory(path).into()),
            Ok(_) => {}
        }
        let root = fs::canonicalize(path).with_context(|| format!("could not examine {name}"))?;
        let config = ConfigFile::read(&root)?.ok_or_else(|| {
            Trouble::new(format!("{name} is no virtual environment: it has no pyvenv.cfg"))
                .help("move it away and enter the shell again")
        })?;
        let interpreter = Interpreter::of_venv(&root, &config)?;
        let site_packages = site_packages(&root);
        Ok(Self { root, shown, site_packages, interpreter })
    }
}

/// `.venv/.venvfix`, made where it is not there: all that venvfix keeps in a venv lies in it.
///
/// # Errors
/// If it cannot be made, or is a link: that may lead anywhere.
pub fn own_folder(venv: &Path) -> Result<PathBuf> {
    let folder = venv.join(".venvfix");
    if folder.is_symlink() {
        return Err(Trouble::new(format!("{} is a link", folder.display()))
            .help(format!("remove it: rm {}", word(&folder)))
            .into());
    }
    fs::create_dir_all(&folder).with_context(|| format!("could not make {}", folder.display()))?;
    Ok(folder)
}

/// What to say of a `.venv` that is a file.
pub fn not_a_directory(path: &Path) -> Trouble {
    Trouble::new(format!("{} is not a directory", path.display()))
        .help(format!("move it away: mv {0} {0}.saved", word(path)))
}

/// The site-packages directories below a venv's root, each once though lib64 is a link to lib. One
/// that is a link out of the venv is not the venv's.
pub fn site_packages(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let real = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
    for lib in ["lib", "lib64"] {
        let Ok(entries) = fs::read_dir(root.join(lib)) else { continue };
        let mut pythons: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        pythons.sort();
        for python in pythons {
            let name = python.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if !name.starts_with("python") && !name.starts_with("pypy") {
                continue;
            }
            if let Ok(path) = fs::canonicalize(python.join("site-packages"))
                && path.starts_with(&real)
                && !found.contains(&path)
            {
                found.push(path);
            }
        }
    }
    found
}

/// `bin/python` of a venv.
pub fn python(root: &Path) -> PathBuf {
    fsx::normalize(root).join("bin/python")
}
