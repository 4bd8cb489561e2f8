//! The hooks of a shell: their strings, and the lines that go.

use std::collections::BTreeSet;
use std::ops::Range;

use rnix::ast::{self, BinOpKind, Expr, HasEntry};
use rowan::ast::AstNode;

use super::change::{Change, lines_of};
use super::deeds::Reader;
use super::hook::{Content, Piece, pieces};
use super::lines::{Line, lines};
use super::view::Shell;
use super::view::{Binding, binding};
use super::view::{FUEL, attribute_names, end, start, value};

/// A string that is a hook, or a part of one.
pub(super) struct Hook {
    pub(super) string: ast::Str,
    /// The binding that it is the whole value of, in the shell's own arguments.
    pub(super) entry: Option<ast::AttrpathValue>,
    pub(super) lines: Vec<Line>,
    pub(super) pieces: Vec<Piece>,
}

/// The entry of an attribute in a shell's arguments, however its path is written: `env.X`, `env = { X }`.
pub(super) fn entry(shell: &Shell, path: &[&str]) -> Option<ast::AttrpathValue> {
    shell.arguments.iter().find_map(|set| entry_in(set, path))
}

fn entry_in(set: &ast::AttrSet, path: &[&str]) -> Option<ast::AttrpathValue> {
    set.attrpath_values().find_map(|entry| {
        let names = attribute_names(entry.attrpath());
        let rest = path.strip_prefix(
            names.iter().map(|name| name.as_deref().unwrap_or_default()).collect::<Vec<_>>().as_slice(),
        )?;
        match (rest, entry.value().and_then(value)) {
            ([], _) => Some(entry),
            (rest, Some(Expr::AttrSet(inner))) => entry_in(&inner, rest),
            _ => None,
        }
    })
}

/// How many expressions a hook may be put together from.
const STEPS: usize = 1_000;

/// The strings of these attributes, each once, in the file's order within an attribute. Variables are known
/// to all.
pub(super) fn hooks(shell: &Shell, attributes: &[&str], variables: &[(String, String)]) -> Vec<Hook> {
    let mut found: Vec<Hook> = Vec::new();
    for name in attributes {
        let Some(entry) = entry(shell, &[name]) else { continue };
        let mut strings = Vec::new();
        if let Some(value) = entry.value() {
            collect(value, &mut strings, &mut { STEPS }, FUEL);
        }
        let whole = matches!(entry.value(), Some(Expr::Str(_)));
        let mut reader = Reader::knowing(variables.iter().cloned());
        for string in strings {
            if found.iter().any(|hook| hook.string == string) {
                continue;
            }
            let lines = lines(&string);
            let pieces = pieces(&lines, &mut reader);
            found.push(Hook { string, entry: whole.then(|| entry.clone()), lines, pieces });
        }
    }
    found
}

fn collect(expr: Expr, strings: &mut Vec<ast::Str>, steps: &mut usize, fuel: usize) {
    let (Some(fuel), Some(expr)) = (fuel.checked_sub(1), value(expr)) else { return };
    // `a = b + b; b = c + c; …` has twice as many with each name.
    let Some(left) = steps.checked_sub(1) else { return };
    *steps = left;
    match expr {
        Expr::Str(string) => strings.push(string),
        Expr::BinOp(operation) if operation.operator() == Some(BinOpKind::Add) => {
            for side in [operation.lhs(), operation.rhs()].into_iter().flatten() {
                collect(side, strings, steps, fuel);
            }
        }
        Expr::Ident(ident) => {
            if let Some(Binding::Value(value)) = binding(&ident.to_string(), ident.syntax()) {
                collect(value, strings, steps, fuel);
            }
        }
        _ => {}
    }
}

impl Hook {
    /// The changes that take out pieces, by index, with the comments that only they explain. `put` stands in
    /// place of one of them. A hook that does nothing any more goes altogether.
    pub(super) fn without(
        &self,
        source: &str,
        gone: &BTreeSet<usize>,
        put: Option<(usize, String)>,
    ) -> Vec<Change> {
        if gone.is_empty() {
            return Vec::new();
        }
        let gone = self.with_comments(gone);
        let does_nothing =
            |(index, piece): (usize, &Piece)| gone.contains(&index) || piece.content == Content::Nothing;
        let is_idle = put.is_none() && self.pieces.iter().enumerate().all(does_nothing);
        if let Some(entry) = self.entry.as_ref().filter(|_| is_idle) {
            return vec![Change::remove(lines_of(source, range_of(entry)))];
        }
        let mut changes: Vec<Change> = Vec::new();
        for index in gone {
            let range = self.range(&self.pieces[index]);
            let text = match &put {
                Some((place, text)) if *place == index => self.in_place(source, &range, text),
                _ => String::new(),
            };
            let range =
                match source[range.clone()].ends_with('\n') && (text.is_empty() && !self.is_first(&range)) {
                    true => range,
                    false => self.without_break(source, range),
                };
            changes.push(Change { range, text });
        }
        changes
    }

