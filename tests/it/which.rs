//! `which` as typed, and the release that it answers for.

use std::process::Command;

use serde_json::{Value, json};

use super::support::{Ended, Folder, VENVFIX, command, venvfix};

/// `which --format json` with these variables; a Nix of this machine is out of reach.
fn which(folder: &Folder, variables: &[(&str, &str)], names: &[&str]) -> Value {
    let ended: Ended = prepared(folder, variables, names).arg("--format=json").output().unwrap().into();
    ended.json()
}

fn prepared(folder: &Folder, variables: &[(&str, &str)], names: &[&str]) -> Command {
    let mut run = command(VENVFIX, folder.path());
    run.env("HOME", folder.path()).env("XDG_CACHE_HOME", folder.join("cache"));
    run.env("PATH", folder.join("bin")).envs(variables.iter().copied()).arg("which").args(names);
    run
}

fn attribute(answers: &Value) -> &str {
    answers[0]["attribute"].as_str().unwrap_or("none")
}

#[test]
fn names_of_each_kind_are_answered_in_one_line_each() {
    let folder = Folder::new();
    let found =
        venvfix(folder.path(), ["--offline", "which", "libz.so.1", "ffmpeg", "pyzbar", "-lz"]).exits(0);
    found.prints(&[
        "libz.so.1  zlib    soname\n",
        "ffmpeg     ffmpeg  attribute\n    also a program (ffmpeg)\n",
        "pyzbar     zbar    PyPI package\n-lz        zlib    linked library\n",
    ]);
}

#[test]
fn a_name_that_is_not_known_exits_1_and_lists_near_names() {
    let folder = Folder::new();
    let found = venvfix(folder.path(), ["--offline", "which", "jpeg", "libz.so.1"]).exits(1);
    found.prints(&["jpeg       none  not known\n    near names: libjpeg", "libz.so.1  zlib  soname"]);
    venvfix(folder.path(), ["--offline", "which", "libcuda.so.1"]).exits(1).prints(&["graphics driver"]);
    venvfix(folder.path(), ["which"]).exits(2);
    venvfix(folder.path(), ["--offline", "which", "", "a\nb\u{1b}[2J", "$(touch x)"])
        .exits(1)
        .prints(&["a\\u{a}b"]);
}

#[test]
fn json_has_the_six_keys_whatever_is_known() {
    let folder = Folder::new();
    let found = which(&folder, &[], &["libz.so.1", "libnobodyknows.so.7"]);
    let empty = |query: &str| json!({"query": query, "kind": null, "attribute": null, "output": null, "alternatives": [], "note": null});
    let mut zlib = empty("libz.so.1");
    zlib["kind"] = "soname".into();
    zlib["attribute"] = "zlib".into();
    assert_eq!(found, json!([zlib, empty("libnobodyknows.so.7")]));
}

const LOCK: &str = r#"{"root": "root", "nodes": {"root": {"inputs": {"nixpkgs": "n"}},
    "n": {"original": {"ref": "nixos-unstable"}, "locked": {"lastModified": 1735000000}}}}"#;

#[test]
fn the_release_is_the_shells_else_that_of_the_lookup_path_else_of_the_lock() {
    let folder = Folder::new();
    folder.write("shell.nix", "");
    let x11 = |variables: &[(&str, &str)]| which(&folder, variables, &["libX11.so.6"]);
    let unknown = x11(&[]);
    assert_eq!((attribute(&unknown), &unknown[0]["alternatives"]), ("libx11", &json!(["xorg.libX11"])));
    folder.write("flake.lock", LOCK);
    assert_eq!(attribute(&x11(&[])), "xorg.libX11");
    folder.write("channels/nixpkgs/.version", "26.05\n");
    let nix_path = folder.join("channels").display().to_string();
    assert_eq!(attribute(&x11(&[("NIX_PATH", &nix_path)])), "libx11");
    let recorded = x11(&[("NIX_PATH", &nix_path), ("VENVFIX_NIXPKGS_RELEASE", "25.11")]);
    assert_eq!((attribute(&recorded), &recorded[0]["alternatives"]), ("xorg.libX11", &json!(["libx11"])));
    let of_another = [("VENVFIX_NIXPKGS_RELEASE", "26.05"), ("VENVFIX_PROJECT", "/elsewhere")];
    let run = prepared(&folder, &of_another, &["libX11.so.6", "--format=json"]);
    let mut elsewhere = run;
    let found: Ended = elsewhere.arg("-C").arg(folder.path()).output().unwrap().into();
    assert_eq!(attribute(&found.json()), "xorg.libX11");
}

