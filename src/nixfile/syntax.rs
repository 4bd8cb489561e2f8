//! Reading Nix syntax: the guarded parser, positions, and the few shapes of the
//! tree that the rest of this folder asks for again and again.
//!
//! Nothing here knows what a shell or a library is.

use rnix::SyntaxKind::{self, *};
use rnix::ast::{self, Attr, Expr, HasEntry, InterpolPart};
use rnix::tokenize;
use rnix::{ParseError, SyntaxNode};

/// How often a search may follow a name or descend before it gives up.
pub(super) const FUEL: usize = 64;

/// Applications and operators nest the tree without limit, and the tree is
/// dropped by recursion: this bound keeps hostile text from ending the process.
/// No file that people write comes near it.
const MAX_LINKS: usize = 4_000;

/// The parser's own limit does not count lists within lists.
const MAX_BRACKETS: usize = 256;

/// Why a text is no tree to work on.
pub(super) struct Unreadable {
    pub(super) offset: usize,
    pub(super) seen: String,
}

/// Parses `source`; anything but a tree without errors is refused.
pub(super) fn parse(source: &str) -> Result<ast::Root, Unreadable> {
    check_depth(source)?;
    let parsed = ast::Root::parse(source);
    match parsed.errors().first() {
        None => Ok(parsed.tree()),
        Some(error) => Err(unreadable(error, source)),
    }
}

/// What a token does to the depth of the tree.
#[derive(Clone, Copy)]
enum Role {
    Opens,
    Operand,
    Closes,
    Separates,
    Operator,
}

impl Role {
    fn of(kind: SyntaxKind) -> Role {
        match kind {
            TOKEN_L_PAREN | TOKEN_L_BRACK | TOKEN_L_BRACE | TOKEN_STRING_START | TOKEN_INTERPOL_START => {
                Role::Opens
            }
            TOKEN_R_PAREN | TOKEN_R_BRACK | TOKEN_R_BRACE | TOKEN_STRING_END | TOKEN_INTERPOL_END => {
                Role::Closes
            }
            TOKEN_IDENT | TOKEN_INTEGER | TOKEN_FLOAT | TOKEN_URI | TOKEN_CUR_POS | TOKEN_PATH_ABS
            | TOKEN_PATH_REL | TOKEN_PATH_HOME | TOKEN_PATH_SEARCH => Role::Operand,
            TOKEN_SEMICOLON | TOKEN_COLON | TOKEN_COMMA | TOKEN_ASSIGN | TOKEN_DOT | TOKEN_INHERIT
            | TOKEN_LET | TOKEN_IN | TOKEN_WITH | TOKEN_STRING_CONTENT => Role::Separates,
            _ => Role::Operator,
        }
    }

    /// Whether `self` right after `before` can nest the tree by one level.
    fn links(self, before: Option<Role>) -> bool {
        let operand_before = matches!(before, Some(Role::Operand | Role::Closes));
        match self {
            Role::Operator | Role::Opens => true,
            Role::Operand => operand_before,
            Role::Closes | Role::Separates => false,
        }
    }
}

/// Refuses what could exhaust the stack before the parser sees it.
fn check_depth(source: &str) -> Result<(), Unreadable> {
    let (mut depth, mut offset) = (Depth::default(), 0);
    for (kind, text) in tokenize(source) {
        if !kind.is_trivia() {
            depth.count(kind);
        }
        if depth.is_excessive() {
            let seen = "an expression too long or too deep to be written by hand".to_owned();
            return Err(Unreadable { offset, seen });
        }
        offset += text.len();
    }
    Ok(())
}

/// What bounds the depth of the tree, counted over the tokens so far.
#[derive(Default)]
struct Depth {
    links: usize,
    /// The brackets that are open.
    open: Vec<SyntaxKind>,
    /// All brackets that were ever opened.
    opened: usize,
    /// A bracket was closed by another kind; behind that the parser nests on.
    mismatched: bool,
    before: Option<Role>,
}

impl Depth {
    fn count(&mut self, kind: SyntaxKind) {
        let role = Role::of(kind);
        self.links += usize::from(role.links(self.before));
        match role {
            Role::Opens => {
                self.open.push(kind);
                self.opened += 1;
            }
            Role::Closes => {
                self.mismatched |= !self.open.pop().is_some_and(|opening| closes(opening, kind));
            }
            Role::Operand | Role::Operator | Role::Separates => {}
        }
        self.before = Some(role);
    }

    fn is_excessive(&self) -> bool {
        let brackets = if self.mismatched { self.opened } else { self.open.len() };
        self.links > MAX_LINKS || brackets > MAX_BRACKETS
    }
}

fn closes(opening: SyntaxKind, closing: SyntaxKind) -> bool {
    matches!(
        (opening, closing),
        (TOKEN_L_PAREN, TOKEN_R_PAREN)
            | (TOKEN_L_BRACK, TOKEN_R_BRACK)
            | (TOKEN_L_BRACE, TOKEN_R_BRACE)
            | (TOKEN_STRING_START, TOKEN_STRING_END)
            | (TOKEN_INTERPOL_START, TOKEN_INTERPOL_END)
    )
}

