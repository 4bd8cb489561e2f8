//! Takes libraries out of a shell's lists: each element, with its line and the
//! comment that ends it where it stands alone there, and not one byte more.
//!
//! What to cut is worked out on the text with all those elements blanked out, so
//! that several on one line, or one over several lines, need no rules of their own.

use rnix::SyntaxKind::{TOKEN_COMMENT, TOKEN_WHITESPACE};
use rnix::ast::{self, Expr};
use rnix::{SyntaxNode, SyntaxToken};
use rowan::ast::AstNode;

use super::contents::place_of;
use super::scope::{Binding, binding};
use super::syntax::{self, end, start};
use super::{Library, Place, Refusal, Wish, locate, marker, spell, verify};

/// What a removal did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// The whole new file.
    pub text: String,
    /// The list a library would be added to; its place in the old text.
    pub place: Place,
    /// What was taken out, as the file spelt it, and the list that had it, with the element's line and column.
    pub removed: Vec<(String, Place)>,
    /// The libraries that are in none of the shell's lists, and the lists of other things that have them.
    pub absent: Vec<(Library, Vec<Place>)>,
    /// Arguments of the file's function that nothing uses any more. They are left: whoever calls it may pass them.
    pub unused_arguments: Vec<String>,
}

/// Takes libraries out of all lists of a Nix file's shell.
///
/// The new text is `source` without the elements, the lines that held nothing else, and the comments that ended
/// those lines.
///
/// # Errors
/// As of [`super::add_libraries`]: if the file has no shell that can be told, or the change cannot be proven.
pub fn remove_libraries(source: &str, libraries: &[Library]) -> Result<Removal, Refusal> {
    remove_libraries_as(source, libraries, &Wish::default())
}

/// Like [`remove_libraries`], of the shell that the user has chosen.
///
/// # Errors
/// As of [`remove_libraries`].
pub fn remove_libraries_as(source: &str, libraries: &[Library], wish: &Wish) -> Result<Removal, Refusal> {
    let root = super::read(source)?;
    let chosen = locate::locate(&root, source, wish)?;
    let lists: Vec<ast::List> = chosen.lists().cloned().collect();
    let elements: Vec<(Expr, &ast::List)> = lists
        .iter()
        .flat_map(|list| list.items().map(move |item| (item, list)))
        .filter(|(item, _)| libraries.iter().any(|library| spell::names(item, library)))
        .collect();
    let is_there = |library: &Library| elements.iter().any(|(item, _)| spell::names(item, library));
    let absent = libraries.iter().filter(|library| !is_there(library));
    let absent = absent.map(|library| (library.clone(), elsewhere(&root, library, source))).collect();
    let removed = elements.iter().map(|(item, list)| (item.to_string(), place_of(item, list, source)));
    let removed = removed.collect();
    let expressions: Vec<Expr> = elements.iter().map(|(item, _)| item.clone()).collect();
    let text = cut_out(&root, source, &expressions)
        .ok_or_else(|| Refusal::Unproven { place: chosen.place.clone(), elements: Vec::new() })?;
    let unused_arguments = unused_arguments(&expressions, &text);
    Ok(Removal { text, place: chosen.place, removed, absent, unused_arguments })
}

fn elsewhere(root: &ast::Root, library: &Library, source: &str) -> Vec<Place> {
    let lists = root.syntax().descendants().filter_map(ast::List::cast);
    let items = lists.flat_map(|list| list.items().map(move |item| (item, list.clone())));
    let named = items.filter(|(item, _)| spell::names(item, library));
    named.map(|(item, list)| place_of(&item, &list, source)).collect()
}

/// The text without these elements, if nothing else changes by that.
fn cut_out(root: &ast::Root, source: &str, elements: &[Expr]) -> Option<String> {
    let page = Page::new(root, source, elements);
    let cuts = merged(elements.iter().map(|element| page.cut(element)).collect());
    let mut text = String::with_capacity(source.len());
    let mut copied = 0;
    for &(from, to) in &cuts {
        text.push_str(source.get(copied..from)?);
        copied = to;
    }
    text.push_str(source.get(copied..)?);
    verify::is_only_without(root, elements, &cuts, &text).then_some(text)
}

/// Ranges in order, those that meet made one.
fn merged(mut ranges: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    ranges.sort_unstable();
    let mut merged: Vec<(usize, usize)> = Vec::new();
    for (from, to) in ranges {
        match merged.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => merged.push((from, to)),
        }
    }
    merged
}

/// The text with the elements that go blanked out, line breaks within them included.
struct Page<'a> {
    root: &'a SyntaxNode,
    bytes: Vec<u8>,
}

