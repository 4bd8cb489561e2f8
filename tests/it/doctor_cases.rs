//! What real wheels do to whoever judges them by their files, made small: no false alarm, and nothing missed.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::support::cc::{calling, cc, library};
use super::support::layout::ready;
use super::support::object::{lib, program};
use super::support::venv::Venv;
use super::support::{Ended, Folder, VENVFIX, cannot_run, command, venvfix};

const NOTHING: &[&str] = &[];
const NIX: &[&str] = &["--loader", "nix"];

/// The folder of a venv's packages, below its own.
fn site(venv: &Venv) -> String {
    venv.site_packages().strip_prefix(venv.path()).unwrap().to_str().unwrap().to_owned()
}

/// What the venv's Python says when it opens these files of its packages, one after the other.
fn opening(venv: &Venv, paths: &[&str]) -> String {
    let python = venv.folder.join(".venv/bin/python");
    let script = "import ctypes, sys\nfor path in sys.argv[1:]: ctypes.CDLL(path)";
    let paths = paths.iter().map(|path| venv.site_packages().join(path));
    let ran: Ended = command(python, venv.path()).args(["-c", script]).args(paths).output().unwrap().into();
    ran.stderr
}

/// Says what a distribution requires.
fn requires(venv: &Venv, name: &str, required: &[&str]) {
    let path = venv.site_packages().join(format!("{name}-1.0.dist-info/METADATA"));
    let lines: String = required.iter().map(|name| format!("Requires-Dist: {name}\n")).collect();
    fs::write(&path, fs::read_to_string(&path).unwrap() + &lines).unwrap();
}

#[test]
fn vendored_libraries_find_each_other_by_the_modules_rpath_unless_they_have_a_runpath() {
    let made = |first: &dyn Fn() -> super::support::object::Object| {
        let venv = Venv::new();
        let objects = [
            lib("pkg/_a.abi3.so", &["libgdal-1.so"]).rpath("$ORIGIN/../pkg.libs"),
            first(),
            lib("pkg.libs/libgeos-2.so", &[]),
        ];
        venv.package("pkg", &objects, &[]);
        // Of a distribution's own libraries it is thought that it loads them first.
        fs::remove_dir_all(venv.site_packages().join("pkg-1.0.dist-info")).unwrap();
        venv
    };
    let plain = || lib("pkg.libs/libgdal-1.so", &["libgeos-2.so"]);
    let good = made(&plain);
    let bad = made(&|| plain().runpath("/nowhere"));
    for options in [NOTHING, NIX] {
        assert_eq!(good.findings(options), NOTHING);
        assert_eq!(bad.findings(options), ["missing-library error import libgeos-2.so :1"]);
    }
    assert_eq!(opening(&good, &["pkg/_a.abi3.so"]), "");
    assert!(opening(&bad, &["pkg/_a.abi3.so"]).contains("libgeos-2.so: cannot open shared object"));
}

#[test]
fn what_was_loaded_under_a_soname_serves_under_that_name() {
    let venv = Venv::new();
    let objects = [
        lib("pkg/_a.abi3.so", &["libhdf5-8a.so.310", "libhdf5_hl-1f.so"]).rpath("$ORIGIN/../pkg.libs"),
        lib("pkg.libs/libhdf5-8a.so.310", &[]).soname(Some("libhdf5.so.310")),
        lib("pkg.libs/libhdf5_hl-1f.so", &["libhdf5.so.310"]),
        // numba's: a file name that no SONAME has.
        lib("pkg/_b.abi3.so", &["libgomp.so.1.0.0"]).rpath("$ORIGIN"),
        lib("pkg/libgomp.so.1.0.0", &[]).soname(Some("libgomp.so.1")),
    ];
    venv.package("pkg", &objects, &[]);
    for options in [NOTHING, NIX] {
        assert_eq!(venv.findings(options), NOTHING);
    }
    assert_eq!(opening(&venv, &["pkg/_a.abi3.so", "pkg/_b.abi3.so"]), "");
}

