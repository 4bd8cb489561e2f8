//! Every row, as it is written.

use crate::catalog::names::{is_attribute, is_soname, normalise};
use crate::catalog::table::{
    Fact, PACKAGES, PATTERNS, PROGRAMS, SONAMES, Table, Tables, fits, tables,
};

const FILES: [(&str, &str); 4] = [
    ("sonames.toml", SONAMES),
    ("patterns.toml", PATTERNS),
    ("programs.toml", PROGRAMS),
    ("packages.toml", PACKAGES),
];

/// The rows of a file in their order: key and value.
fn rows(text: &'static str) -> Vec<(&'static str, toml::Table)> {
    let mut rows = Vec::new();
    for line in text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let key = line.split('"').nth(1).unwrap_or_default();
        let parsed: toml::Table = toml::from_str(line).unwrap();
        assert_eq!(parsed.len(), 1, "one fact per line: {line}");
        rows.push((key, parsed[key].as_table().unwrap().clone()));
    }
    rows
}

fn facts() -> impl Iterator<Item = (&'static str, &'static Fact)> {
    let tables = tables();
    let all: [&Table<_>; 3] = [&tables.sonames, &tables.patterns, &tables.programs];
    all.into_iter()
        .flatten()
        .map(|(key, entry)| (*key, &entry.fact))
}

#[test]
fn the_tables_can_be_read() {
    let read = Tables::read().unwrap();
    let counts = [
        read.sonames.len(),
        read.patterns.len(),
        read.programs.len(),
        read.packages.len(),
    ];
    assert_eq!(counts, FILES.map(|(_, text)| rows(text).len()));
}

#[test]
fn rows_are_sorted_and_single() {
    for (file, text) in FILES {
        for pair in rows(text).windows(2) {
            assert!(
                pair[0].0 < pair[1].0,
                "{file}: {} before {}",
                pair[0].0,
                pair[1].0
            );
        }
    }
}

#[test]
fn every_row_has_evidence() {
    for (file, text) in FILES {
        for (key, row) in rows(text) {
            let evidence = row["evidence"].as_str().unwrap();
            assert!(!evidence.trim().is_empty(), "{file}: {key}");
            assert!(!evidence.contains("://"), "{file}: {key}: no addresses");
        }
    }
}

#[test]
fn keys_are_of_their_kind() {
    for (soname, _) in rows(SONAMES) {
        assert!(
            is_soname(soname) && !soname.contains(['*', '/', ' ']),
            "{soname}"
        );
    }
    for (program, _) in rows(PROGRAMS) {
        assert!(!program.contains(['/', ' ']), "{program}");
    }
    for (package, _) in rows(PACKAGES) {
        assert_eq!(package, normalise(package));
    }
}

#[test]
fn glibc_is_in_no_table() {
    let glibc = [
        "libc.so.6",
        "libm.so.6",
        "libmvec.so.1",
        "libdl.so.2",
        "libpthread.so.0",
        "librt.so.1",
        "libutil.so.1",
        "libresolv.so.2",
        "libanl.so.1",
        "libnsl.so.1",
        "libnss_files.so.2",
        "libnss_dns.so.2",
        "libthread_db.so.1",
        "libBrokenLocale.so.1",
        "ld-linux-x86-64.so.2",
        "ld-linux-aarch64.so.1",
        "libgcc_s.so.1",
    ];
    for name in glibc {
        assert_eq!(crate::catalog::soname(name), None, "{name}");
    }
    for (key, fact) in facts() {
        if let Fact::Attribute { attribute, .. } = fact {
            assert!(!attribute.starts_with("glibc"), "{key}: never offer a libc");
            assert_ne!(*attribute, "mesa", "{key}: mesa is a driver");
        }
    }
}

