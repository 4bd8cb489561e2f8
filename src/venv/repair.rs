//! Which distributions are installed again, from where, and how the installer is told.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::direct_url::Origin;
use super::distribution::{self, Distribution};
use super::health::{Damaged, Fault};
use crate::fsx;
use crate::project_name;
use crate::shell::word;

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
    /// It waits, and there is nothing of it: what is not there later, though it was, the user took away.
    #[serde(default)]
    pub absent: bool,
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
            absent: false,
            unusable: if unusable { vec![damaged.dist_info.clone()] } else { Vec::new() },
        }
    }

    /// For a distribution that was built with a store path that is gone.
    pub fn vanished(distribution: &Distribution, package: &Path) -> Self {
        Self {
            name: distribution.name.clone(),
            version: distribution.version.clone(),
            source: Origin::of(&distribution.dist_info),
            reason: format!("it was built with {}, which is gone", package.display()),
            rebuild: true,
            absent: false,
            unusable: Vec::new(),
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
            absent: false,
            unusable: Vec::new(),
        }
    }

    /// Whether another try may help though one did not: what it is made of may be behind a network.
    pub fn may_come_later(&self, no_index: bool) -> bool {
        match self.source.local_path() {
            // To be built it may want more, from an index.
            Some(path) => !no_index && path.exists(),
            None => !no_index || self.source != Origin::Index,
        }
    }

    /// Whether nothing in it is more to an installer than what to install.
    fn is_sound(&self) -> bool {
        project_name::is_valid(&self.name)
            && distribution::is_version(&self.version)
            && self.source.is_sound()
    }

    /// What is remembered of one that did not help.
    pub fn key(&self) -> String {
        format!("{}=={}", self.name, self.version)
    }

    /// As a person reads it.
    pub fn title(&self) -> String {
        format!("{} {}", self.name, self.version)
    }

    /// What a person types in a venv that venvfix does not look after.
    pub fn by_hand(&self) -> String {
        // pip takes nothing away where there is no RECORD.
        let how = if self.unusable.is_empty() { "--force-reinstall" } else { "--ignore-installed" };
        let mut words = vec!["pip", "install", how, "--no-deps"];
        words.extend(self.rebuild.then_some("--no-cache-dir"));
        let requirement = self.requirement();
        let requirement = requirement.iter().map(|part| match part.to_str() {
            Some("-e") => "-e".into(),
            _ => word(Path::new(part)),
        });
        words.into_iter().map(str::to_owned).chain(requirement).collect::<Vec<_>>().join(" ")
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

/// The repairs of a plan: what is damaged, and what a repair had begun that was killed or waits. What
/// was tried in vain, `known`, is left alone unless it waits.
pub fn repairs(damaged: Vec<Repair>, begun: Vec<Repair>, known: &[String]) -> Vec<Repair> {
    let waits = |repair: &Repair| begun.iter().any(|other| other.name == repair.name);
    let mut damaged = damaged;
    damaged.retain(|repair| waits(repair) || !known.contains(&repair.key()));
    let mut found: Vec<Repair> = Vec::new();
    for repair in damaged.into_iter().chain(begun) {
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
                found.push(Repair::vanished(distribution, package));
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

/// What was being repaired when that was interrupted, or waits. The venv may have come from anywhere:
/// what no installer should hear is dropped.
pub fn begun(venv: &Path) -> Vec<Repair> {
    let text = fsx::read_text(&journal(venv), MAX_JOURNAL).ok().flatten();
    let entries: Vec<serde_json::Value> =
        text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let repairs = entries.into_iter().filter_map(|entry| serde_json::from_value::<Repair>(entry).ok());
    repairs.filter(Repair::is_sound).collect()
}

/// The repair came to its end, but for what waits.
///
/// # Errors
/// If that cannot be written down.
pub fn wait(venv: &Path, waiting: &[Repair]) -> Result<()> {
    match waiting {
        [] => {
            end(venv);
            Ok(())
        }
        waiting => begin(venv, waiting),
    }
}

/// The repair came to its end.
fn end(venv: &Path) {
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
        let typed = |repair: Repair| repair.by_hand();
        assert_eq!(typed(repair("x", Origin::Index)), "pip install --force-reinstall --no-deps x==1");
        let built = Repair { rebuild: true, ..repair("x", Origin::Editable("file:///a%20b".into())) };
        assert_eq!(typed(built), "pip install --force-reinstall --no-deps --no-cache-dir -e '/a b'");
        let half = Repair { unusable: vec!["/d".into()], ..repair("x", Origin::Index) };
        assert_eq!(typed(half), "pip install --ignore-installed --no-deps x==1");
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
        assert_eq!(repairs(vec![one("a")], vec![one("a")], &["a==1".into()]).len(), 1, "it waits");
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
        wait(folder.path(), &[]).unwrap();
        assert!(!journal(folder.path()).exists());
        assert_eq!(begun(folder.path()), []);
    }

    #[test]
    fn a_hostile_journal_tells_installers_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let hostile = [
            repair("--target=/tmp/x", Origin::Index),
            Repair { version: "1 --pre".into(), ..repair("x", Origin::Index) },
            repair("x", Origin::Url("--index-url=http://evil".into())),
            repair("x", Origin::Url("git+https://h/r@--upload-pack=x".into())),
            repair("x", Origin::Url("file://relative".into())),
            repair("x", Origin::Editable("--target=/x".into())),
            repair("x", Origin::Editable("file:///a\u{1b}".into())),
        ];
        begin(folder.path(), &hostile).unwrap();
        assert_eq!(begun(folder.path()), []);
        let text = r#"[{"name": "a"}, 7, {"name": "x", "version": "1", "source": "Index", "reason": "", "rebuild": false}]"#;
        std::fs::write(journal(folder.path()), text).unwrap();
        assert_eq!(begun(folder.path()).iter().map(Repair::title).collect::<Vec<_>>(), ["x 1"]);
    }

    #[test]
    fn only_what_may_be_behind_a_network_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let local = |path: &str| Origin::Url(format!("file://{path}"));
        for (source, with_index, without) in [
            (Origin::Index, true, false),
            (Origin::Url("git+https://h/r@c".into()), true, true),
            (local("/no/such.whl"), false, false),
            (local(folder.path().to_str().unwrap()), true, false),
            (Origin::Editable("file:///no/such".into()), false, false),
        ] {
            let repair = repair("x", source);
            let found = (repair.may_come_later(false), repair.may_come_later(true));
            assert_eq!(found, (with_index, without), "{repair:?}");
        }
    }
}
