//! `venvfix add-lib`: adds libraries to the project's Nix file.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Context;
use crate::catalog::{self, Unknown};
use crate::cli::AddLib;
use crate::config::Config;
use crate::error::{Exit, Trouble};
use crate::fsx;
use crate::library::Library;
use crate::nixfile::{self, Edit};
use crate::nixpkgs::{self, Nixpkgs};
use crate::report;

/// Nix files are written by people.
const MAX_SIZE: u64 = 4 << 20;

pub(super) fn run(context: &Context, arguments: &AddLib) -> Result<Exit> {
    let (path, project) = file(context, arguments.file.as_deref())?;
    let shown = path.strip_prefix(&context.environment.current_dir).unwrap_or(&path).display().to_string();
    let mut nixpkgs = Nixpkgs::find(&context.environment, Some(&project), Some(&path));
    let libraries = libraries(context, &arguments.names, &mut nixpkgs)?;
    let source = fsx::read_text(&path, MAX_SIZE)?.ok_or_else(|| {
        Trouble::new(format!("there is no {shown}"))
            .help("write one with `venvfix init`, or name the file with --file")
    })?;
    let edit = nixfile::add_libraries(&source, &libraries)
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
    context.speaker.help("leave the shell and enter it again");
}

/// The file to edit, and the folder of its project.
fn file(context: &Context, named: Option<&Path>) -> Result<(PathBuf, PathBuf)> {
    match named {
        Some(path) => {
            let path = context.environment.current_dir.join(path);
            let folder = fsx::normalize(path.parent().unwrap_or(Path::new("/")));
            Ok((path, folder))
        }
        None => Config::load(&context.environment).map(|config| (config.nix_file, config.project)),
    }
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
    let libraries = match catalog::libraries_in(name, nixpkgs.release()) {
        Ok(libraries) => libraries,
        Err(unknown) => return located(context, name, nixpkgs, &unknown),
    };
    if !catalog::knows(name) {
        let near = catalog::near(name);
        if let Some(meant) = near.iter().find(|known| known.eq_ignore_ascii_case(name)) {
            return Err(Trouble::usage(format!("nixpkgs is not known to have {name}"))
                .help(format!("did you mean {meant}?"))
                .into());
        }
        // nixpkgs has a hundred times what the tables hold: it may well be right.
        let hint = if near.is_empty() { String::new() } else { format!("; known are {}", near.join(", ")) };
        context.speaker.step(format_args!("{name} is in no table of venvfix, and taken as written{hint}"));
    }
    Ok(libraries)
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
