//! What the environment says: the only place that reads it.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::error::Trouble;
use crate::offer::{ShellVariables, in_store};

/// Large wheels over a slow line, and builds from source, take their time.
const DEADLINE: Duration = Duration::from_secs(3600);

/// What the environment says. Taken once, so that everything behind it is a function of data.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Where the user is.
    pub current_dir: PathBuf,
    /// VENVFIX_PROJECT: the folder of the shell.nix whose shell this is.
    pub shell_project: Option<PathBuf>,
    /// The same, unless the user names another folder.
    pub project: Option<PathBuf>,
    /// VENVFIX_VENV_DIR: where the shell wants the venv of its project.
    pub venv_dir: Option<PathBuf>,
    /// PATH.
    pub path: OsString,
    /// What names libraries.
    pub shell: ShellVariables,
    /// PYTHONPATH.
    pub python_path: OsString,
    /// VIRTUAL_ENV.
    pub virtual_env: Option<PathBuf>,
    /// SOURCE_DATE_EPOCH is set: stdenv does so at the start of each shell, and entry unsets it.
    pub source_date_epoch: bool,
    /// Where temporary files go: TMPDIR, else /tmp.
    pub temporary: PathBuf,
    /// Variables that name a file of trusted certificates which is not there, as `nix-shell --pure`
    /// sets them.
    pub dead_certificates: Vec<&'static str>,
    /// PIP_NO_INDEX is set: no network is asked for packages.
    pub no_index: bool,
    /// UV_PYTHON_DOWNLOADS is set.
    pub uv_python_downloads: bool,
    /// NIX_PATH, even if empty.
    pub nix_path: Option<OsString>,
    /// VENVFIX_NIXPKGS_RELEASE: what the shell recorded of its nixpkgs.
    pub nixpkgs_release: Option<String>,
    /// NIX_LD, which names the loader that nix-ld passes on to.
    pub nix_ld: Option<PathBuf>,
    /// HOME.
    pub home: Option<PathBuf>,
    /// This program's folder of what can be found out again: below XDG_CACHE_HOME, else ~/.cache.
    pub cache: Option<PathBuf>,
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
            Some(directory) => fs::canonicalize(here.join(directory).join("."))
                .with_context(|| format!("could not enter {}", directory.display()))?,
            None => here,
        };
        let text = |name: &str| env::var(name).unwrap_or_default();
        let inputs = ["buildInputs", "nativeBuildInputs", "propagatedBuildInputs"].map(text).join(" ");
        let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let home = absolute("HOME");
        let caches = absolute("XDG_CACHE_HOME").or_else(|| Some(home.as_ref()?.join(".cache")));
        // In a flake `toString ./.` is a copy in the store, where nobody works.
        let shell_project = env::var_os("VENVFIX_PROJECT").map(PathBuf::from).filter(|path| !in_store(path));
        Ok(Self {
            current_dir,
            project: shell_project.clone().filter(|_| directory.is_none()),
            shell_project,
            venv_dir: env::var_os("VENVFIX_VENV_DIR").filter(|dir| !dir.is_empty()).map(PathBuf::from),
            path: env::var_os("PATH").unwrap_or_default(),
            shell: ShellVariables {
                library_path: text("VENVFIX_LIBRARY_PATH"),
                inputs,
                ldflags: text("NIX_LDFLAGS"),
                compiler: text("NIX_CC"),
                ld_library_path: text("LD_LIBRARY_PATH"),
            },
            python_path: env::var_os("PYTHONPATH").unwrap_or_default(),
            virtual_env: env::var_os("VIRTUAL_ENV").map(PathBuf::from),
            source_date_epoch: env::var_os("SOURCE_DATE_EPOCH").is_some(),
            temporary: env::temp_dir(),
            dead_certificates: dead_certificates(),
            no_index: !["", "0", "n", "no", "f", "false", "off"]
                .contains(&&*text("PIP_NO_INDEX").to_lowercase()),
            uv_python_downloads: env::var_os("UV_PYTHON_DOWNLOADS").is_some(),
            deadline: deadline(env::var_os("VENVFIX_DEADLINE"))?,
            nix_path: env::var_os("NIX_PATH"),
            nixpkgs_release: env::var("VENVFIX_NIXPKGS_RELEASE").ok().filter(|text| !text.is_empty()),
            nix_ld: nix_ld(),
            home,
            cache: caches.map(|caches| caches.join("venvfix")),
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

/// The variable of this machine counts before the other.
fn nix_ld() -> Option<PathBuf> {
    let own = format!("NIX_LD_{}_linux", env::consts::ARCH);
    [own.as_str(), "NIX_LD"].iter().filter_map(env::var_os).find(|value| !value.is_empty()).map(PathBuf::from)
}

fn dead_certificates() -> Vec<&'static str> {
    const NAMES: [&str; 6] = [
        "CURL_CA_BUNDLE",
        "GIT_SSL_CAINFO",
        "NIX_SSL_CERT_FILE",
        "PIP_CERT",
        "REQUESTS_CA_BUNDLE",
        "SSL_CERT_FILE",
    ];
    let is_dead = |name: &&str| {
        let value = env::var_os(name).filter(|value| !value.is_empty());
        value.is_some_and(|file| !Path::new(&file).exists())
    };
    NAMES.into_iter().filter(is_dead).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