impl<'a> Page<'a> {
    fn new(root: &'a ast::Root, source: &str, elements: &[Expr]) -> Page<'a> {
        let mut bytes = source.as_bytes().to_vec();
        for element in elements {
            bytes[start(element.syntax())..end(element.syntax())].fill(b' ');
        }
        Page { root: root.syntax(), bytes }
    }

    /// The bytes that go with an element.
    fn cut(&self, element: &Expr) -> (usize, usize) {
        let (from, to) = (start(element.syntax()), end(element.syntax()));
        let (before, after) = (self.blank_before(from), self.blank_after(to));
        let starts_line = self.bytes[..before].last().is_none_or(|&byte| byte == b'\n');
        if starts_line && let Some(next) = self.line_end(after) {
            return (before, next);
        }
        if !starts_line {
            // The blanks before it, or behind it where there are none before, or nothing is between what remains.
            let parted = after > to || matches!(self.bytes.get(to), Some(b']' | b'\r' | b'\n'));
            return if before < from && parted { (before, to) } else { (from, after) };
        }
        match self.joined(before) {
            Some(earlier) if self.bytes.get(after) == Some(&b']') => (earlier, to),
            _ => (from, after),
        }
    }

    fn blank_before(&self, offset: usize) -> usize {
        let blanks =
            self.bytes[..offset].iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r'));
        offset - blanks.count()
    }

    fn blank_after(&self, offset: usize) -> usize {
        let rest = &self.bytes[offset..];
        let is_blank = |at: &usize| match rest[*at] {
            // Alone it ends no line.
            b'\r' => rest.get(at + 1) != Some(&b'\n'),
            byte => matches!(byte, b' ' | b'\t'),
        };
        offset + (0..rest.len()).take_while(is_blank).count()
    }

    /// The start of the next line, if nothing but comments of this line stands before it.
    fn line_end(&self, mut offset: usize) -> Option<usize> {
        loop {
            let rest = &self.bytes[offset..];
            if rest.starts_with(b"\n") {
                return Some(offset + 1);
            }
            if rest.starts_with(b"\r\n") {
                return Some(offset + 2);
            }
            let comment = self.comment_at(offset)?;
            // The owner's mark is about the list, and a comment over several lines may be about what follows.
            if comment.text().contains(marker::TEXT) || comment.text().contains('\n') {
                return None;
            }
            offset = self.blank_after(usize::from(comment.text_range().end()));
        }
    }

    fn comment_at(&self, offset: usize) -> Option<SyntaxToken> {
        let offset = offset.try_into().ok()?;
        let token = self.root.token_at_offset(offset).right_biased()?;
        (token.kind() == TOKEN_COMMENT && token.text_range().start() == offset).then_some(token)
    }

    /// Where what stands before a line ends, if the bracket may close there: not in a `#` comment.
    fn joined(&self, line: usize) -> Option<usize> {
        let blanks = self.bytes[..line].iter().rev().take_while(|byte| byte.is_ascii_whitespace());
        let content = line - blanks.count();
        let offset = content.try_into().ok()?;
        let token = self.root.token_at_offset(offset).left_biased()?;
        if token.kind() == TOKEN_COMMENT && token.text().starts_with('#') {
            return None;
        }
        // Blanks at the end of that line stay.
        let rest = &self.bytes[content..];
        let newline = rest.iter().position(|&byte| byte == b'\n')?;
        Some(content + newline - usize::from(rest[..newline].ends_with(b"\r")))
    }
}

/// Arguments that the elements named and that the new text names only where they are declared.
fn unused_arguments(elements: &[Expr], text: &str) -> Vec<String> {
    let Ok(new) = syntax::parse(text) else { return Vec::new() };
    let uses = |name: &str| {
        let names = new.syntax().descendants().filter_map(ast::Ident::cast);
        names.filter(|ident| ident.to_string() == name).count()
    };
    let mut found = Vec::new();
    for ident in
        elements.iter().flat_map(|element| element.syntax().descendants()).filter_map(ast::Ident::cast)
    {
        let name = ident.to_string();
        let is_argument = matches!(binding(&name, ident.syntax()), Some(Binding::Argument(..)));
        if is_argument && uses(&name) == 1 && !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

/// Whether a comment ends the line of the element before it: the one token that is neither blank nor comment.
pub(super) fn element_before(comment: &SyntaxToken) -> Option<SyntaxToken> {
    let mut before = comment.prev_token();
    while let Some(token) = before {
        match token.kind() {
            TOKEN_WHITESPACE if token.text().contains('\n') => return None,
            TOKEN_WHITESPACE | TOKEN_COMMENT => before = token.prev_token(),
            _ => return Some(token),
        }
    }
    None
}
