//! What a glibc brings of its own, and what its loader was built with.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

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
    "libnsl.so.1",
    "libnss_compat.so.2",
    "libnss_dns.so.2",
    "libnss_files.so.2",
    "libnss_hesiod.so.2",
    "libpthread.so.0",
    "libresolv.so.2",
    "librt.so.1",
    "libthread_db.so.1",
    "libutil.so.1",
];

/// The objects that the kernel maps into each process (vdso(7)): loaded before all others.
const KERNEL: &[&str] = &["linux-gate.so.1", "linux-vdso.so.1", "linux-vdso32.so.1", "linux-vdso64.so.1"];

/// Larger than any loader.
const MAX_LOADER: u64 = 8 << 20;

/// Whether nixpkgs' glibc has a library of this name in its own directory.
pub fn brings(name: &str) -> bool {
    OWN.binary_search(&name).is_ok() || is_loader(name)
}

/// Whether nixpkgs' glibc has a library that linkers know by this name: `m` of `libm.so.6`.
pub fn brings_linked(name: &str) -> bool {
    let linked = |own: &'static str| own.strip_prefix("lib")?.split_once(".so").map(|(name, _)| name);
    OWN.iter().any(|own| linked(own) == Some(name))
}

/// Whether `name` is a dynamic loader's own SONAME (glibc manual, "Dynamic Linker").
pub fn is_loader(name: &str) -> bool {
    name.starts_with("ld-linux") || name == "ld64.so.1" || name == "ld64.so.2"
}

/// Whether `name` is an object of the kernel's.
pub(super) fn is_kernels(name: &str) -> bool {
    KERNEL.contains(&name)
}

/// Where the loader at `loader`, a path without links, looks last: what it was built with. If that
/// cannot be made out, the usual directories for a loader that lies in one of them, or its own.
pub fn default_directories(loader: &Path, machine: Machine) -> Vec<PathBuf> {
    let bytes = crate::fsx::read_bytes(loader, MAX_LOADER).ok().flatten().unwrap_or_default();
    let own = loader.parent().unwrap_or(Path::new("/"));
    built_in(&bytes, own).unwrap_or_else(|| {
        let usual = usual_directories(machine);
        if usual.iter().any(|directory| directory == own) { usual } else { vec![own.to_owned()] }
    })
}

/// `$LIB`: the first of the default directories without its outer slashes (glibc's
/// elf/gen-trusted-dirs.awk), so `lib/x86_64-linux-gnu` on Debian and a whole store path on NixOS.
pub fn lib_token(directories: &[PathBuf]) -> String {
    let first = directories.first().map(|first| first.to_string_lossy()).unwrap_or_default();
    first.trim_matches('/').to_owned()
}

/// The list `system_dirs` in a loader's constants: paths that begin and end with a slash, each with a
/// NUL behind it, the loader's own directory among them.
fn built_in(loader: &[u8], own: &Path) -> Option<Vec<PathBuf>> {
    let is_directory = |text: &&[u8]| {
        text.len() > 1
            && text.starts_with(b"/")
            && text.ends_with(b"/")
            && text.iter().all(u8::is_ascii_graphic)
    };
    let own = [own.as_os_str().as_bytes(), b"/"].concat();
    let mut list: Vec<&[u8]> = Vec::new();
    for text in loader.split(|&byte| byte == 0) {
        if is_directory(&text) {
            list.push(text);
        } else if list.iter().any(|&directory| directory == own) {
            break;
        } else {
            list.clear();
        }
    }
    let path = |text: &&[u8]| PathBuf::from(std::ffi::OsStr::from_bytes(&text[..text.len() - 1]));
    (!list.is_empty()).then(|| list.iter().map(path).collect())
}

/// Multiarch directories (Debian), then those of the other distributions.
fn usual_directories(machine: Machine) -> Vec<PathBuf> {
    let triplet = format!("{}-linux-gnu", machine.name());
    let multiarch = [format!("/lib/{triplet}"), format!("/usr/lib/{triplet}")];
    let common = ["/lib64", "/usr/lib64", "/lib", "/usr/lib"].map(String::from);
    multiarch.into_iter().chain(common).map(PathBuf::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directories_are_read_from_the_loader() {
        let debian = b"x\0/nowhere/\0\x01\0/lib/a/\0/usr/lib/a/\0/lib/\0\0/other/\0";
        let found = built_in(debian, Path::new("/usr/lib/a")).unwrap();
        assert_eq!(found, ["/lib/a", "/usr/lib/a", "/lib"].map(PathBuf::from));
        assert_eq!(lib_token(&found), "lib/a");
        let nix = b"/etc/x\0/nix/store/h-glibc-2.42/lib/\0/\0";
        let found = built_in(nix, Path::new("/nix/store/h-glibc-2.42/lib")).unwrap();
        assert_eq!(lib_token(&found), "nix/store/h-glibc-2.42/lib");
        assert!(built_in(b"junk", Path::new("/lib")).is_none());
        let unknown = default_directories(Path::new("/nix/store/gone/lib/ld.so"), Machine::X86_64);
        assert_eq!(unknown, [PathBuf::from("/nix/store/gone/lib")]);
        assert!(default_directories(Path::new("/usr/lib64/gone.so"), Machine::X86_64).len() > 1);
        assert!(built_in(b"", Path::new("/")).is_none());
    }
}
