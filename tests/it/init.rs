//! init writes the files of a shell, never over others; and converts a shell.nix once its owner agrees. The
//! conversions themselves are tested in `convert`.

use std::path::Path;

use super::support::{Ended, Folder, VENVFIX, cannot_run, command, venvfix};

const OLD: &str = "{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  venvDir = \".venv\";
  packages = [ pkgs.python3 pkgs.python3Packages.venvShellHook ];
  postVenvCreation = \"pip install -r requirements.txt -r dev.txt\";
}
";

#[test]
fn it_writes_a_file_that_parses_and_refuses_to_overwrite() {
    let folder = Folder::new();
    folder.write("requirements.txt", "numpy\n");
    venvfix(folder.path(), ["init"]).exits(0).says(&["wrote", "help: nix-shell"]);
    let text = folder.read("shell.nix");
    for part in
        ["stdenv.cc.cc.lib", "openssl", "zlib", "libxml2", "pkgs.python3", "venvfix: libraries", VENVFIX]
    {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    assert!(!text.contains("LD_LIBRARY_PATH"));
    folder.write("shell.nix", "mine");
    venvfix(folder.path(), ["init"]).exits(3).says(&["is there already", "--force"]);
    assert_eq!(folder.read("shell.nix"), "mine");
    venvfix(folder.path(), ["init", "--force"]).exits(0);
    assert_eq!(folder.read("shell.nix"), text);
}

#[test]
fn the_source_may_be_a_program_a_checkout_or_a_url() {
    let folder = Folder::new();
    let checkout = env!("CARGO_MANIFEST_DIR");
    for (source, wanted) in [
        (VENVFIX, format!("program = \"{VENVFIX}\"")),
        (checkout, format!("import (/. + \"{checkout}/nix\") {{ inherit pkgs; }}")),
        ("https://example.org/v.tar.gz", "fetchTarball \"https://example.org/v.tar.gz\"".into()),
    ] {
        venvfix(folder.path(), ["init", "--force", "--source", source]).exits(0);
        let text = folder.read("shell.nix");
        assert!(text.contains(&wanted) && !text.contains("pkgs.venvfix or"), "{text}");
    }
    venvfix(folder.path(), ["init", "--force", "--source", "/etc"])
        .exits(2)
        .says(&["neither a program nor a checkout"]);
    venvfix(folder.path(), ["init", "--force", "--source", "./none"]).exits(3).says(&["./none"]);
}

#[test]
fn a_conversion_is_shown_and_without_a_terminal_only_written_with_yes() {
    let folder = Folder::new();
    folder.write("requirements.txt", "");
    folder.write("shell.nix", OLD);
    let shown = venvfix(folder.path(), ["init"]).exits(3);
    let shown = shown.says(&["not changed: there is no terminal", "help: venvfix init --yes"]);
    shown.prints(&[
        "-  packages = [ pkgs.python3 pkgs.python3Packages.venvShellHook ];",
        "+  packages = [ pkgs.python3 venvfixShellHook ];",
        "+requirements = [\"requirements.txt\", \"dev.txt\"]",
    ]);
    assert_eq!(folder.read("shell.nix"), OLD);
    assert!(!folder.join("venvfix.toml").exists() && !folder.join("shell.nix.orig").exists());

    let done = venvfix(folder.path(), ["init", "--yes"]).exits(0);
    done.says(&["kept as", "shell.nix.orig", "converted", "help: nix-shell"]);
    assert_eq!(folder.read("shell.nix.orig"), OLD);
    assert_eq!(folder.read("venvfix.toml"), "requirements = [\"requirements.txt\", \"dev.txt\"]\n");
    let new = folder.read("shell.nix");
    assert!(new.contains("venvfixShellHook") && new.contains(VENVFIX), "{new}");
    for option in ["--yes", "--quiet"] {
        venvfix(folder.path(), ["init", option]).exits(3).says(&["uses venvfix already (line"]);
        assert_eq!(folder.read("shell.nix"), new);
    }
}

/// Types an answer on a terminal of its own.
fn answered(folder: &Folder, answer: &str) -> Option<Ended> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/support/terminal.py");
    let mut run = command("python3", folder.path());
    run.arg(script).args(["--expect", "[y/N] ", "--send", answer, "--", VENVFIX, "init"]);
    match run.output() {
        Ok(output) => Some(output.into()),
        Err(_) => {
            cannot_run("python3 is not installed");
            None
        }
    }
}

