//! Finding the shell: which expression of the file is the development shell,
//! and which attribute sets are its arguments.
//!
//! Follows names and local functions from the file's value. Which list is the
//! right one is not asked here, and neither is spelling.

use rnix::SyntaxNode;
use rnix::ast::{self, BinOpKind, Expr};
use rowan::ast::AstNode;

use super::attributes::Attributes;
use super::constructor::{Constructor, PackageSet, is_fhs};
use super::delegate::delegate;
use super::derivation::{does_nothing, is_changed_package, is_package, only_shell};
use super::follow::Calls;
use super::inputs::inputs;
use super::module;
use super::outputs::{Output, shell_outputs};
use super::syntax::{Call, FUEL, attribute, attribute_names, bare, last_name, result, value};

/// What a shell is made of, and so where its libraries are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Inputs of a derivation.
    Inputs,
    /// A function from nixpkgs to what is in the environment.
    Fhs,
    /// A list that somebody's function is given.
    Positional,
    /// Options of a module: devenv, and others that look like it.
    Module,
}

/// One development shell.
#[derive(Clone)]
pub(super) struct Shell {
    /// What makes it, e.g. `pkgs.mkShell { … }`.
    pub(super) expr: Expr,
    /// What it is called in messages: `mkShell`, or "the module".
    pub(super) constructor: String,
    pub(super) kind: Kind,
    /// The set the constructor was selected from.
    pub(super) set: Option<PackageSet>,
    /// Its output's name, if it has one.
    pub(super) output: Option<String>,
    /// What it is made of.
    pub(super) attributes: Attributes,
    /// How it was reached.
    pub(super) calls: Calls,
}

impl Shell {
    /// What it is called in a message.
    pub(super) fn called(&self) -> String {
        match self.kind {
            Kind::Module => self.constructor.clone(),
            Kind::Inputs | Kind::Fhs | Kind::Positional => format!("`{}`", self.constructor),
        }
    }
}

/// What the search came upon.
#[derive(Default)]
pub(super) struct Search {
    pub(super) shells: Vec<Shell>,
    /// Why an expression that should be the shell is not one to edit.
    pub(super) notes: Vec<(SyntaxNode, String)>,
    /// The files that may hold the shell instead, as written.
    pub(super) instead: Vec<String>,
    /// The names of all shells.
    pub(super) names: Vec<String>,
    /// Somewhere the file hands on what it does not say itself.
    is_lost: bool,
    calls: Calls,
}

/// Searches the file for its shells: the one of this name, or the default one, or all there are.
pub(super) fn search(root: &ast::Root, name: Option<&str>) -> Search {
    let mut search = Search::default();
    if let Some(file) = root.expr().and_then(result) {
        search.visit_file(root, file, name);
    }
    search
}

impl Search {
    fn visit_file(&mut self, root: &ast::Root, file: Expr, name: Option<&str>) {
        let is_set = matches!(&file, Expr::AttrSet(_));
        if let (Expr::AttrSet(set), None) = (&file, name)
            && module::is_surely_module(set)
        {
            return self.add_module(&file, set.clone(), None);
        }
        let outputs = shell_outputs(&file);
        self.names = outputs.names();
        if !is_set && self.names.is_empty() {
            self.visit(file.clone(), None, FUEL);
        }
        for output in outputs.choose(name) {
            let Output { name, expr } = output;
            self.visit(expr, Some(&name), FUEL);
        }
        if !self.shells.is_empty() || name.is_some() {
            return;
        }
        if let (Expr::AttrSet(set), true) = (&file, self.notes.is_empty()) {
            return self.visit_set(root, set);
        }
        if let Some(only) = only_shell(root, false).filter(|_| self.is_lost) {
            self.visit(only, None, FUEL);
        }
    }

    /// A set without outputs that are shells: a module, or a flake that says so in its own way.
    fn visit_set(&mut self, root: &ast::Root, set: &ast::AttrSet) {
        let expr = Expr::AttrSet(set.clone());
        let outputs = attribute(set, "outputs");
        if outputs.is_none() && module::is_module(set, &self.calls) {
            return self.add_module(&expr, set.clone(), None);
        }
        self.instead.extend(delegate(outputs.as_ref().unwrap_or(&expr)));
        match only_shell(root, outputs.is_none()) {
            Some(only) => self.visit(only, None, FUEL),
            None => self.note(&expr, "has no attribute that is a development shell"),
        }
    }

