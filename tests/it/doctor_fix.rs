//! doctor --fix: what is sure is added in one edit, the rest is said, and the running shell has it at once.

use super::story;
use super::support::lab::Lab;
use super::support::nix;
use super::support::project::Project;
use super::support::{Ended, VENVFIX, wheel};

const SHELL: &str = "{ pkgs }:\npkgs.mkShell {\n  buildInputs = with pkgs; [ openssl ];\n}\n";

/// A project whose wheel needs these, entered.
fn needing(sonames: &str) -> Project {
    let project = Project::new("zeta\n");
    wheel::make(project.wheels.path(), "zeta", &["--needs", sonames]);
    project.folder.write("shell.nix", SHELL);
    project.enter().exits(0);
    project
}

/// As if the interpreter were of the Nix store, with nothing offered.
fn doctor(project: &Project, arguments: &[&str]) -> Ended {
    project.run(&[&[VENVFIX, "doctor", "--loader", "nix"], arguments].concat())
}

#[test]
fn all_that_is_sure_is_added_in_one_edit() {
    let project = needing("libz.so.1,libmagic.so.1,libX11.so.6");
    let fixed = doctor(&project, &["--fix"]).exits(0);
    let list = "[ openssl (pkgs.libx11 or pkgs.xorg.libX11) file zlib ]";
    let added = SHELL.replace("[ openssl ]", list);
    let line = format!("+  buildInputs = with pkgs; {list};");
    let fixed = fixed.prints(&["3 libraries are missing", "-  buildInputs = with pkgs; [ openssl ];", &line]);
    assert!(!fixed.stdout.contains("help: venvfix add-lib"), "{}", fixed.stdout);
    fixed.says(&[
        "added (pkgs.libx11 or pkgs.xorg.libX11) file zlib",
        "to `buildInputs` of `mkShell` (shell.nix:3:28)",
        "enter it again",
    ]);
    assert_eq!(project.folder.read("shell.nix"), added);
    // Not entered again, it is missing still, and nothing is added twice.
    doctor(&project, &["--fix"]).exits(0).says(&["shell.nix has zlib already", "enter it again"]);
    assert_eq!(project.folder.read("shell.nix"), added);
}

#[test]
fn a_dry_run_shows_the_change_and_exits_as_doctor_does() {
    let project = needing("libz.so.1");
    let shown = doctor(&project, &["--fix", "--dry-run"]).exits(1);
    shown.prints(&["+  buildInputs = with pkgs; [ openssl zlib ];"]).silent_about(&["added", "enter"]);
    assert_eq!(project.folder.read("shell.nix"), SHELL);
    doctor(&project, &["--dry-run"]).exits(2);
    doctor(&project, &["--fix", "--format", "json"]).exits(2);
}

#[test]
fn what_is_not_sure_is_said_and_left() {
    let project = needing("libz.so.1,libnobodyknows.so.7,libcuda.so.1");
    let fixed = doctor(&project, &["--fix"]).exits(1);
    fixed.says(&[
        "not done, since it is for you to decide or needs more than a library:",
        "libnobodyknows.so.7: no package of nixpkgs is known to have it",
        "libcuda.so.1: the graphics driver of the system brings it",
        "added zlib",
    ]);
    assert_eq!(project.folder.read("shell.nix"), SHELL.replace("[ openssl ]", "[ openssl zlib ]"));
    let project = needing("libnobodyknows.so.7");
    doctor(&project, &["--fix"]).exits(1).says(&["there is nothing to add to shell.nix"]);
    let project = needing("libc.so.6");
    doctor(&project, &["--fix"]).exits(0).silent_about(&["not done"]);
}

