//! Does what [`super::plan`] decided: makes the venv, runs pip.

use std::fs::{self, File};
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::fs::FlockOperation;

use crate::error::Trouble;
use crate::exec::Task;
use crate::fsx;

/// Making a venv unpacks pip: seconds, on a bad day a minute.
const CREATION_LIMIT: Duration = Duration::from_secs(600);

/// Held while a venv is changed. On the project folder itself, so that no file is left behind.
#[derive(Debug)]
pub struct Lock(#[allow(dead_code, reason = "closing the file lets go of the lock")] Option<File>);

impl Lock {
    /// Waits for the lock on `project`; calls `waiting` once if another shell has it.
    /// A file system without locks is used without.
    ///
    /// # Errors
    /// If the folder cannot be opened.
    pub fn take(project: &Path, waiting: impl FnOnce()) -> Result<Self> {
        let folder = File::open(project).with_context(|| format!("could not open {}", project.display()))?;
        match rustix::fs::flock(&folder, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(Self(Some(folder))),
            Err(rustix::io::Errno::WOULDBLOCK) => waiting(),
            Err(_) => return Ok(Self(None)),
        }
        match rustix::fs::flock(&folder, FlockOperation::LockExclusive) {
            Ok(()) => Ok(Self(Some(folder))),
            Err(error) => Err(error).with_context(|| format!("could not lock {}", project.display())),
        }
    }
}

/// Where the old venv stands while the new one is made. A venv cannot be moved and used, but it can
/// be moved and come back.
fn aside(venv: &Path) -> PathBuf {
    let mut name = venv.file_name().unwrap_or_default().to_owned();
    name.push(".venvfix-old");
    venv.with_file_name(name)
}

/// In a venv that was put aside by this program: nobody else's is brought back or removed.
fn mark(venv: &Path) -> PathBuf {
    venv.join(".venvfix/aside")
}

/// Cleans up after a program that was killed: an old venv that is whole comes back, one that was
/// being removed is removed.
///
/// # Errors
/// If it cannot be moved or removed.
pub fn recover(venv: &Path) -> Result<()> {
    let old = aside(venv);
    if !mark(&old).exists() {
        return Ok(());
    }
    if !old.join("pyvenv.cfg").exists() {
        return discard(&old);
    }
    if venv.join("pyvenv.cfg").exists() || is_empty(venv) {
        fs::remove_dir_all(venv).with_context(|| format!("could not remove {}", venv.display()))?;
    }
    put_back(&old, venv)
}

fn put_back(old: &Path, venv: &Path) -> Result<()> {
    fs::rename(old, venv).with_context(|| format!("could not put back {}", venv.display()))?;
    // Harmless if it stays: it counts only in the place aside.
    let _ = fs::remove_file(mark(venv));
    Ok(())
}

fn put_aside(venv: &Path, old: &Path) -> Result<()> {
    let failed = || format!("could not move {} aside", venv.display());
    fs::create_dir_all(venv.join(".venvfix")).with_context(failed)?;
    fs::write(mark(venv), "").with_context(failed)?;
    fs::rename(venv, old).with_context(failed)
}

/// Removes a venv that is no longer needed: pyvenv.cfg first and the mark last, so that a half
/// removed one is known for what it is.
fn discard(old: &Path) -> Result<()> {
    let failed = || format!("could not remove {}", old.display());
    let _ = fs::remove_file(old.join("pyvenv.cfg"));
    for entry in fs::read_dir(old).with_context(failed)? {
        let entry = entry.with_context(failed)?;
        if entry.file_name() == ".venvfix" {
            continue;
        }
        match entry.file_type().with_context(failed)?.is_dir() {
            true => fs::remove_dir_all(entry.path()).with_context(failed)?,
            false => fs::remove_file(entry.path()).with_context(failed)?,
        }
    }
    fs::remove_dir_all(old).with_context(failed)
}

/// Makes the venv at `venv` with `python`, putting an old one aside until `finish` is called.
///
/// # Errors
/// If what is there is no venv, or the new one cannot be made: the old one is then back.
pub fn create(python: &Path, venv: &Path, project: &Path) -> Result<()> {
    let old = aside(venv);
    let present = fs::symlink_metadata(venv).ok();
    let replaces = present.is_some();
    if present.is_some_and(|metadata| metadata.is_symlink()) {
        // What it leads to may be anybody's.
        return Err(Trouble::new(format!(
            "{} is a link, and what it leads to is not replaced",
            venv.display()
        ))
        .help(format!("remove the link: rm {}", venv.display()))
        .into());
    }
    if replaces {
        if !venv.join("pyvenv.cfg").exists() && !is_empty(venv) {
            return Err(Trouble::new(format!(
                "{} is no virtual environment: it has no pyvenv.cfg",
                venv.display()
            ))
            .help(format!("move it away: mv {0} {0}.saved", venv.display()))
            .into());
        }
        put_aside(venv, &old)?;
    }
    let made = run_venv_module(python, &[], venv, project);
    if made.is_err() {
        let _ = fs::remove_dir_all(venv);
        if replaces {
            put_back(&old, venv)?;
        }
    }
    made
}

/// Puts a venv onto another python of the same X.Y: what is installed stays.
///
/// # Errors
/// If it cannot be done; the venv is then to be made anew.
pub fn upgrade(python: &Path, venv: &Path, project: &Path) -> Result<()> {
    // `python -m venv` stumbles over links that lead nowhere, having rewritten pyvenv.cfg.
    let entries = fs::read_dir(venv.join("bin")).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("python")) {
        if entry.file_type().is_ok_and(|kind| kind.is_symlink()) {
            fs::remove_file(entry.path())
                .with_context(|| format!("could not remove {}", entry.path().display()))?;
        }
    }
    run_venv_module(python, &["--upgrade"], venv, project)
}

