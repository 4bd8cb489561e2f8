//! What goes wrong around an installation: each is said with the way out, and the shell is entered.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::support::project::Project;
use super::support::{Ended, Folder, VENVFIX, cannot_run, command};

/// Runs enter where the file system is laid out anew; `None`, having said so, without bubblewrap.
fn enter_within(project: &Project, layout: &[&str], variables: &[(&str, &str)]) -> Option<Ended> {
    if command("bwrap", Path::new("/")).arg("--version").output().is_err() {
        cannot_run("bubblewrap is not installed");
        return None;
    }
    let outer = ["bwrap", "--dev-bind", "/", "/"];
    let mut run = project.command(&[&outer[..], layout, &[VENVFIX, "enter"]].concat());
    Some(run.envs(variables.iter().copied()).output().unwrap().into())
}

fn is_entered(ended: &Ended) {
    assert!(ended.stdout.ends_with("# venvfix: end\n"), "{ended:?}");
}

fn imports(project: &Project, script: &str) {
    project.run(&[".venv/bin/python", "-c", script]).exits(0);
}

#[test]
fn a_small_file_system_for_temporary_files_is_gone_around() {
    let project = Project::new("./large\n");
    project.folder.write("large/backend.py", LARGE_BACKEND);
    project.folder.write("large/pyproject.toml", IN_TREE);
    let small = Folder::new();
    let small = small.path().to_str().unwrap();
    let layout = ["--size", "500000", "--tmpfs", small];
    // What fits into a venv of its own is no matter: only pip's work needs the room.
    project.run(&["python3", "-m", "venv", ".venv"]).exits(0);
    let Some(ended) = enter_within(&project, &layout, &[("TMPDIR", small)]) else { return };
    let why = format!("trying again with TMPDIR=/var/tmp: {small} is full");
    is_entered(&ended.exits(0).says(&["No space left on device", &why]).silent_about(&["error: pip could"]));
    imports(&project, "import large");
}

#[test]
fn a_full_disk_is_said_with_how_much_room_there_is() {
    let project = Project::new("beta\n");
    let path = project.path().to_str().unwrap();
    let setup = format!(
        "cp -r '{path}/.' /tmp/full && cd /tmp/full && VENVFIX_PROJECT=/tmp/full exec '{VENVFIX}' enter"
    );
    let run = |size: &str| -> Option<Ended> {
        let layout =
            ["bwrap", "--dev-bind", "/", "/", "--size", size, "--tmpfs", "/tmp/full", "sh", "-c", &setup];
        let mut run = project.command(&layout);
        run.env("TMPDIR", "/tmp/full").output().ok().map(Into::into)
    };
    std::fs::create_dir_all("/tmp/full").unwrap();
    let Some(ended) = run("1000000") else { return cannot_run("bubblewrap is not installed") };
    ended.exits(3).says(&["error: could not make /tmp/full/.venv", "help: "]);
}

#[test]
fn what_cannot_be_written_is_entered_as_it_is() {
    let project = Project::new("beta\n");
    let path = project.path().to_str().unwrap();
    let layout = ["--ro-bind", path, path];
    let Some(nothing) = enter_within(&project, &layout, &[]) else { return };
    nothing.exits(3).says(&["error: could not write to", "Read-only file system"]);
    project.enter().exits(0);
    let unchanged = enter_within(&project, &layout, &[]).unwrap().exits(0).silent_about(&["venvfix"]);
    is_entered(&unchanged);
    project.folder.write("requirements.txt", "beta\nalpha\n");
    let changed = enter_within(&project, &layout, &[]).unwrap().exits(0);
    is_entered(&changed.says(&["error: ", "Read-only file system", "help: "]));
    imports(&project, "import beta");
    // Only the venv.
    let venv = project.folder.join(".venv");
    let venv = venv.to_str().unwrap();
    let changed = enter_within(&project, &["--ro-bind", venv, venv], &[]).unwrap().exits(0);
    is_entered(&changed.says(&["Read-only file system"]));
}

