//! Real wheels, one row each: their import fails with the loader's message where nothing is provided,
//! and works in the shell, outside it with an empty environment, and in a subprocess there.

use std::path::Path;

use super::support::Folder;
use super::support::lab::Lab;

/// One wheel.
struct Row {
    /// What is installed.
    requirements: &'static str,
    /// The attributes that the shell has beside python.
    libraries: &'static str,
    /// What is run.
    code: &'static str,
    /// What it says where nothing is provided.
    bare: &'static str,
    /// Variables that the package itself sets on import.
    sets: &'static [&'static str],
}

const PLAIN: Row =
    Row { requirements: "", libraries: "", code: "", bare: "cannot open shared object file", sets: &[] };

const SHELL: &str = "{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  packages = [ pkgs.python3 ];
  buildInputs = with pkgs; [ LIBRARIES ];
  VENVFIX_PROJECT = toString ./.;
  shellHook = ''eval \"$(PROGRAM hook bash)\"; venvfix-enter'';
}
";

/// What QtWidgets wants; in nixpkgs `krb5` has the library that QtNetwork wants.
const QT: &str =
    "libGL glib dbus fontconfig freetype libxkbcommon brotli zstd libx11 krb5 libpulseaudio pcsclite";
/// What Qt's xcb platform opens beyond that.
const XCB: &str = "libxcb libxcb-cursor libxcb-wm libxcb-image libxcb-keysyms libxcb-render-util libxcb-util";

fn project(lab: &Lab, row: &Row) -> Folder {
    let folder = Folder::new();
    let program = lab.program().to_str().unwrap();
    folder.write("shell.nix", SHELL.replace("LIBRARIES", row.libraries).replace("PROGRAM", program));
    folder.write("requirements.txt", format!("{}\n", row.requirements.replace(' ', "\n")));
    folder.write("code.py", row.code);
    folder
}

fn check(row: &Row) {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, row);
    let path = folder.path();
    lab.nix_shell(path, "python code.py").exits(0).silent_about(&["missing", "could not"]);
    let outside = |arguments: &[&str]| {
        lab.run(path, &[&["env", "-i", "HOME=/tmp", ".venv/bin/python"], arguments].concat())
    };

    // Without the provider: no site, the same packages.
    let bare = "import glob, runpy, sys; sys.path += glob.glob('.venv/lib/*/site-packages'); runpy.run_path('code.py')";
    let ended = outside(&["-S", "-c", bare]);
    assert_ne!(ended.code, Some(0), "works bare");
    ended.says(&[row.bare]);

    outside(&["code.py"]).exits(0);
    outside(&["-c", "import subprocess, sys; subprocess.run([sys.executable, 'code.py'], check=True)"])
        .exits(0);
    nothing_leaks(lab, path, row);
}

/// A child of Python sees what it would have seen.
fn nothing_leaks(lab: &Lab, path: &Path, row: &Row) {
    let script = "import runpy, subprocess; seen = lambda: set(subprocess.run(['env'], capture_output=True, text=True).stdout.splitlines()); \
                  before = seen(); runpy.run_path('code.py'); print(*sorted(line.split('=')[0] for line in before ^ seen()))";
    let path_variable = "PATH=/run/current-system/sw/bin";
    let ended = lab.run(path, &["env", "-i", path_variable, ".venv/bin/python", "-c", script]).exits(0);
    let names = ended.stdout.lines().last().unwrap_or_default().split_whitespace();
    let foreign: Vec<&str> = names.filter(|name| !row.sets.contains(name)).collect();
    assert!(foreign.is_empty(), "{foreign:?}");
}

/// A row that is large: it runs with `tests/run --all`.
fn check_heavy(row: &Row) {
    if std::env::var_os("VENVFIX_ALL").is_some() {
        check(row);
    }
}

#[test]
fn numpy() {
    check(&Row { requirements: "numpy", code: "import numpy.linalg", bare: "libstdc++.so.6", ..PLAIN });
}

#[test]
fn psycopg2() {
    check(&Row { requirements: "psycopg2-binary", code: "import psycopg2", bare: "libz.so.1", ..PLAIN });
}

#[test]
fn pyzmq() {
    check(&Row { requirements: "pyzmq", code: "import zmq; zmq.Context().term()", ..PLAIN });
}

#[test]
fn shapely() {
    check(&Row { requirements: "shapely", code: "import shapely; shapely.Point(0, 0).buffer(1)", ..PLAIN });
}

#[test]
fn pillow() {
    check(&Row { requirements: "pillow", code: "from PIL import Image, ImageFont, _avif", ..PLAIN });
}

#[test]
fn grpcio() {
    check(&Row { requirements: "grpcio", code: "import grpc", ..PLAIN });
}

#[test]
fn h5py() {
    check(&Row { requirements: "h5py", code: "import h5py", ..PLAIN });
}

