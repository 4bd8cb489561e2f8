//! The only place that replaces a user's file; small path helpers beside it.

use std::fs::{self, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Replaces `path` by a file with this content: whole or not at all, whatever interrupts.
/// A link is kept and its target replaced; mode and, where allowed, owner are kept.
///
/// # Errors
/// If the new file cannot be written beside the old one; the old one is then untouched.
pub fn replace(path: &Path, content: &[u8]) -> Result<()> {
    write_beside(path, content).with_context(|| format!("could not write {}", path.display()))
}

fn write_beside(path: &Path, content: &[u8]) -> io::Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let directory = target.parent().unwrap_or(Path::new("/"));
    let old = fs::metadata(&target).ok();
    let mode = old.as_ref().map_or(0o644, |old| old.mode() & 0o7777);
    let mut new = tempfile::Builder::new().prefix(".venvfix-").tempfile_in(directory)?;
    new.write_all(content)?;
    new.as_file().set_permissions(Permissions::from_mode(mode))?;
    if let Some(old) = old {
        // Best effort: only root may give a file away.
        let _ = std::os::unix::fs::fchown(new.as_file(), Some(old.uid()), Some(old.gid()));
    }
    new.as_file().sync_all()?;
    new.persist(&target)?;
    Ok(())
}

/// Writes `path` only where its content would change. Says whether it wrote.
///
/// # Errors
/// As [`replace`].
pub fn replace_if_changed(path: &Path, content: &[u8]) -> Result<bool> {
    if fs::read(path).is_ok_and(|old| old == content) {
        return Ok(false);
    }
    replace(path, content).map(|()| true)
}

/// Reads a text file of at most `limit` bytes; `None` where there is none.
///
/// # Errors
/// If it is larger, not UTF-8, or cannot be read.
pub fn read_text(path: &Path, limit: u64) -> Result<Option<String>> {
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("could not read {}", path.display())),
    };
    let mut text = String::new();
    file.take(limit + 1)
        .read_to_string(&mut text)
        .with_context(|| format!("could not read {}", path.display()))?;
    if text.len() as u64 > limit {
        bail!("could not read {}: larger than {limit} bytes", path.display());
    }
    Ok(Some(text))
}

/// Removes `.` and `..` from a path by its text alone.
pub fn normalize(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replacing_keeps_mode_and_link() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("real.nix"), folder.path().join("shell.nix"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        std::os::unix::fs::symlink("real.nix", &link).unwrap();
        replace(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o7777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
