//! Resolves every object in its role and gathers what is missing by library.

mod alike;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use self::alike::Alike;
use super::abi::{place, provided, wrong_abis};
use super::architecture::wrong_architectures;
use super::damaged::{GivenUp, Stops};
use super::finding::{Code, Finding, Reach, Remedy};
use super::foreign::foreign_programs;
use super::imports::Imports;
use super::input::{Examined, Input, Owner, severity};
use super::musl::{self, MuslObjects};
use super::noted::Noted;
use super::opened::{move_to_opened, unopened_libraries};
use super::own_loads::{OwnLoads, package};
use super::preload::Preloads;
use super::role::{MadeFor, Role};
use super::vanished::{Vanished, without_loader, would_have};
use super::versions::OldLibraries;
use crate::elf::{Object, Verdict};
use crate::loader::{Lack, Likeness, Load, Need, Offer, Process, Refusal};
use crate::maps::{Map, Set};

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

/// Steps of the search for the needs of all objects: a large venv takes a tenth.
const MOST_STEPS: u64 = 1 << 21;
const MOST_STEPS_OF_EACH: u64 = 1 << 10;
/// Directories that are named in all findings together.
const MOST_SEARCHED: usize = 1 << 15;

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
    by_path: Map<&'a OsStr, &'a Examined>,
    preloads: Preloads,
    imports: Imports,
    found: BTreeMap<(String, Owner), Miss>,
    /// The needs of loads (by their numbers) that were noted in this reach or a worse one.
    asked: Set<(usize, usize)>,
    /// Which loads, by their numbers, are files of the venv.
    own: Map<usize, Option<&'a Examined>>,
    stops: Stops,
    given_up: GivenUp,
    /// The pairs of loads that were noted to not go together, and the needs that end at a file, as `asked`.
    lacked: Set<(usize, usize)>,
    refused: Set<(usize, usize)>,
    /// What was found of the last object that misses something, and the one that was opened: it may miss much.
    last: Option<Asked<'a>>,
    noted: Noted,
    musl: MuslObjects,
    /// Folder and name of the extension modules that are imported.
    modules: Set<(&'a Path, &'a str)>,
    old: OldLibraries,
    /// Objects that are known to be loaded by an import.
    imported: Set<Rc<Path>>,
    imported_numbers: Set<usize>,
    /// What each of those lacks that are alike, where that is all there is to say of one.
    alike: Map<Likeness, Alike>,
}

/// What is the same for all names that an object misses.
#[derive(Clone)]
struct Asked<'a> {
    objects: [&'a Examined; 2],
    foreign: bool,
    /// The store package that is gone and would have them.
    gone: Option<PathBuf>,
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
        imports: Imports::default(),
        found: BTreeMap::new(),
        asked: Set::default(),
        own: Map::default(),
        stops: Stops::default(),
        given_up: GivenUp::default(),
        lacked: Set::default(),
        refused: Set::default(),
        last: None,
        noted: Noted::default(),
        musl: MuslObjects::default(),
        modules: provided(input),
        old: OldLibraries::default(),
        imported: Set::default(),
        imported_numbers: Set::default(),
        alike: Map::default(),
    };
    let role_of = |(examined, object): (&'_ Examined, &'_ Object)| examined.role(object, input.python);
    let roles: Vec<Role> = input.objects().map(role_of).collect();
    let of = |wanted: Role| {
        let all = input.objects().zip(&roles);
        all.filter(move |(_, role)| **role == wanted).map(|((examined, _), _)| examined)
    };
    let misnamed: Vec<&Examined> = of(Role::Extension).filter(|examined| !misses.import(examined)).collect();
    let programs = of(Role::Program).filter(|examined| !input.starts_elsewhere(examined));
    programs.for_each(|examined| misses.open(examined, Reach::Program));
    let libraries = of(Role::Library).chain(misnamed);
    let libraries: Vec<&Examined> = libraries.filter(|found| !misses.is_imported(found)).collect();
    // Only where something is wrong does it matter what a package loads by itself.
    let packages: Set<PathBuf> = libraries
        .iter()
        .filter(|found| misses.is_troubled(found))
        .filter_map(|found| package(found))
        .collect();
    let own_loads = OwnLoads::new(input, &packages);
    let (own, others): (Vec<&Examined>, _) = libraries.into_iter().partition(|found| own_loads.load(found));
    own.into_iter().for_each(|examined| misses.open(examined, Reach::Import));
    for examined in others {
        if !misses.is_imported(examined) {
            misses.open(examined, Reach::Plugin);
        }
    }
    misses.into_findings()
}

