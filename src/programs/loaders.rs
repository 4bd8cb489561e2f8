//! Whether a loader starts programs here. That there is a file says nothing: NixOS has a stub at the usual
//! path that explains itself and exits, or nix-ld, which passes on to the loader that NIX_LD names.

use std::fs;
use std::path::{Path, PathBuf};

use crate::elf;
use crate::loader;
use crate::offer::{in_store, store_package};

/// Where nix-ld looks for a loader unless it is told (programs.nix-ld of NixOS links it there).
const NIX_LD_DEFAULT: &str = "/run/current-system/sw/share/nix-ld/lib/ld.so";

/// Whether a program with this PT_INTERP starts, with `nix_ld` as NIX_LD names it.
pub fn works(interpreter: &str, nix_ld: Option<&Path>) -> bool {
    let path = Path::new(interpreter);
    if !path.is_absolute() {
        return false;
    }
    if in_store(path) {
        return path.exists();
    }
    match fs::canonicalize(path) {
        Ok(real) if is_nix_ld(&real) => is_loader(nix_ld.unwrap_or(Path::new(NIX_LD_DEFAULT))),
        Ok(real) => is_loader(&real),
        Err(_) => false,
    }
}

fn is_nix_ld(real: &Path) -> bool {
    let of_store = || {
        let name = store_package(real)?.file_name()?.to_str()?;
        name.split_once('-').map(|(_, name)| name.starts_with("nix-ld"))
    };
    real.file_name().is_some_and(|name| name == "nix-ld") || of_store().unwrap_or_default()
}

/// A dynamic loader tells by its SONAME. The stub has none, nor has nix-ld.
fn is_loader(path: &Path) -> bool {
    let real: PathBuf = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let soname = elf::read(&real).ok().and_then(|object| object.soname);
    soname.is_some_and(|soname| loader::is_loader(&soname) || soname.starts_with("libc."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::Machine;
    use crate::provide::shim;

    #[test]
    fn a_file_at_the_usual_place_is_a_loader_by_its_soname() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let write = |name: &str, soname: &str| {
            fs::write(path(name), shim(soname, "/x", Machine::X86_64).unwrap()).unwrap();
        };
        let works = |name: &str, nix_ld: Option<&str>| {
            works(path(name).to_str().unwrap(), nix_ld.map(path).as_deref())
        };
        write("glibc", "ld-linux-x86-64.so.2");
        write("musl", "libc.musl-x86_64.so.1");
        write("stub", "stub");
        write("nix-ld", "nix-ld");
        fs::write(path("text"), "text").unwrap();
        std::os::unix::fs::symlink("nix-ld", path("link")).unwrap();
        std::os::unix::fs::symlink("absent", path("dangling")).unwrap();
        assert!(works("glibc", None) && works("musl", None));
        for name in ["stub", "text", "absent", "dangling"] {
            assert!(!works(name, Some("glibc")), "{name}");
        }
        assert!(works("link", Some("glibc")) && works("nix-ld", Some("glibc")));
        assert!(!works("link", Some("stub")) && !works("link", Some("absent")));
        assert!(!super::works("ld-linux-x86-64.so.2", None) && !super::works("", None));
        assert!(!super::works("/nix/store/absent-glibc/lib/ld-linux-x86-64.so.2", None));
    }

    #[test]
    fn the_packages_of_nix_ld_are_known_by_their_names() {
        assert!(is_nix_ld(Path::new("/nix/store/abc-nix-ld-2.0.6/libexec/nix-ld")));
        assert!(is_nix_ld(Path::new("/nix/store/abc-nix-ld-rs-0.1/bin/ld")));
        assert!(!is_nix_ld(Path::new("/nix/store/abc-stub-ld")));
    }
}
