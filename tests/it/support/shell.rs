//! Real shells that load a hook, and programs that stand in for venvfix.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use venvfix::shell::{Changes, Shell, quote_fish, quote_posix, script};

use super::{Ended, Folder, cannot_run, command};

/// A shell, and what differs between them.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    pub name: &'static str,
    /// Starts it without a user's files.
    pub start: &'static [&'static str],
    pub speaks: Shell,
    pub quote: fn(&[u8]) -> Vec<u8>,
    /// Evaluates a text in double quotes.
    pub evaluate: &'static str,
    /// The status of the last command.
    pub status: &'static str,
    /// Options that strict or odd people set, each to be survived.
    pub options: &'static [&'static str],
}

pub const BASH: Kind = Kind {
    name: "bash",
    start: &["--norc", "--noprofile", "-c"],
    speaks: Shell::Bash,
    quote: quote_posix,
    evaluate: "eval",
    status: "$?",
    options: &[
        "",
        "set -euo pipefail; shopt -s nullglob inherit_errexit",
        "set -f -o noclobber; shopt -s failglob dotglob nocasematch extglob",
        "IFS=0123456789abcPATHv",
    ],
};

pub const ZSH: Kind = Kind {
    name: "zsh",
    start: &["-f", "-c"],
    speaks: Shell::Zsh,
    quote: quote_posix,
    evaluate: "eval",
    status: "$?",
    options: &[
        "",
        "set -eu -o pipefail",
        "setopt err_return nounset",
        "setopt ksh_arrays sh_word_split",
        "setopt no_glob null_glob no_clobber glob_subst rc_quotes",
        "emulate ksh",
        "IFS=0123456789abcPATHv",
    ],
};

pub const FISH: Kind = Kind {
    name: "fish",
    start: &["--no-config", "-c"],
    speaks: Shell::Fish,
    quote: quote_fish,
    evaluate: "eval",
    status: "$status",
    options: &["", "set -g IFS ''", "set -g IFS 'abcPATHv'"],
};

/// Those of the three that are installed.
pub fn shells() -> impl Iterator<Item = Kind> {
    [BASH, ZSH, FISH].into_iter().filter(|kind| {
        let found = command(kind.name, Path::new("/")).arg("--version").output().is_ok();
        if !found {
            cannot_run(&format!("{} is not installed", kind.name));
        }
        found
    })
}

impl Kind {
    pub fn hook(self, program: &Path) -> Vec<u8> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("hooks/venvfix").with_extension(self.name);
        let text = fs::read_to_string(file).unwrap();
        let (before, after) = text.split_once("@program@").unwrap();
        let program = (self.quote)(program.as_os_str().as_bytes());
        [before.as_bytes(), &program, after.as_bytes()].concat()
    }

    /// A shell in `folder` that has evaluated the hook, as a user would have it, and then a script.
    pub fn command(self, folder: &Path, options: &str, hook: &[u8], script: &str) -> Command {
        let hook = (self.quote)(hook);
        let text = [options.as_bytes(), b"\n", self.evaluate.as_bytes(), b" ", &hook, b"\n"].concat();
        let text = OsString::from_vec([text, script.into()].concat());
        // Where the tests run in the background, SIGINT is ignored, and no shell then traps it.
        let mut run = command("env", folder);
        run.args(["--default-signal=INT,QUIT", self.name]).args(self.start).arg(text);
        run.env("XDG_CONFIG_HOME", folder).env("XDG_DATA_HOME", folder).env("HOME", folder);
        run
    }

    pub fn run(self, stand_in: &StandIn, options: &str, script: &str) -> Ended {
        let hook = self.hook(&stand_in.program);
        self.command(stand_in.folder.path(), options, &hook, script).output().unwrap().into()
    }

    /// A script that exports these variables.
    pub fn exports(self, variables: &[(&str, &str)]) -> String {
        let mut text = String::new();
        for (name, value) in variables {
            let value = String::from_utf8((self.quote)(value.as_bytes())).unwrap();
            text += &match self.speaks {
                Shell::Fish => format!("set -gx {name} {value}\n"),
                _ => format!("export {name}={value}\n"),
            };
        }
        text
    }
}

/// A program that stands in for venvfix.
pub struct StandIn {
    pub folder: Folder,
    pub program: PathBuf,
}

impl StandIn {
    /// One that runs this script of sh.
    pub fn new(script: &str) -> Self {
        Self::at("it's a \"folder\"/$HOME `x` \\/new\nline/venvfix", script)
    }

    pub fn at(path: &str, script: &str) -> Self {
        let folder = Folder::new();
        let program = folder.write(path, format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        Self { folder, program }
    }

    /// One that prints what the real one would for these changes.
    pub fn printing(changes: &Changes, kind: Kind) -> Self {
        let made = Self::new("cat \"$(dirname \"$0\")/printed\"");
        made.prints(changes, kind);
        made
    }

    pub fn prints(&self, changes: &Changes, kind: Kind) {
        fs::write(self.program.with_file_name("printed"), script(changes, &[], kind.speaks).unwrap())
            .unwrap();
    }
}
