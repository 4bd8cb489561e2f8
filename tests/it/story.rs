//! The whole story in the laboratory, on real wheels: enter, fail to import, ask the doctor, add
//! the libraries, enter, import.

use std::path::Path;

use super::support::lab::Lab;
use super::support::{Ended, Folder, wheel};

/// A project as `venvfix init` leaves it.
pub fn project(lab: &Lab, requirements: &str) -> Folder {
    let folder = Folder::new();
    // Without requirements, whose libraries it would add.
    lab.venvfix(folder.path(), &["init"]).exits(0).says(&["wrote"]);
    folder.write("requirements.txt", requirements);
    folder
}

fn names(report: &serde_json::Value, severity: &str) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let of = findings.filter(|finding| finding["severity"] == severity && !finding["soname"].is_null());
    of.map(|finding| finding["soname"].as_str().unwrap().to_owned()).collect()
}

/// The doctor's add-lib command, run.
fn follow_the_advice(lab: &Lab, project: &Path, said: &Ended) -> Ended {
    let line = said.stdout.lines().find_map(|line| line.split_once("help: venvfix add-lib ")).unwrap().1;
    let names = line.split('#').next().unwrap().split_whitespace();
    let arguments: Vec<&str> = std::iter::once("add-lib").chain(names).collect();
    lab.venvfix(project, &arguments).exits(0)
}

#[test]
fn opencv_and_numpy() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "numpy\nopencv-python\n");
    let path = folder.path();

    // Without venvfix: the loader's own message.
    let bare = "VENVFIX_SKIP=1; python -m venv bare && bare/bin/pip install -q -r requirements.txt && bare/bin/python -c 'import numpy.linalg'";
    lab.run(path, &["nix-shell", "--run", bare, "-p", "python3"])
        .exits(1)
        .says(&["libstdc++.so.6: cannot open shared object file: No such file or directory"]);

    // numpy works as generated; cv2 does not, and entry says why.
    let entered =
        lab.nix_shell(path, "python -c 'import numpy.linalg; print(numpy.__name__)'; python -c 'import cv2'");
    let entered = entered.exits(1).says(&[
        "installing requirements.txt",
        "libGL.so.1",
        "help: venvfix add-lib libGL glib",
    ]);
    assert_eq!(entered.stdout, "numpy\n");

    // The doctor names all at once, inside and outside the shell.
    let inside = lab.nix_shell(path, "venvfix doctor --format json").exits(1).json();
    let errors = ["libGL.so.1", "libglib-2.0.so.0", "libgthread-2.0.so.0", "libxcb.so.1"];
    assert_eq!(names(&inside, "error"), errors);
    assert_eq!(names(&inside, "warning"), ["libICE.so.6", "libSM.so.6", "libX11.so.6", "libXext.so.6"]);
    let outside = lab.venvfix(path, &["doctor", "--format", "json"]).exits(1).json();
    assert_eq!(names(&outside, "error"), errors);

    // The advice, followed, cures it.
    let said = lab.venvfix(path, &["doctor"]).exits(1);
    follow_the_advice(lab, path, &said).says(&["added libGL glib"]);
    let cured = lab.nix_shell(path, "python -c 'import cv2; print(cv2.__name__)'").exits(0);
    assert_eq!(cured.stdout, "cv2\n");
    lab.venvfix(path, &["add-lib", "libICE.so.6", "libSM.so.6", "libX11.so.6", "xorg.libXext"]).exits(0);
    lab.nix_shell(path, "venvfix doctor").exits(0).prints(&["nothing is missing"]);

    // It works just as well outside the shell, with an empty environment.
    let command = ["env", "-i", ".venv/bin/python", "-c", "import cv2, numpy"];
    lab.run(path, &command).exits(0);
}

#[test]
fn psycopg2_and_pandas() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "psycopg2-binary\npandas\n");
    let script = "import psycopg2, pandas; print(pandas.DataFrame({'a': [1, 2]})['a'].sum())";
    let ended =
        lab.nix_shell(folder.path(), &format!("python -c \"{script}\"")).exits(0).silent_about(&["missing"]);
    assert_eq!(ended.stdout, "3\n");
    let report =
        lab.venvfix(folder.path(), &["doctor", "--loader", "nix", "--format", "json"]).exits(1).json();
    assert_eq!(names(&report, "error"), ["libstdc++.so.6", "libz.so.1"]);
}

#[test]
fn a_made_wheel_with_odd_needs() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "--no-index\n--find-links wheels\nodd\n");
    let path = folder.path();
    let needs = ["--needs", "libmagic.so.1,libpq.so.5,libnobodyknows.so.7", "--bundle", "libinner.so.3"];
    wheel::make(
        &folder.join("wheels"),
        "odd",
        &[&needs[..], &["--bundle-needs", "libodbc.so.2", "--truncate", "70"]].concat(),
    );
    let ended = lab.nix_shell(path, "venvfix doctor --format json").exits(1);
    let report = ended.json();
    assert_eq!(
        names(&report, "error"),
        ["libmagic.so.1", "libnobodyknows.so.7", "libodbc.so.2", "libpq.so.5"]
    );
    let said = lab.venvfix(path, &["doctor"]).exits(1).prints(&["odd/truncated.so", "no package of nixpkgs"]);
    follow_the_advice(lab, path, &said);
    // unixodbc has another name in this package set, whose older one the edit spells as well.
    assert!(
        folder.read("shell.nix").contains("(pkgs.unixodbc or pkgs.unixODBC)"),
        "{}",
        folder.read("shell.nix")
    );
    let ended = lab.nix_shell(path, "venvfix doctor --format json").exits(1);
    assert_eq!(names(&ended.json(), "error"), ["libnobodyknows.so.7"]);
}

