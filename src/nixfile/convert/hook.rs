//! The commands of a hook, and the lines that they stand on: which may go together.

use std::ops::Range;

use super::commands::{Command, Join, commands};
use super::deeds::{Deed, Reader};
use super::lines::Line;

/// What a line does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// These commands do, outside of any block, or as a whole block.
    Deeds(Vec<Deed>),
    /// Nothing: it is empty or a comment.
    Nothing,
    /// What is not certain, or stands in a block or function.
    Opaque,
}

/// Lines that go or stay together, and what they do.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Indices of lines.
    pub(super) lines: Range<usize>,
    pub(super) content: Content,
}

/// The pieces of a hook, in order; together they are all its lines.
pub(super) fn pieces(lines: &[Line], reader: &mut Reader) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut next = 0;
    while next < lines.len() {
        let piece = piece(lines, next, reader);
        if piece.content == Content::Opaque {
            let texts = lines[piece.lines.clone()].iter().filter_map(|line| line.text.as_deref());
            texts.for_each(|text| reader.skip(text));
        }
        next = piece.lines.end.max(next + 1);
        pieces.push(piece);
    }
    pieces
}

fn piece(lines: &[Line], at: usize, reader: &mut Reader) -> Piece {
    let one = |content| Piece { lines: at..at + 1, content };
    let Some(text) = lines[at].text.as_deref() else { return one(Content::Opaque) };
    match commands(text) {
        None => Piece { lines: at..end_of_unknown(lines, at), content: Content::Opaque },
        Some(found) if found.is_empty() => one(Content::Nothing),
        Some(found) if !opens(&found) => one(Content::Deeds(deeds(&found, reader))),
        Some(_) => block(lines, at, reader),
    }
}

fn opens(commands: &[Command]) -> bool {
    commands.iter().any(|command| depth_of(command) != 0)
}

/// By how much a command's keyword deepens what follows.
fn depth_of(command: &Command) -> isize {
    match command.words.first().map(String::as_str) {
        Some("if" | "for" | "while" | "until" | "case" | "{") => 1,
        Some("fi" | "done" | "esac" | "}") => -1,
        _ => 0,
    }
}

/// An `if` with all that is in it, up to the line of its `fi`.
fn block(lines: &[Line], at: usize, reader: &mut Reader) -> Piece {
    let mut found = Vec::new();
    let mut depth = 0;
    for (index, line) in lines.iter().enumerate().skip(at) {
        let Some(commands) = line.text.as_deref().and_then(commands) else {
            return Piece { lines: at..lines.len(), content: Content::Opaque };
        };
        depth += commands.iter().map(depth_of).sum::<isize>();
        found.extend(commands);
        if depth <= 0 {
            let only_ifs = found.iter().all(|command| {
                !matches!(
                    command.words.first().map(String::as_str),
                    Some("for" | "while" | "until" | "case" | "{")
                )
            });
            let content = match only_ifs && depth == 0 {
                true => Content::Deeds(deeds(&found, reader)),
                false => Content::Opaque,
            };
            return Piece { lines: at..index + 1, content };
        }
    }
    Piece { lines: at..lines.len(), content: Content::Opaque }
}

/// Where what begins with a line that is not understood surely ends: with it, or with the brace that closes
/// what it opens, or with the hook.
fn end_of_unknown(lines: &[Line], at: usize) -> usize {
    let text = lines[at].text.as_deref().unwrap_or_default();
    let count = |sign: char| text.matches(sign).count();
    let quotes = count('\'') % 2 == 0 && count('"') % 2 == 0 && count('`') % 2 == 0;
    if text.contains("<<") || !quotes || count('(') != count(')') {
        return lines.len();
    }
    let keyword = text.split_whitespace().next().unwrap_or_default();
    if ["if", "for", "while", "until", "case"].contains(&keyword) {
        return lines.len();
    }
    if !text.trim_end().ends_with('{') {
        return at + 1;
    }
    let closes = |line: &Line| line.text.as_deref().is_some_and(|text| text.trim() == "}");
    lines
        .iter()
        .enumerate()
        .skip(at)
        .find(|(_, line)| closes(line))
        .map_or(lines.len(), |(index, _)| index + 1)
}

/// What commands do. Those behind `||` or an unknown condition are none that may go.
fn deeds(commands: &[Command], reader: &mut Reader) -> Vec<Deed> {
    let mut found: Vec<Deed> = Vec::new();
    let mut after_or = false;
    for command in commands {
        let deed = reader.read(&command.words);
        let looked = matches!(found.last(), Some(Deed::LooksFor(_)));
        found.push(if after_or && !looked { Deed::Other } else { deed });
        after_or = command.join == Join::Or;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(usize, Content)> {
        let line = |text: &str| Line { range: 0..0, text: Some(text.to_owned()), holes: Vec::new() };
        let lines: Vec<Line> = text.split_inclusive('\n').map(line).collect();
        let pieces = pieces(&lines, &mut Reader::default());
        pieces.into_iter().map(|piece| (piece.lines.len(), piece.content)).collect()
    }

    fn makes() -> Deed {
        Deed::MakesVenv(".venv".into())
    }

    #[test]
    fn lines_and_whole_blocks_are_pieces() {
        let text = "# why\nif [ ! -d .venv ]\nthen\n  python -m venv .venv\nfi\ntest -d .venv || python -m venv .venv\n\nls\n";
        let looks = Deed::LooksFor(".venv".into());
        let block = vec![Deed::Keyword, looks.clone(), Deed::Keyword, makes(), Deed::Keyword];
        assert_eq!(
            found(text),
            [
                (1, Content::Nothing),
                (4, Content::Deeds(block)),
                (1, Content::Deeds(vec![looks, makes()])),
                (1, Content::Nothing),
                (1, Content::Deeds(vec![Deed::Other])),
            ]
        );
    }

    #[test]
    fn what_is_not_surely_run_is_opaque() {
        let unset = "unset SOURCE_DATE_EPOCH\n";
        let last = (1, Content::Deeds(vec![Deed::UnsetsDate]));
        for (lines, text) in [
            (3, "f() {\n  unset SOURCE_DATE_EPOCH\n}\n"),
            (3, "for x in a b; do\n  unset SOURCE_DATE_EPOCH\ndone\n"),
            (1, "ls | unset SOURCE_DATE_EPOCH\n"),
            (3, "{\nunset SOURCE_DATE_EPOCH\n}\n"),
        ] {
            assert_eq!(found(&format!("{text}{unset}")), [(lines, Content::Opaque), last.clone()], "{text}");
        }
        for text in [
            "cat <<X\nunset SOURCE_DATE_EPOCH\nX\n",
            "echo '\nunset SOURCE_DATE_EPOCH\n'\n",
            "if x | y; then\n  ls\n",
            "if x; then\n",
        ] {
            let all = found(&format!("{text}{unset}"));
            assert_eq!(all.len(), 1, "{text} {all:?}");
        }
        assert_eq!(
            found("x || unset SOURCE_DATE_EPOCH\n"),
            [(1, Content::Deeds(vec![Deed::Other, Deed::Other]))]
        );
    }
}
