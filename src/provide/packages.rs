//! Names directories of Python packages behind a venv's own, by lines of a `.pth` file: site appends
//! them to sys.path after the site-packages that the file is in.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::fsx;

/// Read after those of editable projects, which come first.
const FILE: &str = "zzz_venvfix.pth";
/// A shell has some hundred packages at the most.
const MAX: u64 = 1 << 20;

/// Names these directories in a site-packages, or none.
///
/// # Errors
/// If the file cannot be written or removed.
pub fn write(site_packages: &Path, directories: &[PathBuf]) -> Result<()> {
    let path = site_packages.join(FILE);
    if !directories.is_empty() {
        return fsx::write_own_if_changed(&path, &text(directories)).map(|_| ());
    }
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("could not remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// The directories that are named in a site-packages.
pub fn read(site_packages: &Path) -> Vec<PathBuf> {
    let text = fsx::read_bytes(&site_packages.join(FILE), MAX).ok().flatten().unwrap_or_default();
    let lines = text.split(|&byte| byte == b'\n').filter(|line| line.starts_with(b"/"));
    lines.map(|line| PathBuf::from(OsStr::from_bytes(line))).collect()
}

/// Whether just these are named.
pub fn are_written(site_packages: &Path, directories: &[PathBuf]) -> bool {
    let path = site_packages.join(FILE);
    let wanted = text(directories);
    match directories.is_empty() {
        true => path.symlink_metadata().is_err(),
        false => fsx::read_bytes(&path, wanted.len() as u64).is_ok_and(|found| found == Some(wanted)),
    }
}

fn text(directories: &[PathBuf]) -> Vec<u8> {
    let lines = directories.iter().map(|path| [path.as_os_str().as_bytes(), b"\n"].concat());
    lines.collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_named_and_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let directories = [PathBuf::from("/nix/store/a/lib"), PathBuf::from("/nix/store/b/lib")];
        assert!(are_written(folder.path(), &[]) && !are_written(folder.path(), &directories));
        write(folder.path(), &directories).unwrap();
        assert!(are_written(folder.path(), &directories) && !are_written(folder.path(), &directories[..1]));
        assert_eq!(
            fs::read_to_string(folder.path().join(FILE)).unwrap(),
            "/nix/store/a/lib\n/nix/store/b/lib\n"
        );
        assert_eq!(read(folder.path()), directories);
        write(folder.path(), &[]).unwrap();
        assert!(read(folder.path()).is_empty());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
