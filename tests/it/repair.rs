//! Distributions that are not whole, and objects whose libraries are gone.

use std::fs;
use std::path::PathBuf;

use super::support::project::Project;
use super::support::{Ended, VENVFIX, cannot_run, command, source, wheel};

/// A project that was entered once.
fn entered(requirements: &str) -> Project {
    let project = Project::new(requirements);
    project.enter().exits(0);
    project
}

fn dist_info(project: &Project, stem: &str) -> PathBuf {
    project.site_packages().join(format!("{stem}.dist-info"))
}

/// Makes the next entry look, as pip does.
fn touch(project: &Project) {
    let file = project.site_packages().join("touched");
    fs::write(&file, "").unwrap();
    fs::remove_file(file).unwrap();
}

#[test]
fn a_package_without_record_is_installed_again() {
    let project = entered("beta\n");
    fs::remove_file(dist_info(&project, "beta-1.0").join("RECORD")).unwrap();
    fs::remove_file(project.site_packages().join("beta/__init__.py")).unwrap();
    touch(&project);
    project.enter().exits(0).says(&["beta 1.0 is damaged: it has no RECORD"]).silent_about(&["again"]);
    project.run(&[".venv/bin/python", "-c", "import beta; beta.__version__"]).exits(0);
    assert_eq!(project.enter().exits(0).stderr, "");
}

#[test]
fn absent_files_of_a_hand_installed_package_are_brought_back() {
    let project = entered("beta\n");
    project.run(&[".venv/bin/python", "-m", "pip", "install", "-q", "alpha"]).exits(0);
    fs::remove_dir_all(project.site_packages().join("alpha")).unwrap();
    project.enter().exits(0).says(&[
        "alpha 1.0 is damaged: alpha/__init__.py and 1 more files are absent",
        "installing alpha 1.0 again",
    ]);
    assert!(project.site_packages().join("alpha/_native.abi3.so").exists());
    project.run(&[".venv/bin/python", "-c", "import importlib.metadata as m; m.version('alpha')"]).exits(0);
}

#[test]
fn a_truncated_file_is_seen_after_an_interruption() {
    let project = entered("beta\n");
    let file = project.site_packages().join("beta/__init__.py");
    fs::write(&file, "").unwrap();
    touch(&project);
    project.enter().exits(0).silent_about(&["again"]);
    project.folder.write(".venv/.venvfix/unfinished", "");
    touch(&project);
    project.enter().exits(0).says(&["beta/__init__.py is not as it was installed"]);
    assert!(fs::metadata(file).unwrap().len() > 0);
}

#[test]
fn what_pip_and_venvfix_left_behind_when_killed_goes() {
    let project = entered("beta\n");
    let base = project.site_packages();
    let stash =
        [base.join("~eta"), base.parent().unwrap().join("~ite-packages"), project.folder.join(".venv/~in")];
    let others = [".venv/src/proj/~notes/x", ".venv/src/proj/.venvfix-aB3dE6", ".venv/~notes/x"];
    others.iter().for_each(|name| drop(project.folder.write(name, "")));
    for folder in &stash {
        fs::create_dir(folder).unwrap();
    }
    project.folder.write(".venv/.venvfix/.venvfix-abcdef", "");
    touch(&project);
    project.enter().exits(0);
    assert!(stash.iter().all(|folder| folder.exists()), "nothing was interrupted");
    project.folder.write(".venv/.venvfix/unfinished", "");
    touch(&project);
    project.enter().exits(0);
    assert!(stash.iter().all(|folder| !folder.exists()));
    assert!(!project.folder.join(".venv/.venvfix/.venvfix-abcdef").exists());
    assert!(others.iter().all(|name| project.folder.join(name).exists()), "nobody's leftovers");
}

