//! What a resolver remembers: the same libraries are searched for in the same places for hundreds of
//! modules.

use std::ffi::{OsStr, OsString};
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::files::{Identity, Located};
use super::search::Refusal;
use crate::elf::Object;
use crate::maps::{Map, Set};

/// A list of directories. Equal lists are one in memory.
pub(super) type Directories = Rc<[PathBuf]>;

/// A name, by the number that a resolver gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Name(usize);

/// The route of this number.
pub(super) type RouteNumber = usize;

/// A map whose keys are numbers that this program gave: nobody can aim them at one another.
pub(super) type NumberMap<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<NumberHasher>>;

#[derive(Clone, Copy, Default)]
pub(super) struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_usize(byte.into()));
    }

    fn write_usize(&mut self, number: usize) {
        self.0 = (self.0.rotate_left(5) ^ number as u64).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn finish(&self) -> u64 {
        self.0.rotate_left(26)
    }
}

/// What follows from an object and the path it was found at.
#[derive(Debug)]
pub(super) struct Prepared {
    /// Which of those prepared it is.
    pub(super) number: usize,
    pub(super) path: Rc<Path>,
    /// The path without `.` and `..`.
    pub(super) normal: PathBuf,
    pub(super) object: Rc<Object>,
    pub(super) identity: Identity,
    /// Its needed names in order, their tokens replaced.
    pub(super) needed: Vec<Needed>,
    pub(super) soname: Option<Name>,
    /// The libraries of its version needs, in order.
    pub(super) version_libraries: Vec<Name>,
    /// DT_RPATH as far as it counts, and DT_RUNPATH, expanded.
    pub(super) rpath: Directories,
    pub(super) runpath: Directories,
    pub(super) likeness: Likeness,
}

/// What objects have in common that load the same libraries, and ask the same of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Likeness(usize);

/// What that follows from. Lists of directories by their addresses.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Traits {
    needed: Vec<Name>,
    versions: Vec<(Name, Name, bool)>,
    paths: [usize; 2],
    strict: bool,
    /// Whether it says that it opens libraries by name.
    opens: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Needed {
    pub(super) name: Name,
    /// Whether the kernel or an assumed loader brings it.
    pub(super) is_given: bool,
}

/// The places where one search looks, in order.
#[derive(Clone, Debug)]
pub(super) struct Route {
    /// Before ld.so.cache is asked; lists that the memory has.
    pub(super) before: Vec<Directories>,
    /// Without the default directories (DF_1_NODEFLIB).
    pub(super) strict: bool,
}

/// What a search came to.
pub(super) type Hit = Result<Option<Rc<Prepared>>, Refusal>;

/// What was found by one route.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) route: Route,
    pub(super) hits: NumberMap<Name, Hit>,
    pub(super) searched: Option<Directories>,
}

#[derive(Default)]
pub(super) struct Memory {
    prepared: Map<OsString, Rc<Prepared>>,
    pub(super) routes: Vec<Found>,
    /// By the addresses of the lists: to compare all paths takes longer than the search.
    route_numbers: NumberMap<(Vec<usize>, usize), RouteNumber>,
    likenesses: Map<Traits, Likeness>,
    lists: Set<Directories>,
    /// By folder and text.
    own_paths: Map<OsString, Map<OsString, Directories>>,
    names: Map<Rc<str>, Name>,
    texts: Vec<Rc<str>>,
}

impl Memory {
    /// The one list of these directories.
    pub(super) fn list(&mut self, directories: Vec<PathBuf>) -> Directories {
        if let Some(known) = self.lists.get(directories.as_slice()) {
            return Rc::clone(known);
        }
        let new: Directories = directories.into();
        self.lists.insert(Rc::clone(&new));
        new
    }

    /// What the text of a search path says in an object of this folder: neighbours have the same.
    pub(super) fn own_path(
        &mut self,
        folder: &Path,
        text: Option<&OsStr>,
        read: impl Fn(&OsStr) -> Vec<PathBuf>,
    ) -> Directories {
        let Some(text) = text else { return self.list(Vec::new()) };
        let of_folder = self.own_paths.entry(folder.as_os_str().to_owned()).or_default();
        if let Some(known) = of_folder.get(text) {
            return Rc::clone(known);
        }
        let new = self.list(read(text));
        let of_folder = self.own_paths.entry(folder.as_os_str().to_owned()).or_default();
        of_folder.insert(text.to_owned(), Rc::clone(&new));
        new
    }

    /// The number of a name.
    pub(super) fn name(&mut self, text: &str) -> Name {
        if let Some(known) = self.names.get(text) {
            return *known;
        }
        let (name, text) = (Name(self.texts.len()), Rc::<str>::from(text));
        self.texts.push(Rc::clone(&text));
        self.names.insert(text, name);
        name
    }

    /// The number of a name, if it has one.
    pub(super) fn known_name(&self, text: &str) -> Option<Name> {
        self.names.get(text).copied()
    }

    pub(super) fn text(&self, name: Name) -> Rc<str> {
        Rc::clone(&self.texts[name.0])
    }

    /// The number of a route.
    pub(super) fn route(&mut self, route: Route) -> RouteNumber {
        let addresses = route.before.iter().map(|list| list.as_ptr().addr()).collect();
        let routes = &mut self.routes;
        *self.route_numbers.entry((addresses, route.strict.into())).or_insert_with(|| {
            routes.push(Found { route, hits: NumberMap::default(), searched: None });
            routes.len() - 1
        })
    }

    fn versions(&mut self, object: &Object, libraries: &[Name]) -> Vec<(Name, Name, bool)> {
        let needs = object.version_needs.iter().zip(libraries);
        needs.map(|(need, library)| (*library, self.name(&need.version), need.weak)).collect()
    }

    pub(super) fn prepared(&self, path: &Path) -> Option<Rc<Prepared>> {
        self.prepared.get(path.as_os_str()).cloned()
    }

    /// Remembers what follows from the object at a path.
    pub(super) fn prepare(
        &mut self,
        path: &Path,
        located: Located,
        needed: Vec<Needed>,
        [rpath, runpath]: [Directories; 2],
    ) -> Rc<Prepared> {
        let Located { identity, object } = located;
        let version_libraries: Vec<Name> =
            object.version_needs.iter().map(|need| self.name(&need.library)).collect();
        let soname = object.soname.as_deref().map(|soname| self.name(soname));
        let traits = Traits {
            needed: needed.iter().map(|needed| needed.name).collect(),
            versions: self.versions(&object, &version_libraries),
            paths: [&rpath, &runpath].map(|list| list.as_ptr().addr()),
            strict: object.no_default_libs,
            opens: !object.openings.is_empty(),
        };
        let next = Likeness(self.likenesses.len());
        let prepared = Rc::new(Prepared {
            likeness: *self.likenesses.entry(traits).or_insert(next),
            number: self.prepared.len(),
            path: path.into(),
            normal: crate::fsx::normalize(path),
            identity,
            needed,
            version_libraries,
            soname,
            rpath,
            runpath,
            object,
        });
        self.prepared.insert(path.as_os_str().to_owned(), Rc::clone(&prepared));
        prepared
    }
}
