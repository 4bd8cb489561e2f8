//! Under which compound statements each line stands, and when it is run.

use std::collections::HashMap;

use super::lines::{Line, Token};
use super::platforms::{Truth, judge};

/// What catches the OSError of a library that is not there.
const CATCHING: &[&str] = &["BaseException", "EnvironmentError", "Exception", "IOError", "OSError"];

/// Where a line stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The function that it is in, by number; 0 outside of any.
    pub(super) function: usize,
    /// The outermost compound statement within that, by number, else its own.
    pub(super) statement: usize,
    /// Whether other things decide if it is run.
    pub(super) conditional: bool,
    /// Whether it is never run on Linux.
    pub(super) never: bool,
    /// The `try` statements within the function whose bodies it is in, by number.
    tries: Vec<usize>,
}

/// The places of all lines, and what is known of the statements.
pub(super) struct Blocks {
    pub(super) places: Vec<Place>,
    /// Of each `try` that catches a library's absence: whether it goes on as if nothing were.
    catching: HashMap<usize, bool>,
    /// Functions that raise something.
    raising: Vec<usize>,
}

enum Kind {
    Function,
    /// Run whenever what it is in is run.
    Plain,
    Branch(Truth),
    Loop,
    Try,
    Handler,
}

struct Block {
    indent: usize,
    kind: Kind,
    number: usize,
    /// Of a chain of branches: that none before this one was taken.
    before: Truth,
}

impl Blocks {
    pub(super) fn of(lines: &[Line<'_>]) -> Self {
        let mut found = Self { places: Vec::new(), catching: HashMap::new(), raising: Vec::new() };
        let mut open: Vec<Block> = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            let mut previous = None;
            while open.last().is_some_and(|block| block.indent >= line.indent) {
                previous = open.pop();
            }
            let previous = previous.filter(|block| block.indent == line.indent);
            // 0 is for what is outside of all functions.
            if let Some(block) = found.opened(index + 1, line, previous) {
                open.push(block);
            }
            found.note_raise(line, &open);
            found.places.push(place(index + 1, &open));
        }
        found
    }

    /// Whether a line's OSError is caught, and that is all.
    pub(super) fn is_guarded(&self, place: &Place) -> bool {
        place.tries.iter().any(|number| self.catching.get(number) == Some(&true))
    }

    /// Whether a line is run whenever the module is imported, and nothing is tried there.
    pub(super) fn is_unconditional(&self, place: &Place) -> bool {
        place.function == 0 && !place.conditional && !place.never && place.tries.is_empty()
    }

    /// Whether the function that a line is in raises something somewhere.
    pub(super) fn raises(&self, place: &Place) -> bool {
        self.raising.contains(&place.function)
    }

    /// The block that a line begins.
    fn opened(&mut self, number: usize, line: &Line<'_>, previous: Option<Block>) -> Option<Block> {
        let tokens = match line.tokens.split_first() {
            Some((Token::Name("async"), rest)) => rest,
            _ => line.tokens.as_slice(),
        };
        let Some((Token::Name(word), rest)) = tokens.split_first() else { return None };
        let new = |kind| Some(Block { indent: line.indent, kind, number, before: Truth::Always });
        match (*word, previous) {
            ("def", _) => new(Kind::Function),
            ("class", _) => new(Kind::Plain),
            ("if", _) => new(Kind::Branch(judge(rest))),
            ("for" | "while", _) => new(Kind::Loop),
            ("case" | "match", _) if line.tokens.last() == Some(&Token::Sign(':')) => new(Kind::Loop),
            ("try", _) => new(Kind::Try),
            ("with", _) if rest.contains(&Token::Name("suppress")) => {
                self.catching.insert(number, true);
                new(Kind::Try)
            }
            ("with", _) => new(Kind::Plain),
            ("elif", Some(previous)) => Some(branch(previous, judge(rest))),
            ("else", Some(previous)) => Some(match previous.kind {
                Kind::Branch(_) => branch(previous, Truth::Always),
                _ => Block { kind: Kind::Plain, ..previous },
            }),
            ("except", Some(previous)) => {
                if catches(rest) {
                    self.catching.entry(previous.number).or_insert(true);
                }
                Some(Block { kind: Kind::Handler, ..previous })
            }
            ("finally", Some(previous)) => Some(Block { kind: Kind::Plain, ..previous }),
            _ => None,
        }
    }

    fn note_raise(&mut self, line: &Line<'_>, open: &[Block]) {
        let ends = |token: &Token<'_>| matches!(token, Token::Name("raise" | "exit"));
        if !line.tokens.iter().any(ends) {
            return;
        }
        let inner = function(open);
        self.raising.push(inner.map_or(0, |at| open[at].number));
        for block in open.iter().skip(inner.map_or(0, |at| at + 1)) {
            if matches!(block.kind, Kind::Handler) {
                self.catching.insert(block.number, false);
            }
        }
    }
}

/// The innermost function.
fn function(open: &[Block]) -> Option<usize> {
    open.iter().rposition(|block| matches!(block.kind, Kind::Function))
}

fn place(number: usize, open: &[Block]) -> Place {
    let inner = function(open);
    let within = &open[inner.map_or(0, |at| at + 1)..];
    let numbered = within.iter().find(|block| !matches!(block.kind, Kind::Plain));
    let decides =
        |block: &Block| matches!(block.kind, Kind::Branch(Truth::Sometimes) | Kind::Loop | Kind::Handler);
    Place {
        function: inner.map_or(0, |at| open[at].number),
        statement: numbered.map_or(number, |block| block.number),
        conditional: within.iter().any(decides),
        never: open.iter().any(|block| matches!(block.kind, Kind::Branch(Truth::Never))),
        tries: within
            .iter()
            .filter(|block| matches!(block.kind, Kind::Try))
            .map(|block| block.number)
            .collect(),
    }
}

/// A further branch, taken where none before it was.
fn branch(previous: Block, own: Truth) -> Block {
    let Kind::Branch(last) = previous.kind else { return previous };
    let before = both(previous.before, last.not());
    Block { kind: Kind::Branch(both(before, own)), before, ..previous }
}

fn both(a: Truth, b: Truth) -> Truth {
    match (a, b) {
        (Truth::Never, _) | (_, Truth::Never) => Truth::Never,
        (Truth::Always, Truth::Always) => Truth::Always,
        _ => Truth::Sometimes,
    }
}

fn catches(tokens: &[Token<'_>]) -> bool {
    let until_colon = tokens.iter().take_while(|token| **token != Token::Sign(':'));
    let names: Vec<&str> = until_colon
        .filter_map(|token| match token {
            Token::Name(name) => Some(*name),
            _ => None,
        })
        .collect();
    names.is_empty() || names.iter().any(|name| CATCHING.contains(name))
}
