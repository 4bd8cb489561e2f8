//! `venvfix init`: writes the files of a shell, or converts the one that is there.

mod beside;
mod existing;
mod source;

use std::path::Path;

use anyhow::Result;

use self::existing::{Existing, Outcome};
use super::Context;
use crate::backup;
use crate::catalog::{self, Interpreters};
use crate::cli::Init;
use crate::config::Config;
use crate::error::{Exit, Trouble};
use crate::fsx;
use crate::nixpkgs::Nixpkgs;
use crate::scaffold::{self, Asked, Source};
use crate::shell::word;

const SHELL: &str = "shell.nix";
const FLAKE: &str = "flake.nix";
const DEVENV: &str = "devenv.nix";
const ENVRC: &str = ".envrc";

pub(super) fn run(context: &Context, arguments: &Init) -> Result<Exit> {
    let folder = &context.environment.current_dir;
    let there = |name: &str| folder.join(name).symlink_metadata().is_ok();
    if arguments.envrc && there(ENVRC) && !arguments.force {
        return Err(is_there(folder, ENVRC)
            .help("put `use nix` into it, or overwrite it with --force")
            .into());
    }
    let shell = shell_file(folder, arguments)?;
    let flake = arguments.flake || shell == FLAKE;
    // Asked of a folder that has its shell, direnv's file is all that is missing.
    let only_envrc =
        arguments.envrc && !arguments.flake && (there(&shell) || there(FLAKE)) && !arguments.force;
    let mut of_flake = flake || only_envrc && !there(&shell);
    if !only_envrc {
        let task = Task { context, arguments, folder, shell: &shell, flake };
        match task.convert()? {
            Outcome::Done { is_flake } => of_flake = is_flake,
            Outcome::Declined => return Ok(Exit::Fine),
            Outcome::NotConverted if flake => task.write_flake()?,
            Outcome::NotConverted => task.write_shell()?,
        }
    }
    if arguments.envrc {
        replace(context, folder, ENVRC, &scaffold::envrc(if of_flake { FLAKE } else { &shell }))?;
    }
    context.speaker.help(match (arguments.envrc, of_flake) {
        (true, _) => "direnv allow".to_owned(),
        (false, true) => "nix develop".to_owned(),
        (false, false) if shell == SHELL => "nix-shell".to_owned(),
        (false, false) => format!("nix-shell {}", word(Path::new(&shell))),
    });
    Ok(Exit::Fine)
}

/// The file of the shell: the one that the settings name, which the other commands edit.
fn shell_file(folder: &Path, arguments: &Init) -> Result<String> {
    // Settings that are wrong are complained of where they are read for what is installed.
    let Some(path) = Config::named_nix_file(folder).unwrap_or_default() else {
        return Ok(SHELL.to_owned());
    };
    let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned();
    if name.contains('/') || name == DEVENV {
        return Err(Trouble::usage(format!("nix-file of the settings is {name}, which init does not write"))
            .help("write it by hand, or name a file in the project's own folder")
            .into());
    }
    if arguments.flake && name != FLAKE {
        return Err(Trouble::usage(format!(
            "nix-file of the settings is {name}, and --flake writes {FLAKE}"
        ))
        .help(format!("nix-file = \"{FLAKE}\""))
        .into());
    }
    Ok(name)
}

fn is_there(folder: &Path, name: &str) -> Trouble {
    Trouble::new(format!("{} is there already", folder.join(name).display()))
}

/// Writes a file of the project; an old one is kept.
fn replace(context: &Context, folder: &Path, name: &str, text: &str) -> Result<()> {
    let path = folder.join(name);
    keep_old(context, &path)?;
    fsx::replace(&path, text.as_bytes())?;
    context.speaker.step(format_args!("wrote {}", path.display()));
    Ok(())
}

fn keep_old(context: &Context, path: &Path) -> Result<()> {
    if path.symlink_metadata().is_err() {
        return Ok(());
    }
    // Not one that lies in the project.
    let git = context.environment.find_program("git", path.parent());
    if let Some(kept) = backup::keep(path, git.as_deref())? {
        context.speaker.step(format_args!("the old file is kept as {}", kept.display()));
    }
    Ok(())
}

