//! Knows ELF: what one object file says about itself. Knows neither Python nor Nix.

mod read;
mod versions;

pub use read::{Unreadable, read, version_definitions, version_needs};
pub use versions::VersionNeed;

use std::ffi::OsString;

/// Width of an object's addresses (`e_ident[EI_CLASS]`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// ELFCLASS32.
    Elf32,
    /// ELFCLASS64.
    Elf64,
}

/// The machine an object is for: the loader skips a file whose machine differs from its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Machine {
    /// Address width.
    pub class: Class,
    /// Whether multi-byte values are little-endian.
    pub little_endian: bool,
    /// `e_machine`, as numbered in elf.h.
    pub number: u16,
}

impl Machine {
    /// x86-64, little-endian, 64 bits.
    pub const X86_64: Machine = Machine { class: Class::Elf64, little_endian: true, number: 62 };
    /// AArch64, little-endian, 64 bits.
    pub const AARCH64: Machine = Machine { class: Class::Elf64, little_endian: true, number: 183 };

    /// The name people know the architecture by.
    pub fn name(self) -> String {
        match (self.number, self.class) {
            (62, Class::Elf64) => "x86_64".into(),
            (62, Class::Elf32) => "x32".into(),
            (3, _) => "i686".into(),
            (183, _) => "aarch64".into(),
            (40, _) => "armv7l".into(),
            (21, _) if self.little_endian => "ppc64le".into(),
            (21, _) => "ppc64".into(),
            (22, _) => "s390x".into(),
            (243, _) => "riscv64".into(),
            (258, _) => "loongarch64".into(),
            (other, _) => format!("ELF machine {other}"),
        }
    }
}

/// What the dynamic loader reads in one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// The machine it is for.
    pub machine: Machine,
    /// `e_type` is ET_EXEC: a program linked to a fixed address.
    pub fixed_executable: bool,
    /// The text of PT_INTERP; empty where the segment is (some libraries have such a one).
    pub interpreter: Option<String>,
    /// DT_SONAME.
    pub soname: Option<String>,
    /// DT_NEEDED, in file order.
    pub needed: Vec<String>,
    /// DT_RPATH, not expanded. The loader ignores it where there is a DT_RUNPATH.
    pub rpath: Option<OsString>,
    /// DT_RUNPATH, not expanded.
    pub runpath: Option<OsString>,
    /// DF_1_NODEFLIB: default directories are not for this object's needs.
    pub no_default_libs: bool,
    /// DF_1_PIE: a program, though its `e_type` is ET_DYN.
    pub pie: bool,
    /// Whether there is a dynamic section at all.
    pub dynamic: bool,
}

impl Object {
    /// A program that needs a loader to start. A shared library may carry a PT_INTERP as well
    /// (libQt6Core prints its version when run), so a SONAME decides against, and a DF_1_PIE for it.
    pub fn is_program(&self) -> bool {
        let interpreted = self.interpreter.as_deref().is_some_and(|path| !path.is_empty());
        interpreted && (self.fixed_executable || self.pie || self.soname.is_none())
    }

    /// Something a loader can map into a process: a library, a module or a program.
    pub fn is_loadable(&self) -> bool {
        self.dynamic
    }
}

/// Compares versions such as `2.4` and `2.38` by their numbers.
pub fn compare_versions(a: &str, b: &str) -> std::cmp::Ordering {
    let numbers =
        |text: &str| text.split('.').map(|part| part.parse::<u32>().unwrap_or(0)).collect::<Vec<_>>();
    numbers(a).cmp(&numbers(b))
}
