//! Metadata with which no installer can do anything, kept in `.venvfix/replaced` until something has
//! come in its place: by the path that it has in the venv.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::distribution::{dist_infos, name_and_version};

fn folder(venv: &Path) -> PathBuf {
    venv.join(".venvfix/replaced")
}

/// Moves a `*.dist-info` of the venv there.
///
/// # Errors
/// If it cannot be moved; it is then where it was.
pub fn take_away(dist_info: &Path, venv: &Path) -> Result<()> {
    let failed = || format!("could not move {} away", dist_info.display());
    let root = fs::canonicalize(venv).with_context(failed)?;
    let inside = dist_info.strip_prefix(&root).with_context(failed)?;
    super::own_folder(venv)?;
    let folder = folder(venv);
    ensure!(!folder.is_symlink(), "{}: {} is a link", failed(), folder.display());
    let kept = folder.join(inside);
    fs::create_dir_all(kept.parent().unwrap_or(&folder)).with_context(failed)?;
    if kept.exists() {
        // Of a repair that was killed.
        fs::remove_dir_all(&kept).with_context(failed)?;
    }
    fs::rename(dist_info, kept).with_context(failed)
}

/// Puts back what nothing has come in the place of, and forgets the rest. What cannot be put back
/// stays for the next time.
pub fn settle(venv: &Path) {
    let folder = folder(venv);
    let Ok(root) = fs::canonicalize(venv) else { return };
    if folder.is_symlink() || !folder.is_dir() {
        return;
    }
    let mut all_settled = true;
    for base in super::site_packages(venv) {
        let Ok(inside) = base.strip_prefix(&root) else { continue };
        let there: HashSet<String> = dist_infos(&base).iter().filter_map(|path| name(path)).collect();
        for kept in dist_infos(&folder.join(inside)) {
            let is_back = name(&kept).is_some_and(|name| there.contains(&name));
            let place = base.join(kept.file_name().unwrap_or_default());
            all_settled &= is_back || fs::rename(&kept, place).is_ok();
        }
    }
    if all_settled {
        let _ = fs::remove_dir_all(folder);
    }
}

fn name(dist_info: &Path) -> Option<String> {
    name_and_version(dist_info).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nothing_replaced_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let base = root.join("lib/python3.11/site-packages");
        let make = |stem: &str| {
            let path = base.join(format!("{stem}.dist-info"));
            fs::create_dir_all(&path).unwrap();
            fs::write(path.join("METADATA"), format!("Name: {}\nVersion: 1\n", &stem[..1])).unwrap();
            path
        };
        let old = ["a-1", "b-1", "b-2"].map(make);
        for path in &old {
            take_away(path, &root).unwrap();
            assert!(!path.exists());
        }
        let new = make("a-3");
        settle(&root);
        assert!(new.exists() && !old[0].exists() && old[1].join("METADATA").exists() && old[2].exists());
        assert!(!root.join(".venvfix/replaced").exists());
        assert!(take_away(Path::new("/elsewhere/x-1.dist-info"), &root).is_err());
    }
}
