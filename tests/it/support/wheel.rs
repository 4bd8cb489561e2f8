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
