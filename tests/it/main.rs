//! The integration tests: one binary, one file for each part of the product.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub)]

mod add_lib;
mod against_venv_shell_hook;
mod direnv;
mod doctor;
mod doctor_codes;
mod drop_in;
mod enter;
mod entries;
mod entries_at_once;
mod hostile_files;
mod hostile_mutations;
mod hostile_objects;
mod init;
mod interrupts;
mod kills;
mod loader;
mod loader_files;
mod loader_random;
mod moved;
mod nixfile;
mod preview;
mod provide;
mod pythons;
mod renewals;
mod repair;
mod scan;
mod settings;
mod shells;
mod sources;
mod story;
mod support;
mod troubles;
mod wheels;
