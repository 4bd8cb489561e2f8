//! Brings a project's venv up to date: observe, decide, and only then lock, look again and do.

use std::collections::HashSet;
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
use crate::provide::{self, links, packages as named};
use crate::provision::Provision;
use crate::report::{self, Speaker};
use crate::shell::{Changes, Surroundings, activation};
use crate::venv::install::{Installation, Installer};
use crate::venv::leftovers;
use crate::venv::lock::Lock;
use crate::venv::make;
use crate::venv::packages::{self, Base};
use crate::venv::plan::{Closely, Observed, Plan, Present, plan};
use crate::venv::repair::{self, Repair};
use crate::venv::requirements;
use crate::venv::sources::{self, Reader, Sources};
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
    /// Whether a new environment is wanted, whatever the old one is.
    pub recreate: bool,
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
        self.carry_out(&self.decide(&observed), &observed, &base.python)
    }

    /// What to change in the environment to be in the venv.
    pub fn changes(&self) -> Changes {
        let links = links::folder(&self.config.venv);
        let wanted = self.config.provide == Provide::LdLibraryPath && links.exists();
        let before = OsStr::new(&self.environment.shell.ld_library_path);
        activation(&Surroundings {
            venv: &self.config.venv,
            path: &self.environment.path,
            python_path: &self.environment.python_path,
            libraries: wanted.then_some((&links, before)),
            interpreter: fs::canonicalize(venv::python(&self.config.venv)).ok(),
            uv_downloads_settled: self.environment.uv_python_downloads,
        })
    }

    /// The files that an entry depends on, be they there or not: settings, requirements and all that
    /// these include, the Nix file.
    pub fn watched(&self) -> Vec<PathBuf> {
        let Config { project, nix_file, .. } = self.config;
        let mut files = vec![project.join("venvfix.toml"), project.join("pyproject.toml"), nix_file.clone()];
        files.extend(["requirements.txt", "uv.lock", "pylock.toml"].map(|name| project.join(name)));
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

    /// The packages of nixpkgs in this shell, for `interpreter`. In a shell that was entered before,
    /// they are no longer on PYTHONPATH.
    fn packages(&self, base: &Base, interpreter: &Path, stamp: Option<&Stamp>) -> Vec<PathBuf> {
        let entered = self.environment.virtual_env.as_ref() == Some(&self.config.venv)
            && !self.environment.source_date_epoch;
        let kept = stamp.filter(|_| entered).map(|stamp| stamp.packages.clone()).unwrap_or_default();
        let here = packages::on_python_path(&self.environment.python_path, interpreter);
        let mut found = kept;
        for path in here.into_iter().chain(base.packages.clone()) {
            if !found.contains(&path) {
                found.push(path);
            }
        }
        found
    }

    fn observe(&self, base: &Base) -> Result<Observed> {
        let python = &base.python;
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
        let sources = self.sources()?.all;
        // Another shell than the project's own has no say in its python either.
        let settled = stamp.as_ref().filter(|stamp| stamp.own_shell && !self.is_own_shell());
        let here = || fs::canonicalize(python).unwrap_or_else(|_| python.to_owned());
        let interpreter = settled.map_or_else(here, |stamp| stamp.interpreter.clone());
        let packages =
            self.shell_has_a_say(stamp.as_ref()).then(|| self.packages(base, &interpreter, stamp.as_ref()));
        let expected = packages.as_ref().or(stamp.as_ref().map(|stamp| &stamp.packages));
        let provided = provided
            && expected.is_none_or(|packages| {
                site_packages.iter().all(|(path, _)| named::are_written(path, packages))
            });
        Ok(Observed {
            present,
            same_version: same_version(venv, &interpreter),
            wrapped: stamp.is_none() && is_script(&interpreter),
            interpreter,
            stamp,
            closure: sources::closure(&sources, &self.config.project)?,
            sources,
            packages,
            recreate: self.recreate,
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
        let Config { venv, project, .. } = self.config;
        self.may_write()?;
        stamp::remove(venv)?;
        if observed.closely.interrupted {
            leftovers::remove(venv);
        }
        if let Some(reason) = &plan.upgrade {
            self.speaker.step(format_args!("renewing {} ({reason})", self.shown(venv)));
            match make::upgrade(python, venv, project) {
                Err(error) if exit_of(&error) != Exit::Interrupted => make::create(python, venv, project)?,
                done => done?,
            }
        }
        if let Some(reason) = &plan.create {
            self.speaker.step(format_args!("making {} ({reason})", self.shown(venv)));
            make::create(python, venv, project)?;
        }
        stamp::remove(venv)?;
        for (path, _) in stamp::site_packages_times(venv) {
            named::write(&path, packages_of(observed))?;
        }
        self.relocate(plan, observed)?;
        if !observed.provided || plan.rebuilds() {
            // What is built on the way, with numpy at hand, needs libraries too.
            self.scan_and_provide(observed)?;
        }
        // A new venv has a pip of its own, which may read more, or less, than the old one's.
        let sources = self.sources()?;
        let mended = self.mend(&plan.repair, observed, &sources);
        let installed = mended.and_then(|()| self.install(plan, &sources));
        if installed.is_err() && matches!(observed.present, Present::Working(_)) && make::restore(venv)? {
            self.speaker.step(format_args!("kept the {} that was there", self.shown(venv)));
            return installed;
        }
        let (mut stamp, mut found) = self.scan_and_provide(observed)?;
        let tried = [plan.repair.as_slice(), &observed.closely.damaged].concat();
        let mut damaged = mend::still_damaged(venv, &tried);
        let gone = repair::repairs(mend::vanished(&found), Vec::new(), known(observed));
        let installed = installed.and_then(|()| self.mend(&gone, observed, &sources));
        if !gone.is_empty() {
            (stamp, found) = self.scan_and_provide(observed)?;
        }
        damaged.extend(mend::vanished(&found));
        self.remember(&mut stamp, &damaged, observed);
        self.speaker.block(&report::entry_summary(&found.report));
        stamp.missing = report::missing_for_import(&found.report);
        stamp.sources = sources.all;
        make::finish(venv)?;
        // Without a stamp the next entry tries again.
        installed?;
        stamp.write()
    }

    /// Told before anything is begun.
    fn may_write(&self) -> Result<()> {
        let Config { venv, project, .. } = self.config;
        let place = if venv.exists() { venv } else { project };
        rustix::fs::access(place, rustix::fs::Access::WRITE_OK).map_err(|error| {
            let help = "the environment is left as it is; make its folder writable to bring it up to date";
            Trouble::new(format!("could not write to {}: {}", place.display(), std::io::Error::from(error)))
                .help(help)
        })?;
        Ok(())
    }

    fn installation<'a>(&'a self, sources: &'a Sources) -> Result<Installation<'a>> {
        let Config { venv, project, .. } = self.config;
        let (installer, environment) = (self.installer()?, self.environment);
        Ok(Installation { installer, sources: &sources.all, venv, project, environment })
    }

    fn install(&self, plan: &Plan, sources: &Sources) -> Result<()> {
        if let Some(passed_over) = &sources.passed_over
            && (plan.install.is_some() || plan.create.is_some())
        {
            self.speaker.step(passed_over);
        }
        if plan.create.is_some() && sources.all.is_empty() {
            self.speaker.step("there is no requirements.txt: nothing to install");
        }
        let Some(reason) = &plan.install else { return Ok(()) };
        let names = sources::names(&sources.all, &self.config.project);
        self.speaker.step(format_args!("installing {names} ({reason})"));
        self.installation(sources)?.run(|text| self.speaker.step(text))
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

    fn mend(&self, repairs: &[Repair], observed: &Observed, sources: &Sources) -> Result<()> {
        if repairs.is_empty() {
            return Ok(());
        }
        let (installation, inputs) = (&self.installation(sources)?, &observed.closure.inputs);
        Mending { installation, inputs, speaker: self.speaker }.carry_out(repairs)
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
        let mut stamp =
            Stamp::new(&self.config.venv, observed.interpreter.clone(), observed.closure.inputs.clone());
        stamp.packages = packages_of(observed).to_vec();
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
        requirements::shown(path, &self.config.project)
    }
}

/// Those of the shell, if it has a say, else those that were there.
fn packages_of(observed: &Observed) -> &[PathBuf] {
    let before = observed.stamp.as_ref().map(|stamp| &stamp.packages);
    observed.packages.as_ref().or(before).map(Vec::as_slice).unwrap_or_default()
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
