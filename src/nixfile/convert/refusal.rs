//! Why a file is not converted, and what can be done by hand.

use std::fmt;

use super::super::refusal::Refusal as EditRefusal;

/// Why a file is not converted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It uses venvfix already.
    Converted {
        /// The line of the first sign of that, from 1.
        line: usize,
    },
    /// Its shell was not found, or is not one that could be edited.
    NoShell(EditRefusal),
    /// It has a shell, and nothing in it makes a virtual environment.
    NoVenv,
    /// Something is not certain.
    NotSure {
        /// The line of it, from 1.
        line: usize,
        /// Its column, from 1.
        column: usize,
        /// What it is: a sentence without its end.
        reason: String,
    },
}

impl Refusal {
    /// What to write by hand; `definition` is that of venvfix for this file.
    pub fn by_hand(&self, definition: &str) -> String {
        let what = match self {
            Refusal::Converted { .. } => return String::new(),
            Refusal::NoVenv => "",
            Refusal::NoShell(_) => {
                "a shell that has pip's packages is one of pkgs.mkShell; write it, with these parts:\n"
            }
            Refusal::NotSure { .. } => {
                "take out what makes and enters the virtual environment, and write these parts:\n"
            }
        };
        let definition: String = definition.lines().map(|line| format!("  {line}\n")).collect();
        format!(
            "{what}let\n{definition}in\n…\n  packages = [ venvfix … ];\n  VENVFIX_PROJECT = toString ./.;\n  \
             shellHook = ''\n    eval \"$(venvfix hook bash)\"\n    venvfix-enter\n    …\n  '';\n"
        )
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Converted { line } => write!(f, "uses venvfix already (line {line})"),
            Refusal::NoShell(EditRefusal::Ambiguous { candidates, .. }) => {
                f.write_str("there is more than one shell:")?;
                candidates.iter().try_for_each(|place| write!(f, "\n  {place}"))
            }
            Refusal::NoShell(EditRefusal::NoPlace { seen, .. }) => {
                f.write_str("found no shell made by mkShell:")?;
                seen.iter().try_for_each(|it| write!(f, "\n  {} {}", it.place, it.reason))
            }
            Refusal::NoShell(refusal) => refusal.fmt(f),
            Refusal::NoVenv => f.write_str("makes no virtual environment that could be converted"),
            Refusal::NotSure { line, column, reason } => write!(f, "{line}:{column}: {reason}"),
        }
    }
}

impl std::error::Error for Refusal {}
