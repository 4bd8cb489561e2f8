//! A library of nixpkgs, by its names.

/// An attribute path, and what other releases call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    /// Its attribute path in current nixpkgs.
    pub attribute: String,
    /// What releases that lack that attribute call it, newest first.
    pub older: Vec<String>,
}

impl Library {
    /// A library that has one name in every release.
    pub fn new(attribute: impl Into<String>) -> Self {
        Self { attribute: attribute.into(), older: Vec::new() }
    }

    /// A library that older releases have under these names, newest first.
    pub fn with_older(attribute: &str, older: &[&str]) -> Self {
        Self { attribute: attribute.into(), older: older.iter().map(|&name| name.into()).collect() }
    }

    /// All its names, the current one first.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.attribute).chain(&self.older)
    }

    /// Whether one of its names is `name`.
    pub fn is_called(&self, name: &str) -> bool {
        self.names().any(|own| own == name)
    }
}
