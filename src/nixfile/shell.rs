//! Finding the shell: which expression of the file is the development shell,
//! and which attribute sets are its arguments.
//!
//! Follows names and local functions from the file's value. Which list is the
//! right one is not asked here, and neither is spelling.

use rnix::SyntaxNode;
use rnix::ast::{self, BinOpKind, Expr};
use rowan::ast::AstNode;

use super::constructor::{Constructor, PackageSet, local};
use super::inputs::inputs;
use super::outputs::chosen_outputs;
use super::scope::{Binding, binding};
use super::syntax::{Call, FUEL, attribute, bare, last_name, result};

/// One development shell.
pub(super) struct Shell {
    /// The application, e.g. `pkgs.mkShell { … }`.
    pub(super) apply: ast::Apply,
    /// What made it: `mkShell`, `mkShellNoCC`, `mkVenvShell` or `mkDerivation`.
    pub(super) constructor: String,
    /// The set the constructor was selected from.
    pub(super) set: Option<PackageSet>,
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
    if let Some(file) = root.expr().and_then(result) {
        search.visit_file(file);
    }
    search
}

impl Search {
    fn visit_file(&mut self, file: Expr) {
        if !matches!(file, Expr::AttrSet(_) | Expr::BinOp(_)) {
            return self.visit(file, None, FUEL);
        }
        let outputs = chosen_outputs(&file);
        if outputs.is_empty() {
            self.note(&file, "has no attribute that is a development shell");
        }
        for output in outputs {
            self.visit(output.expr, Some(&output.name), FUEL);
        }
    }

    fn visit(&mut self, expr: Expr, output: Option<&str>, fuel: usize) {
        let (Some(fuel), Some(expr)) = (fuel.checked_sub(1), result(expr)) else {
            return;
        };
        match &expr {
            Expr::Ident(ident) => match binding(&ident.to_string(), ident.syntax()) {
                Some(Binding::Value(value)) => self.visit(value, output, fuel),
                _ => self.note(&expr, "is a name that this file gives no value"),
            },
            Expr::Apply(apply) => self.visit_call(apply, output, fuel),
            Expr::BinOp(operation) if operation.operator() == Some(BinOpKind::Update) => {
                // What is added to a derivation is not among its inputs.
                if let Some(derivation) = operation.lhs() {
                    self.visit(derivation, output, fuel);
                }
            }
            Expr::Select(select) => self.visit_selection(select),
            Expr::IfElse(_) => self.note(&expr, "depends on a condition"),
            _ => self.note(&expr, "is not a development shell"),
        }
    }

    fn visit_selection(&mut self, select: &ast::Select) {
        let expr = Expr::Select(select.clone());
        let maker = select.expr().and_then(maker);
        self.find_import(&expr);
        match maker {
            Some(maker) => self.note(&expr, &format!("is made by `{maker}`, not by nixpkgs' `mkShell`")),
            None => self.note(&expr, "is selected from something else"),
        }
    }

    fn visit_call(&mut self, apply: &ast::Apply, output: Option<&str>, fuel: usize) {
        let Some(call) = Call::new(apply) else { return };
        if let Some(constructor) = Constructor::of(&call) {
            return self.add_shell(apply, constructor, output);
        }
        if let Some(Binding::Value(Expr::Lambda(function))) = local(&call.function) {
            return self.visit(Expr::Lambda(function), output, fuel);
        }
        let expr = Expr::Apply(apply.clone());
        self.find_import(&expr);
        self.note(&expr, &format!("is made by `{}`, not by nixpkgs' `mkShell`", call.name()));
    }

    fn add_shell(&mut self, apply: &ast::Apply, constructor: Constructor, output: Option<&str>) {
        if self.shells.iter().any(|shell| shell.apply == *apply) {
            return;
        }
        let expr = Expr::Apply(apply.clone());
        let mut arguments = Vec::new();
        if !argument_sets(constructor.argument, &mut arguments, FUEL) {
            self.note(&expr, "is given arguments that are not all written in this file");
        }
        if constructor.name == "mkDerivation" && is_package(&arguments) {
            return self.note(&expr, "builds a package, and is not only a development shell");
        }
        let shell = Shell {
            apply: apply.clone(),
            constructor: constructor.name,
            set: constructor.set,
            output: output.map(str::to_owned),
            arguments,
        };
        match environment_within(&shell) {
            Some(inner) => self.note(&inner, "is an environment with libraries of its own"),
            None => self.shells.push(shell),
        }
    }

    fn note(&mut self, expr: &Expr, why: &str) {
        self.notes.push((expr.syntax().clone(), why.to_owned()));
    }

    /// Remembers the file that `import ./shell.nix …` or `callPackage` names.
    fn find_import(&mut self, expr: &Expr) {
        let mut calls = expr.syntax().descendants().filter_map(ast::Apply::cast);
        let path = calls.find_map(|apply| imported_path(&apply));
        self.instead = self.instead.take().or(path);
    }
}

/// The FHS environment that a shell wraps: Python runs in there, and sees its
/// libraries instead of the shell's.
fn environment_within(shell: &Shell) -> Option<Expr> {
    let mut elements = inputs(shell).into_iter().flat_map(|input| input.list.items());
    elements.find(|element| maker(element.clone()).is_some_and(|maker| maker.contains("FHS")))
}

/// A derivation that says how it is built, and nothing of a shell.
fn is_package(arguments: &[ast::AttrSet]) -> bool {
    let binds = |name: &&str| arguments.iter().any(|set| attribute(set, name).is_some());
    let builds = ["src", "buildPhase", "installPhase"].iter().any(&binds);
    builds && !binds(&"shellHook")
}

/// The function that made what an expression or the name of one stands for.
fn maker(expr: Expr) -> Option<String> {
    let mut expr = bare(expr)?;
    if let Some(Binding::Value(value)) = local(&expr) {
        expr = bare(value)?;
    }
    match expr {
        Expr::Apply(apply) => Some(Call::new(&apply)?.name()),
        _ => None,
    }
}

fn imported_path(apply: &ast::Apply) -> Option<String> {
    let loader = last_name(&bare(apply.lambda()?)?)?;
    match apply.argument()? {
        Expr::PathRel(path) if matches!(loader.as_str(), "import" | "callPackage") => Some(path.to_string()),
        _ => None,
    }
}

/// The sets an argument is made of; whether that is all of them. Behind a set
/// that is not written out nothing counts: it may override what comes before it.
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
            sides.into_iter().flatten().all(|side| argument_sets(side, sets, fuel))
        }
        _ => false,
    }
}
