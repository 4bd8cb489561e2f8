//! The loader's model against the machine's own loader: odd names and paths, and what a process that
//! opens modules hands down to them.

use std::collections::BTreeSet;
use std::os::unix::net::UnixListener;

use super::support::cc::cc;
use super::support::layout::{Layout, Opener, Seen, ready};
use super::support::object::{lib, program};

fn texts(all: &[&str]) -> BTreeSet<String> {
    all.iter().map(|&text| text.into()).collect()
}

fn seen(found: &[&str], missing: &[&str]) -> Seen {
    Seen::Loaded { found: texts(found), missing: texts(missing) }
}

#[test]
fn origin_stands_in_braces_and_within_longer_names() {
    if !ready() {
        return;
    }
    // The text of a RUNPATH, and where it leads from the program in `d`.
    let cases = [
        ("$ORIGIN/l", "d/l"),
        ("${ORIGIN}/l", "d/l"),
        ("$ORIGIN-x", "d-x"),
        ("${ORIGIN}x", "dx"),
        ("$ORIGIN/../$ORIGIN", "d/..@/d"),
        ("@/$ORIGINAL", "$ORIGINAL"),
        ("@/$ORIGIN_", "$ORIGIN_"),
        ("@/${ORIGIN", "${ORIGIN"),
        ("@/{$ORIGIN}", "{@/d}"),
        ("@/$origin", "$origin"),
        ("@/$$ORIGIN", "$@/d"),
        ("@/a b\u{e9}'\"", "a b\u{e9}'\""),
    ];
    for (text, directory) in cases {
        let layout = Layout::new(&[program("d/exe", &["liba.so"]).runpath(text)]);
        let root = layout.folder.path().to_str().unwrap().to_owned();
        let directory = directory.replace('@', &root);
        lib(&format!("{directory}/liba.so"), &[]).write(&layout.folder);
        let Seen::Loaded { found, missing } = layout.starts("d/exe") else { panic!("{text}") };
        assert_eq!((found.len(), missing.len()), (1, 0), "{text}");
    }
}

#[test]
fn a_directory_with_separators_and_tokens_in_its_name_is_an_origin_all_the_same() {
    if !ready() {
        return;
    }
    for odd in ["a:b;c", "$LIB", "${PLATFORM}x", "$ORIGIN"] {
        for path in ["$ORIGIN/l", "${ORIGIN}/l"] {
            let layout = Layout::new(&[
                program(&format!("{odd}/exe"), &["liba.so"]).rpath(path),
                lib(&format!("{odd}/l/liba.so"), &[]),
            ]);
            let Seen::Loaded { missing, .. } = layout.starts(&format!("{odd}/exe")) else { panic!("{odd}") };
            assert_eq!(missing, texts(&[]), "{odd}");
        }
    }
}

#[test]
fn a_search_path_that_leads_nowhere_leaves_the_others() {
    if !ready() {
        return;
    }
    let own = || lib("l/liba.so", &[]);
    for path in ["", ":", "l", "./l:../none", "@/none:@/exe:@/l/liba.so", "@/l/../none/../l"] {
        let layout = Layout::new(&[program("exe", &["liba.so"]).runpath(path), own()]);
        assert_eq!(layout.starts("exe"), seen(&[], &["liba.so"]), "{path}");
        let layout = layout.library_path("@/l");
        assert_eq!(layout.starts("exe"), seen(&["@/l/liba.so"], &[]), "{path}");
    }
    // An empty RPATH is none, and hides none of those that are handed down.
    let layout = Layout::new(&[
        program("exe", &["libm1.so"]).rpath("@/l"),
        lib("l/libm1.so", &["liba.so"]).rpath(""),
        own(),
    ]);
    assert_eq!(layout.starts("exe"), seen(&["@/l/libm1.so", "@/l/liba.so"], &[]));
    for path in ["", ":", ";", "l", ":@/none;;"] {
        let layout = Layout::new(&[program("exe", &["liba.so"]).runpath("@/l"), own()]).library_path(path);
        assert_eq!(layout.starts("exe"), seen(&["@/l/liba.so"], &[]), "{path}");
    }
}

