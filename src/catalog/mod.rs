//! Which nixpkgs attribute has a library or a program: tables of facts, and look-up.
//!
//! The tables are data for people to read and amend: one fact per line, sorted by key, each with its
//! evidence. They state what nixpkgs of mid-2026 has; `older` gives the paths that earlier releases
//! have, up to `until` or before `since`. A name whose present-day attribute holds *another* version of the library is answered with
//! the versioned attribute, or with the reason why there is none: naming the project would not help.
//!
//! | file | maps |
//! |---|---|
//! | `sonames.toml` | the soname an object needs |
//! | `patterns.toml` | families of sonames that differ in a version or a component |
//! | `programs.toml` | an executable's file name |
//! | `opens.toml` | a PyPI name: the libraries that it opens by name |
//! | `packages.toml` | a PyPI name: what else it needs, also to be built; what to install instead |
//! | `headers.toml` | a header, or all below a directory |
//! | `modules.toml` | a pkg-config module |
//! | `linked.toml` | a linker name: `-lpq` |
//! | `tools.toml` | a program that builds call |
//! | `stdlib.toml` | a module of the standard library |
//!
//! `refused.toml` tells which attributes nixpkgs refuses unless they are allowed.
//!
//! glibc's own libraries and libgcc_s are in no table: the loader's own directory has them.

mod attributes;
mod builds;
mod in_use;
mod interpreters;
mod kinds;
mod names;
mod opens;
mod refused;
mod release;
mod table;
#[cfg(test)]
mod tests;

use std::fmt;

pub use crate::library::{InUse, Library};
pub use attributes::{holds_library, holds_programs};
pub use builds::{header, linked, module, standard_module, tool};
pub use in_use::{last_held, libraries_in, library_in, not_yet, settle};
pub use interpreters::{Interpreters, interpreters, newest_interpreters};
pub use kinds::{Kind, Meaning, Remedies, meanings, similar};
pub use names::{is_attribute, is_soname};
pub use opens::{Opener, Opens, Part, Reach, Variable, all_opens, opens};
pub use refused::{Refused, refused};
pub use release::{NoRelease, Place, Release, apart};
pub use table::PackageNote;
use table::{Attribute, Fact, tables};

/// What satisfies a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// A nixpkgs attribute.
    Attribute {
        /// The attribute path in current nixpkgs, e.g. `stdenv.cc.cc.lib`.
        attribute: &'static str,
        /// Its paths in older nixpkgs releases, newest first.
        older: Vec<&'static str>,
        /// Whether more than one source says so.
        sure: bool,
        /// What the reader should know beside the name, e.g. that it is unfree.
        note: Option<&'static str>,
        /// Attributes that are needed beside it, e.g. the pkg-config that finds a header.
        also: Vec<&'static str>,
    },
    /// The graphics driver, which must match the running kernel: never a package.
    Driver,
    /// Another wheel, which belongs into the same virtual environment.
    Wheel {
        /// The PyPI names of wheels that bring it.
        packages: Vec<&'static str>,
        /// The attribute that has the same soname, for those who do without the wheel.
        attribute: Option<&'static str>,
    },
    /// Nothing in nixpkgs.
    None {
        /// Why, and what to do instead.
        reason: &'static str,
    },
}

/// Why a name stands for no library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unknown {
    /// No table has it.
    Name {
        /// The name as it was asked for.
        name: String,
        /// Names that look like it, nearest first.
        near: Vec<&'static str>,
    },
    /// It comes with the graphics driver.
    Driver {
        /// The name as it was asked for.
        name: String,
    },
    /// A PyPI package that needs no library.
    NeedsNone {
        /// The name as it was asked for.
        name: String,
        /// Why, and what to do instead.
        reason: String,
    },
    /// It is known, and nixpkgs has nothing for it.
    Unavailable {
        /// The name as it was asked for.
        name: String,
        /// Why, and what to do instead.
        reason: String,
    },
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unknown::Name { name, near } if near.is_empty() => {
                write!(f, "no library is known as '{name}'")
            }
            Unknown::Name { name, near } => {
                write!(f, "no library is known as '{name}'; near names: {}", near.join(", "))
            }
            Unknown::Driver { name } => {
                write!(f, "'{name}' comes with the graphics driver, not with a package")
            }
            Unknown::Unavailable { name, reason } => write!(f, "nixpkgs has no '{name}': {reason}"),
            Unknown::NeedsNone { name, reason } => write!(f, "nothing to add for '{name}': {reason}"),
        }
    }
}

impl std::error::Error for Unknown {}

/// What has the library of this soname: its own row, else the most specific pattern.
#[must_use]
pub fn soname(name: &str) -> Option<Remedy> {
    let mut fact = fact(name)?;
    if let Fact::Attribute(Attribute { older, .. }) = &mut fact {
        older.retain(|path| !is_of_today(path));
    }
    Some(Remedy::from(fact))
}

