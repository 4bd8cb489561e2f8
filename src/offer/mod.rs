//! What the Nix shell offers: library directories, from the environment that stdenv's setup leaves
//! behind, and the libraries in them. Knows neither wheels nor Python's modules.

mod libraries;
mod sources;

pub use libraries::{Libraries, Offered, libraries};
pub use sources::{Directories, ShellVariables, directories, interpreter_directories};

use std::path::Path;

/// The Nix store. Another store directory needs packages built for it, and is rare enough.
pub const STORE: &str = "/nix/store";

/// Where NixOS puts the libraries of the graphics driver in use (nixos/modules/hardware/graphics.nix).
pub const DRIVER_DIRECTORY: &str = "/run/opengl-driver/lib";

/// Whether a path lies in the Nix store.
pub fn in_store(path: &Path) -> bool {
    path.starts_with(STORE)
}

/// The package of a store path: `/nix/store/HASH-NAME`.
pub fn store_package(path: &Path) -> Option<&Path> {
    path.ancestors().find(|ancestor| ancestor.parent() == Some(Path::new(STORE)))
}
