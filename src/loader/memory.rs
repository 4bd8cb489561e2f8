//! What a resolver remembers: the same libraries are searched for in the same places for hundreds of
//! modules.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::files::Located;
use super::search::Refusal;

/// A list of directories. Equal lists are one in memory.
pub(super) type Directories = Rc<[PathBuf]>;

/// What follows from an object and the path it was found at.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) path: Rc<Path>,
    /// The path without `.` and `..`.
    pub(super) normal: PathBuf,
    /// Its needed names, with their tokens replaced, and as they are.
    pub(super) needed: Vec<(Rc<str>, Rc<str>)>,
    pub(super) soname: Option<Rc<str>>,
    /// DT_RPATH as far as it counts, and DT_RUNPATH, expanded.
    pub(super) rpath: Directories,
    pub(super) runpath: Directories,
}

/// The places where one search looks, in order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Route {
    /// Before ld.so.cache is asked.
    pub(super) before: Vec<Directories>,
    /// Without the default directories (DF_1_NODEFLIB).
    pub(super) strict: bool,
}

/// What a search came to.
pub(super) type Hit = Result<Option<(Rc<Path>, Located)>, Refusal>;

/// What was found by one route.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) route: Route,
    pub(super) hits: HashMap<Rc<str>, Hit>,
    pub(super) searched: Option<Directories>,
}

/// The route of this number.
pub(super) type RouteNumber = usize;

#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) prepared: HashMap<OsString, Rc<Prepared>>,
    pub(super) routes: Vec<Found>,
    /// By the addresses of the lists: a hash of each path takes longer than the search.
    numbers: HashMap<(Vec<usize>, bool), RouteNumber>,
    lists: HashSet<Directories>,
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

    /// The number of a route, whose lists are all of this memory.
    pub(super) fn number(&mut self, route: Route) -> RouteNumber {
        let addresses = route.before.iter().map(|list| list.as_ptr().addr()).collect();
        let routes = &mut self.routes;
        *self.numbers.entry((addresses, route.strict)).or_insert_with(|| {
            routes.push(Found { route, hits: HashMap::new(), searched: None });
            routes.len() - 1
        })
    }
}
