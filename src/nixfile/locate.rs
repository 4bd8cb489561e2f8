//! Choosing the list: the one that its owner marked, or else the right one of
//! the shell's inputs; and a reason for each list that was passed over.
//!
//! Nothing here edits or spells. A place that is not certain is refused.

use rnix::SyntaxNode;
use rnix::ast;
use rowan::ast::AstNode;

use super::constructor::{Constructor, PackageSet};
use super::inputs::{Input, best_input, holds_no_packages, inputs, is_nested};
use super::marker::{self, Marked};
use super::refusal::{PassedOver, Place, Refusal};
use super::shell::{self, Search, Shell};
use super::syntax::{Call, attribute_names, position, start};

/// How many lists a refusal names: it is read by a person.
const MAX_SEEN: usize = 20;

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
pub(super) fn locate(root: &ast::Root, source: &str) -> Result<Chosen, Refusal> {
    let search = shell::search(root);
    let Marked { lists, dangling } = marker::marked_lists(root);
    match (lists.as_slice(), dangling) {
        ([list], _) => chosen_by_mark(list, &search, source),
        ([], Some(offset)) => Err(dangling_mark(offset, source)),
        ([], None) => chosen_by_search(root, &search, source),
        (several, _) => {
            let candidate = |list: &ast::List| place(list.syntax(), &marked_name(), source);
            Err(Refusal::Ambiguous { candidates: several.iter().map(candidate).collect() })
        }
    }
}

fn place(node: &SyntaxNode, name: &str, source: &str) -> Place {
    let (line, column) = position(source, start(node));
    Place { line, column, name: name.to_owned() }
}

fn marked_name() -> String {
    format!("the list marked `{}`", marker::TEXT)
}

fn chosen_by_mark(list: &ast::List, search: &Search, source: &str) -> Result<Chosen, Refusal> {
    let place = place(list.syntax(), &marked_name(), source);
    if let Some(reason) = never(list) {
        let (line, column) = (place.line, place.column);
        return Err(Refusal::NoPlace {
            line,
            column,
            seen: vec![PassedOver { place, reason }],
            instead: None,
        });
    }
    let is_input = |shell: &&Shell| inputs(shell).iter().any(|input| input.list == *list);
    let owner = search.shells.iter().find(is_input);
    Ok(Chosen {
        place,
        beside: owner.map(|shell| lists_beside(shell, list)).unwrap_or_default(),
        set: owner.and_then(|shell| shell.set.clone()),
        list: list.clone(),
    })
}

fn dangling_mark(offset: usize, source: &str) -> Refusal {
    let (line, column) = position(source, offset);
    let name = format!("the comment `{}`", marker::TEXT);
    let reason = "stands before no list that is written out".to_owned();
    let seen = vec![PassedOver { place: Place { line, column, name }, reason }];
    Refusal::NoPlace { line, column, seen, instead: None }
}

fn chosen_by_search(root: &ast::Root, search: &Search, source: &str) -> Result<Chosen, Refusal> {
    match search.shells.as_slice() {
        [shell] => match best_input(shell) {
            Some(input) => Ok(chosen_input(shell, input, source)),
            None => Err(no_place(root, search, source)),
        },
        [] => Err(no_place(root, search, source)),
        several => {
            let candidate = |shell: &Shell| place(shell.apply.syntax(), &shell_name(shell), source);
            Err(Refusal::Ambiguous { candidates: several.iter().map(candidate).collect() })
        }
    }
}

fn chosen_input(shell: &Shell, input: Input, source: &str) -> Chosen {
    let name = format!("`{}` of `{}`", input.attribute, shell.constructor);
    Chosen {
        place: place(input.list.syntax(), &name, source),
        beside: lists_beside(shell, &input.list),
        set: shell.set.clone(),
        list: input.list,
    }
}

