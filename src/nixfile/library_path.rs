//! What reaches the loader's search path of a shell: `makeLibraryPath` in an attribute, in `env`, or in the
//! text of a hook.

use std::collections::HashSet;

use rnix::TextRange;
use rnix::ast::{self, BinOpKind, Expr, InterpolPart};
use rowan::ast::AstNode;

use super::shell::Shell;
use super::syntax::{Call, FUEL, last_name, value};

/// The variables that Python's libraries are found by.
const VARIABLES: &[&str] = &["LD_LIBRARY_PATH", "NIX_LD_LIBRARY_PATH", "PYTHON_LD_LIBRARY_PATH"];

/// Attributes whose values are shell text.
const HOOKS: &[&str] = &[
    "shellHook",
    "preShellHook",
    "postShellHook",
    "postVenvCreation",
    "enterShell",
    "profile",
    "runScript",
    "extraInit",
];

/// What is made into a library path: arguments of `makeLibraryPath`.
pub(super) fn path_values(shell: &Shell) -> Vec<Expr> {
    let mut found = Found { shell, values: Vec::new(), seen: HashSet::new() };
    for variable in VARIABLES {
        for path in [&[*variable][..], &["env", variable]] {
            for value in attributes(shell, path) {
                found.visit(value, FUEL);
            }
        }
    }
    for list in attributes(shell, &["env"]) {
        found.visit_pairs(list);
    }
    for hook in HOOKS.iter().flat_map(|hook| attributes(shell, &[hook])) {
        found.visit_hook(hook);
    }
    found.values
}

fn attributes(shell: &Shell, path: &[&str]) -> Vec<Expr> {
    shell.attributes.get(path, &shell.calls).into_iter().collect()
}

struct Found<'a> {
    shell: &'a Shell,
    values: Vec<Expr>,
    /// What was gone through already, so that a name used twice is followed once.
    seen: HashSet<TextRange>,
}

impl Found<'_> {
    /// Goes through the value of a variable.
    fn visit(&mut self, expr: Expr, fuel: usize) {
        let (Some(fuel), Some(expr)) = (fuel.checked_sub(1), value(expr)) else {
            return;
        };
        if !self.seen.insert(expr.syntax().text_range()) {
            return;
        }
        match &expr {
            Expr::Apply(apply) => self.visit_call(apply, fuel),
            Expr::BinOp(sum) if sum.operator() == Some(BinOpKind::Add) => {
                for side in [sum.lhs(), sum.rhs()].into_iter().flatten() {
                    self.visit(side, fuel);
                }
            }
            Expr::Str(text) => {
                for part in text.parts() {
                    if let InterpolPart::Interpolation(inner) = part
                        && let Some(inner) = inner.expr()
                    {
                        self.visit(inner, fuel);
                    }
                }
            }
            Expr::Ident(_) | Expr::Select(_) => {
                if let Some(value) = self.named(&expr) {
                    self.visit(value, fuel);
                }
            }
            _ => {}
        }
    }

    /// `env = [ { name = "LD_LIBRARY_PATH"; value = …; } ];`, as numtide's devshell has it.
    fn visit_pairs(&mut self, env: Expr) {
        let Some(Expr::List(pairs)) = value(env) else {
            return;
        };
        for pair in pairs.items().filter_map(|item| ast::AttrSet::cast(item.syntax().clone())) {
            let text = |name| self.shell.calls.attribute(&pair, &[name]).map(|it| it.to_string());
            let is_path = text("name").is_some_and(|name| VARIABLES.contains(&name.trim_matches('"')));
            let values = ["value", "eval", "prefix"].iter().filter(|_| is_path);
            let values: Vec<Expr> =
                values.filter_map(|name| self.shell.calls.attribute(&pair, &[name])).collect();
            values.into_iter().for_each(|value| self.visit(value, FUEL));
        }
    }

    /// What a name stands for; of a set that is not written out, such as the shell itself, the shell's own
    /// attribute.
    fn named(&self, expr: &Expr) -> Option<Expr> {
        let followed = self.shell.calls.follow(expr);
        followed.or_else(|| attributes(self.shell, &[&last_name(expr)?]).into_iter().next())
    }

    fn visit_call(&mut self, apply: &ast::Apply, fuel: usize) {
        let Some(call) = Call::new(apply) else { return };
        let Some(last) = call.arguments.last() else { return };
        match last_name(&call.function).as_deref() {
            Some("makeLibraryPath" | "makeSearchPath" | "makeSearchPathOutput") => {
                let is_for_libraries = call.arguments.len() == 1
                    || call
                        .arguments
                        .iter()
                        .rev()
                        .skip(1)
                        .all(|it| it.to_string().trim_matches('"').starts_with("lib"));
                if is_for_libraries && !self.values.contains(last) {
                    self.values.push(last.clone());
                }
            }
            Some("concatStringsSep" | "concatStrings" | "makeBinPath") => {
                if let Some(Expr::List(parts)) = value(last.clone()) {
                    parts.items().for_each(|part| self.visit(part, fuel));
                }
            }
            Some("toString" | "mkForce" | "mkDefault" | "removeSuffix") => self.visit(last.clone(), fuel),
            _ => {}
        }
    }

    /// Goes through shell text for assignments to one of the variables.
    fn visit_hook(&mut self, expr: Expr) {
        let mut expr = expr;
        for _ in 0..FUEL {
            match value(expr.clone()).and_then(|expr| self.shell.calls.follow(&expr)) {
                Some(next) => expr = next,
                None => break,
            }
        }
        let texts: Vec<ast::Str> = expr.syntax().descendants().filter_map(ast::Str::cast).collect();
        for text in texts {
            self.visit_text(&text);
        }
    }

    fn visit_text(&mut self, text: &ast::Str) {
        let mut statement = String::new();
        for part in text.parts() {
            match part {
                InterpolPart::Interpolation(inner) => {
                    if let Some(inner) = inner.expr().filter(|_| sets_variable(&statement)) {
                        self.visit(inner, FUEL);
                    }
                    statement.push('_');
                }
                InterpolPart::Literal(literal) => {
                    for c in literal.to_string().chars() {
                        if c == ';' || (c == '\n' && !statement.ends_with('\\')) {
                            self.visit_statement(&statement);
                            statement.clear();
                        } else {
                            statement.push(c);
                        }
                    }
                }
            }
        }
        self.visit_statement(&statement);
    }

    /// `LD_LIBRARY_PATH=$libraries`, where the shell has an attribute of that name.
    fn visit_statement(&mut self, statement: &str) {
        if !sets_variable(statement) {
            return;
        }
        for name in statement.split('$').skip(1) {
            let name: String = name
                .trim_start_matches('{')
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect();
            if !VARIABLES.contains(&name.as_str()) {
                for value in attributes(self.shell, &[&name]) {
                    self.visit(value, FUEL);
                }
            }
        }
    }
}

/// Whether a shell statement assigns to one of the variables.
fn sets_variable(statement: &str) -> bool {
    statement.match_indices("LD_LIBRARY_PATH=").any(|(at, _)| {
        let before = statement[..at].strip_suffix("NIX_").unwrap_or(&statement[..at]);
        let mut words = before.split_whitespace();
        let is_text = words.any(|word| word.starts_with('#') || matches!(word, "echo" | "printf"));
        !is_text && !before.ends_with(|c: char| c.is_alphanumeric() || c == '_')
    })
}
