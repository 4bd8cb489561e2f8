//! Dynamic string tokens and search path texts: `_dl_dst_substitute` and `fillin_rpath` of glibc's
//! elf/dl-load.c.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// What the tokens stand for, the directory of the object apart.
#[derive(Clone, Debug, Default)]
pub struct Tokens {
    /// `$LIB`.
    pub lib: String,
    /// `$PLATFORM`.
    pub platform: String,
}

impl Tokens {
    /// The directories of an RPATH or RUNPATH text, or of LD_LIBRARY_PATH with its two separators.
    /// Relative and empty elements mean the directory a process happens to start in: nothing can be
    /// said of them, so they are left out.
    pub(super) fn directories(&self, text: &OsStr, separators: &[u8], origin: &Path) -> Vec<PathBuf> {
        text.as_bytes()
            .split(|byte| separators.contains(byte))
            .map(|element| self.substitute(element, origin))
            .filter(|element| element.as_bytes().starts_with(b"/"))
            .map(|element| PathBuf::from(OsStr::from_bytes(without_last_slashes(element.as_bytes()))))
            .collect()
    }

    /// Replaces the tokens of a needed name or of one search path element.
    pub(super) fn substitute(&self, text: &[u8], origin: &Path) -> OsString {
        let values: [(&[u8], &[u8]); 3] = [
            (b"ORIGIN", origin.as_os_str().as_bytes()),
            (b"LIB", self.lib.as_bytes()),
            (b"PLATFORM", self.platform.as_bytes()),
        ];
        let mut out = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.iter().position(|&byte| byte == b'$') {
            out.extend_from_slice(&rest[..at]);
            let after = &rest[at + 1..];
            match values.iter().find_map(|(name, value)| Some((token(after, name)?, value))) {
                Some((length, value)) => {
                    out.extend_from_slice(value);
                    rest = &after[length..];
                }
                None => {
                    out.push(b'$');
                    rest = after;
                }
            }
        }
        out.extend_from_slice(rest);
        OsString::from_vec(out)
    }
}

/// How much of the text behind a `$` the token of this name takes, if it stands there (`is_dst`).
fn token(text: &[u8], name: &[u8]) -> Option<usize> {
    if let Some(braced) = text.strip_prefix(b"{") {
        return braced.strip_prefix(name)?.starts_with(b"}").then_some(name.len() + 2);
    }
    // It ends at a character that cannot be part of a name.
    let next = text.strip_prefix(name)?.first();
    next.is_none_or(|&byte| !(byte.is_ascii_alphanumeric() || byte == b'_')).then_some(name.len())
}

fn without_last_slashes(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|&byte| byte != b'/').map_or(1, |last| last + 1);
    &path[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(text: &str, separators: &[u8], origin: &str) -> Vec<PathBuf> {
        let tokens = Tokens { lib: "lib/x86_64-linux-gnu".into(), platform: "haswell".into() };
        tokens.directories(OsStr::new(text), separators, Path::new(origin))
    }

    #[test]
    fn tokens_expand_with_and_without_braces() {
        let cases = [
            ("$ORIGIN/../pkg.libs", "/v/pkg/../pkg.libs"),
            ("${ORIGIN}/libs", "/v/pkg/libs"),
            ("/x/$LIB", "/x/lib/x86_64-linux-gnu"),
            ("/x/${PLATFORM}y", "/x/haswelly"),
            ("/x/$ORIGINAL", "/x/$ORIGINAL"),
            ("/x/${LIB", "/x/${LIB"),
            ("/x/$LIB_", "/x/$LIB_"),
            ("/x/$", "/x/$"),
            ("/x//", "/x"),
            ("/", "/"),
        ];
        for (text, wanted) in cases {
            assert_eq!(expand(text, b":", "/v/pkg"), [PathBuf::from(wanted)], "{text}");
        }
    }

    #[test]
    fn relative_and_empty_elements_are_left_out() {
        assert_eq!(expand("::libs:./x:/abs:", b":", "/o"), [PathBuf::from("/abs")]);
        assert_eq!(expand("/a;;/b:/c", b":;", "/o"), ["/a", "/b", "/c"].map(PathBuf::from));
        assert_eq!(expand("/a;/b", b":", "/o"), [PathBuf::from("/a;/b")]);
    }
}
