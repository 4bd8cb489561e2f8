//! Where a new name is defined, so that a place of the file sees it: in a `let` that is there, or in a new
//! one around the shell.

use rnix::SyntaxNode;
use rnix::ast::{self, HasEntry};
use rowan::ast::AstNode;

use super::super::constructor::PackageSet;
use super::change::{Change, indent_of, indented, line_start, newline, with_newlines};
use super::view::Shell;
use super::view::{binding_place, nixpkgs_path_of_name};
use super::view::{end, is_within, start};

/// Defines `name` for `place`; `definition` is told what nixpkgs is called there. `None` where nixpkgs has no
/// name, or the new name would be another's.
pub(super) fn define(
    source: &str,
    shell: &Shell,
    place: &SyntaxNode,
    name: &str,
    definition: &dyn Fn(&str) -> String,
) -> Option<Change> {
    if binding_place(name, place).is_some() {
        return None;
    }
    let lets = place.ancestors().filter_map(ast::LetIn::cast);
    let inside = lets.into_iter().find_map(|let_in| {
        let last = last_entry(&let_in)?;
        Some((nixpkgs_name(&last, shell.set())?, last))
    });
    match inside {
        Some((nixpkgs, last)) => Some(in_let(source, &last, &definition(&nixpkgs))),
        None => around(source, shell, place, definition),
    }
}

fn last_entry(let_in: &ast::LetIn) -> Option<SyntaxNode> {
    let values = let_in.attrpath_values().map(|entry| entry.syntax().clone());
    let inherits = let_in.inherits().map(|inherit| inherit.syntax().clone());
    values.chain(inherits).max_by_key(end)
}

/// What nixpkgs is called at a place: `pkgs`, or the set of the constructor if that is a name which means the
/// same there.
fn nixpkgs_name(place: &SyntaxNode, set: Option<&PackageSet>) -> Option<String> {
    let is_nixpkgs = |name: &str| nixpkgs_path_of_name(name, place).is_some_and(|path| path.is_empty());
    if is_nixpkgs("pkgs") {
        return Some("pkgs".to_owned());
    }
    let set = set.filter(|set| set.path.as_ref().is_some_and(Vec::is_empty))?;
    let plain = set.text.chars().all(|c| c.is_ascii_alphanumeric() || "_-'".contains(c));
    (plain && is_nixpkgs(&set.text)).then(|| set.text.clone())
}

/// Behind the last binding of a `let`, and the comment on its line.
fn in_let(source: &str, last: &SyntaxNode, definition: &str) -> Change {
    let (from, to) = (start(last), end(last));
    let rest = source[to..].lines().next().unwrap_or_default();
    let comment = if rest.trim_start().starts_with('#') { rest.trim_end().len() } else { 0 };
    let own_line = source[line_start(source, from)..from].trim().is_empty();
    let indent = match own_line {
        true => indent_of(source, from).to_owned(),
        false => format!("{}  ", indent_of(source, from)),
    };
    let newline = newline(source);
    let text = with_newlines(&indented(definition, &indent, "\n"), newline);
    let text = text.trim_end_matches(['\r', '\n']);
    // A bracketed line (`let a = 1; in`) is broken behind the new binding too.
    let tail = match rest[comment..].trim().is_empty() {
        true => String::new(),
        false => format!("{newline}{}", indent_of(source, from)),
    };
    let separator = if own_line { format!("{newline}{newline}") } else { newline.to_owned() };
    let offset = to + comment;
    let blanks = if tail.is_empty() { 0 } else { rest.len() - rest.trim_start().len() };
    Change { range: offset..offset + blanks, text: format!("{separator}{text}{tail}") }
}

/// A `let` of its own in front of the shell.
fn around(
    source: &str,
    shell: &Shell,
    place: &SyntaxNode,
    definition: &dyn Fn(&str) -> String,
) -> Option<Change> {
    let apply = &shell.node;
    if !is_within(place, apply) || !takes_let(apply) {
        return None;
    }
    let nixpkgs = nixpkgs_name(apply, shell.set())?;
    let (at, newline) = (start(apply), newline(source));
    let indent = indent_of(source, at);
    let lines = indented(&definition(&nixpkgs), &format!("{indent}  "), "\n");
    let lines = with_newlines(&lines, newline);
    Some(Change::insert(at, format!("let{newline}{lines}{indent}in{newline}{indent}")))
}

/// Whether an expression may be put behind a `let … in` where it stands: that reaches as far to the right as
/// it can, and may not begin in the middle of an application.
fn takes_let(node: &SyntaxNode) -> bool {
    let Some(parent) = node.parent() else { return false };
    let kind = parent.kind();
    if ast::BinOp::can_cast(kind) {
        return start(&parent) == start(node) && takes_let(&parent);
    }
    ast::Root::can_cast(kind)
        || ast::Lambda::can_cast(kind)
        || ast::With::can_cast(kind)
        || ast::LetIn::can_cast(kind)
        || ast::Assert::can_cast(kind)
        || ast::AttrpathValue::can_cast(kind)
        || ast::Paren::can_cast(kind)
}