#[test]
fn at_a_terminal_it_asks_and_takes_nothing_for_granted() {
    let folder = Folder::new();
    for answer in ["\n", "n\n", "what\n", "\u{4}"] {
        folder.write("shell.nix", OLD);
        let Some(ended) = answered(&folder, answer) else { return };
        let ended = ended.exits(0);
        assert!(ended.stdout.contains("nothing is changed"), "{answer:?} {ended:?}");
        assert_eq!(folder.read("shell.nix"), OLD, "{answer:?}");
    }
    for answer in ["y\n", "Yes\n"] {
        folder.write("shell.nix", OLD);
        let Some(ended) = answered(&folder, answer) else { return };
        ended.exits(0);
        assert!(folder.read("shell.nix").contains("venvfixShellHook"), "{answer:?}");
    }
}

#[test]
fn what_is_not_surely_understood_is_refused_with_what_to_write() {
    let folder = Folder::new();
    let hostile =
        "{ pkgs }: pkgs.mkShell { shellHook = \"python -m venv \\$X\u{1b}[2J/y\"; packages = [ ]; }";
    for (text, says) in [
        ("{ pkgs }: pkgs.mkShell { packages = [ pkgs.python3 ]; }", "makes no virtual environment"),
        (hostile, "1:39: this is for a virtual environment, and not certain to be understood"),
        ("{ pkgs }: (pkgs.python3.withPackages (p: [ ])).env", "is made by `pkgs.python3.withPackages`"),
        ("{ pkgs }: [", "could not read the file as Nix"),
    ] {
        folder.write("shell.nix", text);
        let ended = venvfix(folder.path(), ["init", "--yes"]).exits(3);
        let ended = ended.says(&["is there already, and is not converted: ", says, "--force"]);
        let ended =
            ended.says(&["VENVFIX_PROJECT = toString ./.;", "eval \"$(venvfix hook bash)\"", VENVFIX]);
        assert!(!ended.stderr.contains('\u{1b}') && ended.stdout.is_empty(), "{ended:?}");
        assert_eq!(folder.read("shell.nix"), text);
    }
    folder.write("shell.nix", [0xff, b'x']);
    venvfix(folder.path(), ["init", "--yes"]).exits(3).says(&["could not read"]);
}

#[test]
fn a_default_nix_is_converted_if_it_is_a_shell_and_else_left_alone() {
    let folder = Folder::new();
    folder.write("requirements.txt", "");
    folder.write("dev.txt", "");
    folder.write("default.nix", OLD);
    venvfix(folder.path(), ["init", "--yes"]).exits(0).says(&["converted", "default.nix"]);
    assert!(!folder.join("shell.nix").exists());

    let package = "{ pkgs }: pkgs.python3Packages.buildPythonPackage { src = ./.; }";
    folder.write("default.nix", package);
    venvfix(folder.path(), ["init"]).exits(0).says(&["wrote"]);
    assert_eq!(folder.read("default.nix"), package);
    assert!(folder.join("shell.nix").exists());
}

