//! Shell text as simple commands, as far as that is certain. Knows nothing of Nix or Python.

/// Joins a command to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Join {
    /// `;`, or the end of the line.
    Then,
    /// `&&`
    And,
    /// `||`
    Or,
}

/// Words, quotes taken off, and how the next command follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) words: Vec<String>,
    pub(super) join: Join,
}

/// The commands of a line; `None` where it holds anything but words, quotes, `;`, `&&`, `||` and outputs that
/// are thrown away.
pub(super) fn commands(line: &str) -> Option<Vec<Command>> {
    let mut reader = Reader { rest: line, found: Vec::new(), words: Vec::new() };
    while reader.step()? {}
    reader.end(Join::Then);
    Some(reader.found)
}

/// The keywords that another command may follow without anything between.
const OPENERS: [&str; 6] = ["if", "then", "else", "elif", "do", "{"];

struct Reader<'a> {
    rest: &'a str,
    found: Vec<Command>,
    words: Vec<String>,
}

impl Reader<'_> {
    /// Reads on; false at the end.
    fn step(&mut self) -> Option<bool> {
        self.rest = self.rest.trim_start();
        if self.rest.is_empty() || self.rest.starts_with('#') {
            return Some(false);
        }
        for (sign, join) in [("&&", Join::And), ("||", Join::Or), (";", Join::Then)] {
            if let Some(rest) = self.rest.strip_prefix(sign) {
                self.rest = rest;
                // `;;` belongs to a case.
                if self.words.is_empty() {
                    return None;
                }
                self.end(join);
                return Some(true);
            }
        }
        if let Some(rest) = redirected(self.rest) {
            self.rest = rest?;
            return Some(true);
        }
        let (word, rest) = word(self.rest)?;
        self.rest = rest;
        self.words.push(word);
        if self.words.len() == 1 && OPENERS.contains(&self.words[0].as_str()) {
            self.end(Join::Then);
        }
        Some(true)
    }

    fn end(&mut self, join: Join) {
        if !self.words.is_empty() {
            self.found.push(Command { words: std::mem::take(&mut self.words), join });
        }
    }
}

/// What follows a redirection: `Some(None)` where that goes anywhere but to nowhere.
fn redirected(text: &str) -> Option<Option<&str>> {
    let signs = ["&>", "2>", "1>", ">"];
    let rest = signs.iter().find_map(|sign| text.strip_prefix(sign))?;
    let nowhere = || {
        let target = rest.strip_prefix('&').unwrap_or(rest).trim_start();
        let (word, rest) = word(target)?;
        matches!(word.as_str(), "/dev/null" | "1" | "2").then_some(rest)
    };
    Some(nowhere())
}

/// The first word, and what is behind it.
fn word(text: &str) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let next = &rest[c.len_utf8()..];
        rest = match c {
            c if c.is_whitespace() => break,
            ';' => break,
            '&' | '|' if rest.starts_with("&&") || rest.starts_with("||") => break,
            '\'' => {
                let (quoted, next) = next.split_once('\'')?;
                // There a dollar is none of the shell's.
                if quoted.contains('$') {
                    return None;
                }
                out.push_str(quoted);
                next
            }
            '"' => double_quoted(next, &mut out)?,
            '$' => substitution(rest, &mut out)?,
            '\\' => {
                let escaped = next.chars().next()?;
                out.push(escaped);
                &next[escaped.len_utf8()..]
            }
            '&' | '|' | '<' | '>' | '(' | ')' | '`' => return None,
            c => {
                out.push(c);
                next
            }
        };
    }
    Some((out, rest))
}

fn double_quoted<'a>(text: &'a str, out: &mut String) -> Option<&'a str> {
    let mut rest = text;
    loop {
        let c = rest.chars().next()?;
        let next = &rest[c.len_utf8()..];
        rest = match c {
            '"' => return Some(next),
            '$' => substitution(rest, out)?,
            '`' => return None,
            '\\' => {
                let escaped = next.chars().next()?;
                if !"\"\\$`".contains(escaped) {
                    out.push('\\');
                }
                out.push(escaped);
                &next[escaped.len_utf8()..]
            }
            c => {
                out.push(c);
                next
            }
        };
    }
}

/// Copies `$(…)` and `${…}` as they are.
fn substitution<'a>(text: &'a str, out: &mut String) -> Option<&'a str> {
    let mut chars = text.char_indices().skip(1);
    let Some((_, opening @ ('(' | '{'))) = chars.next() else {
        out.push('$');
        return Some(&text[1..]);
    };
    let closing = if opening == '(' { ')' } else { '}' };
    let mut depth = 1;
    for (offset, c) in chars {
        match c {
            c if c == opening => depth += 1,
            c if c == closing => depth -= 1,
            '\\' | '`' => return None,
            _ => {}
        }
        if depth == 0 {
            let end = offset + c.len_utf8();
            out.push_str(&text[..end]);
            return Some(&text[end..]);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Option<Vec<Vec<String>>> {
        commands(line).map(|found| found.into_iter().map(|command| command.words).collect())
    }

    #[test]
    fn commands_are_words_without_their_quotes() {
        let cases: [(&str, &[&[&str]]); 8] = [
            ("pip install -r 'a b.txt' # why", &[&["pip", "install", "-r", "a b.txt"]]),
            (
                "virtualenv venv > /dev/null 2>&1 &&. venv/bin/activate",
                &[&["virtualenv", "venv"], &[".", "venv/bin/activate"]],
            ),
            (
                "if [ ! -d \"$PWD/.venv\" ]; then echo; fi",
                &[&["if"], &["[", "!", "-d", "$PWD/.venv", "]"], &["then"], &["echo"], &["fi"]],
            ),
            (
                "test -d .venv || python -m venv .venv",
                &[&["test", "-d", ".venv"], &["python", "-m", "venv", ".venv"]],
            ),
            ("export P=$(pwd)/b:${P:+x y}", &[&["export", "P=$(pwd)/b:${P:+x y}"]]),
            ("pip install -e .\\[dev\\]", &[&["pip", "install", "-e", ".[dev]"]]),
            ("  # only this", &[]),
            ("a#b c", &[&["a#b", "c"]]),
        ];
        for (line, wanted) in cases {
            assert_eq!(words(line).unwrap_or_default(), wanted, "{line}");
        }
        let joins: Vec<Join> = commands("a && b || c; d").into_iter().flatten().map(|c| c.join).collect();
        assert_eq!(joins, [Join::And, Join::Or, Join::Then, Join::Then]);
    }

    #[test]
    fn what_is_more_than_that_is_none() {
        for line in [
            "a | b",
            "a &",
            "cat <<EOF",
            "a > file",
            "f() {",
            "(cd x)",
            "a `b`",
            "echo 'x",
            "\"",
            "a;;",
            "'$x'",
            "$(",
            "x) y",
        ] {
            assert_eq!(words(line), None, "{line}");
        }
    }
}
