//! The layouts that libtree is tested with, by their numbers there, against the machine's own loader.

use std::collections::BTreeSet;
use std::path::Path;

use venvfix::elf::{Class, Machine};
use venvfix::loader::{DiskFiles, Resolver, System};

use super::support::cannot_run;
use super::support::cc::{calling, cc, library, program, versioned};
use super::support::layout::{Layout, Seen, ready};

const RPATH: &str = "-Wl,--disable-new-dtags";
const RUNPATH: &str = "-Wl,--enable-new-dtags";

/// What both saw, as a list.
fn seen(found: &[&str], missing: &[&str]) -> Seen {
    let texts = |all: &[&str]| all.iter().map(|&text| text.to_owned()).collect::<BTreeSet<_>>();
    Seen::Loaded { found: texts(found), missing: texts(missing) }
}

fn layout() -> Option<Layout> {
    ready().then(|| Layout::new(&[]))
}

#[test]
fn libtree_01_origin() {
    let Some(layout) = layout() else { return };
    library(&layout.folder, "liba.so", &calling("a", &[]), &[]);
    for (name, tags) in [("by_rpath", RPATH), ("by_runpath", RUNPATH)] {
        program(&layout, name, &["a"], &["@/liba.so", tags, "-Wl,-rpath,$ORIGIN"]);
        assert_eq!(layout.starts(name), seen(&["@/liba.so"], &[]), "{name}");
    }
}

#[test]
fn libtree_02_rpath_of_parents_parent() {
    let Some(layout) = layout() else { return };
    library(&layout.folder, "l/libb.so", &calling("b", &[]), &[]);
    library(&layout.folder, "l/liba.so", &calling("a", &["b"]), &["@/l/libb.so"]);
    let options = ["@/l/liba.so", "-Wl,-rpath-link,@/l", "-Wl,-rpath,$ORIGIN/l"];
    program(&layout, "by_rpath", &["a"], &[&options[..], &[RPATH]].concat());
    program(&layout, "by_runpath", &["a"], &[&options[..], &[RUNPATH]].concat());
    assert_eq!(layout.starts("by_rpath"), seen(&["@/l/liba.so", "@/l/libb.so"], &[]));
    assert_eq!(layout.starts("by_runpath"), seen(&["@/l/liba.so"], &["libb.so"]));
    // By itself the library has no parent.
    assert_eq!(layout.opens(&["l/liba.so"]), [Err("libb.so".to_owned())]);
    let layout = layout.library_path("@/l");
    assert_eq!(layout.opens(&["l/liba.so"]), [Ok(())]);
}

#[test]
fn libtree_03_direct_and_absolute_rpath() {
    let Some(layout) = layout() else { return };
    library(&layout.folder, "some/libf.so", &calling("f", &[]), &[]);
    library(
        &layout.folder,
        "libg.so",
        &calling("g", &["f"]),
        &["@/some/libf.so", RUNPATH, "-Wl,-rpath,@/some"],
    );
    // Without a SONAME, the linker writes the path down that it was told.
    cc(&layout.folder, "libi.so", &calling("i", &[]), &["-shared", "-fPIC", "-nostdlib"]);
    let libraries = ["@/some/libf.so", "@/libg.so", "@/libi.so", RUNPATH];
    program(&layout, "one", &["f", "g", "i"], &[&libraries[..], &["-Wl,-rpath,@/"]].concat());
    program(&layout, "both", &["f", "g", "i"], &[&libraries[..], &["-Wl,-rpath,@/:@/some"]].concat());
    // libf is asked for by the program before libg, which would find it, and is found for libg later.
    let all = &["@/libg.so", "@/libi.so", "@/some/libf.so"];
    assert_eq!(layout.starts("one"), seen(all, &["libf.so"]));
    assert_eq!(layout.starts("both"), seen(all, &[]));
}

