//! Where the shell gets venvfix from, as the user says it.

use std::env;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::error::Trouble;
use crate::scaffold::Source;

/// What `named` leads to from a folder; without it, this program.
pub(super) fn source(folder: &Path, named: Option<&str>) -> Result<Source> {
    let Some(named) = named else {
        let program = env::current_exe().context("could not find this program")?;
        return Ok(Source::PackageOrProgram(text(&program)?));
    };
    if is_flake_reference(named) {
        return Ok(Source::Flake(named.to_owned()));
    }
    if named.contains("://") {
        return Ok(Source::Tarball(named.to_owned()));
    }
    let path = folder.join(named);
    let path = path.canonicalize().with_context(|| format!("could not find the source {named}"))?;
    if path.is_file() {
        return program(&path);
    }
    if path.join("nix/default.nix").exists() {
        return Ok(Source::Checkout(text(&path)?));
    }
    Err(Trouble::usage(format!("{} is neither a program nor a checkout of venvfix", path.display()))
        .help("a checkout has nix/default.nix")
        .into())
}

fn program(path: &Path) -> Result<Source> {
    let mode = path.metadata().with_context(|| format!("could not read {}", path.display()))?.permissions();
    if mode.mode() & 0o111 == 0 {
        return Err(Trouble::usage(format!("{} is no program: it is not executable", path.display()))
            .help("name the venvfix program, a checkout of venvfix, or the URL of a tarball")
            .into());
    }
    Ok(Source::Program(text(path)?))
}

/// Whether only a flake can take this: `github:…`, `git+https://…`.
fn is_flake_reference(source: &str) -> bool {
    let scheme = source.split_once(':').map_or("", |(scheme, _)| scheme);
    ["github", "gitlab", "sourcehut", "path"].contains(&scheme) || scheme.starts_with("git+")
}

fn text(path: &Path) -> Result<String> {
    let text = path.to_str().with_context(|| format!("the path is no text: {}", path.display()))?;
    Ok(text.to_owned())
}