fn unreadable(error: &ParseError, source: &str) -> Unreadable {
    let range = match error {
        ParseError::Unexpected(range)
        | ParseError::UnexpectedExtra(range)
        | ParseError::UnexpectedWanted(_, range, _)
        | ParseError::UnexpectedDoubleBind(range)
        | ParseError::DuplicatedArgs(range, _) => Some(*range),
        _ => None,
    };
    let offset = range.map_or(source.len(), |range| usize::from(range.start()));
    let seen = match (error, range) {
        (ParseError::RecursionLimitExceeded, _) => "expressions nested too deeply".to_owned(),
        (ParseError::DuplicatedArgs(_, name), _) => format!("the argument `{name}` a second time"),
        (_, Some(range)) => describe_text(source.get(std::ops::Range::<usize>::from(range))),
        (_, None) => "the end of the file".to_owned(),
    };
    Unreadable { offset, seen }
}

/// A short, one-line quotation of what stands at an error.
fn describe_text(text: Option<&str>) -> String {
    let word = text.and_then(|text| text.split_whitespace().next());
    match word {
        Some("\u{feff}") => "a byte order mark, which Nix does not read".to_owned(),
        Some(word) => format!("an unexpected `{}`", word.chars().take(30).collect::<String>()),
        None => "the end of the file".to_owned(),
    }
}

/// The line and column of a byte offset, both from 1, columns in characters.
pub(super) fn position(source: &str, offset: usize) -> (usize, usize) {
    let before = source.get(..offset).unwrap_or(source);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
    (line, before[line_start..].chars().count() + 1)
}

/// Where a node's text begins.
pub(super) fn start(node: &SyntaxNode) -> usize {
    usize::from(node.text_range().start())
}

/// Where a node's text ends.
pub(super) fn end(node: &SyntaxNode) -> usize {
    usize::from(node.text_range().end())
}

/// The expression inside any parentheses.
pub(super) fn bare(expr: Expr) -> Option<Expr> {
    let mut inner = expr;
    while let Expr::Paren(paren) = inner {
        inner = paren.expr()?;
    }
    Some(inner)
}

/// The expression whose value this one has: inside parentheses and behind
/// `with`, `assert` and `let … in`.
pub(super) fn value(expr: Expr) -> Option<Expr> {
    let mut inner = expr;
    loop {
        inner = match inner {
            Expr::Paren(paren) => paren.expr()?,
            Expr::With(with) => with.body()?,
            Expr::Assert(assert) => assert.body()?,
            Expr::LetIn(let_in) => let_in.body()?,
            other => return Some(other),
        };
    }
}

/// Like [`value`], and inside the bodies of functions too.
pub(super) fn result(expr: Expr) -> Option<Expr> {
    let mut inner = value(expr)?;
    while let Expr::Lambda(lambda) = inner {
        inner = value(lambda.body()?)?;
    }
    Some(inner)
}

/// The name of an attribute that is written out: `a` or `"a"`.
pub(super) fn attribute_name(attribute: &Attr) -> Option<String> {
    match attribute {
        Attr::Ident(ident) => Some(ident.to_string()),
        Attr::Str(string) => match string.normalized_parts().as_slice() {
            [InterpolPart::Literal(text)] => Some(text.clone()),
            _ => None,
        },
        Attr::Dynamic(_) => None,
    }
}

/// The names of an attribute path, `None` for those computed.
pub(super) fn attribute_names(path: Option<ast::Attrpath>) -> Vec<Option<String>> {
    path.into_iter().flat_map(|path| path.attrs()).map(|attribute| attribute_name(&attribute)).collect()
}

/// The last written name of a name or a selection: `c` of `a.b.c`.
pub(super) fn last_name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Ident(ident) => Some(ident.to_string()),
        Expr::Select(select) => attribute_names(select.attrpath()).pop().flatten(),
        _ => None,
    }
}

/// An application with all its arguments: `f a b`.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) function: Expr,
    pub(super) arguments: Vec<Expr>,
}

impl Call {
    pub(super) fn new(apply: &ast::Apply) -> Option<Call> {
        let mut function = Expr::Apply(apply.clone());
        let mut arguments = Vec::new();
        while let Expr::Apply(apply) = function {
            arguments.push(apply.argument()?);
            function = bare(apply.lambda()?)?;
        }
        arguments.reverse();
        Some(Call { function, arguments })
    }

    /// What the function is called in the file.
    pub(super) fn name(&self) -> String {
        match last_name(&self.function) {
            Some(name) if self.function.to_string().contains(char::is_whitespace) => name,
            Some(_) => self.function.to_string(),
            None => "a function".to_owned(),
        }
    }
}

/// Whether this node is in that one, or is it.
pub(super) fn is_within(node: &SyntaxNode, outer: &SyntaxNode) -> bool {
    outer.text_range().contains_range(node.text_range())
}

/// The value bound to a plain attribute of a set.
pub(super) fn attribute(set: &ast::AttrSet, name: &str) -> Option<Expr> {
    set.attrpath_values().find_map(|entry| {
        let names = attribute_names(entry.attrpath());
        (names == [Some(name.to_owned())]).then(|| entry.value()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::position;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let cases = [
            ("", 0, (1, 1)),
            ("ab", 1, (1, 2)),
            ("äö x", 5, (1, 4)),
            ("a\nb", 2, (2, 1)),
            ("a\r\n b", 4, (2, 2)),
            ("a\n", 9, (2, 1)),
        ];
        for (source, offset, expected) in cases {
            assert_eq!(position(source, offset), expected, "{source:?} at {offset}");
        }
    }
}
