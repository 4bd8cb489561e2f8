//! What doctor reads, and what it keeps of it: on the machine itself, with made wheels.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::support::project::Project;
use super::support::venv::Venv;
use super::support::{Folder, VENVFIX, cannot_run, command, venvfix, wheel};

/// The files that doctor opens; `None` where that cannot be seen.
fn opened_by_doctor(folder: &Path) -> Option<String> {
    let traces = Folder::new();
    let trace = traces.join("trace");
    let mut run = command("strace", folder);
    run.args(["-f", "-e", "trace=open,openat,openat2", "-o"]).arg(&trace);
    let Ok(ended) = run.args([VENVFIX, "doctor", "--loader", "nix"]).output() else {
        cannot_run("strace is not installed");
        return None;
    };
    assert!(ended.status.code().is_some_and(|code| code < 2), "{ended:?}");
    Some(fs::read_to_string(trace).unwrap())
}

/// Everything below a folder, and when it was changed.
fn snapshot(folder: &Path) -> BTreeMap<PathBuf, (i64, i64, u64)> {
    let entries = walkdir::WalkDir::new(folder).into_iter().map(|entry| {
        let entry = entry.unwrap();
        let metadata = entry.metadata().unwrap();
        (entry.into_path(), (metadata.ctime(), metadata.ctime_nsec(), metadata.len()))
    });
    entries.collect()
}

fn record(project: &Project, name: &str) -> PathBuf {
    project.site_packages().join(format!("{name}-1.0.dist-info/RECORD"))
}

#[test]
fn an_unchanged_venv_is_answered_without_opening_an_object() {
    let project = Project::new("alpha\nbeta\n");
    project.enter().exits(0);
    let Some(opened) = opened_by_doctor(project.path()) else { return };
    assert!(opened.contains(".venvfix/scan"), "{opened}");
    assert!(!opened.contains("_native"), "{opened}");
    // Scripts, which a listing shows each time.
    assert!(!opened.contains(".venv/bin/pip"), "{opened}");
    let with = project.run(&[VENVFIX, "doctor", "--loader", "nix", "--format", "json"]).exits(1).stdout;
    fs::remove_file(project.folder.join(".venv/.venvfix/scan")).unwrap();
    let opened = opened_by_doctor(project.path()).unwrap();
    assert!(opened.contains("alpha/_native") && opened.contains("beta/_native"), "{opened}");
    let without = project.run(&[VENVFIX, "doctor", "--loader", "nix", "--format", "json"]).exits(1).stdout;
    assert_eq!(with, without);
}

#[test]
fn a_changed_package_costs_itself_alone() {
    let project = Project::new("alpha\nbeta\n");
    project.enter().exits(0);
    let path = record(&project, "alpha");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, text + "alpha/more.py,,\n").unwrap();
    let Some(opened) = opened_by_doctor(project.path()) else { return };
    assert!(opened.contains("alpha-1.0.dist-info/RECORD") && !opened.contains("beta"), "{opened}");
}

#[test]
fn looking_writes_nothing() {
    let project = Project::new("alpha\n");
    project.enter().exits(0);
    fs::remove_file(project.folder.join(".venv/.venvfix/scan")).unwrap();
    let before = snapshot(project.path());
    project.run(&[VENVFIX, "doctor"]).exits(1);
    project.run(&[VENVFIX, "doctor", "--loader", "nix"]).exits(1);
    assert_eq!(snapshot(project.path()), before);
}

#[test]
fn a_scan_of_another_version_or_no_scan_at_all_is_passed_over() {
    let project = Project::new("alpha\n");
    project.enter().exits(0);
    let scan = project.folder.join(".venv/.venvfix/scan");
    let doctor = || project.run(&[VENVFIX, "doctor", "--loader", "nix", "--format", "json"]).exits(1).stdout;
    let (wanted, whole) = (doctor(), fs::read(&scan).unwrap());
    let mut other = whole.clone();
    let version = whole.iter().position(|&byte| byte == b'.').unwrap();
    other[version - 1] = b'9';
    for content in [&other[..], &whole[..whole.len() - 1], b"", b"venvfix scan 1 "] {
        fs::write(&scan, content).unwrap();
        assert_eq!(doctor(), wanted);
    }
    fs::remove_file(&scan).unwrap();
    fs::create_dir(&scan).unwrap();
    assert_eq!(doctor(), wanted);
}

/// Opening one can be felt at its other end, even where nothing is read.
#[test]
fn a_pipe_that_a_record_names_is_not_opened() {
    let venv = Venv::new();
    let wheels = Folder::new();
    venv.install(&wheel::make(wheels.path(), "odd", &[]));
    let site_packages = venv.site_packages();
    let pipe = site_packages.join("odd/pipe.so");
    assert!(command("mkfifo", venv.path()).arg(&pipe).status().unwrap().success());
    let path = site_packages.join("odd-1.0.dist-info/RECORD");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, text + "odd/pipe.so,,\nodd/loop.so,,\n").unwrap();
    std::os::unix::fs::symlink("loop.so", site_packages.join("odd/loop.so")).unwrap();
    let Some(opened) = opened_by_doctor(venv.path()) else { return };
    assert!(opened.contains("odd/_native") && !opened.contains("pipe.so"), "{opened}");
    venvfix(venv.path(), ["doctor", "--loader", "nix"]);
}
