//! The files a resolution looks at.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::elf::{self, Object, Unreadable};

/// An object as the search finds it.
#[derive(Clone, Debug)]
pub struct Located {
    /// The same for all names of one file.
    pub identity: (u64, u64),
    /// What the file says of itself.
    pub object: Rc<Object>,
}

/// What a resolution knows of a file system.
pub trait Files {
    /// The object at `path`, if there is one that a loader could map.
    fn object(&self, path: &Path) -> Option<Located>;

    /// Whether there is a directory at `path`: most that are named are not there.
    fn is_directory(&self, path: &Path) -> bool;
}

/// What a path led to, remembered.
type Found = Result<Located, Rc<Unreadable>>;

/// Objects on disk, each file read once however many names it has.
#[derive(Default)]
pub struct DiskFiles {
    by_path: RefCell<HashMap<PathBuf, Found>>,
    by_identity: RefCell<HashMap<(u64, u64), Found>>,
    directories: RefCell<HashMap<PathBuf, bool>>,
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
    fn object(&self, path: &Path) -> Option<Located> {
        self.read(path).ok().filter(|located| located.object.is_loadable())
    }

    fn is_directory(&self, path: &Path) -> bool {
        if let Some(&known) = self.directories.borrow().get(path) {
            return known;
        }
        let found = path.is_dir();
        self.directories.borrow_mut().insert(path.to_owned(), found);
        found
    }
}