fn shell_name(shell: &Shell) -> String {
    match &shell.output {
        Some(output) => format!("the shell `{output}`"),
        None => format!("a shell made by `{}`", shell.constructor),
    }
}

fn lists_beside(shell: &Shell, list: &ast::List) -> Vec<ast::List> {
    inputs(shell).into_iter().map(|input| input.list).filter(|other| other != list).collect()
}

fn no_place(root: &ast::Root, search: &Search, source: &str) -> Refusal {
    let notes = search.notes.iter().map(|(node, why)| PassedOver {
        place: place(node, &first_words(node), source),
        reason: why.clone(),
    });
    let lists = root.syntax().descendants().filter_map(ast::List::cast);
    let lists = lists.filter(|list| !is_nested(list)).take(MAX_SEEN).map(|list| PassedOver {
        place: place(list.syntax(), &list_name(&list), source),
        reason: never(&list).unwrap_or_else(|| "is no input of a development shell".to_owned()),
    });
    let shell = search.shells.first().map(|shell| shell.apply.syntax().clone());
    let node = shell.or_else(|| search.notes.first().map(|(node, _)| node.clone()));
    let (line, column) = position(source, node.map_or(0, |node| start(&node)));
    let seen = notes.chain(lists).collect();
    Refusal::NoPlace { line, column, seen, instead: search.instead.clone() }
}

/// What an expression is called in a message: how its text begins.
fn first_words(node: &SyntaxNode) -> String {
    let text = node.text().to_string();
    let line = text.lines().next().unwrap_or_default();
    let mut short: String = line.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("`{short}`")
}

fn list_name(list: &ast::List) -> String {
    match bound_to(list) {
        Some(name) => format!("the list `{name}`"),
        None => "a list".to_owned(),
    }
}

/// The attribute that a list is in the value of.
fn bound_to(list: &ast::List) -> Option<String> {
    let entry = list.syntax().ancestors().find_map(ast::AttrpathValue::cast)?;
    attribute_names(entry.attrpath()).pop().flatten()
}

/// Why a list can never be the place for a library, wherever it is reached from.
fn never(list: &ast::List) -> Option<String> {
    if is_nested(list) {
        return Some("is an element of another list".to_owned());
    }
    if holds_no_packages(list) {
        return Some("holds strings or paths only".to_owned());
    }
    let outer = list.syntax().ancestors().skip(1);
    outer.take_while(|node| !is_shell(node)).find_map(|node| reason_above(&node))
}

fn is_shell(node: &SyntaxNode) -> bool {
    let call = ast::Apply::cast(node.clone()).and_then(|apply| Call::new(&apply));
    call.is_some_and(|call| Constructor::of(&call).is_some())
}

fn reason_above(node: &SyntaxNode) -> Option<String> {
    if ast::IfElse::can_cast(node.kind()) {
        return Some("depends on a condition".to_owned());
    }
    if let Some(entry) = ast::AttrpathValue::cast(node.clone()) {
        let name = attribute_names(entry.attrpath()).pop().flatten()?;
        let other = NOT_LIBRARIES.contains(&name.as_str());
        return other.then(|| format!("is part of `{name}`, which is not for libraries"));
    }
    let name = Call::new(&ast::Apply::cast(node.clone())?)?.name();
    NOT_LIBRARY_FUNCTIONS
        .iter()
        .any(|part| name.contains(part))
        .then(|| format!("is part of what `{name}` is given"))
}

/// Bindings whose lists are for other things than a shell's libraries.
const NOT_LIBRARIES: &[&str] =
    &["inputsFrom", "imports", "overlays", "systems", "substituters", "extraLibs", "hardeningDisable"];

/// Functions, by a part of their names, whose lists are other things' inputs.
const NOT_LIBRARY_FUNCTIONS: &[&str] = &[
    "withPackages",
    "buildEnv",
    "buildPython",
    "mkDerivation",
    "callPackage",
    "optional",
    "override",
    "makeBinPath",
    "FHS",
];
