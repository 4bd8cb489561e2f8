//! One file per command: wiring only. What several share is in `names` and `nix_file`.

mod add_lib;
mod doctor;
mod enter;
mod fix;
mod hook;
mod init;
mod list_libs;
mod names;
mod nix_file;
mod preview;
mod provide;
mod remove_lib;
mod restore;
mod run;
mod sync;
mod which;

use anyhow::Result;

use crate::cli::{Cli, Command};
use crate::config::Environment;
use crate::error::Exit;
use crate::report::Speaker;

/// What every command is given.
struct Context {
    environment: Environment,
    speaker: Speaker,
    /// Nix is not to be asked.
    offline: bool,
}

/// Runs the command that the command line asks for.
///
/// # Errors
/// If it could not do its job; the exit code lies in the error.
pub fn run(cli: &Cli, speaker: Speaker) -> Result<Exit> {
    let environment = Environment::capture(cli.directory.as_deref())?;
    let context = Context { environment, speaker, offline: cli.offline };
    match &cli.command {
        Command::Init(arguments) => init::run(&context, arguments),
        Command::Enter(arguments) => enter::run(&context, arguments),
        Command::Hook(arguments) => hook::run(&context, arguments),
        Command::Run(arguments) => run::run(&context, arguments),
        Command::Sync(arguments) => sync::run(&context, arguments),
        Command::Provide(arguments) => provide::run(&context, arguments),
        Command::Doctor(arguments) => doctor::run(&context, arguments),
        Command::Preview(arguments) => preview::run(&context, arguments),
        Command::Which(arguments) => which::run(&context, arguments),
        Command::AddLib(arguments) => add_lib::run(&context, arguments),
        Command::RemoveLib(arguments) => remove_lib::run(&context, arguments),
        Command::ListLibs(arguments) => list_libs::run(&context, arguments),
    }
}
