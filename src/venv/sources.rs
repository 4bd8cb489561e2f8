//! What a project says is to be installed: requirement files, else a lock file that the installer at
//! hand can read, else pyproject.toml.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::project_file;
use super::requirements::{self, Closure};
use crate::config::Wishes;
use crate::error::Trouble;
use crate::fsx;
use crate::near;

/// A pyproject.toml is text that people write.
const MAX_PROJECT_FILE: u64 = 4 << 20;

/// The first pip that reads pylock.toml.
const PIP_WITH_PYLOCK: (u32, u32) = (26, 1);

/// One thing to install from.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// A requirements file, or a pylock.toml: both are given by `-r`.
    Requirements(PathBuf),
    /// A pyproject.toml.
    Project(Parts),
    /// A uv.lock.
    UvLock(Parts),
}

/// A project, and which of its optional parts.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Parts {
    /// pyproject.toml or uv.lock.
    pub file: PathBuf,
    /// Extras to install.
    pub extras: Vec<String>,
    /// Dependency groups to install.
    pub groups: Vec<String>,
}

impl Source {
    /// The file that it is.
    pub fn file(&self) -> &Path {
        match self {
            Self::Requirements(file) => file,
            Self::Project(parts) | Self::UvLock(parts) => &parts.file,
        }
    }
}

/// What can read a lock file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// uv reads its own and pylock.toml.
    Uv,
    /// A pip of this version; `None` where there is none yet.
    Pip(Option<(u32, u32)>),
}

impl Reader {
    fn reads_pylock(self) -> bool {
        match self {
            Self::Uv => true,
            Self::Pip(version) => version.is_some_and(|version| version >= PIP_WITH_PYLOCK),
        }
    }
}

/// What to install, and what was passed over for want of a reader.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// In order.
    pub all: Vec<Source>,
    /// Why a better one is not used, for a person.
    pub passed_over: Option<String>,
}

/// Chooses for the project in a folder. The reader is asked for only where there is a lock file.
///
/// # Errors
/// If a file cannot be read, or extras or groups are asked of what has none.
pub fn choose(project: &Path, wishes: &Wishes, reader: impl Fn() -> Reader) -> Result<Sources> {
    let sources = match &wishes.files {
        Some(files) => {
            files.iter().try_for_each(|file| is_there(file, project))?;
            Sources { all: files.iter().map(|file| named(file, wishes)).collect(), passed_over: None }
        }
        None => usual(project, wishes, reader)?,
    };
    let parts = !wishes.extras.is_empty() || !wishes.groups.is_empty();
    let first = sources.all.first().filter(|_| parts);
    if let Some(first) = first
        && sources.all.iter().all(|source| matches!(source, Source::Requirements(_)))
    {
        let message =
            format!("extras and groups are parts of a project, and {} is none", shown(first.file(), project));
        return Err(Trouble::usage(message).help("set requirements = [\"pyproject.toml\"]").into());
    }
    Ok(sources)
}

/// A name that is no file is a slip, or wants to be something else.
fn is_there(file: &Path, project: &Path) -> Result<()> {
    if file.exists() {
        return Ok(());
    }
    let name = shown(file, project);
    let trouble = Trouble::usage(format!("requirements names a file that is not there: {name}"));
    if name.contains('[') || name.starts_with("-e") {
        return Err(trouble.help("write requirements = [\"pyproject.toml\"] and extras = [\"NAME\"]").into());
    }
    let beside = file.parent().and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten().flatten();
    let beside: Vec<String> = beside.map(|entry| shown(&entry.path(), project)).collect();
    Err(match near::nearest(&name, beside.iter().map(String::as_str)).first() {
        Some(near) => trouble.help(format!("did you mean {near}?")),
        None => trouble,
    }
    .into())
}

/// What a file is, by its name (that of pylock.toml: PEP 751).
fn named(file: &Path, wishes: &Wishes) -> Source {
    let parts =
        || Parts { file: file.to_owned(), extras: wishes.extras.clone(), groups: wishes.groups.clone() };
    match file.file_name().unwrap_or_default().to_str() {
        Some("pyproject.toml") => Source::Project(parts()),
        Some("uv.lock") => Source::UvLock(parts()),
        _ => Source::Requirements(file.to_owned()),
    }
}

fn usual(project: &Path, wishes: &Wishes, reader: impl Fn() -> Reader) -> Result<Sources> {
    let existing = |name: &str| Some(project.join(name)).filter(|file| file.exists());
    let only = |file: PathBuf| Sources { all: vec![named(&file, wishes)], passed_over: None };
    if let Some(file) = existing("requirements.txt") {
        return Ok(only(file));
    }
    let mut passed_over = None;
    if let Some(file) = existing("uv.lock") {
        if reader() == Reader::Uv {
            return Ok(only(file));
        }
        passed_over = Some("uv.lock is not used: there is no uv in this shell".to_owned());
    }
    if let Some(file) = existing("pylock.toml") {
        if reader().reads_pylock() {
            return Ok(only(file));
        }
        let (major, minor) = PIP_WITH_PYLOCK;
        passed_over = Some(format!(
            "pylock.toml is not used: pip reads it from version {major}.{minor} on, and uv does"
        ));
    }
    let own = project.join("pyproject.toml");
    let text = fsx::read_text(&own, MAX_PROJECT_FILE)?.unwrap_or_default();
    let all = match project_file::is_installable(&text, &wishes.groups)? {
        true => vec![named(&own, wishes)],
        false => Vec::new(),
    };
    Ok(Sources { all, passed_over })
}

/// All files that the sources depend on, with their contents.
///
/// # Errors
/// If one cannot be read.
pub fn closure(sources: &[Source], project: &Path) -> Result<Closure> {
    let mut found = Closure::default();
    for source in sources {
        match source {
            Source::Requirements(file) => found.add_requirements(file, project)?,
            Source::Project(parts) => {
                found.add_project(parts.file.parent().unwrap_or(project), &parts.file)?
            }
            Source::UvLock(parts) => {
                found.add_file(&parts.file, None)?;
                found.add_project(parts.file.parent().unwrap_or(project), &parts.file)?;
            }
        }
    }
    Ok(found)
}

/// The arguments of `pip install`, or uv's, for all sources but uv.lock.
///
/// # Errors
/// If pyproject.toml is wrong, or has no such extra or group.
pub fn arguments(sources: &[Source], project: &Path) -> Result<Vec<OsString>> {
    let relative = |path: &Path| path.strip_prefix(project).unwrap_or(path).as_os_str().to_owned();
    let mut arguments = Vec::new();
    for source in sources {
        match source {
            Source::Requirements(file) => arguments.extend(["-r".into(), relative(file)]),
            Source::Project(parts) => {
                let text = fsx::read_text(&parts.file, MAX_PROJECT_FILE)?.unwrap_or_default();
                let asked = project_file::Asked { extras: &parts.extras, groups: &parts.groups };
                let folder = Path::new(".").join(relative(parts.file.parent().unwrap_or(project)));
                let place = folder.to_string_lossy();
                let own = project_file::arguments(&text, place.trim_end_matches('/'), asked)?;
                arguments.extend(own.into_iter().map(OsString::from));
            }
            Source::UvLock(_) => {}
        }
    }
    Ok(arguments)
}

/// The names of the files, for a message.
pub fn names(sources: &[Source], project: &Path) -> String {
    let names: Vec<String> = sources.iter().map(|source| shown(source.file(), project)).collect();
    names.join(", ")
}

fn shown(file: &Path, project: &Path) -> String {
    requirements::shown(file, project)
}
