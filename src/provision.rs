//! Scans a venv and makes what a shell offers reach its Python: what shell entry and `provide` share.

use std::cell::{LazyCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::catalog;
use crate::config::{Environment, Programs, Provide};
use crate::diagnose::Remedy;
use crate::examine::{Examination, Reaching, Rules, Target, Tree, examine};
use crate::nixpkgs::Nixpkgs;
use crate::offer::{self, Libraries, Offered};
use crate::programs;
use crate::provide::{self, links, roots};
use crate::python::LibraryName;
use crate::report::{self, Speaker};
use crate::survey::{Extent, SourceOpening, Survey};
use crate::venv::{LoaderKind, Venv};

/// One venv to be provided for.
pub struct Provision<'a> {
    /// The venv.
    pub venv: &'a Venv,
    /// The library directories that are offered, in order.
    pub directories: &'a [PathBuf],
    /// How libraries reach Python.
    pub provide: Provide,
    /// What becomes of programs that do not start.
    pub programs: Programs,
    /// What to keep silent about.
    pub ignore: &'a [String],
    /// Finds the nixpkgs in use; asked only where something is missing.
    pub nixpkgs: &'a dyn Fn() -> Nixpkgs,
    /// What the shell says.
    pub environment: &'a Environment,
    /// The voice for what could not be done and does not matter much.
    pub speaker: Speaker,
}

impl Provision<'_> {
    /// Scans the venv, writes the provider, and keeps what it leads to from the garbage collector.
    ///
    /// # Errors
    /// If the provider cannot be written.
    pub fn carry_out(&self) -> Result<Examination> {
        let interpreter = &self.venv.interpreter;
        let offered = match self.provide {
            Provide::None => Offered::default(),
            _ => offer::libraries(
                self.directories,
                &catalog::apart(),
                &interpreter.system(),
                catalog::is_driver,
            ),
        };
        let wanted = RefCell::new(BTreeSet::new());
        let tree = Tree {
            root: &self.venv.root,
            site_packages: &self.venv.site_packages,
            shown: &self.venv.shown,
            sources: Extent::All,
        };
        let offer = |name: &str| {
            let path = offered.find(name)?;
            wanted.borrow_mut().insert(name.to_owned());
            Some(path.clone())
        };
        let target = Target::Real(interpreter, OsString::new(), Rules::Own);
        let glibc = interpreter.glibc().unwrap_or_default();
        let nixpkgs = LazyCell::new(self.nixpkgs);
        let remedy = |soname: &str, _| {
            let why_not = offered.why_not(soname, &glibc).map(|reason| Remedy::None { reason });
            why_not.or_else(|| nixpkgs.remedy(soname))
        };
        let programs_too = self.provide == Provide::LdLibraryPath;
        let nix_ld = self.environment.nix_ld.as_deref();
        let reaching = Reaching { offer: &offer, remedy: &remedy, programs_too, nix_ld, ..Reaching::NOTHING };
        let mut found = examine(&tree, &target, &reaching, self.ignore);
        self.write(&offered, &wanted.borrow(), &found.survey)?;
        if self.changes_programs(&offered, &found.survey)? {
            found = examine(&tree, &target, &reaching, self.ignore);
        }
        self.keep(&offered, &found);
        Ok(found)
    }

    fn write(&self, offered: &Offered, wanted: &BTreeSet<String>, survey: &Survey) -> Result<()> {
        let links = match self.provide {
            Provide::LdLibraryPath => {
                wanted.iter().filter_map(|name| Some((name.clone(), offered.find(name)?.clone()))).collect()
            }
            _ => Libraries::new(),
        };
        links::write(&links::folder(&self.venv.root), &links)?;
        if self.provide != Provide::Import {
            return self.venv.site_packages.iter().try_for_each(|path| provide::remove(path));
        }
        let aliases = offered.aliases.iter().filter(|(name, _)| wanted.contains(*name));
        let aliases = aliases.map(|(name, path)| (name.clone(), path.clone())).collect();
        let shims = provide::write_shims(&self.shims(), &aliases, self.venv.interpreter.object.machine)?;
        let mut libraries = offered.libraries.clone();
        libraries.extend(shims);
        provide::install_for_builds(&self.venv.root, &libraries)?;
        let openings = openings(survey, &libraries);
        for path in &self.venv.site_packages {
            provide::install(path, &libraries, &openings)?;
        }
        Ok(())
    }

    /// Patches what does not start. Says whether any file is another now.
    fn changes_programs(&self, offered: &Offered, survey: &Survey) -> Result<bool> {
        let root = &self.venv.root;
        let tidied = programs::remove_leftovers(root, survey) > 0;
        if self.programs == Programs::Report || self.venv.interpreter.kind() != LoaderKind::Nix {
            return Ok(tidied);
        }
        let shims = self.shims();
        let offer = |name: &str| {
            let shim = || Some(shims.join(name)).filter(|_| offered.aliases.contains_key(name));
            offered.libraries.get(name).cloned().or_else(|| shim().filter(|path| path.exists()))
        };
        let outcome = programs::patch_all(self.venv, survey, &offer, self.environment.nix_ld.as_deref())?;
        outcome.failed.iter().for_each(|error| self.speaker.warn(format_args!("{error:#}")));
        for (path, refusal) in &outcome.left {
            self.speaker.detail(format_args!("{} is left as it is: {refusal}", path.display()));
        }
        if !outcome.done.is_empty() {
            self.speaker.step(report::patched(&outcome.done));
        }
        Ok(tidied || !outcome.done.is_empty())
    }

    fn shims(&self) -> PathBuf {
        self.venv.root.join(".venvfix/shims")
    }

    /// Best effort: without roots all works until the next garbage collection.
    fn keep(&self, offered: &Offered, found: &Examination) {
        let interpreter = [self.venv.interpreter.real.as_path(), self.venv.interpreter.loader.as_path()];
        let files = offered.libraries.values().chain(offered.aliases.values()).map(PathBuf::as_path);
        let in_use = files.chain(interpreter).chain(found.store_paths.keys().map(PathBuf::as_path));
        let packages: BTreeSet<PathBuf> = in_use
            .filter_map(offer::store_package)
            .filter(|path| path.exists())
            .map(Path::to_owned)
            .collect();
        let folder = self.venv.root.join(".venvfix/roots");
        let Some(nix_store) = self.environment.nix_store() else {
            self.speaker
                .detail("nix-store was not found: nothing keeps the garbage collector off this environment");
            return;
        };
        if let Err(error) = roots::keep(&folder, &packages, &nix_store) {
            self.speaker.detail(format_args!("{error:#}"));
        }
    }
}

