//! Symbol versions that an object wants and its libraries have not, as the loader judges them, and what
//! doctor says of it.

use std::path::Path;

use serde_json::Value;

use super::support::cc::{calling, library, versioned};
use super::support::layout::{Layout, ready};
use super::support::venv::Venv;
use super::support::{Ended, Folder, VENVFIX, command};

/// Gives a module that needs versions of a library which is only there to be linked with.
fn wanting(folder: &Folder, path: &str, soname: &str, symbols: &[(&str, &str)], options: &[&str]) {
    let stubs = Folder::new();
    let stub = stubs.join(soname);
    match symbols {
        [] => library(&stubs, soname, "", &[]),
        _ => versioned(&stubs, soname, symbols, &[]),
    }
    // Weak, so that only the version is asked for at once.
    let weak = |(name, _): &(&str, &str)| format!("__attribute__((weak)) int {name}(void);\n");
    let calls: Vec<&str> = symbols.iter().map(|(name, _)| *name).collect();
    // With the function by which a module is told from other libraries.
    let hook = "void *PyInit__native(void) { return 0; }\n";
    let source = symbols.iter().map(weak).collect::<String>() + hook + &calling("user", &calls);
    library(folder, path, &source, &[&[stub.to_str().unwrap()], options].concat());
}

/// Makes the need of a version a weak one (VER_FLG_WEAK), as no linker option does.
fn weaken(path: &Path, version: &str) {
    // The hash of the gABI, by which the entry of DT_VERNEED begins.
    let hash = version.bytes().fold(0u32, |hash, byte| {
        let sum = (hash << 4).wrapping_add(byte.into());
        (sum ^ (sum >> 24 & 0xf0)) & 0x0fff_ffff
    });
    let mut bytes = std::fs::read(path).unwrap();
    let places: Vec<usize> = bytes
        .windows(4)
        .enumerate()
        .filter(|(_, four)| **four == hash.to_le_bytes())
        .map(|(at, _)| at)
        .collect();
    assert_eq!(places.len(), 1, "{version} is wanted once");
    assert_eq!(bytes[places[0] + 4..][..2], [0, 0], "the flags of {version}");
    bytes[places[0] + 4] = 2;
    std::fs::write(path, bytes).unwrap();
}

fn lacks(soname: &str, version: &str) -> Vec<Result<(), String>> {
    vec![Err(format!("{soname}: version `{version}' not found"))]
}

#[test]
fn a_version_is_wanted_of_the_library_that_was_loaded() {
    if !ready() {
        return;
    }
    let layout = Layout::new(&[]);
    let folder = &layout.folder;
    let own = ["-Wl,-rpath,$ORIGIN"];
    wanting(folder, "libc.so", "libc.so.6", &[("newest", "GLIBC_2.99")], &[]);
    wanting(folder, "private.so", "libc.so.6", &[("hidden", "GLIBC_ABI_MADE")], &[]);
    wanting(folder, "cxx.so", "libstdc++.so.6", &[("put", "GLIBCXX_3.4.99")], &own);
    wanting(folder, "abi.so", "libstdc++.so.6", &[("old", "CXXABI_1.3"), ("throws", "CXXABI_1.3.99")], &own);
    wanting(folder, "fine.so", "libstdc++.so.6", &[("get", "GLIBCXX_3.4"), ("old", "CXXABI_1.3")], &own);
    versioned(folder, "libstdc++.so.6", &[("get", "GLIBCXX_3.4"), ("old", "CXXABI_1.3")], &[]);
    for (module, wanted) in [
        ("libc.so", lacks("libc.so.6", "GLIBC_2.99")),
        ("private.so", lacks("libc.so.6", "GLIBC_ABI_MADE")),
        ("cxx.so", lacks("libstdc++.so.6", "GLIBCXX_3.4.99")),
        ("abi.so", lacks("libstdc++.so.6", "CXXABI_1.3.99")),
        ("fine.so", vec![Ok(())]),
    ] {
        assert_eq!(layout.opens(&[module]), wanted, "{module}");
    }
}

#[test]
fn a_weak_version_or_a_library_without_versions_is_no_failure() {
    if !ready() {
        return;
    }
    let layout = Layout::new(&[]);
    let folder = &layout.folder;
    let own = ["-Wl,-rpath,$ORIGIN"];
    wanting(folder, "weak.so", "libx.so", &[("new", "X_2")], &own);
    wanting(folder, "both.so", "libx.so", &[("new", "X_2"), ("newer", "X_3")], &own);
    wanting(folder, "bare.so", "libbare.so", &[("new", "X_2")], &own);
    versioned(folder, "libx.so", &[("old", "X_1")], &[]);
    // With versions of libc's, as all but the oddest have: without any the loader aborts at the symbol.
    let bare = "#include <stdio.h>\nint new(void) { return puts(\"\"); }\n";
    library(folder, "libbare.so", bare, &["-lc"]);
    assert_eq!(layout.opens(&["weak.so"]), lacks("libx.so", "X_2"));
    weaken(&folder.join("weak.so"), "X_2");
    assert_eq!(layout.opens(&["weak.so"]), [Ok(())]);
    weaken(&folder.join("both.so"), "X_2");
    assert_eq!(layout.opens(&["both.so"]), lacks("libx.so", "X_3"));
    assert_eq!(layout.opens(&["bare.so"]), [Ok(())]);
}

