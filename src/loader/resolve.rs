//! Loads an object into a model of a process, breadth first, as the loader does.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::files::{Files, Located};
use super::search::{System, expand, substitute};
use crate::elf::{Machine, Object};

/// An object in the modelled process.
#[derive(Clone, Debug)]
pub struct Load {
    /// The path it was found at.
    pub path: PathBuf,
    /// What it says of itself.
    pub object: Rc<Object>,
    /// Its needed names, in order, and what became of each.
    pub needs: Vec<Need>,
    /// The object that asked for it first (`l_loader`), whose RPATH it inherits.
    loader: Option<usize>,
    /// DT_RPATH as far as it counts, and DT_RUNPATH, expanded.
    rpath: Rc<[PathBuf]>,
    runpath: Rc<[PathBuf]>,
    identity: (u64, u64),
}

/// One needed name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The name as DT_NEEDED has it.
    pub name: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// What the search for a needed name comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Satisfied by the object of this index in the process.
    Loaded(usize),
    /// The assumed loader brings it.
    Assumed,
    /// Not found.
    Missing,
}

/// The libraries that are opened for a process when its own search fails, by SONAME.
pub type Offer<'a> = &'a dyn Fn(&str) -> Option<PathBuf>;

/// A process: the objects loaded so far and the names they answer to.
#[derive(Clone, Default)]
pub struct Process {
    /// In link-map order.
    pub loads: Vec<Load>,
    by_name: HashMap<String, usize>,
}

/// The search rules of one loader over one file system.
pub struct Resolver<'a> {
    files: &'a dyn Files,
    system: &'a System,
    machine: Machine,
}

impl<'a> Resolver<'a> {
    /// A resolver for objects of `machine`: all others are passed over.
    pub fn new(files: &'a dyn Files, system: &'a System, machine: Machine) -> Self {
        Self { files, system, machine }
    }

    /// What is loaded when `program` has started.
    pub fn start(&self, program: &Path) -> Process {
        self.open(&Process::default(), program, &|_| None)
    }

    /// Whether a dlopen of a bare name by the program of `process` finds something.
    pub fn finds(&self, process: &Process, name: &str, offer: Offer<'_>) -> bool {
        if process.by_name.contains_key(name) || offer(name).is_some() {
            return true;
        }
        !process.loads.is_empty() && self.search(process, 0, name).is_some()
    }

    /// `process` after a dlopen of the object at `path`; unchanged if there is none to load.
    pub fn open(&self, process: &Process, path: &Path, offer: Offer<'_>) -> Process {
        let mut process = process.clone();
        let Some(located) = self.acceptable(path) else { return process };
        let mut next = process.loads.len();
        let caller = (next > 0).then_some(0);
        self.add(&mut process, path.to_owned(), located, caller);
        while next < process.loads.len() {
            let object = Rc::clone(&process.loads[next].object);
            for name in &object.needed {
                let outcome = self.satisfy(&mut process, next, name, offer);
                process.loads[next].needs.push(Need { name: name.clone(), outcome });
            }
            next += 1;
        }
        process
    }

    fn satisfy(&self, process: &mut Process, asker: usize, name: &str, offer: Offer<'_>) -> Outcome {
        if let Some(&index) = process.by_name.get(name) {
            return Outcome::Loaded(index);
        }
        if self.system.assumed.is_some_and(|assumed| assumed(name)) {
            return Outcome::Assumed;
        }
        if let Some((path, located)) = self.search(process, asker, name) {
            return Outcome::Loaded(self.add_as(process, name, path, located, Some(asker)));
        }
        // An offered library is opened by path before the failed load is tried again.
        let offered = offer(name).and_then(|path| Some((self.acceptable(&path)?, path)));
        match offered {
            Some((located, path)) => Outcome::Loaded(self.add_as(process, name, path, located, None)),
            None => Outcome::Missing,
        }
    }

    fn search(&self, process: &Process, asker: usize, name: &str) -> Option<(PathBuf, Located)> {
        if name.contains('/') {
            let origin = directory(&process.loads[asker].path);
            let path = PathBuf::from(substitute(name.as_bytes(), origin, self.machine));
            return path.is_absolute().then(|| Some((path.clone(), self.acceptable(&path)?)))?;
        }
        let look = |directories: &[PathBuf]| {
            let present = directories.iter().filter(|directory| self.files.is_directory(directory));
            present
                .map(|directory| directory.join(name))
                .find_map(|path| Some((path.clone(), self.acceptable(&path)?)))
        };
        let [before, after] = self.directories(process, asker);
        look(&before).or_else(|| self.cached(process, asker, name)).or_else(|| look(&after))
    }