#[test]
fn what_cannot_be_had_again_is_said_once() {
    let project = entered("beta\n");
    project.run(&[".venv/bin/python", "-m", "pip", "install", "-q", "alpha"]).exits(0);
    for entry in fs::read_dir(project.wheels.path()).unwrap().flatten() {
        if entry.file_name().to_string_lossy().starts_with("alpha") {
            fs::remove_file(entry.path()).unwrap();
        }
    }
    fs::remove_file(project.site_packages().join("alpha/__init__.py")).unwrap();
    project
        .enter()
        .exits(0)
        .says(&["could not install alpha 1.0 again", "warning: alpha 1.0 is damaged still"]);
    touch(&project);
    project.enter().exits(0).silent_about(&["again", "damaged"]);
    project.imports("beta");
}

#[test]
fn a_repair_that_was_killed_is_taken_up_again() {
    let project = entered("beta\n");
    let journal =
        r#"[{"name": "alpha", "version": "1.0", "source": "Index", "reason": "r", "rebuild": false}]"#;
    project.folder.write(".venv/.venvfix/repairs.json", journal);
    project.folder.write(".venv/.venvfix/unfinished", "");
    fs::remove_file(project.folder.join(".venv/.venvfix/stamp.json")).unwrap();
    project.enter().exits(0).says(&["installing alpha 1.0 again"]);
    assert!(dist_info(&project, "alpha-1.0").exists());
    assert!(!project.folder.join(".venv/.venvfix/repairs.json").exists());
}

#[test]
fn a_pip_that_is_damaged_is_brought_by_python() {
    let project = entered("beta\n");
    let pip = project.site_packages().join("pip");
    fs::remove_file(pip.join("_internal/cli/main.py")).unwrap();
    touch(&project);
    project
        .enter()
        .exits(0)
        .says(&["is damaged: pip/_internal/cli/main.py is absent"])
        .silent_about(&["error"]);
    project.run(&[".venv/bin/python", "-m", "pip", "--version"]).exits(0);
    let infos = fs::read_dir(project.site_packages()).unwrap().flatten();
    for entry in infos.filter(|entry| entry.file_name().to_string_lossy().starts_with("pip-")) {
        fs::remove_dir_all(entry.path()).unwrap();
    }
    fs::remove_dir_all(pip.join("_internal/cli")).unwrap();
    project.folder.write("requirements.txt", "beta\nalpha\n");
    project.enter().exits(0).silent_about(&["error"]);
    assert!(dist_info(&project, "alpha-1.0").exists());
}

#[test]
fn an_editable_package_and_one_from_a_folder_are_repaired_from_there() {
    let project = entered("");
    for name in ["plain", "soft"] {
        source::make(&project.folder.join(format!("src {name}")), name, "1");
    }
    let pip = [".venv/bin/python", "-m", "pip", "install", "-q", "./src plain", "-e", "./src soft"];
    project.run(&pip).exits(0);
    for name in ["plain", "soft"] {
        fs::remove_file(dist_info(&project, &format!("{name}-1")).join("RECORD")).unwrap();
    }
    touch(&project);
    let says =
        ["plain 1 is damaged: it has no RECORD", "soft 1 is damaged: ", "installing plain 1, soft 1 again"];
    project.enter().exits(0).says(&says).silent_about(&["damaged still"]);
    let script = "import plain, soft; assert 'src' in soft.__file__ and 'src' not in plain.__file__";
    project.run(&[".venv/bin/python", "-c", script]).exits(0);
}