impl<'a> Misses<'a> {
    /// Loads what is named as an extension module and notes what is missing. Returns whether it is one, which
    /// is looked into only where something is wrong.
    fn import(&mut self, root: &'a Examined) -> bool {
        let has_hook = self.input.has_module_hook;
        // A tag is given to modules alone.
        let is_tagged = root.module().is_some_and(|(_, made_for)| made_for != MadeFor::Any);
        self.open_if(root, Reach::Import, &|| is_tagged || has_hook(&root.path))
    }

    /// Loads `root` as its role has it and notes what is missing.
    fn open(&mut self, root: &'a Examined, reach: Reach) {
        self.open_if(root, reach, &|| true);
    }

    /// Notes what is missing if it `counts`, and returns that. Of objects that are alike, one is loaded.
    fn open_if(&mut self, root: &'a Examined, reach: Reach, counts: &dyn Fn() -> bool) -> bool {
        if self.is_foreign(root) {
            // One for each libc, side by side, is as it should be.
            if !place(root).is_some_and(|place| self.modules.contains(&place)) {
                self.musl.note(root, reach);
            }
            return true;
        }
        if self.is_exhausted() {
            self.given_up.note(root, reach);
            return true;
        }
        if reach == Reach::Program {
            let process = self.input.resolver.start(&root.path, self.offer_for(root));
            let lacking = self.input.resolver.lacking(&process, 0);
            self.note_all((&process, 0), &lacking, root, reach);
            return true;
        }
        let Some(likeness) = self.input.resolver.likeness(&root.path) else {
            self.note_unloadable(root, reach);
            return true;
        };
        match self.known_lacks(likeness, reach) {
            Some(lacks) => {
                if !lacks.is_none() && !counts() {
                    return false;
                }
                let own = lacks.own.iter();
                own.for_each(|lack| self.note([root, root], &lack.name, reach, &lack.searched));
                if reach == Reach::Import {
                    self.imported.insert(root.path.as_path().into());
                }
            }
            None => {
                let process = self.dlopen(root);
                let first = self.input.interpreter.loads.len();
                let lacking = self.input.resolver.lacking(&process, first);
                let lacks = self.lacks(&process, first, &lacking);
                let opened = lacks.as_ref().is_some_and(|lacks| lacks.is_none()) || counts();
                self.alike.insert(likeness, Alike { lacks, opened });
                if !opened {
                    return false;
                }
                self.note_all((&process, first), &lacking, root, reach);
            }
        }
        true
    }

    /// Whether a needed name is one that the object's package loads first.
    fn brings(&self, examined: &Examined, name: &str, reach: Reach) -> bool {
        let sources = self.input.sources;
        // What opens a plugin has loaded others before it.
        let loads = || {
            reach == Reach::Plugin || package(examined).is_some_and(|package| sources.load(&package, name))
        };
        self.preloads.brings(&examined.owners, name)
            || self.preloads.have(&examined.owners, name) && loads()
            || self.imports.load(self.input, &self.preloads, examined, name)
    }

