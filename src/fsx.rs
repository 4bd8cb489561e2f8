//! The only place that replaces a user's file; small path helpers beside it.

use std::ffi::{OsStr, OsString};
use std::fs::{self, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail};
use rustix::fs::FlockOperation;

use crate::error::Trouble;
use crate::shell::word;

/// How the names of temporary files begin: a killed program leaves one.
const TEMPORARY: &str = ".venvfix-";
/// How many random characters they end with.
const RANDOM: usize = 6;

/// Whether a file is called as a temporary one is.
pub fn is_temporary(name: &OsStr) -> bool {
    is_random_behind(TEMPORARY.as_bytes(), name)
}

fn is_random_behind(prefix: &[u8], name: &OsStr) -> bool {
    let random = name.as_bytes().strip_prefix(prefix);
    random.is_some_and(|random| random.len() == RANDOM && random.iter().all(u8::is_ascii_alphanumeric))
}

/// How much of a file's name is in that of the temporary one: names have 255 bytes at most.
const MOST_NAME: usize = 100;

/// Replaces the user's file at `path` by this content: whole or not at all, whatever interrupts.
/// A link is kept and its target replaced; mode and owner are kept.
///
/// # Errors
/// If the file is read-only, belongs to somebody else, or the new one cannot be written beside it;
/// the old one is then untouched.
pub fn replace(path: &Path, content: &[u8]) -> Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let old = fs::metadata(&target).ok();
    if old.as_ref().is_some_and(is_read_only) {
        return Err(read_only(path).into());
    }
    write_beside(&target, content, old.as_ref())
        .with_context(|| format!("could not write {}", path.display()))
}

/// As [`replace`], if the file still has this content. Of two that do so at once, one fails.
///
/// # Errors
/// As [`replace`], and if the file is another one by now.
pub fn replace_unchanged(path: &Path, old: &[u8], new: &[u8]) -> Result<()> {
    let changed = || {
        Trouble::new(format!(
            "{} was changed by another program meanwhile: nothing was written",
            path.display()
        ))
        .help("do it again")
    };
    let target = fs::canonicalize(path).map_err(|_| changed())?;
    let file = open(&target).ok().flatten().ok_or_else(changed)?;
    let lock = rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive);
    // A file system without locks is used without.
    if lock == Err(rustix::io::Errno::WOULDBLOCK) {
        return Err(changed().into());
    }
    let opened = file.metadata().map_err(|_| changed())?;
    if is_read_only(&opened) {
        return Err(read_only(path).into());
    }
    let is_same = || {
        let now = fs::metadata(&target).ok();
        let is_that = now.is_some_and(|now| (now.dev(), now.ino()) == (opened.dev(), opened.ino()));
        let leads_there = fs::canonicalize(path).is_ok_and(|now| now == target);
        let content = read_bytes(&target, old.len() as u64).ok().flatten();
        is_that && leads_there && content.as_deref() == Some(old)
    };
    let written = write_beside_if(&target, &edited(&target), new, Some(&opened), is_same)
        .with_context(|| format!("could not write {}", path.display()))?;
    if !written {
        return Err(changed().into());
    }
    remove_left_behind(&target);
    Ok(())
}

/// How the names of temporary files begin that become this file.
fn edited(target: &Path) -> OsString {
    let name = target.file_name().unwrap_or_default().as_bytes();
    let name = name.get(..MOST_NAME).unwrap_or(name);
    OsString::from_vec([TEMPORARY.as_bytes(), name, b"-"].concat())
}

/// Removes what killed edits of a file have left beside it. One that goes on meanwhile fails: the file has just been
/// changed.
fn remove_left_behind(target: &Path) {
    let prefix = edited(target);
    let entries =
        target.parent().and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten().flatten();
    for entry in entries {
        if is_random_behind(prefix.as_bytes(), &entry.file_name())
            && entry.file_type().is_ok_and(|kind| kind.is_file())
        {
            // Best effort: it does no harm.
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn is_read_only(metadata: &fs::Metadata) -> bool {
    metadata.permissions().readonly()
}

fn read_only(path: &Path) -> Trouble {
    Trouble::new(format!("could not write {}: it is read-only", path.display()))
        .help(format!("chmod u+w {}", word(path)))
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
    write_beside_if(target, TEMPORARY.as_ref(), content, old, || true).map(|_| ())
}

/// Says whether it wrote: the last moment decides.
fn write_beside_if(
    target: &Path,
    prefix: &OsStr,
    content: &[u8],
    old: Option<&fs::Metadata>,
    decide: impl FnOnce() -> bool,
) -> io::Result<bool> {
    let directory = target.parent().unwrap_or(Path::new("/"));
    let mode = old.map_or(0o644, |old| old.mode() & 0o7777);
    let mut new = tempfile::Builder::new().prefix(prefix).tempfile_in(directory).map_err(plain)?;
    new.write_all(content)?;
    new.as_file().set_permissions(Permissions::from_mode(mode))?;
    if let Some(old) = old {
        keep_owner(new.as_file(), old)?;
    }
    new.as_file().sync_all()?;
    if !decide() {
        return Ok(false);
    }
    new.persist(target)?;
    Ok(true)
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
    fn a_file_that_was_changed_meanwhile_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("real.nix"), folder.path().join("shell.nix"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("real.nix", &link).unwrap();
        replace_unchanged(&link, b"old", b"new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(
            (fs::read(&file).unwrap(), fs::metadata(&file).unwrap().mode() & 0o7777),
            (b"new".to_vec(), 0o640)
        );
        let refused = |old: &[u8]| replace_unchanged(&link, old, b"newer").unwrap_err().to_string();
        for old in [&b"old"[..], b"ne", b"newer", b""] {
            assert!(refused(old).contains("changed by another program"));
        }
        let holder = fs::File::open(&file).unwrap();
        rustix::fs::flock(&holder, FlockOperation::LockExclusive).unwrap();
        assert!(refused(b"new").contains("changed by another program"));
        drop(holder);
        fs::set_permissions(&file, Permissions::from_mode(0o400)).unwrap();
        assert!(refused(b"new").contains("read-only"));
        fs::remove_file(&file).unwrap();
        assert!(refused(b"new").contains("changed by another program"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_a_killed_edit_left_goes_with_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let kept = ["shell.nix", ".venvfix-flake.nix-abcdef", ".venvfix-shell.nix-abc.ef", ".venvfix-abcdef"];
        for name in kept.iter().chain(&[".venvfix-shell.nix-aB3dEf"]) {
            fs::write(at(name), "old").unwrap();
        }
        fs::create_dir(at(".venvfix-shell.nix-folder")).unwrap();
        replace_unchanged(&at("shell.nix"), b"old", b"new").unwrap();
        assert!(kept.iter().all(|name| at(name).exists()) && at(".venvfix-shell.nix-folder").exists());
        assert!(!at(".venvfix-shell.nix-aB3dEf").exists());
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
