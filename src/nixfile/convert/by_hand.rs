//! A shell whose shellHook makes a virtual environment by hand, or has pip install into a folder: venvfix is
//! called where that was entered.

use rowan::ast::AstNode;

use super::deeds::Deed;
use super::hook::{Content, Piece};
use super::hooks::{Hook, entry, hooks};
use super::interpreter::{interpreter_of, is_interpreter};
use super::lines::Line;
use super::plan::{Plan, is_list};
use super::refusal::Refusal;
use super::view::Shell;
use super::view::append;

/// What takes the place of the commands.
const CALL: &str = "eval \"$(venvfix hook bash)\"\nvenvfix-enter\n";

const NAME: &str = "venvfix";

/// Parts of commands that make an environment, for lines that are not understood.
const TRACES: [&str; 6] = ["-m venv", "virtualenv", "uv venv", "/bin/activate", "PIP_PREFIX", "pip install"];

/// Attributes for programs.
const INPUTS: [&str; 3] = ["packages", "nativeBuildInputs", "buildInputs"];

/// A derivation's `packages` are a variable like any other.
fn takes(shell: &Shell, attribute: &str) -> bool {
    shell.constructor() != "mkDerivation" || attribute != INPUTS[0]
}

/// Where the environment was, and what kind it is.
struct Found {
    folder: String,
    is_prefix: bool,
    /// The hook and the piece that entered it last.
    entered: (usize, usize),
}

