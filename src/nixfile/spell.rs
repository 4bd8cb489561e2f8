//! How a library is written at a place: bare, behind the package set's name, or
//! as a choice of old and new names; and whether it is there already.
//!
//! Whatever is written here must, by `scope`, mean the attribute that was asked
//! for; `verify` asks again in the new file.

use rnix::SyntaxNode;
use rnix::ast::{self, Expr, HasEntry};
use rowan::ast::AstNode;

use super::Library;
use super::constructor::PackageSet;
use super::inputs::is_local;
use super::paths::{
    AttributePath, element_paths, is_call_package, nixpkgs_path, nixpkgs_path_of_name, with_path,
};
use super::scope::{Binding, binding, binding_place, withs};
use super::syntax::{FUEL, attribute_names, last_name};

/// The ways to write a library at one place.
pub(super) struct Spelling<'a> {
    place: &'a SyntaxNode,
    /// The name of nixpkgs there.
    set: Option<String>,
    /// A plain name is found in nixpkgs, and the list's owner writes them so.
    plain: bool,
    /// The names of nixpkgs are arguments of the file, which may ask for more of them.
    by_arguments: bool,
    /// The shell is made for another platform than this one.
    is_foreign: bool,
}

/// A library as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) text: String,
    /// The argument that the file's function must ask for.
    pub(super) argument: Option<String>,
}

impl Written {
    fn plain(text: impl Into<String>) -> Written {
        Written { text: text.into(), argument: None }
    }
}

impl<'a> Spelling<'a> {
    /// The spelling of elements of a list.
    pub(super) fn new(list: &'a ast::List, constructor_set: Option<&PackageSet>) -> Spelling<'a> {
        let own = set_of_elements(list);
        let plain = own.is_none();
        Spelling::with_set(list.syntax(), own, plain, constructor_set)
    }

    /// The spelling at any place.
    pub(super) fn at(place: &'a SyntaxNode, constructor_set: Option<&PackageSet>) -> Spelling<'a> {
        Spelling::with_set(place, None, true, constructor_set)
    }

    fn with_set(
        place: &'a SyntaxNode,
        own: Option<String>,
        may_be_plain: bool,
        constructor_set: Option<&PackageSet>,
    ) -> Spelling<'a> {
        if constructor_set.is_some_and(|set| !is_nixpkgs(set.path.as_ref()) && set.path.is_some()) {
            // A shell of `pkgs.pkgsCross.…` takes its libraries from there.
            return Spelling { place, set: None, plain: false, by_arguments: false, is_foreign: true };
        }
        let innermost = withs(place).next().and_then(|with| with_path(&with));
        let plain = may_be_plain && is_nixpkgs(innermost.as_ref());
        let set = own.or_else(|| set_at(place, constructor_set));
        let by_arguments = function_of_arguments(place).is_some();
        Spelling { place, set, plain, by_arguments, is_foreign: false }
    }

    /// The element to write, `None` if nixpkgs has no name here.
    pub(super) fn of(&self, library: &Library) -> Option<Written> {
        let attribute = match library.settled() {
            Some(path) => path,
            None if !library.older.is_empty() => return self.choice(library),
            None => &library.attribute,
        };
        let name = attribute.split('.').next().unwrap_or_default();
        let free = binding_place(name, self.place).is_none();
        let means = nixpkgs_path_of_name(name, self.place).is_some_and(|path| path == [name]);
        match &self.set {
            _ if self.plain && free && means => Some(Written::plain(attribute)),
            Some(set) => Some(Written::plain(format!("{set}.{attribute}"))),
            // An argument of a function in the style of `callPackage`.
            None if means => Some(Written::plain(attribute)),
            None => (free && self.by_arguments)
                .then(|| Written { text: attribute.to_owned(), argument: Some(name.to_owned()) }),
        }
    }

    /// Why a library has no spelling here.
    pub(super) fn why_not(&self) -> &'static str {
        if self.is_foreign {
            "its shell is made from a package set for another platform"
        } else {
            "no name for nixpkgs is in scope"
        }
    }

