//! Logical lines of Python source, as "Lexical analysis" in its reference has them, as far as matters here.
//! What is no Python gives lines of no use, and no error.

/// A part of a logical line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// An identifier, a keyword or a number.
    Name(&'a str),
    /// The content of a string on one line, as it is written.
    Text(&'a str),
    /// A string that something is filled into when it is run.
    Template(&'a str),
    /// A string in three quotes: mostly documentation.
    Long,
    /// Any other character.
    Sign(char),
}

/// A logical line.
#[derive(Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The column that it begins in.
    pub indent: usize,
    /// Its parts, comments left out.
    pub tokens: Vec<Token<'a>>,
}

impl Line<'_> {
    /// Whether it begins with this word.
    pub fn begins(&self, word: &str) -> bool {
        self.tokens.first() == Some(&Token::Name(word))
    }
}

/// The logical lines of a module that are not empty.
pub fn lines(text: &str) -> Vec<Line<'_>> {
    let mut found = Vec::new();
    let mut line = Line { indent: 0, tokens: Vec::new() };
    let (mut rest, mut depth, mut at_start) = (text, 0usize, true);
    while let Some(first) = rest.chars().next() {
        if at_start {
            (line.indent, rest) = indent(rest);
            at_start = false;
            continue;
        }
        rest = match first {
            '\n' => {
                if depth == 0 {
                    end(&mut line, &mut found);
                    at_start = true;
                }
                &rest[1..]
            }
            '#' => &rest[rest.find('\n').unwrap_or(rest.len())..],
            '\\' if rest[1..].starts_with(['\n', '\r']) => {
                rest[1..].trim_start_matches('\r').get(1..).unwrap_or("")
            }
            '"' | '\'' => string(rest, first, "", &mut line.tokens),
            _ if is_part_of_name(first) => word(rest, &mut line.tokens),
            _ => {
                match first {
                    '(' | '[' | '{' => depth += 1,
                    ')' | ']' | '}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                if !first.is_whitespace() {
                    line.tokens.push(Token::Sign(first));
                }
                &rest[first.len_utf8()..]
            }
        };
    }
    end(&mut line, &mut found);
    found
}

fn end<'a>(line: &mut Line<'a>, found: &mut Vec<Line<'a>>) {
    if !line.tokens.is_empty() {
        let tokens = std::mem::take(&mut line.tokens);
        found.push(Line { indent: line.indent, tokens });
    }
}

fn indent(text: &str) -> (usize, &str) {
    let rest = text.trim_start_matches([' ', '\t', '\u{c}']);
    let column = |column: usize, blank: char| match blank {
        '\t' => (column / 8 + 1) * 8,
        ' ' => column + 1,
        _ => 0,
    };
    (text[..text.len() - rest.len()].chars().fold(0, column), rest)
}

/// A name, or a string with a prefix; what is behind it.
fn word<'a>(text: &'a str, tokens: &mut Vec<Token<'a>>) -> &'a str {
    let (name, behind) = text.split_at(text.find(|c| !is_part_of_name(c)).unwrap_or(text.len()));
    let is_prefix = name.len() <= 2 && name.chars().all(|c| "rRbBuUfFtT".contains(c));
    match behind.chars().next() {
        Some(quote @ ('"' | '\'')) if is_prefix => string(behind, quote, name, tokens),
        _ => {
            tokens.push(Token::Name(name));
            behind
        }
    }
}

/// The string that begins here, and what is behind it.
fn string<'a>(text: &'a str, quote: char, prefix: &str, tokens: &mut Vec<Token<'a>>) -> &'a str {
    let threefold = ["\"\"\"", "'''"].into_iter().find(|&quotes| text.starts_with(quotes));
    let (end, start) = match threefold {
        Some(quotes) => (quotes, 3),
        None => (&text[..1], 1),
    };
    let content = &text[start..];
    let mut at = 0;
    while let Some(step) = content[at..].find([quote, '\\', '\n']) {
        at += step;
        match content.as_bytes()[at] {
            // What is escaped may be of several bytes.
            b'\\' => at += 1 + content[at + 1..].chars().next().map_or(0, char::len_utf8),
            b'\n' if threefold.is_none() => return &content[at..],
            _ if content[at..].starts_with(end) => {
                let content_here = &content[..at];
                tokens.push(match threefold {
                    Some(_) => Token::Long,
                    None if prefix.contains(['f', 'F', 't', 'T']) => Token::Template(content_here),
                    None => Token::Text(content_here),
                });
                return &content[at + start..];
            }
            _ => at += 1,
        }
    }
    ""
}

fn is_part_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_as_python_joins_them() {
        let text = "a = (1,\n  'x')  # no\n\n\tif b: \\\n  c\nd = '''e\nf'''\ng = f'h' + rb\"i\" + 'j\nk";
        let shown: Vec<String> =
            lines(text).iter().map(|line| format!("{} {:?}", line.indent, line.tokens)).collect();
        let wanted = [
            "0 [Name(\"a\"), Sign('='), Sign('('), Name(\"1\"), Sign(','), Text(\"x\"), Sign(')')]",
            "8 [Name(\"if\"), Name(\"b\"), Sign(':'), Name(\"c\")]",
            "0 [Name(\"d\"), Sign('='), Long]",
            "0 [Name(\"g\"), Sign('='), Template(\"h\"), Sign('+'), Text(\"i\"), Sign('+')]",
            "0 [Name(\"k\")]",
        ];
        assert_eq!(shown, wanted);
    }

    #[test]
    fn odd_text_does_no_harm() {
        for text in [
            "'", "\"\"\"", "'\\", "'\\ü", "\\", "\\\r", "\\\r\n", "#", "'ü\n'", "'''\\", "é(", "", ")))\n",
            "rb", "\t\u{c} ",
        ] {
            let _ = lines(text);
        }
        assert_eq!(lines("é(\n)").len(), 1);
    }
}
