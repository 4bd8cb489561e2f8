//! doctor's kinds of findings, each on a venv made for it.

use std::fs;

use super::support::object::{lib, program};
use super::support::project::Project;
use super::support::venv::Venv;
use super::support::{Folder, VENVFIX, cannot_run, command, venvfix, wheel};

const NOTHING: &[&str] = &[];

/// The name of an extension module for a Python and a libc.
fn extension(stem: &str, tag: &str, libc: &str) -> String {
    format!("{stem}.cpython-{tag}-{}-linux-{libc}.so", std::env::consts::ARCH)
}

#[test]
fn a_musllinux_wheel_is_one_finding_and_no_missing_library() {
    let venv = Venv::new();
    let native = extension("pkg/_native", &venv.python_tag(), "musl");
    let needs = &["libc.musl-x86_64.so.1", "libstdc++.so.6"];
    let objects =
        [lib(&native, &["libinner.so.1"]).rpath("$ORIGIN/../pkg.libs"), lib("pkg.libs/libinner.so.1", needs)];
    venv.package("pkg", &objects, &[]);
    for options in [NOTHING, &["--loader", "nix"]] {
        assert_eq!(venv.findings(options), ["wrong-libc error import - pkg:2"]);
    }
    let finding = &venv.doctor(&[])["findings"][0];
    assert_eq!(finding["detail"], "built for musl; this interpreter has glibc");
    let command = "pip install --force-reinstall --no-deps --no-cache-dir pkg";
    assert_eq!(finding["remedy"]["command"], command);
    let ended = venvfix(venv.path(), ["doctor"]).exits(1);
    ended.prints(&["1 distribution is built for musl, which is not here", command]);
}

#[test]
fn an_abi3_module_that_needs_musl_breaks_the_import() {
    let (venv, wheels) = (Venv::new(), Folder::new());
    venv.install(&wheel::make(wheels.path(), "odd", &["--needs", "libc.musl-x86_64.so.1"]));
    assert_eq!(venv.findings(NOTHING), ["wrong-libc error import - odd:1"]);
}

#[test]
fn a_package_that_brings_both_libcs_chooses_itself() {
    let venv = Venv::new();
    let tag = venv.python_tag();
    let objects = [
        lib(&extension("pkg/_native", &tag, "musl"), &["libc.musl-x86_64.so.1"]),
        lib(&extension("pkg/_native", &tag, "gnu"), &["libc.so.6"]),
        lib("pkg/prebuilt/linux-x64/agent.node", &["libc.so.6"]),
        lib("pkg/prebuilt/linux-x64-musl/agent.node", &["libc.musl-x86_64.so.1"]),
    ];
    venv.package("pkg", &objects, &[]);
    assert_eq!(venv.findings(NOTHING), NOTHING);
}

#[test]
fn modules_for_another_python_are_not_imported() {
    let venv = Venv::new();
    let objects = ["pkg/_a", "pkg/sub/_b"].map(|stem| lib(&extension(stem, "38", "gnu"), &["libc.so.6"]));
    venv.package("pkg", &objects, &[]);
    let free = [lib(&extension("free", &format!("{}t", venv.python_tag()), "gnu"), &[])];
    venv.package("free", &free, &[]);
    let wanted = ["wrong-python-abi error import - free:1", "wrong-python-abi error import - pkg:2"];
    assert_eq!(venv.findings(NOTHING), wanted);
    let finding = &venv.doctor(&[])["findings"][1];
    assert!(finding["detail"].as_str().unwrap().starts_with("built for CPython 3.8; this interpreter is 3."));
    venvfix(venv.path(), ["doctor"])
        .exits(1)
        .prints(&["2 distributions are built for another Python", "--no-cache-dir pkg"]);
}

#[test]
fn a_module_of_that_name_for_this_python_will_do() {
    let tag = Venv::new().python_tag();
    let usable = [extension("pkg/_a", &tag, "gnu"), "pkg/_a.abi3.so".into(), "pkg/_a.so".into()];
    for path in usable {
        let venv = Venv::new();
        venv.package("pkg", &[lib(&extension("pkg/_a", "38", "gnu"), &[])], &[]);
        venv.package("other", &[lib(&path, &[])], &[]);
        assert_eq!(venv.findings(NOTHING), NOTHING, "{path}");
    }
    for path in ["pkg/_a.py", "pkg/_a/__init__.py"] {
        let venv = Venv::new();
        venv.package("pkg", &[lib(&extension("pkg/_a", "38", "gnu"), &[])], &[(path, "")]);
        assert_eq!(venv.findings(NOTHING), NOTHING, "{path}");
    }
}

