//! Brings a project's venv up to date: observe, decide, and only then lock, look again and do.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::config::{self, Config, Environment, Provide};
use crate::error::{Exit, Trouble, exit_of};
use crate::examine::Examination;
use crate::fsx;
use crate::mend::{self, Mending};
use crate::offer;
use crate::provide::{self, links};
use crate::provision::Provision;
use crate::report::{self, Speaker};
use crate::shell::{Changes, activation};
use crate::venv::install::{Installer, install};
use crate::venv::leftovers;
use crate::venv::lock::Lock;
use crate::venv::make;
use crate::venv::plan::{Closely, Observed, Plan, Present, plan};
use crate::venv::repair::{self, Repair};
use crate::venv::requirements;
use crate::venv::stamp::{self, Stamp};
use crate::venv::{self, Venv};

/// One entry into a project.
pub struct Entry<'a> {
    /// What the shell says.
    pub environment: &'a Environment,
    /// The project's settings.
    pub config: &'a Config,
    /// The voice for steps and findings.
    pub speaker: Speaker,
}

impl Entry<'_> {
    /// Makes, installs, scans and provides what is needed, and nothing where nothing is.
    ///
    /// # Errors
    /// If a step could not be done. What was good before is there again, or still.
    pub fn bring_up_to_date(&self) -> Result<()> {
        let python = self.python()?;
        let observed = self.observe(&python)?;
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
        let mut observed = self.observe(&python)?;
        if self.decide(&observed).is_nothing() {
            self.remind(&observed);
            return Ok(());
        }
        observed.closely = mend::look_closely(&self.config.venv, project, observed.stamp.is_some());
        self.carry_out(&self.decide(&observed), &observed, &python)
    }

    /// What to change in the environment to be in the venv.
    pub fn changes(&self) -> Changes {
        let links = links::folder(&self.config.venv);
        let wanted = self.config.provide == Provide::LdLibraryPath && links.exists();
        let before = OsStr::new(&self.environment.shell.ld_library_path);
        activation(&self.config.venv, &self.environment.path, wanted.then_some((&links, before)))
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
    fn python(&self) -> Result<PathBuf> {
        self.environment.find_python(Some(&self.config.venv)).ok_or_else(|| {
            Trouble::new("there is no python3 on PATH")
                .help("add python3 to the packages in shell.nix")
                .into()
        })
    }

    fn observe(&self, python: &Path) -> Result<Observed> {
        let venv = &self.config.venv;
        let present = present(venv)?;
        let stamp = Stamp::read(venv);
        let interpreter_directories = stamp.as_ref().map(|stamp| stamp.interpreter_directories.as_slice());
        let offer = self
            .shell_has_a_say(stamp.as_ref())
            .then(|| self.directories(interpreter_directories.unwrap_or_default()));
        let site_packages = stamp::site_packages_times(venv);
        let as_before = stamp.as_ref().is_none_or(|stamp| stamp.provide == self.config.provide);
        let provided = as_before
            && site_packages.iter().all(|(path, _)| match self.config.provide {
                Provide::Import => provide::is_installed(path),
                _ => !provide::is_present(path),
            });
        // Another shell than the project's own has no say in its python either.
        let settled = stamp.as_ref().filter(|stamp| stamp.own_shell && !self.is_own_shell());
        let here = || fs::canonicalize(python).unwrap_or_else(|_| python.to_owned());
        let interpreter = settled.map_or_else(here, |stamp| stamp.interpreter.clone());
        Ok(Observed {
            present,
            same_version: same_version(venv, &interpreter),
            wrapped: stamp.is_none() && is_script(&interpreter),
            interpreter,
            stamp,
            inputs: requirements::closure(&self.config.requirements)?,
            offer,
            site_packages,
            provided,
            closely: Closely::default(),
        })
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

    fn carry_out(&self, plan: &Plan, observed: &Observed, python: &Path) -> Result<()> {
        let Config { venv, project, requirements, .. } = self.config;
        stamp::remove(venv)?;
        if observed.closely.interrupted {
            leftovers::remove(venv);
        }
        if let Some(reason) = &plan.upgrade {
            self.speaker.step(format_args!("renewing {} ({reason})", self.shown(venv)));
            if make::upgrade(python, venv, project).is_err() {
                make::create(python, venv, project)?;
            }
        }
        if let Some(reason) = &plan.create {
            self.speaker.step(format_args!("making {} ({reason})", self.shown(venv)));
            make::create(python, venv, project)?;
            if requirements.is_empty() {
                self.speaker.step("there is no requirements.txt: nothing to install");
            }
        }
        stamp::remove(venv)?;
        self.relocate(plan, observed)?;
        if !observed.provided || plan.rebuilds() {
            // What is built on the way, with numpy at hand, needs libraries too.
            self.scan_and_provide(observed)?;
        }
        let prepared = self.mend(&plan.repair, observed, |mending| mending.prepare(&plan.repair));
        let installed = prepared.and_then(|()| match &plan.install {
            Some(reason) => {
                let names: Vec<String> = requirements.iter().map(|file| self.shown(file)).collect();
                self.speaker.step(format_args!("installing {} ({reason})", names.join(", ")));
                self.installer()
                    .and_then(|installer| install(&installer, &venv::python(venv), requirements, project))
            }
            None => Ok(()),
        });
        let installed = match installed {
            Err(error) if exit_of(&error) == Exit::Interrupted => Err(error),
            // Requirements that cannot be had are no reason to lack what was installed by hand.
            other => other.and(self.mend(&plan.repair, observed, |mending| mending.finish(&plan.repair))),
        };
        if installed.is_err() && matches!(observed.present, Present::Working(_)) && make::restore(venv)? {
            self.speaker.step(format_args!("kept the {} that was there", self.shown(venv)));
            return installed;
        }
        let (mut stamp, mut found) = self.scan_and_provide(observed)?;
        let tried = [plan.repair.as_slice(), &observed.closely.damaged].concat();
        let mut damaged = mend::still_damaged(venv, &tried, observed.closely.interrupted);
        let gone = repair::repairs(mend::vanished(&found), Vec::new(), known(observed));
        let installed = installed
            .and_then(|()| self.mend(&gone, observed, |mending| mending.prepare(&gone)))
            .and_then(|()| self.mend(&gone, observed, |mending| mending.finish(&gone)));
        if !gone.is_empty() {
            (stamp, found) = self.scan_and_provide(observed)?;
        }
        damaged.extend(mend::vanished(&found));
        self.remember(&mut stamp, &damaged, observed);
        self.speaker.block(&report::entry_summary(&found.report));
        stamp.missing = report::missing_for_import(&found.report);
        make::finish(venv)?;
        // Without a stamp the next entry tries again.
        installed?;
        stamp.write()
    }

    fn relocate(&self, plan: &Plan, observed: &Observed) -> Result<()> {
        let (Some(reason), Some(moved)) = (&plan.relocate, &observed.closely.moved) else { return Ok(()) };
        let Config { venv, project, .. } = self.config;
        self.speaker.step(format_args!("renewing the scripts of {} ({reason})", self.shown(venv)));
        match moved.mend(venv, project) {
            Err(error) if exit_of(&error) == Exit::Interrupted => Err(error),
            // What is installed works all the same.
            Err(error) => {
                self.speaker.warn(format_args!("{error:#}"));
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    fn mend(
        &self,
        repairs: &[Repair],
        observed: &Observed,
        step: impl FnOnce(&Mending<'_>) -> Result<()>,
    ) -> Result<()> {
        if repairs.is_empty() {
            return Ok(());
        }
        let mending = Mending {
            venv: &self.config.venv,
            project: &self.config.project,
            inputs: &observed.inputs,
            installer: &self.installer()?,
            interrupted: observed.closely.interrupted,
            speaker: self.speaker,
        };
        step(&mending)
    }

    /// What could not be mended is said once, and not tried again.
    fn remember(&self, stamp: &mut Stamp, damaged: &[Repair], observed: &Observed) {
        stamp.damaged = damaged.iter().map(Repair::key).collect();
        for repair in damaged.iter().filter(|repair| !known(observed).contains(&repair.key())) {
            self.speaker.warn(format_args!("{} is damaged still: {}", repair.title(), repair.reason));
        }
    }

    fn scan_and_provide(&self, observed: &Observed) -> Result<(Stamp, Examination)> {
        let venv = Venv::open(&self.config.venv)?;
        let interpreter = &venv.interpreter;
        let mut stamp = Stamp::new(&self.config.venv, observed.interpreter.clone(), observed.inputs.clone());
        stamp.interpreter_directories =
            offer::interpreter_directories(&interpreter.real, &interpreter.object);
        let before = observed.stamp.as_ref();
        let kept = before.filter(|_| !self.shell_has_a_say(before));
        stamp.own_shell = kept.map_or_else(|| self.is_own_shell(), |kept| kept.own_shell);
        stamp.offer =
            kept.map_or_else(|| self.directories(&stamp.interpreter_directories), |kept| kept.offer.clone());
        stamp.provide = self.config.provide;
        let provision = Provision {
            venv: &venv,
            directories: &stamp.offer,
            provide: self.config.provide,
            ignore: &self.config.ignore,
            environment: self.environment,
            speaker: self.speaker,
        };
        let found = provision.carry_out()?;
        stamp.site_packages = stamp::site_packages_times(&self.config.venv);
        Ok((stamp, found))
    }

    /// What is still missing is said on each entry, in one line.
    fn remind(&self, observed: &Observed) {
        let missing = observed.stamp.as_ref().map(|stamp| stamp.missing.as_slice()).unwrap_or_default();
        if !missing.is_empty() {
            self.speaker.block(&report::still_missing(missing));
        }
    }

    fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.config.project).unwrap_or(path).display().to_string()
    }
}

/// What could not be mended before.
fn known(observed: &Observed) -> &[String] {
    observed.stamp.as_ref().map(|stamp| stamp.damaged.as_slice()).unwrap_or_default()
}

/// Whether the venv's site-packages is that of the X.Y in the interpreter's file name.
fn same_version(venv: &Path, interpreter: &Path) -> bool {
    let name = interpreter.file_name().unwrap_or_default();
    let numbered = name.to_string_lossy().strip_prefix("python").is_some_and(|version| version.contains('.'));
    numbered
        && venv.join("pyvenv.cfg").exists()
        && !make::is_half_made(venv)
        && venv.join("lib").join(name).join("site-packages").is_dir()
}

fn is_script(path: &Path) -> bool {
    fsx::read_start(path, 2).is_some_and(|start| start == "#!")
}

/// What lies at the venv's place. Whether `bin/python` resolves tells, not pyvenv.cfg: a venv made
/// over a dead one has a new pyvenv.cfg and a dead link.
fn present(venv: &Path) -> Result<Present> {
    match fs::metadata(venv) {
        Err(_) if fs::symlink_metadata(venv).is_err() => return Ok(Present::Nothing),
        Ok(metadata) if metadata.is_dir() => {}
        _ => return Err(venv::not_a_directory(venv).into()),
    }
    if fs::read_dir(venv).is_ok_and(|mut entries| entries.next().is_none()) {
        return Ok(Present::Nothing);
    }
    let made = venv.join("pyvenv.cfg").exists() && !make::is_half_made(venv);
    let whole = made && !venv::site_packages(venv).is_empty();
    Ok(match fs::canonicalize(venv::python(venv)) {
        Ok(interpreter) if whole => Present::Working(interpreter),
        _ => Present::Broken,
    })
}
