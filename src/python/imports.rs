//! What a module imports, by its own statements.

use super::blocks::Blocks;
use super::lines::{Line, Token};

/// One import statement, as far as its module is concerned.
#[derive(Debug, PartialEq, Eq)]
pub struct Import<'a> {
    /// The dots before the name: none in an absolute import.
    pub level: usize,
    /// The parts of the dotted name.
    pub module: Vec<&'a str>,
    /// What is taken from it; modules of their own, maybe.
    pub names: Vec<&'a str>,
}

/// The imports of one line.
pub fn imports_of<'a>(line: &Line<'a>) -> Vec<Import<'a>> {
    let plain = |module| Import { level: 0, module, names: Vec::new() };
    match line.tokens.split_first() {
        Some((Token::Name("import"), rest)) => {
            rest.split(|token| *token == Token::Sign(',')).map(|part| plain(dotted(part))).collect()
        }
        Some((Token::Name("from"), rest)) => {
            let level = rest.iter().take_while(|token| **token == Token::Sign('.')).count();
            let module = dotted(&rest[level..]);
            let behind = rest.iter().skip_while(|token| **token != Token::Name("import")).skip(1);
            let behind: Vec<Token<'a>> = behind.copied().collect();
            let names = behind.split(|token| *token == Token::Sign(',')).filter_map(|part| {
                part.iter().find_map(|token| match token {
                    Token::Name(name) => Some(*name),
                    _ => None,
                })
            });
            vec![Import { level, module, names: names.collect() }]
        }
        _ => Vec::new(),
    }
}

/// The imports that are made whenever the module is imported, and whose failure is its own.
pub fn unconditional_imports<'a>(lines: &[Line<'a>]) -> Vec<Import<'a>> {
    let blocks = Blocks::of(lines);
    let sure = lines.iter().zip(&blocks.places).filter(|(_, place)| blocks.is_unconditional(place));
    sure.flat_map(|(line, _)| imports_of(line)).collect()
}

/// The names at the beginning of these tokens, with dots between.
fn dotted<'a>(tokens: &[Token<'a>]) -> Vec<&'a str> {
    let mut found = Vec::new();
    for pair in tokens.chunks(2) {
        match pair {
            [Token::Name(name), rest @ ..] if *name != "import" => {
                found.push(*name);
                if rest != [Token::Sign('.')] {
                    break;
                }
            }
            _ => break,
        }
    }
    found
}

/// The lines that run when the module is imported, whether under a condition or not: those of no function.
pub fn outside_functions<'t, 'a>(lines: &'t [Line<'a>]) -> impl Iterator<Item = &'t Line<'a>> {
    let mut function: Option<usize> = None;
    lines.iter().filter(move |line| {
        if function.is_some_and(|indent| line.indent <= indent) {
            function = None;
        }
        let inside = function.is_some();
        if !inside && (line.begins("def") || line.begins("async")) {
            function = Some(line.indent);
        }
        !inside
    })
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let lines = lines(text);
        let all = outside_functions(&lines).flat_map(imports_of);
        all.map(|Import { level, module, names }| format!("{level} {} {}", module.join("."), names.join(",")))
            .collect()
    }

    #[test]
    fn imports_are_read_in_all_their_forms() {
        let text =
            "import a.b as c, d\nfrom .x import (y as z,\n  w)\nfrom .. import v\nfrom e.f import g\nimport";
        assert_eq!(shown(text), ["0 a.b ", "0 d ", "1 x y,w", "2  v", "0 e.f g", "0  "]);
    }

    #[test]
    fn what_a_function_imports_is_left_out() {
        let text = "def f():\n  import a\n  def g():\n    import b\n  import c\ntry:\n  import d\nexcept ImportError:\n  pass\nclass E:\n  def m(self): import e\n  import f\n";
        assert_eq!(shown(text), ["0 d ", "0 f "]);
    }
}
