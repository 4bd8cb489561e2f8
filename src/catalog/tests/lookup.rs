//! What has a soname, above all where the obvious answer is wrong.

use crate::catalog::{Remedy, Unknown, libraries, package, program, soname};

fn attribute(name: &str) -> &'static str {
    match soname(name) {
        Some(Remedy::Attribute { attribute, .. }) => attribute,
        other => panic!("{name}: {other:?}"),
    }
}

fn reason(name: &str) -> &'static str {
    match soname(name) {
        Some(Remedy::None { reason }) => reason,
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn manylinux_libraries() {
    for (name, expected) in [
        ("libGL.so.1", "libGL"),
        ("libICE.so.6", "libice"),
        ("libSM.so.6", "libsm"),
        ("libX11.so.6", "libx11"),
        ("libXext.so.6", "libxext"),
        ("libXrender.so.1", "libxrender"),
        ("libexpat.so.1", "expat"),
        ("libglib-2.0.so.0", "glib"),
        ("libgobject-2.0.so.0", "glib"),
        ("libgthread-2.0.so.0", "glib"),
        ("libstdc++.so.6", "stdenv.cc.cc.lib"),
        ("libz.so.1", "zlib"),
        ("libcrypt.so.1", "libxcrypt-legacy"),
        ("libncursesw.so.5", "ncurses5"),
        ("libpanelw.so.5", "ncurses5"),
    ] {
        assert_eq!(attribute(name), expected, "{name}");
    }
}

#[test]
fn qt_platform_needs() {
    for (name, expected) in [
        ("libxcb-cursor.so.0", "libxcb-cursor"),
        ("libxcb-icccm.so.4", "libxcb-wm"),
        ("libxcb-image.so.0", "libxcb-image"),
        ("libxcb-keysyms.so.1", "libxcb-keysyms"),
        ("libxcb-render-util.so.0", "libxcb-render-util"),
        ("libxcb-util.so.1", "libxcb-util"),
        ("libxcb-shm.so.0", "libxcb"),
        ("libxkbcommon-x11.so.0", "libxkbcommon"),
        ("libEGL.so.1", "libGL"),
        ("libdbus-1.so.3", "dbus"),
        ("libfontconfig.so.1", "fontconfig"),
        ("libfreetype.so.6", "freetype"),
        ("libasound.so.2", "alsa-lib"),
        ("libnss3.so", "nss"),
    ] {
        assert_eq!(attribute(name), expected, "{name}");
    }
}

#[test]
fn the_compilers_own_libraries() {
    for name in ["libgomp.so.1", "libgomp.so.1.0.0", "libatomic.so.1", "libquadmath.so.0"] {
        assert_eq!(attribute(name), "stdenv.cc.cc.lib", "{name}");
    }
    assert_eq!(attribute("libgfortran.so.5"), "gfortran.cc.lib");
    reason("libgfortran.so.4");
}

#[test]
fn the_attribute_is_of_the_wanted_version() {
    for (name, expected) in [
        ("libcrypt.so.2", "libxcrypt"),
        ("libssl.so.1.1", "openssl_1_1"),
        ("libssl.so.3", "openssl"),
        ("libssl.so.4", "openssl_4_0"),
        ("libffi.so.7", "libffi_3_3"),
        ("libxml2.so.2", "libxml2_13"),
        ("libxml2.so.16", "libxml2"),
        ("libjpeg.so.8", "libjpeg8"),
        ("libjpeg.so.62", "libjpeg"),
        ("libpng12.so.0", "libpng12"),
        ("libavcodec.so.58", "ffmpeg_4"),
        ("libavcodec.so.60", "ffmpeg_6"),
        ("libavcodec.so.61", "ffmpeg_7"),
        ("libavcodec.so.62", "ffmpeg"),
        ("libtinfo.so.5", "ncurses5"),
        ("libreadline.so.7", "readline70"),
        ("libtbb.so.12", "onetbb"),
        ("libopenblas.so.0", "openblasCompat"),
        ("libGraphicsMagick.so.3", "graphicsmagick"),
        ("libappindicator3.so.1", "libappindicator-gtk3"),
        ("libvips-cpp.so.42", "vips"),
        ("libdb-4.8.so", "db48"),
        ("libtag.so.1", "taglib_1"),
        ("libgpiod.so.2", "libgpiod_1"),
        ("libhdf5.so.103", "hdf5_1_10"),
        ("libtesseract.so.4", "tesseract4"),
        ("liblttng-ust.so.0", "lttng-ust_2_12"),
        ("libudev.so.0", "libudev0-shim"),
        ("libprotobuf.so.32", "protobuf_21"),
        ("libicuuc.so.72", "icu72"),
        ("libicudata.so.66", "icu66"),
        ("libboost_python312.so.1.83.0", "boost183"),
        ("libodbc.so.2", "unixodbc"),
        ("libceres.so.3", "ceres-solver"),
        ("libpeas-1.0.so.1", "libpeas"),
        ("libaccountsservice.so.1", "accountsservice"),
        ("libLLVM.so.21.1", "llvmPackages_21.libllvm"),
        ("libTKernel.so.7.9", "opencascade-occt"),
    ] {
        assert_eq!(attribute(name), expected, "{name}");
    }
}

#[test]
fn no_attribute_where_none_has_the_version() {
    for name in [
        "libssl.so.10",
        "libcrypto.so.1.0.0",
        "libffi.so.6",
        "libtiff.so.5",
        "libpng15.so.15",
        "libavcodec.so.59",
        "libreadline.so.6",
        "libtbb.so.2",
        "libmysqlclient.so.21",
        "libsasl2.so.2",
        "libldap_r-2.4.so.2",
        "libpcap.so.0.8",
        "libpcre.so.3",
        "libodbc.so.1",
        "libnsl.so.2",
        "libsodium.so.23",
        "libFLAC.so.8",
        "libvpx.so.9",
        "libwebp.so.6",
        "libproj.so.22",
        "libgdal.so.32",
        "libgeos.so.3.11.1",
        "libpoppler.so.126",
        "libMagickWand-6.Q16.so.7",
        "libLLVM-15.so.1",
        "libicuuc.so.65",
        "libboost_system.so.1.65.1",
        "libwebkit2gtk-4.0.so.37",
        "libcholmod.so.5",
        "libpython3.9.so.1.0",
        "libceres.so.4",
        "libpeas-1.0.so.0",
        "libaccountsservice.so.0",
        "libewf.so.2",
        "libavcodec.so.63",
        "libGraphicsMagick-Q16.so.3",
        "libgdal.so.37",
        "libta_lib.so.0",
    ] {
        assert!(reason(name).len() > 20, "{name}");
    }
}

#[test]
fn a_driver_is_no_package() {
    for name in [
        "libcuda.so.1",
        "libnvidia-ml.so.1",
        "libnvcuvid.so.1",
        "libnvidia-encode.so.1",
        "libnvidia-opticalflow.so.1",
        "libnvidia-glcore.so.570.86.10",
    ] {
        assert_eq!(soname(name), Some(Remedy::Driver), "{name}");
        assert!(matches!(libraries(name), Err(Unknown::Driver { .. })), "{name}");
    }
}

#[test]
fn what_a_sibling_wheel_brings() {
    for (name, package, beside) in [
        ("libcudart.so.13", "nvidia-cuda-runtime", Some("cudaPackages_13.cuda_cudart")),
        ("libcublas.so.12", "nvidia-cublas-cu12", Some("cudaPackages_12.libcublas")),
        ("libcudart.so.11.0", "nvidia-cuda-runtime-cu11", None),
        ("libQt6Core.so.6", "pyqt6-qt6", Some("qt6.qtbase")),
        ("libQt6QuickShapesDesignHelpers.so.6", "pyqt6-qt6", None),
        ("libshiboken6.abi3.so.6.12", "shiboken6", None),
        ("libQt63DCore.so.6", "pyqt6-3d-qt6", Some("qt6.qt3d")),
        ("libmkl_rt.so.3", "mkl", None),
        ("libTKernel.so.7.8.1", "netgen-occt", None),
    ] {
        let Some(Remedy::Wheel { packages, attribute }) = soname(name) else {
            panic!("{name}: {:?}", soname(name));
        };
        assert_eq!(packages[0], package, "{name}");
        assert_eq!(attribute, beside, "{name}");
    }
}

#[test]
fn names_of_older_releases() {
    let Some(Remedy::Attribute { attribute, older, sure, .. }) = soname("libX11.so.6") else {
        panic!("libX11");
    };
    assert_eq!((attribute, older, sure), ("libx11", vec!["xorg.libX11"], true));
}

#[test]
fn programs() {
    for (name, expected) in [("ruff", "ruff"), ("node", "nodejs"), ("ctest", "cmake"), ("uvx", "uv")] {
        let Some(Remedy::Attribute { attribute, .. }) = program(name) else { panic!("{name}") };
        assert_eq!(attribute, expected);
    }
    assert_eq!(program("no-such-program"), None);
}

#[test]
fn packages_in_any_spelling() {
    let note = package("OpenCV_Python").unwrap();
    assert_eq!(note.alternative, Some("opencv-python-headless"));
    assert!(package("no-such-package").is_none());
}
