//! Other ways into the shell than nix-shell: `nix develop`, and direnv with either.

use super::support::lab::Lab;
use super::support::{Ended, Folder, cannot_run, wheel};

const SHELL: &str = "{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  packages = [ pkgs.python3 ];
  buildInputs = [ pkgs.libGL ];
  VENVFIX_PROJECT = toString ./.;
  shellHook = ''eval \"$(PROGRAM hook bash)\"; venvfix-enter'';
}
";

const FLAKE: &str = "{
  inputs.nixpkgs.url = \"nixpkgs\";
  outputs = { self, nixpkgs }: {
    devShells.x86_64-linux.default = with nixpkgs.legacyPackages.x86_64-linux; mkShell {
      packages = [ python3 ];
      buildInputs = [ libGL ];
      shellHook = ''eval \"$(PROGRAM hook bash)\"; venvfix-enter'';
    };
  };
}
";

const IMPORT: &str = "import odd, sys; print(sys.prefix)";

/// A project with a made wheel, whose shell is in this file.
fn project(lab: &Lab, folder: Folder, file: &str, shell: &str) -> Folder {
    folder.write(file, shell.replace("PROGRAM", lab.program().to_str().unwrap()));
    folder.write("requirements.txt", "--no-index\n--find-links wheels\nodd\n");
    wheel::make(&folder.join("wheels"), "odd", &["--needs", "libGL.so.1,libz.so.1,libstdc++.so.6"]);
    folder
}

/// The laboratory, if direnv is in it.
fn lab_with_direnv() -> Option<&'static Lab> {
    let lab = Lab::get()?;
    if lab.run(Folder::new().path(), &["which", "direnv"]).code != Some(0) {
        cannot_run("the machine had no direnv when the laboratory was built");
        return None;
    }
    Some(lab)
}

/// Enters twice by direnv; the second time there is nothing to do.
fn direnv_enters(lab: &Lab, folder: &Folder, envrc: &str) {
    folder.write(".envrc", envrc);
    let enter = || -> Ended { lab.run(folder.path(), &["direnv", "exec", ".", "python", "-c", IMPORT]) };
    enter().exits(1).says(&["is blocked"]);
    lab.run(folder.path(), &["direnv", "allow"]).exits(0);
    let prefix = format!("{}\n", folder.join(".venv").display());
    let first = enter().exits(0).says(&["making .venv"]);
    assert_eq!(first.stdout, prefix);
    let second = enter().exits(0).silent_about(&["venvfix:"]);
    assert_eq!(second.stdout, prefix);
    let leaked = "test -z \"${LD_LIBRARY_PATH-}\"";
    lab.run(folder.path(), &["direnv", "exec", ".", "sh", "-c", leaked]).exits(0);
}

#[test]
fn direnv_with_use_nix() {
    let Some(lab) = lab_with_direnv() else { return };
    let folder = project(lab, Folder::new(), "shell.nix", SHELL);
    direnv_enters(lab, &folder, "use nix\n");
}

#[test]
fn direnv_with_use_flake() {
    let Some(lab) = lab_with_direnv() else { return };
    let folder = project(lab, Folder::without_blanks(), "flake.nix", FLAKE);
    direnv_enters(lab, &folder, "use flake . --impure\n");
}

#[test]
fn nix_develop() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, Folder::without_blanks(), "flake.nix", FLAKE);
    let develop = ["nix", "develop", "--impure", "-c", "python", "-c", IMPORT];
    let ended = lab.run(folder.path(), &develop).exits(0).says(&["making .venv"]);
    assert_eq!(ended.stdout, format!("{}\n", folder.join(".venv").display()));
    lab.run(folder.path(), &develop).exits(0).silent_about(&["venvfix:"]);
}
