//! Makes a file whose shell has a virtual environment of another kind into one with venvfix: one with
//! nixpkgs' `venvShellHook`, or one that a `shellHook` makes by hand.
//!
//! Only parts of the file's own text change; what is not certain is refused, or stays as it was. The flow:
//! `hooks` finds the strings that a shell evaluates, `lines` and `commands` read them as that shell will,
//! `deeds` says what each command does for an environment, `hook` which lines belong together.

mod by_hand;
mod change;
mod commands;
mod deeds;
mod define;
mod hook;
mod hooks;
mod library_path;
mod lines;
mod of_hook;
mod plan;
mod refusal;
mod rename;
mod settings;

use rnix::SyntaxKind::{TOKEN_IDENT, TOKEN_STRING_CONTENT};
use rnix::ast;
use rowan::ast::AstNode;

use super::refusal::Refusal as EditRefusal;
use super::shell::{self, Search, Shell};
use super::syntax::{self, position};
use super::{Library, add_libraries, locate};
use change::apply;
use plan::Plan;
pub use refusal::Refusal;
pub use settings::Project;

/// What a conversion is told beside the file.
pub struct Given<'a> {
    /// What lies beside the file.
    pub project: Project,
    /// The new name of an attribute of nixpkgs that is not there any more.
    pub new_name: &'a dyn Fn(&str) -> Option<String>,
    /// The binding of `venvfixShellHook`, told what nixpkgs is called.
    pub hook: &'a dyn Fn(&str) -> String,
    /// The binding of `venvfix`, told what nixpkgs is called.
    pub package: &'a dyn Fn(&str) -> String,
}

/// A file made into one with venvfix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversion {
    /// The whole new file.
    pub text: String,
    /// The text of a venvfix.toml that has it install the same.
    pub settings: Option<String>,
    /// What the owner should know of it.
    pub notes: Vec<String>,
}

/// Converts a file.
///
/// Converting the result is refused as [`Refusal::Converted`].
///
/// # Errors
/// If it is converted already, has nothing to convert, or is not surely understood.
pub fn convert(source: &str, given: &Given<'_>) -> Result<Conversion, Refusal> {
    let root = syntax::parse(source).map_err(|unreadable| {
        let (line, column) = position(source, unreadable.offset);
        Refusal::NoShell(EditRefusal::Syntax { line, column, seen: unreadable.seen })
    })?;
    if let Some(offset) = sign_of_venvfix(&root) {
        return Err(Refusal::Converted { line: position(source, offset).0 });
    }
    let search = shell::search(&root);
    let shell = only_shell(&root, &search, source)?;
    let plan = |with_libraries: bool| {
        let plan = Plan::new(source, &root, shell, given, with_libraries);
        if of_hook::names_hook(&root) { of_hook::plan(plan) } else { by_hand::plan(plan) }
    };
    let with_libraries = plan(true)?;
    if let Some(done) = carry_out(source, with_libraries) {
        return Ok(done);
    }
    // Without a list to put them into, the libraries stay where they were.
    carry_out(source, plan(false)?).ok_or_else(|| {
        let (line, column) = position(source, syntax::start(shell.apply.syntax()));
        let reason = "could not prove that the changed file is the same shell".to_owned();
        Refusal::NotSure { line, column, reason }
    })
}

/// Where the file shows that it uses venvfix.
fn sign_of_venvfix(root: &ast::Root) -> Option<usize> {
    let mut tokens = root.syntax().descendants_with_tokens().filter_map(|element| element.into_token());
    let sign = tokens.find(|token| match token.kind() {
        TOKEN_IDENT => ["venvfix", "venvfixShellHook", "mkVenvShell"].contains(&token.text()),
        TOKEN_STRING_CONTENT => {
            ["venvfix-enter", "venvfix hook"].iter().any(|part| token.text().contains(part))
        }
        _ => false,
    });
    sign.map(|token| usize::from(token.text_range().start()))
}

/// The functions whose arguments are what this folder takes them for.
const CONSTRUCTORS: [&str; 3] = ["mkShell", "mkShellNoCC", "mkDerivation"];

fn only_shell<'a>(root: &ast::Root, search: &'a Search, source: &str) -> Result<&'a Shell, Refusal> {
    match search.shells.as_slice() {
        [shell] if CONSTRUCTORS.contains(&shell.constructor.as_str()) => Ok(shell),
        [shell] => {
            let (line, column) = position(source, syntax::start(shell.apply.syntax()));
            let reason =
                format!("the shell is made by {}, whose arguments mean other things", shell.constructor);
            Err(Refusal::NotSure { line, column, reason })
        }
        _ => {
            let instead = search.instead.clone();
            let nothing = || EditRefusal::NoPlace { line: 1, column: 1, seen: Vec::new(), instead };
            Err(Refusal::NoShell(locate::locate(root, source).err().unwrap_or_else(nothing)))
        }
    }
}

/// Makes the changes and adds the libraries; `None` where what results is not surely meant.
fn carry_out(source: &str, plan: Plan<'_>) -> Option<Conversion> {
    let changed = apply(source, plan.changes)?;
    let libraries: Vec<Library> = plan.libraries.iter().map(Library::new).collect();
    let text = match libraries.is_empty() {
        true => changed,
        false => add_libraries(&changed, &libraries).ok()?.text,
    };
    let root = syntax::parse(&text).ok()?;
    let sound = shell::search(&root).shells.len() == 1 && sign_of_venvfix(&root).is_some();
    sound.then_some(Conversion { text, settings: plan.settings, notes: plan.notes })
}
