//! Adds libraries to a Nix file by exact insertion, or says why it does not.
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
//! `constructor`), `inputs` its lists, `marker` the owner's mark, `locate` chooses, `spell` asks `scope` how a
//! library is written there, `edit` lays it out, and `verify` proves that
//! nothing else changed. The tree is only read, never printed.
//!
//! This folder is pure: no files, no environment, no output. It alone names rnix
//! and rowan, and it knows nothing of ELF, Python or what provides a library.

mod constructor;
pub mod convert;
mod edit;
mod inputs;
mod literals;
mod locate;
mod marker;
mod outputs;
mod refusal;
mod scope;
mod shell;
mod spell;
mod syntax;
mod verify;

use rnix::ast;

pub use crate::library::Library;
use edit::{Element, insertions, splice};
pub use literals::{Literals, literals};
use locate::Chosen;
pub use refusal::{PassedOver, Place, Refusal};
use spell::Spelling;

/// What an edit did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The whole new file.
    pub text: String,
    /// The list that was chosen; its place in the old text.
    pub place: Place,
    /// What was inserted, as it is written in the file.
    pub added: Vec<String>,
    /// What was there already, as the file spells it.
    pub present: Vec<String>,
}

/// Adds libraries to the right list of a Nix file.
///
/// The new text differs from `source` by the inserted elements alone, and adding
/// the same libraries again changes nothing.
pub fn add_libraries(source: &str, libraries: &[Library]) -> Result<Edit, Refusal> {
    libraries.iter().flat_map(Library::names).try_for_each(|name| check_attribute(name))?;
    let root = syntax::parse(source).map_err(|unreadable| {
        let (line, column) = syntax::position(source, unreadable.offset);
        Refusal::Syntax { line, column, seen: unreadable.seen }
    })?;
    let chosen = locate::locate(&root, source)?;
    let (wanted, present) = missing(&chosen, libraries);
    let added = spell_all(&chosen, &wanted)?;
    let text = insert(source, &root, &chosen, &wanted, &added)?;
    Ok(Edit { text, place: chosen.place, added, present })
}

/// The libraries that are in none of the shell's lists, and the spellings of
/// those that are.
fn missing<'a>(chosen: &Chosen, libraries: &'a [Library]) -> (Vec<&'a Library>, Vec<String>) {
    let mut wanted: Vec<&Library> = Vec::new();
    let mut present = Vec::new();
    for library in libraries {
        let lists = std::iter::once(&chosen.list).chain(&chosen.beside);
        let found = lists.into_iter().find_map(|list| spell::element_in(list, library));
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

fn spell_all(chosen: &Chosen, wanted: &[&Library]) -> Result<Vec<String>, Refusal> {
    let spelling = Spelling::new(&chosen.list, chosen.set.as_ref());
    let spell = |library: &&Library| {
        spelling.of(library).ok_or_else(|| Refusal::NoPackageSet {
            place: chosen.place.clone(),
            attribute: library.attribute.clone(),
        })
    };
    wanted.iter().map(spell).collect()
}

fn insert(
    source: &str,
    root: &ast::Root,
    chosen: &Chosen,
    wanted: &[&Library],
    added: &[String],
) -> Result<String, Refusal> {
    if wanted.is_empty() {
        return Ok(source.to_owned());
    }
    let unproven = || Refusal::Unproven { place: chosen.place.clone() };
    let elements = wanted
        .iter()
        .zip(added)
        .map(|(library, text)| Element { text: text.clone(), key: library.path().to_lowercase() });
    let keys = spell::sort_keys(&chosen.list);
    let insertions = insertions(source, &chosen.list, &keys, elements.collect()).ok_or_else(unproven)?;
    let text = splice(source, &insertions);
    let claim =
        verify::Claim { old: root, source, list: &chosen.list, insertions: &insertions, added: wanted };
    if verify::holds(&claim, &text) { Ok(text) } else { Err(unproven()) }
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
