//! What binds a name at a place: the let, rec and lambda around it, and the `with` that may supply it.
//!
//! What a name stands for is asked in `paths`.

use rnix::SyntaxNode;
use rnix::ast::{self, Expr, HasEntry};
use rowan::ast::AstNode;

use super::syntax::{attribute_name, is_within};

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
        let Some(path) = entry.attrpath() else { continue };
        if path.attrs().next().is_some_and(|first| is_called(&first, name)) {
            let whole = if path.attrs().count() == 1 { entry.value() } else { None };
            return Some(whole.map_or(Binding::Opaque, Binding::Value));
        }
    }
    // A plain `inherit name;` binds nothing new: the search goes on outside.
    let from = entries.inherits().filter(|inherit| inherits(inherit, name)).find_map(|i| i.from());
    from.map(|from| from.expr().map_or(Binding::Opaque, Binding::Inherited))
}

/// Whether an attribute has this name. Without a copy: names are looked up again and again.
fn is_called(attribute: &ast::Attr, name: &str) -> bool {
    match attribute {
        ast::Attr::Ident(ident) => is_ident(ident, name),
        _ => attribute_name(attribute).as_deref() == Some(name),
    }
}

/// Whether an identifier is this name.
pub(super) fn is_ident(ident: &ast::Ident, name: &str) -> bool {
    ident.syntax().text() == name
}

/// Whether an `inherit` lists `name`.
pub(super) fn inherits(inherit: &ast::Inherit, name: &str) -> bool {
    inherit.attrs().any(|attribute| is_called(&attribute, name))
}

fn bound_by_argument(name: &str, lambda: ast::Lambda) -> Option<Binding> {
    let is_name = |ident: Option<ast::Ident>| ident.is_some_and(|ident| is_ident(&ident, name));
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
        body.is_some_and(|body| is_within(&place, body.syntax()))
    })
}

/// What a name stands for that no scope binds, where the innermost `with` that may have it is of a set that is
/// written out: `with { pkgs = import <nixpkgs> { }; };`
pub(super) fn supplied(name: &str, place: &SyntaxNode) -> Option<Expr> {
    for with in withs(place) {
        let Some(Expr::AttrSet(set)) = with.namespace() else {
            return None;
        };
        match bound_by_entry(name, &set) {
            Some(Binding::Value(value)) => return Some(value),
            Some(_) => return None,
            None => {}
        }
    }
    None
}
