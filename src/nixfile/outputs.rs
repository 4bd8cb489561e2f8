//! The named shells of a flake or of a file whose value is a set, and the one
//! that is meant where nobody names one.
//!
//! Finds expressions by their names; what they are is for `shell` to say.

use rnix::ast::{self, BinOpKind, Expr, HasEntry};
use rowan::ast::AstNode;

use super::constructor::Constructor;
use super::scope::{Binding, binding};
use super::syntax::{Call, FUEL, attribute, attribute_name, attribute_names, bare};
use super::syntax::{last_name, result, value};

/// A named value among which a shell is chosen.
#[derive(Clone)]
pub(super) struct Output {
    pub(super) name: String,
    pub(super) expr: Expr,
}

/// The shells to choose among: the default one, or else all there are.
pub(super) fn chosen_outputs(file: &Expr) -> Vec<Output> {
    let flake = match file {
        Expr::AttrSet(set) => attribute(set, "outputs"),
        _ => None,
    };
    match flake {
        Some(outputs) => choose(&flake_outputs(&outputs), &["default"]),
        None => choose(&set_outputs(file), &["shell", "default", "devShell"]),
    }
}

fn choose(all: &[Output], defaults: &[&str]) -> Vec<Output> {
    let named = |name: &&str| {
        let outputs: Vec<&Output> = all.iter().filter(|output| output.name == *name).collect();
        (!outputs.is_empty()).then_some(outputs)
    };
    let chosen = defaults.iter().find_map(named).unwrap_or_else(|| all.iter().collect());
    chosen.into_iter().map(|output| alias(output, all).unwrap_or(output).clone()).collect()
}

/// The output that another one only names: `self.devShells.${system}.full`.
fn alias<'a>(output: &Output, all: &'a [Output]) -> Option<&'a Output> {
    let expr = value(output.expr.clone())?;
    let selected = matches!(expr, Expr::Select(_)) && expr.to_string().contains("devShells");
    let name = last_name(&expr).filter(|name| selected && *name != output.name)?;
    all.iter().find(|other| other.name == name)
}

/// The development shells of a flake, wherever `devShells` is written.
fn flake_outputs(outputs: &Expr) -> Vec<Output> {
    let mut found = Vec::new();
    for entry in outputs.syntax().descendants().filter_map(ast::AttrpathValue::cast) {
        let names = attribute_names(entry.attrpath());
        let (Some(Some(first)), Some(value)) = (names.first(), entry.value()) else {
            continue;
        };
        match first.as_str() {
            "devShells" => collect(&names[1..], &value, &mut found, FUEL),
            "devShell" => collect_only(&value, &mut found),
            _ => {}
        }
    }
    found
}

/// The old output, which holds one shell for each system.
fn collect_only(value: &Expr, found: &mut Vec<Output>) {
    let mut below = Vec::new();
    collect(&[], value, &mut below, FUEL);
    found.extend(below.into_iter().map(|output| Output { name: "default".to_owned(), ..output }));
}

/// The shells in a file whose value is a set. Packages are not counted: only
/// what is named like a shell, or made by `mkShell`.
fn set_outputs(file: &Expr) -> Vec<Output> {
    let mut found = Vec::new();
    collect(&[], file, &mut found, FUEL);
    found.retain(|output| match output.name.as_str() {
        "shell" | "default" | "devShell" => true,
        _ => output.expr.to_string().contains("mkShell"),
    });
    found
}

/// Collects the named values in a set, through the functions that make sets
/// for each system.
fn collect(path: &[Option<String>], expr: &Expr, found: &mut Vec<Output>, fuel: usize) {
    let (Some(fuel), Some(inner)) = (fuel.checked_sub(1), result(expr.clone())) else {
        return;
    };
    match &inner {
        Expr::AttrSet(set) => collect_set(path, set, found, fuel),
        Expr::BinOp(operation) if operation.operator() == Some(BinOpKind::Update) => {
            for side in [operation.lhs(), operation.rhs()].into_iter().flatten() {
                collect(path, &side, found, fuel);
            }
        }
        Expr::Apply(apply) => match per_system(apply) {
            Some(body) => collect(path, &body, found, fuel),
            None => push(path, expr, found),
        },
        _ => push(path, expr, found),
    }
}

fn collect_set(path: &[Option<String>], set: &ast::AttrSet, found: &mut Vec<Output>, fuel: usize) {
    for entry in set.attrpath_values() {
        let Some(value) = entry.value() else { continue };
        let names = path.iter().cloned().chain(attribute_names(entry.attrpath()));
        collect(&names.collect::<Vec<_>>(), &value, found, fuel);
    }
    // `inherit shell;`: the names stand for themselves outside the set.
    for inherit in set.inherits().filter(|inherit| inherit.from().is_none()) {
        for name in inherit.attrs().filter_map(|attribute| attribute_name(&attribute)) {
            if let Some(Binding::Value(expr)) = binding(&name, set.syntax()) {
                found.push(Output { name, expr });
            }
        }
    }
}

fn push(path: &[Option<String>], expr: &Expr, found: &mut Vec<Output>) {
    let name = path.iter().rev().flatten().next().cloned().unwrap_or_default();
    found.push(Output { name, expr: expr.clone() });
}

/// The body of the function in `forAllSystems (system: { … })`.
fn per_system(apply: &ast::Apply) -> Option<Expr> {
    let call = Call::new(apply)?;
    if Constructor::of(&call).is_some() {
        return None;
    }
    match bare(call.arguments.last()?.clone())? {
        Expr::Lambda(lambda) => lambda.body(),
        _ => None,
    }
}
