//! Keeps store paths from the garbage collector while the venv is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::error::Trouble;
use crate::exec::Task;

/// Registering takes milliseconds; a store that is being collected makes it wait.
const LIMIT: Duration = Duration::from_secs(60);

/// The name of the first root; nix-store numbers the others.
const NAME: &str = "root";

/// Makes `folder` hold a root for each of `packages` and for nothing else. Deleting the folder lets
/// go of them: the roots are indirect (Nix manual, "nix-store --add-root").
///
/// # Errors
/// If nix-store does not do it.
pub fn keep(folder: &Path, packages: &BTreeSet<PathBuf>, nix_store: &Path) -> Result<()> {
    if *packages == kept(folder) {
        return Ok(());
    }
    fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
    if !packages.is_empty() {
        let root = folder.join(NAME);
        let task = Task::new(nix_store, folder)
            .args(["--realise"])
            .args(packages)
            .args(["--add-root"])
            .args([&root]);
        let ending = task.args(["--indirect"]).limit(LIMIT).silent().run()?;
        if !ending.success {
            return Err(Trouble::new(format!(
                "nix-store did not add roots below {} ({})",
                folder.display(),
                ending.status
            ))
            .into());
        }
    }
    for path in roots(folder) {
        if fs::read_link(&path).is_ok_and(|target| !packages.contains(&target))
            || number(&path) > packages.len()
        {
            fs::remove_file(&path).with_context(|| format!("could not remove {}", path.display()))?;
        }
    }
    Ok(())
}

fn kept(folder: &Path) -> BTreeSet<PathBuf> {
    roots(folder).iter().filter_map(|path| fs::read_link(path).ok()).collect()
}

fn roots(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|path| path.is_symlink()).collect()
}

/// `root` is the first, `root-2` the second.
fn number(path: &Path) -> usize {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.strip_prefix("root-").and_then(|number| number.parse().ok()).unwrap_or(1)
}
