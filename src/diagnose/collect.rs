//! Resolves every object in its role and gathers what is missing by library.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::abi::{place, provided, wrong_abis};
use super::damaged::{GivenUp, Stops};
use super::finding::{Affected, Code, Finding, Reach, Remedy, Severity};
use super::musl::{self, MuslObjects};
use super::noted::Noted;
use super::opened::{move_to_opened, unopened_libraries};
use super::own_loads::OwnLoads;
use super::preload::Preloads;
use super::role::{Role, role};
use super::vanished::{Vanished, without_loader, would_have};
use super::versions::OldLibraries;
use crate::elf::{Machine, Object, Unreadable, Verdict};
use crate::loader::{Load, Need, Offer, Process, Refusal, Resolver};
use crate::venv::{Abi, Distribution};

/// A file of the venv that was looked into.
pub struct Examined {
    /// Absolute path.
    pub path: PathBuf,
    /// As people know it: relative to site-packages, or to the venv.
    pub shown: PathBuf,
    /// Indices of the distributions that own it.
    pub owners: Vec<usize>,
    /// What it says of itself.
    pub object: Result<Rc<Object>, Rc<Unreadable>>,
}

/// A library that a package opens by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Index of the distribution.
    pub owner: usize,
    /// The name.
    pub soname: String,
    /// What fails without it.
    pub reach: Reach,
}

/// Everything findings follow from.
pub struct Input<'a> {
    /// The files examined; those that are no ELF files and do not pretend to be are left out.
    pub examined: &'a [Examined],
    /// The installed distributions.
    pub distributions: &'a [Distribution],
    /// The machine of the interpreter.
    pub machine: Machine,
    /// What its extension modules are built for.
    pub python: Option<Abi>,
    /// Whether its libc is musl.
    pub musl: bool,
    /// Whether a file is there.
    pub exists: &'a dyn Fn(&Path) -> bool,
    /// The search rules of its loader.
    pub resolver: Resolver<'a>,
    /// What is loaded when it has started.
    pub interpreter: Process,
    /// Libraries that reach the interpreter.
    pub offer: Offer<'a>,
    /// Libraries that installed packages open by name.
    pub opened: &'a [Opened],
    /// Whether the Python sources in a package's folder load a file of this name.
    pub loads: &'a dyn Fn(&Path, &str) -> bool,
    /// Whether a program's interpreter works here.
    pub starts: &'a dyn Fn(&str) -> bool,
    /// What to do for a missing library that distributions of these names want.
    pub library_remedy: &'a dyn Fn(&str, &[&str]) -> Remedy,
    /// What to do for a distribution, by index, that was built here with a store path that is gone; none for
    /// one that was built elsewhere.
    pub rebuild_remedy: &'a dyn Fn(usize, &Path) -> Option<Remedy>,
    /// What to do for a program that cannot start, by its file name.
    pub program_remedy: &'a dyn Fn(&str) -> Remedy,
}

/// All findings, errors first, each list sorted.
pub fn diagnose(input: &Input<'_>) -> Vec<Finding> {
    let mut findings = unloadable_objects(input);
    let unopened = unopened_libraries(input, &findings);
    findings.extend(unopened);
    move_to_opened(input, &mut findings);
    findings.extend(foreign_programs(input));
    findings.extend(without_loader(input));
    findings.extend(wrong_architectures(input));
    findings.extend(wrong_abis(input));
    findings.sort_by(|a, b| {
        // Of what plugins need, what the table of opened libraries knows comes first.
        let code = |finding: &Finding| match (finding.code, finding.reach) {
            (Code::DlopenLibrary, Some(Reach::Plugin)) => None,
            (code, _) => Some(code),
        };
        let key =
            |finding: &Finding| (finding.severity, code(finding), finding.reach, finding.soname.clone());
        key(a).cmp(&key(b)).then_with(|| a.distributions.cmp(&b.distributions))
    });
    findings
}

