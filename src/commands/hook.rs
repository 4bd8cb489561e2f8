//! `venvfix hook`: the static text that a shell evaluates.

use std::env;
use std::os::unix::ffi::OsStrExt;

use anyhow::{Context as _, Result};

use super::Context;
use crate::cli::{Hook, HookName};
use crate::error::Exit;
use crate::shell::{quote_fish, quote_posix};

const BASH: &str = include_str!("../../hooks/venvfix.bash");

/// What a setup hook adds to that.
const SETUP: &str = include_str!("../../nix/venvfix-shell-hook.bash");

/// Stands there for the release of nixpkgs.
const RELEASE: &str = "@release@";

/// Stands in the hooks for the program's own path.
const PROGRAM: &str = "@program@";

pub(super) fn run(context: &Context, arguments: &Hook) -> Result<Exit> {
    let program = env::current_exe().context("could not find this program")?;
    let program = program.as_os_str().as_bytes();
    let (text, program) = match arguments.shell {
        HookName::Bash => (BASH, quote_posix(program)),
        HookName::Zsh => (include_str!("../../hooks/venvfix.zsh"), quote_posix(program)),
        HookName::Fish => (include_str!("../../hooks/venvfix.fish"), quote_fish(program)),
        HookName::Nix => (BASH, quote_posix(program)),
        HookName::Direnv => (include_str!("../../hooks/venvfix.direnv"), quote_posix(program)),
    };
    let (before, after) = text.split_once(PROGRAM).unwrap_or((text, ""));
    let mut out = [before.as_bytes(), &program, after.as_bytes()].concat();
    if arguments.shell == HookName::Nix {
        // Whoever evaluates it has said which nixpkgs that is.
        out.extend_from_slice(SETUP.replace(RELEASE, "${VENVFIX_NIXPKGS_RELEASE-}").as_bytes());
    }
    context.speaker.raw(&out)?;
    Ok(Exit::Fine)
}
