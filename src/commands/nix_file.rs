//! Which Nix file holds the project's shell: the one that is named, or the one that the project's files lead to.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Context;
use crate::config::Config;
use crate::editing::{MAX_SIZE, NixFile};
use crate::error::Trouble;
use crate::fsx;
use crate::nixfile::{self, Edit, Import, Refusal, Wish};

/// How many files are read on the way to the shell.
const MOST: usize = 32;

/// The file to edit, and the folder of its project.
///
/// A file that hands on to another one of the project is gone through to that, unless the user has named it. Where
/// no file has a place for a library, it is the first, whose refusal says why.
///
/// # Errors
/// If the settings cannot be read.
pub(super) fn find(context: &Context, named: Option<&Path>, wish: &Wish) -> Result<(PathBuf, PathBuf)> {
    if let Some(path) = named {
        let path = context.environment.current_dir.join(path);
        let folder = fsx::normalize(path.parent().unwrap_or(Path::new("/")));
        return Ok((path, folder));
    }
    let config = Config::load(&context.environment)?;
    let found = of_project(context, &config, wish);
    Ok((found, config.project))
}

/// The file to edit in a project.
pub(super) fn of_project(context: &Context, config: &Config, wish: &Wish) -> PathBuf {
    let first = config.nix_file.clone();
    let found = search(&config.project, first.clone(), wish);
    if let Some(found) = found.as_ref().filter(|found| **found != first) {
        let shown = |path: &Path| path.strip_prefix(&config.project).unwrap_or(path).display().to_string();
        context.speaker.step(format_args!(
            "{} has no list for a library, {} has",
            shown(&first),
            shown(found)
        ));
    }
    found.unwrap_or(first)
}

/// Goes from file to file of a project until one has a place, or more than one.
fn search(project: &Path, first: PathBuf, wish: &Wish) -> Option<PathBuf> {
    let mut queue = VecDeque::from([first]);
    let mut seen: Vec<PathBuf> = Vec::new();
    while let Some(path) = queue.pop_front() {
        let Some(real) = inside(project, &path).filter(|real| !seen.contains(real) && seen.len() < MOST)
        else {
            continue;
        };
        seen.push(real);
        let text = fsx::read_text(&path, MAX_SIZE).ok().flatten()?;
        match nixfile::place(&text, wish) {
            Err(Refusal::NoPlace { instead, .. }) => {
                let named = instead.iter().filter_map(|file| beside(&path, file));
                let others = others(project, &path);
                for next in others.into_iter().chain(named.collect::<Vec<_>>().into_iter().rev()) {
                    queue.push_front(next);
                }
            }
            Err(Refusal::NoShell { .. }) => queue.push_back(project.join("flake.nix")),
            Ok(_) | Err(_) => return Some(path),
        }
    }
    None
}

/// The file under its real path, if it lies in the project.
fn inside(project: &Path, path: &Path) -> Option<PathBuf> {
    let (project, real) = (fs::canonicalize(project).ok()?, fs::canonicalize(path).ok()?);
    (real.starts_with(project) && real.is_file()).then_some(real)
}

/// The file that another one names by a literal path; of a folder, its default.nix.
fn beside(from: &Path, named: &str) -> Option<PathBuf> {
    if named.contains("${") {
        return None;
    }
    let path = fsx::normalize(&from.parent()?.join(named));
    Some(if path.is_dir() { path.join("default.nix") } else { path })
}

/// Where a shell may be as well: a default.nix and a flake are often made for packages alone.
fn others(project: &Path, path: &Path) -> Vec<PathBuf> {
    let names: &[&str] = match path.strip_prefix(project).ok().and_then(Path::to_str) {
        Some("default.nix") => &["flake.nix", "devenv.nix"],
        Some("flake.nix") => &["devenv.nix"],
        _ => &[],
    };
    names.iter().rev().map(|name| project.join(name)).collect()
}

