//! The nixpkgs that a project uses: its release, and what is known to be in it.
//!
//! `lookup` finds `<nixpkgs>`, `release` decides which release counts (pure), `proof` has Nix say which
//! attributes there are and keeps the answers, `locate` asks the user's file index.

mod locate;
mod lookup;
mod pin;
mod proof;
mod release;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

pub use locate::{Located, locate};
pub use lookup::Lookup;
pub use pin::Pin;
pub use release::{Evidence, Source, release};

use crate::catalog::{self, InUse, Library, Release};
use crate::config::Environment;
use crate::diagnose::{Confidence, Remedy};
use crate::fsx;

/// Far more than anybody writes by hand.
const MAX_NIX_FILE: u64 = 1 << 20;

/// Locks of large flakes have some thousand lines.
const MAX_LOCK: u64 = 4 << 20;

/// The nixpkgs that a project uses.
#[derive(Clone, Debug, Default)]
pub struct Nixpkgs {
    /// Its release, and where that is known from.
    pub in_use: Option<(Release, Source)>,
    /// It stays the same until the project's own files change.
    pub is_pinned: bool,
    /// `<nixpkgs>`, where Nix may be asked about it and the answer concerns the project.
    lookup: Option<Lookup>,
    /// The project's folder, where there is one.
    project: Option<PathBuf>,
    /// Which attributes it has.
    known: BTreeMap<String, bool>,
}

impl Nixpkgs {
    /// What the files at hand tell of the project in this folder, if any, whose shell is in `nix_file`, and
    /// what Nix has said before. Starts nothing.
    pub fn find(environment: &Environment, project: Option<&Path>, nix_file: Option<&Path>) -> Self {
        let lookup = Lookup::find(environment.nix_path.as_deref(), environment.home.as_deref());
        let version = lookup.as_ref().and_then(|lookup| lookup.version.as_deref());
        let lock = project.and_then(|project| fsx::read_text(&project.join("flake.lock"), MAX_LOCK).ok()?);
        let is_flake = nix_file.and_then(Path::file_name).is_some_and(|name| name == "flake.nix");
        // What a shell has recorded, it says of its own project.
        let own = environment
            .shell_project
            .as_ref()
            .is_none_or(|own| Some(fsx::normalize(own).as_path()) == project);
        let recorded = environment.nixpkgs_release.as_deref().filter(|_| own);
        let pin = nix_file.filter(|_| !is_flake).map(pin_of).unwrap_or_default();
        let evidence = Evidence { recorded, version, pin, lock: lock.as_deref(), is_flake };
        let in_use = release(&evidence);
        let in_question = !is_flake && (pin != Pin::Other || in_use.is_some());
        let lookup = lookup.filter(|lookup| in_question && concerns(lookup, project, in_use));
        let known = lookup.as_ref().map(|lookup| proof::recall(environment, lookup)).unwrap_or_default();
        let is_pinned = in_use.is_some_and(|(_, source)| match source {
            Source::Lock => is_flake,
            Source::Pin => true,
            Source::Shell | Source::Lookup => false,
        });
        Self { in_use, is_pinned, lookup, project: project.map(Path::to_owned), known }
    }

    /// The project's folder: no program that lies there is started.
    pub fn project(&self) -> Option<&Path> {
        self.project.as_deref()
    }

    /// The release in use.
    pub fn release(&self) -> Option<Release> {
        self.in_use.map(|(release, _)| release)
    }

    /// Whether it has this attribute, as far as Nix has said.
    pub fn has(&self, attribute: &str) -> Option<bool> {
        self.known.get(attribute).copied()
    }

    /// Has Nix say which of these attributes there are, where it is at hand and has not said so before.
    ///
    /// # Errors
    /// If the user interrupts. What Nix cannot say stays unknown.
    pub fn ask<'a>(
        &mut self,
        environment: &Environment,
        attributes: impl IntoIterator<Item = &'a str>,
    ) -> Result<()> {
        let Some(lookup) = &self.lookup else { return Ok(()) };
        let unknown = attributes.into_iter().filter(|path| !self.known.contains_key(*path));
        let unknown: Vec<&str> = unknown.collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let answers = proof::ask(environment, lookup, self.project(), &unknown)?;
        if !answers.is_empty() {
            self.known.extend(answers);
            proof::keep(environment, lookup, &self.known);
        }
        Ok(())
    }

    /// The library with the path that holds here: by release, or better, as Nix has said.
    pub fn settle(&self, mut library: Library) -> Library {
        let first = library.path().to_owned();
        let there = |path: &&String| self.has(path) == Some(true);
        let proven = match self.has(&first) {
            Some(true) => Some(first),
            Some(false) => library.names().find(there).cloned(),
            None => None,
        };
        if let Some(path) = proven {
            library.in_use = Some(InUse { path, settled: true });
        }
        library
    }

    /// Whether Nix has said that there is none of this library's paths.
    pub fn lacks(&self, library: &Library) -> bool {
        library.names().all(|path| self.has(path) == Some(false))
    }

    /// What to do about a soname that is missing, where the tables have an attribute for it.
    pub fn remedy(&self, soname: &str) -> Option<Remedy> {
        if let Some(reason) = catalog::not_yet(soname, self.release()) {
            return Some(Remedy::None { reason });
        }
        let library = self.settle(catalog::library_in(soname, self.release())?);
        let likely = matches!(catalog::soname(soname), Some(catalog::Remedy::Attribute { sure: false, .. }));
        Some(Remedy::Attribute {
            attribute: library.path().to_owned(),
            confidence: if likely { Confidence::Likely } else { Confidence::Sure },
            alternatives: library.other_paths(),
        })
    }
}

/// What the project's Nix file, and the sources beside it that it asks for, say of its nixpkgs.
fn pin_of(nix_file: &Path) -> Pin {
    let Ok(Some(text)) = fsx::read_text(nix_file, MAX_NIX_FILE) else { return Pin::Nothing };
    let folder = nix_file.parent().unwrap_or(Path::new("/"));
    let read = |file| fsx::read_text(&folder.join(file), MAX_LOCK).ok().flatten();
    let sources: Vec<String> = pin::sources_of(&text).into_iter().filter_map(read).collect();
    pin::pin(&text, &sources)
}

/// Whether Nix may be asked about this nixpkgs, and its answer says something of the project.
fn concerns(lookup: &Lookup, project: Option<&Path>, in_use: Option<(Release, Source)>) -> bool {
    let version = lookup.version.as_deref().and_then(release::parse);
    // A stranger's project may bring a nixpkgs and have the lookup path lead there.
    !lies_in(&lookup.path, project) && in_use.is_none_or(|(release, _)| version == Some(release))
}

/// A program on PATH that is not the project's.
fn program(environment: &Environment, project: Option<&Path>, name: &str) -> Option<PathBuf> {
    let found = environment.find_program(name, project)?;
    let folder = fs::canonicalize(found.parent()?).ok()?;
    (!lies_in(&folder, project)).then_some(found)
}

/// Whether a path without links lies in the project, which may be named by one.
fn lies_in(path: &Path, project: Option<&Path>) -> bool {
    let real = project.and_then(|project| fs::canonicalize(project).ok());
    real.is_some_and(|project| path.starts_with(project))
}
