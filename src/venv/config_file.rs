//! `pyvenv.cfg`, as CPython's site module reads it.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;

use crate::fsx;

/// The keys of a `pyvenv.cfg`, in lower case.
#[derive(Clone, Debug, Default)]
pub struct ConfigFile(BTreeMap<String, String>);

impl ConfigFile {
    /// The file in the venv at `root`; `None` if the directory has none.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read(root: &Path) -> Result<Option<Self>> {
        let text = fsx::read_text(&root.join("pyvenv.cfg"), 1 << 16)?;
        Ok(text.map(|text| Self::parse(&text)))
    }

    fn parse(text: &str) -> Self {
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        Self(pairs.map(|(key, value)| (key.trim().to_lowercase(), value.trim().to_owned())).collect())
    }

    /// The version of the interpreter: `version` (venv), `version_info` (virtualenv, uv).
    pub fn version(&self) -> Option<&str> {
        let text = self.0.get("version").or_else(|| self.0.get("version_info"))?;
        text.split_whitespace().next()
    }

    /// The directory of the base interpreter.
    pub fn home(&self) -> Option<&str> {
        self.0.get("home").map(String::as_str)
    }
}