/// A package with a library that its import loads, and one with a module that needs it.
fn torch_and(name: &str, source: &str) -> Venv {
    let venv = Venv::new();
    let torch =
        [lib("torch/_C.abi3.so", &["libtorch.so"]).rpath("$ORIGIN/lib"), lib("torch/lib/libtorch.so", &[])];
    venv.package("torch", &torch, &[("torch/__init__.py", "")]);
    let module = format!("{name}/_C.abi3.so");
    venv.package(name, &[lib(&module, &["libtorch.so"])], &[(&format!("{name}/__init__.py"), source)]);
    venv
}

#[test]
fn what_a_required_or_imported_package_loads_is_there() {
    let finding = ["missing-library error import libtorch.so audio:1"];
    // torchaudio's metadata has no word of torch, its sources import it.
    for (source, wanted) in [
        ("import os, torch\n", NOTHING),
        ("try:\n    from torch.utils import x\nexcept ImportError: pass\n", NOTHING),
        ("", &finding),
        ("# import torch\n'''import torch'''\nfrom .torch import x\nimport torchx, x.torch\n", &finding),
    ] {
        assert_eq!(torch_and("audio", source).findings(NIX), wanted, "{source}");
    }
    // What torch requires is loaded with it, too.
    let venv = torch_and("audio", "import torch\n");
    venv.package("cudart", &[lib("nvidia/lib/libcudart.so.13", &[])], &[]);
    venv.package("more", &[lib("audio/_D.abi3.so", &["libcudart.so.13"])], &[]);
    assert_eq!(venv.findings(NIX), ["missing-library error import libcudart.so.13 more:1"]);
    requires(&venv, "torch", &["cudart"]);
    assert_eq!(venv.findings(NIX), NOTHING);
    let venv = torch_and("audio", "");
    requires(&venv, "audio", &["Torch>=2 ; python_version > '3'"]);
    assert_eq!(venv.findings(NIX), NOTHING);
    // Really so.
    assert!(opening(&venv, &["audio/_C.abi3.so"]).contains("libtorch.so: cannot open shared object"));
    assert_eq!(opening(&venv, &["torch/_C.abi3.so", "audio/_C.abi3.so"]), "");
}

#[test]
fn a_library_of_another_distribution_is_found_through_origin() {
    let venv = Venv::new();
    let path = "$ORIGIN/../nvidia/cublas/lib:$ORIGIN";
    venv.package("torch", &[lib("torch/_C.abi3.so", &["libcublas.so.12"]).runpath(path)], &[]);
    let parts = [
        lib("nvidia/cublas/lib/libcublas.so.12", &["libcublasLt.so.12"]).runpath("$ORIGIN"),
        lib("nvidia/cublas/lib/libcublasLt.so.12", &[]),
    ];
    venv.package("nvidia_cublas_cu12", &parts, &[]);
    for options in [NOTHING, NIX] {
        assert_eq!(venv.findings(options), NOTHING);
    }
    assert_eq!(opening(&venv, &["torch/_C.abi3.so"]), "");
}

#[test]
fn files_of_elf_that_are_neither_modules_nor_programs_are_let_be() {
    if !ready() {
        return;
    }
    let venv = Venv::new();
    let objects = [
        // PySide6's object files.
        lib("pkg/objects-Release/x_init/qrc.cpp.o", &["libnobody.so"]).patched(16, 1),
        // selenium's program for another machine.
        program("pkg/linux-other/manager", &["libnobody.so"]).patched(18, 22).patched(19, 0),
    ];
    let (qt6, qt5) = ("pkg/Qt6/lib/libQt6Core.so.6", "pkg/Qt5/lib/libQt5Core-1.so.5");
    venv.package("pkg", &objects, &[(qt6, ""), (qt5, ""), ("pkg/_a.abi3.so", "")]);
    // Qt6Core prints its version when it is run; opencv's Qt5Core has an empty place for that loader.
    let site = site(&venv);
    for (path, interpreter) in [(qt6, "/lib64/ld-linux-x86-64.so.2"), (qt5, "")] {
        let source = format!("const char i[] __attribute__((section(\".interp\"))) = \"{interpreter}\";\n");
        library(&venv.folder, &format!("{site}/{path}"), &source, &[]);
    }
    let libraries = format!("@/{site}/");
    let options = [format!("{libraries}{qt6}"), format!("{libraries}{qt5}")];
    let options = [options[0].as_str(), &options[1], "-Wl,-rpath,$ORIGIN/Qt6/lib:$ORIGIN/Qt5/lib"];
    library(&venv.folder, &format!("{site}/pkg/_a.abi3.so"), "", &options);
    for options in [NOTHING, NIX] {
        assert_eq!(venv.findings(options), ["wrong-architecture note - - pkg:1"]);
    }
    assert_eq!(opening(&venv, &["pkg/_a.abi3.so"]), "");
}

