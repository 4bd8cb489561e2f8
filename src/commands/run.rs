//! `venvfix run`: a command in the venv's environment.

use anyhow::Result;

use super::Context;
use crate::cli::Run;
use crate::config::Config;
use crate::entry::Entry;
use crate::error::Exit;
use crate::exec;
use crate::venv::plan::Effort;

/// Becomes the command: what it exits with is what is seen.
pub(super) fn run(context: &Context, arguments: &Run) -> Result<Exit> {
    let config = Config::of_found_project(&context.environment)?;
    let entry = Entry {
        environment: &context.environment,
        config: &config,
        speaker: context.speaker,
        effort: Effort::AsNeeded,
    };
    entry.bring_up_to_date()?;
    exec::become_command(&arguments.command, &entry.changes())
}
