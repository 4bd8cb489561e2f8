//! What doctor takes from the Python sources of packages, each on a venv made for it.

use super::support::object::lib;
use super::support::project::Project;
use super::support::venv::Venv;
use super::support::{VENVFIX, venvfix};

const NOTHING: &[&str] = &[];

fn torch(venv: &Venv) {
    let objects = [
        lib("torch/lib/libc10.so", &["libc.so.6"]),
        lib("torch.libs/libz-1234.so.1", &[]).soname(Some("libz.so.1")),
    ];
    venv.package("torch", &objects, &[("torch/__init__.py", "")]);
}

#[test]
fn what_an_imported_package_has_under_its_name_is_not_missing() {
    let imports =
        [("import torch\n", true), ("def f():\n    import torch\n", false), ("import torches\n", false)];
    for (text, found) in imports {
        let venv = Venv::new();
        torch(&venv);
        let objects = [lib("audio/_a.so", &["libc10.so"])];
        venv.package("audio", &objects, &[("audio/__init__.py", "from . import _b"), ("audio/_b.py", text)]);
        let missing: &[&str] = &["missing-library error import libc10.so audio:1"];
        assert_eq!(venv.findings(NOTHING), if found { NOTHING } else { missing }, "{text}");
    }
}

#[test]
fn a_copy_that_another_package_has_for_itself_serves_nobody_else() {
    let venv = Venv::new();
    torch(&venv);
    let files = [("audio/__init__.py", "import torch")];
    venv.package("audio", &[lib("audio/_a.so", &["libz.so.1"])], &files);
    assert_eq!(venv.findings(&["--loader", "nix"]), ["missing-library error import libz.so.1 audio:1"]);
}

/// torchvision's `_C.so` has no function that `import` calls, and is nothing for it: torch loads it.
#[test]
fn operators_that_torch_loads_are_an_imports() {
    let find = "import torch\nfrom .extension import _load_library\n_load_library('_C')\n";
    let load = "import torch\ndef _load_library(name):\n    torch.ops.load_library(path_of(name))\n";
    for (init, reach) in [(find, "error import"), ("import torch", "warning plugin")] {
        for path in ["vision/_C.so", "vision/lib/_C.so"] {
            let venv = Venv::new();
            torch(&venv);
            let operators = lib(path, &["libc10.so", "libnobodyknows.so.7"]).without_module_hook();
            let objects = [operators, lib("vision/_other.so", &[])];
            venv.package("vision", &objects, &[("vision/__init__.py", init), ("vision/extension.py", load)]);
            let wanted = format!("missing-library {reach} libnobodyknows.so.7 vision:1");
            assert_eq!(venv.findings(NOTHING), [wanted], "{path}");
        }
    }
}

/// As open3d's are, which serves without torch.
#[test]
fn operators_for_a_torch_that_is_not_there_are_a_part() {
    let load = "def _load(name):\n    torch.ops.load_library('ops.so')\n";
    let venv = Venv::new();
    let operators = lib("vision/ops.so", &["libc10.so", "libnobodyknows.so.7"]).without_module_hook();
    venv.package("vision", &[operators], &[("vision/__init__.py", load)]);
    let wanted = [
        "missing-library warning plugin libc10.so vision:1",
        "missing-library warning plugin libnobodyknows.so.7 vision:1",
    ];
    assert_eq!(venv.findings(NOTHING), wanted);
}

/// What doctor says of a distribution of one module.
fn of_module(text: &str) -> Vec<String> {
    let venv = Venv::new();
    venv.package("pkg", &[], &[("pkg.py", text)]);
    venv.findings(&["--loader", "nix"])
}

#[test]
fn a_library_that_sources_open_is_missing_by_what_fails_without() {
    let cases = [
        ("import ctypes\nlib = ctypes.CDLL('libmagic.so.1')\n", "error import"),
        ("import ctypes\ndef f():\n    ctypes.CDLL('libmagic.so.1')\n", "warning plugin"),
        ("import ctypes\nctypes.CDLL(ctypes.util.find_library('magic'))\n", "warning plugin"),
        ("try:\n    CDLL('libmagic.so.1')\nexcept OSError:\n    pass\n", "note plugin"),
    ];
    for (text, reach) in cases {
        assert_eq!(of_module(text), [format!("dlopen-library {reach} libmagic.so.1 pkg:0")], "{text}");
    }
    let venv = Venv::new();
    let text = "import ctypes\nlib = ctypes.CDLL('libmagic.so.1')\n";
    venv.package("pkg", &[], &[("pkg.py", text)]);
    let ended = venvfix(venv.path(), ["doctor", "--loader", "nix"]).exits(1);
    ended.prints(&["missing that a package opens when it is imported", "venvfix add-lib file"]);
}

#[test]
fn what_glibc_has_what_no_table_knows_and_the_drivers_are_not_told() {
    for name in ["libc.so.6", "libm.so.6", "libnobodyknows.so.7", "libcuda.so.1", "libmagic.dylib"] {
        assert_eq!(of_module(&format!("CDLL('{name}')\n")), NOTHING, "{name}");
    }
    assert_eq!(of_module("CDLL(find_library('pthread'))\n"), NOTHING);
}

