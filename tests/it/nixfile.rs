//! The cases in `tests/nixfile`: a file, the libraries to add, and the file that
//! must result or the refusal.
//!
//! With `BLESS=1` what results is written down instead of compared.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use venvfix::nixfile::{Edit, Library, Refusal, add_libraries};

#[test]
fn cases() {
    let mut failures = String::new();
    let cases = cases_in("tests/nixfile");
    assert!(cases.len() > 40, "only {} cases found", cases.len());
    for case in cases {
        if let Err(failure) = check(&case) {
            let _ = writeln!(failures, "--- {}\n{failure}", case.display());
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

fn cases_in(folder: &str) -> Vec<PathBuf> {
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

fn libraries(add: &str) -> Vec<Library> {
    let library = |line: &str| {
        let mut names = line.split_whitespace().map(str::to_owned);
        Library {
            attribute: names.next().unwrap_or_default(),
            older: names.collect(),
        }
    };
    add.lines().map(library).collect()
}

fn describe(refusal: &Refusal) -> String {
    format!("{refusal}\nhelp: {}\n", refusal.help())
}

fn compare(file: &Path, actual: &str) -> Result<(), String> {
    if std::env::var_os("BLESS").is_some() {
        fs::write(file, actual).unwrap();
    }
    let expected = fs::read_to_string(file).unwrap_or_default();
    if expected == actual {
        return Ok(());
    }
    Err(format!(
        "expected {}:\n{expected}\nactual:\n{actual}",
        file.display()
    ))
}

fn refuse_leftover(file: &Path) -> Result<(), String> {
    if file.exists() {
        Err(format!("{} should not be there", file.display()))
    } else {
        Ok(())
    }
}

fn is_idempotent(edit: &Edit, libraries: &[Library]) -> Result<(), String> {
    match add_libraries(&edit.text, libraries) {
        Ok(again) if again.text == edit.text && again.added.is_empty() => Ok(()),
        other => Err(format!("the second time: {other:?}")),
    }
}

/// What Nix itself says of the result, where there is a Nix.
fn parses(text: &str) -> Result<(), String> {
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
    Err(format!(
        "nix-instantiate: {}",
        String::from_utf8_lossy(&output.stderr)
    ))
}
