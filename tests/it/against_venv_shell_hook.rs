//! States that a venv gets into: nixpkgs' venvShellHook leaves it broken, or silently does nothing, and
//! venvfix puts it right. Each state is made in a venv of either.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::support::lab::Lab;
use super::support::nix::Project;
use super::support::{Ended, wheel};

/// A state, how it comes about, and how it shows.
struct State<'a> {
    /// Attributes of nixpkgs' `config` before it and after it.
    config: [&'a str; 2],
    /// What happens to the project between two entries.
    happens: &'a dyn Fn(&Project),
    /// What the user then runs in the shell.
    runs: &'a str,
    /// What is seen of that with venvShellHook; it fails, or it would be no trouble.
    seen: &'a str,
}

impl Default for State<'_> {
    fn default() -> Self {
        Self { config: ["", ""], happens: &|_| (), runs: "python -c 'import odd'", seen: "" }
    }
}

/// Two projects are brought into the state. That of venvShellHook fails, until the hook in its shell.nix
/// is exchanged; that of venvfix works.
#[track_caller]
fn breaks_and_is_put_right(state: &State) {
    let Some(theirs) = project(THEIRS, state.config[0]) else { return };
    theirs.enter("python -c 'import odd'").exits(0);
    (state.happens)(&theirs);
    theirs.write_shell_of(state.config[1], THEIRS);
    let broken = theirs.enter(state.runs);
    assert_ne!(broken.code, Some(0), "no trouble: {broken:?}");
    broken.says(&[state.seen]);
    theirs.write_shell_of(state.config[1], OURS);
    theirs.enter(state.runs).exits(0);
    theirs.enter(state.runs).exits(0).silent_about(&["venvfix:"]);

    let Some(ours) = project(OURS, state.config[0]) else { return };
    ours.enter("python -c 'import odd'").exits(0);
    (state.happens)(&ours);
    ours.write_shell_of(state.config[1], OURS);
    ours.enter(state.runs).exits(0);
    ours.enter(state.runs).exits(0).silent_about(&["venvfix:"]);
}

/// As nixpkgs' manual has it. The library is given, for none of this is about libraries.
const THEIRS: &str = "pkgs.mkShell {
  packages = [ pkgs.python3 pkgs.python3Packages.venvShellHook ];
  buildInputs = [ pkgs.zlib ];
  LD_LIBRARY_PATH = pkgs.lib.makeLibraryPath [ pkgs.zlib ];
  venvDir = \"./.venv\";
  postVenvCreation = \"pip install -q -r requirements.txt\";
}";

/// The same file with the hook exchanged.
const OURS: &str = "pkgs.mkShell {
  packages = [ pkgs.python3 pkgs.venvfixShellHook ];
  buildInputs = [ pkgs.zlib ];
  venvDir = \"./.venv\";
  postVenvCreation = \"pip install -q -r requirements.txt\";
}";

/// A project that requires the made wheel odd; even can be had too.
fn project(shell: &str, config: &str) -> Option<Project> {
    let project = Project::new("")?;
    wheel::make(&project.folder.join("wheels"), "even", &[]);
    project.write_shell_of(config, shell);
    Some(project)
}

