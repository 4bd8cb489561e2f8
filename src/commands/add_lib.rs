//! `venvfix add-lib`: adds libraries to the project's Nix file.

use std::path::{Path, PathBuf};

use anyhow::Result;
use similar::TextDiff;

use super::Context;
use crate::catalog;
use crate::cli::AddLib;
use crate::config::Config;
use crate::error::{Exit, Trouble};
use crate::fsx;
use crate::library::Library;
use crate::nixfile::{self, Edit};
use crate::report;

/// Nix files are written by people.
const MAX_SIZE: u64 = 4 << 20;

pub(super) fn run(context: &Context, arguments: &AddLib) -> Result<Exit> {
    let path = file(context, arguments.file.as_deref())?;
    let shown = path.strip_prefix(&context.environment.current_dir).unwrap_or(&path).display().to_string();
    let libraries = libraries(context, &arguments.names)?;
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
        context.speaker.result(&sanitized(&diff(&shown, &source, &edit.text)))?;
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

fn file(context: &Context, named: Option<&Path>) -> Result<PathBuf> {
    match named {
        Some(path) => Ok(context.environment.current_dir.join(path)),
        None => Ok(Config::load(&context.environment)?.nix_file),
    }
}

fn libraries(context: &Context, names: &[String]) -> Result<Vec<Library>> {
    let mut found = Vec::new();
    for name in names {
        let libraries = catalog::libraries(name).map_err(|unknown| {
            Trouble::usage(unknown.to_string())
                .help("name an attribute of nixpkgs, a soname or a PyPI package")
        })?;
        if !catalog::knows(name) {
            let near = catalog::near(name);
            if let Some(meant) = near.iter().find(|known| known.eq_ignore_ascii_case(name)) {
                return Err(Trouble::usage(format!("nixpkgs is not known to have {name}"))
                    .help(format!("did you mean {meant}?"))
                    .into());
            }
            // nixpkgs has a hundred times what the tables hold: it may well be right.
            let hint =
                if near.is_empty() { String::new() } else { format!("; known are {}", near.join(", ")) };
            context
                .speaker
                .step(format_args!("{name} is in no table of venvfix, and taken as written{hint}"));
        }
        for library in libraries {
            if !found.contains(&library) {
                found.push(library);
            }
        }
    }
    Ok(found)
}

/// The file's own text may hold what steers a terminal.
fn sanitized(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", report::sanitize(line))).collect()
}

fn diff(shown: &str, old: &str, new: &str) -> String {
    let diff = TextDiff::from_lines(old, new);
    diff.unified_diff().header(shown, shown).to_string()
}
