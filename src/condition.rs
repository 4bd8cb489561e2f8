//! The condition of a venv, its objects apart: interpreter, distributions, and what was to be installed.
//! Looks at files and the stamp; `diagnose` says what follows.

use std::env::split_paths;
use std::fs;
use std::path::{Path, PathBuf};

use crate::catalog;
use crate::config::{Config, Environment, Programs};
use crate::diagnose::{
    self, Affected, Code, Counts, Finding, Python, Remedy, Report, SCHEMA, Severity, without_interpreter,
};
use crate::examine::{is_ignored, repair_remedy};
use crate::offer;
use crate::provide::packages;
use crate::survey::Survey;
use crate::venv::repair::Repair;
use crate::venv::shadow::{self, Shadowed};
use crate::venv::stamp::{self, Stamp};
use crate::venv::stdlib;
use crate::venv::{self, Abi, ConfigFile, Distribution, Origin, Venv, health, led_to, sources};

/// The venv as it was made, against what it is now, whatever loads its objects.
pub fn installation(venv: &Venv, config: &Config, survey: &Survey) -> Vec<Finding> {
    let exists = |path: &Path| path.exists();
    let packages = venv.site_packages.iter().filter_map(|path| path.parent()?.file_name()?.to_str());
    let packages: Vec<Abi> = packages.filter_map(Abi::of_name).collect();
    let stale = diagnose::stale(&venv.interpreter, &packages, exists, anew(&venv.root));
    let interrupted = stamp::is_unfinished(&venv.root);
    let damaged = match interrupted {
        true => health::damaged(&venv.site_packages, &venv.root, true),
        false => health::damaged_since(&venv.site_packages, &venv.root, &|path| survey.wholeness(path)),
    };
    let tried = Stamp::read(&config.venv).map(|stamp| stamp.damaged).unwrap_or_default();
    let incomplete = damaged.iter().map(|damaged| {
        let repair = Repair::of(damaged, Origin::of(&damaged.dist_info));
        let ours = stamp::is_ours(&venv.root) && !tried.contains(&repair.key());
        diagnose::incomplete(damaged, &repair.reason, repair_remedy(&repair, ours))
    });
    stale.into_iter().chain(incomplete).filter(|finding| !is_ignored(finding, &config.ignore)).collect()
}

/// What PYTHONPATH hides, and whether all is installed that is wanted.
pub fn surroundings(
    venv: &Venv,
    config: &Config,
    environment: &Environment,
    installed: &[Distribution],
) -> Vec<Finding> {
    let shadowed = shadow::shadowed(&environment.python_path, installed, &venv.root);
    let hidden = shadowed.iter().map(|shadowed| hidden(shadowed, venv));
    hidden.chain(unfinished(config, environment.shell.is_nix()).or_else(|| unseen(config))).collect()
}

/// Modules of the standard library that installed distributions need, where the interpreter can be seen to lack
/// them, or is only assumed to be nixpkgs' own.
pub fn standard_library(
    interpreter: Option<(&Venv, &Environment)>,
    python: Option<(u32, u32)>,
    installed: &[Distribution],
    ignore: &[String],
) -> Vec<Finding> {
    let wanted =
        |found: &Distribution| catalog::package(&found.name).map(|note| note.stdlib).unwrap_or_default();
    let lacks = |module: &str| match interpreter {
        None => true,
        Some((venv, environment)) => {
            let named = venv.site_packages.iter().flat_map(|path| packages::read(path));
            let directories: Vec<PathBuf> = named.chain(split_paths(&environment.python_path)).collect();
            stdlib::lacks(&venv.interpreter, module, &directories)
        }
    };
    let found = diagnose::missing_modules(installed, python, wanted, lacks);
    found.into_iter().filter(|finding| !is_ignored(finding, ignore)).collect()
}

