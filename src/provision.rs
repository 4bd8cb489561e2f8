//! Scans a venv and makes what a shell offers reach its Python: what shell entry and `provide` share.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::catalog;
use crate::config::{Environment, Provide};
use crate::diagnose::Report;
use crate::examine::{Examination, Rules, Target, Tree, examine};
use crate::offer::{self, Libraries, Offered};
use crate::provide::{self, links, roots};
use crate::report::Speaker;
use crate::venv::{Distribution, Venv};

/// One venv to be provided for.
pub struct Provision<'a> {
    /// The venv.
    pub venv: &'a Venv,
    /// The library directories that are offered, in order.
    pub directories: &'a [PathBuf],
    /// How libraries reach Python.
    pub provide: Provide,
    /// What to keep silent about.
    pub ignore: &'a [String],
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
    pub fn carry_out(&self) -> Result<Report> {
        let interpreter = &self.venv.interpreter;
        let offered = match self.provide {
            Provide::None => Offered::default(),
            _ => offer::libraries(self.directories, &interpreter.system(), catalog::is_driver),
        };
        let wanted = RefCell::new(BTreeSet::new());
        let tree =
            Tree { root: &self.venv.root, site_packages: &self.venv.site_packages, shown: &self.venv.shown };
        let offer = |name: &str| {
            let path = offered.find(name)?;
            wanted.borrow_mut().insert(name.to_owned());
            Some(path.clone())
        };
        let target = Target::Real(interpreter, Vec::new(), Rules::Own);
        let found = examine(&tree, &target, &offer, &[], self.ignore);
        self.write(&offered, &wanted.into_inner(), &found.distributions)?;
        self.keep(&offered, &found);
        Ok(found.report)
    }

    fn write(&self, offered: &Offered, wanted: &BTreeSet<String>, installed: &[Distribution]) -> Result<()> {
        let own = self.venv.root.join(".venvfix");
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
        let shims = provide::write_shims(&own.join("shims"), &aliases, self.venv.interpreter.object.machine)?;
        let mut libraries = offered.libraries.clone();
        libraries.extend(shims);
        let openings = openings(installed, &libraries);
        for path in &self.venv.site_packages {
            provide::install(path, &libraries, &openings)?;
        }
        Ok(())
    }

    /// Best effort: without roots all works until the next garbage collection.
    fn keep(&self, offered: &Offered, found: &Examination) {
        let interpreter = [self.venv.interpreter.real.as_path(), self.venv.interpreter.loader.as_path()];
        let files = offered.libraries.values().chain(offered.aliases.values()).map(PathBuf::as_path);
        let in_use = files.chain(interpreter).chain(found.store_paths.iter().map(PathBuf::as_path));
        let packages: BTreeSet<PathBuf> =
            in_use.filter_map(offer::store_package).map(Path::to_owned).collect();
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

/// What is to be opened for the packages that open libraries themselves, as far as it is offered.
fn openings(installed: &[Distribution], libraries: &Libraries) -> Vec<provide::Opening> {
    let _ = (installed, libraries);
    Vec::new()
}
