//! Adds libraries to a Nix file by exact insertion, and takes them out, or says why it does not.
//!
//! ```
//! use venvfix::nixfile::{Library, add_libraries};
//!
//! let file = "{ pkgs }: pkgs.mkShell { buildInputs = with pkgs; [ zlib ]; }\n";
//! let edit = add_libraries(file, &[Library::new("openssl")])?;
//! assert_eq!(edit.text, file.replace("[ zlib ]", "[ zlib openssl ]"));
//! # Ok::<(), venvfix::nixfile::Refusal>(())
//! ```
//!
//! The flow: `syntax` parses, `shell` finds the shell (among `outputs`, by its
//! `constructor`, or as a `module`), `inputs` its lists (`library_path` those of the loader's path), `marker` the
//! owner's mark, `locate` chooses, `spell` asks `paths` how a library is written there, `edit` lays it out,
//! `arguments` has the function around it ask for what it needs, and `verify` proves that nothing else changed.
//! Where there is no place, `passed_over` says why, `by_hand` what to write, and `delegate` which file to look at.
//! `remove` takes elements out of the same lists, `contents` tells what is in them, `generated` whether the file is a
//! program's. `canonical` compares what Nix itself read. The tree is only read, never printed.
//!
//! This folder is pure: no files, no environment, no output. It alone names rnix
//! and rowan, and it knows nothing of ELF, Python or what provides a library.

mod arguments;
mod attributes;
mod by_hand;
mod canonical;
mod constructor;
mod contents;
pub mod convert;
mod delegate;
mod derivation;
mod edit;
mod follow;
mod generated;
mod imports;
mod inputs;
mod library_path;
mod literals;
mod locate;
mod marker;
mod module;
mod outputs;
mod passed_over;
mod paths;
mod refusal;
mod remove;
mod scope;
mod shell;
mod spell;
mod syntax;
mod verify;
mod wish;

use rnix::ast;
use rowan::ast::AstNode;

pub use crate::library::Library;
pub use canonical::{Grown, grown, is_print};
pub use contents::{Listed, list_libraries, list_libraries_as};
use edit::{Element, insertions, splice};
pub use generated::{Generated, generated};
pub use imports::{Import, imports};
pub use literals::{Literals, literals};
use locate::Chosen;
pub use refusal::{PassedOver, Place, Refusal};
pub use remove::{Removal, remove_libraries, remove_libraries_as};
use spell::{Spelling, Written};
pub use wish::{At, Wish};

/// What an edit did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The whole new file.
    pub text: String,
    /// The list that was chosen; its place in the old text.
    pub place: Place,
    /// What was inserted, as it is written in the file.
    pub added: Vec<String>,
    /// The names that the function around the list asks for besides.
    pub arguments: Vec<String>,
    /// What was there already, as the file spells it.
    pub present: Vec<String>,
}

/// Adds libraries to the right list of a Nix file.
///
/// The new text differs from `source` by the inserted elements alone, and adding
/// the same libraries again changes nothing.
///
/// # Errors
/// If the file does not say for certain where the libraries belong, or cannot be read.
pub fn add_libraries(source: &str, libraries: &[Library]) -> Result<Edit, Refusal> {
    add_libraries_as(source, libraries, &Wish::default())
}

/// Like [`add_libraries`], at the place that the user has chosen.
///
/// # Errors
/// If the file does not say for certain where the libraries belong, or cannot be read.
pub fn add_libraries_as(source: &str, libraries: &[Library], wish: &Wish) -> Result<Edit, Refusal> {
    libraries.iter().flat_map(Library::names).try_for_each(|name| check_attribute(name))?;
    let root = read(source)?;
    let chosen = locate::locate(&root, source, wish).map_err(|refusal| match refusal {
        Refusal::NoPlace { line, column, seen, instead, by_hand: None } => {
            let by_hand = by_hand::by_hand(&root, source, wish, libraries);
            Refusal::NoPlace { line, column, seen, instead, by_hand }
        }
        other => other,
    })?;
    let (wanted, present) = missing(&chosen, libraries);
    let written = spell_all(&chosen, &wanted)?;
    let arguments = arguments_of(&written);
    let text = insert(source, &root, &chosen, &wanted, &written, &arguments)?;
    let added = written.into_iter().map(|written| written.text).collect();
    Ok(Edit { text, place: chosen.place, added, arguments, present })
}

/// Where a Nix file takes libraries.
///
/// # Errors
/// If the file does not say for certain, or cannot be read.
pub fn place(source: &str, wish: &Wish) -> Result<Place, Refusal> {
    locate::locate(&read(source)?, source, wish).map(|chosen| chosen.place)
}

