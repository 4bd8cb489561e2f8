//! Environment changes as text of a shell.

mod quote;

pub use quote::{quote_posix, word};

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The last line of a script: a hook evaluates nothing that ends otherwise, since a killed program
/// may leave half a script.
pub const END: &str = "# venvfix: end";

/// Shells that `enter` speaks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shell {
    /// bash, as nix-shell runs it.
    Bash,
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

/// The changes as a script for `shell`.
pub fn script(changes: &Changes, shell: Shell) -> Vec<u8> {
    let Shell::Bash = shell;
    let mut text = Vec::new();
    for (name, value) in changes {
        match value {
            Some(value) => {
                text.extend_from_slice(format!("\\builtin export {name}=").as_bytes());
                text.extend_from_slice(&quote_posix(value.as_bytes()));
            }
            None => text.extend_from_slice(format!("\\builtin unset -v {name}").as_bytes()),
        }
        text.push(b'\n');
    }
    text.extend_from_slice(END.as_bytes());
    text.push(b'\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_quoted_and_ends_with_the_mark() {
        let changes =
            activation(Path::new("/a b/it's/.venv"), OsStr::new("/usr/bin:/a b/it's/.venv/bin"), None);
        let text = String::from_utf8(script(&changes, Shell::Bash)).unwrap();
        assert!(text.starts_with("\\builtin export PATH='/a b/it'\\''s/.venv/bin:/usr/bin'\n"), "{text}");
        assert!(text.contains("\n\\builtin unset -v SOURCE_DATE_EPOCH\n"));
        assert!(text.contains("\n\\builtin export VIRTUAL_ENV_PROMPT='.venv'\n"));
        assert!(text.ends_with("\n# venvfix: end\n"));
    }
}
