//! Made wheels.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Makes a wheel in `folder` with the laboratory's fake-wheel, which needs gcc and python3 alone.
pub fn make(folder: &Path, name: &str, options: &[&str]) -> PathBuf {
    let tool = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/bin/fake-wheel");
    let output = Command::new(tool).arg(folder).arg(name).args(options).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

/// Makes a wheel of these files, by their paths in it, with their modes and a RECORD as tools write it.
pub fn make_of(folder: &Path, name: &str, version: &str, files: &[(&str, &Path)]) -> PathBuf {
    let script = r##"
import base64, hashlib, os, pathlib, sys, zipfile
folder, name, version, *pairs = sys.argv[1:]
info = f"{name}-{version}.dist-info"
wheel = pathlib.Path(folder, f"{name}-{version}-py3-none-manylinux2014_x86_64.whl")
files = {path: (pathlib.Path(file).read_bytes(), os.stat(file).st_mode) for path, file in zip(pairs[::2], pairs[1::2])}
files[f"{info}/METADATA"] = (f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(), 0o100644)
files[f"{info}/WHEEL"] = (b"Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: false\nTag: py3-none-manylinux2014_x86_64\n", 0o100644)
digest = lambda data: base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
rows = [f"{path},sha256={digest(data)},{len(data)}\n" for path, (data, _) in files.items()]
files[f"{info}/RECORD"] = ("".join(rows + [f"{info}/RECORD,,\n"]).encode(), 0o100644)
with zipfile.ZipFile(wheel, "w") as out:
    for path, (data, mode) in files.items():
        entry = zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0))
        entry.external_attr = mode << 16
        out.writestr(entry, data)
print(wheel)
"##;
    std::fs::create_dir_all(folder).unwrap();
    let pairs = files.iter().flat_map(|(path, file)| [path.as_ref(), file.as_os_str()]);
    let mut run = Command::new("python3");
    let output = run.args(["-c", script]).arg(folder).args([name, version]).args(pairs).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

/// Makes a wheel of pure Python with 300 modules, and scripts that its installer writes: time enough
/// to be killed in. Another version has other modules.
pub fn make_large(folder: &Path, name: &str, version: &str) {
    let script = r##"
import pathlib, sys, zipfile
folder, name, version = sys.argv[1:]
stem = f"{name}-{version}"
files = {f"{name}/m{version.replace('.', '_')}_{i}.py": f"X = {i}\n" * 50 for i in range(300)}
files[f"{name}/__init__.py"] = f"__version__ = {version!r}\n"
files[f"{stem}.data/scripts/{name}-raw"] = "#!python\nprint(1)\n"
files[f"{stem}.dist-info/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
files[f"{stem}.dist-info/WHEEL"] = "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
files[f"{stem}.dist-info/entry_points.txt"] = "[console_scripts]\n" + "".join(
    f"{name}-{i} = {name}:X\n" for i in range(20))
record = f"{stem}.dist-info/RECORD"
files[record] = "".join(f"{file},,\n" for file in [*files, record])
with zipfile.ZipFile(pathlib.Path(folder, f"{stem}-py3-none-any.whl"), "w") as wheel:
    for file, text in files.items():
        wheel.writestr(file, text)
"##;
    std::fs::create_dir_all(folder).unwrap();
    let mut run = Command::new("python3");
    let output = run.args(["-c", script]).arg(folder).args([name, version]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
