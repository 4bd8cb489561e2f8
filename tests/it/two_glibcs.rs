//! Pythons and libraries of two package sets, with an older and a newer glibc and C++ runtime.

use super::support::lab::Lab;
use super::support::{Ended, Folder, wheel};

const SHELL: &str =
    "let old = import <nixpkgs> { }; new = import <nixpkgs> { config.release = \"trixie\"; }; in
MAKER.mkShell {
  packages = [ PYTHON ];
  buildInputs = [ LIBRARIES ];
  VENVFIX_PROJECT = toString ./.;
  shellHook = ''eval \"$(PROGRAM hook bash)\"; venvfix-enter'';
}
";

/// A project with made wheels in it; `None` where there is no laboratory.
struct Project {
    lab: &'static Lab,
    folder: Folder,
}

impl Project {
    /// `maker` gives the compiler's C++ runtime.
    fn new(maker: &str, python: &str, libraries: &str, wheels: &[(&str, &str)]) -> Option<Self> {
        let lab = Lab::with_release("trixie")?;
        let folder = Folder::new();
        let shell = SHELL.replace("MAKER", maker).replace("PYTHON", python).replace("LIBRARIES", libraries);
        folder.write("shell.nix", shell.replace("PROGRAM", lab.program().to_str().unwrap()));
        let mut requirements = "--no-index\n--find-links wheels\n".to_owned();
        for (name, needs) in wheels {
            wheel::make(&folder.join("wheels"), name, &["--needs", needs]);
            requirements += &format!("{name}\n");
        }
        folder.write("requirements.txt", requirements);
        Some(Self { lab, folder })
    }

    fn in_shell(&self, script: &str) -> Ended {
        self.lab.nix_shell(self.folder.path(), script)
    }

    /// Detail and reason of each missing symbol version, by doctor.
    fn old(&self) -> Vec<[String; 2]> {
        let program = self.lab.program().display().to_string();
        let report = self.in_shell(&format!("{program} doctor --format json")).json();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
        let findings = report["findings"].as_array().unwrap().iter();
        let old = findings.filter(|finding| finding["code"] == "missing-symbol-version");
        old.map(|finding| [text(&finding["detail"]), text(&finding["remedy"]["reason"])]).collect()
    }
}

#[test]
fn a_wheel_for_a_newer_glibc_fails_under_the_older_and_works_under_the_newer() {
    let wheels = [("newer", "libc.so.6@GLIBC_2.38=strlcpy")];
    let Some(project) = Project::new("old", "old.python3", "", &wheels) else { return };
    let failed = project.in_shell("python -c 'import newer'").exits(1);
    failed.says(&[
        "version `GLIBC_2.38' not found (required by ",
        "venvfix: what is here is too old for newer 1.0: libc.so.6",
        "help: venvfix doctor",
    ]);
    let [[detail, reason]] = project.old().try_into().unwrap();
    assert_eq!(detail, "GLIBC_2.38 is wanted, libc.so.6 has GLIBC_2.36 at the newest");
    assert!(reason.starts_with("the interpreter's glibc is too old: take python from a newer nixpkgs"));
    let Some(project) = Project::new("new", "new.python313", "", &wheels) else { return };
    project.in_shell("python -c 'import newer'").exits(0).silent_about(&["too old"]);
    assert_eq!(project.old(), Vec::<[String; 2]>::new());
}

