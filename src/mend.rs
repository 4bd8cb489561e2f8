//! Puts right what a closer look at a venv has shown: scripts of another place, distributions that are
//! not whole, objects whose libraries the garbage collector took.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::error::{Exit, exit_of};
use crate::examine::Examination;
use crate::report::Speaker;
use crate::venv::health::{self, Damaged};
use crate::venv::install::{self, Installation, Installer};
use crate::venv::plan::Closely;
use crate::venv::relocate::Moved;
use crate::venv::repair::{self, Repair};
use crate::venv::requirements::{self, Inputs};
use crate::venv::{Distribution, Origin, replaced, stamp};

/// Looks at what takes time to look at: every RECORD, and where there is no stamp, every script.
pub fn look_closely(venv: &Path, project: &Path, has_stamp: bool) -> Closely {
    let interrupted = stamp::is_unfinished(venv);
    let moved = if has_stamp { None } else { Moved::find(venv, project) };
    let site_packages = crate::venv::site_packages(venv);
    let found = health::damaged(&site_packages, venv, interrupted);
    let mut damaged: Vec<Repair> = found.iter().map(of).collect();
    let mut begun = repair::begun(venv);
    if moved.is_none() && begun.is_empty() {
        return Closely { interrupted, moved, damaged, begun };
    }
    let installed = crate::venv::read_distributions(&site_packages);
    if !interrupted && !begun.is_empty() {
        let all = health::damaged(&site_packages, venv, true);
        look_at_waiting(&all, &installed, &mut damaged, &mut begun);
    }
    if let Some(moved) = &moved {
        follow(moved, project, &installed, &mut damaged, &mut begun);
    }
    begun.retain(|repair| {
        let there = installed.iter().find(|distribution| distribution.name == repair.name);
        there.is_none_or(|there| Origin::of(&there.dist_info) != repair.source)
            || (!interrupted && repair.rebuild)
            || damaged.iter().any(|damaged| damaged.name == repair.name)
    });
    Closely { interrupted, moved, damaged, begun }
}

/// What waits is looked at as after the interruption that it may come from. What was there when it began
/// to wait, and is not now, was taken away by the user.
fn look_at_waiting(
    all: &[Damaged],
    installed: &[Distribution],
    damaged: &mut Vec<Repair>,
    begun: &mut Vec<Repair>,
) {
    begun.retain(|repair| {
        let is_there = installed.iter().any(|found| found.name == repair.name)
            || all.iter().any(|found| found.name == repair.name);
        repair.absent || is_there
    });
    let known: Vec<String> = damaged.iter().map(|repair| repair.name.clone()).collect();
    let waits = |name: &String| begun.iter().any(|repair| repair.name == *name);
    damaged.extend(all.iter().filter(|found| waits(&found.name) && !known.contains(&found.name)).map(of));
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
    /// Writes down what is damaged and moves away what an installer would stumble over: before the
    /// requirements are installed, which bring most of it by themselves, and from the right place.
    ///
    /// # Errors
    /// If the journal cannot be written, or Python cannot bring a pip.
    pub fn prepare(&self, repairs: &[Repair]) -> Result<()> {
        let venv = self.installation.venv;
        // What is rebuilt comes after the others, of which some may wait.
        let waiting = match repairs.iter().all(|repair| repair.rebuild) {
            true => repair::begun(venv),
            false => Vec::new(),
        };
        repair::begin(venv, &repair::repairs(repairs.to_vec(), waiting, &[]))?;
        for repair in repairs {
            self.speaker.step(format_args!("{} is damaged: {}", repair.title(), repair.reason));
            for folder in &repair.unusable {
                // One that is stuck is no reason to lack the others.
                if let Err(error) = replaced::take_away(folder, venv) {
                    self.speaker.step(format_args!("{error:#}"));
                }
            }
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
    /// be had is left as it was, and waits where another try may help.
    ///
    /// # Errors
    /// If the installer is not there or is interrupted, or the journal cannot be written.
    pub fn finish(&self, repairs: &[Repair]) -> Result<()> {
        let mut unmet = unmet(self.installation.venv, repairs, self.interrupted);
        // Beside what could not be moved away nothing can be installed.
        unmet.retain(|repair| !repair.unusable.iter().any(|folder| folder.exists()));
        let mut failed = Vec::new();
        for rebuild in [false, true] {
            let kind = |repair: &&Repair| repair.rebuild == rebuild && !self.is_installer(repair);
            let group: Vec<&Repair> = unmet.iter().filter(kind).collect();
            if !group.is_empty() {
                let titles: Vec<String> = group.iter().map(|repair| repair.title()).collect();
                self.speaker.step(format_args!("installing {} again", titles.join(", ")));
                failed.extend(self.install(&group)?);
            }
        }
        replaced::settle(self.installation.venv);
        self.end(repairs, failed)
    }

    /// Leaves in the journal what waits.
    fn end(&self, repairs: &[Repair], failed: Vec<Repair>) -> Result<()> {
        let venv = self.installation.venv;
        let options = requirements::index_options(self.inputs);
        let no_index =
            self.installation.environment.no_index || options.iter().any(|option| option == "--no-index");
        let mut waiting = repair::begun(venv);
        waiting.retain(|other| !repairs.iter().any(|repair| repair.name == other.name));
        if !failed.is_empty() {
            let there = names(venv);
            let later = failed.into_iter().filter(|repair| repair.may_come_later(no_index));
            waiting.extend(later.map(|repair| Repair { absent: !there.contains(&repair.name), ..repair }));
        }
        repair::wait(venv, &waiting)
    }

    fn is_installer(&self, repair: &Repair) -> bool {
        repair.name == "pip" && self.installation.installer == Installer::Pip
    }

    /// All at once, which is quick; one by one where one cannot be had. Gives back what could not.
    fn install(&self, group: &[&Repair]) -> Result<Vec<Repair>> {
        if self.try_install(group)? {
            return Ok(Vec::new());
        }
        let mut failed = Vec::new();
        for repair in group {
            if group.len() == 1 || !self.try_install(&[repair])? {
                failed.push((*repair).clone());
            }
        }
        Ok(failed)
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

/// What is there of distributions, whole or not, by name.
fn names(venv: &Path) -> HashSet<String> {
    let site_packages = crate::venv::site_packages(venv);
    let whole = crate::venv::read_distributions(&site_packages).into_iter().map(|found| found.name);
    whole.chain(health::damaged(&site_packages, venv, true).into_iter().map(|found| found.name)).collect()
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
