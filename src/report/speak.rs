//! Messages to standard error: steps, warnings, errors with their way out. Results go to standard
//! output, in one write, and a reader who has gone is no error.

use std::fmt::Display;
use std::io::{self, Write};

use anstyle::{AnsiColor, Effects, Style};
use anyhow::{Context, Result};

use super::sanitize;
use crate::error::{Exit, Trouble};

const ERROR: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);
const WARNING: Style = AnsiColor::Yellow.on_default().effects(Effects::BOLD);
const HELP: Style = AnsiColor::Cyan.on_default().effects(Effects::BOLD);
const NAME: Style = Style::new().effects(Effects::BOLD);

/// How much is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Errors and warnings.
    Quiet,
    /// And what is done.
    #[default]
    Normal,
    /// And why.
    Verbose,
}

/// The voice of the program.
#[derive(Clone, Copy, Debug, Default)]
pub struct Speaker {
    /// How much is said.
    pub verbosity: Verbosity,
}

impl Speaker {
    /// Something is being done.
    pub fn step(self, text: impl Display) {
        if self.verbosity >= Verbosity::Normal {
            say(&format!("{NAME}venvfix{NAME:#}: {}", sanitize(&text.to_string())));
        }
    }

    /// Something that only a curious person wants to know.
    pub fn detail(self, text: impl Display) {
        if self.verbosity >= Verbosity::Verbose {
            say(&format!("{NAME}venvfix{NAME:#}: {}", sanitize(&text.to_string())));
        }
    }

    /// Something is not as it should be, and work goes on.
    pub fn warn(self, text: impl Display) {
        say(&format!("{WARNING}warning{WARNING:#}: {}", sanitize(&text.to_string())));
    }

    /// What to do next, where all is well.
    pub fn next(self, text: impl Display) {
        if self.verbosity >= Verbosity::Normal {
            self.help(text);
        }
    }

    /// A command to type.
    pub fn help(self, text: impl Display) {
        say(&format!("  {HELP}help{HELP:#}: {}", sanitize(&text.to_string())));
    }

    /// A failure: what, the cause once, and the way out.
    pub fn error(self, error: &anyhow::Error) {
        let trouble = error.downcast_ref::<Trouble>();
        if trouble.is_some_and(|trouble| trouble.exit == Exit::Interrupted) {
            say(&format!("{NAME}venvfix{NAME:#}: interrupted"));
            return;
        }
        let lines = format!("{error:#}");
        let clean: Vec<_> = lines.lines().map(sanitize).collect();
        say(&format!("{ERROR}error{ERROR:#}: {}", clean.join("\n  ")));
        if let Some(help) = trouble.and_then(|trouble| trouble.help.as_deref()) {
            self.help(help);
        }
    }

    /// A block of text made by this module, several lines, colours and all.
    pub fn block(self, text: &str) {
        if self.verbosity >= Verbosity::Normal && !text.is_empty() {
            say(text.trim_end_matches('\n'));
        }
    }

    /// A result for people, to standard output: colours are left out where they are not wanted.
    ///
    /// # Errors
    /// If it cannot be written; a closed pipe is fine.
    pub fn result(self, text: &str) -> Result<()> {
        write(&mut anstream::stdout().lock(), text.as_bytes())
    }

    /// A result for programs, to standard output, byte for byte.
    ///
    /// # Errors
    /// As [`Speaker::result`].
    pub fn raw(self, bytes: &[u8]) -> Result<()> {
        write(&mut io::stdout().lock(), bytes)
    }
}

fn write(out: &mut impl Write, bytes: &[u8]) -> Result<()> {
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("could not write the result")
        }
        _ => Ok(()),
    }
}

fn say(text: &str) {
    // Nobody is left to be told that telling failed.
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}