    /// The directories in the order of glibc's `_dl_map_object`: those before ld.so.cache is asked,
    /// and those after it.
    fn directories(&self, process: &Process, asker: usize) -> [Vec<PathBuf>; 2] {
        let asking = &process.loads[asker];
        let mut before = Vec::new();
        if asking.object.runpath.is_none() {
            // DT_RPATH of the object, of those that loaded it, then of the program.
            let chain = std::iter::successors(Some(asker), |&index| process.loads[index].loader);
            chain.chain([0]).for_each(|index| before.extend_from_slice(&process.loads[index].rpath));
        }
        before.extend_from_slice(&self.system.library_path);
        before.extend_from_slice(&asking.runpath);
        let after = match asking.object.no_default_libs {
            true => Vec::new(),
            false => self.system.default_directories.clone(),
        };
        [before, after]
    }

    fn cached(&self, process: &Process, asker: usize, name: &str) -> Option<(PathBuf, Located)> {
        let cache = self.system.cache.as_ref().filter(|_| !process.loads[asker].object.no_default_libs)?;
        cache.find(name).iter().find_map(|path| Some((path.clone(), self.acceptable(path)?)))
    }

    /// Where the needed names of an object are looked for, each place once.
    pub fn searched(&self, process: &Process, asker: usize) -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = Vec::new();
        for path in self.directories(process, asker).concat() {
            let path = crate::fsx::normalize(&path);
            if !found.contains(&path) {
                found.push(path);
            }
        }
        found
    }

    fn add_as(
        &self,
        process: &mut Process,
        name: &str,
        path: PathBuf,
        located: Located,
        loader: Option<usize>,
    ) -> usize {
        let index = self.add(process, path, located, loader.or((!process.loads.is_empty()).then_some(0)));
        process.by_name.insert(name.to_owned(), index);
        index
    }

    fn add(&self, process: &mut Process, path: PathBuf, located: Located, loader: Option<usize>) -> usize {
        let Located { identity, object } = located;
        if let Some(index) = process.loads.iter().position(|load| load.identity == identity) {
            return index;
        }
        let index = process.loads.len();
        if let Some(soname) = &object.soname {
            process.by_name.entry(soname.clone()).or_insert(index);
        }
        // DT_RPATH has no say where there is a DT_RUNPATH (`elf_get_dynamic_info` drops it).
        let rpath = object.rpath.as_deref().filter(|_| object.runpath.is_none());
        let (rpath, runpath) = (self.own_path(&path, rpath), self.own_path(&path, object.runpath.as_deref()));
        process.loads.push(Load { path, object, needs: Vec::new(), loader, rpath, runpath, identity });
        index
    }

    fn own_path(&self, path: &Path, text: Option<&OsStr>) -> Rc<[PathBuf]> {
        let Some(text) = text else { return Rc::default() };
        let mut directories = expand(text, directory(path), self.machine);
        directories.retain(|directory| self.system.admits(directory));
        directories.into()
    }

    /// The loader goes on with its search past a file of another class or machine.
    fn acceptable(&self, path: &Path) -> Option<Located> {
        self.files.object(path).filter(|located| located.object.machine == self.machine)
    }
}

fn directory(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("/"))
}

