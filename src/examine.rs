//! Reads a venv, or wheels unpacked, and diagnoses them: where venv, elf, loader, offer, catalog and
//! diagnose meet.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::catalog;
use crate::diagnose::{
    self, Code, Confidence, Counts, Examined, Finding, Foreign, Input, Opened, Python, Reach, Remedy, Report,
    SCHEMA, Severity,
};
use crate::elf::{self, Machine, Unreadable};
use crate::fsx;
use crate::loader::{self, DiskFiles, Offer, Process, Resolver, System};
use crate::offer::{Hazard, in_store};
use crate::programs;
use crate::python::{LibraryName, LibraryOpening, Need};
use crate::survey::{Extent, Seen, Survey, survey};
use crate::venv::repair::{self, Repair};
use crate::venv::{Abi, Distribution, Interpreter, LoaderKind, Loads};

/// A tree of installed files.
pub struct Tree<'a> {
    /// Its top: nothing outside belongs to it.
    pub root: &'a Path,
    /// Where distributions lie.
    pub site_packages: &'a [PathBuf],
    /// The path as the user knows it.
    pub shown: &'a Path,
    /// How much of the Python sources is read.
    pub sources: Extent,
}

/// Which rules the loader of an interpreter is taken to follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// Its own.
    Own,
    /// Those of the system's loader.
    Host,
}

/// The interpreter that is to load the objects.
pub enum Target<'a> {
    /// The one at hand, and LD_LIBRARY_PATH as its process has it.
    Real(&'a Interpreter, OsString, Rules),
    /// One from /nix/store that is not at hand, of this X.Y: what a Nix system would show.
    AssumedNix(Machine, Option<(u32, u32)>),
}

/// What reaches the interpreter from outside.
pub struct Reaching<'a> {
    /// The libraries, by name.
    pub offer: Offer<'a>,
    /// A better remedy than the catalog's for a library that does not.
    pub remedy: &'a dyn Fn(&str, Reach) -> Option<Remedy>,
    /// Whether the libraries reach the venv's programs as they do its Python.
    pub programs_too: bool,
    /// What to do for a distribution that is to be installed again.
    pub repair: &'a dyn Fn(&Repair) -> Remedy,
    /// Directories that were refused.
    pub hazards: &'a [Hazard],
    /// NIX_LD.
    pub nix_ld: Option<&'a Path>,
    /// What to say of the program at a path that cannot start, where the catalog has this for it.
    pub foreign: &'a dyn Fn(&Path, Remedy) -> Foreign,
    /// What to do for one that was patched for a loader that is gone; none for any other.
    pub patched: &'a dyn Fn(&Path) -> Option<Remedy>,
}

impl Reaching<'_> {
    /// Nothing does.
    pub const NOTHING: Self = Self {
        offer: &|_| None,
        remedy: &|_, _| None,
        programs_too: false,
        repair: &|repair| repair_remedy(repair, false),
        hazards: &[],
        nix_ld: None,
        foreign: &|_, remedy| Foreign::error(remedy, None),
        patched: &|_| None,
    };
}

/// What an examination brings to light.
pub struct Examination {
    /// For the user.
    pub report: Report,
    /// What is installed.
    pub survey: Survey,
    /// Store paths that objects name, and the distributions (by index) that have these objects.
    pub store_paths: BTreeMap<PathBuf, Vec<usize>>,
}

