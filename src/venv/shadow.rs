//! Distributions of a venv that PYTHONPATH hides behind others: its directories come first.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::Distribution;
use crate::project_name;

/// A distribution that is not what an import finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shadowed {
    /// Its normalised name.
    pub name: String,
    /// The version in the venv.
    pub version: String,
    /// The metadata of the one that hides it.
    pub by: PathBuf,
}

/// Those of `installed` that also lie in a directory of `python_path`, which is not one of the venv
/// itself.
pub fn shadowed(python_path: &OsStr, installed: &[Distribution], root: &Path) -> Vec<Shadowed> {
    let directories = env::split_paths(python_path).filter(|path| path.is_absolute());
    let directories =
        directories.filter_map(|path| fs::canonicalize(path).ok()).filter(|path| !path.starts_with(root));
    let mut found: Vec<Shadowed> = Vec::new();
    for metadata in directories.flat_map(|path| fs::read_dir(path).into_iter().flatten().flatten()) {
        let Some(name) = distribution_name(&metadata.file_name()) else { continue };
        let hidden = installed.iter().find(|distribution| distribution.name == name);
        if let Some(hidden) = hidden
            && !found.iter().any(|known| known.name == name)
        {
            found.push(Shadowed { name, version: hidden.version.clone(), by: metadata.path() });
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// The name in `NAME-VERSION.dist-info`, or of the older `.egg-info`.
fn distribution_name(file: &OsStr) -> Option<String> {
    let file = file.to_str()?;
    let stem = file.strip_suffix(".dist-info").or_else(|| file.strip_suffix(".egg-info"))?;
    let (name, _) = stem.split_once('-')?;
    project_name::is_valid(name).then(|| project_name::normalize(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_in_both_is_named_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for name in
            ["Typing_Extensions-4.dist-info", "other-1.dist-info", "six-1-py3.12.egg-info", "_x-1.dist-info"]
        {
            fs::create_dir(root.join(name)).unwrap();
        }
        let installed = ["six", "typing-extensions", "numpy"].map(|name| Distribution {
            name: name.into(),
            version: "9".into(),
            dist_info: PathBuf::new(),
            requires: Vec::new(),
        });
        let found = shadowed(root.as_os_str(), &installed, Path::new("/venv"));
        let names: Vec<_> = found.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["six", "typing-extensions"]);
        assert_eq!(found[1].by, root.join("Typing_Extensions-4.dist-info"));
        assert!(shadowed(root.as_os_str(), &installed, &root).is_empty());
        assert!(shadowed(OsStr::new("relative::"), &installed, &root).is_empty());
    }
}