#[test]
fn every_way_into_the_shell_leads_to_the_projects_venv() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "--no-index\n--find-links wheels\nbeta\n");
    let path = folder.path();
    wheel::make(&folder.join("wheels"), "beta", &["--needs", "libz.so.1"]);
    let venv = folder.join(".venv").display().to_string();
    let script = "python -c 'import beta, sys; print(sys.prefix)'";

    let first = lab.nix_shell(path, script).exits(0).says(&["making .venv", "installing"]);
    assert_eq!(first.stdout, format!("{venv}\n"));
    let second = lab.nix_shell(path, script).exits(0).silent_about(&["venvfix"]);
    assert_eq!(second.stdout, first.stdout);

    let pure = lab.run(path, &["nix-shell", "--pure", "--run", script]).exits(0).silent_about(&["venvfix"]);
    assert_eq!(pure.stdout, first.stdout);

    std::fs::create_dir(folder.join("sub folder")).unwrap();
    let below = lab
        .run(path, &["sh", "-c", &format!("cd 'sub folder' && nix-shell ../shell.nix --run \"{script}\"")]);
    assert_eq!(below.exits(0).stdout, first.stdout);
    assert!(!folder.join("sub folder/.venv").exists());

    folder.write(
        "run.py",
        "#! /usr/bin/env nix-shell\n#! nix-shell -i python shell.nix\nimport beta, sys; print(sys.prefix)\n",
    );
    let shebang = lab.run(path, &["sh", "-c", "chmod +x run.py && ./run.py"]).exits(0);
    assert_eq!(shebang.stdout, first.stdout);
}

#[test]
fn a_shell_comes_of_it_whatever_fails() {
    let Some(lab) = Lab::get() else { return };
    let alive = |folder: &Folder, says: &[&str]| {
        let ended = lab.nix_shell(folder.path(), "echo alive").exits(0).says(says);
        assert_eq!(ended.stdout, "alive\n");
    };
    let folder = project(lab, "--no-index\nno-such-thing\n");
    alive(&folder, &["No matching distribution", "pip could not install requirements.txt"]);
    folder.write("requirements.txt", "beta ~~ 1\n");
    alive(&folder, &["Invalid requirement"]);
    folder.write("venvfix.toml", "venv_dir = 1");
    alive(&folder, &["unknown key `venv_dir`", "the environment was not entered"]);
    std::fs::remove_file(folder.join("venvfix.toml")).unwrap();
    std::fs::remove_dir_all(folder.join(".venv")).unwrap();
    folder.write(".venv", "a file");
    alive(&folder, &[".venv is not a directory", "the environment was not entered"]);
}

#[test]
fn packages_from_nixpkgs_and_a_python_with_packages_do_no_harm() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "--no-index\n--find-links wheels\nbeta\n");
    wheel::make(&folder.join("wheels"), "beta", &["--needs", "libz.so.1"]);
    let text = folder.read("shell.nix");
    for python in
        ["pkgs.python3 pkgs.python3Packages.requests", "(pkgs.python3.withPackages (ps: [ ps.requests ]))"]
    {
        folder.write("shell.nix", text.replace("pkgs.python3\n", &format!("{python}\n")));
        let ended = lab.nix_shell(folder.path(), "python -c 'import beta, sys; print(sys.prefix)'").exits(0);
        assert_eq!(ended.stdout, format!("{}\n", folder.join(".venv").display()));
        lab.nix_shell(folder.path(), "true").exits(0).silent_about(&["venvfix"]);
    }
}

#[test]
fn the_nix_folder_wraps_a_program_that_is_there() {
    let Some(lab) = Lab::get() else { return };
    let folder = Folder::new();
    let nix = Path::new(env!("CARGO_MANIFEST_DIR")).join("nix");
    let (nix, program) = (nix.display(), lab.program().display());
    folder.write(
        "shell.nix",
        format!(
            "{{ pkgs ? import <nixpkgs> {{ }} }}: pkgs.mkShell {{ packages = [ (import \"{nix}\" {{ inherit pkgs; program = \"{program}\"; }}) ]; }}"
        ),
    );
    let options = ["-r", env!("CARGO_MANIFEST_DIR")];
    let ended = lab.run_with(folder.path(), &options, &["nix-shell", "--run", "venvfix --version"]).exits(0);
    ended.prints(&["venvfix 0."]);
}

#[test]
fn nix_on_another_system_does_not_take_the_systems_libraries() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "--no-index\n--find-links wheels\nodd\n");
    wheel::make(&folder.join("wheels"), "odd", &["--needs", "libz.so.1,libcom_err.so.2"]);
    let run = |command: &[&str]| lab.run_with(folder.path(), &["--fhs"], command);
    let ended = run(&["nix-shell", "--run", "venvfix doctor --format json"]).exits(1);
    assert_eq!(names(&ended.json(), "error"), ["libcom_err.so.2"]);
    run(&[".venv/bin/python", "-c", "import odd"]).exits(1).says(&["libcom_err.so.2: cannot open"]);
}
