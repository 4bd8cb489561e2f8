//! A venv that lies elsewhere than its scripts say: its project was moved, or copied. A copy's scripts
//! would write into the original.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::ConfigFile;
use super::make;
use super::shebang::{Head, shell_word};
use crate::{fsx, offer};

const MAX_ACTIVATE: u64 = 1 << 16;
/// Scripts are a few lines; some tools put a whole archive behind them.
const MAX_SCRIPT: u64 = 64 << 20;

/// Where a venv was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The project, or the venv where that lay elsewhere in it.
    pub from: PathBuf,
    /// Each place that scripts take for the venv's.
    pub venvs: Vec<PathBuf>,
}

impl Moved {
    /// Finds out from the scripts of the venv at `venv`; `None` where they name no other place.
    pub fn find(venv: &Path, project: &Path) -> Option<Self> {
        let own = fs::canonicalize(venv).ok()?;
        let mut named: BTreeMap<PathBuf, usize> = BTreeMap::new();
        for root in scripts(venv).iter().filter_map(|path| named_root(&head(path)?)) {
            if root.file_name() == venv.file_name() {
                *named.entry(root).or_default() += 1;
            }
        }
        if let Some(root) =
            fsx::read_start(&venv.join("bin/activate"), MAX_ACTIVATE).as_deref().and_then(activated)
        {
            *named.entry(root).or_default() += 1;
        }
        let mut venvs: Vec<(PathBuf, usize)> =
            named.into_iter().filter(|(root, _)| is_other_venv(root, &own)).collect();
        venvs.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let venvs: Vec<PathBuf> = venvs.into_iter().map(|(root, _)| root).collect();
        Some(Self { from: project_of(venvs.first()?, venv, project), venvs })
    }

    /// Makes the scripts of the venv name this place. The scripts come last: while one names another
    /// place, the work is not done.
    ///
    /// # Errors
    /// If a script cannot be replaced, or Python does not write its own.
    pub fn mend(&self, venv: &Path, project: &Path) -> Result<()> {
        // They are known to Nix by the place where they were.
        let _ = fs::remove_dir_all(venv.join(".venvfix/roots"));
        let refreshed = refresh(venv, project);
        for path in scripts(venv) {
            match is_activate(&path) {
                true => self.mend_activate(&path, venv)?,
                false => self.mend_script(&path, venv)?,
            }
        }
        refreshed
    }

    /// The shells that Python's venv module does not serve: uv and virtualenv do.
    fn mend_activate(&self, path: &Path, venv: &Path) -> Result<()> {
        let text = fsx::read_text(path, MAX_ACTIVATE).ok().flatten();
        let (Some(text), Some(new)) = (text, venv.to_str()) else { return Ok(()) };
        // Each shell quotes in its own way: a path for which that matters is left to the user.
        let old = self.venvs.iter().filter_map(|old| old.to_str()).find(|old| text.contains(old));
        match old.filter(|_| !new.contains(['\'', '"', '\\', '$', '`', '\n', '%', '!'])) {
            Some(old) => fsx::rewrite(path, text.replace(old, new).as_bytes()),
            None => Ok(()),
        }
    }

    fn mend_script(&self, path: &Path, venv: &Path) -> Result<()> {
        let Some(root) = head(path).and_then(|head| named_root(&head)) else { return Ok(()) };
        if !self.venvs.contains(&root) {
            return Ok(());
        }
        let Some(script) = fsx::read_bytes(path, MAX_SCRIPT)? else { return Ok(()) };
        let Some(head) = Head::read(&script) else { return Ok(()) };
        let name = head.python.iter().rposition(|&byte| byte == b'/').map(|slash| &head.python[slash + 1..]);
        let name = OsStr::from_bytes(name.unwrap_or(b"python"));
        fsx::rewrite(path, &head.replaced(&script, &venv.join("bin").join(name)))
    }
}

/// Python writes its own again, and pyvenv.cfg; what is installed stays.
fn refresh(venv: &Path, project: &Path) -> Result<()> {
    let config = ConfigFile::read(venv)?.unwrap_or_default();
    let executable = super::python(venv);
    let base = fs::canonicalize(&executable)
        .with_context(|| format!("could not examine {}", executable.display()))?;
    let prompt = config.prompt().map(|prompt| format!("--prompt={prompt}"));
    let mut options = vec!["--without-pip"];
    options.extend(config.has_system_packages().then_some("--system-site-packages"));
    options.extend(prompt.as_deref());
    make::run_venv_module(&base, &options, venv, project)
}

