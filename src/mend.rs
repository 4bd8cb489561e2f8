//! Puts right what a closer look at a venv has shown: scripts of another place, distributions that are
//! not whole, objects whose libraries the garbage collector took.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::error::{Exit, exit_of};
use crate::examine::Examination;
use crate::report::Speaker;
use crate::venv::health::{self, Damaged};
use crate::venv::install::{self, Installation, Installer};
use crate::venv::plan::Closely;
use crate::venv::relocate::Moved;
use crate::venv::repair::{self, Repair};
use crate::venv::requirements::Inputs;
use crate::venv::{Distribution, Origin, stamp};

/// Looks at what takes time to look at: every RECORD, and where there is no stamp, every script.
pub fn look_closely(venv: &Path, project: &Path, has_stamp: bool) -> Closely {
    let interrupted = stamp::is_unfinished(venv);
    let moved = if has_stamp { None } else { Moved::find(venv, project) };
    let site_packages = crate::venv::site_packages(venv);
    let found = health::damaged(&site_packages, venv, interrupted);
    let mut damaged: Vec<Repair> = found.iter().map(of).collect();
    let mut begun = if interrupted { repair::begun(venv) } else { Vec::new() };
    if moved.is_none() && begun.is_empty() {
        return Closely { interrupted, moved, damaged, begun };
    }
    let installed = crate::venv::read_distributions(&site_packages);
    if let Some(moved) = &moved {
        follow(moved, project, &installed, &mut damaged, &mut begun);
    }
    begun.retain(|repair| {
        let there = installed.iter().find(|distribution| distribution.name == repair.name);
        there.is_none_or(|there| Origin::of(&there.dist_info) != repair.source)
    });
    Closely { interrupted, moved, damaged, begun }
}

/// What is installed from the project is there no more, or is the original's that was copied.
fn follow(
    moved: &Moved,
    project: &Path,
    installed: &[Distribution],
    damaged: &mut Vec<Repair>,
    begun: &mut Vec<Repair>,
) {
    for repair in damaged.iter_mut().chain(begun) {
        if let Some(source) = repair.source.moved(&moved.from, project) {
            repair.source = source;
        }
    }
    for distribution in installed {
        let source = Origin::of(&distribution.dist_info).moved(&moved.from, project);
        damaged.extend(source.map(|source| Repair::moved(distribution, source, &moved.from)));
    }
}

fn of(damaged: &Damaged) -> Repair {
    Repair::of(damaged, Origin::of(&damaged.dist_info))
}

/// Installs distributions again.
pub struct Mending<'a> {
    /// With what, into which venv.
    pub installation: &'a Installation<'a>,
    /// Where packages come from.
    pub inputs: &'a Inputs,
    /// Work on the venv was interrupted before.
    pub interrupted: bool,
    /// The voice.
    pub speaker: Speaker,
}

impl Mending<'_> {
    /// Writes down what is damaged and takes away what an installer would stumble over: before the
    /// requirements are installed, which bring most of it by themselves, and from the right place.
    ///
    /// # Errors
    /// If that cannot be done.
    pub fn prepare(&self, repairs: &[Repair]) -> Result<()> {
        repair::begin(self.installation.venv, repairs)?;
        for repair in repairs {
            self.speaker.step(format_args!("{} is damaged: {}", repair.title(), repair.reason));
            repair.unusable.iter().try_for_each(|folder| {
                fs::remove_dir_all(folder).with_context(|| format!("could not remove {}", folder.display()))
            })?;
        }
        // A damaged pip cannot install itself: Python brings one.
        match repairs.iter().any(|repair| self.is_installer(repair)) {
            true => {
                install::renew_pip(&crate::venv::python(self.installation.venv), self.installation.project)
            }
            false => Ok(()),
        }
    }

    /// Installs again, without its dependencies, what the requirements have not brought. What cannot
    /// be had is left.
    ///
    /// # Errors
    /// If the installer is not there or is interrupted.
    pub fn finish(&self, repairs: &[Repair]) -> Result<()> {
        let unmet = unmet(self.installation.venv, repairs, self.interrupted);
        for rebuild in [false, true] {
            let kind = |repair: &&Repair| repair.rebuild == rebuild && !self.is_installer(repair);
            let group: Vec<&Repair> = unmet.iter().filter(kind).collect();
            if !group.is_empty() {
                let titles: Vec<String> = group.iter().map(|repair| repair.title()).collect();
                self.speaker.step(format_args!("installing {} again", titles.join(", ")));
                self.install(&group)?;
            }
        }
        repair::end(self.installation.venv);
        Ok(())
    }

    fn is_installer(&self, repair: &Repair) -> bool {
        repair.name == "pip" && self.installation.installer == Installer::Pip
    }

    /// All at once, which is quick; one by one where one cannot be had.
    fn install(&self, group: &[&Repair]) -> Result<()> {
        if self.try_install(group)? || group.len() == 1 {
            return Ok(());
        }
        for repair in group {
            self.try_install(&[repair])?;
        }
        Ok(())
    }

    fn try_install(&self, group: &[&Repair]) -> Result<bool> {
        match self.installation.again(group, self.inputs) {
            Err(error) if exit_of(&error) == Exit::Interrupted => Err(error),
            Err(error) => {
                self.speaker.warn(format_args!("{error:#}"));
                Ok(false)
            }
            Ok(()) => Ok(true),
        }
    }
}

/// Which of `repairs` are damaged still, or gone.
pub fn still_damaged(venv: &Path, repairs: &[Repair], interrupted: bool) -> Vec<Repair> {
    let mut found = unmet(venv, repairs, interrupted);
    found.retain(|repair| !repair.rebuild);
    repair::repairs(found, Vec::new(), &[])
}

/// Which of `repairs` nothing has brought about.
fn unmet(venv: &Path, repairs: &[Repair], interrupted: bool) -> Vec<Repair> {
    if repairs.is_empty() {
        return Vec::new();
    }
    let site_packages = crate::venv::site_packages(venv);
    let damaged: Vec<Repair> = health::damaged(&site_packages, venv, interrupted).iter().map(of).collect();
    let installed = crate::venv::read_distributions(&site_packages);
    let is_unmet = |repair: &Repair| match installed.iter().find(|found| found.name == repair.name) {
        None => true,
        Some(found) => {
            let is_elsewhere =
                matches!(repair.source, Origin::Editable(_)) && Origin::of(&found.dist_info) != repair.source;
            repair.rebuild || is_elsewhere || damaged.iter().any(|damaged| damaged.key() == repair.key())
        }
    };
    repairs.iter().filter(|repair| is_unmet(repair)).cloned().collect()
}

/// What a scan shows to be built with store paths that are gone.
pub fn vanished(found: &Examination) -> Vec<Repair> {
    let named = found.store_paths.iter().map(|(path, owners)| (path.clone(), owners.clone()));
    let exists = |path: &Path| fs::symlink_metadata(path).is_ok();
    repair::vanished(&found.survey.distributions, named, exists, repair::is_built_here)
}
