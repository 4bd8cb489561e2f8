//! The provider in the laboratory: libraries reach Python, and nothing leaks.

use super::support::lab::Lab;
use super::support::{Folder, wheel};

const SHELL: &str = "{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  packages = [ pkgs.python3 ];
  buildInputs = [ LIBRARIES ];
  VENVFIX_PROJECT = toString ./.;
  shellHook = ''eval \"$(PROGRAM hook bash)\"; venvfix-enter'';
}
";

/// A project with its wheels in `wheels/`, whose shell has these attributes.
fn project(lab: &Lab, libraries: &str, requirements: &str) -> Folder {
    let folder = Folder::new();
    let shell = SHELL.replace("LIBRARIES", libraries).replace("PROGRAM", lab.program().to_str().unwrap());
    folder.write("shell.nix", shell);
    folder.write("requirements.txt", format!("--no-index\n--find-links wheels\n{requirements}\n"));
    folder
}

#[test]
fn a_chain_of_libraries_is_opened_for_an_extension_and_nothing_leaks() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "pkgs.libGL pkgs.glib pkgs.libxml2", "odd");
    let needs = "libGL.so.1,libgthread-2.0.so.0,libz.so.1,libstdc++.so.6";
    wheel::make(&folder.join("wheels"), "odd", &["--needs", needs]);
    let script = "python -c 'import odd'; env | grep -c LD_LIBRARY_PATH; \
                  env -i .venv/bin/python -c 'import odd, os, subprocess; \
                  print(subprocess.run([\"/bin/sh\", \"-c\", \"export -p\"], capture_output=True, text=True).stdout.count(\"LD_\"))'";
    let ended = lab.nix_shell(folder.path(), script).silent_about(&["missing"]);
    assert_eq!(ended.stdout, "0\n0\n", "{ended:?}");
    let outside = lab.run(folder.path(), &[".venv/bin/python", "-I", "-c", "import odd"]);
    outside.exits(0);
}

#[test]
fn a_plain_shell_brings_the_compilers_runtime_and_what_python_is_linked_to() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "", "odd");
    wheel::make(
        &folder.join("wheels"),
        "odd",
        &["--needs", "libstdc++.so.6,libz.so.1,libssl.so.3,libexpat.so.1"],
    );
    lab.nix_shell(folder.path(), "python -c 'import odd'").exits(0).silent_about(&["missing"]);
}

#[test]
fn ctypes_finds_offered_libraries_and_an_unknown_one_fails_as_ever() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "pkgs.file", "");
    let script = "import ctypes; ctypes.CDLL('libmagic.so.1').magic_version; print('found')\n\
                  try: ctypes.CDLL('libnobodyknows.so.7')\n\
                  except OSError as error: print(error)";
    let ended = lab.nix_shell(folder.path(), &format!("python -c \"{script}\"")).exits(0);
    let message = "libnobodyknows.so.7: cannot open shared object file: No such file or directory";
    assert_eq!(ended.stdout, format!("found\n{message}\n"));
}

#[test]
fn a_missing_library_keeps_the_loaders_own_message() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "", "odd");
    wheel::make(&folder.join("wheels"), "odd", &["--needs", "libstdc++.so.6,libnobodyknows.so.7"]);
    let ended = lab.nix_shell(folder.path(), "python -c 'import odd'").exits(1);
    ended.says(&[
        "ImportError: libnobodyknows.so.7: cannot open shared object file: No such file or directory",
    ]);
}

#[test]
fn pip_knows_nothing_of_the_provider() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "", "odd");
    wheel::make(&folder.join("wheels"), "odd", &[]);
    let script = "python -m pip check && python -m pip freeze && python -m pip uninstall -qy odd && ls .venv/lib/*/site-packages";
    let ended = lab.nix_shell(folder.path(), script).exits(0);
    let freeze: Vec<&str> =
        ended.stdout.lines().filter(|line| line.contains("==") || line.contains('@')).collect();
    assert_eq!(freeze, ["odd==1.0"], "{}", ended.stdout);
    ended.prints(&["No broken requirements", "000_venvfix.pth", "_venvfix.py"]);
}

#[test]
fn the_setting_none_takes_the_provider_out() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "", "odd");
    wheel::make(&folder.join("wheels"), "odd", &["--needs", "libz.so.1"]);
    lab.nix_shell(folder.path(), "python -c 'import odd'").exits(0);
    folder.write("venvfix.toml", "provide = 'none'\n");
    let ended = lab.nix_shell(folder.path(), "ls .venv/lib/*/site-packages; python -c 'import odd'").exits(1);
    assert!(!ended.stdout.contains("venvfix"), "{}", ended.stdout);
    ended.says(&["libz.so.1: cannot open", "1 library is missing for odd 1.0: libz.so.1"]);
}
