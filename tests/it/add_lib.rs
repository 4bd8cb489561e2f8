//! add-lib as typed; the edits themselves are tested in `nixfile`.

use std::os::unix::fs::PermissionsExt;

use super::support::{Ended, Folder, VENVFIX, command, venvfix};

const SHELL: &str = "{ pkgs }:\npkgs.mkShell {\n  buildInputs = with pkgs; [ zlib ];\n}\n";

fn project() -> Folder {
    let folder = Folder::new();
    folder.write("shell.nix", SHELL);
    folder
}

#[test]
fn sonames_attributes_and_packages_are_added_once() {
    let folder = project();
    let added = venvfix(folder.path(), ["add-lib", "libgthread-2.0.so.0", "libGL", "python-magic"]).exits(0);
    added.says(&["added glib libGL file to `buildInputs` of `mkShell` (shell.nix:3:28)", "enter it again"]);
    assert_eq!(folder.read("shell.nix"), SHELL.replace("[ zlib ]", "[ zlib glib libGL file ]"));
    let again = venvfix(folder.path(), ["add-lib", "glib", "libz.so.1"]).exits(0);
    again.says(&["shell.nix has glib already", "shell.nix has zlib already"]);
    assert_eq!(folder.read("shell.nix"), SHELL.replace("[ zlib ]", "[ zlib glib libGL file ]"));
}

#[test]
fn a_dry_run_shows_the_change_and_writes_nothing() {
    let folder = project();
    let shown = venvfix(folder.path(), ["add-lib", "--dry-run", "libx11"]).exits(0);
    shown.prints(&[
        "-  buildInputs = with pkgs; [ zlib ];",
        "+  buildInputs = with pkgs; [ zlib (pkgs.libx11 or pkgs.xorg.libX11) ];",
    ]);
    assert_eq!(folder.read("shell.nix"), SHELL);
}

#[test]
fn what_cannot_be_added_is_named_with_the_way_out() {
    let folder = project();
    let cases = [
        (&["libgl"][..], 2, "did you mean libGL?"),
        (&["libcuda.so.1"], 2, "comes with the graphics driver"),
        (&["libnobodyknows.so.7"], 2, "no library is known as"),
        (&["$(touch x)"], 2, "name an attribute of nixpkgs"),
        (&["zstd", "--file", "none.nix"], 3, "there is no none.nix"),
        (&["zstd", "--file", "."], 3, "not a regular file"),
    ];
    for (arguments, code, message) in cases {
        venvfix(folder.path(), [&["add-lib"], arguments].concat()).exits(code).says(&[message, "error"]);
        assert_eq!(folder.read("shell.nix"), SHELL);
    }
    venvfix(folder.path(), ["add-lib", "some-package"])
        .exits(0)
        .says(&["is in no table of venvfix, and taken as written"]);
}

#[test]
fn a_file_that_does_not_parse_or_is_ambiguous_is_refused_with_line_and_column() {
    let folder = Folder::new();
    folder.write("shell.nix", "{ pkgs }:\npkgs.mkShell {\n  buildInputs = [ ;\n}\n");
    venvfix(folder.path(), ["add-lib", "zlib"])
        .exits(3)
        .says(&["shell.nix: could not read the file as Nix", "3:"]);
    folder.write("shell.nix", "{ pkgs }: pkgs.mkShell {\n  # venvfix: libraries\n  buildInputs = [ ];\n  # venvfix: libraries\n  packages = [ ];\n}\n");
    venvfix(folder.path(), ["add-lib", "zlib"]).exits(3).says(&["more than one place", "3:17", "5:14"]);
}

#[test]
fn a_read_only_file_stays_and_says_so() {
    let folder = project();
    std::fs::set_permissions(folder.join("shell.nix"), std::fs::Permissions::from_mode(0o444)).unwrap();
    venvfix(folder.path(), ["add-lib", "libGL"])
        .exits(3)
        .says(&["shell.nix: it is read-only", "help: chmod u+w "]);
    assert_eq!(folder.read("shell.nix"), SHELL);
}