impl Input<'_> {
    /// Objects that the interpreter's machine can run.
    pub(super) fn objects(&self) -> impl Iterator<Item = (&Examined, &Object)> {
        self.examined.iter().filter_map(|examined| {
            let object = examined.object.as_ref().ok()?;
            (object.machine == self.machine).then_some((examined, object.as_ref()))
        })
    }

    /// Has the installer bring a distribution again, as an index has it for this interpreter.
    pub(super) fn reinstall(&self, owner: Owner) -> Remedy {
        match owner.and_then(|owner| self.distributions.get(owner)) {
            Some(found) => Remedy::Command {
                command: format!("pip install --force-reinstall --no-deps --no-cache-dir {}", found.name),
            },
            None => Remedy::None { reason: "no installed distribution owns the file: remove it".into() },
        }
    }

    pub(super) fn remedy_for(&self, soname: &str, affected: &[Affected]) -> Remedy {
        let names: Vec<&str> = affected.iter().map(|affected| affected.name.as_str()).collect();
        (self.library_remedy)(soname, &names)
    }

    /// The objects of each distribution, as a finding has them.
    pub(super) fn affected(&self, objects: BTreeMap<Option<usize>, Vec<String>>) -> Vec<Affected> {
        let named = objects.into_iter().map(|(owner, mut objects)| {
            objects.sort();
            objects.dedup();
            let found = owner.and_then(|owner| self.distributions.get(owner));
            let (name, version) = found.map(|d| (d.name.clone(), d.version.clone())).unwrap_or_default();
            Affected { name, version, objects }
        });
        let mut all: Vec<_> = named.collect();
        all.sort();
        all
    }
}

/// Steps of the search for the needs of all objects: a large venv takes a tenth.
const MOST_STEPS: u64 = 1 << 21;
const MOST_STEPS_OF_EACH: u64 = 1 << 10;
/// Directories that are named in all findings together.
const MOST_SEARCHED: usize = 1 << 15;

/// A distribution by index; `None` for files that no RECORD names.
pub(super) type Owner = Option<usize>;

impl Examined {
    /// Whose it is: of one or several, or of none.
    pub(super) fn owners(&self) -> impl Iterator<Item = Owner> {
        let nobody = self.owners.is_empty().then_some(None);
        self.owners.iter().copied().map(Some).chain(nobody)
    }
}

/// What is known of one library that one distribution misses.
struct Miss {
    reach: Reach,
    objects: Vec<String>,
    searched: Rc<[PathBuf]>,
    /// The store package that had it, if that is gone.
    gone: Option<PathBuf>,
}

struct Misses<'a> {
    input: &'a Input<'a>,
    by_path: HashMap<&'a OsStr, &'a Examined>,
    preloads: Preloads,
    found: BTreeMap<(String, Owner), Miss>,
    /// The needs of loads (by their numbers) that were noted in this reach or a worse one.
    asked: HashSet<(usize, usize)>,
    /// Which loads, by their numbers, are files of the venv.
    own: HashMap<usize, Option<&'a Examined>>,
    stops: Stops,
    given_up: GivenUp,
    /// The pairs of loads that were noted to not go together, and the needs that end at a file, as `asked`.
    lacked: HashSet<(usize, usize)>,
    refused: HashSet<(usize, usize)>,
    noted: Noted,
    musl: MuslObjects,
    /// Folder and name of the extension modules that are imported.
    modules: HashSet<(&'a Path, &'a str)>,
    old: OldLibraries,
    /// Objects that are known to be loaded by an import.
    imported: HashSet<Rc<Path>>,
    imported_numbers: HashSet<usize>,
}

