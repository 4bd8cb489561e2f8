//! Knows ELF: what one object file says about itself. Knows neither Python nor Nix.

mod exports;
mod ident;
mod notes;
mod outline;
mod read;
mod versions;

pub use exports::has_module_hook;
pub use ident::Verdict;
pub use notes::{Opening, Priority};
pub use outline::{Outline, Section, Segment, SegmentKind, outline};
pub use read::{Unreadable, read, read_known, verdict, version_definitions};
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
    /// What a loader of any machine finds wrong with its identification.
    pub fault: Option<&'static str>,
    /// The symbol versions it wants; none where their table is damaged.
    pub version_needs: Vec<VersionNeed>,
    /// The libraries that it says it opens by name.
    pub openings: Vec<Opening>,
    /// The symbol versions it defines; none where their table is damaged.
    pub version_definitions: Vec<String>,
}

impl Object {
    /// A program that needs a loader to start. A shared library may carry a PT_INTERP as well
    /// (libQt6Core prints its version when run), so a SONAME decides against, and a DF_1_PIE for it.
    pub fn is_program(&self) -> bool {
        let interpreted = self.interpreter.as_deref().is_some_and(|path| !path.is_empty());
        interpreted && (self.fixed_executable || self.pie || self.soname.is_none())
    }

    /// Whether it is linked to musl, which glibc cannot stand in for.
    pub fn is_for_musl(&self) -> bool {
        let needs = |name: &String| name.starts_with("libc.musl-");
        self.needed.iter().any(needs) || self.interpreter.as_deref().is_some_and(is_musl_loader)
    }

    /// What the loader of `machine` does on coming upon it in the search for a library
    /// (`open_verify` and `_dl_map_object_from_fd` in glibc's elf/dl-load.c).
    pub fn verdict(&self, machine: Machine) -> Verdict {
        if self.machine.class != machine.class {
            Verdict::Foreign
        } else if self.machine.little_endian != machine.little_endian {
            Verdict::Refused(ident::OTHER_BYTE_ORDER)
        } else if let Some(fault) = self.fault {
            Verdict::Refused(fault)
        } else if self.machine.number != machine.number {
            Verdict::Foreign
        } else if !self.dynamic {
            Verdict::Refused("object file has no dynamic section")
        } else if self.fixed_executable {
            Verdict::Refused("cannot dynamically load executable")
        } else if self.pie {
            Verdict::Refused("cannot dynamically load position-independent executable")
        } else {
            Verdict::Fits
        }
    }
}

/// Whether this is the path of musl's dynamic loader.
pub fn is_musl_loader(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.starts_with("ld-musl-"))
}

/// Compares versions such as `2.4` and `2.38` by their numbers.
pub fn compare_versions(a: &str, b: &str) -> std::cmp::Ordering {
    let numbers =
        |text: &str| text.split('.').map(|part| part.parse::<u32>().unwrap_or(0)).collect::<Vec<_>>();
    numbers(a).cmp(&numbers(b))
}

/// Compares names of symbol versions such as `GLIBC_2.38`: those that end in a number are newer than
/// others (`GLIBC_PRIVATE`), and of two families the later name counts.
pub fn compare_version_names(a: &str, b: &str) -> std::cmp::Ordering {
    let parts = |name: &str| {
        let (family, version) = name.rsplit_once('_').unwrap_or((name, ""));
        let numbered = version.starts_with(|c: char| c.is_ascii_digit());
        (numbered, family.to_owned(), version.to_owned())
    };
    let (a, b) = (parts(a), parts(b));
    (a.0, a.1).cmp(&(b.0, b.1)).then_with(|| compare_versions(&a.2, &b.2))
}
