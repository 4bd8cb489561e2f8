//! `venvfix preview`: what requirements will need on NixOS, from the wheels themselves.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::Context;
use crate::cli::{Format, Preview};
use crate::condition;
use crate::config::Programs;
use crate::diagnose::Report;
use crate::elf::Machine;
use crate::error::{Exit, Trouble};
use crate::examine::{Reaching, Target, Tree, examine};
use crate::exec::Task;
use crate::fsx;
use crate::programs;
use crate::report::{self, Verbosity};
use crate::survey::Extent;
use crate::venv::{self, requirements};

/// For calls that only ask or unpack.
const SHORT: Duration = Duration::from_secs(600);

/// Lays the wheels of a folder out as an installer does.
const UNPACK: &str = include_str!("../../hooks/unpack_wheels.py");

const VERSION: &str = "import sys; print('%d.%d' % sys.version_info[:2])";

pub(super) fn run(context: &Context, arguments: &Preview) -> Result<Exit> {
    let folder = tempfile::Builder::new()
        .prefix("venvfix-")
        .tempdir()
        .context("could not make a folder for wheels")?;
    let report = Download { context, arguments, folder: folder.path() }.report()?;
    match arguments.format {
        Format::Human => {
            let details = context.speaker.verbosity == Verbosity::Verbose;
            context.speaker.result(&report::preview(&report, details))?;
        }
        Format::Json => context.speaker.raw(report::json(&report)?.as_bytes())?,
        Format::Github => context.speaker.raw(report::github(&report).as_bytes())?,
    }
    Ok(Exit::Fine)
}

struct Download<'a> {
    context: &'a Context,
    arguments: &'a Preview,
    folder: &'a Path,
}

impl Download<'_> {
    fn report(&self) -> Result<Report> {
        requirements::only_wheels(&self.arguments.requirements, &self.files()?)?;
        let python = self.python_with_pip()?;
        let version = match &self.arguments.python {
            Some(text) => parse_version(text)?,
            None => parse_version(self.ask(&python, VERSION)?.trim())?,
        };
        let wheels = self.folder.join("wheels");
        self.context.speaker.step(format_args!("downloading wheels for Python {}.{}", version.0, version.1));
        self.download(&python, &wheels)?;
        let site_packages = self.unpack(&python, &wheels)?;
        let tree = Tree {
            root: &site_packages,
            site_packages: std::slice::from_ref(&site_packages),
            shown: Path::new("preview"),
            sources: Extent::All,
        };
        let target = Target::AssumedNix(machine(), Some(version));
        let entry = programs::Entry::foreseen(Programs::Patch);
        let foreign = |path: &Path, remedy| entry.advice(path, &site_packages, remedy);
        let found = examine(&tree, &target, &Reaching { foreign: &foreign, ..Reaching::NOTHING }, &[]);
        let mut report = found.report;
        let installed = &found.survey.distributions;
        report.add_all(condition::standard_library(None, Some(version), installed, &[]));
        Ok(report)
    }

    /// The requirement files, absolute.
    fn files(&self) -> Result<Vec<PathBuf>> {
        let here = &self.context.environment.current_dir;
        let files: Vec<PathBuf> =
            self.arguments.files.iter().map(|file| fsx::normalize(&here.join(file))).collect();
        if let Some(absent) = files.iter().find(|file| !file.exists()) {
            return Err(Trouble::usage(format!("there is no {}", absent.display())).into());
        }
        Ok(files)
    }

    /// A Python that can run pip: the one on PATH, or a throwaway venv of it (nixpkgs' has no pip).
    fn python_with_pip(&self) -> Result<PathBuf> {
        let python = self.context.environment.find_python(None).ok_or_else(|| {
            Trouble::new("there is no python3 on PATH")
                .help("preview downloads wheels with pip: install Python 3")
        })?;
        if self.task(&python).args(["-I", "-c", "import pip"]).limit(SHORT).silent().run()?.success {
            return Ok(python);
        }
        let venv = self.folder.join("venv");
        let made = self.task(&python).args(["-I", "-m", "venv"]).args([&venv]).limit(SHORT).run()?;
        if !made.success {
            return Err(Trouble::new(format!(
                "{} has neither pip nor a working venv module",
                python.display()
            ))
            .help("install pip for it (Debian: apt install python3-pip)")
            .into());
        }
        Ok(venv::python(&venv))
    }

    fn ask(&self, python: &Path, code: &str) -> Result<String> {
        Ok(self.task(python).args(["-I", "-c", code]).limit(SHORT).capture().run()?.stdout)
    }

    fn task(&self, python: &Path) -> Task {
        Task::new(python, &self.context.environment.current_dir)
            .without_env("PYTHONPATH")
            .without_env("PYTHONHOME")
    }

    /// Only wheels: building a source distribution would run its code.
    fn download(&self, python: &Path, wheels: &Path) -> Result<()> {
        let arguments = self.arguments;
        let mut task = self
            .task(python)
            .args([
                "-I",
                "-m",
                "pip",
                "download",
                "--disable-pip-version-check",
                "--only-binary=:all:",
                "--dest",
            ])
            .args([wheels]);
        if !io::stderr().is_terminal() {
            task = task.args(["--quiet"]);
        }
        if let Some(version) = &arguments.python {
            task = task.args(["--python-version", version]);
        }
        if !cfg!(target_os = "linux") {
            let platforms = ["manylinux_2_28", "manylinux_2_17", "manylinux2014"];
            task = platforms.iter().fold(task, |task, platform| {
                task.args(["--platform", &format!("{platform}_{}", machine().name())])
            });
        }
        task = arguments.files.iter().fold(task, |task, file| task.args(["-r"]).args([file]));
        let ending = task.args(["--"]).args(&arguments.requirements).run()?;
        if ending.success {
            return Ok(());
        }
        Err(Trouble::new(format!("pip could not download the wheels ({})", ending.status))
            .help("its message is above; only packages with wheels for this Python can be previewed")
            .into())
    }

    fn unpack(&self, python: &Path, wheels: &Path) -> Result<PathBuf> {
        let target = self.folder.join("site-packages");
        fs::create_dir_all(&target).with_context(|| format!("could not make {}", target.display()))?;
        let ending =
            self.task(python).args(["-I", "-c", UNPACK]).args([wheels, &target]).limit(SHORT).run()?;
        if !ending.success {
            return Err(Trouble::new("could not unpack the wheels").into());
        }
        fs::canonicalize(&target).with_context(|| format!("could not examine {}", target.display()))
    }
}

fn machine() -> Machine {
    match std::env::consts::ARCH {
        "aarch64" => Machine::AARCH64,
        _ => Machine::X86_64,
    }
}

fn parse_version(text: &str) -> Result<(u32, u32)> {
    let mut parts = text.split('.').map(str::parse::<u32>);
    match (parts.next(), parts.next()) {
        (Some(Ok(major @ 3)), Some(Ok(minor))) => Ok((major, minor)),
        _ => Err(Trouble::usage(format!("`{text}` is no version of Python"))
            .help("give it as X.Y, such as 3.13")
            .into()),
    }
}
