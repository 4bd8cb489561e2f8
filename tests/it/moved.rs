//! Projects that were moved or copied after their venv was made.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::support::project::Project;
use super::support::{Ended, VENVFIX, command, source};

/// An entered project with a hand-installed package, inside a folder where it can be moved about.
struct Movable {
    project: Project,
}

impl Movable {
    fn new() -> Self {
        let project = Project::new("");
        fs::remove_file(project.folder.join("requirements.txt")).unwrap();
        project.folder.write("one/requirements.txt", "beta\n");
        let movable = Self { project };
        movable.enter("one").exits(0);
        movable
    }

    fn path(&self, name: &str) -> PathBuf {
        self.project.folder.join(name)
    }

    fn enter(&self, name: &str) -> Ended {
        let mut run = self.project.command(&[VENVFIX, "enter"]);
        run.env("VENVFIX_PROJECT", self.path(name)).current_dir(self.path(name)).output().unwrap().into()
    }

    fn run(&self, name: &str, arguments: &[&str]) -> Ended {
        let mut run = self.project.command(&[self.path(name).join(arguments[0]).to_str().unwrap()]);
        run.args(&arguments[1..]).current_dir(self.path(name)).output().unwrap().into()
    }

    /// Which prefix a script of the venv runs in.
    fn prefix_of_pip(&self, name: &str) -> String {
        let ended = self.run(name, &[".venv/bin/pip", "--version"]).exits(0);
        ended.stdout.split(" from ").nth(1).unwrap().to_owned()
    }

    fn is_whole(&self, name: &str) {
        let venv = self.path(name).join(".venv");
        assert!(self.prefix_of_pip(name).starts_with(venv.to_str().unwrap()));
        self.run(name, &[".venv/bin/python", "-c", "import beta"]).exits(0);
        let script = ". .venv/bin/activate; echo \"$VIRTUAL_ENV\"";
        let shell: Ended = command("bash", &self.path(name)).args(["-c", script]).output().unwrap().into();
        assert_eq!(shell.stdout, format!("{}\n", venv.display()));
        assert_eq!(self.enter(name).exits(0).stderr, "");
    }
}

fn copy(from: &Path, to: &Path) {
    assert!(command("cp", Path::new("/")).args(["-a"]).arg(from).arg(to).status().unwrap().success());
}

#[test]
fn a_moved_project_keeps_its_venv_and_its_scripts_run() {
    let movable = Movable::new();
    movable.run("one", &[".venv/bin/python", "-m", "pip", "install", "-q", "alpha"]).exits(0);
    fs::rename(movable.path("one"), movable.path("two")).unwrap();
    let old = format!("the project was moved from {}", movable.path("one").display());
    movable
        .enter("two")
        .exits(0)
        .says(&[&format!("renewing the scripts of .venv ({old})")])
        .silent_about(&["making"]);
    let metadata = "import importlib.metadata as m; m.version('alpha')";
    movable.run("two", &[".venv/bin/python", "-c", metadata]).exits(0);
    // Its library is missing, which is said again on each entry.
    movable.run("two", &[".venv/bin/python", "-m", "pip", "uninstall", "-q", "-y", "alpha"]).exits(0);
    movable.enter("two").exits(0);
    movable.is_whole("two");
}

#[test]
fn a_copy_does_not_write_into_the_original() {
    let movable = Movable::new();
    copy(&movable.path("one"), &movable.path("two"));
    assert!(movable.prefix_of_pip("two").contains("/one/"), "else this test shows nothing");
    movable.enter("two").exits(0).says(&["the project was moved from"]);
    movable.is_whole("two");
    movable.is_whole("one");
}

#[test]
fn paths_longer_than_a_kernel_takes_come_and_go() {
    let movable = Movable::new();
    let long = format!("{}/{}", "d".repeat(120), "e".repeat(140));
    fs::create_dir_all(movable.path(&long).parent().unwrap()).unwrap();
    fs::rename(movable.path("one"), movable.path(&long)).unwrap();
    movable.enter(&long).exits(0);
    movable.is_whole(&long);
    fs::rename(movable.path(&long), movable.path("two")).unwrap();
    movable.enter("two").exits(0);
    movable.is_whole("two");
}

#[test]
fn an_odd_name_is_quoted() {
    let movable = Movable::new();
    let odd = "it's $HOME \"and\" \u{e4}";
    fs::rename(movable.path("one"), movable.path(odd)).unwrap();
    movable.enter(odd).exits(0).silent_about(&["error"]);
    movable.run(odd, &[".venv/bin/pip", "--version"]).exits(0);
}

#[test]
fn only_scripts_that_name_the_old_python_change_and_no_hard_link_is_written_through() {
    let movable = Movable::new();
    let bin = movable.path("one/.venv/bin");
    let scripts: [(&str, &[u8]); 4] = [
        ("own", b"#!/bin/sh\necho own\n"),
        ("foreign", b"#!/usr/bin/env python3\n"),
        ("binary", b"\x7fELF\xff"),
        ("long", b"#!/bin/sh\n'''exec' \"/elsewhere/.env/bin/python\" \"$0\" \"$@\"\n' '''\n"),
    ];
    for (name, text) in scripts {
        fs::write(bin.join(name), text).unwrap();
    }
    let long = format!(
        "#!/bin/sh\n'''exec' \"{}\" \"$0\" \"$@\"\n' '''\nprint('old')\n",
        bin.join("python3").display()
    );
    fs::write(movable.path("cache"), &long).unwrap();
    fs::set_permissions(movable.path("cache"), fs::Permissions::from_mode(0o555)).unwrap();
    fs::hard_link(movable.path("cache"), bin.join("linked")).unwrap();
    fs::rename(movable.path("one"), movable.path("two")).unwrap();
    movable.enter("two").exits(0);
    let bin = movable.path("two/.venv/bin");
    for (name, text) in scripts {
        assert_eq!(fs::read(bin.join(name)).unwrap(), text, "{name}");
    }
    assert_eq!(fs::read_to_string(movable.path("cache")).unwrap(), long);
    let linked = fs::read_to_string(bin.join("linked")).unwrap();
    assert!(linked.contains("/two/.venv/bin/python3\" ") && linked.ends_with("print('old')\n"), "{linked}");
    assert_eq!(fs::metadata(bin.join("linked")).unwrap().mode() & 0o7777, 0o555);
}

