//! Ctrl-C, requests to end and deadlines: whatever pip has started ends with it, the old venv stays,
//! and the shell goes on.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::support::lab::Lab;
use super::support::{Ended, Folder, VENVFIX, cannot_run, command, wheel};

/// A build backend that starts one child that ends when interrupted and one that does not want to,
/// whose own child does not either; says that it is there, and waits.
const BACKEND: &str = r#"
import os, subprocess, sys
def get_requires_for_build_wheel(settings=None):
    here = os.environ["BUILD_PIDS"]
    stubborn = "trap '' INT TERM HUP; sh -c 'echo $$ >> \"$BUILD_PIDS\"; while :; do sleep 1; done' & echo $$ >> \"$BUILD_PIDS\"; wait; while :; do sleep 1; done"
    subprocess.Popen(["sh", "-c", stubborn])
    detached = subprocess.Popen(["sh", "-c", stubborn], start_new_session=True)
    with open(here, "a") as file:
        file.write(f"{os.getpid()}\n")
    while len(open(here).read().split()) < 5:
        pass
    open(here + ".ready", "w").close()
    if os.path.exists("/dev/tty"):
        try:
            with open("/dev/tty", "w") as terminal:
                terminal.write("BUILDING\n")
        except OSError:
            pass
    detached.wait()
def build_wheel(*arguments): raise SystemExit("never")
"#;

const PYPROJECT: &str = "[build-system]\nrequires = []\nbuild-backend = 'slow'\nbackend-path = ['.']\n\
                         [project]\nname = 'slow'\nversion = '1'\n";

/// A project that requires a package whose build does not end by itself.
struct Project(Folder);

impl Project {
    fn new() -> Self {
        let folder = Folder::new();
        folder.write("slow/pyproject.toml", PYPROJECT);
        folder.write("slow/slow.py", BACKEND);
        folder.write("requirements.txt", "./slow\n");
        Self(folder)
    }

    /// One that has a venv with `beta` in it already.
    fn with_venv() -> Self {
        let project = Self::new();
        wheel::make(&project.0.join("wheels"), "beta", &[]);
        project.0.write("requirements.txt", "--no-index\n--find-links wheels\nbeta\n");
        project.run(&[VENVFIX, "enter"]).exits(0);
        project.0.write("requirements.txt", "./slow\n");
        project
    }

    fn command(&self, arguments: &[&str]) -> Command {
        // Where the tests run in the background, SIGINT is ignored.
        let mut run = command("env", self.0.path());
        run.arg("--default-signal=INT,HUP,TERM").args(arguments);
        run.env("VENVFIX_PROJECT", self.0.path()).env("BUILD_PIDS", self.0.join("pids"));
        run.env("PIP_NO_INDEX", "1").env("SHELL", "/bin/sh").env("PIP_NO_CACHE_DIR", "1");
        run
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        self.command(arguments).output().unwrap().into()
    }

    /// Runs a command on a terminal, with what to wait for and to type.
    fn on_a_terminal(&self, steps: &[(&str, &str)], arguments: &[&str]) -> Ended {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/support/terminal.py");
        let steps = steps.iter().flat_map(|(expected, answer)| ["--expect", expected, "--send", answer]);
        let steps: Vec<&str> = steps.collect();
        self.run(&[&["python3", script.to_str().unwrap()], &steps[..], &["--"], arguments].concat())
    }

    /// Starts an entry without a terminal and waits until pip builds.
    fn building(&self, variables: &[(&str, &str)]) -> Child {
        let mut run = self.command(&[VENVFIX, "enter"]);
        run.envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = run.spawn().unwrap();
        wait_for(|| self.0.join("pids.ready").exists());
        child
    }

    /// All that the build has started is gone.
    #[track_caller]
    fn nothing_is_left(&self) {
        let pids = self.0.read("pids");
        assert_eq!(pids.lines().count(), 5, "{pids}");
        for pid in pids.lines() {
            wait_for(|| !is_alive(pid));
        }
    }