#[test]
fn dead_plugins_only_warn_and_no_database_is_to_be_installed_for_them() {
    let venv = Venv::new();
    let needs = [
        ("libqsqlmysql.so", "libmysqlclient.so.21"),
        ("libqsqlmimer.so", "libmimerapi.so"),
        ("libqquick.so", "libQt6Quick3DUtils.so.6"),
    ];
    let plugins =
        needs.map(|(plugin, needed)| lib(&format!("PyQt6/Qt6/plugins/sqldrivers/{plugin}"), &[needed]));
    venv.package("PyQt6_Qt6", &plugins, &[]);
    let report = venv.doctor(NIX);
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 3, "{report:#}");
    for finding in findings {
        assert_eq!(
            (&finding["severity"], &finding["reach"]),
            (&"warning".into(), &"plugin".into()),
            "{finding:#}"
        );
        assert_ne!(finding["remedy"]["kind"], "attribute", "{finding:#}");
    }
    venvfix(venv.path(), ["doctor", "--loader", "nix"]).exits(0);
}

#[test]
fn a_vendored_library_with_a_systems_soname_serves_nobody_else() {
    let venv = Venv::new();
    let vision = [
        lib("torchvision/image.abi3.so", &["libz.def23b81.so.1"]).rpath("$ORIGIN/../torchvision.libs"),
        lib("torchvision.libs/libz.def23b81.so.1", &[]).soname(Some("libz.so.1")),
    ];
    venv.package("torchvision", &vision, &[("torchvision/__init__.py", "")]);
    venv.package("odd", &[lib("odd/_a.abi3.so", &["libz.so.1"])], &[("odd/__init__.py", "import os\n")]);
    assert_eq!(venv.findings(NIX), ["missing-library error import libz.so.1 odd:1"]);
}

#[test]
fn a_plugin_that_everybody_opens_is_more_than_a_dead_one() {
    let venv = Venv::new();
    let plugins = [
        lib("PyQt6/Qt6/plugins/platforms/libqxcb.so", &["libxcb-cursor.so.0", "libxkbcommon-x11.so.0"]),
        lib("PyQt6/Qt6/plugins/odd/libodd.so", &["libnobodyknows.so.7"]),
    ];
    venv.package("pyqt6_qt6", &plugins, &[]);
    venv.package("pyqt6", &[lib("PyQt6/QtCore.abi3.so", &[])], &[]);
    requires(&venv, "pyqt6", &["PyQt6-Qt6"]);
    let findings = venv.findings(NIX);
    for name in ["libxcb-cursor.so.0", "libxkbcommon-x11.so.0"] {
        let told = findings.iter().filter(|finding| finding.contains(name)).collect::<Vec<_>>();
        assert!(told.len() == 1 && told[0].starts_with("dlopen-library "), "{findings:?}");
    }
    assert!(findings.contains(&"missing-library warning plugin libnobodyknows.so.7 pyqt6-qt6:1".to_owned()));
}

#[test]
fn objects_are_known_neither_by_their_endings_nor_by_their_modes() {
    let venv = Venv::new();
    let objects = ["pkg/libodd.so.5.15.2", "pkg/engine", "pkg/agent.node", "pkg/codec.mexa64", "pkg/z.so-1f"]
        .map(|path| lib(path, &["libnobodyknows.so.7"]));
    venv.package("pkg", &objects, &[]);
    for object in &objects {
        let path = venv.site_packages().join(&object.path);
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    }
    for options in [NOTHING, NIX] {
        assert_eq!(venv.findings(options), ["missing-library warning plugin libnobodyknows.so.7 pkg:5"]);
    }
}

