//! One program at a time changes a venv.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::Path;

use anyhow::{Context, Result};
use rustix::fs::FlockOperation;

use super::holder::{Holder, holder};

/// Held while a venv is changed. On the project folder itself, so that no file is left behind.
#[derive(Debug)]
#[allow(dead_code, reason = "closing the files lets go of the lock")]
pub struct Lock {
    folder: File,
    /// The same open file, inherited by what is started meanwhile: where this program is killed and
    /// its installer writes on, the lock is held until that ends too.
    inherited: Option<OwnedFd>,
}

impl Lock {
    /// Waits for the lock on `project`; calls `waiting` once if another shell has it, with the process
    /// that holds it where that can be seen.
    /// A file system without locks is used without.
    ///
    /// # Errors
    /// If the folder cannot be opened.
    pub fn take(project: &Path, waiting: impl FnOnce(Option<Holder>)) -> Result<Self> {
        let folder = File::open(project).with_context(|| format!("could not open {}", project.display()))?;
        let first = rustix::fs::flock(&folder, FlockOperation::NonBlockingLockExclusive);
        if first == Err(rustix::io::Errno::WOULDBLOCK) {
            waiting(holder(project));
            rustix::fs::flock(&folder, FlockOperation::LockExclusive)
                .with_context(|| format!("could not lock {}", project.display()))?;
        }
        let inherited = rustix::io::dup(&folder).ok();
        Ok(Self { folder, inherited })
    }
}
