//! Which distributions are not installed as their RECORD says.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::distribution;
use super::record::{MAX_RECORD, each_row};
use crate::fsx;
use crate::maps::{Map, Set};
use crate::programs;

/// A word.
const MAX_INSTALLER: u64 = 256;

/// What is wrong with a distribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Installers write RECORD last, and without it they can take nothing away.
    NoRecord,
    /// Its RECORD came with the wheel: the installer did not get as far as writing its own.
    NotFinished,
    /// Files that RECORD names are absent: how many, and one of them.
    Absent(usize, String),
    /// Files have another size than RECORD says.
    Truncated(usize, String),
}

impl Fault {
    /// Whether what is absent would be imported or run.
    pub fn lacks_code(&self) -> bool {
        matches!(self, Self::Absent(_, first) | Self::Truncated(_, first) if is_code(first.as_bytes()))
    }
}

/// A distribution that is not whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged {
    /// Its `*.dist-info`.
    pub dist_info: PathBuf,
    /// Normalised.
    pub name: String,
    /// As METADATA has it, or else the directory's name.
    pub version: String,
    /// What is wrong.
    pub fault: Fault,
}

/// The damaged distributions of the venv at `root`, by name. `interrupted` says that an installer may
/// have been killed: then sizes count too, and whether it came to its end.
pub fn damaged(site_packages: &[PathBuf], root: &Path, interrupted: bool) -> Vec<Damaged> {
    look(site_packages, root, interrupted, &|_| Wholeness::Unknown)
}

/// What is known of whether the files that a RECORD names are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wholeness {
    /// Nothing.
    Unknown,
    /// In directories that were last changed at this time, in nanoseconds, or before, they are.
    Before(i64),
    /// They are.
    Sure,
}

/// As [`damaged`] after no interruption, with the help of what is known of each `*.dist-info`.
pub fn damaged_since(
    site_packages: &[PathBuf],
    root: &Path,
    known: &dyn Fn(&Path) -> Wholeness,
) -> Vec<Damaged> {
    look(site_packages, root, false, known)
}

fn look(
    site_packages: &[PathBuf],
    root: &Path,
    interrupted: bool,
    known: &dyn Fn(&Path) -> Wholeness,
) -> Vec<Damaged> {
    let root = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
    let mut found: Vec<Damaged> = Vec::new();
    for base in site_packages {
        let mut files = Files { base, root: &root, listings: Map::default(), whole: None };
        for dist_info in distribution::dist_infos(base) {
            files.whole = match known(&dist_info) {
                Wholeness::Sure => continue,
                Wholeness::Before(time) => Some(time),
                Wholeness::Unknown => None,
            };
            let Some((name, version)) = distribution::name_and_version(&dist_info) else { continue };
            let fault = files.fault(&dist_info, interrupted);
            found.extend(fault.map(|fault| Damaged { dist_info, name, version, fault }));
        }
    }
    found.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    found
}

/// What lies in the directories that RECORDs name. Each is read once: a fraction of the system calls
/// that asking for each file would take.
struct Files<'a> {
    base: &'a Path,
    root: &'a Path,
    /// By the directory as RECORD writes it; `None` for one outside the venv.
    listings: Map<Vec<u8>, Option<Listing>>,
    /// What is asked for is there, in directories that have not changed since this time.
    whole: Option<i64>,
}

struct Listing {
    path: PathBuf,
    modified: i64,
    /// Once they were asked for.
    names: Option<Set<OsString>>,
}

impl Listing {
    fn names(&mut self) -> &Set<OsString> {
        let read = || {
            let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
            entries.map(|entry| entry.file_name()).collect()
        };
        self.names.get_or_insert_with(read)
    }
}

