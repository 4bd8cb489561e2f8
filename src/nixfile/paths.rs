//! The path below nixpkgs that an expression stands for, as far as the file tells.
//!
//! This file only answers questions. It does not choose a place or a spelling.

use rnix::SyntaxNode;
use rnix::ast::{self, Attr, Expr};
use rowan::ast::AstNode;

use super::scope::{Binding, binding, binding_place, is_ident, supplied, withs};
use super::syntax::{Call, FUEL, attribute_name, attribute_names, bare, last_name};

/// Names that Nix itself binds around every file: no `with` can supply them.
const GLOBALS: &[&str] = &[
    "abort",
    "baseNameOf",
    "builtins",
    "derivation",
    "dirOf",
    "false",
    "fetchGit",
    "fetchMercurial",
    "fetchTarball",
    "fetchTree",
    "fromTOML",
    "import",
    "isNull",
    "map",
    "null",
    "placeholder",
    "removeAttrs",
    "scopedImport",
    "throw",
    "toString",
    "true",
];

/// Arguments that only a function made for `callPackage` asks for.
const CALL_PACKAGE_MARKS: &[&str] = &[
    "mkShell",
    "mkShellNoCC",
    "stdenv",
    "stdenvNoCC",
    "buildFHSEnv",
    "buildFHSUserEnv",
    "buildFHSEnvBubblewrap",
    "buildFHSUserEnvBubblewrap",
];

/// What is selected from nixpkgs, and from hardly anything else.
const OF_NIXPKGS: &[&str] = &[
    "mkShell",
    "mkShellNoCC",
    "stdenv",
    "stdenvNoCC",
    "buildFHSEnv",
    "buildFHSUserEnv",
    "callPackage",
    "python3",
    "python3Packages",
    "writeShellScriptBin",
];

/// Makers of shells whose sets are not nixpkgs.
const OTHER_MAKERS: &[&str] = &["devshell", "devenv", "mach-nix", "craneLib", "inputs", "self"];

/// Sets of functions: what they have is no package.
const FUNCTION_SETS: &[&str] = &["lib", "builtins"];

/// A path of attributes below nixpkgs; empty for the package set itself.
pub(super) type AttributePath = Vec<String>;

/// The path below nixpkgs that an expression stands for, if that is certain.
pub(super) fn nixpkgs_path(expr: &Expr) -> Option<AttributePath> {
    path_of(expr, FUEL)
}

/// The path below nixpkgs that a bare name stands for at a place.
pub(super) fn nixpkgs_path_of_name(name: &str, place: &SyntaxNode) -> Option<AttributePath> {
    path_of_name(name, place, FUEL)
}

/// The path below nixpkgs of the set that a `with` brings in.
pub(super) fn with_path(with: &ast::With) -> Option<AttributePath> {
    path_of_with(with, FUEL)
}

/// Every path below nixpkgs that a list element may stand for:
/// `(pkgs.a or pkgs.b.a)` has two.
pub(super) fn element_paths(element: &Expr) -> Vec<AttributePath> {
    let mut paths = Vec::new();
    let mut next = bare(element.clone());
    while let Some(expr) = next {
        next = match &expr {
            Expr::Select(select) => select.default_expr().and_then(bare),
            Expr::Apply(apply) => library_of(apply),
            _ => None,
        };
        paths.extend(first_path(&expr, FUEL));
    }
    paths
}

/// What `lib.getLib` is given.
fn library_of(apply: &ast::Apply) -> Option<Expr> {
    let name = last_name(&bare(apply.lambda()?)?)?;
    (name == "getLib").then(|| bare(apply.argument()?)).flatten()
}

/// Whether the names of a `with` are functions, not packages.
pub(super) fn is_function_set(namespace: &Expr) -> bool {
    last_name(namespace).is_some_and(|name| FUNCTION_SETS.contains(&name.as_str()))
}

fn path_of(expr: &Expr, fuel: usize) -> Option<AttributePath> {
    match expr {
        // What an alternative stands for is not certain.
        Expr::Select(select) if select.or_token().is_some() => None,
        _ => first_path(expr, fuel),
    }
}

/// Like [`path_of`], with no regard to an `or` behind a selection.
fn first_path(expr: &Expr, fuel: usize) -> Option<AttributePath> {
    let fuel = fuel.checked_sub(1)?;
    match expr {
        Expr::Paren(paren) => path_of(&paren.expr()?, fuel),
        Expr::Ident(ident) => path_of_name(&ident.to_string(), ident.syntax(), fuel),
        Expr::Select(select) => path_of_selection(select, fuel),
        Expr::Apply(apply) => is_nixpkgs_import(apply).then(Vec::new),
        _ => None,
    }
}

