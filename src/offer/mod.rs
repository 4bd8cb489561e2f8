//! What the Nix shell offers: library directories, from the environment that stdenv's setup leaves
//! behind, and the libraries in them. Knows neither wheels nor Python's modules.

mod libraries;
mod sources;

pub use libraries::{Libraries, Offered, System, libraries};
pub use sources::{Directories, ShellVariables, directories, interpreter_directories};

use std::path::{Path, PathBuf};

/// The Nix store. Another store directory needs packages built for it, and is rare enough.
pub const STORE: &str = "/nix/store";

/// Where NixOS puts the libraries of the graphics driver in use (nixos/modules/hardware/graphics.nix).
pub const DRIVER_DIRECTORY: &str = "/run/opengl-driver/lib";

/// Why a library directory, or some of it, is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hazard {
    /// It holds a libc: a process must not get a second one.
    Libc(PathBuf),
    /// Libraries in it want a newer glibc than the interpreter has: they are of another nixpkgs.
    NewerGlibc {
        /// The directory.
        directory: PathBuf,
        /// The newest version that is wanted, such as `2.42`.
        wants: String,
        /// The interpreter's.
        has: String,
    },
}

/// Whether a path lies in the Nix store.
pub fn in_store(path: &Path) -> bool {
    path.starts_with(STORE)
}

/// The package of a store path: `/nix/store/HASH-NAME`.
pub fn store_package(path: &Path) -> Option<&Path> {
    path.ancestors().find(|ancestor| ancestor.parent() == Some(Path::new(STORE)))
}
