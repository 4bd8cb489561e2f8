//! What the names on the command lines of add-lib and remove-lib stand for.

use anyhow::Result;

use super::Context;
use crate::catalog::{self, Unknown};
use crate::error::Trouble;
use crate::library::Library;
use crate::nixfile::Listed;
use crate::nixpkgs::{self, Nixpkgs};

/// The libraries to add, as they are called in the nixpkgs that the file is pinned to, or in any.
pub(super) fn to_add(context: &Context, names: &[String], nixpkgs: &mut Nixpkgs) -> Result<Vec<Library>> {
    let mut found: Vec<Library> = Vec::new();
    for name in names {
        for library in of_name(context, name, nixpkgs)? {
            if !found.contains(&library) {
                found.push(library);
            }
        }
    }
    if !context.offline {
        nixpkgs.ask(&context.environment, found.iter().flat_map(Library::names).map(String::as_str))?;
    }
    names.iter().filter(|name| !catalog::knows(name)).try_for_each(|name| doubt(context, name, nixpkgs))?;
    for library in &mut found {
        if nixpkgs.lacks(library) {
            context.speaker.warn(format_args!("<nixpkgs> has no {}", library.path()));
        }
        if let Some(refused) = catalog::refused(library.path()) {
            context.speaker.warn(format_args!("{} is {refused}", library.path()));
        }
        if !nixpkgs.is_pinned {
            library.in_use = None;
        }
    }
    Ok(found)
}

fn of_name(context: &Context, name: &str, nixpkgs: &Nixpkgs) -> Result<Vec<Library>> {
    match catalog::libraries_in(name, nixpkgs.release()) {
        Ok(libraries) => Ok(libraries),
        Err(unknown) => located(context, name, nixpkgs, &unknown),
    }
}

/// An attribute that is in no table: a slip of the pen, unless Nix has it, or else taken as written, since nixpkgs
/// has a hundred times what the tables hold.
fn doubt(context: &Context, name: &str, nixpkgs: &Nixpkgs) -> Result<()> {
    if nixpkgs.has(name) == Some(true) || catalog::is_soname(name) {
        return Ok(());
    }
    let near = catalog::near(name);
    let same = near.iter().find(|known| known.eq_ignore_ascii_case(name));
    let slips: Vec<&str> = near.iter().copied().filter(|known| !is_version_of(name, known)).collect();
    if let Some(meant) = same.copied().or_else(|| slips.first().copied()) {
        let others = slips.iter().filter(|other| **other != meant).map(|other| format!(" or {other}"));
        let others: String = if same.is_some() { String::new() } else { others.collect() };
        return Err(Trouble::usage(format!("nixpkgs is not known to have {name}"))
            .help(format!("did you mean {meant}{others}?"))
            .into());
    }
    let hint = if near.is_empty() { String::new() } else { format!("; known are {}", near.join(", ")) };
    context.speaker.step(format_args!("{name} is in no table of venvfix, and taken as written{hint}"));
    Ok(())
}

/// Whether two attributes differ by a version only: `openssl_1_1`, `python311`.
fn is_version_of(name: &str, known: &str) -> bool {
    let without = |name: &str| name.chars().filter(|c| !c.is_ascii_digit() && *c != '_').collect::<String>();
    without(name) == without(known)
}

/// What the user's index of files knows of a soname that is in no table.
fn located(context: &Context, name: &str, nixpkgs: &Nixpkgs, unknown: &Unknown) -> Result<Vec<Library>> {
    if matches!(unknown, Unknown::Name { .. }) && catalog::is_soname(name) && !context.offline {
        let found = nixpkgs::locate(&context.environment, nixpkgs.project(), name)?;
        if let Some(best) = found.first() {
            context.speaker.step(format_args!(
                "{name} is in no table of venvfix; nix-locate found it in {}",
                best.attribute
            ));
            return Ok(vec![Library::new(&best.attribute)]);
        }
    }
    Err(not_understood(unknown).into())
}

fn not_understood(unknown: &Unknown) -> Trouble {
    Trouble::usage(unknown.to_string()).help("name an attribute of nixpkgs, a soname or a PyPI package")
}

/// The libraries that a name stands for among those that are there: what is written in the file comes before
/// whatever else the name may mean.
pub(super) fn to_remove(name: &str, listed: &[Listed], nixpkgs: &Nixpkgs) -> Result<Vec<Library>> {
    let name = name.strip_prefix("pkgs.").unwrap_or(name);
    let is_listed = listed.iter().any(|element| element.paths.iter().any(|path| path == name));
    match catalog::libraries_in(name, nixpkgs.release()) {
        Ok(found) if !is_listed || found.iter().any(|library| library.is_called(name)) => Ok(found),
        Err(unknown) if !is_listed => Err(not_understood(&unknown).into()),
        _ => Ok(vec![Library::new(name)]),
    }
}
