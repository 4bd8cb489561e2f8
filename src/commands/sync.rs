//! `venvfix sync`: what shell entry does, without a shell.

use anyhow::Result;

use super::Context;
use crate::cli::Sync;
use crate::config::Config;
use crate::entry::Entry;
use crate::error::Exit;

pub(super) fn run(context: &Context, arguments: &Sync) -> Result<Exit> {
    let config = Config::load(&context.environment)?;
    let recreate = arguments.recreate;
    let entry =
        Entry { environment: &context.environment, config: &config, speaker: context.speaker, recreate };
    entry.bring_up_to_date()?;
    context.speaker.step(format_args!("{} is up to date", config.venv.display()));
    Ok(Exit::Fine)
}
