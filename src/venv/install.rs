//! Installs the requirements with the user's installer.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::distribution;
use super::make::CREATION_LIMIT;
use super::repair::Repair;
use super::requirements::{self, Inputs};
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
/// would, into the venv of `python`.
///
/// # Errors
/// If the installer is not there, is interrupted or fails; its own message has been shown by then.
pub fn install(installer: &Installer, python: &Path, requirements: &[PathBuf], project: &Path) -> Result<()> {
    let (name, task) = begin(installer, python, project)?;
    let shown = |file: &PathBuf| file.strip_prefix(project).unwrap_or(file).to_owned();
    let files = requirements.iter().flat_map(|file| ["-r".into(), shown(file).into_os_string()]);
    let ending = task.args(files).run()?;
    if ending.success {
        return Ok(());
    }
    let names: Vec<String> = requirements.iter().map(|file| shown(file).display().to_string()).collect();
    Err(Trouble::new(format!("{name} could not install {} ({})", names.join(", "), ending.status))
        .help("its message is above; the next entry tries again")
        .into())
}

/// Installs these distributions once more, each as it was, without their dependencies.
///
/// # Errors
/// As [`install`].
pub fn install_again(
    installer: &Installer,
    python: &Path,
    repairs: &[&Repair],
    inputs: &Inputs,
    project: &Path,
) -> Result<()> {
    let (name, task) = begin(installer, python, project)?;
    let rebuild = repairs.iter().any(|repair| repair.rebuild);
    let options = match (installer, rebuild) {
        (Installer::Pip, false) => &["--no-deps", "--force-reinstall"][..],
        (Installer::Pip, true) => &["--no-deps", "--force-reinstall", "--no-cache-dir"],
        (Installer::Uv { .. }, false) => &["--no-deps", "--reinstall"],
        (Installer::Uv { .. }, true) => &["--no-deps", "--reinstall", "--no-cache"],
    };
    let wanted = repairs.iter().flat_map(|repair| repair.requirement());
    let ending = task.args(options).args(requirements::index_options(inputs)).args(wanted).run()?;
    if ending.success {
        return Ok(());
    }
    let titles: Vec<String> = repairs.iter().map(|repair| repair.title()).collect();
    Err(Trouble::new(format!("{name} could not install {} again ({})", titles.join(", "), ending.status))
        .into())
}

/// The command that installs into the venv of `python`, up to what it is to install, and its name.
pub(super) fn begin(installer: &Installer, python: &Path, project: &Path) -> Result<(&'static str, Task)> {
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
    let quiet = if io::stderr().is_terminal() { None } else { Some("--quiet") };
    Ok((name, task.args(quiet)))
}

/// A venv of uv's, or one whose making was killed, has no pip.
fn ensure_pip(python: &Path, project: &Path) -> Result<()> {
    let root = root_of(python);
    let is_whole = |base: &PathBuf| base.join("pip/__main__.py").exists() && has_record(base, "pip");
    if super::site_packages(root).iter().any(is_whole) {
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

/// Puts the pip that Python brings in place of a damaged one.
///
/// # Errors
/// If that cannot be.
pub fn renew_pip(python: &Path, project: &Path) -> Result<()> {
    // Without them, none counts as installed.
    let infos = super::site_packages(root_of(python)).into_iter();
    for dist_info in infos.flat_map(|base| distribution::dist_infos(&base)).filter(|path| is_of(path, "pip"))
    {
        fs::remove_dir_all(&dist_info)
            .with_context(|| format!("could not remove {}", dist_info.display()))?;
    }
    ensure_pip(python, project)
}

fn root_of(python: &Path) -> &Path {
    python.parent().and_then(Path::parent).unwrap_or(Path::new("/"))
}

fn is_of(dist_info: &Path, name: &str) -> bool {
    distribution::name_and_version(dist_info).is_some_and(|(found, _)| found == name)
}

/// A pip that was killed while it replaced itself has none.
fn has_record(site_packages: &Path, name: &str) -> bool {
    let infos = distribution::dist_infos(site_packages);
    infos.iter().any(|dist_info| is_of(dist_info, name) && dist_info.join("RECORD").exists())
}

/// What a Nix shell sets and an installer must not see: dates before 1980 do not fit into a zip
/// file, and PYTHONPATH makes pip take the store's packages for installed.
pub(super) fn quiet_environment(task: Task) -> Task {
    let names = ["SOURCE_DATE_EPOCH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"];
    names.into_iter().fold(task, Task::without_env)
}
