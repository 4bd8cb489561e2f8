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
mod interpreter;
mod library_path;
mod lines;
mod of_hook;
mod plan;
mod refusal;
mod rename;
mod settings;
mod uses;
mod view;

use rnix::SyntaxKind::{TOKEN_IDENT, TOKEN_STRING_CONTENT};
use rnix::ast;
use rowan::ast::AstNode;

use super::{Library, add_libraries};
use change::apply;
use plan::Plan;
pub use refusal::Refusal;
pub use settings::Project;
use view::{Shell, position, start};

/// What a conversion is told beside the file.
pub struct Given<'a> {
    /// What lies beside the file.
    pub project: Project,
    /// The file is a flake.
    pub is_flake: bool,
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
    let root = view::parse(source)?;
    if let Some(offset) = sign_of_venvfix(&root) {
        return Err(Refusal::Converted { line: position(source, offset).0 });
    }
    let shell = &Shell::of(&root, source)?;
    let plan = |with_libraries: bool| {
        let plan = Plan::new(source, &root, shell, given, with_libraries);
        if of_hook::names_hook(&root) { of_hook::plan(plan) } else { by_hand::plan(plan) }
    };
    let with_libraries = plan(true)?;
    let missed = with_libraries.missed();
    if missed.is_none()
        && let Some(done) = carry_out(source, with_libraries)
    {
        return Ok(done);
    }
    // Without a list to put them into, or where the variable is still wanted, the libraries stay where they were.
    let mut without = plan(false)?;
    without.refuse_missed()?;
    if let Some((name, at)) = missed {
        let what = if name == plan::LIBRARY_PATH { "it" } else { &name };
        let line = position(source, at).0;
        without.notes.push(format!("LD_LIBRARY_PATH stays, for line {line} uses {what}"));
    }
    carry_out(source, without).ok_or_else(|| {
        let (line, column) = position(source, start(&shell.node));
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

/// Makes the changes and adds the libraries; `None` where what results is not surely meant.
fn carry_out(source: &str, plan: Plan<'_>) -> Option<Conversion> {
    let changed = apply(source, plan.changes)?;
    let libraries: Vec<Library> = plan.libraries.iter().map(Library::new).collect();
    let text = match libraries.is_empty() {
        true => changed,
        false => add_libraries(&changed, &libraries).ok()?.text,
    };
    let root = view::parse(&text).ok()?;
    let sound = Shell::of(&root, &text).is_ok() && sign_of_venvfix(&root).is_some();
    sound.then_some(Conversion { text, settings: plan.settings, notes: plan.notes })
}
