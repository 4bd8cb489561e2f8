//! Loads an object into a model of a process, breadth first, as the loader does.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
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
        self.finds_for(process, 0, name, offer)
    }

    /// Whether a dlopen of a bare name by the object of this index finds something.
    pub fn finds_for(&self, process: &Process, asker: usize, name: &str, offer: Offer<'_>) -> bool {
        if self.system.assumes(name) || process.by_name.contains_key(name) || offer(name).is_some() {
            return true;
        }
        asker < process.loads.len()
            && self.search(process, asker, Path::new(name)).is_ok_and(|hit| hit.is_some())
    }

    /// `process` after a dlopen of the object at `path`; unchanged if there is none to load.
    pub fn open(&self, process: &Process, path: &Path, offer: Offer<'_>) -> Process {
        self.open_answered(process, path, offer, &mut HashSet::new())
    }

    /// A load that fails for an offered library is tried again behind that library and its own ones, which
    /// therefore answer first to their names.
    fn open_answered(
        &self,
        process: &Process,
        path: &Path,
        offer: Offer<'_>,
        answered: &mut HashSet<PathBuf>,
    ) -> Process {
        let mut before = process.clone();
        loop {
            let asked = RefCell::new(Vec::new());
            let noting = |name: &str| offer(name).inspect(|path| asked.borrow_mut().push(path.clone()));
            let after = self.open_at_once(&before, path, &noting);
            let new: Vec<PathBuf> =
                asked.into_inner().into_iter().filter(|path| answered.insert(path.clone())).collect();
            if new.is_empty() {
                return after;
            }
            for path in new {
                before = self.open_answered(&before, &path, offer, answered);
            }
        }
    }

    fn open_at_once(&self, process: &Process, path: &Path, offer: Offer<'_>) -> Process {
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
        // The program's own name is empty (`l_name`).
        if name.is_empty() || glibc::is_kernels(&name) || self.system.assumes(&name) {
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
        let substitute = |text: &str| {
            let expanded = self.system.tokens.substitute(text.as_bytes(), directory(asker));
            expanded.to_string_lossy().into_owned()
        };
        let expanded = substitute(needed);
        // A path is expanded again where it is opened.
        if expanded.contains('/') { substitute(&expanded).into() } else { expanded.into() }
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
