//! Every sentence that a user reads.

mod advice;
mod entry;
mod github;
mod human;
mod sanitize;
mod speak;

pub use entry::{entry_summary, missing_for_import, still_missing};
pub use github::github;
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// Others read this file: a change of it is a change of the contract.
    #[test]
    fn the_schema_in_the_repository_is_that_of_the_report() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/doctor.schema.json");
        let schema = serde_json::to_string_pretty(&schemars::schema_for!(Report)).unwrap() + "\n";
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, &schema).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(written, schema, "rewrite it with BLESS=1 cargo test, and read what changed");
    }
}
