//! Settings: `venvfix.toml`, `[tool.venvfix]` in pyproject.toml, VENVFIX_* variables and flags become
//! one [`Config`]. Nothing else reads the environment.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::error::Trouble;
use crate::fsx;
use crate::near;
use crate::offer::{ShellVariables, in_store};

/// A settings file is a few lines.
const MAX_SETTINGS: u64 = 1 << 20;

/// Large wheels over a slow line, and builds from source, take their time.
const DEADLINE: Duration = Duration::from_secs(3600);

/// Files that mark a project's folder.
const MARKERS: [&str; 4] = ["venvfix.toml", "shell.nix", "flake.nix", "requirements.txt"];

/// What the environment says. Taken once, so that everything behind it is a function of data.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Where the user is.
    pub current_dir: PathBuf,
    /// VENVFIX_PROJECT: the folder of the shell.nix whose shell this is.
    pub shell_project: Option<PathBuf>,
    /// The same, unless the user names another folder.
    pub project: Option<PathBuf>,
    /// PATH.
    pub path: OsString,
    /// What names libraries.
    pub shell: ShellVariables,
    /// VENVFIX_SKIP is set.
    pub skip: bool,
    /// How long an installer may take where nobody can interrupt it; `None`: for ever.
    pub deadline: Option<Duration>,
}

impl Environment {
    /// The environment of this process.
    ///
    /// # Errors
    /// If the current directory is gone.
    pub fn capture(directory: Option<&Path>) -> Result<Self> {
        let here = env::current_dir().context("could not find the current directory")?;
        let current_dir = match directory {
            Some(directory) => fs::canonicalize(here.join(directory))
                .with_context(|| format!("could not enter {}", directory.display()))?,
            None => here,
        };
        let text = |name: &str| env::var(name).unwrap_or_default();
        let inputs = ["buildInputs", "nativeBuildInputs", "propagatedBuildInputs"].map(text).join(" ");
        // In a flake `toString ./.` is a copy in the store, where nobody works.
        let shell_project = env::var_os("VENVFIX_PROJECT").map(PathBuf::from).filter(|path| !in_store(path));
        Ok(Self {
            current_dir,
            project: shell_project.clone().filter(|_| directory.is_none()),
            shell_project,
            path: env::var_os("PATH").unwrap_or_default(),
            shell: ShellVariables {
                library_path: text("VENVFIX_LIBRARY_PATH"),
                inputs,
                ldflags: text("NIX_LDFLAGS"),
                compiler: text("NIX_CC"),
                ld_library_path: text("LD_LIBRARY_PATH"),
            },
            deadline: deadline(env::var_os("VENVFIX_DEADLINE"))?,
            skip: env::var_os("VENVFIX_SKIP").is_some_and(|value| !value.is_empty()),
        })
    }

    /// The first `python3`, else `python`, on PATH outside of the tree `without`.
    pub fn find_python(&self, without: Option<&Path>) -> Option<PathBuf> {
        ["python3", "python"].iter().find_map(|name| self.find_program(name, without))
    }

    /// nix-store, which `nix-shell --pure` hides from PATH.
    pub fn nix_store(&self) -> Option<PathBuf> {
        const PLACES: [&str; 3] =
            ["/run/current-system/sw/bin", "/nix/var/nix/profiles/default/bin", "/usr/bin"];
        let elsewhere =
            || PLACES.iter().map(|place| Path::new(place).join("nix-store")).find(|path| path.exists());
        self.find_program("nix-store", None).or_else(elsewhere)
    }

    /// The first program of this name on PATH outside of the tree `without`.
    pub fn find_program(&self, name: &str, without: Option<&Path>) -> Option<PathBuf> {
        let directories = env::split_paths(&self.path).filter(|directory| directory.is_absolute());
        directories
            .filter(|directory| without.is_none_or(|tree| !directory.starts_with(tree)))
            .map(|directory| directory.join(name))
            .find(|path| rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok() && path.is_file())
    }
}

/// VENVFIX_DEADLINE: seconds; 0 means none.
fn deadline(value: Option<OsString>) -> Result<Option<Duration>> {
    let Some(value) = value.filter(|value| !value.is_empty()) else { return Ok(Some(DEADLINE)) };
    match value.to_str().and_then(|text| text.parse().ok()) {
        Some(0) => Ok(None),
        Some(seconds) => Ok(Some(Duration::from_secs(seconds))),
        None => Err(Trouble::usage(format!("VENVFIX_DEADLINE is no number: {}", value.to_string_lossy()))
            .help("name the seconds that an installer may take, such as 7200")
            .into()),
    }
}

/// How libraries reach Python.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Provide {
    /// By the module that answers a failed import.
    #[default]
    Import,
    /// By LD_LIBRARY_PATH in the shell, with a directory of links to just what is wanted.
    LdLibraryPath,
    /// Not at all.
    None,
}

/// What installs the requirements.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Installer {
    /// uv where the shell has it, else pip.
    #[default]
    Auto,
    /// pip.
    Pip,
    /// uv.
    Uv,
}