fn scripts(venv: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(venv.join("bin")).into_iter().flatten().flatten();
    let files = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
    files.map(|entry| entry.path()).collect()
}

fn is_activate(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"activate"))
}

fn head(script: &Path) -> Option<Head> {
    let mut start = Vec::new();
    fsx::open(script).ok()??.take(1 << 14).read_to_end(&mut start).ok()?;
    Head::read(&start)
}

/// The venv whose python that is.
fn named_root(head: &Head) -> Option<PathBuf> {
    let python = Path::new(OsStr::from_bytes(&head.python));
    let name = python.file_name()?.to_string_lossy();
    let folder = python.parent()?;
    let fits = folder.file_name()? == "bin" && (name.starts_with("python") || name.starts_with("pypy"));
    fits.then(|| folder.parent().map(Path::to_owned))?
}

/// The path in an activate script for POSIX shells.
fn activated(text: &str) -> Option<PathBuf> {
    let values = text.lines().filter_map(|line| {
        let line = line.trim_start();
        line.strip_prefix("export ").unwrap_or(line).strip_prefix("VIRTUAL_ENV=")
    });
    let words = values.filter_map(|value| shell_word(value.as_bytes()));
    let mut paths = words.map(|(word, _)| PathBuf::from(OsStr::from_bytes(&word)));
    paths.find(|path| path.is_absolute())
}

/// Whether a venv is or was there that is not the one at `own`: pythons of the system are none.
fn is_other_venv(root: &Path, own: &Path) -> bool {
    let elsewhere = fs::canonicalize(root).map_or(true, |real| real != own);
    let was_one = !root.join("bin/python").exists() && !root.join("bin/python3").exists();
    elsewhere && !offer::in_store(root) && (root.join("pyvenv.cfg").exists() || was_one)
}

/// The project whose venv was at `old`, if that lay in it as it does now.
fn project_of(old: &Path, venv: &Path, project: &Path) -> PathBuf {
    let inside = venv.strip_prefix(project).unwrap_or(Path::new(""));
    let count = inside.components().count();
    let fits = count > 0 && old.ends_with(inside);
    old.ancestors().nth(count).filter(|_| fits).unwrap_or(old).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn activate_scripts_of_all_kinds_name_their_venv() {
        for text in [
            "x\nVIRTUAL_ENV=\"/o d/.venv\"\nexport VIRTUAL_ENV\n",
            "VIRTUAL_ENV='/o d/.venv'\n",
            "    VIRTUAL_ENV=$(cygpath /x)\n    export VIRTUAL_ENV='/o d/.venv'\n",
        ] {
            assert_eq!(activated(text).as_deref(), Some(Path::new("/o d/.venv")), "{text}");
        }
        assert_eq!(activated("VIRTUAL_ENV=$HERE\nunset VIRTUAL_ENV\n"), None);
    }

    #[test]
    fn a_project_is_told_from_its_venv() {
        let of = |old: &str, venv: &str| project_of(Path::new(old), Path::new(venv), Path::new("/new"));
        assert_eq!(of("/old/.venv", "/new/.venv"), Path::new("/old"));
        assert_eq!(of("/old/a/env", "/new/a/env"), Path::new("/old"));
        assert_eq!(of("/old/env", "/new/.venv"), Path::new("/old/env"));
        assert_eq!(of("/old/env", "/elsewhere"), Path::new("/old/env"));
    }

    #[test]
    fn only_a_venv_that_is_or_was_there_counts() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for name in ["own", "system/bin", "copied/bin"] {
            fs::create_dir_all(root.join(name)).unwrap();
        }
        for name in ["system/bin/python3", "copied/bin/python", "copied/pyvenv.cfg"] {
            fs::write(root.join(name), "").unwrap();
        }
        std::os::unix::fs::symlink("own", root.join("link")).unwrap();
        let counts = |name: &str| is_other_venv(&root.join(name), &root.join("own"));
        assert!(counts("copied") && counts("gone"));
        assert!(!counts("system") && !counts("own") && !counts("link"));
        assert!(!is_other_venv(Path::new("/nix/store/a-python3"), &root));
    }
}
