//! What a name can mean, whoever writes it: a loader, a compiler, pkg-config, a shell, pip, or Nix.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::table::tables;
use super::{
    Library, Remedy, Unknown, attributes, header, is_package, libraries_of_package, linked, module, names,
    program, soname, standard_module, tool,
};

/// The kinds of names, in the order in which they are preferred where a word is of several.
///
/// An attribute comes before what only shares its name, since that is how `add-lib` takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// What the loader looks for: `libz.so.1`.
    Soname,
    /// What C code includes: `openssl/ssl.h`.
    Header,
    /// What a linker is given: `-lpq`.
    Linked,
    /// An attribute path of nixpkgs: `stdenv.cc.cc.lib`.
    Attribute,
    /// An executable's file name: `pg_config`.
    Program,
    /// What pkg-config is asked for: `libxml-2.0`, `libxml-2.0.pc`.
    PkgConfig,
    /// A package of PyPI: `python-magic`.
    Pypi,
    /// A module of Python's standard library: `tkinter`.
    PythonAttribute,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Kind::Soname => "soname",
            Kind::Header => "header",
            Kind::Linked => "linked library",
            Kind::Attribute => "attribute",
            Kind::Program => "program",
            Kind::PkgConfig => "pkg-config module",
            Kind::Pypi => "PyPI package",
            Kind::PythonAttribute => "standard module",
        })
    }
}

/// A name, taken as one of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaning {
    /// The kind.
    pub kind: Kind,
    /// What satisfies it.
    pub remedies: Remedies,
}

/// What satisfies a name of some kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedies {
    /// What a row says.
    Row(Remedy),
    /// Libraries, one or more.
    Libraries(Vec<Library>),
    /// Nothing, and why.
    Nothing(Unknown),
}

type LookUp = fn(&str) -> Option<Remedies>;

/// How names of each kind are looked up.
const LOOK_UPS: [(Kind, LookUp); 8] = [
    (Kind::Soname, |name| soname(name).map(Remedies::Row)),
    (Kind::Header, |name| header(name).map(Remedies::Row)),
    (Kind::Linked, |name| of_linker(name.strip_prefix("-l")?).map(Remedies::Row)),
    (Kind::Attribute, |name| attributes::known(name).map(|library| Remedies::Libraries(vec![library]))),
    (Kind::Program, |name| program(name).or_else(|| tool(name)).map(Remedies::Row)),
    (Kind::PkgConfig, |name| module(name.strip_suffix(".pc").unwrap_or(name)).map(Remedies::Row)),
    (Kind::Pypi, of_package),
    (Kind::PythonAttribute, |name| standard_module(name).map(Remedies::Row)),
];

/// Everything that a name means, the preferred kind first.
#[must_use]
pub fn meanings(name: &str) -> Vec<Meaning> {
    let found =
        LOOK_UPS.iter().filter_map(|(kind, look_up)| Some(Meaning { kind: *kind, remedies: look_up(name)? }));
    found.collect()
}

/// By the table of linker names, else by a soname: `-lpq` asks for some `libpq.so`.
fn of_linker(name: &str) -> Option<Remedy> {
    linked(name).or_else(|| {
        let file = format!("lib{name}.so");
        soname(&file).or_else(|| {
            let of_version = |key: &&str| key.strip_prefix(&file).is_some_and(|rest| rest.starts_with('.'));
            let mut remedies = tables().sonames.keys().filter(of_version).filter_map(soname);
            // A version that nixpkgs has not is not what a build would link.
            remedies.find(|remedy| matches!(remedy, Remedy::Attribute { .. }))
        })
    })
}

fn of_package(name: &str) -> Option<Remedies> {
    if !is_package(name) || names::is_soname(name) {
        return None;
    }
    // An attribute of the same name is another meaning.
    Some(match libraries_of_package(name) {
        Ok(found) => Remedies::Libraries(found),
        Err(unknown) => Remedies::Nothing(unknown),
    })
}

/// How many names are worth reading.
const MOST: usize = 6;

/// Known names that have this word in them, or look like it; the shortest first.
#[must_use]
pub fn similar(word: &str) -> Vec<&'static str> {
    let wanted = word.to_ascii_lowercase();
    let mut found: Vec<&'static str> = match wanted.len() {
        3..=64 => known().filter(|name| name.to_ascii_lowercase().contains(&wanted)).collect(),
        _ => Vec::new(),
    };
    // Of as many letters, what begins with the word, or with lib and the word.
    let place = |name: &&str| {
        let name = name.to_ascii_lowercase();
        let begins = name.strip_prefix("lib").unwrap_or(&name).starts_with(&wanted);
        (!begins, name.len())
    };
    found.sort_by_key(|name| (place(name), *name));
    found.dedup();
    if found.is_empty() { super::near(word) } else { found.into_iter().take(MOST).collect() }
}

fn known() -> impl Iterator<Item = &'static str> {
    let tables = tables();
    (attributes::names())
        .chain(tables.sonames.keys())
        .chain(tables.packages.keys())
        .chain(tables.opens.keys())
        .chain(tables.programs.keys())
        .chain(tables.headers.keys())
        .chain(tables.modules.keys())
        .chain(tables.tools.keys())
        .chain(tables.stdlib.keys())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn kinds(name: &str) -> Vec<Kind> {
        meanings(name).into_iter().map(|meaning| meaning.kind).collect()
    }

    #[test]
    fn a_name_has_the_kinds_that_its_form_allows() {
        assert_eq!(kinds("libz.so.1"), [Kind::Soname]);
        assert_eq!(kinds("-lz"), [Kind::Linked]);
        assert_eq!(kinds("libzstd"), [Kind::PkgConfig]);
        assert_eq!(kinds("zlib"), [Kind::Attribute, Kind::PkgConfig]);
        assert_eq!(kinds("weasyprint"), [Kind::Pypi]);
        assert_eq!(kinds("-l"), []);
        for name in ["", "-l../x", "\0", "no such thing", &"x".repeat(100_000)] {
            assert_eq!(kinds(name), [], "{name}");
        }
    }

    #[test]
    fn of_several_kinds_an_attribute_comes_first() {
        let cmake = kinds("ffmpeg");
        assert!(cmake.starts_with(&[Kind::Attribute, Kind::Program]), "{cmake:?}");
        assert!(LOOK_UPS.is_sorted_by_key(|(kind, _)| *kind));
    }

    #[test]
    fn a_plain_word_finds_names_that_have_it() {
        assert_eq!(similar("jpeg").first(), Some(&"libjpeg"));
        assert!(similar("postgres").iter().any(|name| name.contains("postgres")));
        assert_eq!(similar("libxcb-curser"), super::super::near("libxcb-curser"));
        assert!(similar("").is_empty() && similar("zz").len() <= MOST);
    }
}
