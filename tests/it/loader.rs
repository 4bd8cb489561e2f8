//! The loader's model against the machine's own loader: made layouts, loaded by both.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use proptest::prelude::*;
use venvfix::loader::{DiskFiles, Outcome, Process, Resolver, System};

use super::support::object::{Object, file, host, lib, link, program};
use super::support::{Folder, cannot_run, command};

/// What a start or a dlopen comes to: the objects found, each as its path, with the name it was asked for
/// by where that differs; and the names not found. Or the message of a failure.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Loaded { found: BTreeSet<String>, missing: BTreeSet<String> },
    Failed(String),
}

/// Objects on disk.
struct Layout {
    folder: Folder,
    library_path: String,
}

impl Layout {
    fn new(objects: &[Object]) -> Self {
        let folder = Folder::new();
        // Where the processes run: relative search paths lead to nothing there.
        std::fs::create_dir(folder.join("elsewhere")).unwrap();
        objects.iter().for_each(|object| object.write(&folder));
        Self { folder, library_path: String::new() }
    }

    fn link(self, path: &str, target: &str) -> Self {
        link(&self.folder, path, target);
        self
    }

    fn library_path(mut self, text: &str) -> Self {
        self.library_path = text.replace('@', self.folder.path().to_str().unwrap());
        self
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = command(program, &self.folder.join("elsewhere"));
        command.env("LD_LIBRARY_PATH", &self.library_path);
        command
    }

    fn system(&self) -> System {
        let (machine, loader) = host().unwrap();
        let system = System::of_loader(Path::new(loader), machine).with_cache(machine);
        System { library_path: self.library_path.clone().into(), ..system }
    }

    /// What is seen with the folder's name taken out.
    fn short(&self, text: &str) -> String {
        text.replace(self.folder.path().to_str().unwrap(), "@")
    }

    /// Starts a program in both, which must agree; what they see.
    #[track_caller]
    fn starts(&self, program: &str) -> Seen {
        let program = self.folder.join(program);
        let (machine, _) = host().unwrap();
        let (files, system) = (DiskFiles::default(), self.system());
        let process = Resolver::new(&files, &system, machine).start(&program, &|_| None);
        let model = self.modelled(&process);
        let real = self.traced(&program);
        assert_eq!(model, real, "the model (left) and the loader (right)");
        model
    }

    /// By the loader itself.
    fn traced(&self, program: &Path) -> Seen {
        let output = self.command(program).env("LD_TRACE_LOADED_OBJECTS", "1").output().unwrap();
        let (text, errors) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if !output.status.success() {
            let message = errors.trim().rsplit_once("libraries: ").unwrap_or_else(|| panic!("{errors}")).1;
            return Seen::Failed(without_directory(message));
        }
        let (mut found, mut missing) = (BTreeSet::new(), BTreeSet::new());
        for line in text.lines().map(str::trim) {
            if let Some(name) = line.strip_suffix(" => not found") {
                missing.insert(self.short(name));
                continue;
            }
            let line = line.rsplit_once(" (0x").map_or(line, |(line, _)| line);
            let (name, path) = line.split_once(" => ").unwrap_or((line, line));
            if path != "statically linked" && !is_the_systems_own(path) {
                found.insert(self.short(&told(name, path)));
            }
        }
        Seen::Loaded { found, missing }
    }

    fn modelled(&self, process: &Process) -> Seen {
        let (mut found, mut missing, mut seen) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::from([0]));
        for need in process.loads.iter().flat_map(|load| &load.needs) {
            match &need.outcome {
                Outcome::Loaded(index) => {
                    let path = process.loads[*index].path.to_str().unwrap();
                    if seen.insert(*index) && !is_the_systems_own(path) {
                        found.insert(self.short(&told(&need.name, path)));
                    }
                }
                Outcome::Missing => {
                    missing.insert(self.short(&need.name));
                }
                Outcome::Refused(refusal) => {
                    let text = format!("{}: {}", refusal.path.display(), refusal.why);
                    return Seen::Failed(without_directory(&text));
                }
                Outcome::Assumed => {}
            }
        }
        Seen::Loaded { found, missing }
    }

    /// Opens modules in a process, one after the other, in both, which must agree; whether each opens,
    /// or the name that failed.
    #[track_caller]
    fn opens(&self, modules: &[&str]) -> Vec<Result<(), String>> {
        let (machine, _) = host().unwrap();
        let paths: Vec<PathBuf> = modules.iter().map(|path| self.folder.join(path)).collect();
        let output = self.command(opener()).args(&paths).output().unwrap();
        let text = self.short(&String::from_utf8_lossy(&output.stdout));
        let real: Vec<&str> = text.lines().collect();

        let (files, system) = (DiskFiles::default(), self.system());
        let resolver = Resolver::new(&files, &system, machine);
        let mut process = resolver.start(opener(), &|_| None);
        let mut all = Vec::new();
        for (path, real) in paths.iter().zip(real) {
            let after = resolver.open(&process, path, &|_| None);
            let result = match self.failure(&after, process.loads.len()) {
                Some(text) => Err(without_directory(&text)),
                None => Ok(()),
            };
            match &result {
                Ok(()) => process = after,
                Err(wanted) => {
                    assert!(without_directory(real).starts_with(wanted), "{wanted}, and really: {real}");
                }
            }
            assert_eq!(result.is_ok(), real == "opened", "{result:?}, and really: {real}");
            all.push(result);
        }
        all
    }

    /// What fails first in the loader's order: a name, or a file and why.
    fn failure(&self, process: &Process, first: usize) -> Option<String> {
        let needs = process.loads[first..].iter().flat_map(|load| &load.needs);
        needs.into_iter().find_map(|need| match &need.outcome {
            Outcome::Missing => Some(need.name.clone()),
            Outcome::Refused(refusal) => Some(format!("{}: {}", refusal.path.display(), refusal.why)),
            _ => None,
        })
    }
}

