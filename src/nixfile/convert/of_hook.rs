//! A shell with nixpkgs' `venvShellHook`: venvfixShellHook takes its place, and all that it calls.

use rnix::ast::{self, Expr};
use rowan::ast::AstNode;

use super::change::{Change, line_start, newline};
use super::deeds::Deed;
use super::hook::Content;
use super::hooks::{Hook, hooks};
use super::interpreter::{interpreter_of, is_interpreter};
use super::lines::plain_text;
use super::plan::Plan;
use super::refusal::Refusal;
use super::view::{FUEL, attribute, bare, last_name, start};

const OLD: &str = "venvShellHook";
const NEW: &str = "venvfixShellHook";

/// The attributes that the hook runs, in its order, and the shell's own after it.
const HOOKS: [&str; 4] = ["preShellHook", "postVenvCreation", "postShellHook", "shellHook"];

/// Whether the file names the hook outside of its strings.
pub(super) fn names_hook(root: &ast::Root) -> bool {
    mentions(root).next().is_some()
}

fn mentions(root: &ast::Root) -> impl Iterator<Item = ast::Ident> {
    root.syntax().descendants().filter_map(ast::Ident::cast).filter(|ident| ident.to_string() == OLD)
}

pub(super) fn plan(mut plan: Plan<'_>) -> Result<Plan<'_>, Refusal> {
    let element = element(&plan)?;
    let list = element.syntax().parent();
    let place = list.as_ref().unwrap_or(element.syntax()).clone();
    plan.define(&place, NEW, plan.given.hook)?;
    replace(&mut plan, &element);
    let venv = venv_dir(&plan);
    let known = venv.iter().map(|folder| ("venvDir".to_owned(), folder.clone()));
    let hooks = hooks(plan.shell, &HOOKS, &known.collect::<Vec<_>>());
    let own = |deed: &Deed| match deed {
        Deed::Imports(folder) | Deed::LooksFor(folder) => Some(folder) == venv.as_ref(),
        _ => false,
    };
    plan.clear(&hooks, &own, None);
    plan.clear_library_path();
    plan.rename();
    note_shell_hook(&mut plan, &hooks);
    Ok(plan)
}

/// The element that is the hook, the only place where the file names it.
fn element(plan: &Plan<'_>) -> Result<Expr, Refusal> {
    let items = plan.shell.inputs().into_iter().flat_map(|input| input.list.items());
    let is_hook = |item: &Expr| bare(item.clone()).and_then(|item| last_name(&item)).as_deref() == Some(OLD);
    let elements: Vec<Expr> = items.filter(is_hook).collect();
    let outside = |ident: &ast::Ident| {
        !elements.iter().any(|element| super::view::is_within(ident.syntax(), element.syntax()))
    };
    if let Some(ident) = mentions(plan.root).find(outside) {
        return Err(plan.not_sure(
            ident.syntax(),
            format!("{OLD} is named here, where it is no element of the shell's packages"),
        ));
    }
    match elements.as_slice() {
        [element] => Ok(element.clone()),
        [_, second, ..] => Err(plan.not_sure(second.syntax(), format!("{OLD} is there twice"))),
        [] => Err(plan.not_sure(
            plan.root.syntax(),
            format!("{OLD} is named, and is no element of the shell's packages"),
        )),
    }
}

/// Puts the new hook in the old one's place, and its python beside it where the shell names no other.
fn replace(plan: &mut Plan<'_>, element: &Expr) {
    let Some(inner) = bare(element.clone()) else { return };
    let text = match pythons(plan).first() {
        None => format!("{}{}{NEW}", python_of(plan, &inner), separator(plan.source, element)),
        Some(first) => {
            plan.note_python(first, interpreter_of(&inner));
            NEW.to_owned()
        }
    };
    plan.changes.push(Change { range: element.syntax().text_range().into(), text });
}

/// What stands between two elements here: each has its line, or they share one.
fn separator(source: &str, element: &Expr) -> String {
    let at = start(element.syntax());
    let line = line_start(source, at);
    match source[line..at].trim().is_empty() {
        true => format!("{}{}", newline(source), &source[line..at]),
        false => " ".to_owned(),
    }
}

/// The python that the old hook brings along, as its set has it.
fn python_of(plan: &Plan<'_>, hook: &Expr) -> String {
    let text = hook.to_string();
    let Some((set, _)) = text.rsplit_once('.') else { return "python".to_owned() };
    let holds = |name: &str| (plan.given.new_name)(name).unwrap_or_else(|| name.to_owned());
    let set: Vec<String> = set.split('.').map(|name| holds(name.trim())).collect();
    format!("{}.python", set.join("."))
}

/// The interpreters among the shell's inputs, in the order in which PATH has them.
fn pythons(plan: &Plan<'_>) -> Vec<Expr> {
    let mut found = plan.shell.inputs();
    // nativeBuildInputs come first, and packages are those.
    found.sort_by_key(|input| input.attribute == "buildInputs");
    found.into_iter().flat_map(|input| input.list.items()).filter(is_interpreter).collect()
}

fn venv_dir(plan: &Plan<'_>) -> Option<String> {
    let value = plan.shell.arguments.iter().find_map(|set| attribute(set, "venvDir"))?;
    let text = plain_text(&value, FUEL)?;
    Some(text.trim_start_matches("./").trim_end_matches('/').to_owned())
}

/// A shellHook switched the old hook off, unless it called it.
fn note_shell_hook(plan: &mut Plan<'_>, hooks: &[Hook]) {
    let calls = |hook: &Hook| {
        hook.pieces.iter().any(|piece| match &piece.content {
            Content::Deeds(deeds) => deeds.contains(&Deed::CallsHook),
            _ => false,
        })
    };
    if plan.binds("shellHook") && !hooks.iter().any(calls) {
        plan.notes.push(format!("the shellHook kept {OLD} from running; venvfix runs in front of it"));
    }
}