/// What is to be said of a venv whose interpreter is gone; `None` of anything else.
pub fn dead(path: &Path, shown: &Path) -> Option<Report> {
    let root = fs::canonicalize(path).ok()?;
    let config = ConfigFile::read(&root).ok()??;
    let target = led_to(&venv::python(&root));
    if target.exists() {
        return None;
    }
    let remedy = Remedy::Command { command: "venvfix sync".into() };
    let remedy = if stamp::is_ours(&root) { remedy } else { anew(&root) };
    let distributions = venv::read_distributions(&venv::site_packages(&root)).len();
    Some(Report {
        schema: SCHEMA,
        venv: shown.display().to_string(),
        python: Python {
            version: config.version().map(str::to_owned),
            executable: None,
            loader: if offer::in_store(&target) { "nix" } else { "host" },
            glibc: None,
        },
        counts: Counts { distributions, objects: 0, errors: 1, warnings: 0 },
        findings: vec![without_interpreter(&target, remedy)],
    })
}

/// For a venv that has to be made for another interpreter.
fn anew(root: &Path) -> Remedy {
    match stamp::is_ours(root) {
        true => Remedy::Command { command: "venvfix sync --recreate".into() },
        false => {
            let reason = "make the environment anew with the python that it is to have, and install again";
            Remedy::None { reason: reason.into() }
        }
    }
}

/// Whether venvfix began with this venv, and did not come to the end of its requirements.
fn unfinished(config: &Config, in_shell: bool) -> Option<Finding> {
    // Without a shell it is not known which installer there is: what it installed tells.
    let stamp = Stamp::read(&config.venv);
    let changed = stamp.is_some_and(|stamp| {
        let now = sources::closure(&stamp.sources, &config.project);
        now.is_ok_and(|now| now.inputs != stamp.inputs)
    });
    if !(changed || stamp::is_unfinished(&config.venv)) {
        return None;
    }
    let reader = || sources::Reader::Uv;
    let sources = sources::choose(&config.project, &config.wishes, reader).ok()?;
    if sources.all.is_empty() {
        return None;
    }
    let names = sources::names(&sources.all, &config.project);
    let failure = stamp::failure(&config.venv).map(|why| format!("the last installation failed: {why}"));
    let command = if in_shell { "venvfix sync" } else { "nix-shell" };
    let remedy = Remedy::Command { command: command.into() };
    Some(Finding::plain(Code::IncompleteInstall, Severity::Warning, failure.unwrap_or(names), remedy))
}

/// Whether the last entry patched what can be patched of all that is installed.
pub fn has_patched(config: &Config) -> bool {
    let patched = |stamp: &Stamp| stamp.programs == Some(Programs::Patch) && is_as_then(stamp, config);
    Stamp::read(&config.venv).as_ref().is_some_and(patched)
}

/// Whether nothing was installed since the last entry.
fn is_as_then(stamp: &Stamp, config: &Config) -> bool {
    stamp.site_packages == stamp::site_packages_times(&config.venv)
}

/// Whether pip was used by hand since the last entry: what table and provider know is as of then.
fn unseen(config: &Config) -> Option<Finding> {
    let stamp = Stamp::read(&config.venv)?;
    let remedy = Remedy::Command { command: "venvfix sync".into() };
    let detail = "packages were installed or removed by hand";
    (!is_as_then(&stamp, config))
        .then(|| Finding::plain(Code::IncompleteInstall, Severity::Note, detail.into(), remedy))
}

/// With both paths: what is imported, and what is not.
fn hidden(shadowed: &Shadowed, venv: &Venv) -> Finding {
    let site_packages = venv.site_packages.first().cloned().unwrap_or_default();
    let detail = format!("{} instead of {}", shadowed.by.display(), site_packages.display());
    let remedy = Remedy::Command { command: "unset PYTHONPATH".into() };
    let affected =
        Affected { name: shadowed.name.clone(), version: shadowed.version.clone(), objects: Vec::new() };
    let plain = Finding::plain(Code::ShadowedByPythonpath, Severity::Warning, detail, remedy);
    Finding { distributions: vec![affected], ..plain }
}
