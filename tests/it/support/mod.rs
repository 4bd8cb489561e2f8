//! What the tests share: running the program, folders, the laboratory.

pub mod bounded;
pub mod cc;
pub mod kill;
pub mod lab;
pub mod layout;
pub mod mutation;
pub mod nix;
pub mod object;
pub mod project;
pub mod raw;
pub mod shell;
pub mod source;
pub mod texts;
pub mod venv;
pub mod wheel;

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// The program under test.
pub const VENVFIX: &str = env!("CARGO_BIN_EXE_venvfix");

/// A folder that goes away with the test, without links in its path.
pub struct Folder {
    path: PathBuf,
    _kept: TempDir,
}

impl Folder {
    pub fn new() -> Self {
        Self::named("venvfix test ")
    }

    /// For what cannot bear a blank in a path, as `nix develop` of Nix 2.8.
    pub fn without_blanks() -> Self {
        Self::named("venvfix-test-")
    }

    fn named(prefix: &str) -> Self {
        let kept = tempfile::Builder::new().prefix(prefix).tempdir().unwrap();
        Self { path: kept.path().canonicalize().unwrap(), _kept: kept }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path.join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.join(name)).unwrap()
    }
}

/// How a program ended, and what it said.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ended {
    /// Expects an exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Expects all of these texts on standard error.
    #[track_caller]
    pub fn says(self, texts: &[&str]) -> Self {
        for text in texts {
            assert!(self.stderr.contains(text), "no {text:?} in\n{}", self.stderr);
        }
        self
    }

    /// Expects none of these texts on standard error.
    #[track_caller]
    pub fn silent_about(self, texts: &[&str]) -> Self {
        for text in texts {
            assert!(!self.stderr.contains(text), "{text:?} in\n{}", self.stderr);
        }
        self
    }

    /// Expects all of these texts on standard output.
    #[track_caller]
    pub fn prints(self, texts: &[&str]) -> Self {
        for text in texts {
            assert!(self.stdout.contains(text), "no {text:?} in\n{}\nstderr:\n{}", self.stdout, self.stderr);
        }
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{self:?}"))
    }
}

/// A command on the machine itself, with no variable of a Nix shell or a venv set.
pub fn command(program: impl AsRef<OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    for name in [
        "VENVFIX_PROJECT",
        "VENVFIX_SKIP",
        "VENVFIX_LIBRARY_PATH",
        "VENVFIX_NIXPKGS_RELEASE",
        "VIRTUAL_ENV",
        "IN_NIX_SHELL",
        "NIX_CC",
        "NIX_LDFLAGS",
        "LD_LIBRARY_PATH",
        "PYTHONPATH",
        "NO_COLOR",
        "CLICOLOR_FORCE",
    ] {
        command.env_remove(name);
    }
    // Else a Nix of this machine would be asked about its own nixpkgs.
    command.env("NIX_PATH", "").stdin(std::process::Stdio::null());
    command
}

/// Runs the program under test in a folder.
pub fn venvfix<I: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = I>) -> Ended {
    command(VENVFIX, folder).args(arguments).output().unwrap().into()
}

/// A test that cannot run here: a failure where all must run, else a skip that says so.
pub fn cannot_run(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "cannot run, and in CI that is a failure: {why}");
    // Written, not printed: the test runner keeps what a passing test prints.
    std::io::stderr().write_all(format!("SKIPPED: {why}\n").as_bytes()).unwrap();
}
