//! What becomes of a program that does not start, as doctor tells it. Changes nothing.

use std::path::Path;

use super::judge::refusal;
use super::rewrite::Refusal;
use crate::config::Programs;
use crate::diagnose::{Foreign, Remedy, Severity};

/// What entry does about such programs of a venv.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Nothing: it is not its venv, or the settings say so.
    Reports,
    /// It will patch what it can.
    WillPatch,
    /// It came by, and patched what it could.
    HasPatched,
    /// It would, where there is Nix.
    WouldPatch,
}

impl Entry {
    /// What entry does, or did, by these settings.
    pub fn of(programs: Programs, is_ours: bool, came_by: bool) -> Self {
        match (programs, is_ours) {
            (Programs::Patch, true) if came_by => Self::HasPatched,
            (Programs::Patch, true) => Self::WillPatch,
            _ => Self::Reports,
        }
    }

    /// What entry would do by these settings.
    pub fn foreseen(programs: Programs) -> Self {
        match programs {
            Programs::Patch => Self::WouldPatch,
            Programs::Report => Self::Reports,
        }
    }

    /// What to say of the program at `path`, below `root`, for which nixpkgs has `remedy`.
    pub fn advice(self, path: &Path, root: &Path, remedy: Remedy) -> Foreign {
        let refused = || refusal(path, root);
        let left = |why: Refusal| Foreign::error(remedy.clone(), Some(why.to_string()));
        match self {
            Self::Reports => Foreign::error(remedy, None),
            Self::HasPatched => left(refused().unwrap_or(Refusal::NotLoaded)),
            Self::WillPatch => {
                let sync = Remedy::Command { command: "venvfix sync".into() };
                refused().map_or(Foreign::error(sync, None), left)
            }
            Self::WouldPatch => {
                let reason =
                    "they get the interpreter's loader; programs = \"report\" leaves them as they are".into();
                let note = Foreign { severity: Severity::Note, remedy: Remedy::None { reason }, why: None };
                refused().map_or(note, left)
            }
        }
    }
}
