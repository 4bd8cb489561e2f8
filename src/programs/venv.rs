//! All programs of a venv.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use super::apply::{Patcher, restore};
use super::loaders::works;
use super::mark::Mark;
use super::rewrite::{Library, Refusal};
use super::step::{Circumstances, Step};
use crate::exec::Task;
use crate::fsx;
use crate::loader::{DiskFiles, Resolver, System};
use crate::survey::{Seen, Survey};
use crate::venv::Venv;

/// A loader looks at a program in milliseconds.
const LIMIT: Duration = Duration::from_secs(60);
/// What would have the loader look at something else.
const VARIABLES: [&str; 3] = ["LD_LIBRARY_PATH", "LD_PRELOAD", "LD_AUDIT"];

/// What became of the programs of a venv.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Those that were changed.
    pub done: Vec<PathBuf>,
    /// Those that are left as they are, and why.
    pub left: Vec<(PathBuf, Refusal)>,
    /// What went wrong.
    pub failed: Vec<anyhow::Error>,
}

/// Gives the programs of a venv its interpreter's loader, and what is offered to those that need it. Only
/// for use where nobody else changes the venv.
///
/// # Errors
/// If it is interrupted. What is wrong with one program keeps none from the others.
pub fn patch_all(
    venv: &Venv,
    survey: &Survey,
    offer: &dyn Fn(&str) -> Option<PathBuf>,
    nix_ld: Option<&Path>,
) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let interpreter = &venv.interpreter;
    let Some(loader) = interpreter.loader.to_str() else { return Ok(outcome) };
    let machine = interpreter.object.machine;
    let circumstances = Circumstances {
        machine,
        loader,
        works: &|interpreter| works(interpreter, nix_ld),
        exists: &|path| path.exists(),
        offer,
    };
    let system = System::of_loader(&interpreter.loader, machine);
    let libraries = |program: &Path| {
        // Anew for each: a file that is made may be another's number again.
        let files = DiskFiles::default();
        let found = RefCell::new(Vec::new());
        let noting = |name: &str| offer(name).inspect(|path| note(&mut found.borrow_mut(), name, path));
        Resolver::new(&files, &system, machine).start(program, &noting);
        found.into_inner()
    };
    let patcher =
        Patcher { root: &venv.root, loader, libraries: &libraries, loads: &|path| loads(loader, path) };
    for Seen { path, found, .. } in &survey.files {
        let Ok(located) = found else { continue };
        if circumstances.step(&located.object, || Mark::of(path).is_some()) == Step::Nothing {
            continue;
        }
        match patcher.patch(path) {
            Ok(Ok(())) => outcome.done.push(path.clone()),
            Ok(Err(refusal)) => outcome.left.push((path.clone(), refusal)),
            Err(error) if crate::error::exit_of(&error) == crate::error::Exit::Interrupted => {
                return Err(error);
            }
            Err(error) => outcome.failed.push(error),
        }
    }
    Ok(outcome)
}

fn note(found: &mut Vec<Library>, name: &str, path: &Path) {
    let library = Library { soname: name.into(), path: path.as_os_str().as_bytes().to_owned() };
    if !found.contains(&library) {
        found.push(library);
    }
}

/// Whether a loader loads a program with all that it needs. None of the program's code runs.
fn loads(loader: &str, program: &Path) -> Result<bool> {
    let folder = program.parent().unwrap_or(Path::new("/"));
    let task = Task::new(loader, folder).args([OsStr::new("--list"), program.as_os_str()]);
    let task = VARIABLES.iter().fold(task, |task, name| task.without_env(name));
    Ok(task.limit(LIMIT).silent().run()?.success)
}

/// Makes all patched programs of the venv at `root` what they were.
pub fn restore_all(root: &Path, survey: &Survey) -> Outcome {
    let mut outcome = Outcome::default();
    for Seen { path, found, .. } in &survey.files {
        if found.as_ref().is_ok_and(|located| located.object.is_program()) {
            match restore(path, root) {
                Ok(true) => outcome.done.push(path.clone()),
                Ok(false) => {}
                Err(error) => outcome.failed.push(error),
            }
        }
    }
    outcome
}

/// Removes what a killed program left beside programs: what has the name of a temporary file, and no
/// distribution knows it. Only for use where nobody else changes the venv. Best effort.
pub fn remove_leftovers(root: &Path, survey: &Survey) -> usize {
    let all = survey.files.iter().filter(|seen| seen.owners.is_empty());
    let named = all.filter(|seen| seen.path.file_name().is_some_and(fsx::is_temporary));
    let inside = named.filter(|seen| seen.path.starts_with(root) && !seen.path.is_symlink());
    inside.filter(|seen| fs::remove_file(&seen.path).is_ok()).count()
}
