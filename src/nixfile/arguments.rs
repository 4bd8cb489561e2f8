//! A further argument for a function in the style of `callPackage`, in the manner of those that are there.

use rnix::SyntaxKind::{TOKEN_COMMA, TOKEN_COMMENT, TOKEN_ELLIPSIS, TOKEN_WHITESPACE};
use rnix::ast;
use rnix::{SyntaxNode, SyntaxToken};
use rowan::NodeOrToken;
use rowan::ast::AstNode;

use super::edit::Insertion;
use super::syntax::{end, start};

/// The insertions that have a function ask for these names. `None` where its manner is not understood.
pub(super) fn insertions(source: &str, pattern: &ast::Pattern, names: &[String]) -> Option<Vec<Insertion>> {
    let entries: Vec<SyntaxNode> = pattern.pat_entries().map(|entry| entry.syntax().clone()).collect();
    let last = entries.last()?;
    let ellipsis = token(pattern, TOKEN_ELLIPSIS);
    let comma = comma_before(last);
    if let Some(comma) = comma.as_ref().filter(|comma| starts_line(source, start_of(comma))) {
        return Some(leading(source, last, comma, names));
    }
    if !starts_line(source, start(last)) || line_start(source, start(last)) <= start(pattern.syntax()) {
        // On one line, or on few.
        let text = names.iter().map(|name| format!(", {name}")).collect();
        return Some(vec![Insertion { offset: end(last), text }]);
    }
    Some(trailing(source, last, ellipsis.is_some(), names))
}

/// `⏎, name` for each, behind the last argument and what is written about it on its line.
fn leading(source: &str, last: &SyntaxNode, comma: &SyntaxToken, names: &[String]) -> Vec<Insertion> {
    let indent = &source[line_start(source, start_of(comma))..start_of(comma)];
    let between = &source[start_of(comma) + 1..start(last)];
    let newline = newline(source, start_of(comma));
    let text = names.iter().map(|name| format!("{newline}{indent},{between}{name}")).collect();
    vec![Insertion { offset: behind_comment(last), text }]
}

/// A line for each, with a comma behind it where the last one has one.
fn trailing(source: &str, last: &SyntaxNode, has_ellipsis: bool, names: &[String]) -> Vec<Insertion> {
    let indent = &source[line_start(source, start(last))..start(last)];
    let newline = newline(source, start(last));
    let comma = comma_behind(last);
    let offset = match &comma {
        Some(comma) => comment_behind(&NodeOrToken::Token(comma.clone())).unwrap_or_else(|| end_of(comma)),
        None => behind_comment(last),
    };
    let ends_with_comma = comma.is_some() || has_ellipsis;
    let mut text = names.iter().map(|name| format!("{newline}{indent}{name},")).collect::<String>();
    if !ends_with_comma {
        text.pop();
    }
    let mut insertions = Vec::new();
    if comma.is_none() {
        insertions.push(Insertion { offset: end(last), text: ",".to_owned() });
    }
    match insertions.last_mut() {
        Some(before) if before.offset == offset => before.text.push_str(&text),
        _ => insertions.push(Insertion { offset, text }),
    }
    insertions
}

fn token(pattern: &ast::Pattern, kind: rnix::SyntaxKind) -> Option<SyntaxToken> {
    let tokens = pattern.syntax().children_with_tokens().filter_map(|element| element.into_token());
    tokens.into_iter().find(|token| token.kind() == kind)
}

fn comma_before(entry: &SyntaxNode) -> Option<SyntaxToken> {
    let mut before = std::iter::successors(entry.prev_sibling_or_token(), |it| it.prev_sibling_or_token());
    let found = before.find(|it| !matches!(it.kind(), TOKEN_COMMENT | TOKEN_WHITESPACE))?;
    found.into_token().filter(|token| token.kind() == TOKEN_COMMA)
}

fn comma_behind(entry: &SyntaxNode) -> Option<SyntaxToken> {
    let mut behind = std::iter::successors(entry.next_sibling_or_token(), |it| it.next_sibling_or_token());
    let found = behind.find(|it| !matches!(it.kind(), TOKEN_COMMENT | TOKEN_WHITESPACE))?;
    found.into_token().filter(|token| token.kind() == TOKEN_COMMA)
}

fn behind_comment(entry: &SyntaxNode) -> usize {
    comment_behind(&NodeOrToken::Node(entry.clone())).unwrap_or_else(|| end(entry))
}

/// Where a comment ends that follows on the same line.
fn comment_behind(element: &NodeOrToken<SyntaxNode, SyntaxToken>) -> Option<usize> {
    let blank = element.next_sibling_or_token()?;
    let next = match blank.kind() {
        TOKEN_WHITESPACE if !blank.to_string().contains('\n') => blank.next_sibling_or_token()?,
        _ => blank,
    };
    (next.kind() == TOKEN_COMMENT).then(|| usize::from(next.text_range().end()))
}

fn start_of(token: &SyntaxToken) -> usize {
    usize::from(token.text_range().start())
}

fn end_of(token: &SyntaxToken) -> usize {
    usize::from(token.text_range().end())
}

fn line_start(source: &str, offset: usize) -> usize {
    source[..offset].rfind('\n').map_or(0, |newline| newline + 1)
}

fn starts_line(source: &str, offset: usize) -> bool {
    source[line_start(source, offset)..offset].chars().all(|c| c == ' ' || c == '\t')
}

/// The line ending before the line of an offset.
fn newline(source: &str, offset: usize) -> &'static str {
    if source[..line_start(source, offset)].ends_with("\r\n") { "\r\n" } else { "\n" }
}
