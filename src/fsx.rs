//! The only place that replaces a user's file; small path helpers beside it.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::error::Trouble;
use crate::shell::word;

/// How the names of temporary files begin: a killed program leaves one.
const TEMPORARY: &str = ".venvfix-";
/// How many random characters they end with.
const RANDOM: usize = 6;

/// Whether a file is called as a temporary one is.
pub fn is_temporary(name: &OsStr) -> bool {
    let random = name.as_encoded_bytes().strip_prefix(TEMPORARY.as_bytes());
    random.is_some_and(|random| random.len() == RANDOM && random.iter().all(u8::is_ascii_alphanumeric))
}

/// Replaces the user's file at `path` by this content: whole or not at all, whatever interrupts.
/// A link is kept and its target replaced; mode and owner are kept.
///
/// # Errors
/// If the file is read-only, belongs to somebody else, or the new one cannot be written beside it;
/// the old one is then untouched.
pub fn replace(path: &Path, content: &[u8]) -> Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let old = fs::metadata(&target).ok();
    if old.as_ref().is_some_and(|old| old.permissions().readonly()) {
        return Err(Trouble::new(format!("could not write {}: it is read-only", path.display()))
            .help(format!("chmod u+w {}", word(path)))
            .into());
    }
    write_beside(&target, content, old.as_ref())
        .with_context(|| format!("could not write {}", path.display()))
}

/// Writes one of this program's own files. A link in its place is replaced and never followed: it
/// may lead anywhere.
///
/// # Errors
/// If it cannot be written.
pub fn write_own(path: &Path, content: &[u8]) -> Result<()> {
    write_beside(path, content, None).with_context(|| format!("could not write {}", path.display()))
}

/// Replaces the file at `path` by this content, keeping its mode and owner. Other hard links to it,
/// such as an installer's cache, keep the old content; a link in its place is replaced.
///
/// # Errors
/// If there is none, or the new one cannot be written beside it.
pub fn rewrite(path: &Path, content: &[u8]) -> Result<()> {
    let old = fs::symlink_metadata(path);
    old.and_then(|old| write_beside(path, content, Some(&old)))
        .with_context(|| format!("could not write {}", path.display()))
}

/// As [`write_own`], only where the content would change. Says whether it wrote.
///
/// # Errors
/// As [`write_own`].
pub fn write_own_if_changed(path: &Path, content: &[u8]) -> Result<bool> {
    let is_link = path.is_symlink();
    if !is_link && read_bytes(path, content.len() as u64).is_ok_and(|old| old.as_deref() == Some(content)) {
        return Ok(false);
    }
    write_own(path, content).map(|()| true)
}

fn write_beside(target: &Path, content: &[u8], old: Option<&fs::Metadata>) -> io::Result<()> {
    let directory = target.parent().unwrap_or(Path::new("/"));
    let mode = old.map_or(0o644, |old| old.mode() & 0o7777);
    let mut new = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(directory).map_err(plain)?;
    new.write_all(content)?;
    new.as_file().set_permissions(Permissions::from_mode(mode))?;
    if let Some(old) = old {
        keep_owner(new.as_file(), old)?;
    }
    new.as_file().sync_all()?;
    new.persist(target)?;
    Ok(())
}

/// A file that is made beside another, to take its place.
#[derive(Debug)]
pub struct Successor {
    new: tempfile::NamedTempFile,
    path: PathBuf,
    old: fs::Metadata,
}

impl Successor {
    /// An empty file beside the one at `path`, and that one, open for reading. Links are not followed.
    ///
    /// # Errors
    /// If there is no regular file, or nothing can be made beside it.
    pub fn begin(path: &Path) -> io::Result<(Self, fs::File)> {
        use rustix::fs::OFlags;

        let flags = (OFlags::NONBLOCK | OFlags::NOFOLLOW).bits() as i32;
        let file = fs::OpenOptions::new().read(true).custom_flags(flags).open(path)?;
        let old = file.metadata()?;
        if !old.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        let directory = path.parent().unwrap_or(Path::new("/"));
        let new = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(directory).map_err(plain)?;
        Ok((Self { new, path: path.to_owned(), old }, file))
    }

    /// What is being made.
    pub fn file(&self) -> &fs::File {
        self.new.as_file()
    }

    /// Where that is, until it takes the place of the other.
    pub fn path(&self) -> &Path {
        self.new.path()
    }

    /// Puts it into the place of the other, with that one's mode, owner and times. Other hard links to that
    /// one keep it as it is.
    ///
    /// # Errors
    /// If the other was changed meanwhile, or what was made cannot be written in full: then it is gone.
    pub fn take_over(self) -> io::Result<()> {
        let Self { new, path, old } = self;
        let file = new.as_file();
        file.set_permissions(Permissions::from_mode(old.mode() & 0o7777))?;
        keep_owner(file, &old)?;
        let mut times = fs::FileTimes::new().set_modified(old.modified()?);
        if let Ok(accessed) = old.accessed() {
            times = times.set_accessed(accessed);
        }
        file.set_times(times)?;
        file.sync_all()?;
        let tell =
            |metadata: &fs::Metadata| (metadata.dev(), metadata.ino(), metadata.len(), modified(metadata));
        if tell(&fs::symlink_metadata(&path)?) != tell(&old) {
            return Err(io::Error::other("it was changed meanwhile"));
        }
        new.persist(path)?;
        Ok(())
    }
}

