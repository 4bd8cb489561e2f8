//! Every sentence that a user reads.

mod advice;
mod entry;
mod human;
mod sanitize;
mod speak;

pub use entry::{entry_summary, missing_for_import, still_missing};
pub use human::{human, preview};
pub use sanitize::sanitize;
pub use speak::{Speaker, Verbosity};

use anyhow::{Context, Result};

use crate::diagnose::Report;

/// A report as JSON, schema 1.
///
/// # Errors
/// None that can be met: the report is plain data.
pub fn json(report: &Report) -> Result<String> {
    let mut text = serde_json::to_string_pretty(report).context("could not write JSON")?;
    text.push('\n');
    Ok(text)
}
