//! A library of nixpkgs, by its names.

/// An attribute path, and what other releases call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    /// Its attribute path in current nixpkgs.
    pub attribute: String,
    /// What releases that lack that attribute call it, newest first.
    pub older: Vec<String>,
    /// Its path in the nixpkgs in use, where that is known.
    pub in_use: Option<InUse>,
}

/// Which of a library's paths holds in one nixpkgs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InUse {
    /// The path.
    pub path: String,
    /// Nothing else is to be tried.
    pub settled: bool,
}

impl Library {
    /// A library that has one name in every release.
    pub fn new(attribute: impl Into<String>) -> Self {
        Self { attribute: attribute.into(), older: Vec::new(), in_use: None }
    }

    /// A library that older releases have under these names, newest first.
    pub fn with_older(attribute: &str, older: &[&str]) -> Self {
        Self { older: older.iter().map(|&name| name.into()).collect(), ..Self::new(attribute) }
    }

    /// All its names, the current one first.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.attribute).chain(&self.older)
    }

    /// Whether one of its names is `name`.
    pub fn is_called(&self, name: &str) -> bool {
        self.names().any(|own| own == name)
    }

    /// The path to name: the one in use, else the current one.
    pub fn path(&self) -> &str {
        self.in_use.as_ref().map_or(&self.attribute, |in_use| &in_use.path)
    }

    /// The paths that [`Library::path`] is not.
    pub fn other_paths(&self) -> Vec<String> {
        self.names().filter(|name| *name != self.path()).cloned().collect()
    }

    /// The path that can be written alone.
    pub fn settled(&self) -> Option<&str> {
        self.in_use.as_ref().filter(|in_use| in_use.settled).map(|in_use| in_use.path.as_str())
    }
}
