//! A Nix file that is there already: converted, once its owner has seen what changes.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::{DEVENV, FLAKE, SHELL, Task, keep_old};
use crate::catalog;
use crate::error::Trouble;
use crate::fsx;
use crate::nixfile::convert::{Conversion, Given, Refusal, convert};
use crate::nixfile::{self, Wish};
use crate::nixpkgs::Nixpkgs;
use crate::report;
use crate::scaffold::{self, Source};

/// Nix files are written by people.
const MAX_SIZE: u64 = 4 << 20;

const SETTINGS: &str = "venvfix.toml";

/// How a conversion ended.
pub(super) enum Outcome {
    /// It is written: to a flake, or to another file.
    Done {
        /// To a flake.
        is_flake: bool,
    },
    /// Its owner does not want it.
    Declined,
    /// There is no file, or it has no shell with a venv, so that one may stand beside it.
    NotConverted,
}

/// A file that may have the project's shell.
pub(super) struct Existing {
    path: PathBuf,
    name: String,
}

impl Existing {
    /// What `nix-shell` would take, else `nix develop`; of settings that name another file, that.
    pub(super) fn all(folder: &Path, shell: &str) -> impl Iterator<Item = Existing> {
        let names = match shell {
            SHELL => vec![SHELL, "default.nix", FLAKE],
            other => vec![other],
        };
        let all = Existing::named(folder, &names);
        all.into_iter().filter(|file| file.path.symlink_metadata().is_ok())
    }

    fn named(folder: &Path, names: &[&str]) -> Vec<Existing> {
        names.iter().map(|&name| Existing { path: folder.join(name), name: name.to_owned() }).collect()
    }

    /// The names of those in a folder that have a shell, with or without a venv, but for the one of `shell`.
    pub(super) fn with_shells(folder: &Path, shell: &str) -> Vec<String> {
        let of_nix = Existing::named(folder, &[SHELL, "default.nix", FLAKE]);
        let of_nix = of_nix.into_iter().filter(|file| file.name != shell && file.has_shell());
        let devenv = folder.join(DEVENV).exists().then(|| DEVENV.to_owned());
        of_nix.map(|file| file.name).chain(devenv).collect()
    }

    fn has_shell(&self) -> bool {
        let text = fsx::read_text(&self.path, MAX_SIZE).ok().flatten().unwrap_or_default();
        let place = nixfile::place(&text, &Wish::default());
        matches!(place, Ok(_) | Err(nixfile::Refusal::Ambiguous { .. }))
    }

    pub(super) fn convert(&self, task: &Task<'_>) -> Result<Outcome> {
        let source = self.source(task.source()?);
        let text = fsx::read_text(&self.path, MAX_SIZE)?;
        let text = text.ok_or_else(|| Trouble::new(format!("could not read {}", self.path.display())))?;
        match self.converted(task, &source, &text) {
            Ok(conversion) => {
                self.check(&source)?;
                self.check_python(task)?;
                self.propose(task, &text, &conversion)
            }
            Err(Refusal::NoShell(_) | Refusal::NoVenv) if self.name != task.shell && !task.flake => {
                Ok(Outcome::NotConverted)
            }
            Err(refusal) => Err(self.refused(task, &source, &refusal)),
        }
    }

    fn converted(&self, task: &Task<'_>, source: &Source, text: &str) -> Result<Conversion, Refusal> {
        let nixpkgs = Nixpkgs::find(&task.context.environment, self.path.parent(), Some(&self.path));
        let interpreters = catalog::interpreters(nixpkgs.release()).filter(|_| is_unpinned(text));
        let given = Given {
            project: super::beside::project(self.path.parent().unwrap_or(task.folder)),
            is_flake: self.is_flake(),
            new_name: &|name| interpreters?.new_name(name),
            hook: &|nixpkgs| scaffold::hook(source, nixpkgs),
            package: &|nixpkgs| scaffold::package(source, nixpkgs),
        };
        convert(text, &given)
    }

    pub(super) fn is_flake(&self) -> bool {
        self.name == FLAKE
    }

    /// As this file can name it.
    fn source(&self, source: Source) -> Source {
        match source {
            Source::PackageOrProgram(path) | Source::Program(path) if self.is_flake() => Source::Linked(path),
            other => other,
        }
    }

