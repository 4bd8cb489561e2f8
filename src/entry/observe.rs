//! What shell entry finds: the venv, its stamp, the shell, and what is to be installed.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Entry;
use crate::config::Provide;
use crate::fsx;
use crate::provide::{self, packages as named};
use crate::venv::packages::{self, Base};
use crate::venv::plan::{Closely, Observed, Present};
use crate::venv::sources;
use crate::venv::stamp::{self, Stamp};
use crate::venv::{self, make};

impl Entry<'_> {
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

    /// Looks at all that the decision rests on.
    pub(super) fn observe(&self, base: &Base) -> Result<Observed> {
        let python = &base.python;
        let venv = &self.config.venv;
        let present = present(venv)?;
        let stamp = Stamp::read(venv);
        let interpreter_directories = stamp.as_ref().map(|stamp| stamp.interpreter_directories.as_slice());
        let offer = self
            .shell_has_a_say(stamp.as_ref())
            .then(|| self.directories(interpreter_directories.unwrap_or_default()));
        let site_packages = stamp::site_packages_times(venv);
        let as_before = stamp.as_ref().is_none_or(|stamp| {
            stamp.provide == self.config.provide && stamp.programs == Some(self.config.programs)
        });
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
            effort: self.effort,
            offer,
            site_packages,
            provided,
            closely: Closely::default(),
        })
    }
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
