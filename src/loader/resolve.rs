//! Loads an object into a model of a process, breadth first, as the loader does.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::files::{Candidate, Files, Located};
use super::glibc;
use super::memory::{Directories, Likeness, Memory, Name, Needed, NumberMap, Prepared, RouteNumber};
use super::search::{Refusal, System};
use super::versions::Known;
use crate::elf::{Machine, Object};
use crate::maps::Set;

/// An object in the modelled process.
#[derive(Clone)]
pub struct Load {
    /// The path it was found at.
    pub path: Rc<Path>,
    /// What it says of itself.
    pub object: Rc<Object>,
    /// What became of its needed names, in their order.
    pub(super) outcomes: Vec<Outcome>,
    /// The object that asked for it first (`l_loader`), whose RPATH it inherits.
    pub(super) loader: Option<usize>,
    pub(super) prepared: Rc<Prepared>,
    /// Where its needs are searched for, once that was asked.
    pub(super) route: Option<RouteNumber>,
}

/// One needed name, of one object in a process.
#[derive(Clone, Copy, Debug)]
pub struct Need<'p> {
    /// Index of the object.
    pub load: usize,
    /// Which of its needed names it is.
    pub place: usize,
    /// The name as DT_NEEDED has it.
    pub name: &'p str,
    /// What became of it.
    pub outcome: &'p Outcome,
}

impl Load {
    /// The path without `.` and `..`.
    pub fn normal_path(&self) -> &Path {
        &self.prepared.normal
    }

    /// The same for all loads of one path by one resolver.
    pub fn number(&self) -> usize {
        self.prepared.number
    }
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

/// Steps that are taken for one object and all that it loads: the largest take a fiftieth. A step is a
/// directory that is looked into, or what takes as long.
const MOST_STEPS: u64 = 1 << 18;
/// What a file that is tried takes, if it was not before.
pub(super) const TRY: u64 = 16;

/// A process: the objects loaded so far and the names they answer to.
#[derive(Clone, Default)]
pub struct Process {
    /// In link-map order.
    pub loads: Vec<Load>,
    /// Whether some of what is needed was not looked for, since there were too many.
    pub given_up: bool,
    /// LD_LIBRARY_PATH, expanded.
    pub(super) library_path: Directories,
    /// Whether the first object is a program.
    started: bool,
    /// What was opened last.
    opened: Option<usize>,
    /// Needs that nothing satisfies: object, and which of its needed names.
    unsatisfied: Vec<(usize, usize)>,
    pub(super) by_name: NumberMap<Name, usize>,
}

/// The search rules of one loader over one file system.
pub struct Resolver<'a> {
    pub(super) files: &'a dyn Files,
    pub(super) system: &'a System,
    pub(super) machine: Machine,
    pub(super) versions: RefCell<Known>,
    pub(super) memory: RefCell<Memory>,
    /// Taken so far, and when it is enough.
    steps: Cell<u64>,
    last_step: Cell<u64>,
}

impl<'a> Resolver<'a> {
    /// A resolver for objects of `machine`: all others are passed over.
    pub fn new(files: &'a dyn Files, system: &'a System, machine: Machine) -> Self {
        Self {
            files,
            system,
            machine,
            versions: RefCell::default(),
            memory: RefCell::default(),
            steps: Cell::new(0),
            last_step: Cell::new(MOST_STEPS),
        }
    }

    /// The steps taken so far: a measure of work that is the same on each machine.
    pub fn steps(&self) -> u64 {
        self.steps.get()
    }

    pub(super) fn take_steps(&self, count: u64) {
        self.steps.set(self.steps.get().saturating_add(count));
    }

    /// Whether too many were taken since the last start or open.
    pub(super) fn is_tired(&self) -> bool {
        self.steps.get() > self.last_step.get()
    }

    fn rest(&self) {
        self.last_step.set(self.steps.get().saturating_add(MOST_STEPS));
    }