#[test]
fn a_project_with_a_flake_alone_is_edited_there() {
    let folder = Folder::new();
    let text = "{\n  outputs = { nixpkgs, ... }: let pkgs = nixpkgs.legacyPackages.x86_64-linux; in {\n    devShells.x86_64-linux.default = pkgs.mkShell {\n      packages = [ pkgs.python3 ];\n    };\n  };\n}\n";
    folder.write("flake.nix", text);
    venvfix(folder.path(), ["add-lib", "zlib"]).exits(0).says(&["flake.nix:4:"]);
    assert_eq!(folder.read("flake.nix"), text.replace("pkgs.python3 ]", "pkgs.python3 pkgs.zlib ]"));
}

#[test]
fn escape_sequences_of_the_file_do_not_reach_the_terminal() {
    let folder = Folder::new();
    folder.write("shell.nix", "# \u{1b}[2J\n{ pkgs }:\npkgs.mkShell { buildInputs = [ ]; }\n");
    let shown = venvfix(folder.path(), ["add-lib", "--dry-run", "zlib"]).exits(0);
    assert!(!shown.stdout.contains('\u{1b}'));
}

/// A lock of a time when X11's libraries were in a set of their own.
const LOCK: &str = r#"{"root": "root", "nodes": {"root": {"inputs": {"nixpkgs": "n"}},
    "n": {"original": {"ref": "nixos-25.05"}, "locked": {"lastModified": 0}}}}"#;

#[test]
fn a_pinned_flake_gets_the_path_that_holds_there() {
    let folder = Folder::new();
    let text = "{\n  outputs = { nixpkgs, ... }: let pkgs = nixpkgs.legacyPackages.x86_64-linux; in {\n    devShells.x86_64-linux.default = pkgs.mkShell {\n      packages = [ pkgs.python3 ];\n    };\n  };\n}\n";
    folder.write("flake.nix", text);
    folder.write("flake.lock", LOCK);
    venvfix(folder.path(), ["add-lib", "libX11.so.6", "libIL.so.1"]).exits(0);
    let edited = text.replace("pkgs.python3 ]", "pkgs.python3 pkgs.xorg.libX11 pkgs.libdevil ]");
    assert_eq!(folder.read("flake.nix"), edited);
    venvfix(folder.path(), ["add-lib", "libx11"]).exits(0).says(&["has pkgs.xorg.libX11 already"]);
    assert_eq!(folder.read("flake.nix"), edited);
}

#[test]
fn a_shell_that_follows_its_channel_gets_a_choice_even_where_the_release_is_known() {
    let folder = project();
    let mut run = command(VENVFIX, folder.path());
    run.env("VENVFIX_NIXPKGS_RELEASE", "25.05").args(["add-lib", "libx11"]);
    Ended::from(run.output().unwrap()).exits(0);
    let choice = "[ zlib (pkgs.libx11 or pkgs.xorg.libX11) ]";
    assert_eq!(folder.read("shell.nix"), SHELL.replace("[ zlib ]", choice));
}

#[test]
fn a_shell_that_names_its_branch_gets_the_path_that_holds_there() {
    let folder = project();
    let pinned = SHELL.replace("{ pkgs }", "{ pkgs ? import (fetchTarball \"channel:nixos-25.05\") { } }");
    folder.write("shell.nix", &pinned);
    venvfix(folder.path(), ["add-lib", "libX11.so.6", "tkinter"]).exits(0);
    let plain = "[ zlib xorg.libX11 python3Packages.tkinter ]";
    assert_eq!(folder.read("shell.nix"), pinned.replace("[ zlib ]", plain));
    venvfix(folder.path(), ["add-lib", "_ctypes"]).exits(2).says(&["nothing to add for '_ctypes'", "libffi"]);
}

#[test]
fn what_only_later_releases_have_is_refused_with_what_to_do() {
    let folder = project();
    let add = |release| {
        let mut run = command(VENVFIX, folder.path());
        run.env("VENVFIX_NIXPKGS_RELEASE", release).args(["add-lib", "--dry-run", "libavcodec.so.62"]);
        Ended::from(run.output().unwrap())
    };
    add("25.05").exits(2).says(&["from 25.11 on, in ffmpeg", "this is 25.05", "--no-binary"]);
    add("25.11").exits(0).prints(&["ffmpeg"]);
}

#[test]
fn what_nixpkgs_refuses_is_added_with_a_warning() {
    let folder = project();
    let added = venvfix(folder.path(), ["add-lib", "libssl.so.1.1"]).exits(0);
    added.says(&["openssl_1_1 is marked insecure", "permittedInsecurePackages"]);
    assert_eq!(folder.read("shell.nix"), SHELL.replace("[ zlib ]", "[ zlib openssl_1_1 ]"));
}