#[test]
fn the_library_that_answers_to_the_name_is_the_one_that_is_asked() {
    if !ready() {
        return;
    }
    let layout = Layout::new(&[]);
    let folder = &layout.folder;
    versioned(folder, "old/libx.so", &[("x", "X_1")], &[]);
    versioned(folder, "new/libx.so", &[("y", "X_2"), ("x", "X_1")], &[]);
    wanting(folder, "one.so", "libx.so", &[("x", "X_1")], &["-Wl,-rpath,$ORIGIN/old"]);
    wanting(folder, "two.so", "libx.so", &[("y", "X_2")], &["-Wl,-rpath,$ORIGIN/new"]);
    assert_eq!(layout.opens(&["two.so", "one.so"]), [Ok(()), Ok(())]);
    // Its own would do, and the name is taken.
    let both = layout.opens(&["one.so", "two.so"]);
    assert_eq!(both, [Ok(()), lacks("libx.so", "X_2").remove(0)]);
    // Loaded under another file name, by the name that it is wanted by.
    versioned(folder, "odd/libx-1.so", &[("x", "X_1")], &["-Wl,-soname,libx.so"]);
    library(folder, "odd.so", "", &["@/odd/libx-1.so", "-Wl,-rpath,$ORIGIN/odd"]);
    let folder = folder.path();
    std::os::unix::fs::symlink("libx-1.so", folder.join("odd/libx.so")).unwrap();
    assert_eq!(layout.opens(&["odd.so", "two.so"]), [Ok(()), lacks("libx.so", "X_2").remove(0)]);
}

/// A venv with a package whose one module wants these versions.
fn venv_wanting(soname: &str, symbols: &[(&str, &str)], options: &[&str]) -> Venv {
    let venv = Venv::new();
    venv.package("pkg", &[], &[("pkg/__init__.py", ""), ("pkg/_native.abi3.so", "")]);
    let site = venv.site_packages().strip_prefix(venv.path()).unwrap().to_str().unwrap().to_owned();
    wanting(&venv.folder, &format!("{site}/pkg/_native.abi3.so"), soname, symbols, options);
    venv
}

/// doctor's report where LD_LIBRARY_PATH has a folder, and what the venv's Python says of the module.
fn judged(venv: &Venv, library_path: &Path) -> (Value, String) {
    let run = |program: &Path, arguments: &[&str]| -> Ended {
        let mut run = command(program, venv.path());
        run.args(arguments).env("LD_LIBRARY_PATH", library_path).output().unwrap().into()
    };
    let report = run(Path::new(VENVFIX), &["doctor", "--format", "json"]).json();
    let import = "import ctypes, sys; ctypes.CDLL(sys.argv[1])";
    let module = venv.site_packages().join("pkg/_native.abi3.so");
    let python = venv.folder.join(".venv/bin/python");
    (report, run(&python, &["-c", import, module.to_str().unwrap()]).stderr)
}

fn texts(report: &Value) -> Vec<[String; 5]> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let finding = |finding: &Value| {
        let remedy = &finding["remedy"]["reason"];
        [&finding["code"], &finding["severity"], &finding["soname"], &finding["detail"], remedy].map(text)
    };
    report["findings"].as_array().unwrap().iter().map(finding).collect()
}

#[test]
fn an_offered_cxx_runtime_that_is_too_old_is_named_with_its_path() {
    let offered = Folder::new();
    let path = offered.join("libstdc++.so.6");
    let has = [("a", "GLIBCXX_3.4.9"), ("b", "GLIBCXX_3.4.30"), ("c", "CXXABI_1.3.13")];
    versioned(&offered, "libstdc++.so.6", &has, &[]);
    let too_old = |wanted: &str, has: &str| {
        let detail = format!("{wanted} is wanted, libstdc++.so.6 has {has} at the newest");
        let reason = format!(
            "{} is too old: take it from a newer nixpkgs, or an older release of the package",
            path.display()
        );
        ["missing-symbol-version".into(), "error".into(), "libstdc++.so.6".into(), detail, reason]
    };
    for (version, has) in [("GLIBCXX_3.4.33", "GLIBCXX_3.4.30"), ("CXXABI_1.3.15", "CXXABI_1.3.13")] {
        let venv = venv_wanting("libstdc++.so.6", &[("x", version)], &[]);
        let (report, error) = judged(&venv, offered.path());
        assert_eq!(texts(&report), [too_old(version, has)]);
        assert!(error.contains(&format!("version `{version}' not found (required by ")), "{error}");
        // A matching pair.
        let newer = Folder::new();
        versioned(&newer, "libstdc++.so.6", &[("x", version)], &[]);
        let (report, error) = judged(&venv, newer.path());
        assert_eq!((texts(&report), error), (vec![], String::new()));
    }
    // An older one of the same kind is there, though its number has more digits.
    let venv = venv_wanting("libstdc++.so.6", &[("x", "GLIBCXX_3.4.9")], &[]);
    let (report, error) = judged(&venv, offered.path());
    assert_eq!((texts(&report), error), (vec![], String::new()));
}