    /// What is loaded when `program` has started; nothing if it cannot.
    pub fn start(&self, program: &Path, offer: Offer<'_>) -> Process {
        self.rest();
        let mut process = Process::default();
        // The kernel starts a file, whatever links led to it.
        let Some((path, located)) = self.files.program(program) else { return process };
        if located.object.machine != self.machine {
            return process;
        }
        let (text, tokens) = (&self.system.library_path, &self.system.tokens);
        let library_path = tokens.directories(text, b":;", directory(&path));
        process.library_path = self.memory.borrow_mut().list(library_path);
        process.started = true;
        let program = self.prepared(&path, located);
        add(&mut process, &program, None);
        if let Some(loader) = &self.system.loader
            && let Candidate::Fits(located) = self.files.candidate(loader, self.machine)
        {
            add(&mut process, &self.prepared(loader, located), None);
        }
        self.load_needs(&mut process, 0, offer);
        process
    }

    /// Whether a dlopen of a bare name by the program of `process` finds something.
    pub fn finds(&self, process: &Process, name: &str, offer: Offer<'_>) -> bool {
        self.rest();
        self.finds_for(process, 0, name, offer)
    }

    /// Whether a dlopen of a bare name by the object of this index finds something.
    pub fn finds_for(&self, process: &Process, asker: usize, name: &str, offer: Offer<'_>) -> bool {
        self.take_steps(TRY);
        // Of what was given up nothing is said.
        if self.is_tired()
            || self.system.assumes(name)
            || self.named(process, name).is_some()
            || offer(name).is_some()
        {
            return true;
        }
        let search = || self.search_anew(process, asker, Path::new(name)).is_ok_and(|hit| hit.is_some());
        asker < process.loads.len() && search() || self.is_tired()
    }

    /// `process` after a dlopen of the object at `path`; unchanged if there is none to load.
    pub fn open(&self, process: &Process, path: &Path, offer: Offer<'_>) -> Process {
        self.rest();
        self.open_answered(process, path, offer, &mut Set::default())
    }

    /// A load that fails for an offered library is tried again behind that library and its own ones, which
    /// therefore answer first to their names.
    fn open_answered(
        &self,
        process: &Process,
        path: &Path,
        offer: Offer<'_>,
        answered: &mut Set<PathBuf>,
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
        process.opened = Some(add(&mut process, &self.prepared(path, located), None));
        self.load_needs(&mut process, first, offer);
        process
    }

    /// What tells whether another object loads, and lacks, the same; `None` if there is none to load.
    pub fn likeness(&self, path: &Path) -> Option<Likeness> {
        match self.files.candidate(path, self.machine) {
            Candidate::Fits(located) => Some(self.prepared(path, located).likeness),
            _ => None,
        }
    }

    /// Loads what the objects from `next` on need, unless that is too much.
    fn load_needs(&self, process: &mut Process, mut next: usize, offer: Offer<'_>) {
        while next < process.loads.len() && !self.is_tired() {
            let prepared = Rc::clone(&process.loads[next].prepared);
            let mut outcomes = Vec::with_capacity(prepared.needed.len());
            for (place, needed) in prepared.needed.iter().enumerate() {
                let outcome = self.satisfy(process, next, *needed, offer);
                if self.is_tired() {
                    break;
                }
                if matches!(outcome, Outcome::Missing | Outcome::Refused(_)) {
                    process.unsatisfied.push((next, place));
                }
                outcomes.push(outcome);
            }
            process.loads[next].outcomes = outcomes;
            next += 1;
        }
        process.given_up = self.is_tired();
    }

