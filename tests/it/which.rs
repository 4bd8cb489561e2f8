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
    run.env("HOME", folder.path()).env("XDG_CACHE_HOME", folder.join("cache")).env("NIX_PATH", "");
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
        venvfix(folder.path(), ["--offline", "which", "libz.so.1", "-lz", "ffmpeg", "pyzbar"]).exits(0);
    found.prints(&[
        "libz.so.1  zlib    soname\n",
        "-lz        zlib    linked library\n",
        "ffmpeg     ffmpeg  attribute\n    also a program (ffmpeg)\n",
        "pyzbar     zbar    PyPI package\n",
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
