//! Finding the shell: which expression of the file is the development shell,
//! and which attribute sets are its arguments.
//!
//! Follows names, aliases and the outputs of flakes. Lists are no business of
//! this file, and neither is spelling.

use rnix::SyntaxNode;
use rnix::ast::{self, BinOpKind, Expr, HasEntry};
use rowan::ast::AstNode;

use super::scope::{Binding, binding, nixpkgs_path};
use super::syntax::{Call, FUEL, attribute_names, bare, last_name, result, value};

/// Names under which a set of shells keeps the one that is meant by default.
const DEFAULTS: &[&str] = &["default", "shell", "devShell"];

/// One development shell.
pub(super) struct Shell {
    /// The application, e.g. `pkgs.mkShell { … }`.
    pub(super) apply: ast::Apply,
    /// What made it: `mkShell`, `mkShellNoCC` or `mkDerivation`.
    pub(super) constructor: String,
    /// The set the constructor was selected from: `pkgs` of `pkgs.mkShell`.
    pub(super) set: Option<Expr>,
    /// Its output's name, if it has one.
    pub(super) output: Option<String>,
    /// The sets it is made of, the one that overrides the others first.
    pub(super) arguments: Vec<ast::AttrSet>,
}

/// What the search came upon.
#[derive(Default)]
pub(super) struct Search {
    pub(super) shells: Vec<Shell>,
    /// Why an expression that should be the shell is not one to edit.
    pub(super) notes: Vec<(SyntaxNode, String)>,
    /// The file that holds the shell instead, as written.
    pub(super) instead: Option<String>,
}

/// Searches the file for its shells.
pub(super) fn search(root: &ast::Root) -> Search {
    let mut search = Search::default();
    if let Some(expr) = root.expr().and_then(result) {
        search.visit_file(expr);
    }
    search
}

impl Search {
    fn visit_file(&mut self, expr: Expr) {
        let outputs = match &expr {
            Expr::AttrSet(set) => {
                let flake = attribute(set, "outputs");
                flake.map_or_else(|| outputs(&expr, FUEL), |flake| flake_outputs(&flake))
            }
            Expr::BinOp(_) | Expr::LegacyLet(_) => outputs(&expr, FUEL),
            _ => return self.visit(expr, None, FUEL),
        };
        self.visit_outputs(&outputs);
        if outputs.is_empty() {
            self.note(&expr, "has no attribute that is a development shell");
        }
    }

    /// The output named `default`, or else whichever there are.
    fn visit_outputs(&mut self, all: &[Output]) {
        let is_default = |output: &&Output| DEFAULTS.contains(&output.name.as_str());
        let defaults: Vec<&Output> = all.iter().filter(is_default).collect();
        let chosen = if defaults.is_empty() {
            all.iter().collect()
        } else {
            defaults
        };
        for output in chosen {
            let target = alias(output, all).unwrap_or(output);
            self.visit(target.expr.clone(), Some(&target.name), FUEL);
        }
    }

    fn visit(&mut self, expr: Expr, output: Option<&str>, fuel: usize) {
        let (Some(fuel), Some(expr)) = (fuel.checked_sub(1), result(expr)) else {
            return;
        };
        match &expr {
            Expr::Ident(ident) => match binding(&ident.to_string(), ident.syntax()) {
                Some(Binding::Value(value)) => self.visit(value, output, fuel),
                _ => self.note(&expr, "is a name that is not defined in this file"),
            },
            Expr::Apply(apply) => self.visit_call(apply, output, fuel),
            Expr::BinOp(operation) if operation.operator() == Some(BinOpKind::Update) => {
                // What is added to a derivation is not among its inputs.
                operation
                    .lhs()
                    .into_iter()
                    .for_each(|lhs| self.visit(lhs, output, fuel));
            }
            Expr::Select(_) => self.visit_selection(&expr),
            Expr::IfElse(_) => self.note(&expr, "depends on a condition"),
            _ => self.note(&expr, "is not a development shell"),
        }
    }

    fn visit_selection(&mut self, expr: &Expr) {
        let name = last_name(expr).unwrap_or_default();
        if name == "env" {
            self.note(
                expr,
                "is the `.env` of a Python environment, which holds no libraries",
            );
        } else {
            self.find_import(expr);
            self.note(expr, "is selected from something else");
        }
    }

    fn visit_call(&mut self, apply: &ast::Apply, output: Option<&str>, fuel: usize) {
        let Some(call) = Call::new(apply) else { return };
        if let Some(call) = constructor_call(&call, fuel) {
            return self.add_shell(apply, &call, output);
        }
        if let Some(Binding::Value(Expr::Lambda(function))) = local(&call.function) {
            return self.visit(Expr::Lambda(function), output, fuel);
        }
        let expr = Expr::Apply(apply.clone());
        self.find_import(&expr);
        self.note(
            &expr,
            &format!("is made by `{}`, not by `mkShell`", call.name()),
        );
    }

