//! Carries out what was decided. Whatever interrupts it, there is no stamp, and the next entry begins
//! anew.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Entry;
use crate::config::Config;
use crate::error::{Exit, Trouble, exit_of};
use crate::examine::Examination;
use crate::mend::{self, Mending};
use crate::nixpkgs::Nixpkgs;
use crate::offer;
use crate::provide::packages;
use crate::provision::Provision;
use crate::report;
use crate::survey::Survey;
use crate::venv::install::Installation;
use crate::venv::plan::{Observed, Plan, Present};
use crate::venv::repair::{self, Repair};
use crate::venv::sources::{self, Sources};
use crate::venv::stamp::{self, Stamp};
use crate::venv::{Venv, health, leftovers, make, read_distributions, site_packages};

/// What `python -m venv` itself brings, or brought.
const SEEDS: [&str; 4] = ["pip", "pkg-resources", "setuptools", "wheel"];

/// One plan, to be carried out under the lock.
pub(super) struct Work<'a> {
    pub(super) entry: &'a Entry<'a>,
    pub(super) plan: &'a Plan,
    pub(super) observed: &'a Observed,
}

impl Work<'_> {
    pub(super) fn carry_out(&self, python: &Path) -> Result<()> {
        let venv = &self.config().venv;
        self.may_write()?;
        self.make(python)?;
        if !self.observed.provided || self.plan.rebuilds() {
            // What is built on the way, with numpy at hand, needs libraries too.
            self.scan_and_provide()?;
        }
        // A new venv has a pip of its own, which may read more, or less, than the old one's.
        let sources = self.entry.sources()?;
        let installed = self.fill(&sources);
        if installed.is_err() && self.works() && make::restore(venv)? {
            self.say(format_args!("kept the {} that was there", self.entry.shown(venv)));
            return installed;
        }
        let (mut stamp, mut found) = self.scan_and_provide()?;
        let mut damaged = self.still_damaged();
        let gone = repair::repairs(mend::vanished(&found), Vec::new(), self.known());
        let rebuilt = installed.and_then(|()| self.rebuild(&gone, &sources));
        if !gone.is_empty() {
            (stamp, found) = self.scan_and_provide()?;
        }
        damaged.extend(mend::vanished(&found));
        self.remember(&mut stamp, &damaged);
        self.entry.speaker.block(&report::entry_summary(&found.report));
        stamp.missing = report::missing_for_import(&found.report);
        stamp.sources = sources.all;
        self.finish(venv)?;
        // Without a stamp the next entry tries again.
        rebuilt.inspect_err(|error| stamp::note_failure(venv, &format!("{error:#}")))?;
        self.keep(&found.survey);
        stamp.write()
    }

    /// Lets go of the venv that was replaced, and says what the new one has not of it.
    fn finish(&self, venv: &Path) -> Result<()> {
        let Some(old) = make::old(venv) else { return Ok(()) };
        let read = |venv: &Path| read_distributions(&site_packages(venv));
        let now = read(venv);
        let lost = read(&old).into_iter().filter(|before| now.iter().all(|found| found.name != before.name));
        let lost: Vec<String> =
            lost.filter(|lost| !SEEDS.contains(&lost.name.as_str())).map(|lost| lost.requirement()).collect();
        for name in make::finish(venv)? {
            self.say(format_args!("kept {}", self.entry.shown(&venv.join(name))));
        }
        if !lost.is_empty() {
            self.say(format_args!("not in the new environment: {}", lost.join(", ")));
            self.entry.speaker.help(format_args!("pip install {}", lost.join(" ")));
        }
        Ok(())
    }

    /// Keeps the scan for doctor, which can do without.
    fn keep(&self, survey: &Survey) {
        let venv = &self.config().venv;
        let damaged = health::damaged_since(&site_packages(venv), venv, &|path| survey.wholeness(path));
        let is_damaged = |path: &Path| damaged.iter().any(|damaged| damaged.dist_info == path);
        if let Err(error) = survey.keep(is_damaged) {
            self.entry.speaker.detail(format_args!("{error:#}"));
        }
    }

    fn works(&self) -> bool {
        matches!(self.observed.present, Present::Working(_))
    }

    /// Told before anything is begun.
    fn may_write(&self) -> Result<()> {
        let Config { venv, project, .. } = self.config();
        let place = if venv.exists() { venv } else { project };
        rustix::fs::access(place, rustix::fs::Access::WRITE_OK).map_err(|error| {
            let help = "the environment is left as it is; make its folder writable to bring it up to date";
            Trouble::new(format!("could not write to {}: {}", place.display(), std::io::Error::from(error)))
                .help(help)
        })?;
        Ok(())
    }

    /// The venv itself, without what is to be installed in it.
    fn make(&self, python: &Path) -> Result<()> {
        let Config { venv, project, .. } = self.config();
        let shown = self.entry.shown(venv);
        if self.plan.create.is_none() {
            // A venv that is replaced goes aside with its stamp, and may come back.
            stamp::remove(venv)?;
        }
        if self.observed.closely.interrupted {
            leftovers::remove(venv);
        }
        if let Some(reason) = &self.plan.upgrade {
            self.say(format_args!("renewing {shown} ({reason})"));
            match make::upgrade(python, venv, project) {
                // Without any python it is of no use; what is lost is named in the end.
                Err(error) if exit_of(&error) != Exit::Interrupted && !self.works() => {
                    make::create(python, venv, project)?;
                }
                done => done?,
            }
        }
        if let Some(reason) = &self.plan.create {
            self.say(format_args!("making {shown} ({reason})"));
            make::create(python, venv, project)?;
        }
        stamp::remove(venv)?;
        for (path, _) in stamp::site_packages_times(venv) {
            packages::write(&path, self.packages())?;
        }
        self.relocate()
    }

    fn relocate(&self) -> Result<()> {
        let (Some(reason), Some(moved)) = (&self.plan.relocate, &self.observed.closely.moved) else {
            return Ok(());
        };
        let Config { venv, project, .. } = self.config();
        self.say(format_args!("renewing the scripts of {} ({reason})", self.entry.shown(venv)));
        match moved.mend(venv, project) {
            Err(error) if exit_of(&error) == Exit::Interrupted => Err(error),
            // What is installed works all the same.
            Err(error) => {
                self.entry.speaker.warn(format_args!("{error:#}"));
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// What is wanted, and what was damaged.
    fn fill(&self, sources: &Sources) -> Result<()> {
        let repairs = &self.plan.repair;
        let prepared = self.mend(repairs, sources, |mending| mending.prepare(repairs));
        match prepared.and_then(|()| self.install(sources)) {
            Err(error) if exit_of(&error) == Exit::Interrupted => Err(error),
            // Requirements that cannot be had are no reason to lack what was installed by hand.
            installed => installed.and(self.mend(repairs, sources, |mending| mending.finish(repairs))),
        }
    }

    fn install(&self, sources: &Sources) -> Result<()> {
        let Plan { create, install, .. } = self.plan;
        if let Some(passed_over) =
            sources.passed_over.as_ref().filter(|_| install.is_some() || create.is_some())
        {
            self.say(passed_over);
        }
        if create.is_some() && sources.all.is_empty() {
            self.say("there is no requirements.txt: nothing to install");
            self.entry
                .speaker
                .help("list packages in one, or name files: requirements = [\"FILE\"] in venvfix.toml");
        }
        let Some(reason) = install else { return Ok(()) };
        self.say(format_args!(
            "installing {} ({reason})",
            sources::names(&sources.all, &self.config().project)
        ));
        self.installation(sources)?.run(|text| self.say(text))
    }

    fn rebuild(&self, gone: &[Repair], sources: &Sources) -> Result<()> {
        self.mend(gone, sources, |mending| mending.prepare(gone).and_then(|()| mending.finish(gone)))
    }

    fn mend(
        &self,
        repairs: &[Repair],
        sources: &Sources,
        step: impl FnOnce(&Mending<'_>) -> Result<()>,
    ) -> Result<()> {
        if repairs.is_empty() {
            return Ok(());
        }
        step(&Mending {
            installation: &self.installation(sources)?,
            inputs: &self.observed.closure.inputs,
            interrupted: self.observed.closely.interrupted,
            speaker: self.entry.speaker,
        })
    }

    fn installation<'a>(&'a self, sources: &'a Sources) -> Result<Installation<'a>> {
        let Config { venv, project, .. } = self.config();
        let (installer, environment) = (self.entry.installer()?, self.entry.environment);
        Ok(Installation { installer, sources: &sources.all, venv, project, environment })
    }

    fn still_damaged(&self) -> Vec<Repair> {
        let closely = &self.observed.closely;
        let tried = [self.plan.repair.as_slice(), &closely.damaged].concat();
        mend::still_damaged(&self.config().venv, &tried, closely.interrupted)
    }

    /// What could not be mended is said once, and not tried again.
    fn remember(&self, stamp: &mut Stamp, damaged: &[Repair]) {
        stamp.damaged = damaged.iter().map(Repair::key).collect();
        for repair in damaged.iter().filter(|repair| !self.known().contains(&repair.key())) {
            self.entry.speaker.warn(format_args!("{} is damaged still: {}", repair.title(), repair.reason));
        }
    }

    fn scan_and_provide(&self) -> Result<(Stamp, Examination)> {
        let (entry, config) = (self.entry, self.config());
        let venv = Venv::open(&config.venv)?;
        let mut stamp = self.stamp(&venv);
        let provision = Provision {
            venv: &venv,
            directories: &stamp.offer,
            provide: config.provide,
            programs: config.programs,
            ignore: &config.ignore,
            nixpkgs: &|| Nixpkgs::find(entry.environment, Some(&config.project), Some(&config.nix_file)),
            environment: entry.environment,
            speaker: entry.speaker,
        };
        let found = provision.carry_out()?;
        stamp.site_packages = stamp::site_packages_times(&config.venv);
        Ok((stamp, found))
    }

    /// As far as it is known before the scan.
    fn stamp(&self, venv: &Venv) -> Stamp {
        let (entry, observed) = (self.entry, self.observed);
        let interpreter = &venv.interpreter;
        let inputs = observed.closure.inputs.clone();
        let mut stamp = Stamp::new(&self.config().venv, observed.interpreter.clone(), inputs);
        stamp.packages = self.packages().to_vec();
        stamp.interpreter_directories =
            offer::interpreter_directories(&interpreter.real, &interpreter.object);
        let before = observed.stamp.as_ref();
        let kept = before.filter(|_| !entry.shell_has_a_say(before));
        stamp.own_shell = kept.map_or_else(|| entry.is_own_shell(), |kept| kept.own_shell);
        stamp.offer =
            kept.map_or_else(|| entry.directories(&stamp.interpreter_directories), |kept| kept.offer.clone());
        stamp.provide = self.config().provide;
        stamp.programs = Some(self.config().programs);
        stamp
    }

    /// Python packages of the shell, if it has a say, else those that were there.
    fn packages(&self) -> &[PathBuf] {
        let before = self.observed.stamp.as_ref().map(|stamp| &stamp.packages);
        self.observed.packages.as_ref().or(before).map(Vec::as_slice).unwrap_or_default()
    }

    /// What could not be mended before.
    fn known(&self) -> &[String] {
        self.observed.stamp.as_ref().map(|stamp| stamp.damaged.as_slice()).unwrap_or_default()
    }

    fn config(&self) -> &Config {
        self.entry.config
    }

    fn say(&self, text: impl std::fmt::Display) {
        self.entry.speaker.step(text);
    }
}
