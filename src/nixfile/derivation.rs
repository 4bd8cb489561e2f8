//! Telling a shell from a package, among calls that make derivations.

use rnix::ast::{self, Expr};
use rowan::ast::AstNode;

use super::attributes::Attributes;
use super::constructor::{Constructor, is_fhs, local};
use super::scope::Binding;
use super::syntax::Call;

/// The one call in a file that makes a shell: `mkShell`'s, or else, outside of flakes, that of a derivation which
/// is no package.
pub(super) fn only_shell(root: &ast::Root, counts_derivations: bool) -> Option<Expr> {
    let calls = root.syntax().descendants().filter_map(ast::Apply::cast);
    let found: Vec<(ast::Apply, Constructor)> =
        calls.filter_map(|apply| Some((apply.clone(), made_here(&apply)?))).collect();
    let (derivations, shells): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|(_, constructor)| constructor.name == "mkDerivation");
    match (shells.as_slice(), derivations.as_slice()) {
        ([(only, _)], _) => Some(Expr::Apply(only.clone())),
        ([], [(only, _)]) if counts_derivations => Some(Expr::Apply(only.clone())),
        _ => None,
    }
}

/// What a whole call makes, where it names the constructor itself.
fn made_here(apply: &ast::Apply) -> Option<Constructor> {
    let is_function = |outer: ast::Apply| outer.lambda().is_some_and(|it| it.syntax() == apply.syntax());
    if apply.syntax().parent().and_then(ast::Apply::cast).is_some_and(is_function) {
        return None;
    }
    let call = Call::new(apply)?;
    let named_here = !matches!(local(&call.function), Some(Binding::Value(_)));
    // An environment may be a program's own as well.
    Constructor::of(&call).filter(|constructor| named_here && !is_fhs(&constructor.name))
}

/// A derivation that says how it is built, and nothing of a shell.
pub(super) fn is_package(attributes: &Attributes) -> bool {
    let binds_any = |names: &[&str]| names.iter().any(|name| attributes.binds(name));
    let is_built = binds_any(&["installPhase", "buildCommand", "builder"])
        || (attributes.binds("src") && binds_any(&["buildPhase", "meta", "version", "pname"]));
    // `env = buildEnv { paths = buildInputs; };` and a builder that links it is an old way to a shell.
    is_built && !binds_any(&["shellHook", "env"])
}

/// A package changed in what it is made of.
pub(super) fn is_changed_package(attributes: &Attributes) -> bool {
    let names = ["src", "version", "pname", "patches", "postPatch", "buildPhase", "installPhase"];
    names.iter().any(|name| attributes.binds(name)) && !attributes.binds("shellHook")
}

/// A command that does nothing: its inputs are all that is wanted of it.
pub(super) fn does_nothing(call: &Call) -> bool {
    match call.arguments.last() {
        Some(Expr::Str(script)) => script.to_string().trim_matches(['\'', '"']).trim().is_empty(),
        _ => false,
    }
}
