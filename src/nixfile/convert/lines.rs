//! The lines of a string of the file, as the shell that evaluates it will see them.

use std::ops::Range;

use rnix::SyntaxKind::{NODE_INTERPOL, TOKEN_STRING_CONTENT};
use rnix::ast::{self, Expr, InterpolPart};
use rowan::NodeOrToken;
use rowan::ast::AstNode;

use super::view::{Binding, binding};
use super::view::{FUEL, bare};

/// Stands in a line for an interpolation whose text is not known.
pub(super) const HOLE: char = '\u{f8ff}';

/// A line, or several that a backslash joins.
pub(super) struct Line {
    /// Its bytes in the file, the line break among them where it has one.
    pub(super) range: Range<usize>,
    /// `None` where an escape makes it uncertain what the shell sees.
    pub(super) text: Option<String>,
    /// What stands in the holes, in order.
    pub(super) holes: Vec<Expr>,
}

/// The lines of a string.
pub(super) fn lines(string: &ast::Str) -> Vec<Line> {
    let indented = string.syntax().first_token().is_some_and(|token| token.text() == "''");
    let mut collector = Collector { lines: Vec::new(), line: None, indented };
    for child in string.syntax().children_with_tokens() {
        let range: Range<usize> = child.text_range().into();
        match child {
            NodeOrToken::Token(token) if token.kind() == TOKEN_STRING_CONTENT => {
                collector.content(token.text(), range.start);
            }
            NodeOrToken::Node(node) if node.kind() == NODE_INTERPOL => {
                let expr = ast::Interpol::cast(node).and_then(|interpol| interpol.expr());
                collector.interpolation(expr, range);
            }
            _ => {}
        }
    }
    collector.end();
    collector.lines
}

struct Collector {
    lines: Vec<Line>,
    line: Option<Line>,
    indented: bool,
}

impl Collector {
    fn line(&mut self, start: usize) -> &mut Line {
        let empty = || Line { range: start..start, text: Some(String::new()), holes: Vec::new() };
        self.line.get_or_insert_with(empty)
    }

    fn content(&mut self, text: &str, start: usize) {
        let mut offset = start;
        for piece in text.split_inclusive('\n') {
            let unescaped = unescape(piece, self.indented).filter(|text| !text.contains(HOLE));
            let line = self.line(offset);
            line.text = line.text.take().zip(unescaped).map(|(text, more)| text + &more);
            offset += piece.len();
            line.range.end = offset;
            if piece.ends_with('\n') {
                self.end_line();
            }
        }
    }

    fn interpolation(&mut self, expr: Option<Expr>, range: Range<usize>) {
        let known = expr.as_ref().and_then(|expr| plain_text(expr, FUEL));
        let line = self.line(range.start);
        line.range.end = range.end;
        if let Some(text) = &mut line.text {
            match known {
                Some(known) => text.push_str(&known),
                None => text.push(HOLE),
            }
        }
        if let (true, Some(expr)) = (line.text.as_ref().is_some_and(|text| text.ends_with(HOLE)), expr) {
            line.holes.push(expr);
        }
    }

    fn end_line(&mut self) {
        let continues = |text: &str| {
            let trimmed = text.trim_end_matches(['\r', '\n']);
            let slashes = trimmed.len() - trimmed.trim_end_matches('\\').len();
            (slashes % 2 == 1).then(|| format!("{} ", &trimmed[..trimmed.len() - 1]))
        };
        let Some(line) = &mut self.line else { return };
        match line.text.as_deref().and_then(continues) {
            Some(joined) => line.text = Some(joined),
            None => self.end(),
        }
    }

    fn end(&mut self) {
        self.lines.extend(self.line.take());
    }
}

/// What Nix makes of the text of a string, if that is simple (Nix manual, "String").
fn unescape(text: &str, indented: bool) -> Option<String> {
    match indented {
        true if text.contains("''\\") => None,
        true => Some(text.replace("'''", "''").replace("''$", "$")),
        false => {
            let mut out = String::with_capacity(text.len());
            let mut chars = text.chars();
            while let Some(c) = chars.next() {
                match (c, c == '\\') {
                    (_, true) => out.push(chars.next().filter(|c| "\"\\$".contains(*c))?),
                    (c, false) => out.push(c),
                }
            }
            Some(out)
        }
    }
}

/// The text that an interpolated expression surely has, where that is a plain word: a path of the project,
/// or a name for a string.
pub(super) fn plain_text(expr: &Expr, fuel: usize) -> Option<String> {
    let fuel = fuel.checked_sub(1)?;
    let text = match bare(expr.clone())? {
        Expr::PathRel(path) => path.to_string(),
        Expr::Str(string) => match string.normalized_parts().as_slice() {
            [InterpolPart::Literal(text)] => text.clone(),
            _ => return None,
        },
        Expr::Ident(ident) => match binding(&ident.to_string(), ident.syntax())? {
            Binding::Value(value) => plain_text(&value, fuel)?,
            _ => return None,
        },
        Expr::Apply(apply) if apply.lambda()?.to_string() == "toString" => {
            plain_text(&apply.argument()?, fuel)?
        }
        _ => return None,
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "._/+-".contains(c);
    (!text.is_empty() && text.chars().all(plain)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<(String, Option<String>, usize)> {
        let root = rnix::Root::parse(source).tree();
        let string = root.syntax().descendants().find_map(ast::Str::cast);
        let found = string.map(|string| lines(&string)).unwrap_or_default();
        found.into_iter().map(|line| (source[line.range].to_owned(), line.text, line.holes.len())).collect()
    }

    #[test]
    fn lines_are_what_the_shell_sees() {
        let found = texts("''\n  a ''${b} \\\n    c\n  ${x [\n 1 ]}/lib\n''");
        let wanted = [
            ("\n", Some("\n".to_owned()), 0),
            ("  a ''${b} \\\n    c\n", Some("  a ${b}      c\n".to_owned()), 0),
            ("  ${x [\n 1 ]}/lib\n", Some(format!("  {HOLE}/lib\n")), 1),
        ];
        let wanted = wanted.map(|(source, text, holes)| (source.to_owned(), text, holes));
        assert_eq!(found, wanted);
        assert_eq!(texts(r#""a \"b\"""#), [(r#"a \"b\""#.to_owned(), Some("a \"b\"".to_owned()), 0)]);
        assert_eq!(texts(r#""a\nb""#), [(r"a\nb".to_owned(), None, 0)]);
        assert_eq!(texts("''a''\\nb''"), [("a''\\nb".to_owned(), None, 0)]);
        assert!(texts("''''").is_empty());
    }

    #[test]
    fn paths_and_names_of_plain_strings_are_no_holes() {
        assert_eq!(texts("''-r ${./r.txt}''")[0].1.as_deref(), Some("-r ./r.txt"));
        let root = rnix::Root::parse("let d = \"env\"; e = \"a b\"; in ''${d}/x ${e} ${f}''").tree();
        let string = root.syntax().descendants().filter_map(ast::Str::cast).last();
        let found = string.map(|string| lines(&string)).unwrap_or_default();
        assert_eq!(found[0].text.as_deref(), Some(format!("env/x {HOLE} {HOLE}").as_str()));
        assert_eq!(found[0].holes.len(), 2);
    }
}