#[test]
fn a_file_that_takes_its_shell_from_another_is_followed_there() {
    let folder = Folder::new();
    folder.write("shell.nix", "(import ./nix { }).shell\n");
    folder.write("nix/default.nix", "{ shell = import ./dev.nix { pkgs = import <nixpkgs> { }; }; }\n");
    folder.write("nix/dev.nix", SHELL);
    let added = venvfix(folder.path(), ["add-lib", "libGL"]).exits(0);
    added.says(&["shell.nix has no list for a library, nix/dev.nix has", "(nix/dev.nix:3:28)"]);
    assert_eq!(folder.read("nix/dev.nix"), SHELL.replace("[ zlib ]", "[ zlib libGL ]"));
    // A file that the user names is the one.
    venvfix(folder.path(), ["add-lib", "xz", "--file", "shell.nix"]).exits(3).says(&["--file ./nix"]);
}

#[test]
fn a_module_of_devenv_is_found_where_there_is_no_other_file() {
    let folder = Folder::new();
    let text = "{ pkgs, ... }:\n{\n  packages = [ pkgs.git ];\n  languages.python.enable = true;\n}\n";
    folder.write("devenv.nix", text);
    venvfix(folder.path(), ["add-lib", "zlib"])
        .exits(0)
        .says(&["`packages` of the module (devenv.nix:3:14)"]);
    assert_eq!(folder.read("devenv.nix"), text.replace("pkgs.git", "pkgs.git pkgs.zlib"));
}

const TWO_SHELLS: &str = "{
  outputs = { nixpkgs, ... }: let pkgs = nixpkgs.legacyPackages.x86_64-linux; in {
    devShells.x86_64-linux.cpu = pkgs.mkShell { packages = [ pkgs.uv ]; };
    devShells.x86_64-linux.gpu = pkgs.mkShell {
      packages = [ pkgs.uv ]; buildInputs = [ ];
    };
  };
}
";

#[test]
fn one_of_several_shells_is_chosen_by_name_or_place() {
    let edited = |arguments: &[&str]| {
        let folder = Folder::new();
        folder.write("flake.nix", TWO_SHELLS);
        venvfix(folder.path(), [&["add-lib", "zlib"], arguments].concat()).exits(0);
        folder.read("flake.nix")
    };
    let cpu = TWO_SHELLS.replacen("[ pkgs.uv ]", "[ pkgs.uv pkgs.zlib ]", 1);
    let gpu = TWO_SHELLS.replace("buildInputs = [ ]", "buildInputs = [ pkgs.zlib ]");
    let packages = TWO_SHELLS.replace("[ pkgs.uv ]; buildInputs", "[ pkgs.uv pkgs.zlib ]; buildInputs");
    assert_eq!(edited(&["--shell", "cpu"]), cpu);
    assert_eq!(edited(&["--shell", "gpu"]), gpu);
    assert_eq!(edited(&["--at", "3:34"]), cpu);
    assert_eq!(edited(&["--at", "3"]), cpu);
    assert_eq!(edited(&["--at", "4"]), gpu);
    assert_eq!(edited(&["--at", "5:18"]), packages);
}

#[test]
fn a_choice_that_is_none_says_what_there_is() {
    let folder = Folder::new();
    folder.write("flake.nix", TWO_SHELLS);
    for (arguments, code, message) in [
        (&[][..], 3, "help: choose one by `--shell NAME`, by its place (`--at 3:34`)"),
        (&["--shell", "tpu"], 3, "help: its shells are cpu, gpu"),
        (&["--at", "5"], 3, "5:45: the list `buildInputs`"),
        (&["--at", "1"], 3, "1:1: what --at names is not where a list or a shell begins"),
        (&["--at", "x"], 2, "not a line, or a line and a column"),
    ] {
        venvfix(folder.path(), [&["add-lib", "zlib"], arguments].concat()).exits(code).says(&[message]);
        assert_eq!(folder.read("flake.nix"), TWO_SHELLS);
    }
}

