//! What is installed in a venv, and which of its files may be objects.

use std::path::PathBuf;

use super::Distribution;
use super::distribution::dist_infos;

/// Endings of files that are never objects. Any other file is looked into: wheels have objects
/// without the executable bit, and with endings such as `.so.6.0.0`, `.mexa64` or none.
const NO_OBJECTS: &[&str] = &[
    "a", "afm", "bmp", "bz2", "c", "cc", "cfg", "cjs", "cmake", "cpp", "css", "csv", "cu", "cuh", "cxx",
    "dat", "dic", "eot", "f", "f90", "gif", "gz", "h", "h5", "hpp", "html", "ico", "in", "inc", "ini",
    "ipynb", "j2", "jpg", "js", "json", "lark", "less", "map", "mat", "md", "mjs", "mo", "mplstyle", "npy",
    "npz", "o", "ods", "orc", "otf", "pak", "parquet", "pdf", "pem", "pickle", "pkl", "png", "po", "ps1",
    "pxd", "pxi", "py", "pyc", "pyf", "pyi", "pyx", "qm", "qml", "qmltypes", "rst", "sass", "scss", "sh",
    "sip", "svg", "svgz", "tcl", "tex", "tif", "toml", "tpl", "ts", "tsx", "ttf", "txt", "typed", "wav",
    "woff", "woff2", "xml", "xsd", "xsl", "xz", "yaml", "yml", "zip",
];

/// The distributions in a venv, by name.
pub fn read_distributions(site_packages: &[PathBuf]) -> Vec<Distribution> {
    let mut found: Vec<Distribution> = site_packages
        .iter()
        .flat_map(|directory| dist_infos(directory))
        .filter_map(|path| Distribution::read(&path))
        .collect();
    found.sort_by(|a, b| a.order().cmp(&b.order()));
    found
}

/// Whether a file of this name is looked into.
pub fn may_be_object(file_name: &[u8]) -> bool {
    // As in paths, a name that only begins with a dot has no ending.
    let dot = file_name.iter().rposition(|&byte| byte == b'.').filter(|&dot| dot > 0);
    let Some(ending) = dot.map(|dot| &file_name[dot + 1..]) else { return true };
    // Most files of most distributions.
    ending != b"py" && NO_OBJECTS.binary_search_by(|known| known.as_bytes().cmp(ending)).is_err()
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
            assert!(may_be_object(name.as_bytes()), "{name}");
        }
        assert!(!may_be_object(b"x.py") && !may_be_object(b"a.b.json") && may_be_object(b".py"));
    }
}
