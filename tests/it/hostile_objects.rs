//! Objects that are made to take time, memory, or what is not theirs.

use std::fs;

use super::support::bounded::{MEMORY, doctor};
use super::support::raw::{DT_VERNEED, DT_VERNEEDNUM, Form, PT_NOTE, Raw, TAIL};
use super::support::venv::Venv;

/// Code and detail of each finding.
fn findings(venv: &Venv) -> Vec<(String, String)> {
    let report = doctor(venv.path(), MEMORY).json();
    let word = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    findings.map(|finding| (word(&finding["code"]), word(&finding["detail"]))).collect()
}

fn write(venv: &Venv, name: &str, raw: &Raw) {
    let path = venv.site_packages().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, raw.bytes(Form::X86_64)).unwrap();
}

fn words(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn missing(count: usize) -> Vec<(String, String)> {
    vec![("missing-library".into(), String::new()); count]
}

fn unreadable(detail: &str) -> (String, String) {
    ("unreadable-object".into(), detail.into())
}

/// 9000 libraries want 65535 versions each, in the same few records: 600 million reads.
#[test]
fn version_chains_that_share_their_records_end() {
    let venv = Venv::new();
    let record = words(&[0xffff_0001, 0, 16, 16]);
    let raw = Raw {
        tail: record.repeat(9000),
        entries: vec![(DT_VERNEED, TAIL), (DT_VERNEEDNUM, 9000)],
        ..Raw::needing(["libx.so"])
    };
    write(&venv, "a.so", &raw);
    assert_eq!(findings(&venv), missing(1));
}

/// Each of them 64 KiB of JSON.
#[test]
fn program_headers_that_share_a_note_end() {
    let venv = Venv::new();
    let json = r#"[{"soname":["/"]},"#.to_owned() + &r#"{"soname":["/"]},"#.repeat(4000);
    let note = [&words(&[4, 0xff00, 0x407c_0c0a])[..], b"FDO\0", &json.as_bytes()[..0xff00]].concat();
    let raw = Raw {
        segments: vec![(PT_NOTE, TAIL, 0xff10); 18_000],
        tail: [&note[..], &[0; 512]].concat(),
        ..Raw::needing(["libx.so"])
    };
    write(&venv, "a.so", &raw);
    assert_eq!(findings(&venv), missing(1));
}

/// One of 4 KiB, named by thousands of entries, each from another letter on.
#[test]
fn names_that_overlap_are_not_kept_by_the_megabyte() {
    let venv = Venv::new();
    let raw = Raw {
        needed_in_tail: (0..1000).collect(),
        tail: [&b"l".repeat(4000)[..], b"\0"].concat(),
        ..Raw::default()
    };
    (0..60).for_each(|index| write(&venv, &format!("m{index}.so"), &raw));
    assert_eq!(findings(&venv), vec![unreadable("names of an absurd size"); 60]);
}

#[test]
fn a_name_of_a_megabyte_is_refused() {
    let venv = Venv::new();
    write(&venv, "a.so", &Raw::needing(["x".repeat(1 << 20)]));
    write(&venv, "b.so", &Raw::needing(["x".repeat(5000)]));
    assert_eq!(findings(&venv), vec![unreadable("a name of an absurd length"); 2]);
}

/// It was cut off at PATH_MAX, within a directory's name.
#[test]
fn a_search_path_longer_than_a_path_may_be_is_read_to_its_end() {
    let venv = Venv::new();
    let many: String = (0..100).map(|index| format!("$ORIGIN/{index}/{}:", "x".repeat(50))).collect();
    let raw =
        Raw { tail: vec![0; 1 << 17], ..Raw::library("", &["liby.so".into()], &(many + "$ORIGIN/there")) };
    write(&venv, "a.so", &raw);
    write(&venv, "there/liby.so", &Raw::library("liby.so", &[], ""));
    assert_eq!(findings(&venv), []);
}

#[test]
fn a_search_path_of_thousands_of_directories_is_refused() {
    let venv = Venv::new();
    write(&venv, "a.so", &Raw::library("", &["liby.so".into()], &"/a:".repeat(3000)));
    assert_eq!(findings(&venv), [unreadable("a search path of an absurd length")]);
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|index| format!("n{index}")).collect()
}

/// Directories that are there, with a place for variants in each.
fn directories(venv: &Venv, count: usize) -> String {
    let site_packages = venv.site_packages();
    let make = |index| {
        let name = format!("{index:x}");
        fs::create_dir_all(site_packages.join(&name).join("glibc-hwcaps")).unwrap();
        format!("$ORIGIN/{name}:")
    };
    (0..count).map(make).collect()
}

