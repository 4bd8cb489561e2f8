//! Loads an object into a model of a process, breadth first, as the loader does.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::files::{Candidate, Files, Identity, Located};
use super::glibc;
use super::search::{Refusal, System};
use super::versions::Known;
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
    pub(super) loader: Option<usize>,
    /// DT_RPATH as far as it counts, and DT_RUNPATH, expanded.
    pub(super) rpath: Rc<[PathBuf]>,
    pub(super) runpath: Rc<[PathBuf]>,
    pub(super) identity: Identity,
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
    /// The assumed loader or the kernel brings it.
    Assumed,
    /// Not found.
    Missing,
    /// Found, and of no use.
    Refused(Refusal),
}

/// The libraries that are opened for a process when its own search fails, by SONAME.
pub type Offer<'a> = &'a dyn Fn(&str) -> Option<PathBuf>;

/// A process: the objects loaded so far and the names they answer to.
#[derive(Clone, Default)]
pub struct Process {
    /// In link-map order.
    pub loads: Vec<Load>,
    /// LD_LIBRARY_PATH, expanded.
    pub(super) library_path: Rc<[PathBuf]>,
    /// Whether the first object is a program.
    started: bool,
    by_name: HashMap<String, usize>,
}

/// The search rules of one loader over one file system.
pub struct Resolver<'a> {
    pub(super) files: &'a dyn Files,
    pub(super) system: &'a System,
    pub(super) machine: Machine,
    pub(super) versions: RefCell<Known>,
}

impl<'a> Resolver<'a> {
    /// A resolver for objects of `machine`: all others are passed over.
    pub fn new(files: &'a dyn Files, system: &'a System, machine: Machine) -> Self {
        Self { files, system, machine, versions: RefCell::default() }
    }

    /// What is loaded when `program` has started; nothing if it cannot.
    pub fn start(&self, program: &Path, offer: Offer<'_>) -> Process {
        let mut process = Process::default();
        // The kernel starts a file, whatever links led to it.
        let Some((path, located)) = self.files.program(program) else { return process };
        if located.object.machine != self.machine {
            return process;
        }
        let (text, tokens) = (&self.system.library_path, &self.system.tokens);
        process.library_path = tokens.directories(text, b":;", directory(&path)).into();
        process.started = true;
        self.add(&mut process, path, located, None);
        if let Some(loader) = &self.system.loader
            && let Candidate::Fits(located) = self.files.candidate(loader, self.machine)
        {
            self.add(&mut process, loader.clone(), located, None);
        }
        self.load_needs(&mut process, 0, offer);
        process
    }

    /// Whether a dlopen of a bare name by the program of `process` finds something.
    pub fn finds(&self, process: &Process, name: &str, offer: Offer<'_>) -> bool {
        if process.by_name.contains_key(name) || offer(name).is_some() {
            return true;
        }
        !process.loads.is_empty() && self.search(process, 0, Path::new(name)).is_ok_and(|hit| hit.is_some())
    }

    /// `process` after a dlopen of the object at `path`; unchanged if there is none to load.
    pub fn open(&self, process: &Process, path: &Path, offer: Offer<'_>) -> Process {
        let mut process = process.clone();
        let Candidate::Fits(located) = self.files.candidate(path, self.machine) else { return process };
        let first = process.loads.len();
        self.add(&mut process, path.to_owned(), located, None);
        self.load_needs(&mut process, first, offer);
        process
    }

    /// Loads what the objects from `next` on need.
    fn load_needs(&self, process: &mut Process, mut next: usize, offer: Offer<'_>) {
        while next < process.loads.len() {
            let object = Rc::clone(&process.loads[next].object);
            for name in &object.needed {
                let outcome = self.satisfy(process, next, name, offer);
                process.loads[next].needs.push(Need { name: name.clone(), outcome });
            }
            next += 1;
        }
    }

    fn satisfy(&self, process: &mut Process, asker: usize, needed: &str, offer: Offer<'_>) -> Outcome {
        let name = self.expanded(needed, &process.loads[asker].path);
        if let Some(&index) = process.by_name.get(name.as_ref()) {
            return Outcome::Loaded(index);
        }
        if glibc::is_kernels(&name) || self.system.assumed.is_some_and(|assumed| assumed(&name)) {
            return Outcome::Assumed;
        }
        match self.search(process, asker, Path::new(name.as_ref())) {
            Ok(Some((path, located))) => {
                return Outcome::Loaded(self.add_as(process, &name, path, located, Some(asker)));
            }
            Ok(None) => {}
            Err(refusal) => return Outcome::Refused(refusal),
        }
        // An offered library is opened by path before the failed load is tried again.
        match offer(&name).map(|path| (self.files.candidate(&path, self.machine), path)) {
            Some((Candidate::Fits(located), path)) => {
                Outcome::Loaded(self.add_as(process, &name, path, located, None))
            }
            _ => Outcome::Missing,
        }
    }

