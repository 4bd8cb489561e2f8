//! Where in a list an element goes, and what bytes it brings along.
//!
//! Only inserts, against the offsets of the original text. Nothing here knows
//! what the elements mean.

use rnix::SyntaxKind::{TOKEN_COMMENT, TOKEN_WHITESPACE};
use rnix::SyntaxToken;
use rnix::ast;
use rowan::ast::AstNode;

use super::syntax::{end, start};

/// Text to put in at an offset of the original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Insertion {
    pub(super) offset: usize,
    pub(super) text: String,
}

/// An element to add: how it is written, and what it is sorted by.
pub(super) struct Element {
    pub(super) text: String,
    pub(super) key: String,
}

/// Applies insertions, which must be in the order of their offsets.
pub(super) fn splice(source: &str, insertions: &[Insertion]) -> String {
    let mut text = String::with_capacity(source.len() + 64);
    let mut copied = 0;
    for insertion in insertions {
        text.push_str(&source[copied..insertion.offset]);
        text.push_str(&insertion.text);
        copied = insertion.offset;
    }
    text.push_str(&source[copied..]);
    text
}

/// The insertions that add elements to a list in its owner's manner. `keys` tells
/// the sort keys of the elements that are there, `None` where there is none.
pub(super) fn insertions(
    source: &str,
    list: &ast::List,
    keys: impl FnOnce() -> Vec<Option<String>>,
    mut elements: Vec<Element>,
) -> Option<Vec<Insertion>> {
    let layout = Layout::new(source, list)?;
    let Some(keys) = layout.sorted(keys) else {
        return Some(vec![layout.at_end(&elements.iter().collect::<Vec<_>>())]);
    };
    elements.sort_by(|a, b| a.key.cmp(&b.key));
    let mut insertions: Vec<Insertion> = Vec::new();
    for index in 0..=keys.len() {
        let above = index.checked_sub(1).map(|before| &keys[before]);
        let here = elements.iter().filter(|element| {
            above.is_none_or(|above| *above <= element.key)
                && keys.get(index).is_none_or(|below| element.key < *below)
        });
        let here: Vec<&Element> = here.collect();
        if !here.is_empty() {
            insertions.push(layout.before(index, &here));
        }
    }
    Some(insertions)
}

/// How a list is laid out.
struct Layout<'a> {
    source: &'a str,
    items: Vec<(usize, usize)>,
    open: usize,
    close: usize,
    /// The last element, comment or the opening bracket.
    last: SyntaxToken,
}

impl<'a> Layout<'a> {
    fn new(source: &'a str, list: &ast::List) -> Option<Layout<'a>> {
        let items = list.items().map(|item| (start(item.syntax()), end(item.syntax()))).collect();
        let bracket = list.r_brack_token()?;
        let blank = |token: &SyntaxToken| token.kind() == TOKEN_WHITESPACE;
        let before = std::iter::successors(bracket.prev_token(), SyntaxToken::prev_token);
        let last = before.into_iter().find(|token| !blank(token))?;
        let (open, close) = (start(list.syntax()) + 1, usize::from(bracket.text_range().start()));
        Some(Layout { source, items, open, close, last })
    }

    fn at_end(&self, elements: &[&Element]) -> Insertion {
        let gap_start = usize::from(self.last.text_range().end());
        let gap = &self.source[gap_start..self.close];
        match gap.find('\n') {
            Some(newline) => self.lines(gap_start + newline + 1, elements),
            None => self.on_closing_line(gap_start, elements),
        }
    }

    /// New lines before element `index`, or behind the last.
    fn before(&self, index: usize, elements: &[&Element]) -> Insertion {
        match self.items.get(index) {
            Some(&(item, _)) => self.lines(self.line_start(item), elements),
            None => self.at_end(elements),
        }
    }

    /// A line of its own for each element, at the start of a line.
    fn lines(&self, offset: usize, elements: &[&Element]) -> Insertion {
        let (indent, newline) = (self.indent(), self.newline(offset));
        let lines = elements.iter().map(|element| format!("{indent}{}{newline}", element.text));
        Insertion { offset, text: lines.collect() }
    }

    /// The bracket closes on the line on which the last thing ends.
    fn on_closing_line(&self, offset: usize, elements: &[&Element]) -> Insertion {
        let own_line = self
            .items
            .last()
            .filter(|&&(item, _)| self.line_start(item) > self.open && self.starts_line(item));
        let separator = match own_line {
            Some(&(item, _)) => format!("{}{}", self.newline(self.line_start(item)), self.indent()),
            None => " ".to_owned(),
        };
        let joined: String = elements.iter().map(|element| format!("{separator}{}", element.text)).collect();
        if self.items.is_empty() && offset == self.open {
            return self.in_empty(&joined);
        }
        Insertion { offset, text: joined }
    }

    /// `[]` and `[ ]` both become `[ x ]`.
    fn in_empty(&self, joined: &str) -> Insertion {
        let text = if self.open == self.close { format!("{joined} ") } else { joined.to_owned() };
        Insertion { offset: self.open, text }
    }

    /// The bytes before the last element that begins a line, or else before the
    /// last comment that does, or else one step more than the closing bracket's line.
    fn indent(&self) -> String {
        let items = self.items.iter().rev().map(|&(item, _)| item);
        let mut items = items.filter(|&item| self.line_start(item) >= self.open);
        let comment = usize::from(self.last.text_range().start());
        let comment = (self.last.kind() == TOKEN_COMMENT && comment > self.open).then_some(comment);
        let comment = comment.filter(|&comment| self.line_start(comment) >= self.open);
        let own_line = items.find(|&item| self.starts_line(item));
        match own_line.or(comment.filter(|&comment| self.starts_line(comment))) {
            Some(offset) => self.source[self.line_start(offset)..offset].to_owned(),
            None => self.deeper(),
        }
    }

    fn deeper(&self) -> String {
        let indent = self.indent_of_line(self.close);
        let tabs = indent.contains('\t') || self.indent_of_line(self.open).contains('\t');
        format!("{indent}{}", if tabs { "\t" } else { "  " })
    }

    fn indent_of_line(&self, offset: usize) -> &str {
        let line = &self.source[self.line_start(offset)..];
        &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
    }

    fn line_start(&self, offset: usize) -> usize {
        self.source[..offset].rfind('\n').map_or(0, |newline| newline + 1)
    }

    fn starts_line(&self, offset: usize) -> bool {
        self.source[self.line_start(offset)..offset].chars().all(|c| c == ' ' || c == '\t')
    }

    /// The line ending of the line before the one that starts at `offset`.
    fn newline(&self, offset: usize) -> &'static str {
        if self.source[..offset].ends_with("\r\n") { "\r\n" } else { "\n" }
    }

    /// The keys, if the owner keeps the list sorted: three elements or more, each
    /// alone on its line, no comments or blank lines that could group them.
    fn sorted(&self, keys: impl FnOnce() -> Vec<Option<String>>) -> Option<Vec<String>> {
        if self.items.len() < 3 || !self.is_column() {
            return None;
        }
        let keys: Vec<String> = keys().into_iter().collect::<Option<_>>()?;
        keys.is_sorted().then_some(keys)
    }

    fn is_column(&self) -> bool {
        let starts = self.items.iter().map(|&(start, _)| start).chain([self.close]);
        let ends = std::iter::once(self.open).chain(self.items.iter().map(|&(_, end)| end));
        let lines = ends.zip(starts).all(|(end, start)| {
            self.starts_line(start) && self.source[end..start].matches('\n').count() == 1
        });
        lines && self.items.iter().all(|&(start, end)| !self.source[start..end].contains('\n'))
    }
}
