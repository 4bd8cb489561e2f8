//! The loader's model against the machine's own loader: made layouts, loaded by both.

use std::collections::BTreeSet;
use std::path::Path;

use venvfix::loader::System;

use super::support::layout::{Layout, Seen, ready};
use super::support::object::{Object, file, host, lib, program};

fn texts(all: &[&str]) -> BTreeSet<String> {
    all.iter().map(|&text| text.into()).collect()
}

/// A layout whose program, `exe`, is started.
struct Case {
    name: &'static str,
    objects: Vec<Object>,
    links: &'static [(&'static str, &'static str)],
    library_path: &'static str,
    found: &'static [&'static str],
    missing: &'static [&'static str],
}

/// A case without links and environment.
fn case(
    name: &'static str,
    objects: Vec<Object>,
    found: &'static [&'static str],
    missing: &'static [&'static str],
) -> Case {
    Case { name, objects, links: &[], library_path: "", found, missing }
}

fn check(cases: Vec<Case>) {
    if !ready() {
        return;
    }
    for case in cases {
        let mut layout = Layout::new(&case.objects).library_path(case.library_path);
        for (path, target) in case.links {
            layout = layout.link(path, target);
        }
        let wanted = Seen::Loaded { found: texts(case.found), missing: texts(case.missing) };
        assert_eq!(layout.starts("exe"), wanted, "{}", case.name);
    }
}

#[test]
fn rpath_is_inherited_and_runpath_is_not() {
    let deep = |exe: Object| vec![exe, lib("l/liba.so", &["libb.so"]), lib("l/libb.so", &[])];
    let exe = || program("exe", &["liba.so"]);
    check(vec![
        case("rpath", deep(exe().rpath("$ORIGIN/l")), &["@/l/liba.so", "@/l/libb.so"], &[]),
        case("runpath", deep(exe().runpath("$ORIGIN/l")), &["@/l/liba.so"], &["libb.so"]),
        case(
            "the parent's parent's",
            {
                let mut all = deep(exe().rpath("@/l"));
                all[2] = lib("l/libb.so", &["libq.so"]);
                all.push(lib("l/libq.so", &[]));
                all
            },
            &["@/l/liba.so", "@/l/libb.so", "@/l/libq.so"],
            &[],
        ),
        case(
            "not into an object with runpath",
            {
                let mut all = deep(exe().rpath("@/l"));
                all[1] = lib("l/liba.so", &["libb.so"]).runpath("/nowhere");
                all
            },
            &["@/l/liba.so"],
            &["libb.so"],
        ),
        case(
            "past an object with runpath, whose rpath is dropped",
            vec![
                exe().rpath("@/l"),
                lib("l/liba.so", &["libb.so"]).runpath("@/m").rpath("@/n"),
                lib("m/libb.so", &["libq.so", "libd.so"]),
                lib("l/libq.so", &[]),
                lib("n/libd.so", &[]),
            ],
            &["@/l/liba.so", "@/m/libb.so", "@/l/libq.so"],
            &["libd.so"],
        ),
        case("an empty runpath hides rpath too", deep(exe().rpath("@/l").runpath("")), &[], &["liba.so"]),
        case(
            "both: runpath alone counts",
            deep(exe().rpath("@/x").runpath("@/l")),
            &["@/l/liba.so"],
            &["libb.so"],
        ),
        case(
            "nearest first",
            vec![
                exe().rpath("@:@/first"),
                lib("liba.so", &["libb.so"]).rpath("@/second"),
                lib("first/libb.so", &[]),
                lib("second/libb.so", &[]),
            ],
            &["@/liba.so", "@/second/libb.so"],
            &[],
        ),
    ]);
}

#[test]
fn rpath_comes_before_the_environment_and_runpath_after_it() {
    let all = |exe: Object| vec![exe, lib("own/liba.so", &[]), lib("env/liba.so", &[])];
    let exe = || program("exe", &["liba.so"]);
    let with = |case: Case, library_path| Case { library_path, ..case };
    check(vec![
        with(case("rpath", all(exe().rpath("@/own")), &["@/own/liba.so"], &[]), "@/env"),
        with(case("runpath", all(exe().runpath("@/own")), &["@/env/liba.so"], &[]), "@/env"),
        with(case("colon", all(exe()), &["@/env/liba.so"], &[]), "@/none:@/env:@/own"),
        with(case("semicolon", all(exe()), &["@/env/liba.so"], &[]), ";@/none;@/env;@/own"),
        with(case("token of the program", all(exe()), &["@/env/liba.so"], &[]), "${ORIGIN}/env"),
        with(
            case(
                "a semicolon is part of a path in rpath",
                all(exe().rpath("@/own;@/env")),
                &[],
                &["liba.so"],
            ),
            "",
        ),
        with(case("slashes at the end", all(exe()), &["@/env/liba.so"], &[]), "@/env///"),
        with(case("relative and empty", all(exe().runpath("own::.")), &[], &["liba.so"]), ":own:"),
    ]);
}

