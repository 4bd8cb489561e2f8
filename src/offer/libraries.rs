//! The libraries in the offered directories, by SONAME.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use super::{DRIVER_DIRECTORY, Hazard};
use crate::elf::{self, Machine, Object};
use crate::loader;

/// Name to absolute path.
pub type Libraries = BTreeMap<String, PathBuf>;

/// The libraries of the offered directories.
#[derive(Clone, Debug, Default)]
pub struct Offered {
    /// Files that have their name as SONAME: the loader goes by it.
    pub libraries: Libraries,
    /// Files that have another SONAME: `libtinfo.so.6` that is a link to ncurses does not answer to
    /// that name by itself.
    pub aliases: Libraries,
    /// Names of libraries that want a newer glibc than the interpreter has, and which.
    pub too_new: BTreeMap<String, String>,
    /// Directories with libraries that are not offered.
    pub hazards: Vec<Hazard>,
}

/// The interpreter's side: what a library must be made for.
#[derive(Clone, Debug)]
pub struct System {
    /// Its machine.
    pub machine: Machine,
    /// Version of its glibc, where known.
    pub glibc: Option<String>,
}

impl Offered {
    /// Libraries that answer to their names, and no others.
    pub fn of(libraries: Libraries) -> Self {
        Self { libraries, ..Self::default() }
    }

    fn note_newer_glibc(&mut self, directory: &Path, version: String, system: &System) {
        let of_directory = self.hazards.iter_mut().find_map(|hazard| match hazard {
            Hazard::NewerGlibc { directory: known, wants, .. } if known == directory => Some(wants),
            _ => None,
        });
        match of_directory {
            Some(wants) if elf::compare_versions(wants, &version).is_lt() => *wants = version,
            Some(_) => {}
            None => self.hazards.push(Hazard::NewerGlibc {
                directory: directory.to_owned(),
                wants: version,
                has: system.glibc.clone().unwrap_or_default(),
            }),
        }
    }

    /// Why a library that is in an offered directory is not offered, in words.
    pub fn why_not(&self, name: &str, has: &str) -> Option<String> {
        let wants = self.too_new.get(name).filter(|_| self.find(name).is_none())?;
        Some(format!(
            "this shell has it for glibc {wants}, and python's glibc is {has}: take both from one nixpkgs"
        ))
    }

    /// The file for a needed name.
    pub fn find(&self, name: &str) -> Option<&PathBuf> {
        self.libraries.get(name).or_else(|| self.aliases.get(name))
    }
}

/// Every library for `system` in `directories`, the first directory that has one winning; then of
/// `apart`, names and directories below a package, those that are in none; and of the driver's those for
/// which `is_driver` holds.
pub fn libraries(
    directories: &[PathBuf],
    apart: &[(&str, &str)],
    system: &System,
    is_driver: impl Fn(&str) -> bool,
) -> Offered {
    let (mut found, mut wants) = (Offered::default(), Wants::default());
    for directory in directories {
        collect(directory, system, &mut wants, &mut found, |name| !of_the_c_library(name));
    }
    let packages = directories.iter().filter(|directory| directory.ends_with("lib"));
    for package in packages.filter_map(|directory| directory.parent()) {
        for (name, directory) in apart {
            take(&package.join(directory), name, system, &mut wants, &mut found);
        }
    }
    collect(Path::new(DRIVER_DIRECTORY), system, &mut wants, &mut found, is_driver);
    found
}

/// The newest glibc that libraries want, they and all that they load, each looked at once.
#[derive(Default)]
struct Wants(HashMap<PathBuf, Option<String>>);

impl Wants {
    /// The version, if the interpreter's is older.
    fn newer(&mut self, library: &Path, object: &Object, system: &System) -> Option<String> {
        let has = system.glibc.as_deref()?;
        let newest = self.newest(library, object)?;
        elf::compare_versions(&newest, has).is_gt().then_some(newest)
    }