#[test]
fn a_flake_with_such_a_shell_is_converted_and_takes_nothing_from_outside() {
    let folder = Folder::new();
    folder.write("requirements.txt", "");
    folder.write("dev.txt", "");
    let shell = OLD.split_once(":\n").unwrap().1.trim_end();
    let flake = format!(
        "{{\n  outputs = {{ self, nixpkgs }}: let pkgs = nixpkgs.legacyPackages.x86_64-linux; in {{\n    \
         devShells.x86_64-linux.default = {shell};\n  }};\n}}\n"
    );
    folder.write("flake.nix", &flake);
    venvfix(folder.path(), ["init", "--yes", "--source", env!("CARGO_MANIFEST_DIR")])
        .exits(2)
        .says(&["has it as an input", "venvfixShellHook"]);
    assert_eq!(folder.read("flake.nix"), flake);
    venvfix(folder.path(), ["init", "--yes"]).exits(0).says(&["converted", "flake.nix", "help: nix develop"]);
    let text = folder.read("flake.nix");
    assert!(text.contains("venvfixShellHook or (") && !text.contains("storePath"), "{text}");
    assert!(!folder.join("shell.nix").exists());

    // Also beside a default.nix of something else.
    folder.write("flake.nix", &flake);
    folder.write("default.nix", "{ }: 1");
    venvfix(folder.path(), ["init", "--yes"]).exits(0).says(&["converted", "flake.nix"]);

    // A flake of something else leaves room for a shell.nix.
    folder.write("flake.nix", "{ outputs = { self }: { }; }");
    venvfix(folder.path(), ["init"]).exits(0).says(&["wrote", "shell.nix"]);
}

#[test]
fn an_old_file_is_kept_unless_git_has_it() {
    let folder = Folder::new();
    let git = |arguments: &[&str]| {
        let mut git = command("git", folder.path());
        git.args(["-c", "user.name=A", "-c", "user.email=a@example.org"]).args(arguments).output()
    };
    if git(&["init", "-q"]).is_err() {
        return cannot_run("git is not installed");
    }
    let kept = |number: &str| folder.join(format!("shell.nix.orig{number}"));
    folder.write("shell.nix", OLD);
    folder.write("dev.txt", "");
    git(&["add", "shell.nix"]).unwrap();
    venvfix(folder.path(), ["init", "--yes"]).exits(0).says(&["shell.nix.orig"]);
    assert!(kept("").exists());

    folder.write("shell.nix", OLD);
    assert!(git(&["commit", "-qm", "all", "shell.nix"]).unwrap().status.success());
    venvfix(folder.path(), ["init", "--yes"]).exits(0).silent_about(&["kept"]);
    // Now it differs from what is committed.
    let forced = venvfix(folder.path(), ["init", "--force"]).exits(0).says(&["shell.nix.orig.1"]);
    forced.says(&["warning: requirements names a file that is not there: requirements.txt"]);
    assert!(kept(".1").exists() && !kept(".2").exists());
}

#[test]
fn a_flake_and_an_envrc_are_written_once() {
    let folder = Folder::new();
    let written = venvfix(folder.path(), ["init", "--flake", "--python", "3.12"]).exits(0);
    written.says(&["wrote", "flake.nix", "help: nix develop"]);
    let flake = folder.read("flake.nix");
    assert!(flake.contains("pkgs.python312") && flake.contains(VENVFIX), "{flake}");
    assert!(!folder.join("shell.nix").exists());
    venvfix(folder.path(), ["init", "--flake"]).exits(3).says(&["flake.nix is there already", "--force"]);

    // Where the shell is there, only the .envrc is missing.
    venvfix(folder.path(), ["init", "--envrc"]).exits(0).says(&[".envrc", "help: direnv allow"]);
    assert!(folder.read(".envrc").ends_with("use flake\n") && !folder.join("shell.nix").exists());
    venvfix(folder.path(), ["init", "--envrc"]).exits(3).says(&[".envrc is there already"]);
    assert_eq!(folder.read("flake.nix"), flake);

    let folder = Folder::new();
    venvfix(folder.path(), ["init", "--envrc"]).exits(0).says(&["shell.nix", ".envrc"]);
    assert!(folder.read(".envrc").ends_with("use nix\n"));
    folder.write("shell.nix", "mine");
    std::fs::remove_file(folder.join(".envrc")).unwrap();
    venvfix(folder.path(), ["init", "--envrc"]).exits(0);
    assert_eq!(folder.read("shell.nix"), "mine");
}

