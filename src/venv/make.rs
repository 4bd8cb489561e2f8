//! Makes, renews and replaces a venv, so that a program killed at any point leaves what the next can
//! put right.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use super::install::quiet_environment;
use crate::error::Trouble;
use crate::exec::Task;
use crate::fsx;
use crate::shell::word;

/// Making a venv unpacks pip: seconds, on a bad day a minute.
pub(super) const CREATION_LIMIT: Duration = Duration::from_secs(600);

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

/// In a venv while it is being made: what a killed program leaves is known for what it is.
fn making(venv: &Path) -> PathBuf {
    venv.join(".venvfix/making")
}

/// In a venv from when it is made until a shell's postVenvCreation is done; other shells leave it there.
fn new(venv: &Path) -> PathBuf {
    venv.join(".venvfix/new")
}

/// Whether a directory is a venv that this program began to make and did not finish.
pub fn is_half_made(venv: &Path) -> bool {
    making(venv).exists()
}

/// Whether what is there may be replaced: a venv, the beginning of one, or an empty directory.
fn is_replaceable(venv: &Path) -> bool {
    venv.join("pyvenv.cfg").exists() || is_half_made(venv) || is_as_good_as_empty(venv)
}

/// Whether there is nothing but this program's own folder: the first thing made and the last removed.
fn is_as_good_as_empty(venv: &Path) -> bool {
    fs::read_dir(venv).is_ok_and(|mut entries| {
        entries.all(|entry| {
            entry.is_ok_and(|entry| entry.file_name() == ".venvfix" && !entry.path().is_symlink())
        })
    })
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
    if is_replaceable(venv) {
        remove_own(venv)?;
    }
    put_back(&old, venv)
}

/// Removes what is at the venv's place and was begun by this program or may be replaced, never what a
/// link leads to. It counts as half made until it is gone.
fn remove_own(venv: &Path) -> Result<()> {
    if !venv.is_symlink() && !venv.exists() {
        return Ok(());
    }
    let folder = super::own_folder(venv)?;
    fs::write(making(venv), "").with_context(|| format!("could not write to {}", folder.display()))?;
    discard(venv)
}

fn put_back(old: &Path, venv: &Path) -> Result<()> {
    fs::rename(old, venv).with_context(|| format!("could not put back {}", venv.display()))?;
    // Harmless if it stays: it counts only in the place aside.
    let _ = fs::remove_file(mark(venv));
    Ok(())
}

fn put_aside(venv: &Path, old: &Path) -> Result<()> {
    let failed = || format!("could not move {} aside", venv.display());
    super::own_folder(venv)?;
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
    if venv.is_symlink() {
        // What it leads to may be anybody's.
        return Err(Trouble::new(format!(
            "{} is a link, and what it leads to is not replaced",
            venv.display()
        ))
        .help(format!("remove the link: rm {}", word(venv)))
        .into());
    }
    if venv.exists() && !is_replaceable(venv) {
        return Err(Trouble::new(format!(
            "{} is no virtual environment: it has no pyvenv.cfg",
            venv.display()
        ))
        .help(format!("move it away: mv {0} {0}.saved", word(venv)))
        .into());
    }
    if venv.exists() && !is_half_made(venv) && !is_empty(venv) && is_outside(venv, project) {
        let message = format!("{} lies outside the project, and is not replaced", venv.display());
        let help = format!("if nobody else needs it: rm -r {}", word(venv));
        return Err(Trouble::new(message).help(help).into());
    }
    match is_half_made(venv) {
        true => remove_own(venv)?,
        // An empty directory needs no move, and cannot be moved if something is mounted there.
        false if venv.exists() && !is_as_good_as_empty(venv) => put_aside(venv, &old)?,
        false => {}
    }
    let made = make(python, venv, project);
    if made.is_err() {
        let _ = remove_own(venv);
        if mark(&old).exists() {
            put_back(&old, venv)?;
        }
    }
    made
}

fn make(python: &Path, venv: &Path, project: &Path) -> Result<()> {
    let folder = super::own_folder(venv)?;
    fs::write(making(venv), "").with_context(|| format!("could not write to {}", folder.display()))?;
    run_venv_module(python, &[], venv, project)?;
    fsx::write_own_if_changed(&venv.join(".gitignore"), b"*\n")?;
    fs::write(new(venv), "").with_context(|| format!("could not write to {}", folder.display()))?;
    fs::remove_file(making(venv)).with_context(|| format!("could not write to {}", folder.display()))
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

pub(super) fn run_venv_module(python: &Path, options: &[&str], venv: &Path, project: &Path) -> Result<()> {
    let task = Task::new(python, project)
        .args(["-I", "-m", "venv"])
        .args(options)
        .args([venv])
        .limit(CREATION_LIMIT);
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
    Ok(())
}

/// Whether a venv may be others' as well, be it by a link on the way to it.
fn is_outside(venv: &Path, project: &Path) -> bool {
    match (fs::canonicalize(venv), fs::canonicalize(project)) {
        (Ok(venv), Ok(project)) => !venv.starts_with(project),
        _ => true,
    }
}

fn is_empty(path: &Path) -> bool {
    fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
}