#[test]
fn of_several_shells_none_is_fixed_by_chance() {
    let project = needing("libz.so.1");
    let shells = "{ outputs = { nixpkgs, ... }: let pkgs = nixpkgs.legacyPackages.x86_64-linux; in { devShells.x86_64-linux = { cpu = pkgs.mkShell { packages = [ ]; }; gpu = pkgs.mkShell { packages = [ ]; }; }; }; }\n";
    std::fs::remove_file(project.folder.join("shell.nix")).unwrap();
    project.folder.write("flake.nix", shells);
    let refused = doctor(&project, &["--fix"]).exits(3);
    refused.says(&["more than one place", "help: venvfix add-lib zlib --shell NAME, or --at LINE"]);
    assert_eq!(project.folder.read("flake.nix"), shells);
}

#[test]
fn a_file_that_cannot_be_edited_is_left_as_it_is() {
    let project = needing("libz.so.1");
    for (text, message) in [
        ("{ }\n", "found no list"),
        ("# Do not edit!\n{ pkgs }: pkgs.mkShell { packages = [ ]; }\n", "made by a program"),
    ] {
        project.folder.write("shell.nix", text);
        doctor(&project, &["--fix"]).exits(3).says(&["error: ", message, "help: "]);
        assert_eq!(project.folder.read("shell.nix"), text);
    }
    std::fs::remove_file(project.folder.join("shell.nix")).unwrap();
    doctor(&project, &["--fix"])
        .exits(3)
        .says(&["there is no shell.nix", "help: write one with `venvfix init`"]);
}

#[test]
fn the_python_of_the_running_shell_has_what_was_added() {
    let Some(lab) = Lab::get() else { return };
    let folder = story::project(lab, "--no-index\n--find-links wheels\nodd\n");
    wheel::make(&folder.join("wheels"), "odd", &["--needs", "libmagic.so.1,libgthread-2.0.so.0"]);
    let script = "python -c 'import odd' && exit 9; venvfix doctor --fix || exit 8; python -c 'import odd; print(odd.__name__)'; venvfix doctor";
    let ended = lab.nix_shell(folder.path(), script);
    // doctor looks at what the shell offers as well, which has not changed.
    let ended = ended.exits(0).says(&[
        "libmagic.so.1: cannot open shared object file",
        "the Python of this shell has it now; no error is left",
    ]);
    assert!(ended.stdout.contains("\nodd\n"), "{}", ended.stdout);
    lab.nix_shell(folder.path(), "python -c 'import odd'").exits(0);
}

#[test]
fn the_running_shell_of_mk_venv_shell_has_it_too() {
    let Some(project) = nix::Project::new("pkgs.mkVenvShell {\n  libraries = [ ];\n}") else { return };
    wheel::make(&project.folder.join("wheels"), "odd", &["--needs", "libmagic.so.1"]);
    let script = "python -c 'import odd' && exit 9; venvfix doctor --fix && python -c 'import odd'";
    project.enter(script).exits(0).says(&["added pkgs.file to `libraries` of `mkVenvShell`", "has it now"]);
}

#[test]
fn what_cannot_be_built_for_the_running_shell_waits_for_the_next() {
    let Some(lab) = Lab::get() else { return };
    let folder = story::project(lab, "--no-index\n--find-links wheels\nodd\n");
    wheel::make(&folder.join("wheels"), "odd", &["--needs", "libmagic.so.1"]);
    let before = folder.read("shell.nix");
    for script in [
        "venvfix --offline doctor --fix",
        "PATH=${PATH//\\/run\\/current-system\\/sw\\/bin/} venvfix doctor --fix",
        // Changed by hand, and not entered since: more than was asked for would be built.
        "sed -i 's/libxml2/libxml2 libGL cairo/' shell.nix; venvfix doctor --fix",
        // Now it needs an argument that nix-shell was given.
        "sed -i 's/^{$/{ x,/' shell.nix; venvfix doctor --fix",
    ] {
        folder.write("shell.nix", &before);
        lab.nix_shell(folder.path(), script).exits(0).says(&["help: leave the shell and enter it again"]);
        assert!(folder.read("shell.nix").contains("    file\n"), "{script}");
    }
    folder.write("shell.nix", &before);
    lab.nix_shell(folder.path(), "venvfix doctor --fix").exits(0).says(&["has it now"]);
}
