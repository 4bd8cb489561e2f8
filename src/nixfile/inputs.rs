//! The lists of a shell in which libraries are: which literals each attribute is made of, and
//! the best of them.
//!
//! Branches of conditions and arguments of others' functions are never followed: what
//! is added there may not reach the shell.

use std::collections::HashSet;

use rnix::TextRange;
use rnix::ast::{self, BinOpKind, Expr};
use rowan::ast::AstNode;

use super::constructor::VENV_SHELL;
use super::follow::Calls;
use super::library_path::path_values;
use super::paths::{nixpkgs_path, with_path};
use super::scope::{binding, withs};
use super::shell::{Kind, Shell};
use super::syntax::{Call, FUEL, last_name, result, value};

/// What the lists of a library path are called, whichever way they reach it.
pub(super) const LIBRARY_PATH: &str = "LD_LIBRARY_PATH";

/// What the list is called that a function is given without a name.
const GIVEN: &str = "the list";

/// The places of a shell's libraries, the most wanted first: attribute paths, or the library path.
fn tiers(shell: &Shell) -> &'static [&'static str] {
    match shell.kind {
        // venvfix' own function has an argument for just this.
        Kind::Inputs if shell.constructor == VENV_SHELL => &[
            "libraries",
            LIBRARY_PATH,
            "buildInputs",
            "packages",
            "nativeBuildInputs",
            "propagatedBuildInputs",
        ],
        Kind::Inputs => {
            &[LIBRARY_PATH, "buildInputs", "packages", "nativeBuildInputs", "propagatedBuildInputs"]
        }
        Kind::Fhs => &[LIBRARY_PATH, "targetPkgs", "multiPkgs"],
        Kind::Positional => &[GIVEN],
        Kind::Module => &["languages.python.libraries", LIBRARY_PATH, "packages", "deps"],
    }
}

/// A list literal among a shell's inputs.
pub(super) struct Input {
    /// What its owner calls it.
    pub(super) attribute: String,
    pub(super) list: ast::List,
    /// The place among those of the shell, most wanted first.
    pub(super) rank: usize,
    /// How many names were followed to reach it.
    names: usize,
}

/// All list literals that make up a shell's inputs, most wanted attribute first.
pub(super) fn inputs(shell: &Shell) -> Vec<Input> {
    let mut found: Vec<Input> = Vec::new();
    for (rank, attribute) in tiers(shell).iter().enumerate() {
        for input in inputs_of(shell, attribute, rank) {
            match found.iter_mut().find(|known| known.list == input.list) {
                // `makeLibraryPath buildInputs`: the list is known by its own name.
                Some(known) => known.attribute = input.attribute,
                None => found.push(input),
            }
        }
    }
    found
}

/// The list of a shell that a library belongs in.
pub(super) fn best_input(shell: &Shell) -> Option<Input> {
    best_of(inputs(shell).into_iter())
}

/// The best of some lists.
pub(super) fn best_of(lists: impl Iterator<Item = Input>) -> Option<Input> {
    let lists = lists.filter(|input| !holds_no_packages(&input.list));
    lists.min_by_key(|input| (input.rank, preference(input)))
}

/// What a shell says of an attribute that is no list: where the value is written.
pub(super) fn unlisted(shell: &Shell) -> Option<(&'static str, Expr)> {
    let values = tiers(shell).iter().filter(|attribute| **attribute != LIBRARY_PATH);
    values.filter_map(|attribute| Some((*attribute, values_of(shell, attribute).into_iter().next()?))).next()
}

/// The operand where a name is spelt most plainly: among names of nixpkgs, then
/// under no `with`, then under another set's; written in place before named.
fn preference(input: &Input) -> (u8, usize) {
    let innermost = withs(input.list.syntax()).next();
    let rank = match innermost.map(|with| with_path(&with)) {
        Some(Some(path)) if path.is_empty() => 0,
        None if names_nixpkgs(&input.list) => 0,
        None => 1,
        Some(_) => 2,
    };
    (rank, input.names)
}

