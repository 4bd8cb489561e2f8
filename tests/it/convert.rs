//! The cases in `tests/convert`: a file with another kind of virtual environment, and the file that must
//! result or the refusal, with what is said of it. `project` lists what lies beside the file, and
//! the release of its nixpkgs.
//!
//! With `BLESS=1` what results is written down instead of compared.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use venvfix::catalog;
use venvfix::nixfile::convert::{Conversion, Given, Project, Refusal, convert};

use super::nixfile::{cases_in, compare, parses, refuse_leftover};
use super::support::texts;

#[test]
fn cases() {
    let mut failures = String::new();
    let cases = cases_in("tests/convert");
    assert!(cases.len() >= 40, "only {} cases found", cases.len());
    for case in cases {
        if let Err(failure) = check(&case) {
            let _ = writeln!(failures, "--- {}\n{failure}", case.display());
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

fn check(case: &Path) -> Result<(), String> {
    let source = fs::read_to_string(case.join("in.nix")).unwrap();
    let beside = fs::read_to_string(case.join("project")).unwrap_or_default();
    match converted(&source, &beside) {
        Ok(done) => {
            compare(&case.join("out.nix"), &done.text)?;
            compare_or_absent(&case.join("out.toml"), done.settings.as_deref().unwrap_or_default())?;
            let notes: String = done.notes.iter().map(|note| format!("{note}\n")).collect();
            compare_or_absent(&case.join("notes.txt"), &notes)?;
            refuse_leftover(&case.join("refusal.txt"))?;
            parses(&done.text)?;
            match converted(&done.text, &beside) {
                Err(Refusal::Converted { .. }) => Ok(()),
                other => Err(format!("the second time: {other:?}")),
            }
        }
        Err(refusal) => {
            refuse_leftover(&case.join("out.nix"))?;
            let text = format!("{refusal}\n{}", refusal.by_hand("venvfix = pkgs.venvfix;"));
            compare(&case.join("refusal.txt"), &text)
        }
    }
}

fn compare_or_absent(file: &Path, actual: &str) -> Result<(), String> {
    if actual.is_empty() { refuse_leftover(file) } else { compare(file, actual) }
}

fn converted(source: &str, beside: &str) -> Result<Conversion, Refusal> {
    let has = |name: &str| beside.lines().any(|line| line == name);
    let project = Project {
        has_requirements: has("requirements.txt"),
        has_lock: has("uv.lock"),
        can_be_built: has("pyproject.toml"),
        has_settings: has("venvfix.toml"),
    };
    let release = beside.lines().find_map(|line| line.parse().ok());
    let interpreters = catalog::interpreters(release).unwrap();
    let new_name = |name: &str| interpreters.new_name(name);
    let hook = |nixpkgs: &str| format!("# In its place.\nvenvfixShellHook = {nixpkgs}.venvfixShellHook;");
    let package = |nixpkgs: &str| format!("venvfix = {nixpkgs}.venvfix;");
    convert(
        source,
        &Given { project, is_flake: has("flake.nix"), new_name: &new_name, hook: &hook, package: &package },
    )
}

fn sources() -> Vec<String> {
    let cases: Vec<PathBuf> = cases_in("tests/convert");
    cases.iter().map(|case| fs::read_to_string(case.join("in.nix")).unwrap()).collect()
}

/// Pieces of Nix and of shell that break or bend a file when they appear somewhere.
const PIECES: &[&str] = &[
    "",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    "#",
    "\"",
    "''",
    "${",
    "''${",
    ";",
    "++",
    "+",
    "//",
    "rec",
    "\r\n",
    "\n",
    "\t",
    "\\",
    "\u{f8ff}",
    "ä",
    "if",
    "fi",
    "then",
    "<<X",
    "|| ",
    "&&",
    "'",
    "`",
    "$(",
    "let x = 1; in ",
    "with pkgs; ",
    "venvShellHook",
    "venvDir",
    ".venv",
    "unset SOURCE_DATE_EPOCH",
    "pip install -r requirements.txt\n",
    "python -m venv .venv\n",
    "source .venv/bin/activate\n",
    "export LD_LIBRARY_PATH=",
];

fn mutated() -> impl Strategy<Value = String> {
    texts::mutated(sources(), PIECES)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_converted_parses_and_is_converted_once(source in mutated()) {
        if let Ok(done) = converted(&source, "requirements.txt\npyproject.toml\n") {
            prop_assert!(rnix::Root::parse(&done.text).errors().is_empty(), "{}", done.text);
            let again = converted(&done.text, "");
            prop_assert!(matches!(again, Err(Refusal::Converted { .. })), "{}", done.text);
        }
    }
}
