//! Changes of a text, against the offsets of the original.

use std::ops::Range;

use rnix::SyntaxKind::TOKEN_STRING_CONTENT;

/// What replaces a part of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) range: Range<usize>,
    pub(super) text: String,
}

impl Change {
    pub(super) fn remove(range: Range<usize>) -> Change {
        Change { range, text: String::new() }
    }

    pub(super) fn insert(offset: usize, text: String) -> Change {
        Change { range: offset..offset, text }
    }
}

/// Makes the changes; `None` where two of them meet, or one is not of this text.
pub(super) fn apply(source: &str, mut changes: Vec<Change>) -> Option<String> {
    changes.sort_by_key(|change| (change.range.start, change.range.end));
    let mut text = String::with_capacity(source.len() + 1024);
    let mut copied = 0;
    for change in &changes {
        if change.range.start < copied {
            return None;
        }
        text.push_str(source.get(copied..change.range.start)?);
        text.push_str(&change.text);
        source.get(change.range.clone())?;
        copied = change.range.end;
    }
    text.push_str(source.get(copied..)?);
    Some(text)
}

/// Where the line of an offset begins.
pub(super) fn line_start(source: &str, offset: usize) -> usize {
    source[..offset].rfind('\n').map_or(0, |newline| newline + 1)
}

/// The blanks that the line of an offset begins with.
pub(super) fn indent_of(source: &str, offset: usize) -> &str {
    let line = &source[line_start(source, offset)..];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// The file's line break, by its first.
pub(super) fn newline(source: &str) -> &'static str {
    match source.split_once('\n') {
        Some((line, _)) if line.ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// Nix with the line breaks of a file. Those within strings stay: to a shell, a carriage return is a part of the
/// last word.
pub(super) fn with_newlines(nix: &str, newline: &str) -> String {
    // A few bindings are what is in a set.
    let (open, close) = ("{", "}");
    let root = rnix::Root::parse(&format!("{open}{nix}{close}")).syntax();
    let tokens = root.descendants_with_tokens().filter_map(|element| element.into_token());
    let text: String = tokens
        .map(|token| match token.kind() {
            TOKEN_STRING_CONTENT => token.text().to_owned(),
            _ => token.text().replace('\n', newline),
        })
        .collect();
    text.strip_prefix(open).and_then(|text| text.strip_suffix(close)).unwrap_or(nix).to_owned()
}

/// Lines under an indentation, each with a line break. Empty ones stay empty.
pub(super) fn indented(text: &str, indent: &str, newline: &str) -> String {
    let line = |line: &str| match line.is_empty() {
        true => newline.to_owned(),
        false => format!("{indent}{line}{newline}"),
    };
    text.lines().map(line).collect()
}

/// The range of whole lines that go when a statement goes: with what follows it on its last line if that
/// is a comment, with the comment lines right above it, and with one of two blank lines that would meet.
/// Of a statement that shares its lines with others, only itself.
pub(super) fn lines_of(source: &str, statement: Range<usize>) -> Range<usize> {
    let start = line_start(source, statement.start);
    let rest = &source[statement.end..];
    let end = statement.end + rest.find('\n').map_or(rest.len(), |newline| newline + 1);
    let behind = source[statement.end..end].trim();
    let alone = source[start..statement.start].trim().is_empty();
    if !alone || !(behind.is_empty() || behind.starts_with('#')) {
        let before = source[..statement.start].trim_end_matches([' ', '\t']).len();
        return if alone { statement } else { before..statement.end };
    }
    let start = above_comments(source, start);
    let blank = |line: &str| line.trim().is_empty();
    let above = line_start(source, start.saturating_sub(1));
    let is_blank_above = start > 0 && blank(&source[above..start]);
    let next = source[end..].lines().next().unwrap_or_default().trim();
    match is_blank_above && (next.is_empty() || next.starts_with(['}', ')'])) {
        true => above..end,
        false => start..end,
    }
}

/// The start of the comment lines that end where this line begins.
fn above_comments(source: &str, mut start: usize) -> usize {
    while start > 0 {
        let above = line_start(source, start - 1);
        if !source[above..start].trim_start().starts_with('#') {
            break;
        }
        start = above;
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_within_strings_stay() {
        let nix = "# x\na =\n  f ''\n    b ${c}\n  '';\n";
        let wanted = "# x\r\na =\r\n  f ''\n    b ${c}\n  '';\r\n";
        assert_eq!(with_newlines(nix, "\r\n"), wanted);
        assert_eq!(with_newlines(nix, "\n"), nix);
        assert_eq!(with_newlines("a = [\n", "\r\n"), "a = [\r\n");
    }

    #[test]
    fn changes_that_meet_are_none() {
        let change = |range: Range<usize>, text: &str| Change { range, text: text.into() };
        let apply = |changes: &[Change]| apply("abcdef", changes.to_vec());
        assert_eq!(apply(&[change(4..5, ""), change(0..1, "xy")]).as_deref(), Some("xybcdf"));
        assert_eq!(apply(&[change(0..3, ""), change(2..4, "")]), None);
        assert_eq!(apply(&[change(5..9, "")]), None);
        assert_eq!(self::apply("ä", vec![change(1..2, "")]), None);
    }

    #[test]
    fn a_statement_goes_with_its_comments_and_one_blank_line() {
        let cases = [
            ("{\n  a = 1;\n\n  # of b\n  b = 2; # b\n\n  c = 3;\n}\n", "{\n  a = 1;\n\n  c = 3;\n}\n"),
            ("{\n  a = 1;\n\n  b = 2;\n}\n", "{\n  a = 1;\n}\n"),
            ("{\n  # of a\n\n  b = 2;\n  c = 3;\n}\n", "{\n  # of a\n\n  c = 3;\n}\n"),
            ("{ a = 1; b = 2; c = 3; }", "{ a = 1; c = 3; }"),
        ];
        for (before, after) in cases {
            let start = before.find("b = 2;").unwrap_or_default();
            let range = lines_of(before, start..start + 6);
            assert_eq!(super::apply(before, vec![Change::remove(range)]).as_deref(), Some(after));
        }
    }
}