/// The name of the branch counts, whatever `<nixpkgs>` is; of a commit nothing is known.
#[test]
fn a_nixpkgs_that_the_shells_file_pins_is_the_one_in_use() {
    let folder = Folder::new();
    folder.write("channels/nixpkgs/.version", "26.05\n");
    let nix_path = folder.join("channels").display().to_string();
    let x11 = || which(&folder, &[("NIX_PATH", &nix_path)], &["libX11.so.6"]);
    let pin = |text: &str| {
        folder.write("shell.nix", format!("with import (fetchTarball \"{text}\") {{}}; mkShell {{ }}"));
    };
    pin("https://github.com/NixOS/nixpkgs/archive/nixos-24.05.tar.gz");
    assert_eq!(attribute(&x11()), "xorg.libX11");
    pin("https://github.com/NixOS/nixpkgs/archive/eabc38219184cc3e04a974fe31857d8e0eac098d.tar.gz");
    let of_commit = x11();
    assert_eq!((attribute(&of_commit), &of_commit[0]["alternatives"]), ("libx11", &json!(["xorg.libX11"])));
    folder.write("shell.nix", "import (import ./npins).nixpkgs {}");
    folder
        .write("npins/sources.json", r#"{"pins": {"nixpkgs": {"type": "Channel", "name": "nixos-25.05"}}}"#);
    assert_eq!(attribute(&x11()), "libx11", "a name alone is no nixpkgs");
    let url = "https://releases.nixos.org/nixos/25.05/nixos-25.05.1.a/nixexprs.tar.xz";
    folder.write("npins/sources.json", format!(r#"{{"pins": {{"nixpkgs": {{"url": "{url}"}}}}}}"#));
    assert_eq!(attribute(&x11()), "xorg.libX11");
}

#[test]
fn modules_of_the_standard_library_are_known() {
    let folder = Folder::new();
    let found = which(&folder, &[], &["tkinter", "_ctypes", "distutils"]);
    assert_eq!(
        (attribute(&found), &found[0]["kind"]),
        ("python3Packages.tkinter", &json!("python-attribute"))
    );
    assert_eq!(found[1]["attribute"], "python3");
    assert!(found[1]["note"].as_str().unwrap().contains("libffi"));
    assert_eq!(found[2]["attribute"], Value::Null);
    assert!(found[2]["note"].as_str().unwrap().contains("install setuptools"));
}

#[test]
fn what_a_release_still_had_is_its_answer_there_alone() {
    let folder = Folder::new();
    let devil = |release| which(&folder, &[("VENVFIX_NIXPKGS_RELEASE", release)], &["libIL.so.1"]);
    assert_eq!(attribute(&devil("25.05")), "libdevil");
    let gone = devil("25.11");
    assert_eq!(gone[0]["attribute"], Value::Null);
    assert!(gone[0]["note"].as_str().unwrap().contains("nixpkgs up to 25.05 has it: libdevil"));
}

#[test]
fn a_library_below_another_directory_says_so() {
    let folder = Folder::new();
    let found = which(&folder, &[], &["libmariadb.so.3"]);
    assert!(found[0]["note"].as_str().unwrap().contains("lib/mariadb"), "{found}");
}
