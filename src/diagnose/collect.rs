//! Resolves every object in its role and gathers what is missing by library.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::abi::{place, provided, wrong_abis};
use super::damaged::Stops;
use super::finding::{Affected, Code, Finding, Reach, Remedy, Severity};
use super::foreign::{foreign_programs, wrong_architectures};
use super::imports::Imports;
use super::musl::{self, MuslObjects};
use super::noted::Noted;
use super::opened::{move_to_opened, unopened_libraries};
use super::own_loads::OwnLoads;
use super::preload::Preloads;
use super::role::{Role, role};
use super::vanished::{Vanished, without_loader, would_have};
use super::versions::OldLibraries;
use crate::elf::{Machine, Object, Unreadable, Verdict};
use crate::loader::{Lack, Load, Need, Offer, Process, Refusal, Resolver};
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
    /// The name that is told where it is missing.
    pub soname: String,
    /// Names that do as well.
    pub others: Vec<String>,
    /// What fails without it.
    pub reach: Reach,
    /// How bad that is.
    pub severity: Severity,
    /// Whether a copy that the distribution brings will do.
    pub may_be_own: bool,
}

/// What the Python sources in the folders of packages say.
pub trait Sources {
    /// Whether they load a file of this name.
    fn load(&self, package: &Path, file_name: &str) -> bool;

    /// Whether they have torch load operators from a file of this name.
    fn load_operators(&self, package: &Path, file_name: &str) -> bool;

    /// Whether they import another package when they are imported.
    fn import(&self, package: &Path, other: &str) -> bool;
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
    /// What the Python sources of packages say.
    pub sources: &'a dyn Sources,
    /// Whether the object at a path has a function that `import` calls.
    pub has_module_hook: &'a dyn Fn(&Path) -> bool,
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
    imports: Imports,
    found: BTreeMap<(String, Owner), Miss>,
    /// The needs of loads (by their numbers) that were noted in this reach or a worse one.
    asked: HashSet<(usize, usize)>,
    /// Which loads, by their numbers, are files of the venv.
    own: HashMap<usize, Option<&'a Examined>>,
    stops: Stops,
    noted: Noted,
    musl: MuslObjects,
    /// Folder and name of the extension modules that are imported.
    modules: HashSet<(&'a Path, &'a str)>,
    old: OldLibraries,
    /// Objects that are known to be loaded by an import.
    imported: HashSet<Rc<Path>>,
    imported_numbers: HashSet<usize>,
}

/// What loading one object came to.
struct Loaded {
    process: Process,
    /// Which load was the first to be added for it.
    first: usize,
    lacks: Vec<Lack>,
}

impl Loaded {
    /// Whether there is nothing to be said of it.
    fn is_sound(&self) -> bool {
        let opens = |load: &Load| !load.object.openings.is_empty();
        self.process.missing(self.first).next().is_none()
            && self.process.refused(self.first).next().is_none()
            && self.lacks.is_empty()
            && !self.process.loads.iter().skip(self.first).any(opens)
    }
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
        asked: HashSet::new(),
        own: HashMap::new(),
        stops: Stops::default(),
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
    let misnamed: Vec<_> = of(Role::Extension).filter(|examined| !misses.import(examined)).collect();
    of(Role::Program).for_each(|examined| misses.open(examined, Reach::Program));
    let own_loads = OwnLoads::new(input);
    for examined in of(Role::Library).chain(misnamed) {
        if !misses.imported.contains(examined.path.as_path()) {
            let reach = if own_loads.load(examined) { Reach::Import } else { Reach::Plugin };
            misses.open(examined, reach);
        }
    }
    misses.into_findings()
}

impl<'a> Misses<'a> {
    /// Loads what is named as an extension module and notes what is missing. Returns whether it is one, which
    /// is looked into only where something is wrong.
    fn import(&mut self, root: &'a Examined) -> bool {
        if self.note_foreign(root, Reach::Import) {
            return true;
        }
        let loaded = self.load(root, Reach::Import);
        let is_module = loaded.is_sound() || (self.input.has_module_hook)(&root.path);
        if is_module {
            self.examine(root, Reach::Import, &loaded);
        }
        is_module
    }

