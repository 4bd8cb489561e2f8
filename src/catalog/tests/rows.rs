//! Every row, as it is written.

use crate::catalog::names::{is_attribute, is_soname};
use crate::catalog::table::{
    Attribute, Fact, HEADERS, LINKED, MODULES, OPENS, PACKAGES, PATTERNS, PROGRAMS, PackageNote, REFUSED,
    SONAMES, STDLIB, TOOLS, Table, fits, tables,
};
use crate::catalog::{attributes, is_of_today, libraries, package, soname};
use crate::project_name::normalize;

const FILES: [(&str, &str); 11] = [
    ("sonames.toml", SONAMES),
    ("patterns.toml", PATTERNS),
    ("programs.toml", PROGRAMS),
    ("packages.toml", PACKAGES),
    ("opens.toml", OPENS),
    ("headers.toml", HEADERS),
    ("modules.toml", MODULES),
    ("linked.toml", LINKED),
    ("tools.toml", TOOLS),
    ("stdlib.toml", STDLIB),
    ("refused.toml", REFUSED),
];

/// The tables, in the order of their files.
fn indexes() -> [&'static Table; 11] {
    let t = tables();
    [
        &t.sonames,
        &t.patterns,
        &t.programs,
        &t.packages,
        &t.opens,
        &t.headers,
        &t.modules,
        &t.linked,
        &t.tools,
        &t.stdlib,
        &t.refused,
    ]
}

/// The rows of a file as a TOML parser sees them.
fn rows(text: &'static str) -> toml::Table {
    toml::from_str(text).unwrap()
}

pub(super) fn facts() -> impl Iterator<Item = (&'static str, Fact)> {
    let [sonames, patterns, programs, _, _, builds @ .., _] = indexes();
    [sonames, patterns, programs].into_iter().chain(builds).flat_map(|table| {
        let fact = |key| (key, Fact::read(table.get(key).unwrap()).unwrap());
        table.keys().map(fact)
    })
}

#[test]
fn the_index_sees_what_a_parser_sees() {
    for ((file, text), index) in FILES.into_iter().zip(indexes()) {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        assert_eq!(lines.count(), index.keys().count(), "{file}: a line is no row");
        let parsed = rows(text);
        assert_eq!(parsed.len(), index.keys().count(), "{file}: a key twice");
        for (key, value) in parsed {
            let found = index.get(&key).unwrap_or_else(|| panic!("{file}: {key} is not in order"));
            let line: toml::Table = toml::from_str(&format!("row = {found}")).unwrap();
            assert_eq!(line["row"], value, "{file}: {key}");
        }
    }
}

#[test]
fn rows_are_sorted_and_single() {
    for table in indexes() {
        assert!(table.keys().is_sorted_by(|a, b| a < b));
    }
}

#[test]
fn every_row_can_be_read() {
    assert!(facts().count() > 1000);
    for name in tables().packages.keys() {
        PackageNote::read(tables().packages.get(name).unwrap()).unwrap();
    }
}

