//! Programs in the laboratory, where /lib64 has a stub: made wheels, installed by pip.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use venvfix::programs::Mark;

use super::support::cc::cc;
use super::support::lab::Lab;
use super::support::{Folder, kill, wheel};

const SHELL: &str = "{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  packages = [ pkgs.python3 ];
  buildInputs = with pkgs; [ LIBRARIES ];
  VENVFIX_PROJECT = toString ./.;
  shellHook = ''eval \"$(PROGRAM hook bash)\"; venvfix-enter'';
}
";

/// Says what it is, and opens its library.
const SOURCE: &str = "#include <stdio.h>
#include <unistd.h>
extern const char *zlibVersion(void);
int main(int count, char **words) {
    char self[4096] = \"\";
    readlink(\"/proc/self/exe\", self, sizeof self - 1);
    printf(\"%s %s %s\\n\", words[0], self, USES);
    return 0;
}
";

/// A project whose wheel `tools` has a program `own` in bin, and one deep in it that needs zlib.
struct Project {
    lab: &'static Lab,
    folder: Folder,
}

impl Project {
    fn new(libraries: &str) -> Option<Self> {
        let lab = Lab::get()?;
        let folder = Folder::new();
        let program = lab.program().to_str().unwrap();
        folder.write("shell.nix", SHELL.replace("LIBRARIES", libraries).replace("PROGRAM", program));
        folder.write("requirements.txt", "--no-index\n--find-links wheels\ntools\n");
        let project = Self { lab, folder };
        project.wheel("1.0", &[]);
        Some(project)
    }

    fn wheel(&self, version: &str, options: &[&str]) {
        let made = Folder::new();
        cc(&made, "own", SOURCE, &[&["-DUSES=\"nothing\""], options].concat());
        cc(&made, "deep", SOURCE, &[&["-DUSES=zlibVersion()", "-l:libz.so.1"], options].concat());
        let init = made.write("init", "");
        let files = [
            (format!("tools-{version}.data/scripts/own"), made.join("own")),
            ("tools/data/bin/deep tool".into(), made.join("deep")),
            ("tools/__init__.py".into(), init),
        ];
        let files: Vec<(&str, &Path)> =
            files.iter().map(|(name, path)| (name.as_str(), path.as_path())).collect();
        wheel::make_of(&self.folder.join("wheels"), "tools", version, &files);
    }

    fn own(&self) -> PathBuf {
        self.folder.join(".venv/bin/own")
    }

    fn deep(&self) -> PathBuf {
        let lib = fs::read_dir(self.folder.join(".venv/lib")).unwrap().next().unwrap().unwrap().path();
        lib.join("site-packages/tools/data/bin/deep tool")
    }

    fn enter(&self, script: &str) -> super::support::Ended {
        self.lab.nix_shell(self.folder.path(), script)
    }

    fn venvfix(&self, arguments: &[&str]) -> super::support::Ended {
        self.lab.venvfix(self.folder.path(), arguments)
    }

    /// What `venvfix sync` does in the shell.
    fn sync(&self) -> super::support::Ended {
        self.enter(&format!("{} sync", self.lab.program().display())).exits(0)
    }

    /// Expects both to start outside of the shell, and to know where they are.
    #[track_caller]
    fn start(&self) {
        for path in [self.own(), self.deep()] {
            let path = path.to_str().unwrap();
            let ended = self.lab.run(self.folder.path(), &["env", "-i", path]).exits(0);
            assert!(ended.stdout.starts_with(&format!("{path} {path} ")), "{}", ended.stdout);
        }
    }
}

#[test]
fn programs_are_patched_on_entry_and_restored_byte_for_byte() {
    let Some(project) = Project::new("zlib") else { return };
    let _roots = project.lab.roots();
    project.folder.write("venvfix.toml", "programs = 'report'\n");
    project.enter("true").exits(0).says(&["2 programs of tools 1.0 cannot start"]).silent_about(&["patched"]);
    assert_eq!(project.enter("own").code, Some(127));
    project.venvfix(&["doctor"]).exits(1).prints(&["2 programs cannot start", "bin/own", "nix-ld"]);
    project.folder.write("venvfix.toml", "");
    project.venvfix(&["doctor"]).exits(1).prints(&["bin/own", "venvfix sync"]);
    let state = |path: PathBuf| {
        let metadata = fs::metadata(&path).unwrap();
        (fs::read(path).unwrap(), metadata.mode(), metadata.mtime(), metadata.mtime_nsec())
    };
    let before = [state(project.own()), state(project.deep())];

    fs::remove_file(project.folder.join("venvfix.toml")).unwrap();
    let ended = project.enter("own").exits(0);
    let ended = ended.says(&["patched 2 programs for this loader: own, deep tool"]);
    ended.silent_about(&["cannot start"]).prints(&["nothing"]);
    project.start();
    let patched = [state(project.own()), state(project.deep())];
    assert_eq!(
        patched.each_ref().map(|state| (state.1, state.2, state.3)),
        before.each_ref().map(|state| (state.1, state.2, state.3))
    );
    project.venvfix(&["doctor"]).exits(0).prints(&["nothing is missing"]);
    let roots = fs::read_dir(project.folder.join(".venv/.venvfix/roots")).unwrap();
    let roots: Vec<PathBuf> = roots.map(|root| fs::read_link(root.unwrap().path()).unwrap()).collect();
    let kept = |name: &str| roots.iter().any(|root| root.to_string_lossy().contains(name));
    assert!(kept("-zlib-") && kept("-glibc-"), "{roots:?}");
    project.enter("true").exits(0).silent_about(&["venvfix:"]);
    project.sync().silent_about(&["patched", "damaged"]);
    project.enter("pip check && python -m pip list").exits(0);

    let ended = project.venvfix(&["doctor", "--restore-programs"]).exits(0);
    ended.says(&["restored 2 programs: own, deep tool", "help: to keep them so"]);
    assert_eq!([state(project.own()), state(project.deep())], before);
    project.venvfix(&["doctor", "--restore-programs"]).exits(0).says(&["no patched program to restore"]);
    // What doctor says then is what brings them back, as the next entry does.
    project.venvfix(&["doctor"]).exits(1).prints(&["bin/own", "venvfix sync"]);
    project.enter("true").exits(0).says(&["patched 2 programs"]);
    assert_eq!([state(project.own()), state(project.deep())], patched);
}

#[test]
fn a_program_that_misses_a_library_waits_for_it() {
    let Some(project) = Project::new("") else { return };
    project.folder.write("venvfix.toml", "provide = 'none'\n");
    let ended = project.enter("own").exits(0).prints(&["nothing"]);
    ended.says(&["patched 1 program for this loader: own", "1 library is missing for tools 1.0: libz.so.1"]);
    let ended = project.venvfix(&["doctor"]).exits(1);
    ended.prints(&["deep tool", "not patched: the loader does not load it", "libz.so.1"]);
    fs::remove_file(project.folder.join("venvfix.toml")).unwrap();
    let shell = project.folder.read("shell.nix").replace("[  ]", "[ zlib ]");
    project.folder.write("shell.nix", shell);
    project.enter("true").exits(0).says(&["patched 1 program for this loader: deep tool"]);
    project.start();
}

#[test]
fn what_pip_installs_again_or_anew_is_patched_again() {
    let Some(project) = Project::new("zlib") else { return };
    project.enter("true").exits(0).says(&["patched 2 programs"]);
    project.enter("pip install -q --force-reinstall --no-index --find-links wheels tools").exits(0);
    assert_eq!(Mark::of(&project.own()), None);
    project.enter("own").exits(0).says(&["patched 2 programs"]);
    project.start();
    project.wheel("2.0", &["-no-pie"]);
    project.enter("pip install -q -U --no-index --find-links wheels tools && pip check").exits(0);
    project.enter("own").exits(0).says(&["patched 2 programs"]);
    project.start();
    let ended = project.enter("pip uninstall -y -q tools; pip check; ls .venv/bin").exits(0);
    assert!(!ended.stdout.contains("own"), "{}", ended.stdout);
    assert!(!project.deep().exists());
}

#[test]
fn a_patched_program_is_no_damaged_one_after_an_interruption() {
    let Some(project) = Project::new("zlib") else { return };
    project.enter("true").exits(0).says(&["patched 2 programs"]);
    fs::remove_file(project.folder.join(".venv/.venvfix/stamp.json")).unwrap();
    project.folder.write(".venv/.venvfix/unfinished", "");
    project.enter("true").exits(0).silent_about(&["damaged", "again", "patched"]);
    // One that was cut is.
    let (deep, bytes) = (project.deep(), fs::read(project.deep()).unwrap());
    fs::remove_file(project.folder.join(".venv/.venvfix/stamp.json")).unwrap();
    project.folder.write(".venv/.venvfix/unfinished", "");
    fs::write(&deep, &bytes[..bytes.len() - 1]).unwrap();
    project.enter("true").exits(0).says(&["tools 1.0 is damaged", "patched 2 programs"]);
    project.start();
}

/// Nix on another system: its loader is where programs look for it.
#[test]
fn programs_that_start_are_left_alone() {
    let Some(project) = Project::new("zlib") else { return };
    let nix_shell = ["nix-shell", "--run", "own"];
    let ended = project.lab.run_with(project.folder.path(), &["--fhs"], &nix_shell).exits(0);
    ended.silent_about(&["patched", "cannot start"]).prints(&["nothing"]);
    let program = project.lab.program().to_str().unwrap();
    let doctor = [program, "doctor"];
    project.lab.run_with(project.folder.path(), &["--fhs"], &doctor).exits(0).prints(&["nothing is missing"]);
    let doctor = project.lab.run_with(project.folder.path(), &["--no-stub"], &doctor);
    doctor.exits(1).prints(&["2 programs cannot start"]);
}

#[test]
fn a_loader_that_is_gone_is_replaced() {
    let Some(project) = Project::new("zlib") else { return };
    project.enter("true").exits(0).says(&["patched 2 programs"]);
    let nix = ["doctor", "--loader", "nix"];
    let ended = project.venvfix(&nix).exits(1).prints(&["missing that a program needs", "libz.so.1"]);
    assert!(!ended.stdout.contains("/nix/store") && !ended.stdout.contains("start"), "{}", ended.stdout);
    // As after another python and a garbage collection: what is in the file is a path of the same length.
    for path in [project.own(), project.deep()] {
        let mut bytes = fs::read(&path).unwrap();
        let store = b"/nix/store/";
        let places = memchr::memmem::find_iter(&bytes, store).map(|at| at + store.len()).collect::<Vec<_>>();
        assert!(!places.is_empty());
        places.into_iter().for_each(|at| bytes[at..at + 8].copy_from_slice(b"00000000"));
        fs::write(&path, bytes).unwrap();
    }
    let ended = project.venvfix(&["doctor"]).exits(1);
    ended.prints(&["gone that a program was built with", "venvfix sync"]);
    project.sync().says(&["patched 2 programs"]);
    project.start();
}

#[test]
fn another_python_of_the_same_version_gives_programs_its_loader() {
    let Some(project) = Project::new("zlib") else { return };
    project.enter("true").exits(0).says(&["patched 2 programs"]);
    let state = |path: &Path| fs::read(path).unwrap();
    let before = [state(&project.own()), state(&project.deep())];
    let shell = project
        .folder
        .read("shell.nix")
        .replace("import <nixpkgs> { }", "import <nixpkgs> { config.pythonMarker = \"2\"; }");
    project.folder.write("shell.nix", shell);
    // The glibc is the same.
    project.enter("true").exits(0).says(&["renewing .venv"]).silent_about(&["patched"]);
    assert_eq!([state(&project.own()), state(&project.deep())], before);
    project.start();
}

#[test]
fn a_kill_leaves_the_old_program_or_the_new_and_the_next_entry_tidies() {
    let Some(project) = Project::new("zlib") else { return };
    // Large enough to be met while it is copied.
    let made = Folder::new();
    let large = made.join("large.bin");
    fs::File::create(&large).unwrap().set_len(64 << 20).unwrap();
    let source = "#include <stdio.h>\nextern const char *zlibVersion(void);\nint main(int c, char **w) { printf(\"%s %s x\\n\", w[0], w[0]); return 0; }\n\
                  __asm__(\".pushsection .large,\\\"\\\"\\n.incbin \\\"LARGE\\\"\\n.popsection\");";
    cc(&made, "deep", &source.replace("LARGE", large.to_str().unwrap()), &[]);
    let name = "tools/data/bin/deep tool";
    let own = made.join("own");
    cc(&made, "own", SOURCE, &["-DUSES=\"nothing\""]);
    let files = [("tools-1.0.data/scripts/own", own.as_path()), (name, &made.join("deep"))];
    wheel::make_of(&project.folder.join("wheels"), "tools", "1.0", &files);
    project.folder.write("venvfix.toml", "programs = 'report'\n");
    project.enter("true").exits(0);
    let before = fs::read(project.deep()).unwrap();
    fs::remove_file(project.folder.join("venvfix.toml")).unwrap();

    let folder = project.deep().parent().unwrap().to_owned();
    let temporaries = || {
        let names = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_string_lossy().starts_with(".venvfix-")).count()
    };
    let mut command = project.lab.command(project.folder.path(), &[], &["nix-shell", "--run", "true"]);
    let mut child = command.stdin(std::process::Stdio::null()).spawn().unwrap();
    while temporaries() == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it came to its end, and was not met");
        std::thread::yield_now();
    }
    kill::tree(&mut child);
    assert_eq!((temporaries(), Mark::of(&project.deep())), (1, None));
    assert_eq!(fs::read(project.deep()).unwrap(), before);
    project.enter("true").exits(0).says(&["patched 1 program for this loader: deep tool"]);
    assert_eq!(temporaries(), 0);
    project.start();
    project.venvfix(&["doctor", "--restore-programs"]).exits(0);
    assert_eq!(fs::read(project.deep()).unwrap(), before);
}

#[test]
fn a_program_behind_a_link_is_left_alone_and_the_others_patched() {
    let Some(project) = Project::new("zlib") else { return };
    project.folder.write("venvfix.toml", "programs = 'report'\n");
    project.enter("true").exits(0);
    // A program behind a link, as uv makes it with link-mode = symlink.
    let (deep, moved) = (project.deep(), project.folder.join("elsewhere"));
    fs::rename(&deep, &moved).unwrap();
    std::os::unix::fs::symlink(&moved, &deep).unwrap();
    let before = fs::read(&moved).unwrap();
    fs::remove_file(project.folder.join("venvfix.toml")).unwrap();
    project
        .enter("own")
        .exits(0)
        .says(&["patched 1 program for this loader: own", "1 program of tools 1.0 cannot start"]);
    assert_eq!(fs::read(&moved).unwrap(), before);
    project.venvfix(&["doctor"]).exits(1).prints(&["not patched: it lies behind a link"]);
}
