//! `venvfix doctor`: what the wheels of a venv miss.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::Context;
use crate::catalog;
use crate::cli::{Doctor, Format, Loader};
use crate::config::{Config, Environment, Provide};
use crate::diagnose::Report;
use crate::error::{Exit, Trouble};
use crate::examine::{Rules, Target, Tree, examine};
use crate::offer::{self, Hazard, Offered};
use crate::provide;
use crate::report::{self, Verbosity};
use crate::venv::Venv;

pub(super) fn run(context: &Context, arguments: &Doctor) -> Result<Exit> {
    let report = look(context, arguments)?;
    match arguments.format {
        Format::Human => {
            context
                .speaker
                .result(&report::human(&report, context.speaker.verbosity == Verbosity::Verbose))?;
        }
        Format::Json => context.speaker.raw(report::json(&report)?.as_bytes())?,
    }
    Ok(if report.counts.errors > 0 { Exit::ErrorsFound } else { Exit::Fine })
}

fn look(context: &Context, arguments: &Doctor) -> Result<Report> {
    let environment = &context.environment;
    let (path, config) = place(environment, arguments.path.as_deref())?;
    let venv = Venv::open(&path)?;
    let machine = venv.interpreter.object.machine;
    let library_path = std::env::split_paths(&environment.shell.ld_library_path)
        .filter(|directory| directory.is_absolute())
        .collect();
    let target = match arguments.loader {
        Loader::Auto => Target::Real(&venv.interpreter, library_path, Rules::Own),
        Loader::Host => Target::Real(&venv.interpreter, library_path, Rules::Host),
        Loader::Nix => Target::AssumedNix(machine, venv.interpreter.minor_version()),
    };
    let offered = match arguments.loader {
        Loader::Nix => Offered::default(),
        _ => offered(environment, &config, &venv),
    };
    let tree =
        Tree { root: &venv.root, site_packages: &venv.site_packages, shown: &shown(environment, &path) };
    Ok(examine(&tree, &target, &|name| offered.find(name).cloned(), &offered.hazards, &config.ignore).report)
}

/// The venv that is meant: PATH itself, that of the project in PATH, or that of the project here.
fn place(environment: &Environment, path: Option<&Path>) -> Result<(PathBuf, Config)> {
    let Some(path) = path else {
        let config = Config::load(environment)?;
        return Ok((config.venv.clone(), config));
    };
    let path = environment.current_dir.join(path);
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

/// What reaches the venv's Python: in the project's own shell what that offers, elsewhere what the
/// provider in the venv knows.
fn offered(environment: &Environment, config: &Config, venv: &Venv) -> Offered {
    let own_shell = environment.shell_project.as_ref() == Some(&config.project) && environment.shell.is_nix();
    if config.provide == Provide::None {
        return Offered::default();
    }
    let kept = venv.site_packages.first().filter(|path| provide::is_present(path));
    match kept {
        Some(path) if !own_shell => Offered::of(provide::installed_libraries(path)),
        _ => {
            let interpreter = &venv.interpreter;
            let own = offer::interpreter_directories(&interpreter.real, &interpreter.object);
            let found = offer::directories(&environment.shell, &own);
            let mut offered = offer::libraries(&found.accepted, &interpreter.system(), catalog::is_driver);
            offered.hazards.extend(found.refused.into_iter().map(Hazard::Libc));
            offered
        }
    }
}

fn shown(environment: &Environment, path: &Path) -> PathBuf {
    path.strip_prefix(&environment.current_dir).unwrap_or(path).to_owned()
}
