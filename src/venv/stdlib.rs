//! Parts of the standard library that an interpreter was built without: nixpkgs' python has its `_tkinter` in a
//! package of its own.

use std::fs;
use std::path::{Path, PathBuf};

use super::Interpreter;
use crate::offer::in_store;

/// Whether an interpreter of the Nix store lacks a module of the standard library, and none of these directories
/// brings it. Of others it is not known which modules are built in.
pub fn lacks(interpreter: &Interpreter, module: &str, directories: &[PathBuf]) -> bool {
    let environment = interpreter.home.iter().filter_map(|home| {
        // Of `python3.withPackages`, whose python is a wrapper.
        Some(library(&home.join(interpreter.real.file_name()?))?.join("site-packages"))
    });
    let directories: Vec<PathBuf> = environment.chain(directories.iter().cloned()).collect();
    in_store(&interpreter.real) && lacks_at(&interpreter.real, module, &directories)
}

fn lacks_at(python: &Path, module: &str, directories: &[PathBuf]) -> bool {
    let Some(library) = library(python) else { return false };
    let own = library.join("lib-dynload");
    // An interpreter of another build has its modules elsewhere.
    if !holds(&own, "") {
        return false;
    }
    let stem = format!("_{module}.");
    let others = [own, library.join("site-packages")];
    !others.iter().chain(directories).any(|directory| holds(directory, &stem))
}

/// `lib/python3.12` beside the `bin` of an interpreter.
fn library(python: &Path) -> Option<PathBuf> {
    Some(python.parent()?.parent()?.join("lib").join(python.file_name()?))
}

/// Whether a directory has an extension module whose name begins so.
fn holds(directory: &Path, stem: &str) -> bool {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name()).any(|name| {
        let name = name.as_encoded_bytes();
        name.starts_with(stem.as_bytes()) && name.ends_with(b".so")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_lacking_where_neither_python_nor_a_package_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let python = folder.path().join("bin/python3.12");
        let file = |path: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        };
        let package = folder.path().join("tk/lib/python3.12/site-packages");
        let lacks = || lacks_at(&python, "tkinter", std::slice::from_ref(&package));
        assert!(!lacks(), "nothing is known");
        file("lib/python3.12/lib-dynload/_ctypes.cpython-312-x86_64-linux-gnu.so");
        assert!(lacks());
        file("tk/lib/python3.12/site-packages/_tkinter.cpython-312-x86_64-linux-gnu.so");
        assert!(!lacks());
        fs::remove_dir_all(&package).unwrap();
        file("lib/python3.12/lib-dynload/_tkinter.cpython-312-x86_64-linux-gnu.so");
        assert!(!lacks());
    }
}
