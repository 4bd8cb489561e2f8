//! Objects, what became of their needed names, and the catalog's remedies become findings. Pure:
//! files are asked of [`crate::loader::Files`], remedies of a function.

mod abi;
mod architecture;
mod collect;
mod cure;
mod damaged;
mod finding;
mod foreign;
mod imports;
mod input;
mod installation;
mod musl;
mod noted;
mod opened;
mod own_loads;
mod preload;
mod role;
mod stdlib;
mod vanished;
mod versions;

pub use collect::diagnose;
pub use cure::{Cure, cure};
pub use finding::{
    Affected, Code, Confidence, Counts, Finding, Python, Reach, Remedy, Report, SCHEMA, Severity,
};
pub use foreign::Foreign;
pub use input::{Examined, Input, Opened, Sources};
pub use installation::{incomplete, stale, without_interpreter};
pub use role::{Role, is_extension, role};
pub use stdlib::missing_modules;
pub use vanished::store_paths;
