//! Modules whose options describe a shell: devenv's, and those of editors' and hosts' like it.

use rnix::ast::{self, Expr, HasEntry};

use super::follow::Calls;
use super::inputs::best_input;
use super::shell::{Kind, Shell};
use super::syntax::{attribute_names, value};

/// Options that no other file has.
const OWN_OPTIONS: &[&str] = &["languages", "enterShell", "enterTest"];

/// Options that tell such a module from others, where nothing in the file is a shell.
const OPTIONS: &[&str] = &[
    "languages",
    "enterShell",
    "enterTest",
    "processes",
    "pre-commit",
    "git-hooks",
    "devcontainer",
    "dotenv",
    "idx",
    "commands",
    "deps",
    "packages",
];

/// Whether a set is such a module, whatever else is in it.
pub(super) fn is_surely_module(set: &ast::AttrSet) -> bool {
    let heads =
        set.attrpath_values().map(|entry| attribute_names(entry.attrpath()).into_iter().next().flatten());
    heads.flatten().any(|name| OWN_OPTIONS.contains(&name.as_str()))
}

/// Whether a set is such a module.
pub(super) fn is_module(set: &ast::AttrSet, calls: &Calls) -> bool {
    let set = config(set.clone(), calls);
    let heads = set.attrpath_values().filter_map(|entry| {
        let name = attribute_names(entry.attrpath()).into_iter().next().flatten()?;
        // A set of packages is a file's output, a list of them an option.
        let counts = !matches!(name.as_str(), "packages" | "deps") || is_list(&entry);
        counts.then_some(name)
    });
    let inherited = set.inherits().flat_map(|inherit| inherit.attrs().collect::<Vec<_>>());
    let inherited = inherited.filter_map(|attribute| super::syntax::attribute_name(&attribute));
    heads.chain(inherited).any(|name| OPTIONS.contains(&name.as_str()))
}

fn is_list(entry: &ast::AttrpathValue) -> bool {
    let path = entry.attrpath().map(|path| path.attrs().count());
    let value = entry.value().and_then(value);
    path == Some(1) && !matches!(value, None | Some(Expr::AttrSet(_) | Expr::Lambda(_)))
}

/// The part of a module that sets options.
pub(super) fn config(set: ast::AttrSet, calls: &Calls) -> ast::AttrSet {
    match calls.attribute(&set, &["config"]).and_then(value) {
        Some(Expr::AttrSet(config)) => config,
        _ => set,
    }
}

/// The modules that this one imports, as written.
pub(super) fn imports(set: &ast::AttrSet, calls: &Calls) -> Vec<String> {
    let Some(Expr::List(list)) = calls.attribute(set, &["imports"]).and_then(value) else {
        return Vec::new();
    };
    let path = |item| match item {
        Expr::PathRel(path) => Some(path.to_string()),
        _ => None,
    };
    list.items().filter_map(path).collect()
}

/// Of the modules of one shell, from `first` on, keeps the one whose list comes first.
pub(super) fn keep_best(shells: &mut Vec<Shell>, first: usize) {
    let modules: Vec<Shell> = shells.split_off(first);
    let rank = |shell: &Shell| best_input(shell).map_or(usize::MAX, |input| input.rank);
    let best = modules.into_iter().filter(|shell| shell.kind == Kind::Module).min_by_key(rank);
    shells.extend(best);
}
