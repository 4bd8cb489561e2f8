//! One installed distribution, as METADATA and RECORD tell of it.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::fingerprint::Fingerprint;
use super::sources::SourceOpening;
use crate::fsx;
use crate::maps::Set;
use crate::venv::health::Wholeness;
use crate::venv::record::{MAX_RECORD, each_row};
use crate::venv::{Distribution, may_be_object};

/// In bytes, of all directories that one RECORD explains: a large distribution has a few thousand.
const MAX_DIRECTORIES: usize = 8 << 20;

/// A distribution and what it has.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) distribution: Distribution,
    /// RECORD when it was read.
    pub(super) record: Fingerprint,
    /// The directories below its site-packages that hold what it names.
    pub(super) directories: Vec<Directory>,
    /// Other directories that do: of manuals, of data.
    pub(super) elsewhere: Vec<PathBuf>,
    /// All that RECORD names was there when its directories had this time at most.
    pub(super) whole: i64,
    /// The newest time of its directories; the end of times if one is gone.
    pub(super) newest: i64,
    /// When its `*.dist-info` changed for the last time, if all was there that belongs there. RECORD itself is
    /// put there last, so that this is after RECORD was written.
    pub(super) own: Option<i64>,
    /// What its Python sources open by name, once they are read.
    pub(super) openings: Option<Vec<SourceOpening>>,
}

/// A directory that a RECORD explains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Directory {
    pub(super) path: PathBuf,
    /// Nothing else was in it at this time.
    pub(super) quiet: i64,
}

impl Package {
    /// What the times of its directories tell.
    pub(super) fn wholeness(&self) -> Wholeness {
        match self.own {
            None => Wholeness::Unknown,
            Some(_) if self.newest <= self.whole => Wholeness::Sure,
            Some(_) => Wholeness::Before(self.whole),
        }
    }

    /// Reads `NAME-VERSION.dist-info`, and which files RECORD names that may be objects. Those outside
    /// `root` are left out: a RECORD is a stranger's word.
    pub(super) fn read(dist_info: &Path, root: &Path) -> Option<(Self, Vec<PathBuf>)> {
        let distribution = Distribution::read(dist_info)?;
        let mut package = Self {
            distribution,
            record: Fingerprint::default(),
            directories: Vec::new(),
            elsewhere: Vec::new(),
            whole: i64::MIN,
            newest: i64::MAX,
            own: None,
            openings: None,
        };
        let mut files = Vec::new();
        if let Some(base) = dist_info.parent()
            && let Some((record, text)) = read_record(&dist_info.join("RECORD"))
        {
            package.record = record;
            package.whole = record.modified;
            let own = dist_info.file_name().unwrap_or_default();
            files = package.take(&text, &Names { base, root, own });
        }
        Some((package, files))
    }

    fn take(&mut self, text: &[u8], names: &Names<'_>) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut own = Vec::new();
        let mut folders: Set<Box<[u8]>> = Set::from_iter([names.own.as_bytes().into()]);
        // Rows of one folder stand together, most of the time.
        let mut last: Option<(Vec<u8>, Option<Place>)> = None;
        let mut room = MAX_DIRECTORIES;
        let whole = each_row(text, |path, _| {
            let (folder, file) = split(path);
            if folder == names.own.as_bytes() {
                return own.push(OsStr::from_bytes(file).to_owned());
            }
            if last.as_ref().is_none_or(|(known, _)| known != folder) {
                let place = names.folder(folder);
                if let Some(Place { path, shared, .. }) = &place
                    && folders.insert(folder.into())
                {
                    if names.is_plain(folder) {
                        self.note(folder, names, &mut folders, &mut room);
                    } else if !shared {
                        room = room.saturating_sub(path.as_os_str().len());
                        self.elsewhere.push(path.clone());
                    }
                }
                last = Some((folder.to_owned(), place));
            }
            if let Some((_, Some(Place { path, shared, code: true }))) = &last
                && !matches!(file, b"" | b"." | b"..")
                && (*shared || may_be_object(file))
            {
                files.push(path.join(OsStr::from_bytes(file)));
            }
        });
        // One that is absurd explains nothing: all that lies there is listed.
        if !whole || room == 0 {
            self.directories.clear();
            self.elsewhere.clear();
            return Vec::new();
        }
        self.own = complete(&self.distribution.dist_info, &own);
        files
    }