/// Examines every object of a tree, with what a shell offers. Starts nothing.
///
/// `ignore` names what is kept silent.
pub fn examine(
    tree: &Tree<'_>,
    target: &Target<'_>,
    reaching: &Reaching<'_>,
    ignore: &[String],
) -> Examination {
    let mut survey = survey(tree.root, tree.site_packages);
    survey.read_sources(tree.sources);
    let distributions = &survey.distributions;
    let files = DiskFiles::knowing(survey.files.iter().map(|seen| (&*seen.path, &seen.found)));
    let python = target.python().map(|version| abi(version, tree.site_packages));
    let examined = relevant(tree, &survey.files, python);
    let system = target.system(tree.root);
    let resolver = Resolver::new(&files, &system, target.machine());
    let interpreter = match target {
        Target::Real(interpreter, ..) => resolver.start(&interpreter.real, &|_| None),
        Target::AssumedNix(..) => Process::default(),
    };
    let mut findings = diagnose::diagnose(&Input {
        examined: &examined,
        distributions,
        machine: target.machine(),
        python,
        musl: target.is_musl(),
        exists: &|path| path.exists(),
        resolver,
        interpreter,
        offer: reaching.offer,
        programs_too: reaching.programs_too,
        opened: &opened(&survey),
        sources: &ReadSources::default(),
        has_module_hook: &|path| survey.has_module_hook(path),
        starts: &|interpreter| target.starts(interpreter, reaching.nix_ld),
        starts_elsewhere: &|interpreter| target.starts_elsewhere(interpreter, reaching.nix_ld),
        library_remedy: &|soname, askers, reach| {
            let other = python_remedy(soname, target.python());
            other
                .or_else(|| (reaching.remedy)(soname, reach))
                .unwrap_or_else(|| library_remedy(soname, askers, distributions))
        },
        rebuild_remedy: &|owner, package| {
            let found = distributions.get(owner).filter(|found| repair::is_built_here(found))?;
            Some((reaching.repair)(&Repair::vanished(found, package)))
        },
        foreign: &|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            (reaching.foreign)(path, program_remedy(&name))
        },
        patched_remedy: reaching.patched,
    });
    findings.extend(reaching.hazards.iter().map(hazard));
    findings.sort_by_key(|finding| finding.severity);
    findings.retain(|finding| !is_ignored(finding, ignore));
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let report = Report {
        schema: SCHEMA,
        venv: tree.shown.display().to_string(),
        python: target.describe(),
        counts: Counts {
            distributions: distributions.len(),
            objects: examined.iter().filter(|examined| examined.object.is_ok()).count(),
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
        },
        findings,
    };
    let mut named: BTreeMap<PathBuf, Vec<usize>> = BTreeMap::new();
    for examined in &examined {
        for path in examined.object.iter().flat_map(|object| diagnose::store_paths(object)) {
            named.entry(path).or_default().extend(&examined.owners);
        }
    }
    Examination { report, store_paths: named, survey }
}

/// The sources of packages, each read when something is asked of it.
#[derive(Default)]
struct ReadSources(RefCell<HashMap<PathBuf, Loads>>);

impl ReadSources {
    fn ask<T>(&self, package: &Path, question: impl Fn(&Loads) -> T) -> T {
        let mut read = self.0.borrow_mut();
        question(read.entry(package.to_owned()).or_insert_with(|| Loads::of_package(package)))
    }
}

impl diagnose::Sources for ReadSources {
    fn load(&self, package: &Path, file_name: &str) -> bool {
        self.ask(package, |loads| loads.load(file_name))
    }

    fn load_operators(&self, package: &Path, file_name: &str) -> bool {
        self.ask(package, |loads| loads.load_operators(file_name))
    }

    fn import(&self, package: &Path, other: &str) -> bool {
        self.ask(package, |loads| loads.import(other))
    }
}

