//! The loader's model against the machine's own loader: files that it refuses, what it was built with,
//! and modules as wheels have them.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use venvfix::loader::System;

use super::support::layout::{Layout, Seen, ready};
use super::support::object::{Object, file, host, lib, program};
use super::support::{cannot_run, command};

#[test]
fn a_file_that_is_no_sound_object_ends_the_search() {
    if !ready() {
        return;
    }
    let cases = [
        (file("bad/liba.so", ""), "file too short"),
        (lib("bad/liba.so", &[]).cut(63), "file too short"),
        (
            file(
                "bad/liba.so",
                "INPUT(libreal.so)   /* a linker script, of some length; not for the loader */",
            ),
            "invalid ELF header",
        ),
        (lib("bad/liba.so", &[]).patched(16, 1), "only ET_DYN and ET_EXEC can be loaded"),
        (lib("bad/liba.so", &[]).patched(7, 9), "ELF file OS ABI invalid"),
        (lib("bad/liba.so", &[]).patched(8, 1), "ELF file ABI version invalid"),
        (lib("bad/liba.so", &[]).patched(12, 1), "nonzero padding in e_ident"),
        (lib("bad/liba.so", &[]).patched(6, 2), "ELF file version ident does not match current one"),
        (lib("bad/liba.so", &[]).patched(20, 2), "ELF file version does not match current one"),
        (lib("bad/liba.so", &[]).patched(54, 57), "ELF file's phentsize not the expected size"),
        (lib("bad/liba.so", &[]).patched(64 + 56, 0), "object file has no dynamic section"),
        (program("bad/liba.so", &[]), "cannot dynamically load position-independent executable"),
    ];
    for (bad, message) in cases {
        let layout = Layout::new(&[
            program("exe", &["liba.so"]).rpath("@/bad:@/l"),
            bad.clone(),
            lib("l/liba.so", &[]),
        ]);
        assert_eq!(layout.starts("exe"), Seen::Failed(format!("liba.so: {message}")));
        let module = lib("m.so", &["liba.so"]).rpath("$ORIGIN/bad:$ORIGIN/l");
        let layout = Layout::new(&[module, bad, lib("l/liba.so", &[])]);
        assert_eq!(layout.opens(&["m.so"]), [Err(format!("liba.so: {message}"))]);
    }
    let layout = Layout::new(&[
        program("exe", &["liba.so"]).rpath("@/bad:@/l"),
        lib("l/liba.so", &[]),
        lib("bad/liba.so/x", &[]),
    ]);
    let Seen::Failed(message) = layout.modelled_start("exe") else { panic!("a directory was passed over") };
    assert_eq!(message, "liba.so: cannot read file data");
    assert!(
        matches!(layout.traced(&layout.folder.join("exe")), Seen::Failed(real) if real.starts_with(&message))
    );
}

#[test]
fn an_object_may_want_no_default_directories() {
    if !ready() {
        return;
    }
    // libc.so.6 is found by the cache, libc's own directory or not at all.
    let of = |exe: Object, library: Object| Layout::new(&[exe, library]).starts("exe");
    let exe = |needed: &[&str]| program("exe", needed).runpath("@");
    let has_libc = |seen: &Seen| match seen {
        Seen::Loaded { found, missing } => {
            let found = found.iter().any(|path| path.ends_with("/libc.so.6"));
            assert_eq!(found, !missing.contains("libc.so.6"));
            found
        }
        Seen::Failed(message) => panic!("{message}"),
    };
    assert!(has_libc(&of(exe(&["libc.so.6"]), lib("liba.so", &[]))));
    assert!(!has_libc(&of(exe(&["libc.so.6"]).no_default_libs(), lib("liba.so", &[]))));
    assert!(has_libc(&of(exe(&["liba.so"]).no_default_libs(), lib("liba.so", &["libc.so.6"]))));
    assert!(!has_libc(&of(exe(&["liba.so"]), lib("liba.so", &["libc.so.6"]).no_default_libs())));
}

#[test]
fn the_default_directories_and_the_cache_answer_as_for_the_loader() {
    if !ready() {
        return;
    }
    let (machine, loader) = host().unwrap();
    let output = Command::new(loader).arg("--list-diagnostics").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let values = |name: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| line.starts_with(name));
        lines.filter_map(|line| Some(line.split_once('=')?.1.trim_matches('"').to_owned())).collect()
    };
    if values("dl_dst_lib").is_empty() {
        return cannot_run("the machine's loader tells nothing of itself");
    }
    let system = System::of_loader(Path::new(loader), machine).with_cache(machine);
    let directories: Vec<String> =
        system.default_directories.iter().map(|path| format!("{}/", path.display())).collect();
    assert_eq!(directories, values("path.system_dirs"));
    assert_eq!(values("dl_dst_lib"), [system.tokens.lib.as_str()]);
    assert_eq!(values("dl_platform"), [system.tokens.platform.as_str()]);
    // Every library that the machine has by its cache, a process for each hundred.
    let listed = Command::new("/sbin/ldconfig").arg("-p").output();
    let Ok(listed) = listed else { return cannot_run("ldconfig is not installed") };
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let names: BTreeSet<&str> =
        listed.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    let names: Vec<&str> = names.into_iter().filter(|name| name.contains(".so")).collect();
    assert!(!names.is_empty());
    for names in names.chunks(100) {
        Layout::new(&[program("exe", names)]).starts("exe");
    }
}

