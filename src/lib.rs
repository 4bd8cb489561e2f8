//! Keeps a pip virtual environment working inside a Nix shell.
pub mod config;
pub mod diagnose;
pub mod elf;
pub mod error;
pub mod exec;
pub mod fsx;
pub mod loader;
pub mod near;
pub mod offer;
pub mod provide;
pub mod venv;
