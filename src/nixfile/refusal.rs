//! Why no edit was made, in words that say what to do next.

use std::fmt;

/// A place in a file, with a name that a person knows it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// For example "`buildInputs` of `mkShell`".
    pub name: String,
}

/// Something that was seen and not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// Where it is.
    pub place: Place,
    /// Why it is not the place for a library; follows the name in a sentence.
    pub reason: String,
}

/// Why no edit was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The file does not parse.
    Syntax {
        /// The line of the error, from 1.
        line: usize,
        /// The column of the error, from 1.
        column: usize,
        /// What stands there.
        seen: String,
    },
    /// There is more than one place, and nothing says which is meant.
    Ambiguous {
        /// The places, in the file's order.
        candidates: Vec<Place>,
        /// Each has a name that `--shell` takes.
        named: bool,
    },
    /// There is no shell of the name that was asked for.
    NoShell {
        /// The name.
        name: String,
        /// The names that there are.
        names: Vec<String>,
    },
    /// There is no place for a library in this file.
    NoPlace {
        /// The line of what was looked at, from 1.
        line: usize,
        /// Its column, from 1.
        column: usize,
        /// What was seen, and why it was passed over.
        seen: Vec<PassedOver>,
        /// The files that the shell may come from, as they are written in this one.
        instead: Vec<String>,
        /// What to write by hand, and where.
        by_hand: Option<String>,
    },
    /// The place is known, but there nixpkgs has no name.
    NoPackageSet {
        /// The list that was found.
        place: Place,
        /// The attribute that could not be written there.
        attribute: String,
        /// Why, as the end of a sentence.
        reason: String,
    },
    /// A name that is no plain attribute path.
    InvalidAttribute {
        /// The name as given.
        attribute: String,
    },
    /// The edit could not be shown to change nothing else: the parser reads a few
    /// texts that Nix does not, such as a function as a list's element.
    Unproven {
        /// The list that was found.
        place: Place,
        /// What would have been added.
        elements: Vec<String>,
    },
}

impl Refusal {
    /// What the user can do about it.
    pub fn help(&self) -> String {
        match self {
            Refusal::Syntax { .. } => {
                "correct the file first; `nix-instantiate --parse` checks it".to_owned()
            }
            Refusal::Ambiguous { candidates, named } => {
                let first = candidates.first();
                let at = first.map(|place| format!("`--at {}:{}`", place.line, place.column));
                let at = at.unwrap_or_else(|| "`--at LINE`".to_owned());
                let named = if *named { "`--shell NAME`, by " } else { "" };
                format!(
                    "choose one by {named}its place ({at}), or by the comment `# venvfix: libraries` above its list"
                )
            }
            Refusal::NoShell { names, .. } if names.is_empty() => {
                "the file names no shells; leave --shell away".to_owned()
            }
            Refusal::NoShell { names, .. } => format!("its shells are {}", names.join(", ")),
            Refusal::NoPlace { instead, by_hand, .. } => {
                let file = instead
                    .first()
                    .map(|file| format!("the shell is in {file}: name it with `--file {file}`"));
                file.or_else(|| by_hand.clone()).unwrap_or_else(|| {
                    "give the shell a list `buildInputs = [ ];`, or write the comment `# venvfix: libraries` above the right one".to_owned()
                })
            }
            Refusal::NoPackageSet { attribute, place, .. } => format!(
                "write it by hand into the list at {}:{}, behind the name of its package set: {attribute}",
                place.line, place.column
            ),
            Refusal::InvalidAttribute { .. } => {
                "an attribute path looks like `zlib` or `stdenv.cc.cc.lib`".to_owned()
            }
            Refusal::Unproven { place, elements } if elements.is_empty() => {
                format!("change the list at {}:{} by hand", place.line, place.column)
            }
            Refusal::Unproven { place, elements } => {
                let elements = elements.join(" ");
                format!("write it by hand into the list at {}:{}: {elements}", place.line, place.column)
            }
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Syntax { line, column, seen } => {
                write!(f, "could not read the file as Nix: {seen} at {line}:{column}")
            }
            Refusal::Ambiguous { candidates, .. } => {
                write!(f, "more than one place could take a library:")?;
                candidates.iter().try_for_each(|place| write!(f, "\n  {place}"))
            }
            Refusal::NoShell { name, .. } => write!(f, "found no shell `{}`", name.escape_debug()),
            Refusal::NoPlace { line, column, seen, .. } => {
                write!(f, "found no list for a library, looking at {line}:{column}")?;
                seen.iter().try_for_each(|it| write!(f, "\n  {} {}", it.place, it.reason))
            }
            Refusal::NoPackageSet { place, attribute, reason } => {
                write!(
                    f,
                    "could not spell `{attribute}` in {}, {}:{}: {reason}",
                    place.name, place.line, place.column
                )
            }
            Refusal::InvalidAttribute { attribute } => {
                write!(f, "not an attribute of nixpkgs: `{}`", attribute.escape_debug())
            }
            Refusal::Unproven { place, .. } => {
                write!(
                    f,
                    "could not prove that a change of {} at {}:{} leaves the rest alone",
                    place.name, place.line, place.column
                )
            }
        }
    }
}

impl std::error::Error for Refusal {}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.name)
    }
}
