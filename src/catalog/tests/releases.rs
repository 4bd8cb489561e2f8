//! What the rows say of releases, and that none counts on a path that is gone.

use crate::catalog::table::{Attribute, Fact, tables};
use crate::catalog::tests::rows::facts;
use crate::catalog::{Place, Release, Remedy, for_release, libraries, libraries_in, not_yet, soname};

/// Paths that nixpkgs of mid-2026 keeps as aliases, or answers with an error: of libraries alone.
const GONE: &[&str] = &[
    "SDL_compat",
    "Xaw3d",
    "arrayfire",
    "bctoolbox",
    "blas-reference",
    "boost177",
    "botan2",
    "bzip2_1_1",
    "bzrtp",
    "clucene_core",
    "clucene_core_2",
    "cpr",
    "cudaPackages_11",
    "curlHTTP3",
    "dumb",
    "embree2",
    "enchant2",
    "fastJson",
    "flint3",
    "fltk13",
    "fltk14",
    "freeimage",
    "geos_3_9",
    "gfortran9",
    "gfortran10",
    "gfortran11",
    "gfortran12",
    "glew-egl",
    "glew110",
    "glfw-wayland",
    "goocanvas",
    "goocanvas2",
    "goocanvas3",
    "gssdp",
    "gupnp",
    "hpp-fcl",
    "icu69",
    "imagemagick6",
    "isl_0_24",
    "itpp",
    "krb5Full",
    "lesstif",
    "libFS",
    "libHX",
    "libICE",
    "libLAS",
    "libSM",
    "libX11",
    "libXScrnSaver",
    "libXau",
    "libXaw",
    "libXcomposite",
    "libXcursor",
    "libXdamage",
    "libXdmcp",
    "libXext",
    "libXfixes",
    "libXfont",
    "libXfont2",
    "libXft",
    "libXi",
    "libXinerama",
    "libXmu",
    "libXp",
    "libXpm",
    "libXpresent",
    "libXrandr",
    "libXrender",
    "libXres",
    "libXt",
    "libXtst",
    "libXv",
    "libXvMC",
    "libXxf86dga",
    "libXxf86misc",
    "libXxf86vm",
    "libast",
    "libayatana-appindicator-gtk3",
    "libbpf_1",
    "libbson",
    "libcef",
    "libchamplain",
    "libdevil",
    "libdwarf-lite",
    "libepc",
    "libevdevplus",
    "libfpx",
    "libgadu",
    "libgda",
    "libgdata",
    "libgme",
    "libgnome-keyring3",
    "libheimdal",
    "liblinphone",
    "libmp3splt",
    "libmusicbrainz5",
    "libpthreadstubs",
    "libpulseaudio-vanilla",
    "libqt5pas",
    "librest_1_0",
    "librtlsdr",
    "libsForQt515",
    "libsmartcols",
    "libsoup",
    "libsoup_2_4",
    "libtcod",
    "libtensorflow-bin",
    "libtorrent",
    "libva1",
    "libwnck3",
    "magma_2_6_2",
    "magma_2_7_2",
    "mbedtls_2",
    "minizip2",
    "mono4",
    "mono5",
    "msgpack",
    "mumps_par",
    "mysql80",
    "nettools",
    "nodePackages",
    "oathToolkit",
    "oneDNN",
    "oneDNN_2",
    "openalSoft",
    "openbabel2",
    "openbabel3",
    "opencollada",
    "opencolorio_1",
    "openexr_3",
    "openhmd",
    "openimageio2",
    "openssl_3_0",
    "ortp",
    "pcre16",
    "podofo010",
    "podofo_0_9",
    "poppler_utils",
    "proj_7",
    "protobuf3_21",
    "protobuf_24",
    "protobuf_26",
    "protobuf_28",
    "python",
    "python2",
    "python27",
    "python3Full",
    "qscintilla",
    "qscintilla-qt6",
    "qt515",
    "qt5Full",
    "quictls",
    "ruby_3_1",
    "ruby_3_2",
    "simpleBluez",
    "simpleDBus",
    "suitesparse_4_2",
    "suitesparse_4_4",
    "t1lib",
    "tbb",
    "tbb_2020",
    "tbb_2021",
    "tbb_2022",
    "tepl",
    "tinyxml2",
    "transmission",
    "udisks2",
    "unixODBC",
    "unixODBCDrivers",
    "utillinux",
    "vamp.vampSDK",
    "vc_0_7",
    "volk_2",
    "vtk_9",
    "webkitgtk",
    "webkitgtk_4_0",
    "wolfssl",
    "wxGTK31",
    "wxGTK32",
    "wxGTK33",
    "wxSVG",
    "xcb-util-cursor",
    "xcbutil",
    "xcbutilcursor",
    "xcbutilerrors",
    "xcbutilimage",
    "xcbutilkeysyms",
    "xcbutilrenderutil",
    "xcbutilwm",
    "xkeyboardconfig",
    "xorgserver",
    "xxHash",
    "yaml-cpp_0_3",
    "zeromq4",
];

