//! `venvfix doctor`: what the wheels of a venv miss.

use std::cell::LazyCell;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::{Context, fix};
use crate::catalog;
use crate::cli::{Doctor, Format, Loader};
use crate::condition;
use crate::config::{Config, Environment, Provide};
use crate::diagnose::{Reach, Remedy, Report};
use crate::error::{Exit, Trouble};
use crate::examine::{Reaching, Rules, Target, Tree, examine, repair_remedy};
use crate::fsx;
use crate::nixpkgs::Nixpkgs;
use crate::offer::{self, Hazard, Libraries, Offered};
use crate::programs::{self, Mark};
use crate::provide;
use crate::report::{self, Verbosity};
use crate::survey::Extent;
use crate::venv::Venv;
use crate::venv::repair::Repair;
use crate::venv::stamp;

pub(super) fn run(context: &Context, arguments: &Doctor) -> Result<Exit> {
    let (path, config) = place(&context.environment, arguments.path.as_deref())?;
    if arguments.restore_programs {
        return super::restore::run(context, &path, &config);
    }
    let venv = match Venv::open(&path) {
        Ok(venv) => venv,
        Err(error) => {
            // For programs, the one thing that can be said.
            if let Some(report) = condition::dead(&path, &shown(&context.environment, &path)) {
                match arguments.format {
                    Format::Human => {}
                    Format::Json => context.speaker.raw(report::json(&report)?.as_bytes())?,
                    Format::Github => context.speaker.raw(report::github(&report).as_bytes())?,
                }
            }
            return Err(error);
        }
    };
    let look = |environment: &Environment| look(environment, arguments, &venv, &config);
    let report = look(&context.environment);
    if arguments.fix {
        let details = context.speaker.verbosity == Verbosity::Verbose;
        context.speaker.result(&report::findings(&report, details))?;
        return fix::run(context, arguments.dry_run, (&venv, &config), &report, look);
    }
    match arguments.format {
        Format::Human => {
            context
                .speaker
                .result(&report::human(&report, context.speaker.verbosity == Verbosity::Verbose))?;
        }
        Format::Json => context.speaker.raw(report::json(&report)?.as_bytes())?,
        Format::Github => context.speaker.raw(report::github(&report).as_bytes())?,
    }
    Ok(exit(&report))
}

/// How the program ends after such a report.
pub(super) fn exit(report: &Report) -> Exit {
    if report.counts.errors > 0 { Exit::ErrorsFound } else { Exit::Fine }
}

fn look(environment: &Environment, arguments: &Doctor, venv: &Venv, config: &Config) -> Report {
    let machine = venv.interpreter.object.machine;
    let library_path = environment.shell.ld_library_path.clone().into();
    let target = match arguments.loader {
        Loader::Auto => Target::Real(&venv.interpreter, library_path, Rules::Own),
        Loader::Host => Target::Real(&venv.interpreter, library_path, Rules::Host),
        Loader::Nix => Target::AssumedNix(machine, venv.interpreter.minor_version()),
    };
    let tree = Tree {
        root: &venv.root,
        site_packages: &venv.site_packages,
        shown: &shown(environment, &venv.shown),
        sources: Extent::Small,
    };
    let ours = stamp::is_ours(&venv.root);
    let repair = |repair: &Repair| repair_remedy(repair, ours);
    // Asked only where something is missing.
    let nixpkgs = LazyCell::new(|| Nixpkgs::find(environment, Some(&config.project), Some(&config.nix_file)));
    let in_nixpkgs = |soname: &str| nixpkgs.remedy(soname);
    let in_nixpkgs_for = |soname: &str, _| in_nixpkgs(soname);
    if arguments.loader == Loader::Nix {
        let entry = programs::Entry::foreseen(config.programs);
        let foreign = |path: &Path, remedy| entry.advice(path, &venv.root, remedy);
        let nothing =
            Reaching { remedy: &in_nixpkgs_for, repair: &repair, foreign: &foreign, ..Reaching::NOTHING };
        let found = examine(&tree, &target, &nothing, &config.ignore);
        let mut report = found.report;
        let python = venv.interpreter.minor_version();
        let installed = &found.survey.distributions;
        report.add_all(condition::standard_library(None, python, installed, &config.ignore));
        report.add_all(condition::installation(venv, config, &found.survey));
        std::mem::forget(found.survey);
        return report;
    }
    let (reaching, offered) = (reaching(config, venv), offered(environment, venv));
    let glibc = venv.interpreter.glibc().unwrap_or_default();
    let unused = |soname: &str, reach| {
        let too_new = offered.why_not(soname, &glibc).map(|reason| Remedy::None { reason });
        let unused = || offered.find(soname).map(|_| unused_remedy(config.provide, reach, tree.shown));
        too_new.or_else(unused).or_else(|| in_nixpkgs(soname))
    };
    let entry = programs::Entry::of(config.programs, ours, condition::has_patched(config));
    let reaching = Reaching {
        offer: &|name| reaching.get(name).cloned(),
        remedy: &unused,
        programs_too: config.provide == Provide::LdLibraryPath,
        repair: &repair,
        hazards: &offered.hazards,
        nix_ld: environment.nix_ld.as_deref(),
        foreign: &|path, remedy| entry.advice(path, &venv.root, remedy),
        patched: &|path| {
            let patched = ours && Mark::of(path).is_some();
            patched.then(|| Remedy::Command { command: "venvfix sync".into() })
        },
    };
    let found = examine(&tree, &target, &reaching, &config.ignore);
    let mut report = found.report;
    report.add_all(condition::installation(venv, config, &found.survey));
    let installed = &found.survey.distributions;
    let python = venv.interpreter.minor_version();
    let real = Some((venv, environment));
    report.add_all(condition::standard_library(real, python, installed, &config.ignore));
    report.add_all(condition::surroundings(venv, config, environment, installed));
    // The process ends soon, and to free thousands of objects would take a few milliseconds.
    std::mem::forget(found.survey);
    report
}

