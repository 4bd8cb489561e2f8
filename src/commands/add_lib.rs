//! `venvfix add-lib`: adds libraries to the project's Nix file.

use anyhow::Result;

use super::{Context, nix_file};
use crate::catalog::{self, Unknown};
use crate::cli::AddLib;
use crate::error::{Exit, Trouble};
use crate::fsx;
use crate::library::Library;
use crate::nixfile::{self, Edit, Wish};
use crate::nixpkgs::{self, Nixpkgs};
use crate::report;

pub(super) fn run(context: &Context, arguments: &AddLib) -> Result<Exit> {
    let wish = Wish { at: arguments.at, shell: arguments.shell.clone() };
    let (path, project) = nix_file::find(context, arguments.file.as_deref(), &wish)?;
    let shown = path.strip_prefix(&context.environment.current_dir).unwrap_or(&path).display().to_string();
    let mut nixpkgs = Nixpkgs::find(&context.environment, Some(&project), Some(&path));
    let libraries = libraries(context, &arguments.names, &mut nixpkgs)?;
    let source = fsx::read_text(&path, nix_file::MAX_SIZE)?.ok_or_else(|| {
        Trouble::new(format!("there is no {shown}"))
            .help("write one with `venvfix init`, or name the file with --file")
    })?;
    let edit = nixfile::add_libraries_as(&source, &libraries, &wish)
        .map_err(|refusal| Trouble::new(format!("{shown}: {refusal}")).help(refusal.help()))?;
    for present in &edit.present {
        context.speaker.step(format_args!("{shown} has {present} already"));
    }
    if edit.added.is_empty() {
        return Ok(Exit::Fine);
    }
    if arguments.dry_run {
        context.speaker.result(&report::diff(&shown, &source, &edit.text))?;
        return Ok(Exit::Fine);
    }
    fsx::replace(&path, edit.text.as_bytes())?;
    tell(context, &shown, &edit);
    Ok(Exit::Fine)
}

fn tell(context: &Context, shown: &str, edit: &Edit) {
    let place = &edit.place;
    context.speaker.step(format_args!(
        "added {} to {} ({shown}:{}:{})",
        edit.added.join(" "),
        place.name,
        place.line,
        place.column
    ));
    if !edit.arguments.is_empty() {
        let names = edit.arguments.join(", ");
        context.speaker.step(format_args!("its function asks for {names} now, as callPackage gives it"));
    }
    context.speaker.help("leave the shell and enter it again");
}

/// The libraries, as they are called in the nixpkgs that the file is pinned to, or in any.
fn libraries(context: &Context, names: &[String], nixpkgs: &mut Nixpkgs) -> Result<Vec<Library>> {
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
    let trouble = Trouble::usage(unknown.to_string());
    Err(trouble.help("name an attribute of nixpkgs, a soname or a PyPI package").into())
}
