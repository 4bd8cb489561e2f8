//! Where a needed name is looked for, and in which order: `_dl_map_object`, `open_path` and
//! `_dl_load_cache_lookup` of glibc.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::files::{Candidate, Folder};
use super::memory::{Hit, Name, Route};
use super::resolve::{Process, Resolver, TRY};
use super::tokens::Tokens;
use super::{Cache, glibc, processor};
use crate::elf::Machine;

/// The directory below each searched one that holds variants for newer processors.
pub(super) const HWCAPS: &str = "glibc-hwcaps";

/// More than these nobody reads.
const MOST_PLACES: usize = 64;

/// One loader's fixed ways: what it takes into account beside the objects themselves.
#[derive(Clone, Debug, Default)]
pub struct System {
    /// The loader itself, which is an object of each process.
    pub loader: Option<PathBuf>,
    /// LD_LIBRARY_PATH as the process will have it.
    pub library_path: OsString,
    /// ld.so.cache, for a loader that reads it.
    pub cache: Option<Cache>,
    /// Looked into last: nixpkgs' glibc knows only its own lib directory.
    pub default_directories: Vec<PathBuf>,
    /// Subdirectories of `glibc-hwcaps` that are looked into, best first.
    pub hwcaps: &'static [&'static str],
    /// What `$LIB` and `$PLATFORM` stand for.
    pub tokens: Tokens,
    /// Names that are there whatever the files say: for a loader that is only assumed.
    pub assumed: Option<fn(&str) -> bool>,
    /// More of them, one by one.
    pub assumed_libraries: Vec<String>,
    /// The names of the tree that a search path may not leave, if it may not: an assumed loader must
    /// not find what happens to lie on the machine that asks.
    pub confined_to: Vec<PathBuf>,
}

/// What `ldconfig` writes.
const CACHE: &str = "/etc/ld.so.cache";

impl System {
    /// The ways of the loader at `path`, ld.so.cache apart: nixpkgs' glibc has none.
    pub fn of_loader(path: &Path, machine: Machine) -> Self {
        let loader = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let default_directories = glibc::default_directories(&loader, machine);
        let lib = glibc::lib_token(&default_directories);
        Self {
            loader: Some(loader),
            default_directories,
            hwcaps: processor::hwcaps(machine),
            tokens: Tokens { lib, platform: processor::platform(machine) },
            ..Self::default()
        }
    }

    /// The same, with the system's ld.so.cache.
    pub fn with_cache(self, machine: Machine) -> Self {
        Self { cache: Some(Cache::read(Path::new(CACHE), machine, self.hwcaps)), ..self }
    }

    /// Whether a path that an object names, to search or to open, counts.
    pub(super) fn admits(&self, path: &Path) -> bool {
        let path = crate::fsx::normalize(path);
        self.confined_to.is_empty() || self.confined_to.iter().any(|root| path.starts_with(root))
    }

    /// Whether a name is there whatever the files say.
    pub(super) fn assumes(&self, name: &str) -> bool {
        self.assumed.is_some_and(|assumed| assumed(name))
            || self.assumed_libraries.iter().any(|assumed| assumed == name)
    }

    /// Whether a file lies in one of the default directories, as text has it.
    fn is_default(&self, file: &Path) -> bool {
        self.default_directories.iter().any(|directory| file.starts_with(directory))
    }
}

/// A file that ends the search, since the loader cannot use it and does not pass it over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The file.
    pub path: PathBuf,
    /// The loader's message.
    pub why: Rc<str>,
}

