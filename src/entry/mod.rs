//! Brings a project's venv up to date: observe, decide, and only then lock, look again and do.

mod observe;
mod work;

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::Result;

use self::work::Work;
use crate::config::{self, Config, Environment, Provide};
use crate::error::Trouble;
use crate::mend;
use crate::offer;
use crate::provide::{self, links};
use crate::report::{self, Speaker};
use crate::shell::{Changes, Surroundings, activation};
use crate::venv::install::Installer;
use crate::venv::lock::Lock;
use crate::venv::make;
use crate::venv::packages::{self, Base};
use crate::venv::plan::{Effort, Observed, Plan, plan};
use crate::venv::requirements;
use crate::venv::sources::{self, Reader, Sources};
use crate::venv::stamp::Stamp;

/// One entry into a project.
pub struct Entry<'a> {
    /// What the shell says.
    pub environment: &'a Environment,
    /// The project's settings.
    pub config: &'a Config,
    /// The voice for steps and findings.
    pub speaker: Speaker,
    /// How much is to be done.
    pub effort: Effort,
}

impl Entry<'_> {
    /// Makes, installs, scans and provides what is needed, and nothing where nothing is.
    ///
    /// # Errors
    /// If a step could not be done. What was good before is there again, or still.
    pub fn bring_up_to_date(&self) -> Result<()> {
        let base = self.python()?;
        let observed = self.observe(&base)?;
        if self.decide(&observed).is_nothing() {
            self.remind(&observed);
            return Ok(());
        }
        let project = &self.config.project;
        let _lock = Lock::take(project, |holder| {
            let who = holder.map(|holder| format!(" ({holder})")).unwrap_or_default();
            self.speaker.step(format_args!("waiting for another shell to finish with this project{who}"));
        })?;
        make::recover(&self.config.venv)?;
        let mut observed = self.observe(&base)?;
        if self.decide(&observed).is_nothing() {
            self.remind(&observed);
            return Ok(());
        }
        observed.closely = mend::look_closely(&self.config.venv, project, observed.stamp.is_some());
        let plan = self.decide(&observed);
        Work { entry: self, plan: &plan, observed: &observed }.carry_out(&base.python)
    }

    /// What to change in the environment to be in the venv.
    pub fn changes(&self) -> Changes {
        let links = links::folder(&self.config.venv);
        let wanted = self.config.provide == Provide::LdLibraryPath && links.exists();
        let before = OsStr::new(&self.environment.shell.ld_library_path);
        activation(&Surroundings {
            venv: &self.config.venv,
            path: &self.environment.path,
            left: self.environment.virtual_env.as_deref(),
            python_path: &self.environment.python_path,
            libraries: wanted.then_some((&links, before)),
            uv_downloads_settled: self.environment.uv_python_downloads,
        })
    }

    /// The files that an entry depends on, be they there or not: settings, requirements and all that
    /// these include, the Nix file.
    pub fn watched(&self) -> Vec<PathBuf> {
        let Config { project, nix_file, .. } = self.config;
        let mut files = vec![project.join("venvfix.toml"), project.join("pyproject.toml"), nix_file.clone()];
        if self.config.wishes.files.is_none() {
            files.extend(["requirements.txt", "uv.lock", "pylock.toml"].map(|name| project.join(name)));
        }
        // What cannot be read is worth watching all the more.
        let sources = self.sources().unwrap_or_default().all;
        files.extend(sources.iter().map(|source| source.file().to_owned()));
        files.extend(sources::closure(&sources, project).unwrap_or_default().inputs.into_keys());
        let mut seen = HashSet::new();
        files.retain(|file| seen.insert(file.clone()));
        files
    }

    fn installer(&self) -> Result<Installer> {
        let uv = self.environment.find_program("uv", Some(&self.config.venv));
        match (self.config.installer, uv) {
            (config::Installer::Pip, _) | (config::Installer::Auto, None) => Ok(Installer::Pip),
            (_, Some(program)) => Ok(Installer::Uv { program, builds: provide::builds(&self.config.venv) }),
            (config::Installer::Uv, None) => Err(Trouble::new("there is no uv on PATH")
                .help("add uv to the packages in shell.nix, or set installer = \"auto\"")
                .into()),
        }
    }

    /// The shell's own python: not the venv's, which may be on PATH already.
    fn python(&self) -> Result<Base> {
        let python = self.environment.find_python(Some(&self.config.venv)).ok_or_else(|| {
            Trouble::new("there is no python3 on PATH").help("add python3 to the packages in shell.nix")
        })?;
        Ok(packages::base_of(&python))
    }

    fn sources(&self) -> Result<Sources> {
        let Config { project, venv, wishes, .. } = self.config;
        // Without an installer there is an error of its own, when it is needed.
        let reader = || self.installer().map_or(Reader::Pip(None), |installer| installer.reader(venv));
        sources::choose(project, wishes, reader)
    }

    fn decide(&self, observed: &Observed) -> Plan {
        plan(observed, |path| self.shown(path))
    }

    /// Once the project's own shell has said what is offered, any other leaves that as it was.
    fn shell_has_a_say(&self, stamp: Option<&Stamp>) -> bool {
        let settled = stamp.is_some_and(|stamp| stamp.own_shell);
        self.environment.shell.is_nix() && (self.is_own_shell() || !settled)
    }

    fn is_own_shell(&self) -> bool {
        self.environment.shell_project.as_ref() == Some(&self.config.project)
    }

    fn directories(&self, of_interpreter: &[PathBuf]) -> Vec<PathBuf> {
        offer::directories(&self.environment.shell, of_interpreter).accepted
    }

    /// What is still missing is said on each entry, in one line.
    fn remind(&self, observed: &Observed) {
        let missing = observed.stamp.as_ref().map(|stamp| stamp.missing.as_slice()).unwrap_or_default();
        if !missing.is_empty() {
            self.speaker.block(&report::still_missing(missing));
        }
    }

    fn shown(&self, path: &Path) -> String {
        requirements::shown(path, &self.config.project)
    }
}
