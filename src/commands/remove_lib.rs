//! `venvfix remove-lib`: takes libraries out of the project's Nix file.

use anyhow::Result;

use super::{Context, list_libs, names, nix_file};
use crate::catalog;
use crate::cli::RemoveLib;
use crate::config::Config;
use crate::editing::{Change, NixFile};
use crate::error::Exit;
use crate::library::Library;
use crate::listing::{self, Element};
use crate::nixfile::{self, Listed, Place, Removal};
use crate::nixpkgs::Nixpkgs;
use crate::project_name;
use crate::venv::Venv;

pub(super) fn run(context: &Context, arguments: &RemoveLib) -> Result<Exit> {
    let wish = arguments.place.wish();
    let (path, project) = nix_file::find(context, arguments.place.file.as_deref(), &wish)?;
    let nixpkgs = Nixpkgs::find(&context.environment, Some(&project), Some(&path));
    let file = NixFile::open(&context.environment, &path, &project)?;
    let refused = |refusal| file.refused(&refusal);
    let listed = nixfile::list_libraries_as(&file.text, &wish).map_err(refused)?;
    let mut asked: Vec<(&str, Vec<Library>)> = Vec::new();
    for name in &arguments.names {
        let meant = names::to_remove(name, &listed, &nixpkgs)?;
        let shared = shared(context, (name, &meant), &listed, &file);
        asked.push((name, meant.into_iter().filter(|library| !shared.contains(library)).collect()));
    }
    let libraries: Vec<Library> = asked.iter().flat_map(|(_, libraries)| libraries).cloned().collect();
    let removal = nixfile::remove_libraries_as(&file.text, &libraries, &wish).map_err(refused)?;
    let exit = tell_absent(context, &file, &asked, &removal);
    if removal.removed.is_empty() {
        return Ok(exit);
    }
    let elements = removal.removed.len();
    let change =
        Change { text: &removal.text, elements, arguments: 0, adds: false, ask_nix: !context.offline };
    file.check(&context.environment, context.speaker, &change)?;
    if arguments.dry_run {
        context.speaker.result(&file.difference(&removal.text))?;
        return Ok(exit);
    }
    file.replace(&removal.text)?;
    tell(context, &file, &removal);
    Ok(exit)
}

/// Of what a PyPI package stands for, the libraries that wheels of other packages need, too: these stay.
fn shared(
    context: &Context,
    (name, meant): (&str, &[Library]),
    listed: &[Listed],
    file: &NixFile,
) -> Vec<Library> {
    if meant.iter().any(|library| library.is_called(name)) || !catalog::is_package(name) {
        return Vec::new();
    }
    let Ok(venv) = Config::of_project(&file.project).and_then(|config| Venv::open(&config.venv)) else {
        return Vec::new();
    };
    let own = project_name::normalize(name);
    let elements = listing::elements(listed, Some(&list_libs::needs(&venv)));
    let others = |library: &&Library| {
        let is_it = |path: &String| library.is_called(path);
        let same = |element: &&Element| element.attribute.iter().chain(&element.alternatives).any(is_it);
        let needs = elements.iter().filter(same).flat_map(|element| &element.needs);
        let mut others: Vec<&str> =
            needs.map(|need| need.distribution.as_str()).filter(|other| *other != own).collect();
        others.sort_unstable();
        others.dedup();
        if !others.is_empty() {
            let others = others.join(", ");
            context.speaker.step(format_args!("left {}, which is needed by {others}, too", library.path()));
        }
        !others.is_empty()
    };
    meant.iter().filter(others).cloned().collect()
}

/// Of what is asked for and not there, each name that stands for nothing that is.
fn tell_absent(context: &Context, file: &NixFile, asked: &[(&str, Vec<Library>)], removal: &Removal) -> Exit {
    let mut exit = Exit::Fine;
    for (name, libraries) in asked {
        let places = |library| {
            let absent = removal.absent.iter().find(|(absent, _)| absent == library);
            absent.map(|(_, places)| places.as_slice())
        };
        let absent: Vec<&[Place]> = libraries.iter().filter_map(places).collect();
        if absent.len() < libraries.len() || libraries.is_empty() {
            continue;
        }
        exit = Exit::ErrorsFound;
        context.speaker.warn(format_args!("nothing to remove: {name} is not in the lists of {}", file.shown));
        for place in absent.into_iter().flatten() {
            let Place { line, column, name } = place;
            context.speaker.step(format_args!(
                "{}:{line}:{column} has it in {name}, which is no list of the shell",
                file.shown
            ));
        }
    }
    if exit != Exit::Fine {
        context.speaker.help(format_args!("venvfix list-libs --file {}", file.word()));
    }
    exit
}

fn tell(context: &Context, file: &NixFile, removal: &Removal) {
    for (spelling, Place { line, column, name }) in &removal.removed {
        context.speaker.step(format_args!("removed {spelling} from {name} ({}:{line}:{column})", file.shown));
    }
    for argument in &removal.unused_arguments {
        context.speaker.step(format_args!("left the argument `{argument}`, which nothing uses any more"));
    }
    context.speaker.next("leave the shell and enter it again");
}
