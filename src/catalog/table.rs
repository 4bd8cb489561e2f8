//! The tables as data: how a row is written, and what is looked up in it.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use serde::Deserialize;
use serde::de::{Error, IgnoredAny};

pub(super) const SONAMES: &str = include_str!("sonames.toml");
pub(super) const PATTERNS: &str = include_str!("patterns.toml");
pub(super) const PROGRAMS: &str = include_str!("programs.toml");
pub(super) const PACKAGES: &str = include_str!("packages.toml");

/// A key and what is known of it. Sorted, so that what is derived does not depend on a hash.
pub(super) type Table<T> = BTreeMap<&'static str, T>;

/// One row of `sonames.toml`, `patterns.toml` or `programs.toml`.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) fact: Fact,
}

/// What a row states; a row states exactly one thing.
#[derive(Debug)]
pub(super) enum Fact {
    Attribute {
        attribute: &'static str,
        older: Vec<&'static str>,
        sure: bool,
        note: Option<&'static str>,
    },
    Driver,
    Wheel {
        packages: Vec<&'static str>,
        attribute: Option<&'static str>,
    },
    None {
        reason: &'static str,
    },
}

/// A row as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    attribute: Option<&'static str>,
    #[serde(default)]
    older: Vec<&'static str>,
    #[serde(default)]
    likely: bool,
    note: Option<&'static str>,
    #[serde(default)]
    driver: bool,
    #[serde(default)]
    wheels: Vec<&'static str>,
    none: Option<&'static str>,
    // For those who amend the tables. The program itself has no use for them.
    #[serde(default, rename = "example")]
    _example: IgnoredAny,
    #[serde(rename = "evidence")]
    _evidence: IgnoredAny,
}

impl TryFrom<Row> for Entry {
    type Error = &'static str;

    fn try_from(row: Row) -> Result<Self, Self::Error> {
        let Row {
            attribute,
            older,
            likely,
            note,
            driver,
            wheels: packages,
            none,
            ..
        } = row;
        // What qualifies an attribute says nothing of a row without one.
        let bare = older.is_empty() && !likely && note.is_none();
        let fact = match (attribute, driver, none) {
            (Some(attribute), false, None) if packages.is_empty() => Fact::Attribute {
                attribute,
                older,
                sure: !likely,
                note,
            },
            (attribute, false, None) if bare && !packages.is_empty() => Fact::Wheel {
                packages,
                attribute,
            },
            (None, true, None) if bare && packages.is_empty() => Fact::Driver,
            (None, false, Some(reason)) if bare && packages.is_empty() => Fact::None { reason },
            _ => return Err("a row states one of: attribute, wheels, driver, none"),
        };
        Ok(Entry { fact })
    }
}

/// What is known of a PyPI package.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageNote {
    /// Attributes of the libraries it needs from outside its wheel.
    #[serde(default)]
    pub libraries: Vec<&'static str>,
    /// A PyPI package that does the same and needs less.
    pub alternative: Option<&'static str>,
    /// What else to say of it.
    pub note: Option<&'static str>,
    #[serde(rename = "evidence")]
    _evidence: IgnoredAny,
}

/// All tables, and what is derived from them.
#[derive(Default)]
pub(super) struct Tables {
    pub(super) sonames: Table<Entry>,
    pub(super) patterns: Table<Entry>,
    pub(super) programs: Table<Entry>,
    pub(super) packages: Table<PackageNote>,
    /// Every spelling of every attribute that holds a library -> its present one.
    pub(super) attributes: HashMap<&'static str, &'static str>,
    /// The older spellings of an attribute.
    pub(super) older: HashMap<&'static str, Vec<&'static str>>,
}

/// The tables, read once.
pub(super) fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    // They are part of the program, and a test reads them: what cannot be read cannot be released.
    TABLES.get_or_init(|| Tables::read().unwrap_or_default())
}

impl Tables {
    pub(super) fn read() -> Result<Tables, toml::de::Error> {
        let mut tables = Tables {
            sonames: entries(SONAMES)?,
            patterns: entries(PATTERNS)?,
            programs: entries(PROGRAMS)?,
            packages: toml::from_str(PACKAGES)?,
            ..Tables::default()
        };
        for entry in tables.sonames.values().chain(tables.patterns.values()) {
            match &entry.fact {
                Fact::Attribute {
                    attribute, older, ..
                } => {
                    tables.attributes.insert(attribute, attribute);
                    tables
                        .attributes
                        .extend(older.iter().map(|name| (*name, *attribute)));
                    tables.older.insert(attribute, older.clone());
                }
                Fact::Wheel {
                    attribute: Some(attribute),
                    ..
                } => {
                    tables.attributes.insert(attribute, attribute);
                }
                Fact::Wheel { .. } | Fact::Driver | Fact::None { .. } => {}
            }
        }
        Ok(tables)
    }

    /// The most specific pattern that the name fits: the one that spells out most of it.
    pub(super) fn pattern(&self, name: &str) -> Option<&Entry> {
        let fitting = self
            .patterns
            .iter()
            .filter(|(pattern, _)| fits(pattern, name));
        fitting
            .max_by_key(|(pattern, _)| pattern.len())
            .map(|(_, entry)| entry)
    }
}

fn entries(text: &'static str) -> Result<Table<Entry>, toml::de::Error> {
    let rows: Table<Row> = toml::from_str(text)?;
    let entry = |(key, row): (&'static str, Row)| match Entry::try_from(row) {
        Ok(entry) => Ok((key, entry)),
        Err(why) => Err(toml::de::Error::custom(format_args!("{key}: {why}"))),
    };
    rows.into_iter().map(entry).collect()
}

/// Whether the name is the pattern with something for each `*`.
///
/// A `*` stands for one character at least: `libicu*.so.72` is not a name for `libicu.so.72`.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, rest)) => name.strip_prefix(head).is_some_and(|tail| {
            tail.char_indices()
                .any(|(at, c)| fits(rest, &tail[at + c.len_utf8()..]))
        }),
    }
}