impl Target<'_> {
    fn kind(&self) -> LoaderKind {
        match self {
            Self::Real(interpreter, _, Rules::Own) => interpreter.kind(),
            Self::Real(_, _, Rules::Host) => LoaderKind::Host,
            Self::AssumedNix(..) => LoaderKind::Nix,
        }
    }

    fn machine(&self) -> Machine {
        match self {
            Self::Real(interpreter, ..) => interpreter.object.machine,
            Self::AssumedNix(machine, _) => *machine,
        }
    }

    fn python(&self) -> Option<(u32, u32)> {
        match self {
            Self::Real(interpreter, ..) => interpreter.minor_version(),
            Self::AssumedNix(_, python) => *python,
        }
    }

    fn is_musl(&self) -> bool {
        match self {
            Self::Real(interpreter, ..) => elf::is_musl_loader(&interpreter.loader.to_string_lossy()),
            Self::AssumedNix(..) => false,
        }
    }

    /// The search rules of the interpreter's loader.
    fn system(&self, root: &Path) -> System {
        match self {
            Self::AssumedNix(machine, python) => System {
                // What names a store path was made to fit this machine's: the programs that entry patched.
                assumed: Some(match python {
                    Some(_) => |name| loader::brings(name) || in_store(Path::new(name)),
                    None => |name| {
                        loader::brings(name) || in_store(Path::new(name)) || name.starts_with("libpython3.")
                    },
                }),
                assumed_libraries: python.map(own_libraries).unwrap_or_default(),
                confined_to: vec![
                    root.to_owned(),
                    std::fs::canonicalize(root).unwrap_or_else(|_| root.to_owned()),
                ],
                hwcaps: loader::hwcaps(*machine),
                tokens: loader::Tokens { lib: String::new(), platform: loader::platform(*machine) },
                ..System::default()
            },
            Self::Real(interpreter, library_path, _) => {
                let found = System::of_loader(&interpreter.loader, self.machine());
                match self.kind() {
                    LoaderKind::Nix => System { library_path: library_path.clone(), ..found },
                    LoaderKind::Host => {
                        System { library_path: library_path.clone(), ..found.with_cache(self.machine()) }
                    }
                }
            }
        }
    }

    /// Whether a program with this PT_INTERP starts; one whose loader was in the store is told of elsewhere.
    fn starts(&self, interpreter: &str, nix_ld: Option<&Path>) -> bool {
        match self {
            Self::AssumedNix(..) => in_store(Path::new(interpreter)),
            Self::Real(..) => {
                self.kind() == LoaderKind::Host
                    || in_store(Path::new(interpreter))
                    || programs::works(interpreter, nix_ld)
            }
        }
    }

    /// Whether it starts by another loader than those of the store: nix-ld, or that of a system around Nix.
    fn starts_elsewhere(&self, interpreter: &str, nix_ld: Option<&Path>) -> bool {
        self.kind() == LoaderKind::Nix
            && !in_store(Path::new(interpreter))
            && self.starts(interpreter, nix_ld)
    }

    fn describe(&self) -> Python {
        match self {
            Self::Real(interpreter, ..) => Python {
                version: interpreter.version.clone(),
                executable: Some(interpreter.real.display().to_string()),
                loader: if self.kind() == LoaderKind::Nix { "nix" } else { "host" },
                glibc: interpreter.glibc(),
            },
            Self::AssumedNix(_, python) => Python {
                version: python.map(|(major, minor)| format!("{major}.{minor}")),
                executable: None,
                loader: "nix",
                glibc: None,
            },
        }
    }
}

/// Where a venv keeps its packages tells which build of an X.Y it is of.
fn abi(version: (u32, u32), site_packages: &[PathBuf]) -> Abi {
    let folders = site_packages.iter().filter_map(|path| path.parent()?.file_name()?.to_str());
    let mut abis = folders.filter_map(Abi::of_name);
    abis.find(|abi| abi.version == version).unwrap_or_else(|| Abi::of_version(version))
}

/// What a finding may be about.
fn relevant(tree: &Tree<'_>, files: &[Seen], python: Option<Abi>) -> Vec<Examined> {
    let examine = |seen: &Seen| {
        let path = &seen.path;
        let shown = tree.site_packages.iter().find_map(|base| fsx::below(base, path));
        let shown = shown.or_else(|| fsx::below(tree.root, path)).unwrap_or(path).to_owned();
        let object = match &seen.found {
            Ok(located) => Ok(Rc::clone(&located.object)),
            Err(error) => Err(Rc::clone(error)),
        };
        let relevant = match object.as_ref().map_err(Rc::as_ref) {
            Ok(_) | Err(Unreadable::Malformed(_)) => true,
            Err(Unreadable::NoFile) => false,
            // A file that RECORD names and that is gone is no damaged object.
            Err(Unreadable::Io(_)) => !seen.is_absent(),
            Err(Unreadable::NotElf) => diagnose::is_extension(&shown, python),
        };
        relevant.then(|| Examined::new(path.clone(), shown, seen.owners.clone(), object))
    };
    files.iter().filter_map(examine).collect()
}

