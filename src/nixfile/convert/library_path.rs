//! The libraries that an LD_LIBRARY_PATH names.

use std::cell::Cell;

use rnix::ast::{self, BinOpKind, Expr};
use rowan::ast::AstNode;

use super::lines::{HOLE, Line, lines};
use super::view::Shell;
use super::view::{Binding, binding, element_paths};
use super::view::{Call, FUEL, bare, value};

/// Attribute paths of nixpkgs.
pub(super) type Attributes = Vec<String>;

/// How many expressions a path may be put together from: names may double it each time.
const STEPS: usize = 1_000;

/// A shell, and how many expressions are still followed.
struct Search<'a> {
    shell: &'a Shell,
    steps: Cell<usize>,
}

impl Search<'_> {
    fn step(&self) -> Option<()> {
        self.steps.set(self.steps.get().checked_sub(1)?);
        Some(())
    }
}

/// The libraries of an expression that LD_LIBRARY_PATH is bound to; `None` where it may name anything else.
pub(super) fn of_expression(expr: &Expr, shell: &Shell) -> Option<Attributes> {
    path_list(expr, &Search { shell, steps: Cell::new(STEPS) }, FUEL)
}

/// The libraries of what a line of a hook sets the variable to.
pub(super) fn of_line(value: &str, line: &Line, shell: &Shell) -> Option<Attributes> {
    // Other holes of the line would be counted among these.
    (value.matches(HOLE).count() == line.holes.len()).then_some(())?;
    parts(value, &line.holes, &Search { shell, steps: Cell::new(STEPS) }, FUEL)
}

fn path_list(expr: &Expr, search: &Search<'_>, fuel: usize) -> Option<Attributes> {
    let fuel = fuel.checked_sub(1)?;
    search.step()?;
    match value(expr.clone())? {
        Expr::Apply(apply) => makes_library_path(&apply, search, fuel),
        Expr::Str(string) => {
            let lines = lines(&string);
            match lines.as_slice() {
                [line] => parts(line.text.as_deref()?, &line.holes, search, fuel),
                _ => None,
            }
        }
        Expr::BinOp(operation) if operation.operator() == Some(BinOpKind::Add) => {
            let sides = [operation.lhs()?, operation.rhs()?];
            let found = sides.iter().map(|side| path_list(side, search, fuel)).collect::<Option<Vec<_>>>()?;
            Some(found.concat())
        }
        Expr::Ident(ident) => match binding(&ident.to_string(), ident.syntax())? {
            Binding::Value(value) => path_list(&value, search, fuel),
            _ => None,
        },
        _ => None,
    }
}

/// `makeLibraryPath [ … ]`
fn makes_library_path(apply: &ast::Apply, search: &Search<'_>, fuel: usize) -> Option<Attributes> {
    let call = Call::new(apply)?;
    let is_it = call.name().rsplit('.').next() == Some("makeLibraryPath");
    match call.arguments.as_slice() {
        [list] if is_it => elements(list, search, fuel),
        _ => None,
    }
}

fn elements(expr: &Expr, search: &Search<'_>, fuel: usize) -> Option<Attributes> {
    let fuel = fuel.checked_sub(1)?;
    search.step()?;
    match value(expr.clone())? {
        // What the shell has anyway.
        Expr::List(list) if search.shell.inputs().iter().any(|input| input.list == list) => Some(Vec::new()),
        Expr::List(list) => {
            let found = list.items().map(|item| element(&item)).collect::<Option<Vec<_>>>()?;
            Some(found.concat())
        }
        Expr::BinOp(operation) if operation.operator() == Some(BinOpKind::Concat) => {
            let sides = [operation.lhs()?, operation.rhs()?];
            let found = sides.iter().map(|side| elements(side, search, fuel)).collect::<Option<Vec<_>>>()?;
            Some(found.concat())
        }
        Expr::Ident(ident) => match binding(&ident.to_string(), ident.syntax())? {
            Binding::Value(value) => elements(&value, search, fuel),
            _ => None,
        },
        _ => None,
    }
}

fn element(item: &Expr) -> Option<Attributes> {
    if let Some(Expr::Str(string)) = bare(item.clone()) {
        let text = string.to_string();
        return is_of_driver(text.trim_matches('"')).then(Vec::new);
    }
    Some(vec![attribute(item)?])
}

/// The driver's libraries are found without being told.
fn is_of_driver(text: &str) -> bool {
    ["/run/opengl-driver", "/run/opengl-driver/lib"].contains(&text.trim_end_matches('/'))
}

fn attribute(item: &Expr) -> Option<String> {
    let path = element_paths(item).into_iter().next()?.join(".");
    // The compiler's own output has programs; makeLibraryPath takes the libraries.
    match path.as_str() {
        "" => None,
        "stdenv.cc.cc" | "gcc.cc" | "gcc-unwrapped" => Some("stdenv.cc.cc.lib".to_owned()),
        _ => Some(path),
    }
}

/// The parts of `A/lib:B/lib:$LD_LIBRARY_PATH`.
fn parts(text: &str, holes: &[Expr], search: &Search<'_>, fuel: usize) -> Option<Attributes> {
    let mut holes = holes.iter();
    let mut found = Vec::new();
    for part in split(text.trim()) {
        let part = part.trim_end_matches('/');
        let is_old = part == "$LD_LIBRARY_PATH" || part.starts_with("${LD_LIBRARY_PATH");
        if part.is_empty() || is_old || is_of_driver(part) {
            continue;
        }
        let folder = part.strip_prefix(HOLE)?;
        let hole = holes.next()?;
        match folder {
            "" => found.extend(path_list(hole, search, fuel)?),
            "/lib" => found.push(attribute(hole)?),
            _ => return None,
        }
    }
    holes.next().is_none().then_some(found)
}

/// At the colons that stand in no `${…}`.
fn split(text: &str) -> Vec<&str> {
    let (mut depth, mut from, mut found) = (0_usize, 0, Vec::new());
    for (offset, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => {
                found.push(&text[from..offset]);
                from = offset + 1;
            }
            _ => {}
        }
    }
    found.push(&text[from..]);
    // `${X:+:$X}` brings its own colon and stands right behind another part.
    found
        .into_iter()
        .flat_map(|part| match part.find("${LD_LIBRARY_PATH") {
            Some(at) => vec![&part[..at], &part[at..]],
            None => vec![part],
        })
        .collect()
}
