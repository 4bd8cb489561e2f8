//! What findings follow from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::finding::{Affected, Reach, Remedy, Severity};
use super::foreign::Foreign;
use super::role::{MadeFor, Role, module};
use crate::elf::{Machine, Object, Unreadable};
use crate::loader::{Offer, Process, Resolver};
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
    /// Whose extension module it would be, by name and place.
    pub(super) made_for: Option<MadeFor>,
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
    /// Whether they reach other programs, too.
    pub programs_too: bool,
    /// Libraries that installed packages open by name.
    pub opened: &'a [Opened],
    /// What the Python sources of packages say.
    pub sources: &'a dyn Sources,
    /// Whether the object at a path has a function that `import` calls.
    pub has_module_hook: &'a dyn Fn(&Path) -> bool,
    /// Whether a program's interpreter works here.
    pub starts: &'a dyn Fn(&str) -> bool,
    /// What to do for a library that distributions of these names want, and that does not reach what it is
    /// for.
    pub library_remedy: &'a dyn Fn(&str, &[&str], Reach) -> Remedy,
    /// What to do for a distribution, by index, that was built here with a store path that is gone; none for
    /// one that was built elsewhere.
    pub rebuild_remedy: &'a dyn Fn(usize, &Path) -> Option<Remedy>,
    /// Whether it works by the rules of another system, which nobody here knows.
    pub starts_elsewhere: &'a dyn Fn(&str) -> bool,
    /// What to say of the program at a path, which cannot start.
    pub foreign: &'a dyn Fn(&Path) -> Foreign,
    /// What to do for a program that was patched for a loader that is gone; none for any other.
    pub patched_remedy: &'a dyn Fn(&Path) -> Option<Remedy>,
}

impl Input<'_> {
    /// Objects that the interpreter's machine can run.
    pub(super) fn objects(&self) -> impl Iterator<Item = (&Examined, &Object)> {
        self.examined.iter().filter_map(|examined| {
            let object = examined.object.as_ref().ok()?;
            (object.machine == self.machine).then_some((examined, object.as_ref()))
        })
    }

    /// Whether a program works by the rules of another system.
    pub(super) fn starts_elsewhere(&self, program: &Examined) -> bool {
        let object = program.object.as_ref().ok();
        let interpreter = object.and_then(|object| object.interpreter.as_deref());
        interpreter.is_some_and(|interpreter| (self.starts_elsewhere)(interpreter))
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

    pub(super) fn remedy_for(&self, soname: &str, affected: &[Affected], reach: Reach) -> Remedy {
        let names: Vec<&str> = affected.iter().map(|affected| affected.name.as_str()).collect();
        (self.library_remedy)(soname, &names, reach)
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
    /// A file at an absolute path, which people know as `shown`.
    pub fn new(
        path: PathBuf,
        shown: PathBuf,
        owners: Vec<usize>,
        object: Result<Rc<Object>, Rc<Unreadable>>,
    ) -> Self {
        let made_for = module(&shown).map(|(_, made_for)| made_for);
        Self { path, shown, owners, object, made_for }
    }

    /// Whether `import` takes it for a module.
    pub(super) fn is_extension(&self, python: Option<Abi>) -> bool {
        self.made_for.is_some_and(|made_for| python.is_none_or(|python| made_for.serves(python)))
    }

    /// The module that it would be, and whose.
    pub(super) fn module(&self) -> Option<(&str, MadeFor)> {
        let made_for = self.made_for?;
        Some((self.shown.file_name()?.to_str()?.split('.').next()?, made_for))
    }

    pub(super) fn role(&self, object: &Object, python: Option<Abi>) -> Role {
        match object.is_program() {
            true => Role::Program,
            false if self.is_extension(python) => Role::Extension,
            false => Role::Library,
        }
    }

    /// Whose it is: of one or several, or of none.
    pub(super) fn owners(&self) -> impl Iterator<Item = Owner> {
        let nobody = self.owners.is_empty().then_some(None);
        self.owners.iter().copied().map(Some).chain(nobody)
    }
}

/// A machine without the driver's hardware is no broken venv.
pub(super) fn severity(reach: Reach, remedy: &Remedy) -> Severity {
    match remedy {
        Remedy::Driver => Severity::Warning,
        _ => reach.severity(),
    }
}
