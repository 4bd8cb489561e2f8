//! The integration tests: one binary, one file for each part of the product.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub)]

mod add_lib;
mod direnv;
mod doctor;
mod enter;
mod entries;

mod init;
mod interrupts;
mod loader;
mod loader_files;
mod loader_random;
mod nixfile;
mod preview;
mod provide;
mod pythons;
mod settings;
mod shells;
mod story;
mod support;
mod wheels;
