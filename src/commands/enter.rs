//! `venvfix enter`: what the hook calls on shell entry.

use anyhow::Result;

use super::Context;
use crate::cli::{Enter, ShellName};
use crate::config::{Config, Environment, find_project};
use crate::entry::Entry;
use crate::error::{Exit, exit_of};
use crate::shell::{Shell, script};
use crate::venv;
use crate::venv::plan::Effort;
use crate::venv::stamp::Stamp;

/// Prints the environment even if the venv could not be brought up to date: the last good one is
/// better than none, and a shell must come of it.
pub(super) fn run(context: &Context, arguments: &Enter) -> Result<Exit> {
    let shell = spoken(arguments.shell);
    let (config, settled) = settle(&context.environment)?;
    let entry = Entry {
        environment: &context.environment,
        config: &config,
        speaker: context.speaker,
        effort: Effort::AsNeeded,
    };
    let done = settled.and_then(|()| entry.bring_up_to_date());
    let entered = venv::python(&config.venv).exists();
    let watches = matches!(shell, Shell::Direnv | Shell::Json);
    // A watcher tries again when one of the files changes, above all where nothing came of it.
    if entered || watches {
        let changes = if entered { entry.changes() } else { Vec::new() };
        let watched = if watches { entry.watched() } else { Vec::new() };
        context.speaker.raw(&script(&changes, &watched, shell)?)?;
    }
    let Err(error) = done else { return Ok(Exit::Fine) };
    if !entered {
        return Err(error);
    }
    context.speaker.error(&error);
    Ok(match exit_of(&error) {
        Exit::Interrupted => Exit::Interrupted,
        _ => Exit::Fine,
    })
}

/// The settings; where they are wrong, those with which the usual venv can be entered as it is.
fn settle(environment: &Environment) -> Result<(Config, Result<()>)> {
    match Config::of_found_project(environment) {
        Ok(config) => Ok((config, Ok(()))),
        Err(error) => {
            let project = find_project(environment).unwrap_or_else(|| environment.current_dir.clone());
            let venv = project.join(".venv");
            match Stamp::read(&venv) {
                Some(_) => Ok((Config::bare(&project, &venv), Err(error))),
                None => Err(error),
            }
        }
    }
}

fn spoken(name: ShellName) -> Shell {
    match name {
        ShellName::Bash => Shell::Bash,
        ShellName::Zsh => Shell::Zsh,
        ShellName::Fish => Shell::Fish,
        ShellName::Direnv => Shell::Direnv,
        ShellName::Json => Shell::Json,
    }
}