    fn visit(&mut self, expr: Expr, output: Option<&str>, fuel: usize) {
        let (Some(fuel), Some(expr)) = (fuel.checked_sub(1), result(expr)) else {
            return;
        };
        match &expr {
            Expr::Ident(_) => match self.calls.follow(&expr) {
                Some(value) => self.visit(value, output, fuel),
                None => {
                    self.is_lost = true;
                    self.note(&expr, "is a name that this file gives no value");
                }
            },
            Expr::Apply(apply) => self.visit_call(apply, output, fuel),
            Expr::BinOp(operation) if operation.operator() == Some(BinOpKind::Update) => {
                // What is added to a derivation is not among its inputs.
                if let Some(derivation) = operation.lhs() {
                    self.visit(derivation, output, fuel);
                }
            }
            Expr::Select(select) => self.visit_selection(select, output, fuel),
            Expr::IfElse(branches) => match shell_branch(branches) {
                Some(branch) => self.visit(branch, output, fuel),
                None => self.note(&expr, "depends on a condition"),
            },
            Expr::AttrSet(set) if module::is_module(set, &self.calls) => {
                self.add_module(&expr, set.clone(), output);
            }
            Expr::List(_) if is_packages_of_shell(&expr) => self.shells.push(Shell {
                expr: expr.clone(),
                constructor: "devShell".to_owned(),
                kind: Kind::Positional,
                set: None,
                output: output.map(str::to_owned),
                attributes: Attributes::default(),
                calls: self.calls.clone(),
            }),
            Expr::PathRel(path) => {
                self.instead.push(path.to_string());
                self.note(&expr, "is another file");
            }
            _ => self.note(&expr, "is not a development shell"),
        }
    }

    fn visit_selection(&mut self, select: &ast::Select, output: Option<&str>, fuel: usize) {
        let expr = Expr::Select(select.clone());
        let name = last_name(&expr).unwrap_or_default();
        if let Some(base) = select.expr().filter(|_| name == "env" || name == "overrideAttrs")
            && self.is_shell(&base)
        {
            return self.visit(base, output, fuel);
        }
        if let Some(value) = self.calls.follow(&expr) {
            return self.visit(value, output, fuel);
        }
        let delegated = delegate(&expr);
        if let (Some(base), true) = (select.expr(), delegated.is_empty())
            && let Some(Expr::Apply(apply)) = self.named(base)
        {
            self.instead.extend(delegate(&Expr::Apply(apply)));
        }
        self.instead.extend(delegated);
        match select.expr().and_then(|base| self.maker(base)) {
            Some(maker) => {
                self.is_lost |= maker.rsplit('.').next().is_some_and(|name| OVER_SHELLS.contains(&name));
                self.note(&expr, &format!("is made by `{maker}`, not by nixpkgs' `mkShell`"));
            }
            None => {
                self.is_lost = true;
                self.note(&expr, "is selected from something else");
            }
        }
    }

    fn visit_call(&mut self, apply: &ast::Apply, output: Option<&str>, fuel: usize) {
        let Some(call) = Call::new(apply) else { return };
        let expr = Expr::Apply(apply.clone());
        if let Some(constructor) = Constructor::of(&call) {
            return self.add_shell(&expr, constructor, output);
        }
        if let Some(function) = self.function(&call.function) {
            if let Some(argument) = call.arguments.first() {
                self.calls.push(function.clone(), argument.clone());
            }
            return self.visit(Expr::Lambda(function), output, fuel);
        }
        let (name, last) = (last_name(&call.function).unwrap_or_default(), call.arguments.last().cloned());
        match (name.as_str(), last) {
            ("overrideAttrs" | "overrideDerivation", Some(change)) => {
                self.visit_overridden(&expr, &call, change, output, fuel);
            }
            ("mkShell", Some(argument)) if call.name().contains("devenv") => {
                self.visit_modules(&expr, argument, output);
            }
            ("callPackage", Some(_)) if matches!(call.arguments.first(), Some(Expr::Paren(_))) => {
                self.visit(call.arguments[0].clone(), output, fuel);
            }
            _ if self.add_other_shell(&expr, &call, output) => {}
            _ => {
                let delegated = delegate(&expr);
                // A function over shells, such as `listToAttrs`, and no maker of something else.
                self.is_lost |= delegated.is_empty() && OVER_SHELLS.contains(&name.as_str());
                self.instead.extend(delegated);
                self.note(&expr, &format!("is made by `{}`, not by nixpkgs' `mkShell`", call.name()));
            }
        }
    }

    /// The file's own function that an expression names.
    fn function(&self, function: &Expr) -> Option<ast::Lambda> {
        match self.named(function.clone())? {
            Expr::Lambda(lambda) => Some(lambda),
            _ => None,
        }
    }

