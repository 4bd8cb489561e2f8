//! Recognising what makes a shell: nixpkgs' `mkShell` in its forms, the overlay's `mkVenvShell`, a standard
//! environment's `mkDerivation`, and `buildFHSEnv` under all its names.
//!
//! Looks at one call at a time; which call is the file's shell is not asked here.

use rnix::ast::Expr;
use rowan::ast::AstNode;

use super::paths::{AttributePath, nixpkgs_path};
use super::scope::{Binding, binding};
use super::syntax::{Call, FUEL, attribute_names, last_name, start};

/// The function of this project's overlay.
pub(super) const VENV_SHELL: &str = "mkVenvShell";

/// The set that a constructor was selected from: `pkgs` of `pkgs.mkShell`.
#[derive(Clone)]
pub(super) struct PackageSet {
    /// As the file writes it.
    pub(super) text: String,
    /// What it is below nixpkgs, if that is certain.
    pub(super) path: Option<AttributePath>,
    /// The expression that holds the names that the text is made of.
    pub(super) origin: Expr,
}

/// A call that makes a shell.
pub(super) struct Constructor {
    /// `mkShell`, `mkShellNoCC`, `mkVenvShell`, `mkDerivation`, `buildFHSEnv` or an older name of it.
    pub(super) name: String,
    pub(super) set: Option<PackageSet>,
    /// What the shell is made of.
    pub(super) argument: Expr,
}

impl Constructor {
    /// Reads a call as that of a constructor, a local name for one
    /// (`mkShell = pkgs.mkShell.override { … };`) included.
    pub(super) fn of(call: &Call) -> Option<Constructor> {
        let call = without_branches(without_local_names(call.clone(), FUEL)?)?;
        let (path, overridden) = constructor_path(&call.function);
        let name = path.last().cloned().flatten()?;
        let argument = call.arguments.last()?.clone();
        let complete = call.arguments.len() == if overridden { 2 } else { 1 };
        let set = package_set(&call.function, overridden);
        let known = match name.as_str() {
            "mkShell" | "mkShellNoCC" | VENV_SHELL => is_of_nixpkgs(&call.function, set.as_ref()),
            _ if is_fhs(&name) => true,
            "mkDerivation" => is_of_standard_environment(&call.function, &path),
            _ => false,
        };
        (complete && known).then_some(Constructor { name, set, argument })
    }
}

/// Whether a function makes an environment with the usual folders of other systems.
pub(super) fn is_fhs(name: &str) -> bool {
    name.starts_with("buildFHS")
}

/// The binding of a function that is called by a plain name.
pub(super) fn local(function: &Expr) -> Option<Binding> {
    match function {
        Expr::Ident(ident) => binding(&ident.to_string(), ident.syntax()),
        _ => None,
    }
}

/// `(if isDarwin then mkShellNoCC else mkShell) { … }`: either makes a shell.
fn without_branches(call: Call) -> Option<Call> {
    let Expr::IfElse(branches) = &call.function else {
        return Some(call);
    };
    let branches = [branches.body()?, branches.else_body()?];
    let makes_shell = |branch: &Expr| {
        let call = Call { function: branch.clone(), arguments: call.arguments.clone() };
        !matches!(branch, Expr::IfElse(_)) && Constructor::of(&call).is_some()
    };
    branches
        .iter()
        .all(makes_shell)
        .then(|| branches.into_iter().next())
        .flatten()
        .map(|function| Call { function, arguments: call.arguments.clone() })
}

fn without_local_names(call: Call, fuel: usize) -> Option<Call> {
    let fuel = fuel.checked_sub(1)?;
    match local(&call.function) {
        Some(Binding::Value(Expr::Apply(apply))) => {
            let mut named = Call::new(&apply)?;
            named.arguments.extend(call.arguments);
            without_local_names(named, fuel)
        }
        Some(Binding::Value(function @ (Expr::Select(_) | Expr::Ident(_) | Expr::IfElse(_)))) => {
            without_local_names(Call { function, arguments: call.arguments }, fuel)
        }
        Some(Binding::Value(_) | Binding::Opaque) => None,
        Some(Binding::Inherited(_) | Binding::Argument(..)) | None => Some(call),
    }
}

/// The names of a function up to the constructor's, and whether `.override`
/// follows: `["pkgs", "mkShell"]` of `pkgs.mkShell.override`.
fn constructor_path(function: &Expr) -> (Vec<Option<String>>, bool) {
    let Expr::Select(select) = function else {
        return (vec![last_name(function)], false);
    };
    let mut path = vec![select.expr().as_ref().and_then(last_name)];
    path.extend(attribute_names(select.attrpath()));
    let overridden = path.last() == Some(&Some("override".to_owned()));
    if overridden {
        path.pop();
    }
    (path, overridden)
}

/// What stands before the constructor's name. A standard environment's set is
/// one step further: `pkgs` of `pkgs.stdenv.mkDerivation`.
fn package_set(function: &Expr, overridden: bool) -> Option<PackageSet> {
    if let Some(Binding::Inherited(from)) = local(function) {
        // `inherit (pkgs) mkShell;`
        let path = nixpkgs_path(&from);
        return Some(PackageSet { text: from.to_string(), path, origin: from });
    }
    let Expr::Select(select) = function else {
        return None;
    };
    let attributes: Vec<_> = select.attrpath()?.attrs().collect();
    let names = attribute_names(select.attrpath());
    let constructor = attributes.len().checked_sub(if overridden { 2 } else { 1 })?;
    let derivation = names.get(constructor)?.as_deref() == Some("mkDerivation");
    let end = if derivation { constructor.checked_sub(1)? } else { constructor };
    let from = start(function.syntax());
    let to = start(attributes.get(end)?.syntax()) - from;
    let text = function.to_string().get(..to)?.trim_end().trim_end_matches('.').to_owned();
    let path = nixpkgs_path(function).map(|mut path| {
        path.truncate(path.len().saturating_sub(attributes.len() - end));
        path
    });
    Some(PackageSet { text, path, origin: function.clone() })
}

/// Whether `mkShell` is nixpkgs' own; devshell, devenv and mach-nix have one too,
/// whose arguments mean other things.
fn is_of_nixpkgs(function: &Expr, set: Option<&PackageSet>) -> bool {
    match (set, local(function)) {
        (Some(set), _) => {
            set.path.as_ref().is_some_and(|path| !path.iter().any(|name| name == "devshell"))
                || is_named_like_nixpkgs(&set.text)
        }
        (None, Some(_)) => true,
        // Supplied by one of the `with` around it; which one is not certain.
        (None, None) => {
            !nixpkgs_path(function).is_some_and(|path| path.iter().any(|name| name == "devshell"))
        }
    }
}

fn is_named_like_nixpkgs(text: &str) -> bool {
    text.rsplit('.').next().is_some_and(|name| name.contains("pkgs"))
}

/// Python tools and Haskell have a `mkDerivation` with other arguments.
fn is_of_standard_environment(function: &Expr, path: &[Option<String>]) -> bool {
    let is_stdenv = |name: &String| name.to_lowercase().contains("stdenv");
    match path {
        [_] => {
            let path = nixpkgs_path(function).unwrap_or_default();
            path.iter().rev().nth(1).is_some_and(is_stdenv)
        }
        [.., before, _] => before.as_ref().is_some_and(is_stdenv),
        [] => false,
    }
}