impl Files<'_> {
    fn fault(&mut self, dist_info: &Path, interrupted: bool) -> Option<Fault> {
        let text = match fsx::read_bytes(&dist_info.join("RECORD"), MAX_RECORD) {
            Ok(Some(text)) => text,
            // What the user made, or another program, may do without.
            Ok(None) => return (interrupted || has_installer(dist_info)).then_some(Fault::NoRecord),
            // Too large, or not ours to read: that says nothing of what is installed.
            Err(_) => return None,
        };
        let (mut absent, mut truncated) = (Tally::default(), Tally::default());
        let mut finished = false;
        each_row(&text, |path, size| {
            if !counts(path) {
                return;
            }
            finished |= path.ends_with(b".dist-info/INSTALLER");
            if self.lacks(path) {
                absent.add(path);
            } else if interrupted && self.has_other_size(path, size) {
                truncated.add(path);
            }
        });
        let unfinished = (interrupted && !finished).then_some(Fault::NotFinished);
        unfinished
            .or_else(|| absent.total().map(|(count, first)| Fault::Absent(count, first)))
            .or_else(|| truncated.total().map(|(count, first)| Fault::Truncated(count, first)))
    }

    fn lacks(&mut self, path: &[u8]) -> bool {
        let (directory, name) = match path.iter().rposition(|&byte| byte == b'/') {
            Some(slash) => (&path[..slash], &path[slash + 1..]),
            None => (&path[..0], path),
        };
        if !self.listings.contains_key(directory) {
            self.listings.insert(directory.to_owned(), self.listing(directory));
        }
        let Some(Some(listing)) = self.listings.get_mut(directory) else { return false };
        if self.whole.is_some_and(|time| listing.modified <= time) {
            return false;
        }
        !listing.names().contains(OsStr::from_bytes(name))
    }

    fn listing(&self, directory: &[u8]) -> Option<Listing> {
        let path = fsx::normalize(&self.base.join(OsStr::from_bytes(directory)));
        // One that is gone was changed by that.
        let modified = fs::metadata(&path).map_or(i64::MAX, |metadata| fsx::modified(&metadata));
        path.starts_with(self.root).then_some(Listing { path, modified, names: None })
    }

    /// Scripts are left out: this program changes them where a venv was moved.
    fn has_other_size(&self, path: &[u8], size: &[u8]) -> bool {
        let recorded = str::from_utf8(size).ok().and_then(|size| size.parse::<u64>().ok());
        let path = fsx::normalize(&self.base.join(OsStr::from_bytes(path)));
        let Some(recorded) = recorded.filter(|_| path.starts_with(self.base)) else { return false };
        // A patched program had it.
        fs::symlink_metadata(&path).is_ok_and(|found| found.is_file() && found.len() != recorded)
            && !programs::had_size(&path, recorded)
    }
}

/// Whether one of the installers that always write a RECORD installed it.
fn has_installer(dist_info: &Path) -> bool {
    let name = fsx::read_start(&dist_info.join("INSTALLER"), MAX_INSTALLER).unwrap_or_default();
    ["pip", "uv"].contains(&name.trim())
}

/// What Python makes and removes as it likes does not count.
fn counts(path: &[u8]) -> bool {
    !path.ends_with(b".pyc") && !path.split(|&byte| byte == b'/').any(|part| part == b"__pycache__")
}

/// All that the RECORDs in a site-packages name, wherever that leads.
pub(super) fn recorded(base: &Path) -> Vec<PathBuf> {
    let texts = distribution::dist_infos(base).into_iter().filter_map(|dist_info| {
        distribution::name_and_version(&dist_info)?;
        fsx::read_bytes(&dist_info.join("RECORD"), MAX_RECORD).ok()?
    });
    let paths = |text: Vec<u8>| -> Vec<PathBuf> {
        let mut found = Vec::new();
        each_row(&text, |path, _| found.push(base.join(OsStr::from_bytes(path))));
        found
    };
    texts.flat_map(paths).collect()
}

/// Whether a file is a module or an object, by its name.
fn is_code(path: &[u8]) -> bool {
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    name.ends_with(b".py") || name.ends_with(b".so") || name.windows(4).any(|part| part == b".so.")
}

/// How many, and the first, code before all else.
#[derive(Default)]
struct Tally(usize, Option<String>);

impl Tally {
    fn add(&mut self, path: &[u8]) {
        self.0 += 1;
        if self.1.as_ref().is_none_or(|first| !is_code(first.as_bytes()) && is_code(path)) {
            self.1 = Some(String::from_utf8_lossy(path).into_owned());
        }
    }