pub(super) fn plan(mut plan: Plan<'_>) -> Result<Plan<'_>, Refusal> {
    let hooks = hooks(plan.shell, &["shellHook"], &[]);
    let found = find(&plan, &hooks)?;
    let Some(entry) = entry(plan.shell, &["shellHook"]) else { return Err(Refusal::NoVenv) };
    let own = |deed: &Deed| is_of(deed, &found.folder);
    refuse_remnants(&plan, &hooks, &found)?;
    let (hook, piece) = found.entered;
    plan.clear(&hooks, &own, Some((hook, piece, CALL.to_owned())));
    let mut bindings = Vec::new();
    let place = match plan.shell.best_list() {
        Some(list) => {
            let added = append(plan.source, &list, NAME);
            plan.changes.extend(
                added.ok_or_else(|| plan.not_sure(list.syntax(), "this list could not be added to"))?,
            );
            list.syntax().clone()
        }
        None => {
            let free = INPUTS.iter().find(|name| !plan.binds(name) && takes(plan.shell, name));
            let attribute =
                free.ok_or_else(|| plan.not_sure(entry.syntax(), "the shell has no list to add venvfix to"))?;
            bindings.push(format!("{attribute} = [ {NAME} ];"));
            entry.syntax().clone()
        }
    };
    plan.define(&place, NAME, plan.given.package)?;
    // In a flake that is a copy in the store, where nobody works.
    if !plan.given.is_flake && !plan.binds("VENVFIX_PROJECT") {
        bindings.push("VENVFIX_PROJECT = toString ./.;".to_owned());
    }
    if !found.is_prefix && found.folder != ".venv" {
        bindings.push(format!("VENVFIX_VENV_DIR = \"{}\";", found.folder));
    }
    if !bindings.is_empty() {
        plan.bind_before(&entry, &bindings);
    }
    plan.clear_library_path();
    plan.rename();
    note(&mut plan, &found, &hooks);
    Ok(plan)
}

fn is_of(deed: &Deed, venv: &str) -> bool {
    match deed {
        Deed::MakesVenv(folder) | Deed::Enters(folder) | Deed::SetsPrefix(folder) | Deed::Imports(folder) => {
            folder == venv
        }
        Deed::LooksFor(file) => {
            file.strip_prefix(venv).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        }
        Deed::RenewsPip => true,
        _ => false,
    }
}

fn deeds(piece: &Piece) -> &[Deed] {
    match &piece.content {
        Content::Deeds(deeds) => deeds,
        Content::Nothing | Content::Opaque => &[],
    }
}

/// The one environment that the hooks make and enter.
fn find(plan: &Plan<'_>, hooks: &[Hook]) -> Result<Found, Refusal> {
    let mut made: Option<(String, bool)> = None;
    let mut entered = None;
    for (number, hook) in hooks.iter().enumerate() {
        for (index, piece) in hook.pieces.iter().enumerate() {
            for deed in deeds(piece) {
                let (folder, is_prefix) = match deed {
                    Deed::MakesVenv(folder) => (folder, false),
                    Deed::SetsPrefix(folder) => (folder, true),
                    Deed::Enters(folder) => {
                        if made.as_ref().is_none_or(|(other, _)| other == folder) {
                            entered = Some(((number, index), folder.clone()));
                        }
                        continue;
                    }
                    _ => continue,
                };
                if made.as_ref().is_some_and(|(other, _)| other != folder) {
                    let at = hook.lines.get(piece.lines.start).map_or(0, |line| begin(plan, line));
                    return Err(plan.not_sure_at(at, "a second virtual environment is made here"));
                }
                made = Some((folder.clone(), is_prefix));
            }
        }
    }
    match (made, entered) {
        (None, None) => Err(nothing(plan, hooks)),
        (Some((folder, is_prefix)), Some((at, of))) if folder == of => {
            Ok(Found { folder, is_prefix, entered: at })
        }
        // Somebody makes it by hand, once.
        (None, Some((at, folder))) => Ok(Found { folder, is_prefix: false, entered: at }),
        (Some((folder, _)), _) => {
            let hook = hooks.first().map_or(0, |hook| super::view::start(hook.string.syntax()));
            Err(plan.not_sure_at(
                hook,
                format!("{folder} is made here, and it is not certain where it is entered"),
            ))
        }
    }
}

fn nothing(plan: &Plan<'_>, hooks: &[Hook]) -> Refusal {
    let trace = hooks.iter().flat_map(|hook| &hook.lines).find(|line| {
        let text = line.text.as_deref().unwrap_or(&plan.source[line.range.clone()]);
        !text.trim_start().starts_with('#') && TRACES.iter().any(|trace| text.contains(trace))
    });
    match trace {
        Some(line) => plan.not_sure_at(
            begin(plan, line),
            "this is for a virtual environment, and not certain to be understood",
        ),
        None => Refusal::NoVenv,
    }
}

fn begin(plan: &Plan<'_>, line: &Line) -> usize {
    let text = &plan.source[line.range.clone()];
    line.range.start + text.len() - text.trim_start().len()
}

/// What stays may not be about the environment that goes, nor stand where it would come too early.
fn refuse_remnants(plan: &Plan<'_>, hooks: &[Hook], found: &Found) -> Result<(), Refusal> {
    for (number, hook) in hooks.iter().enumerate() {
        for (index, piece) in hook.pieces.iter().enumerate() {
            let filler = |deed: &Deed| {
                matches!(deed, Deed::Says | Deed::Keyword | Deed::UnsetsDate | Deed::Installs(_))
                    || matches!(deed, Deed::LooksFor(file) if is_list(file))
                    || is_of(deed, &found.folder)
            };
            let goes = deeds(piece).iter().all(filler) && piece.content != Content::Opaque;
            if goes {
                continue;
            }
            let early = (number, index) < found.entered;
            let line = hook.lines[piece.lines.clone()].iter().find(|line| {
                let text = line.text.as_deref().unwrap_or(&plan.source[line.range.clone()]);
                let traces = TRACES.iter().filter(|trace| **trace != "pip install" || early);
                let tells = traces.into_iter().any(|trace| text.contains(trace));
                tells
                    || text.contains(&format!("{}/", found.folder))
                    || text.split_whitespace().any(|word| word == found.folder)
            });
            if let Some(line) = line {
                return Err(plan.not_sure_at(
                    begin(plan, line),
                    "this is for the virtual environment too, and not certain to be understood",
                ));
            }
        }
    }
    Ok(())
}

fn note(plan: &mut Plan<'_>, found: &Found, hooks: &[Hook]) {
    if found.is_prefix {
        plan.notes
            .push(format!("what pip put into {} is not used any more: .venv takes its place", found.folder));
    }
    if hooks.iter().flat_map(|hook| &hook.pieces).flat_map(deeds).any(|deed| *deed == Deed::RenewsPip) {
        plan.notes.push("pip is no longer brought up to date at each entry".to_owned());
    }
    let items = plan.shell.inputs().into_iter().flat_map(|input| input.list.items());
    let first = items.into_iter().find(is_interpreter);
    if let Some(first) = first {
        plan.note_python(&first, interpreter_of_venv(hooks));
    } else {
        plan.notes.push(
            "no python is among the packages of the shell that could be seen: add python3 if there is none"
                .to_owned(),
        );
    }
}

/// The python that a hook names to make the environment.
fn interpreter_of_venv(hooks: &[Hook]) -> Option<String> {
    let mut pieces = hooks.iter().flat_map(|hook| hook.pieces.iter().map(move |piece| (hook, piece)));
    pieces.find_map(|(hook, piece)| {
        let makes = deeds(piece).iter().any(|deed| matches!(deed, Deed::MakesVenv(_)));
        let mut holes = hook.lines[piece.lines.clone()].iter().flat_map(|line| &line.holes);
        holes.find_map(interpreter_of).filter(|_| makes)
    })
}