/// What brings a distribution back: venvfix, where it looks after the venv, or pip.
pub fn repair_remedy(repair: &Repair, ours: bool) -> Remedy {
    let command = if ours { "venvfix sync".into() } else { repair.by_hand() };
    Remedy::Command { command }
}

/// The libraries that a Python of nixpkgs is linked to or has beside it, with and without the GIL.
fn own_libraries((major, minor): (u32, u32)) -> Vec<String> {
    let of = |ending: &str| format!("libpython{major}.{minor}{ending}.so.1.0");
    vec![of(""), of("t"), format!("libpython{major}.so")]
}

/// What to do for a libpython: a process has room for one, and it is not to be brought.
fn python_remedy(soname: &str, python: Option<(u32, u32)>) -> Option<Remedy> {
    let version = soname.strip_prefix("libpython")?.split(".so").next()?;
    let version = Some(version).filter(|version| version.contains('.'))?;
    let reason = match python {
        Some((major, minor)) if version.trim_end_matches('t') == format!("{major}.{minor}") => {
            "this python is not linked to it, and a process has room for one: take a release of the package \
             that does not link to it"
                .to_owned()
        }
        Some((major, minor)) => {
            format!(
                "it is of Python {version}, this is {major}.{minor}: take a release of the package for it"
            )
        }
        None => return None,
    };
    Some(Remedy::None { reason })
}

fn library_remedy(soname: &str, askers: &[&str], installed: &[Distribution]) -> Remedy {
    match catalog::soname(soname) {
        Some(catalog::Remedy::Attribute { attribute, older, sure, .. }) => Remedy::Attribute {
            attribute: attribute.into(),
            confidence: if sure { Confidence::Sure } else { Confidence::Likely },
            alternatives: older.iter().map(|&name| name.into()).collect(),
        },
        Some(catalog::Remedy::Driver) => Remedy::Driver,
        Some(catalog::Remedy::Wheel { packages, .. }) => wheel_remedy(&packages, askers, installed),
        Some(catalog::Remedy::None { reason }) => Remedy::None { reason: reason.into() },
        None => Remedy::None { reason: "no package of nixpkgs is known to have it".into() },
    }
}

/// The wheel that brings a library to those who ask: of several, that of their own family, since
/// PySide6 has no use for PyQt6's Qt.
fn wheel_remedy(packages: &[&str], askers: &[&str], installed: &[Distribution]) -> Remedy {
    let family = |name: &str| name.split('-').next().unwrap_or_default().to_owned();
    let related = |name: &&&str| askers.iter().any(|asker| family(asker) == family(name));
    let candidates: Vec<&str> = match packages.iter().find(related) {
        Some(_) => packages.iter().filter(related).copied().collect(),
        None => packages.to_vec(),
    };
    let is_installed = |name: &str| installed.iter().any(|found| found.name == name);
    match candidates.iter().find(|name| !is_installed(name)) {
        Some(absent) => Remedy::Command { command: format!("pip install {absent}") },
        None => Remedy::None {
            reason: format!("the wheels that could bring it do not: {}", candidates.join(", ")),
        },
    }
}

