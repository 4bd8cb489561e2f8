//! What is installed: pyproject.toml, lock files, local projects, and packages of the shell.

use std::path::PathBuf;

use super::support::lab::Lab;
use super::support::project::Project;
use super::support::{Folder, VENVFIX, command, wheel};

/// A build backend in the project itself, so that nothing is downloaded: it makes a wheel of one module.
const BACKEND: &str = r#"
import os, zipfile

def _wheel(folder, name, files):
    path = f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    extras = "Provides-Extra: more\nRequires-Dist: gamma; extra == 'more'\n"
    with zipfile.ZipFile(os.path.join(folder, path), "w") as out:
        for file, text in files.items():
            out.writestr(file, text)
        out.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nRequires-Dist: beta\n{extras}")
        out.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        out.writestr(f"{info}/RECORD", "")
    return path

def build_editable(folder, config_settings=None, metadata_directory=None):
    return _wheel(folder, "own", {"own_editable.pth": os.getcwd() + "/src\n"})

def build_wheel(folder, config_settings=None, metadata_directory=None):
    return _wheel(folder, "own", {"own.py": "WHERE = 'wheel'\n"})
"#;

const BUILT: &str = "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n\
                     [project]\nname = 'own'\nversion = '1.0'\ndynamic = ['dependencies', 'optional-dependencies']\n";

/// A project with no requirements.txt.
fn project(pyproject: &str) -> Project {
    let project = Project::new("");
    std::fs::remove_file(project.folder.join("requirements.txt")).unwrap();
    wheel::make(project.wheels.path(), "gamma", &[]);
    project.folder.write("pyproject.toml", pyproject);
    project.folder.write("backend.py", BACKEND);
    project.folder.write("src/own.py", "WHERE = 'source'\n");
    project
}

fn imports(project: &Project, script: &str) {
    project.run(&[".venv/bin/python", "-c", script]).exits(0);
}

#[test]
fn a_project_is_installed_editable_with_its_dependencies_and_what_is_configured() {
    let project = project(BUILT);
    project.enter().exits(0).says(&["installing pyproject.toml (the environment is new)"]);
    imports(&project, "import beta, own; assert own.WHERE == 'source'");
    project.enter().exits(0).silent_about(&["venvfix"]);
    project.folder.write("venvfix.toml", "extras = ['more']\n");
    project.enter().exits(0).says(&["installing pyproject.toml (the settings of what is installed changed)"]);
    imports(&project, "import gamma");
    project.folder.write("pyproject.toml", format!("{BUILT}\n[dependency-groups]\ndev = ['alpha']\n"));
    project.folder.write("venvfix.toml", "groups = ['dev']\n");
    project.enter().exits(0).says(&["installing pyproject.toml (pyproject.toml changed)"]);
    imports(&project, "import importlib.metadata as m; m.version('alpha')");
}

#[test]
fn scripts_without_a_build_system_get_their_dependencies_alone() {
    let project = project("[project]\nname = 'own'\nversion = '1'\ndependencies = ['beta']\n");
    project.enter().exits(0).silent_about(&["error"]);
    imports(&project, "import beta");
    project.run(&[".venv/bin/python", "-c", "import own"]).exits(1);
    project.folder.write("venvfix.toml", "groups = ['dve']\n");
    let missing = project.enter().exits(0);
    missing.says(&["error: pyproject.toml has no group `dve`"]);
}

#[test]
fn settings_of_tools_are_no_project() {
    let project = project("[tool.ruff]\nline-length = 100\n");
    project.enter().exits(0).says(&["nothing to install"]).silent_about(&["installing"]);
}

#[test]
fn extras_of_a_requirements_file_are_a_mistake() {
    let project = Project::new("beta\n");
    project.folder.write("venvfix.toml", "extras = ['x']\n");
    project.enter().exits(2).says(&["extras and groups are parts of a project", "help: set requirements"]);
}

#[test]
fn a_local_project_is_installed_again_when_what_it_says_changed() {
    let project = project(BUILT);
    project.folder.write("requirements.txt", "-r dev.txt\n");
    project.folder.write("dev.txt", "-e .\n");
    project.enter().exits(0);
    imports(&project, "import own");
    project.folder.write("setup.cfg", "[metadata]\n");
    project
        .enter()
        .exits(0)
        .says(&["installing requirements.txt (setup.cfg, included from dev.txt, changed)"]);
}

#[test]
fn a_lock_file_that_nobody_here_reads_is_passed_over_and_said() {
    let project = project("[project]\nname = 'own'\nversion = '1'\ndependencies = ['beta']\n");
    project.folder.write("uv.lock", "version = 1\n");
    project.enter().exits(0).says(&["uv.lock is not used: there is no uv in this shell"]);
    imports(&project, "import beta");
    project.folder.write("venvfix.toml", "requirements = ['uv.lock']\n");
    project.enter().exits(0).says(&["uv.lock needs uv", "help: add uv to the packages"]);
}

