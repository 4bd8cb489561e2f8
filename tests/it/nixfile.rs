//! The cases in `tests/nixfile`: a file, the libraries to add, and the file that
//! must result or the refusal.
//!
//! With `BLESS=1` what results is written down instead of compared.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use proptest::prelude::*;
use proptest::sample;
use venvfix::nixfile::{At, Edit, Library, Refusal, Wish, add_libraries, add_libraries_as};

use super::support::texts;

#[test]
fn cases() {
    let mut failures = String::new();
    let cases = cases_in("tests/nixfile");
    assert!(cases.len() > 170, "only {} cases found", cases.len());
    for case in cases {
        if let Err(failure) = check(&case) {
            let _ = writeln!(failures, "--- {}\n{failure}", case.display());
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

pub fn cases_in(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = fs::read_dir(folder).unwrap();
    let mut cases: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

fn check(case: &Path) -> Result<(), String> {
    let source = fs::read_to_string(case.join("in.nix")).unwrap();
    let libraries = libraries(&fs::read_to_string(case.join("add")).unwrap());
    match add_libraries(&source, &libraries) {
        Ok(edit) => {
            compare(&case.join("out.nix"), &edit.text)?;
            refuse_leftover(&case.join("refusal.txt"))?;
            parses(&edit.text)?;
            is_idempotent(&edit, &libraries)
        }
        Err(refusal) => {
            refuse_leftover(&case.join("out.nix"))?;
            compare(&case.join("refusal.txt"), &describe(&refusal))
        }
    }
}

pub fn libraries(add: &str) -> Vec<Library> {
    let library = |line: &str| {
        let mut names = line.split_whitespace().map(str::to_owned);
        let current = Library::new(names.next().unwrap_or_default());
        Library { older: names.collect(), ..current }
    };
    add.lines().map(library).collect()
}

fn describe(refusal: &Refusal) -> String {
    format!("{refusal}\nhelp: {}\n", refusal.help())
}

pub fn compare(file: &Path, actual: &str) -> Result<(), String> {
    if std::env::var_os("BLESS").is_some() {
        fs::write(file, actual).unwrap();
    }
    let expected = fs::read_to_string(file).unwrap_or_default();
    if expected == actual {
        return Ok(());
    }
    Err(format!("expected {}:\n{expected}\nactual:\n{actual}", file.display()))
}

pub fn refuse_leftover(file: &Path) -> Result<(), String> {
    if file.exists() { Err(format!("{} should not be there", file.display())) } else { Ok(()) }
}

fn is_idempotent(edit: &Edit, libraries: &[Library]) -> Result<(), String> {
    match add_libraries(&edit.text, libraries) {
        Ok(again) if again.text == edit.text && again.added.is_empty() => Ok(()),
        other => Err(format!("the second time: {other:?}")),
    }
}

/// What Nix itself says of the result, where there is a Nix.
pub fn parses(text: &str) -> Result<(), String> {
    let parser = Command::new("nix-instantiate")
        .args(["--parse", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut parser) = parser else {
        return Ok(());
    };
    std::io::Write::write_all(&mut parser.stdin.take().unwrap(), text.as_bytes()).unwrap();
    let output = parser.wait_with_output().unwrap();
    if output.status.success() {
        return Ok(());
    }
    Err(format!("nix-instantiate: {}", String::from_utf8_lossy(&output.stderr)))
}

/// The text of every case, to be mutated.
fn sources() -> Vec<String> {
    let cases = cases_in("tests/nixfile").into_iter();
    cases.map(|case| fs::read_to_string(case.join("in.nix")).unwrap()).collect()
}

/// Pieces of syntax that break or bend a file when they appear somewhere.
pub const PIECES: &[&str] = &[
    "",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    "#",
    "/*",
    "*/",
    "\"",
    "''",
    "${",
    ";",
    "++",
    "//",
    "with pkgs;",
    "let zlib = 1; in",
    "rec",
    "\r\n",
    "\n",
    "\t",
    "\u{feff}",
    "\0",
    "ä",
    "# venvfix: libraries\n",
    " x ",
    "or",
    "inherit",
    "pkgs",
    "mkShell",
    "= [ ];",
    "zlib",
    "openssl",
];

fn mutated() -> impl Strategy<Value = String> {
    texts::mutated(sources(), PIECES)
}

fn some_libraries() -> impl Strategy<Value = Vec<Library>> {
    const NAMES: &[&str] = &["zlib", "openssl", "stdenv.cc.cc.lib", "git", "libx11 xorg.libX11"];
    let chosen = sample::subsequence(NAMES, 1..NAMES.len());
    chosen.prop_map(|names| libraries(&names.join("\n")))
}

/// Whether `long` is `short` with something put in between.
pub fn is_subsequence(short: &str, long: &str) -> bool {
    let mut rest = long.bytes();
    short.bytes().all(|byte| rest.any(|other| other == byte))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_edit_only_inserts_and_is_made_once(source in mutated(), libraries in some_libraries()) {
        if let Ok(edit) = add_libraries(&source, &libraries) {
            prop_assert!(is_subsequence(&source, &edit.text));
            prop_assert!(edit.added.iter().all(|added| edit.text.contains(added)));
            prop_assert_eq!(edit.added.is_empty(), edit.text == source);
            let again = add_libraries(&edit.text, &libraries);
            prop_assert!(again.is_ok_and(|again| again.text == edit.text && again.added.is_empty()));
        }
    }

    #[test]
    fn what_is_chosen_by_place_only_gets_insertions(
        source in mutated(), libraries in some_libraries(), line in 1..40_usize, column in 0..60_usize
    ) {
        let at = At { line, column: (column > 0).then_some(column) };
        let wish = Wish { at: Some(at), shell: None };
        if let Ok(edit) = add_libraries_as(&source, &libraries, &wish) {
            prop_assert!(is_subsequence(&source, &edit.text));
            prop_assert_eq!(edit.added.is_empty(), edit.text == source);
        }
    }

    #[test]
    fn any_text_gets_an_answer(source in "\\PC{0,200}", attribute in "\\PC{0,12}") {
        let _ = add_libraries(&source, &[Library::new(attribute)]);
    }
}

#[test]
fn long_and_deep_files_are_refused() {
    let pieces = [
        "a ",
        "a + ",
        "-",
        "(",
        "[",
        "{ a = ",
        "${",
        "\"${",
        "a: ",
        "{ a }: ",
        "let a = 1; in ",
        "a.b or ",
        "x ? a && ",
        "with a; ",
        "assert a; ",
        "if a then b else ",
        "rec { ",
        "let { ",
        "inherit (",
        "[ ) ; ",
        "[ } = ",
        "( ] ; ",
        "[ ) in ",
        "[ = ] ; ",
        "( ; ) ; ",
        "{ ] } = ",
        "[ [ = ] ; ",
        "(in) ; ",
        "{ = } ; ",
    ];
    for piece in pieces {
        for count in [250, 600, 30_000] {
            let refusal = add_libraries(&piece.repeat(count), &[Library::new("zlib")]);
            assert!(refusal.is_err(), "{piece}");
        }
    }
}

#[test]
fn names_that_lead_to_themselves_are_refused() {
    for file in [
        "let a = b; b = a; in a",
        "rec { shell = shell; }",
        "let a = a { }; in a",
        "let pkgs = pkgs; in pkgs.mkShell { packages = [ ]; }",
    ] {
        assert!(add_libraries(file, &[Library::new("zlib")]).is_err(), "{file}");
    }
}
