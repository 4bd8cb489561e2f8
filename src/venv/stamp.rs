//! `.venv/.venvfix/stamp.json`: what the venv was last brought up to date with. Removed before
//! anything is changed and written when all is done, so that interrupted is not finished.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::requirements::Inputs;
use super::sources::Source;
use crate::config::{Programs, Provide};
use crate::fsx;

/// Raised when a field changes its meaning; another schema counts as no stamp.
const SCHEMA: u32 = 1;
const MAX_STAMP: u64 = 64 << 20;
/// One sentence.
const MAX_FAILURE: u64 = 4 << 10;

/// The state of a finished venv.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Stamp {
    schema: u32,
    /// Where the venv was: a venv that was moved is another one.
    pub venv: PathBuf,
    /// Which file system it was on.
    pub device: u64,
    /// The interpreter, without links.
    pub interpreter: PathBuf,
    /// Where the venv's own `bin/python` led.
    pub python: PathBuf,
    /// What was installed.
    pub sources: Vec<Source>,
    /// The files that depends on, as they were.
    pub inputs: Inputs,
    /// Python packages of nixpkgs that stand behind the venv's own.
    pub packages: Vec<PathBuf>,
    /// The library directories of the shell, in order.
    pub offer: Vec<PathBuf>,
    /// Whether that was the project's own shell: no other one replaces what it offers.
    pub own_shell: bool,
    /// How libraries reach Python.
    pub provide: Provide,
    /// What became of programs that do not start; none in a stamp of before that was settled.
    #[serde(default)]
    pub programs: Option<Programs>,
    /// Library directories that the interpreter names: kept, so that no object need be read.
    pub interpreter_directories: Vec<PathBuf>,
    /// Modification time of each site-packages, in nanoseconds: pip was used since, or not.
    pub site_packages: Vec<(PathBuf, i128)>,
    /// Libraries that were still missing, with a finding of an error.
    pub missing: Vec<String>,
    /// Distributions that installing again did not mend: it is not tried twice.
    #[serde(default)]
    pub damaged: Vec<String>,
}

impl Stamp {
    /// A stamp of the present schema for the venv at `venv`.
    pub fn new(venv: &Path, interpreter: PathBuf, inputs: Inputs) -> Self {
        Self {
            schema: SCHEMA,
            venv: venv.to_owned(),
            device: device(venv),
            interpreter,
            python: fs::canonicalize(super::python(venv)).unwrap_or_default(),
            sources: Vec::new(),
            inputs,
            packages: Vec::new(),
            offer: Vec::new(),
            own_shell: false,
            provide: Provide::default(),
            programs: None,
            interpreter_directories: Vec::new(),
            site_packages: site_packages_times(venv),
            missing: Vec::new(),
            damaged: Vec::new(),
        }
    }

    /// The stamp of the venv at `venv`; `None` where there is none that counts.
    pub fn read(venv: &Path) -> Option<Self> {
        let text = fsx::read_text(&path(venv), MAX_STAMP).ok()??;
        let stamp: Self = serde_json::from_str(&text).ok()?;
        let own = stamp.schema == SCHEMA && stamp.venv == venv && stamp.device == device(venv);
        own.then_some(stamp)
    }

    /// Writes it: the last thing done to a venv.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self) -> Result<()> {
        super::own_folder(&self.venv)?;
        let path = path(&self.venv);
        let text = serde_json::to_vec(self).context("could not write the stamp")?;
        fsx::write_own(&path, &text)?;
        // Harmless if it stays beside a stamp: doctor then says once too often to enter again.
        let _ = fs::remove_file(unfinished(&self.venv));
        Ok(())
    }
}

/// Made in one step, so that a program killed meanwhile leaves nothing else. A link in its place will
/// do as well, and is not followed.
fn mark(path: &Path) -> Result<()> {
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(error).with_context(|| format!("could not write {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// Whether work on the venv was begun and has not come to its end.
pub fn is_unfinished(venv: &Path) -> bool {
    fs::symlink_metadata(unfinished(venv)).is_ok()
}

/// Whether venvfix brings this venv up to date, be the stamp of this place or of another.
pub fn is_ours(venv: &Path) -> bool {
    is_unfinished(venv) || fs::symlink_metadata(path(venv)).is_ok()
}

/// Why the last work on the venv did not come to its end, where that is known.
pub fn failure(venv: &Path) -> Option<String> {
    fsx::read_start(&unfinished(venv), MAX_FAILURE).filter(|text| !text.is_empty())
}

/// Keeps why for doctor, as far as it can be kept.
pub fn note_failure(venv: &Path, text: &str) {
    let _ = fsx::write_own(&unfinished(venv), text.as_bytes());
}

/// Forgets that the venv was up to date: the first thing done to it.
///
/// # Errors
/// If the file is there and cannot be removed.
pub fn remove(venv: &Path) -> Result<()> {
    if venv.join("pyvenv.cfg").exists() {
        super::own_folder(venv)?;
        mark(&unfinished(venv))?;
    }
    let path = path(venv);
    match fs::remove_file(&path) {
        Err(error)
            if error.kind() != io::ErrorKind::NotFound && error.kind() != io::ErrorKind::NotADirectory =>
        {
            Err(error).with_context(|| format!("could not remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// When each site-packages was last written to.
pub fn site_packages_times(venv: &Path) -> Vec<(PathBuf, i128)> {
    let time = |path: &Path| {
        let metadata = fs::metadata(path).ok()?;
        Some(i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec()))
    };
    super::site_packages(venv)
        .into_iter()
        .map(|path| (time(&path).unwrap_or_default(), path))
        .map(|(time, path)| (path, time))
        .collect()
}

fn unfinished(venv: &Path) -> PathBuf {
    venv.join(".venvfix/unfinished")
}

fn path(venv: &Path) -> PathBuf {
    venv.join(".venvfix/stamp.json")
}

fn device(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.dev())
}