impl Resolver<'_> {
    /// The file for a name that no loaded object answers to.
    pub(super) fn search(&self, process: &mut Process, asker: usize, name: Name) -> Hit {
        let number = match process.loads[asker].route {
            Some(number) => number,
            None => self.memory.borrow_mut().route(self.route(process, asker)),
        };
        process.loads[asker].route = Some(number);
        if let Some(known) = self.memory.borrow().routes[number].hits.get(&name) {
            return known.clone();
        }
        let (route, text) = {
            let memory = self.memory.borrow();
            (memory.routes[number].route.clone(), memory.text(name))
        };
        let hit = self.follow(&route, Path::new(text.as_ref()));
        if !self.is_tired() {
            self.memory.borrow_mut().routes[number].hits.insert(name, hit.clone());
        }
        hit
    }

    /// The same for a name that is asked for once.
    pub(super) fn search_anew(&self, process: &Process, asker: usize, name: &Path) -> Hit {
        self.follow(&self.route(process, asker), name)
    }

    fn follow(&self, route: &Route, name: &Path) -> Hit {
        if name.as_os_str().as_encoded_bytes().contains(&b'/') {
            // A relative one lies where the process happens to be.
            let counts = name.is_absolute() && self.system.admits(name);
            return if counts { self.take(name.to_owned()) } else { Ok(None) };
        }
        let mut found = self.look(route.before.iter().map(|list| &**list), name)?;
        if found.is_none() {
            found = self.cached(route, name)?;
        }
        if found.is_none() {
            found = self.look([self.after(route)], name)?;
        }
        Ok(found)
    }

    /// The file for a name in the first list of directories that has one.
    fn look<'d>(&self, lists: impl IntoIterator<Item = &'d [PathBuf]>, name: &Path) -> Hit {
        for list in lists {
            if let Some(hit) = self.look_in(list, name)? {
                return Ok(Some(hit));
            }
        }
        Ok(None)
    }

    fn look_in(&self, list: &[PathBuf], name: &Path) -> Hit {
        for directory in list {
            self.take_steps(1);
            if self.is_tired() {
                break;
            }
            let folder = self.files.folder(directory);
            if folder == Folder::WithHwcaps {
                for level in self.system.hwcaps {
                    let path = directory.join(HWCAPS).join(level).join(name);
                    if let Some(hit) = self.take(path)? {
                        return Ok(Some(hit));
                    }
                }
            }
            if folder != Folder::Absent && self.files.may_hold(directory, name) {
                let path = directory.join(name);
                self.take_steps(TRY);
                match self.files.candidate(&path, self.machine) {
                    Candidate::Barred => return Ok(None),
                    found => {
                        if let Some(hit) = self.taken(path, found)? {
                            return Ok(Some(hit));
                        }
                    }
                }
            }
        }
        Ok(None)
    }

    fn take(&self, path: PathBuf) -> Hit {
        self.take_steps(TRY);
        let found = self.files.candidate(&path, self.machine);
        self.taken(path, found)
    }

    fn taken(&self, path: PathBuf, found: Candidate) -> Hit {
        match found {
            Candidate::Passed | Candidate::Barred => Ok(None),
            Candidate::Fits(located) => Ok(Some(self.prepared(&path, located))),
            Candidate::Refused(why) => Err(Refusal { path, why }),
        }
    }

    /// Where the needs of an object are looked for.
    fn route(&self, process: &Process, asker: usize) -> Route {
        let asking = &process.loads[asker];
        let mut before = Vec::new();
        if asking.object.runpath.is_none() {
            // DT_RPATH of the object, of those that loaded it, then of the program.
            let chain = std::iter::successors(Some(asker), |&index| process.loads[index].loader);
            let chain = chain.chain(process.program()).inspect(|_| self.take_steps(1));
            before.extend(chain.map(|index| Rc::clone(&process.loads[index].prepared.rpath)));
        }
        before.extend([Rc::clone(&process.library_path), Rc::clone(&asking.prepared.runpath)]);
        before.retain(|list| !list.is_empty());
        Route { before, strict: asking.object.no_default_libs }
    }

    /// The directories that are looked into after ld.so.cache was asked.
    fn after(&self, route: &Route) -> &[PathBuf] {
        if route.strict { &[] } else { &self.system.default_directories }
    }

    /// What ld.so.cache has. An object that wants no default directories gets no file from them by
    /// this way either.
    fn cached(&self, route: &Route, name: &Path) -> Hit {
        let found = || self.system.cache.as_ref()?.find(name.to_str()?);
        match found().filter(|file| !(route.strict && self.system.is_default(file))) {
            Some(file) => self.take(file.to_owned()),
            None => Ok(None),
        }
    }

    /// The first places where the needed names of an object are looked for, each once: what of them is
    /// worth telling.
    pub fn searched(&self, process: &Process, asker: usize) -> Rc<[PathBuf]> {
        let number = self.memory.borrow_mut().route(self.route(process, asker));
        let mut memory = self.memory.borrow_mut();
        let found = &mut memory.routes[number];
        if let Some(known) = &found.searched {
            return Rc::clone(known);
        }
        let mut places: Vec<PathBuf> = Vec::new();
        let before = found.route.before.iter().flat_map(|list| list.iter());
        for path in before.chain(self.after(&found.route)) {
            let path = crate::fsx::normalize(path);
            if places.len() == MOST_PLACES {
                break;
            }
            if !places.contains(&path) {
                places.push(path);
            }
        }
        Rc::clone(found.searched.insert(places.into()))
    }
}
