//! What a build wants, and the rows of the tables that say so.

use crate::catalog::names::{is_attribute, is_soname};
use crate::catalog::table::{Attribute, Fact, HEADERS, LINKED, MODULES, Table, fits, tables};
use crate::catalog::{Remedy, attributes, header, linked, module, package, program, tool};

fn attribute(remedy: Option<Remedy>, name: &str) -> &'static str {
    match remedy {
        Some(Remedy::Attribute { attribute, .. }) => attribute,
        other => panic!("{name}: {other:?}"),
    }
}

fn also(remedy: Option<Remedy>) -> Vec<&'static str> {
    match remedy {
        Some(Remedy::Attribute { also, .. }) => also,
        other => panic!("{other:?}"),
    }
}

/// The tables whose keys may be patterns, and the text of each.
fn with_patterns() -> [(&'static str, &'static Table); 3] {
    [(HEADERS, &tables().headers), (MODULES, &tables().modules), (LINKED, &tables().linked)]
}

#[test]
fn headers() {
    for (name, expected) in [
        ("openssl/ssl.h", "openssl"),
        ("libpq-fe.h", "libpq"),
        ("ffi.h", "libffi"),
        ("mysql.h", "mariadb-connector-c"),
        ("mysql/mysql.h", "mariadb-connector-c"),
        ("lber.h", "openldap"),
        ("sasl/sasl.h", "cyrus_sasl"),
        ("xmlsec/xmlsec.h", "xmlsec"),
        ("libxml/xpath.h", "libxml2"),
        ("libxslt/xsltconfig.h", "libxslt"),
        ("graphviz/cgraph.h", "graphviz"),
        ("portaudio.h", "portaudio"),
        ("cups/http.h", "cups"),
        ("X11/Xlib.h", "libx11"),
        ("X11/keysym.h", "xorgproto"),
        ("GL/gl.h", "libGL"),
        ("cblas.h", "openblasCompat"),
        ("boost/asio/io_context.hpp", "boost"),
        ("Eigen/Dense", "eigen"),
        ("gst/gst.h", "gst_all_1.gstreamer"),
        ("gst/video/video.h", "gst_all_1.gst-plugins-base"),
        ("SDL2/SDL.h", "SDL2"),
        ("SDL2/SDL_image.h", "SDL2_image"),
        ("libavcodec/avcodec.h", "ffmpeg"),
        ("QtWidgets/QWidget", "qt6.qtbase"),
        ("dbus/dbus.h", "dbus"),
        ("dbus/dbus-glib.h", "dbus-glib"),
        ("sql.h", "unixodbc"),
        ("systemd/sd-daemon.h", "systemd"),
        ("winscard.h", "pcsclite"),
        ("libvirt/libvirt.h", "libvirt"),
    ] {
        assert_eq!(attribute(header(name), name), expected, "{name}");
    }
    let Some(Remedy::Wheel { packages, .. }) = header("numpy/arrayobject.h") else { panic!("numpy") };
    assert_eq!(packages, ["numpy"]);
    assert!(matches!(header("proj_api.h"), Some(Remedy::None { .. })));
    for name in ["", "openssl", "openssl/", "no/such.h", "*", "/openssl/ssl.h"] {
        assert_eq!(header(name), None, "{name}");
    }
}

#[test]
fn a_header_that_only_pkg_config_names_wants_pkg_config_too() {
    for name in ["glib.h", "dbus/dbus.h", "libxml/parser.h", "cairo.h", "ft2build.h", "libusb.h"] {
        assert_eq!(also(header(name)), ["pkg-config"], "{name}");
    }
    assert_eq!(also(header("libpq-fe.h")), ["libpq.pg_config"]);
    assert!(also(header("zlib.h")).is_empty());
}

#[test]
fn modules() {
    for (name, expected) in [
        ("libxml-2.0", "libxml2"),
        ("openssl", "openssl"),
        ("cairo", "cairo"),
        ("girepository-2.0", "glib"),
        ("gobject-introspection-1.0", "gobject-introspection"),
        ("dbus-1", "dbus"),
        ("libsystemd", "systemd"),
        ("libpq", "libpq"),
        ("mysqlclient", "mariadb-connector-c"),
        ("openblas", "openblasCompat"),
        ("freetype2", "freetype"),
        ("libavformat", "ffmpeg"),
        ("gstreamer-base-1.0", "gst_all_1.gstreamer"),
        ("gstreamer-video-1.0", "gst_all_1.gst-plugins-base"),
        ("xcb-renderutil", "libxcb-render-util"),
        ("sdl2", "SDL2"),
        ("absl_strings", "abseil-cpp"),
        ("Qt5Widgets", "libsForQt5.qtbase"),
        ("Qt6Widgets", "qt6.qtbase"),
        ("xmlsec1", "xmlsec"),
        ("uuid", "libuuid"),
        ("mount", "util-linux"),
    ] {
        assert_eq!(attribute(module(name), name), expected, "{name}");
    }
    assert!(matches!(module("webkit2gtk-4.0"), Some(Remedy::None { .. })));
    assert_eq!(module("no-such-module"), None);
}