#[test]
fn python_magic() {
    let code = "import magic; magic.Magic";
    check(&Row {
        requirements: "python-magic",
        libraries: "file",
        code,
        bare: "failed to find libmagic",
        ..PLAIN
    });
}

/// PortAudio asks ALSA at once, which wants a configuration where there is no sound card; its path may
/// hold no blank.
#[test]
fn sounddevice() {
    let code = "import os\nopen('asound.conf', 'w').write('pcm.null { type null }\\npcm.!default { type null }\\nctl.!default { type null }\\n')\n\
                os.environ['ALSA_CONFIG_PATH'] = 'asound.conf'\nimport sounddevice";
    let sets = &["ALSA_CONFIG_PATH"];
    check(&Row {
        requirements: "sounddevice",
        libraries: "portaudio",
        code,
        bare: "PortAudio library not found",
        sets,
    });
}

#[test]
fn cairocffi() {
    let code = "import cairocffi; cairocffi.ImageSurface(cairocffi.FORMAT_ARGB32, 9, 9)";
    check(&Row { requirements: "cairocffi", libraries: "cairo", code, bare: "cannot load library", ..PLAIN });
}

#[test]
fn opencv() {
    let libraries = "libGL glib libxcb";
    // cv2 sets the variable itself, for its own plugins.
    let sets = &["LD_LIBRARY_PATH", "QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"];
    check(&Row {
        requirements: "opencv-python",
        libraries,
        code: "import cv2",
        bare: "libstdc++.so.6",
        sets,
    });
}

#[test]
fn lightgbm() {
    check_heavy(&Row { requirements: "lightgbm", code: "import lightgbm", ..PLAIN });
}

#[test]
fn pandas() {
    let code = "import pandas; assert pandas.DataFrame({'a': [1, 2]})['a'].sum() == 3";
    check_heavy(&Row { requirements: "pandas", code, bare: "numpy", ..PLAIN });
}

#[test]
fn scipy_and_scikit_learn() {
    let code = "import scipy.linalg, sklearn.svm; sklearn.svm.SVC().fit([[0], [1]], [0, 1])";
    let sets = &["KMP_DUPLICATE_LIB_OK", "KMP_INIT_AT_FORK"];
    check_heavy(&Row { requirements: "scipy scikit-learn", code, bare: "numpy", sets, ..PLAIN });
}

#[test]
fn pyarrow() {
    let code = "import pyarrow, pyarrow.parquet; assert len(pyarrow.array([1, 2])) == 2";
    check_heavy(&Row { requirements: "pyarrow", code, bare: "libstdc++.so.6", ..PLAIN });
}

#[test]
fn pyqt6_draws_off_screen() {
    let code = "import os; os.environ['QT_QPA_PLATFORM'] = 'offscreen'\n\
                from PyQt6.QtWidgets import QApplication, QLabel\napp = QApplication([]); QLabel('x').show()";
    check_heavy(&Row { requirements: "PyQt6", libraries: QT, code, sets: &["QT_QPA_PLATFORM"], ..PLAIN });
}

#[test]
fn pyside6_draws_off_screen() {
    let code = "import os; os.environ['QT_QPA_PLATFORM'] = 'offscreen'\n\
                from PySide6.QtWidgets import QApplication, QLabel\napp = QApplication([]); QLabel('x').show()";
    check_heavy(&Row {
        requirements: "PySide6-Essentials",
        libraries: QT,
        code,
        sets: &["QT_QPA_PLATFORM", "PYSIDE6_OPTION_PYTHON_ENUM"],
        ..PLAIN
    });
}

/// Qt opens the platform plugin in C: its libraries are opened when the package is imported.
#[test]
fn qts_xcb_plugin_loads_up_to_the_display() {
    if std::env::var_os("VENVFIX_ALL").is_none() {
        return;
    }
    let Some(lab) = Lab::get() else { return };
    for (package, module) in [("PyQt6", "PyQt6"), ("PySide6-Essentials", "PySide6")] {
        let code: &'static str =
            format!("from {module}.QtWidgets import QApplication; QApplication([])").leak();
        let libraries: &'static str = format!("{QT} {XCB}").leak();
        let row = Row { requirements: package, libraries, code, ..PLAIN };
        let folder = project(lab, &row);
        let ended = lab.nix_shell(folder.path(), "QT_QPA_PLATFORM=xcb python code.py");
        ended.says(&["qt.qpa.xcb: could not connect to display"]);
    }
}

