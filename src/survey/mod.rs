//! What is installed: the distributions of a tree, and what each file says of itself that is an object
//! or should be one. Names come from RECORDs; only directories that no RECORD explains are listed.

mod directories;
mod fingerprint;
mod kept;
mod package;
mod parallel;

use std::cmp::Ordering;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use self::fingerprint::Fingerprint;
use self::kept::{Kept, Known};
use self::package::Package;
use crate::elf::{self, Object, Unreadable};
use crate::loader::Located;
use crate::venv::{Distribution, dist_infos};

/// Taken by a thread at a time, of what takes a few microseconds each.
const SHARE: usize = 32;

/// What is installed.
pub struct Survey {
    /// By name.
    pub distributions: Vec<Distribution>,
    /// In path order: objects, damaged ones, and files named as modules that are no objects.
    pub files: Vec<Seen>,
    packages: Vec<Package>,
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
    Survey { distributions, files: seen(all, is_listed), packages, root: root.to_owned() }
}

impl Survey {
    /// Keeps what was seen for the next time, in the venv.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep(&self) -> anyhow::Result<()> {
        kept::write(&self.root, &self.packages, &self.files)
    }
}

/// What a file is now. One that is as it was known to be is not opened.
fn look(candidate: &Candidate<'_>) -> Looked {
    let path = &candidate.path;
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) => return Looked { fingerprint: None, found: Err(error.into()) },
    };
    let fingerprint = Fingerprint::from(&metadata);
    let known = candidate.known.as_ref().filter(|known| known.fingerprint == fingerprint);
    let found = known.and_then(Known::decode).unwrap_or_else(|| elf::read_known(path, &metadata));
    Looked { fingerprint: Some(fingerprint), found: found.map(Box::new) }
}

/// Those that matter, in path order, each once.
fn seen<'a>(
    all: impl Iterator<Item = (Candidate<'a>, Looked)>,
    is_listed: impl Fn(&Path) -> bool,
) -> Vec<Seen> {
    let seen = |(Candidate { path, owner, .. }, Looked { fingerprint, found })| {
        let identity = fingerprint.map(|found| (found.device, found.inode)).unwrap_or_default();
        let found = match found {
            Ok(object) => Ok(Located { identity, object: Rc::from(object) }),
            Err(error) => Err(Rc::new(error)),
        };
        Seen { path, owners: owner.into_iter().collect(), found, fingerprint }
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
