//! The named shells of a flake or of a file whose value is a set, and the one
//! that is meant where nobody names one.
//!
//! Finds expressions by their names; what they are is for `shell` to say.

use rnix::ast::{self, BinOpKind, Expr, HasEntry};
use rowan::ast::AstNode;

use super::constructor::Constructor;
use super::follow::Calls;
use super::syntax::{Call, FUEL, attribute, attribute_name, attribute_names, bare};
use super::syntax::{last_name, result, value};

/// A named value among which a shell is chosen.
#[derive(Clone)]
pub(super) struct Output {
    pub(super) name: String,
    pub(super) expr: Expr,
}

/// The named shells of a file.
pub(super) struct Outputs {
    all: Vec<Output>,
    /// The names that mean the shell where nobody names one.
    defaults: &'static [&'static str],
}

/// All that a file offers for a shell.
pub(super) fn shell_outputs(file: &Expr) -> Outputs {
    let flake = match file {
        Expr::AttrSet(set) => attribute(set, "outputs"),
        _ => None,
    };
    match flake {
        Some(outputs) => Outputs { all: flake_outputs(&outputs), defaults: &["default"] },
        None => Outputs { all: set_outputs(file), defaults: &["shell", "default", "devShell"] },
    }
}

impl Outputs {
    /// Their names, in the file's order.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for output in &self.all {
            if !names.contains(&output.name) {
                names.push(output.name.clone());
            }
        }
        names
    }

    /// Those of this name; without one the default, or else all there are.
    pub(super) fn choose(&self, name: Option<&str>) -> Vec<Output> {
        let named = |name: &str| {
            let outputs: Vec<&Output> = self.all.iter().filter(|output| output.name == name).collect();
            (!outputs.is_empty()).then_some(outputs)
        };
        let chosen = match name {
            Some(name) => named(name).unwrap_or_default(),
            None => {
                let default = self.defaults.iter().find_map(|name| named(name));
                default.unwrap_or_else(|| self.all.iter().collect())
            }
        };
        chosen.into_iter().map(|output| alias(output, &self.all).unwrap_or(output).clone()).collect()
    }
}

/// The output that another one only names: `self.devShells.${system}.full`.
fn alias<'a>(output: &Output, all: &'a [Output]) -> Option<&'a Output> {
    let expr = value(output.expr.clone())?;
    let selected = matches!(expr, Expr::Select(_)) && expr.to_string().contains("devShells");
    let name = last_name(&expr).filter(|name| selected && *name != output.name)?;
    all.iter().find(|other| other.name == name)
}

/// The development shells of a flake, wherever `devShells` is written.
fn flake_outputs(outputs: &Expr) -> Vec<Output> {
    let mut found = Collector::default();
    for entry in outputs.syntax().descendants().filter_map(ast::AttrpathValue::cast) {
        let names = attribute_names(entry.attrpath());
        let (Some(Some(first)), Some(value)) = (names.first(), entry.value()) else {
            continue;
        };
        match first.as_str() {
            "devShells" => found.collect(&names[1..], &value, FUEL),
            "devShell" => found.collect_only(&value),
            "devshells" => found.collect_modules_below(&names[1..], &value),
            "devenv" => found.collect_modules(&names[1..], &value),
            _ => {}
        }
    }
    found.outputs
}

/// The shells in a file whose value is a set. Packages are not counted: only
/// what is named like a shell, or made by `mkShell`.
fn set_outputs(file: &Expr) -> Vec<Output> {
    let of_flake = flake_outputs(file);
    if !of_flake.is_empty() {
        return of_flake;
    }
    let mut found = Collector::default();
    found.collect(&[], file, FUEL);
    let is_shell = |output: &Output| {
        let followed = Calls::default().follow(&output.expr);
        let text = followed.as_ref().unwrap_or(&output.expr).to_string();
        text.contains("mkShell") || text.contains("buildFHS")
    };
    let is_named = |output: &Output| matches!(output.name.as_str(), "shell" | "default" | "devShell");
    found.outputs.retain(|output| is_named(output) || is_shell(output));
    found.outputs
}

/// How many values are gone through: sets that name each other would else be gone through for ever.
const MAX_STEPS: usize = 4_000;

/// Collects the named values in a set, through the functions that make sets
/// for each system.
#[derive(Default)]
struct Collector {
    outputs: Vec<Output>,
    steps: usize,
}

impl Collector {
    fn collect(&mut self, path: &[Option<String>], expr: &Expr, fuel: usize) {
        self.steps += 1;
        let (Some(fuel), Some(inner)) = (fuel.checked_sub(1), result(expr.clone())) else {
            return;
        };
        if self.steps > MAX_STEPS {
            return;
        }
        match &inner {
            Expr::AttrSet(set) => self.collect_set(path, set, fuel),
            Expr::BinOp(operation) if is_shell_with_more(operation) => self.push(path, expr),
            Expr::BinOp(operation) if operation.operator() == Some(BinOpKind::Update) => {
                for side in [operation.lhs(), operation.rhs()].into_iter().flatten() {
                    self.collect(path, &side, fuel);
                }
            }
            Expr::Apply(apply) => match inside_call(apply) {
                Some(body) => self.collect(path, &body, fuel),
                None => self.push(path, expr),
            },
            Expr::Ident(_) | Expr::Select(_) => match Calls::default().follow(&inner) {
                Some(value) if holds_shells(&value) => self.collect(path, &value, fuel),
                _ => self.push(path, expr),
            },
            _ => self.push(path, expr),
        }
    }

