//! What a build from source wants: headers, pkg-config modules, libraries to link, programs to call; and modules that
//! Python itself is built with.

use super::Remedy;
use super::table::{Fact, Table, tables};

/// What has the header of this name, as C code includes it: `openssl/ssl.h`.
#[must_use]
pub fn header(name: &str) -> Option<Remedy> {
    remedy(&tables().headers, name)
}

/// What has the pkg-config module of this name: `libxml-2.0`.
#[must_use]
pub fn module(name: &str) -> Option<Remedy> {
    remedy(&tables().modules, name)
}

/// What has the library of this linker name: `-lpq`, or `pq`.
#[must_use]
pub fn linked(name: &str) -> Option<Remedy> {
    let name = name.strip_prefix("-l").unwrap_or(name);
    remedy(&tables().linked, &format!("-l{name}"))
}

/// What has the program of this name, which a build calls: `pg_config`.
#[must_use]
pub fn tool(name: &str) -> Option<Remedy> {
    remedy(&tables().tools, name).or_else(|| remedy(&tables().programs, name))
}

/// What has the module of the standard library of this name, also of one that python has no more: `tkinter`.
#[must_use]
pub fn standard_module(name: &str) -> Option<Remedy> {
    Fact::read(tables().stdlib.get(name)?).ok().map(Remedy::from)
}

/// By the name's own row, else by the most specific pattern of the table.
fn remedy(table: &Table, name: &str) -> Option<Remedy> {
    let row = table.get(name).or_else(|| table.fitting(name))?;
    Fact::read(row).ok().map(Remedy::from)
}