/// Where a release of nixpkgs has the library of this soname, or any release that there is.
///
/// Unlike [`Remedy`], which names renames only, this also tells the paths that have another version today.
#[must_use]
pub fn for_release(name: &str, release: Option<Release>) -> Option<Place> {
    release::for_release(fact(name)?, release)
}

fn fact(name: &str) -> Option<Fact> {
    let row = tables().sonames.get(name).or_else(|| tables().patterns.fitting(name))?;
    Fact::read(row).ok()
}

/// Whether this path has a library today: then it stands for that, and is no older name of another.
fn is_of_today(path: &str) -> bool {
    tables().sonames.has_attribute(path) || tables().patterns.has_attribute(path)
}

/// The sonames of a library that linkers know by this name, the newest first: `libz.so.1` of `z`. Only those that an
/// attribute has.
#[must_use]
pub fn linked_as(name: &str) -> Vec<&'static str> {
    let head = format!("lib{name}.so");
    let has_attribute = |soname: &&str| matches!(self::soname(soname), Some(Remedy::Attribute { .. }));
    let all = tables().sonames.keys().filter(|soname| {
        soname.strip_prefix(&head).is_some_and(|version| version.is_empty() || version.starts_with('.'))
    });
    let mut found: Vec<&'static str> = all.filter(has_attribute).collect();
    found.sort_by(|a, b| crate::elf::compare_versions(&b[head.len()..], &a[head.len()..]));
    found
}

/// What has the executable of this file name.
#[must_use]
pub fn program(file_name: &str) -> Option<Remedy> {
    let row = tables().programs.get(file_name).or_else(|| tables().tools.get(file_name))?;
    Fact::read(row).ok().map(Remedy::from)
}

/// What is known of a PyPI package, in whatever spelling of its name.
#[must_use]
pub fn package(pypi_name: &str) -> Option<PackageNote> {
    let row = tables().packages.get(&crate::project_name::normalize(pypi_name))?;
    PackageNote::read(row).ok()
}

/// What `add-lib NAME` means: the library of a soname, an attribute, or what a PyPI package needs.
///
/// An attribute may be spelled as in any release the tables know. One they do not know is the
/// user's word and passes through, for nixpkgs has a hundred times what a table can hold.
///
/// # Errors
///
/// [`Unknown`] for a name that is no attribute, and for a soname that no attribute has.
pub fn libraries(name: &str) -> Result<Vec<Library>, Unknown> {
    if let Some(remedy) = soname(name) {
        return of_soname(name, remedy).map(|library| vec![library]);
    }
    if names::is_soname(name) {
        return Err(not_known(name));
    }
    if let Some(library) = attributes::known(name) {
        return Ok(vec![library]);
    }
    if let Some(remedy) = standard_module(name).filter(|_| !is_package(name)) {
        return of_standard_module(name, remedy);
    }
    if !is_package(name)
        && !attributes::is_named(name)
        && let Some(Remedy::Attribute { attribute, .. }) = program(name)
    {
        return Ok(vec![library(attribute)]);
    }
    if !is_package(name) {
        return if names::is_attribute(name) { Ok(vec![library(name)]) } else { Err(not_known(name)) };
    }
    libraries_of_package(name)
}

/// What nixpkgs has of the standard library in a package of its own.
fn of_standard_module(name: &str, remedy: Remedy) -> Result<Vec<Library>, Unknown> {
    let name = name.to_owned();
    match remedy {
        Remedy::Attribute { attribute, .. } if attribute.contains("Packages.") => {
            Ok(vec![Library::new(attribute)])
        }
        Remedy::Attribute { note, .. } => {
            let reason = note.unwrap_or("nixpkgs' python has it").to_owned();
            Err(Unknown::NeedsNone { name, reason })
        }
        other => of_soname(&name, other).map(|library| vec![library]),
    }
}

/// What a PyPI package of the tables needs; an error where that is nothing.
fn libraries_of_package(name: &str) -> Result<Vec<Library>, Unknown> {
    let needed = needed_by(name);
    if needed.is_empty() && attributes::is_named(name) {
        return Ok(vec![library(name)]);
    }
    if needed.is_empty() {
        return Err(Unknown::NeedsNone { name: name.to_owned(), reason: instead_of(name) });
    }
    Ok(needed)
}

/// The libraries of a PyPI package, each once. A driver's are none of them.
fn needed_by(name: &str) -> Vec<Library> {
    let opened = opens(name).map_or_else(Vec::new, |row| match row.sonames.is_empty() {
        true => row.also,
        false => row.sonames,
    });
    let opened = opened.into_iter().filter_map(|name| of_soname(name, soname(name)?).ok());
    let (libraries, through) = package(name).map(|note| (note.libraries, note.through)).unwrap_or_default();
    let linked = libraries.into_iter().map(library);
    let mut needed = Vec::new();
    for library in opened.chain(linked).chain(through.into_iter().flat_map(needed_by)) {
        if !needed.contains(&library) {
            needed.push(library);
        }
    }
    needed
}

