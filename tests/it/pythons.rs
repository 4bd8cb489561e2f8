//! The same list for each Python of the laboratory, its libraries from the same release.

use super::support::lab::Lab;
use super::support::{Ended, Folder, wheel};

/// A Python, by the release of the laboratory's package set that has it.
struct Python {
    release: &'static str,
    attribute: &'static str,
    version: &'static str,
}

/// Makes a test of each function for each Python.
macro_rules! tests {
    (each of $list:tt for $($python:ident: $release:literal $attribute:literal $version:literal,)*) => {
        $(tests!(@ $python $release $attribute $version $list);)*
    };
    (@ $python:ident $release:literal $attribute:literal $version:literal [$($test:ident)*]) => {
        mod $python {
            const PYTHON: super::Python =
                super::Python { release: $release, attribute: $attribute, version: $version };
            $(#[test] fn $test() { super::$test(&PYTHON) })*
        }
    };
}

tests! {
    each of [
        a_wheel_is_imported_with_any_flags_and_by_threads
        worker_processes_import_a_wheel
        a_zipapp_and_an_editable_install_import_a_wheel
        upgrades_keep_the_provider_and_clearing_loses_it_until_the_next_entry
        numpy_works_and_fails_bare
    ] for
        python_3_11: "bookworm" "python311" "3.11",
        python_3_13: "trixie" "python313" "3.13",
        python_3_14: "sid" "python314" "3.14",
        python_3_15: "sid" "python315" "3.15",
}

const SHELL: &str = "{ pkgs ? import <nixpkgs> { config.release = \"RELEASE\"; } }:
pkgs.mkShell {
  packages = [ pkgs.PYTHON ];
  buildInputs = [ pkgs.libGL pkgs.file ];
  VENVFIX_PROJECT = toString ./.;
  shellHook = ''eval \"$(PROGRAM hook bash)\"; venvfix-enter'';
}
";

/// A project with a Python in its shell.
struct Project {
    lab: &'static Lab,
    folder: Folder,
}

impl Project {
    /// With the made wheels odd and even; `None` where it is not to run.
    fn new(python: &Python, requirements: &str) -> Option<Self> {
        // It changes from day to day: a failure may be news of Debian, not of this project.
        if python.release == "sid" && std::env::var_os("VENVFIX_ALL").is_none() {
            return None;
        }
        let lab = Lab::with_release(python.release)?;
        let folder = Folder::new();
        let program = lab.program().to_str().unwrap();
        let shell = SHELL.replace("RELEASE", python.release).replace("PYTHON", python.attribute);
        folder.write("shell.nix", shell.replace("PROGRAM", program));
        folder.write("requirements.txt", requirements);
        let wheels = folder.join("wheels");
        wheel::make(&wheels, "odd", &["--needs", "libGL.so.1,libz.so.1,libstdc++.so.6"]);
        wheel::make(&wheels, "even", &["--needs", "libssl.so.3,libexpat.so.1"]);
        let project = Self { lab, folder };
        project.in_shell("python --version").prints(&[&format!("Python {}.", python.version)]);
        Some(project)
    }

    /// Runs a shell command in the project's nix-shell.
    fn in_shell(&self, script: &str) -> Ended {
        let ended = self.lab.nix_shell(self.folder.path(), script).exits(0);
        ended.silent_about(&["missing", "could not"])
    }

    /// Runs the venv's python outside of any shell, with an empty environment.
    fn outside(&self, arguments: &[&str]) -> Ended {
        let command = [&["env", "-i", "HOME=/tmp", ".venv/bin/python"], arguments].concat();
        self.lab.run(self.folder.path(), &command)
    }
}

const MADE: &str = "--no-index\n--find-links wheels\nodd\neven\n";

fn a_wheel_is_imported_with_any_flags_and_by_threads(python: &Python) {
    let Some(project) = Project::new(python, MADE) else { return };
    project.in_shell("python -c 'import odd'");
    project.outside(&["-S", "-c", "import odd"]).exits(1).says(&["No module named 'odd'"]);
    for flags in ["-I", "-E", "-P", "-s", "-B", "-O", "-bb", "-X dev", "-Werror"] {
        let arguments: Vec<&str> = flags.split(' ').chain(["-c", "import odd"]).collect();
        project.outside(&arguments).exits(0).silent_about(&["Warning"]);
    }
    let find =
        "from ctypes.util import find_library as f; print(f('magic'), f('GL'), f('z'), f('nobodyknows'))";
    assert_eq!(project.outside(&["-c", find]).exits(0).stdout, "libmagic.so.1 libGL.so.1 libz.so.1 None\n");

    let threads = project.folder.write("threads.py", include_str!("pythons/threads.py"));
    project.outside(&[threads.to_str().unwrap()]).exits(0).prints(&["16 imports"]);
}

fn worker_processes_import_a_wheel(python: &Python) {
    let Some(project) = Project::new(python, MADE) else { return };
    project.folder.write("workers.py", include_str!("pythons/workers.py"));
    project.in_shell("python workers.py").prints(&["spawn fork forkserver"]);
    project.outside(&["workers.py"]).exits(0).prints(&["spawn fork forkserver"]);
}

fn a_zipapp_and_an_editable_install_import_a_wheel(python: &Python) {
    let Some(project) = Project::new(python, MADE) else { return };
    let folder = &project.folder;
    folder.write("app/__main__.py", "import odd; print('app', odd.__version__)\n");
    project.in_shell("python -m zipapp app");
    project.outside(&["app.pyz"]).exits(0).prints(&["app 1.0"]);

    folder.write("edited/pyproject.toml", include_str!("pythons/editable.toml"));
    folder.write("edited/backend.py", include_str!("pythons/editable.py"));
    folder.write("edited/src/edited.py", "import odd; print('edited', odd.__version__)\n");
    folder.write("requirements.txt", format!("{MADE}-e ./edited\n"));
    project.in_shell("python -c 'import edited'").prints(&["edited 1.0"]);
    project.outside(&["-c", "import edited"]).exits(0).prints(&["edited 1.0"]);
}

fn upgrades_keep_the_provider_and_clearing_loses_it_until_the_next_entry(python: &Python) {
    let Some(project) = Project::new(python, MADE) else { return };
    let imports = || project.outside(&["-c", "import odd, even"]);
    project.in_shell("python -m venv --upgrade .venv");
    imports().exits(0);
    project.in_shell("pip install -q -U pip && pip --version");
    imports().exits(0);

    let base = "$(python -c 'import sys; print(sys._base_executable)')";
    project
        .in_shell(&format!(
            "{base} -m venv --clear .venv; ls .venv/lib/*/site-packages | grep -c venvfix || true"
        ))
        .prints(&["0\n"]);
    imports().exits(1).says(&["No module named 'odd'"]);
    project.in_shell("python -c 'import odd, even'");
    imports().exits(0);
}

fn numpy_works_and_fails_bare(python: &Python) {
    let Some(project) = Project::new(python, "numpy\n") else { return };
    let bare = "import glob, sys; sys.path += glob.glob('.venv/lib/*/site-packages'); import numpy";
    project.outside(&["-S", "-c", bare]).exits(1).says(&["libstdc++.so.6: cannot open shared object file"]);
    let code = "import numpy; print(int(numpy.linalg.norm([3, 4])))";
    project.in_shell(&format!("python -c '{code}'")).prints(&["5\n"]);
    assert_eq!(project.outside(&["-c", code]).exits(0).stdout, "5\n");
}

/// Only the other way round is refused: a library must find its glibc in the process.
#[test]
fn a_newer_python_works_with_older_libraries() {
    let newer = Python { release: "trixie", attribute: "python313", version: "3.13" };
    let Some(project) = Project::new(&newer, MADE) else { return };
    let shell = project.folder.read("shell.nix");
    let mixed =
        shell.replace("= [ pkgs.libGL pkgs.file ]", "= with import <nixpkgs> { }; [ libGL file zlib ]");
    assert_ne!(shell, mixed);
    project.folder.write("shell.nix", mixed);
    let script = "import ctypes, odd; ctypes.CDLL('libmagic.so.1')";
    project.in_shell(&format!("python -c \"{script}\""));
    project.outside(&["-c", script]).exits(0);
    let libraries = project.in_shell("cat .venv/lib/*/site-packages/_venvfix.libraries").stdout;
    assert!(libraries.contains("-libglvnd-1.6.0/") && libraries.contains("-gcc-14"), "{libraries}");
}

#[test]
fn the_venv_follows_the_shell_to_another_python_and_back() {
    let older = Python { release: "bookworm", attribute: "python3", version: "3.11" };
    if Lab::with_release("trixie").is_none() {
        return;
    }
    let Some(project) = Project::new(&older, MADE) else { return };
    let shell = project.folder.read("shell.nix");
    for (release, version) in [("trixie", "3.13"), ("bookworm", "3.11")] {
        project.folder.write("shell.nix", shell.replace("bookworm", release));
        let ended = project.in_shell("python -c 'import odd, even'; python --version");
        ended.says(&["making .venv (python changed from "]).prints(&[&format!("Python {version}.")]);
        project.outside(&["-c", "import odd, even"]).exits(0);
        project.in_shell("true").silent_about(&["venvfix"]);
    }
}

/// The library asked for may be old enough, and what it loads not.
#[test]
fn libraries_of_a_newer_nixpkgs_are_told_as_such() {
    let Some(lab) = Lab::with_release("trixie") else { return };
    let folder = Folder::new();
    let program = lab.program().to_str().unwrap();
    let shell = "let old = import <nixpkgs> { }; new = import <nixpkgs> { config.release = \"trixie\"; }; in\n\
                 old.mkShell {\n  packages = [ old.python3 ];\n  buildInputs = [ new.libGL new.file ];\n  \
                 VENVFIX_PROJECT = toString ./.;\n  shellHook = ''eval \"$(PROGRAM hook bash)\"; venvfix-enter'';\n}\n";
    folder.write("shell.nix", shell.replace("PROGRAM", program));
    folder.write("requirements.txt", "--no-index\n--find-links wheels\nodd\n");
    wheel::make(&folder.join("wheels"), "odd", &["--needs", "libGL.so.1,libmagic.so.1"]);
    let entered = lab.nix_shell(folder.path(), "python -c 'import odd'").exits(1);
    entered.says(&["2 libraries are missing for odd 1.0: libGL.so.1, libmagic.so.1", "help: venvfix doctor"]);
    let doctor = lab.nix_shell(folder.path(), &format!("{program} doctor")).exits(1);
    let doctor = doctor.prints(&[
        "this shell has it for glibc 2.",
        "and python's glibc is 2.36: take both from one nixpkgs",
    ]);
    assert!(!doctor.stdout.contains("add-lib"), "{}", doctor.stdout);
}
