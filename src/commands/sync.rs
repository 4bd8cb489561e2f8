//! `venvfix sync`: what shell entry does, without a shell.

use anyhow::Result;

use super::Context;
use crate::cli::Sync;
use crate::config::Config;
use crate::entry::Entry;
use crate::error::Exit;
use crate::venv::plan::Effort;

pub(super) fn run(context: &Context, arguments: &Sync) -> Result<Exit> {
    let config = Config::of_found_project(&context.environment)?;
    let effort = if arguments.recreate { Effort::Anew } else { Effort::Thorough };
    let entry =
        Entry { environment: &context.environment, config: &config, speaker: context.speaker, effort };
    entry.bring_up_to_date()?;
    context.speaker.step(format_args!("{} is up to date", config.venv.display()));
    Ok(Exit::Fine)
}
