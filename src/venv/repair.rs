//! Which distributions are installed again, from where, and how the installer is told.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::direct_url::Origin;
use super::distribution::Distribution;
use super::health::{Damaged, Fault};
use crate::fsx;

const MAX_JOURNAL: u64 = 16 << 20;

/// A distribution to be installed again, without its dependencies.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Repair {
    /// Normalised.
    pub name: String,
    /// The version it has.
    pub version: String,
    /// From where.
    pub source: Origin,
    /// As a person reads it.
    pub reason: String,
    /// A wheel that the installer keeps is no help: it is to be built again.
    pub rebuild: bool,
    /// Its `*.dist-info` (an interrupted upgrade may leave two), where the installer can do nothing with
    /// that. Not written down: a journal may have been copied from another place.
    #[serde(skip)]
    pub unusable: Vec<PathBuf>,
}

impl Repair {
    /// For a distribution that is not whole.
    pub fn of(damaged: &Damaged, source: Origin) -> Self {
        let reason = match &damaged.fault {
            Fault::NoRecord => "it has no RECORD: its installation was interrupted".to_owned(),
            Fault::NotFinished => "its installation was interrupted".to_owned(),
            Fault::Absent(1, first) => format!("{first} is absent"),
            Fault::Absent(count, first) => format!("{first} and {} more files are absent", count - 1),
            Fault::Truncated(1, first) => format!("{first} is not as it was installed"),
            Fault::Truncated(count, first) => {
                format!("{first} and {} more files are not as they were installed", count - 1)
            }
        };
        let unusable = matches!(damaged.fault, Fault::NoRecord | Fault::NotFinished);
        Self {
            name: damaged.name.clone(),
            version: damaged.version.clone(),
            source,
            reason,
            rebuild: false,
            unusable: if unusable { vec![damaged.dist_info.clone()] } else { Vec::new() },
        }
    }

    /// For an editable installation in a project that was moved.
    pub fn moved(distribution: &Distribution, source: Origin, from: &Path) -> Self {
        Self {
            name: distribution.name.clone(),
            version: distribution.version.clone(),
            source,
            reason: format!("its source was in {}", from.display()),
            rebuild: false,
            unusable: Vec::new(),
        }
    }

    /// What is remembered of one that did not help.
    pub fn key(&self) -> String {
        format!("{}=={}", self.name, self.version)
    }

    /// As a person reads it.
    pub fn title(&self) -> String {
        format!("{} {}", self.name, self.version)
    }

    /// What pip and uv take.
    pub fn requirement(&self) -> Vec<OsString> {
        match (&self.source, self.source.editable_path()) {
            (_, Some(path)) => vec!["-e".into(), path.into()],
            (Origin::Url(url), None) => vec![format!("{} @ {url}", self.name).into()],
            _ => vec![self.key().into()],
        }
    }
}

/// The repairs of a plan: what is damaged, and what a killed repair had begun. What was tried in vain,
/// `known`, is left alone.
pub fn repairs(damaged: Vec<Repair>, begun: Vec<Repair>, known: &[String]) -> Vec<Repair> {
    let mut found: Vec<Repair> = Vec::new();
    for repair in damaged.into_iter().chain(begun).filter(|repair| !known.contains(&repair.key())) {
        match found.iter_mut().find(|other| other.name == repair.name) {
            Some(other) => other.unusable.extend(repair.unusable),
            None => found.push(repair),
        }
    }
    found
}

/// Distributions with objects that were built here and name store paths that are gone: an installer
/// keeps such wheels for longer than the garbage collector keeps what they name.
///
/// A wheel of an index names paths of the machine that it was made on, and would again.
pub fn vanished(
    installed: &[Distribution],
    named: impl IntoIterator<Item = (PathBuf, Vec<usize>)>,
    exists: impl Fn(&Path) -> bool,
    built_here: impl Fn(&Distribution) -> bool,
) -> Vec<Repair> {
    let mut found: Vec<Repair> = Vec::new();
    for (path, owners) in named {
        let Some(package) = crate::offer::store_package(&path).filter(|package| !exists(package)) else {
            continue;
        };
        for distribution in owners.iter().filter_map(|&owner| installed.get(owner)) {
            let again = found.iter().any(|repair| repair.name == distribution.name);
            if !again && built_here(distribution) {
                found.push(Repair {
                    name: distribution.name.clone(),
                    version: distribution.version.clone(),
                    source: Origin::of(&distribution.dist_info),
                    reason: format!("it was built with {}, which is gone", package.display()),
                    rebuild: true,
                    unusable: Vec::new(),
                });
            }
        }
    }
    found
}

/// Whether a wheel was built on this machine: no index takes one whose tag is plain `linux_`.
pub fn is_built_here(distribution: &Distribution) -> bool {
    let text = fsx::read_start(&distribution.dist_info.join("WHEEL"), 1 << 16).unwrap_or_default();
    let mut tags = text.lines().filter_map(|line| line.strip_prefix("Tag:"));
    tags.any(|tag| tag.rsplit('-').next().is_some_and(|platform| platform.starts_with("linux_")))
}

