//! The other files that an expression hands its work to, as far as they are written out.

use rnix::ast::{self, Expr};
use rowan::ast::AstNode;

use super::syntax::{Call, bare, last_name};

/// How many files a person is told of.
const MOST: usize = 8;

/// The files that are imported or called in an expression, as written, in order.
pub(super) fn delegate(expr: &Expr) -> Vec<String> {
    if is_shim(expr) {
        return vec!["./flake.nix".to_owned()];
    }
    let mut files = Vec::new();
    for node in expr.syntax().descendants() {
        let found = match Expr::cast(node) {
            Some(Expr::Apply(apply)) => called(&apply),
            Some(Expr::List(list)) if is_imports(&list) => list.items().filter_map(path).collect(),
            _ => Vec::new(),
        };
        for file in found {
            if files.len() < MOST && !files.contains(&file) {
                files.push(file);
            }
        }
    }
    files
}

/// The shells of a flake, for tools that know none.
fn is_shim(expr: &Expr) -> bool {
    let text = expr.syntax().text().to_string();
    let own = text.contains("./.") || text.contains("toString ./");
    text.contains("shellNix") || (own && (text.contains("getFlake") || text.contains("flake-compat")))
}

fn called(apply: &ast::Apply) -> Vec<String> {
    let Some(call) = Call::new(apply) else {
        return Vec::new();
    };
    match last_name(&call.function).as_deref() {
        // `config.languages.python.import` is another one.
        Some("import") if !call.name().trim_start_matches("builtins.").starts_with("import") => Vec::new(),
        Some("import" | "callPackage" | "scopedImport" | "callPackageWith") => {
            call.arguments.iter().cloned().filter_map(path).collect()
        }
        Some("blueprint" | "mkFlake") => conventional(&call),
        Some(_) if last_name(&call.function).is_some_and(|name| name.contains("lueprint")) => {
            conventional(&call)
        }
        _ => Vec::new(),
    }
}

/// Where blueprint looks for shells.
fn conventional(call: &Call) -> Vec<String> {
    if !call.name().contains("blueprint") {
        return Vec::new();
    }
    let text = call.arguments.last().map(ToString::to_string).unwrap_or_default();
    let prefix = text.split("prefix").nth(1).and_then(|rest| rest.split(['"', ';']).nth(1));
    let prefix = prefix.map(|prefix| format!("{}/", prefix.trim_matches('/'))).unwrap_or_default();
    ["devshell.nix", "devshells/default.nix"].iter().map(|file| format!("./{prefix}{file}")).collect()
}

/// `imports = [ ./shell.nix ];`
fn is_imports(list: &ast::List) -> bool {
    let entry = list.syntax().parent().and_then(ast::AttrpathValue::cast);
    entry.and_then(|entry| entry.attrpath()).is_some_and(|path| path.to_string() == "imports")
}

fn path(expr: Expr) -> Option<String> {
    match bare(expr)? {
        Expr::PathRel(path) => Some(path.to_string()),
        _ => None,
    }
}
