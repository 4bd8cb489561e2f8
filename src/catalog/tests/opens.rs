//! What packages open by name: every row, and what is made of it.

use std::path::Path;

use crate::catalog::names::is_soname;
use crate::catalog::table::tables;
use crate::catalog::{
    Opener, Opens, Part, Reach, Remedy, Unknown, Variable, all_opens, knows, libraries, opens, soname,
};
use crate::project_name::normalize;

fn is_identifier(name: &str) -> bool {
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts_well && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn attributes(name: &str) -> Vec<String> {
    libraries(name).unwrap().into_iter().map(|library| library.attribute).collect()
}

#[test]
fn every_row_can_be_read() {
    for (name, row) in tables().opens.entries() {
        if let Err(error) = Opens::read(name, row) {
            panic!("{name}: {error}");
        }
        assert_eq!(opens(name).unwrap().distribution, name);
    }
    assert_eq!(all_opens().count(), tables().opens.keys().count());
    assert!(all_opens().count() > 50);
}

#[test]
fn lists_are_sorted_and_single() {
    for row in all_opens() {
        for list in [&row.modules, &row.sonames, &row.also, &row.unless] {
            assert!(list.is_sorted_by(|a, b| a < b), "{}: {list:?}", row.distribution);
        }
        assert!(!row.sonames.iter().any(|name| row.also.contains(name)), "{}", row.distribution);
    }
}

#[test]
fn a_soname_has_an_attribute_or_is_a_drivers() {
    for row in all_opens() {
        for name in row.sonames.iter().chain(&row.also) {
            let remedy = soname(name);
            let has = matches!(remedy, Some(Remedy::Attribute { .. } | Remedy::Driver));
            assert!(is_soname(name) && has, "{}: {name}: {remedy:?}", row.distribution);
        }
    }
}

#[test]
fn modules_are_top_names_and_packages_are_normalised() {
    for row in all_opens() {
        assert!(row.modules.iter().all(|name| is_identifier(name)), "{:?}", row.modules);
        for other in &row.unless {
            assert_eq!(*other, normalize(other), "{}", row.distribution);
            assert_ne!(*other, row.distribution);
        }
    }
}

#[test]
fn a_variable_is_built_from_what_the_row_opens() {
    for row in all_opens() {
        for Variable { name, soname, .. } in &row.variables {
            assert!(is_identifier(name) && *name == name.to_uppercase(), "{name}");
            assert!(row.sonames.contains(soname), "{}: {soname}", row.distribution);
        }
    }
    let triton = opens("triton").unwrap().variables;
    let part = Part::Directory;
    assert_eq!(triton, [Variable { name: "TRITON_LIBCUDA_PATH", part, soname: "libcuda.so.1" }]);
    assert_eq!(opens("Wand").unwrap().variables[0].part, Part::Prefix);
}

#[test]
fn a_row_is_well_formed_or_none() {
    let row = r#"{ modules = ["a"], sonames = ["liba.so.1"], by = "c", reach = "plugin", evidence = "x" }"#;
    assert!(Opens::read("a", row).is_ok());
    for row in [
        r#"{ sonames = ["liba.so.1"], by = "c", reach = "plugin", evidence = "x" }"#,
        r#"{ modules = [], sonames = ["liba.so.1"], by = "c", reach = "plugin", evidence = "x" }"#,
        r#"{ modules = ["a"], by = "c", reach = "plugin", evidence = "x" }"#,
        r#"{ modules = ["a"], sonames = ["liba.so.1"], by = "perl", reach = "plugin", evidence = "x" }"#,
        r#"{ modules = ["a"], sonames = ["liba.so.1"], by = "c", reach = "program", evidence = "x" }"#,
        r#"{ modules = ["a"], sonames = ["liba.so.1"], by = "c", reach = "plugin" }"#,
        r#"{ modules = ["a"], soname = ["liba.so.1"], by = "c", reach = "plugin", evidence = "x" }"#,
        r#"{ modules = ["a"], sonames = ["liba.so.1"], by = "c", reach = "plugin", variables = { A = "/lib" }, evidence = "x" }"#,
        r#"{ modules = ["a"], sonames = ["liba.so.1"], by = "c", reach = "plugin", variables = { A = "of:liba.so.1" }, evidence = "x" }"#,
    ] {
        assert!(Opens::read("a", row).is_err(), "{row}");
    }
}

#[test]
fn parts_of_a_path() {
    let library = Path::new("/run/opengl-driver/lib/libcuda.so.1");
    assert_eq!(Part::Directory.of(library).unwrap(), Path::new("/run/opengl-driver/lib"));
    assert_eq!(Part::Prefix.of(library).unwrap(), Path::new("/run/opengl-driver"));
    assert_eq!(Part::Prefix.of(Path::new("/libcuda.so.1")), None);
    assert_eq!(Part::Directory.of(Path::new("libcuda.so.1")), None);
}

#[test]
fn rows_in_any_spelling() {
    let row = opens("Python_Magic").unwrap();
    assert_eq!((row.distribution, row.by, row.reach), ("python-magic", Opener::Ctypes, Reach::Import));
    assert_eq!((row.modules, row.sonames), (vec!["magic"], vec!["libmagic.so.1"]));
    assert_eq!(opens("no-such-package"), None);
    assert!(knows("python-magic") && knows("triton"));
}

#[test]
fn the_library_may_come_from_another_package() {
    assert_eq!(opens("psycopg").unwrap().unless, ["psycopg-binary", "psycopg-c"]);
}

#[test]
fn add_lib_takes_what_is_opened_and_what_is_linked() {
    assert_eq!(attributes("python-magic"), ["file"]);
    assert_eq!(attributes("cairosvg"), ["cairo"]);
    assert_eq!(attributes("matplotlib"), ["libx11", "wayland"], "nothing else to offer");
    assert_eq!(attributes("pyopengl"), ["libGL", "libGLU", "freeglut"]);
    let pyside6 = attributes("PySide6");
    for name in ["libxcb-cursor", "libxkbcommon", "wayland", "libGL", "zstd"] {
        assert_eq!(pyside6.iter().filter(|&other| other == name).count(), 1, "{name}");
    }
    assert_eq!(attributes("pyside6-essentials"), pyside6);
}

#[test]
fn a_package_of_the_driver_alone_needs_no_library() {
    for name in ["triton", "torch", "nvidia-ml-py"] {
        let Err(Unknown::NeedsNone { reason, .. }) = libraries(name) else { panic!("{name}") };
        assert!(reason.contains("driver"), "{reason}");
    }
}