/// Sets of which every attribute is gone, or has another name.
const GONE_SETS: &[&str] =
    &["xorg", "llvmPackages_16", "llvmPackages_17", "cudaPackages_11_8", "python2Packages"];

const RELEASES: [&str; 6] = ["24.05", "24.11", "25.05", "25.11", "26.05", "26.11"];

fn known_releases() -> [Release; 6] {
    RELEASES.map(|release| release.parse().unwrap())
}

#[test]
fn no_row_counts_on_a_path_that_is_gone() {
    for (key, fact) in facts() {
        let (Fact::Attribute(Attribute { attribute, .. }) | Fact::Wheel { attribute: Some(attribute), .. }) =
            fact
        else {
            continue;
        };
        let set = attribute.split('.').next().unwrap();
        assert!(!GONE.contains(&attribute) && !GONE.contains(&set), "{key}: {attribute}");
        assert!(!GONE_SETS.contains(&set), "{key}: {attribute}");
    }
}

#[test]
fn releases_are_those_that_there_are() {
    for (key, fact) in facts() {
        let (begin, first, end) = match fact {
            Fact::Attribute(Attribute { since, first, .. }) => (since, first, None),
            Fact::None { first, until, .. } => (None, first, until),
            Fact::Wheel { .. } | Fact::Driver => continue,
        };
        for at in [begin, first, end].into_iter().flatten() {
            assert!(known_releases().contains(&at), "{key}: {at}");
        }
        assert!(
            first.is_none()
                || [begin, end].into_iter().flatten().all(|other| first < Some(other) || first == end),
            "{key}"
        );
    }
}

#[test]
fn all_rows_of_an_attribute_agree_on_its_first_release() {
    let all: Vec<_> = facts().collect();
    for (key, fact) in &all {
        let Fact::Attribute(this) = fact else { continue };
        for (other_key, other) in &all {
            let Fact::Attribute(other) = other else { continue };
            let same = (this.attribute, &this.older) == (other.attribute, &other.older);
            assert!(!same || this.since == other.since, "{key} and {other_key}");
        }
    }
}

#[test]
fn a_directory_lies_below_the_output() {
    for (key, fact) in facts() {
        if let Fact::Attribute(Attribute { directory: Some(directory), .. }) = fact {
            let parts: Vec<_> = directory.split('/').collect();
            assert!(parts.len() > 1 && parts[0] == "lib", "{key}: lib is where one looks first");
            assert!(parts.iter().all(|part| !matches!(*part, "" | "." | "..")), "{key}: {directory}");
        }
    }
}

/// The lookup of what has a library today relies on the order of the fields.
#[test]
fn an_attribute_is_written_first() {
    for table in [&tables().sonames, &tables().patterns] {
        for (key, row) in table.entries() {
            if let Ok(Fact::Attribute(Attribute { attribute, .. })) = Fact::read(row) {
                assert!(table.has_attribute(attribute), "{key}: {attribute}");
            }
        }
    }
    assert!(!tables().sonames.has_attribute("xorg.libX11"));
}

fn place(name: &str, release: Option<&str>) -> Option<(&'static str, Vec<&'static str>)> {
    let release = release.map(|release| release.parse().unwrap());
    let Place { attribute, alternatives, .. } = for_release(name, release)?;
    Some((attribute, alternatives))
}