    /// Everything between the quotes.
    fn inside(&self) -> Range<usize> {
        let node = self.string.syntax();
        let quote = node.first_token().map_or(1, |token| token.text().len());
        start(node) + quote..end(node).saturating_sub(quote)
    }

    fn range(&self, piece: &Piece) -> Range<usize> {
        let lines = &self.lines[piece.lines.clone()];
        let from = lines.first().map_or(0, |line| line.range.start);
        let to = lines.last().map_or(from, |line| line.range.end);
        from..to
    }

    fn is_first(&self, range: &Range<usize>) -> bool {
        range.start == self.inside().start
    }

    /// A line break that ends the line of the opening quotes stays.
    fn without_break(&self, source: &str, range: Range<usize>) -> Range<usize> {
        range.start..range.start + source[range].trim_end_matches(['\r', '\n']).len()
    }

    /// Lines in the manner of those that they replace.
    fn in_place(&self, source: &str, range: &Range<usize>, text: &str) -> String {
        let old = &source[range.clone()];
        let indent = &old[..old.len() - old.trim_start_matches([' ', '\t']).len()];
        let is_quoted = source[self.string.syntax().text_range()].starts_with('"');
        let text = if is_quoted { text.replace('\\', "\\\\").replace('"', "\\\"") } else { text.to_owned() };
        let shares_line = self.is_first(range) || range.end == self.inside().end && !old.contains('\n');
        match shares_line {
            true => text.trim_end().replace('\n', "; "),
            false => {
                let lines: Vec<String> = text.lines().map(|line| format!("{indent}{line}")).collect();
                // A carriage return would be a part of the last word.
                lines.join("\n")
            }
        }
    }

    /// With the comments right above what goes, unless they stand above what stays too; and without two blank
    /// lines in a row.
    fn with_comments(&self, gone: &BTreeSet<usize>) -> BTreeSet<usize> {
        let mut all = gone.clone();
        let is_comment = |index: usize| {
            let piece = &self.pieces[index];
            piece.content == Content::Nothing && !self.is_blank(piece)
        };
        for &index in gone {
            let after = (index + 1..self.pieces.len()).find(|after| !gone.contains(after));
            let stays =
                after.is_some_and(|after| !self.is_blank(&self.pieces[after]) && !(is_comment(after)));
            if !stays {
                let above = (0..index).rev().take_while(|above| is_comment(*above) || gone.contains(above));
                all.extend(above);
            }
        }
        self.without_double_blanks(&mut all);
        all
    }

    fn without_double_blanks(&self, gone: &mut BTreeSet<usize>) {
        let mut blank_before = true;
        let mut gone_since = false;
        for (index, piece) in self.pieces.iter().enumerate() {
            if gone.contains(&index) {
                gone_since = true;
                continue;
            }
            let first = index == 0;
            let blank = self.is_blank(piece) && !first;
            if self.is_before_quotes(piece) {
                // A blank line that was none of the last ones would be.
                let above = index.checked_sub(1).filter(|_| gone_since && blank_before);
                let above = above.and_then(|above| (0..=above).rev().find(|other| !gone.contains(other)));
                gone.extend(above.filter(|&above| above > 0 && self.is_blank(&self.pieces[above])));
                return;
            }
            if blank && blank_before && gone_since {
                gone.insert(index);
                continue;
            }
            // What follows the opening quotes on their line is no line of its own.
            if !first {
                blank_before = blank;
                gone_since = false;
            }
        }
    }

    /// Whether this is what the closing quotes are indented by.
    fn is_before_quotes(&self, piece: &Piece) -> bool {
        piece.lines.end == self.lines.len()
            && self.is_blank(piece)
            && self
                .lines
                .last()
                .is_some_and(|line| line.text.as_deref().is_some_and(|text| !text.contains('\n')))
    }

    fn is_blank(&self, piece: &Piece) -> bool {
        let lines = &self.lines[piece.lines.clone()];
        lines.iter().all(|line| line.text.as_deref().is_some_and(|text| text.trim().is_empty()))
    }
}

/// The range of a binding with its semicolon.
pub(super) fn range_of(entry: &ast::AttrpathValue) -> Range<usize> {
    entry.syntax().text_range().into()
}