#[test]
fn a_flake_takes_venvfix_from_an_input_where_the_source_is_one() {
    let folder = Folder::new();
    let checkout = env!("CARGO_MANIFEST_DIR");
    for (source, url) in [
        ("github:example/venvfix?dir=nix", "github:example/venvfix?dir=nix".to_owned()),
        ("https://example.org/v.tar.gz", "https://example.org/v.tar.gz?dir=nix".to_owned()),
        (checkout, format!("git+file://{checkout}?dir=nix")),
    ] {
        venvfix(folder.path(), ["init", "--flake", "--force", "--source", source]).exits(0);
        let text = folder.read("flake.nix");
        for part in
            [&format!("url = \"{url}\";"), "{ nixpkgs, venvfix, ... }:", "venvfix.packages.${system}.default"]
        {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
    // The flake that is there is one with venvfix.
    venvfix(folder.path(), ["init"]).exits(3).says(&["flake.nix is there already", "uses venvfix already"]);
    let folder = Folder::new();
    venvfix(folder.path(), ["init", "--source", "github:example/venvfix"])
        .exits(2)
        .says(&["cannot take venvfix from a flake reference"]);
    venvfix(folder.path(), ["init", "--python", "two"])
        .exits(2)
        .says(&["no version of Python 3", "--python 3.12"]);
}

#[test]
fn what_the_projects_files_ask_for_is_in_the_shell() {
    let folder = Folder::new();
    folder.write("uv.lock", "version = 1\n[[package]]\nname = \"python-magic\"\n");
    folder.write("pyproject.toml", "[project]\nname = \"x\"\nrequires-python = \">=3.11,<3.13\"\n");
    venvfix(folder.path(), ["init"]).exits(0);
    let text = folder.read("shell.nix");
    for part in [
        "pkgs.python312 # requires-python is >=3.11,<3.13",
        "# installs uv.lock\n    pkgs.uv",
        "# python-magic\n    file",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }

    // requirements.txt comes first, and what it includes counts.
    folder.write("requirements.txt", "-r more.txt\n");
    folder.write("more.txt", "psycopg2\n");
    folder.write(".python-version", "3.11.9\n");
    venvfix(folder.path(), ["init", "--force"]).exits(0);
    let text = folder.read("shell.nix");
    assert!(text.contains("pkgs.python311 # as .python-version says") && !text.contains("pkgs.uv"), "{text}");
    assert!(text.contains("# psycopg2\n    (pkgs.libpq or pkgs.postgresql.lib)"), "{text}");
    assert!(text.contains("# psycopg2\n    (pkgs.libpq.pg_config or "), "{text}");
}

#[test]
fn locks_of_other_tools_are_named_with_a_way_out() {
    let folder = Folder::new();
    folder.write("poetry.lock", "");
    folder.write("pyproject.toml", "[tool.poetry.dependencies]\npython = \"^3.9\"\n[build-system]\n");
    venvfix(folder.path(), ["init"]).exits(0).says(&["poetry.lock is not read", "poetry export"]);
}

#[test]
fn the_hook_for_setup_hooks_is_bash_and_knows_no_release_of_its_own() {
    let folder = Folder::new();
    let hook = venvfix(folder.path(), ["hook", "nix"]).exits(0).stdout;
    assert!(
        hook.contains("venvfixShellHook()") && hook.contains(VENVFIX) && !hook.contains("@release@"),
        "{hook}"
    );
    let script =
        "postHooks=(); eval \"$1\"; printf %s \"$VENVFIX_NIXPKGS_RELEASE\"; declare -F venvfix-enter";
    let mut bash = command("bash", folder.path());
    bash.args(["--norc", "-uc", script, "bash", &hook]).env("VENVFIX_NIXPKGS_RELEASE", "25.05");
    let ended: Ended = bash.output().unwrap().into();
    assert_eq!(ended.exits(0).stdout, "25.05venvfix-enter\n");
}
