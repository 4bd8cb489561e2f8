//! What a name means at a place: the let, rec and lambda that bind it, the
//! `with` that supplies it, and the path below nixpkgs that it stands for.
//!
//! This file only answers questions. It does not choose a place or a spelling.

use rnix::SyntaxNode;
use rnix::ast::{self, Expr, HasEntry};
use rowan::ast::AstNode;

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
const CALL_PACKAGE_MARKS: &[&str] = &["mkShell", "mkShellNoCC", "stdenv"];

/// How a name is bound where it is used.
pub(super) enum Binding {
    /// `name = value;` in a let or a recursive set.
    Value(Expr),
    /// `inherit (from) name;`
    Inherited(Expr),
    /// An argument of this function, perhaps with a default.
    Argument(ast::Lambda, Option<Expr>),
    /// Bound, but not as a whole: `name.a = …;`
    Opaque,
}

/// The lexical binding of `name` as seen from `place`, `None` if there is none.
pub(super) fn binding(name: &str, place: &SyntaxNode) -> Option<Binding> {
    place.ancestors().skip(1).find_map(|scope| bound_by(name, &scope))
}

/// The let, set or function that binds a name at a place; two places where it
/// is the same one give the name the same meaning.
pub(super) fn binding_place(name: &str, place: &SyntaxNode) -> Option<SyntaxNode> {
    place.ancestors().skip(1).find(|scope| bound_by(name, scope).is_some())
}

fn bound_by(name: &str, scope: &SyntaxNode) -> Option<Binding> {
    if let Some(set) = ast::AttrSet::cast(scope.clone()) {
        set.rec_token()?;
        return bound_by_entry(name, &set);
    }
    if let Some(let_in) = ast::LetIn::cast(scope.clone()) {
        return bound_by_entry(name, &let_in);
    }
    if let Some(legacy) = ast::LegacyLet::cast(scope.clone()) {
        return bound_by_entry(name, &legacy);
    }
    bound_by_argument(name, ast::Lambda::cast(scope.clone())?)
}

fn bound_by_entry(name: &str, entries: &impl HasEntry) -> Option<Binding> {
    for entry in entries.attrpath_values() {
        let names = attribute_names(entry.attrpath());
        if names.first().and_then(Option::as_deref) == Some(name) {
            let whole = if names.len() == 1 { entry.value() } else { None };
            return Some(whole.map_or(Binding::Opaque, Binding::Value));
        }
    }
    // A plain `inherit name;` binds nothing new: the search goes on outside.
    let from = entries.inherits().filter(|inherit| inherits(inherit, name)).find_map(|i| i.from());
    from.map(|from| from.expr().map_or(Binding::Opaque, Binding::Inherited))
}

/// Whether an `inherit` lists `name`.
pub(super) fn inherits(inherit: &ast::Inherit, name: &str) -> bool {
    inherit.attrs().any(|attribute| attribute_name(&attribute).as_deref() == Some(name))
}

fn bound_by_argument(name: &str, lambda: ast::Lambda) -> Option<Binding> {
    let is_name = |ident: Option<ast::Ident>| ident.is_some_and(|ident| ident.to_string() == name);
    match lambda.param()? {
        ast::Param::IdentParam(param) => is_name(param.ident()).then_some(Binding::Argument(lambda, None)),
        ast::Param::Pattern(pattern) => {
            if pattern.pat_bind().is_some_and(|bind| is_name(bind.ident())) {
                return Some(Binding::Opaque);
            }
            let entry = pattern.pat_entries().find(|entry| is_name(entry.ident()))?;
            Some(Binding::Argument(lambda, entry.default()))
        }
    }
}

/// The `with` expressions around a place, innermost first.
pub(super) fn withs(place: &SyntaxNode) -> impl Iterator<Item = ast::With> {
    let place = place.clone();
    place.clone().ancestors().filter_map(ast::With::cast).filter(move |with| {
        let body = with.body();
        body.is_some_and(|body| super::syntax::is_within(&place, body.syntax()))
    })
}

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