#[test]
fn an_object_built_with_a_store_path_that_is_gone_is_built_again_once() {
    let project = entered("beta\n");
    if command("patchelf", project.path()).arg("--version").output().is_err() {
        return cannot_run("patchelf is not installed");
    }
    let gone = "/nix/store/00000000000000000000000000000000-gone/lib";
    let spoil = || {
        let object = project.site_packages().join("beta/_native.abi3.so");
        assert!(
            command("patchelf", project.path())
                .args(["--set-rpath", gone])
                .arg(object)
                .status()
                .unwrap()
                .success()
        );
        touch(&project);
    };
    spoil();
    project.enter().exits(0).silent_about(&["again"]);
    // An index takes no wheel with this tag: it was built here.
    let wheel = dist_info(&project, "beta-1.0").join("WHEEL");
    fs::write(&wheel, fs::read_to_string(&wheel).unwrap().replace("manylinux_2_17_x86_64", "linux_x86_64"))
        .unwrap();
    spoil();
    let says = "beta 1.0 is damaged: it was built with /nix/store/00000000000000000000000000000000-gone";
    project.enter().exits(0).says(&[says, "installing beta 1.0 again"]).silent_about(&["damaged still"]);
    let object = fs::read(project.site_packages().join("beta/_native.abi3.so")).unwrap();
    assert!(!object.windows(gone.len()).any(|window| window == gone.as_bytes()));
}

#[test]
fn an_object_that_is_built_with_what_is_gone_over_and_over_is_said_once() {
    let project = Project::new("beta\n");
    let built = wheel::make(project.wheels.path(), "beta", &[]);
    let gone = "/nix/store/00000000000000000000000000000000-gone/lib";
    let script = r#"
import subprocess, sys, zipfile, pathlib, tempfile
wheel, gone = pathlib.Path(sys.argv[1]), sys.argv[2]
folder = tempfile.mkdtemp()
zipfile.ZipFile(wheel).extractall(folder)
subprocess.run(["patchelf", "--set-rpath", gone, folder + "/beta/_native.abi3.so"], check=True)
info = pathlib.Path(folder, "beta-1.0.dist-info/WHEEL")
info.write_text(info.read_text().replace("manylinux_2_17_x86_64", "linux_x86_64"))
with zipfile.ZipFile(wheel.with_name("beta-1.0-cp37-abi3-linux_x86_64.whl"), "w") as out:
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.is_file(): out.write(path, path.relative_to(folder))
wheel.unlink()
"#;
    if command("patchelf", project.path()).arg("--version").output().is_err() {
        return cannot_run("patchelf is not installed");
    }
    project.run(&["python3", "-c", script, built.to_str().unwrap(), gone]).exits(0);
    let ended =
        project.enter().exits(0).says(&["installing beta 1.0 again", "warning: beta 1.0 is damaged still"]);
    assert_eq!(ended.stderr.matches("installing beta 1.0 again").count(), 1, "{}", ended.stderr);
    touch(&project);
    project.enter().exits(0).silent_about(&["again", "damaged still"]);
}

/// An entry that asks an index which does not answer.
fn enter_offline(project: &Project) -> Ended {
    let mut run = project.command(&[VENVFIX, "enter"]);
    run.env_remove("PIP_NO_INDEX").env_remove("PIP_FIND_LINKS").env("PIP_RETRIES", "0");
    run.env("PIP_INDEX_URL", "http://127.0.0.1:9/simple").output().unwrap().into()
}

/// A project with alpha installed by hand, which lost its RECORD.
fn without_record() -> Project {
    let project = entered("beta\n");
    project.run(&[".venv/bin/python", "-m", "pip", "install", "-q", "alpha"]).exits(0);
    fs::remove_file(dist_info(&project, "alpha-1.0").join("RECORD")).unwrap();
    touch(&project);
    project
}

#[test]
fn what_an_index_out_of_reach_should_bring_stays_and_is_tried_again() {
    let project = without_record();
    enter_offline(&project).exits(0).says(&["could not install alpha 1.0 again"]);
    assert!(dist_info(&project, "alpha-1.0").join("METADATA").exists());
    touch(&project);
    project.enter().exits(0).says(&["installing alpha 1.0 again"]).silent_about(&["damaged still"]);
    assert!(dist_info(&project, "alpha-1.0").join("RECORD").exists());
    assert!(!project.folder.join(".venv/.venvfix/replaced").exists());
    assert!(!project.folder.join(".venv/.venvfix/repairs.json").exists());
}