/// Whether those who import the file give it what it is to ask for: other than callPackage, they give what they name.
///
/// # Errors
/// If one does not.
pub(super) fn check_callers(file: &NixFile, edit: &Edit) -> Result<()> {
    if edit.arguments.is_empty() {
        return Ok(());
    }
    let own = fs::canonicalize(&file.path).ok();
    for caller in ["shell.nix", "default.nix", "flake.nix"].map(|name| file.project.join(name)) {
        let text = fsx::read_text(&caller, MAX_SIZE).ok().flatten().unwrap_or_default();
        let is_own = |file: &str| beside(&caller, file).and_then(|path| fs::canonicalize(path).ok()) == own;
        let imports = nixfile::imports(&text).into_iter().filter(|import| is_own(&import.file));
        for import in imports {
            let caller = caller.strip_prefix(&file.project).unwrap_or(&caller);
            check_caller(file, &edit.arguments, caller, &import)?;
        }
    }
    Ok(())
}

fn check_caller(file: &NixFile, names: &[String], caller: &Path, import: &Import) -> Result<()> {
    let lacking: Vec<&str> =
        names.iter().filter(|name| !import.names.contains(name)).map(String::as_str).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let (lacking, caller, line) = (lacking.join(" "), caller.display(), import.line);
    let trouble = Trouble::new(format!(
        "{} would have to be given {lacking}, and {caller}:{line} imports it without",
        file.shown
    ));
    let way =
        format!("write `inherit (pkgs) {lacking};` in that import, or have pkgs.callPackage call the file");
    Err(trouble.help(way).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHELL: &str = "{ pkgs }: pkgs.mkShell { packages = [ ]; }";

    fn found(files: &[(&str, &str)], first: &str) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().join("project");
        for (name, text) in files {
            let path = project.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let found = search(&project, project.join(first), &Wish::default())?;
        Some(found.strip_prefix(&project).unwrap().display().to_string())
    }

    #[test]
    fn files_are_followed_to_the_shell() {
        assert_eq!(found(&[("shell.nix", SHELL)], "shell.nix").as_deref(), Some("shell.nix"));
        let folder = [
            ("shell.nix", "import ./nix { }"),
            ("nix/default.nix", "import ./dev.nix"),
            ("nix/dev.nix", SHELL),
        ];
        assert_eq!(found(&folder, "shell.nix").as_deref(), Some("nix/dev.nix"));
        let flake = "{ outputs = { nixpkgs, ... }: { devShells.x.default = import ./shell.nix { }; }; }";
        let flake = [("flake.nix", flake), ("shell.nix", SHELL)];
        assert_eq!(found(&flake, "flake.nix").as_deref(), Some("shell.nix"));
    }

    #[test]
    fn a_package_is_passed_over_for_what_may_hold_a_shell() {
        let package = "{ buildPythonPackage }: buildPythonPackage { }";
        let module = "{ pkgs, ... }: { packages = [ ]; }";
        let files = [("default.nix", package), ("flake.nix", "{ }"), ("devenv.nix", module)];
        assert_eq!(found(&files, "default.nix").as_deref(), Some("devenv.nix"));
        let environment = [("shell.nix", "(python3.withPackages (p: [ ])).env"), ("flake.nix", SHELL)];
        assert_eq!(found(&environment, "shell.nix"), None);
    }

    #[test]
    fn nothing_is_followed_out_of_the_project_or_in_a_circle() {
        let outside = [("shell.nix", "import ../shell.nix { }"), ("../shell.nix", SHELL)];
        assert_eq!(found(&outside, "shell.nix"), None);
        let circle = [("shell.nix", "import ./a.nix"), ("a.nix", "import ./shell.nix")];
        assert_eq!(found(&circle, "shell.nix"), None);
        assert_eq!(found(&[("shell.nix", "import ./a.nix")], "shell.nix"), None);
    }

    #[test]
    fn a_link_out_of_the_project_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().join("project");
        fs::create_dir(&project).unwrap();
        fs::write(folder.path().join("outer.nix"), SHELL).unwrap();
        fs::write(project.join("shell.nix"), "import ./inner.nix").unwrap();
        std::os::unix::fs::symlink("../outer.nix", project.join("inner.nix")).unwrap();
        assert_eq!(search(&project, project.join("shell.nix"), &Wish::default()), None);
    }
}