#[test]
fn the_machine_that_asks_answers_for_no_interpreter_of_nixpkgs() {
    let listed = command("/sbin/ldconfig", std::path::Path::new("/")).arg("-p").output();
    let Ok(listed) = listed else { return cannot_run("ldconfig is not installed") };
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    let line = text.lines().find(|line| line.contains("libz.so.1 ") && line.contains("=> /"));
    let Some((_, path)) = line.and_then(|line| line.split_once("=> ")) else {
        return cannot_run("the machine has no libz.so.1");
    };
    let (directory, _) = path.rsplit_once('/').unwrap();
    let venv = Venv::new();
    let objects = [
        lib("pkg/_a.abi3.so", &["libz.so.1"]),
        // A path of the machine that built the wheel.
        lib("pkg/_b.abi3.so", &["libz.so.1"]).rpath(directory),
        lib("pkg/_c.abi3.so", &["libz.so.1"]).runpath(&format!("$ORIGIN/{}{directory}", "../".repeat(40))),
        lib("pkg/_d.abi3.so", &[path]),
    ];
    venv.package("pkg", &objects, &[]);
    assert_eq!(venv.findings(NOTHING), NOTHING);
    let wanted = [
        format!("missing-library error import {path} pkg:1"),
        "missing-library error import libz.so.1 pkg:3".into(),
    ];
    assert_eq!(venv.findings(NIX), wanted);
}

#[test]
fn search_paths_that_are_relative_or_of_a_build_machine_lead_nowhere() {
    let venv = Venv::new();
    let paths = ["", ":", "lib", "./lib::../lib", "/build/pkg/lib", "lib/$LIB"];
    let module = |(index, path): (usize, &&str)| {
        let name = format!("pkg/_m{index}.abi3.so");
        if index % 2 == 0 {
            lib(&name, &["libown.so"]).rpath(path)
        } else {
            lib(&name, &["libown.so"]).runpath(path)
        }
    };
    let objects: Vec<_> = paths.iter().enumerate().map(module).collect();
    venv.package("pkg", &objects, &[]);
    // Where doctor runs, they would lead to it.
    lib("lib/libown.so", &[]).write(&venv.folder);
    lib("libown.so", &[]).write(&venv.folder);
    for options in [NOTHING, NIX] {
        assert_eq!(venv.findings(options), ["missing-library error import libown.so pkg:6"]);
    }
}

#[test]
fn a_file_of_two_distributions_is_told_of_both_and_counted_once() {
    let venv = Venv::new();
    let shared = [lib("nvidia/nccl/lib/libnccl.so.2", &["libnobodyknows.so.7"])];
    venv.package("nvidia_nccl_cu12", &shared, &[]);
    venv.package("nvidia_nccl_cu13", &shared, &[]);
    let wanted = "missing-library warning plugin libnobodyknows.so.7 nvidia-nccl-cu12:1 nvidia-nccl-cu13:1";
    assert_eq!(venv.findings(NIX), [wanted]);
    assert_eq!(venv.doctor(NIX)["counts"]["objects"], 1);
}

#[test]
fn a_libpython_of_another_version_is_not_there_and_not_to_be_added() {
    let venv = Venv::new();
    let tag = venv.python_tag();
    let own = format!("libpython3.{}.so.1.0", &tag[1..]);
    let objects = [
        lib("pkg/_a.abi3.so", &[&own]),
        lib("pkg/_b.abi3.so", &["libpython3.so"]),
        lib("pkg/_c.abi3.so", &["libpython3.8.so.1.0"]),
        lib("pkg/_d.abi3.so", &["libpython3.99.so.1.0"]),
    ];
    venv.package("pkg", &objects, &[]);
    let wanted = [
        "missing-library error import libpython3.8.so.1.0 pkg:1",
        "missing-library error import libpython3.99.so.1.0 pkg:1",
    ];
    assert_eq!(venv.findings(NIX), wanted);
    let report = venv.doctor(NIX);
    let remedy = &report["findings"][0]["remedy"];
    assert_eq!(remedy["kind"], "none", "{remedy}");
    let reason = remedy["reason"].as_str().unwrap();
    assert!(reason.starts_with("it is of Python 3.8, this is 3."), "{reason}");
}