#[test]
fn a_library_from_outside_that_wants_a_newer_glibc_is_told_from_the_package() {
    let offered = Folder::new();
    wanting(&offered, "libmade.so.1", "libc.so.6", &[("newest", "GLIBC_2.99")], &[]);
    let venv = venv_wanting("libmade.so.1", &[], &[]);
    let (report, error) = judged(&venv, offered.path());
    let all = texts(&report);
    assert_eq!(all.len(), 1, "{report:#}");
    let [code, severity, soname, detail, reason] = &all[0];
    assert_eq!([code, severity, soname], ["missing-symbol-version", "error", "libc.so.6"]);
    let path = offered.join("libmade.so.1").display().to_string();
    assert!(detail.starts_with(&format!("{path} wants GLIBC_2.99, libc.so.6 has GLIBC_2.")), "{detail}");
    assert_eq!(*reason, format!("the interpreter's glibc is too old for {path}: take both from one nixpkgs"));
    assert!(error.contains("version `GLIBC_2.99' not found (required by "), "{error}");
    assert_eq!(report["findings"][0]["distributions"][0]["objects"][0], "pkg/_native.abi3.so");
}

#[test]
fn a_weak_version_is_no_finding() {
    let venv = venv_wanting("libc.so.6", &[("newest", "GLIBC_2.99")], &[]);
    weaken(&venv.site_packages().join("pkg/_native.abi3.so"), "GLIBC_2.99");
    let (report, error) = judged(&venv, Path::new(""));
    assert_eq!((texts(&report), error), (vec![], String::new()));
}

/// A venv whose package has a module, which wants a version of its own libv, and needs an offered library,
/// which wants a version of the libv beside it.
fn venv_with_two(own: &[(&str, &str)], wants: &str, offered: &[(&str, &str)], outer: &str) -> (Venv, Folder) {
    let offer = Folder::new();
    let here = "-Wl,-rpath,$ORIGIN";
    versioned(&offer, "libv.so.1", offered, &[]);
    wanting(&offer, "libouter.so.1", "libv.so.1", &[("v", outer)], &[here]);
    let outer = offer.join("libouter.so.1");
    let options = [here, "-Wl,-rpath-link,/", "-Wl,--allow-shlib-undefined", outer.to_str().unwrap()];
    let venv = venv_wanting("libv.so.1", &[("v", wants)], &options);
    let site = venv.site_packages().strip_prefix(venv.path()).unwrap().to_str().unwrap().to_owned();
    versioned(&venv.folder, &format!("{site}/pkg/libv.so.1"), own, &[]);
    let provided = command(VENVFIX, venv.path())
        .args(["provide", ".venv"])
        .env("VENVFIX_LIBRARY_PATH", offer.path())
        .output()
        .unwrap();
    Ended::from(provided).exits(0);
    (venv, offer)
}

const OLD: &[(&str, &str)] = &[("v", "V_1")];
const NEW: &[(&str, &str)] = &[("w", "V_2"), ("v", "V_1")];

#[test]
fn an_offered_library_is_loaded_before_the_module_and_its_libraries_too() {
    // Python opens the offered one, with the libv beside it, and tries the module again.
    let (venv, _offer) = venv_with_two(OLD, "V_1", NEW, "V_2");
    let (report, error) = judged(&venv, Path::new(""));
    assert_eq!((texts(&report), error), (vec![], String::new()));
}

#[test]
fn a_library_that_an_offered_one_loads_first_may_be_too_old_for_the_module() {
    let (venv, offer) = venv_with_two(NEW, "V_2", OLD, "V_1");
    let (report, error) = judged(&venv, Path::new(""));
    assert!(error.contains("version `V_2' not found (required by "), "{error}");
    let all = texts(&report);
    assert_eq!(all.len(), 1, "{report:#}");
    assert_eq!(all[0][3], "V_2 is wanted, libv.so.1 has V_1 at the newest");
    let path = offer.join("libv.so.1").display().to_string();
    assert!(all[0][4].starts_with(&format!("{path} is too old")), "{report:#}");
}