    fn add_shell(&mut self, apply: &ast::Apply, call: &Call, output: Option<&str>) {
        let mut arguments = Vec::new();
        if let Some(last) = call.arguments.last() {
            argument_sets(last.clone(), &mut arguments, FUEL);
        }
        if self.shells.iter().any(|shell| shell.apply == *apply) {
            return;
        }
        let (constructor, set) = constructor_and_set(&call.function);
        let output = output.map(str::to_owned);
        self.shells.push(Shell {
            apply: apply.clone(),
            constructor,
            set,
            output,
            arguments,
        });
    }

    fn note(&mut self, expr: &Expr, why: &str) {
        self.notes.push((expr.syntax().clone(), why.to_owned()));
    }

    /// Remembers the file that `import ./shell.nix …` or `callPackage` names.
    fn find_import(&mut self, expr: &Expr) {
        let calls = expr.syntax().descendants().filter_map(ast::Apply::cast);
        let path = calls.filter_map(|apply| imported_path(&apply)).next();
        self.instead = self.instead.take().or(path);
    }
}

fn imported_path(apply: &ast::Apply) -> Option<String> {
    let loader = last_name(&bare(apply.lambda()?)?)?;
    match apply.argument()? {
        Expr::PathRel(path) if matches!(loader.as_str(), "import" | "callPackage") => {
            Some(path.to_string())
        }
        _ => None,
    }
}

/// The binding of a function that is called by a plain name.
fn local(function: &Expr) -> Option<Binding> {
    match function {
        Expr::Ident(ident) => binding(&ident.to_string(), ident.syntax()),
        _ => None,
    }
}

/// The call as one of a shell's constructor, with a local name for the
/// constructor (`mkShell = pkgs.mkShell.override { … };`) replaced.
fn constructor_call(call: &Call, fuel: usize) -> Option<Call> {
    let fuel = fuel.checked_sub(1)?;
    let arguments = || call.arguments.iter().cloned();
    match local(&call.function) {
        Some(Binding::Value(Expr::Apply(apply))) => {
            let mut named = Call::new(&apply)?;
            named.arguments.extend(arguments());
            constructor_call(&named, fuel)
        }
        Some(Binding::Value(function @ Expr::Select(_))) => constructor_call(
            &Call {
                function,
                arguments: arguments().collect(),
            },
            fuel,
        ),
        Some(Binding::Value(_) | Binding::Opaque) => None,
        Some(Binding::Inherited(from)) => {
            (is_constructor(call) && is_package_source(&from)).then(|| call.clone())
        }
        Some(Binding::Argument(..)) | None => is_constructor(call).then(|| call.clone()),
    }
}

pub(super) fn is_constructor(call: &Call) -> bool {
    let (name, set) = constructor_and_set(&call.function);
    let overrides = last_name(&call.function).as_deref() == Some("override");
    let complete = call.arguments.len() == if overrides { 2 } else { 1 };
    let known = match name.as_str() {
        "mkShell" | "mkShellNoCC" => set.is_none_or(|set| is_package_source(&set)),
        "mkDerivation" => is_standard_environment(&call.function),
        _ => false,
    };
    complete && known
}

/// Whether `mkDerivation` is the one of a standard environment: Python tools
/// have functions of that name with other arguments.
fn is_standard_environment(function: &Expr) -> bool {
    match function {
        Expr::Select(select) => {
            let mut names = attribute_names(select.attrpath());
            names.pop();
            let before = names
                .pop()
                .unwrap_or_else(|| select.expr().as_ref().and_then(last_name));
            before.is_some_and(|name| name.to_lowercase().contains("stdenv"))
        }
        _ => true,
    }
}

/// Whether an expression is nixpkgs or is named like it; devshell, devenv and
/// mach-nix have a `mkShell` too, whose arguments mean other things.
fn is_package_source(set: &Expr) -> bool {
    nixpkgs_path(set).is_some_and(|path| !path.iter().any(|name| name == "devshell"))
        || last_name(set).is_some_and(|name| name.contains("pkgs"))
}

/// `mkShell` and `pkgs`, of `pkgs.mkShell` and of `pkgs.mkShell.override`.
fn constructor_and_set(function: &Expr) -> (String, Option<Expr>) {
    let Expr::Select(select) = function else {
        return (last_name(function).unwrap_or_default(), None);
    };
    let mut names = attribute_names(select.attrpath());
    if names.len() > 1 && names.last() == Some(&Some("override".to_owned())) {
        names.pop();
    }
    let name = names.pop().flatten().unwrap_or_default();
    let base = select.expr();
    match (name.as_str(), names.is_empty(), base) {
        ("override", true, Some(base)) => constructor_and_set(&base),
        (_, true, base) => (name, base),
        // `pkgs.stdenv.mkDerivation`: the set is what the path begins with.
        ("mkDerivation", false, base) => (name, base),
        (_, false, _) => (name, Some(function.clone())),
    }
}