    /// The venv that there was works, and holds what it held.
    fn old_venv_works(&self) {
        self.run(&[".venv/bin/python", "-c", "import beta"]).exits(0);
    }
}

impl Drop for Project {
    /// What a test that failed has left running.
    fn drop(&mut self) {
        let pids = fs::read_to_string(self.0.join("pids")).unwrap_or_default();
        for pid in pids.lines().filter(|pid| is_alive(pid)) {
            let _ = command("kill", Path::new("/")).args(["-s", "KILL", pid]).status();
        }
    }
}

#[track_caller]
fn wait_for(done: impl Fn() -> bool) {
    let begin = Instant::now();
    while !done() {
        assert!(begin.elapsed() < Duration::from_secs(120), "waited in vain");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn is_alive(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.starts_with(" Z"))
}

fn send(signal: &str, child: &Child) {
    let pid = child.id().to_string();
    assert!(command("kill", Path::new("/")).args(["-s", signal, &pid]).status().unwrap().success());
}

#[test]
fn ctrl_c_on_a_terminal_ends_pip_and_all_it_started_and_keeps_the_venv() {
    let project = Project::with_venv();
    let ended = project.on_a_terminal(&[("BUILDING", "\x03")], &[VENVFIX, "enter"]).exits(130);
    project.nothing_is_left();
    project.old_venv_works();
    // The environment is printed all the same.
    assert!(
        ended.stdout.contains("export VIRTUAL_ENV=") && ended.stdout.contains("interrupted"),
        "{ended:?}"
    );
}

#[test]
fn ctrl_c_while_a_venv_is_replaced_brings_the_old_one_back() {
    let project = Project::with_venv();
    // As if it had been made with a python of another version.
    let stamp = project.0.read(".venv/.venvfix/stamp.json");
    let mut stamp: serde_json::Value = serde_json::from_str(&stamp).unwrap();
    stamp["interpreter"] = "/another/python3.0".into();
    project.0.write(".venv/.venvfix/stamp.json", stamp.to_string());
    let folder = fs::read_dir(project.0.join(".venv/lib")).unwrap().next().unwrap().unwrap().path();
    project.0.write("note", folder.display().to_string());
    let shim = project.0.write("bin/python3", "#!/bin/sh\nexec \"$REAL_PYTHON\" \"$@\"\n");
    fs::set_permissions(shim, fs::Permissions::from_mode(0o755)).unwrap();
    let real = project.run(&["python3", "-c", "import sys; print(sys.executable)"]).stdout;
    let path = format!("PATH={}:{}", project.0.join("bin").display(), std::env::var("PATH").unwrap());
    let real = format!("REAL_PYTHON={}", real.trim());
    let ended = project.on_a_terminal(&[("BUILDING", "\x03")], &["env", &path, &real, VENVFIX, "enter"]);
    let ended = ended.exits(130);
    assert!(ended.stdout.contains("making .venv") && ended.stdout.contains("kept the .venv"), "{ended:?}");
    project.nothing_is_left();
    project.old_venv_works();
}

#[test]
fn a_second_ctrl_c_does_not_wait_for_the_stubborn() {
    let project = Project::with_venv();
    let steps = [("BUILDING", "\x03"), ("^C", "\x03")];
    project.on_a_terminal(&steps, &[VENVFIX, "enter"]).exits(130);
    project.nothing_is_left();
}

#[test]
fn sigterm_sighup_and_sigint_end_everything_without_a_terminal() {
    for signal in ["TERM", "HUP", "INT"] {
        let project = Project::with_venv();
        let child = project.building(&[]);
        send(signal, &child);
        let ended = Ended::from(child.wait_with_output().unwrap()).exits(130).says(&["interrupted"]);
        assert!(ended.stdout.ends_with("# venvfix: end\n"), "{signal} {ended:?}");
        project.nothing_is_left();
        project.old_venv_works();
    }
}

#[test]
fn a_terminal_that_is_closed_ends_everything() {
    let project = Project::with_venv();
    let script = "exec \"$0\" enter > printed";
    project.on_a_terminal(&[("BUILDING", "<hangup>")], &["sh", "-c", script, VENVFIX]).exits(130);
    project.nothing_is_left();
}

#[test]
fn an_install_under_nohup_survives_the_terminal() {
    let project = Project::with_venv();
    let mut run = project.command(&["env", "--ignore-signal=HUP", VENVFIX, "enter"]);
    let child = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for(|| project.0.join("pids.ready").exists());
    send("HUP", &child);
    // Ignored still, and so by pip: whatever came of the signal, it has come already.
    for pid in project.0.read("pids").lines().chain([child.id().to_string().as_str()]) {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let mask = status.split_once("SigIgn:\t").unwrap().1.lines().next().unwrap();
        assert_eq!(u64::from_str_radix(mask, 16).unwrap() & 1, 1, "{status}");
    }
    send("TERM", &child);
    Ended::from(child.wait_with_output().unwrap()).exits(130);
    project.nothing_is_left();
}

#[test]
fn without_a_terminal_an_install_ends_at_the_deadline_and_says_how_to_raise_it() {
    let project = Project::with_venv();
    // Long enough for the build to begin, as the files that it writes show.
    let child = project.building(&[("VENVFIX_DEADLINE", "20")]);
    let ended = Ended::from(child.wait_with_output().unwrap()).exits(0);
    let ended = ended.says(&["pip took longer than 20 seconds", "VENVFIX_DEADLINE=60"]);
    assert!(ended.stdout.ends_with("# venvfix: end\n"), "{ended:?}");
    project.nothing_is_left();
    project.old_venv_works();
}

#[test]
fn a_deadline_that_is_no_number_is_said() {
    let project = Project::new();
    let ended: Ended =
        project.command(&[VENVFIX, "enter"]).env("VENVFIX_DEADLINE", "1h").output().unwrap().into();
    ended.exits(2).says(&["VENVFIX_DEADLINE is no number: 1h"]);
}

#[test]
fn ctrl_c_leaves_the_rest_of_an_interactive_shells_start_and_its_traps() {
    let project = Project::with_venv();
    let hook = project.run(&[VENVFIX, "hook", "bash"]).stdout;
    let rc = "trap 'echo mine' INT; before=$(shopt -p; set +o)\nvenvfix-enter\n\
              trap -p INT; [ \"$before\" = \"$(shopt -p; set +o)\" ] && echo same\necho rest\nPS1='ready> '\n";
    project.0.write("rc", format!("{hook}{rc}"));
    let steps = [("BUILDING", "\x03"), ("ready> ", "echo works-$((40 + 2)); exit 7\r")];
    let ended = project.on_a_terminal(&steps, &["bash", "--noprofile", "--rcfile", "rc", "-i"]).exits(7);
    for text in ["trap -- 'echo mine' SIGINT\r\nsame\r\nrest\r\n", "works-42"] {
        assert!(ended.stdout.contains(text), "{text}: {ended:?}");
    }
    project.nothing_is_left();
}

/// Each interactive shell that is installed, without a user's files, with `ready> ` as its prompt.
fn interactive_shells() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    const FISH_PROMPT: &str = "function fish_prompt; builtin echo -n 'ready> '; end";
    let shells = [
        ("bash", vec!["env", "PS1=ready> ", "bash", "--norc", "--noprofile", "-i"]),
        ("zsh", vec!["env", "PS1=ready> ", "zsh", "-f", "-i"]),
        ("fish", vec!["fish", "--no-config", "-i", "-C", FISH_PROMPT]),
    ];
    shells.into_iter().filter(|(shell, _)| {
        let found = command(shell, Path::new("/")).arg("--version").output().is_ok();
        if !found {
            cannot_run(&format!("{shell} is not installed"));
        }
        found
    })
}