#[test]
fn linker_names_with_and_without_their_option() {
    for (name, expected) in [
        ("pq", "libpq"),
        ("ssl", "openssl"),
        ("lzma", "xz"),
        ("lz4", "lz4"),
        ("ldap", "openldap"),
        ("lber", "openldap"),
        ("z", "zlib"),
        ("gfortran", "gfortran.cc.lib"),
        ("blas", "blas"),
        ("boost_filesystem", "boost"),
        ("X11", "libx11"),
        ("mysqlclient", "mariadb-connector-c"),
    ] {
        assert_eq!(attribute(linked(name), name), expected, "{name}");
        assert_eq!(linked(&format!("-l{name}")), linked(name), "{name}");
    }
    assert!(matches!(linked("-lldap_r"), Some(Remedy::None { .. })));
    for name in ["", "-l", "-L", "nosuch", "lssl"] {
        assert_eq!(linked(name), None, "{name}");
    }
}

/// `libnghttp2` is one output of `nghttp2`, and a shell looks for headers in no other.
#[test]
fn an_output_alone_stands_for_no_header_and_no_module() {
    for remedy in [header("nghttp2/nghttp2.h"), module("libnghttp2"), linked("nghttp2")] {
        assert_eq!(attribute(remedy, "nghttp2"), "nghttp2");
    }
    for table in [&tables().headers, &tables().modules] {
        for fact in table.facts() {
            if let Fact::Attribute(Attribute { attribute, .. }) = fact {
                let output =
                    attribute.rsplit('.').next().is_some_and(|last| ["lib", "bin", "out"].contains(&last));
                assert!(!output && attribute != "libnghttp2", "{attribute}");
            }
        }
    }
}

#[test]
fn what_a_python_needs_of_boost_is_said() {
    let Some(Remedy::Attribute { note: Some(note), .. }) = linked("boost_python313") else { panic!("boost") };
    assert!(note.contains("enablePython"), "{note}");
}

#[test]
fn tools() {
    for (name, expected) in [
        ("pkg-config", "pkg-config"),
        ("cmake", "cmake"),
        ("pg_config", "libpq.pg_config"),
        ("mysql_config", "mariadb-connector-c"),
        ("xml2-config", "libxml2"),
        ("xslt-config", "libxslt"),
        ("gdal-config", "gdal"),
        ("geos-config", "geos"),
        ("nc-config", "netcdf"),
        ("krb5-config", "krb5"),
        ("mpicc", "openmpi"),
        ("gfortran", "gfortran"),
        ("x86_64-linux-gnu-gcc", "gcc"),
        ("make", "gnumake"),
        ("aclocal", "automake"),
        ("git", "git"),
    ] {
        assert_eq!(attribute(tool(name), name), expected, "{name}");
    }
    assert_eq!(also(tool("rustc")), ["cargo"]);
    assert!(matches!(tool("freetype-config"), Some(Remedy::None { .. })));
    assert_eq!(tool("no-such-tool"), None);
}

#[test]
fn a_program_is_in_one_table_and_found_by_both() {
    for name in tables().tools.keys() {
        assert!(tables().programs.get(name).is_none(), "{name}");
        assert_eq!(program(name), tool(name), "{name}");
        assert!(program(name).is_some(), "{name}");
    }
    for name in tables().programs.keys() {
        assert_eq!(program(name), tool(name), "{name}");
    }
}

#[test]
fn a_key_is_of_its_kind() {
    for name in tables().headers.keys() {
        let plain = !name.contains([' ', '\\', '<', '"']) && !name.starts_with(['/', '.', '*']);
        assert!(plain && !name.contains("//"), "{name}");
        assert!(name.matches('*').count() == usize::from(name.ends_with("/*")), "{name}");
    }
    for name in tables().modules.keys() {
        assert!(!name.contains(['/', ' ']) && !name.ends_with(".pc"), "{name}");
    }
    for name in tables().linked.keys() {
        let rest = name.strip_prefix("-l").unwrap_or_else(|| panic!("{name}"));
        assert!(!rest.is_empty() && !rest.contains(['/', ' ']) && !is_soname(rest), "{name}");
    }
}

