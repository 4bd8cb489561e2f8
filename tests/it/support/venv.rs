//! Venvs on the machine itself, laid out without pip: fast, and no network.

use std::path::{Path, PathBuf};

use super::object::Object;
use super::{Folder, command, venvfix};

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

    /// Installs a distribution of these objects and files, by their paths in site-packages.
    pub fn package(&self, name: &str, objects: &[Object], files: &[(&str, &str)]) {
        let site = self.site_packages().strip_prefix(self.path()).unwrap().to_str().unwrap().to_owned();
        for object in objects {
            let path = format!("{site}/{}", object.path);
            object.at(path).write(&self.folder);
        }
        for (path, text) in files {
            self.folder.write(&format!("{site}/{path}"), text);
        }
        let info = format!("{name}-1.0.dist-info");
        let paths = objects.iter().map(|object| object.path.as_str()).chain(files.iter().map(|file| file.0));
        let record: String = paths.map(|path| format!("{path},,\n")).collect();
        let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n");
        self.folder.write(&format!("{site}/{info}/METADATA"), metadata);
        let own = ["METADATA", "RECORD"].map(|file| format!("{info}/{file},,\n")).concat();
        self.folder.write(&format!("{site}/{info}/RECORD"), record + &own);
    }

    /// What doctor says, for programs.
    pub fn doctor(&self, options: &[&str]) -> serde_json::Value {
        venvfix(self.path(), [&["doctor", "--format", "json"], options].concat()).json()
    }

    /// Code, severity, reach, distribution and number of objects of each finding, in words.
    pub fn findings(&self, options: &[&str]) -> Vec<String> {
        let report = self.doctor(options);
        let word = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
        let line = |finding: &serde_json::Value| {
            let concerned = finding["distributions"].as_array().unwrap().iter().map(|affected| {
                format!(" {}:{}", word(&affected["name"]), affected["objects"].as_array().unwrap().len())
            });
            let head = ["code", "severity", "reach", "soname"].map(|key| word(&finding[key])).join(" ");
            head + &concerned.collect::<String>()
        };
        report["findings"].as_array().unwrap().iter().map(line).collect()
    }

    /// X and Y of its Python without a dot.
    pub fn python_tag(&self) -> String {
        let site = self.site_packages();
        site.parent().unwrap().file_name().unwrap().to_str().unwrap()["python".len()..].replace('.', "")
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