/// Every path below nixpkgs that a list element may stand for:
/// `(pkgs.a or pkgs.b.a)` has two.
pub(super) fn element_paths(element: &Expr) -> Vec<AttributePath> {
    let mut paths = Vec::new();
    let mut next = bare(element.clone());
    while let Some(expr) = next {
        next = None;
        if let Expr::Select(select) = &expr {
            next = select.default_expr().and_then(bare);
        }
        paths.extend(first_path(&expr, FUEL));
    }
    paths
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
    let mut path = path_of(&base, fuel)?;
    for name in names {
        push_name(&mut path, name?);
    }
    Some(path)
}

/// nixpkgs holds itself as `pkgs`, so that name at its top leads nowhere new.
fn push_name(path: &mut AttributePath, name: String) {
    if !(path.is_empty() && name == "pkgs") {
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
    if flake.contains("nixpkgs") { names.get(at + 2..) } else { None }
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
                    Some(Binding::Value(value)) if is_nixpkgs_source(&value, fuel))
        }
        Expr::Select(_) => last_name(&source).is_some_and(|name| name.contains("nixpkgs")),
        // A fetcher says in its address or name what it fetches.
        Expr::Apply(_) | Expr::PathSearch(_) => {
            let text = source.to_string();
            text.contains("nixpkgs") || text.contains("nixexprs")
        }
        _ => false,
    }
}

fn path_of_name(name: &str, place: &SyntaxNode, fuel: usize) -> Option<AttributePath> {
    let fuel = fuel.checked_sub(1)?;
    match binding(name, place) {
        Some(Binding::Value(value)) => path_of_value(name, &value, fuel),
        Some(Binding::Inherited(from)) => match path_of(&from, fuel) {
            Some(mut path) => {
                push_name(&mut path, name.to_owned());
                Some(path)
            }
            None => (name == "pkgs").then(Vec::new),
        },
        Some(Binding::Argument(lambda, default)) => path_of_argument(name, &lambda, default, fuel),
        Some(Binding::Opaque) => None,
        None if GLOBALS.contains(&name) || name.starts_with("__") => None,
        None => path_through_with(name, place, fuel),
    }
}

/// A value that says nothing itself is taken at its name's word.
fn path_of_value(name: &str, value: &Expr, fuel: usize) -> Option<AttributePath> {
    path_of(value, fuel).or_else(|| {
        let computed = matches!(
            value,
            Expr::Apply(_) | Expr::LetIn(_) | Expr::With(_) | Expr::BinOp(_) | Expr::IfElse(_)
        );
        (computed && is_set_name(name)).then(Vec::new)
    })
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
        let by_name = || (name == "pkgs").then(Vec::new);
        return path_of_value(name, &default, fuel).or_else(by_name);
    }
    if name == "pkgs" {
        return (!is_python_function(lambda)).then(Vec::new);
    }
    is_call_package(lambda).then(|| vec![name.to_owned()])
}

/// Whether the function is handed to `withPackages`, whose argument is Python's
/// set under whatever name.
fn is_python_function(lambda: &ast::Lambda) -> bool {
    let outer = lambda.syntax().ancestors().skip(1).find(|node| !ast::Paren::can_cast(node.kind()));
    let call = outer.and_then(ast::Apply::cast).and_then(|apply| Call::new(&apply));
    call.is_some_and(|call| last_name(&call.function).as_deref() == Some("withPackages"))
}

/// Whether the file is a function in the style of `callPackage`, whose arguments
/// are the attributes of nixpkgs by name.
fn is_call_package(lambda: &ast::Lambda) -> bool {
    let is_file = lambda.syntax().parent().is_some_and(|parent| ast::Root::can_cast(parent.kind()));
    let Some(ast::Param::Pattern(pattern)) = lambda.param() else {
        return false;
    };
    let mut names = pattern.pat_entries().filter_map(|entry| entry.ident());
    is_file && names.any(|name| CALL_PACKAGE_MARKS.contains(&name.to_string().as_str()))
}

fn path_through_with(name: &str, place: &SyntaxNode, fuel: usize) -> Option<AttributePath> {
    let with = withs(place).next()?;
    let mut path = path_of(&with.namespace()?, fuel)?;
    if name == "pkgs" {
        // nixpkgs and the sets in it that have a `pkgs` all mean the same one.
        return Some(Vec::new());
    }
    push_name(&mut path, name.to_owned());
    Some(path)
}