#[test]
fn the_path_that_holds_in_a_release() {
    for (name, release, expected) in [
        ("libX11.so.6", "26.05", Some("libx11")),
        ("libX11.so.6", "25.11", Some("xorg.libX11")),
        ("libodbc.so.2", "24.05", Some("unixODBC")),
        ("libpq.so.5", "24.11", Some("postgresql.lib")),
        ("libspeechd.so.2", "24.05", Some("speechd")),
        ("libtbb.so.12", "25.05", Some("tbb_2021_11")),
        ("libtbb.so.12", "25.11", Some("onetbb")),
        ("libglut.so.3", "24.05", Some("freeglut")),
        ("libMagickWand-6.Q16.so.7", "25.11", Some("imagemagick6")),
        ("libMagickWand-6.Q16.so.7", "26.05", None),
        ("libxml2.so.2", "25.11", Some("libxml2_13")),
        ("libxml2.so.2", "25.05", Some("libxml2")),
        ("libtbb.so.2", "25.05", Some("tbb")),
        ("libtbb.so.2", "25.11", None),
        ("libwebkit2gtk-4.0.so.37", "26.05", None),
        ("libboost_system.so.1.77.0", "25.11", Some("boost177")),
        ("libboost_system.so.1.77.0", "26.05", None),
        ("libwx_baseu-3.2.so.0", "25.11", Some("wxGTK32")),
        ("libz.so.1", "24.05", Some("zlib")),
        ("libcuda.so.1", "25.11", None),
        ("libnothing.so.1", "25.11", None),
    ] {
        let expected = expected.map(|attribute| (attribute, Vec::new()));
        assert_eq!(place(name, Some(release)), expected, "{name} in {release}");
    }
}

/// What each release answers for sonames that depend on it: `-` where there is none.
#[test]
fn the_attribute_of_each_release() {
    const BY_RELEASE: [(&str, [&str; 5]); 36] = [
        // soname, and in                     24.05  24.11  25.05  25.11  26.05
        ("libavcodec.so.58", ["ffmpeg_4"; 5]),
        ("libavcodec.so.59", ["ffmpeg_5", "-", "-", "-", "-"]),
        ("libavcodec.so.60", ["ffmpeg_6"; 5]),
        ("libavcodec.so.61", ["ffmpeg_7"; 5]),
        ("libavcodec.so.62", ["-", "-", "-", "ffmpeg", "ffmpeg"]),
        ("libavcodec.so.63", ["-"; 5]),
        ("libicuuc.so.69", ["icu69", "icu69", "icu69", "icu69", "-"]),
        ("libicuuc.so.74", ["icu74"; 5]),
        ("libicuuc.so.76", ["-", "icu76", "icu76", "icu76", "icu76"]),
        ("libicudata.so.78", ["-", "-", "-", "icu78", "icu78"]),
        ("libboost_system.so.1.83.0", ["boost183"; 5]),
        ("libboost_system.so.1.87.0", ["-", "-", "boost187", "boost187", "boost187"]),
        ("libxml2.so.2", ["libxml2", "libxml2", "libxml2", "libxml2_13", "libxml2_13"]),
        ("libxml2.so.16", ["-", "-", "-", "libxml2", "libxml2"]),
        ("libFLAC.so.12", ["flac", "flac", "-", "-", "-"]),
        ("libFLAC.so.14", ["-", "-", "flac", "flac", "flac"]),
        (
            "libLLVM.so.20.1",
            ["-", "-", "llvmPackages_20.libllvm", "llvmPackages_20.libllvm", "llvmPackages_20.libllvm"],
        ),
        ("libgpgme.so.11", ["gpgme", "gpgme", "gpgme", "-", "-"]),
        ("libigraph.so.3", ["igraph", "igraph", "igraph", "-", "-"]),
        ("libspatialindex.so.8", ["-", "-", "libspatialindex", "libspatialindex", "libspatialindex"]),
        ("libgbm.so.1", ["mesa", "mesa", "libgbm", "libgbm", "libgbm"]),
        ("libOSMesa.so.8", ["mesa.osmesa", "mesa.osmesa", "-", "-", "-"]),
        ("libIlmImf-2_5.so.25", ["openexr", "openexr", "openexr_2", "openexr_2", "openexr_2"]),
        ("libOpenEXR-3_4.so.33", ["-", "-", "-", "openexr", "openexr"]),
        ("libOpenEXR-3_1.so.30", ["-"; 5]),
        ("libX11.so.6", ["xorg.libX11", "xorg.libX11", "xorg.libX11", "xorg.libX11", "libx11"]),
        ("libxcb.so.1", ["xorg.libxcb", "xorg.libxcb", "xorg.libxcb", "libxcb", "libxcb"]),
        ("libodbc.so.2", ["unixODBC", "unixODBC", "unixODBC", "unixODBC", "unixodbc"]),
        ("libpq.so.5", ["postgresql.lib", "postgresql.lib", "libpq", "libpq", "libpq"]),
        ("libmysqlclient.so.21", ["mysql80", "mysql80", "mysql80", "mysql80", "-"]),
        ("libtbb.so.2", ["tbb", "tbb", "tbb", "-", "-"]),
        ("libwebkit2gtk-4.0.so.37", ["webkitgtk_4_0", "webkitgtk_4_0", "webkitgtk_4_0", "-", "-"]),
        ("libsoup-2.4.so.1", ["libsoup_2_4"; 5]),
        ("libssl.so.1.1", ["openssl_1_1"; 5]),
        ("libssl.so.4", ["-", "-", "-", "-", "openssl_4_0"]),
        ("libz.so.1", ["zlib"; 5]),
    ];
    for (soname, expected) in BY_RELEASE {
        let found = RELEASES[..5].iter().map(|release| {
            let place = place(soname, Some(release));
            let named = place.as_ref().map_or("-", |(attribute, _)| attribute);
            let refused = libraries_in(soname, release.parse().ok()).is_err();
            assert_eq!(refused, place.is_none(), "{soname} in {release}");
            named
        });
        assert_eq!(found.collect::<Vec<_>>(), expected, "{soname}");
    }
}

