//! Settings: `venvfix.toml`, `[tool.venvfix]` in pyproject.toml, VENVFIX_* variables and flags become
//! one [`Config`]. Nothing else reads the environment.

mod environment;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::error::Trouble;
use crate::fsx;
use crate::near;
pub use environment::Environment;

/// A settings file is a few lines.
const MAX_SETTINGS: u64 = 1 << 20;

/// Files that mark a project's folder.
const MARKERS: [&str; 4] = ["venvfix.toml", "shell.nix", "flake.nix", "requirements.txt"];

/// Files that a part of a project may have as well: they count where there is no other.
const PARTS: [&str; 6] = ["pyproject.toml", "uv.lock", "pylock.toml", "default.nix", "devenv.nix", ".venv"];

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

/// What becomes of programs that wheels bring and that do not start here.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Programs {
    /// They are given the interpreter's loader, where that is from the Nix store.
    #[default]
    Patch,
    /// They are reported.
    Report,
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
    extras: Vec<String>,
    groups: Vec<String>,
    installer: Installer,
    nix_file: Option<PathBuf>,
    provide: Provide,
    programs: Programs,
    ignore: Vec<String>,
}

const KNOWN_KEYS: [&str; 9] = [
    "extras",
    "groups",
    "ignore",
    "installer",
    "nix-file",
    "programs",
    "provide",
    "requirements",
    "venv-dir",
];

/// What the settings say is to be installed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Files that are named; `None` to look for the usual ones.
    pub files: Option<Vec<PathBuf>>,
    /// Extras of the project.
    pub extras: Vec<String>,
    /// Dependency groups of the project.
    pub groups: Vec<String>,
}

/// Everything that is settled before work starts. All paths are absolute.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder of shell.nix and requirements.txt.
    pub project: PathBuf,
    /// The virtual environment.
    pub venv: PathBuf,
    /// What is to be installed.
    pub wishes: Wishes,
    /// What installs them.
    pub installer: Installer,
    /// The Nix file that add-lib edits.
    pub nix_file: PathBuf,
    /// How libraries reach Python.
    pub provide: Provide,
    /// What becomes of programs that do not start.
    pub programs: Programs,
    /// SONAMEs and distributions that doctor keeps silent about.
    pub ignore: Vec<String>,
}

impl Config {
    /// The settings of the project that `environment` is in.
    ///
    /// # Errors
    /// For a settings file that is wrong: its name, the key, and the nearest known one; and where the
    /// shell and the settings name different venvs.
    pub fn load(environment: &Environment) -> Result<Self> {
        let project = find_project(environment).unwrap_or_else(|| environment.current_dir.clone());
        Self::within(environment, &project)
    }

    /// The same, where something is to be made: no folder becomes a project by chance.
    ///
    /// # Errors
    /// As [`Config::load`], and where there is no project.
    pub fn of_found_project(environment: &Environment) -> Result<Self> {
        let here = environment.current_dir.display();
        let project = find_project(environment).ok_or_else(|| {
            Trouble::usage(format!("there is no project in {here} or above it"))
                .help("list what to install in a requirements.txt, or begin with `venvfix init`")
        })?;
        Self::within(environment, &project)
    }

    fn within(environment: &Environment, project: &Path) -> Result<Self> {
        // What the shell says, it says of its own project.
        let own = environment.shell_project.as_ref().is_none_or(|own| fsx::normalize(own) == project);
        Self::settle(project, environment.venv_dir.as_deref().filter(|_| own))
    }

    /// The settings of the project in this folder.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn of_project(project: &Path) -> Result<Self> {
        Self::settle(project, None)
    }

    /// The Nix file that the settings of this folder name, if they name one.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn named_nix_file(project: &Path) -> Result<Option<PathBuf>> {
        let (keys, source) = read_keys(project)?;
        keys.nix_file.map(|file| inside(project, &source, "nix-file", &file)).transpose()
    }

    fn settle(project: &Path, of_shell: Option<&Path>) -> Result<Self> {
        let (keys, source) = read_keys(project)?;
        let inside = |key: &str, path: &Path| inside(project, &source, key, path);
        let set = keys.venv_dir.as_deref().map(|path| inside("venv-dir", path)).transpose()?;
        let venv = venv_dir(project, &source, set, of_shell)?;
        let all_inside = |files: &Vec<PathBuf>| {
            files.iter().map(|file| inside("requirements", file)).collect::<Result<_>>()
        };
        let files = keys.requirements.as_ref().map(all_inside).transpose()?;
        let nix_file = match &keys.nix_file {
            Some(file) => inside("nix-file", file)?,
            None => default_nix_file(project),
        };
        Ok(Self {
            project: project.to_owned(),
            venv,
            wishes: Wishes { files, extras: keys.extras, groups: keys.groups },
            installer: keys.installer,
            nix_file,
            provide: keys.provide,
            programs: keys.programs,
            ignore: keys.ignore,
        })
    }

    /// Default settings for a venv that no project claims.
    pub fn bare(project: &Path, venv: &Path) -> Self {
        Self {
            project: project.to_owned(),
            venv: venv.to_owned(),
            wishes: Wishes { files: Some(Vec::new()), ..Wishes::default() },
            installer: Installer::Auto,
            nix_file: default_nix_file(project),
            provide: Provide::Import,
            programs: Programs::Patch,
            ignore: Vec::new(),
        }
    }
}

