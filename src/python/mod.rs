//! What Python source says, as far as its text tells. Nothing of it is run.

mod blocks;
mod imports;
mod lines;
mod openings;
mod platforms;

pub use imports::{Import, imports_of, outside_functions, unconditional_imports};
pub use lines::{Line, Token, lines};
pub use openings::{LibraryName, LibraryOpening, Need, openings};
pub use platforms::is_for_another_platform;
