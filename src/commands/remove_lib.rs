//! `venvfix remove-lib`: takes libraries out of the project's Nix file.

use anyhow::Result;

use super::{Context, names, nix_file};
use crate::cli::RemoveLib;
use crate::editing::{Change, NixFile};
use crate::error::Exit;
use crate::library::Library;
use crate::nixfile::{self, Place, Removal, Wish};
use crate::nixpkgs::Nixpkgs;

pub(super) fn run(context: &Context, arguments: &RemoveLib) -> Result<Exit> {
    let wish = Wish { at: arguments.at, shell: arguments.shell.clone() };
    let (path, project) = nix_file::find(context, arguments.file.as_deref(), &wish)?;
    let nixpkgs = Nixpkgs::find(&context.environment, Some(&project), Some(&path));
    let file = NixFile::open(&context.environment, &path, &project)?;
    let refused = |refusal| file.refused(&refusal);
    let listed = nixfile::list_libraries_as(&file.text, &wish).map_err(refused)?;
    let mut asked: Vec<(&str, Vec<Library>)> = Vec::new();
    for name in &arguments.names {
        asked.push((name, names::to_remove(name, &listed, &nixpkgs)?));
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

/// Of what is asked for and not there, each name that stands for nothing that is.
fn tell_absent(context: &Context, file: &NixFile, asked: &[(&str, Vec<Library>)], removal: &Removal) -> Exit {
    let mut exit = Exit::Fine;
    for (name, libraries) in asked {
        let places = |library| {
            let absent = removal.absent.iter().find(|(absent, _)| absent == library);
            absent.map(|(_, places)| places.as_slice())
        };
        let absent: Vec<&[Place]> = libraries.iter().filter_map(places).collect();
        if absent.len() < libraries.len() {
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
    context.speaker.help("leave the shell and enter it again");
}