    fn check(&self, source: &Source) -> Result<()> {
        match (source, self.is_flake()) {
            (Source::Linked(_), true) => Ok(()),
            (_, true) => Err(Trouble::usage(
                "a flake that is there takes venvfix from a program, or has it as an input",
            )
            .help("add the input by hand, and put its venvfixShellHook in place of venvShellHook")
            .into()),
            (Source::Flake(_), false) => {
                Err(Trouble::usage(format!("{} cannot take venvfix from a flake reference", self.name))
                    .into())
            }
            (_, false) => Ok(()),
        }
    }

    /// A conversion keeps the Python of its owner.
    fn check_python(&self, task: &Task<'_>) -> Result<()> {
        let Some(version) = task.arguments.python.as_deref() else { return Ok(()) };
        let minor = super::minor(version)?;
        Err(Trouble::usage(format!(
            "--python is for a new file: {} is there, and keeps its Python",
            self.name
        ))
        .help(format!("write python3{minor} into {} by hand, then: venvfix init", self.name))
        .into())
    }

    /// The refusal, after the lines to write by hand.
    fn refused(&self, task: &Task<'_>, source: &Source, refusal: &Refusal) -> anyhow::Error {
        let by_hand = refusal.by_hand(&scaffold::package(source, "pkgs"));
        // The folder of a flake is a copy in the store, where nobody works.
        let by_hand = by_hand.lines().filter(|line| !(self.is_flake() && line.contains("VENVFIX_PROJECT")));
        let lines: String = by_hand.map(|line| format!("{}\n", report::sanitize(line))).collect();
        task.context.speaker.block(&lines);
        let message = format!("{} is there already, and is not converted: {refusal}", self.path.display());
        let file = if task.flake { " --file flake.nix" } else { "" };
        let help =
            format!("add libraries to it with `venvfix add-lib NAME{file}`, or overwrite it with --force");
        Trouble::new(message).help(help).into()
    }

    fn propose(&self, task: &Task<'_>, old: &str, new: &Conversion) -> Result<Outcome> {
        let speaker = task.context.speaker;
        let mut shown = report::diff(&self.name, old, &new.text);
        if let Some(settings) = &new.settings {
            shown.push_str(&report::diff(SETTINGS, "", settings));
        }
        speaker.result(&shown)?;
        new.notes.iter().for_each(|note| speaker.step(note));
        if !task.arguments.yes {
            match ask(&format!("change {}?", self.name))? {
                Some(true) => {}
                Some(false) => {
                    speaker.step("nothing is changed");
                    return Ok(Outcome::Declined);
                }
                None => {
                    let message = format!("{} is not changed: there is no terminal to ask at", self.name);
                    return Err(Trouble::new(message).help("venvfix init --yes").into());
                }
            }
        }
        keep_old(task.context, &self.path)?;
        // Before the file that counts on them.
        if let Some(settings) = &new.settings {
            fsx::replace(&task.folder.join(SETTINGS), settings.as_bytes())?;
        }
        fsx::replace(&self.path, new.text.as_bytes())?;
        speaker.step(format_args!("converted {}", self.path.display()));
        Ok(Outcome::Done { is_flake: self.is_flake() })
    }
}

/// Says of a file in a folder above, up to the root of the repository, that it could be converted.
pub(super) fn mention_above(task: &Task<'_>) {
    let is_root = |folder: &&Path| folder.join(".git").exists();
    if is_root(&task.folder) {
        return;
    }
    let Ok(source) = task.source() else { return };
    for folder in task.folder.ancestors().skip(1) {
        let mut files = Existing::all(folder, SHELL).filter_map(|file| {
            let text = fsx::read_text(&file.path, MAX_SIZE).ok().flatten()?;
            Some((file, text))
        });
        let found =
            files.find(|(file, text)| file.converted(task, &file.source(source.clone()), text).is_ok());
        if let Some((file, _)) = found {
            let (file, folder) = (file.path.display(), folder.display());
            task.context.speaker.step(format_args!(
                "{file} could be converted instead of writing a shell here: venvfix init in {folder}"
            ));
            return;
        }
        if is_root(&folder) {
            return;
        }
    }
}

/// Whether the file takes `<nixpkgs>`, whose names are today's, and not one that it names itself.
fn is_unpinned(text: &str) -> bool {
    text.contains("<nixpkgs>")
}

/// The answer of whoever sits at the terminal; `None` where nobody does.
fn ask(question: &str) -> Result<Option<bool>> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(None);
    }
    let mut out = anstream::stderr().lock();
    write!(out, "{question} [y/N] ").and_then(|()| out.flush()).context("could not ask")?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).context("could not read the answer")?;
    Ok(Some(["y", "yes"].contains(&answer.trim().to_lowercase().as_str())))
}