#[test]
fn a_key_with_a_star_fits_its_example_and_decides_it() {
    for (text, table) in with_patterns() {
        let rows: toml::Table = toml::from_str(text).unwrap();
        for (key, row) in rows {
            let example = row.get("example").map(|example| example.as_str().unwrap());
            assert_eq!(example.is_some(), key.contains('*'), "{key}");
            if let Some(example) = example {
                assert!(fits(&key, example), "{key}: {example}");
                let of_its_own = table.get(example).is_some();
                assert!(of_its_own || table.fitting(example) == table.get(&key), "{key}: {example}");
            }
        }
    }
}

#[test]
fn no_key_fits_two_patterns_equally() {
    for (_, table) in with_patterns() {
        for name in table.keys() {
            let fitting = table.keys().filter(|key| key.contains('*') && fits(key, name));
            let mut lengths: Vec<usize> = fitting.map(str::len).collect();
            lengths.sort_unstable();
            assert!(lengths.is_sorted_by(|a, b| a < b), "{name}");
        }
    }
}

#[test]
fn what_is_needed_beside_is_an_attribute_and_another_one() {
    for table in with_patterns().map(|(_, table)| table).into_iter().chain([&tables().tools]) {
        for fact in table.facts() {
            if let Fact::Attribute(Attribute { attribute, also, .. }) = fact {
                assert!(also.iter().all(|other| is_attribute(other) && *other != attribute), "{attribute}");
            }
        }
    }
}

/// `since` is about the names before it, so neither is there without the other.
#[test]
fn older_names_say_up_to_when() {
    for (text, _) in with_patterns() {
        for (key, row) in toml::from_str::<toml::Table>(text).unwrap() {
            assert_eq!(row.get("older").is_some(), row.get("since").is_some(), "{key}");
            let Some(since) = row.get("since") else { continue };
            let (year, month) = since.as_str().unwrap().split_once('.').unwrap();
            assert!([year, month].iter().all(|part| part.len() == 2 && part.parse::<u8>().is_ok()), "{key}");
        }
    }
}

#[test]
fn a_library_has_one_set_of_names_in_all_tables() {
    for table in with_patterns().map(|(_, table)| table) {
        for fact in table.facts() {
            let Fact::Attribute(Attribute { attribute, older, .. }) = fact else { continue };
            if let Some(library) = attributes::known(attribute) {
                assert_eq!(library.attribute, attribute, "an older name");
                let renamed = attribute != "libpq" && !older.is_empty();
                assert!(!renamed || library.older == older, "{attribute}: {older:?}");
            }
        }
    }
}

#[test]
fn hostile_names_are_looked_up() {
    let long = "x/".repeat(50_000);
    for name in [long.as_str(), "\n", "\"", "../../etc/passwd", "\u{1b}[31m", "ä/ö.h", "*/*", "openssl/*"] {
        let found = [header(name), module(name), linked(name), tool(name), program(name)];
        assert!(found.iter().all(Option::is_none) || name == "openssl/*", "{name}");
    }
}

#[test]
fn what_a_package_needs_to_be_built() {
    for (name, expected) in [
        ("psycopg2", &["libpq.pg_config"][..]),
        ("cryptography", &["openssl", "pkg-config", "rustc", "cargo"]),
        ("numpy", &["gfortran", "openblasCompat", "pkg-config", "ninja"]),
        ("Python_LDAP", &[]),
    ] {
        assert_eq!(package(name).unwrap().build, expected, "{name}");
    }
    assert_eq!(package("pydub").unwrap().programs, ["ffmpeg", "ffprobe"]);
}

#[test]
fn a_build_needs_attributes_of_the_tables_each_once() {
    for name in tables().packages.keys() {
        let note = package(name).unwrap();
        let wanted: Vec<_> = note.libraries.iter().chain(&note.build).collect();
        for (at, attribute) in wanted.iter().enumerate() {
            assert!(attributes::is_named(attribute), "{name}: {attribute}");
            assert!(!wanted[..at].contains(attribute), "{name}: {attribute} twice");
        }
    }
}

#[test]
fn a_package_calls_programs_of_the_tables_each_once() {
    for name in tables().packages.keys() {
        let called = package(name).unwrap().programs;
        for (at, other) in called.iter().enumerate() {
            assert!(program(other).is_some(), "{name}: {other}");
            assert!(!called[..at].contains(other), "{name}: {other} twice");
        }
    }
}
