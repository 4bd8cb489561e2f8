//! `venvfix init`: writes a shell.nix.

use std::env;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::Context;
use crate::cli::Init;
use crate::error::{Exit, Trouble};
use crate::fsx;
use crate::scaffold::{self, Source};

pub(super) fn run(context: &Context, arguments: &Init) -> Result<Exit> {
    let folder = &context.environment.current_dir;
    let path = folder.join("shell.nix");
    if path.symlink_metadata().is_ok() && !arguments.force {
        return Err(Trouble::new(format!("{} is there already", path.display()))
            .help("add libraries to it with `venvfix add-lib NAME`, or overwrite it with --force")
            .into());
    }
    let source = source(arguments.source.as_deref(), folder)?;
    fsx::replace(&path, scaffold::shell_nix(&source).as_bytes())?;
    context.speaker.step(format_args!("wrote {}", path.display()));
    if let Source::PackageOrProgram(program) = &source {
        context.speaker.step(format_args!(
            "the shell takes venvfix from its package set, else from {program}: for other machines, see --source"
        ));
    }
    if !["requirements.txt", "pyproject.toml", "pylock.toml"].iter().any(|name| folder.join(name).exists()) {
        context.speaker.step("there is no requirements.txt yet: list what to install in it");
    }
    context.speaker.help("nix-shell");
    Ok(Exit::Fine)
}

fn source(named: Option<&str>, folder: &Path) -> Result<Source> {
    let Some(named) = named else {
        let program = env::current_exe().context("could not find this program")?;
        return Ok(Source::PackageOrProgram(text(&program)?));
    };
    if named.contains("://") {
        return Ok(Source::Tarball(named.to_owned()));
    }
    let path = folder.join(named);
    let path = path.canonicalize().with_context(|| format!("could not find the source {named}"))?;
    if path.is_file() {
        return Ok(Source::Program(text(&path)?));
    }
    if path.join("nix/default.nix").exists() {
        return Ok(Source::Checkout(text(&path)?));
    }
    Err(Trouble::usage(format!("{} is neither a program nor a checkout of venvfix", path.display()))
        .help("a checkout has nix/default.nix")
        .into())
}

fn text(path: &Path) -> Result<String> {
    let text = path.to_str().with_context(|| format!("the path is no text: {}", path.display()))?;
    Ok(text.to_owned())
}