#[test]
fn a_needed_name_with_a_slash_is_opened_and_not_searched_for() {
    let venv = Venv::new();
    let inside = venv.site_packages().join("pkg/deep/liba.so");
    let objects = [
        lib("pkg/_a.abi3.so", &[inside.to_str().unwrap()]),
        lib("pkg/deep/liba.so", &[]),
        lib("pkg/_b.abi3.so", &["deep/liba.so"]).rpath("$ORIGIN"),
        lib("pkg/_c.abi3.so", &["$ORIGIN/deep/liba.so"]),
        lib("pkg/_d.abi3.so", &["/build/liba.so"]).rpath("$ORIGIN/deep"),
    ];
    venv.package("pkg", &objects, &[]);
    let wanted = [
        "missing-library error import /build/liba.so pkg:1",
        "missing-library error import deep/liba.so pkg:1",
    ];
    for options in [NOTHING, NIX] {
        assert_eq!(venv.findings(options), wanted);
    }
    assert_eq!(opening(&venv, &["pkg/_a.abi3.so", "pkg/_c.abi3.so"]), "");
    assert!(opening(&venv, &["pkg/_b.abi3.so"]).contains("deep/liba.so: cannot open shared object"));
    assert!(opening(&venv, &["pkg/_d.abi3.so"]).contains("/build/liba.so: cannot open shared object"));
}

#[test]
fn of_rpath_and_runpath_in_one_module_runpath_alone_counts() {
    let venv = Venv::new();
    let objects = [
        lib("pkg/_a.abi3.so", &["liba.so", "libb.so"]).rpath("$ORIGIN/r").runpath("$ORIGIN/n"),
        lib("pkg/n/liba.so", &["libc1.so"]),
        lib("pkg/n/libc1.so", &[]),
        lib("pkg/r/libb.so", &[]),
    ];
    venv.package("pkg", &objects, &[]);
    let wanted =
        ["missing-library error import libb.so pkg:1", "missing-library error import libc1.so pkg:1"];
    // Of a distribution's own libraries it is thought that it loads them first.
    let info = venv.site_packages().join("pkg-1.0.dist-info");
    fs::remove_dir_all(info).unwrap();
    let wanted = wanted.map(|line| line.replace(" pkg:1", " :1"));
    for options in [NOTHING, NIX] {
        assert_eq!(venv.findings(options), wanted);
    }
    assert!(opening(&venv, &["pkg/_a.abi3.so"]).contains("libb.so: cannot open shared object"));
}

#[test]
fn lib_and_platform_in_a_search_path_stand_for_what_the_loader_was_built_with() {
    let Some((machine, loader)) = super::support::object::host() else {
        return cannot_run("the machine's loader is not known");
    };
    let tokens = venvfix::loader::System::of_loader(std::path::Path::new(loader), machine).tokens;
    let venv = Venv::new();
    let (by_lib, by_platform) =
        (format!("pkg/{}/liba-1.so", tokens.lib), format!("pkg/{}x/libb-1.so", tokens.platform));
    let objects = [
        lib("pkg/_a.abi3.so", &["liba-1.so", "libb-1.so"]).rpath("$ORIGIN/$LIB:$ORIGIN/${PLATFORM}x"),
        // Not by SONAME: a package's own library is taken for loaded.
        lib(&by_lib, &[]).soname(Some("liba.so")),
        lib(&by_platform, &[]).soname(Some("libb.so")),
        lib("pkg/_b.abi3.so", &["libb-1.so"]).rpath("$ORIGIN/$PLATFORMx"),
    ];
    venv.package("pkg", &objects, &[]);
    assert_eq!(venv.findings(NOTHING), ["missing-library error import libb-1.so pkg:1"]);
    assert_eq!(opening(&venv, &["pkg/_a.abi3.so"]), "");
    assert!(opening(&venv, &["pkg/_b.abi3.so"]).contains("libb-1.so: cannot open shared object"));
}

