//! How a library is written at a place: bare, behind the package set's name, or
//! as a choice of old and new names; and whether it is there already.
//!
//! Whatever is written here must, by `scope`, mean the attribute that was asked
//! for; `verify` asks again in the new file.

use rnix::SyntaxNode;
use rnix::ast::{self, Expr};
use rowan::ast::AstNode;

use super::Library;
use super::constructor::PackageSet;
use super::scope::{AttributePath, binding_place, element_paths, nixpkgs_path, nixpkgs_path_of_name, withs};

/// The ways to write a library in one list.
pub(super) struct Spelling<'a> {
    list: &'a SyntaxNode,
    /// The name of nixpkgs at the list.
    set: Option<String>,
    /// A plain name is found in nixpkgs, and the list's owner writes them so.
    plain: bool,
}

impl<'a> Spelling<'a> {
    pub(super) fn new(list: &'a ast::List, constructor_set: Option<&PackageSet>) -> Spelling<'a> {
        let own = set_of_elements(list);
        let list = list.syntax();
        if constructor_set.is_some_and(|set| !is_nixpkgs(set.path.as_ref()) && set.path.is_some()) {
            // A shell of `pkgs.pkgsCross.…` takes its libraries from there.
            return Spelling { list, set: None, plain: false };
        }
        let innermost = withs(list).next().and_then(|with| with.namespace());
        let plain = own.is_none() && innermost.is_some_and(|set| names_nixpkgs(&set));
        let set = own.or_else(|| set_at(list, constructor_set));
        Spelling { list, set, plain }
    }

    /// The element to write, `None` if nixpkgs has no name here.
    pub(super) fn of(&self, library: &Library) -> Option<String> {
        let attribute = match library.settled() {
            Some(path) => path,
            None if !library.older.is_empty() => return self.choice(library),
            None => &library.attribute,
        };
        let name = attribute.split('.').next().unwrap_or_default();
        let free = binding_place(name, self.list).is_none();
        let means = nixpkgs_path_of_name(name, self.list).is_some_and(|path| path == [name]);
        match &self.set {
            _ if self.plain && free && means => Some(attribute.to_owned()),
            Some(set) => Some(format!("{set}.{attribute}")),
            // An argument of a function in the style of `callPackage`.
            None => means.then(|| attribute.to_owned()),
        }
    }

    /// `(pkgs.new or pkgs.old)`: `or` stands only behind a selection.
    fn choice(&self, library: &Library) -> Option<String> {
        let set = self.set.as_ref()?;
        let names = std::iter::once(&library.attribute).chain(&library.older);
        let choices: Vec<String> = names.map(|name| format!("{set}.{name}")).collect();
        Some(format!("({})", choices.join(" or ")))
    }
}

/// The set that all elements are selected from, if they agree on one.
fn set_of_elements(list: &ast::List) -> Option<String> {
    let mut agreed: Option<String> = None;
    for item in list.items() {
        let base = match &item {
            Expr::Ident(_) => return None,
            Expr::Select(select) => select.expr()?,
            _ => continue,
        };
        let text = base.to_string();
        let is_set = matches!(base, Expr::Ident(_)) && names_nixpkgs(&base);
        if !is_set || agreed.as_ref().is_some_and(|other| *other != text) {
            return None;
        }
        agreed = Some(text);
    }
    agreed
}

/// Whether a path below nixpkgs leads to nixpkgs itself.
fn is_nixpkgs(path: Option<&AttributePath>) -> bool {
    path.is_some_and(Vec::is_empty)
}

fn names_nixpkgs(set: &Expr) -> bool {
    is_nixpkgs(nixpkgs_path(set).as_ref())
}

/// The name of nixpkgs at a place: the constructor's own, `pkgs`, or the one in
/// a `with` around it.
fn set_at(place: &SyntaxNode, constructor_set: Option<&PackageSet>) -> Option<String> {
    let own = constructor_set.filter(|set| {
        is_nixpkgs(set.path.as_ref()) && is_name(&set.text) && means_the_same(&set.origin, place)
    });
    if let Some(set) = own {
        return Some(set.text.clone());
    }
    if is_nixpkgs(nixpkgs_path_of_name("pkgs", place).as_ref()) {
        return Some("pkgs".to_owned());
    }
    let mut namespaces = withs(place).filter_map(|with| with.namespace());
    let known = |set: &Expr| names_nixpkgs(set) && is_name(&set.to_string());
    let named = namespaces.find(|set| known(set) && means_the_same(set, place));
    named.map(|set| set.to_string())
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
    let paths = element_paths(element);
    paths.iter().map(|path| path.join(".")).any(|path| library.is_called(&path))
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