#[test]
fn without_a_network_the_last_good_environment_is_entered() {
    let project = Project::new("beta\n");
    project.enter().exits(0);
    project.folder.write("requirements.txt", "beta\ngamma\n");
    let mut run = project.command(&[VENVFIX, "enter"]);
    run.env_remove("PIP_NO_INDEX").env("PIP_RETRIES", "1").env("PIP_INDEX_URL", "http://127.0.0.1:9/simple");
    let ended: Ended = run.output().unwrap().into();
    let said = ["pip could not install requirements.txt", "help: there is no way to the index"];
    is_entered(&ended.exits(0).says(&said));
    imports(&project, "import beta");
}

/// A stand-in for uv, which is asked for nothing but its environment.
fn with_uv(project: &Project, script: &str, variables: &[(&str, &str)]) -> Ended {
    let uv = project.wheels.write("bin/uv", format!("#!/bin/sh\n{script}\n"));
    std::fs::set_permissions(&uv, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", project.wheels.join("bin").display(), std::env::var("PATH").unwrap());
    let mut run = project.command(&[VENVFIX, "enter"]);
    run.env("PATH", path).envs(variables.iter().copied()).output().unwrap().into()
}

#[test]
fn certificates_that_are_not_there_are_not_handed_on() {
    let project = Project::new("beta\n");
    let dead =
        [("SSL_CERT_FILE", "/no-cert-file.crt"), ("PIP_TARGET", "/elsewhere"), ("UV_TARGET", "/elsewhere")];
    let ended = with_uv(&project, "echo \"<$SSL_CERT_FILE,$PIP_TARGET$UV_TARGET>\" >&2", &dead).exits(0);
    ended.silent_about(&["no-cert-file", "elsewhere"]);
}

#[test]
fn a_certificate_that_is_not_trusted_names_the_variable() {
    let project = Project::new("beta\n");
    let ended = with_uv(&project, "echo 'invalid peer certificate: UnknownIssuer' >&2; exit 2", &[]).exits(0);
    is_entered(&ended.says(&["uv could not install requirements.txt", "help: ", "SSL_CERT_FILE"]));
}

/// A project that is built with nothing from elsewhere.
const IN_TREE: &str = "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n";

/// Makes a wheel of one megabyte, which pip keeps among its temporary files.
const LARGE_BACKEND: &str = r#"
import os, zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    info = "large-1.0.dist-info"
    with zipfile.ZipFile(os.path.join(folder, "large-1.0-py3-none-any.whl"), "w") as out:
        out.writestr("large.py", 'x' * 1000000 + ' = 1')
        out.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: large\nVersion: 1.0\n")
        out.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        out.writestr(f"{info}/RECORD", "")
    return "large-1.0-py3-none-any.whl"
"#;

/// A backend as old as those that take each file's own date, and a file from the store.
const OLD_BACKEND: &str = r#"
import os, time, zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    info = "own-1.0.dist-info"
    with zipfile.ZipFile(os.path.join(folder, "own-1.0-py3-none-any.whl"), "w") as out:
        seconds = int(os.environ.get("SOURCE_DATE_EPOCH", os.stat("own.py").st_mtime))
        out.writestr(zipfile.ZipInfo("own.py", time.gmtime(seconds)[:6]), "")
        out.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: own\nVersion: 1.0\n")
        out.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        out.writestr(f"{info}/RECORD", "")
    return "own-1.0-py3-none-any.whl"
"#;

#[test]
fn a_backend_that_knows_no_date_before_1980_gets_one() {
    let project = Project::new("./old\n");
    project.folder.write("old/backend.py", OLD_BACKEND);
    project.folder.write("old/pyproject.toml", IN_TREE);
    let file = std::fs::File::create(project.folder.join("old/own.py")).unwrap();
    file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    project
        .enter()
        .exits(0)
        .says(&["trying again with all files dated 1980"])
        .silent_about(&["error: pip could"]);
    imports(&project, "import own");
}
