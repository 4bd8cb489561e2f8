//! A user's Nix file on its way through an edit: which files are left alone, what Nix itself reads in the new text,
//! and the replacement. What the edit is, is decided in `nixfile`.

mod agreement;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::config::Environment;
use crate::error::Trouble;
use crate::fsx;
use crate::nixfile::{self, Refusal};
use crate::offer::in_store;
use crate::report::{self, Speaker};
use crate::shell::word;

/// Nix files are written by people.
pub const MAX_SIZE: u64 = 4 << 20;

/// A Nix file as it was read.
pub struct NixFile {
    /// Where it is.
    pub path: PathBuf,
    /// The folder of its project: no program that lies there is started.
    pub project: PathBuf,
    /// The path as the user knows it.
    pub shown: String,
    /// Its text.
    pub text: String,
}

/// An edit to be carried out.
pub struct Change<'a> {
    /// The new text.
    pub text: &'a str,
    /// How many elements the lists have more, or fewer.
    pub elements: usize,
    /// How many arguments the function around the list has more.
    pub arguments: usize,
    /// Whether the elements are more.
    pub adds: bool,
    /// Whether Nix may be asked what it reads.
    pub ask_nix: bool,
}

impl NixFile {
    /// Reads the file.
    ///
    /// # Errors
    /// If there is none, it is no regular file, too large or no text.
    pub fn open(environment: &Environment, path: &Path, project: &Path) -> Result<Self> {
        let shown = path.strip_prefix(&environment.current_dir).unwrap_or(path).display().to_string();
        if path.is_symlink() && !path.exists() {
            return Err(Trouble::new(format!("{shown} is a link that leads nowhere")).into());
        }
        let text = fsx::read_text(path, MAX_SIZE)?.ok_or_else(|| {
            Trouble::new(format!("there is no {shown}"))
                .help("write one with `venvfix init`, or name the file with --file")
        })?;
        Ok(Self { path: path.to_owned(), project: project.to_owned(), shown, text })
    }

    /// A refusal to edit it, with the way out.
    pub fn refused(&self, refusal: &Refusal) -> anyhow::Error {
        Trouble::new(format!("{}: {refusal}", self.shown)).help(refusal.help()).into()
    }

    /// The difference to a new text, fit for a terminal.
    pub fn difference(&self, text: &str) -> String {
        report::diff(&self.shown, &self.text, text)
    }

    /// Whether it may be changed like that: not in the Nix store, not what a program will write again, and only to
    /// what Nix reads as meant.
    ///
    /// # Errors
    /// If not, with the way out; and if the user interrupts.
    pub fn check(&self, environment: &Environment, speaker: Speaker, change: &Change<'_>) -> Result<()> {
        if let Some(target) = fs::canonicalize(&self.path).ok().filter(|target| in_store(target)) {
            let link = if in_store(&self.path) { "" } else { "is a link and " };
            let place = target.display();
            return Err(Trouble::new(format!(
                "{} {link}lies in the Nix store ({place}): nothing is edited there",
                self.shown
            ))
            .help("edit the file that it was made from; --file names one")
            .into());
        }
        match nixfile::generated(&self.text) {
            Some(found) if found.forbids => {
                let said =
                    Trouble::new(format!("{} says it is made by a program: {}", self.shown, found.line));
                return Err(said
                    .help("change what it is made from; or write `# venvfix: libraries` above the list to edit it all the same")
                    .into());
            }
            Some(found) => speaker.warn(format_args!(
                "{} says where it came from ({}): made again, it loses the change",
                self.shown, found.line
            )),
            None => {}
        }
        if !change.ask_nix {
            return Ok(());
        }
        agreement::ask(self, environment, change)
    }

    /// Replaces the file, whole or not at all. A link is followed; mode and owner are kept.
    ///
    /// # Errors
    /// If it was changed since it was read, or cannot be written.
    pub fn replace(&self, text: &str) -> Result<()> {
        fsx::replace_unchanged(&self.path, self.text.as_bytes(), text.as_bytes())
    }

    /// The path as an argument of a command to type.
    pub fn word(&self) -> String {
        word(Path::new(&self.shown))
    }
}