fn keep_owner(file: &fs::File, old: &fs::Metadata) -> io::Result<()> {
    let made = file.metadata()?;
    match (made.uid(), made.gid()) == (old.uid(), old.gid()) {
        true => Ok(()),
        false => std::os::unix::fs::fchown(file, Some(old.uid()), Some(old.gid())),
    }
}

/// Without the temporary name, which means nothing to anybody.
fn plain(error: io::Error) -> io::Error {
    let code = error
        .get_ref()
        .and_then(|inner| inner.source())
        .and_then(|source| source.downcast_ref::<io::Error>());
    code.or(Some(&error))
        .and_then(io::Error::raw_os_error)
        .map_or_else(|| io::Error::from(error.kind()), io::Error::from_raw_os_error)
}

/// Opens a regular file for reading; `None` where there is none. A named pipe is not waited for.
///
/// # Errors
/// If it is no regular file, or cannot be opened.
pub fn open(path: &Path) -> io::Result<Option<fs::File>> {
    let nonblock = rustix::fs::OFlags::NONBLOCK.bits() as i32;
    let file = match fs::OpenOptions::new().read(true).custom_flags(nonblock).open(path) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        other => other?,
    };
    match file.metadata()?.is_file() {
        true => Ok(Some(file)),
        false => Err(io::Error::other("not a regular file")),
    }
}

/// Reads a file of at most `limit` bytes; `None` where there is none.
///
/// # Errors
/// If it is larger, no regular file, or cannot be read.
pub fn read_bytes(path: &Path, limit: u64) -> Result<Option<Vec<u8>>> {
    let failed = || format!("could not read {}", path.display());
    let Some(file) = open(path).with_context(failed)? else { return Ok(None) };
    let mut bytes = room(&file, limit);
    file.take(limit + 1).read_to_end(&mut bytes).with_context(failed)?;
    if bytes.len() as u64 > limit {
        bail!("could not read {}: larger than {limit} bytes", path.display());
    }
    Ok(Some(bytes))
}

/// Reads a text file of at most `limit` bytes; `None` where there is none.
///
/// # Errors
/// As [`read_bytes`], or if it is not UTF-8.
pub fn read_text(path: &Path, limit: u64) -> Result<Option<String>> {
    let Some(bytes) = read_bytes(path, limit)? else { return Ok(None) };
    String::from_utf8(bytes).map(Some).with_context(|| format!("could not read {}", path.display()))
}

/// Reads the beginning of a file as text, whatever its bytes; `None` where that cannot be.
pub fn read_start(path: &Path, limit: u64) -> Option<String> {
    let file = open(path).ok()??;
    let mut bytes = room(&file, limit);
    file.take(limit).read_to_end(&mut bytes).ok()?;
    // Hardly any text is anything else.
    let text = String::from_utf8(bytes);
    Some(text.unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// For all of a file at once: read to its end, a small one would be read in many small steps.
fn room(file: &fs::File, limit: u64) -> Vec<u8> {
    let size = file.metadata().map_or(0, |metadata| metadata.len()).min(limit);
    Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1)
}

/// In bytes, for a user without privileges.
pub fn free_space(path: &Path) -> Option<u64> {
    let known = rustix::fs::statvfs(path).ok()?;
    Some(known.f_bavail.saturating_mul(known.f_frsize))
}

/// When a file was modified, in nanoseconds since 1970.
pub fn modified(metadata: &fs::Metadata) -> i64 {
    metadata.mtime().saturating_mul(1_000_000_000).saturating_add(metadata.mtime_nsec())
}

/// The path of what lies below a directory, by text alone.
pub fn below<'p>(directory: &Path, path: &'p Path) -> Option<&'p Path> {
    let rest = path.as_os_str().as_bytes().strip_prefix(directory.as_os_str().as_bytes())?;
    Some(Path::new(OsStr::from_bytes(rest.strip_prefix(b"/")?)))
}

/// Removes `.` and `..` from a path by its text alone.
pub fn normalize(path: &Path) -> PathBuf {
    if is_normal(path.as_os_str().as_bytes()) {
        return path.to_owned();
    }
    let mut out = PathBuf::with_capacity(path.as_os_str().len());
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

/// Whether an absolute path has no part that a normal one has not. Most have none.
fn is_normal(path: &[u8]) -> bool {
    let Some(parts) = path.strip_prefix(b"/") else { return false };
    !parts.is_empty() && parts.split(|&byte| byte == b'/').all(|part| !matches!(part, b"" | b"." | b".."))
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
        fs::set_permissions(&file, Permissions::from_mode(0o400)).unwrap();
        assert!(replace(&link, b"newer").unwrap_err().to_string().contains("read-only"));
    }

    #[test]
    fn an_own_file_is_never_written_through_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (precious, link) = (folder.path().join("precious"), folder.path().join("own"));
        fs::write(&precious, "precious").unwrap();
        std::os::unix::fs::symlink("precious", &link).unwrap();
        assert!(write_own_if_changed(&link, b"precious").unwrap());
        assert!(write_own_if_changed(&link, b"mine").unwrap());
        assert!(!write_own_if_changed(&link, b"mine").unwrap());
        assert_eq!(fs::read(&precious).unwrap(), b"precious");
    }

    #[test]
    fn a_named_pipe_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(read_text(&pipe, 10).is_err() && read_start(&pipe, 10).is_none());
        assert!(read_text(&folder.path().join("none"), 10).unwrap().is_none());
        assert!(read_bytes(&folder.path().join("none"), 10).unwrap().is_none());
    }
}
