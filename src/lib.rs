//! Keeps a pip virtual environment working inside a Nix shell.

pub mod nixfile;
