//! What a build from source wants: headers, pkg-config modules, libraries to link, programs to call.

use super::Remedy;

/// What has the header of this name, as C code includes it: `openssl/ssl.h`.
#[must_use]
pub fn header(_name: &str) -> Option<Remedy> {
    None
}

/// What has the pkg-config module of this name: `libxml-2.0`.
#[must_use]
pub fn module(_name: &str) -> Option<Remedy> {
    None
}

/// What has the library of this linker name: `-lpq`, or `pq`.
#[must_use]
pub fn linked(_name: &str) -> Option<Remedy> {
    None
}

/// What has the program of this name, which a build calls: `pg_config`.
#[must_use]
pub fn tool(_name: &str) -> Option<Remedy> {
    None
}
