//! `venvfix provide`: the provider for a venv that another tool made.

use anyhow::Result;

use super::Context;
use crate::cli::ProvidePath;
use crate::config::{Programs, Provide};
use crate::error::Exit;
use crate::nixpkgs::Nixpkgs;
use crate::offer;
use crate::provision::Provision;
use crate::report;
use crate::venv::Venv;

pub(super) fn run(context: &Context, arguments: &ProvidePath) -> Result<Exit> {
    let environment = &context.environment;
    let venv = Venv::open(&environment.current_dir.join(&arguments.path))?;
    let own = offer::interpreter_directories(&venv.interpreter.real, &venv.interpreter.object);
    let provision = Provision {
        venv: &venv,
        directories: &offer::directories(&environment.shell, &own).accepted,
        provide: Provide::Import,
        // What another tool made is not changed more than it must be.
        programs: Programs::Report,
        ignore: &[],
        // What is missing is to be added to this shell.
        nixpkgs: &|| Nixpkgs::find(environment, environment.shell_project.as_deref(), None),
        environment,
        speaker: context.speaker,
    };
    let found = provision.carry_out()?;
    context
        .speaker
        .step(format_args!("what this shell offers reaches the Python of {}", venv.shown.display()));
    context.speaker.block(&report::entry_summary(&found.report));
    Ok(Exit::Fine)
}