/// Whether elements of a list are selected from nixpkgs.
fn names_nixpkgs(list: &ast::List) -> bool {
    list.items().any(|item| match item {
        Expr::Select(select) => select.expr().is_some_and(|base| nixpkgs_path(&base) == Some(Vec::new())),
        _ => false,
    })
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

fn inputs_of(shell: &Shell, attribute: &str, rank: usize) -> Vec<Input> {
    let mut collector = Collector::new(&shell.calls, shell.kind == Kind::Fhs || shell.output.is_some());
    for value in values_of(shell, attribute) {
        collector.collect(value, 0, FUEL);
    }
    let input = |(list, names)| Input { attribute: attribute.to_owned(), list, rank, names };
    collector.found.into_iter().map(input).collect()
}

/// What a shell says of an attribute.
fn values_of(shell: &Shell, attribute: &str) -> Vec<Expr> {
    if attribute == LIBRARY_PATH {
        return path_values(shell);
    }
    if attribute == GIVEN {
        if matches!(shell.expr, Expr::List(_)) {
            return vec![shell.expr.clone()];
        }
        let call = ast::Apply::cast(shell.expr.syntax().clone()).and_then(|apply| Call::new(&apply));
        let given = call.into_iter().flat_map(|call| call.arguments);
        return given.filter(|argument| matches!(value(argument.clone()), Some(Expr::List(_)))).collect();
    }
    let path: Vec<&str> = attribute.split('.').collect();
    let value = shell.attributes.get(&path, &shell.calls);
    value.into_iter().collect()
}

/// Functions whose last argument is what they make a list of.
const TRANSPARENT: &[&str] =
    &["mkForce", "mkDefault", "mkBefore", "mkAfter", "mkOverride", "unique", "flatten", "reverseList"];

/// Collects the list literals that an expression is made of.
struct Collector<'a> {
    calls: &'a Calls,
    /// A function stands for what it returns.
    through_functions: bool,
    found: Vec<(ast::List, usize)>,
    /// What was gone through already, so that a name used twice is followed once.
    seen: HashSet<TextRange>,
}

impl<'a> Collector<'a> {
    fn new(calls: &'a Calls, through_functions: bool) -> Collector<'a> {
        Collector { calls, through_functions, found: Vec::new(), seen: HashSet::new() }
    }

    fn collect(&mut self, expr: Expr, names: usize, fuel: usize) {
        let inner = if self.through_functions { result(expr) } else { value(expr) };
        let (Some(fuel), Some(expr)) = (fuel.checked_sub(1), inner) else {
            return;
        };
        if !self.seen.insert(expr.syntax().text_range()) {
            return;
        }
        match expr {
            Expr::List(list) => self.found.push((list, names)),
            Expr::BinOp(operation) if operation.operator() == Some(BinOpKind::Concat) => {
                for side in [operation.lhs(), operation.rhs()].into_iter().flatten() {
                    self.collect(side, names, fuel);
                }
            }
            Expr::Ident(_) | Expr::Select(_) => {
                if let Some(value) = self.calls.follow(&expr) {
                    self.collect(value, names + 1, fuel);
                }
            }
            Expr::Apply(apply) => self.collect_call(&apply, names, fuel),
            _ => {}
        }
    }

    fn collect_call(&mut self, apply: &ast::Apply, names: usize, fuel: usize) {
        let Some(call) = Call::new(apply) else { return };
        if let Some(Expr::Lambda(function)) = self.calls.follow(&call.function) {
            if let Some(body) = function.body() {
                let through = std::mem::replace(&mut self.through_functions, true);
                self.collect(body, names + 1, fuel);
                self.through_functions = through;
            }
            return;
        }
        let name = last_name(&call.function).unwrap_or_default();
        if let Some(last) = call.arguments.last().filter(|_| TRANSPARENT.contains(&name.as_str())) {
            self.collect(last.clone(), names, fuel);
        }
    }
}

/// Whether a list is an element of another one.
pub(super) fn is_nested(list: &ast::List) -> bool {
    list.syntax().ancestors().skip(1).any(|node| ast::List::can_cast(node.kind()))
}

/// The best of the list literals that an expression is made of.
pub(super) fn best_literal(expr: Expr) -> Option<ast::List> {
    let calls = Calls::default();
    let mut collector = Collector::new(&calls, true);
    collector.collect(expr, 0, FUEL);
    let inputs = collector.found.into_iter();
    let inputs = inputs.map(|(list, names)| Input { attribute: String::new(), list, rank: 0, names });
    inputs.min_by_key(preference).map(|input| input.list)
}

/// Whether a name of the file itself, and no `with`, gives an element its meaning.
pub(super) fn is_local(ident: &ast::Ident) -> bool {
    binding(&ident.to_string(), ident.syntax()).is_some()
}