#[test]
fn a_cxx_runtime_of_an_older_nixpkgs_is_named_and_that_of_pythons_own_serves() {
    let wheels = [
        ("newer", "libstdc++.so.6@GLIBCXX_3.4.33=_ZNKSt12__basic_fileIcE13native_handleEv"),
        ("abi", "libstdc++.so.6@CXXABI_1.3.15=__cxa_call_terminate"),
    ];
    let Some(project) = Project::new("old", "new.python313", "", &wheels) else { return };
    for (name, version) in [("newer", "GLIBCXX_3.4.33"), ("abi", "CXXABI_1.3.15")] {
        let failed = project.in_shell(&format!("python -c 'import {name}'")).exits(1);
        failed.says(&[&format!("version `{version}' not found (required by ")]);
    }
    let old = project.old();
    let details: Vec<&str> = old.iter().map(|[detail, _]| detail.as_str()).collect();
    let wanted = [
        "CXXABI_1.3.15 is wanted, libstdc++.so.6 has CXXABI_1.3.13 at the newest",
        "GLIBCXX_3.4.33 is wanted, libstdc++.so.6 has GLIBCXX_3.4.30 at the newest",
    ];
    assert_eq!(details, wanted);
    for [_, reason] in &old {
        assert!(reason.starts_with("/nix/store/") && reason.contains("-gcc-12"), "{reason}");
        assert!(reason.ends_with(
            "/libstdc++.so.6 is too old: take it from a newer nixpkgs, or an older release of the package"
        ));
    }
    let Some(project) = Project::new("new", "new.python313", "", &wheels) else { return };
    project.in_shell("python -c 'import newer, abi'").exits(0);
    assert_eq!(project.old(), Vec::<[String; 2]>::new());
}

/// The library itself is not offered then: what is told of it is the glibc that it wants.
#[test]
fn an_offered_library_for_a_newer_glibc_is_kept_from_the_older() {
    let wheels = [("plain", "libGL.so.1")];
    let Some(project) = Project::new("old", "old.python3", "new.libGL", &wheels) else { return };
    let failed = project.in_shell("python -c 'import plain'").exits(1);
    failed.says(&["libGL.so.1: cannot open shared object file"]);
    assert_eq!(project.old(), Vec::<[String; 2]>::new());
    // Really so: opened all the same, it does not load.
    let open = "import ctypes, glob; ctypes.CDLL(glob.glob('/nix/store/*-libglvnd-1.7*/lib/libGL.so.1')[0])";
    let forced = project.in_shell(&format!("python -I -S -c \"{open}\"")).exits(1);
    forced.says(&["version `GLIBC_2.38' not found (required by "]);
}

/// `import zlib` brings libz into the process, and a module that is imported first has none.
#[test]
fn what_the_interpreters_own_modules_load_hides_no_missing_library() {
    let wheels = [("odd", "libz.so.1")];
    let Some(project) = Project::new("old", "old.python3", "", &wheels) else { return };
    project.folder.write("venvfix.toml", "provide = \"none\"\n");
    project.in_shell("python -c 'import zlib, odd'").exits(0);
    project.in_shell("python -c 'import odd'").exits(1).says(&["libz.so.1: cannot open shared object file"]);
    let program = project.lab.program().display().to_string();
    let doctor = project.in_shell(&format!("{program} doctor")).exits(1);
    doctor.prints(&["1 library is missing that an import needs", "libz.so.1"]);
}

/// Nix on another distribution, whose ld.so.cache has the library: python of nixpkgs does not read it.
#[test]
fn the_systems_cache_answers_for_no_python_of_nixpkgs() {
    let wheels = [("odd", "libz.so.1")];
    let Some(project) = Project::new("old", "old.python3", "", &wheels) else { return };
    project.folder.write("venvfix.toml", "provide = \"none\"\n");
    let program = project.lab.program().display().to_string();
    let script =
        format!("/sbin/ldconfig -p | grep -c 'libz.so.1 '; python -c 'import odd'; {program} doctor");
    let ended = project.lab.run_with(project.folder.path(), &["--fhs"], &["nix-shell", "--run", &script]);
    let ended = ended.exits(1).says(&["libz.so.1: cannot open shared object file"]);
    assert!(!ended.stdout.starts_with("0\n"), "the cache has no libz.so.1: {}", ended.stdout);
    ended.prints(&["1 library is missing that an import needs", "libz.so.1"]);
}
