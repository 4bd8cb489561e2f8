//! The directory of links for `provide = "ld-library-path"`: just the names that wheels want, never
//! whole directories, which would feed other programs libraries they did not ask for.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::offer::Libraries;

/// Where the links of the venv at `root` are.
pub fn folder(root: &Path) -> PathBuf {
    root.join(".venvfix/lib")
}

/// The libraries that `folder` has links for.
pub fn read(folder: &Path) -> Libraries {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path()))).collect()
}

/// Makes `folder` hold a link for each library and nothing else; no folder if there is none.
///
/// # Errors
/// If a link cannot be made or removed.
pub fn write(folder: &Path, libraries: &Libraries) -> Result<()> {
    let failed = || format!("could not write {}", folder.display());
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error).with_context(failed),
        _ => {}
    }
    if libraries.is_empty() {
        return Ok(());
    }
    fs::create_dir_all(folder).with_context(failed)?;
    libraries.iter().try_for_each(|(name, path)| symlink(path, folder.join(name))).with_context(failed)
}
