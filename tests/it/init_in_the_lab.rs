//! What init writes and converts, entered in the laboratory: before, as its owner knows it, and after.

use super::support::lab::Lab;
use super::support::{Ended, Folder, cannot_run, wheel};

const PREFIX: &str = "python -c 'import sys; print(sys.prefix)'";

/// A project with this shell.nix, and a wheel called odd among its requirements that needs some libraries.
fn project(shell: &str, needs: &str) -> Option<(&'static Lab, Folder)> {
    let lab = Lab::get()?;
    let folder = Folder::new();
    folder.write("shell.nix", shell);
    folder.write("requirements.txt", "--no-index\n--find-links wheels\nodd\n");
    wheel::make(&folder.join("wheels"), "odd", &["--needs", needs]);
    Some((lab, folder))
}

fn import(lab: &Lab, folder: &Folder) -> Ended {
    lab.nix_shell(folder.path(), "python -c 'import odd, sys; print(sys.prefix)'")
}

/// Converts, and enters: the wheel imports in the venv, and a second entry has nothing to do.
fn works_converted(lab: &Lab, folder: &Folder, venv: &str) {
    lab.venvfix(folder.path(), &["init", "--yes"]).exits(0).says(&["converted"]);
    for _ in 0..2 {
        let ended = import(lab, folder).exits(0).silent_about(&["missing", "error", "failed"]);
        assert!(ended.stdout.ends_with(&format!("{}\n", folder.join(venv).display())), "{ended:?}");
    }
    import(lab, folder).exits(0).silent_about(&["venvfix:"]);
    lab.venvfix(folder.path(), &["init", "--yes"]).exits(3).says(&["uses venvfix already"]);
}

#[test]
fn a_plain_venv_shell_hook() {
    let shell = "{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell {
  venvDir = \"./env\";
  packages = [ pkgs.python3Packages.venvShellHook ];
}
";
    let Some((lab, folder)) = project(shell, "libz.so.1") else { return };
    // Nothing is installed.
    let before = lab.nix_shell(folder.path(), PREFIX).exits(0);
    assert!(before.stdout.ends_with(&format!("{}\n", folder.join("env").display())), "{before:?}");
    import(lab, &folder).exits(1).says(&["No module named 'odd'"]);
    works_converted(lab, &folder, "env");
}

#[test]
fn a_post_venv_creation_that_installs_and_more() {
    let shell = "{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  venvDir = \"./.venv\";
  buildInputs = with pkgs; [ python3 python3Packages.venvShellHook zlib ];
  postVenvCreation = ''
    unset SOURCE_DATE_EPOCH
    pip install -r requirements.txt
    echo made >> log
  '';
  postShellHook = ''
    unset SOURCE_DATE_EPOCH
    echo entered >> log
  '';
}
";
    let Some((lab, folder)) = project(shell, "libz.so.1,libstdc++.so.6") else { return };
    // The loader finds nothing of the shell's.
    import(lab, &folder).exits(1).says(&["cannot open shared object file"]);
    assert_eq!(folder.read("log"), "made\nentered\n");
    std::fs::remove_dir_all(folder.join(".venv")).unwrap();
    std::fs::remove_file(folder.join("log")).unwrap();
    works_converted(lab, &folder, ".venv");
    assert_eq!(folder.read("log"), "made\nentered\nentered\nentered\n");
}

#[test]
fn a_recursive_set_in_the_manuals_form_with_a_name_that_is_gone() {
    let shell = "with import <nixpkgs> { };

let
  pythonPackages = python39Packages;
in
pkgs.mkShell rec {
  name = \"shop\";
  venvDir = \"./.venv\";
  buildInputs = [
    # python itself
    pythonPackages.python
    pythonPackages.venvShellHook
    zlib
  ];

  # Once.
  postVenvCreation = ''
    unset SOURCE_DATE_EPOCH
    pip install -r requirements.txt
  '';
}
";
    let Some((lab, folder)) = project(shell, "libz.so.1") else { return };
    import(lab, &folder).exits(1).says(&["python39Packages"]);
    works_converted(lab, &folder, ".venv");
    assert!(!folder.read("shell.nix").contains("postVenvCreation"));
}

#[test]
fn libraries_by_ld_library_path() {
    let shell = "{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  venvDir = \"./.venv\";
  packages = [ pkgs.python3 pkgs.python3Packages.venvShellHook ];
  postVenvCreation = \"pip install -r requirements.txt\";
  postShellHook = ''
    export LD_LIBRARY_PATH=${pkgs.lib.makeLibraryPath [ pkgs.libGL pkgs.zlib ]}:$LD_LIBRARY_PATH
  '';
}
";
    let Some((lab, folder)) = project(shell, "libGL.so.1") else { return };
    let leak = "echo \"${LD_LIBRARY_PATH:-none}\"";
    import(lab, &folder).exits(0);
    lab.nix_shell(folder.path(), leak).exits(0).prints(&["/nix/store/"]);
    works_converted(lab, &folder, ".venv");
    assert_eq!(lab.nix_shell(folder.path(), leak).exits(0).stdout, "none\n");
}