    /// What reaches a program. Of one that does not start at all only that is said which the shell lacks.
    fn offer_for(&self, program: &Examined) -> Offer<'a> {
        let object = program.object.as_ref().ok();
        let interpreter = object.and_then(|object| object.interpreter.as_deref());
        let starts = interpreter.is_some_and(|interpreter| (self.input.starts)(interpreter));
        if starts && !self.input.programs_too { &|_| None } else { self.input.offer }
    }

    fn dlopen(&self, root: &Examined) -> Process {
        let Input { resolver, interpreter, offer, .. } = self.input;
        resolver.open(interpreter, &root.path, offer)
    }

    fn is_imported(&self, examined: &Examined) -> bool {
        self.imported.contains(examined.path.as_path())
    }

    /// Whether all objects together take too many steps.
    fn is_exhausted(&self) -> bool {
        self.input.resolver.steps() > MOST_STEPS + MOST_STEPS_OF_EACH * self.input.examined.len() as u64
    }

    /// Notes all that the objects from `first` on lack.
    fn note_all(
        &mut self,
        (process, first): (&Process, usize),
        lacking: &[Lack],
        root: &'a Examined,
        reach: Reach,
    ) {
        if process.given_up {
            self.given_up.note(root, reach);
        }
        for Need { load, place, name, .. } in process.missing(first) {
            let own = self.own(&process.loads[load]);
            if own.is_some() && !self.asked.insert((process.loads[load].number(), place)) {
                continue;
            }
            let searched = self.input.resolver.searched(process, load);
            self.note([own.unwrap_or(root), root], name, reach, &searched);
        }
        self.note_openings(process, first, reach);
        self.note_unusable((process, first), lacking, root, reach);
        if reach == Reach::Import {
            for load in process.loads.iter().skip(first) {
                if self.imported_numbers.insert(load.number()) {
                    self.imported.insert(load.normal_path().into());
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
                        || self.brings(examined, name, reach)
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

    /// Notes a file that the loader will not have.
    fn note_unloadable(&mut self, root: &'a Examined, reach: Reach) {
        let verdict = root.object.as_ref().map(|object| object.verdict(self.input.machine));
        if let (Ok(Verdict::Refused(why)), Reach::Import) = (verdict, reach) {
            let refusal = Refusal { path: root.path.clone(), why: why.into() };
            self.stops.note(&refusal, root, &root.shown.display().to_string(), reach);
        }
    }

    /// Notes the files that are found and do not serve: damaged, or too old.
    fn note_unusable(
        &mut self,
        (process, first): (&Process, usize),
        lacking: &[Lack],
        root: &'a Examined,
        reach: Reach,
    ) {
        for (need, refusal) in process.refused(first) {
            let load = &process.loads[need.load];
            if self.own(load).is_some() && !self.refused.insert((load.number(), need.place)) {
                continue;
            }
            let asker = self.asker(load, root);
            if !self.brings(asker, need.name, reach) {
                self.stops.note(refusal, asker, need.name, reach);
            }
        }
        for lack in lacking {
            let (load, library) = (&process.loads[lack.asker], &process.loads[lack.library]);
            if self.own(load).is_some() && !self.lacked.insert((load.number(), library.number())) {
                continue;
            }
            let asker = self.asker(load, root);
            let [wanting, wanted] = [lack.asker, lack.library].map(|index| {
                let load = &process.loads[index];
                (&*load.path, self.by_path.get(load.normal_path().as_os_str()).copied())
            });
            let outside = wanting.1.is_none().then_some(wanting.0);
            self.old.note(self.input, lack, (asker, outside), wanted, reach);
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

    /// What all names have in common that the first object misses when the second is loaded.
    fn asked_by(&mut self, objects: [&'a Examined; 2]) -> Asked<'a> {
        let same = |asked: &&Asked<'_>| {
            asked.objects.iter().zip(objects).all(|(known, object)| std::ptr::eq(*known, object))
        };
        if let Some(known) = self.last.as_ref().filter(same) {
            return known.clone();
        }
        let foreign = self.is_foreign(objects[0]);
        // Of a bare name, it does not matter which.
        let gone = would_have(self.input.exists, "", objects);
        let new = Asked { objects, foreign, gone };
        self.last = Some(new.clone());
        new
    }

    /// Notes a name that the first object misses when the second is loaded.
    fn note(&mut self, objects: [&'a Examined; 2], name: &str, reach: Reach, searched: &Rc<[PathBuf]>) {
        let [asker, _] = objects;
        let Asked { foreign, gone, .. } = self.asked_by(objects);
        if foreign {
            return self.musl.note(asker, reach);
        }
        if self.brings(asker, name, reach) {
            return;
        }
        let gone = if name.contains('/') { would_have(self.input.exists, name, objects) } else { gone };
        for owner in asker.owners() {
            let miss = self.found.entry((name.to_owned(), owner)).or_insert_with(|| Miss {
                reach,
                objects: Vec::new(),
                searched: Rc::clone(searched),
                gone: None,
            });
            miss.gone = miss.gone.take().or_else(|| gone.clone());
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
            let remedy = self.input.remedy_for(&soname, &affected, reach);
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
