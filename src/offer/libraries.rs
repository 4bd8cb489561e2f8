//! The libraries in the offered directories, by SONAME.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::DRIVER_DIRECTORY;
use crate::elf::{self, Machine};
use crate::loader;

/// SONAME to absolute path.
pub type Libraries = BTreeMap<String, PathBuf>;

/// Every library of `machine` in `directories`, the first directory that has one winning, and of
/// the driver's those for which `is_driver` holds.
///
/// The SONAME inside a file must be its name: the loader goes by it (`libtinfo.so.6` that is a link
/// to ncurses does not answer to that name).
pub fn libraries(directories: &[PathBuf], machine: Machine, is_driver: impl Fn(&str) -> bool) -> Libraries {
    let mut found = Libraries::new();
    for directory in directories {
        collect(directory, machine, &mut found, |name| !of_the_c_library(name));
    }
    collect(Path::new(DRIVER_DIRECTORY), machine, &mut found, is_driver);
    found
}

/// Never a second libc. libgcc_s goes with any: it is offered where the glibc does not bring it.
fn of_the_c_library(name: &str) -> bool {
    loader::brings(name) && name != "libgcc_s.so.1"
}

fn collect(directory: &Path, machine: Machine, found: &mut Libraries, wanted: impl Fn(&str) -> bool) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        if !name.contains(".so") || found.contains_key(&name) || !wanted(&name) {
            continue;
        }
        let path = entry.path();
        let answers = elf::read(&path)
            .is_ok_and(|object| object.machine == machine && object.soname.as_deref() == Some(name.as_str()));
        if answers {
            found.insert(name, path);
        }
    }
}
