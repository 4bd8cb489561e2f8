//! Objects that load the same libraries, and ask the same of them: what one lacks, all lack.

use std::path::PathBuf;
use std::rc::Rc;

use super::Misses;
use crate::diagnose::finding::Reach;
use crate::diagnose::input::Examined;
use crate::loader::{Lack, Likeness, Need, Process};

/// What is known of objects that are alike.
pub(super) struct Alike {
    /// `None` if there is more to say than names.
    pub(super) lacks: Option<Rc<Lacks>>,
    /// Whether one of them was opened, and what its libraries lack was noted.
    pub(super) opened: bool,
}

/// The names that nothing satisfies, of an object and what it loads.
pub(super) struct Lacks {
    pub(super) own: Vec<OwnLack>,
    /// Whether other files of the venv miss some: they are charged with these.
    pub(super) others: bool,
}

impl Lacks {
    pub(super) fn is_none(&self) -> bool {
        self.own.is_empty() && !self.others
    }
}

/// A name that an object itself misses.
pub(super) struct OwnLack {
    pub(super) name: String,
    pub(super) searched: Rc<[PathBuf]>,
}

impl Misses<'_> {
    /// What an object lacks, if others that are alike tell all that is to be noted of it.
    pub(super) fn known_lacks(&self, likeness: Likeness, reach: Reach) -> Option<Rc<Lacks>> {
        let Alike { lacks, opened } = self.alike.get(&likeness)?;
        let tells_all = |lacks: &&Rc<Lacks>| *opened || (!lacks.others && reach != Reach::Import);
        lacks.as_ref().filter(tells_all).cloned()
    }

    /// Whether there is anything to note of a library.
    pub(super) fn is_troubled(&mut self, root: &Examined) -> bool {
        if self.is_exhausted() {
            return true;
        }
        let Some(likeness) = self.input.resolver.likeness(&root.path) else { return true };
        let is_sound = |lacks: &Option<Rc<Lacks>>| lacks.as_ref().is_some_and(|lacks| lacks.is_none());
        let sound = match self.alike.get(&likeness) {
            Some(known) => is_sound(&known.lacks),
            None => {
                let (process, first) = (self.dlopen(root), self.input.interpreter.loads.len());
                let lacking = self.input.resolver.lacking(&process, first);
                let lacks = self.lacks(&process, first, &lacking);
                let sound = is_sound(&lacks);
                self.alike.insert(likeness, Alike { lacks, opened: false });
                sound
            }
        };
        !sound || self.is_foreign(root)
    }

    /// What all objects lack that are like the one opened; `None` if that takes more than names.
    pub(super) fn lacks(&mut self, process: &Process, first: usize, lacking: &[Lack]) -> Option<Rc<Lacks>> {
        let opened = process.opened().filter(|&opened| opened >= first)?;
        let is_simple = !process.given_up
            && lacking.is_empty()
            && process.refused(first).next().is_none()
            && process.loads.iter().skip(first).all(|load| load.object.openings.is_empty())
            // Objects that are alike may go by other names.
            && !process.needs_object(opened);
        if !is_simple {
            return None;
        }
        let mut lacks = Lacks { own: Vec::new(), others: false };
        for Need { load, name, .. } in process.missing(first) {
            if load == opened {
                let searched = self.input.resolver.searched(process, load);
                lacks.own.push(OwnLack { name: name.to_owned(), searched });
            } else {
                // A library from outside is charged to what loads it.
                self.own(&process.loads[load])?;
                lacks.others = true;
            }
        }
        Some(lacks.into())
    }
}