    /// `(pkgs.new or pkgs.old)`: `or` stands only behind a selection.
    fn choice(&self, library: &Library) -> Option<Written> {
        let asked = self.by_arguments && binding_place("pkgs", self.place).is_none();
        let argument = (self.set.is_none() && asked).then(|| "pkgs".to_owned());
        let set = self.set.as_ref().or(argument.as_ref())?;
        let names = std::iter::once(&library.attribute).chain(&library.older);
        let choices: Vec<String> = names.map(|name| format!("{set}.{name}")).collect();
        Some(Written { text: format!("({})", choices.join(" or ")), argument })
    }
}

/// The function in the style of `callPackage` that a place is in.
pub(super) fn function_of_arguments(place: &SyntaxNode) -> Option<ast::Lambda> {
    place.ancestors().filter_map(ast::Lambda::cast).find(is_call_package)
}

/// The set that all elements are selected from, if they agree on one.
fn set_of_elements(list: &ast::List) -> Option<String> {
    let mut sets: Vec<(String, bool)> = Vec::new();
    for item in list.items() {
        let base = match &item {
            Expr::Ident(ident) if !is_local(ident) => return None,
            Expr::Select(select) => select.expr()?,
            _ => continue,
        };
        let text = base.to_string();
        if sets.iter().any(|(known, _)| *known == text) {
            continue;
        }
        let is_set = matches!(base, Expr::Ident(_)) && names_nixpkgs(&base);
        if !is_set && !matches!(&base, Expr::Ident(ident) if is_local(ident)) {
            return None;
        }
        // `tools.ruff` of the file's own says nothing of how nixpkgs' are written.
        sets.push((text, is_set));
    }
    let mut sets = sets.into_iter().filter(|(_, is_set)| *is_set);
    let (only, _) = sets.next()?;
    sets.next().is_none().then_some(only)
}

/// Whether a path below nixpkgs leads to nixpkgs itself.
fn is_nixpkgs(path: Option<&AttributePath>) -> bool {
    path.is_some_and(Vec::is_empty)
}

fn names_nixpkgs(set: &Expr) -> bool {
    is_nixpkgs(nixpkgs_path(set).as_ref())
}

/// The name of nixpkgs at a place: the constructor's own, `pkgs`, the one in
/// a `with` around it, or another that the file gives it.
fn set_at(place: &SyntaxNode, constructor_set: Option<&PackageSet>) -> Option<String> {
    let own = constructor_set.filter(|set| {
        let is_set = is_nixpkgs(set.path.as_ref()) || set.path.is_none();
        is_set && is_name(&set.text) && means_the_same(&set.origin, place)
    });
    if let Some(set) = own {
        return Some(set.text.clone());
    }
    if is_nixpkgs(nixpkgs_path_of_name("pkgs", place).as_ref()) && !is_pkgs_of_python_alone(place) {
        return Some("pkgs".to_owned());
    }
    let mut namespaces = withs(place).filter_map(|with| with.namespace());
    let known = |set: &Expr| names_nixpkgs(set) && is_name(&set.to_string());
    let named = namespaces.find(|set| known(set) && means_the_same(set, place));
    named.map(|set| set.to_string()).or_else(|| set_in_scope(place))
}

/// How many names are tried: people give nixpkgs its name near its use, or at the top of a short file.
const MAX_NAMES: usize = 100;

/// Whether `pkgs` is there only because a Python set has that name, in a file that gets its packages by arguments.
fn is_pkgs_of_python_alone(place: &SyntaxNode) -> bool {
    let is_set = |with: ast::With| is_nixpkgs(with_path(&with).as_ref());
    binding_place("pkgs", place).is_none()
        && function_of_arguments(place).is_some()
        && !withs(place).any(is_set)
}

/// The nearest name that the file gives nixpkgs.
fn set_in_scope(place: &SyntaxNode) -> Option<String> {
    let names = place.ancestors().skip(1).flat_map(|scope| names_bound_by(&scope)).take(MAX_NAMES);
    let mut sets = names.filter(|name| is_nixpkgs(nixpkgs_path_of_name(name, place).as_ref()));
    sets.next()
}

