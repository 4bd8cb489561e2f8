//! Installs what a project wants with the user's installer.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::distribution;
use super::make::CREATION_LIMIT;
use super::repair::Repair;
use super::requirements::{self, Inputs};
use super::sources::{self, Parts, Reader, Source};
use crate::config::Environment;
use crate::error::Trouble;
use crate::exec::{Ending, Task};
use crate::explain::{Cause, cause};
use crate::fsx;
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

impl Installer {
    /// What it can read, in the venv at `venv`.
    pub fn reader(&self, venv: &Path) -> Reader {
        match self {
            Self::Uv { .. } => Reader::Uv,
            Self::Pip => Reader::Pip(pip_version(venv)),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Pip => "pip",
            Self::Uv { .. } => "uv",
        }
    }
}

/// One installation, in the project folder, as the user would do it.
pub struct Installation<'a> {
    /// With what.
    pub installer: Installer,
    /// Of what.
    pub sources: &'a [Source],
    /// Into which venv.
    pub venv: &'a Path,
    /// For which project.
    pub project: &'a Path,
    /// What the shell says.
    pub environment: &'a Environment,
}

/// Date of the first day that a zip file can say, as stdenv sets it.
const FIRST_DAY_OF_1980: &str = "315532800";

/// Where there is room when TMPDIR is a small file system in memory.
const ROOMY: &str = "/var/tmp";

impl Installation<'_> {
    /// Installs, and tries once more where that can help; `say` is told so.
    ///
    /// # Errors
    /// If the installer is not there, is interrupted or fails; its own message has been shown by then.
    pub fn run(&self, say: impl Fn(&str)) -> Result<()> {
        if self.installer == Installer::Pip {
            ensure_pip(&super::python(self.venv), self.project)?;
        }
        for task in self.tasks()? {
            let mut ending = task.run()?;
            if !ending.success
                && let Some((why, again)) = self.another_try(&ending, &task)
            {
                say(&why);
                ending = again.run()?;
            }
            if !ending.success {
                return Err(self.failure(&ending).into());
            }
        }
        Ok(())
    }

    /// Installs these distributions once more, each as it was, without their dependencies.
    ///
    /// # Errors
    /// As [`Installation::run`].
    pub fn again(&self, repairs: &[&Repair], inputs: &Inputs) -> Result<()> {
        if self.installer == Installer::Pip {
            ensure_pip(&super::python(self.venv), self.project)?;
        }
        let rebuild = repairs.iter().any(|repair| repair.rebuild);
        let options = match (&self.installer, rebuild) {
            (Installer::Pip, false) => &["--no-deps", "--force-reinstall"][..],
            (Installer::Pip, true) => &["--no-deps", "--force-reinstall", "--no-cache-dir"],
            (Installer::Uv { .. }, false) => &["--no-deps", "--reinstall"],
            (Installer::Uv { .. }, true) => &["--no-deps", "--reinstall", "--no-cache"],
        };
        let wanted = repairs.iter().flat_map(|repair| repair.requirement());
        let all = options.iter().map(OsString::from).chain(requirements::index_options(inputs));
        let ending = self.task(&all.chain(wanted).collect::<Vec<_>>()).run()?;
        if ending.success {
            return Ok(());
        }
        let titles: Vec<String> = repairs.iter().map(|repair| repair.title()).collect();
        let (name, titles) = (self.installer.name(), titles.join(", "));
        Err(Trouble::new(format!("{name} could not install {titles} again ({})", ending.status)).into())
    }

    fn tasks(&self) -> Result<Vec<Task>> {
        let arguments = sources::arguments(self.sources, self.project)?;
        let locked = self.sources.iter().filter_map(|source| match source {
            Source::UvLock(parts) => Some(parts),
            _ => None,
        });
        let mut tasks = locked.map(|parts| self.sync(parts)).collect::<Result<Vec<_>>>()?;
        if !arguments.is_empty() {
            tasks.push(self.task(&arguments));
        }
        Ok(tasks)
    }

    /// `pip install`, or uv's, with these arguments.
    fn task(&self, arguments: &[OsString]) -> Task {
        let python = super::python(self.venv);
        let task = match &self.installer {
            Installer::Pip => Task::new(python, self.project)
                .args(["-I", "-m", "pip", "install", "--disable-pip-version-check"])
                .env("PIP_REQUIRE_VIRTUALENV", "1")
                // The user's pip.conf may say otherwise.
                .env("PIP_USER", "0"),
            Installer::Uv { program, .. } => {
                Task::new(program, self.project).args(["pip", "install", "--python"]).args([python])
            }
        };
        self.finished(task).args(arguments)
    }

    /// `uv sync` takes away what is not in the lock, unless it is told not to.
    fn sync(&self, parts: &Parts) -> Result<Task> {
        let Installer::Uv { program, .. } = &self.installer else {
            return Err(Trouble::new("uv.lock needs uv, and there is none on PATH")
                .help("add uv to the packages in shell.nix")
                .into());
        };
        let folder = parts.file.parent().unwrap_or(self.project);
        let each = |option: &'static str, names: &[String]| -> Vec<String> {
            names.iter().flat_map(|name| [option.to_owned(), name.clone()]).collect()
        };
        let task = Task::new(program, folder)
            .args(["sync", "--frozen", "--inexact"])
            .args(each("--extra", &parts.extras))
            .args(each("--group", &parts.groups));
        let python = super::python(self.venv);
        Ok(self.finished(task).env("UV_PROJECT_ENVIRONMENT", self.venv).env("UV_PYTHON", python))
    }

    /// With the environment of an installer, and how much it says.
    fn finished(&self, task: Task) -> Task {
        let mut task = quiet_environment(task);
        // What sends packages elsewhere than into the venv.
        for name in ELSEWHERE {
            task = task.without_env(name);
        }
        let bundle = CERTIFICATES.iter().find(|path| Path::new(path).exists());
        for name in &self.environment.dead_certificates {
            task = match bundle {
                Some(bundle) => task.env(name, bundle),
                None => task.without_env(name),
            };
        }
        let terminal = io::stderr().is_terminal();
        if let Installer::Uv { builds, .. } = &self.installer {
            task = task.env("PYTHONPATH", builds).env("UV_PYTHON_DOWNLOADS", "never");
            if terminal {
                // Its standard error is listened to, so it does not see the terminal.
                task = task.args(["--color", "always"]);
            }
        }
        let quiet = if terminal { None } else { Some("--quiet") };
        let deadline = self.environment.deadline;
        task.called(self.installer.name()).deadline(deadline).args(quiet).listen()
    }

    fn another_try(&self, ending: &Ending, task: &Task) -> Option<(String, Task)> {
        match cause(&ending.stderr)? {
            Cause::Timestamps => {
                let why = "trying again with all files dated 1980: a build backend knows no earlier dates";
                Some((why.to_owned(), task.clone().env("SOURCE_DATE_EPOCH", FIRST_DAY_OF_1980)))
            }
            Cause::NoSpace => {
                let temporary = &self.environment.temporary;
                let (here, there) = (fsx::free_space(temporary)?, fsx::free_space(Path::new(ROOMY))?);
                let why = format!("trying again with TMPDIR={ROOMY}: {} is full", temporary.display());
                (here < there / 2).then(|| (why, task.clone().env("TMPDIR", ROOMY)))
            }
            _ => None,
        }
    }

    fn failure(&self, ending: &Ending) -> Trouble {
        let name = self.installer.name();
        let names = sources::names(self.sources, self.project);
        Trouble::new(format!("{name} could not install {names} ({})", ending.status))
            .help(self.way_out(cause(&ending.stderr)))
    }

    fn way_out(&self, cause: Option<Cause>) -> String {
        match cause {
            Some(Cause::NoSpace) => self.room(),
            Some(Cause::NotWritable) => {
                format!("something may not be written: look at the owner and mode of {} and of the installer's cache", self.venv.display())
            }
            Some(Cause::Network) => "there is no way to the index: once there is a network, enter the shell again".into(),
            Some(Cause::Certificates) => {
                "the server's certificate is not trusted: set SSL_CERT_FILE to a bundle that knows it, such as pkgs.cacert's".into()
            }
            Some(Cause::Timestamps) | None => "its message is above; the next entry tries again".into(),
        }
    }

    /// How much room there is where installers write.
    fn room(&self) -> String {
        let places = [("TMPDIR", &*self.environment.temporary), ("the environment", self.venv)];
        let left = places.iter().filter_map(|(what, path)| {
            Some(format!("{what} ({}) has {} MB left", path.display(), fsx::free_space(path)? >> 20))
        });
        let left: Vec<String> = left.collect();
        format!("make room, or set TMPDIR to where there is some: {}", left.join(", "))
    }
}

