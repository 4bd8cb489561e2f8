//! What is installed: the distributions of a tree, and what each file says of itself that is an object
//! or should be one. Names come from RECORDs; only directories that no RECORD explains are listed.

mod directories;
mod fingerprint;
mod kept;
mod package;
mod parallel;
mod sources;

use std::cell::Cell;
use std::cmp::Ordering;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use memchr::memmem;

use self::fingerprint::Fingerprint;
use self::kept::{Kept, Known};
use self::package::Package;
pub use self::sources::{Extent, SourceOpening};
use crate::elf::{self, Object, Unreadable};
use crate::loader::Located;
use crate::maps::{Map, Set};
use crate::venv::health::Wholeness;
use crate::venv::{Distribution, dist_infos};

/// Taken by a thread at a time, of what takes a few microseconds each.
const SHARE: usize = 32;

/// In bytes: what linkers make of an empty program that has an interpreter takes more than twice as much, and
/// many hundreds of small files (of time zones, of Qt) have no ending.
const SMALLEST_PROGRAM: u64 = 2048;

/// What is installed.
pub struct Survey {
    /// By name.
    pub distributions: Vec<Distribution>,
    /// In path order: objects, damaged ones, and files named as modules that are no objects.
    pub files: Vec<Seen>,
    packages: Vec<Package>,
    /// By `*.dist-info`.
    wholeness: Map<PathBuf, Wholeness>,
    root: PathBuf,
}

/// A file that was looked into.
#[derive(Debug)]
pub struct Seen {
    /// Absolute path.
    pub path: PathBuf,
    /// The distributions (by index) whose RECORD names it: two may own the same; none owns what lies
    /// there unrecorded.
    pub owners: Vec<usize>,
    /// What it says of itself.
    pub found: Result<Located, Rc<Unreadable>>,
    fingerprint: Option<Fingerprint>,
    /// Whether it has what `import` calls, once that was asked.
    module_hook: Cell<Option<bool>>,
}

/// A file to be looked into, and what was known of it before.
#[derive(Debug)]
struct Candidate<'a> {
    path: PathBuf,
    owner: Option<usize>,
    known: Option<Known<'a>>,
}

/// A file looked into, on its way between threads.
struct Looked {
    fingerprint: Option<Fingerprint>,
    module_hook: Option<bool>,
    /// Boxed, since a RECORD may name very many files that are none.
    found: Result<Box<Object>, Unreadable>,
}

/// Looks at what lies below `root`, with the help of what was kept of an earlier time. Writes nothing.
pub fn survey(root: &Path, site_packages: &[PathBuf]) -> Survey {
    let bytes = kept::read(root);
    let kept = bytes.as_deref().and_then(|bytes| Kept::decode(bytes, root)).unwrap_or_default();
    survey_with(root, site_packages, &kept)
}

fn survey_with(root: &Path, site_packages: &[PathBuf], kept: &Kept<'_>) -> Survey {
    let infos: Vec<PathBuf> = site_packages.iter().flat_map(|base| dist_infos(base)).collect();
    let read = parallel::map(&infos, 4, |info| {
        kept.package(info, root).or_else(|| {
            let (package, files) = Package::read(info, root)?;
            let candidate = |path| Candidate { path, owner: None, known: None };
            Some((package, files.into_iter().map(candidate).collect()))
        })
    });
    let mut read: Vec<(Package, Vec<Candidate<'_>>)> = read.into_iter().flatten().collect();
    read.sort_by(|(a, _), (b, _)| a.distribution.order().cmp(&b.distribution.order()));
    let mut packages = Vec::with_capacity(read.len());
    let mut candidates = Vec::new();
    for (owner, (package, files)) in read.into_iter().enumerate() {
        packages.push(package);
        candidates.extend(files.into_iter().map(|file| Candidate { owner: Some(owner), ..file }));
    }
    let looked = parallel::map(&candidates, SHARE, look);
    // Listed each time: what lies there is of many distributions.
    let places: Vec<PathBuf> = site_packages.iter().cloned().chain([root.join("bin")]).collect();
    let loose = directories::loose(&places, &mut packages, &candidates, kept);
    let looked_at_loose = parallel::map(&loose, SHARE, look);
    let all = candidates.into_iter().zip(looked).chain(loose.into_iter().zip(looked_at_loose));
    let distributions = packages.iter().map(|package| package.distribution.clone()).collect();
    let is_listed =
        |path: &Path| path.parent().is_some_and(|folder| places.iter().any(|place| place == folder));
    let files = seen(all, is_listed);
    let absent = files.iter().filter(|file| file.is_absent());
    let lacking: Set<usize> = absent.flat_map(|file| file.owners.iter().copied()).collect();
    let wholeness = packages.iter().enumerate().map(|(index, package)| {
        let wholeness = if lacking.contains(&index) { Wholeness::Unknown } else { package.wholeness() };
        (package.distribution.dist_info.clone(), wholeness)
    });
    Survey { distributions, files, wholeness: wholeness.collect(), packages, root: root.to_owned() }
}

impl Survey {
    /// What directories and files tell of what the RECORD in this `*.dist-info` names.
    pub fn wholeness(&self, dist_info: &Path) -> Wholeness {
        self.wholeness.get(dist_info).copied().unwrap_or(Wholeness::Unknown)
    }

    /// Whether the object at a path has a function that `import` calls. Of what cannot be read, the name decides.
    pub fn has_module_hook(&self, path: &Path) -> bool {
        let look = || elf::has_module_hook(path).unwrap_or(true);
        let Ok(index) = self.files.binary_search_by(|seen| path_order(&seen.path, path)) else {
            return look();
        };
        let known = &self.files[index].module_hook;
        let has = known.get().unwrap_or_else(look);
        known.set(Some(has));
        has
    }

    /// Keeps what was seen for the next time, in the venv; not of distributions that are damaged.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep(&self, is_damaged: impl Fn(&Path) -> bool) -> anyhow::Result<()> {
        kept::write(&self.root, &self.packages, &self.files, is_damaged)
    }
}

