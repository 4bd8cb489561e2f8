//! Installs the requirements with the user's installer.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use super::make::CREATION_LIMIT;
use crate::error::Trouble;
use crate::exec::Task;
use crate::shell::word;

/// What installs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Installer {
    /// The venv's own pip.
    Pip,
    /// This uv. It builds with the base interpreter, in which the venv's provider is not: this
    /// directory, put on PYTHONPATH for uv alone, brings it.
    Uv {
        /// The program.
        program: PathBuf,
        /// The directory.
        builds: PathBuf,
    },
}

/// Runs `pip install -r`, or uv's, for all of `requirements`, in the project folder, as the user
/// would, into the venv of `python`. Where nobody can interrupt it, it ends at the deadline.
///
/// # Errors
/// If the installer is not there, is interrupted or fails; its own message has been shown by then.
pub fn install(
    installer: &Installer,
    python: &Path,
    requirements: &[PathBuf],
    project: &Path,
    deadline: Option<Duration>,
) -> Result<()> {
    let (name, task) = match installer {
        Installer::Pip => {
            ensure_pip(python, project)?;
            let options = ["-I", "-m", "pip", "install", "--disable-pip-version-check"];
            let task = quiet_environment(Task::new(python, project).args(options));
            ("pip", task.env("PIP_REQUIRE_VIRTUALENV", "1"))
        }
        Installer::Uv { program, builds } => {
            let task = Task::new(program, project).args(["pip", "install", "--python"]).args([python]);
            ("uv", quiet_environment(task).env("PYTHONPATH", builds).env("UV_PYTHON_DOWNLOADS", "never"))
        }
    };
    let shown = |file: &PathBuf| file.strip_prefix(project).unwrap_or(file).to_owned();
    let files = requirements.iter().flat_map(|file| ["-r".into(), shown(file).into_os_string()]);
    let quiet = if io::stderr().is_terminal() { None } else { Some("--quiet") };
    let ending = task.called(name).deadline(deadline).args(quiet).args(files).run()?;
    if ending.success {
        return Ok(());
    }
    let names: Vec<String> = requirements.iter().map(|file| shown(file).display().to_string()).collect();
    Err(Trouble::new(format!("{name} could not install {} ({})", names.join(", "), ending.status))
        .help("its message is above; the next entry tries again")
        .into())
}

/// A venv of uv's, or one whose making was killed, has no pip.
fn ensure_pip(python: &Path, project: &Path) -> Result<()> {
    let root = python.parent().and_then(Path::parent).unwrap_or(Path::new("/"));
    if super::site_packages(root).iter().any(|path| path.join("pip/__main__.py").exists()) {
        return Ok(());
    }
    let task =
        Task::new(python, project).args(["-I", "-m", "ensurepip", "--default-pip"]).limit(CREATION_LIMIT);
    match quiet_environment(task).silent().run()?.success {
        true => Ok(()),
        false => {
            Err(Trouble::new(format!("{} has no pip, and ensurepip could not bring it", root.display()))
                .help(format!("remove the environment and enter the shell again: rm -r {}", word(root)))
                .into())
        }
    }
}

/// What a Nix shell sets and an installer must not see: dates before 1980 do not fit into a zip
/// file, and PYTHONPATH makes pip take the store's packages for installed.
pub(super) fn quiet_environment(task: Task) -> Task {
    let names = ["SOURCE_DATE_EPOCH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"];
    names.into_iter().fold(task, Task::without_env)
}
