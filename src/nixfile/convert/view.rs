//! What the rest of `nixfile` says of a file: its shell, the lists of that, what names mean. The only file of
//! this folder that asks it.

use rnix::SyntaxNode;
use rnix::ast;
use rowan::ast::AstNode;

use super::super::constructor::PackageSet;
use super::super::edit::{Element, insertions};
use super::super::locate;
use super::super::refusal::Refusal as EditRefusal;
pub(super) use super::super::scope::{
    Binding, binding, binding_place, element_paths, inherits, nixpkgs_path, nixpkgs_path_of_name,
};
use super::super::shell;
use super::super::spell::sort_keys;
pub(super) use super::super::syntax::{
    Call, FUEL, attribute, attribute_names, bare, end, is_within, last_name, position, start, value,
};
use super::super::{inputs, syntax};
use super::change::Change;
use super::refusal::Refusal;

/// The functions whose arguments are what this folder takes them for.
const CONSTRUCTORS: [&str; 3] = ["mkShell", "mkShellNoCC", "mkDerivation"];

/// The attributes that hold packages.
const INPUTS: [&str; 3] = ["buildInputs", "packages", "nativeBuildInputs"];

/// The shell of a file.
pub(super) struct Shell {
    found: shell::Shell,
    /// The call that makes it.
    pub(super) node: SyntaxNode,
    /// What it is given, the set that overrides the others first.
    pub(super) arguments: Vec<ast::AttrSet>,
}

/// A list among a shell's inputs.
pub(super) struct Input {
    pub(super) attribute: String,
    pub(super) list: ast::List,
}

impl Shell {
    /// The only shell of a file.
    pub(super) fn of(root: &ast::Root, source: &str) -> Result<Shell, Refusal> {
        let mut search = shell::search(root);
        let found = match (search.shells.pop(), search.shells.is_empty()) {
            (Some(found), true) => found,
            _ => {
                let instead = search.instead;
                let nothing = || EditRefusal::NoPlace { line: 1, column: 1, seen: Vec::new(), instead };
                return Err(Refusal::NoShell(locate::locate(root, source).err().unwrap_or_else(nothing)));
            }
        };
        let shell = Shell { node: found.apply.syntax().clone(), arguments: found.arguments.clone(), found };
        if CONSTRUCTORS.contains(&shell.constructor()) {
            return Ok(shell);
        }
        let (line, column) = position(source, start(&shell.node));
        let reason =
            format!("the shell is made by {}, whose arguments mean other things", shell.constructor());
        Err(Refusal::NotSure { line, column, reason })
    }

    /// `mkShell`, or another.
    pub(super) fn constructor(&self) -> &str {
        &self.found.constructor
    }

    /// The set that the constructor was selected from.
    pub(super) fn set(&self) -> Option<&PackageSet> {
        self.found.set.as_ref()
    }

    /// All lists of packages.
    pub(super) fn inputs(&self) -> Vec<Input> {
        let all = inputs::inputs(&self.found).into_iter();
        let of_packages = all.filter(|input| INPUTS.contains(&input.attribute));
        of_packages.map(|input| Input { attribute: input.attribute.to_owned(), list: input.list }).collect()
    }

    /// The list that a package belongs in.
    pub(super) fn best_list(&self) -> Option<ast::List> {
        inputs::best_input(&self.found).map(|input| input.list)
    }
}

/// Parses a text; anything but a tree without errors is refused.
pub(super) fn parse(source: &str) -> Result<ast::Root, Refusal> {
    syntax::parse(source).map_err(|unreadable| {
        let (line, column) = position(source, unreadable.offset);
        Refusal::NoShell(EditRefusal::Syntax { line, column, seen: unreadable.seen })
    })
}

/// Adds a name to a list, in its owner's manner.
pub(super) fn append(source: &str, list: &ast::List, name: &str) -> Option<Vec<Change>> {
    let element = Element { text: name.to_owned(), key: name.to_owned() };
    let added = insertions(source, list, &sort_keys(list), vec![element])?;
    Some(added.into_iter().map(|insertion| Change::insert(insertion.offset, insertion.text)).collect())
}