#[test]
fn a_package_for_several_pythons_chooses_itself() {
    let venv = Venv::new();
    let objects = ["38", "39"].map(|tag| lib(&extension(&format!("pkg/py{tag}/_a"), tag, "gnu"), &[]));
    venv.package("pkg", &objects, &[]);
    assert_eq!(venv.findings(NOTHING), NOTHING);
}

#[test]
fn packages_of_an_older_python_that_stayed_behind_are_not_judged() {
    let venv = Venv::new();
    let left = format!(".venv/lib/python3.8/site-packages/{}", extension("_a", "38", "gnu"));
    lib(&left, &[]).write(&venv.folder);
    assert_eq!(venv.findings(NOTHING), NOTHING);
}

const GONE: &str = "/nix/store/00000000000000000000000000000000-gone/lib";

/// The WHEEL of a distribution that was built on this machine: no index takes its tag.
fn built_here(name: &str) -> (String, &'static str) {
    (format!("{name}-1.0.dist-info/WHEEL"), "Wheel-Version: 1.0\nTag: cp311-cp311-linux_x86_64\n")
}

#[test]
fn a_store_path_that_is_gone_and_wanted_is_told_once() {
    let venv = Venv::new();
    let objects = [
        lib("pkg/_a.abi3.so", &["libgone.so.1", "libalso.so.1"]).runpath(GONE),
        lib("pkg/_b.abi3.so", &[&format!("{GONE}/libdirect.so.1")]),
        program("../../../bin/tool", &["libc.so.6"]).interpreter(&format!("{GONE}/ld.so")),
    ];
    let (path, text) = built_here("pkg");
    venv.package("pkg", &objects, &[(&path, text)]);
    let wanted = ["vanished-store-path error import - pkg:2", "vanished-store-path error program - pkg:1"];
    assert_eq!(venv.findings(NOTHING), wanted);
    let finding = &venv.doctor(&[])["findings"][0];
    assert_eq!(finding["detail"], GONE.strip_suffix("/lib").unwrap());
    let command = "pip install --force-reinstall --no-deps --no-cache-dir pkg==1.0";
    assert_eq!(finding["remedy"]["command"], command);
    venvfix(venv.path(), ["doctor"])
        .exits(1)
        .prints(&["1 store path is gone that a program was built with", GONE.strip_suffix("/lib").unwrap()]);
    venv.folder.write(".venv/.venvfix/stamp.json", "{}");
    assert_eq!(venv.doctor(&[])["findings"][0]["remedy"]["command"], "venvfix sync");
}

#[test]
fn a_store_path_that_is_gone_and_not_wanted_is_not_told() {
    let venv = Venv::new();
    // As the system's loader finds it elsewhere, and as a wheel of an index was made.
    let (path, text) = built_here("pkg");
    venv.package("pkg", &[lib("pkg/_a.abi3.so", &["libc.so.6"]).runpath(GONE)], &[(&path, text)]);
    venv.package("other", &[lib("other/_a.abi3.so", &["libgone.so.1"]).runpath(GONE)], &[]);
    assert_eq!(venv.findings(NOTHING), ["missing-library error import libgone.so.1 other:1"]);
}

/// A project that was entered once, with one made wheel in it.
fn entered() -> Project {
    let project = Project::new("beta\n");
    project.enter().exits(0);
    project
}

