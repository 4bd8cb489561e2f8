//! What the names on the command lines of add-lib and remove-lib stand for.

use anyhow::Result;

use super::Context;
use crate::catalog::{self, Unknown};
use crate::error::Trouble;
use crate::library::Library;
use crate::loader;
use crate::nixfile::Listed;
use crate::nixpkgs::{self, Nixpkgs};
use crate::project_name;

/// The libraries to add, as they are called in the nixpkgs that the file is pinned to, or in any.
pub(super) fn to_add(context: &Context, names: &[String], nixpkgs: &mut Nixpkgs) -> Result<Vec<Library>> {
    let names: Vec<String> = names.iter().map(|name| plain(name)).collect();
    let mut found: Vec<Library> = Vec::new();
    for name in &names {
        if let Some(reason) = no_package(name) {
            return Err(Trouble::usage(format!("nothing to add for {name}: {reason}")).into());
        }
        for library in of_name(context, name, nixpkgs)? {
            if library.attribute != *name && catalog::program(name).is_some() && !catalog::is_soname(name) {
                context.speaker.step(format_args!("{} has the program {name}", library.path()));
            }
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
        if nixpkgs.lacks(library) && !context.offline {
            let trouble = Trouble::new(format!("<nixpkgs> has no {}", library.path()));
            return Err(trouble.help("another release may have it; --offline writes it all the same").into());
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

/// A name as the tables know it: `pkgs.` and `nixpkgs.` say where it is to be found, and of a requirement
/// (`name[extra]==1.0`) only the name counts.
fn plain(name: &str) -> String {
    let name = name.strip_prefix("pkgs.").or_else(|| name.strip_prefix("nixpkgs.")).unwrap_or(name);
    match name.split_once(|c: char| "[=<>!~;@ ".contains(c)) {
        Some((project, _)) if project_name::is_valid(project) => project_name::normalize(project),
        _ => name.to_owned(),
    }
}

/// Why a name can be no package, whatever nixpkgs is in use.
fn no_package(name: &str) -> Option<&'static str> {
    let last = name.rsplit('.').next().unwrap_or_default();
    if loader::brings(name) {
        return Some("it is a part of glibc, which the interpreter has");
    }
    if NO_PACKAGES.binary_search(&name).is_ok() {
        return Some("Nix or nixpkgs means something else by it");
    }
    last.ends_with("Packages").then_some("it is a set of packages: name one of them")
}

/// What Nix has at hand everywhere (its manual, "Built-in Constants" and "Built-in Functions"), and what nixpkgs has
/// beside packages.
const NO_PACKAGES: &[&str] = &[
    "abort",
    "baseNameOf",
    "builtins",
    "callPackage",
    "config",
    "derivation",
    "dirOf",
    "false",
    "fetchTarball",
    "fromTOML",
    "import",
    "isNull",
    "lib",
    "map",
    "mkShell",
    "null",
    "pkgs",
    "removeAttrs",
    "scopedImport",
    "throw",
    "toString",
    "true",
    "xorg",
];

/// The outputs that a path may end with.
const OUTPUTS: &[&str] = &["bin", "dev", "lib", "man", "out", "static"];

fn of_name(context: &Context, name: &str, nixpkgs: &Nixpkgs) -> Result<Vec<Library>> {
    match catalog::libraries_in(name, nixpkgs.release()) {
        Ok(libraries) => Ok(libraries),
        Err(unknown) => located(context, name, nixpkgs, &unknown),
    }
}

/// An attribute that is in no table: a slip of the pen, unless Nix has it, or else taken as written, since nixpkgs
/// has a hundred times what the tables hold.
fn doubt(context: &Context, name: &str, nixpkgs: &Nixpkgs) -> Result<()> {
    let is_output = |(package, output): (&str, &str)| OUTPUTS.contains(&output) && catalog::knows(package);
    if nixpkgs.has(name) == Some(true)
        || catalog::is_soname(name)
        || name.rsplit_once('.').is_some_and(is_output)
    {
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
    let plain = plain(name);
    let name = plain.as_str();
    let is_listed = listed.iter().any(|element| element.paths.iter().any(|path| path == name));
    match catalog::libraries_in(name, nixpkgs.release()) {
        Ok(found) if !is_listed || found.iter().any(|library| library.is_called(name)) => Ok(found),
        Err(unknown) if !is_listed => Err(not_understood(&unknown).into()),
        _ => Ok(vec![Library::new(name)]),
    }
}