fn path_of_selection(select: &ast::Select, fuel: usize) -> Option<AttributePath> {
    let base = select.expr()?;
    let names = attribute_names(select.attrpath());
    if let Some(below) = below_legacy_packages(&base, &names) {
        return below.iter().cloned().collect();
    }
    if is_set_by_system(&base, select.attrpath()) {
        return names.get(1..)?.iter().cloned().collect();
    }
    let held = match names.first().and_then(Option::as_deref) {
        Some("nixpkgs") => may_hold_nixpkgs(&base),
        Some("pkgs") => path_of(&base, fuel).is_none() && holds_nixpkgs(&base),
        _ => false,
    };
    let mut path = path_of(&base, fuel).or_else(|| held.then(Vec::new))?;
    for name in names.into_iter().skip(usize::from(held)) {
        push_name(&mut path, name?);
    }
    Some(path)
}

/// `mach-nix.nixpkgs` is a package set; among inputs and sources that name is a place to import from.
fn may_hold_nixpkgs(base: &Expr) -> bool {
    const SOURCES: &[&str] = &["inputs", "sources", "self", "pins", "npins"];
    matches!(base, Expr::Ident(ident) if !SOURCES.contains(&ident.to_string().trim_end_matches('\'')))
}

/// Names that nixpkgs holds itself under, so that they lead nowhere new at its top.
const SELF_NAMES: &[&str] = &["pkgs", "buildPackages", "pkgsBuildHost", "pkgsHostTarget"];

fn push_name(path: &mut AttributePath, name: String) {
    if !(path.is_empty() && SELF_NAMES.contains(&name.as_str())) {
        path.push(name);
    }
}

/// What follows `nixpkgs.legacyPackages.SYSTEM`, the way flakes reach the set.
fn below_legacy_packages<'a>(base: &Expr, names: &'a [Option<String>]) -> Option<&'a [Option<String>]> {
    let at = names.iter().position(|name| name.as_deref() == Some("legacyPackages"))?;
    let flake = match at.checked_sub(1) {
        Some(before) => names.get(before)?.clone()?,
        None => last_name(base)?,
    };
    // flake-parts' `inputs'` has chosen the system already.
    let chosen = matches!(base, Expr::Ident(ident) if ident.to_string().ends_with('\''));
    let below = at + if chosen { 1 } else { 2 };
    if flake.contains("nixpkgs") { names.get(below..) } else { None }
}

/// Whether the file takes from the `pkgs` of a set what only nixpkgs has: `tools.pkgs.mkShell`.
fn holds_nixpkgs(base: &Expr) -> bool {
    let Expr::Ident(ident) = base else {
        return false;
    };
    let name = ident.to_string();
    let scope = binding_place(&name, ident.syntax());
    let selections = scope.iter().flat_map(|scope| scope.descendants()).filter_map(ast::Select::cast);
    let mut uses =
        selections.take(MAX_USES).filter(|select| select.expr().is_some_and(|base| is_name(&base, &name)));
    uses.any(|select| match attribute_names(select.attrpath()).as_slice() {
        [Some(first), Some(second), ..] => first == "pkgs" && OF_NIXPKGS.contains(&second.as_str()),
        _ => false,
    })
}

/// Whether this is `pkgsFor.${system}`: one package set for each system.
fn is_set_by_system(base: &Expr, path: Option<ast::Attrpath>) -> bool {
    let Expr::Ident(ident) = base else {
        return false;
    };
    let name = ident.to_string().to_lowercase();
    let is_map = name.contains("pkgs") || name.contains("legacypackages");
    is_map && path.and_then(|path| path.attrs().next()).is_some_and(|first| is_system(&first))
}

fn is_system(attribute: &Attr) -> bool {
    match attribute_name(attribute) {
        Some(name) => name.ends_with("-linux") || name.ends_with("-darwin"),
        None => attribute.syntax().text().to_string().to_lowercase().contains("system"),
    }
}

/// Whether this is `import <nixpkgs> { … }` in any of its forms.
fn is_nixpkgs_import(apply: &ast::Apply) -> bool {
    let Some(call) = Call::new(apply) else {
        return false;
    };
    let [source, _arguments] = call.arguments.as_slice() else {
        return false;
    };
    last_name(&call.function).as_deref() == Some("import") && is_nixpkgs_source(source, FUEL)
}