/// What a row says of the releases before it came, it says in words: which has it, and what to do.
#[test]
fn a_soname_that_is_not_there_yet_says_so() {
    for (soname, release, words) in [
        ("libavcodec.so.62", "25.05", "from 25.11 on, in ffmpeg"),
        ("libicuuc.so.77", "24.11", "from 25.05 on, in icu77"),
    ] {
        let reason = not_yet(soname, release.parse().ok()).unwrap();
        assert!(reason.contains(words) && reason.contains(&format!("this is {release}")), "{reason}");
        assert_eq!(not_yet(soname, None), None);
        assert_eq!(not_yet(soname, "26.05".parse().ok()), None);
    }
    assert_eq!(not_yet("libFLAC.so.12", "24.05".parse().ok()), None);
}

#[test]
fn a_release_that_is_not_known_leaves_a_choice() {
    assert_eq!(place("libX11.so.6", None), Some(("libx11", vec!["xorg.libX11"])));
    assert_eq!(place("libxml2.so.2", None), Some(("libxml2_13", vec!["libxml2"])));
    assert_eq!(place("libtbb.so.2", None), None);
}

/// What is gone had one path, and before that another.
#[test]
fn a_library_that_is_gone_may_have_had_two_paths() {
    for (name, paths) in [
        ("libwebkit2gtk-4.0.so.37", ["webkitgtk_4_0", "webkitgtk"]),
        ("libjavascriptcoregtk-4.0.so.18", ["webkitgtk_4_0", "webkitgtk"]),
        ("libsoup-2.4.so.1", ["libsoup_2_4", "libsoup"]),
    ] {
        assert_eq!(place(name, Some("24.05")), Some((paths[0], vec![paths[1]])), "{name}");
    }
}

/// `libxml2` in a file does not mean that `libxml2_13` is there.
#[test]
fn a_path_that_has_another_version_today_is_no_older_name() {
    let Some(Remedy::Attribute { older, .. }) = soname("libxml2.so.2") else { panic!("libxml2") };
    assert!(older.is_empty(), "{older:?}");
    for (name, attribute) in
        [("libxml2", "libxml2"), ("libxml2_13", "libxml2_13"), ("libxml2.so.2", "libxml2_13")]
    {
        let found = libraries(name).unwrap();
        assert_eq!((found[0].attribute.as_str(), found[0].older.len()), (attribute, 0), "{name}");
    }
}

#[test]
fn libraries_in_directories_of_their_own() {
    for (name, directory) in [
        ("libmariadb.so.3", Some("lib/mariadb")),
        ("libjvm.so", Some("lib/openjdk/lib/server")),
        ("libsofthsm2.so", Some("lib/softhsm")),
        ("libz.so.1", None),
    ] {
        assert_eq!(for_release(name, None).unwrap().directory, directory, "{name}");
    }
}