/// What keeps objects from being loaded, as each is in its role.
fn unloadable_objects(input: &Input<'_>) -> Vec<Finding> {
    let named = |(examined, object): (&'_ Examined, &'_ Object)| {
        Some((object.soname.clone()?, examined.owners.clone()))
    };
    let sonames: Vec<(String, Vec<usize>)> = input.objects().filter_map(named).collect();
    let pairs = sonames.iter().map(|(soname, owners)| (soname.as_str(), owners.as_slice()));
    let mut misses = Misses {
        input,
        by_path: input.objects().map(|(examined, _)| (examined.path.as_os_str(), examined)).collect(),
        preloads: Preloads::new(input.distributions, pairs),
        found: BTreeMap::new(),
        asked: HashSet::new(),
        own: HashMap::new(),
        stops: Stops::default(),
        given_up: GivenUp::default(),
        lacked: HashSet::new(),
        refused: HashSet::new(),
        noted: Noted::default(),
        musl: MuslObjects::default(),
        modules: provided(input),
        old: OldLibraries::default(),
        imported: HashSet::new(),
        imported_numbers: HashSet::new(),
    };
    let role_of =
        |(examined, object): (&'_ Examined, &'_ Object)| role(&examined.shown, object, input.python);
    let roles: Vec<Role> = input.objects().map(role_of).collect();
    let of = |wanted: Role| {
        let all = input.objects().zip(&roles);
        all.filter(move |(_, role)| **role == wanted).map(|((examined, _), _)| examined)
    };
    of(Role::Extension).for_each(|examined| misses.open(examined, Reach::Import));
    of(Role::Program).for_each(|examined| misses.open(examined, Reach::Program));
    let own_loads = OwnLoads::new(input);
    for examined in of(Role::Library) {
        if !misses.imported.contains(examined.path.as_path()) {
            let reach = if own_loads.load(examined) { Reach::Import } else { Reach::Plugin };
            misses.open(examined, reach);
        }
    }
    misses.into_findings()
}

impl<'a> Misses<'a> {
    /// Loads `root` as its role has it and notes what is missing.
    fn open(&mut self, root: &'a Examined, reach: Reach) {
        if self.is_foreign(root) {
            // One for each libc, side by side, is as it should be.
            if !place(root).is_some_and(|place| self.modules.contains(&place)) {
                self.musl.note(root, reach);
            }
            return;
        }
        let (resolver, offer) = (&self.input.resolver, self.input.offer);
        let enough = MOST_STEPS + MOST_STEPS_OF_EACH * self.input.examined.len() as u64;
        if resolver.steps() > enough {
            return self.given_up.note(root, reach);
        }
        let (first, process) = match reach {
            Reach::Program => (0, resolver.start(&root.path, offer)),
            _ => {
                let start = &self.input.interpreter;
                (start.loads.len(), resolver.open(start, &root.path, offer))
            }
        };
        if process.given_up {
            self.given_up.note(root, reach);
        }
        // What is asked for each needed name, and is the same for all of an object.
        let mut foreign: HashMap<usize, bool> = HashMap::new();
        let mut gone: HashMap<usize, Option<PathBuf>> = HashMap::new();
        for Need { load, place, name, .. } in process.missing(first) {
            let own = self.own(&process.loads[load]);
            if own.is_some() && !self.asked.insert((process.loads[load].number(), place)) {
                continue;
            }
            let asker = own.unwrap_or(root);
            if *foreign.entry(load).or_insert_with(|| self.is_foreign(asker)) {
                self.musl.note(asker, reach);
            } else if !self.preloads.brings(&asker.owners, name) {
                let would_have = || would_have(self.input.exists, name, [asker, root]);
                let gone = match name.contains('/') {
                    true => would_have(),
                    false => gone.entry(load).or_insert_with(would_have).clone(),
                };
                self.note(asker, name, reach, &resolver.searched(&process, load), gone.as_deref());
            }
        }
        self.note_openings(&process, first, reach);
        self.note_unusable(&process, first, root, reach);
        if reach == Reach::Import {
            for load in process.loads.iter().skip(first) {
                if self.imported_numbers.insert(load.number()) {
                    self.imported.insert(Rc::clone(&load.path));
                }
            }
        }
    }

