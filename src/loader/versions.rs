//! Whether the libraries found define the symbol versions that are wanted of them:
//! `_dl_check_map_versions` of glibc's elf/dl-version.c.

use std::rc::Rc;

use super::memory::NumberMap;
use super::resolve::{Outcome, Process, Resolver};
use crate::maps::Set;

/// Versions that a library does not define.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    /// Index of the object that wants them.
    pub asker: usize,
    /// Index of the library.
    pub library: usize,
    /// The name it is wanted by.
    pub name: String,
    /// The versions, not empty.
    pub versions: Rc<[String]>,
    /// Those that it defines.
    pub defined: Rc<[String]>,
}

/// What each object lacks of the libraries it was seen with, by their numbers: the same ones are loaded
/// for many modules.
pub(super) type Known = NumberMap<(usize, usize), Rc<[String]>>;

impl Resolver<'_> {
    /// What the objects from `first` on want of their libraries in vain.
    pub fn lacking(&self, process: &Process, first: usize) -> Vec<Lack> {
        let mut known = self.versions.borrow_mut();
        let mut found = Vec::new();
        for (asker, load) in process.loads.iter().enumerate().skip(first) {
            if load.object.version_needs.is_empty() {
                continue;
            }
            for (name, outcome) in load.object.needed.iter().zip(&load.outcomes) {
                let Outcome::Loaded(library) = *outcome else { continue };
                let asked = &process.loads[library];
                let pair = (load.number(), asked.number());
                let versions = known.entry(pair).or_insert_with(|| self.undefined(process, asker, library));
                if !versions.is_empty() {
                    let defined = asked.object.version_definitions.as_slice().into();
                    let (name, versions) = (name.clone(), Rc::clone(versions));
                    found.push(Lack { asker, library, name, versions, defined });
                }
            }
        }
        found
    }

    /// The versions that one object wants of another which does not define them. A library without
    /// any definitions serves all: the loader only warns.
    fn undefined(&self, process: &Process, asker: usize, library: usize) -> Rc<[String]> {
        let (object, defined) =
            (&process.loads[asker].prepared, &process.loads[library].object.version_definitions);
        if defined.is_empty() {
            return Rc::default();
        }
        let needs = object.object.version_needs.iter().zip(&object.version_libraries);
        let wanted = needs.filter(|(need, name)| !need.weak && process.by_name.get(name) == Some(&library));
        let wanted: Vec<&String> = wanted.map(|(need, _)| &need.version).collect();
        if wanted.is_empty() {
            return Rc::default();
        }
        let defined: Set<&String> = defined.iter().collect();
        wanted.into_iter().filter(|version| !defined.contains(version)).cloned().collect()
    }
}
