//! Choosing the list: the one that the user names or its owner marked, or else the right one of
//! the shell's inputs.
//!
//! Nothing here edits or spells. A place that is not certain is refused.

use rnix::ast;
use rowan::ast::AstNode;

use super::constructor::PackageSet;
use super::inputs::{Input, best_input, inputs, is_nested};
use super::marker::{self, Marked};
use super::passed_over::{first_words, list_name, never, passed_over, place};
use super::refusal::{PassedOver, Place, Refusal};
use super::shell::{self, Search, Shell};
use super::syntax::{position, start};
use super::wish::{At, Wish};

/// The list to edit.
pub(super) struct Chosen {
    pub(super) list: ast::List,
    pub(super) place: Place,
    /// The other lists of the same shell, in which a library may be already.
    pub(super) beside: Vec<ast::List>,
    /// The package set that the shell's constructor was selected from.
    pub(super) set: Option<PackageSet>,
}

impl Chosen {
    /// All lists of the shell, the one to edit first.
    pub(super) fn lists(&self) -> impl Iterator<Item = &ast::List> {
        std::iter::once(&self.list).chain(&self.beside)
    }
}

/// Chooses the list of a file.
pub(super) fn locate(root: &ast::Root, source: &str, wish: &Wish) -> Result<Chosen, Refusal> {
    let search = shell::search(root, wish.shell.as_deref());
    if let Some(name) = wish.shell.as_ref().filter(|name| !search.names.contains(name)) {
        return Err(Refusal::NoShell { name: name.clone(), names: search.names });
    }
    if let Some(at) = wish.at {
        return chosen_at(root, &search, at, source);
    }
    let Marked { lists, dangling } = match wish.shell {
        Some(_) => Marked::default(),
        None => marker::marked_lists(root),
    };
    match (lists.as_slice(), dangling) {
        ([list], _) => chosen_by_name(list, &marked_name(), &search, source),
        ([], Some(offset)) => Err(dangling_mark(offset, source)),
        ([], None) => chosen_by_search(root, &search, source),
        (several, _) => {
            let candidate = |list: &ast::List| place(list.syntax(), &marked_name(), source);
            Err(Refusal::Ambiguous { candidates: several.iter().map(candidate).collect(), named: false })
        }
    }
}

fn marked_name() -> String {
    format!("the list marked `{}`", marker::TEXT)
}

/// A list that somebody points at.
fn chosen_by_name(list: &ast::List, name: &str, search: &Search, source: &str) -> Result<Chosen, Refusal> {
    let place = place(list.syntax(), name, source);
    let is_input = |shell: &&Shell| inputs(shell).iter().any(|input| input.list == *list);
    let owner = search.shells.iter().find(is_input);
    // A list of a shell is one of packages, whatever is around it.
    if let Some(reason) = never(list).filter(|_| owner.is_none() || is_nested(list)) {
        let (line, column) = (place.line, place.column);
        return Err(no_place_at(line, column, vec![PassedOver { place, reason }]));
    }
    Ok(Chosen {
        place,
        beside: owner.map(|shell| lists_beside(shell, list)).unwrap_or_default(),
        set: owner.and_then(|shell| shell.set.clone()),
        list: list.clone(),
    })
}

fn no_place_at(line: usize, column: usize, seen: Vec<PassedOver>) -> Refusal {
    Refusal::NoPlace { line, column, seen, instead: Vec::new(), by_hand: None }
}

fn dangling_mark(offset: usize, source: &str) -> Refusal {
    let (line, column) = position(source, offset);
    let name = format!("the comment `{}`", marker::TEXT);
    let reason = "stands before no list that is written out".to_owned();
    no_place_at(line, column, vec![PassedOver { place: Place { line, column, name }, reason }])
}

/// The list or the shell that begins at a place, or else the one list that does so on its line.
fn chosen_at(root: &ast::Root, search: &Search, at: At, source: &str) -> Result<Chosen, Refusal> {
    let shell = search.shells.iter().find(|shell| at.is(&shell_place(shell, source)));
    if let Some((shell, input)) = shell.and_then(|shell| Some((shell, best_input(shell)?))) {
        return Ok(chosen_input(shell, input, source));
    }
    let lists = root.syntax().descendants().filter_map(ast::List::cast);
    let lists: Vec<ast::List> =
        lists.filter(|list| at.is(&place(list.syntax(), "", source)) && !is_nested(list)).collect();
    match lists.as_slice() {
        [list] => chosen_by_name(list, &list_name(list), search, source),
        [] => {
            let name = "what --at names".to_owned();
            let place = Place { line: at.line, column: at.column.unwrap_or(1), name };
            let reason = "is not where a list or a shell begins".to_owned();
            let mut seen = vec![PassedOver { place, reason }];
            seen.extend(passed_over(root, search, source));
            Err(no_place_at(at.line, at.column.unwrap_or(1), seen))
        }
        several => {
            let candidate = |list: &ast::List| place(list.syntax(), &list_name(list), source);
            Err(Refusal::Ambiguous { candidates: several.iter().map(candidate).collect(), named: false })
        }
    }
}

fn chosen_by_search(root: &ast::Root, search: &Search, source: &str) -> Result<Chosen, Refusal> {
    match search.shells.as_slice() {
        [shell] => match best_input(shell) {
            Some(input) => Ok(chosen_input(shell, input, source)),
            None => Err(no_place(root, search, source)),
        },
        [] => Err(no_place(root, search, source)),
        several => {
            let candidates = several.iter().map(|shell| shell_place(shell, source)).collect();
            let named = several.iter().all(|shell| shell.output.as_ref().is_some_and(|it| !it.is_empty()));
            let mut names: Vec<_> = several.iter().map(|shell| &shell.output).collect();
            names.dedup();
            Err(Refusal::Ambiguous { candidates, named: named && names.len() == several.len() })
        }
    }
}

fn chosen_input(shell: &Shell, input: Input, source: &str) -> Chosen {
    let name = format!("`{}` of {}", input.attribute, shell.called());
    Chosen {
        place: place(input.list.syntax(), &name, source),
        beside: lists_beside(shell, &input.list),
        set: shell.set.clone(),
        list: input.list,
    }
}

fn shell_place(shell: &Shell, source: &str) -> Place {
    let name = match &shell.output {
        Some(output) => format!("the shell `{output}`"),
        None => format!("a shell made by {}", shell.called()),
    };
    place(shell.expr.syntax(), &name, source)
}

fn lists_beside(shell: &Shell, list: &ast::List) -> Vec<ast::List> {
    inputs(shell).into_iter().map(|input| input.list).filter(|other| other != list).collect()
}

fn no_place(root: &ast::Root, search: &Search, source: &str) -> Refusal {
    let shell = search.shells.first();
    let node = shell.map(|shell| shell.expr.syntax().clone());
    let node = node.or_else(|| search.notes.first().map(|(node, _)| node.clone()));
    let (line, column) = position(source, node.map_or(0, |node| start(&node)));
    let mut seen = passed_over(root, search, source);
    let is_noted = |shell: &&Shell| search.notes.iter().any(|(node, _)| node == shell.expr.syntax());
    if let Some(shell) = shell.filter(|shell| !is_noted(shell)) {
        let name = first_words(shell.expr.syntax());
        let reason = "has no list of its own that a library could be added to".to_owned();
        seen.insert(0, PassedOver { place: place(shell.expr.syntax(), &name, source), reason });
    }
    Refusal::NoPlace { line, column, seen, instead: search.instead.clone(), by_hand: None }
}