/// `open_path` returns at an error that is neither ENOENT nor EACCES.
#[test]
fn a_name_that_cannot_be_opened_ends_the_list_of_directories_and_not_the_search() {
    if !ready() {
        return;
    }
    let all = |exe| [exe, lib("l/liba.so", &[])];
    let exe = || program("exe", &["liba.so"]);
    let loop_ = |layout: Layout| layout.link("odd/liba.so", "liba.so");
    assert_eq!(loop_(Layout::new(&all(exe().runpath("@/odd:@/l")))).starts("exe"), seen(&[], &["liba.so"]));
    assert_eq!(
        loop_(Layout::new(&all(exe().runpath("@/l")))).library_path("@/odd").starts("exe"),
        seen(&["@/l/liba.so"], &[])
    );
    let layout = Layout::new(&all(exe().rpath("@/odd:@/l"))).library_path("@/l");
    assert_eq!(loop_(layout).starts("exe"), seen(&["@/l/liba.so"], &[]));
    // A socket.
    let layout = Layout::new(&all(exe().runpath("@/odd:@/l")));
    std::fs::create_dir(layout.folder.join("odd")).unwrap();
    let _socket = UnixListener::bind(layout.folder.join("odd/liba.so")).unwrap();
    assert_eq!(layout.starts("exe"), seen(&[], &["liba.so"]));
    // A directory that is a loop of links is none.
    let layout = Layout::new(&all(exe().runpath("@/odd:@/l"))).link("odd", "odd");
    assert_eq!(layout.starts("exe"), seen(&["@/l/liba.so"], &[]));
}

#[test]
fn a_needed_name_that_is_empty_or_has_tokens_twice() {
    if !ready() {
        return;
    }
    let layout = Layout::new(&[program("exe", &[""]).rpath("@")]);
    layout.starts("exe");
    let layout = Layout::new(&[lib("m.so", &["", "liba.so"]).rpath("@"), lib("liba.so", &[""])]);
    assert_eq!(layout.opens(&["m.so"]), [Ok(())]);
    // The directory's name has a token.
    let layout = Layout::new(&[program("$LIB/exe", &["$ORIGIN/liba.so"]), lib("$LIB/liba.so", &[])]);
    for seen in [layout.modelled_start("$LIB/exe"), layout.traced(&layout.folder.join("$LIB/exe"))] {
        let Seen::Loaded { found, missing } = seen else { panic!("{seen:?}") };
        assert_eq!((found.len(), missing.len()), (0, 1), "{found:?}");
    }
}

#[test]
fn a_long_name_is_not_found() {
    if !ready() {
        return;
    }
    let name = format!("lib{}.so", "a".repeat(300));
    let layout = Layout::new(&[program("exe", &[&name, "libb.so"]).rpath("@/l"), lib("l/libb.so", &[])]);
    assert_eq!(layout.starts("exe"), seen(&["@/l/libb.so"], &[&name]));
}

#[test]
fn variants_in_one_directory_come_before_the_next_directory() {
    if !ready() {
        return;
    }
    let (machine, _) = super::support::object::host().unwrap();
    let Some(level) = venvfix::loader::hwcaps(machine).last() else { return };
    let variant = |directory: &str| {
        lib(&format!("{directory}/glibc-hwcaps/{level}/liba.so"), &[]).soname(Some("liba.so"))
    };
    let exe = || program("exe", &["liba.so"]).runpath("@/a:@/b");
    let layout = Layout::new(&[exe(), lib("a/liba.so", &[]), variant("b")]);
    assert_eq!(layout.starts("exe"), seen(&["@/a/liba.so"], &[]));
    let found = format!("@/b/glibc-hwcaps/{level}/liba.so");
    let layout = Layout::new(&[exe(), lib("a/libx.so", &[]), lib("b/liba.so", &[]), variant("b")]);
    assert_eq!(layout.starts("exe"), seen(&[&found], &[]));
    // One of another machine is passed over within the directory too.
    let layout = Layout::new(&[exe(), lib("a/liba.so", &[]), variant("a").patched(18, 40).patched(19, 0)]);
    assert_eq!(layout.starts("exe"), seen(&["@/a/liba.so"], &[]));
    // $ORIGIN of a variant is its own directory.
    let layout = Layout::new(&[exe(), variant("a").runpath("$ORIGIN"), lib("a/libb.so", &[])]);
    layout.starts("exe");
}