    /// A needed name with its tokens replaced; few have any.
    fn expanded<'n>(&self, needed: &'n str, asker: &Path) -> Cow<'n, str> {
        if !needed.contains('$') {
            return needed.into();
        }
        let expanded = self.system.tokens.substitute(needed.as_bytes(), directory(asker));
        expanded.to_string_lossy().into_owned().into()
    }

    fn add_as(
        &self,
        process: &mut Process,
        name: &str,
        path: PathBuf,
        located: Located,
        loader: Option<usize>,
    ) -> usize {
        let index = self.add(process, path, located, loader);
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
        let mut directories = self.system.tokens.directories(text, b":", directory(path));
        directories.retain(|directory| self.system.admits(directory));
        directories.into()
    }
}

fn directory(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("/"))
}

impl Process {
    /// The index of the program, if one was started.
    pub(super) fn program(&self) -> Option<usize> {
        self.started.then_some(0)
    }

    /// The object that answers to a name.
    pub(super) fn named(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The needed names of the objects from `first` on that nothing satisfies, with the index of the
    /// object.
    pub fn missing(&self, first: usize) -> impl Iterator<Item = (usize, &str)> {
        self.needs(first)
            .filter(|(_, need)| need.outcome == Outcome::Missing)
            .map(|(index, need)| (index, need.name.as_str()))
    }

    /// The files that the search for needs of the objects from `first` on ended at, with the index of
    /// the object.
    pub fn refused(&self, first: usize) -> impl Iterator<Item = (usize, &str, &Refusal)> {
        self.needs(first).filter_map(|(index, need)| match &need.outcome {
            Outcome::Refused(refusal) => Some((index, need.name.as_str(), refusal)),
            _ => None,
        })
    }

    fn needs(&self, first: usize) -> impl Iterator<Item = (usize, &Need)> {
        let loads = self.loads.iter().enumerate().skip(first);
        loads.flat_map(|(index, load)| load.needs.iter().map(move |need| (index, need)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::elf::VersionNeed;
    use crate::loader::{Cache, Folder};

    /// Objects by path, in the order given. Those in `/old` define the version V_1.
    struct Table(Vec<(&'static str, Object)>);

    impl Files for Table {
        fn candidate(&self, path: &Path, machine: Machine) -> Candidate {
            let found = self.0.iter().enumerate().find(|(_, (name, _))| Path::new(name) == path);
            let located = found.map(|(index, (_, object))| Located {
                identity: (0, index as u64),
                object: Rc::new(object.clone()),
            });
            located.map_or(Candidate::Passed, |located| located.judged(machine))
        }

        fn folder(&self, path: &Path) -> Folder {
            let path = crate::fsx::normalize(path);
            match self.0.iter().any(|(name, _)| Path::new(name).parent() == Some(&path)) {
                true => Folder::Plain,
                false => Folder::Absent,
            }
        }

        fn program(&self, _: &Path) -> Option<(PathBuf, Located)> {
            None
        }

        fn version_definitions(&self, path: &Path, _: Identity) -> Rc<HashSet<String>> {
            let defined = path.starts_with("/old").then(|| "V_1".to_owned());
            Rc::new(defined.into_iter().collect())
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
            fault: None,
            version_needs: Vec::new(),
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

    #[test]
    fn a_version_that_is_not_defined_is_lacking() {
        let lacks = |directory: &str, version: &str, weak: bool| {
            let mut ext = rpath(object("", &["liba.so"]), directory);
            let need = VersionNeed { library: "liba.so".into(), version: version.into(), weak };
            ext.version_needs = vec![need];
            let table = vec![
                ("/v/ext.so", ext),
                ("/old/liba.so", object("liba.so", &[])),
                ("/bare/liba.so", object("liba.so", &[])),
            ];
            let (files, system) = (Table(table), System::default());
            let resolver = Resolver::new(&files, &system, Machine::X86_64);
            let process = resolver.open(&Process::default(), Path::new("/v/ext.so"), NONE);
            let lacks = resolver.lacking(&process, 0).into_iter().flat_map(|lack| lack.versions.to_vec());
            lacks.collect::<Vec<_>>()
        };
        assert_eq!(lacks("/old", "V_2", false), ["V_2"]);
        assert!(lacks("/old", "V_1", false).is_empty());
        // The loader only warns of these.
        assert!(lacks("/old", "V_2", true).is_empty());
        assert!(lacks("/bare", "V_2", false).is_empty());
    }

    #[test]
    fn the_cache_serves_an_object_without_default_directories_from_elsewhere() {
        let found = |file: &'static str| {
            let mut ext = object("", &["liba.so"]);
            ext.no_default_libs = true;
            let files = Table(vec![("/v/ext.so", ext), (file, object("liba.so", &[]))]);
            let system = System {
                cache: Some(Cache::of(&[("liba.so", file)])),
                default_directories: vec!["/lib".into()],
                ..System::default()
            };
            let resolver = Resolver::new(&files, &system, Machine::X86_64);
            let process = resolver.open(&Process::default(), Path::new("/v/ext.so"), NONE);
            process.missing(0).next().is_none()
        };
        assert!(found("/opt/liba.so"));
        assert!(!found("/lib/liba.so") && !found("/lib/sub/liba.so"));
    }
}