/// What to do about a library that the shell has and that does not reach Python.
fn unused_remedy(provide: Provide, reach: Reach, venv: &Path) -> Remedy {
    match provide {
        Provide::Import if reach == Reach::Program => {
            let reason = "this shell has it, and only python gets it: take the program from nixpkgs";
            Remedy::None { reason: reason.into() }
        }
        Provide::None => {
            Remedy::None { reason: "this shell has it; provide = \"none\" keeps it from python".into() }
        }
        _ => Remedy::Command { command: format!("venvfix provide {}", venv.display()) },
    }
}

/// The venv that is meant: PATH itself, that of the project in PATH, or that of the project here.
fn place(environment: &Environment, path: Option<&Path>) -> Result<(PathBuf, Config)> {
    let Some(path) = path else {
        let config = Config::load(environment)?;
        return Ok((config.venv.clone(), config));
    };
    let path = fsx::normalize(&environment.current_dir.join(path));
    let metadata = fs::metadata(&path).with_context(|| format!("could not examine {}", path.display()))?;
    if !metadata.is_dir() {
        return Err(
            Trouble::usage(format!("{} is neither a venv nor a project folder", path.display())).into()
        );
    }
    if path.join("pyvenv.cfg").exists() {
        let project = path.parent().unwrap_or(Path::new("/"));
        let config = Config::of_project(project).ok().filter(|config| config.venv == path);
        let config = config.unwrap_or_else(|| Config::bare(project, &path));
        return Ok((path, config));
    }
    let config = Config::of_project(&path)?;
    Ok((config.venv.clone(), config))
}

/// The libraries that reach the venv's Python, wherever it is started.
fn reaching(config: &Config, venv: &Venv) -> Libraries {
    match config.provide {
        Provide::Import => {
            let provided = venv.site_packages.iter().filter(|path| provide::is_present(path));
            provided.flat_map(|path| provide::installed_libraries(path)).collect()
        }
        Provide::LdLibraryPath => provide::links::read(&provide::links::folder(&venv.root)),
        Provide::None => Libraries::new(),
    }
}

/// The libraries that this shell has.
fn offered(environment: &Environment, venv: &Venv) -> Offered {
    let interpreter = &venv.interpreter;
    let own = offer::interpreter_directories(&interpreter.real, &interpreter.object);
    let found = offer::directories(&environment.shell, &own);
    let mut offered =
        offer::libraries(&found.accepted, &catalog::apart(), &interpreter.system(), catalog::is_driver);
    offered.hazards.extend(found.refused.into_iter().map(Hazard::Libc));
    offered
}

fn shown(environment: &Environment, path: &Path) -> PathBuf {
    path.strip_prefix(&environment.current_dir).unwrap_or(path).to_owned()
}
