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
