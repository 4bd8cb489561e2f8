//! doctor's kinds of findings, each on a venv made for it.

use super::support::object::lib;
use super::support::venv::Venv;
use super::support::{Folder, venvfix, wheel};

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
