//! The comment by which an owner says where libraries go.
//!
//! Works on tokens: what a comment belongs to is a matter of where it stands.

use rnix::SyntaxKind::{TOKEN_COMMENT, TOKEN_WHITESPACE};
use rnix::ast::{self, Expr};
use rnix::{SyntaxNode, SyntaxToken};
use rowan::Direction;
use rowan::ast::AstNode;

use super::inputs::best_literal;

/// What the comment says.
pub(super) const TEXT: &str = "venvfix: libraries";

/// The marked lists of a file, and where a mark stands that marks none.
#[derive(Default)]
pub(super) struct Marked {
    pub(super) lists: Vec<ast::List>,
    pub(super) dangling: Option<usize>,
}

/// Finds every list that is marked.
pub(super) fn marked_lists(root: &ast::Root) -> Marked {
    let mut marked = Marked::default();
    let tokens = root.syntax().descendants_with_tokens().filter_map(|element| element.into_token());
    for comment in tokens.filter(is_mark) {
        match list_of(&comment) {
            Some(list) if marked.lists.contains(&list) => {}
            Some(list) => marked.lists.push(list),
            None => marked.dangling = Some(usize::from(comment.text_range().start())),
        }
    }
    marked
}

fn is_mark(token: &SyntaxToken) -> bool {
    token.kind() == TOKEN_COMMENT && token.text().contains(TEXT)
}

/// The list that a mark belongs to: the one it stands in, or else the one of the
/// binding or bracket that follows it.
fn list_of(comment: &SyntaxToken) -> Option<ast::List> {
    if let Some(list) = comment.parent().and_then(ast::List::cast) {
        return Some(list);
    }
    let before = neighbour(comment, Direction::Prev);
    if before.is_some_and(|before| ends_statement_on_line(&before, comment)) {
        // `packages = [ ]; # mark` speaks of what is before it: not certain.
        return None;
    }
    let next = neighbour(comment, Direction::Next)?;
    next.parent_ancestors().take_while(|node| starts_with(node, &next)).find_map(marked_by_start)
}

fn starts_with(node: &SyntaxNode, token: &SyntaxToken) -> bool {
    node.text_range().start() == token.text_range().start()
}

fn marked_by_start(node: SyntaxNode) -> Option<ast::List> {
    match ast::AttrpathValue::cast(node.clone()) {
        Some(entry) => entry.value().and_then(best_literal),
        None => Expr::cast(node).and_then(best_literal),
    }
}

/// The nearest token that is neither blank nor a comment.
fn neighbour(token: &SyntaxToken, direction: Direction) -> Option<SyntaxToken> {
    let step = |token: &SyntaxToken| match direction {
        Direction::Next => token.next_token(),
        Direction::Prev => token.prev_token(),
    };
    std::iter::successors(step(token), step)
        .find(|token| !matches!(token.kind(), TOKEN_COMMENT | TOKEN_WHITESPACE))
}

fn ends_statement_on_line(before: &SyntaxToken, comment: &SyntaxToken) -> bool {
    let between = std::iter::successors(before.next_token(), SyntaxToken::next_token)
        .take_while(|token| token != comment);
    before.text() == ";" && !between.into_iter().any(|token| token.text().contains('\n'))
}