/// Four thousand files are tried for each of a thousand names: the report alone was of 70 MB.
#[test]
fn many_names_in_many_directories_with_variants_are_given_up() {
    let venv = Venv::new();
    let path = directories(&venv, 256);
    for index in 0..3 {
        write(&venv, &format!("m{index}.so"), &Raw::library("", &names(1000), &path));
    }
    let ended = doctor(venv.path(), MEMORY);
    assert!(ended.stdout.len() < 8 << 20, "{}", ended.stdout.len());
    let report = ended.json();
    let given_up = report["findings"].as_array().unwrap().iter().find(|finding| {
        finding["code"] == "unreadable-object"
            && finding["detail"] == "absurdly many searches for what it needs"
    });
    assert_eq!(
        given_up.unwrap()["distributions"][0]["objects"],
        serde_json::json!(["m0.so", "m1.so", "m2.so"])
    );
}

/// Each one inherits the search paths of all that led to it.
#[test]
fn a_chain_of_libraries_with_search_paths_of_their_own_is_given_up() {
    let venv = Venv::new();
    write(&venv, "ext.so", &Raw::library("", &["lib0.so".into()], "$ORIGIN"));
    for index in 0..400 {
        let path: String = (0..64).map(|place| format!("$ORIGIN/{index}-{place}:")).collect();
        let name = format!("lib{index}.so");
        write(&venv, &name, &Raw::library(&name, &[format!("lib{}.so", index + 1)], &path));
    }
    let found = findings(&venv);
    assert!(found.contains(&unreadable("absurdly many searches for what it needs")), "{found:?}");
}

/// None of them is imported, so each was loaded with all behind it, and compared with all before.
#[test]
fn a_chain_of_plain_libraries_ends() {
    let venv = Venv::new();
    for index in 0..3000 {
        let name = format!("lib{index}.so");
        write(&venv, &name, &Raw::library(&name, &[format!("lib{}.so", index + 1)], "$ORIGIN"));
    }
    let found = findings(&venv);
    assert_eq!(found, [unreadable("absurdly many searches for what it needs")]);
}

#[test]
fn a_chain_of_ten_thousand_libraries_ends() {
    let venv = Venv::new();
    write(&venv, "ext.so", &Raw::library("", &["lib0.so".into()], "$ORIGIN"));
    for index in 0..10_000 {
        let name = format!("lib{index}.so");
        write(&venv, &name, &Raw::library(&name, &[format!("lib{}.so", index + 1)], "$ORIGIN"));
    }
    assert!(!findings(&venv).is_empty());
}

#[test]
fn libraries_that_need_each_other_end() {
    let venv = Venv::new();
    for (name, needed) in [("liba.so", "libb.so"), ("libb.so", "libc.so"), ("libc.so", "liba.so")] {
        write(&venv, name, &Raw::library(name, &[needed.into(), name.into()], "$ORIGIN"));
    }
    write(&venv, "ext.so", &Raw::library("", &["liba.so".into(), "ext.so".into()], "$ORIGIN"));
    assert_eq!(findings(&venv), []);
}

/// A table that is as large as its header can say.
#[test]
fn a_program_header_table_of_65535_entries_is_refused() {
    let venv = Venv::new();
    for number in [0xffff_u16, 0xfffe] {
        let mut bytes = Raw::needing(["libx.so"]).bytes(Form::X86_64);
        bytes[56..58].copy_from_slice(&number.to_le_bytes());
        bytes.resize(64 + 65_535 * 56, 0);
        fs::write(venv.site_packages().join("a.so"), bytes).unwrap();
        assert_eq!(findings(&venv), [unreadable("a table of an absurd size")]);
    }
}

/// The file is sparse.
#[test]
fn a_dynamic_section_of_a_gigabyte_is_refused() {
    let venv = Venv::new();
    let mut bytes = Raw::needing(["libx.so"]).bytes(Form::X86_64);
    let size = 64 + 56 + 32;
    bytes[size..size + 8].copy_from_slice(&(1u64 << 30).to_le_bytes());
    let path = venv.site_packages().join("a.so");
    fs::write(&path, bytes).unwrap();
    fs::OpenOptions::new().write(true).open(path).unwrap().set_len(1 << 40).unwrap();
    assert_eq!(findings(&venv), [unreadable("a table of an absurd size")]);
}
