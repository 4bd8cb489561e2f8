//! What killed programs leave behind in a venv.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::health;
use crate::fsx::{self, TEMPORARY};

/// Removes temporary files of this program, and the directories into which pip moves what it is about
/// to replace: `~` and the end of a name (its AdjacentTempDirectory). Only for use where nobody else
/// changes the venv. Best effort: they are in nobody's way.
pub fn remove(venv: &Path) {
    let (mut folders, mut files) = (Vec::new(), Vec::new());
    let mut walk = WalkDir::new(venv).follow_links(false).min_depth(1).into_iter();
    while let Some(entry) = walk.next() {
        let Ok(entry) = entry else { continue };
        if entry.file_type().is_dir() && is_stash(entry.file_name()) {
            walk.skip_current_dir();
            folders.push(entry.into_path());
        } else if entry.file_type().is_file() && is_temporary(entry.file_name()) {
            files.push(entry.into_path());
        }
    }
    for path in files {
        let _ = fs::remove_file(path);
    }
    let recorded = if folders.is_empty() { HashSet::new() } else { recorded(venv) };
    for path in folders.iter().filter(|path| !recorded.contains(*path)) {
        let _ = fs::remove_dir_all(path);
    }
}

fn is_stash(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b"~")
}

fn is_temporary(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(TEMPORARY.as_bytes())
}

/// The directories of such names that belong to a distribution.
fn recorded(venv: &Path) -> HashSet<PathBuf> {
    let files = super::site_packages(venv).into_iter().flat_map(|base| health::recorded(&base));
    let tildes = files.filter(|path| path.as_os_str().as_encoded_bytes().contains(&b'~'));
    let stashes = tildes.flat_map(|path| {
        let path = fsx::normalize(&path);
        let named = |path: &&Path| path.file_name().is_some_and(is_stash);
        path.ancestors().filter(named).map(Path::to_owned).collect::<Vec<_>>()
    });
    stashes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_leftovers_go() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let write = |name: &str, content: &str| {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        };
        let base = "lib/python3.11/site-packages";
        let record = format!("{base}/own-1.dist-info/RECORD");
        let kept = [&format!("{base}/own/~data/x"), &record, &format!("{base}/~file"), "bin/x"];
        for name in kept {
            write(name, "");
        }
        write(&record, "own/~data/x,,\n");
        let gone =
            ["~in/x", &format!("{base}/~umpy/x"), &format!("{base}/n/~s/y"), ".venvfix/.venvfix-aB3dE6"];
        for name in gone {
            write(name, "");
        }
        std::os::unix::fs::symlink(root.join("bin"), root.join("~link")).unwrap();
        remove(&root);
        assert!(kept.iter().all(|name| root.join(name).exists()));
        assert!(gone.iter().all(|name| !root.join(name).exists()));
        assert!(!root.join("~in").exists() && root.join("~link").is_symlink());
    }
}