#[test]
fn libtree_04_rpath_over_environment_over_runpath() {
    let Some(layout) = layout() else { return };
    library(&layout.folder, "env/liba.so", &calling("a", &[]), &[]);
    let own = ["@/env/liba.so", RPATH, "-Wl,-rpath,$ORIGIN"];
    library(&layout.folder, "env/libb.so", &calling("b", &["a"]), &own);
    library(&layout.folder, "own/libb.so", &calling("b", &[]), &[]);
    for (name, tags) in [("by_rpath", RPATH), ("by_runpath", RUNPATH)] {
        program(&layout, name, &["b"], &["@/own/libb.so", tags, "-Wl,-rpath,@/own"]);
        assert_eq!(layout.starts(name), seen(&["@/own/libb.so"], &[]), "{name}");
    }
    let layout = layout.library_path("@/env");
    assert_eq!(layout.starts("by_rpath"), seen(&["@/own/libb.so"], &[]));
    assert_eq!(layout.starts("by_runpath"), seen(&["@/env/liba.so", "@/env/libb.so"], &[]));
}

#[test]
fn libtree_05_32_bits() {
    let Some(layout) = layout() else { return };
    if std::env::consts::ARCH != "x86_64" {
        return cannot_run("this machine's compiler makes no objects of 32 bits");
    }
    for (path, width) in [("lib32/libx.so", "-m32"), ("lib64/libx.so", "-m64")] {
        library(&layout.folder, path, &calling("x", &[]), &[width]);
    }
    let order = "-Wl,-rpath,@/lib32:@/lib64";
    program(&layout, "exe64", &["x"], &["-m64", "@/lib64/libx.so", order]);
    assert_eq!(layout.starts("exe64"), seen(&["@/lib64/libx.so"], &[]));
    program(&layout, "none64", &["x"], &["-m64", "@/lib64/libx.so", "-Wl,-rpath,@/lib32"]);
    assert_eq!(layout.starts("none64"), seen(&[], &["libx.so"]));
    // For the other way round the machine need not have a loader.
    program(&layout, "exe32", &["x"], &["-m32", "@/lib32/libx.so", "-Wl,-rpath,@/lib64:@/lib32"]);
    let machine = Machine { class: Class::Elf32, little_endian: true, number: 3 };
    let (files, system) = (DiskFiles::default(), System::default());
    let process = Resolver::new(&files, &system, machine).start(&layout.folder.join("exe32"), &|_| None);
    let paths: Vec<&Path> = process.loads.iter().map(|load| load.path.as_ref()).collect();
    assert_eq!(paths, [layout.folder.join("exe32"), layout.folder.join("lib32/libx.so")]);
}

#[test]
fn libtree_06_symbol_versions() {
    let Some(layout) = layout() else { return };
    let folder = &layout.folder;
    versioned(folder, "v1/libx.so", &[("x", "X_1")], &[]);
    versioned(folder, "v2/libx.so", &[("y", "X_2"), ("x", "X_1")], &[]);
    let module = |name: &str, call: &str, with: &str, order: &str| {
        library(
            folder,
            name,
            &calling("m", &[call]),
            &[&format!("@/{with}/libx.so"), &format!("-Wl,-rpath,{order}")],
        );
    };
    module("old.so", "x", "v1", "@/v2:@/v1");
    module("new.so", "y", "v2", "@/v1:@/v2");
    // The first library of that name is taken, and none behind it that would do.
    let lacks = |version: &str| Err(format!("libx.so: version `{version}' not found"));
    assert_eq!(layout.opens(&["old.so"]), [Ok(())]);
    assert_eq!(layout.opens(&["new.so"]), [lacks("X_2")]);
}

#[test]
fn libtree_07_origin_is_relative_to_the_link_and_not_to_what_it_leads_to() {
    let Some(layout) = layout() else { return };
    library(&layout.folder, "a/libf.so", &calling("f", &[]), &[]);
    library(&layout.folder, "a/libg.so", &calling("g", &["f"]), &["@/a/libf.so", "-Wl,-rpath,${ORIGIN}"]);
    let options = ["@/a/libg.so", "-Wl,-rpath-link,@/a", "-Wl,-rpath,${ORIGIN}/b"];
    program(&layout, "exe", &["g"], &options);
    let layout = layout.link("b/libg.so", "../a/libg.so");
    assert_eq!(layout.starts("exe"), seen(&["@/b/libg.so"], &["libf.so"]));
    let layout = layout.library_path("@/a");
    assert_eq!(layout.starts("exe"), seen(&["@/a/libf.so", "@/a/libg.so"], &[]));
}

