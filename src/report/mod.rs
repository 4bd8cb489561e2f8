//! Every sentence that a user reads.

mod advice;
mod diff;
mod entry;
mod fix;
mod github;
mod human;
mod listing;
mod sanitize;
mod speak;
mod which;

pub use diff::diff;
pub use entry::{entry_summary, missing_for_import, patched, restored, still_missing};
pub use fix::{left, not_done};
pub use github::github;
pub use human::{findings, human, preview};
pub use listing::{listing, listing_json};
pub use sanitize::sanitize;
pub use speak::{Speaker, Verbosity};
pub use which::{which, which_json};

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
    use crate::listing::Listing;
    use crate::which::Answer;
    use schemars::{Schema, generate::SchemaSettings};
    use std::path::Path;

    /// Others read these files: a change of one is a change of the contract.
    #[test]
    fn the_schemas_in_the_repository_are_those_of_the_reports() {
        is_in("doctor.schema.json", &schemars::schema_for!(Report));
        is_in("listing.schema.json", &schemars::schema_for!(Listing));
        is_in(
            "which.schema.json",
            &SchemaSettings::draft2020_12()
                .for_serialize()
                .into_generator()
                .into_root_schema_for::<Vec<Answer>>(),
        );
    }

    fn is_in(file: &str, schema: &Schema) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report").join(file);
        let schema = serde_json::to_string_pretty(schema).unwrap() + "\n";
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, &schema).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(written, schema, "rewrite it with BLESS=1 cargo test, and read what changed");
    }
}
