//! Whether the libraries found define the symbol versions that are wanted of them:
//! `_dl_check_map_versions` of glibc's elf/dl-version.c.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::files::Identity;
use super::resolve::{Outcome, Process, Resolver};

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
    pub defined: Rc<HashSet<String>>,
}

/// What pairs of files lack, remembered: the same libraries are loaded for many modules.
pub(super) type Known = HashMap<(Identity, Identity), Rc<[String]>>;

impl Resolver<'_> {
    /// What the objects from `first` on want of their libraries in vain.
    pub fn lacking(&self, process: &Process, first: usize) -> Vec<Lack> {
        let mut found = Vec::new();
        for (asker, load) in process.loads.iter().enumerate().skip(first) {
            let versioned = !load.object.version_needs.is_empty();
            for need in load.needs.iter().filter(|_| versioned) {
                let Outcome::Loaded(library) = need.outcome else { continue };
                let versions = self.undefined(process, asker, library);
                if !versions.is_empty() {
                    let asked = &process.loads[library];
                    let defined = self.files.version_definitions(&asked.path, asked.identity);
                    found.push(Lack { asker, library, name: need.name.clone(), versions, defined });
                }
            }
        }
        found
    }

    /// The versions that one object wants of another which does not define them. A library without
    /// any definitions serves all: the loader only warns.
    fn undefined(&self, process: &Process, asker: usize, library: usize) -> Rc<[String]> {
        let (asking, asked) = (&process.loads[asker], &process.loads[library]);
        let key = (asking.identity, asked.identity);
        if let Some(known) = self.versions.borrow().get(&key) {
            return Rc::clone(known);
        }
        let wanted = asking.object.version_needs.iter();
        let mut wanted = wanted.filter(|need| !need.weak && process.named(&need.library) == Some(library));
        let mut versions = Vec::new();
        if let Some(first) = wanted.next() {
            let defined = self.files.version_definitions(&asked.path, asked.identity);
            let lacks = |version: &String| !defined.is_empty() && !defined.contains(version);
            let all = std::iter::once(first).chain(wanted).map(|need| &need.version);
            versions.extend(all.filter(|version| lacks(version)).cloned());
        }
        let versions: Rc<[String]> = versions.into();
        self.versions.borrow_mut().insert(key, Rc::clone(&versions));
        versions
    }
}
