//! The program: parse, call, map the result to an exit code.

use std::process::ExitCode;

use clap::Parser;
use venvfix::cli::{Cli, Color};
use venvfix::commands;
use venvfix::error::exit_of;
use venvfix::report::{Speaker, Verbosity};

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.color {
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    }
    .write_global();
    let verbosity = match (cli.quiet, cli.verbose) {
        (true, _) => Verbosity::Quiet,
        (_, true) => Verbosity::Verbose,
        _ => Verbosity::Normal,
    };
    let speaker = Speaker { verbosity };
    let exit = commands::run(&cli, speaker).unwrap_or_else(|error| {
        speaker.error(&error);
        exit_of(&error)
    });
    ExitCode::from(exit as u8)
}
