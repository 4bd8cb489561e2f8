//! remove-lib as typed; the edits themselves are tested in `nixfile_remove`.

use super::support::project::Project;
use super::support::{Folder, venvfix, wheel};

const SHELL: &str = "{ pkgs }:\npkgs.mkShell {\n  buildInputs = with pkgs; [\n    zlib\n    (pkgs.libx11 or pkgs.xorg.libX11) # windows\n    file\n    odd-one\n  ];\n}\n";

fn project() -> Folder {
    let folder = Folder::new();
    folder.write("shell.nix", SHELL);
    folder
}

#[test]
fn sonames_attributes_and_packages_are_removed_under_any_spelling() {
    let folder = project();
    let removed =
        venvfix(folder.path(), ["remove-lib", "libX11.so.6", "python-magic", "odd-one", "pkgs.zlib"]);
    removed.exits(0).says(&[
        "removed zlib from `buildInputs` (shell.nix:4:5)",
        "removed (pkgs.libx11 or pkgs.xorg.libX11) from `buildInputs` (shell.nix:5:5)",
        "removed file from",
        "removed odd-one from",
        "enter it again",
    ]);
    assert_eq!(
        folder.read("shell.nix"),
        "{ pkgs }:\npkgs.mkShell {\n  buildInputs = with pkgs; [\n  ];\n}\n"
    );
}

#[test]
fn what_add_lib_did_is_undone() {
    let folder = project();
    let names = ["libGL", "libgthread-2.0.so.0", "libSM.so.6"];
    venvfix(folder.path(), [&["add-lib"], &names[..]].concat()).exits(0);
    assert_ne!(folder.read("shell.nix"), SHELL);
    venvfix(folder.path(), [&["remove-lib"], &names[..]].concat()).exits(0);
    assert_eq!(folder.read("shell.nix"), SHELL);
}

#[test]
fn a_dry_run_shows_the_change_and_writes_nothing() {
    let folder = project();
    let shown = venvfix(folder.path(), ["remove-lib", "--dry-run", "xorg.libX11"]).exits(0);
    shown.prints(&["-    (pkgs.libx11 or pkgs.xorg.libX11) # windows"]).silent_about(&["removed"]);
    assert_eq!(folder.read("shell.nix"), SHELL);
}

#[test]
fn what_is_not_there_is_said_and_the_rest_removed() {
    let folder = project();
    let said = venvfix(folder.path(), ["remove-lib", "openssl", "zlib"]).exits(1);
    said.says(&[
        "nothing to remove: openssl is not in the lists of shell.nix",
        "removed zlib",
        "help: venvfix list-libs --file shell.nix",
    ]);
    assert_eq!(folder.read("shell.nix"), SHELL.replace("    zlib\n", ""));
    venvfix(folder.path(), ["remove-lib", "zlib"]).exits(1).silent_about(&["enter it again"]);
    folder.write("shell.nix", "{ pkgs }: pkgs.mkShell { packages = [ ]; x = [ pkgs.zlib ]; }\n");
    venvfix(folder.path(), ["remove-lib", "zlib"])
        .exits(1)
        .says(&["shell.nix:1:48 has it in `x`, which is no list of the shell"]);
}

#[test]
fn names_that_mean_nothing_are_wrong_usage() {
    let folder = project();
    for name in ["libnobodyknows.so.7", "$(x)", "libcuda.so.1"] {
        venvfix(folder.path(), ["remove-lib", name]).exits(2).says(&["error"]);
    }
    assert_eq!(folder.read("shell.nix"), SHELL);
}

#[test]
fn an_argument_of_the_files_function_stays_and_is_named() {
    let folder = Folder::new();
    let text = "{ mkShell, zlib }:\nmkShell { buildInputs = [ zlib ]; }\n";
    folder.write("dev shell.nix", text);
    venvfix(folder.path(), ["remove-lib", "zlib", "--file", "dev shell.nix"])
        .exits(0)
        .says(&["left the argument `zlib`, which nothing uses any more"]);
    assert_eq!(folder.read("dev shell.nix"), text.replace("[ zlib ]", "[ ]"));
}

const TWO_SHELLS: &str = "{
  outputs = { nixpkgs, ... }: let pkgs = nixpkgs.legacyPackages.x86_64-linux; in {
    devShells.x86_64-linux.cpu = pkgs.mkShell { packages = [ pkgs.uv pkgs.zlib ]; };
    devShells.x86_64-linux.gpu = pkgs.mkShell { packages = [ pkgs.zlib ]; };
  };
}
";

#[test]
fn one_of_several_shells_is_chosen_by_name_or_place() {
    let folder = Folder::new();
    folder.write("flake.nix", TWO_SHELLS);
    venvfix(folder.path(), ["remove-lib", "zlib"]).exits(3).says(&["more than one place"]);
    venvfix(folder.path(), ["list-libs"]).exits(3).says(&["more than one place"]);
    let listed = venvfix(folder.path(), ["list-libs", "--shell", "gpu"]).exits(0);
    assert!(listed.stdout.starts_with("flake.nix: packages\n  4  pkgs.zlib\n"), "{}", listed.stdout);
    venvfix(folder.path(), ["remove-lib", "zlib", "--at", "3"]).exits(0).says(&["(flake.nix:3:70)"]);
    assert_eq!(folder.read("flake.nix"), TWO_SHELLS.replace("uv pkgs.zlib", "uv"));
    venvfix(folder.path(), ["remove-lib", "zlib", "--shell", "gpu"]).exits(0);
    assert_eq!(
        folder.read("flake.nix"),
        TWO_SHELLS.replace("uv pkgs.zlib", "uv").replace("[ pkgs.zlib ]", "[ ]")
    );
}

#[test]
fn a_file_that_takes_its_shell_from_another_is_followed_there() {
    let folder = Folder::new();
    folder.write("shell.nix", "import ./nix/dev.nix { pkgs = import <nixpkgs> { }; }\n");
    folder.write("nix/dev.nix", SHELL);
    venvfix(folder.path(), ["remove-lib", "zlib"]).exits(0).says(&["(nix/dev.nix:4:5)"]);
    venvfix(folder.path(), ["list-libs"]).exits(0).prints(&["nix/dev.nix: buildInputs", "odd-one"]);
}

/// numpy lost its C++ runtime with opencv.
#[test]
fn what_a_package_shares_with_others_stays() {
    let project = Project::new("opencv-python\nzeta\n");
    wheel::make(project.wheels.path(), "opencv_python", &["--needs", "libGL.so.1,libglib-2.0.so.0"]);
    wheel::make(project.wheels.path(), "zeta", &["--needs", "libGL.so.1"]);
    let shell = "{ pkgs }:\npkgs.mkShell {\n  buildInputs = with pkgs; [\n    libGL\n    glib\n  ];\n}\n";
    project.folder.write("shell.nix", shell);
    project.enter().exits(0);
    venvfix(project.path(), ["remove-lib", "opencv-python"])
        .exits(0)
        .says(&["left libGL, which is needed by zeta", "removed glib"]);
    assert_eq!(project.folder.read("shell.nix"), shell.replace("    glib\n", ""));
}
