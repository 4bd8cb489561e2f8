//! Releases, and the path that holds in each.

use crate::catalog::release::for_release;
use crate::catalog::table::Fact;
use crate::catalog::{Place, Release};

fn release(text: &str) -> Release {
    text.parse().unwrap()
}

fn place(row: &'static str, at: Option<&str>) -> Option<(&'static str, Vec<&'static str>)> {
    let place = for_release(Fact::read(row).unwrap(), at.map(release))?;
    Some((place.attribute, place.alternatives))
}

#[test]
fn releases_are_read_and_written() {
    for text in ["24.05", "25.11", "26.05"] {
        assert_eq!(release(text).to_string(), text);
    }
    for text in
        ["", "25", "25.", "25.1", "25.13", "25.00", "25.11pre", "2025.11", "+5.11", "25.11.1", "٢٥.١١"]
    {
        assert!(text.parse::<Release>().is_err(), "{text}");
    }
}

#[test]
fn releases_are_ordered_by_time() {
    let releases = ["24.05", "24.11", "25.05", "25.11", "26.05", "26.11"].map(release);
    assert!(releases.is_sorted_by(|a, b| a < b));
}

#[test]
fn a_known_release_has_one_path() {
    let row = r#"{ attribute = "libx11", older = ["xorg.libX11"], since = "26.05", evidence = "x" }"#;
    assert_eq!(place(row, Some("26.11")), Some(("libx11", vec![])));
    assert_eq!(place(row, Some("26.05")), Some(("libx11", vec![])));
    assert_eq!(place(row, Some("25.11")), Some(("xorg.libX11", vec![])));
}

#[test]
fn of_an_unknown_release_the_newest_comes_first() {
    let row = r#"{ attribute = "c", older = ["b", "a"], since = "26.05", evidence = "x" }"#;
    assert_eq!(place(row, None), Some(("c", vec!["b", "a"])));
    assert_eq!(place(row, Some("25.05")), Some(("b", vec!["a"])));
    let undated = r#"{ attribute = "b", older = ["a"], evidence = "x" }"#;
    assert_eq!(place(undated, Some("24.05")), Some(("b", vec!["a"])));
}

#[test]
fn what_is_gone_was_there_up_to_its_last_release() {
    let row = r#"{ none = "tbb is version 12", older = ["tbb"], until = "25.05", evidence = "x" }"#;
    assert_eq!(place(row, Some("24.11")), Some(("tbb", vec![])));
    assert_eq!(place(row, Some("25.05")), Some(("tbb", vec![])));
    assert_eq!(place(row, Some("25.11")), None);
    assert_eq!(place(row, None), None);
    let never = r#"{ none = "not packaged", evidence = "x" }"#;
    assert_eq!(place(never, Some("24.05")), None);
    assert_eq!(place(never, None), None);
}

#[test]
fn before_its_first_release_nothing_holds() {
    let row = r#"{ attribute = "ffmpeg", first = "25.11", evidence = "x" }"#;
    assert_eq!(place(row, Some("25.05")), None);
    assert_eq!(place(row, Some("25.11")), Some(("ffmpeg", vec![])));
    assert_eq!(place(row, None), Some(("ffmpeg", vec![])));
    let gone = r#"{ none = "gone", older = ["x"], first = "24.11", until = "25.05", evidence = "x" }"#;
    for (release, expected) in [("24.05", None), ("24.11", Some("x")), ("25.05", Some("x")), ("25.11", None)]
    {
        assert_eq!(place(gone, Some(release)).map(|(path, _)| path), expected, "{release}");
    }
    let renamed = r#"{ attribute = "b", older = ["a"], since = "26.05", first = "25.05", evidence = "x" }"#;
    for (release, expected) in [("24.11", None), ("25.05", Some("a")), ("26.05", Some("b"))] {
        assert_eq!(place(renamed, Some(release)).map(|(path, _)| path), expected, "{release}");
    }
    let never = r#"{ none = "never there", first = "24.11", evidence = "x" }"#;
    assert!(Fact::read(never).is_err());
}

#[test]
fn a_directory_is_told() {
    let row = r#"{ attribute = "mariadb-connector-c", directory = "lib/mariadb", evidence = "x" }"#;
    let expected =
        Place { attribute: "mariadb-connector-c", alternatives: vec![], directory: Some("lib/mariadb") };
    assert_eq!(for_release(Fact::read(row).unwrap(), None), Some(expected));
}