#[test]
fn one_of_several_names_is_enough() {
    let text = "try:\n    a = CDLL('libmagic.so.1')\nexcept OSError:\n    a = CDLL('libinner.so.3')\n";
    let wanted = "dlopen-library error import libmagic.so.1 pkg:0";
    assert_eq!(of_module(text), [wanted]);
    let venv = Venv::new();
    venv.package(
        "pkg",
        &[lib("pkg.libs/inner-1.so", &[]).soname(Some("libinner.so.3"))],
        &[("pkg.py", text)],
    );
    assert_eq!(venv.findings(&["--loader", "nix"]), NOTHING);
    let venv = Venv::new();
    venv.package("pkg", &[], &[("pkg.py", text)]);
    let detail = &venv.doctor(&["--loader", "nix"])["findings"][0]["detail"];
    assert_eq!(*detail, "libinner.so.3 would do as well");
}

#[test]
fn only_what_is_imported_at_once_breaks_the_import() {
    let opens = "import ctypes\nctypes.CDLL('libmagic.so.1')\n";
    let cases = [
        ("from . import _lib\n", "pkg/_lib.py", "error import"),
        ("from .sub._lib import x\n", "pkg/sub/_lib.py", "error import"),
        ("import pkg._lib\n", "pkg/_lib.py", "error import"),
        ("def f():\n    from . import _lib\n", "pkg/_lib.py", "warning plugin"),
        ("try:\n    from . import _lib\nexcept OSError:\n    pass\n", "pkg/_lib.py", "warning plugin"),
        ("", "pkg/_lib.py", "warning plugin"),
    ];
    for (init, path, reach) in cases {
        let venv = Venv::new();
        venv.package("pkg", &[], &[("pkg/__init__.py", init), (path, opens)]);
        let wanted = [format!("dlopen-library {reach} libmagic.so.1 pkg:0")];
        assert_eq!(venv.findings(&["--loader", "nix"]), wanted, "{init}");
    }
}

#[test]
fn tests_and_modules_of_other_platforms_are_not_read() {
    for path in
        ["pkg/tests/a.py", "pkg/test_a.py", "pkg/_osx.py", "pkg/win32/a.py", "docs/conf.py", "setup.py"]
    {
        let venv = Venv::new();
        venv.package("pkg", &[], &[("pkg/__init__.py", ""), (path, "CDLL('libmagic.so.1')\n")]);
        assert_eq!(venv.findings(&["--loader", "nix"]), NOTHING, "{path}");
    }
}

#[test]
fn the_table_has_the_last_word_on_what_a_package_opens() {
    let venv = Venv::new();
    venv.package("pyzbar", &[], &[("pyzbar.py", "CDLL('libmagic.so.1')\nCDLL('libzbar.so.0')\n")]);
    let wanted = ["dlopen-library error import libzbar.so.0 pyzbar:0"];
    assert_eq!(venv.findings(&["--loader", "nix"]), wanted);
}

/// A large package's sources take too long to read each time: entry reads them, and keeps what it found.
#[test]
fn sources_of_a_large_package_are_read_by_entry_and_kept() {
    let project = Project::new("");
    project.enter().exits(0);
    let site = project.site_packages();
    let path = |name: &str| site.join(name);
    std::fs::create_dir_all(path("big-1.0.dist-info")).unwrap();
    std::fs::write(path("big.py"), "CDLL('libmagic.so.1')\n").unwrap();
    std::fs::write(path("big-1.0.dist-info/METADATA"), "Name: big\nVersion: 1.0\n").unwrap();
    // What is not whole is not kept.
    (0..400).for_each(|number| std::fs::write(path(&format!("big_{number}.txt")), "").unwrap());
    let rows: String = (0..400).map(|number| format!("big_{number}.txt,,0\n")).collect();
    std::fs::write(path("big-1.0.dist-info/RECORD"), format!("big.py,,22\n{rows}")).unwrap();
    let said = || project.run(&[VENVFIX, "doctor", "--loader", "nix"]).stdout.contains("libmagic.so.1");
    assert!(!said());
    project.run(&[VENVFIX, "sync"]).exits(0);
    assert!(said());
}

#[test]
fn a_package_that_needs_tkinter_is_told_the_attribute() {
    let venv = Venv::new();
    venv.package("customtkinter", &[], &[("customtkinter/__init__.py", "import tkinter\n")]);
    let options = &["--loader", "nix"];
    assert_eq!(venv.findings(options), ["missing-stdlib-module error import - customtkinter:0"]);
    let finding = &venv.doctor(options)["findings"][0];
    let attribute = format!("python{}Packages.tkinter", venv.python_tag());
    assert_eq!(finding["remedy"], serde_json::json!({"kind": "python-attribute", "attribute": attribute}));
    venvfix(venv.path(), ["doctor", "--loader", "nix"]).exits(1).prints(&[
        "1 module of the standard library is missing",
        "tkinter",
        &format!("add {attribute} to packages in shell.nix"),
    ]);
    // Of an interpreter that is not of the store nothing is known.
    assert_eq!(venv.findings(NOTHING), NOTHING);
}