#[test]
fn a_repair_is_not_forgotten_where_the_requirements_fail_too() {
    let project = without_record();
    project.folder.write("requirements.txt", "beta\nno-such-thing\n");
    // As a killed pip may leave it: of beta there is nothing but the journal.
    let journal =
        r#"[{"name": "beta", "version": "1.0", "source": "Index", "reason": "r", "rebuild": false}]"#;
    project.folder.write(".venv/.venvfix/repairs.json", journal);
    project.folder.write(".venv/.venvfix/unfinished", "");
    project.run(&[".venv/bin/python", "-m", "pip", "uninstall", "-q", "-y", "beta"]).exits(0);
    enter_offline(&project).says(&["could not install"]);
    project.folder.write("requirements.txt", "");
    project.enter().exits(0).says(&["alpha 1.0", "beta 1.0"]).silent_about(&["damaged still"]);
    assert!(dist_info(&project, "alpha-1.0").join("RECORD").exists());
    project.imports("beta");
}

#[test]
fn what_the_user_takes_away_after_a_failed_repair_does_not_come_back() {
    let project = without_record();
    enter_offline(&project).exits(0);
    fs::remove_dir_all(dist_info(&project, "alpha-1.0")).unwrap();
    touch(&project);
    project.enter().exits(0).silent_about(&["alpha 1.0 is damaged", "again"]);
    assert!(!dist_info(&project, "alpha-1.0").exists());
}

#[test]
fn metadata_that_the_user_made_without_record_is_left_alone() {
    let project = entered("beta\n");
    let folder = dist_info(&project, "alpha-9.0");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("METADATA"), "Metadata-Version: 2.1\nName: alpha\nVersion: 9.0\n").unwrap();
    touch(&project);
    project.enter().exits(0).silent_about(&["damaged", "again"]);
    assert!(folder.exists() && !dist_info(&project, "alpha-1.0").exists());
}

#[test]
fn one_bad_dist_info_does_not_keep_the_requirements_out() {
    let project = entered("");
    fs::write(dist_info(&project, "bogus-1.0"), "").unwrap();
    let stuck = dist_info(&project, "stuck-1.0");
    fs::create_dir(&stuck).unwrap();
    // It cannot be moved to where a file is in the way.
    project.folder.write(".venv/.venvfix/replaced", "");
    project.folder.write(".venv/.venvfix/unfinished", "");
    project.folder.write("requirements.txt", "beta\n");
    let ended = project.enter().exits(0).silent_about(&["error:", "bogus 1.0"]);
    assert_eq!(ended.stderr.matches("warning: stuck 1.0").count(), 1, "{}", ended.stderr);
    project.imports("beta");
    assert!(stuck.exists());
    touch(&project);
    project.enter().exits(0).silent_about(&["stuck 1.0"]);
}

#[test]
fn a_journal_that_says_what_no_installer_should_hear_is_dropped() {
    let project = entered("beta\n");
    let target = project.folder.join("outside");
    let entry = |name: &str, version: &str, source: &str| {
        format!(
            r#"{{"name": "{name}", "version": "{version}", "source": {source}, "reason": "r", "rebuild": false}}"#
        )
    };
    let journal = [
        entry(&format!("--target={}", target.display()), "1.0", r#""Index""#),
        entry("gamma", "1.0 --pre", r#""Index""#),
        entry("delta", "1.0", r#"{"Editable": "--target=/x"}"#),
        entry("epsilon", "1.0", r#"{"Url": "-r file:///x"}"#),
        entry("alpha", "1.0", r#""Index""#),
    ];
    project.folder.write(".venv/.venvfix/repairs.json", format!("[{}]", journal.join(",")));
    project.folder.write(".venv/.venvfix/unfinished", "");
    touch(&project);
    project.enter().exits(0).says(&["installing alpha 1.0 again"]).silent_about(&["could not"]);
    assert!(!target.exists() && dist_info(&project, "alpha-1.0").exists());
}
