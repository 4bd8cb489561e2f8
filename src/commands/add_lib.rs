//! `venvfix add-lib`: adds libraries to the project's Nix file.

use anyhow::Result;

use super::{Context, names, nix_file};
use crate::cli::AddLib;
use crate::editing::{Change, NixFile};
use crate::error::Exit;
use crate::nixfile::{self, Edit};
use crate::nixpkgs::Nixpkgs;

pub(super) fn run(context: &Context, arguments: &AddLib) -> Result<Exit> {
    let wish = arguments.place.wish();
    let (path, project) = nix_file::find(context, arguments.place.file.as_deref(), &wish)?;
    let mut nixpkgs = Nixpkgs::find(&context.environment, Some(&project), Some(&path));
    let libraries = names::to_add(context, &arguments.names, &mut nixpkgs)?;
    let file = NixFile::open(&context.environment, &path, &project)?;
    let edit =
        nixfile::add_libraries_as(&file.text, &libraries, &wish).map_err(|refusal| file.refused(&refusal))?;
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
    context.speaker.next("leave the shell and enter it again");
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
    nix_file::check_callers(file, edit)?;
    let change = Change {
        text: &edit.text,
        elements: edit.added.len(),
        arguments: edit.arguments.len(),
        adds: true,
        ask_nix: !context.offline,
    };
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
    if !edit.arguments.is_empty() {
        let names = edit.arguments.join(", ");
        context.speaker.step(format_args!("its function asks for {names} now, as callPackage gives it"));
    }
}