    /// Loads `root` as its role has it and notes what is missing.
    fn open(&mut self, root: &'a Examined, reach: Reach) {
        if !self.note_foreign(root, reach) {
            let loaded = self.load(root, reach);
            self.examine(root, reach, &loaded);
        }
    }

    /// Whether `root` is for another libc.
    fn note_foreign(&mut self, root: &'a Examined, reach: Reach) -> bool {
        let foreign = self.is_foreign(root);
        // One for each libc, side by side, is as it should be.
        if foreign && !place(root).is_some_and(|place| self.modules.contains(&place)) {
            self.musl.note(root, reach);
        }
        foreign
    }

    fn load(&self, root: &Examined, reach: Reach) -> Loaded {
        let (resolver, offer) = (&self.input.resolver, self.input.offer);
        let (first, process) = match reach {
            Reach::Program => (0, resolver.start(&root.path, offer)),
            _ => {
                let start = &self.input.interpreter;
                (start.loads.len(), resolver.open(start, &root.path, offer))
            }
        };
        let lacks = resolver.lacking(&process, first);
        Loaded { process, first, lacks }
    }

    fn examine(&mut self, root: &'a Examined, reach: Reach, loaded: &Loaded) {
        let resolver = &self.input.resolver;
        let Loaded { process, first, .. } = loaded;
        let first = *first;
        for Need { load, place, name, .. } in process.missing(first) {
            let own = self.own(&process.loads[load]);
            if own.is_some() && !self.asked.insert((process.loads[load].number(), place)) {
                continue;
            }
            let asker = own.unwrap_or(root);
            if self.is_foreign(asker) {
                self.musl.note(asker, reach);
            } else if !self.brings(asker, name) {
                let gone = would_have(self.input.exists, name, [asker, root]);
                self.note(asker, name, reach, &resolver.searched(process, load), gone.as_deref());
            }
        }
        self.note_openings(process, first, reach);
        self.note_unusable(loaded, root, reach);
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
                        || self.brings(examined, name)
                });
                if !found {
                    self.noted.note(examined, opening, reach);
                }
            }
        }
    }

    /// Whether a needed name is one that the object's package loads first.
    fn brings(&self, examined: &Examined, name: &str) -> bool {
        self.preloads.brings(&examined.owners, name) || self.imports.load(self.input, examined, name)
    }

    fn is_foreign(&self, examined: &Examined) -> bool {
        let object = examined.object.as_ref();
        object.is_ok_and(|object| musl::is_foreign(self.input, examined, object))
    }

    /// Notes the files that are found and do not serve: damaged, or too old.
    fn note_unusable(&mut self, loaded: &Loaded, root: &'a Examined, reach: Reach) {
        let Loaded { process, first, lacks } = loaded;
        let verdict = root.object.as_ref().map(|object| object.verdict(self.input.machine));
        if let (Ok(Verdict::Refused(why)), Reach::Import) = (verdict, reach) {
            let refusal = Refusal { path: root.path.clone(), why: why.into() };
            self.stops.note(&refusal, root, &root.shown.display().to_string(), reach);
        }
        for (need, refusal) in process.refused(*first) {
            let asker = self.asker(&process.loads[need.load], root);
            if !self.brings(asker, need.name) {
                self.stops.note(refusal, asker, need.name, reach);
            }
        }
        for lack in lacks {
            let asker = self.asker(&process.loads[lack.asker], root);
            let path = &process.loads[lack.library].path;
            let theirs = self.by_path.get(process.loads[lack.library].normal_path().as_os_str()).copied();
            self.old.note(self.input, lack, asker, (path, theirs), reach);
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
        let finding = |((soname, reach), misses): ((String, Reach), Vec<(Owner, Miss)>)| {
            let affected = self
                .input
                .affected(misses.iter().map(|(owner, miss)| (*owner, miss.objects.clone())).collect());
            let remedy = self.input.remedy_for(&soname, &affected);
            let searched = misses.first().map(|(_, miss)| miss.searched.as_ref()).unwrap_or_default();
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