#[test]
fn a_slip_of_the_pen_is_refused_and_another_version_is_not() {
    let folder = project();
    venvfix(folder.path(), ["add-lib", "--offline", "libGLL"])
        .exits(2)
        .says(&["nixpkgs is not known to have libGLL", "did you mean libGL"]);
    assert_eq!(folder.read("shell.nix"), SHELL);
    venvfix(folder.path(), ["add-lib", "--offline", "openssl_9_9"]).exits(0).says(&["taken as written"]);
}

#[test]
fn an_argument_that_the_file_must_ask_for_is_said() {
    let folder = Folder::new();
    folder.write("shell.nix", "{ mkShell, zlib }:\nmkShell { buildInputs = [ zlib ]; }\n");
    venvfix(folder.path(), ["add-lib", "libGL"]).exits(0).says(&["asks for libGL now"]);
    let edited = "{ mkShell, zlib, libGL }:\nmkShell { buildInputs = [ zlib libGL ]; }\n";
    assert_eq!(folder.read("shell.nix"), edited);
}

/// An import gives what it names, and nothing more.
#[test]
fn a_file_that_is_imported_with_arguments_does_not_ask_for_more() {
    let folder = Folder::new();
    let inner = "{ mkShell, zlib }:\nmkShell { buildInputs = [ zlib ]; }\n";
    folder.write("nix/dev.nix", inner);
    let outer =
        |given: &str| format!("let pkgs = import <nixpkgs> {{ }}; in\nimport ./nix/dev.nix {given}\n");
    folder.write("shell.nix", outer("{ inherit (pkgs) mkShell zlib; }"));
    venvfix(folder.path(), ["add-lib", "libGL"]).exits(3).says(&[
        "nix/dev.nix would have to be given libGL, and shell.nix:2 imports it",
        "`inherit (pkgs) libGL;`",
    ]);
    assert_eq!(folder.read("nix/dev.nix"), inner);
    folder.write("shell.nix", outer("{ inherit (pkgs) mkShell zlib libGL; }"));
    venvfix(folder.path(), ["add-lib", "libGL"]).exits(0);
    let edited = "{ mkShell, zlib, libGL }:\nmkShell { buildInputs = [ zlib libGL ]; }\n";
    assert_eq!(folder.read("nix/dev.nix"), edited);
}

/// They were written as they are, and evaluation ended with them.
#[test]
fn a_program_stands_for_the_package_that_has_it() {
    let folder = project();
    venvfix(folder.path(), ["add-lib", "--offline", "psql", "node"])
        .exits(0)
        .says(&["postgresql has the program psql", "nodejs has the program node"]);
    assert_eq!(folder.read("shell.nix"), SHELL.replace("[ zlib ]", "[ zlib postgresql nodejs ]"));
}

#[test]
fn a_name_may_be_written_as_in_a_file_or_as_a_requirement() {
    for (name, added) in
        [("pkgs.libGL", "libGL"), ("nixpkgs.libGL", "libGL"), ("Python_Magic[all]==0.4", "file")]
    {
        let folder = project();
        venvfix(folder.path(), ["add-lib", "--offline", name]).exits(0);
        assert_eq!(
            folder.read("shell.nix"),
            SHELL.replace("[ zlib ]", &format!("[ zlib {added} ]")),
            "{name}"
        );
    }
    let folder = project();
    venvfix(folder.path(), ["add-lib", "--offline", "libGL.dev"]).exits(0);
}

#[test]
fn what_can_be_no_package_is_wrong_usage() {
    let folder = project();
    for (name, reason) in [
        ("null", "something else"),
        ("pkgs.callPackage", "something else"),
        ("python3Packages", "name one of them"),
        ("libc.so.6", "a part of glibc"),
    ] {
        venvfix(folder.path(), ["add-lib", "--offline", name]).exits(2).says(&["nothing to add", reason]);
    }
    assert_eq!(folder.read("shell.nix"), SHELL);
}

#[test]
fn nothing_is_said_in_quiet_where_all_is_well() {
    let folder = project();
    assert_eq!(venvfix(folder.path(), ["add-lib", "-q", "--offline", "libGL"]).exits(0).stderr, "");
    assert_eq!(venvfix(folder.path(), ["remove-lib", "-q", "--offline", "libGL"]).exits(0).stderr, "");
}

#[test]
fn a_file_is_no_folder_to_work_in() {
    let folder = project();
    venvfix(folder.path(), ["-C", "shell.nix", "add-lib", "libGL"])
        .exits(3)
        .says(&["could not enter shell.nix"]);
}
