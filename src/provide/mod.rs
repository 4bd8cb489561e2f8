//! Makes offered libraries visible to the venv's Python: a small module, the `.pth` file that
//! imports it, and the map from SONAME to path that it reads when an import fails.

pub mod links;
pub mod packages;
pub mod roots;
mod shim;

pub use shim::shim;

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::elf::Machine;
use crate::fsx;
use crate::offer::Libraries;

const MODULE: (&str, &str) = ("_venvfix.py", include_str!("../../hooks/_venvfix.py"));
const START: (&str, &str) = ("000_venvfix.pth", include_str!("../../hooks/000_venvfix.pth"));
const BUILDS: (&str, &str) = ("sitecustomize.py", include_str!("../../hooks/sitecustomize.py"));
const DATA: &str = "_venvfix.libraries";

/// The line of the module that is filled in.
const OPENS: &str = "_OPENS = {}";

/// What is done when a module is first imported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opening {
    /// The module's full name.
    pub module: String,
    /// Libraries to open, in order.
    pub paths: Vec<PathBuf>,
    /// Variables to set in the process, unless they are set.
    pub variables: Vec<(String, PathBuf)>,
}

impl Opening {
    /// Nothing yet, for a module.
    pub fn of(module: &str) -> Self {
        Self { module: module.into(), ..Self::default() }
    }
}

/// Writes the provider into a site-packages directory. Says whether anything changed.
///
/// # Errors
/// If a file cannot be written.
pub fn install(site_packages: &Path, libraries: &Libraries, openings: &[Opening]) -> Result<bool> {
    // The map first and the .pth last: whatever interrupts, what starts finds what it needs.
    // Python makes it at its first start, and the folder would look as if pip had been used.
    let _ = fs::create_dir(site_packages.join("__pycache__"));
    let mut changed = fsx::write_own_if_changed(&site_packages.join(DATA), render(libraries).as_bytes())?;
    let module = site_packages.join(MODULE.0);
    if fsx::write_own_if_changed(&module, module_text(openings)?.as_bytes())? {
        remove_compiled(site_packages);
        changed = true;
    }
    changed |= fsx::write_own_if_changed(&site_packages.join(START.0), START.1.as_bytes())?;
    Ok(changed)
}

/// The module with its openings. JSON's strings and lists are Python's as well.
fn module_text(openings: &[Opening]) -> Result<String> {
    let rows: serde_json::Map<String, serde_json::Value> = openings
        .iter()
        .map(|opening| (opening.module.clone(), serde_json::json!([opening.paths, opening.variables])))
        .collect();
    let literal = serde_json::to_string(&rows).context("could not write the module")?;
    Ok(MODULE.1.replacen(OPENS, &format!("_OPENS = {literal}"), 1))
}