fn names_bound_by(scope: &SyntaxNode) -> Vec<String> {
    let of_entries = |entries: &dyn Fn() -> Vec<ast::AttrpathValue>| {
        let names = entries().into_iter().map(|entry| attribute_names(entry.attrpath()));
        names.filter_map(|names| <[_; 1]>::try_from(names).ok().and_then(|[name]| name)).collect()
    };
    if let Some(let_in) = ast::LetIn::cast(scope.clone()) {
        return of_entries(&|| let_in.attrpath_values().collect());
    }
    if let Some(set) = ast::AttrSet::cast(scope.clone()).filter(|set| set.rec_token().is_some()) {
        return of_entries(&|| set.attrpath_values().collect());
    }
    match ast::Lambda::cast(scope.clone()).and_then(|lambda| lambda.param()) {
        Some(ast::Param::IdentParam(param)) => param.ident().iter().map(ToString::to_string).collect(),
        Some(ast::Param::Pattern(pattern)) => {
            pattern.pat_entries().filter_map(|entry| entry.ident()).map(|ident| ident.to_string()).collect()
        }
        None => Vec::new(),
    }
}

/// Whether a text is a name or a plain selection, so that it fits before a dot.
fn is_name(text: &str) -> bool {
    !text.contains(|c: char| c.is_whitespace() || "()[]".contains(c))
}

/// Whether every name in an expression has the same binding at a place.
fn means_the_same(expr: &Expr, place: &SyntaxNode) -> bool {
    let names = expr.syntax().descendants().filter_map(ast::Ident::cast);
    let mut used = names.filter(|name| !is_attribute(name.syntax()));
    used.all(|name| {
        let text = name.to_string();
        let there = binding_place(&text, place);
        there == binding_place(&text, name.syntax()) && (there.is_some() || text == "pkgs")
    })
}

fn is_attribute(name: &SyntaxNode) -> bool {
    name.parent().is_some_and(|parent| ast::Attrpath::can_cast(parent.kind()))
}

/// The element of a list that is this library under any of its names, as the
/// file spells it.
pub(super) fn element_in(list: &ast::List, library: &Library) -> Option<String> {
    let item = list.items().find(|item| names(item, library))?;
    Some(item.to_string())
}

/// Whether an element is this library.
pub(super) fn names(element: &Expr, library: &Library) -> bool {
    if !may_name(element, library, FUEL) {
        return false;
    }
    let paths = element_paths(element);
    paths.iter().map(|path| path.join(".")).any(|path| {
        // An output that holds the library is the library.
        let of_output = [".out", ".lib"].iter().find_map(|output| path.strip_suffix(output));
        library.is_called(&path) || of_output.is_some_and(|package| library.is_called(package))
    })
}

/// Whether the last name of an element, as it is written, is one of the library's or of an output: what comes before it
/// is looked up only then, since lists are long.
fn may_name(element: &Expr, library: &Library, fuel: usize) -> bool {
    let Some(fuel) = fuel.checked_sub(1) else {
        return false;
    };
    let is_last = |name: &str| library.names().any(|path| path.rsplit('.').next() == Some(name));
    match element {
        Expr::Ident(ident) => match binding(&ident.to_string(), ident.syntax()) {
            Some(Binding::Value(value)) => may_name(&value, library, fuel),
            _ => is_last(&ident.to_string()),
        },
        Expr::Select(select) if select.default_expr().is_none() => {
            last_name(element).is_none_or(|name| is_last(&name) || matches!(name.as_str(), "out" | "lib"))
        }
        _ => true,
    }
}

/// What each element of a list is sorted by: its attribute, or its text where
/// that is a plain name of the file; `None` for anything else.
pub(super) fn sort_keys(list: &ast::List) -> Vec<Option<String>> {
    list.items().map(|item| sort_key(&item)).collect()
}

fn sort_key(item: &Expr) -> Option<String> {
    let path = element_paths(item).into_iter().next().map(|path| path.join("."));
    let plain = matches!(item, Expr::Ident(_) | Expr::Select(_)).then(|| item.to_string());
    path.or(plain).map(|key| key.to_lowercase())
}