/// Notes what is about to be repaired: a killed installer may have taken it away already.
///
/// # Errors
/// If it cannot be written.
pub fn begin(venv: &Path, repairs: &[Repair]) -> Result<()> {
    super::own_folder(venv)?;
    let text = serde_json::to_vec(repairs).context("could not write down what is repaired")?;
    fsx::write_own(&journal(venv), &text)
}

/// What was being repaired when that was interrupted.
pub fn begun(venv: &Path) -> Vec<Repair> {
    let text = fsx::read_text(&journal(venv), MAX_JOURNAL).ok().flatten();
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// The repair came to its end.
pub fn end(venv: &Path) {
    // If it stays, the repair is done once more after an interruption, which does no harm.
    let _ = std::fs::remove_file(journal(venv));
}

fn journal(venv: &Path) -> PathBuf {
    venv.join(".venvfix/repairs.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repair(name: &str, source: Origin) -> Repair {
        let damaged = Damaged {
            dist_info: "/v/x.dist-info".into(),
            name: name.into(),
            version: "1".into(),
            fault: Fault::Absent(3, "a".into()),
        };
        Repair::of(&damaged, source)
    }

    fn distribution(name: &str) -> Distribution {
        Distribution {
            name: name.into(),
            version: "2".into(),
            requires: Vec::new(),
            dist_info: "/none".into(),
        }
    }

    #[test]
    fn requirements_are_as_installers_take_them() {
        let told = |source| repair("x", source).requirement();
        assert_eq!(told(Origin::Index), ["x==1"]);
        assert_eq!(told(Origin::Editable("file:///a%20b".into())), ["-e", "/a b"]);
        assert_eq!(told(Origin::Url("git+https://h/r@c".into())), ["x @ git+https://h/r@c"]);
    }

    #[test]
    fn only_a_distribution_that_no_installer_can_remove_loses_its_folder() {
        let of = |fault| {
            let damaged = Damaged { dist_info: "/d".into(), name: "x".into(), version: "1".into(), fault };
            Repair::of(&damaged, Origin::Index)
        };
        assert!(!of(Fault::NoRecord).unusable.is_empty() && !of(Fault::NotFinished).unusable.is_empty());
        assert!(of(Fault::Absent(1, "a".into())).unusable.is_empty());
        assert_eq!(of(Fault::Absent(3, "a".into())).reason, "a and 2 more files are absent");
    }

    #[test]
    fn what_was_tried_in_vain_is_left_alone_and_nothing_is_done_twice() {
        let one = |name: &str| repair(name, Origin::Index);
        let found = repairs(vec![one("a"), one("b")], vec![one("b"), one("c")], &["a==1".into()]);
        assert_eq!(found.iter().map(Repair::title).collect::<Vec<_>>(), ["b 1", "c 1"]);
        let half = |folder: &str| Repair { unusable: vec![folder.into()], ..one("a") };
        let both = repairs(vec![half("a-1"), half("a-2")], vec![], &[]);
        assert!(both.len() == 1 && both[0].unusable.len() == 2);
        let newer = Repair { version: "2".into(), ..one("a") };
        assert_eq!(repairs(vec![newer], vec![], &["a==1".into()]).len(), 1);
    }

    #[test]
    fn objects_built_here_with_a_store_path_that_is_gone_are_rebuilt_once() {
        let installed = [distribution("whole"), distribution("gone"), distribution("from-index")];
        let named = || {
            [
                (PathBuf::from("/nix/store/a-zlib/lib"), vec![0]),
                (PathBuf::from("/nix/store/b-old/lib"), vec![1, 2]),
                (PathBuf::from("/nix/store/c-old/lib"), vec![1, 7]),
            ]
        };
        let exists = |path: &Path| path == Path::new("/nix/store/a-zlib");
        let found = vanished(&installed, named(), exists, |found| found.name != "from-index");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].reason, "it was built with /nix/store/b-old, which is gone");
        assert!(found[0].rebuild && found[0].requirement() == ["gone==2"]);
    }

    #[test]
    fn a_plain_linux_tag_means_built_here() {
        let folder = tempfile::tempdir().unwrap();
        let mut found = distribution("x");
        found.dist_info = folder.path().to_owned();
        for (tag, here) in [("cp311-cp311-linux_x86_64", true), ("cp311-abi3-manylinux_2_17_x86_64", false)] {
            std::fs::write(folder.path().join("WHEEL"), format!("Wheel-Version: 1.0\nTag: {tag}\n")).unwrap();
            assert_eq!(is_built_here(&found), here, "{tag}");
        }
    }

    #[test]
    fn the_journal_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let repairs = [repair("x", Origin::Url("https://h/x".into()))];
        begin(folder.path(), &repairs).unwrap();
        assert_eq!(begun(folder.path()), repairs);
        end(folder.path());
        assert_eq!(begun(folder.path()), []);
    }
}
