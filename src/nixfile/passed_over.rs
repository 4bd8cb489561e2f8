//! What a refusal says of the lists and expressions that were seen and not taken.

use rnix::SyntaxNode;
use rnix::ast;
use rowan::ast::AstNode;

use super::constructor::Constructor;
use super::inputs::{holds_no_packages, is_nested};
use super::refusal::{PassedOver, Place};
use super::shell::Search;
use super::syntax::{Call, attribute_names, position, start};

/// How many lists a refusal names: it is read by a person.
const MAX_SEEN: usize = 20;

/// A place of the file under a name.
pub(super) fn place(node: &SyntaxNode, name: &str, source: &str) -> Place {
    let (line, column) = position(source, start(node));
    Place { line, column, name: name.to_owned() }
}

/// Everything that was seen, with a reason for each.
pub(super) fn passed_over(root: &ast::Root, search: &Search, source: &str) -> Vec<PassedOver> {
    let notes = search.notes.iter().map(|(node, why)| PassedOver {
        place: place(node, &first_words(node), source),
        reason: why.clone(),
    });
    let lists = root.syntax().descendants().filter_map(ast::List::cast);
    let lists = lists.filter(|list| !is_nested(list)).take(MAX_SEEN).map(|list| PassedOver {
        place: place(list.syntax(), &list_name(&list), source),
        reason: never(&list).unwrap_or_else(|| "is no input of a development shell".to_owned()),
    });
    notes.chain(lists).collect()
}

/// What an expression is called in a message: how its text begins.
pub(super) fn first_words(node: &SyntaxNode) -> String {
    let text = node.text().to_string();
    let line = text.lines().next().unwrap_or_default();
    let mut short: String = line.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("`{short}`")
}

/// What a list is called in a message: what it is bound to.
pub(super) fn list_name(list: &ast::List) -> String {
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
pub(super) fn never(list: &ast::List) -> Option<String> {
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
];
