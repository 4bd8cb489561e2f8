//! The glibc search model: which file will satisfy a needed name, and where was looked in vain.
//!
//! Follows `_dl_map_object` of glibc's elf/dl-load.c. Pure: files are asked of a [`Files`], so that
//! the rules can be tested on tables. Knows neither Python nor Nix.

mod cache;
mod files;
mod glibc;
mod resolve;
mod search;

pub use cache::Cache;
pub use files::{DiskFiles, Files, Located};
pub use glibc::{brings, default_directories, is_loader};
pub use resolve::{Load, Need, Offer, Outcome, Process, Resolver};
pub use search::System;