#[test]
fn ctrl_c_leaves_interactive_shells_alive() {
    for (shell, start) in interactive_shells() {
        let project = Project::with_venv();
        project.0.write("hook", project.run(&[VENVFIX, "hook", shell]).stdout);
        // What is waited for does not stand in what is typed, since that is echoed.
        let steps = [
            ("ready> ", "source ./hook; venvfix-enter\r"),
            ("BUILDING", "\x03"),
            ("interrupted", "printf 'works-%s\\n' 42\r"),
            ("works-42", "exit 7\r"),
        ];
        project.on_a_terminal(&steps, &start).exits(7);
        project.nothing_is_left();
    }
}

/// An index that wants a name and a password, in Python; prints its port.
const INDEX: &str = r#"
import base64, functools, http.server, sys
class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        wanted = "Basic " + base64.b64encode(b"user:secret").decode()
        if self.headers.get("Authorization") == wanted:
            return super().do_GET()
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="index"')
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *arguments): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=sys.argv[1]))
print(server.server_address[1], flush=True)
server.serve_forever()
"#;

/// The server, ended with the test.
struct Index(Child, u16);

impl Index {
    fn of(folder: &Path) -> Self {
        let mut run = command("python3", folder);
        let mut child = run.args(["-c", INDEX]).arg(folder).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let output = child.stdout.take().unwrap();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line).unwrap();
        Self(child, line.trim().parse().unwrap())
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn pip_may_ask_for_a_password_in_every_shell() {
    for (shell, start) in interactive_shells() {
        let project = Project::new();
        let wheels = Folder::new();
        wheel::make(&wheels.join("simple/beta"), "beta", &[]);
        let index = Index::of(wheels.path());
        project
            .0
            .write("requirements.txt", format!("--index-url http://127.0.0.1:{}/simple\nbeta\n", index.1));
        project.0.write("hook", project.run(&[VENVFIX, "hook", shell]).stdout);
        let steps = [
            ("ready> ", "source ./hook; venvfix-enter\r"),
            ("User for 127.0.0.1", "user\r"),
            ("Password:", "secret\r"),
            ("Successfully installed", "python -c 'import beta; print(\"import\" + \"ed\")'\r"),
            ("imported", "exit 7\r"),
        ];
        let mut arguments = vec!["env", "-u", "PIP_NO_INDEX", "-u", "PIP_FIND_LINKS", "-u", "PIP_INDEX_URL"];
        arguments.extend(start);
        project.on_a_terminal(&steps, &arguments).exits(7);
    }
}

#[test]
fn ctrl_c_in_a_real_nix_shell_leaves_a_working_shell() {
    let Some(lab) = Lab::get() else { return };
    let project = Project::new();
    let shell = "{ pkgs ? import <nixpkgs> { } }:\npkgs.mkShell {\n  packages = [ pkgs.python3 ];\n  VENVFIX_PROJECT = toString ./.;\n  \
                 shellHook = ''\n    eval \"$(PROGRAM hook bash)\"; venvfix-enter\n    echo rest-of-the-hook\n    shopt nullglob\n  '';\n}\n";
    project.0.write("shell.nix", shell.replace("PROGRAM", lab.program().to_str().unwrap()));
    let pids = format!("BUILD_PIDS={}", project.0.join("pids").display());
    let inside = lab.command(project.0.path(), &["-e", &pids], &["nix-shell"]);
    let arguments: Vec<&str> = std::iter::once(inside.get_program())
        .chain(inside.get_args())
        .map(|argument| argument.to_str().unwrap())
        .collect();
    // The shell's prompt comes after the hook, and has its own words.
    let steps = [
        ("BUILDING", "\x03"),
        (
            "rest-of-the-hook",
            "echo works-$((41 + 1)); shopt nullglob; python -c 'import sys; print(sys.prefix)'\r",
        ),
        ("works-42", "exit 7\r"),
    ];
    let ended = project.on_a_terminal(&steps, &arguments).exits(7);
    assert!(ended.stdout.contains("interrupted"), "{ended:?}");
    // What nix-shell switches on for the hook, and off after it.
    assert!(
        ended.stdout.contains("nullglob       \ton") && ended.stdout.contains("nullglob       \toff"),
        "{ended:?}"
    );
    assert!(ended.stdout.contains(&format!("{}\r\n", project.0.join(".venv").display())), "{ended:?}");
}
