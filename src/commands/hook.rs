//! `venvfix hook`: the static text that a shell evaluates.

use std::env;
use std::os::unix::ffi::OsStrExt;

use anyhow::{Context as _, Result};

use super::Context;
use crate::cli::{Hook, ShellName};
use crate::error::Exit;
use crate::shell::quote_posix;

const BASH: &str = include_str!("../../hooks/venvfix.bash");

/// Stands in the hooks for the program's own path.
const PROGRAM: &str = "@program@";

pub(super) fn run(context: &Context, arguments: &Hook) -> Result<Exit> {
    let ShellName::Bash = arguments.shell;
    let program = env::current_exe().context("could not find this program")?;
    let program = quote_posix(program.as_os_str().as_bytes());
    let (before, after) = BASH.split_once(PROGRAM).unwrap_or((BASH, ""));
    context.speaker.raw(&[before.as_bytes(), &program, after.as_bytes()].concat())?;
    Ok(Exit::Fine)
}