    fn collect_set(&mut self, path: &[Option<String>], set: &ast::AttrSet, fuel: usize) {
        for entry in set.attrpath_values() {
            let Some(value) = entry.value() else { continue };
            let names = path.iter().cloned().chain(attribute_names(entry.attrpath()));
            self.collect(&names.collect::<Vec<_>>(), &value, fuel);
        }
        for inherit in set.inherits() {
            for name in inherit.attrs().filter_map(|attribute| attribute_name(&attribute)) {
                if let Some(expr) = Calls::default().attribute(set, &[&name]) {
                    self.outputs.push(Output { name, expr });
                }
            }
        }
    }

    /// The old output, which holds one shell for each system.
    fn collect_only(&mut self, value: &Expr) {
        let mut below = Collector { steps: self.steps, ..Collector::default() };
        below.collect(&[], value, FUEL);
        self.steps = below.steps;
        let outputs = below.outputs.into_iter();
        self.outputs.extend(outputs.map(|output| Output { name: "default".to_owned(), ..output }));
    }

    /// `devshells.default = { … };`, a module of numtide's devshell.
    fn collect_modules_below(&mut self, path: &[Option<String>], value: &Expr) {
        let path: Vec<Option<String>> =
            std::iter::once(Some("shells".to_owned())).chain(path.iter().cloned()).collect();
        self.collect_modules(&path, value);
    }

    /// `devenv.shells.default = { … };`, however it is divided. Each is a module.
    fn collect_modules(&mut self, path: &[Option<String>], value: &Expr) {
        match (path, result(value.clone())) {
            ([Some(shells), name], Some(_)) if shells == "shells" => {
                self.push(std::slice::from_ref(name), value);
            }
            ([] | [Some(_)], Some(Expr::AttrSet(set))) if path.len() < 2 => {
                for entry in set.attrpath_values() {
                    let names = path.iter().cloned().chain(attribute_names(entry.attrpath()));
                    let names: Vec<_> = names.collect();
                    if let Some(value) = entry.value().filter(|_| names[0].as_deref() == Some("shells")) {
                        self.collect_modules(&names, &value);
                    }
                }
            }
            _ => {}
        }
    }

    fn push(&mut self, path: &[Option<String>], expr: &Expr) {
        let name = path.iter().rev().flatten().next().cloned().unwrap_or_default();
        self.outputs.push(Output { name, expr: expr.clone() });
    }
}

/// Whether what a name stands for is a set of shells, or makes one.
fn holds_shells(value: &Expr) -> bool {
    match result(value.clone()) {
        Some(Expr::AttrSet(_)) => true,
        Some(Expr::Apply(apply)) => per_system(&apply).is_some(),
        Some(Expr::BinOp(operation)) => operation.operator() == Some(BinOpKind::Update),
        _ => false,
    }
}

/// `mkShell { … } // { … }`
fn is_shell_with_more(operation: &ast::BinOp) -> bool {
    match operation.lhs().and_then(result) {
        Some(Expr::Apply(apply)) => Call::new(&apply).is_some_and(|call| Constructor::of(&call).is_some()),
        _ => false,
    }
}

/// The set of shells that a call makes.
fn inside_call(apply: &ast::Apply) -> Option<Expr> {
    per_system(apply).or_else(|| optional_set(apply)).or_else(|| set_of_function(apply))
}

/// The set that a function of the file makes: `shellsFor "x86_64-linux"`.
fn set_of_function(apply: &ast::Apply) -> Option<Expr> {
    let call = Call::new(apply)?;
    match Calls::default().follow(&call.function)? {
        Expr::Lambda(function) => {
            let body = function.body()?;
            matches!(result(body.clone()), Some(Expr::AttrSet(_))).then_some(body)
        }
        _ => None,
    }
}

/// The set in `optionalAttrs isLinux { … }`.
fn optional_set(apply: &ast::Apply) -> Option<Expr> {
    let call = Call::new(apply)?;
    let name = last_name(&call.function)?;
    let last = call.arguments.last()?.clone();
    matches!(name.as_str(), "optionalAttrs" | "recurseIntoAttrs" | "flattenTree").then_some(last)
}

/// Functions that take a function, and make no set of shells of it.
const NO_SETS: &[&str] =
    &["callPackage", "override", "overrideAttrs", "overrideDerivation", "withPackages", "extend"];

/// The body of the function in `forAllSystems (system: { … })`.
fn per_system(apply: &ast::Apply) -> Option<Expr> {
    let call = Call::new(apply)?;
    let name = last_name(&call.function).unwrap_or_default();
    if Constructor::of(&call).is_some() || NO_SETS.contains(&name.as_str()) {
        return None;
    }
    let function = |argument: Expr| match bare(argument)? {
        Expr::Lambda(lambda) => lambda.body(),
        _ => None,
    };
    // `mapAttrs` takes its function first, the others last.
    call.arguments.into_iter().rev().find_map(function)
}