impl Process {
    /// The needed names of the objects from `first` on that nothing satisfies, with the index of the
    /// object.
    pub fn missing(&self, first: usize) -> impl Iterator<Item = (usize, &str)> {
        self.loads.iter().enumerate().skip(first).flat_map(|(index, load)| {
            let missing = load.needs.iter().filter(|need| need.outcome == Outcome::Missing);
            missing.map(move |need| (index, need.name.as_str()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Objects by path, in the order given.
    struct Table(Vec<(&'static str, Object)>);

    impl Files for Table {
        fn object(&self, path: &Path) -> Option<Located> {
            let (index, (_, object)) =
                self.0.iter().enumerate().find(|(_, (name, _))| Path::new(name) == path)?;
            Some(Located { identity: (0, index as u64), object: Rc::new(object.clone()) })
        }

        fn is_directory(&self, path: &Path) -> bool {
            let path = crate::fsx::normalize(path);
            self.0.iter().any(|(name, _)| Path::new(name).parent() == Some(&path))
        }
    }

    fn object(soname: &str, needed: &[&str]) -> Object {
        Object {
            machine: Machine::X86_64,
            fixed_executable: false,
            interpreter: None,
            soname: (!soname.is_empty()).then(|| soname.into()),
            needed: needed.iter().map(|&name| name.into()).collect(),
            rpath: None,
            runpath: None,
            no_default_libs: false,
            pie: false,
            dynamic: true,
        }
    }

    fn rpath(mut object: Object, text: &str) -> Object {
        object.rpath = Some(text.into());
        object
    }

    fn runpath(mut object: Object, text: &str) -> Object {
        object.runpath = Some(text.into());
        object
    }

    fn missing(table: Vec<(&'static str, Object)>, offer: Offer<'_>) -> Vec<String> {
        let (files, system) = (Table(table), System::default());
        let resolver = Resolver::new(&files, &system, Machine::X86_64);
        let process = resolver.open(&Process::default(), Path::new("/v/ext.so"), offer);
        process.missing(0).map(|(_, name)| name.to_owned()).collect()
    }

    const NONE: Offer<'static> = &|_| None;

    #[test]
    fn rpath_is_inherited_and_runpath_is_not() {
        let deep = |ext: Object| {
            vec![
                ("/v/ext.so", ext),
                ("/v/libs/liba.so", object("liba.so", &["libb.so"])),
                ("/v/libs/libb.so", object("libb.so", &[])),
            ]
        };
        let ext = || object("", &["liba.so"]);
        assert!(missing(deep(rpath(ext(), "$ORIGIN/libs")), NONE).is_empty());
        assert_eq!(missing(deep(runpath(ext(), "$ORIGIN/libs")), NONE), ["libb.so"]);
    }

    #[test]
    fn an_object_with_runpath_does_not_inherit_rpath() {
        let table = vec![
            ("/v/ext.so", rpath(object("", &["liba.so"]), "$ORIGIN/libs")),
            ("/v/libs/liba.so", runpath(object("liba.so", &["libb.so"]), "$ORIGIN/elsewhere")),
            ("/v/libs/libb.so", object("libb.so", &[])),
        ];
        assert_eq!(missing(table, NONE), ["libb.so"]);
    }

    #[test]
    fn a_loaded_soname_satisfies_whatever_the_file_is_called() {
        let table = vec![
            ("/v/ext.so", rpath(object("", &["libz.def23b81.so.1", "liba.so"]), "$ORIGIN/libs")),
            ("/v/libs/libz.def23b81.so.1", object("libz.so.1", &[])),
            ("/v/libs/liba.so", runpath(object("liba.so", &["libz.so.1"]), "/nowhere")),
        ];
        assert!(missing(table, NONE).is_empty());
    }

    #[test]
    fn another_architecture_is_passed_over() {
        let mut other = object("liba.so", &[]);
        other.machine = Machine::AARCH64;
        let table = vec![
            ("/v/ext.so", rpath(object("", &["liba.so"]), "$ORIGIN/arm:$ORIGIN/x86")),
            ("/v/arm/liba.so", other),
            ("/v/x86/liba.so", object("liba.so", &[])),
        ];
        assert!(missing(table, NONE).is_empty());
    }

    #[test]
    fn an_offered_library_serves_and_its_own_needs_count() {
        let table = vec![
            ("/v/ext.so", object("", &["libGL.so.1"])),
            ("/nix/store/gl/lib/libGL.so.1", object("libGL.so.1", &["libGLX.so.0"])),
        ];
        let offer: Offer<'_> = &|name| (name == "libGL.so.1").then(|| "/nix/store/gl/lib/libGL.so.1".into());
        assert_eq!(missing(table, offer), ["libGLX.so.0"]);
    }

    #[test]
    fn a_cycle_ends() {
        let table = vec![
            ("/v/ext.so", rpath(object("", &["liba.so"]), "$ORIGIN")),
            ("/v/liba.so", object("liba.so", &["libb.so"])),
            ("/v/libb.so", object("libb.so", &["liba.so", "libc.so.6"])),
        ];
        assert_eq!(missing(table, NONE), ["libc.so.6"]);
    }
}
