//! The NixOS-like laboratory of `tests/lab`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::{Ended, cannot_run};

/// A laboratory that is ready.
pub struct Lab {
    folder: PathBuf,
    program: PathBuf,
}

impl Lab {
    /// The laboratory, built when first asked for; `None`, having said so, where it cannot be.
    pub fn get() -> Option<&'static Self> {
        static LAB: OnceLock<Result<Lab, String>> = OnceLock::new();
        match LAB.get_or_init(Self::build) {
            Ok(lab) => Some(lab),
            Err(why) => {
                cannot_run(why);
                None
            }
        }
    }

    /// The same, with the package set of a release of nixpkgs/releases.nix.
    pub fn with_release(release: &str) -> Option<&'static Self> {
        let lab = Self::get()?;
        match build_store(&lab.folder, release) {
            Ok(()) => Some(lab),
            Err(why) => {
                cannot_run(&why);
                None
            }
        }
    }

    /// To be held by whoever looks at garbage collector roots: Nix forgets those whose links it does
    /// not see, and a run sees its own project alone.
    pub fn roots(&self) -> MutexGuard<'static, ()> {
        static ROOTS: Mutex<()> = Mutex::new(());
        ROOTS.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn build() -> Result<Self, String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = root.join("tests/lab/bin");
        build_store(&folder, "bookworm")?;
        Ok(Self { folder, program: static_program(root)? })
    }

    /// The program under test, linked statically: it starts where there is no /lib64.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Runs a command in the NixOS-like root, in `project`.
    pub fn run(&self, project: &Path, command: &[&str]) -> Ended {
        self.run_with(project, &[], command)
    }

    /// The same, with options of nixos-run.
    pub fn run_with(&self, project: &Path, options: &[&str], command: &[&str]) -> Ended {
        let mut run = self.command(project, options, command);
        run.stdin(std::process::Stdio::null()).output().unwrap().into()
    }

    /// What does so, not yet run.
    pub fn command(&self, project: &Path, options: &[&str], command: &[&str]) -> Command {
        let mut run = Command::new(self.folder.join("nixos-run"));
        run.arg("-p").arg(project).arg("-r").arg(&self.program).args(options).arg("--").args(command);
        run
    }

    /// Runs the program under test there.
    pub fn venvfix(&self, project: &Path, arguments: &[&str]) -> Ended {
        let program = self.program.to_str().unwrap();
        self.run(project, &[&[program], arguments].concat())
    }

    /// Runs a shell command in the project's nix-shell.
    pub fn nix_shell(&self, project: &Path, script: &str) -> Ended {
        self.run(project, &["nix-shell", "--run", script])
    }
}

/// Does nothing where it is up to date.
fn build_store(folder: &Path, release: &str) -> Result<(), String> {
    let built = Command::new(folder.join("lab-build"))
        .args(["--release", release])
        .output()
        .map_err(|error| error.to_string())?;
    if !built.status.success() {
        return Err(format!("the laboratory: {}", String::from_utf8_lossy(&built.stderr)));
    }
    Ok(())
}

fn static_program(root: &Path) -> Result<PathBuf, String> {
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let folder = root.join("target/lab");
    let built = Command::new(env!("CARGO"))
        .current_dir(root)
        .args(["build", "--quiet", "--target", &target, "--target-dir"])
        .arg(&folder)
        .env("RUSTFLAGS", "-C target-feature=+crt-static")
        .output()
        .map_err(|error| error.to_string())?;
    if !built.status.success() {
        return Err(format!("could not link statically: {}", String::from_utf8_lossy(&built.stderr)));
    }
    Ok(folder.join(target).join("debug/venvfix"))
}