/// The keys of a settings file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Keys {
    venv_dir: Option<PathBuf>,
    requirements: Option<Vec<PathBuf>>,
    installer: Installer,
    nix_file: Option<PathBuf>,
    provide: Provide,
    ignore: Vec<String>,
}

const KNOWN_KEYS: [&str; 6] = ["ignore", "installer", "nix-file", "provide", "requirements", "venv-dir"];

/// Everything that is settled before work starts. All paths are absolute.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder of shell.nix and requirements.txt.
    pub project: PathBuf,
    /// The virtual environment.
    pub venv: PathBuf,
    /// Requirement files that the settings name, or requirements.txt where it exists.
    pub requirements: Vec<PathBuf>,
    /// What installs them.
    pub installer: Installer,
    /// The Nix file that add-lib edits.
    pub nix_file: PathBuf,
    /// How libraries reach Python.
    pub provide: Provide,
    /// SONAMEs and distributions that doctor keeps silent about.
    pub ignore: Vec<String>,
}

impl Config {
    /// The settings of the project that `environment` is in.
    ///
    /// # Errors
    /// For a settings file that is wrong: its name, the key, and the nearest known one.
    pub fn load(environment: &Environment) -> Result<Self> {
        Self::of_project(&find_project(environment))
    }

    /// The settings of the project in this folder.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn of_project(project: &Path) -> Result<Self> {
        let (keys, source) = read_keys(project)?;
        let inside = |key: &str, path: &Path| inside(project, &source, key, path);
        let venv = inside("venv-dir", keys.venv_dir.as_deref().unwrap_or(Path::new(".venv")))?;
        if !is_fit_for_a_prompt(&venv) {
            let message = format!("{}: venv-dir has an unfit name: {}", source.display(), venv.display());
            let help = "its name becomes part of prompts: use letters, digits, dots and dashes";
            return Err(Trouble::usage(message).help(help).into());
        }
        let requirements = match &keys.requirements {
            Some(files) => files.iter().map(|file| inside("requirements", file)).collect::<Result<_>>()?,
            None => Some(project.join("requirements.txt")).filter(|file| file.exists()).into_iter().collect(),
        };
        let nix_file = match &keys.nix_file {
            Some(file) => inside("nix-file", file)?,
            None => default_nix_file(project),
        };
        Ok(Self {
            project: project.to_owned(),
            venv,
            requirements,
            installer: keys.installer,
            nix_file,
            provide: keys.provide,
            ignore: keys.ignore,
        })
    }

    /// Default settings for a venv that no project claims.
    pub fn bare(project: &Path, venv: &Path) -> Self {
        Self {
            project: project.to_owned(),
            venv: venv.to_owned(),
            requirements: Vec::new(),
            installer: Installer::Auto,
            nix_file: default_nix_file(project),
            provide: Provide::Import,
            ignore: Vec::new(),
        }
    }
}

/// Shells expand what stands in a prompt.
fn is_fit_for_a_prompt(venv: &Path) -> bool {
    let name = venv.file_name().unwrap_or_default().to_string_lossy();
    !name.contains(|c: char| c.is_control() || "$`\\!%:".contains(c))
}

/// What nix-shell would take, else the flake.
fn default_nix_file(project: &Path) -> PathBuf {
    let names = ["shell.nix", "default.nix", "flake.nix"].map(|name| project.join(name));
    let found = names.iter().find(|file| file.exists()).cloned();
    found.unwrap_or_else(|| project.join("shell.nix"))
}

/// VENVFIX_PROJECT, else the nearest folder above with a marker, else the current one.
pub fn find_project(environment: &Environment) -> PathBuf {
    if let Some(project) = environment.project.as_ref().filter(|project| project.is_absolute()) {
        return fsx::normalize(project);
    }
    let here = &environment.current_dir;
    let marked = here.ancestors().find(|folder| MARKERS.iter().any(|marker| folder.join(marker).exists()));
    marked.unwrap_or(here).to_owned()
}

fn read_keys(project: &Path) -> Result<(Keys, PathBuf)> {
    let own = project.join("venvfix.toml");
    let shared = project.join("pyproject.toml");
    let in_own = fsx::read_text(&own, MAX_SETTINGS)?.map(|text| parse(&text, &own)).transpose()?;
    // A pyproject.toml that is damaged or huge is others' business.
    let in_shared = match fsx::read_text(&shared, MAX_SETTINGS).unwrap_or_default() {
        Some(text) if text.contains("venvfix") => tool_table(parse(&text, &shared)?),
        _ => None,
    };
    match (in_own, in_shared) {
        (Some(_), Some(_)) => {
            Err(Trouble::usage(format!("settings are in both {} and {}", own.display(), shared.display()))
                .help("keep one: the [tool.venvfix] table, or venvfix.toml")
                .into())
        }
        (Some(table), None) => keys(table, own),
        (None, Some(table)) => keys(table, shared),
        (None, None) => Ok((Keys::default(), own)),
    }
}