/// Python tells a compiled module from a stale one by its size and the second it was written in.
fn remove_compiled(site_packages: &Path) {
    let Ok(entries) = fs::read_dir(site_packages.join("__pycache__")) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with("_venvfix.") {
            // Best effort: a stale one answers as the module before it did.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Writes a shim for each alias into `folder`, and gives back the shims by name.
///
/// # Errors
/// If one cannot be written.
pub fn write_shims(folder: &Path, aliases: &Libraries, machine: Machine) -> Result<Libraries> {
    let mut made = Libraries::new();
    for (name, target) in aliases {
        let Some(bytes) = target.to_str().and_then(|target| shim(name, target, machine)) else { continue };
        fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
        let path = folder.join(name);
        fsx::write_own_if_changed(&path, &bytes)?;
        made.insert(name.clone(), path);
    }
    Ok(made)
}

/// The directory that brings the provider of the venv at `venv` to builds outside of it.
pub fn builds(venv: &Path) -> PathBuf {
    venv.join(".venvfix/builds")
}

/// Writes that directory.
///
/// # Errors
/// If a file cannot be written.
pub fn install_for_builds(venv: &Path, libraries: &Libraries) -> Result<()> {
    let folder = builds(venv);
    fs::create_dir_all(&folder).with_context(|| format!("could not make {}", folder.display()))?;
    fsx::write_own_if_changed(&folder.join(DATA), render(libraries).as_bytes())?;
    fsx::write_own_if_changed(&folder.join(MODULE.0), MODULE.1.as_bytes())?;
    fsx::write_own_if_changed(&folder.join(BUILDS.0), BUILDS.1.as_bytes()).map(|_| ())
}

/// Takes the provider out of a site-packages directory.
///
/// # Errors
/// If a file that is there cannot be removed.
pub fn remove(site_packages: &Path) -> Result<()> {
    for name in [START.0, MODULE.0, DATA] {
        let path = site_packages.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("could not remove {}", path.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether the provider is in a site-packages directory, as this program would write it.
pub fn is_installed(site_packages: &Path) -> bool {
    let read = |name: &str| {
        let path = site_packages.join(name);
        let text = if path.is_symlink() { None } else { fsx::read_start(&path, 1 << 20) };
        text.unwrap_or_default()
    };
    let module = read(MODULE.0);
    let lines = module.lines().map(|line| if line.starts_with("_OPENS = ") { OPENS } else { line });
    lines.eq(MODULE.1.lines()) && read(START.0) == START.1 && site_packages.join(DATA).exists()
}

/// Whether anything of a provider is in a site-packages directory.
pub fn is_present(site_packages: &Path) -> bool {
    site_packages.join(START.0).exists()
}

/// The libraries that the provider in a site-packages directory knows.
pub fn installed_libraries(site_packages: &Path) -> Libraries {
    let text = fsx::read_text(&site_packages.join(DATA), 16 << 20).ok().flatten().unwrap_or_default();
    let rows = text.lines().filter_map(|line| line.split_once('\t'));
    rows.map(|(name, path)| (name.to_owned(), path.into())).collect()
}

/// One `soname<TAB>path` a line. A name or path that would break a line is not offered.
fn render(libraries: &Libraries) -> String {
    let mut text = String::new();
    for (name, path) in libraries {
        let Some(path) = path.to_str() else { continue };
        if name.contains(['\t', '\n', '\r']) || path.contains(['\t', '\n', '\r']) {
            continue;
        }
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name}\t{path}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_is_read_back_without_names_that_break_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let row = |name: &str, path: &str| (name.to_owned(), path.into());
        let libraries: Libraries =
            [row("libz.so.1", "/nix/store/z/lib/libz.so.1"), row("evil\n.so", "/x"), row("a.so", "/b\tc")]
                .into();
        assert!(install(folder.path(), &libraries, &[]).unwrap());
        assert!(!install(folder.path(), &libraries, &[]).unwrap());
        assert!(is_installed(folder.path()));
        assert_eq!(installed_libraries(folder.path()).len(), 1);
        remove(folder.path()).unwrap();
        remove(folder.path()).unwrap();
        let left = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        assert_eq!(left.collect::<Vec<_>>(), ["__pycache__"]);
    }

    #[test]
    fn openings_become_python_and_count_as_installed() {
        let folder = tempfile::tempdir().unwrap();
        let opening = Opening {
            module: "it's".into(),
            paths: vec!["/a\"b\\c\n".into()],
            variables: vec![("X".into(), "/é".into())],
        };
        install(folder.path(), &Libraries::new(), &[opening]).unwrap();
        assert!(is_installed(folder.path()));
        let script = "import _venvfix; print(ascii(_venvfix._OPENS))";
        let output = std::process::Command::new("python3")
            .current_dir(folder.path())
            .args(["-c", script])
            .output()
            .unwrap();
        let wanted = r#"{"it's": [['/a"b\\c\n'], [['X', '/\xe9']]]}"#;
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), wanted, "{output:?}");
    }
}
