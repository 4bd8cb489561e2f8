//! What a name looks like.

/// Whether this is a shared library's file name: `libz.so`, `libz.so.1`, not `xorg.source`.
#[must_use]
pub fn is_soname(name: &str) -> bool {
    name.ends_with(".so") || name.contains(".so.")
}

/// Whether this can be written as an attribute path: `libx11`, `stdenv.cc.cc.lib`, `unixodbcDrivers.msodbcsql18`.
///
/// Nix allows more in an identifier (`'`) and anything in quotes; no attribute that holds a library has either.
#[must_use]
pub fn is_attribute(name: &str) -> bool {
    name.split('.').all(is_identifier)
}

fn is_identifier(part: &str) -> bool {
    let starts_well = part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts_well && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}