/// Variables that send packages elsewhere than into the venv, or nowhere.
const ELSEWHERE: [&str; 14] = [
    "PIP_DRY_RUN",
    "PIP_PREFIX",
    "PIP_PYTHON",
    "PIP_ROOT",
    "PIP_TARGET",
    "UV_DRY_RUN",
    "UV_PREFIX",
    "UV_PROJECT",
    "UV_PYTHON",
    "UV_SYSTEM_PYTHON",
    "UV_TARGET",
    "UV_WORKING_DIR",
    "UV_WORKING_DIRECTORY",
    "UV_BREAK_SYSTEM_PACKAGES",
];

/// Where systems keep the certificates that they trust.
const CERTIFICATES: [&str; 3] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/certs/ca-bundle.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
];

/// The version of the pip in a venv.
fn pip_version(venv: &Path) -> Option<(u32, u32)> {
    let entries = super::site_packages(venv).into_iter().filter_map(|path| fs::read_dir(path).ok()).flatten();
    entries.flatten().find_map(|entry| version_of_pip(&entry.file_name()))
}

/// Of `pip-26.1.dist-info`.
fn version_of_pip(name: &OsStr) -> Option<(u32, u32)> {
    let version = name.to_str()?.strip_prefix("pip-")?.strip_suffix(".dist-info")?;
    let mut parts = version.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_pip_is_in_the_name_of_its_metadata() {
        let version = |name: &str| version_of_pip(OsStr::new(name));
        assert_eq!(version("pip-23.0.1.dist-info"), Some((23, 0)));
        assert_eq!(version("pip-26.1.dist-info"), Some((26, 1)));
        assert_eq!(version("pip-27.0b1.dist-info"), Some((27, 0)));
        assert_eq!(version("pip_tools-7.4.dist-info"), None);
    }
}