fn parse(text: &str, path: &Path) -> Result<toml::Table> {
    text.parse().map_err(|error: toml::de::Error| {
        Trouble::usage(format!("{} is not valid TOML: {}", path.display(), clipped(&error.to_string())))
            .into()
    })
}

/// An error quotes the line it is in, however long.
fn clipped(text: &str) -> String {
    let lines = text.trim_end().lines().map(|line| line.chars().take(120).collect::<String>());
    lines.take(6).collect::<Vec<_>>().join("\n")
}

fn tool_table(mut table: toml::Table) -> Option<toml::Table> {
    match table.get_mut("tool")?.as_table_mut()?.remove("venvfix")? {
        toml::Value::Table(table) => Some(table),
        _ => None,
    }
}

fn keys(table: toml::Table, path: PathBuf) -> Result<(Keys, PathBuf)> {
    if let Some(unknown) = table.keys().find(|key| !KNOWN_KEYS.contains(&key.as_str())) {
        let trouble = Trouble::usage(format!("{}: unknown key `{unknown}`", path.display()));
        let help = match near::nearest(unknown, KNOWN_KEYS).first() {
            Some(known) => format!("did you mean `{known}`?"),
            None => format!("the keys are {}", KNOWN_KEYS.join(", ")),
        };
        return Err(trouble.help(help).into());
    }
    let keys = table.try_into().map_err(|error: toml::de::Error| {
        Trouble::usage(format!("{}: {}", path.display(), clipped(&error.to_string())))
    })?;
    Ok((keys, path))
}

/// A path of the settings, made absolute; it may not leave the project.
fn inside(project: &Path, source: &Path, key: &str, path: &Path) -> Result<PathBuf> {
    let absolute = fsx::normalize(&project.join(path));
    if absolute != project && absolute.starts_with(project) && !leaves_by_a_link(project, &absolute) {
        return Ok(absolute);
    }
    Err(Trouble::usage(format!("{}: {key} lies outside the project: {}", source.display(), path.display()))
        .help(format!("name a path below {}", project.display()))
        .into())
}

/// Whether a folder on the way to `path` is a link that leads out of the project.
fn leaves_by_a_link(project: &Path, path: &Path) -> bool {
    let real = |path: &Path| fs::canonicalize(path).ok();
    let folders = path.ancestors().skip(1).take_while(|folder| folder.starts_with(project));
    match (folders.filter_map(real).next(), real(project)) {
        (Some(folder), Some(project)) => !folder.starts_with(project),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Config> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("venvfix.toml"), text).unwrap();
        Config::of_project(folder.path())
    }

    fn failure(text: &str) -> (String, String) {
        let error = load(text).unwrap_err().downcast::<Trouble>().unwrap();
        assert_eq!(error.exit, crate::error::Exit::Usage);
        (error.message, error.help.unwrap_or_default())
    }

    #[test]
    fn a_deadline_is_seconds_and_0_is_none() {
        let said = |text: &str| deadline(Some(text.into()));
        assert_eq!(deadline(None).unwrap(), Some(DEADLINE));
        assert_eq!(said("").unwrap(), Some(DEADLINE));
        assert_eq!(said("90").unwrap(), Some(Duration::from_secs(90)));
        assert_eq!(said("0").unwrap(), None);
        for wrong in ["1h", "-1", "99999999999999999999999"] {
            assert!(said(wrong).unwrap_err().to_string().contains("VENVFIX_DEADLINE is no number"));
        }
    }

    #[test]
    fn an_unknown_key_names_the_nearest() {
        let (message, help) = failure("venv_dir = 'x'");
        assert!(message.ends_with("venvfix.toml: unknown key `venv_dir`"), "{message}");
        assert_eq!(help, "did you mean `venv-dir`?");
    }

    #[test]
    fn paths_stay_inside_the_project() {
        for path in ["../x", "/tmp/x", ".", "a/../.."] {
            let (message, _) = failure(&format!("venv-dir = '{path}'"));
            assert!(message.contains("venv-dir lies outside the project"), "{message}");
        }
        assert!(load("venv-dir = 'a/../b'").unwrap().venv.ends_with("b"));
    }

    #[test]
    fn a_link_does_not_lead_out_of_the_project() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::os::unix::fs::symlink(elsewhere.path(), folder.path().join("sub")).unwrap();
        fs::write(folder.path().join("venvfix.toml"), "venv-dir = 'sub/v'").unwrap();
        assert!(Config::of_project(folder.path()).unwrap_err().to_string().contains("outside the project"));
    }

    #[test]
    fn wrong_types_and_bad_toml_name_the_file() {
        assert!(failure("ignore = 3").0.contains("venvfix.toml: "));
        assert!(failure("= 3").0.contains("is not valid TOML"));
    }

    #[test]
    fn pyproject_serves_and_both_are_one_too_many() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("pyproject.toml"), "[tool.venvfix]\nvenv-dir = 'v'\n").unwrap();
        assert!(Config::of_project(folder.path()).unwrap().venv.ends_with("v"));
        fs::write(folder.path().join("venvfix.toml"), "").unwrap();
        assert!(Config::of_project(folder.path()).unwrap_err().to_string().contains("both"));
    }
}