#[test]
fn origin_is_the_directory_of_the_link_for_a_library_and_of_the_file_for_a_program() {
    let objects = |exe: &str| {
        vec![
            program(exe, &["liba.so"]).rpath("$ORIGIN/l"),
            lib("real/liba.so", &["libb.so"]).runpath("$ORIGIN/sub"),
            lib("l/sub/libb.so", &[]),
            lib("real/sub/libb.so", &[]),
        ]
    };
    let found = &["@/l/liba.so", "@/l/sub/libb.so"];
    check(vec![
        Case { links: &[("l/liba.so", "../real/liba.so")], ..case("library", objects("exe"), found, &[]) },
        Case {
            links: &[("exe", "deep/exe"), ("deep/l/liba.so", "../../real/liba.so")],
            ..case("program", objects("deep/exe"), &["@/deep/l/liba.so"], &["libb.so"])
        },
    ]);
}

#[test]
fn needed_names_with_a_slash_are_opened_as_they_stand() {
    check(vec![
        case(
            "absolute, and no search for it",
            vec![
                program("exe", &["@/l/liba.so", "libb.so"]).runpath("@"),
                lib("l/liba.so", &[]).soname(None),
                lib("liba.so", &[]),
                lib("libb.so", &["libf.so"]).runpath("@/some"),
                lib("some/libf.so", &[]),
            ],
            &["@/l/liba.so", "@/libb.so", "@/some/libf.so"],
            &[],
        ),
        case(
            "tokens",
            vec![
                program("exe", &["$ORIGIN/l/liba.so"]),
                lib("l/liba.so", &["${ORIGIN}/libb.so"]),
                lib("l/libb.so", &[]),
            ],
            &["@/l/liba.so", "@/l/libb.so"],
            &[],
        ),
        case(
            "absolute and absent",
            vec![program("exe", &["@/l/liba.so"]).rpath("@"), lib("liba.so", &[])],
            &[],
            &["@/l/liba.so"],
        ),
        case(
            "relative",
            vec![program("exe", &["l/liba.so"]).rpath("@"), lib("l/liba.so", &[])],
            &[],
            &["l/liba.so"],
        ),
    ]);
}

#[test]
fn tokens_stand_for_what_this_loader_was_built_with() {
    if !ready() {
        return;
    }
    let (machine, loader) = host().unwrap();
    let tokens = System::of_loader(Path::new(loader), machine).tokens;
    let texts = [
        ("$LIB", &tokens.lib),
        ("${LIB}", &tokens.lib),
        ("$PLATFORM", &tokens.platform),
        ("x${PLATFORM}y", &tokens.platform),
    ];
    for (text, value) in texts {
        let directory = text.replace("${LIB}", value).replace("$LIB", value);
        let directory = directory.replace("${PLATFORM}", value).replace("$PLATFORM", value);
        let exe = program("exe", &["liba.so"]).rpath(&format!("@/{text}"));
        let layout = Layout::new(&[exe, lib(&format!("{directory}/liba.so"), &[])]);
        let wanted =
            Seen::Loaded { found: [format!("@/{directory}/liba.so")].into(), missing: BTreeSet::new() };
        assert_eq!(layout.starts("exe"), wanted, "{text}");
    }
    // No tokens.
    for text in ["$LIBRARY", "${LIB", "$lib", "$$"] {
        let exe = program("exe", &["liba.so"]).runpath(&format!("@/{text}"));
        let layout = Layout::new(&[exe, lib(&format!("{text}/liba.so"), &[])]);
        let wanted = Seen::Loaded { found: [format!("@/{text}/liba.so")].into(), missing: BTreeSet::new() };
        assert_eq!(layout.starts("exe"), wanted, "{text}");
    }
    // In a bare needed name.
    let named = format!("lib-{}.so", tokens.platform);
    let layout = Layout::new(&[program("exe", &["lib-$PLATFORM.so"]).rpath("@"), lib(&named, &[])]);
    layout.starts("exe");
}

