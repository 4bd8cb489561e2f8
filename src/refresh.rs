//! Has libraries that were added to a Nix file reach the venv's Python in the shell that runs already: what entering
//! again would find is evaluated and built now.
//!
//! Only in the project's own shell, whose file was evaluated to enter it, and only where the file has just what was
//! asked for beside what that shell has: anything else is left to the next entry.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use crate::config::{Config, Environment, Provide};
use crate::error::{Exit, exit_of};
use crate::exec::Task;
use crate::nixpkgs::{self, Nixpkgs};
use crate::offer::{self, ShellVariables, in_store};
use crate::provide;
use crate::provision::Provision;
use crate::report::Speaker;
use crate::venv::Venv;
use crate::venv::lock::Lock;

/// Downloads included; who wants to wait longer can enter the shell again.
const DEADLINE: Duration = Duration::from_secs(180);

/// The inputs of the shell that `file` makes, without those that are `known`; as `nix-shell` calls the file. No text
/// becomes code. At most so many: a file that makes another shell without its arguments would have all built anew.
const EXPRESSION: &str = r#"
{ file, known, most }:
let
  value = import (/. + file);
  arguments = builtins.intersectAttrs (builtins.functionArgs value) { inNixShell = true; };
  shell = if builtins.isFunction value then value arguments else value;
  inputs = builtins.filter builtins.isAttrs (builtins.concatMap (name: shell.${name} or [ ]) [ "buildInputs" "nativeBuildInputs" "propagatedBuildInputs" ]);
  isPackage = input: (input.type or null) == "derivation";
  # As mkDerivation takes them.
  dev = input: if input.outputSpecified or false then input else input.dev or input.out or input;
  path = input: builtins.unsafeDiscardStringContext input.outPath;
  isNew = input: isPackage input && !builtins.elem (path input) (builtins.fromJSON known);
  new = builtins.filter isNew (builtins.map dev inputs);
in
assert isPackage shell;
assert builtins.length new <= builtins.fromJSON most;
new
"#;

/// A venv in the shell of its project.
pub struct Refresh<'a> {
    /// What the shell says.
    pub environment: &'a Environment,
    /// The project's settings.
    pub config: &'a Config,
    /// The venv.
    pub venv: &'a Venv,
    /// The voice.
    pub speaker: Speaker,
}

impl Refresh<'_> {
    /// What the shell would offer if it were entered again, once that is built and reaches Python. `None` where
    /// that cannot be.
    ///
    /// # Errors
    /// If the user interrupts.
    pub fn carry_out(&self, added: usize) -> Result<Option<ShellVariables>> {
        let built = match self.build(added) {
            Err(error) if exit_of(&error) == Exit::Interrupted => return Err(error),
            Err(error) => {
                self.speaker.detail(format_args!("{error:#}"));
                return Ok(None);
            }
            Ok(built) => built,
        };
        if built.is_empty() {
            return Ok(None);
        }
        let mut shell = self.environment.shell.clone();
        for path in built {
            shell.inputs = format!("{} {path}", shell.inputs);
        }
        match self.provide(&shell) {
            Ok(()) => Ok(Some(shell)),
            Err(error) => {
                self.speaker.warn(format_args!("{error:#}"));
                Ok(None)
            }
        }
    }

    fn is_possible(&self) -> bool {
        let Config { project, nix_file, provide, .. } = self.config;
        let own = self.environment.shell_project.as_deref() == Some(project);
        let entered = self.venv.site_packages.iter().all(|path| provide::is_present(path));
        let flake = nix_file.file_name().is_some_and(|name| name == "flake.nix");
        own && entered && !flake && self.environment.shell.is_nix() && *provide == Provide::Import
    }

    /// The new inputs, as the shell would name them.
    fn build(&self, added: usize) -> Result<Vec<String>> {
        let program = |name| nixpkgs::program(self.environment, Some(&self.config.project), name);
        let programs = program("nix-instantiate").zip(program("nix-build")).filter(|_| self.is_possible());
        let (Some((instantiate, build)), Some(file)) = (programs, self.config.nix_file.to_str()) else {
            return Ok(Vec::new());
        };
        let known: Vec<&str> = self.environment.shell.inputs.split_whitespace().collect();
        let known = serde_json::to_string(&known)?;
        let task = |program: &PathBuf| {
            Task::new(program, &self.config.project)
                .args(["--argstr", "file", file, "--argstr", "known", &known])
                .args(["--argstr", "most", &added.to_string(), "-E", EXPRESSION])
                .capture()
                .limit(DEADLINE)
        };
        // Whether it can be is asked quietly; what is downloaded shows.
        let evaluated = task(&instantiate).silent().run()?;
        if !evaluated.success || evaluated.stdout.trim().is_empty() {
            return Ok(Vec::new());
        }
        self.speaker.step("building what was added, for the Python of this shell");
        let built = task(&build).args(["--no-out-link"]).run()?;
        let paths = built.stdout.lines().filter(|line| in_store(Path::new(line)));
        Ok(if built.success { paths.map(str::to_owned).collect() } else { Vec::new() })
    }

    fn provide(&self, shell: &ShellVariables) -> Result<()> {
        let _lock = Lock::take(&self.config.project, |_| {
            self.speaker.step("waiting for another shell to finish with this project");
        })?;
        let interpreter = &self.venv.interpreter;
        let own = offer::interpreter_directories(&interpreter.real, &interpreter.object);
        let provision = Provision {
            venv: self.venv,
            directories: &offer::directories(shell, &own).accepted,
            provide: self.config.provide,
            ignore: &self.config.ignore,
            programs: self.config.programs,
            nixpkgs: &|| {
                Nixpkgs::find(self.environment, Some(&self.config.project), Some(&self.config.nix_file))
            },
            environment: self.environment,
            speaker: self.speaker,
        };
        provision.carry_out().map(|_| ())
    }
}