/// Whether the tables know a PyPI package of this name.
#[must_use]
pub fn is_package(name: &str) -> bool {
    opens(name).is_some() || package(name).is_some()
}

/// Known names that look like this one, nearest first; a few at most.
#[must_use]
pub fn near(name: &str) -> Vec<&'static str> {
    let known = (tables().sonames.keys())
        .chain(attributes::names())
        .chain(tables().packages.keys())
        .chain(tables().opens.keys())
        .chain(tables().programs.keys())
        .chain(tables().tools.keys());
    crate::near::nearest(name, known)
}

impl From<Fact> for Remedy {
    fn from(fact: Fact) -> Self {
        match fact {
            Fact::Attribute(Attribute { attribute, older, sure, note, also, .. }) => {
                Remedy::Attribute { attribute, older, sure, note, also }
            }
            Fact::Driver => Remedy::Driver,
            Fact::Wheel { packages, attribute } => Remedy::Wheel { packages, attribute },
            Fact::None { reason, .. } => Remedy::None { reason },
        }
    }
}

fn of_soname(name: &str, remedy: Remedy) -> Result<Library, Unknown> {
    let name = name.to_owned();
    match remedy {
        Remedy::Attribute { attribute, older, .. } => Ok(Library::with_older(attribute, &older)),
        // Who asks for the library by its name wants nixpkgs', whatever a wheel would bring.
        Remedy::Wheel { attribute: Some(attribute), .. } => Ok(library(attribute)),
        Remedy::Wheel { packages, attribute: None } => {
            let reason = format!("it comes with the wheel {}", packages.join(" or "));
            Err(Unknown::Unavailable { name, reason })
        }
        Remedy::Driver => Err(Unknown::Driver { name }),
        Remedy::None { reason } => Err(Unknown::Unavailable { name, reason: reason.to_owned() }),
    }
}

fn library(attribute: &str) -> Library {
    attributes::known(attribute).unwrap_or_else(|| Library::new(attribute))
}

/// Why a package stands for no library, and what to do instead.
fn instead_of(name: &str) -> String {
    let Some(PackageNote { alternative, note, build, programs, .. }) = package(name) else {
        return "it needs no library beside the graphics driver".to_owned();
    };
    let needs = match (alternative, programs.as_slice(), build.as_slice()) {
        (Some(alternative), ..) => return format!("it needs no library; install {alternative} instead"),
        (None, [_, ..], _) => format!("it needs no library, but calls {}", called(&programs)),
        (None, [], [_, ..]) => {
            format!("it needs no library, but its build does: add {} to the packages", build.join(" "))
        }
        (None, [], []) => return note.unwrap_or("it needs no library").to_owned(),
    };
    [Some(needs.as_str()), note].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// What to know of a PyPI package beside its libraries: what its build needs, which programs it calls, what
/// does the same and needs less.
#[must_use]
pub fn remarks(pypi_name: &str) -> Vec<String> {
    let Some(PackageNote { alternative, note, build, programs, .. }) = package(pypi_name) else {
        return Vec::new();
    };
    // Some notes say why, and name it.
    let is_said = |attribute: &&'static str| note.is_some_and(|note| note.contains(*attribute));
    let unsaid = build.iter().filter(|attribute| !is_said(attribute)).copied().collect::<Vec<_>>().join(" ");
    let build =
        (!unsaid.is_empty()).then(|| format!("to build it from source, add {unsaid} to the packages"));
    let programs = (!programs.is_empty()).then(|| format!("it calls {}", called(&programs)));
    let alternative = alternative.map(|other| format!("{other} needs less"));
    [note.map(str::to_owned), build, programs, alternative].into_iter().flatten().collect()
}

/// Programs by their names, and what to add for them.
fn called(programs: &[&'static str]) -> String {
    let mut attributes = Vec::new();
    for name in programs {
        if let Some(Remedy::Attribute { attribute, .. }) = program(name)
            && !attributes.contains(&attribute)
        {
            attributes.push(attribute);
        }
    }
    format!("{}: add {} to the packages", programs.join(", "), attributes.join(" "))
}

fn not_known(name: &str) -> Unknown {
    Unknown::Name { name: name.to_owned(), near: near(name) }
}

/// Whether a table has this name: a soname, an attribute in any spelling, a PyPI name.
#[must_use]
pub fn knows(name: &str) -> bool {
    let tables = [soname(name).is_some(), attributes::is_named(name), package(name).is_some()];
    let others = [opens(name).is_some(), program(name).is_some(), standard_module(name).is_some()];
    tables.contains(&true) || others.contains(&true)
}

/// Whether a soname belongs to the graphics driver.
#[must_use]
pub fn is_driver(name: &str) -> bool {
    soname(name) == Some(Remedy::Driver)
}
