//! What killed programs leave behind in a venv.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, FileType};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::health;
use crate::fsx::{self, is_temporary};

/// What pip may put before the rest of a name, to find one that is free.
const FILLERS: &[u8] = b"-~.=%0123456789";

/// Removes temporary files of this program, and the directories into which pip moves what it is about
/// to replace (its AdjacentTempDirectory), where either puts them: what else lies in a venv, such as
/// sources, is not theirs. Only for use where nobody else changes the venv. Best effort: they are in
/// nobody's way.
pub fn remove(venv: &Path) {
    let site_packages = super::site_packages(venv);
    for path in temporaries(venv, &site_packages) {
        let _ = fs::remove_file(path);
    }
    let stashes = stashes(venv, &site_packages);
    let recorded = if stashes.is_empty() { HashSet::new() } else { recorded(&site_packages) };
    for path in stashes.iter().filter(|path| !recorded.contains(*path)) {
        let _ = fs::remove_dir_all(path);
    }
}

/// Beside the files that this program writes.
fn temporaries(venv: &Path, site_packages: &[PathBuf]) -> Vec<PathBuf> {
    let shared = [venv.to_owned(), venv.join("bin")];
    let beside = shared.iter().chain(site_packages).flat_map(|folder| named(folder, is_temporary));
    let files = beside.filter(|(_, kind)| kind.is_file()).map(|(path, _)| path);
    let own = venv.join(".venvfix");
    let walk = (!own.is_symlink()).then(|| WalkDir::new(own).follow_links(false));
    let all = walk.into_iter().flatten().flatten().filter(|entry| entry.file_type().is_file());
    let inside = all.filter(|entry| is_temporary(entry.file_name())).map(walkdir::DirEntry::into_path);
    files.chain(inside).collect()
}

/// Beside packages in site-packages, beside site-packages, and beside where scripts and data go.
fn stashes(venv: &Path, site_packages: &[PathBuf]) -> Vec<PathBuf> {
    let of_schemes = |name: &OsStr| ["bin", "etc", "include", "share"].iter().any(|of| is_stash_of(name, of));
    let mut found = named(venv, of_schemes);
    for base in site_packages {
        found.extend(named(base, is_stash_of_package));
        let above = base.parent().map(|folder| named(folder, |name| is_stash_of(name, "site-packages")));
        found.extend(above.unwrap_or_default());
    }
    found.into_iter().filter(|(_, kind)| kind.is_dir()).map(|(path, _)| path).collect()
}

fn named(folder: &Path, fits: impl Fn(&OsStr) -> bool) -> Vec<(PathBuf, FileType)> {
    let is_link = folder.is_symlink();
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().filter(|_| !is_link);
    let fitting = entries.filter(|entry| fits(&entry.file_name()));
    fitting.filter_map(|entry| Some((entry.path(), entry.file_type().ok()?))).collect()
}

/// `~`, fillers, and an end of the name that it stands for.
fn is_stash_of(name: &OsStr, of: &str) -> bool {
    let Some(rest) = name.as_encoded_bytes().strip_prefix(b"~") else { return false };
    (0..of.len()).any(|start| {
        let fillers = rest.strip_suffix(&of.as_bytes()[start..]);
        fillers.is_some_and(|fillers| fillers.iter().all(|byte| FILLERS.contains(byte)))
    })
}

/// The same for any package, module or `*.dist-info`.
fn is_stash_of_package(name: &OsStr) -> bool {
    let of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_+!".contains(byte) || FILLERS.contains(byte);
    let rest = name.as_encoded_bytes().strip_prefix(b"~");
    rest.is_some_and(|rest| !rest.is_empty() && rest.iter().all(of_name))
}

/// The directories of such names that belong to a distribution.
fn recorded(site_packages: &[PathBuf]) -> HashSet<PathBuf> {
    let files = site_packages.iter().flat_map(|base| health::recorded(base));
    let tildes = files.filter(|path| path.as_os_str().as_encoded_bytes().contains(&b'~'));
    let starts = |path: &Path| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"~"));
    let folders = tildes.flat_map(|path| {
        let path = fsx::normalize(&path);
        path.ancestors().filter(|path| starts(path)).map(Path::to_owned).collect::<Vec<_>>()
    });
    folders.collect()
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
        let kept = [
            "bin/x",
            "bin/.venvfix-notes",
            "src/proj/~notes/x",
            "src/proj/.venvfix-aB3dE6",
            "~notes/x",
            &record,
            &format!("{base}/~own/x"),
            &format!("{base}/~file"),
            &format!("{base}/~my notes/x"),
            &format!("{base}/n/~s/y"),
        ];
        for name in kept {
            write(name, "");
        }
        write(&record, "~own/x,,\n");
        let gone = [
            "~in/x",
            "~%hare/x",
            ".venvfix/.venvfix-aB3dE6",
            ".venvfix/builds/.venvfix-aB3dE6",
            "bin/.venvfix-aB3dE6",
            "lib/python3.11/~ite-packages/x",
            &format!("{base}/~umpy/x"),
            &format!("{base}/~-mpy-1.0.dist-info/x"),
            &format!("{base}/.venvfix-aB3dE6"),
        ];
        for name in gone {
            write(name, "");
        }
        std::os::unix::fs::symlink(root.join("bin"), root.join(base).join("~link")).unwrap();
        remove(&root);
        assert_eq!(kept.iter().find(|name| !root.join(name).exists()), None);
        assert_eq!(gone.iter().find(|name| root.join(name).exists()), None);
        assert!(!root.join("~in").exists() && root.join(base).join("~link").is_symlink());
    }
}
