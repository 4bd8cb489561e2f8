//! preview needs no Nix: real wheels, seen as a Nix interpreter would see them.

use super::support::{Folder, venvfix, wheel};

#[test]
fn real_wheels_are_downloaded_and_judged() {
    let folder = Folder::new();
    let ended = venvfix(folder.path(), ["preview", "numpy", "psycopg2-binary", "ruff"]).exits(0);
    ended.prints(&[
        "libstdc++.so.6",
        "stdenv.cc.cc.lib",
        "libz.so.1",
        "bin/ruff",
        "for shell.nix:",
        "buildInputs",
    ]);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn another_python_and_a_requirements_file() {
    let folder = Folder::new();
    folder.write("needs.txt", "numpy\n");
    let ended =
        venvfix(folder.path(), ["preview", "--python", "3.13", "-r", "needs.txt", "--format", "json"])
            .exits(0);
    let report = ended.json();
    assert_eq!(report["python"]["version"], "3.13");
    let object = report["findings"][0]["distributions"][0]["objects"][0].as_str().unwrap().to_owned();
    assert!(object.contains("cpython-313"), "{object}");
}

#[test]
fn what_pip_cannot_find_is_said_once() {
    let folder = Folder::new();
    folder.write("none/.keep", "");
    let ended = venvfix(folder.path(), ["preview", "no-such-package-of-this-name-at-all"]).exits(3);
    let ended = ended.says(&["No matching distribution", "pip could not download", "help: "]);
    assert_eq!(ended.stderr.matches("No matching distribution").count(), 1);
    venvfix(folder.path(), ["preview", "--python", "three", "x"])
        .exits(2)
        .says(&["`three` is no version of Python"]);
    venvfix(folder.path(), ["preview"]).exits(2).says(&["required"]);
}

#[test]
fn parts_of_the_data_folder_are_laid_out() {
    let (folder, wheels) = (Folder::new(), Folder::new());
    let path = wheel::make(wheels.path(), "tools", &["--program", "node"]);
    let ended = venvfix(folder.path(), ["preview", path.to_str().unwrap()]).exits(0);
    ended.prints(&["1 program is patched on shell entry", "bin/node", "tools 1.0"]);
}

#[test]
fn preview_runs_no_code_of_the_project_or_of_a_package() {
    let folder = Folder::new();
    let proof = folder.join("PWNED");
    let code = format!("open({:?}, 'w')\n", proof.to_str().unwrap());
    folder.write("pip.py", &code);
    folder.write("zipfile.py", &code);
    folder
        .write("evil/pyproject.toml", "[build-system]\nrequires=[]\nbuild-backend='b'\nbackend-path=['.']\n");
    folder.write("evil/b.py", &code);
    folder.write("r1.txt", "./evil\n");
    folder.write("r2.txt", "-r r3.txt\n");
    folder.write("r3.txt", "--no-binary=:all:\nnumpy\n");
    for arguments in [&["./evil"][..], &["-r", "r1.txt"], &["-r", "r2.txt"], &["git+https://example.org/x"]] {
        let ended = venvfix(folder.path(), [&["preview"], arguments].concat()).exits(2);
        ended.says(&["preview reads wheels, and this is none", "help: "]);
    }
    let wheels = Folder::new();
    let wheel = wheel::make(wheels.path(), "odd", &["--needs", "libz.so.1"]);
    venvfix(folder.path(), ["preview", wheel.to_str().unwrap()]).exits(0).prints(&["libz.so.1"]);
    assert!(!proof.exists());
}
