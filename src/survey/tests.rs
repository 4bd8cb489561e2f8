//! Surveys of made trees.

use std::fs::{self, File, FileTimes};
use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use super::*;
use crate::elf::Machine;
use crate::provide::shim;
use crate::venv::health;

/// A venv of made distributions, all of them as old as an hour.
struct Tree(tempfile::TempDir);

impl Tree {
    fn new() -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(tree.base()).unwrap();
        tree
    }

    fn root(&self) -> PathBuf {
        self.0.path().canonicalize().unwrap()
    }

    fn base(&self) -> PathBuf {
        self.root().join("lib/python3.13/site-packages")
    }

    fn write(&self, name: &str, content: &[u8]) {
        let path = self.base().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn object(&self, name: &str, needed: &str) {
        self.write(name, &shim("libself.so", needed, Machine::X86_64).unwrap());
    }

    /// Writes what an installer writes beside the files.
    fn install(&self, name: &str, record: &str) {
        let info = format!("{name}-1.dist-info");
        self.write(&format!("{info}/METADATA"), format!("Name: {name}\nVersion: 1\n").as_bytes());
        self.write(&format!("{info}/RECORD"), record.as_bytes());
        self.settle();
    }

    /// Makes all files and directories as old as each other.
    fn settle(&self) {
        let then = SystemTime::now() - Duration::from_secs(3600);
        for entry in walkdir::WalkDir::new(self.root()) {
            let file = File::open(entry.unwrap().path()).unwrap();
            file.set_times(FileTimes::new().set_modified(then)).unwrap();
        }
    }

    fn survey(&self) -> Survey {
        survey(&self.root(), &[self.base()])
    }

    fn kept(&self) -> PathBuf {
        self.root().join(".venvfix/scan")
    }

    /// What a survey shows, as far as it is told to others.
    fn shows(&self) -> Vec<String> {
        let Survey { distributions, files, .. } = self.survey();
        let told = |seen: &Seen| {
            let name = seen.path.strip_prefix(self.root()).unwrap().display().to_string();
            let owners: Vec<&str> =
                seen.owners.iter().map(|&owner| distributions[owner].name.as_str()).collect();
            match &seen.found {
                Ok(located) => format!("{name} {owners:?} {:?}", located.object),
                Err(error) => format!("{name} {owners:?} {error}"),
            }
        };
        files.iter().map(told).collect()
    }

    /// The names of all files that were seen, below site-packages.
    fn names(&self) -> Vec<String> {
        let files = self.survey().files;
        files.iter().map(|seen| seen.path.strip_prefix(self.base()).unwrap().display().to_string()).collect()
    }
}

fn two_packages() -> Tree {
    let tree = Tree::new();
    tree.object("a/x.so", "libone.so.1");
    tree.object("b/y.so", "libtwo.so.1");
    tree.object("common/z.so", "libthree.so.1");
    tree.write("a/no.so", b"INPUT(-lc)");
    tree.install("a", "a/x.so,,\na/no.so,,\ncommon/z.so,,\na/gone.so,,\na/data,,\n");
    tree.install("b", "b/y.so,,\ncommon/z.so,,\n");
    tree
}

#[test]
fn each_file_is_seen_once_with_all_its_owners() {
    let tree = two_packages();
    let owners: Vec<(String, Vec<usize>)> = tree
        .survey()
        .files
        .into_iter()
        .map(|seen| (seen.path.file_name().unwrap().to_string_lossy().into_owned(), seen.owners))
        .filter(|(name, _)| ["x.so", "y.so", "z.so"].contains(&name.as_str()))
        .collect();
    assert_eq!(
        owners,
        [("x.so", vec![0]), ("y.so", vec![1]), ("z.so", vec![0, 1])].map(|(a, b)| (a.into(), b))
    );
}

