//! Search paths: what a loader is set up with, and how RPATH and RUNPATH texts expand.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use super::Cache;
use crate::elf::Machine;

/// One loader's fixed ways: what it takes into account beside the objects themselves.
#[derive(Clone, Debug, Default)]
pub struct System {
    /// LD_LIBRARY_PATH as the process will have it.
    pub library_path: Vec<PathBuf>,
    /// ld.so.cache, for a loader that reads it.
    pub cache: Option<Cache>,
    /// Looked into last: nixpkgs' glibc knows only its own lib directory.
    pub default_directories: Vec<PathBuf>,
    /// Names that are there whatever the files say: for a loader that is only assumed.
    pub assumed: Option<fn(&str) -> bool>,
    /// Whether a search path may leave the tree of its object: not for an assumed loader, which
    /// must not find what happens to lie on the machine that asks.
    pub confined_to: Option<PathBuf>,
}

impl System {
    /// Whether a directory named by an object's own search path counts.
    pub(super) fn admits(&self, directory: &Path) -> bool {
        let Some(root) = &self.confined_to else { return true };
        crate::fsx::normalize(directory).starts_with(root)
    }
}

/// The substitutions of ld.so(8), "Dynamic string tokens".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// The directory of the object.
    Origin,
    /// `lib` or `lib64`.
    Lib,
    /// The processor type.
    Platform,
}

const TOKENS: [(&[u8], Token); 3] =
    [(b"ORIGIN", Token::Origin), (b"LIB", Token::Lib), (b"PLATFORM", Token::Platform)];

/// The directories of an RPATH or RUNPATH text. Relative and empty elements mean the directory a
/// process happens to start in: nothing can be said of them, so they are left out.
pub(super) fn expand(text: &OsStr, origin: &Path, machine: Machine) -> Vec<PathBuf> {
    text.as_bytes()
        .split(|&byte| byte == b':')
        .map(|element| PathBuf::from(substitute(element, origin, machine)))
        .filter(|directory| directory.is_absolute())
        .collect()
}

/// Replaces the tokens of a needed name or of one search path element.
pub(super) fn substitute(text: &[u8], origin: &Path, machine: Machine) -> OsString {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.iter().position(|&byte| byte == b'$') {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let Some((token, length)) = token(rest) else {
            out.push(b'$');
            rest = &rest[1..];
            continue;
        };
        match token {
            Token::Origin => out.extend_from_slice(origin.as_os_str().as_bytes()),
            Token::Lib => out.extend_from_slice(lib_directory(machine).as_bytes()),
            Token::Platform => out.extend_from_slice(machine.name().as_bytes()),
        }
        rest = &rest[length..];
    }
    out.extend_from_slice(rest);
    OsString::from_vec(out)
}

fn token(text: &[u8]) -> Option<(Token, usize)> {
    TOKENS.iter().find_map(|&(name, token)| {
        let braced = [b"${", name, b"}"].concat();
        if text.starts_with(&braced) {
            return Some((token, braced.len()));
        }
        // A token ends at a character that cannot be part of a name.
        let after = text.strip_prefix(b"$")?.strip_prefix(name)?;
        let ends = after.first().is_none_or(|&byte| !(byte.is_ascii_alphanumeric() || byte == b'_'));
        ends.then_some((token, name.len() + 1))
    })
}

/// glibc's DL_DST_LIB, as a glibc configured for lib64 has it.
fn lib_directory(machine: Machine) -> &'static str {
    match machine.number {
        62 | 183 => "lib64",
        _ => "lib",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_expand_with_and_without_braces() {
        let origin = Path::new("/v/pkg");
        let cases = [
            ("$ORIGIN/../pkg.libs", "/v/pkg/../pkg.libs"),
            ("${ORIGIN}/libs", "/v/pkg/libs"),
            ("/x/$LIB", "/x/lib64"),
            ("/x/${PLATFORM}", "/x/x86_64"),
            ("/x/$ORIGINAL", "/x/$ORIGINAL"),
            ("/x/$", "/x/$"),
        ];
        for (text, wanted) in cases {
            let found = expand(OsStr::new(text), origin, Machine::X86_64);
            assert_eq!(found, [PathBuf::from(wanted)], "{text}");
        }
    }

    #[test]
    fn relative_and_empty_elements_are_left_out() {
        let found = expand(OsStr::new("::libs:./x:/abs:"), Path::new("/o"), Machine::X86_64);
        assert_eq!(found, [PathBuf::from("/abs")]);
    }
}
