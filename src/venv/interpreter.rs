//! The Python that a venv is built on, from its files alone.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{Abi, ConfigFile};
use crate::elf::{self, Object};
use crate::error::Trouble;
use crate::fsx;
use crate::offer;

/// Whose loader starts the interpreter: it will load every extension module too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoaderKind {
    /// From the Nix store: it knows no system directory.
    Nix,
    /// The system's own.
    Host,
}

/// An interpreter and the loader named in its PT_INTERP.
#[derive(Debug)]
pub struct Interpreter {
    /// The path in the venv.
    pub executable: PathBuf,
    /// The file it leads to.
    pub real: PathBuf,
    /// `3.13.7`, where pyvenv.cfg says.
    pub version: Option<String>,
    /// Where pyvenv.cfg says the base interpreter lies.
    pub home: Option<PathBuf>,
    /// Its loader's path, as PT_INTERP has it.
    pub loader: PathBuf,
    /// Its headers.
    pub object: Object,
}

impl Interpreter {
    /// The interpreter of the venv at `root`.
    ///
    /// # Errors
    /// If its link leads nowhere (after a garbage collection), or to no dynamic program.
    pub fn of_venv(root: &Path, config: &ConfigFile) -> Result<Self> {
        let executable = super::python(root);
        let Ok(real) = fs::canonicalize(&executable) else {
            let target = led_to(&executable);
            return Err(Trouble::new(format!(
                "the interpreter of {} is gone: {}",
                root.display(),
                target.display()
            ))
            .help("enter the shell again: venvfix makes the environment anew")
            .into());
        };
        let mut found = Self::at(&real)?;
        found.executable = executable;
        found.version = config.version().map(str::to_owned);
        found.home = config.home().map(PathBuf::from);
        Ok(found)
    }

    /// The interpreter at `path`. A wrapper that is a script stands for the program it starts
    /// (nixpkgs' `python3.withPackages` may be one).
    ///
    /// # Errors
    /// If it is no dynamic ELF program.
    pub fn at(path: &Path) -> Result<Self> {
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let real = wrapped(&real).unwrap_or(real);
        let object = elf::read(&real).map_err(|error| {
            Trouble::new(format!("could not read the interpreter {}: {error}", real.display()))
        })?;
        let loader = match object.interpreter.as_deref() {
            Some(loader) if !loader.is_empty() => PathBuf::from(loader),
            _ => {
                return Err(
                    Trouble::new(format!("the interpreter {} is linked statically", real.display())).into()
                );
            }
        };
        Ok(Self { executable: path.to_owned(), real, version: None, home: None, loader, object })
    }

    /// Whose loader it has.
    pub fn kind(&self) -> LoaderKind {
        let loader = fs::canonicalize(&self.loader).unwrap_or_else(|_| self.loader.clone());
        if crate::offer::in_store(&loader) { LoaderKind::Nix } else { LoaderKind::Host }
    }

    /// What an offered library must be made for.
    pub fn system(&self) -> offer::System {
        offer::System { machine: self.object.machine, glibc: self.glibc() }
    }

    /// The newest version that the libc beside its loader defines, such as `2.42`.
    pub fn glibc(&self) -> Option<String> {
        let loader = fs::canonicalize(&self.loader).ok()?;
        let versions = elf::version_definitions(&loader.parent()?.join("libc.so.6")).ok()?;
        let numbers = versions.iter().filter_map(|version| version.strip_prefix("GLIBC_"));
        let numbers = numbers.filter(|version| version.starts_with(|c: char| c.is_ascii_digit()));
        numbers.max_by(|a, b| elf::compare_versions(a, b)).map(str::to_owned)
    }

    /// What the file says that it is, in its own name or in that of its libpython.
    pub fn real_version(&self) -> Option<Abi> {
        let named = self.real.file_name().and_then(|name| Abi::of_name(name.to_str()?));
        let library = |name: &String| {
            let (version, _) = name.strip_prefix("libpython")?.split_once(".so")?;
            Abi::of_name(&format!("python{version}"))
        };
        named.or_else(|| self.object.needed.iter().find_map(library))
    }

    /// The X and Y of Python X.Y, as pyvenv.cfg has it.
    pub fn minor_version(&self) -> Option<(u32, u32)> {
        let mut parts = self.version.as_deref()?.split('.').map(str::parse);
        Some((parts.next()?.ok()?, parts.next()?.ok()?))
    }
}

/// Where the links from a path end, be there something or not.
pub fn led_to(path: &Path) -> PathBuf {
    // The kernel follows 40.
    let next = |path: &PathBuf| Some(path.parent()?.join(fs::read_link(path).ok()?));
    let links = std::iter::successors(Some(path.to_owned()), next).take(40);
    fsx::normalize(&links.last().unwrap_or_default())
}

/// The absolute store path in the last `exec` line of a wrapper script.
fn wrapped(path: &Path) -> Option<PathBuf> {
    let text = fsx::read_start(path, 1 << 16)?;
    let line = text.strip_prefix("#!")?.lines().rev().find(|line| line.trim_start().starts_with("exec "))?;
    let word = line.split_whitespace().find(|word| word.trim_matches(['"', '\'']).starts_with('/'))?;
    fs::canonicalize(word.trim_matches(['"', '\''])).ok()
}
