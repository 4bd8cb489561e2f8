//! The tables as text: how a row is found, and how it is written.
//!
//! Reading all rows takes longer than a doctor who looks up a dozen sonames should spend. So a table
//! is an index of its lines, sorted by key, and a row is read when it is asked for.

use std::sync::OnceLock;

use serde::Deserialize;
use serde::de::{Error as _, IgnoredAny};
use toml::de::{Error, ValueDeserializer};

use super::release::Release;

/// One table: the key of each row, and the rest of its line; indexed when first looked into.
pub(super) struct Table {
    text: &'static str,
    index: OnceLock<Vec<(&'static str, &'static str)>>,
}

/// All tables.
pub(super) struct Tables {
    pub(super) sonames: Table,
    pub(super) patterns: Table,
    pub(super) programs: Table,
    pub(super) packages: Table,
    pub(super) opens: Table,
    pub(super) headers: Table,
    pub(super) modules: Table,
    pub(super) linked: Table,
    pub(super) tools: Table,
    pub(super) stdlib: Table,
    pub(super) refused: Table,
}

pub(super) const SONAMES: &str = include_str!("sonames.toml");
pub(super) const PATTERNS: &str = include_str!("patterns.toml");
pub(super) const PROGRAMS: &str = include_str!("programs.toml");
pub(super) const PACKAGES: &str = include_str!("packages.toml");
pub(super) const OPENS: &str = include_str!("opens.toml");
pub(super) const HEADERS: &str = include_str!("headers.toml");
pub(super) const MODULES: &str = include_str!("modules.toml");
pub(super) const LINKED: &str = include_str!("linked.toml");
pub(super) const TOOLS: &str = include_str!("tools.toml");
pub(super) const STDLIB: &str = include_str!("stdlib.toml");
pub(super) const REFUSED: &str = include_str!("refused.toml");

static TABLES: Tables = Tables {
    sonames: Table::of(SONAMES),
    patterns: Table::of(PATTERNS),
    programs: Table::of(PROGRAMS),
    packages: Table::of(PACKAGES),
    opens: Table::of(OPENS),
    headers: Table::of(HEADERS),
    modules: Table::of(MODULES),
    linked: Table::of(LINKED),
    tools: Table::of(TOOLS),
    stdlib: Table::of(STDLIB),
    refused: Table::of(REFUSED),
};

/// The tables.
pub(super) fn tables() -> &'static Tables {
    &TABLES
}

impl Table {
    const fn of(text: &'static str) -> Table {
        Table { text, index: OnceLock::new() }
    }

    /// Tests hold the files to the form that is relied on here: one row per line, sorted by key.
    fn rows(&self) -> &[(&'static str, &'static str)] {
        let row = |line: &'static str| line.strip_prefix('"')?.split_once("\" = ");
        self.index.get_or_init(|| self.text.lines().filter_map(row).collect())
    }

    /// What follows the key.
    pub(super) fn get(&self, key: &str) -> Option<&'static str> {
        self.entry(key).map(|(_, value)| value)
    }

    /// The key as the table has it, and what follows it.
    pub(super) fn entry(&self, key: &str) -> Option<(&'static str, &'static str)> {
        let at = self.rows().binary_search_by_key(&key, |(known, _)| known).ok()?;
        self.rows().get(at).copied()
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.rows().iter().copied()
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.rows().iter().map(|(key, _)| *key)
    }

    /// The row of the most specific pattern that the name fits: the one that spells out most of it.
    pub(super) fn fitting(&self, name: &str) -> Option<&'static str> {
        let fitting = self.rows().iter().filter(|(pattern, _)| fits(pattern, name));
        fitting.max_by_key(|(pattern, _)| pattern.len()).map(|(_, value)| *value)
    }

    /// Whether a row names this attribute as one of today.
    pub(super) fn has_attribute(&self, attribute: &str) -> bool {
        let written = format!("{{ attribute = \"{attribute}\"");
        self.rows().iter().any(|(_, value)| value.starts_with(&written))
    }

    /// What the first row says that names this attribute as one of today.
    pub(super) fn of_attribute(&self, attribute: &str) -> Option<Fact> {
        let written = format!("{{ attribute = \"{attribute}\"");
        let row = self.rows().iter().find(|(_, value)| value.starts_with(&written));
        row.and_then(|(_, value)| Fact::read(value).ok())
    }

    /// The facts of all rows.
    pub(super) fn facts(&self) -> impl Iterator<Item = Fact> {
        self.rows().iter().filter_map(|(_, value)| Fact::read(value).ok())
    }
}

