//! What Python source says, as far as its text tells. Nothing of it is run.

mod imports;
mod lines;

pub use imports::{Import, imports_of, outside_functions};
pub use lines::{Line, Token, lines};
