//! What is to be done about a program, from what it says of itself. Pure.

use std::path::{Path, PathBuf};

use crate::elf::{Machine, Object};
use crate::offer::in_store;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing: it starts, or is nothing that could.
    Nothing,
    /// It is to be patched.
    Patch,
    /// It was, for what is no more: it is to be patched anew.
    Renew,
}

/// What that rests on beside the program.
pub struct Circumstances<'a> {
    /// The interpreter's machine.
    pub machine: Machine,
    /// Its loader.
    pub loader: &'a str,
    /// Whether a program with this loader starts.
    pub works: &'a dyn Fn(&str) -> bool,
    /// Whether there is a file.
    pub exists: &'a dyn Fn(&Path) -> bool,
    /// The libraries that programs can have, by SONAME.
    pub offer: &'a dyn Fn(&str) -> Option<PathBuf>,
}

impl Circumstances<'_> {
    /// The step for a program; `is_patched` is asked of one whose loader is in the store.
    pub fn step(&self, object: &Object, is_patched: impl Fn() -> bool) -> Step {
        let Some(loader) = object.interpreter.as_deref().filter(|_| object.is_program()) else {
            return Step::Nothing;
        };
        if object.machine != self.machine || object.is_for_musl() {
            return Step::Nothing;
        }
        if in_store(Path::new(loader)) || loader == self.loader {
            let is_stale = loader != self.loader || object.needed.iter().any(|name| self.is_stale(name));
            return if is_stale && is_patched() { Step::Renew } else { Step::Nothing };
        }
        if (self.works)(loader) { Step::Nothing } else { Step::Patch }
    }

    /// Whether a library that a program has by its path is gone, or is another now.
    fn is_stale(&self, needed: &str) -> bool {
        let path = Path::new(needed);
        let soname = path.file_name().and_then(|name| name.to_str());
        let offered = || soname.and_then(|soname| (self.offer)(soname));
        path.is_absolute() && (!(self.exists)(path) || offered().is_some_and(|offered| offered != path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOADER: &str = "/nix/store/a-glibc/lib/ld-linux-x86-64.so.2";
    const USUAL: &str = "/lib64/ld-linux-x86-64.so.2";

    fn object(interpreter: &str, needed: &[&str]) -> Object {
        Object {
            machine: Machine::X86_64,
            fixed_executable: false,
            interpreter: Some(interpreter.into()),
            soname: None,
            needed: needed.iter().map(|&name| name.into()).collect(),
            rpath: None,
            runpath: None,
            no_default_libs: false,
            pie: true,
            dynamic: true,
            fault: None,
            version_needs: Vec::new(),
            openings: Vec::new(),
            version_definitions: Vec::new(),
        }
    }

    fn step(object: &Object, works: bool, is_patched: bool) -> Step {
        let circumstances = Circumstances {
            machine: Machine::X86_64,
            loader: LOADER,
            works: &|_| works,
            exists: &|path| !path.starts_with("/nix/store/gone"),
            offer: &|name| (name == "libz.so.1").then(|| "/nix/store/new/libz.so.1".into()),
        };
        circumstances.step(object, || is_patched)
    }

    #[test]
    fn what_does_not_start_is_patched() {
        assert_eq!(step(&object(USUAL, &["libz.so.1"]), false, false), Step::Patch);
        assert_eq!(step(&object(USUAL, &[]), true, false), Step::Nothing);
    }

    #[test]
    fn what_is_no_program_for_this_machine_and_libc_is_not() {
        let plain = object(USUAL, &[]);
        let others = [
            Object { interpreter: None, ..plain.clone() },
            Object { interpreter: Some(String::new()), ..plain.clone() },
            Object { pie: false, soname: Some("libc.so.6".into()), ..plain.clone() },
            Object { machine: Machine::AARCH64, ..plain.clone() },
            object("/lib/ld-musl-x86_64.so.1", &[]),
            object(USUAL, &["libc.musl-x86_64.so.1"]),
        ];
        for other in others {
            assert_eq!(step(&other, false, false), Step::Nothing, "{other:?}");
        }
    }

    #[test]
    fn what_was_patched_for_what_is_no_more_is_patched_anew() {
        let renewed = [
            object("/nix/store/old-glibc/lib/ld-linux-x86-64.so.2", &[]),
            object(LOADER, &["/nix/store/gone/liby.so"]),
            object(LOADER, &["/nix/store/old/libz.so.1", "libz.so.1"]),
        ];
        for object in renewed {
            assert_eq!(step(&object, false, true), Step::Renew, "{object:?}");
            assert_eq!(step(&object, false, false), Step::Nothing, "{object:?}");
        }
        let fine = ["/nix/store/new/libz.so.1", "libz.so.1", "/nix/store/old/liby.so"];
        assert_eq!(step(&object(LOADER, &fine), false, true), Step::Nothing);
    }
}