/// Code, severity and command of each finding.
fn told(project: &Project) -> Vec<String> {
    let report = project.run(&[VENVFIX, "doctor", "--format", "json"]).json();
    let word = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
    let line = |finding: &serde_json::Value| {
        [&finding["code"], &finding["severity"], &finding["remedy"]["command"]].map(word).join(" ")
    };
    report["findings"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn what_doctor_says_of_damage_sync_mends() {
    let project = entered();
    assert_eq!(told(&project), NOTHING);
    fs::remove_file(project.site_packages().join("beta/__init__.py")).unwrap();
    assert_eq!(told(&project), ["incomplete-install error venvfix sync"]);
    let ended = project.run(&[VENVFIX, "doctor"]).exits(1);
    ended.prints(&["1 distribution is not whole", "beta/__init__.py is absent", "beta 1.0"]);
    project.run(&[VENVFIX, "sync"]).exits(0).says(&["installing"]);
    assert_eq!(told(&project), NOTHING);
    fs::remove_file(project.site_packages().join("beta-1.0.dist-info/WHEEL")).unwrap();
    assert_eq!(told(&project), ["incomplete-install warning venvfix sync"]);
    project.folder.write("venvfix.toml", "ignore = ['beta']");
    assert_eq!(told(&project), NOTHING);
}

#[test]
fn what_doctor_says_of_a_store_path_that_is_gone_sync_mends() {
    let project = entered();
    let site = project.site_packages();
    let wheel = site.join("beta-1.0.dist-info/WHEEL");
    let text = fs::read_to_string(&wheel).unwrap().replace("manylinux_2_17_x86_64", "linux_x86_64");
    fs::write(&wheel, text).unwrap();
    // One by one: both at once, it mixes the two strings up.
    for change in [["--add-needed", "libgone.so.1"], ["--set-rpath", GONE]] {
        let object = site.join("beta/_native.abi3.so");
        let Ok(patched) = command("patchelf", project.path()).args(change).arg(object).status() else {
            return cannot_run("patchelf is not installed");
        };
        assert!(patched.success());
    }
    // Really so.
    project.run(&[".venv/bin/python", "-c", "import beta"]).exits(1).says(&["libgone.so.1"]);
    assert_eq!(told(&project), ["vanished-store-path error venvfix sync"]);
    project.run(&[VENVFIX, "sync"]).exits(0).says(&["installing beta 1.0 again"]);
    assert_eq!(told(&project), NOTHING);
    project.imports("beta");
}

#[test]
fn in_a_venv_of_another_tool_pips_own_command_mends() {
    let project = entered();
    fs::remove_dir_all(project.folder.join(".venv/.venvfix")).unwrap();
    let site = project.site_packages();
    let spoil: [(&str, &str); 2] = [
        ("beta/__init__.py", "incomplete-install error pip install --force-reinstall --no-deps beta==1.0"),
        (
            "beta-1.0.dist-info/RECORD",
            "incomplete-install warning pip install --ignore-installed --no-deps beta==1.0",
        ),
    ];
    for (file, wanted) in spoil {
        fs::remove_file(site.join(file)).unwrap();
        assert_eq!(told(&project), [wanted]);
        let typed = format!("PATH=.venv/bin:$PATH; {}", &wanted[wanted.find("pip ").unwrap()..]);
        project.run(&["sh", "-c", &typed]).exits(0);
        assert_eq!(told(&project), NOTHING, "{typed}");
    }
}

#[test]
fn an_interpreter_of_another_version_sees_no_packages() {
    let venv = Venv::new();
    let said = venv.folder.join(".venv/pyvenv.cfg");
    let text = fs::read_to_string(&said).unwrap();
    let lib = venv.site_packages().parent().unwrap().to_owned();
    fs::rename(&lib, lib.with_file_name("python3.8")).unwrap();
    fs::write(
        &said,
        text.lines().filter(|line| !line.starts_with("version")).collect::<Vec<_>>().join("\n")
            + "\nversion = 3.8.1\n",
    )
    .unwrap();
    let finding = &venv.doctor(&[])["findings"][0];
    assert_eq!((&finding["code"], &finding["severity"]), (&"stale-interpreter".into(), &"error".into()));
    let detail = finding["detail"].as_str().unwrap();
    assert!(detail.starts_with("made for Python 3.8, and bin/python is 3."), "{detail}");
    assert_eq!(finding["remedy"]["kind"], "none");
    venv.folder.write(".venv/.venvfix/stamp.json", "{}");
    let report = venv.doctor(&[]);
    assert_eq!(report["findings"][0]["remedy"]["command"], "venvfix sync --recreate");
    venvfix(venv.path(), ["doctor"]).exits(1).prints(&["made for another interpreter", "sync --recreate"]);
}

#[test]
fn a_home_that_is_gone_is_told_while_the_interpreter_works() {
    let venv = Venv::new();
    let path = venv.folder.join(".venv/pyvenv.cfg");
    let text = fs::read_to_string(&path).unwrap();
    let home = text.lines().find(|line| line.starts_with("home")).unwrap().to_owned();
    fs::write(&path, text.replace(&home, "home = /nix/store/gone/bin")).unwrap();
    assert_eq!(venv.findings(NOTHING), ["stale-interpreter warning - -"]);
}

#[test]
fn a_venv_without_interpreter_is_told_in_json_too() {
    let venv = Venv::new();
    let python = venv.folder.join(".venv/bin/python");
    let target = "/nix/store/gone/bin/python3.11";
    let link = python.with_file_name("python3");
    for path in [&python, &link] {
        fs::remove_file(path).unwrap();
    }
    std::os::unix::fs::symlink("python3", &python).unwrap();
    std::os::unix::fs::symlink(target, &link).unwrap();
    let ended = venvfix(venv.path(), ["doctor", "--format", "json"]).exits(3);
    let report = ended.json();
    let finding = &report["findings"][0];
    assert_eq!((&finding["code"], &finding["severity"]), (&"stale-interpreter".into(), &"error".into()));
    assert_eq!(finding["detail"], format!("bin/python leads to {target}, which is gone"));
    assert_eq!(
        (&report["python"]["loader"], &report["python"]["executable"]),
        (&"nix".into(), &serde_json::Value::Null)
    );
    ended.says(&["the interpreter of", target]);
}

/// Content of a note, for libraries that are nowhere.
const OPENINGS: &str = r#"[
    {"soname": ["libmust.so.1"], "priority": "required", "feature": "x", "description": "y"},
    {"soname": ["libshould.so.1", "libshould.so.0"]},
    {"soname": ["libcould.so.1"], "priority": "suggested"},
    {"soname": ["libnone.so.1", "libc.so.6"], "priority": "required"},
    {"soname": ["libbeside.so.1"], "priority": "required"},
    {"soname": ["libneeded.so.1"], "priority": "suggested"},
    {"soname": ["libcuda.so.1"], "priority": "recommended"}]"#;

#[test]
fn what_an_object_says_it_opens_is_told_by_its_priority() {
    let venv = Venv::new();
    let objects = [
        lib("pkg/_a.abi3.so", &["libinner.so.1", "libneeded.so.1"]).runpath("$ORIGIN"),
        lib("pkg/libinner.so.1", &["libc.so.6"]).runpath("$ORIGIN").opens(OPENINGS),
        lib("pkg/libbeside.so.1", &[]),
    ];
    venv.package("pkg", &objects, &[]);
    let wanted = [
        "missing-library error import libneeded.so.1 pkg:1",
        "dlopen-library error import libmust.so.1 pkg:1",
        "dlopen-library warning plugin libshould.so.1 pkg:1",
        "dlopen-library note plugin libcould.so.1 pkg:1",
    ];
    assert_eq!(venv.findings(NOTHING), wanted);
    assert_eq!(venv.findings(&["--loader", "nix"]), wanted);
    venvfix(venv.path(), ["doctor"])
        .exits(1)
        .prints(&["not here that a package can do without", "libcould.so.1"]);
}

#[test]
fn a_note_of_a_real_compiler_is_read() {
    let venv = Venv::new();
    let assembly = r#"__asm__(".pushsection .note.dlopen, \"a\", %note\n.balign 4\n.long 4\n.long 2f - 1f\n.long 0x407c0c0a\n"
        ".asciz \"FDO\"\n1: .asciz \"[{\\\"soname\\\":[\\\"libmust.so.1\\\"],\\\"priority\\\":\\\"required\\\"}]\"\n2: .balign 4\n.popsection\n");
        void *PyInit__a(void) { return 0; }"#;
    let source = venv.folder.write("a.c", assembly);
    venv.package("pkg", &[], &[("pkg/_a.abi3.so", "")]);
    let built = command("cc", venv.path())
        .args(["-shared", "-fPIC", "-o"])
        .args([&venv.site_packages().join("pkg/_a.abi3.so"), &source])
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    assert_eq!(venv.findings(NOTHING), ["dlopen-library error import libmust.so.1 pkg:1"]);
}

