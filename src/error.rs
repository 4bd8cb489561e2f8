//! What can go wrong, as the user is told: the thing, the cause, the way out, and an exit code.

use std::fmt;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All is well.
    Fine = 0,
    /// The job was done, and it found errors.
    ErrorsFound = 1,
    /// The command line or a configuration file is wrong.
    Usage = 2,
    /// The job could not be done.
    CouldNot = 3,
    /// Interrupted by Ctrl-C.
    Interrupted = 130,
}

/// A failure with a way out.
#[derive(Debug)]
pub struct Trouble {
    /// What is wrong: lower case, names the thing.
    pub message: String,
    /// What to do next.
    pub help: Option<String>,
    /// How the program ends because of it.
    pub exit: Exit,
}

impl Trouble {
    /// A job that could not be done.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, exit: Exit::CouldNot }
    }

    /// A mistake in what the user wrote.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, ..Self::new(message) }
    }

    /// Stopped by the user.
    pub fn interrupted() -> Self {
        Self { exit: Exit::Interrupted, ..Self::new("interrupted") }
    }

    /// Adds the way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Trouble {}

/// The exit code for an error.
pub fn exit_of(error: &anyhow::Error) -> Exit {
    error.downcast_ref::<Trouble>().map_or(Exit::CouldNot, |trouble| trouble.exit)
}