#[test]
fn variants_for_newer_processors_come_first_in_every_directory() {
    if !ready() {
        return;
    }
    let (machine, _) = host().unwrap();
    let levels = venvfix::loader::hwcaps(machine);
    let own =
        |level: &str| lib(&format!("l/glibc-hwcaps/{level}/liba.so"), &["libb.so"]).soname(Some("liba.so"));
    for exe in [
        program("exe", &["liba.so"]).rpath("@/l"),
        program("exe", &["liba.so"]).runpath("@/l"),
        program("exe", &["liba.so"]),
    ] {
        let mut objects = vec![
            exe,
            lib("l/liba.so", &["libb.so"]),
            own("x86-64-v2"),
            lib("l/libb.so", &[]),
            own("x86-64-v9"),
        ];
        let best = |layout: &Layout| match layout.starts("exe") {
            Seen::Loaded { found, .. } => found.into_iter().find(|path| path.ends_with("liba.so")).unwrap(),
            failed => panic!("{failed:?}"),
        };
        let wanted = if levels.is_empty() { "@/l/liba.so" } else { "@/l/glibc-hwcaps/x86-64-v2/liba.so" };
        assert_eq!(best(&Layout::new(&objects).library_path("@/l")), wanted);
        objects.push(own("x86-64-v3"));
        objects.push(own("x86-64-v4"));
        let wanted =
            levels.first().map_or("@/l/liba.so".into(), |level| format!("@/l/glibc-hwcaps/{level}/liba.so"));
        assert_eq!(best(&Layout::new(&objects).library_path("@/l")), wanted);
    }
}

#[test]
fn a_loaded_object_answers_to_its_soname_whatever_its_file_is_called() {
    check(vec![
        case(
            "loaded under another name",
            vec![
                program("exe", &["libz.def23b81.so.1", "liba.so"]).rpath("@/l"),
                lib("l/libz.def23b81.so.1", &[]).soname(Some("libz.so.1")),
                lib("l/liba.so", &["libz.so.1"]),
            ],
            &["@/l/libz.def23b81.so.1", "@/l/liba.so"],
            &[],
        ),
        case(
            "but nothing finds it by its soname",
            vec![
                program("exe", &["libq.so.1"]).rpath("@/l"),
                lib("l/libq.def23b81.so.1", &[]).soname(Some("libq.so.1")),
            ],
            &[],
            &["libq.so.1"],
        ),
        case(
            "breadth first: too late for one that comes before",
            vec![
                program("exe", &["liba.so", "libb.so"]).runpath("@"),
                lib("liba.so", &["libq.so"]),
                lib("libb.so", &["libodd.so"]).runpath("@"),
                lib("libodd.so", &[]).soname(Some("libq.so")),
            ],
            &["@/liba.so", "@/libb.so", "@/libodd.so"],
            &["libq.so"],
        ),
        case(
            "a file name that no soname bears",
            vec![
                program("exe", &["libgomp.so.1.0.0"]).rpath("@"),
                lib("libgomp.so.1.0.0", &[]).soname(Some("libgomp.so.1")),
            ],
            &["@/libgomp.so.1.0.0"],
            &[],
        ),
        case(
            "of two with one soname the first",
            vec![
                program("exe", &["libx.so", "liby.so", "liba.so"]).rpath("@"),
                lib("libx.so", &["libx1.so"]).soname(Some("lib.so")),
                lib("liby.so", &["liby1.so"]).soname(Some("lib.so")),
                lib("liba.so", &["lib.so"]),
            ],
            &["@/libx.so", "@/liby.so", "@/liba.so"],
            &["libx1.so", "liby1.so"],
        ),
        Case {
            links: &[("libb.so", "liba.so")],
            ..case(
                "one file by two names is one object",
                vec![program("exe", &["liba.so", "libb.so"]).rpath("@"), lib("liba.so", &[])],
                &["@/liba.so"],
                &[],
            )
        },
        case(
            "the loader itself is always there",
            vec![
                program(
                    "exe",
                    &[Path::new(host().map_or("", |(_, loader)| loader))
                        .file_name()
                        .unwrap()
                        .to_str()
                        .unwrap()],
                )
                .rpath("@"),
                file("ld-linux-x86-64.so.2", "never looked at"),
                file("ld-linux-aarch64.so.1", "never looked at"),
            ],
            &[],
            &[],
        ),
        case("so is the kernel's object", vec![program("exe", &["linux-vdso.so.1"])], &[], &[]),
    ]);
}

#[test]
fn objects_for_other_machines_are_passed_over() {
    let all =
        |other: Object| vec![program("exe", &["liba.so"]).rpath("@/other:@/l"), other, lib("l/liba.so", &[])];
    let found = &["@/l/liba.so"];
    check(vec![
        case("32 bits", all(lib("other/liba.so", &[]).patched(4, 1)), found, &[]),
        case("another machine", all(lib("other/liba.so", &[]).patched(18, 40).patched(19, 0)), found, &[]),
        case(
            "another machine's program",
            all(program("other/liba.so", &[]).patched(18, 40).patched(19, 0)),
            found,
            &[],
        ),
        Case {
            links: &[("other/liba.so", "nowhere")],
            ..case(
                "a dangling link",
                vec![program("exe", &["liba.so"]).rpath("@/other:@/l"), lib("l/liba.so", &[])],
                found,
                &[],
            )
        },
    ]);
    check(vec![case(
        "nothing but 32 bits",
        vec![program("exe", &["liba.so"]).rpath("@"), lib("liba.so", &[]).patched(4, 1)],
        &[],
        &["liba.so"],
    )]);
}