/// Says on standard error which pythons differ, and fails, if the venv's is not the shell's.
const SAME_PYTHON: &str = r#"
  venv=$(python -c 'import sys; print(sys.base_prefix)')
  shell=$(PATH=${PATH#*:} python3 -c 'import sys; print(sys.base_prefix)')
  python -c 'import odd'
  if [ "$venv" != "$shell" ]; then echo "not the python of the shell" >&2; exit 1; fi
"#;

#[test]
fn the_interpreter_was_collected_as_garbage() {
    let Some(lab) = Lab::get() else { return };
    let _alone = lab.roots();
    let doomed = format!("pythonMarker = \"doomed {}\";", std::process::id());
    breaks_and_is_put_right(&State {
        config: [&doomed, ""],
        happens: &|project| {
            let collect = "python=$(readlink -f .venv/bin/python | cut -d/ -f1-4)
                           nix-store --option keep-outputs false --delete $(nix-store --query --referrers-closure $python)";
            let deleted = project.run(&["sh", "-c", collect]);
            // What a venv of venvfix needs is kept from the collector, unless that cannot be.
            if !project.folder.join(".venv/.venvfix").exists() {
                deleted.exits(0);
            }
        },
        seen: "No module named 'odd'",
        ..State::default()
    });
}

#[test]
fn the_interpreter_is_gone() {
    breaks_and_is_put_right(&State {
        happens: &|project| {
            let link = project.folder.join(".venv/bin/python3");
            let link = if link.is_symlink() { link } else { project.folder.join(".venv/bin/python") };
            for name in ["python", "python3", "python3.11"] {
                let _ = fs::remove_file(project.folder.join(".venv/bin").join(name));
            }
            std::os::unix::fs::symlink(
                "/nix/store/00000000000000000000000000000000-python3/bin/python3.11",
                link,
            )
            .unwrap();
        },
        seen: "No module named 'odd'",
        ..State::default()
    });
}

#[test]
fn nixpkgs_was_updated_and_the_python_is_at_another_path() {
    breaks_and_is_put_right(&State {
        config: ["pythonMarker = \"2\";", ""],
        runs: SAME_PYTHON,
        seen: "not the python of the shell",
        ..State::default()
    });
}

#[test]
fn the_python_is_another_minor_version() {
    if Lab::with_release("trixie").is_none() {
        return;
    }
    breaks_and_is_put_right(&State {
        config: ["", "release = \"trixie\";"],
        runs: SAME_PYTHON,
        seen: "not the python of the shell",
        ..State::default()
    });
}

/// As uv brings it: the link leads to a program with a loader that NixOS does not have.
#[test]
fn the_python_of_the_venv_is_made_for_other_systems() {
    breaks_and_is_put_right(&State {
        happens: &|project| {
            wheel::make(&project.folder.join("foreign"), "foreign", &["--program", "python3.11"]);
            let unpacked = "cd foreign && python3 -m zipfile -e *.whl . && chmod +x $(find . -name python3.11)
                            ln -sf \"$PWD/$(find . -name python3.11)\" ../.venv/bin/python3 && ln -sf python3 ../.venv/bin/python";
            project.run(&["nix-shell", "-p", "python3", "--run", unpacked]).exits(0);
        },
        seen: "Could not start dynamically linked executable",
        ..State::default()
    });
}

#[test]
fn the_requirements_changed() {
    breaks_and_is_put_right(&State {
        happens: &|project| project.write_requirements("odd\neven\n"),
        runs: "python -c 'import odd, even'",
        seen: "No module named 'even'",
        ..State::default()
    });
}

#[test]
fn an_included_file_of_requirements_changed() {
    breaks_and_is_put_right(&State {
        happens: &|project| {
            project.write_requirements("odd\n-r more/base.txt\n");
            project.folder.write("more/base.txt", "-r next.txt\n");
            project.folder.write("more/next.txt", "even\n");
        },
        runs: "python -c 'import odd, even'",
        seen: "No module named 'even'",
        ..State::default()
    });
}

#[test]
fn the_shell_is_entered_from_a_folder_below() {
    let inner = "cd sub && nix-shell ../shell.nix --run \"python -c 'import odd'\"";
    let below = |shell: &str| -> Option<(Project, Ended)> {
        let project = project(shell, "")?;
        project.write_requirements("-r more/base.txt\n");
        project.folder.write("more/base.txt", "odd\n");
        project.folder.write("sub/file", "");
        let ended = project.run(&["sh", "-c", inner]);
        Some((project, ended))
    };
    let Some((project, theirs)) = below(THEIRS) else { return };
    theirs.exits(1).says(&["Could not open requirements file", "No module named 'odd'"]);
    assert!(project.folder.join("sub/.venv").exists());
    let Some((project, ours)) = below(OURS) else { return };
    ours.exits(0);
    assert!(!project.folder.join("sub/.venv").exists() && project.folder.join(".venv").exists());
}

#[test]
fn the_venv_is_an_empty_directory() {
    breaks_and_is_put_right(&State {
        happens: &|project| {
            fs::remove_dir_all(project.folder.join(".venv")).unwrap();
            fs::create_dir(project.folder.join(".venv")).unwrap();
        },
        seen: "bin/activate: No such file",
        ..State::default()
    });
}

/// As `python -m venv` leaves it when it is killed: it writes pyvenv.cfg and links first, pip next,
/// activate last.
#[test]
fn making_the_venv_was_interrupted() {
    breaks_and_is_put_right(&State {
        happens: &|project| {
            let venv = project.folder.join(".venv");
            fs::remove_file(venv.join("bin/activate")).unwrap();
            for path in project.run(&["sh", "-c", "ls -d .venv/lib/*/site-packages"]).stdout.lines() {
                fs::remove_dir_all(project.folder.join(path)).unwrap();
            }
        },
        seen: "bin/activate: No such file",
        ..State::default()
    });
}

/// The venv is there, and the installation after it was interrupted, or could not reach its index.
#[test]
fn the_first_installation_failed() {
    let missing = |project: &Project| {
        let wheels = fs::read_dir(project.folder.join("wheels")).unwrap().flatten();
        let odd =
            wheels.map(|entry| entry.path()).find(|path| path.to_string_lossy().contains("odd")).unwrap();
        let away = project.folder.join(odd.file_name().unwrap());
        fs::rename(&odd, &away).unwrap();
        (odd, away)
    };
    let enter = |shell: &str| -> Option<[Ended; 2]> {
        let project = project(shell, "")?;
        let (odd, away) = missing(&project);
        let first = project.enter("python -c 'import odd'");
        fs::rename(&away, &odd).unwrap();
        Some([first, project.enter("python -c 'import odd'")])
    };
    let Some([first, second]) = enter(THEIRS) else { return };
    first.exits(1).says(&["No matching distribution found for odd"]);
    second.exits(1).says(&["No module named 'odd'"]);
    let Some([first, second]) = enter(OURS) else { return };
    first.exits(1).says(&["No matching distribution found for odd"]);
    second.exits(0);
}

#[test]
fn the_users_own_shell_hook_stands_beside_it() {
    let with_hook = |shell: &str| shell.replacen('{', "{\n  shellHook = \"echo welcome >&2\";", 1);
    let script = "python -c 'import odd'";
    let Some(theirs) = project(&with_hook(THEIRS), "") else { return };
    theirs
        .enter(script)
        .exits(1)
        .says(&["welcome", "No module named 'odd'"])
        .silent_about(&["venvShellHook"]);
    assert!(!theirs.folder.join(".venv").exists());
    let Some(ours) = project(&with_hook(OURS), "") else { return };
    ours.enter(script).exits(0).says(&["welcome"]);
}

/// A shell that runs meanwhile; it is ended with the test.
struct Running {
    child: Child,
    stderr: std::path::PathBuf,
}

impl Running {
    fn start(project: &Project, name: &str) -> Self {
        let stderr = project.folder.join(name);
        let mut command: Command = project.command(&["nix-shell", "--run", "python -c 'import odd, slow'"]);
        command.stdout(Stdio::null()).stderr(File::create(&stderr).unwrap());
        Self { child: command.spawn().unwrap(), stderr }
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.stderr).unwrap()
    }

    fn works(&mut self) -> bool {
        self.child.wait().unwrap().success()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for what another process does. The limit is for a test that would hang.
fn wait_for(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(120), "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Requirements of which one is built from source, which takes until the file `go` is there.
fn slow_to_install(project: &Project) {
    project.write_requirements("odd\n./slow\n");
    project.folder.write("slow/slow.py", include_str!("against_venv_shell_hook/slow.py"));
    project.folder.write("slow/pyproject.toml", include_str!("against_venv_shell_hook/slow.toml"));
}

#[test]
fn two_shells_are_entered_at_once() {
    let started = |project: &Project| project.folder.join("slow/started").exists();
    let go = |project: &Project| File::create(project.folder.join("slow/go")).unwrap();

    let Some(theirs) = project(THEIRS, "") else { return };
    slow_to_install(&theirs);
    let mut first = Running::start(&theirs, "first");
    wait_for("the build", || started(&theirs));
    // It sees a directory and takes it for a venv.
    let mut second = Running::start(&theirs, "second");
    assert!(!second.works());
    assert!(second.said().contains("No module named"), "{}", second.said());
    go(&theirs);
    assert!(first.works());

    let Some(ours) = project(OURS, "") else { return };
    slow_to_install(&ours);
    let mut first = Running::start(&ours, "first");
    wait_for("the build", || started(&ours));
    let mut second = Running::start(&ours, "second");
    wait_for("the second shell", || second.said().contains("waiting for another shell"));
    go(&ours);
    assert!(first.works() && second.works(), "{}\n{}", first.said(), second.said());
    assert!(!second.said().contains("making") && !second.said().contains("installing"), "{}", second.said());
}

/// What is at hand is not looked at as a venv of the project.
#[test]
fn the_place_of_the_venv_is_taken_by_something_else() {
    let Some(project) = project(OURS, "") else { return };
    project.folder.write(".venv/precious", "mine");
    let ended =
        project.enter("echo alive").exits(0).says(&["is no virtual environment", "help: move it away"]);
    assert_eq!(ended.stdout, "alive\n");
    assert!(Path::new(&project.place(".venv/precious")).exists());
}
