//! Libraries that a package opens by name, which no DT_NEEDED tells.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{Error as _, IgnoredAny};
use toml::de::{Error, ValueDeserializer};

use super::table::tables;

/// What one PyPI package opens by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opens {
    /// The package's normalised name.
    pub distribution: &'static str,
    /// Top import names: the libraries are wanted when the first of them is imported.
    pub modules: Vec<&'static str>,
    /// Sonames of what it cannot do without; a driver's is wanted only where there is a driver.
    pub sonames: Vec<&'static str>,
    /// Sonames of what it opens if it can: to be loaded where it is offered, never missed.
    pub also: Vec<&'static str>,
    /// What opens them.
    pub by: Opener,
    /// What fails without [`Self::sonames`].
    pub reach: Reach,
    /// Packages beside which it opens nothing, since they bring the library.
    pub unless: Vec<&'static str>,
    /// Environment variables to set when one of the modules is imported.
    pub variables: Vec<Variable>,
}

/// What opens a library by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Opener {
    /// Python's ctypes, mostly with a name from its `find_library`.
    Ctypes,
    /// cffi, which calls dlopen itself; the name may come from ctypes' `find_library`.
    Cffi,
    /// The C code of the wheel.
    C,
}

/// What fails where a library is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// Importing the package.
    Import,
    /// A part of the package, e.g. its windows or its sound.
    Plugin,
}

/// An environment variable that tells a package where a library is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// Which part of the library's path it holds.
    pub part: Part,
    /// The soname of the library.
    pub soname: &'static str,
}

/// A part of a library's path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The directory that holds the library, e.g. `/run/opengl-driver/lib`.
    Directory,
    /// The directory above that one.
    Prefix,
}

impl Part {
    /// This part of an absolute path, if the path is that deep.
    #[must_use]
    pub fn of(self, library: &Path) -> Option<PathBuf> {
        let levels = match self {
            Part::Directory => 1,
            Part::Prefix => 2,
        };
        library.ancestors().nth(levels).filter(|part| part.is_absolute()).map(Path::to_path_buf)
    }
}

/// What a package opens by name, in whatever spelling of its own name.
#[must_use]
pub fn opens(distribution: &str) -> Option<Opens> {
    let (distribution, row) = tables().opens.entry(&crate::project_name::normalize(distribution))?;
    Opens::read(distribution, row).ok()
}

/// All rows, sorted by the package's name.
pub fn all_opens() -> impl Iterator<Item = Opens> {
    tables().opens.entries().filter_map(|(distribution, row)| Opens::read(distribution, row).ok())
}

/// A row of `opens.toml` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    #[serde(borrow)]
    modules: Vec<&'static str>,
    #[serde(default)]
    sonames: Vec<&'static str>,
    #[serde(default)]
    also: Vec<&'static str>,
    by: Opener,
    reach: Reach,
    #[serde(default)]
    unless: Vec<&'static str>,
    #[serde(default)]
    variables: BTreeMap<&'static str, &'static str>,
    // For those who amend the table.
    #[serde(rename = "evidence")]
    _evidence: IgnoredAny,
}

impl Opens {
    pub(super) fn read(distribution: &'static str, value: &'static str) -> Result<Opens, Error> {
        let row = Row::deserialize(ValueDeserializer::parse(value)?)?;
        let Row { modules, sonames, also, by, reach, unless, variables, .. } = row;
        if modules.is_empty() || sonames.is_empty() && also.is_empty() {
            return Err(Error::custom("a row names a module, and a library"));
        }
        let variables = variables.into_iter().map(|(name, value)| Variable::read(name, value));
        let variables = variables.collect::<Result<_, _>>()?;
        Ok(Opens { distribution, modules, sonames, also, by, reach, unless, variables })
    }
}

impl Variable {
    fn read(name: &'static str, value: &'static str) -> Result<Variable, Error> {
        let (part, soname) = match value.split_once(':') {
            Some(("directory-of", soname)) => (Part::Directory, soname),
            Some(("prefix-of", soname)) => (Part::Prefix, soname),
            _ => return Err(Error::custom("a value is directory-of:SONAME or prefix-of:SONAME")),
        };
        Ok(Variable { name, part, soname })
    }
}
