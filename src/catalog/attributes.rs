//! The attributes that hold libraries, by every spelling of their names.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use super::Library;
use super::table::{Attribute, Fact, tables};

/// Every spelling -> the present one and the older ones.
type Spellings = BTreeMap<&'static str, (&'static str, Vec<&'static str>)>;

/// Read from all rows, which takes a few milliseconds: for commands that name an attribute.
fn spellings() -> &'static Spellings {
    static SPELLINGS: OnceLock<Spellings> = OnceLock::new();
    SPELLINGS.get_or_init(|| {
        let mut rows = Vec::new();
        for fact in tables().sonames.facts().chain(tables().patterns.facts()) {
            let (attribute, older) = match fact {
                Fact::Attribute(Attribute { attribute, older, .. }) => (attribute, older),
                Fact::Wheel { attribute: Some(attribute), .. } => (attribute, Vec::new()),
                Fact::Wheel { .. } | Fact::Driver | Fact::None { .. } => continue,
            };
            rows.push((attribute, older));
        }
        of_rows(rows)
    })
}

fn of_rows(mut rows: Vec<(&'static str, Vec<&'static str>)>) -> Spellings {
    // A path that has a library today stands for that, and is no older name of another.
    let today: BTreeSet<_> = rows.iter().map(|(attribute, _)| *attribute).collect();
    rows.iter_mut().for_each(|(_, older)| older.retain(|path| !today.contains(path)));
    let mut spellings = Spellings::new();
    for (attribute, older) in rows {
        for name in older.iter().chain([&attribute]) {
            spellings.entry(*name).or_insert_with(|| (attribute, older.clone()));
        }
    }
    spellings
}

/// The library of an attribute, if a row names it, in whatever spelling.
pub(super) fn known(name: &str) -> Option<Library> {
    spellings().get(name).map(|(attribute, older)| Library::with_older(attribute, older))
}

/// All spellings.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    spellings().keys().copied()
}

/// Whether an attribute, in whatever spelling, has a library that the tables know.
pub fn holds_library(attribute: &str) -> bool {
    known(attribute).is_some()
}

/// Whether the tables know an attribute for its programs.
pub fn holds_programs(attribute: &str) -> bool {
    let is_it = |fact: Fact| match fact {
        Fact::Attribute(found) => found.attribute == attribute || found.older.contains(&attribute),
        Fact::Wheel { .. } | Fact::Driver | Fact::None { .. } => false,
    };
    [&tables().programs, &tables().tools].into_iter().any(|table| table.facts().any(is_it))
}

/// Whether a row of any table names this attribute: also one that holds headers or programs alone.
pub(super) fn is_named(name: &str) -> bool {
    static NAMED: OnceLock<BTreeSet<&'static str>> = OnceLock::new();
    let named = NAMED.get_or_init(|| {
        let t = tables();
        let others = [&t.programs, &t.headers, &t.modules, &t.linked, &t.tools];
        let names = |fact| match fact {
            Fact::Attribute(Attribute { attribute, older, .. }) => [vec![attribute], older].concat(),
            Fact::Wheel { .. } | Fact::Driver | Fact::None { .. } => Vec::new(),
        };
        others.into_iter().flat_map(|table| table.facts().flat_map(names)).collect()
    });
    known(name).is_some() || named.contains(name)
}
