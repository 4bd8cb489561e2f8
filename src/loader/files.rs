//! The files a resolution looks at.

use std::cell::RefCell;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::elf::{self, Machine, Object, Unreadable, Verdict};
use crate::maps::{Map, Set};

/// The same for all names of one file.
pub type Identity = (u64, u64);

/// An object as the search finds it.
#[derive(Clone, Debug)]
pub struct Located {
    /// Which file it is.
    pub identity: Identity,
    /// What the file says of itself.
    pub object: Rc<Object>,
}

/// What a loader makes of a path that it tries.
#[derive(Clone, Debug)]
pub enum Candidate {
    /// Nothing there, or nothing for this machine: the search goes on.
    Passed,
    /// It cannot be opened: the list of directories is left, and the search goes on behind it.
    Barred,
    /// The object is loaded.
    Fits(Located),
    /// The search ends with this message.
    Refused(Rc<str>),
}

/// What is at the path of a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folder {
    /// None: most that are named are not there.
    Absent,
    /// One.
    Plain,
    /// One with a `glibc-hwcaps` in it.
    WithHwcaps,
}

/// What a resolution knows of a file system.
pub trait Files {
    /// What the loader of `machine` makes of the file at `path`.
    fn candidate(&self, path: &Path, machine: Machine) -> Candidate;

    /// What is at the path of a directory.
    fn folder(&self, path: &Path) -> Folder;

    /// How a directory is to be called that a search path names.
    fn spelling(&self, directory: PathBuf) -> PathBuf {
        directory
    }

    /// Whether it is worth trying a name in a directory that is there.
    fn may_hold(&self, _directory: &Path, _name: &Path) -> bool {
        true
    }

    /// The object at `path` and its path without links, to be started as a program.
    fn program(&self, path: &Path) -> Option<(PathBuf, Located)>;
}

/// What a path led to, remembered.
pub type Found = Result<Located, Rc<Unreadable>>;

/// Objects on disk, each file read once however many names it has.
#[derive(Default)]
pub struct DiskFiles {
    by_path: RefCell<Map<OsString, Found>>,
    by_identity: RefCell<Map<Identity, Found>>,
    folders: RefCell<Map<OsString, Directory>>,
    listings: RefCell<Map<Identity, Listing>>,
    /// Directories without detours, for a survey; for others they are told as the loader does.
    spellings: Option<RefCell<Map<PathBuf, PathBuf>>>,
}

/// The names in a directory; `None` where they cannot be listed, or are very many.
type Listing = Option<Rc<Set<OsString>>>;

/// A directory larger than this is not listed: the system's have some thousand files.
const MOST_LISTED: usize = 8192;

#[derive(Clone, Debug)]
struct Directory {
    kind: Folder,
    names: Listing,
}

impl Directory {
    const ABSENT: Self = Self { kind: Folder::Absent, names: None };
}

impl DiskFiles {
    /// With these files read already. Search paths lead to them by paths without `.` and `..`.
    pub fn knowing<'a>(files: impl Iterator<Item = (&'a Path, &'a Found)>) -> Self {
        let known = Self { spellings: Some(RefCell::default()), ..Self::default() };
        for (path, found) in files {
            if let Ok(located) = found {
                known.by_identity.borrow_mut().insert(located.identity, found.clone());
            }
            known.by_path.borrow_mut().insert(path.as_os_str().to_owned(), found.clone());
        }
        known
    }

    /// The object at `path`.
    ///
    /// # Errors
    /// As [`elf::read`].
    pub fn read(&self, path: &Path) -> Result<Located, Rc<Unreadable>> {
        if let Some(found) = self.by_path.borrow().get(path.as_os_str()) {
            return found.clone();
        }
        let found = self.read_new(path);
        self.by_path.borrow_mut().insert(path.as_os_str().to_owned(), found.clone());
        found
    }

    fn read_new(&self, path: &Path) -> Found {
        let metadata = fs::metadata(path).map_err(|error| Rc::new(error.into()))?;
        let identity = (metadata.dev(), metadata.ino());
        if let Some(found) = self.by_identity.borrow().get(&identity) {
            return found.clone();
        }
        let read = match metadata.file_type().is_socket() {
            // What its opening would come to.
            true => Err(io::Error::from(rustix::io::Errno::NXIO).into()),
            false => elf::read_known(path, &metadata),
        };
        let found = match read {
            Ok(object) => Ok(Located { identity, object: Rc::new(object) }),
            Err(error) => Err(Rc::new(error)),
        };
        self.by_identity.borrow_mut().insert(identity, found.clone());
        found
    }
}