    fn satisfy(&self, process: &mut Process, asker: usize, needed: Needed, offer: Offer<'_>) -> Outcome {
        let name = needed.name;
        // An object that is found is compared with all that are loaded.
        self.take_steps(1 + process.loads.len() as u64 / 32);
        if let Some(&index) = process.by_name.get(&name) {
            return Outcome::Loaded(index);
        }
        if needed.is_given {
            return Outcome::Assumed;
        }
        match self.search(process, asker, name) {
            Ok(Some(found)) => return Outcome::Loaded(add_as(process, name, &found, Some(asker))),
            Ok(None) => {}
            Err(refusal) => return Outcome::Refused(refusal),
        }
        // An offered library is opened by path before the failed load is tried again.
        let text = self.memory.borrow().text(name);
        match offer(&text).map(|path| (self.files.candidate(&path, self.machine), path)) {
            Some((Candidate::Fits(located), path)) => {
                Outcome::Loaded(add_as(process, name, &self.prepared(&path, located), None))
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

    pub(super) fn prepared(&self, path: &Path, located: Located) -> Rc<Prepared> {
        if let Some(known) = self.memory.borrow().prepared(path) {
            return known;
        }
        let object = Rc::clone(&located.object);
        let mut memory = self.memory.borrow_mut();
        let mut needed = |text: &String| {
            let text = self.expanded(text, path);
            // The program's own name is empty (`l_name`).
            let is_given = text.is_empty() || glibc::is_kernels(&text) || self.system.assumes(&text);
            Needed { name: memory.name(&text), is_given }
        };
        let needed = object.needed.iter().map(&mut needed).collect();
        // DT_RPATH has no say where there is a DT_RUNPATH (`elf_get_dynamic_info` drops it).
        let rpath = object.rpath.as_deref().filter(|_| object.runpath.is_none());
        let texts = [rpath, object.runpath.as_deref()];
        let paths =
            texts.map(|text| memory.own_path(directory(path), text, |text| self.own_path(path, text)));
        memory.prepare(path, located, needed, paths)
    }

    /// The object of a process that answers to a name.
    fn named(&self, process: &Process, name: &str) -> Option<usize> {
        process.by_name.get(&self.memory.borrow().known_name(name)?).copied()
    }

    fn own_path(&self, path: &Path, text: &OsStr) -> Vec<PathBuf> {
        let mut directories = self.system.tokens.directories(text, b":", directory(path));
        directories.retain(|directory| self.system.admits(directory));
        // Each is asked for by two names, where that is not known, and remembered.
        self.take_steps(4 * TRY * directories.len() as u64);
        directories.into_iter().map(|directory| self.files.spelling(directory)).collect()
    }
}

fn add_as(process: &mut Process, name: Name, found: &Rc<Prepared>, loader: Option<usize>) -> usize {
    let index = add(process, found, loader);
    process.by_name.insert(name, index);
    index
}

fn add(process: &mut Process, found: &Rc<Prepared>, loader: Option<usize>) -> usize {
    if let Some(index) = process.loads.iter().position(|load| load.prepared.identity == found.identity) {
        return index;
    }
    let index = process.loads.len();
    if let Some(soname) = found.soname {
        process.by_name.entry(soname).or_insert(index);
    }
    let (path, object, prepared) = (Rc::clone(&found.path), Rc::clone(&found.object), Rc::clone(found));
    process.loads.push(Load { path, object, outcomes: Vec::new(), loader, prepared, route: None });
    index
}

fn directory(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("/"))
}

impl Process {
    /// The index of the program, if one was started.
    pub(super) fn program(&self) -> Option<usize> {
        self.started.then_some(0)
    }

    /// The index of the object that was opened last.
    pub fn opened(&self) -> Option<usize> {
        self.opened
    }

    /// The needed names of the objects from `first` on that nothing satisfies.
    pub fn missing(&self, first: usize) -> impl Iterator<Item = Need<'_>> {
        self.unsatisfied(first).filter(|need| *need.outcome == Outcome::Missing)
    }

    /// The files that the search for needs of the objects from `first` on ended at.
    pub fn refused(&self, first: usize) -> impl Iterator<Item = (Need<'_>, &Refusal)> {
        self.unsatisfied(first).filter_map(|need| match need.outcome {
            Outcome::Refused(refusal) => Some((need, refusal)),
            _ => None,
        })
    }

    fn unsatisfied(&self, first: usize) -> impl Iterator<Item = Need<'_>> {
        let from = self.unsatisfied.partition_point(|(load, _)| *load < first);
        self.unsatisfied[from..].iter().filter_map(|&(index, place)| {
            let load = &self.loads[index];
            let (name, outcome) = (load.object.needed.get(place)?, load.outcomes.get(place)?);
            Some(Need { load: index, place, name, outcome })
        })
    }

    /// Whether another object needs that one.
    pub fn needs_object(&self, index: usize) -> bool {
        let mut outcomes = self.loads.iter().flat_map(|load| &load.outcomes);
        outcomes.any(|outcome| *outcome == Outcome::Loaded(index))
    }

    /// What the objects from `first` on need.
    pub fn needs(&self, first: usize) -> impl Iterator<Item = Need<'_>> {
        let loads = self.loads.iter().enumerate().skip(first);
        loads.flat_map(|(index, load)| {
            let needs = load.object.needed.iter().zip(&load.outcomes).enumerate();
            needs.map(move |(place, (name, outcome))| Need { load: index, place, name, outcome })
        })
    }
}