/// What a file is now. One that is as it was known to be is not opened.
fn look(candidate: &Candidate<'_>) -> Looked {
    let path = &candidate.path;
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) => return Looked { fingerprint: None, module_hook: None, found: Err(error.into()) },
    };
    let fingerprint = Fingerprint::from(&metadata);
    let known = candidate.known.as_ref().filter(|known| known.fingerprint == fingerprint);
    let is_small = metadata.is_file() && metadata.len() < SMALLEST_PROGRAM && !is_of_library(path);
    let found = match known.and_then(Known::decode) {
        Some(found) => found,
        None if is_small => Err(Unreadable::NotElf),
        None => elf::read_known(path, &metadata),
    };
    Looked {
        fingerprint: Some(fingerprint),
        module_hook: known.and_then(|known| known.module_hook),
        found: found.map(Box::new),
    }
}

/// Those that matter, in path order, each once.
fn seen<'a>(
    all: impl Iterator<Item = (Candidate<'a>, Looked)>,
    is_listed: impl Fn(&Path) -> bool,
) -> Vec<Seen> {
    let seen = |(Candidate { path, owner, .. }, Looked { fingerprint, module_hook, found })| {
        let identity = fingerprint.map(|found| (found.device, found.inode)).unwrap_or_default();
        let found = match found {
            Ok(object) => Ok(Located { identity, object: Rc::from(object) }),
            Err(error) => Err(Rc::new(error)),
        };
        Seen {
            path,
            owners: owner.into_iter().collect(),
            found,
            fingerprint,
            module_hook: Cell::new(module_hook),
        }
    };
    let matters = |(candidate, looked): &(Candidate<'_>, Looked)| match &looked.found {
        Ok(_) | Err(Unreadable::Malformed(_) | Unreadable::Io(_)) => true,
        // What a listing shows is kept, whatever it is, so that it need not be opened again.
        Err(Unreadable::NotElf) => {
            candidate.owner.is_none() || is_named_as_library(&candidate.path) || is_listed(&candidate.path)
        }
        Err(Unreadable::NoFile) => is_named_as_library(&candidate.path),
    };
    let mut all: Vec<Seen> = all.filter(matters).map(seen).collect();
    all.sort_by(|a, b| path_order(&a.path, &b.path).then_with(|| a.owners.cmp(&b.owners)));
    all.dedup_by(|later, first| {
        let same = later.path == first.path;
        if same {
            first.owners.append(&mut later.owners);
        }
        same
    });
    all
}

/// Whether it is named as any library is: `x.so`, `libx.so.1`.
fn is_of_library(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    memmem::find(name.as_bytes(), b".so").is_some()
}

fn is_named_as_library(path: &Path) -> bool {
    path.as_os_str().as_bytes().ends_with(b".so")
}

/// As paths are ordered, part by part, without taking them apart.
fn path_order(a: &Path, b: &Path) -> Ordering {
    let (a, b) = (a.as_os_str().as_bytes(), b.as_os_str().as_bytes());
    let rank = |byte: &u8| if *byte == b'/' { 0 } else { u16::from(*byte) + 1 };
    let differ = a.iter().zip(b).find(|(a, b)| a != b);
    differ.map_or_else(|| a.len().cmp(&b.len()), |(a, b)| rank(a).cmp(&rank(b)))
}

impl Seen {
    /// Whether there is such a file at all.
    pub fn is_absent(&self) -> bool {
        matches!(&self.found, Err(error)
            if matches!(error.as_ref(), Unreadable::Io(error) if error.kind() == io::ErrorKind::NotFound))
    }
}

#[cfg(test)]
mod tests;
