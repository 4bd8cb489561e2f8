//! list-libs: what is there, where, and which of it wheels need.

use serde_json::json;

use super::support::lab::Lab;
use super::support::project::Project;
use super::support::{Folder, venvfix};

const SHELL: &str = "{ pkgs }:\npkgs.mkShell {\n  packages = [ pkgs.python3 ];\n  buildInputs = with pkgs; [\n    zlib\n    (pkgs.libx11 or pkgs.xorg.libX11)\n    openssl\n  ];\n}\n";

#[test]
fn without_a_venv_the_elements_are_listed_and_that_is_said() {
    let folder = Folder::new();
    folder.write("shell.nix", SHELL);
    let listed = venvfix(folder.path(), ["list-libs"]).exits(0);
    let wanted = "shell.nix: packages\n  3  pkgs.python3                       a program\nshell.nix: buildInputs\n  5  zlib\n  6  (pkgs.libx11 or pkgs.xorg.libX11)\n  7  openssl\n\nthere is no environment yet: which of it wheels need is not known\n";
    assert_eq!(listed.stdout, wanted);
    let listed = venvfix(folder.path(), ["list-libs", "--format", "json"]).exits(0).json();
    assert_eq!(
        (&listed["schema"], &listed["file"], &listed["venv"]),
        (&json!(1), &json!("shell.nix"), &json!(null))
    );
    let wanted = json!({"spelling": "(pkgs.libx11 or pkgs.xorg.libX11)", "attribute": "libx11",
        "alternatives": ["xorg.libX11"], "list": "buildInputs", "line": 6, "column": 5, "kind": "library",
        "needed_by_wheels": null, "needs": []});
    assert_eq!(listed["elements"][2], wanted);
}

#[test]
fn wheels_that_need_an_element_are_named_beside_it() {
    let project = Project::new("zeta\n");
    super::support::wheel::make(project.wheels.path(), "zeta", &["--needs", "libz.so.1"]);
    project.folder.write("shell.nix", SHELL);
    project.enter().exits(0);
    let listed = venvfix(project.path(), ["list-libs"]).exits(0);
    listed.prints(&[
        "zlib                               needed by zeta 1.0",
        "openssl                            not needed by a wheel in .venv",
        "pkgs.python3                       a program",
        "may be used all the same: by a build from source",
    ]);
    let listed = venvfix(project.path(), ["list-libs", "--format=json"]).exits(0).json();
    let needs = json!([{"distribution": "zeta", "version": "1.0", "soname": "libz.so.1"}]);
    assert_eq!((&listed["elements"][1]["needs"], &listed["venv"]), (&needs, &json!(".venv")));
    assert_eq!(listed["elements"][3]["needed_by_wheels"], false);
}

#[test]
fn the_generated_shell_is_listed_in_the_laboratory() {
    let Some(lab) = Lab::get() else { return };
    let folder = super::story::project(lab, "numpy\n");
    lab.nix_shell(folder.path(), "true").exits(0);
    let listed = lab.venvfix(folder.path(), &["list-libs"]).exits(0);
    listed.prints(&[
        "venvfix           a program",
        "stdenv.cc.cc.lib  needed by numpy",
        "libxml2           not needed by a wheel",
    ]);
}

#[test]
fn a_file_with_no_shell_is_refused_and_one_in_odd_spelling_does_no_harm() {
    let folder = Folder::new();
    folder.write("shell.nix", "{ }\n");
    venvfix(folder.path(), ["list-libs"]).exits(3).says(&["found no list"]);
    folder.write(
        "shell.nix",
        "{ pkgs }: pkgs.mkShell { packages = [ (f \"\u{1b}[2J\n\n\u{202e}\") \"${pkgs.zlib}\" ]; }\n",
    );
    let listed = venvfix(folder.path(), ["list-libs"]).exits(0);
    assert!(!listed.stdout.contains(['\u{1b}', '\u{202e}']), "{}", listed.stdout);
    listed.prints(&["\"${pkgs.zlib}\"  not an attribute of nixpkgs by name"]);
}
