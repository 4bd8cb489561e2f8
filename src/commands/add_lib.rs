//! `venvfix add-lib`: adds libraries to the project's Nix file.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{Context, names};
use crate::cli::AddLib;
use crate::config::Config;
use crate::editing::{Change, NixFile};
use crate::error::Exit;
use crate::fsx;
use crate::nixfile::{self, Edit};
use crate::nixpkgs::Nixpkgs;

pub(super) fn run(context: &Context, arguments: &AddLib) -> Result<Exit> {
    let (path, project) = file(context, arguments.file.as_deref())?;
    let mut nixpkgs = Nixpkgs::find(&context.environment, Some(&project), Some(&path));
    let libraries = names::to_add(context, &arguments.names, &mut nixpkgs)?;
    let file = NixFile::open(&context.environment, &path, &project)?;
    let edit = nixfile::add_libraries(&file.text, &libraries).map_err(|refusal| file.refused(&refusal))?;
    tell_present(context, &file, &edit);
    if edit.added.is_empty() {
        return Ok(Exit::Fine);
    }
    check(context, &file, &edit)?;
    if arguments.dry_run {
        context.speaker.result(&file.difference(&edit.text))?;
        return Ok(Exit::Fine);
    }
    file.replace(&edit.text)?;
    tell(context, &file, &edit);
    context.speaker.help("leave the shell and enter it again");
    Ok(Exit::Fine)
}

/// What is there already.
pub(super) fn tell_present(context: &Context, file: &NixFile, edit: &Edit) {
    for present in &edit.present {
        context.speaker.step(format_args!("{} has {present} already", file.shown));
    }
}

/// As [`NixFile::check`], of an addition.
pub(super) fn check(context: &Context, file: &NixFile, edit: &Edit) -> Result<()> {
    let change =
        Change { text: &edit.text, elements: edit.added.len(), adds: true, ask_nix: !context.offline };
    file.check(&context.environment, context.speaker, &change)
}

/// What was done.
pub(super) fn tell(context: &Context, file: &NixFile, edit: &Edit) {
    let place = &edit.place;
    context.speaker.step(format_args!(
        "added {} to {} ({}:{}:{})",
        edit.added.join(" "),
        place.name,
        file.shown,
        place.line,
        place.column
    ));
}

/// The file to edit, and the folder of its project.
pub(super) fn file(context: &Context, named: Option<&Path>) -> Result<(PathBuf, PathBuf)> {
    match named {
        Some(path) => {
            let path = context.environment.current_dir.join(path);
            let folder = fsx::normalize(path.parent().unwrap_or(Path::new("/")));
            Ok((path, folder))
        }
        None => Config::load(&context.environment).map(|config| (config.nix_file, config.project)),
    }
}
