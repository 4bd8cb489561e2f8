//! What lies in the project's folder.

use std::path::Path;

use anyhow::Result;
use toml::Table;

use crate::config::Config;
use crate::fsx;
use crate::nixfile::convert::Project;
use crate::scaffold::{Files, UNREAD};
use crate::venv::sources::{self, Reader};

/// Text that people write.
const MAX_SIZE: u64 = 4 << 20;

/// The files that say what a shell is to have.
pub(super) fn files(folder: &Path) -> Result<Files> {
    let wishes = Config::of_project(folder)?.wishes;
    // The shell gets uv where a lock file wants it.
    let chosen = sources::choose(folder, &wishes, || Reader::Uv)?.all;
    let closure = sources::closure(&chosen, folder)?;
    let of_project =
        |path: &Path| chosen.iter().any(|source| source.file() == path) || !is_project_file(path);
    let named = closure.inputs.into_iter().filter(|(path, _)| of_project(path));
    let texts = named.filter_map(|(path, text)| {
        let name = path.file_name()?.to_string_lossy().into_owned();
        Some((name, text?))
    });
    let others = UNREAD.iter().map(|(name, _)| *name).filter(|name| folder.join(name).exists());
    Ok(Files {
        sources: texts.collect(),
        project: text(&folder.join("pyproject.toml")),
        python_version: text(&folder.join(".python-version")),
        others: others.collect(),
    })
}

/// Whether a file or the settings say what to install, so that none need be begun.
pub(super) fn says_what_to_install(folder: &Path) -> bool {
    let usual = ["requirements.txt", "uv.lock", "pylock.toml", "pyproject.toml"];
    usual.iter().any(|name| folder.join(name).exists())
        || Config::of_project(folder).is_ok_and(|config| config.wishes.files.is_some())
}

/// Of a local project that is installed beside others.
fn is_project_file(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    ["pyproject.toml", "setup.py", "setup.cfg"].iter().any(|file| name == *file)
}

/// What a conversion is told.
pub(super) fn project(folder: &Path) -> Project {
    let has = |name: &str| folder.join(name).exists();
    let pyproject = text(&folder.join("pyproject.toml"));
    let table: Table = pyproject.parse().unwrap_or_default();
    let tool = table.get("tool").and_then(|tool| tool.get("venvfix"));
    Project {
        has_requirements: has("requirements.txt"),
        has_lock: has("uv.lock") || has("pylock.toml"),
        can_be_built: table.contains_key("build-system"),
        has_settings: has("venvfix.toml") || tool.is_some(),
    }
}

/// A file that is not there, or no text, says nothing.
fn text(path: &Path) -> String {
    fsx::read_text(path, MAX_SIZE).ok().flatten().unwrap_or_default()
}
