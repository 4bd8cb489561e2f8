//! What a patched program remembers of itself, at its end: how it was. The file and its way back change
//! in one step, and stay together wherever the file is copied to.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::fsx;

/// The last bytes of a patched program. Raised when what stands before them changes its meaning.
const MAGIC: &[u8; 16] = b"venvfix-program1";
/// Behind the edits: the length of all before it, and the magic.
const FOOTER: usize = 4 + MAGIC.len();
/// Of SHA-256.
pub(super) const DIGEST: usize = 32;
/// Far beyond any: a program has some dozen program headers, and three sections are changed.
const MAX: usize = 1 << 16;

/// How a program was before it was patched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its size: what stands behind was appended.
    pub size: u64,
    /// The SHA-256 of all of it.
    pub digest: [u8; DIGEST],
    /// What was changed of it: places, and the bytes that stood there.
    pub edits: Vec<(u64, Vec<u8>)>,
}

impl Mark {
    /// The mark of the program at `path`; `None` for one that has none, or no sensible one.
    pub fn of(path: &Path) -> Option<Self> {
        let file = fsx::open(path).ok()??;
        let size = file.metadata().ok()?.len();
        Self::read(&file, size).ok()?
    }

    /// The mark in a file of this size.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn read(file: &File, size: u64) -> io::Result<Option<Self>> {
        let Some(footer_at) = size.checked_sub(FOOTER as u64) else { return Ok(None) };
        let mut footer = [0; FOOTER];
        file.read_exact_at(&mut footer, footer_at)?;
        let (length, magic) = footer.split_at(4);
        if magic != MAGIC {
            return Ok(None);
        }
        let length = length.try_into().map_or(0, u32::from_le_bytes);
        let Some(start) = footer_at.checked_sub(length.into()).filter(|_| length as usize <= MAX) else {
            return Ok(None);
        };
        let mut bytes = vec![0; length as usize];
        file.read_exact_at(&mut bytes, start)?;
        Ok(Self::decode(&bytes).filter(|mark| mark.size <= start))
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (size, rest) = bytes.split_first_chunk()?;
        let (digest, mut rest) = rest.split_first_chunk()?;
        let size = u64::from_le_bytes(*size);
        let mut edits = Vec::new();
        while !rest.is_empty() {
            let (at, behind) = rest.split_first_chunk()?;
            let (length, behind) = behind.split_first_chunk()?;
            let (old, behind) = behind.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            let at = u64::from_le_bytes(*at);
            at.checked_add(old.len() as u64).filter(|&end| end <= size)?;
            edits.push((at, old.to_owned()));
            rest = behind;
        }
        Some(Self { size, digest: *digest, edits })
    }

    /// As it stands at the end of the file; `None` if that were absurdly long.
    pub fn encode(&self) -> Option<Vec<u8>> {
        let mut bytes = [self.size.to_le_bytes().as_slice(), &self.digest].concat();
        for (at, old) in &self.edits {
            bytes.extend(at.to_le_bytes());
            bytes.extend(u32::try_from(old.len()).ok()?.to_le_bytes());
            bytes.extend(old);
        }
        let length = u32::try_from(bytes.len()).ok().filter(|_| bytes.len() <= MAX)?;
        bytes.extend(length.to_le_bytes());
        bytes.extend(MAGIC);
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Option<Mark> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("program");
        std::fs::write(&path, bytes).unwrap();
        Mark::of(&path)
    }

    #[test]
    fn a_mark_is_read_back_and_nothing_else_is_one() {
        let edits = vec![(40, vec![1; 60]), (7, vec![2; 3]), (99, vec![])];
        let mark = Mark { size: 100, digest: [7; DIGEST], edits };
        let bytes = mark.encode().unwrap();
        let whole = [vec![0; 110], bytes.clone()].concat();
        assert_eq!(read(&whole), Some(mark.clone()));
        assert_eq!(read(&whole[..whole.len() - 1]), None);
        assert_eq!(read(&[vec![0; 99], bytes.clone()].concat()), None, "larger than what stands before it");
        for start in 1..bytes.len() {
            assert_eq!(read(&bytes[start..]), None);
        }
        assert_eq!(read(b""), None);
        let outside = Mark { edits: vec![(41, vec![1; 60])], ..mark.clone() };
        assert_eq!(read(&[vec![0; 110], outside.encode().unwrap()].concat()), None);
        let mut long = whole.clone();
        let at = long.len() - FOOTER;
        long[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(read(&long), None);
        let endless = Mark { edits: vec![(0, vec![0; MAX])], size: u64::MAX, ..mark };
        assert_eq!(endless.encode(), None);
    }
}