#[test]
fn modules_open_as_in_wheels() {
    if !ready() {
        return;
    }
    let layout = Layout::new(&[
        // Vendored by auditwheel: the libraries have no path of their own.
        lib("h5py/m.so", &["libhdf5_hl.so"]).rpath("$ORIGIN/../h5py.libs"),
        lib("h5py.libs/libhdf5_hl.so", &["libhdf5-1.so", "libz-2.so.1"]),
        lib("h5py.libs/libhdf5-1.so", &["libz.so.1-made"]).soname(Some("libhdf5.so")),
        lib("h5py.libs/libz-2.so.1", &[]).soname(Some("libz.so.1-made")),
        // In another distribution.
        lib("torch/m.so", &["libcublas.so"]).runpath("$ORIGIN/../nvidia/lib:$ORIGIN"),
        lib("nvidia/lib/libcublas.so", &["libcublasLt.so"]).runpath("$ORIGIN"),
        lib("nvidia/lib/libcublasLt.so", &[]),
        // After another module only.
        lib("vision/m.so", &["libcublas.so", "libz.so.1-made"]),
        // What a bundled library needs breaks the module.
        lib("psycopg/m.so", &["libssl-1.so"]).rpath("$ORIGIN"),
        lib("psycopg/libssl-1.so", &["libnobody.so.1"]),
        // Paths of a build machine.
        lib("built/m.so", &["libown.so"]).rpath("/build/x/lib::lib"),
        lib("built/libown.so", &[]),
        // Libraries that are programs too.
        lib("qt/m.so", &["libQt.so"]).rpath("$ORIGIN"),
        program("qt/libQt.so", &[]),
        // The inherited path ends where a RUNPATH begins.
        lib("mixed/m.so", &["liba.so"]).rpath("$ORIGIN/l"),
        lib("mixed/l/liba.so", &["libb.so"]).runpath("$ORIGIN/x"),
        lib("mixed/l/libb.so", &[]),
    ]);
    let fails = |name: &str| Err(name.to_owned());
    let all = [
        ("h5py/m.so", Ok(())),
        ("torch/m.so", Ok(())),
        ("psycopg/m.so", fails("libnobody.so.1")),
        ("built/m.so", fails("libown.so")),
        ("qt/m.so", fails("libQt.so: cannot dynamically load position-independent executable")),
        ("mixed/m.so", fails("libb.so")),
    ];
    for (path, wanted) in all {
        assert_eq!(layout.opens(&[path]), [wanted], "{path}");
    }
    assert_eq!(
        layout.opens(&["vision/m.so", "h5py/m.so", "vision/m.so", "torch/m.so", "vision/m.so"]),
        [fails("libcublas.so"), Ok(()), fails("libcublas.so"), Ok(()), Ok(()),]
    );
}

#[test]
fn objects_of_the_machines_linker_load_alike() {
    if !ready() {
        return;
    }
    for (option, missing) in [("--disable-new-dtags", false), ("--enable-new-dtags", true)] {
        let layout = Layout::new(&[]);
        let folder = layout.folder.path();
        let link = |output: &str, source: &str, options: &[&str]| {
            let source = layout.folder.write(&format!("{output}.c"), source);
            let mut cc = command("cc", folder);
            cc.arg("-o").args([folder.join(output), source]).arg("-Wl,--no-as-needed").args(options);
            let built = cc.output().unwrap();
            assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        };
        std::fs::create_dir(folder.join("l")).unwrap();
        let library = ["-shared", "-fPIC", "-nostdlib"];
        link("l/libb.so", "int b(void) { return 0; }", &library);
        link(
            "l/liba.so",
            "int b(void); int a(void) { return b(); }",
            &[&library[..], &["-Ll", "-lb"]].concat(),
        );
        let tags = format!("-Wl,{option}");
        let options = ["-Ll", "-la", "-Wl,--allow-shlib-undefined", "-Wl,-rpath,$ORIGIN/l", &tags];
        link("exe", "int a(void); int main(void) { return a(); }", &options);
        let Seen::Loaded { found, missing: not_found } = layout.starts("exe") else { panic!("it failed") };
        assert!(found.contains("@/l/liba.so") && found.iter().any(|path| path.ends_with("/libc.so.6")));
        assert_eq!(not_found.contains("libb.so"), missing, "{option}");
        assert_eq!(found.contains("@/l/libb.so"), !missing, "{option}");
    }
}