/// debugpy's `attach_linux_amd64.so` is loaded into another process, by a debugger.
#[test]
fn a_library_named_as_a_module_that_import_cannot_call_is_a_plugins() {
    let venv = Venv::new();
    let needs = &["libnobodyknows.so.7"];
    venv.package("pkg", &[lib("pkg/attach.so", needs).without_module_hook()], &[("pkg/__init__.py", "")]);
    assert_eq!(venv.findings(NOTHING), ["missing-library warning plugin libnobodyknows.so.7 pkg:1"]);
    venv.package("pkg", &[lib("pkg/attach.so", needs)], &[("pkg/__init__.py", "")]);
    assert_eq!(venv.findings(NOTHING), ["missing-library error import libnobodyknows.so.7 pkg:1"]);
}

/// mypyc's common module is imported by the modules that it has the code of, by a name like this.
#[test]
fn a_tagged_module_whose_name_begins_with_a_digit_is_imported() {
    let venv = Venv::new();
    let path = extension("85cae5375ceb5d1ca6c6__mypyc", &venv.python_tag(), "gnu");
    venv.package("pkg", &[lib(&path, &["libnobodyknows.so.7"])], &[]);
    assert_eq!(venv.findings(NOTHING), ["missing-library error import libnobodyknows.so.7 pkg:1"]);
}