/// The sets an argument is made of. Behind a set that is not written out
/// nothing counts: it may override what comes before it.
fn argument_sets(expr: Expr, sets: &mut Vec<ast::AttrSet>, fuel: usize) -> bool {
    let (Some(fuel), Some(expr)) = (fuel.checked_sub(1), result(expr)) else {
        return false;
    };
    match &expr {
        Expr::AttrSet(set) => {
            sets.push(set.clone());
            true
        }
        Expr::Ident(ident) => match binding(&ident.to_string(), ident.syntax()) {
            Some(Binding::Value(value)) => argument_sets(value, sets, fuel),
            _ => false,
        },
        Expr::BinOp(operation) if operation.operator() == Some(BinOpKind::Update) => {
            let sides = [operation.rhs(), operation.lhs()];
            sides
                .into_iter()
                .flatten()
                .all(|side| argument_sets(side, sets, fuel))
        }
        _ => false,
    }
}

/// The value bound to a plain attribute of a set.
pub(super) fn attribute(set: &ast::AttrSet, name: &str) -> Option<Expr> {
    set.attrpath_values().find_map(|entry| {
        let names = attribute_names(entry.attrpath());
        (names == [Some(name.to_owned())])
            .then(|| entry.value())
            .flatten()
    })
}

/// A named value among which a shell is chosen.
struct Output {
    name: String,
    expr: Expr,
}

/// The development shells of a flake, wherever `devShells` is written.
fn flake_outputs(outputs_value: &Expr) -> Vec<Output> {
    let entries = outputs_value
        .syntax()
        .descendants()
        .filter_map(ast::AttrpathValue::cast);
    let mut found = Vec::new();
    for entry in entries {
        let names = attribute_names(entry.attrpath());
        let (Some(Some(first)), Some(value)) = (names.first(), entry.value()) else {
            continue;
        };
        match first.as_str() {
            "devShells" => collect(&names[1..], &value, &mut found, FUEL),
            "devShell" => collect_only(&value, &mut found),
            _ => {}
        }
    }
    found
}

/// The old output, which holds one shell for each system.
fn collect_only(value: &Expr, found: &mut Vec<Output>) {
    let mut below = Vec::new();
    collect(&[], value, &mut below, FUEL);
    found.extend(below.into_iter().map(|output| Output {
        name: "default".to_owned(),
        ..output
    }));
}

/// The shells in a file whose value is a set: its default, or what `mkShell` made.
fn outputs(expr: &Expr, fuel: usize) -> Vec<Output> {
    let mut found = Vec::new();
    collect(&[], expr, &mut found, fuel);
    found.retain(|output| {
        DEFAULTS.contains(&output.name.as_str()) || output.expr.to_string().contains("mkShell")
    });
    found
}

/// Collects the named values in a set, through the functions that make sets
/// for each system.
fn collect(path: &[Option<String>], expr: &Expr, found: &mut Vec<Output>, fuel: usize) {
    let (Some(fuel), Some(inner)) = (fuel.checked_sub(1), result(expr.clone())) else {
        return;
    };
    match &inner {
        Expr::AttrSet(set) => {
            for entry in set.attrpath_values() {
                let Some(value) = entry.value() else { continue };
                let names: Vec<_> = path
                    .iter()
                    .cloned()
                    .chain(attribute_names(entry.attrpath()))
                    .collect();
                collect(&names, &value, found, fuel);
            }
            collect_inherited(set, found);
        }
        Expr::BinOp(operation) if operation.operator() == Some(BinOpKind::Update) => {
            for side in [operation.lhs(), operation.rhs()].into_iter().flatten() {
                collect(path, &side, found, fuel);
            }
        }
        Expr::Apply(apply) => match per_system(apply) {
            Some(body) => collect(path, &body, found, fuel),
            None => push_output(path, expr, found),
        },
        _ => push_output(path, expr, found),
    }
}

fn push_output(path: &[Option<String>], expr: &Expr, found: &mut Vec<Output>) {
    let name = path
        .iter()
        .rev()
        .flatten()
        .next()
        .cloned()
        .unwrap_or_default();
    found.push(Output {
        name,
        expr: expr.clone(),
    });
}

/// `inherit shell;`: the names stand for themselves outside the set.
fn collect_inherited(set: &ast::AttrSet, found: &mut Vec<Output>) {
    for inherit in set.inherits().filter(|inherit| inherit.from().is_none()) {
        for name in inherit
            .attrs()
            .filter_map(|a| super::syntax::attribute_name(&a))
        {
            if let Some(Binding::Value(expr)) = binding(&name, set.syntax()) {
                found.push(Output { name, expr });
            }
        }
    }
}

/// The body of the function in `forAllSystems (system: { … })`.
fn per_system(apply: &ast::Apply) -> Option<Expr> {
    let call = Call::new(apply)?;
    if constructor_call(&call, FUEL).is_some() {
        return None;
    }
    match bare(call.arguments.last()?.clone())? {
        Expr::Lambda(lambda) => lambda.body(),
        _ => None,
    }
}

/// The output that another one only names: `default = full;`.
fn alias<'a>(output: &Output, all: &'a [Output]) -> Option<&'a Output> {
    let expr = value(output.expr.clone())?;
    let name = last_name(&expr)?;
    let bound = matches!(&expr, Expr::Ident(ident) if binding(&name, ident.syntax()).is_some());
    if bound {
        return None;
    }
    all.iter()
        .find(|other| other.name == name && other.name != output.name)
}