/// cffi calls dlopen in C, and no table knows this package: its sources tell what to open.
#[test]
fn a_library_that_sources_give_to_cffi_is_opened_for_it() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, &Row { requirements: "cffi ./own", libraries: "file", ..PLAIN });
    let own = "import cffi\nffi = cffi.FFI()\nffi.cdef('int magic_version(void);')\n\
               print(ffi.dlopen('libmagic.so.1').magic_version() > 0)\n";
    folder.write("own/own.py", own);
    let requires = "[build-system]\nrequires = ['setuptools']\nbuild-backend = 'setuptools.build_meta'\n";
    folder.write("own/pyproject.toml", requires);
    folder.write(
        "own/setup.py",
        "import setuptools\nsetuptools.setup(name='own', version='1', py_modules=['own'])\n",
    );
    let ended = lab
        .nix_shell(folder.path(), &format!("python -c 'import own'; {} doctor", lab.program().display()))
        .exits(0);
    assert!(ended.stdout.starts_with("True\n") && !ended.stdout.contains("libmagic"), "{}", ended.stdout);
    // Really by that.
    let without = "import _venvfix; _venvfix._OPENS.clear(); import own";
    lab.nix_shell(folder.path(), &format!("python -c '{without}'")).exits(1).says(&["cannot load library"]);
}

/// A package whose build imports numpy.
fn built(lab: &Lab) -> Folder {
    let folder = project(lab, &Row { requirements: "./built", code: "import built", ..PLAIN });
    let requires =
        "[build-system]\nrequires = ['setuptools', 'numpy']\nbuild-backend = 'setuptools.build_meta'\n";
    folder.write("built/pyproject.toml", requires);
    let setup = "import numpy.linalg, setuptools\nsetuptools.setup(name='built', version='1', py_modules=['built'])\n";
    folder.write("built/setup.py", setup);
    folder.write("built/built.py", "");
    folder
}

/// pip builds with the venv's python in an environment of its own, whose numpy wants libraries too.
#[test]
fn a_setup_script_that_imports_numpy_builds_in_pips_isolation() {
    let Some(lab) = Lab::get() else { return };
    let folder = built(lab);
    lab.nix_shell(folder.path(), "python code.py").exits(0).silent_about(&["error"]);
}

/// uv of its wheel, in a folder of its own.
fn uv() -> (Folder, std::path::PathBuf) {
    let tools = Folder::new();
    let fetched = super::support::command("python3", tools.path())
        .args(["-m", "pip", "install", "-q", "--target", "tools", "uv"])
        .status();
    assert!(fetched.unwrap().success());
    let uv = tools.join("tools/bin/uv");
    (tools, uv)
}

#[test]
fn uv_sync_keeps_the_provider_and_does_not_list_it() {
    let Some(lab) = Lab::get() else { return };
    let (tools, uv) = uv();
    let folder = project(lab, &Row { requirements: "pyzmq", code: "import zmq", ..PLAIN });
    folder.write(
        "pyproject.toml",
        "[project]\nname = 'p'\nversion = '0'\nrequires-python = '>=3.11'\ndependencies = ['pyzmq', 'six']\n",
    );
    let uv = uv.display();
    let script = format!(
        "export UV_PYTHON_DOWNLOADS=never; '{uv}' sync -q && '{uv}' pip list -q && '{uv}' pip check -q && python -c 'import zmq, six; print(1)'"
    );
    let options = ["--fhs", "-r", tools.path().to_str().unwrap()];
    let ended = lab.run_with(folder.path(), &options, &["nix-shell", "--run", &script]).exits(0);
    assert!(ended.stdout.ends_with("1\n") && !ended.stdout.contains("_venvfix"), "{}", ended.stdout);
}

/// uv builds with the base interpreter. Its wheel's program starts where there is a /lib64.
#[test]
fn a_setup_script_that_imports_numpy_builds_in_uvs_isolation() {
    let Some(lab) = Lab::get() else { return };
    let (folder, (tools, uv)) = (built(lab), uv());
    let text = folder.read("shell.nix").replace(
        "venvfix-enter",
        &format!("PATH=\"{}:$PATH\" venvfix-enter", uv.parent().unwrap().display()),
    );
    folder.write("shell.nix", text);
    let run = |command: &[&str]| {
        lab.run_with(folder.path(), &["--fhs", "-r", tools.path().to_str().unwrap()], command)
    };
    let ended = run(&["nix-shell", "--run", "python code.py; python -m pip freeze; uv pip list 2>/dev/null"])
        .exits(0);
    let ended = ended.silent_about(&["error", "pip could not"]);
    assert!(!ended.stdout.contains("_venvfix"), "{}", ended.stdout);
    // With pip's own build it would have been numpy from the venv; it is in neither.
    assert!(!ended.stdout.contains("numpy"), "{}", ended.stdout);
    folder.write("venvfix.toml", "installer = 'uv'\n");
    std::fs::remove_dir_all(folder.join(".venv")).unwrap();
    run(&["nix-shell", "--run", "python code.py"]).exits(0);
    folder.write("shell.nix", folder.read("shell.nix").replace(tools.path().to_str().unwrap(), "/nowhere"));
    std::fs::remove_dir_all(folder.join(".venv")).unwrap();
    run(&["nix-shell", "--run", "true"])
        .exits(0)
        .says(&["there is no uv on PATH", "help: add uv to the packages"]);
}
