//! Venvs on the machine itself, laid out without pip: fast, and no network.

use std::path::{Path, PathBuf};

use super::{Folder, command};

/// A project with a venv of the machine's python3 in `.venv`, without pip.
pub struct Venv {
    pub folder: Folder,
}

impl Venv {
    pub fn new() -> Self {
        let folder = Folder::new();
        let made = command("python3", folder.path())
            .args(["-m", "venv", "--without-pip", ".venv"])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Self { folder }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn site_packages(&self) -> PathBuf {
        let lib = self.folder.join(".venv/lib");
        let python = std::fs::read_dir(lib).unwrap().next().unwrap().unwrap().path();
        python.join("site-packages")
    }

    /// Installs a wheel as pip would, as far as doctor is concerned.
    pub fn install(&self, wheel: &Path) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("hooks/unpack_wheels.py");
        let ran = command("python3", self.path())
            .arg(script)
            .arg(wheel.parent().unwrap())
            .arg(self.site_packages())
            .output()
            .unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    }
}
