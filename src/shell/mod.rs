//! Environment changes as text of a shell.

mod quote;
mod script;

pub use quote::{quote_fish, quote_posix, word};
pub use script::{END, script};

use std::ffi::{OsStr, OsString};
use std::path::Path;

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

/// The changes that enter the venv at `venv`, for a shell whose PATH is `path`. Entering twice
/// equals entering once. `libraries` is put first in LD_LIBRARY_PATH, where that is wanted.
pub fn activation(venv: &Path, path: &OsStr, libraries: Option<(&Path, &OsStr)>) -> Changes {
    let prompt = venv.file_name().unwrap_or_default().to_owned();
    let mut changes: Changes = vec![
        ("PYTHONHOME", None),
        ("SOURCE_DATE_EPOCH", None),
        ("VIRTUAL_ENV", Some(venv.as_os_str().to_owned())),
        ("VIRTUAL_ENV_PROMPT", Some(prompt)),
    ];
    // A venv whose path has a colon cannot be on PATH at all.
    if let Some(path) = with_first(&venv.join("bin"), path) {
        changes.insert(0, ("PATH", Some(path)));
    }
    if let Some((folder, before)) = libraries
        && let Some(path) = with_first(folder, before)
    {
        changes.insert(0, ("LD_LIBRARY_PATH", Some(path)));
    }
    changes
}

/// A search path that begins with `first` and has it once. Empty elements mean the current
/// directory, and are nobody's wish.
fn with_first(first: &Path, path: &OsStr) -> Option<OsString> {
    let others = std::env::split_paths(path)
        .filter(|directory| *directory != first && !directory.as_os_str().is_empty());
    std::env::join_paths(std::iter::once(first.to_owned()).chain(others)).ok()
}
