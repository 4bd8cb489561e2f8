//! Which elements of a list bring a python.

use rnix::ast::Expr;
use rowan::ast::AstNode;

use super::view::{Binding, FUEL, bare, binding, last_name, nixpkgs_path};

/// Whether an element is a python, or an environment of one, under whatever name the file has for it.
pub(super) fn is_interpreter(item: &Expr) -> bool {
    is_followed(item, FUEL)
}

fn is_followed(item: &Expr, fuel: usize) -> bool {
    let (Some(fuel), Some(item)) = (fuel.checked_sub(1), bare(item.clone())) else { return false };
    let name = last_name(&item);
    if let Expr::Apply(apply) = &item {
        let function = apply.lambda().and_then(|function| last_name(&function));
        return function.as_deref() == Some("withPackages");
    }
    let of_nixpkgs = match nixpkgs_path(&item) {
        Some(path) => matches!(path.as_slice(), [name] if is_name(name)),
        None => name.as_deref().is_some_and(is_name),
    };
    let is_of_set = name.as_deref() == Some("python");
    of_nixpkgs || is_of_set || follows(&item).is_some_and(|value| is_followed(&value, fuel))
}

/// The attribute of the python that an expression is of, brings or belongs to: `python312` of
/// `pkgs.python312Packages.pip`.
pub(super) fn interpreter_of(expr: &Expr) -> Option<String> {
    named_by(expr, FUEL)
}

fn named_by(expr: &Expr, fuel: usize) -> Option<String> {
    let fuel = fuel.checked_sub(1)?;
    let expr = bare(expr.clone())?;
    if let Expr::Apply(apply) = &expr {
        return named_by(&apply.lambda()?, fuel);
    }
    let Some(path) = nixpkgs_path(&expr) else { return named_by(&follows(&expr)?, fuel) };
    let first = path.first()?;
    let name = first.strip_suffix("Packages").or_else(|| first.strip_suffix("Full")).unwrap_or(first);
    is_name(name).then(|| name.to_owned())
}

fn follows(item: &Expr) -> Option<Expr> {
    match item {
        Expr::Ident(ident) => match binding(&ident.to_string(), ident.syntax())? {
            Binding::Value(value) => Some(value),
            _ => None,
        },
        _ => None,
    }
}

/// `python3`, `python312`, `python3Full`
fn is_name(name: &str) -> bool {
    let rest = name.strip_prefix("python").map(|rest| rest.strip_suffix("Full").unwrap_or(rest));
    rest.is_some_and(|version| version.bytes().all(|byte| byte.is_ascii_digit()))
}