/// A dlopen keeps the caller only to look a bare name up (`__RTLD_CALLMAP`, elf/dl-load.c): what it opens has no
/// loader, so its needs go by its own RPATH, then by the program's.
#[test]
fn an_opened_module_inherits_the_programs_rpath_and_no_runpath() {
    if !ready() {
        return;
    }
    let layout = Layout::new(&[
        lib("pkg/m.so", &["liba.so"]).rpath("$ORIGIN/../l"),
        lib("l/liba.so", &["libb.so"]),
        lib("l/libb.so", &["libc1.so"]),
        lib("base/libc1.so", &[]),
        lib("pkg/bare.so", &["libc1.so"]),
        lib("pkg/own.so", &["libc1.so"]).runpath("/nowhere"),
    ]);
    let fails = || Err("libc1.so".to_owned());
    for (tags, wanted) in [("-Wl,--disable-new-dtags", Ok(())), ("-Wl,--enable-new-dtags", fails())] {
        // Each in a process of its own: what is loaded answers to its name.
        for (module, wanted) in [("pkg/m.so", &wanted), ("pkg/bare.so", &wanted), ("pkg/own.so", &fails())] {
            let opener = Opener::with(&layout, &["-Wl,-rpath,@/base", tags]);
            assert_eq!(layout.opens_by(&opener, &[module]), std::slice::from_ref(wanted), "{module} {tags}");
        }
    }
}

/// What opens a module is not its loader: `_ctypes` or a plugin's host hands nothing down.
#[test]
fn an_opened_module_inherits_nothing_from_the_library_that_calls_dlopen() {
    if !ready() {
        return;
    }
    let layout = Layout::new(&[lib("pkg/m.so", &["liba.so"]), lib("l/liba.so", &[])]);
    let source = "#include <dlfcn.h>\nvoid *open_it(char *path) { return dlopen(path, RTLD_NOW); }\n";
    for tags in ["-Wl,--disable-new-dtags", "-Wl,--enable-new-dtags"] {
        let options = ["-shared", "-fPIC", "-Wl,-soname,libhost.so", "-Wl,-rpath,@/l", tags];
        cc(&layout.folder, "host/libhost.so", source, &options);
        let opener = Opener::with(&layout, &["@/host/libhost.so", "-Wl,-rpath,@/host", tags]);
        assert_eq!(layout.opens_by(&opener, &["pkg/m.so"]), [Err("liba.so".to_owned())], "{tags}");
    }
}

#[test]
fn the_first_loaded_object_of_a_soname_answers_and_not_the_one_on_the_path() {
    if !ready() {
        return;
    }
    // numpy's and scipy's wheels each with an OpenBLAS of one SONAME under two file names.
    let layout = Layout::new(&[
        lib("a/m.so", &["libblas-1.so"]).rpath("$ORIGIN"),
        lib("a/libblas-1.so", &[]).soname(Some("libblas.so.3")),
        lib("b/m.so", &["libblas-2.so", "libuser.so"]).rpath("$ORIGIN"),
        lib("b/libblas-2.so", &["libnobody.so"]).soname(Some("libblas.so.3")),
        lib("b/libuser.so", &["libblas.so.3"]),
        lib("c/m.so", &["libblas.so.3"]).rpath("$ORIGIN"),
        lib("c/libblas.so.3", &["libnobody.so"]),
    ]);
    let fails = || Err("libnobody.so".to_owned());
    assert_eq!(layout.opens(&["c/m.so"]), [fails()]);
    assert_eq!(layout.opens(&["a/m.so", "c/m.so", "b/m.so"]), [Ok(()), Ok(()), fails()]);
}