/// The new venv is complete: the old one may go.
///
/// # Errors
/// If it cannot be removed.
pub fn finish(venv: &Path) -> Result<()> {
    let old = aside(venv);
    if mark(&old).exists() { discard(&old) } else { Ok(()) }
}

/// The new venv could not be filled: the old one comes back, if there was one.
///
/// # Errors
/// If it cannot be moved.
pub fn restore(venv: &Path) -> Result<bool> {
    let old = mark(&aside(venv)).exists();
    recover(venv).map(|()| old)
}

fn run_venv_module(python: &Path, options: &[&str], venv: &Path, project: &Path) -> Result<()> {
    let task =
        Task::new(python, project).args(["-m", "venv"]).args(options).args([venv]).limit(CREATION_LIMIT);
    let ending = quiet_environment(task).run()?;
    if !ending.success {
        return Err(Trouble::new(format!(
            "could not make {}: {} -m venv ended with {}",
            venv.display(),
            python.display(),
            ending.status
        ))
        .help("use a plain python3 from nixpkgs in the shell: it brings venv and pip")
        .into());
    }
    fsx::replace_if_changed(&venv.join(".gitignore"), b"*\n").map(|_| ())
}

/// Runs `pip install -r` for all of `requirements`, in the project folder, as the user would.
///
/// # Errors
/// If pip is not there, is interrupted or fails; its own message has been shown by then.
pub fn pip_install(python: &Path, requirements: &[PathBuf], project: &Path) -> Result<()> {
    let files = requirements
        .iter()
        .flat_map(|file| ["-r".into(), file.strip_prefix(project).unwrap_or(file).as_os_str().to_owned()]);
    let mut task =
        Task::new(python, project).args(["-m", "pip", "install", "--disable-pip-version-check"]).args(files);
    if !io::stderr().is_terminal() {
        task = task.args(["--quiet"]);
    }
    let ending = quiet_environment(task).env("PIP_REQUIRE_VIRTUALENV", "1").run()?;
    if ending.success {
        return Ok(());
    }
    let names: Vec<String> = requirements
        .iter()
        .map(|file| file.strip_prefix(project).unwrap_or(file).display().to_string())
        .collect();
    Err(Trouble::new(format!("pip could not install {} ({})", names.join(", "), ending.status))
        .help("its message is above; the next entry tries again")
        .into())
}

/// What a Nix shell sets and an installer must not see: dates before 1980 do not fit into a zip
/// file, and PYTHONPATH makes pip take the store's packages for installed.
fn quiet_environment(task: Task) -> Task {
    let names = ["SOURCE_DATE_EPOCH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"];
    names.into_iter().fold(task, Task::without_env)
}

fn is_empty(path: &Path) -> bool {
    fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
}
