//! What Nix itself read, compared: the canonical print of `nix-instantiate --parse` before and after an edit.
//!
//! A second opinion, by a reader that is not rnix. In the print each element of a list stands in parentheses, and
//! bindings come in an order that may depend on which names the text has, so bindings are paired by name.

use rnix::SyntaxKind::{TOKEN_STRING_END, TOKEN_STRING_START};
use rnix::tokenize;

/// A bracket and all that is in it, or a token; a string counts as one.
#[derive(Debug, PartialEq, Eq)]
enum Node {
    Token(String),
    Group(char, Vec<Node>),
}

/// Whether a text looks like the print of a file with a shell: brackets in pairs, and a list.
pub fn is_print(text: &str) -> bool {
    read(text).is_some() && text.contains('[')
}

/// What one print has that the other lacks.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Grown {
    /// Of each list that differs, how many elements.
    pub lists: Vec<usize>,
    /// How many arguments of functions, without defaults.
    pub arguments: usize,
}

/// What the longer print has more than the other. `None` where anything else differs, or where one of the two is no
/// print.
pub fn grown(shorter: &str, longer: &str) -> Option<Grown> {
    let mut grown = Grown::default();
    sequence(&read(shorter)?, &read(longer)?, &mut grown)?;
    Some(grown)
}

fn read(print: &str) -> Option<Vec<Node>> {
    let mut open: Vec<(char, Vec<Node>)> = vec![('\0', Vec::new())];
    let mut string: Option<String> = None;
    for (kind, text) in tokenize(print) {
        if let Some(quoted) = &mut string {
            quoted.push_str(text);
            if kind == TOKEN_STRING_END {
                open.last_mut()?.1.extend(string.take().map(Node::Token));
            }
            continue;
        }
        match text {
            _ if kind.is_trivia() => {}
            _ if kind == TOKEN_STRING_START => string = Some(text.to_owned()),
            "(" | "[" | "{" => open.push((text.chars().next()?, Vec::new())),
            ")" | "]" | "}" => {
                let (bracket, nodes) = open.pop()?;
                open.last_mut()?.1.push(Node::Group(bracket, nodes));
            }
            _ => open.last_mut()?.1.push(Node::Token(text.to_owned())),
        }
    }
    let (_, nodes) = open.pop()?;
    (open.is_empty() && string.is_none() && !nodes.is_empty()).then_some(nodes)
}

fn node(shorter: &Node, longer: &Node, grown: &mut Grown) -> Option<()> {
    match (shorter, longer) {
        (Node::Group('[', shorter), Node::Group('[', longer)) if shorter.len() != longer.len() => {
            list(shorter, longer, grown)
        }
        (Node::Group('[', shorter), Node::Group('[', longer)) => sequence(shorter, longer, grown),
        (Node::Group(one, shorter), Node::Group(other, longer)) if one == other => {
            bindings(*one == '{', shorter, longer, grown)
        }
        _ => (shorter == longer).then_some(()),
    }
}

fn sequence(shorter: &[Node], longer: &[Node], grown: &mut Grown) -> Option<()> {
    let mut pairs = shorter.iter().zip(longer);
    (shorter.len() == longer.len()).then_some(())?;
    pairs.try_for_each(|(shorter, longer)| node(shorter, longer, grown))
}

fn list(shorter: &[Node], longer: &[Node], grown: &mut Grown) -> Option<()> {
    let mut rest = longer.iter();
    let all = shorter.iter().all(|wanted| rest.any(|found| found == wanted));
    grown.lists.push(longer.len().checked_sub(shorter.len())?);
    all.then_some(())
}

/// What separators part, those that are equal aside, in pairs.
fn bindings(braces: bool, shorter: &[Node], longer: &[Node], grown: &mut Grown) -> Option<()> {
    let (mut shorter, mut longer) = (parts(shorter), parts(longer));
    shorter.retain(|part| match longer.iter().position(|other| other == part) {
        Some(at) => {
            longer.swap_remove(at);
            false
        }
        None => true,
    });
    let is_argument = |part: &&[Node]| matches!(part, [Node::Token(_)]);
    match (shorter.as_slice(), longer.as_slice()) {
        ([], more) if braces && more.iter().all(is_argument) => {
            grown.arguments += more.len();
            Some(())
        }
        ([one], [other]) => sequence(one, other, grown),
        (several, others) => {
            (several.len() == others.len()).then_some(())?;
            several.iter().try_for_each(|part| {
                let mut named = others.iter().filter(|other| name(other) == name(part));
                sequence(part, named.next().filter(|_| name(part).is_some())?, grown)
            })
        }
    }
}

