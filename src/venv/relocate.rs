//! A venv that lies elsewhere than its scripts say: its project was moved, or copied. A copy's scripts
//! would write into the original.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::ConfigFile;
use super::make;
use super::shebang::{Head, shell_word};
use crate::{fsx, offer};

const MAX_ACTIVATE: u64 = 1 << 16;
/// As the kernel's.
const MAX_PATH: u64 = 4096;
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
    /// Finds out from the scripts of the venv at `venv`; `None` where they name no other place, or where
    /// those that do were put among the venv's own.
    pub fn find(venv: &Path, project: &Path) -> Option<Self> {
        let own = fs::canonicalize(venv).ok()?;
        let mut votes = Votes::default();
        for path in scripts(venv) {
            if let Some(root) = head(&path).and_then(|head| named_root(&head)) {
                votes.add(root, venv, &own, is_pip(&path));
            }
        }
        let activate = fsx::read_start(&venv.join("bin/activate"), MAX_ACTIVATE);
        if let Some(root) = activate.as_deref().and_then(activated) {
            let stands_for_pip = votes.pip.is_empty();
            votes.add(root, venv, &own, stands_for_pip);
        }
        let venvs = match begun(venv).filter(|old| is_other_venv(old, &own)) {
            Some(old) => votes.along_with(old),
            None => votes.elected()?,
        };
        Some(Self { from: project_of(venvs.first()?, venv, project), venvs })
    }

    /// Makes the scripts of the venv name this place. From where they come is noted meanwhile: when a
    /// program was killed among them, most may name this place already.
    ///
    /// # Errors
    /// If a script cannot be replaced, or Python does not write its own.
    pub fn mend(&self, venv: &Path, project: &Path) -> Result<()> {
        // They are known to Nix by the place where they were.
        let _ = fs::remove_dir_all(venv.join(".venvfix/roots"));
        if let Some(old) = self.venvs.first() {
            super::own_folder(venv)?;
            fsx::write_own(&note(venv), old.as_os_str().as_bytes())?;
        }
        let refreshed = refresh(venv, project);
        for path in scripts(venv) {
            match is_activate(&path) {
                true => self.mend_activate(&path, venv)?,
                false => self.mend_script(&path, venv)?,
            }
        }
        // If it stays, no script names the old place, and the work is done once more.
        let _ = fs::remove_file(note(venv));
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

/// What the scripts of a venv name.
#[derive(Default)]
struct Votes {
    /// How many name the venv where it is.
    own: usize,
    /// How many name another.
    others: BTreeMap<PathBuf, usize>,
    /// What pip's own name; `None` for the venv where it is.
    pip: Vec<Option<PathBuf>>,
}

impl Votes {
    fn add(&mut self, root: PathBuf, venv: &Path, own: &Path, is_pip: bool) {
        let is_own = fs::canonicalize(&root).is_ok_and(|real| real == own);
        let fits = root.file_name() == venv.file_name() && is_other_venv(&root, own);
        if !is_own && !fits {
            return;
        }
        if is_pip {
            self.pip.push((!is_own).then(|| root.clone()));
        }
        match is_own {
            true => self.own += 1,
            false => *self.others.entry(root).or_default() += 1,
        }
    }

    /// The places where the venv was, if it was moved: no script names the present one, or most do not,
    /// pip's among them. A tool of another project may stand among scripts.
    fn elected(self) -> Option<Vec<PathBuf>> {
        let (first, count) = self.others.iter().max_by_key(|(_, count)| **count)?;
        let says_pip = self.pip.iter().any(|named| named.as_ref() == Some(first));
        let was_moved = self.own == 0 || (*count > self.own && says_pip);
        let first = first.clone();
        was_moved.then(|| self.along_with(first))
    }

    /// With those that are gone: where it was before. What is there still is another project's.
    fn along_with(self, first: PathBuf) -> Vec<PathBuf> {
        let gone = self.others.into_keys().filter(|root| *root != first && !root.exists());
        let gone: Vec<PathBuf> = gone.collect();
        std::iter::once(first).chain(gone).collect()
    }
}

/// Where a relocation notes from where it comes.
fn note(venv: &Path) -> PathBuf {
    venv.join(".venvfix/moving")
}

/// From where a relocation comes that was killed.
fn begun(venv: &Path) -> Option<PathBuf> {
    let bytes = fsx::read_bytes(&note(venv), MAX_PATH).ok()??;
    let old = PathBuf::from(OsString::from_vec(bytes));
    (old.is_absolute() && old.file_name() == venv.file_name()).then_some(old)
}

fn is_pip(script: &Path) -> bool {
    let rest = script.file_name().and_then(|name| name.as_bytes().strip_prefix(b"pip"));
    rest.is_some_and(|rest| rest.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.'))
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
    fn a_minority_or_one_without_pip_does_not_mean_moved() {
        let elected = |own: usize, others: &[(&str, usize)], pip: &[Option<&str>]| {
            let others = others.iter().map(|(root, count)| (PathBuf::from(root), *count)).collect();
            let pip = pip.iter().map(|named| named.map(PathBuf::from)).collect();
            Votes { own, others, pip }.elected()
        };
        let old = Some(vec![PathBuf::from("/no/old")]);
        assert_eq!(elected(0, &[], &[]), None);
        assert_eq!(elected(0, &[("/no/old", 1)], &[]), old);
        assert_eq!(elected(1, &[("/no/old", 3)], &[Some("/no/old")]), old);
        assert_eq!(elected(1, &[("/no/old", 3)], &[None]), None);
        assert_eq!(elected(3, &[("/no/old", 3)], &[Some("/no/old")]), None);
        let both = elected(0, &[("/", 1), ("/no/old", 3), ("/no/older", 1)], &[]);
        assert_eq!(both, Some(vec!["/no/old".into(), "/no/older".into()]));
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