    /// What a name stands for at last.
    fn named(&self, expr: Expr) -> Option<Expr> {
        let mut expr = bare(expr)?;
        for _ in 0..FUEL {
            match self.calls.follow(&expr) {
                Some(next) => expr = value(next)?,
                None => return Some(expr),
            }
        }
        None
    }

    fn is_shell(&self, expr: &Expr) -> bool {
        match self.named(expr.clone()).and_then(value) {
            Some(Expr::Apply(apply)) => {
                let call = Call::new(&apply);
                call.is_some_and(|call| Constructor::of(&call).is_some())
            }
            _ => false,
        }
    }

    /// `SHELL.overrideAttrs (old: { … })`: the lists of its own come first, then those of what is overridden.
    fn visit_overridden(
        &mut self,
        expr: &Expr,
        call: &Call,
        change: Expr,
        output: Option<&str>,
        fuel: usize,
    ) {
        let base = match &call.function {
            Expr::Select(select) => select.expr(),
            _ => None,
        };
        let (attributes, _) = Attributes::of(change, &self.calls);
        if is_changed_package(&attributes) {
            return self.note(expr, "changes a package, and is not only a development shell");
        }
        let own = Shell {
            expr: expr.clone(),
            constructor: call.name(),
            kind: Kind::Inputs,
            set: None,
            output: output.map(str::to_owned),
            attributes,
            calls: self.calls.clone(),
        };
        if let (true, Some(base)) = (inputs(&own).is_empty(), base) {
            return self.visit(base, output, fuel);
        }
        self.shells.push(Shell { constructor: "overrideAttrs".to_owned(), ..own });
    }

    fn add_shell(&mut self, expr: &Expr, constructor: Constructor, output: Option<&str>) {
        if self.shells.iter().any(|shell| shell.expr == *expr) {
            return;
        }
        let (attributes, complete) = Attributes::of(constructor.argument, &self.calls);
        if !complete && !is_fhs(&constructor.name) {
            self.note(expr, "is given arguments that are not all written in this file");
        }
        if constructor.name == "mkDerivation" && is_package(&attributes) {
            return self.note(expr, "builds a package, and is not only a development shell");
        }
        let kind = if is_fhs(&constructor.name) { Kind::Fhs } else { Kind::Inputs };
        let shell = Shell {
            expr: expr.clone(),
            constructor: constructor.name,
            kind,
            set: constructor.set,
            output: output.map(str::to_owned),
            attributes,
            calls: self.calls.clone(),
        };
        match self.environment_within(&shell) {
            Some(inner) => self.visit(inner, output, FUEL),
            None => self.shells.push(shell),
        }
    }

    /// A shell of somebody else's function that takes inputs as nixpkgs' does.
    fn add_other_shell(&mut self, expr: &Expr, call: &Call, output: Option<&str>) -> bool {
        let name = last_name(&call.function).unwrap_or_default();
        let argument = match name.as_str() {
            "runCommand" | "runCommandCC" | "runCommandNoCC" => {
                call.arguments.get(1).filter(|_| does_nothing(call))
            }
            _ => call.arguments.last(),
        };
        let argument = argument.map(|argument| Attributes::of(argument.clone(), &self.calls));
        let (attributes, _) = argument.unwrap_or_default();
        let has_hook = attributes.binds("shellHook");
        let is_shell = OTHER_SHELLS.contains(&name.as_str())
            || name.ends_with("Shell")
            || (name.starts_with("buildPython") && has_hook);
        let kind = if attributes.sets.is_empty() { Kind::Positional } else { Kind::Inputs };
        let shell = Shell {
            expr: expr.clone(),
            constructor: name,
            kind,
            set: None,
            output: output.map(str::to_owned),
            attributes,
            calls: self.calls.clone(),
        };
        let found = is_shell && !inputs(&shell).is_empty();
        if found {
            self.shells.push(shell);
        }
        found
    }

    fn add_module(&mut self, expr: &Expr, set: ast::AttrSet, output: Option<&str>) {
        let set = module::config(set, &self.calls);
        self.instead.extend(module::imports(&set, &self.calls));
        self.shells.push(Shell {
            expr: expr.clone(),
            constructor: "the module".to_owned(),
            kind: Kind::Module,
            set: None,
            output: output.map(str::to_owned),
            attributes: Attributes::of_set(set),
            calls: self.calls.clone(),
        });
    }