/// uv of its wheel, in a folder of its own.
fn uv() -> (Folder, PathBuf) {
    let tools = Folder::new();
    let pip = ["-m", "pip", "install", "-q", "--target", "tools", "uv"];
    let ended = command("python3", tools.path()).args(pip).output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let path = tools.join("tools/bin");
    (tools, path)
}

#[test]
fn uv_lock_is_synced_into_this_venv_and_packages_by_hand_stay() {
    let (_kept, tools) = uv();
    let project = project(
        "[project]\nname = 'own'\nversion = '1'\nrequires-python = '>=3.9'\ndependencies = ['beta']\n\
                           [project.optional-dependencies]\nmore = ['gamma']\n",
    );
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    let run = |arguments: &[&str]| -> super::support::Ended {
        let mut run = project.command(arguments);
        let run = run.env("PATH", &path).env("UV_NO_INDEX", "1").env("UV_FIND_LINKS", project.wheels.path());
        run.env("UV_OFFLINE", "1").output().unwrap().into()
    };
    run(&["uv", "lock", "-q"]).exits(0);
    run(&[VENVFIX, "enter"]).exits(0).says(&["installing uv.lock"]).silent_about(&["error"]);
    imports(&project, "import beta");
    // As in the shell, which says so to uv.
    let uv_python = |line: &str| {
        line.strip_prefix("\\builtin export UV_PYTHON='").map(|rest| rest.trim_end_matches('\'').to_owned())
    };
    let uv_python = run(&[VENVFIX, "enter"]).stdout.lines().find_map(uv_python).unwrap();
    assert_eq!(uv_python, project.folder.join(".venv/bin/python").to_str().unwrap());
    run(&["env", &format!("UV_PYTHON={uv_python}"), "uv", "pip", "install", "-q", "alpha"]).exits(0);
    project.folder.write("venvfix.toml", "extras = ['more']\n");
    run(&[VENVFIX, "enter"]).exits(0).says(&["installing uv.lock (the settings"]).silent_about(&["error"]);
    imports(&project, "import gamma, importlib.metadata as m; m.version('alpha')");
    run(&[VENVFIX, "enter"]).exits(0).silent_about(&["installing"]);
    // pylock.toml is read as well.
    run(&["uv", "export", "-q", "--no-emit-project", "--format", "pylock.toml", "-o", "pylock.toml"])
        .exits(0);
    std::fs::remove_file(project.folder.join("uv.lock")).unwrap();
    project.folder.write("venvfix.toml", "");
    run(&[VENVFIX, "sync", "--recreate"])
        .exits(0)
        .says(&["making .venv (as asked)", "installing pylock.toml"]);
    imports(&project, "import beta");
}

#[test]
fn packages_of_the_shell_stand_behind_the_venvs_own_and_a_pin_wins() {
    let Some(lab) = Lab::get() else { return };
    let folder = super::story::project(lab, "--no-index\n--find-links wheels\nbeta\n");
    wheel::make(&folder.join("wheels"), "beta", &[]);
    wheel::make(&folder.join("wheels"), "requests", &["--version", "9.9"]);
    let text = folder.read("shell.nix");
    let shells =
        ["pkgs.python3 pkgs.python3Packages.requests", "(pkgs.python3.withPackages (ps: [ ps.requests ]))"];
    let version = "python -c 'import beta, requests, sys; print(requests.__version__, sys.prefix)'; echo ${PYTHONPATH-none}";
    for shell in shells {
        folder.write("shell.nix", text.replace("pkgs.python3\n", &format!("{shell}\n")));
        let venv = folder.join(".venv");
        let ended = lab.nix_shell(folder.path(), version).exits(0);
        assert_eq!(ended.stdout, format!("2.31.0 {}\nnone\n", venv.display()), "{shell}\n{}", ended.stderr);
        // Outside of the shell too, and twice is as once.
        lab.run(folder.path(), &[".venv/bin/python", "-c", "import requests"]).exits(0);
        lab.nix_shell(folder.path(), "venvfix-enter; python -c 'import requests'")
            .exits(0)
            .silent_about(&["venvfix"]);
        lab.nix_shell(folder.path(), "venvfix sync; python -c 'import requests'").exits(0);
        // A pin is installed into the venv, and comes first.
        folder.write("requirements.txt", "--no-index\n--find-links wheels\nbeta\nrequests==9.9\n");
        lab.nix_shell(folder.path(), "true").exits(0);
        let ended =
            lab.nix_shell(folder.path(), "python -c 'import requests; print(requests.__file__)'").exits(0);
        assert!(ended.stdout.starts_with(venv.to_str().unwrap()), "{}", ended.stdout);
        folder.write("requirements.txt", "--no-index\n--find-links wheels\nbeta\n");
        std::fs::remove_dir_all(venv).unwrap();
    }
    // Gone from the shell, gone from the venv's Python.
    folder.write("shell.nix", &text);
    lab.nix_shell(folder.path(), "true").exits(0);
    let gone = lab.nix_shell(folder.path(), "python -c 'import requests'");
    gone.exits(1).says(&["No module named 'requests'"]);
}
