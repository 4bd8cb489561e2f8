//! What a glibc brings of its own.

use std::path::PathBuf;

use crate::elf::Machine;

/// The libraries of a glibc without their version ends; `libgcc_s` is there because nixpkgs
/// installs it beside its glibc (pkgs/development/libraries/glibc/default.nix).
const OWN: &[&str] = &[
    "libBrokenLocale.so.1",
    "libanl.so.1",
    "libc.so.6",
    "libdl.so.2",
    "libgcc_s.so.1",
    "libm.so.6",
    "libmvec.so.1",
    "libnss_compat.so.2",
    "libnss_dns.so.2",
    "libnss_files.so.2",
    "libpthread.so.0",
    "libresolv.so.2",
    "librt.so.1",
    "libthread_db.so.1",
    "libutil.so.1",
];

/// Whether nixpkgs' glibc has a library of this name in its own directory.
pub fn brings(name: &str) -> bool {
    OWN.binary_search(&name).is_ok() || is_loader(name)
}

/// Whether `name` is a dynamic loader's own SONAME (glibc manual, "Dynamic Linker").
pub fn is_loader(name: &str) -> bool {
    name.starts_with("ld-linux") || name == "ld64.so.1" || name == "ld64.so.2"
}

/// Where the glibc of a distribution looks last: multiarch directories (Debian), then the
/// directories of the other distributions.
pub fn default_directories(machine: Machine) -> Vec<PathBuf> {
    let triplet = format!("{}-linux-gnu", machine.name());
    let multiarch = [format!("/lib/{triplet}"), format!("/usr/lib/{triplet}")];
    let common = ["/lib64", "/usr/lib64", "/lib", "/usr/lib"].map(String::from);
    multiarch.into_iter().chain(common).map(PathBuf::from).collect()
}