fn parts(nodes: &[Node]) -> Vec<&[Node]> {
    let parts = nodes.split(|node| matches!(node, Node::Token(text) if text == ";" || text == ","));
    parts.map(without_let).collect()
}

/// Which binding comes first of a `let` depends on their order.
fn without_let(part: &[Node]) -> &[Node] {
    match part.split_first() {
        Some((Node::Token(text), rest)) if text == "let" => rest,
        _ => part,
    }
}

/// What a binding binds; the body of a `let` goes by its `in`.
fn name(part: &[Node]) -> Option<&[Node]> {
    if matches!(part.first(), Some(Node::Token(text)) if text == "in") {
        return part.get(..1);
    }
    let equals = part.iter().position(|node| matches!(node, Node::Token(text) if text == "="))?;
    part.get(..equals)
}

#[cfg(test)]
mod tests {
    use super::Grown;

    const PRINT: &str = "({ pkgs }: (let a = [ (x) ]; b = 1; in (pkgs.mkShell { buildInputs = (with pkgs; [ (zlib) (git) ]); s = \"a; [ b\"; packages = [ ((f 1)) ]; })))";

    fn grown(from: &str, to: &str) -> Option<Vec<usize>> {
        lists(&PRINT.replace(from, to))
    }

    fn lists(longer: &str) -> Option<Vec<usize>> {
        super::grown(PRINT, longer).filter(|grown| grown.arguments == 0).map(|grown| grown.lists)
    }

    #[test]
    fn elements_are_counted_by_list() {
        assert_eq!(grown("", ""), Some(vec![]));
        assert_eq!(grown("[ (zlib) (git) ]", "[ (zlib) (git) (gmp) ]"), Some(vec![1]));
        assert_eq!(grown("(zlib) (git)", "(a) (zlib) ((pkgs).b) (git)"), Some(vec![2]));
        let two = PRINT.replace("(git)", "(git) (c)").replace("(x)", "(x) (y) (z)");
        assert_eq!(lists(&two).map(|grown| grown.iter().sum()), Some(3));
        let of_one_set = PRINT.replace("(git)", "(git) (c)").replace("((f 1))", "((f 1)) (g)");
        assert_eq!(lists(&of_one_set), Some(vec![1, 1]));
    }

    #[test]
    fn the_order_of_bindings_does_not_count() {
        assert_eq!(grown("let a = [ (x) ]; b = 1;", "let b = 1; a = [ (x) ];"), Some(vec![]));
        assert_eq!(grown("let a = [ (x) ]; b = 1;", "let b = 1; a = [ (x) (y) ];"), Some(vec![1]));
    }

    #[test]
    fn arguments_are_counted_apart() {
        let longer = PRINT.replace("{ pkgs }", "{ gmp, pkgs, zlib }").replace("(git)", "(git) (c)");
        assert_eq!(super::grown(PRINT, &longer), Some(Grown { lists: vec![1], arguments: 2 }));
        let with_default = PRINT.replace("{ pkgs }", "{ pkgs, zlib ? 1 }");
        assert_eq!(super::grown(PRINT, &with_default), None);
    }

    #[test]
    fn any_other_difference_is_one() {
        for (from, to) in [
            ("b = 1", "b = 2"),
            ("(zlib) (git)", "(git) (zlib) (gmp)"),
            ("(zlib) (git)", "(zlib)"),
            ("a; [ b", "a; [ b c"),
            ("with pkgs", "with nixpkgs"),
            ("packages =", "inputs ="),
            ("{ pkgs }", "{ pkgs, zlib }"),
            ("((f 1))", "((f 1 2))"),
            ("s = \"a; [ b\"; ", ""),
            ("})))", "}))"),
            ("})))", "}))) \""),
        ] {
            assert_eq!(grown(from, to), None, "{from} {to}");
        }
        assert_eq!((super::grown("", ""), super::grown("x", "")), (None, None));
    }
}