/// What is asked for, and where.
struct Task<'a> {
    context: &'a Context,
    arguments: &'a Init,
    folder: &'a Path,
    /// The file of the shell, where that is none of a flake.
    shell: &'a str,
    /// The flake is asked for.
    flake: bool,
}

impl Task<'_> {
    /// Converts the first file that has a shell with a venv; of a flake that is asked for, only the flake.
    fn convert(&self) -> Result<Outcome> {
        let files = Existing::all(self.folder, self.shell).filter(|_| !self.arguments.force);
        for file in files.filter(|file| file.is_flake() || !self.flake) {
            match file.convert(self)? {
                Outcome::NotConverted => {}
                outcome => return Ok(outcome),
            }
        }
        Ok(Outcome::NotConverted)
    }

    fn write_shell(&self) -> Result<()> {
        let source = self.source()?;
        if matches!(source, Source::Flake(_)) {
            return Err(Trouble::usage("a shell.nix cannot take venvfix from a flake reference")
                .help("name the URL of a tarball, or write a flake with --flake")
                .into());
        }
        let asked = self.asked(self.shell)?;
        existing::mention_above(self);
        let beside = Existing::with_shells(self.folder, self.shell);
        replace(self.context, self.folder, self.shell, &scaffold::shell_nix(&source, &asked))?;
        self.tell(&source, &asked);
        for name in beside {
            self.context.speaker.step(format_args!(
                "{name} has a shell as well, and stays as it is: `venvfix add-lib` edits {} from now on",
                self.shell
            ));
        }
        Ok(())
    }

    fn write_flake(&self) -> Result<()> {
        let source = match self.source()? {
            Source::Checkout(path) if Path::new(&path).join(".git").exists() => {
                Source::Flake(format!("git+file://{}?dir=nix", scaffold::in_url(&path)))
            }
            other => other,
        };
        let asked = self.asked(FLAKE)?;
        replace(self.context, self.folder, FLAKE, &scaffold::flake_nix(&source, &asked))?;
        self.tell(&source, &asked);
        if self.folder.join(".git").exists() {
            self.context.speaker.step("in a git repository Nix sees what git knows of: git add flake.nix");
        }
        Ok(())
    }

    fn asked(&self, name: &str) -> Result<Asked> {
        let named = self.arguments.python.as_deref().map(minor).transpose()?;
        // The shell is of use all the same, and its entry will say this again.
        let files = beside::files(self.folder).unwrap_or_else(|error| {
            self.context.speaker.warn(format_args!("{error:#}"));
            scaffold::Files::default()
        });
        Ok(scaffold::asked(&files, named, self.interpreters(name)))
    }

    /// Those of the project's nixpkgs, else of the newest.
    fn interpreters(&self, name: &str) -> &'static Interpreters {
        let nixpkgs =
            Nixpkgs::find(&self.context.environment, Some(self.folder), Some(&self.folder.join(name)));
        catalog::interpreters(nixpkgs.release()).unwrap_or_else(catalog::newest_interpreters)
    }

    fn tell(&self, source: &Source, asked: &Asked) {
        let speaker = self.context.speaker;
        asked.warnings.iter().for_each(|warning| speaker.warn(warning));
        asked.notes.iter().for_each(|note| speaker.step(note));
        if let Source::PackageOrProgram(program) = source {
            let place = if self.flake { "" } else { "its package set, else from " };
            speaker.step(format_args!(
                "the shell takes venvfix from {place}{program}: for other machines, see --source"
            ));
        }
        if !beside::says_what_to_install(self.folder) {
            speaker.step("there is no requirements.txt yet: list what to install in it");
        }
    }

    fn source(&self) -> Result<Source> {
        source::source(self.folder, self.arguments.source.as_deref())
    }
}

fn minor(version: &str) -> Result<u8> {
    scaffold::minor_version(version).ok_or_else(|| {
        Trouble::usage(format!("this is no version of Python 3: {version}")).help("--python 3.12").into()
    })
}
