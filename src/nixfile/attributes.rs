//! The sets that a shell is made of, and what they say of an attribute.

use rnix::ast::{self, BinOpKind, Expr, HasEntry};

use super::follow::Calls;
use super::syntax::{Call, FUEL, attribute_names, last_name, result};

/// The sets behind an argument, the one that overrides the others first.
#[derive(Clone, Default)]
pub(super) struct Attributes {
    pub(super) sets: Vec<ast::AttrSet>,
    /// Sets that count under a condition, and how many of the others come before each.
    conditional: Vec<(usize, ast::AttrSet)>,
}

impl Attributes {
    /// What an argument is made of; whether that is all of it. Behind a set that is not written out nothing
    /// counts: it may override what comes before it.
    pub(super) fn of(argument: Expr, calls: &Calls) -> (Attributes, bool) {
        let mut attributes = Attributes::default();
        let complete = attributes.collect(argument, calls, FUEL);
        (attributes, complete)
    }

    /// Those of one set.
    pub(super) fn of_set(set: ast::AttrSet) -> Attributes {
        Attributes { sets: vec![set], conditional: Vec::new() }
    }

    fn collect(&mut self, expr: Expr, calls: &Calls, fuel: usize) -> bool {
        let (Some(fuel), Some(expr)) = (fuel.checked_sub(1), result(expr)) else {
            return false;
        };
        match &expr {
            Expr::AttrSet(set) => {
                self.sets.push(set.clone());
                true
            }
            Expr::Ident(_) | Expr::Select(_) => {
                calls.follow(&expr).is_some_and(|value| self.collect(value, calls, fuel))
            }
            Expr::BinOp(operation) if operation.operator() == Some(BinOpKind::Update) => {
                let sides = [operation.rhs(), operation.lhs()];
                sides.into_iter().flatten().all(|side| self.collect(side, calls, fuel))
            }
            Expr::Apply(apply) => match conditional_set(apply) {
                Some(set) => {
                    self.conditional.push((self.sets.len(), set));
                    true
                }
                None => false,
            },
            _ => false,
        }
    }

    /// The value at a path, unless a condition decides which it is.
    pub(super) fn get(&self, path: &[&str], calls: &Calls) -> Option<Expr> {
        let found = |(index, set)| Some((index, calls.attribute(set, path)?));
        let (index, value) = self.sets.iter().enumerate().find_map(found)?;
        let mut before = self.conditional.iter().filter(|(at, _)| *at <= index);
        before.all(|(_, set)| calls.attribute(set, path).is_none()).then_some(value)
    }

    /// Whether a set has an attribute of this name, whatever is below it.
    pub(super) fn binds(&self, name: &str) -> bool {
        let entries = self.sets.iter().flat_map(HasEntry::attrpath_values);
        let mut names =
            entries.filter_map(|entry| attribute_names(entry.attrpath()).into_iter().next().flatten());
        names.any(|own| own == name)
    }
}

/// The set in `optionalAttrs isLinux { … }`.
fn conditional_set(apply: &ast::Apply) -> Option<ast::AttrSet> {
    let call = Call::new(apply)?;
    match result(call.arguments.last()?.clone())? {
        Expr::AttrSet(set) if last_name(&call.function)? == "optionalAttrs" => Some(set),
        _ => None,
    }
}
