//! Shells of the laboratory's package set with the overlay of `nix/`.

use std::path::Path;
use std::process::Command;

use super::lab::Lab;
use super::{Ended, Folder, wheel};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The package set with the overlay, its venvfix being the program under test.
pub fn package_set(lab: &Lab) -> String {
    package_set_of(lab, "")
}

/// The same, with attributes of `config`.
pub fn package_set_of(lab: &Lab, config: &str) -> String {
    format!("import <nixpkgs> {{ config = {{ {config} }}; overlays = {}; }}", overlays(lab))
}

/// The overlay, and after it one that takes the program under test: the laboratory has no Rust.
pub fn overlays(lab: &Lab) -> String {
    let program = lab.program().display();
    format!(
        "[ (import (/. + \"{ROOT}/nix/overlay.nix\")) (final: _: {{ venvfix = import (/. + \"{ROOT}/nix\") \
         {{ pkgs = final; program = \"{program}\"; }}; }}) ]"
    )
}

/// A project with a shell.nix, and a wheel called odd that needs libz.so.1 among its requirements.
pub struct Project {
    pub lab: &'static Lab,
    pub folder: Folder,
}

impl Project {
    /// `shell` is evaluated where `pkgs` is the package set with the overlay. `None` where there is no
    /// laboratory.
    pub fn new(shell: &str) -> Option<Self> {
        Self::within(Folder::new(), shell)
    }

    /// The same, in this folder.
    pub fn within(folder: Folder, shell: &str) -> Option<Self> {
        let project = Self { lab: Lab::get()?, folder };
        project.write_shell(shell);
        project.write_requirements("odd\n");
        wheel::make(&project.folder.join("wheels"), "odd", &["--needs", "libz.so.1"]);
        Some(project)
    }

    /// A project whose shell has Python, venvfixShellHook and these attributes.
    pub fn with_hook(attributes: &str) -> Option<Self> {
        Self::new(&hook_shell(attributes))
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write_shell(&self, shell: &str) {
        self.write_shell_of("", shell);
    }

    /// A shell of the package set with attributes of `config`.
    pub fn write_shell_of(&self, config: &str, shell: &str) {
        let pkgs = package_set_of(self.lab, config);
        self.folder.write("shell.nix", format!("{{ pkgs ? {pkgs} }}:\n{shell}\n"));
    }

    /// Requirements that are found among the made wheels.
    pub fn write_requirements(&self, lines: &str) {
        self.folder.write("requirements.txt", format!("--no-index\n--find-links wheels\n{lines}"));
    }

    /// Runs a command in the project's folder.
    pub fn run(&self, command: &[&str]) -> Ended {
        self.lab.run_with(self.path(), &["-r", ROOT], command)
    }

    /// A command in the project's folder, to be started.
    pub fn command(&self, command: &[&str]) -> Command {
        self.lab.command(self.path(), &["-r", ROOT], command)
    }

    /// Runs a shell command in the project's shell.
    pub fn enter(&self, script: &str) -> Ended {
        self.run(&["nix-shell", "--run", script])
    }

    /// Enters, and says which environment `python` is of.
    pub fn prefix(&self) -> String {
        self.enter(PREFIX).exits(0).stdout.trim_end().to_owned()
    }

    /// An absolute path in the project, as text.
    pub fn place(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }
}

/// Prints the environment that `python` is of.
pub const PREFIX: &str = "python -c 'import sys; print(sys.prefix)'";

/// A shell with Python, venvfixShellHook and these attributes.
pub fn hook_shell(attributes: &str) -> String {
    format!(
        "pkgs.mkShell {{\n  packages = [ pkgs.python3 pkgs.venvfixShellHook ];\n  buildInputs = [ pkgs.zlib ];\n  {attributes}\n}}"
    )
}
