//! From a name to the expression that it stands for: through let, rec and inherit, attributes of sets that
//! are written out, and arguments of the file's own functions.

use std::cell::Cell;

use rnix::ast::{self, BinOpKind, Expr, HasEntry};
use rowan::ast::AstNode;

use super::scope::{Binding, binding, inherits, supplied};
use super::syntax::{attribute_names, value};

/// How many names one question may lead to: sets that name each other would else be gone through for ever.
const MAX_STEPS: usize = 250;

/// The calls of the file's own functions that lead to a shell, and what each was given.
#[derive(Clone, Default)]
pub(super) struct Calls(Vec<(ast::Lambda, Expr)>);

impl Calls {
    pub(super) fn push(&mut self, lambda: ast::Lambda, argument: Expr) {
        self.0.push((lambda, argument));
    }

    /// What an expression stands for one step further, `None` where the file does not say.
    pub(super) fn follow(&self, expr: &Expr) -> Option<Expr> {
        self.follow_with(expr, &Cell::new(MAX_STEPS))
    }

    fn follow_with(&self, expr: &Expr, steps: &Cell<usize>) -> Option<Expr> {
        step(steps)?;
        match expr {
            Expr::Ident(ident) => self.bound(&ident.to_string(), expr, steps),
            Expr::Select(select) => {
                let path: Option<Vec<String>> = attribute_names(select.attrpath()).into_iter().collect();
                self.attribute_of(select.expr()?, &path?, steps)
            }
            _ => None,
        }
    }

    fn bound(&self, name: &str, place: &Expr, steps: &Cell<usize>) -> Option<Expr> {
        let Some(bound) = binding(name, place.syntax()) else {
            return supplied(name, place.syntax());
        };
        match bound {
            Binding::Value(value) => Some(value),
            Binding::Inherited(from) => self.attribute_of(from, &[name.to_owned()], steps),
            Binding::Argument(lambda, _) => self.argument(&lambda, name, steps),
            Binding::Opaque => None,
        }
    }

    /// What a function of this file was given for an argument.
    fn argument(&self, lambda: &ast::Lambda, name: &str, steps: &Cell<usize>) -> Option<Expr> {
        let (_, given) = self.0.iter().rev().find(|(called, _)| called == lambda)?;
        match lambda.param()? {
            ast::Param::IdentParam(_) => Some(given.clone()),
            ast::Param::Pattern(_) => self.attribute_of(given.clone(), &[name.to_owned()], steps),
        }
    }

    /// The set that an expression stands for, if it is written out; of one that is made of several, the parts
    /// that are, the one that overrides the others first.
    fn sets(&self, expr: Expr, steps: &Cell<usize>) -> Vec<ast::AttrSet> {
        let (Some(()), Some(expr)) = (step(steps), value(expr)) else {
            return Vec::new();
        };
        match expr {
            Expr::AttrSet(set) => vec![set],
            name @ (Expr::Ident(_) | Expr::Select(_)) => {
                let followed = self.follow_with(&name, steps);
                followed.map(|value| self.sets(value, steps)).unwrap_or_default()
            }
            Expr::BinOp(update) if update.operator() == Some(BinOpKind::Update) => {
                let sides = [update.rhs(), update.lhs()];
                sides.into_iter().flatten().flat_map(|side| self.sets(side, steps)).collect()
            }
            _ => Vec::new(),
        }
    }

    fn attribute_of(&self, expr: Expr, path: &[String], steps: &Cell<usize>) -> Option<Expr> {
        self.sets(expr, steps).iter().find_map(|set| self.attribute_with(set, path, steps))
    }

    /// The value at a path of a set, in whatever way the path is divided: `a.b = x;`, `a = { b = x; };`.
    pub(super) fn attribute(&self, set: &ast::AttrSet, path: &[&str]) -> Option<Expr> {
        let path: Vec<String> = path.iter().map(|&name| name.to_owned()).collect();
        self.attribute_with(set, &path, &Cell::new(MAX_STEPS))
    }

    fn attribute_with(&self, set: &ast::AttrSet, path: &[String], steps: &Cell<usize>) -> Option<Expr> {
        step(steps)?;
        for entry in set.attrpath_values() {
            let names: Option<Vec<String>> = attribute_names(entry.attrpath()).into_iter().collect();
            let Some(rest) = names.as_ref().and_then(|names| path.strip_prefix(names.as_slice())) else {
                continue;
            };
            let found = match rest {
                [] => entry.value(),
                _ => entry.value().and_then(|inner| self.attribute_of(inner, rest, steps)),
            };
            if found.is_some() {
                return found;
            }
        }
        let [name] = path else { return None };
        let inherit = set.inherits().find(|inherit| inherits(inherit, name))?;
        match inherit.from() {
            Some(from) => self.attribute_of(from.expr()?, path, steps),
            // `inherit name;` stands for the name outside of the set.
            None => match binding(name, set.syntax())? {
                Binding::Value(value) => Some(value),
                Binding::Inherited(from) => self.attribute_of(from, path, steps),
                Binding::Argument(lambda, _) => self.argument(&lambda, name, steps),
                Binding::Opaque => None,
            },
        }
    }
}

fn step(steps: &Cell<usize>) -> Option<()> {
    steps.set(steps.get().checked_sub(1)?);
    Some(())
}