/// The venv's place, from the settings or from the shell: one of them, since outside of the shell only
/// the settings are known, and half of the commands would use another venv.
fn venv_dir(project: &Path, source: &Path, set: Option<PathBuf>, of_shell: Option<&Path>) -> Result<PathBuf> {
    let said = of_shell.map(|path| place_of_shell(project, path)).transpose()?;
    let (venv, origin) = match (set, said) {
        (Some(set), Some(said)) if set != said => {
            let message = format!(
                "the shell names the venv {} (venvDir, VENVFIX_VENV_DIR), and {} names {}",
                said.display(),
                source.display(),
                set.display()
            );
            return Err(Trouble::usage(message).help("keep one of the two").into());
        }
        (Some(set), _) => (set, format!("{}: venv-dir", source.display())),
        (None, Some(said)) => (said, "VENVFIX_VENV_DIR".to_owned()),
        (None, None) => (project.join(".venv"), String::new()),
    };
    if !is_fit_for_a_prompt(&venv) {
        let message = format!("{origin} has an unfit name: {}", venv.display());
        let help = "its name becomes part of prompts: use letters, digits, dots and dashes";
        return Err(Trouble::usage(message).help(help).into());
    }
    Ok(venv)
}

/// The shell's own word may lead anywhere, but not to what holds the project itself.
fn place_of_shell(project: &Path, path: &Path) -> Result<PathBuf> {
    let absolute = fsx::normalize(&project.join(path));
    if project.starts_with(&absolute) {
        let message = format!("VENVFIX_VENV_DIR names a folder that holds the project: {}", path.display());
        return Err(Trouble::usage(message).help("name a folder of its own, such as .venv").into());
    }
    Ok(absolute)
}

/// Shells expand what stands in a prompt.
fn is_fit_for_a_prompt(venv: &Path) -> bool {
    let name = venv.file_name().unwrap_or_default().to_string_lossy();
    !name.contains(|c: char| c.is_control() || "$`\\!%:".contains(c))
}

/// What nix-shell would take, else the flake, else devenv's module.
fn default_nix_file(project: &Path) -> PathBuf {
    let names = ["shell.nix", "default.nix", "flake.nix", "devenv.nix"].map(|name| project.join(name));
    let found = names.iter().find(|file| file.exists()).cloned();
    found.unwrap_or_else(|| project.join("shell.nix"))
}

/// VENVFIX_PROJECT, else the nearest folder above with a marker.
pub fn find_project(environment: &Environment) -> Option<PathBuf> {
    if let Some(project) = environment.project.as_ref().filter(|project| project.is_absolute()) {
        return Some(fsx::normalize(project));
    }
    let here = &environment.current_dir;
    let with = |markers: &[&str]| {
        here.ancestors().find(|folder| markers.iter().any(|marker| folder.join(marker).exists()))
    };
    with(&MARKERS).or_else(|| with(&PARTS)).map(Path::to_owned)
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

    fn in_shell(project: &Path, of_shell: &str) -> Result<PathBuf> {
        let environment = Environment {
            current_dir: project.to_owned(),
            shell_project: Some(project.to_owned()),
            venv_dir: Some(of_shell.into()),
            ..Environment::default()
        };
        fs::write(project.join("requirements.txt"), "").unwrap();
        Config::load(&environment).map(|config| config.venv)
    }

    #[test]
    fn the_shell_may_name_any_place_but_one_around_the_project() {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path();
        for name in ["env", "./env", "env/", "a/../env/."] {
            assert_eq!(in_shell(project, name).unwrap(), project.join("env"), "{name}");
        }
        assert_eq!(in_shell(project, "/elsewhere/env/").unwrap(), Path::new("/elsewhere/env"));
        for name in [".", "..", "/", "./x/.."] {
            let error = in_shell(project, name).unwrap_err().to_string();
            assert!(error.contains("holds the project"), "{error}");
        }
        assert!(in_shell(project, "$(x)").unwrap_err().to_string().contains("unfit name"));
    }

    #[test]
    fn shell_and_settings_must_not_name_different_venvs() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("venvfix.toml"), "venv-dir = 'env'").unwrap();
        assert!(in_shell(folder.path(), "./env/").unwrap().ends_with("env"));
        let error = in_shell(folder.path(), ".venv").unwrap_err().downcast::<Trouble>().unwrap();
        assert_eq!(error.exit, crate::error::Exit::Usage);
        assert!(error.message.contains("venvfix.toml names"), "{}", error.message);
    }

    #[test]
    fn the_shell_speaks_of_its_own_project_only() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(folder.path().join("shell.nix"), "").unwrap();
        let environment = Environment {
            current_dir: folder.path().to_owned(),
            shell_project: Some(other.path().to_owned()),
            venv_dir: Some("/elsewhere".into()),
            ..Environment::default()
        };
        assert_eq!(Config::load(&environment).unwrap().venv, folder.path().join(".venv"));
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