/// What is to be opened, and set, for the installed packages that open libraries themselves, as far
/// as it is offered. What ctypes opens can be answered when it fails, and is left to that.
fn openings(survey: &Survey, libraries: &Libraries) -> Vec<provide::Opening> {
    let mut found: BTreeMap<&str, provide::Opening> = BTreeMap::new();
    let installed = &survey.distributions;
    for row in installed.iter().filter_map(|distribution| catalog::opens(&distribution.name)) {
        let by_itself = row.by != catalog::Opener::Ctypes;
        let names = row.sonames.iter().chain(&row.also).filter(|_| by_itself);
        let paths: Vec<PathBuf> = names.filter_map(|name| libraries.get(*name).cloned()).collect();
        let value = |variable: &catalog::Variable| {
            let part = variable.part.of(libraries.get(variable.soname)?)?;
            Some((variable.name.to_owned(), part))
        };
        let variables: Vec<_> = row.variables.iter().filter_map(value).collect();
        if paths.is_empty() && variables.is_empty() {
            continue;
        }
        for module in row.modules {
            let opening = found.entry(module).or_insert_with(|| provide::Opening::of(module));
            opening.paths.extend(paths.iter().cloned());
            opening.variables.extend(variables.iter().cloned());
        }
    }
    let unknown =
        |owner: usize| installed.get(owner).is_some_and(|found| catalog::opens(&found.name).is_none());
    for (_, opening) in survey.openings().filter(|(owner, _)| unknown(*owner)) {
        if let Some(path) = given_to_cffi(opening, libraries) {
            let module = opening.module.as_str();
            found.entry(module).or_insert_with(|| provide::Opening::of(module)).paths.push(path.clone());
        }
    }
    found.into_values().collect()
}

/// The library that sources have cffi open by its SONAME, of several the first that is offered.
fn given_to_cffi<'l>(opening: &SourceOpening, libraries: &'l Libraries) -> Option<&'l PathBuf> {
    let library = Some(&opening.library).filter(|library| library.by_cffi)?;
    library.names.iter().find_map(|name| match name {
        LibraryName::Soname(name) => libraries.get(name),
        LibraryName::Stem(_) => None,
    })
}
