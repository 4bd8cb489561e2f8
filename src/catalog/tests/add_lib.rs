//! What a name means to someone who adds a library, and what is near it.

use crate::catalog::{Library, Unknown, libraries, near};

fn named(attribute: &str, older: &[&str]) -> Library {
    Library::with_older(attribute, older)
}

#[test]
fn add_lib_takes_a_name_of_any_kind() {
    for (name, expected) in [
        ("libX11.so.6", vec![named("libx11", &["xorg.libX11"])]),
        ("libx11", vec![named("libx11", &["xorg.libX11"])]),
        ("xorg.libX11", vec![named("libx11", &["xorg.libX11"])]),
        ("unixODBC", vec![named("unixodbc", &["unixODBC"])]),
        ("SDL2", vec![named("SDL2", &[])]),
        ("python-magic", vec![named("file", &[])]),
        ("Python_Magic", vec![named("file", &[])]),
        ("pyzbar", vec![named("zbar", &[])]),
        ("pyodbc", vec![named("unixodbc", &["unixODBC"])]),
        ("stdenv.cc.cc.lib", vec![named("stdenv.cc.cc.lib", &[])]),
        ("libICantBeKnown", vec![named("libICantBeKnown", &[])]),
        ("python3Packages.numpy", vec![named("python3Packages.numpy", &[])]),
    ] {
        assert_eq!(libraries(name), Ok(expected), "{name}");
    }
    let weasyprint = libraries("WeasyPrint").unwrap();
    assert!(weasyprint.len() > 3 && weasyprint.contains(&named("pango", &[])));
}

#[test]
fn add_lib_refuses_what_is_no_library() {
    for name in ["", "a b", "lib/x", "1up", "foo.", "\"x\"", "${x}", "libnothing.so.1", "xorg..libX11"] {
        assert!(matches!(libraries(name), Err(Unknown::Name { .. })), "{name}");
    }
    for name in ["libtiff.so.5", "libQt6Nothing.so.6"] {
        assert!(matches!(libraries(name), Err(Unknown::Unavailable { .. })), "{name}");
    }
    let unneeded = libraries("yara-python").unwrap_err().to_string();
    assert!(
        unneeded.starts_with("nothing to add for 'yara-python': its build brings yara's source"),
        "{unneeded}"
    );
}

/// What a wheel leaves to the system, be it only the compiler's own libraries.
#[test]
fn what_a_wheel_needs_from_outside_is_added() {
    for (name, expected) in [
        ("pandas", &["stdenv.cc.cc.lib"][..]),
        ("lightgbm", &["stdenv.cc.cc.lib"]),
        ("numba", &["stdenv.cc.cc.lib"]),
        ("pygit2", &["zlib"]),
        ("mpi4py", &["openmpi"]),
        ("python-rtmidi", &["alsa-lib", "stdenv.cc.cc.lib"]),
        ("fusepy", &["fuse"]),
        ("cx-oracle", &["oracle-instantclient"]),
    ] {
        let expected = expected.iter().map(|attribute| named(attribute, &[])).collect::<Vec<_>>();
        assert_eq!(libraries(name), Ok(expected), "{name}");
    }
}

#[test]
fn near_names() {
    for (name, expected) in [
        ("libGL.so.2", "libGL.so.1"),
        ("libgl.so.1", "libGL.so.1"),
        ("libxcb-curser", "libxcb-cursor"),
        ("wesyprint", "weasyprint"),
        ("libstdc++.so.7", "libstdc++.so.6"),
    ] {
        let found = near(name);
        assert!(found.contains(&expected) && found.len() <= 5, "{name}: {found:?}");
    }
    assert!(near("something-else-entirely").is_empty());
    assert!(near("").is_empty());
    assert!(near(&"x".repeat(100_000)).is_empty());
}

#[test]
fn an_unknown_soname_says_what_is_near() {
    let error = libraries("libGL.so.9").unwrap_err();
    assert!(error.to_string().contains("libGL.so.1"), "{error}");
}

/// nixpkgs has these under the names of PyPI packages that need no library.
#[test]
fn an_attribute_is_added_though_a_package_of_that_name_needs_no_library() {
    for name in ["gdal", "hunspell", "igraph", "jq", "sentencepiece", "yt-dlp"] {
        assert_eq!(libraries(name), Ok(vec![named(name, &[])]), "{name}");
    }
}

#[test]
fn a_package_that_calls_programs_says_which() {
    for (name, expected) in [
        ("pytesseract", "calls tesseract: add tesseract to the packages"),
        ("pdf2image", "calls pdftoppm, pdftocairo, pdfinfo: add poppler-utils to"),
        ("cryptography", "to build it from source, add openssl pkg-config rustc cargo to the packages"),
        ("ocrmypdf", "add tesseract ghostscript unpaper pngquant jbig2enc to"),
        ("ocrmypdf", "only for what its options ask"),
        ("yara-python", "its build brings yara's source"),
    ] {
        let Err(Unknown::NeedsNone { reason, .. }) = libraries(name) else { panic!("{name}") };
        assert!(reason.contains(expected), "{name}: {reason}");
    }
}