/// What a row states; a row states exactly one thing.
#[derive(Debug)]
pub(super) enum Fact {
    Attribute(Attribute),
    Driver,
    Wheel { packages: Vec<&'static str>, attribute: Option<&'static str> },
    None { reason: &'static str, older: Vec<&'static str>, first: Option<Release>, until: Option<Release> },
}

#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) attribute: &'static str,
    pub(super) older: Vec<&'static str>,
    pub(super) since: Option<Release>,
    pub(super) first: Option<Release>,
    pub(super) directory: Option<&'static str>,
    pub(super) sure: bool,
    pub(super) note: Option<&'static str>,
    pub(super) also: Vec<&'static str>,
}

impl Fact {
    pub(super) fn read(value: &'static str) -> Result<Fact, Error> {
        Row::deserialize(ValueDeserializer::parse(value)?)?.try_into()
    }
}

/// A row of a table that names attributes, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    attribute: Option<&'static str>,
    #[serde(default)]
    older: Vec<&'static str>,
    since: Option<&'static str>,
    first: Option<&'static str>,
    until: Option<&'static str>,
    directory: Option<&'static str>,
    #[serde(default)]
    likely: bool,
    note: Option<&'static str>,
    #[serde(default)]
    driver: bool,
    #[serde(default)]
    wheels: Vec<&'static str>,
    none: Option<&'static str>,
    #[serde(default)]
    also: Vec<&'static str>,
    // For those who amend the tables. The program itself has no use for them.
    #[serde(default, rename = "example")]
    _example: IgnoredAny,
    #[serde(rename = "evidence")]
    _evidence: IgnoredAny,
}

impl TryFrom<Row> for Fact {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let Row { attribute, older, directory, likely, note, driver, wheels: packages, none, also, .. } = row;
        let (since, first, until) = (release(row.since)?, release(row.first)?, release(row.until)?);
        if older.is_empty() && (since.is_some() || until.is_some()) {
            return Err(Error::custom("since and until are about the paths of older"));
        }
        if none.is_some() && first.is_some() && older.is_empty() {
            return Err(Error::custom("what never was there came with no release"));
        }
        // What qualifies an attribute says nothing of a row that is about something else.
        let unqualified =
            since.is_none() && directory.is_none() && !likely && note.is_none() && also.is_empty();
        let bare = unqualified && older.is_empty() && first.is_none();
        match (attribute, driver, none) {
            (Some(attribute), false, None) if packages.is_empty() && until.is_none() => {
                let sure = !likely;
                Ok(Fact::Attribute(Attribute { attribute, older, since, first, directory, sure, note, also }))
            }
            (attribute, false, None) if bare && !packages.is_empty() => {
                Ok(Fact::Wheel { packages, attribute })
            }
            (None, true, None) if bare && packages.is_empty() => Ok(Fact::Driver),
            (None, false, Some(reason)) if unqualified && packages.is_empty() => {
                Ok(Fact::None { reason, older, first, until })
            }
            _ => Err(Error::custom("a row states one of: attribute, wheels, driver, none")),
        }
    }
}

fn release(text: Option<&str>) -> Result<Option<Release>, Error> {
    text.map(|text| text.parse().map_err(Error::custom)).transpose()
}

/// What is known of a PyPI package.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageNote {
    /// Attributes of the libraries it needs from outside its wheel, beside what it opens by name.
    #[serde(default)]
    pub libraries: Vec<&'static str>,
    /// PyPI packages whose libraries it needs.
    #[serde(default)]
    pub through: Vec<&'static str>,
    /// Modules of the standard library that it cannot be imported without, and that nixpkgs' python lacks.
    #[serde(default)]
    pub stdlib: Vec<&'static str>,
    /// Attributes that building it from source needs beside these libraries.
    #[serde(default)]
    pub build: Vec<&'static str>,
    /// Executables that it calls, by file name.
    #[serde(default)]
    pub programs: Vec<&'static str>,
    /// A PyPI package that does the same and needs less.
    pub alternative: Option<&'static str>,
    /// What else to say of it.
    pub note: Option<&'static str>,
    #[serde(default, rename = "likely")]
    _likely: IgnoredAny,
    #[serde(rename = "evidence")]
    _evidence: IgnoredAny,
}

impl PackageNote {
    pub(super) fn read(value: &'static str) -> Result<PackageNote, Error> {
        PackageNote::deserialize(ValueDeserializer::parse(value)?)
    }
}

/// Whether the name is the pattern with something for each `*`.
///
/// A `*` stands for one character at least: `libicu.so.72` does not fit `libicu*.so.72`.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, rest)) => name
            .strip_prefix(head)
            .is_some_and(|tail| tail.char_indices().any(|(at, c)| fits(rest, &tail[at + c.len_utf8()..]))),
    }
}
