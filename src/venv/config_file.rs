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

    /// Whether what is installed for the base interpreter is seen too.
    pub fn has_system_packages(&self) -> bool {
        self.0.get("include-system-site-packages").is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// What shells show, if that was asked for; the venv module quotes it as Python does.
    pub fn prompt(&self) -> Option<&str> {
        self.0.get("prompt").map(|value| value.trim_matches(['\'', '"'])).filter(|value| !value.is_empty())
    }
}
