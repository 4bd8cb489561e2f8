//! What doctor takes from the Python sources of packages, each on a venv made for it.

use super::support::object::lib;
use super::support::venv::Venv;

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