#[test]
fn a_row_states_one_thing() {
    for row in [
        r#"{ evidence = "x" }"#,
        r#"{ attribute = "zlib" }"#,
        r#"{ attribute = "zlib", driver = true, evidence = "x" }"#,
        r#"{ attribute = "zlib", none = "gone", evidence = "x" }"#,
        r#"{ attribute = "zlib", wheels = ["a"], likely = true, evidence = "x" }"#,
        r#"{ driver = true, none = "gone", evidence = "x" }"#,
        r#"{ driver = true, likely = true, evidence = "x" }"#,
        r#"{ none = "gone", older = ["a"], since = "25.11", evidence = "x" }"#,
        r#"{ none = "gone", until = "25.11", evidence = "x" }"#,
        r#"{ none = "gone", directory = "lib/a", evidence = "x" }"#,
        r#"{ attribute = "zlib", since = "25.11", evidence = "x" }"#,
        r#"{ attribute = "zlib", older = ["a"], until = "25.11", evidence = "x" }"#,
        r#"{ attribute = "zlib", older = ["a"], since = "25.11.1", evidence = "x" }"#,
        r#"{ none = "gone", also = ["a"], evidence = "x" }"#,
        r#"{ attribute = "zlib", atribute = "zlib", evidence = "x" }"#,
    ] {
        assert!(Fact::read(row).is_err(), "{row}");
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

/// Who opens a row that is not `likely` finds at least two witnesses.
#[test]
fn a_row_of_one_source_is_likely() {
    for (key, row) in rows(SONAMES) {
        let claims = row.get("attribute").is_some() && row.get("wheels").is_none();
        let likely = row.get("likely").is_some();
        assert!(!claims || likely || row["evidence"].as_str().unwrap().contains("; "), "{key}");
    }
}

#[test]
fn keys_are_of_their_kind() {
    for name in tables().sonames.keys() {
        assert!(is_soname(name) && !name.contains(['*', '/', ' ']), "{name}");
    }
    for name in tables().programs.keys().chain(tables().tools.keys()) {
        assert!(!name.contains(['*', '/', ' ']), "{name}");
    }
    for name in tables().packages.keys().chain(tables().opens.keys()) {
        assert_eq!(name, normalize(name));
    }
}

#[test]
fn glibc_is_in_no_table() {
    for name in [
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
        "libgcc_s.so.1",
        "ld-linux-x86-64.so.2",
        "ld-linux-aarch64.so.1",
    ] {
        assert_eq!(soname(name), None, "{name}");
    }
    for (key, fact) in facts() {
        if let Fact::Attribute(Attribute { attribute, .. }) = fact {
            assert!(!attribute.starts_with("glibc"), "{key}: never offer a libc");
            assert_ne!(attribute, "mesa", "{key}: mesa is a driver");
        }
    }
}

#[test]
fn attributes_are_paths_and_older_names_differ() {
    for (key, fact) in facts() {
        let (attribute, older) = match fact {
            Fact::Attribute(Attribute { attribute, older, .. }) => (attribute, older),
            Fact::Wheel { attribute: Some(attribute), .. } => (attribute, Vec::new()),
            Fact::Wheel { .. } | Fact::Driver | Fact::None { .. } => continue,
        };
        assert!(is_attribute(attribute) && !is_soname(attribute), "{key}: {attribute}");
        for name in older {
            assert!(is_attribute(name) && name != attribute, "{key}: {name}");
        }
    }
}

#[test]
fn all_rows_of_an_attribute_agree_on_its_names() {
    for fact in tables().sonames.facts().chain(tables().patterns.facts()) {
        if let Fact::Attribute(Attribute { attribute, mut older, .. }) = fact {
            older.retain(|path| !is_of_today(path));
            for name in older.iter().chain([&attribute]) {
                let library = attributes::known(name).unwrap();
                assert_eq!(library.attribute, attribute, "{name}");
                assert_eq!(library.older, older, "{name}");
            }
        }
    }
}

#[test]
fn reasons_and_notes_read_as_parts_of_a_sentence() {
    for (key, fact) in facts() {
        let text = match fact {
            Fact::None { reason, .. } => reason,
            Fact::Attribute(Attribute { note: Some(note), .. }) => note,
            _ => continue,
        };
        assert!(text.len() > 5 && text.trim() == text && !text.ends_with('.'), "{key}: {text}");
        assert!(!text.starts_with(|c: char| c.is_uppercase()), "{key}: {text}");
    }
}

#[test]
fn wheels_are_normalised_names() {
    for (key, fact) in facts() {
        if let Fact::Wheel { packages, .. } = fact {
            assert!(packages.iter().all(|name| *name == normalize(name)), "{key}: {packages:?}");
        }
    }
}

/// Of two wheels of a family the first would be asked for, though the other one has it.
#[test]
fn a_module_of_qt_is_in_one_wheel_of_each_family() {
    let qt = facts().filter(|(key, _)| key.starts_with("libQt6") && !key.contains('*'));
    for (key, fact) in qt {
        let Fact::Wheel { packages, .. } = fact else { continue };
        let mut families: Vec<_> = packages.iter().map(|name| name.split('-').next()).collect();
        families.sort_unstable();
        families.dedup();
        // PySide6 6.12 moved these to a wheel of their own.
        let moved = key.contains("WebEngine");
        assert!(families.len() == packages.len() || moved, "{key}: {packages:?}");
    }
}

#[test]
fn a_pattern_fits_its_example_and_decides_it() {
    for (pattern, row) in rows(PATTERNS) {
        let example = row["example"].as_str().unwrap();
        assert!(pattern.contains('*') && is_soname(example), "{pattern}");
        assert!(fits(&pattern, example), "{pattern}: {example}");
        let (decides, row) = (tables().patterns.fitting(example), tables().patterns.get(&pattern));
        assert_eq!(decides, row, "{pattern}: {example}");
    }
    for text in [SONAMES, PROGRAMS, TOOLS] {
        assert!(rows(text).values().all(|row| row.get("example").is_none()));
    }
}

#[test]
fn no_name_fits_two_patterns_equally() {
    let patterns = rows(PATTERNS);
    let examples = patterns.values().map(|row| row["example"].as_str().unwrap().to_owned());
    let names = tables().sonames.keys().map(str::to_owned).chain(examples);
    for name in names {
        let fitting = tables().patterns.keys().filter(|pattern| fits(pattern, &name));
        let mut lengths: Vec<usize> = fitting.map(str::len).collect();
        lengths.sort_unstable();
        assert!(lengths.is_sorted_by(|a, b| a < b), "{name}");
    }
}

#[test]
fn a_package_names_libraries_that_are_known() {
    for name in tables().packages.keys() {
        let note = package(name).unwrap();
        for library in &note.libraries {
            let known = attributes::known(library).map(|library| library.attribute);
            assert_eq!(known.as_deref(), Some(*library), "{name}");
        }
        let lists = [&note.libraries, &note.through, &note.build, &note.programs];
        let says = note.alternative.or(note.note).is_some();
        assert!(says || lists.iter().any(|list| !list.is_empty()), "{name}");
        if let Some(alternative) = note.alternative {
            assert_eq!(alternative, normalize(alternative), "{name}");
            assert_ne!(alternative, name);
        }
    }
}

#[test]
fn a_package_goes_through_packages_that_need_something() {
    for name in tables().packages.keys() {
        for through in package(name).unwrap().through {
            assert!(libraries(through).is_ok(), "{name}");
            // One step, so that there is no circle.
            assert!(package(through).is_none_or(|note| note.through.is_empty()), "{name}");
        }
    }
}