/// A module that loads the library beside it, as lightgbm's and xgboost's do.
const LOADER: &str =
    "import ctypes, os\nlib = ctypes.CDLL(os.path.join(os.path.dirname(__file__), 'libown.so'))\n";

#[test]
fn a_library_that_the_package_loads_itself_breaks_the_import() {
    let venv = Venv::new();
    let own = lib("pkg/lib/libown.so", &["libnobodyknows.so.7"]);
    venv.package(
        "pkg",
        std::slice::from_ref(&own),
        &[("pkg/__init__.py", ""), ("pkg/lib/__init__.py", LOADER)],
    );
    assert_eq!(venv.findings(NOTHING), ["missing-library error import libnobodyknows.so.7 pkg:1"]);
    // Really so.
    let python = venv.folder.join(".venv/bin/python");
    let ran = command(python, venv.path()).args(["-c", "import pkg.lib"]).output().unwrap();
    assert!(String::from_utf8_lossy(&ran.stderr).contains("libnobodyknows.so.7: cannot open shared object"));
}

#[test]
fn a_library_that_is_not_surely_loaded_is_a_plugins() {
    let own = || lib("pkg/lib/libown.so", &["libnobodyknows.so.7"]);
    let cases: [(&[&str], &str, &str); 4] = [
        (&[], "pkg/__init__.py", "NAME = 'libown.so'\n"),
        (&[], "pkg/__init__.py", "# CDLL('libown.so')\n"),
        (&[], "pkg/tests/__init__.py", LOADER),
        (&["pkg/_a.abi3.so"], "pkg/__init__.py", LOADER),
    ];
    for (extensions, path, text) in cases {
        let venv = Venv::new();
        let mut objects: Vec<_> = extensions.iter().map(|path| lib(path, &[])).collect();
        objects.push(own());
        venv.package("pkg", &objects, &[(path, text)]);
        assert_eq!(
            venv.findings(NOTHING),
            ["missing-library warning plugin libnobodyknows.so.7 pkg:1"],
            "{text}"
        );
    }
}

#[test]
fn libraries_that_a_wheel_should_have_brought_are_one_line() {
    let venv = Venv::new();
    let names: Vec<String> = (1..=9).map(|number| format!("libQt6Odd{number}.so.6")).collect();
    let needs: Vec<&str> = names.iter().map(String::as_str).collect();
    venv.package("pyqt6-qt6", &[lib("PyQt6/Qt6/plugins/odd/libodd.so", &needs)], &[]);
    let shown = venvfix(venv.path(), ["doctor"]).exits(0).stdout;
    let lines: Vec<&str> = shown.lines().filter(|line| line.contains("libQt6Odd")).collect();
    assert!(lines.len() == 1 && lines[0].contains("and 5 more  pyqt6-qt6 1.0"), "{shown}");
    assert_eq!(venv.findings(NOTHING).len(), 9);
}
