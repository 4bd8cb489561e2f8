//! Names of nixpkgs that it has no more.

use rnix::SyntaxKind::TOKEN_IDENT;
use rnix::ast::{self, Expr};
use rowan::ast::AstNode;

use super::change::Change;
use super::view::{binding_place, nixpkgs_path};

/// The changes that replace names at the top of nixpkgs, and each once as old and new.
pub(super) fn rename(
    root: &ast::Root,
    new_name: &dyn Fn(&str) -> Option<String>,
) -> (Vec<Change>, Vec<(String, String)>) {
    let (mut changes, mut said) = (Vec::new(), Vec::new());
    let tokens = root.syntax().descendants_with_tokens().filter_map(|element| element.into_token());
    for token in tokens.filter(|token| token.kind() == TOKEN_IDENT) {
        let Some(new) = new_name(token.text()) else { continue };
        let Some(ident) = token.parent().and_then(ast::Ident::cast) else { continue };
        if !is_of_nixpkgs(&ident) {
            continue;
        }
        let pair = (token.text().to_owned(), new.clone());
        if !said.contains(&pair) {
            said.push(pair);
        }
        changes.push(Change { range: token.text_range().into(), text: new });
    }
    (changes, said)
}

/// Whether a name is that of nixpkgs' own attribute: by a `with`, or behind the package set.
fn is_of_nixpkgs(ident: &ast::Ident) -> bool {
    let name = ident.to_string();
    let first = |expr: &Expr| nixpkgs_path(expr).is_some_and(|path| path.first() == Some(&name));
    let Some(parent) = ident.syntax().parent() else { return false };
    if !ast::Attrpath::can_cast(parent.kind()) {
        let is_value = Expr::can_cast(ident.syntax().kind()) && !ast::PatEntry::can_cast(parent.kind());
        let free = binding_place(&name, ident.syntax()).is_none();
        return is_value
            && free
            && !ast::Inherit::can_cast(parent.kind())
            && first(&Expr::Ident(ident.clone()));
    }
    match parent.parent().and_then(ast::Select::cast) {
        Some(select) => {
            let mut names = select.attrpath().into_iter().flat_map(|path| path.attrs());
            let is_first_of_name = names.find(|attr| attr.to_string() == name);
            is_first_of_name.is_some_and(|attr| attr.syntax() == ident.syntax())
                && first(&Expr::Select(select))
        }
        None => false,
    }
}
