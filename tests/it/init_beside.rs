//! init among the files that a project has already.

use super::support::{Folder, venvfix};

#[test]
fn a_source_that_cannot_be_executed_is_no_program() {
    let folder = Folder::new();
    folder.write("text", "root:x:0:0\n");
    venvfix(folder.path(), ["init", "--source", "text"]).exits(2).says(&["is no program"]);
    assert!(!folder.join("shell.nix").exists());
}

#[test]
fn a_lock_or_settings_that_say_what_to_install_need_no_requirements_txt() {
    for (name, text) in [
        ("uv.lock", "version = 1\n"),
        ("pylock.toml", "lock-version = '1.0'\n"),
        ("pyproject.toml", "[project]\nname = 'x'\n"),
        ("venvfix.toml", "requirements = ['dev.txt']\n"),
    ] {
        let folder = Folder::new();
        folder.write("dev.txt", "");
        folder.write(name, text);
        venvfix(folder.path(), ["init"]).exits(0).says(&["wrote"]).silent_about(&["no requirements.txt yet"]);
    }
    let folder = Folder::new();
    venvfix(folder.path(), ["init"]).exits(0).says(&["there is no requirements.txt yet"]);
}

#[test]
fn a_python_that_is_not_to_be_had_or_not_wanted_is_a_warning() {
    let folder = Folder::new();
    folder.write("pyproject.toml", "[project]\nname = 'x'\nrequires-python = '>=3.11'\n");
    venvfix(folder.path(), ["init", "--python", "3.99"])
        .exits(0)
        .says(&["warning: this nixpkgs is not known to have python399"]);
    venvfix(folder.path(), ["init", "--force", "--python", "3.9"])
        .exits(0)
        .says(&["requires-python is >=3.11, and not 3.9"]);
    folder.write(".python-version", "pypy3.10\n");
    venvfix(folder.path(), ["init", "--force"]).exits(0).says(&["warning: .python-version names pypy3.10"]);
}

/// A shell with a virtual environment, and one without.
const VENV: &str = "pkgs.mkShell { packages = [ pkgs.python3 pkgs.python3Packages.venvShellHook ]; }";
const PLAIN: &str = "pkgs.mkShell { packages = [ pkgs.python3 ]; }";

fn flake(shell: &str) -> String {
    format!(
        "{{\n  outputs = {{ nixpkgs, ... }}: let pkgs = nixpkgs.legacyPackages.x86_64-linux; in {{\n    \
         devShells.x86_64-linux.default = {shell};\n  }};\n}}\n"
    )
}

fn shell(shell: &str) -> String {
    format!("{{ pkgs ? import <nixpkgs> {{ }} }}:\n{shell}\n")
}

#[test]
fn init_of_a_flake_converts_the_one_that_is_there() {
    let folder = Folder::new();
    folder.write("flake.nix", flake(VENV));
    // Which is not asked for.
    folder.write("shell.nix", shell(VENV));
    let ended = venvfix(folder.path(), ["init", "--flake", "--yes"]).exits(0);
    ended.says(&["converted", "flake.nix", "help: nix develop"]);
    assert!(folder.read("flake.nix").contains("venvfixShellHook"));
    assert_eq!(folder.read("shell.nix"), shell(VENV));

    folder.write("flake.nix", flake(PLAIN));
    venvfix(folder.path(), ["init", "--flake", "--yes"])
        .exits(3)
        .says(&["flake.nix is there already", "makes no virtual environment", "--file flake.nix", "--force"])
        .silent_about(&["VENVFIX_PROJECT"]);
    assert_eq!(folder.read("flake.nix"), flake(PLAIN));
}

#[test]
fn a_python_that_is_named_is_not_ignored_by_a_conversion() {
    for (name, text) in [("shell.nix", shell(VENV)), ("flake.nix", flake(VENV))] {
        let folder = Folder::new();
        folder.write(name, &text);
        let ended = venvfix(folder.path(), ["init", "--yes", "--python", "3.12"]).exits(2);
        ended.says(&["--python is for a new file", &format!("write python312 into {name} by hand")]);
        assert_eq!(folder.read(name), text);
    }
}

#[test]
fn shells_of_other_files_are_mentioned_when_shell_nix_is_written_beside_them() {
    for (name, text) in [
        ("flake.nix", flake(PLAIN)),
        ("default.nix", shell(PLAIN)),
        ("devenv.nix", "{ pkgs, ... }: { packages = [ ]; }".to_owned()),
    ] {
        let folder = Folder::new();
        folder.write(name, &text);
        let ended = venvfix(folder.path(), ["init"]).exits(0);
        ended.says(&["wrote", &format!("{name} has a shell as well"), "add-lib` edits shell.nix"]);
        assert_eq!(folder.read(name), text);
    }
    let folder = Folder::new();
    folder.write("flake.nix", "{ outputs = { self }: { }; }");
    venvfix(folder.path(), ["init"]).exits(0).says(&["wrote"]).silent_about(&["as well"]);
}

#[test]
fn a_file_above_that_could_be_converted_is_mentioned() {
    let folder = Folder::new();
    folder.write("shell.nix", shell(VENV));
    folder.write("a/b/requirements.txt", "");
    venvfix(&folder.join("a/b"), ["init"]).exits(0).says(&[
        "could be converted instead",
        "shell.nix",
        "wrote",
    ]);
    // Of another repository.
    folder.write("a/.git/HEAD", "");
    venvfix(&folder.join("a/b"), ["init", "--force"]).exits(0).silent_about(&["instead"]);
}

#[test]
fn the_file_that_the_settings_name_is_written_and_converted() {
    let folder = Folder::new();
    folder.write("venvfix.toml", "nix-file = \"x y.nix\"\n");
    folder.write("requirements.txt", "");
    let ended = venvfix(folder.path(), ["init", "--envrc"]).exits(0);
    ended.says(&["wrote", "x y.nix", "direnv allow"]);
    assert!(folder.read(".envrc").ends_with("use nix 'x y.nix'\n") && !folder.join("shell.nix").exists());
    venvfix(folder.path(), ["add-lib", "zlib-ng", "--offline"]).exits(0);
    assert!(folder.read("x y.nix").contains("zlib-ng"));
    venvfix(folder.path(), ["init"]).exits(3).says(&["x y.nix is there already", "uses venvfix already"]);

    folder.write("x y.nix", shell(VENV));
    let ended = venvfix(folder.path(), ["init", "--yes"]).exits(0);
    ended.says(&["converted", "x y.nix", "help: nix-shell 'x y.nix'"]);
    assert!(folder.read("x y.nix").contains("venvfixShellHook"));

    venvfix(folder.path(), ["init", "--flake"]).exits(2).says(&["nix-file of the settings is x y.nix"]);
    folder.write("venvfix.toml", "nix-file = \"flake.nix\"\n");
    venvfix(folder.path(), ["init"]).exits(0).says(&["wrote", "flake.nix", "help: nix develop"]);
    folder.write("venvfix.toml", "nix-file = \"nix/shell.nix\"\n");
    venvfix(folder.path(), ["init"]).exits(2).says(&["nix/shell.nix, which init does not write"]);
}