    fn total(self) -> Option<(usize, String)> {
        self.1.map(|first| (self.0, first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "x/__init__.py,sha256=a,3\nx/__pycache__/__init__.cpython-311.pyc,,\n\
        x-1.dist-info/METADATA,,\nx-1.dist-info/INSTALLER,,4\nx-1.dist-info/RECORD,,\n../../../bin/x,,9\n";

    struct Tree(tempfile::TempDir);

    impl Tree {
        fn new() -> Self {
            let tree = Self(tempfile::tempdir().unwrap());
            tree.write("lib/python3/site-packages/x/__init__.py", "1+1");
            tree.write("bin/x", "longer than RECORD says");
            tree.write_info("METADATA", "Metadata-Version: 2.1\nName: X\nVersion: 1.0\n");
            tree.write_info("INSTALLER", "pip\n");
            tree.write_info("RECORD", WHOLE);
            tree
        }

        fn root(&self) -> PathBuf {
            self.0.path().canonicalize().unwrap()
        }

        fn base(&self) -> PathBuf {
            self.root().join("lib/python3/site-packages")
        }

        fn write(&self, name: &str, content: &str) {
            let path = self.root().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }

        fn write_info(&self, name: &str, content: &str) {
            self.write(&format!("lib/python3/site-packages/x-1.dist-info/{name}"), content);
        }

        fn remove(&self, name: &str) {
            fs::remove_file(self.base().join(name)).unwrap();
        }

        fn faults(&self, interrupted: bool) -> Vec<Fault> {
            let found = damaged(&[self.base()], &self.root(), interrupted);
            found.into_iter().map(|damaged| damaged.fault).collect()
        }
    }

    #[test]
    fn a_whole_distribution_is_not_damaged() {
        assert_eq!((Tree::new().faults(false), Tree::new().faults(true)), (vec![], vec![]));
    }

    #[test]
    fn absent_files_are_named_wherever_they_lie() {
        let tree = Tree::new();
        tree.remove("x/__init__.py");
        tree.remove("../../../bin/x");
        assert_eq!(tree.faults(false), [Fault::Absent(2, "x/__init__.py".into())]);
        fs::remove_dir_all(tree.base().join("x")).unwrap();
        assert_eq!(tree.faults(false), [Fault::Absent(2, "x/__init__.py".into())]);
    }

    #[test]
    fn absent_code_is_told_from_the_rest() {
        let tree = Tree::new();
        tree.remove("../../../bin/x");
        assert!(!tree.faults(false)[0].lacks_code());
        tree.write_info("RECORD", &format!("x/NOTICE,,\n{WHOLE}"));
        tree.remove("x/__init__.py");
        assert_eq!(tree.faults(false), [Fault::Absent(3, "x/__init__.py".into())]);
        assert!(tree.faults(false)[0].lacks_code());
        assert!(is_code(b"x.libs/libz-1.so.1.3") && !is_code(b"x/so.txt"));
    }

    #[test]
    fn bytecode_and_files_outside_the_venv_do_not_count() {
        let tree = Tree::new();
        let outside = "../../../../../no/such,,\n/no/such,,\nx/y.pyc,,\n../../../../x,,\n";
        tree.write_info("RECORD", &format!("{WHOLE}{outside}"));
        assert_eq!(tree.faults(true), []);
    }

    #[test]
    fn without_record_the_name_comes_from_metadata_or_the_directory() {
        let tree = Tree::new();
        tree.remove("x-1.dist-info/RECORD");
        let found = damaged(&[tree.base()], &tree.root(), false);
        assert_eq!((found[0].name.as_str(), found[0].version.as_str()), ("x", "1.0"));
        tree.remove("x-1.dist-info/METADATA");
        let found = damaged(&[tree.base()], &tree.root(), false);
        assert_eq!((found[0].name.as_str(), found[0].version.as_str()), ("x", "1"));
        assert_eq!(found[0].fault, Fault::NoRecord);
    }

    #[test]
    fn only_an_installers_distribution_needs_a_record() {
        let tree = Tree::new();
        tree.remove("x-1.dist-info/RECORD");
        for (installer, needs) in [("uv", true), ("pip\n", true), ("conda\n", false), ("", false)] {
            tree.write_info("INSTALLER", installer);
            assert_eq!(!tree.faults(false).is_empty(), needs, "{installer}");
            assert_eq!(tree.faults(true), [Fault::NoRecord], "{installer}");
        }
    }

    #[test]
    fn a_record_that_cannot_be_read_is_no_absent_one() {
        let tree = Tree::new();
        let record = tree.base().join("x-1.dist-info/RECORD");
        let file = fs::OpenOptions::new().write(true).open(&record).unwrap();
        file.set_len(MAX_RECORD + 1).unwrap();
        assert_eq!((tree.faults(false), tree.faults(true)), (vec![], vec![]));
        fs::remove_file(&record).unwrap();
        fs::create_dir(&record).unwrap();
        assert_eq!((tree.faults(false), tree.faults(true)), (vec![], vec![]));
    }

    #[test]
    fn a_file_called_dist_info_is_no_distribution() {
        let tree = Tree::new();
        tree.write("lib/python3/site-packages/bogus-1.0.dist-info", "");
        assert_eq!(tree.faults(true), []);
    }

    #[test]
    fn sizes_and_the_installers_end_count_after_an_interruption_only() {
        let tree = Tree::new();
        tree.write("lib/python3/site-packages/x/__init__.py", "1");
        assert_eq!(tree.faults(false), []);
        assert_eq!(tree.faults(true), [Fault::Truncated(1, "x/__init__.py".into())]);
        tree.write_info("RECORD", &WHOLE.replace("x-1.dist-info/INSTALLER,,4\n", ""));
        assert_eq!((tree.faults(false), tree.faults(true)), (vec![], vec![Fault::NotFinished]));
    }

    #[test]
    fn a_hostile_name_or_version_is_not_told_to_an_installer() {
        let tree = Tree::new();
        tree.remove("x-1.dist-info/RECORD");
        for headers in
            ["Name: --evil\nVersion: 1\n", "Name: x\nVersion: 1 --evil\n", "Name: x\nVersion: 1;a\n"]
        {
            tree.write_info("METADATA", headers);
            assert_eq!(tree.faults(true), [], "{headers}");
        }
    }

    #[test]
    fn what_pip_moved_out_of_the_way_is_no_distribution() {
        let tree = Tree::new();
        tree.write("lib/python3/site-packages/~-1.dist-info/METADATA", "Name: x\nVersion: 1\n");
        assert_eq!(tree.faults(true), []);
    }
}
