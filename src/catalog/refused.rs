//! What nixpkgs has, and refuses unless its user has allowed it.

use std::fmt;

use serde::Deserialize;
use serde::de::IgnoredAny;
use toml::de::ValueDeserializer;

use super::table::tables;

/// Why nixpkgs refuses an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refused {
    /// It has known vulnerabilities.
    Insecure,
    /// Its licence is no free one.
    Unfree,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refused::Insecure => {
                "marked insecure: nixpkgs refuses it unless permittedInsecurePackages of its config names it"
            }
            Refused::Unfree => "unfree: nixpkgs refuses it unless allowUnfree of its config is set",
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    why: Refused,
    #[serde(rename = "evidence")]
    _evidence: IgnoredAny,
}

/// Whether and why nixpkgs refuses what this path names, as far as the tables know.
#[must_use]
pub fn refused(path: &str) -> Option<Refused> {
    let table = &tables().refused;
    let row = table.get(path).or_else(|| table.fitting(path))?;
    Row::deserialize(ValueDeserializer::parse(row).ok()?).ok().map(|row| row.why)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn each_row_is_read() {
        for key in tables().refused.keys() {
            assert!(refused(&key.replace('*', ".x")).is_some(), "{key}");
        }
        for (path, expected) in [
            ("openssl_1_1", Some(Refused::Insecure)),
            ("cudaPackages_12.cudnn", Some(Refused::Unfree)),
            ("openssl", None),
            ("", None),
        ] {
            assert_eq!(refused(path), expected, "{path}");
        }
    }
}
