//! Runs a program in bounded memory and processor time: a blow-up fails a test, and harms no machine.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use super::{Ended, VENVFIX, command};

/// Of memory that is written to, in MiB.
pub const MEMORY: u64 = 64;
/// A guard against hanging, in seconds of processor time: debug builds take ten times as long as others.
const PROCESSOR: u64 = 30;

/// A command that is killed, or told that there is no memory, beyond these bounds.
pub fn bounded(folder: &Path, memory: u64, program: impl AsRef<OsStr>) -> Command {
    let mut run = command("sh", folder);
    let script = format!(r#"ulimit -d {} && ulimit -t {PROCESSOR} && exec "$0" "$@""#, memory << 10);
    run.args(["-c", &script]).arg(program);
    run
}

/// What doctor says within so many MiB of memory. It ends by itself, with an exit code for findings.
#[track_caller]
pub fn doctor(folder: &Path, memory: u64) -> Ended {
    let run =
        bounded(folder, memory, VENVFIX).args(["doctor", "--loader", "nix", "--format", "json"]).output();
    let ended = Ended::from(run.unwrap());
    assert!(ended.code.is_some_and(|code| code < 2), "{:?}\n{:.2000}", ended.code, ended.stderr);
    assert!(ended.stderr.is_empty(), "{:.2000}", ended.stderr);
    ended
}