fn is_nixpkgs_source(source: &Expr, fuel: usize) -> bool {
    let Some(fuel) = fuel.checked_sub(1) else {
        return false;
    };
    let Some(source) = bare(source.clone()) else {
        return false;
    };
    match &source {
        Expr::Ident(ident) => {
            let name = ident.to_string();
            name.contains("nixpkgs")
                || matches!(binding(&name, ident.syntax()),
                    Some(Binding::Value(value) | Binding::Argument(_, Some(value)))
                        if is_nixpkgs_source(&value, fuel))
        }
        Expr::Select(_) => {
            last_name(&source).is_some_and(|name| name.contains("nixpkgs") || name.starts_with("nixos-"))
        }
        // A fetcher says in its address or name what it fetches.
        Expr::Apply(_) | Expr::PathSearch(_) | Expr::Str(_) | Expr::PathRel(_) => {
            let text = source.to_string().to_lowercase();
            ["nixpkgs", "nixexprs", "channel:nixos-", "<unstable>", "<nixos"]
                .iter()
                .any(|it| text.contains(it))
        }
        _ => false,
    }
}

fn path_of_name(name: &str, place: &SyntaxNode, fuel: usize) -> Option<AttributePath> {
    let fuel = fuel.checked_sub(1)?;
    let scope = || binding_place(name, place);
    match binding(name, place) {
        Some(Binding::Value(value)) => {
            let by_use = || is_computed(&value) && is_used_as_nixpkgs(name, scope());
            path_of_value(name, &value, fuel).or_else(|| by_use().then(Vec::new))
        }
        Some(Binding::Inherited(from)) => match path_of(&from, fuel) {
            Some(mut path) => {
                push_name(&mut path, name.to_owned());
                Some(path)
            }
            None => (name == "pkgs" || is_used_as_nixpkgs(name, scope())).then(Vec::new),
        },
        Some(Binding::Argument(lambda, default)) => path_of_argument(name, &lambda, default, fuel),
        Some(Binding::Opaque) => None,
        None if GLOBALS.contains(&name) || name.starts_with("__") => None,
        None => match supplied(name, place) {
            Some(value) => path_of_value(name, &value, fuel),
            None => path_through_with(name, place, fuel),
        },
    }
}

/// A value that says nothing itself is taken at its name's word.
fn path_of_value(name: &str, value: &Expr, fuel: usize) -> Option<AttributePath> {
    path_of(value, fuel).or_else(|| is_set_by_name(name, value).then(Vec::new))
}

fn is_set_by_name(name: &str, value: &Expr) -> bool {
    match value {
        Expr::Apply(_) if is_fetched(value) => false,
        // `nixpkgs = sources.nixpkgs;` names where it is, not what it holds.
        Expr::Select(_) => name.starts_with("pkgs"),
        _ => is_computed(value) && is_set_name(name),
    }
}

fn is_computed(value: &Expr) -> bool {
    matches!(
        value,
        Expr::Apply(_)
            | Expr::LetIn(_)
            | Expr::With(_)
            | Expr::BinOp(_)
            | Expr::IfElse(_)
            | Expr::Select(_)
            | Expr::Paren(_)
    )
}

/// Whether this is a source, and not what is imported from it.
fn is_fetched(value: &Expr) -> bool {
    let Expr::Apply(apply) = value else {
        return false;
    };
    let function = Call::new(apply).and_then(|call| last_name(&call.function));
    function.is_some_and(|name| name.starts_with("fetch"))
}

fn is_set_name(name: &str) -> bool {
    name.starts_with("pkgs") || name.starts_with("nixpkgs")
}

fn path_of_argument(
    name: &str,
    lambda: &ast::Lambda,
    default: Option<Expr>,
    fuel: usize,
) -> Option<AttributePath> {
    if let Some(default) = default {
        let by_use = || name == "pkgs" || is_used_as_nixpkgs(name, Some(lambda.syntax().clone()));
        return path_of_value(name, &default, fuel).or_else(|| by_use().then(Vec::new));
    }
    if is_python_function(lambda) {
        return None;
    }
    if name.starts_with("pkgs") || is_given_nixpkgs(lambda) {
        return Some(Vec::new());
    }
    if is_call_package(lambda) {
        return Some(vec![name.to_owned()]);
    }
    is_used_as_nixpkgs(name, Some(lambda.syntax().clone())).then(Vec::new)
}

/// Whether the function is handed to `withPackages`, whose argument is Python's
/// set under whatever name.
fn is_python_function(lambda: &ast::Lambda) -> bool {
    caller_name(lambda).as_deref() == Some("withPackages")
}

/// What the function is an argument of.
fn caller_name(lambda: &ast::Lambda) -> Option<String> {
    let outer = lambda.syntax().ancestors().skip(1).find(|node| !ast::Paren::can_cast(node.kind()))?;
    let call = Call::new(&ast::Apply::cast(outer)?)?;
    last_name(&call.function)
}