    /// `devenv.lib.mkShell { modules = [ … ]; }`
    fn visit_modules(&mut self, expr: &Expr, argument: Expr, output: Option<&str>) {
        let (attributes, _) = Attributes::of(argument, &self.calls);
        let modules = attributes.get(&["modules"], &self.calls);
        let Some(Expr::List(modules)) = modules.and_then(|modules| self.named(modules)) else {
            return self.note(expr, "has no modules that are written out");
        };
        let before = self.shells.len();
        for item in modules.items() {
            match self.named(item).and_then(result) {
                Some(Expr::AttrSet(set)) => self.add_module(expr, set, output),
                Some(Expr::PathRel(path)) => self.instead.push(path.to_string()),
                Some(other) => self.instead.extend(delegate(&other)),
                None => {}
            }
        }
        module::keep_best(&mut self.shells, before);
        if self.shells.len() == before {
            self.note(expr, "has no modules that are written out");
        }
    }

    fn note(&mut self, expr: &Expr, why: &str) {
        self.notes.push((expr.syntax().clone(), why.to_owned()));
    }

    /// The FHS environment that a shell only wraps: Python runs in there, and sees its
    /// libraries instead of the shell's.
    fn environment_within(&self, shell: &Shell) -> Option<Expr> {
        if shell.kind != Kind::Inputs {
            return None;
        }
        let lists: Vec<ast::List> = inputs(shell).into_iter().map(|input| input.list).collect();
        let from = shell.attributes.get(&["inputsFrom"], &self.calls);
        let from = match from.and_then(value) {
            Some(Expr::List(list)) => Some(list),
            _ => None,
        };
        let elements: Vec<Expr> = lists.iter().chain(&from).flat_map(ast::List::items).collect();
        let hook = shell.attributes.get(&["shellHook"], &self.calls);
        let named_by_hook = hook.iter().flat_map(|hook| hook.syntax().descendants());
        let named_by_hook = named_by_hook
            .filter_map(Expr::cast)
            .find(|expr| matches!(expr, Expr::Ident(_)) && self.is_environment(expr));
        let found = elements.iter().find(|element| self.is_environment(element)).cloned();
        let is_only = elements.len() == 1;
        let found = found.filter(|found| is_only || hook.is_some_and(|hook| self.enters(&hook, found)));
        named_by_hook.or(found)
    }

    fn is_environment(&self, expr: &Expr) -> bool {
        let maker = self.maker(expr.clone());
        maker.is_some_and(|maker| maker.rsplit('.').next().is_some_and(is_fhs))
    }

    /// Whether a hook starts the program that an environment is called by.
    fn enters(&self, hook: &Expr, environment: &Expr) -> bool {
        let Some(Expr::Apply(apply)) = self.named(environment.clone()) else {
            return false;
        };
        let argument = Call::new(&apply).and_then(|call| call.arguments.last().cloned());
        let name = argument.map(|it| Attributes::of(it, &self.calls).0);
        let name = name.and_then(|attributes| attributes.get(&["name"], &self.calls));
        let name = name.map(|name| name.to_string()).unwrap_or_default();
        let name = name.trim_matches('"');
        let text = hook.to_string();
        let mut words = text.split(|c: char| !(c.is_alphanumeric() || "_-".contains(c)));
        !name.is_empty() && words.any(|word| word == name)
    }

    /// The function that made what an expression or the name of one stands for.
    fn maker(&self, expr: Expr) -> Option<String> {
        match self.named(expr)? {
            Expr::Apply(apply) => Some(Call::new(&apply)?.name()),
            Expr::Select(select) if last_name(&Expr::Select(select.clone())).as_deref() == Some("env") => {
                match self.named(select.expr()?)? {
                    Expr::Apply(apply) => Some(Call::new(&apply)?.name()),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// Functions that make shells, and are not called so.
const OTHER_SHELLS: &[&str] = &["shellFor", "runCommand", "runCommandCC", "runCommandNoCC"];

/// `devShell.packages = pkgs: [ … ];`, as flakelight has it.
fn is_packages_of_shell(list: &Expr) -> bool {
    let entries = list.syntax().ancestors().filter_map(ast::AttrpathValue::cast);
    let names: Vec<String> = entries
        .take(2)
        .flat_map(|entry| attribute_names(entry.attrpath()).into_iter().rev())
        .flatten()
        .collect();
    matches!(names.as_slice(), [first, second, ..] if first == "packages" && second == "devShell")
}

/// Functions that make sets of shells, not shells.
const OVER_SHELLS: &[&str] = &["listToAttrs", "genAttrs", "mapAttrs", "mapAttrs'", "foldl'", "mkShells"];

/// `if inNixShell then SHELL else PACKAGE`
fn shell_branch(branches: &ast::IfElse) -> Option<Expr> {
    let condition = branches.condition()?;
    (last_name(&condition).as_deref() == Some("inNixShell")).then(|| branches.body()).flatten()
}
