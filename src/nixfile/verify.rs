//! The proof: the new text is the old one plus the elements that were asked
//! for, in one list, and each of them means what was asked for; and plus the arguments
//! that they need, in one function.
//!
//! Trusts nothing that the other files say about the edit: it compares texts
//! and trees.

use rnix::SyntaxKind::{NODE_PATTERN, TOKEN_COMMA, TOKEN_COMMENT};
use rnix::ast::{self, Expr};
use rnix::{SyntaxNode, SyntaxToken};
use rowan::ast::AstNode;
use rowan::{NodeOrToken, WalkEvent};

use super::Library;
use super::edit::Insertion;
use super::remove::element_before;
use super::spell::names;
use super::syntax::{end, parse, start};

/// The claim: these libraries were added to this list of the old tree.
pub(super) struct Claim<'a> {
    pub(super) old: &'a ast::Root,
    pub(super) source: &'a str,
    pub(super) list: &'a ast::List,
    pub(super) insertions: &'a [Insertion],
    pub(super) added: &'a [&'a Library],
    /// What the function around the list asks for besides.
    pub(super) arguments: &'a [String],
}

/// Whether the claim holds of the new text.
pub(super) fn holds(claim: &Claim<'_>, text: &str) -> bool {
    let Some(ranges) = inserted_ranges(claim, text) else {
        return false;
    };
    let Ok(new) = parse(text) else { return false };
    let Some((list, elements)) = grown(&new, &ranges) else {
        return false;
    };
    let mut left_out: Vec<SyntaxNode> = elements.iter().map(|element| element.syntax().clone()).collect();
    let Some(arguments) = asked_for(&list, &ranges) else {
        return false;
    };
    left_out.extend(arguments.iter().map(|entry| entry.syntax().clone()));
    start(list.syntax()) == start(claim.list.syntax()) + inserted_before(claim)
        && elements.len() == claim.added.len()
        && claim.added.iter().all(|library| elements.iter().any(|item| names(item, library)))
        && arguments.iter().map(|entry| entry.syntax().to_string()).eq(claim.arguments.iter().cloned())
        && outline(claim.old.syntax(), &[]) == outline(new.syntax(), &left_out)
}

/// How far the list has moved.
fn inserted_before(claim: &Claim<'_>) -> usize {
    let before = claim.insertions.iter().filter(|it| it.offset <= start(claim.list.syntax()));
    before.map(|it| it.text.len()).sum()
}

/// The new arguments of the one function around the list that asks for more; `None` if there are several.
fn asked_for(list: &ast::List, ranges: &[(usize, usize)]) -> Option<Vec<ast::PatEntry>> {
    let patterns = list.syntax().ancestors().filter_map(ast::Lambda::cast).filter_map(|it| it.param());
    let mut new = patterns.filter_map(|param| match param {
        ast::Param::Pattern(pattern) => {
            let entries = pattern.pat_entries().filter(|entry| is_inserted(entry.syntax(), ranges));
            let entries: Vec<ast::PatEntry> = entries.collect();
            (!entries.is_empty()).then_some(entries)
        }
        ast::Param::IdentParam(_) => None,
    });
    let entries = new.next().unwrap_or_default();
    new.next().is_none().then_some(entries)
}

/// Whether a text is the old tree's without these cuts, and the cuts hold the elements, blanks, and comments that
/// end the line of one of them.
pub(super) fn is_only_without(
    old: &ast::Root,
    elements: &[Expr],
    cuts: &[(usize, usize)],
    text: &str,
) -> bool {
    let of_element = |token: &SyntaxToken| {
        elements.iter().any(|element| element.syntax().text_range().contains_range(token.text_range()))
    };
    let tokens = old.syntax().descendants_with_tokens().filter_map(NodeOrToken::into_token);
    let comments = tokens.filter(|token| token.kind() == TOKEN_COMMENT && !of_element(token));
    let mut lost = comments.filter(|comment| {
        let (from, to) = (usize::from(comment.text_range().start()), usize::from(comment.text_range().end()));
        cuts.iter().any(|&(first, last)| first < to && from < last)
    });
    let theirs = lost.all(|comment| element_before(&comment).is_some_and(|token| of_element(&token)));
    let Ok(new) = parse(text) else { return false };
    let left_out: Vec<SyntaxNode> = elements.iter().map(|element| element.syntax().clone()).collect();
    theirs && outline(old.syntax(), &left_out) == outline(new.syntax(), &[])
}

/// The ranges of the new text that were inserted, if all else is the old text.
fn inserted_ranges(claim: &Claim<'_>, text: &str) -> Option<Vec<(usize, usize)>> {
    let (mut ranges, mut shift, mut copied) = (Vec::new(), 0, 0);
    for insertion in claim.insertions {
        let at = insertion.offset.checked_add(shift)?;
        let range = (at, at.checked_add(insertion.text.len())?);
        let kept = text.get(copied + shift..at)? == claim.source.get(copied..insertion.offset)?;
        if !kept || text.get(range.0..range.1)? != insertion.text {
            return None;
        }
        ranges.push(range);
        shift += insertion.text.len();
        copied = insertion.offset;
    }
    (text.get(copied + shift..)? == claim.source.get(copied..)?).then_some(ranges)
}

/// The one list that grew, and its new elements.
fn grown(new: &ast::Root, ranges: &[(usize, usize)]) -> Option<(ast::List, Vec<Expr>)> {
    let mut lists = new.syntax().descendants().filter_map(ast::List::cast).filter_map(|list| {
        let elements: Vec<Expr> = list.items().filter(|item| is_inserted(item.syntax(), ranges)).collect();
        (!elements.is_empty() && !is_inserted(list.syntax(), ranges)).then_some((list, elements))
    });
    let only = lists.next()?;
    lists.next().is_none().then_some(only)
}

fn is_inserted(node: &SyntaxNode, ranges: &[(usize, usize)]) -> bool {
    let (from, to) = (start(node), end(node));
    ranges.iter().any(|&(first, last)| first <= from && to <= last)
}

/// A tree as a sequence of its nodes and tokens, without blanks and comments
/// and without some nodes. Commas between arguments mean nothing.
fn outline(root: &SyntaxNode, without: &[SyntaxNode]) -> Vec<String> {
    let left_out = |node: &SyntaxNode| without.contains(node);
    let mut outline = Vec::new();
    let mut walk = root.preorder_with_tokens();
    while let Some(event) = walk.next() {
        match event {
            WalkEvent::Enter(NodeOrToken::Node(node)) if left_out(&node) => walk.skip_subtree(),
            WalkEvent::Leave(NodeOrToken::Node(node)) if left_out(&node) => {}
            WalkEvent::Enter(NodeOrToken::Node(node)) => outline.push(format!("{:?}", node.kind())),
            WalkEvent::Leave(NodeOrToken::Node(_)) => outline.push("end".to_owned()),
            WalkEvent::Enter(NodeOrToken::Token(token)) if !means_nothing(&token) => {
                outline.push(token.text().to_owned());
            }
            _ => {}
        }
    }
    outline
}

fn means_nothing(token: &SyntaxToken) -> bool {
    let in_arguments = || token.parent().is_some_and(|parent| parent.kind() == NODE_PATTERN);
    token.kind().is_trivia() || (token.kind() == TOKEN_COMMA && in_arguments())
}