#[test]
fn a_relocation_that_was_killed_is_finished() {
    let movable = Movable::new();
    fs::rename(movable.path("one"), movable.path("two")).unwrap();
    fs::remove_file(movable.path("two/.venv/.venvfix/stamp.json")).unwrap();
    // As if only the activate scripts had been reached.
    let activate = movable.path("two/.venv/bin/activate");
    let text = fs::read_to_string(&activate).unwrap().replace("/one/", "/two/");
    fs::write(&activate, text).unwrap();
    movable.enter("two").exits(0).says(&["the project was moved from"]);
    movable.is_whole("two");
}

#[test]
fn an_editable_package_follows_its_project() {
    let movable = Movable::new();
    source::make(&movable.path("one/src"), "soft", "1");
    let pip = [".venv/bin/python", "-m", "pip", "install", "-q", "-e", "src"];
    movable.run("one", &pip).exits(0);
    fs::rename(movable.path("one"), movable.path("two")).unwrap();
    movable.enter("two").exits(0).says(&["installing soft 1 again"]);
    let script = "import soft; assert '/two/src/' in soft.__file__";
    movable.run("two", &[".venv/bin/python", "-c", script]).exits(0);
}

#[test]
fn activate_scripts_of_other_shells_follow_too() {
    let movable = Movable::new();
    let path = movable.path("one/.venv/bin/activate.nu");
    fs::write(&path, format!("let virtual_env = '{}'\n", movable.path("one/.venv").display())).unwrap();
    fs::rename(movable.path("one"), movable.path("two")).unwrap();
    movable.enter("two").exits(0);
    let text = fs::read_to_string(movable.path("two/.venv/bin/activate.nu")).unwrap();
    assert_eq!(text, format!("let virtual_env = '{}'\n", movable.path("two/.venv").display()));
}

#[test]
fn a_venv_that_sees_the_systems_packages_still_does() {
    let movable = Movable::new();
    let config = movable.path("one/.venv/pyvenv.cfg");
    let text = fs::read_to_string(&config).unwrap().replace("packages = false", "packages = true");
    fs::write(&config, text + "prompt = 'it'\n").unwrap();
    fs::rename(movable.path("one"), movable.path("two")).unwrap();
    movable.enter("two").exits(0);
    let text = fs::read_to_string(movable.path("two/.venv/pyvenv.cfg")).unwrap();
    assert!(text.contains("include-system-site-packages = true") && text.contains("prompt = 'it'"), "{text}");
}

#[test]
fn a_venv_whose_pythons_are_elsewhere_is_left_alone() {
    let project = Project::new("beta\n");
    project.enter().exits(0);
    let script = "#!/usr/bin/python3\n";
    project.folder.write(".venv/bin/other", script);
    fs::remove_file(project.folder.join(".venv/.venvfix/stamp.json")).unwrap();
    project.enter().exits(0).silent_about(&["moved"]);
    assert_eq!(project.folder.read(".venv/bin/other"), script);
}

#[test]
fn a_script_of_another_project_does_not_mean_that_this_one_was_moved() {
    let movable = Movable::new();
    copy(&movable.path("one"), &movable.path("sib"));
    movable.enter("sib").exits(0);
    let tool = movable.path("one/.venv/bin/sibtool");
    fs::copy(movable.path("sib/.venv/bin/pip"), &tool).unwrap();
    let text = fs::read(&tool).unwrap();
    fs::remove_file(movable.path("one/.venv/.venvfix/stamp.json")).unwrap();
    movable.enter("one").exits(0).silent_about(&["moved"]);
    assert_eq!(fs::read(&tool).unwrap(), text);
    fs::rename(movable.path("one"), movable.path("two")).unwrap();
    let from = format!("moved from {})", movable.path("one").display());
    movable.enter("two").exits(0).says(&[&from]);
    assert_eq!(fs::read(movable.path("two/.venv/bin/sibtool")).unwrap(), text);
    movable.is_whole("two");
}

#[test]
fn a_relocation_that_was_killed_among_the_scripts_is_finished() {
    let movable = Movable::new();
    let old = fs::read_to_string(movable.path("one/.venv/bin/pip")).unwrap();
    fs::rename(movable.path("one"), movable.path("two")).unwrap();
    movable.enter("two").exits(0);
    // As if all scripts but one had been reached.
    fs::write(movable.path("two/.venv/bin/last"), &old).unwrap();
    fs::remove_file(movable.path("two/.venv/.venvfix/stamp.json")).unwrap();
    let from = movable.path("one/.venv");
    fs::write(movable.path("two/.venv/.venvfix/moving"), from.as_os_str().as_encoded_bytes()).unwrap();
    movable.enter("two").exits(0).says(&["the project was moved from"]);
    let text = fs::read_to_string(movable.path("two/.venv/bin/last")).unwrap();
    assert!(text.contains("/two/.venv/") && !text.contains("/one/"), "{text}");
    assert!(!movable.path("two/.venv/.venvfix/moving").exists());
}
