//! A conversion in the making, and what both kinds share: hooks without what venvfix does, libraries in place
//! of LD_LIBRARY_PATH, names that hold.

use std::collections::BTreeSet;

use rnix::SyntaxNode;
use rnix::ast::{self, Expr, HasEntry};
use rowan::ast::AstNode;

use super::Given;
use super::change::{Change, lines_of};
use super::deeds::{Deed, Install};
use super::define::define;
use super::hook::{Content, Piece};
use super::hooks::{Hook, entry, range_of};
use super::interpreter::interpreter_of;
use super::library_path;
use super::refusal::Refusal;
use super::rename::rename;
use super::settings::{self, Wishes};
use super::uses::{removed, use_of};
use super::view::Shell;
use super::view::{position, start};

pub(super) const LIBRARY_PATH: &str = "LD_LIBRARY_PATH";

/// What is to be done to a file.
pub(super) struct Plan<'a> {
    pub(super) source: &'a str,
    pub(super) root: &'a ast::Root,
    pub(super) shell: &'a Shell,
    pub(super) given: &'a Given<'a>,
    /// LD_LIBRARY_PATH becomes libraries.
    with_libraries: bool,
    /// LD_LIBRARY_PATH is set no more, or by fewer.
    takes_library_path: bool,
    pub(super) changes: Vec<Change>,
    pub(super) libraries: Vec<String>,
    pub(super) settings: Option<String>,
    pub(super) notes: Vec<String>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(
        source: &'a str,
        root: &'a ast::Root,
        shell: &'a Shell,
        given: &'a Given<'a>,
        with_libraries: bool,
    ) -> Plan<'a> {
        let (changes, libraries, notes) = (Vec::new(), Vec::new(), Vec::new());
        Plan {
            source,
            root,
            shell,
            given,
            with_libraries,
            takes_library_path: false,
            changes,
            libraries,
            settings: None,
            notes,
        }
    }

    /// What the changes take away though the rest of the file uses it, and where.
    pub(super) fn missed(&self) -> Option<(String, usize)> {
        let mut names = removed(self.shell, &self.changes);
        if self.takes_library_path {
            names.push(LIBRARY_PATH.to_owned());
        }
        names.into_iter().find_map(|name| {
            let at = use_of(self.root, self.source, &self.changes, &name)?;
            Some((name, at))
        })
    }

    /// An attribute that goes may not be wanted elsewhere.
    pub(super) fn refuse_missed(&self) -> Result<(), Refusal> {
        match self.missed() {
            Some((name, at)) => Err(self.not_sure_at(at, format!("{name} is used here, and would go"))),
            None => Ok(()),
        }
    }

    pub(super) fn note(&mut self, text: &str) {
        self.notes.push(text.to_owned());
    }

    pub(super) fn not_sure(&self, node: &SyntaxNode, reason: impl Into<String>) -> Refusal {
        self.not_sure_at(start(node), reason)
    }

    pub(super) fn not_sure_at(&self, offset: usize, reason: impl Into<String>) -> Refusal {
        let (line, column) = position(self.source, offset);
        Refusal::NotSure { line, column, reason: reason.into() }
    }

    /// Defines a name for a place in the file.
    pub(super) fn define(
        &mut self,
        place: &SyntaxNode,
        name: &str,
        definition: &dyn Fn(&str) -> String,
    ) -> Result<(), Refusal> {
        let change = define(self.source, self.shell, place, name, definition).ok_or_else(|| {
            self.not_sure(
                place,
                format!("there is no place to define {name}: no name for nixpkgs is in scope"),
            )
        })?;
        self.changes.push(change);
        Ok(())
    }

    /// Puts bindings in front of one that is there, on lines of their own if it has.
    pub(super) fn bind_before(&mut self, entry: &ast::AttrpathValue, bindings: &[String]) {
        let lines = lines_of(self.source, range_of(entry));
        let at = start(entry.syntax());
        let line = super::change::line_start(self.source, at);
        let own_line = self.source[line..at].trim().is_empty();
        let newline = super::change::newline(self.source);
        let change = match own_line {
            true => {
                let indent = super::change::indent_of(self.source, at);
                // Comments right above belong to the old one; a blank line goes with what stands above.
                let first = lines.start.max(line.min(lines.start));
                let first = first + self.source[first..].len()
                    - self.source[first..].trim_start_matches(['\r', '\n']).len();
                Change::insert(
                    first,
                    bindings.iter().map(|text| format!("{indent}{text}{newline}")).collect(),
                )
            }
            false => Change::insert(at, bindings.iter().map(|text| format!("{text} ")).collect()),
        };
        self.changes.push(change);
    }

    /// venvfix takes the first python of the shell, whichever made the venv before.
    pub(super) fn note_python(&mut self, first: &Expr, before: Option<String>) {
        if let (Some(first), Some(before)) = (interpreter_of(first), before)
            && first != before
        {
            self.notes
                .push(format!("the venv is made by {first}, the first python of the shell: it was {before}"));
        }
    }

    /// Replaces names that nixpkgs has no more.
    pub(super) fn rename(&mut self) {
        let (changes, said) = rename(self.root, self.given.new_name);
        // A name within what is replaced anyway is gone.
        let met = |change: &Change| {
            self.changes
                .iter()
                .any(|other| other.range.start < change.range.end && change.range.start < other.range.end)
        };
        let changes: Vec<Change> = changes.into_iter().filter(|change| !met(change)).collect();
        let tkinter = said.iter().any(|(old, _)| old.ends_with("Full"));
        self.changes.extend(changes);
        for (old, new) in said {
            self.notes.push(format!("nixpkgs has no {old} any more: the shell takes {new}"));
        }
        if tkinter {
            self.note(
                "tkinter was part of the full python: where it is wanted, take \
                 (python3.withPackages (ps: [ ps.tkinter ]))",
            );
        }
    }

    /// Takes out of hooks what venvfix does, and keeps what it does not. `own` says which deeds beyond the
    /// common ones may go.
    pub(super) fn clear(
        &mut self,
        hooks: &[Hook],
        own: &dyn Fn(&Deed) -> bool,
        put: Option<(usize, usize, String)>,
    ) {
        let installs = self.installs(hooks, own);
        let wishes = settings::wishes(&installs, self.given.project);
        let files_only = Wishes::Usual;
        let settled = !matches!(wishes, Wishes::Inexpressible(_));
        match wishes {
            Wishes::Settings(text) => {
                self.notes.push("venvfix.toml says what to install, as the hook did".to_owned());
                self.settings = Some(text);
            }
            Wishes::Inexpressible(why) => {
                self.notes.push(format!("the hook still calls pip install: {why}"));
            }
            Wishes::Usual if !installs.is_empty() => {
                self.notes.push(
                    "the requirements are installed by venvfix itself, whenever they change".to_owned(),
                );
            }
            Wishes::Usual if self.given.project.is_installable() => {
                self.notes.push(
                    "what the project's files ask for is installed at entry, whenever it changes".to_owned(),
                );
            }
            Wishes::Usual => {}
        }
        for (number, hook) in hooks.iter().enumerate() {
            let mut gone = BTreeSet::new();
            for (index, piece) in hook.pieces.iter().enumerate() {
                let may_install = |install: &Install| {
                    settled
                        || settings::wishes(std::slice::from_ref(install), self.given.project) == files_only
                };
                let goes = |deed: &Deed| match deed {
                    Deed::Installs(install) => may_install(install),
                    other => self.goes(other, hook, piece, own),
                };
                if is_all(piece, &goes) {
                    gone.insert(index);
                    let libraries = self.libraries_of(piece, hook);
                    self.takes_library_path |= libraries.is_some();
                    self.libraries.extend(libraries.unwrap_or_default());
                }
            }
            let put = put.as_ref().filter(|(of, ..)| *of == number).map(|(_, at, text)| (*at, text.clone()));
            if let Some((at, _)) = &put {
                gone.insert(*at);
            }
            self.note_other_installs(hook, &gone);
            self.changes.extend(hook.without(self.source, &gone, put));
        }
    }

    fn installs(&self, hooks: &[Hook], own: &dyn Fn(&Deed) -> bool) -> Vec<Install> {
        let mut found = Vec::new();
        for hook in hooks {
            for piece in &hook.pieces {
                let goes =
                    |deed: &Deed| matches!(deed, Deed::Installs(_)) || self.goes(deed, hook, piece, own);
                if let (true, Content::Deeds(deeds)) = (is_all(piece, &goes), &piece.content) {
                    found.extend(deeds.iter().filter_map(|deed| match deed {
                        Deed::Installs(install) => Some(install.clone()),
                        _ => None,
                    }));
                }
            }
        }
        found
    }

    fn goes(&self, deed: &Deed, hook: &Hook, piece: &Piece, own: &dyn Fn(&Deed) -> bool) -> bool {
        match deed {
            Deed::UnsetsDate => true,
            // Whether there is anything to install.
            Deed::LooksFor(file) if is_list(file) => true,
            Deed::SetsLibraryPath(_) => self.libraries_of(piece, hook).is_some(),
            other => own(other),
        }
    }

    /// The libraries of the LD_LIBRARY_PATH that a piece sets, alone on its line.
    fn libraries_of(&self, piece: &Piece, hook: &Hook) -> Option<Vec<String>> {
        if !self.with_libraries || piece.lines.len() != 1 {
            return None;
        }
        let Content::Deeds(deeds) = &piece.content else { return None };
        let [Deed::SetsLibraryPath(value)] = deeds.as_slice() else { return None };
        library_path::of_line(value, &hook.lines[piece.lines.start], self.shell)
    }

    fn note_other_installs(&mut self, hook: &Hook, gone: &BTreeSet<usize>) {
        let kept = hook.pieces.iter().enumerate().filter(|(index, _)| !gone.contains(index));
        let deeds = kept.filter_map(|(_, piece)| match &piece.content {
            Content::Deeds(deeds) => Some(deeds),
            _ => None,
        });
        let others: Vec<String> = deeds
            .flatten()
            .filter_map(|deed| match deed {
                Deed::InstallsOther(what) => Some(what.clone()),
                _ => None,
            })
            .collect();
        for what in others {
            self.notes.push(match what.starts_with('-') {
                true => format!("`pip install {what}` stays in the hook: it may depend on what is done before it"),
                false => format!(
                    "`pip install {what}` stays in the hook; what stands in requirements.txt instead is installed \
                     again when it changes"
                ),
            });
        }
    }

    /// Makes an LD_LIBRARY_PATH that the shell is given libraries.
    pub(super) fn clear_library_path(&mut self) {
        for path in [&[LIBRARY_PATH][..], &["env", LIBRARY_PATH]] {
            let Some(entry) = entry(self.shell, path).filter(|_| self.with_libraries) else { continue };
            let found = entry.value().and_then(|value| library_path::of_expression(&value, self.shell));
            match found {
                Some(found) => {
                    self.takes_library_path = true;
                    self.libraries.extend(found);
                    self.changes.push(Change::remove(lines_of(self.source, range_of(&entry))));
                }
                None => self
                    .notes
                    .push("LD_LIBRARY_PATH stays, for it names more than libraries of nixpkgs".to_owned()),
            }
        }
        if !self.libraries.is_empty() {
            self.note(
                "the libraries of LD_LIBRARY_PATH are inputs of the shell: Python gets them from venvfix, and \
                 other programs see none of them",
            );
        }
    }

    /// A name that the shell's own arguments bind.
    pub(super) fn binds(&self, name: &str) -> bool {
        entry(self.shell, &[name]).is_some()
            || self
                .shell
                .arguments
                .iter()
                .any(|set| set.inherits().any(|inherit| super::view::inherits(&inherit, name)))
    }
}

/// A file that says what to install.
pub(super) fn is_list(file: &str) -> bool {
    file.ends_with(".txt") || ["pyproject.toml", "setup.py", "setup.cfg"].contains(&file)
}

/// Whether all that a piece does may go, and it does anything.
fn is_all(piece: &Piece, goes: &dyn Fn(&Deed) -> bool) -> bool {
    let Content::Deeds(deeds) = &piece.content else { return false };
    let filler = |deed: &Deed| matches!(deed, Deed::Says | Deed::Keyword | Deed::LooksFor(_));
    let may_go = |deed: &Deed| matches!(deed, Deed::Says | Deed::Keyword) || goes(deed);
    deeds.iter().all(may_go) && !deeds.iter().all(filler)
}