    /// Notes a folder, and those above it that were not noted before, as long as there is room.
    fn note(&mut self, folder: &[u8], names: &Names<'_>, noted: &mut Set<Box<[u8]>>, room: &mut usize) {
        let quiet = self.record.modified;
        let mut folder = folder;
        while !folder.is_empty() {
            *room = room.saturating_sub(folder.len());
            if *room == 0 {
                break;
            }
            self.directories.push(Directory { path: names.base.join(OsStr::from_bytes(folder)), quiet });
            folder = split(folder).0;
            if !noted.insert(folder.into()) {
                break;
            }
        }
    }
}

/// A folder that a RECORD names files in.
struct Place {
    path: PathBuf,
    /// Each installation changes it, so that only its files tell what is gone.
    shared: bool,
    /// There may be something to be loaded.
    code: bool,
}

/// What the names in one RECORD are relative to.
struct Names<'a> {
    base: &'a Path,
    root: &'a Path,
    /// Its own `*.dist-info`.
    own: &'a OsStr,
}

impl Names<'_> {
    /// Where a folder is; `None` if nothing in it counts.
    fn folder(&self, folder: &[u8]) -> Option<Place> {
        if folder.ends_with(b"__pycache__") {
            return None;
        }
        let code = folder.split(|&byte| byte == b'/').next() != Some(self.own.as_bytes());
        let path = self.base.join(OsStr::from_bytes(folder));
        if self.is_plain(folder) {
            return Some(Place { path, shared: folder.is_empty(), code });
        }
        let path = fsx::normalize(&path);
        let shared = path == self.base || fsx::below(self.root, &path) == Some(Path::new("bin"));
        path.starts_with(self.root).then_some(Place { path, shared, code })
    }

    /// Whether a folder lies below site-packages as its text is.
    fn is_plain(&self, folder: &[u8]) -> bool {
        let mut parts = folder.split(|&byte| byte == b'/');
        folder.is_empty() || parts.all(|part| !matches!(part, b"" | b"." | b".."))
    }
}

/// The folder and the name of a file.
fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|&byte| byte == b'/') {
        // Of what lies in `/`, the folder is not the empty text.
        Some(slash) => (&path[..slash.max(usize::from(slash == 0))], &path[slash + 1..]),
        None => (&path[..0], path),
    }
}

/// When a directory was changed for the last time, if it has all of these.
fn complete(directory: &Path, names: &[OsString]) -> Option<i64> {
    let time = fsx::modified(&fs::metadata(directory).ok()?);
    let entries = fs::read_dir(directory).ok()?.flatten();
    let there: Set<OsString> = entries.map(|entry| entry.file_name()).collect();
    names.iter().all(|name| there.contains(name)).then_some(time)
}

pub(super) fn read_record(path: &Path) -> Option<(Fingerprint, Vec<u8>)> {
    let file: File = fsx::open(path).ok()??;
    let record = Fingerprint::from(&file.metadata().ok()?);
    let size = record.size.min(MAX_RECORD);
    let mut text = Vec::with_capacity(usize::try_from(size).ok()? + 1);
    file.take(MAX_RECORD).read_to_end(&mut text).ok()?;
    Some((record, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(record: &str) -> (tempfile::TempDir, Package, Vec<PathBuf>) {
        let folder = tempfile::tempdir().unwrap();
        let info = folder.path().join("lib/x-1.dist-info");
        fs::create_dir_all(&info).unwrap();
        fs::write(info.join("METADATA"), "Name: X\nVersion: 1\n").unwrap();
        fs::write(info.join("RECORD"), record).unwrap();
        let (package, files) = Package::read(&info, folder.path()).unwrap();
        (folder, package, files)
    }

    #[test]
    fn a_record_cannot_lead_out_of_the_venv() {
        let record = "x/a.so,,\n\"x/b,\"\"c.so\",,\n../bin/x,,\n../../../etc/passwd,,\n/etc/passwd,,\n/x.so,,\n\
                      x/..,,\nx/../../../y.so,,\n";
        let (folder, _, files) = package(record);
        let wanted = ["lib/x/a.so", "lib/x/b,\"c.so", "bin/x"].map(|name| folder.path().join(name));
        assert_eq!(files, wanted);
    }

    #[test]
    fn the_directories_that_a_record_names_are_noted_once_with_those_above() {
        let (folder, package, _) = package(
            "x/a/b/c.py,,\nx/a/b/d.py,,\ny.py,,\nx/e/f.py,,\nx/a/b/g.py,,\nx/__pycache__/h.pyc,,\n\
             x-1.dist-info/RECORD,,\n../bin/x,,\n",
        );
        let found: Vec<&Path> = package.directories.iter().map(|found| found.path.as_path()).collect();
        let base = folder.path().join("lib");
        assert_eq!(found, ["x/a/b", "x/a", "x", "x/e"].map(|name| base.join(name)));
    }
}