#[test]
fn a_venv_made_by_hand() {
    let shell = "{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  packages = with pkgs; [
    python3
    zlib
  ];
  shellHook = ''
    if [ ! -d env ]; then
      python -m venv env
    fi
    source env/bin/activate
    pip install -q -r requirements.txt
    export GREETING=hello
  '';
}
";
    let Some((lab, folder)) = project(shell, "libz.so.1") else { return };
    import(lab, &folder).exits(1).says(&["libz.so.1"]);
    works_converted(lab, &folder, "env");
    assert_eq!(lab.nix_shell(folder.path(), "echo $GREETING").exits(0).stdout, "hello\n");
}

#[test]
fn packages_that_pip_put_into_a_prefix() {
    let shell = "with import <nixpkgs> { };
mkShell {
  packages = [ (python3.withPackages (ps: [ ps.requests ])) zlib ];
  shellHook = ''
    # Tells pip where.
    export PIP_PREFIX=$(pwd)/_build/pip_packages
    export PYTHONPATH=\"$PIP_PREFIX/${python3.sitePackages}:$PYTHONPATH\"
    export PATH=\"$PIP_PREFIX/bin:$PATH\"
    unset SOURCE_DATE_EPOCH
  '';
}
";
    let Some((lab, folder)) = project(shell, "libz.so.1") else { return };
    import(lab, &folder).exits(1).says(&["No module named 'odd'"]);
    works_converted(lab, &folder, ".venv");
    lab.nix_shell(folder.path(), "python -c 'import requests'").exits(0);
}

/// A flake of the laboratory's package set.
fn flake(options: &[&str]) -> Option<(&'static Lab, Folder)> {
    let lab = Lab::get()?;
    let folder = Folder::without_blanks();
    folder.write("requirements.txt", "--no-index\n--find-links wheels\nodd\n");
    wheel::make(&folder.join("wheels"), "odd", &["--needs", "libz.so.1,libstdc++.so.6"]);
    lab.venvfix(folder.path(), &[&["init", "--flake"], options].concat()).exits(0);
    let text = folder.read("flake.nix").replace("github:NixOS/nixpkgs/nixos-unstable", "nixpkgs");
    folder.write("flake.nix", text);
    Some((lab, folder))
}

#[test]
fn a_flake() {
    let Some((lab, folder)) = flake(&[]) else { return };
    let script = "import odd, sys; print(sys.prefix)";
    let develop = || lab.run(folder.path(), &["nix", "develop", "--impure", "-c", "python", "-c", script]);
    let first = develop().exits(0).says(&["making .venv"]).silent_about(&["missing"]);
    assert_eq!(first.stdout, format!("{}\n", folder.join(".venv").display()));
    develop().exits(0).silent_about(&["venvfix:"]);
}

#[test]
fn a_converted_flake() {
    let shell = "{
  inputs.nixpkgs.url = \"nixpkgs\";
  outputs = { self, nixpkgs }: {
    devShells.x86_64-linux.default = with nixpkgs.legacyPackages.x86_64-linux; mkShell {
      venvDir = \"./env\";
      packages = [ python3Packages.venvShellHook zlib ];
      postVenvCreation = \"pip install -r requirements.txt\";
    };
  };
}
";
    let Some(lab) = Lab::get() else { return };
    let folder = Folder::without_blanks();
    folder.write("flake.nix", shell);
    folder.write("requirements.txt", "--no-index\n--find-links wheels\nodd\n");
    wheel::make(&folder.join("wheels"), "odd", &["--needs", "libz.so.1"]);
    let script = "import odd, sys; print(sys.prefix)";
    let develop = || lab.run(folder.path(), &["nix", "develop", "--impure", "-c", "python", "-c", script]);
    develop().exits(1).says(&["libz.so.1"]);
    lab.venvfix(folder.path(), &["init", "--yes"]).exits(0).says(&["converted"]);
    for _ in 0..2 {
        assert_eq!(develop().exits(0).stdout, format!("{}\n", folder.join("env").display()));
    }
}

#[test]
fn an_envrc_for_either_shell() {
    let Some((lab, of_flake)) = flake(&["--envrc"]) else { return };
    if lab.run(of_flake.path(), &["which", "direnv"]).code != Some(0) {
        return cannot_run("the machine had no direnv when the laboratory was built");
    }
    // The laboratory's package set lies outside of the flake.
    of_flake.write(".envrc", of_flake.read(".envrc").replace("use flake", "use flake . --impure"));
    let shell = "{ pkgs ? import <nixpkgs> { } }: pkgs.mkShell { packages = [ pkgs.python3Packages.venvShellHook ]; venvDir = \".venv\"; }";
    let Some((_, of_shell)) = project(shell, "libz.so.1") else { return };
    lab.venvfix(of_shell.path(), &["init", "--yes"]).exits(0);
    lab.venvfix(of_shell.path(), &["init", "--envrc"]).exits(0);
    for folder in [&of_shell, &of_flake] {
        lab.run(folder.path(), &["direnv", "allow"]).exits(0);
        let enter = || {
            lab.run(
                folder.path(),
                &["direnv", "exec", ".", "python", "-c", "import odd, sys; print(sys.prefix)"],
            )
        };
        let prefix = format!("{}\n", folder.join(".venv").display());
        assert_eq!(enter().exits(0).stdout, prefix);
        assert_eq!(enter().exits(0).silent_about(&["venvfix:"]).stdout, prefix);
        let status = lab.run(folder.path(), &["direnv", "exec", ".", "direnv", "status"]).exits(0);
        status.prints(&["watch: \"requirements.txt\"", "watch: \"venvfix.toml\""]);
    }
}
