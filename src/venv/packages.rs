//! Python packages that the Nix shell has of nixpkgs: those that its setup hooks put on PYTHONPATH,
//! and those of a `python3.withPackages`. On PYTHONPATH they would come before the venv's own, and a
//! requirement that pins another version would lose; they are named behind the venv's instead.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::offer::in_store;

/// The python of a shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// To build a venv on.
    pub python: PathBuf,
    /// The packages of the environment that it was found in.
    pub packages: Option<PathBuf>,
}

/// Looks behind an environment of `python3.withPackages`: its `bin/python3` is a wrapper, whose venv
/// would not see the packages, and whose variables every child would inherit. Its standard library
/// is links into the interpreter's own (nixpkgs, pkgs/development/interpreters/python/wrapper.nix).
pub fn base_of(python: &Path) -> Base {
    behind_environment(python).unwrap_or_else(|| Base { python: python.to_owned(), packages: None })
}

fn behind_environment(python: &Path) -> Option<Base> {
    let environment = fs::canonicalize(python).ok().filter(|path| in_store(path))?;
    let environment = environment.parent()?.parent()?;
    let library = libraries(environment).find(|library| library.join("os.py").is_symlink())?;
    let own = fs::canonicalize(library.join("os.py")).ok()?;
    let real = own.parent()?.parent()?.parent()?.join("bin").join(library.file_name()?);
    let packages = library.join("site-packages");
    real.is_file().then_some(Base { python: real, packages: Some(packages) })
}

/// `lib/python3.12` and its like.
fn libraries(prefix: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(prefix.join("lib")).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    found.sort();
    found
        .into_iter()
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("python3.")))
}

/// The store's site-packages in a PYTHONPATH that are for the X.Y of this interpreter. Those of
/// another are of no use to it, and its own hold nothing but nixpkgs' sitecustomize.
pub fn on_python_path(python_path: &OsStr, interpreter: &Path) -> Vec<PathBuf> {
    let place = Path::new("lib").join(interpreter.file_name().unwrap_or_default()).join("site-packages");
    let own = interpreter.parent().and_then(Path::parent).map(|prefix| prefix.join(&place));
    let mut found = Vec::new();
    for path in env::split_paths(python_path) {
        if in_store(&path) && path.ends_with(&place) && Some(&path) != own.as_ref() && !found.contains(&path)
        {
            found.push(path);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_packages_of_the_same_python_are_taken() {
        let path = "/home/me/lib:/nix/store/a-numpy/lib/python3.12/site-packages:\
                    /nix/store/p-python3/lib/python3.12/site-packages:/nix/store/b-numpy/lib/python3.11/site-packages:/nix/store/a-numpy/lib/python3.12/site-packages";
        let found = on_python_path(OsStr::new(path), Path::new("/nix/store/p-python3/bin/python3.12"));
        assert_eq!(found, [Path::new("/nix/store/a-numpy/lib/python3.12/site-packages")]);
    }

    #[test]
    fn a_python_outside_of_the_store_is_its_own_base() {
        let base = base_of(Path::new("/usr/bin/python3"));
        assert_eq!(base, Base { python: "/usr/bin/python3".into(), packages: None });
    }
}