#[test]
fn what_no_record_names_is_found_where_none_explains_the_directory() {
    let tree = two_packages();
    let before = tree.names();
    tree.object("loose.so", "libx.so");
    tree.object("by/hand/loose.so", "libx.so");
    // A directory within one that is explained, and a file that came later.
    tree.object("a/sub/loose.so", "libx.so");
    tree.object("b/loose.so", "libx.so");
    tree.object("b/__pycache__/loose.so", "libx.so");
    let new: Vec<String> = tree.names().into_iter().filter(|name| !before.contains(name)).collect();
    assert_eq!(new, ["a/sub/loose.so", "b/loose.so", "by/hand/loose.so", "loose.so"]);
}

#[test]
fn links_and_pipes_are_not_followed_where_nobody_recorded_them() {
    let tree = two_packages();
    let before = tree.names();
    std::os::unix::fs::symlink("..", tree.base().join("loop")).unwrap();
    std::os::unix::fs::symlink("self.so", tree.base().join("self.so")).unwrap();
    assert!(
        std::process::Command::new("mkfifo").arg(tree.base().join("pipe.so")).status().unwrap().success()
    );
    assert_eq!(tree.names(), before);
}

#[test]
fn what_was_kept_changes_nothing_that_is_seen() {
    let tree = two_packages();
    tree.object("loose.so", "libx.so");
    tree.write("loose.txt.orig", b"no object");
    let before = tree.shows();
    tree.survey().keep(|_| false).unwrap();
    assert_eq!(tree.shows(), before);
    // Kept once more, from what was kept.
    let kept = fs::read(tree.kept()).unwrap();
    tree.survey().keep(|_| false).unwrap();
    assert_eq!(fs::read(tree.kept()).unwrap(), kept);
}

#[test]
fn what_was_kept_is_used() {
    let tree = two_packages();
    tree.survey().keep(|_| false).unwrap();
    let text = fs::read(tree.kept()).unwrap();
    let bytes = text.as_slice();
    let kept = Kept::decode(bytes, &tree.root()).unwrap();
    let (package, files) = kept.package(&tree.base().join("a-1.dist-info"), &tree.root()).unwrap();
    assert_eq!((package.distribution.name.as_str(), files.len()), ("a", 5));
    assert!(files.iter().find(|file| file.path.ends_with("x.so")).unwrap().known.is_some());
    assert!(files.iter().find(|file| file.path.ends_with("gone.so")).unwrap().known.is_none());
}

#[test]
fn a_file_that_changed_is_read_again() {
    let tree = two_packages();
    tree.survey().keep(|_| false).unwrap();
    tree.object("a/x.so", "libother.so.1");
    tree.object("a/no.so", "libno.so.1");
    tree.object("a/gone.so", "libgone.so.1");
    let with = tree.shows();
    assert!(with.iter().any(|shown| shown.contains("libgone.so.1")), "{with:?}");
    fs::remove_file(tree.kept()).unwrap();
    assert_eq!(with, tree.shows());
}

#[test]
fn a_record_that_changed_is_read_again() {
    let tree = two_packages();
    tree.survey().keep(|_| false).unwrap();
    tree.object("a/new.so", "libnew.so.1");
    tree.install("a", "a/new.so,,\n");
    let with = tree.shows();
    assert!(with.iter().any(|shown| shown.contains("libnew.so.1")), "{with:?}");
    fs::remove_file(tree.kept()).unwrap();
    assert_eq!(with, tree.shows());
}

#[test]
fn what_came_into_a_quiet_directory_is_found() {
    let tree = two_packages();
    // Changed since RECORD was written, and nothing in it: noted as quiet.
    tree.write("a/__pycache__/x.pyc", b"");
    tree.survey().keep(|_| false).unwrap();
    tree.object("a/loose.so", "libx.so");
    assert!(tree.names().contains(&"a/loose.so".to_owned()));
}

