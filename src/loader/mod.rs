//! The glibc search model: which file will satisfy a needed name, and where was looked in vain.
//!
//! Follows `_dl_map_object` of glibc's elf/dl-load.c; `tests/it/loader*.rs` compare it with the
//! machine's own loader. Pure: files are asked of a [`Files`], so that the rules can be tested on
//! tables. Knows neither Python nor Nix.

mod cache;
mod files;
mod glibc;
mod memory;
mod processor;
mod resolve;
mod search;
#[cfg(test)]
mod tests;
mod tokens;
mod versions;

pub use cache::Cache;
pub use files::{Candidate, DiskFiles, Files, Folder, Found, Identity, Located};
pub use glibc::{brings, brings_linked, default_directories, is_loader, lib_token};
pub use memory::Likeness;
pub use processor::{hwcaps, platform};
pub use resolve::{Load, Need, Offer, Outcome, Process, Resolver};
pub use search::{Refusal, System};
pub use tokens::Tokens;
pub use versions::Lack;