    /// Notes what objects of the venv say they open, and will not find.
    fn note_openings(&mut self, process: &Process, first: usize, reach: Reach) {
        for (index, load) in process.loads.iter().enumerate().skip(first) {
            if load.object.openings.is_empty() {
                continue;
            }
            let Some(examined) = self.own(load) else { continue };
            for opening in &load.object.openings {
                let mut names = opening.sonames.iter();
                let found = names.any(|name| {
                    self.input.resolver.finds_for(process, index, name, self.input.offer)
                        || self.preloads.brings(&examined.owners, name)
                });
                if !found {
                    self.noted.note(examined, opening, reach);
                }
            }
        }
    }

    fn is_foreign(&self, examined: &Examined) -> bool {
        let object = examined.object.as_ref();
        object.is_ok_and(|object| musl::is_foreign(self.input, examined, object))
    }

    /// Notes the files that are found and do not serve: damaged, or too old.
    fn note_unusable(&mut self, process: &Process, first: usize, root: &'a Examined, reach: Reach) {
        let verdict = root.object.as_ref().map(|object| object.verdict(self.input.machine));
        if let (Ok(Verdict::Refused(why)), Reach::Import) = (verdict, reach) {
            let refusal = Refusal { path: root.path.clone(), why: why.into() };
            self.stops.note(&refusal, root, &root.shown.display().to_string(), reach);
        }
        for (need, refusal) in process.refused(first) {
            let load = &process.loads[need.load];
            if self.own(load).is_some() && !self.refused.insert((load.number(), need.place)) {
                continue;
            }
            let asker = self.asker(load, root);
            if !self.preloads.brings(&asker.owners, need.name) {
                self.stops.note(refusal, asker, need.name, reach);
            }
        }
        for lack in self.input.resolver.lacking(process, first) {
            let (load, library) = (&process.loads[lack.asker], &process.loads[lack.library]);
            if self.own(load).is_some() && !self.lacked.insert((load.number(), library.number())) {
                continue;
            }
            let asker = self.asker(load, root);
            let path = &process.loads[lack.library].path;
            let theirs = self.by_path.get(process.loads[lack.library].normal_path().as_os_str()).copied();
            self.old.note(self.input, &lack, asker, (path, theirs), reach);
        }
    }

    /// The file of the venv that a needed name is charged to: its own object, or, for a library
    /// from outside, the object that led there.
    fn asker(&mut self, load: &Load, root: &'a Examined) -> &'a Examined {
        self.own(load).unwrap_or(root)
    }

    /// The file of the venv that was loaded.
    fn own(&mut self, load: &Load) -> Option<&'a Examined> {
        let find = || self.by_path.get(load.normal_path().as_os_str()).copied();
        *self.own.entry(load.number()).or_insert_with(find)
    }

    fn note(
        &mut self,
        asker: &Examined,
        name: &str,
        reach: Reach,
        searched: &Rc<[PathBuf]>,
        gone: Option<&Path>,
    ) {
        for owner in asker.owners() {
            let miss = self.found.entry((name.to_owned(), owner)).or_insert_with(|| Miss {
                reach,
                objects: Vec::new(),
                searched: Rc::clone(searched),
                gone: None,
            });
            miss.gone = miss.gone.take().or_else(|| gone.map(Path::to_owned));
            miss.reach = miss.reach.min(reach);
            miss.objects.push(asker.shown.display().to_string());
        }
    }

