//! Programs that wheels bring are built for a loader that a Nix system does not have. They are given the
//! interpreter's own: by an edit of their headers that can be taken back byte for byte.

mod apply;
mod fate;
mod judge;
mod loaders;
mod mark;
mod rewrite;
mod step;
mod venv;

pub use apply::{Patcher, restore};
pub use fate::Entry;
pub use judge::{had_size, refusal};
pub use loaders::works;
pub use mark::Mark;
pub use rewrite::{Library, Refusal, Rewrite, Wish, rewrite};
pub use step::{Circumstances, Step};
pub use venv::{Outcome, patch_all, remove_leftovers, restore_all};
