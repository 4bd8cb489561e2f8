//! Which files of a venv may be objects, and whose they are.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::Distribution;
use super::distribution::dist_infos;

/// Endings of files that are never objects. Any other file is looked into: wheels have objects
/// without the executable bit, and with endings such as `.so.6.0.0`, `.mexa64` or none.
const NO_OBJECTS: &[&str] = &[
    "a", "c", "cc", "cfg", "cpp", "css", "csv", "cu", "cuh", "f90", "gif", "gz", "h", "hpp", "html", "ico",
    "in", "inc", "ini", "ipynb", "jpg", "js", "json", "map", "md", "npy", "npz", "o", "pem", "png", "pxd",
    "pxi", "py", "pyc", "pyi", "pyx", "qml", "rst", "svg", "toml", "ts", "ttf", "txt", "typed", "woff",
    "woff2", "xml", "yaml", "yml", "zip",
];

/// A file and the distributions (by index) whose RECORD names it: two may own the same.
#[derive(Debug)]
pub struct Owned {
    /// Absolute path.
    pub path: PathBuf,
    /// Indices into the distributions; none for a file that no RECORD names.
    pub owners: Vec<usize>,
}

/// The distributions in a venv, by name.
pub fn read_distributions(site_packages: &[PathBuf], root: &Path) -> Vec<Distribution> {
    let mut found: Vec<Distribution> = site_packages
        .iter()
        .flat_map(|directory| dist_infos(directory))
        .filter_map(|path| Distribution::read(&path, root))
        .collect();
    found.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    found
}

/// Every file below `root` that may be an object, in path order: those that RECORDs name, then
/// those that only a walk of the tree finds.
pub fn files(root: &Path, site_packages: &[PathBuf], distributions: &[Distribution]) -> Vec<Owned> {
    let mut owners: HashMap<&Path, Vec<usize>> = HashMap::new();
    for (index, distribution) in distributions.iter().enumerate() {
        for path in &distribution.files {
            owners.entry(path).or_default().push(index);
        }
    }
    let walked = walk(root, site_packages, &owners.keys().copied().collect());
    let named = owners.into_iter().map(|(path, owners)| Owned { path: path.to_owned(), owners });
    let unnamed = walked.into_iter().map(|path| Owned { path, owners: Vec::new() });
    let mut all: Vec<Owned> = named.chain(unnamed).collect();
    all.sort_by(|a, b| a.path.cmp(&b.path));
    all
}

fn walk(root: &Path, site_packages: &[PathBuf], known: &HashSet<&Path>) -> Vec<PathBuf> {
    let places = site_packages.iter().cloned().chain([root.join("bin")]);
    places
        .flat_map(|place| WalkDir::new(place).follow_links(false))
        .flatten()
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .filter(|path| may_be_object(path) && !known.contains(path.as_path()))
        .collect()
}

pub(super) fn may_be_object(path: &Path) -> bool {
    let ending = path.extension().and_then(OsStr::to_str);
    ending.is_none_or(|ending| NO_OBJECTS.binary_search(&ending).is_err())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_endings_are_sorted() {
        assert!(NO_OBJECTS.is_sorted());
    }

    #[test]
    fn odd_names_are_looked_into() {
        for name in [
            "x.so",
            "libz.so.1.3",
            "ruff",
            "x.cpython-311-x86_64-linux-gnu.so",
            "y.mexa64",
            "ptxas-blackwell",
        ] {
            assert!(may_be_object(Path::new(name)), "{name}");
        }
        assert!(!may_be_object(Path::new("x.py")));
    }
}
