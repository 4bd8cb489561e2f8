//! The integration tests: one binary, one file for each part of the product.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub)]

mod add_lib;
mod against_venv_shell_hook;
mod doctor;
mod drop_in;
mod enter;
mod entries;
mod hook;
mod init;
mod loader;
mod loader_files;
mod loader_random;
mod nixfile;
mod preview;
mod provide;
mod pythons;
mod settings;
mod sources;
mod story;
mod support;
mod troubles;
mod wheels;