fn read(source: &str) -> Result<ast::Root, Refusal> {
    syntax::parse(source).map_err(|unreadable| {
        let (line, column) = syntax::position(source, unreadable.offset);
        Refusal::Syntax { line, column, seen: unreadable.seen }
    })
}

fn arguments_of(written: &[Written]) -> Vec<String> {
    let mut arguments: Vec<String> = Vec::new();
    for argument in written.iter().filter_map(|written| written.argument.as_ref()) {
        if !arguments.contains(argument) {
            arguments.push(argument.clone());
        }
    }
    arguments
}

/// The libraries that are in none of the shell's lists, and the spellings of
/// those that are.
fn missing<'a>(chosen: &Chosen, libraries: &'a [Library]) -> (Vec<&'a Library>, Vec<String>) {
    let mut wanted: Vec<&Library> = Vec::new();
    let mut present = Vec::new();
    for library in libraries {
        let found = chosen.lists().find_map(|list| spell::element_in(list, library));
        let asked = |other: &&Library| library.names().any(|name| other.is_called(name));
        match found {
            Some(spelling) if present.contains(&spelling) => {}
            Some(spelling) => present.push(spelling),
            None if wanted.iter().any(asked) => {}
            None => wanted.push(library),
        }
    }
    (wanted, present)
}

fn spell_all(chosen: &Chosen, wanted: &[&Library]) -> Result<Vec<Written>, Refusal> {
    let spelling = Spelling::new(&chosen.list, chosen.set.as_ref());
    let spell = |library: &&Library| {
        spelling.of(library).ok_or_else(|| Refusal::NoPackageSet {
            place: chosen.place.clone(),
            attribute: library.attribute.clone(),
            reason: spelling.why_not().to_owned(),
        })
    };
    wanted.iter().map(spell).collect()
}

fn insert(
    source: &str,
    root: &ast::Root,
    chosen: &Chosen,
    wanted: &[&Library],
    written: &[Written],
    arguments: &[String],
) -> Result<String, Refusal> {
    if wanted.is_empty() {
        return Ok(source.to_owned());
    }
    let unproven = || Refusal::Unproven {
        place: chosen.place.clone(),
        elements: written.iter().map(|written| written.text.clone()).collect(),
    };
    let elements = wanted
        .iter()
        .zip(written)
        .map(|(library, written)| Element { text: written.text.clone(), key: library.path().to_lowercase() });
    let keys = || spell::sort_keys(&chosen.list);
    let mut all = further_arguments(source, chosen, arguments).ok_or_else(unproven)?;
    all.extend(insertions(source, &chosen.list, keys, elements.collect()).ok_or_else(unproven)?);
    let text = splice(source, &all);
    let claim =
        verify::Claim { old: root, source, list: &chosen.list, insertions: &all, added: wanted, arguments };
    if verify::holds(&claim, &text) { Ok(text) } else { Err(unproven()) }
}

/// The insertions that have the function around the list ask for names.
fn further_arguments(source: &str, chosen: &Chosen, names: &[String]) -> Option<Vec<edit::Insertion>> {
    if names.is_empty() {
        return Some(Vec::new());
    }
    match spell::function_of_arguments(chosen.list.syntax())?.param()? {
        ast::Param::Pattern(pattern) => arguments::insertions(source, &pattern, names),
        ast::Param::IdentParam(_) => None,
    }
}

/// Words that Nix keeps for itself.
const KEYWORDS: &[&str] = &["assert", "else", "if", "in", "inherit", "let", "or", "rec", "then", "with"];

/// A name is written into a file that will be evaluated: only a plain attribute
/// path may pass.
fn check_attribute(attribute: &str) -> Result<(), Refusal> {
    if attribute.split('.').all(is_plain_name) {
        return Ok(());
    }
    Err(Refusal::InvalidAttribute { attribute: attribute.to_owned() })
}

fn is_plain_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    let first = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    let rest = bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_'-".contains(&byte));
    first && rest && !KEYWORDS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::check_attribute;

    #[test]
    fn plain_attribute_paths_pass() {
        for attribute in ["zlib", "stdenv.cc.cc.lib", "_7zz", "alsa-lib", "a'", "xorg.libX11"] {
            assert!(check_attribute(attribute).is_ok(), "{attribute}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let hostile = [
            "", ".", "a.", ".a", "a..b", "7zz", "a b", "a;b", "${x}", "a.\"b\"", "]", "#", "ä", "a\n", "in",
            "a.with", "or", "-a", "'a", "a\0",
        ];
        for attribute in hostile {
            assert!(check_attribute(attribute).is_err(), "{attribute:?}");
        }
    }
}
