//! Environment changes as text of a shell.

mod quote;
mod script;

pub use quote::{quote_fish, quote_posix, word};
pub use script::{END, script};

use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::offer::in_store;

/// Whom `enter` speaks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shell {
    /// bash, as nix-shell runs it.
    Bash,
    /// zsh.
    Zsh,
    /// fish.
    Fish,
    /// The bash in which direnv evaluates an .envrc.
    Direnv,
    /// Editors and other programs.
    Json,
}

/// Changes to a shell's environment; `None` unsets.
pub type Changes = Vec<(&'static str, Option<OsString>)>;

/// What a venv is entered from.
#[derive(Clone, Debug)]
pub struct Surroundings<'a> {
    /// The venv.
    pub venv: &'a Path,
    /// The shell's PATH.
    pub path: &'a OsStr,
    /// A venv that was entered before, if any: it gives way.
    pub left: Option<&'a Path>,
    /// The shell's PYTHONPATH: what is the store's is taken out.
    pub python_path: &'a OsStr,
    /// A directory to be put first in LD_LIBRARY_PATH, and what is there.
    pub libraries: Option<(&'a Path, &'a OsStr)>,
    /// The shell says itself whether uv may download one.
    pub uv_downloads_settled: bool,
}

/// The changes that enter a venv. Entering twice equals entering once.
pub fn activation(from: &Surroundings) -> Changes {
    let venv = from.venv;
    let mut changes = Changes::new();
    if let Some((folder, before)) = from.libraries
        && let Some(path) = with_first(folder, None, before)
    {
        changes.push(("LD_LIBRARY_PATH", Some(path)));
    }
    // A venv whose path has a colon cannot be on PATH at all.
    let left = from.left.map(|left| left.join("bin"));
    if let Some(path) = with_first(&venv.join("bin"), left.as_deref(), from.path) {
        changes.push(("PATH", Some(path)));
    }
    changes.push(("PYTHONHOME", None));
    if !from.python_path.is_empty() {
        changes.push(("PYTHONPATH", without_store(from.python_path)));
    }
    changes.push(("SOURCE_DATE_EPOCH", None));
    // A python that uv downloads does not start on NixOS.
    changes.push(("UV_PYTHON", Some(venv.join("bin/python").into())));
    if !from.uv_downloads_settled {
        changes.push(("UV_PYTHON_DOWNLOADS", Some("never".into())));
    }
    changes.push(("VIRTUAL_ENV", Some(venv.as_os_str().to_owned())));
    changes.push(("VIRTUAL_ENV_PROMPT", Some(venv.file_name().unwrap_or_default().to_owned())));
    changes
}

/// A search path that begins with `first` and has it once. Empty elements mean the current
/// directory, and are nobody's wish.
fn with_first(first: &Path, without: Option<&Path>, path: &OsStr) -> Option<OsString> {
    let others = std::env::split_paths(path)
        .filter(|directory| Some(directory.as_path()) != without)
        .filter(|directory| *directory != first && !directory.as_os_str().is_empty());
    std::env::join_paths(std::iter::once(first.to_owned()).chain(others)).ok()
}

/// A PYTHONPATH without the store's; `None` if nothing is left, or was there.
fn without_store(python_path: &OsStr) -> Option<OsString> {
    let others = std::env::split_paths(python_path).filter(|path| !in_store(path));
    std::env::join_paths(others).ok().filter(|path| !path.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_store_stays_on_pythonpath() {
        let path = OsStr::new("/home/me/lib:/nix/store/a-numpy/lib/python3.12/site-packages");
        assert_eq!(without_store(path).unwrap(), "/home/me/lib");
        assert_eq!(without_store(OsStr::new("/nix/store/a/lib")), None);
        assert_eq!(without_store(OsStr::new("")), None);
    }
}
