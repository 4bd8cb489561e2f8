//! Made source trees, with a build backend of their own: no network, nothing to install.

use std::fs;
use std::path::Path;

/// Builds a wheel of one module, or one with a pointer to it.
const BACKEND: &str = r#"
import pathlib, zipfile

NAME, VERSION, TAG = "@NAME@", "@VERSION@", "py3-none-any"

def build(directory, files):
    stem = f"{NAME}-{VERSION}"
    files[f"{stem}.dist-info/METADATA"] = f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {VERSION}\n"
    files[f"{stem}.dist-info/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: {TAG}\n"
    record = f"{stem}.dist-info/RECORD"
    files[record] = "".join(f"{name},,\n" for name in [*files, record])
    with zipfile.ZipFile(pathlib.Path(directory, f"{stem}-{TAG}.whl"), "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
    return f"{stem}-{TAG}.whl"

def build_wheel(directory, settings=None, metadata=None):
    return build(directory, {f"{NAME}.py": pathlib.Path(f"{NAME}.py").read_text()})

def build_editable(directory, settings=None, metadata=None):
    return build(directory, {f"__editable__.{NAME}.pth": f"{pathlib.Path.cwd()}\n"})

def build_sdist(directory, settings=None):
    raise NotImplementedError
"#;

const PYPROJECT: &str =
    "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n";

/// Makes the source tree of a module in `folder`.
pub fn make(folder: &Path, name: &str, version: &str) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("pyproject.toml"), PYPROJECT).unwrap();
    let backend = BACKEND.replace("@NAME@", name).replace("@VERSION@", version);
    fs::write(folder.join("backend.py"), backend).unwrap();
    fs::write(folder.join(format!("{name}.py")), format!("__version__ = \"{version}\"\n")).unwrap();
}
