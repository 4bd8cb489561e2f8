//! The lists of a shell's inputs: which literals each attribute is made of, and
//! the best of them.
//!
//! Branches of conditions and arguments of functions are never followed: what
//! is added there may not reach the shell.

use rnix::ast::{self, BinOpKind, Expr, HasEntry};
use rowan::ast::AstNode;

use super::constructor::VENV_SHELL;
use super::scope::{Binding, binding, inherits, nixpkgs_path, withs};
use super::shell::Shell;
use super::syntax::{FUEL, attribute, value};

/// The attributes of a shell, in the order in which a library belongs there; the first is venvfix'
/// own function's.
const ATTRIBUTES: &[&str] = &["libraries", "buildInputs", "packages", "nativeBuildInputs"];

fn attributes(shell: &Shell) -> &'static [&'static str] {
    if shell.constructor == VENV_SHELL { ATTRIBUTES } else { &ATTRIBUTES[1..] }
}

/// A list literal among a shell's inputs.
pub(super) struct Input {
    pub(super) attribute: &'static str,
    pub(super) list: ast::List,
    /// How many names were followed to reach it.
    names: usize,
}

/// All list literals that make up a shell's inputs, most wanted attribute first.
pub(super) fn inputs(shell: &Shell) -> Vec<Input> {
    attributes(shell).iter().flat_map(|attribute| inputs_of(shell, attribute)).collect()
}

/// The list of a shell that a library belongs in.
pub(super) fn best_input(shell: &Shell) -> Option<Input> {
    let candidates = attributes(shell).iter().map(|attribute| inputs_of(shell, attribute));
    let lists = candidates.map(|inputs| inputs.into_iter().filter(|input| !holds_no_packages(&input.list)));
    lists.filter_map(|inputs| inputs.min_by_key(preference)).next()
}

/// The operand where a name is spelt most plainly: under nixpkgs' `with`, then
/// under none, then under another set's; written in place before named.
fn preference(input: &Input) -> (u8, usize) {
    let innermost = withs(input.list.syntax()).next().and_then(|with| with.namespace());
    let rank = match innermost.map(|set| nixpkgs_path(&set)) {
        Some(Some(path)) if path.is_empty() => 0,
        None => 1,
        Some(_) => 2,
    };
    (rank, input.names)
}

/// A list of strings or paths only is no list of packages.
pub(super) fn holds_no_packages(list: &ast::List) -> bool {
    let mut items = list.items().peekable();
    items.peek().is_some() && items.all(|item| is_text(&item))
}

fn is_text(item: &Expr) -> bool {
    matches!(
        item,
        Expr::Str(_)
            | Expr::Literal(_)
            | Expr::PathAbs(_)
            | Expr::PathRel(_)
            | Expr::PathHome(_)
            | Expr::PathSearch(_)
    )
}

fn inputs_of(shell: &Shell, name: &'static str) -> Vec<Input> {
    let mut found = Vec::new();
    if let Some(value) = shell.arguments.iter().find_map(|set| value_in(set, name)).flatten() {
        collect(value, name, 0, &mut found, FUEL);
    }
    found
}

/// What a set says about an attribute: nothing (`None`), something that cannot
/// be followed (`Some(None)`), or its value.
fn value_in(set: &ast::AttrSet, name: &str) -> Option<Option<Expr>> {
    if let Some(value) = attribute(set, name) {
        return Some(Some(value));
    }
    let inherit = set.inherits().find(|inherit| inherits(inherit, name))?;
    let outside = binding(name, set.syntax());
    match (inherit.from(), outside) {
        (None, Some(Binding::Value(value))) => Some(Some(value)),
        _ => Some(None),
    }
}

fn collect(expr: Expr, attribute: &'static str, names: usize, found: &mut Vec<Input>, fuel: usize) {
    let (Some(fuel), Some(expr)) = (fuel.checked_sub(1), value(expr)) else {
        return;
    };
    match expr {
        Expr::List(list) if found.iter().all(|input| input.list != list) => {
            found.push(Input { attribute, list, names });
        }
        Expr::BinOp(operation) if operation.operator() == Some(BinOpKind::Concat) => {
            for side in [operation.lhs(), operation.rhs()].into_iter().flatten() {
                collect(side, attribute, names, found, fuel);
            }
        }
        Expr::Ident(ident) => {
            let bound = binding(&ident.to_string(), ident.syntax());
            if let Some(Binding::Value(value)) = bound {
                collect(value, attribute, names + 1, found, fuel);
            }
        }
        _ => {}
    }
}

/// Whether a list is an element of another one.
pub(super) fn is_nested(list: &ast::List) -> bool {
    list.syntax().ancestors().skip(1).any(|node| ast::List::can_cast(node.kind()))
}

/// The best of the list literals that an expression is made of.
pub(super) fn best_literal(expr: Expr) -> Option<ast::List> {
    let mut found = Vec::new();
    collect(expr, "", 0, &mut found, FUEL);
    found.into_iter().min_by_key(preference).map(|input| input.list)
}