#[test]
fn attributes_are_paths_and_older_names_differ() {
    for (key, fact) in facts() {
        let (attribute, older) = match fact {
            Fact::Attribute {
                attribute, older, ..
            } => (attribute, older.as_slice()),
            Fact::Wheel {
                attribute: Some(attribute),
                ..
            } => (attribute, [].as_slice()),
            _ => continue,
        };
        assert!(
            is_attribute(attribute) && !is_soname(attribute),
            "{key}: {attribute}"
        );
        for name in older {
            assert!(is_attribute(name), "{key}: {name}");
            assert_ne!(name, attribute, "{key}");
        }
    }
}

#[test]
fn an_attribute_has_the_same_older_names_in_every_row() {
    let tables = tables();
    for (key, entry) in tables.sonames.iter().chain(&tables.patterns) {
        if let Fact::Attribute {
            attribute, older, ..
        } = &entry.fact
        {
            assert_eq!(&tables.older[attribute], older, "{key}");
        }
    }
}

#[test]
fn an_older_name_means_one_attribute() {
    let tables = tables();
    for (attribute, older) in &tables.older {
        for name in older {
            assert_eq!(tables.attributes[name], *attribute);
        }
    }
}

#[test]
fn reasons_and_notes_read_as_parts_of_a_sentence() {
    for (key, fact) in facts() {
        let text = match fact {
            Fact::None { reason } => reason,
            Fact::Attribute {
                note: Some(note), ..
            } => note,
            _ => continue,
        };
        assert!(text.len() > 5 && text.trim() == *text, "{key}: {text}");
        assert!(
            !text.starts_with(|c: char| c.is_uppercase()),
            "{key}: {text}"
        );
        assert!(!text.ends_with('.'), "{key}: {text}");
    }
}

#[test]
fn wheels_are_normalised_names() {
    for (key, fact) in facts() {
        if let Fact::Wheel { packages, .. } = fact {
            for package in packages {
                assert_eq!(*package, normalise(package), "{key}");
            }
        }
    }
}

#[test]
fn a_pattern_fits_its_example_and_decides_it() {
    for (pattern, row) in rows(PATTERNS) {
        let example = row["example"].as_str().unwrap();
        assert!(pattern.contains('*') && is_soname(example), "{pattern}");
        assert!(fits(pattern, example), "{pattern}: {example}");
        let decides = tables().pattern(example).unwrap();
        assert!(
            std::ptr::eq(decides, &tables().patterns[pattern]),
            "{pattern}: {example}"
        );
    }
    for text in [SONAMES, PROGRAMS] {
        assert!(
            rows(text)
                .iter()
                .all(|(_, row)| !row.contains_key("example"))
        );
    }
}

#[test]
fn no_name_fits_two_patterns_equally() {
    let names = rows(SONAMES).into_iter().map(|(name, _)| name.to_owned());
    let examples = rows(PATTERNS)
        .into_iter()
        .map(|(_, row)| row["example"].as_str().unwrap().to_owned());
    for name in names.chain(examples) {
        let mut lengths: Vec<usize> = rows_fitting(&name).map(str::len).collect();
        lengths.sort_unstable();
        let count = lengths.len();
        lengths.dedup();
        assert_eq!(lengths.len(), count, "{name}");
    }
}

fn rows_fitting(name: &str) -> impl Iterator<Item = &'static str> {
    tables()
        .patterns
        .keys()
        .copied()
        .filter(move |pattern| fits(pattern, name))
}

#[test]
fn a_package_names_libraries_that_are_known() {
    for (name, note) in &tables().packages {
        for library in &note.libraries {
            let current = tables().attributes.get(library);
            assert_eq!(
                current,
                Some(library),
                "{name}: {library} is no current attribute of a soname"
            );
        }
        let says = !note.libraries.is_empty() || note.alternative.is_some() || note.note.is_some();
        assert!(says, "{name} says nothing");
        if let Some(alternative) = note.alternative {
            assert_eq!(alternative, normalise(alternative), "{name}");
            assert_ne!(alternative, *name);
        }
    }
}
