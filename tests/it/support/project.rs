//! Projects on the machine itself, with made wheels from a local folder: no network, no Nix.

use std::path::{Path, PathBuf};

use super::{Ended, Folder, VENVFIX, command, wheel};

/// A project whose requirements come from a folder of made wheels.
pub struct Project {
    pub folder: Folder,
    pub wheels: Folder,
}

impl Project {
    pub fn new(requirements: &str) -> Self {
        let (folder, wheels) = (Folder::new(), Folder::new());
        wheel::make(wheels.path(), "alpha", &["--needs", "libnobodyknows.so.7"]);
        wheel::make(wheels.path(), "beta", &[]);
        folder.write("requirements.txt", requirements);
        Self { folder, wheels }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// pip splits the variable at blanks, and the folder has some.
    pub fn wheels_url(&self) -> String {
        format!("file://{}", self.wheels.path().to_str().unwrap().replace(' ', "%20"))
    }

    /// Where pip installs.
    pub fn site_packages(&self) -> PathBuf {
        let lib = self.folder.join(".venv/lib");
        std::fs::read_dir(lib).unwrap().next().unwrap().unwrap().path().join("site-packages")
    }

    /// Expects these modules to be importable in the venv.
    #[track_caller]
    pub fn imports(&self, modules: &str) {
        self.run(&[".venv/bin/python", "-c", &format!("import {modules}")]).exits(0);
    }

    pub fn enter(&self) -> Ended {
        self.run(&[VENVFIX, "enter"])
    }

    /// Runs a command as in a shell of this project, with pip kept from any index.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        self.command(arguments).output().unwrap().into()
    }

    pub fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut run = command(arguments[0], self.path());
        run.args(&arguments[1..]).env("VENVFIX_PROJECT", self.path()).env("SOURCE_DATE_EPOCH", "315532800");
        run.env("PIP_NO_INDEX", "1").env("PIP_FIND_LINKS", self.wheels_url()).env_remove("PIP_INDEX_URL");
        run
    }
}
