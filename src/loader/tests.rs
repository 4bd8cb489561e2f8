//! The rules on tables of objects.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::*;
use crate::elf::{Machine, Object, VersionNeed};

/// Objects by path, in the order given.
struct Table(Vec<(&'static str, Object)>);

impl Files for Table {
    fn candidate(&self, path: &Path, machine: Machine) -> Candidate {
        let found = self.0.iter().enumerate().find(|(_, (name, _))| Path::new(name) == path);
        let located = found.map(|(index, (_, object))| Located {
            identity: (0, index as u64),
            object: Rc::new(object.clone()),
        });
        located.map_or(Candidate::Passed, |located| located.judged(machine))
    }

    fn folder(&self, path: &Path) -> Folder {
        let path = crate::fsx::normalize(path);
        match self.0.iter().any(|(name, _)| Path::new(name).parent() == Some(&path)) {
            true => Folder::Plain,
            false => Folder::Absent,
        }
    }

    fn program(&self, _: &Path) -> Option<(PathBuf, Located)> {
        None
    }
}

fn object(soname: &str, needed: &[&str]) -> Object {
    Object {
        machine: Machine::X86_64,
        fixed_executable: false,
        interpreter: None,
        soname: (!soname.is_empty()).then(|| soname.into()),
        needed: needed.iter().map(|&name| name.into()).collect(),
        rpath: None,
        runpath: None,
        no_default_libs: false,
        pie: false,
        dynamic: true,
        fault: None,
        version_needs: Vec::new(),
        openings: Vec::new(),
        version_definitions: Vec::new(),
    }
}

fn rpath(mut object: Object, text: &str) -> Object {
    object.rpath = Some(text.into());
    object
}

fn runpath(mut object: Object, text: &str) -> Object {
    object.runpath = Some(text.into());
    object
}

fn missing(table: Vec<(&'static str, Object)>, offer: Offer<'_>) -> Vec<String> {
    let (files, system) = (Table(table), System::default());
    let resolver = Resolver::new(&files, &system, Machine::X86_64);
    let process = resolver.open(&Process::default(), Path::new("/v/ext.so"), offer);
    process.missing(0).map(|need| need.name.to_owned()).collect()
}

const NONE: Offer<'static> = &|_| None;

#[test]
fn rpath_is_inherited_and_runpath_is_not() {
    let deep = |ext: Object| {
        vec![
            ("/v/ext.so", ext),
            ("/v/libs/liba.so", object("liba.so", &["libb.so"])),
            ("/v/libs/libb.so", object("libb.so", &[])),
        ]
    };
    let ext = || object("", &["liba.so"]);
    assert!(missing(deep(rpath(ext(), "$ORIGIN/libs")), NONE).is_empty());
    assert_eq!(missing(deep(runpath(ext(), "$ORIGIN/libs")), NONE), ["libb.so"]);
}

#[test]
fn an_object_with_runpath_does_not_inherit_rpath() {
    let table = vec![
        ("/v/ext.so", rpath(object("", &["liba.so"]), "$ORIGIN/libs")),
        ("/v/libs/liba.so", runpath(object("liba.so", &["libb.so"]), "$ORIGIN/elsewhere")),
        ("/v/libs/libb.so", object("libb.so", &[])),
    ];
    assert_eq!(missing(table, NONE), ["libb.so"]);
}

#[test]
fn a_loaded_soname_satisfies_whatever_the_file_is_called() {
    let table = vec![
        ("/v/ext.so", rpath(object("", &["libz.def23b81.so.1", "liba.so"]), "$ORIGIN/libs")),
        ("/v/libs/libz.def23b81.so.1", object("libz.so.1", &[])),
        ("/v/libs/liba.so", runpath(object("liba.so", &["libz.so.1"]), "/nowhere")),
    ];
    assert!(missing(table, NONE).is_empty());
}

#[test]
fn another_architecture_is_passed_over() {
    let mut other = object("liba.so", &[]);
    other.machine = Machine::AARCH64;
    let table = vec![
        ("/v/ext.so", rpath(object("", &["liba.so"]), "$ORIGIN/arm:$ORIGIN/x86")),
        ("/v/arm/liba.so", other),
        ("/v/x86/liba.so", object("liba.so", &[])),
    ];
    assert!(missing(table, NONE).is_empty());
}

#[test]
fn an_offered_library_serves_and_its_own_needs_count() {
    let table = vec![
        ("/v/ext.so", object("", &["libGL.so.1"])),
        ("/nix/store/gl/lib/libGL.so.1", object("libGL.so.1", &["libGLX.so.0"])),
    ];
    let offer: Offer<'_> = &|name| (name == "libGL.so.1").then(|| "/nix/store/gl/lib/libGL.so.1".into());
    assert_eq!(missing(table, offer), ["libGLX.so.0"]);
}

#[test]
fn a_cycle_ends() {
    let table = vec![
        ("/v/ext.so", rpath(object("", &["liba.so"]), "$ORIGIN")),
        ("/v/liba.so", object("liba.so", &["libb.so"])),
        ("/v/libb.so", object("libb.so", &["liba.so", "libc.so.6"])),
    ];
    assert_eq!(missing(table, NONE), ["libc.so.6"]);
}

#[test]
fn a_version_that_is_not_defined_is_lacking() {
    let lacks = |directory: &str, version: &str, weak: bool| {
        let mut ext = rpath(object("", &["liba.so"]), directory);
        let need = VersionNeed { library: "liba.so".into(), version: version.into(), weak };
        ext.version_needs = vec![need];
        let mut old = object("liba.so", &[]);
        old.version_definitions = vec!["V_1".into()];
        let table =
            vec![("/v/ext.so", ext), ("/old/liba.so", old), ("/bare/liba.so", object("liba.so", &[]))];
        let (files, system) = (Table(table), System::default());
        let resolver = Resolver::new(&files, &system, Machine::X86_64);
        let process = resolver.open(&Process::default(), Path::new("/v/ext.so"), NONE);
        let lacks = resolver.lacking(&process, 0).into_iter().flat_map(|lack| lack.versions.to_vec());
        lacks.collect::<Vec<_>>()
    };
    assert_eq!(lacks("/old", "V_2", false), ["V_2"]);
    assert!(lacks("/old", "V_1", false).is_empty());
    // The loader only warns of these.
    assert!(lacks("/old", "V_2", true).is_empty());
    assert!(lacks("/bare", "V_2", false).is_empty());
}

#[test]
fn the_cache_serves_an_object_without_default_directories_from_elsewhere() {
    let found = |file: &'static str| {
        let mut ext = object("", &["liba.so"]);
        ext.no_default_libs = true;
        let files = Table(vec![("/v/ext.so", ext), (file, object("liba.so", &[]))]);
        let system = System {
            cache: Some(Cache::of(&[("liba.so", file)])),
            default_directories: vec!["/lib".into()],
            ..System::default()
        };
        let resolver = Resolver::new(&files, &system, Machine::X86_64);
        let process = resolver.open(&Process::default(), Path::new("/v/ext.so"), NONE);
        process.missing(0).next().is_none()
    };
    assert!(found("/opt/liba.so"));
    assert!(!found("/lib/liba.so") && !found("/lib/sub/liba.so"));
}
