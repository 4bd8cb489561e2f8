//! A venv that is put onto another python, or made anew: what works stays, and nothing is lost unsaid.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::support::project::Project;
use super::support::{Ended, VENVFIX};

/// A folder with a python3 of the same X.Y, that is a script.
fn other_python(project: &Project, script: &str) -> PathBuf {
    let name = "import sys; print('python%d.%d' % sys.version_info[:2])";
    let name = project.run(&["python3", "-c", name]).stdout;
    let real = project.run(&["python3", "-c", "import sys; print(sys.executable)"]).stdout;
    let file = format!("other/{}", name.trim());
    let text = format!("#!/bin/sh\n{}\n", script.replace("PYTHON", real.trim()));
    let python = project.wheels.write(&file, text);
    std::fs::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).unwrap();
    symlink(&python, project.wheels.join("other/python3")).unwrap();
    project.wheels.join("other")
}

fn enter_with(project: &Project, folder: &Path) -> Ended {
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    project.command(&[VENVFIX, "enter"]).env("PATH", path).output().unwrap().into()
}

#[test]
fn a_python_that_makes_no_venvs_leaves_the_working_one() {
    let project = Project::new("beta\n");
    project.enter().exits(0);
    let before = project.folder.read(".venv/pyvenv.cfg");
    let broken = other_python(&project, "exit 1");
    let ended = enter_with(&project, &broken).exits(0).says(&["renewing .venv", "error: could not make"]);
    assert!(ended.stdout.ends_with("# venvfix: end\n"));
    project.imports("beta");
    assert_eq!(project.folder.read(".venv/pyvenv.cfg"), before);
    project.enter().exits(0).silent_about(&["error"]);
}

#[test]
fn what_a_link_leads_to_is_not_renewed_either() {
    let project = Project::new("beta\n");
    project.enter().exits(0);
    std::fs::create_dir(project.folder.join("cache")).unwrap();
    std::fs::rename(project.folder.join(".venv"), project.folder.join("cache/v")).unwrap();
    symlink("cache/v", project.folder.join(".venv")).unwrap();
    project.enter().exits(0);
    let other = other_python(&project, "exec PYTHON \"$@\"");
    enter_with(&project, &other).exits(0).says(&[".venv is a link", "help: remove the link"]);
    project.imports("beta");
}

#[test]
fn what_a_new_environment_has_not_is_named_and_the_users_files_come_along() {
    let project = Project::new("beta\n");
    project.enter().exits(0);
    project.run(&[".venv/bin/python", "-m", "pip", "install", "-q", "alpha"]).exits(0);
    project.folder.write(".venv/src/fork/work.py", "mine");
    // A stranger's word is no part of a command.
    let site = project.site_packages().join("odd-1.dist-info");
    std::fs::create_dir(&site).unwrap();
    std::fs::write(site.join("METADATA"), "Name: odd\nVersion: 1; reboot\n").unwrap();
    let ended = project.run(&[VENVFIX, "sync", "--recreate"]).exits(0);
    ended
        .says(&[
            "kept .venv/src",
            "not in the new environment: alpha==1.0",
            "help: pip install alpha==1.0 odd",
        ])
        .silent_about(&["reboot"]);
    assert_eq!(project.folder.read(".venv/src/fork/work.py"), "mine");
    assert!(!project.folder.join(".venv.venvfix-old").exists());
}

#[test]
fn a_failed_renewal_leaves_the_environment_as_finished_as_it_was() {
    let project = Project::new("beta\n");
    project.enter().exits(0);
    let wheels = project.wheels.join("gone");
    std::fs::create_dir(&wheels).unwrap();
    for entry in std::fs::read_dir(project.wheels.path()).unwrap().flatten() {
        if entry.path().extension().is_some_and(|ending| ending == "whl") {
            std::fs::rename(entry.path(), wheels.join(entry.file_name())).unwrap();
        }
    }
    project.run(&[VENVFIX, "sync", "--recreate"]).exits(3).says(&["kept the .venv that was there"]);
    project.imports("beta");
    project.enter().exits(0).silent_about(&["venvfix:"]);
}

#[test]
fn variables_that_send_packages_elsewhere_do_not_reach_pip() {
    let project = Project::new("beta\n");
    let elsewhere = project.wheels.join("elsewhere");
    let mut run = project.command(&[VENVFIX, "enter"]);
    run.env("PIP_DRY_RUN", "1").env("PIP_TARGET", &elsewhere).env("PIP_PYTHON", "/usr/bin/python3");
    let ended: Ended = run.env("PIP_USER", "1").output().unwrap().into();
    ended.exits(0).silent_about(&["error"]);
    project.imports("beta");
    assert!(!elsewhere.exists());
}

#[test]
fn another_venv_that_was_entered_gives_way_on_path() {
    let (first, second) = (Project::new("beta\n"), Project::new("beta\n"));
    first.enter().exits(0);
    let bin = first.folder.join(".venv/bin");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let mut run = second.command(&[VENVFIX, "enter"]);
    let run = run.env("PATH", path).env("VIRTUAL_ENV", first.folder.join(".venv"));
    let ended: Ended = run.output().unwrap().into();
    assert!(!ended.stdout.contains(bin.to_str().unwrap()), "{}", ended.stdout);
}
