//! `venvfix doctor --restore-programs`: programs as they were before they were patched.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::Context;
use crate::config::Config;
use crate::error::Exit;
use crate::programs;
use crate::report;
use crate::survey::survey;
use crate::venv;
use crate::venv::lock::Lock;
use crate::venv::stamp::Stamp;

pub(super) fn run(context: &Context, path: &Path, config: &Config) -> Result<Exit> {
    let speaker = context.speaker;
    let failed = || format!("could not examine {}", path.display());
    let root = fs::canonicalize(path).with_context(failed)?;
    let _lock = Lock::take(&config.project, |_| {
        speaker.step("waiting for another shell to finish with this project");
    })?;
    let outcome = programs::restore_all(&root, &survey(&root, &venv::site_packages(&root)));
    if outcome.done.is_empty() {
        speaker.step("there is no patched program to restore");
    } else {
        // The next entry looks at programs again, and so do doctor's words.
        if let Some(mut stamp) = Stamp::read(path) {
            stamp.programs = None;
            stamp.write()?;
        }
        speaker.step(report::restored(&outcome.done));
        speaker.next("to keep them so: programs = \"report\" in venvfix.toml");
    }
    outcome.failed.iter().for_each(|error| speaker.error(error));
    Ok(if outcome.failed.is_empty() { Exit::Fine } else { Exit::CouldNot })
}
