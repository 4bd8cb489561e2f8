//! What stands in the lists of a file's shell, and where.

use rnix::ast::{self, Expr};
use rowan::ast::AstNode;

use super::paths::element_paths;
use super::syntax::{attribute_names, position, start};
use super::{Place, Refusal, Wish, locate};

/// An element of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// As the file spells it.
    pub spelling: String,
    /// The attribute paths it may stand for, the preferred one first; none for what is computed.
    pub paths: Vec<String>,
    /// Its own line and column, and the name of its list.
    pub place: Place,
}

/// The elements of all lists of a Nix file's shell, in the file's order.
///
/// # Errors
/// As of [`super::add_libraries`]: if the file has no shell that can be told.
pub fn list_libraries(source: &str) -> Result<Vec<Listed>, Refusal> {
    list_libraries_as(source, &Wish::default())
}

/// Like [`list_libraries`], of the shell that the user has chosen.
///
/// # Errors
/// As of [`list_libraries`].
pub fn list_libraries_as(source: &str, wish: &Wish) -> Result<Vec<Listed>, Refusal> {
    let root = super::read(source)?;
    let chosen = locate::locate(&root, source, wish)?;
    let mut items: Vec<(Expr, &ast::List)> =
        chosen.lists().flat_map(|list| list.items().map(move |item| (item, list))).collect();
    items.sort_by_key(|(item, _)| start(item.syntax()));
    let listed = items.into_iter().map(|(item, list)| Listed {
        spelling: item.to_string(),
        paths: element_paths(&item)
            .iter()
            .map(|path| path.join("."))
            .filter(|path| !path.is_empty())
            .collect(),
        place: place_of(&item, list, source),
    });
    Ok(listed.collect())
}

/// Where an element stands, by the name of its list.
pub(super) fn place_of(item: &Expr, list: &ast::List, source: &str) -> Place {
    let (line, column) = position(source, start(item.syntax()));
    let entry = list.syntax().ancestors().find_map(ast::AttrpathValue::cast);
    let bound = entry.and_then(|entry| attribute_names(entry.attrpath()).pop().flatten());
    Place { line, column, name: bound.map_or_else(|| "a list".to_owned(), |name| format!("`{name}`")) }
}
