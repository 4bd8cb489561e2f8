//! Makes, renews and replaces a venv, so that a program killed at any point leaves what the next can
//! put right.

use std::fs;
use std::os::unix::fs::symlink;
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
    let failed = || format!("could not move {} aside to {}", venv.display(), old.display());
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
    refuse_link(venv)?;
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

/// What it leads to may be anybody's.
fn refuse_link(venv: &Path) -> Result<()> {
    if !venv.is_symlink() {
        return Ok(());
    }
    let message = format!("{} is a link, and what it leads to is not replaced", venv.display());
    Err(Trouble::new(message).help(format!("remove the link: rm {}", word(venv))).into())
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
/// If it cannot be done: the venv is then as it was.
pub fn upgrade(python: &Path, venv: &Path, project: &Path) -> Result<()> {
    refuse_link(venv)?;
    let settings = venv.join("pyvenv.cfg");
    let before = fsx::read_bytes(&settings, MAX_SETTINGS)?.unwrap_or_default();
    // `python -m venv` stumbles over links that lead nowhere, having rewritten pyvenv.cfg.
    let links = python_links(venv);
    let renewed = remove_links(&links).and_then(|()| run_venv_module(python, &["--upgrade"], venv, project));
    if renewed.is_err() {
        // The old python may work as well as ever.
        let _ = remove_links(&python_links(venv));
        for (path, target) in &links {
            let _ = symlink(target, path);
        }
        let _ = fsx::write_own_if_changed(&settings, &before);
    }
    renewed
}

/// `bin/python` and its like, and where they lead.
fn python_links(venv: &Path) -> Vec<(PathBuf, PathBuf)> {
    let entries = fs::read_dir(venv.join("bin")).into_iter().flatten().flatten();
    let pythons = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("python"));
    pythons.filter_map(|entry| Some((entry.path(), fs::read_link(entry.path()).ok()?))).collect()
}

fn remove_links(links: &[(PathBuf, PathBuf)]) -> Result<()> {
    links.iter().try_for_each(|(path, _)| {
        fs::remove_file(path).with_context(|| format!("could not remove {}", path.display()))
    })
}

/// The old venv, while it stands aside.
pub fn old(venv: &Path) -> Option<PathBuf> {
    Some(aside(venv)).filter(|old| mark(old).exists())
}

/// The new venv is complete: the old one may go. What is in it and belongs to no venv, such as the
/// checkouts of `pip install -e git+…` in `src`, comes along; gives the names of that.
///
/// # Errors
/// If it cannot be moved or removed.
pub fn finish(venv: &Path) -> Result<Vec<String>> {
    let Some(old) = old(venv) else { return Ok(Vec::new()) };
    let kept = keep_what_is_others(&old, venv)?;
    discard(&old).map(|()| kept)
}

/// What installers and `python -m venv` make at the top of a venv.
const OF_A_VENV: [&str; 14] = [
    ".gitignore",
    ".lock",
    ".venvfix",
    "CACHEDIR.TAG",
    "bin",
    "doc",
    "etc",
    "include",
    "lib",
    "lib64",
    "local",
    "man",
    "pyvenv.cfg",
    "share",
];

fn keep_what_is_others(old: &Path, venv: &Path) -> Result<Vec<String>> {
    let mut kept = Vec::new();
    for entry in fs::read_dir(old).with_context(|| format!("could not read {}", old.display()))?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if OF_A_VENV.contains(&name.as_str()) {
            continue;
        }
        let free = |name: &String| !venv.join(name).exists();
        let names = std::iter::once(name.clone()).chain((1..).map(|number| format!("{name}.old{number}")));
        let Some(place) = names.take(1000).find(free) else { continue };
        fs::rename(entry.path(), venv.join(&place))
            .with_context(|| format!("could not keep {}", entry.path().display()))?;
        kept.push(place);
    }
    kept.sort();
    Ok(kept)
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
        .help(way_out(venv))
        .into());
    }
    Ok(())
}

/// Why `python -m venv` fails, where it can be seen.
fn way_out(venv: &Path) -> String {
    let text = venv.to_string_lossy();
    let room = fsx::free_space(venv.parent().unwrap_or(venv));
    match room {
        _ if text.contains(':') => "a path with a colon cannot be on PATH: rename the folder".into(),
        _ if venv.to_str().is_none() => {
            "its path is not UTF-8, which pip cannot bear: rename the folder".into()
        }
        Some(room) if room < NEEDED => format!("make room: {} MB are left", room >> 20),
        _ => "use a plain python3 from nixpkgs in the shell: it brings venv and pip".into(),
    }
}

/// A venv with pip takes some 20 MB.
const NEEDED: u64 = 32 << 20;
/// pyvenv.cfg is a few lines.
const MAX_SETTINGS: u64 = 1 << 20;

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
