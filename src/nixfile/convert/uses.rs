//! What a conversion takes away, and whether the rest of the file still counts on it.

use std::ops::Range;

use rnix::SyntaxNode;
use rnix::ast::{self, Expr, HasEntry};
use rowan::ast::AstNode;

use super::change::Change;
use super::hooks::range_of;
use super::view::{Shell, attribute_names, start, value};

/// The names of the shell's attributes that changes remove altogether.
pub(super) fn removed(shell: &Shell, changes: &[Change]) -> Vec<String> {
    let entries = shell.arguments.iter().flat_map(|set| set.attrpath_values()).flat_map(|entry| {
        let inner = match entry.value().and_then(value) {
            Some(Expr::AttrSet(set)) => set.attrpath_values().collect(),
            _ => Vec::new(),
        };
        std::iter::once(entry).chain(inner)
    });
    let goes = |range: Range<usize>| {
        let covers = |change: &&Change| change.range.start <= range.start && range.end <= change.range.end;
        changes.iter().filter(|change| change.text.is_empty()).any(|change| covers(&change))
    };
    entries
        .filter(|entry| goes(range_of(entry)))
        .filter_map(|entry| attribute_names(entry.attrpath()).pop().flatten())
        .collect()
}

/// The first place that uses a name, as Nix or as a shell's variable, in what changes leave.
pub(super) fn use_of(root: &ast::Root, source: &str, changes: &[Change], name: &str) -> Option<usize> {
    let stays = |at: &usize| !changes.iter().any(|change| change.range.contains(at));
    let nodes = root.syntax().descendants();
    nodes.flat_map(|node| uses_in(&node, source, name)).find(stays)
}

fn uses_in(node: &SyntaxNode, source: &str, name: &str) -> Vec<usize> {
    if let Some(ident) = ast::Ident::cast(node.clone()) {
        return Vec::from_iter((ident.to_string() == name && !is_defined(node)).then(|| start(node)));
    }
    if !ast::Str::can_cast(node.kind()) {
        return Vec::new();
    }
    let text = &source[node.text_range()];
    // `getAttr "NAME"`, `s."NAME"`
    if text.trim_matches(['"', '\'']) == name && !is_defined(node) {
        return vec![start(node)];
    }
    text.match_indices(name)
        .filter(|(at, _)| is_variable(&text[..*at], &text[at + name.len()..]))
        .map(|(at, _)| start(node) + at)
        .collect()
}

/// Whether a name stands where it gets its meaning.
fn is_defined(name: &SyntaxNode) -> bool {
    let Some(parent) = name.parent() else { return false };
    let of_path = || parent.parent().is_some_and(|owner| ast::AttrpathValue::can_cast(owner.kind()));
    ast::PatEntry::can_cast(parent.kind()) || ast::Attrpath::can_cast(parent.kind()) && of_path()
}

/// Whether a shell expands what stands between: `$NAME`, `${NAME…}`, `${#NAME}`.
fn is_variable(before: &str, after: &str) -> bool {
    let ends = !after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    ends && ["$", "${", "${#", "${!"].iter().any(|sign| before.ends_with(sign))
}

#[cfg(test)]
mod tests {
    use super::super::view::parse;
    use super::*;

    fn is_used(source: &str) -> bool {
        parse(source).is_ok_and(|root| use_of(&root, source, &[], "X").is_some())
    }

    #[test]
    fn names_and_variables_are_uses() {
        for source in [
            "rec { Y = X; }",
            "s.X",
            "s.X.y or 1",
            "s ? X",
            "s.\"X\"",
            "{ inherit (s) X; }",
            "{ inherit X; }",
            "\"a $X b\"",
            "\"\\${X}\"",
            "''''${X:-1}''",
            "''''${#X}''",
            "''${X}''",
            "builtins.getAttr \"X\" s",
        ] {
            assert!(is_used(source), "{source}");
        }
        for source in [
            "{ X = 1; }",
            "{ a.X = 1; }",
            "{ \"X\" = 1; }",
            "{ X ? 1 }: 1",
            "\"$XY X\"",
            "''export X=1''",
            "XY",
        ] {
            assert!(!is_used(source), "{source}");
        }
    }
}