/// Whether the function is what an FHS environment asks for its packages: it is given nixpkgs, under
/// whatever name.
fn is_given_nixpkgs(lambda: &ast::Lambda) -> bool {
    let outer = lambda.syntax().ancestors().skip(1).find(|node| !ast::Paren::can_cast(node.kind()));
    let names = outer.and_then(ast::AttrpathValue::cast).map(|entry| attribute_names(entry.attrpath()));
    let name = names.and_then(|mut names| names.pop().flatten());
    matches!(name.as_deref(), Some("targetPkgs" | "multiPkgs"))
}

/// Whether the function is one in the style of `callPackage`, whose arguments
/// are the attributes of nixpkgs by name.
pub(super) fn is_call_package(lambda: &ast::Lambda) -> bool {
    let mut outer = lambda.syntax().ancestors().skip(1);
    let outermost = outer.find(|node| !ast::Lambda::can_cast(node.kind()));
    let is_file = outermost.is_some_and(|node| ast::Root::can_cast(node.kind()));
    let Some(ast::Param::Pattern(pattern)) = lambda.param() else {
        return false;
    };
    let is_called = is_file || caller_name(lambda).as_deref() == Some("callPackage");
    let required = pattern.pat_entries().filter(|entry| entry.default().is_none());
    let mut names = required.filter_map(|entry| entry.ident());
    is_called && names.any(|name| CALL_PACKAGE_MARKS.iter().any(|mark| is_ident(&name, mark)))
}

fn path_through_with(name: &str, place: &SyntaxNode, fuel: usize) -> Option<AttributePath> {
    let has_packages = |with: &ast::With| match with.namespace() {
        Some(Expr::AttrSet(_)) | None => false,
        Some(set) => !is_function_set(&set),
    };
    let with = withs(place).find(has_packages)?;
    let mut path = path_of_with(&with, fuel)?;
    if name == "pkgs" {
        // nixpkgs and the sets in it that have a `pkgs` all mean the same one.
        return Some(Vec::new());
    }
    push_name(&mut path, name.to_owned());
    Some(path)
}

fn path_of_with(with: &ast::With, fuel: usize) -> Option<AttributePath> {
    let namespace = with.namespace()?;
    path_of(&namespace, fuel).or_else(|| supplies_constructor(with).then(Vec::new))
}

/// Whether a set of unknown origin is nixpkgs by what the file takes from it by name.
fn is_used_as_nixpkgs(name: &str, scope: Option<SyntaxNode>) -> bool {
    let Some(scope) = scope.filter(|_| !OTHER_MAKERS.contains(&name)) else {
        return false;
    };
    scope.descendants().filter_map(ast::Select::cast).take(MAX_USES).any(|select| {
        let Some(Expr::Ident(base)) = select.expr().filter(|base| is_name(base, name)) else {
            return false;
        };
        let first = select.attrpath().and_then(|path| path.attrs().next());
        first
            .and_then(|first| attribute_name(&first))
            .is_some_and(|first| OF_NIXPKGS.contains(&first.as_str()))
            && binding_place(name, base.syntax()).as_ref() == Some(&scope)
    })
}

/// How many selections are looked at for what a set is: it shows early, or in none.
const MAX_USES: usize = 1_000;

fn is_name(expr: &Expr, name: &str) -> bool {
    matches!(expr, Expr::Ident(ident) if is_ident(ident, name))
}

/// Whether the outermost `with` of packages, of a set of unknown origin, is what supplies `mkShell`.
fn supplies_constructor(with: &ast::With) -> bool {
    let Some(namespace) = with.namespace() else {
        return false;
    };
    let named = last_name(&namespace).is_some_and(|name| OTHER_MAKERS.contains(&name.as_str()));
    let outer = withs(with.syntax()).filter_map(|outer| outer.namespace());
    if named || outer.filter(|set| !is_function_set(set)).count() > 0 || is_function_set(&namespace) {
        return false;
    }
    let names = with.body().into_iter().flat_map(|body| body.syntax().descendants());
    names
        .filter_map(ast::Ident::cast)
        .any(|ident| CALL_PACKAGE_MARKS.contains(&ident.to_string().as_str()) && is_free(&ident))
}

/// Whether this is a use of a name that only a `with` can supply.
fn is_free(ident: &ast::Ident) -> bool {
    let is_use = ident.syntax().parent().is_some_and(|parent| {
        ast::Apply::can_cast(parent.kind())
            || ast::Select::can_cast(parent.kind())
            || ast::Paren::can_cast(parent.kind())
    });
    is_use && binding(&ident.to_string(), ident.syntax()).is_none()
}
