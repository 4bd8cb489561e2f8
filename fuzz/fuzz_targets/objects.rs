//! Up to three objects in one venv, read and diagnosed as doctor does.
#![no_main]

use std::cell::RefCell;
use std::fs;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;
use venvfix::elf::Machine;
use venvfix::examine::{Reaching, Target, Tree, examine};
use venvfix::report;
use venvfix::survey::Extent;

/// What parts one object from the next.
const BORDER: &[u8] = b"\0--\0";
const NAMES: [&str; 3] = ["ext.so", "liba.so", "liba.so.1"];

thread_local! {
    static FOLDER: RefCell<Option<TempDir>> = const { RefCell::new(None) };
}

fuzz_target!(|bytes: &[u8]| {
    FOLDER.with_borrow_mut(|folder| {
        let root = folder.get_or_insert_with(|| tempfile::tempdir().expect("no folder")).path();
        diagnose(root, bytes);
    });
});

fn diagnose(root: &Path, bytes: &[u8]) {
    let mut rest = Some(bytes);
    for name in NAMES {
        let path = root.join(name);
        let Some(bytes) = rest.take() else {
            let _ = fs::remove_file(path);
            continue;
        };
        let border = bytes.windows(BORDER.len()).position(|window| window == BORDER);
        let object = border.map_or(bytes, |at| &bytes[..at]);
        rest = border.map(|at| &bytes[at + BORDER.len()..]);
        fs::write(&path, object).expect("no room");
        let _ = venvfix::elf::read(&path);
        let _ = venvfix::elf::version_definitions(&path);
        let _ = venvfix::elf::verdict(&path, Machine::AARCH64);
    }
    let site_packages = [root.to_owned()];
    let tree = Tree { root, site_packages: &site_packages, shown: root, sources: Extent::All };
    let target = Target::AssumedNix(Machine::X86_64, Some((3, 13)));
    let found = examine(&tree, &target, &Reaching::NOTHING, &[]);
    report::json(&found.report).expect("no JSON");
    let _ = report::human(&found.report, true);
}