    /// One finding for each library and reach, then what is found and does not serve.
    fn into_findings(self) -> Vec<Finding> {
        let mut unusable = self.old.into_findings(self.input);
        unusable.extend(self.stops.into_findings(self.input));
        unusable.extend(self.given_up.into_findings(self.input));
        unusable.extend(self.musl.into_findings(self.input));
        let missed = |soname: &str, owner| self.found.contains_key(&(soname.to_owned(), owner));
        unusable.extend(self.noted.into_findings(self.input, &missed));
        let mut grouped: BTreeMap<(String, Reach), Vec<(Owner, Miss)>> = BTreeMap::new();
        let mut vanished = Vanished::default();
        for ((soname, owner), mut miss) in self.found {
            if let (Some(package), Some(owner)) = (miss.gone.take(), owner)
                && (self.input.rebuild_remedy)(owner, &package).is_some()
            {
                vanished.note(package, owner, miss.reach, miss.objects);
                continue;
            }
            grouped.entry((soname, miss.reach)).or_default().push((owner, miss));
        }
        unusable.extend(vanished.into_findings(self.input));
        let mut left = MOST_SEARCHED;
        let finding = |((soname, reach), misses): ((String, Reach), Vec<(Owner, Miss)>)| {
            let affected = self
                .input
                .affected(misses.iter().map(|(owner, miss)| (*owner, miss.objects.clone())).collect());
            let remedy = self.input.remedy_for(&soname, &affected);
            let searched = misses.first().map(|(_, miss)| miss.searched.as_ref()).unwrap_or_default();
            let searched = &searched[..searched.len().min(left)];
            left -= searched.len();
            Finding {
                code: if remedy == Remedy::Driver { Code::DriverLibrary } else { Code::MissingLibrary },
                severity: severity(reach, &remedy),
                reach: Some(reach),
                soname: Some(soname),
                searched: searched
                    .iter()
                    .map(|path| crate::fsx::normalize(path).display().to_string())
                    .collect(),
                distributions: affected,
                remedy,
                detail: None,
            }
        };
        grouped.into_iter().map(finding).chain(unusable).collect()
    }
}

/// A machine without the driver's hardware is no broken venv.
pub(super) fn severity(reach: Reach, remedy: &Remedy) -> Severity {
    match remedy {
        Remedy::Driver => Severity::Warning,
        _ => reach.severity(),
    }
}

/// One finding for each distribution and remedy: Qt ships some twenty tools.
fn foreign_programs(input: &Input<'_>) -> Vec<Finding> {
    let mut grouped: Vec<(Owner, Remedy, Vec<String>)> = Vec::new();
    for (examined, object) in input.objects() {
        let Some(interpreter) = object.interpreter.as_deref().filter(|_| object.is_program()) else {
            continue;
        };
        if (input.starts)(interpreter) || musl::is_foreign(input, examined, object) {
            continue;
        }
        let owner = examined.owners.first().copied();
        let remedy =
            (input.program_remedy)(&examined.shown.file_name().unwrap_or_default().to_string_lossy());
        let shown = examined.shown.display().to_string();
        match grouped.iter_mut().find(|(o, r, _)| *o == owner && *r == remedy) {
            Some((_, _, objects)) => objects.push(shown),
            None => grouped.push((owner, remedy, vec![shown])),
        }
    }
    let finding = |(owner, remedy, objects)| Finding {
        code: Code::ForeignProgram,
        severity: Severity::Error,
        reach: Some(Reach::Program),
        soname: None,
        distributions: input.affected([(owner, objects)].into()),
        searched: Vec::new(),
        remedy,
        detail: None,
    };
    grouped.into_iter().map(finding).collect()
}

fn wrong_architectures(input: &Input<'_>) -> Vec<Finding> {
    let mut by_machine: BTreeMap<(String, Owner), Vec<String>> = BTreeMap::new();
    for examined in input.examined {
        let Ok(object) = &examined.object else { continue };
        if object.machine != input.machine {
            let key = (object.machine.name(), examined.owners.first().copied());
            by_machine.entry(key).or_default().push(examined.shown.display().to_string());
        }
    }
    let finding = |((machine, owner), objects)| Finding {
        code: Code::WrongArchitecture,
        severity: Severity::Note,
        reach: None,
        soname: None,
        distributions: input.affected([(owner, objects)].into()),
        searched: Vec::new(),
        remedy: Remedy::None {
            reason: format!("built for {machine}; this interpreter is {}", input.machine.name()),
        },
        detail: Some(machine),
    };
    by_machine.into_iter().map(finding).collect()
}