/// A message without the directory of its file: the loader gives it in some messages and not in others.
fn without_directory(message: &str) -> String {
    let (path, why) = message.split_once(": ").unwrap_or((message, ""));
    let name = path.rsplit('/').next().unwrap_or_default();
    if why.is_empty() { name.to_owned() } else { format!("{name}: {why}") }
}

/// The name an object was asked for by, where it says more than the path.
fn told(name: &str, path: &str) -> String {
    let plain = name.contains('/') || name.contains('$') || path.rsplit('/').next() == Some(name);
    if plain { path.to_owned() } else { format!("{name} => {path}") }
}

/// The loader and what the kernel brings: each process has them.
fn is_the_systems_own(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.starts_with("ld-") || name.starts_with("linux-vdso")
}

/// A program that opens each module it is told, and says how that went.
fn opener() -> &'static Path {
    static OPENER: OnceLock<(Folder, PathBuf)> = OnceLock::new();
    let (_, path) = OPENER.get_or_init(|| {
        let folder = Folder::new();
        let source = folder.write(
            "opener.c",
            "#include <dlfcn.h>\n#include <stdio.h>\n\
             int main(int count, char **paths) {\n\
             for (int i = 1; i < count; i++) puts(dlopen(paths[i], RTLD_NOW) ? \"opened\" : dlerror());\n\
             }\n",
        );
        let path = folder.join("opener");
        let built =
            command("cc", folder.path()).arg("-o").args([&path, &source]).arg("-ldl").output().unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        (folder, path)
    });
    path
}

/// Whether the machine's loader is one that the layouts are made for; says so if not.
fn ready() -> bool {
    let ready = host().is_some_and(|(_, loader)| Path::new(loader).exists());
    if !ready {
        cannot_run("the machine's loader is not one that layouts are made for");
    }
    ready
}

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
        case(
            "a dangling link",
            vec![program("exe", &["liba.so"]).rpath("@/other:@/l"), lib("l/liba.so", &[])],
            found,
            &[],
        ),
    ]);
    check(vec![case(
        "nothing but 32 bits",
        vec![program("exe", &["liba.so"]).rpath("@"), lib("liba.so", &[]).patched(4, 1)],
        &[],
        &["liba.so"],
    )]);
}

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

impl Layout {
    fn modelled_start(&self, program: &str) -> Seen {
        let (machine, _) = host().unwrap();
        let (files, system) = (DiskFiles::default(), self.system());
        self.modelled(&Resolver::new(&files, &system, machine).start(&self.folder.join(program), &|_| None))
    }
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
    assert_eq!([system.tokens.lib.clone()], values("dl_dst_lib")[..]);
    assert_eq!([system.tokens.platform.clone()], values("dl_platform")[..]);
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

/// What a random object is made of: directories as bits.
#[derive(Clone, Debug)]
struct Random {
    directory: usize,
    alias: Option<usize>,
    needed: Vec<usize>,
    rpath: Option<u8>,
    runpath: Option<u8>,
    flaw: u8,
}

fn random() -> impl Strategy<Value = Random> {
    let path = || proptest::option::weighted(0.4, 0u8..8);
    (
        0usize..3,
        proptest::option::weighted(0.2, 0usize..7),
        proptest::collection::vec(0usize..7, 0..4),
        path(),
        path(),
        0u8..60,
    )
        .prop_map(|(directory, alias, needed, rpath, runpath, flaw)| Random {
            directory,
            alias,
            needed,
            rpath,
            runpath,
            flaw,
        })
}

impl Random {
    fn object(&self, index: usize) -> Object {
        const DIRECTORIES: [&str; 3] = ["@/a", "$ORIGIN/../b", "@/c"];
        let name = |index: &usize| format!("lib{index}.so");
        let needed: Vec<String> = self.needed.iter().map(name).collect();
        let needed: Vec<&str> = needed.iter().map(String::as_str).collect();
        let text = |bits: u8| {
            let chosen = DIRECTORIES.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1);
            chosen.map(|(_, directory)| *directory).collect::<Vec<_>>().join(":")
        };
        let mut object = match index {
            0 => program("a/exe", &needed),
            _ => lib(&format!("{}/{}", ["a", "b", "c"][self.directory], name(&(index % 5))), &needed),
        };
        if let (Some(alias), true) = (&self.alias, index > 0) {
            object = object.soname(Some(&name(alias)));
        }
        if let Some(bits) = self.rpath {
            object = object.rpath(&text(bits));
        }
        if let Some(bits) = self.runpath {
            object = object.runpath(&text(bits));
        }
        match self.flaw {
            0 if index > 0 => object.patched(4, 1),
            1 if index > 0 => object.cut(40),
            2 => object.no_default_libs(),
            _ => object,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_layouts_load_as_in_the_loader(
        objects in proptest::collection::vec(random(), 3..9),
        library_path in 0u8..8,
    ) {
        if ready() {
            let objects: Vec<Object> =
                objects.iter().enumerate().map(|(index, random)| random.object(index)).collect();
            let environment = ["", "@/a", "@/b:@/c", "", "${ORIGIN}/../c", ";@/b", "", ""][usize::from(library_path)];
            Layout::new(&objects).library_path(environment).starts("a/exe");
        }
    }
}