#[test]
fn a_package_whose_record_is_gone_leaves_its_objects_behind() {
    let tree = two_packages();
    tree.survey().keep(|_| false).unwrap();
    fs::remove_dir_all(tree.base().join("b-1.dist-info")).unwrap();
    let survey = tree.survey();
    let seen = survey.files.iter().find(|seen| seen.path.ends_with("b/y.so")).unwrap();
    assert!(seen.owners.is_empty() && survey.distributions.len() == 1);
}

#[test]
fn a_damaged_scan_is_as_good_as_none() {
    let tree = two_packages();
    let before = tree.shows();
    tree.survey().keep(|_| false).unwrap();
    let whole = fs::read(tree.kept()).unwrap();
    for length in 0..whole.len() {
        assert!(Kept::decode(&whole[..length], &tree.root()).is_none(), "{length} of {}", whole.len());
    }
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x40;
        assert!(Kept::decode(&bytes, &tree.root()).is_none(), "byte {at}");
    }
    fs::write(tree.kept(), &whole[..whole.len() / 2]).unwrap();
    assert_eq!(tree.shows(), before);
}

#[test]
fn a_forged_scan_neither_panics_nor_leads_out_of_the_venv() {
    let tree = two_packages();
    tree.survey().keep(|_| false).unwrap();
    let whole = fs::read(tree.kept()).unwrap();
    let start = kept::HEAD.len() + 8;
    for at in start..whole.len() {
        for byte in [0x00, 0x2f, 0x7f, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] = byte;
            let sum = kept::checksum(&bytes[start..]);
            bytes[kept::HEAD.len()..start].copy_from_slice(&sum.to_le_bytes());
            let kept = Kept::decode(&bytes, &tree.root()).unwrap_or_default();
            let found = survey_with(&tree.root(), &[tree.base()], &kept);
            assert!(found.files.iter().all(|seen| seen.path.starts_with(tree.root())));
            assert!(found.files.iter().all(|seen| !seen.path.display().to_string().contains("..")));
        }
    }
}

proptest! {
    #[test]
    fn paths_are_ordered_as_paths_are(a in "(/[a!~/.-]{0,3}){1,4}", b in "(/[a!~/.-]{0,3}){1,4}") {
        let normal = |text: &str| crate::fsx::normalize(Path::new(text));
        let (a, b) = (normal(&a), normal(&b));
        prop_assert_eq!(path_order(&a, &b), a.cmp(&b));
    }
}

#[test]
fn what_is_gone_is_told_with_and_without_what_was_kept() {
    let record = "top.py,,\nx/a.py,,\nx/b/c.json,,\n../../../bin/tool,,\n../../../bin/old.py,,\n../../../share/man/x.1,,\n\
                  x-1.dist-info/WHEEL,,\nx-1.dist-info/METADATA,,\nx-1.dist-info/licenses/MIT,,\nx-1.dist-info/RECORD,,\n";
    let recorded: Vec<&str> = record.lines().map(|line| line.trim_end_matches(',')).collect();
    for gone in recorded.iter().filter(|name| !name.ends_with("METADATA")) {
        for kept in [false, true] {
            let tree = Tree::new();
            for name in &recorded {
                tree.write(name, b"text");
            }
            tree.install("x", record);
            let damaged = || {
                let survey = tree.survey();
                let known = |path: &Path| survey.wholeness(path);
                let found = health::damaged_since(&[tree.base()], &tree.root(), &known);
                assert_eq!(found, health::damaged(&[tree.base()], &tree.root(), false), "{gone}");
                found.len()
            };
            assert_eq!(damaged(), 0);
            if kept {
                tree.survey().keep(|_| false).unwrap();
                assert_eq!(damaged(), 0);
            }
            tree.write("x-1.dist-info/INSTALLER", b"pip");
            fs::remove_file(tree.base().join(gone)).unwrap();
            assert_eq!(damaged(), 1, "{gone}, kept: {kept}");
            // What is damaged is not kept as whole.
            tree.survey().keep(|_| true).unwrap();
            assert_eq!(damaged(), 1, "{gone}, kept: {kept}");
        }
    }
}
