//! What `nix-instantiate --parse` reads in the file before and after, where it is at hand. Nothing is evaluated.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use super::{Change, NixFile};
use crate::config::Environment;
use crate::error::{Exit, Trouble, exit_of};
use crate::exec::Task;
use crate::nixfile::{Grown, grown, is_print};
use crate::nixpkgs;

/// It takes some 30 ms; longer, and rnix' word must do.
const DEADLINE: Duration = Duration::from_secs(5);

/// What any Nix reads.
const PLAIN: &str = "{ }\n";

pub(super) fn ask(file: &NixFile, environment: &Environment, change: &Change<'_>) -> Result<()> {
    let program = nixpkgs::program(environment, Some(&file.project), "nix-instantiate");
    let (Some(program), Ok(folder)) = (program, tempfile::tempdir_in(&environment.temporary)) else {
        return Ok(());
    };
    let parse = |texts: &[&str]| parse(&program, folder.path(), texts);
    if let Some(prints) = parse(&[&file.text, change.text])? {
        let [old, new] = prints.as_slice() else { return Ok(()) };
        if !is_print(old) || !is_print(new) {
            return Ok(());
        }
        return if agrees(old, new, change) { Ok(()) } else { Err(disagrees(file).into()) };
    }
    // Not every Nix that fails fails of the file.
    if parse(&[PLAIN])?.is_none() {
        return Ok(());
    }
    Err(match parse(&[&file.text])? {
        None => cannot_read(file),
        Some(_) => disagrees(file),
    }
    .into())
}

/// What Nix prints of each text; `None` where it fails.
fn parse(program: &Path, folder: &Path, texts: &[&str]) -> Result<Option<Vec<String>>> {
    // In one folder: relative paths are printed as absolute ones.
    let mut files = Vec::new();
    for (number, text) in texts.iter().enumerate() {
        let file = folder.join(format!("{number}.nix"));
        if fs::write(&file, text).is_err() {
            return Ok(None);
        }
        files.push(file);
    }
    let task = Task::new(program, Path::new("/")).args(["--readonly-mode", "--parse"]).args(&files);
    match task.capture().silent().limit(DEADLINE).run() {
        Ok(ending) if ending.success => Ok(Some(ending.stdout.lines().map(str::to_owned).collect())),
        Err(error) if exit_of(&error) == Exit::Interrupted => Err(error),
        _ => Ok(None),
    }
}

fn agrees(old: &str, new: &str, change: &Change<'_>) -> bool {
    let (shorter, longer) = if change.adds { (old, new) } else { (new, old) };
    grown(shorter, longer).is_some_and(|Grown { lists, arguments }| {
        let one = !change.adds || lists.len() == 1;
        one && lists.iter().sum::<usize>() == change.elements && arguments == change.arguments
    })
}

fn cannot_read(file: &NixFile) -> Trouble {
    Trouble::new(format!("nix-instantiate cannot read {}", file.shown))
        .help(format!("`nix-instantiate --parse {}` says why; with --offline it is not asked", file.word()))
}

fn disagrees(file: &NixFile) -> Trouble {
    let message = format!(
        "nix-instantiate reads the change of {} otherwise than meant: nothing was written",
        file.shown
    );
    Trouble::new(message).help("edit it by hand; with --offline nix-instantiate is not asked")
}