impl DiskFiles {
    /// Its names are read at once: most that are searched for in it are not there.
    fn directory(&self, path: &Path) -> Directory {
        let metadata = match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => metadata,
            _ => return Directory::ABSENT,
        };
        let identity = (metadata.dev(), metadata.ino());
        let names = self.listings.borrow_mut().entry(identity).or_insert_with(|| list(path)).clone();
        let hwcaps = super::search::HWCAPS;
        let has_hwcaps = names.as_ref().is_none_or(|names| names.contains(OsStr::new(hwcaps)))
            && path.join(hwcaps).is_dir();
        Directory { kind: if has_hwcaps { Folder::WithHwcaps } else { Folder::Plain }, names }
    }
}

/// A directory's path without `.` and `..`, if that is the same directory: behind a link it is not.
fn without_detours(directory: &Path) -> PathBuf {
    let normal = crate::fsx::normalize(directory);
    let identity = |path: &Path| fs::metadata(path).ok().map(|found| (found.dev(), found.ino()));
    let same =
        normal == directory || identity(directory).is_some_and(|found| identity(&normal) == Some(found));
    if same { normal } else { directory.to_owned() }
}

fn list(path: &Path) -> Listing {
    let mut names = Set::default();
    for entry in fs::read_dir(path).ok()? {
        if names.len() == MOST_LISTED {
            return None;
        }
        names.insert(entry.ok()?.file_name());
    }
    Some(Rc::new(names))
}

impl Files for DiskFiles {
    fn candidate(&self, path: &Path, machine: Machine) -> Candidate {
        match self.read(path) {
            Ok(located) => located.judged(machine),
            Err(error) => unreadable(path, machine, &error),
        }
    }

    fn folder(&self, path: &Path) -> Folder {
        if let Some(known) = self.folders.borrow().get(path.as_os_str()) {
            return known.kind;
        }
        let found = self.directory(path);
        let kind = found.kind;
        self.folders.borrow_mut().insert(path.as_os_str().to_owned(), found);
        kind
    }

    fn spelling(&self, directory: PathBuf) -> PathBuf {
        let Some(spellings) = &self.spellings else { return directory };
        if let Some(known) = spellings.borrow().get(&directory) {
            return known.clone();
        }
        let found = without_detours(&directory);
        spellings.borrow_mut().insert(directory, found.clone());
        found
    }

    fn may_hold(&self, directory: &Path, name: &Path) -> bool {
        let folders = self.folders.borrow();
        let names = folders.get(directory.as_os_str()).and_then(|known| known.names.as_ref());
        names.is_none_or(|names| names.contains(name.as_os_str()))
    }

    fn program(&self, path: &Path) -> Option<(PathBuf, Located)> {
        let real = fs::canonicalize(path).ok()?;
        let located = self.read(&real).ok().filter(|located| located.object.dynamic)?;
        Some((real, located))
    }
}

impl Located {
    /// What the loader of `machine` makes of it.
    pub(super) fn judged(self, machine: Machine) -> Candidate {
        match self.object.verdict(machine) {
            Verdict::Fits => Candidate::Fits(self),
            Verdict::Foreign => Candidate::Passed,
            Verdict::Refused(why) => Candidate::Refused(why.into()),
        }
    }
}

/// What the loader makes of a file that could not be read as an object.
fn unreadable(path: &Path, machine: Machine, error: &Unreadable) -> Candidate {
    match error {
        Unreadable::Io(error) if bars(error) => Candidate::Barred,
        Unreadable::Io(_) => Candidate::Passed,
        // It opens, and cannot be read.
        Unreadable::NoFile => Candidate::Refused("cannot read file data".into()),
        Unreadable::NotElf | Unreadable::Malformed(_) => match elf::verdict(path, machine) {
            Ok(Verdict::Foreign) => Candidate::Passed,
            Ok(Verdict::Refused(why)) => Candidate::Refused(why.into()),
            _ => Candidate::Refused(error.to_string().into()),
        },
    }
}

/// Whether `open_path` returns at this error: a loop of links, a socket, a name that is too long. All but
/// ENOENT and EACCES count there; others tell of this process, not of the file.
fn bars(error: &io::Error) -> bool {
    use rustix::io::Errno;

    let errors = [Errno::LOOP, Errno::NXIO, Errno::NAMETOOLONG];
    errors.iter().any(|known| error.raw_os_error() == Some(known.raw_os_error()))
}