    fn newest(&mut self, library: &Path, object: &Object) -> Option<String> {
        if let Some(known) = self.0.get(library) {
            return known.clone();
        }
        // A cycle ends here.
        self.0.insert(library.to_owned(), None);
        let own = object
            .version_needs
            .iter()
            .filter_map(|need| need.version.strip_prefix("GLIBC_"))
            .map(str::to_owned);
        let mut versions: Vec<String> = own.collect();
        for name in object.needed.iter().filter(|name| !loader::brings(name)) {
            let found = directories(object).find_map(|directory| {
                let path = directory.join(name);
                Some((elf::read(&path).ok()?, path))
            });
            versions.extend(found.and_then(|(object, path)| self.newest(&path, &object)));
        }
        let newest = versions.into_iter().max_by(|a, b| elf::compare_versions(a, b));
        self.0.insert(library.to_owned(), newest.clone());
        newest
    }
}

/// Where a library of the store looks for what it needs.
fn directories(object: &Object) -> impl Iterator<Item = PathBuf> {
    let text = object.runpath.as_deref().or(object.rpath.as_deref()).unwrap_or_default();
    std::env::split_paths(text).filter(|directory| directory.is_absolute())
}

/// Never a second libc. libgcc_s goes with any: it is offered where the glibc does not bring it.
fn of_the_c_library(name: &str) -> bool {
    loader::brings(name) && name != "libgcc_s.so.1"
}

fn collect(
    directory: &Path,
    system: &System,
    wants: &mut Wants,
    found: &mut Offered,
    wanted: impl Fn(&str) -> bool,
) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.contains(".so") && wanted(&name) {
            take(directory, &name, system, wants, found);
        }
    }
}

/// One file, if it is a library for `system` and the first of its name.
fn take(directory: &Path, name: &str, system: &System, wants: &mut Wants, found: &mut Offered) {
    if found.libraries.contains_key(name) {
        return;
    }
    let path = directory.join(name);
    let Ok(object) = elf::read(&path) else { return };
    if object.machine != system.machine {
        return;
    }
    if let Some(version) = wants.newer(&path, &object, system) {
        found.too_new.entry(name.to_owned()).or_insert_with(|| version.clone());
        found.note_newer_glibc(directory, version, system);
        return;
    }
    let answers = object.soname.as_deref() == Some(name);
    let kind = if answers { &mut found.libraries } else { &mut found.aliases };
    kind.entry(name.to_owned()).or_insert(path);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provide::shim;

    #[test]
    fn a_link_with_another_name_is_an_alias() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().join("libncursesw.so.6");
        fs::write(&real, shim("libncursesw.so.6", "/x", Machine::X86_64).unwrap()).unwrap();
        std::os::unix::fs::symlink("libncursesw.so.6", folder.path().join("libtinfo.so.6")).unwrap();
        fs::write(folder.path().join("libm.so.6"), shim("libm.so.6", "/x", Machine::X86_64).unwrap())
            .unwrap();
        fs::write(folder.path().join("libbad.so"), "text").unwrap();
        let system = |machine| System { machine, glibc: None };
        let found = libraries(&[folder.path().to_owned()], &[], &system(Machine::X86_64), |_| false);
        assert_eq!(found.libraries.keys().collect::<Vec<_>>(), ["libncursesw.so.6"]);
        assert_eq!(found.aliases.keys().collect::<Vec<_>>(), ["libtinfo.so.6"]);
        let other = libraries(&[folder.path().to_owned()], &[], &system(Machine::AARCH64), |_| false);
        assert!(other.libraries.is_empty() && other.aliases.is_empty());
    }

    #[test]
    fn a_library_apart_is_taken_where_no_directory_has_it_and_nothing_beside_it_is() {
        let package = tempfile::tempdir().unwrap();
        let apart = package.path().join("lib/odd");
        fs::create_dir_all(&apart).unwrap();
        let write = |path: PathBuf, soname: &str| {
            fs::write(path, shim(soname, "/x", Machine::X86_64).unwrap()).unwrap();
        };
        write(apart.join("libodd.so.1"), "libodd.so.1");
        write(apart.join("libprivate.so.1"), "libprivate.so.1");
        let directories = [package.path().join("lib")];
        let system = System { machine: Machine::X86_64, glibc: None };
        let found = || libraries(&directories, &[("libodd.so.1", "lib/odd")], &system, |_| false).libraries;
        assert_eq!(found(), Libraries::from([("libodd.so.1".into(), apart.join("libodd.so.1"))]));
        write(directories[0].join("libodd.so.1"), "libodd.so.1");
        assert_eq!(found()["libodd.so.1"], directories[0].join("libodd.so.1"));
    }
}