#[test]
fn libtree_08_no_default_libraries() {
    let Some(layout) = layout() else { return };
    let folder = &layout.folder;
    let library = |name: &str, call: &str, options: &[&str]| {
        let soname = format!("-Wl,-soname,{name}");
        cc(folder, name, &calling(call, &[]), &[&["-shared", "-fPIC", &soname], options].concat());
    };
    library("libstrict.so", "f", &["-Wl,-z,nodefaultlib"]);
    library("libplain.so", "g", &[]);
    let strict = |name: &str, calls: &[&str], options: &[&str]| {
        cc(
            folder,
            name,
            &calling("main", calls),
            &[&["-Wl,-z,nodefaultlib", "-Wl,-rpath,$ORIGIN"], options].concat(),
        );
    };
    strict("none", &["f"], &["@/libstrict.so", RUNPATH]);
    strict("both", &["f", "g"], &["@/libstrict.so", "@/libplain.so", RUNPATH]);
    strict("by_rpath", &["g"], &["@/libplain.so", RPATH]);
    // Only what may look there brings libc: the plain library.
    let libc = |seen: &Seen| match seen {
        Seen::Loaded { found, missing } => {
            (found.iter().any(|path| path.ends_with("/libc.so.6")), missing.contains("libc.so.6"))
        }
        Seen::Failed(message) => panic!("{message}"),
    };
    assert_eq!(libc(&layout.starts("none")), (false, true));
    assert_eq!(libc(&layout.starts("both")), (true, true));
    assert_eq!(libc(&layout.starts("by_rpath")), (true, true));
}

/// Of its sysroot, which venvfix has no use for, the two searches: absolute paths and default directories.
#[test]
fn libtree_09_absolute_path_and_default_directories() {
    let Some(layout) = layout() else { return };
    library(&layout.folder, "usr/lib/local/libr.so", &calling("r", &[]), &[]);
    let exit = "extern void _exit(int); int r(void); int start(void) { _exit(r()); }";
    for (name, tags) in [("by_rpath", RPATH), ("by_runpath", RUNPATH)] {
        let options = ["-nostdlib", "-e", "start", "@/usr/lib/local/libr.so", "-lc", tags];
        cc(&layout.folder, name, exit, &[&options[..], &["-Wl,-rpath,@/usr/lib/local"]].concat());
        let cached = layout.starts(name);
        // The loader without its cache finds the same in its directories.
        assert_eq!(layout.starts_without_cache(name), cached);
        let Seen::Loaded { found, missing } = cached else { panic!("{name} failed") };
        assert!(found.contains("@/usr/lib/local/libr.so") && missing.is_empty(), "{found:?} {missing:?}");
        assert!(found.iter().any(|path| path.ends_with("/libc.so.6")), "{found:?}");
    }
}

#[test]
fn libtree_10_rpath_order() {
    let Some(layout) = layout() else { return };
    for path in ["first/libb.so", "second/libb.so"] {
        library(&layout.folder, path, &calling("b", &[]), &[]);
    }
    let own = ["@/second/libb.so", RPATH, "-Wl,-rpath,$ORIGIN/second"];
    library(&layout.folder, "liba.so", &calling("a", &["b"]), &own);
    let options = ["@/liba.so", RPATH, "-Wl,-rpath-link,@/second", "-Wl,-rpath,$ORIGIN:$ORIGIN/first"];
    program(&layout, "exe", &["a"], &options);
    assert_eq!(layout.starts("exe"), seen(&["@/liba.so", "@/second/libb.so"], &[]));
    assert_eq!(layout.opens(&["liba.so"]), [Ok(())]);
}
