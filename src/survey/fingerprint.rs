//! What tells a file from another, and from itself before it was changed.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

use crate::fsx::modified;

/// Device, inode, size and modification time. The time of the last change of the inode is left out: it
/// changes for all names of a file when an installer links it into one more environment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fingerprint {
    pub(super) device: u64,
    pub(super) inode: u64,
    pub(super) size: u64,
    /// In nanoseconds.
    pub(super) modified: i64,
}

impl From<&Metadata> for Fingerprint {
    fn from(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.len(),
            modified: modified(metadata),
        }
    }
}
