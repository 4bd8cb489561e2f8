//! `venvfix enter`: what the hook calls on shell entry.

use anyhow::Result;

use super::Context;
use crate::cli::{Enter, ShellName};
use crate::config::Config;
use crate::entry::Entry;
use crate::error::Exit;
use crate::shell::{Shell, script};
use crate::venv;

/// Prints the environment even if the venv could not be brought up to date: the last good one is
/// better than none, and a shell must come of it.
pub(super) fn run(context: &Context, arguments: &Enter) -> Result<Exit> {
    let ShellName::Bash = arguments.shell;
    let config = Config::load(&context.environment)?;
    let entry = Entry {
        environment: &context.environment,
        config: &config,
        speaker: context.speaker,
        recreate: false,
    };
    let done = entry.bring_up_to_date();
    if !venv::python(&config.venv).exists() {
        return done.map(|()| Exit::Fine);
    }
    if let Err(error) = done {
        context.speaker.error(&error);
    }
    context.speaker.raw(&script(&entry.changes(), Shell::Bash))?;
    Ok(Exit::Fine)
}