#[test]
fn a_module_of_32_bits_breaks_the_import_and_a_library_of_32_bits_is_none() {
    if std::env::consts::ARCH != "x86_64" {
        return cannot_run("this machine's compiler makes no objects of 32 bits");
    }
    let venv = Venv::new();
    let files = ["all/_a.abi3.so", "part/_a.abi3.so", "part/liba-1.so", "part/attach_x86.so"];
    venv.package("all", &[], &[(files[0], "")]);
    venv.package(
        "part",
        &[lib(files[1], &["liba-1.so"]).rpath("$ORIGIN")],
        &[(files[2], ""), (files[3], "")],
    );
    let options = ["-m32", "-shared", "-fPIC", "-nostdlib", "-Wl,-soname,liba.so"];
    for file in [files[0], files[2], files[3]] {
        cc(&venv.folder, &format!("{}/{file}", site(&venv)), &calling("a", &[]), &options);
    }
    let wanted = [
        "missing-library error import liba-1.so part:1",
        "wrong-architecture error import - all:1",
        "wrong-architecture note - - part:2",
    ];
    for options in [NOTHING, NIX] {
        assert_eq!(venv.findings(options), wanted);
    }
    let finding = &venv.doctor(&[])["findings"][1];
    assert_eq!(finding["detail"], "built for i686; this interpreter is x86_64");
    let command = "pip install --force-reinstall --no-deps --no-cache-dir all";
    assert_eq!(finding["remedy"]["command"], command);
    venvfix(venv.path(), ["doctor"]).exits(1).prints(&["built for another machine", "all 1.0"]);
    assert!(opening(&venv, &[files[0]]).contains("wrong ELF class: ELFCLASS32"));
    assert!(opening(&venv, &[files[1]]).contains("liba-1.so"));
}

#[test]
fn a_program_does_not_get_what_python_gets() {
    let venv = Venv::new();
    let tool = program("../../../bin/tool", &["libmade.so.1"]);
    venv.package("pkg", &[lib("pkg/_a.abi3.so", &["libmade.so.1"]), tool], &[]);
    let offer = Folder::new();
    lib("libmade.so.1", &[]).write(&offer);
    let run = |arguments: &[&str]| -> Ended {
        let mut command = command(VENVFIX, venv.path());
        command.args(arguments).env("VENVFIX_LIBRARY_PATH", offer.path()).output().unwrap().into()
    };
    run(&["provide", ".venv"]).exits(0);
    assert_eq!(venv.findings(NOTHING), ["missing-library error program libmade.so.1 pkg:1"]);
    run(&["doctor", ".venv"]).exits(1).prints(&["a program needs", "only python gets it", "libmade.so.1"]);
    // With the environment's search path, every program does.
    venv.folder.write("venvfix.toml", "provide = 'ld-library-path'");
    let path = format!("{}/.venv/.venvfix/lib", venv.path().display());
    fs::create_dir_all(&path).unwrap();
    std::os::unix::fs::symlink(offer.join("libmade.so.1"), format!("{path}/libmade.so.1")).unwrap();
    run(&["doctor"]).exits(0);
}

#[test]
fn what_one_of_objects_that_are_alike_opens_is_its_own() {
    let venv = Venv::new();
    let note = r#"[{"soname": ["libnone.so.1"], "priority": "required"}]"#;
    let objects = [
        lib("pkg/_a.abi3.so", &["libc.so.6"]),
        lib("pkg/_b.abi3.so", &["libc.so.6"]).opens(note),
        lib("pkg/_c.abi3.so", &["libc.so.6"]),
    ];
    venv.package("pkg", &objects, &[]);
    assert_eq!(venv.findings(NOTHING), ["dlopen-library error import libnone.so.1 pkg:1"]);
}
