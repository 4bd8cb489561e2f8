//! Quoting: a value as one word of a shell.

use std::path::Path;

/// `value` as one word for bash, zsh and every POSIX shell: single quotes, in which nothing but a
/// single quote has a meaning.
pub fn quote_posix(value: &[u8]) -> Vec<u8> {
    let mut out = vec![b'\''];
    for &byte in value {
        match byte {
            b'\'' => out.extend_from_slice(b"'\\''"),
            // No environment variable and no argument can hold it.
            0 => {}
            _ => out.push(byte),
        }
    }
    out.push(b'\'');
    out
}

/// `value` as one word for fish, where a backslash has a meaning between single quotes.
pub fn quote_fish(value: &[u8]) -> Vec<u8> {
    let mut out = vec![b'\''];
    for &byte in value {
        match byte {
            b'\'' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            // No environment variable and no argument can hold it.
            0 => {}
            _ => out.push(byte),
        }
    }
    out.push(b'\'');
    out
}

/// A path as one word of a command that a person is told to type: quoted where it must be.
pub fn word(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%=,".contains(c);
    match !text.is_empty() && !text.starts_with('-') && text.chars().all(plain) {
        true => text.into_owned(),
        false => String::from_utf8_lossy(&quote_posix(text.as_bytes())).into_owned(),
    }
}
