//! The rows of the tables, and what is answered from them.

#![allow(clippy::unwrap_used, clippy::panic)]

mod add_lib;
mod builds;
mod lookup;
mod opens;
mod release;
mod releases;
mod rows;
