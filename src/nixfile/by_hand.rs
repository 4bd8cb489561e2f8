//! The line to write by hand where no list can be edited.

use rnix::SyntaxNode;
use rnix::ast::{self, Expr, HasEntry};
use rowan::ast::AstNode;

use super::Library;
use super::constructor::VENV_SHELL;
use super::inputs::{best_input, unlisted};
use super::shell::{self, Kind, Shell};
use super::spell::Spelling;
use super::syntax::{attribute_name, attribute_names, last_name, position, start};
use super::wish::Wish;

/// What to write, and where; `None` where that depends on more than the file.
pub(super) fn by_hand(root: &ast::Root, source: &str, wish: &Wish, libraries: &[Library]) -> Option<String> {
    let search = shell::search(root, wish.shell.as_deref());
    if let [shell] = search.shells.as_slice() {
        return in_shell(shell, source, libraries);
    }
    let node = search.notes.iter().map(|(node, _)| node).find(|node| makes_environment(node))?;
    let (line, column) = position(source, start(node));
    let elements = elements(node, None, libraries);
    let set = if elements.contains("pkgs.") { "pkgs." } else { "" };
    Some(format!(
        "that is an environment of Python packages; at {line}:{column} write instead \
         {set}mkShell {{ packages = [ ENVIRONMENT ]; buildInputs = [ {elements} ]; }}, \
         with what stands before `.env` for ENVIRONMENT"
    ))
}

fn in_shell(shell: &Shell, source: &str, libraries: &[Library]) -> Option<String> {
    let set = shell.attributes.sets.first().filter(|_| best_input(shell).is_none())?;
    let elements = elements(set.syntax(), shell.set.as_ref(), libraries);
    if let Some((attribute, value)) = unlisted(shell) {
        let (line, column) = position(source, start(value.syntax()));
        return Some(format!(
            "put the value of `{attribute}` at {line}:{column} in parentheses, and behind it write: ++ [ {elements} ]"
        ));
    }
    let (line, column) = position(source, start(set.syntax()));
    let entry = match shell.kind {
        Kind::Inputs if shell.constructor == VENV_SHELL => {
            let names: Vec<&str> = libraries.iter().map(Library::path).collect();
            format!("libraries = with pkgs; [ {} ];", names.join(" "))
        }
        Kind::Inputs => format!("{} = [ {elements} ];", free_name(set)?),
        Kind::Positional => return None,
        Kind::Fhs => {
            let names: Vec<String> =
                libraries.iter().map(|library| format!("pkgs.{}", library.path())).collect();
            format!("targetPkgs = pkgs: [ {} ];", names.join(" "))
        }
        Kind::Module => format!("packages = [ {elements} ];"),
    };
    Some(format!("write into the set at {line}:{column}: {entry}"))
}

/// An attribute for inputs that the set does not have yet.
fn free_name(set: &ast::AttrSet) -> Option<&'static str> {
    let entries =
        set.attrpath_values().flat_map(|entry| attribute_names(entry.attrpath()).into_iter().next());
    let inherited =
        set.inherits().flat_map(|it| it.attrs().map(|name| attribute_name(&name)).collect::<Vec<_>>());
    let taken: Vec<String> = entries.chain(inherited).flatten().collect();
    let names = ["buildInputs", "packages", "nativeBuildInputs"];
    names.into_iter().find(|name| !taken.iter().any(|it| it == name))
}

fn elements(
    place: &SyntaxNode,
    set: Option<&super::constructor::PackageSet>,
    libraries: &[Library],
) -> String {
    let inner = place.first_child().unwrap_or_else(|| place.clone());
    let spelling = Spelling::at(&inner, set);
    let written = libraries.iter().map(|library| match spelling.of(library) {
        Some(written) => written.text,
        None => format!("pkgs.{}", library.path()),
    });
    written.collect::<Vec<_>>().join(" ")
}

/// Whether an expression is `(python3.withPackages …).env` or another's like it.
fn makes_environment(node: &SyntaxNode) -> bool {
    Expr::cast(node.clone()).is_some_and(|expr| {
        let name = last_name(&expr);
        name.as_deref() == Some("env") || node.text().to_string().contains("withPackages")
    })
}
