//! The files a resolution looks at.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::elf::{self, Machine, Object, Unreadable, Verdict};

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

    /// The object at `path` and its path without links, to be started as a program.
    fn program(&self, path: &Path) -> Option<(PathBuf, Located)>;

    /// The symbol versions that a loaded library defines.
    fn version_definitions(&self, path: &Path, identity: Identity) -> Rc<HashSet<String>>;
}

/// What a path led to, remembered.
type Found = Result<Located, Rc<Unreadable>>;

/// Objects on disk, each file read once however many names it has.
#[derive(Default)]
pub struct DiskFiles {
    by_path: RefCell<HashMap<PathBuf, Found>>,
    by_identity: RefCell<HashMap<Identity, Found>>,
    folders: RefCell<HashMap<PathBuf, Folder>>,
    definitions: RefCell<HashMap<Identity, Rc<HashSet<String>>>>,
}

impl DiskFiles {
    /// The object at `path`.
    ///
    /// # Errors
    /// As [`elf::read`].
    pub fn read(&self, path: &Path) -> Result<Located, Rc<Unreadable>> {
        if let Some(found) = self.by_path.borrow().get(path) {
            return found.clone();
        }
        let found = self.read_new(path);
        self.by_path.borrow_mut().insert(path.to_owned(), found.clone());
        found
    }

    fn read_new(&self, path: &Path) -> Found {
        let metadata = fs::metadata(path).map_err(|error| Rc::new(error.into()))?;
        let identity = (metadata.dev(), metadata.ino());
        if let Some(found) = self.by_identity.borrow().get(&identity) {
            return found.clone();
        }
        let found = match elf::read(path) {
            Ok(object) => Ok(Located { identity, object: Rc::new(object) }),
            Err(error) => Err(Rc::new(error)),
        };
        self.by_identity.borrow_mut().insert(identity, found.clone());
        found
    }
}

impl Files for DiskFiles {
    fn candidate(&self, path: &Path, machine: Machine) -> Candidate {
        match self.read(path) {
            Ok(located) => located.judged(machine),
            Err(error) => unreadable(path, machine, &error),
        }
    }

    fn folder(&self, path: &Path) -> Folder {
        if let Some(&known) = self.folders.borrow().get(path) {
            return known;
        }
        let found = match path.is_dir() {
            false => Folder::Absent,
            true if path.join(super::search::HWCAPS).is_dir() => Folder::WithHwcaps,
            true => Folder::Plain,
        };
        self.folders.borrow_mut().insert(path.to_owned(), found);
        found
    }

    fn program(&self, path: &Path) -> Option<(PathBuf, Located)> {
        let real = fs::canonicalize(path).ok()?;
        let located = self.read(&real).ok().filter(|located| located.object.dynamic)?;
        Some((real, located))
    }

    fn version_definitions(&self, path: &Path, identity: Identity) -> Rc<HashSet<String>> {
        if let Some(known) = self.definitions.borrow().get(&identity) {
            return Rc::clone(known);
        }
        let found = elf::version_definitions(path).unwrap_or_default().into_iter().collect();
        let found: Rc<HashSet<String>> = Rc::new(found);
        self.definitions.borrow_mut().insert(identity, Rc::clone(&found));
        found
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