/// What the installed packages open by name: by the table, or where that does not know them, by their sources.
fn opened(survey: &Survey) -> Vec<Opened> {
    let distributions = &survey.distributions;
    let installed = |name: &&str| distributions.iter().any(|found| found.name == *name);
    let rows: HashMap<usize, catalog::Opens> = distributions
        .iter()
        .enumerate()
        .filter_map(|(owner, found)| Some((owner, catalog::opens(&found.name)?)))
        .collect();
    let unknown = survey.openings().filter(|(owner, _)| !rows.contains_key(owner));
    let mut found: Vec<Opened> =
        unknown.filter_map(|(owner, opening)| by_sources(owner, &opening.library)).collect();
    for (owner, row) in rows.into_iter().filter(|(_, row)| !row.unless.iter().any(installed)) {
        let reach = match row.reach {
            catalog::Reach::Import => Reach::Import,
            catalog::Reach::Plugin => Reach::Plugin,
        };
        // A machine without the driver's hardware misses nothing.
        let sonames = row.sonames.into_iter().filter(|soname| !catalog::is_driver(soname));
        found.extend(sonames.map(|soname| Opened {
            owner,
            soname: soname.to_owned(),
            others: Vec::new(),
            reach,
            severity: reach.severity(),
            may_be_own: false,
        }));
    }
    found
}

/// What sources open, if it is a library that nixpkgs has and glibc has not.
fn by_sources(owner: usize, opening: &LibraryOpening) -> Option<Opened> {
    let is_glibcs = |name: &LibraryName| match name {
        LibraryName::Soname(name) => loader::brings(name),
        LibraryName::Stem(name) => loader::brings_linked(name),
    };
    if opening.names.iter().any(is_glibcs) {
        return None;
    }
    let mut names: Vec<String> = Vec::new();
    for name in &opening.names {
        match name {
            LibraryName::Soname(name) => names.push(name.clone()),
            LibraryName::Stem(name) => {
                names.extend(catalog::linked_as(name).into_iter().map(str::to_owned));
                names.push(format!("lib{name}.so"));
            }
        }
    }
    let has_attribute =
        |name: &String| matches!(catalog::soname(name), Some(catalog::Remedy::Attribute { .. }));
    let soname = names.iter().find(|name| has_attribute(name))?.clone();
    names.retain(|name| *name != soname);
    let (reach, severity) = match opening.need {
        Need::Import => (Reach::Import, Severity::Error),
        Need::Part => (Reach::Plugin, Severity::Warning),
        Need::Nothing => (Reach::Plugin, Severity::Note),
    };
    Some(Opened { owner, soname, others: names, reach, severity, may_be_own: true })
}

fn program_remedy(name: &str) -> Remedy {
    match catalog::program(name) {
        Some(catalog::Remedy::Attribute { attribute, .. }) => Remedy::Program { attribute: attribute.into() },
        Some(catalog::Remedy::None { reason }) => Remedy::None { reason: reason.into() },
        _ => Remedy::None { reason: "no package of nixpkgs is known to have it; nix-ld can start it".into() },
    }
}

fn hazard(hazard: &Hazard) -> Finding {
    let (directory, reason) = match hazard {
        Hazard::Libc(directory) => {
            (directory, "it holds a libc, which a process has already: not used".into())
        }
        Hazard::NewerGlibc { directory, wants, has } => (
            directory,
            format!(
                "its libraries want glibc {wants}, the interpreter has {has}: take both from one nixpkgs"
            ),
        ),
    };
    let detail = directory.display().to_string();
    Finding::plain(Code::LibraryPathHazard, Severity::Warning, detail, Remedy::None { reason })
}

/// What the settings keep silent: by SONAME, or where only ignored distributions are concerned.
pub fn is_ignored(finding: &Finding, ignore: &[String]) -> bool {
    let named = |name: &str| ignore.iter().any(|ignored| ignored == name);
    let by_distribution = !finding.distributions.is_empty()
        && finding.distributions.iter().all(|affected| {
            ignore.iter().any(|ignored| crate::project_name::normalize(ignored) == affected.name)
        });
    finding.soname.as_deref().is_some_and(named) || by_distribution
}
