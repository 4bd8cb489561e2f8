//! `/etc/ld.so.cache`, in the format that glibc 2.2 and later write (glibc's dl-cache.h).

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

const MAGIC: &[u8] = b"glibc-ld.so.cache1.1";
const HEADER: usize = 48;
const ENTRY: usize = 24;
/// A cache is a few hundred KiB; beyond this it is something else.
const MAX_SIZE: u64 = 64 << 20;

/// Names and the files the system's loader has for them.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    files: HashMap<String, Vec<PathBuf>>,
}

impl Cache {
    /// The cache at `path`; an absent or unknown one is empty, as for the loader itself.
    pub fn read(path: &Path) -> Self {
        let small = fs::metadata(path).is_ok_and(|metadata| metadata.len() <= MAX_SIZE);
        let bytes = if small { fs::read(path).unwrap_or_default() } else { Vec::new() };
        Self::parse(&bytes).unwrap_or_default()
    }

    /// Files for `name`, best first.
    pub fn find(&self, name: &str) -> &[PathBuf] {
        self.files.get(name).map_or(&[], Vec::as_slice)
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        // An old-format table may stand before it (dl-cache.h, cache_file).
        let start = bytes.windows(MAGIC.len()).position(|window| window == MAGIC)?;
        let bytes = &bytes[start..];
        let number = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize);
        let count = number(MAGIC.len())?;
        let text = |at: usize| {
            let rest = bytes.get(at..)?;
            let end = rest.iter().position(|&byte| byte == 0)?;
            std::str::from_utf8(&rest[..end]).ok()
        };
        let mut files: HashMap<String, Vec<PathBuf>> = HashMap::new();
        for index in 0..count {
            let entry = HEADER + index * ENTRY;
            let (name, file) = (text(number(entry + 4)?)?, text(number(entry + 8)?)?);
            files.entry(name.into()).or_default().push(file.into());
        }
        Some(Self { files })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_of_one_entry_is_read_and_a_broken_one_is_empty() {
        let strings = HEADER + ENTRY;
        let mut bytes = MAGIC.to_vec();
        bytes.extend(1u32.to_le_bytes());
        bytes.resize(HEADER, 0);
        bytes.extend(3u32.to_le_bytes());
        bytes.extend((strings as u32).to_le_bytes());
        bytes.extend((strings as u32 + 10).to_le_bytes());
        bytes.resize(strings, 0);
        bytes.extend(b"libz.so.1\0/lib/libz.so.1\0");
        let cache = Cache::parse(&bytes).unwrap();
        assert_eq!(cache.find("libz.so.1"), [PathBuf::from("/lib/libz.so.1")]);
        assert!(Cache::parse(&bytes[..strings + 4]).is_none());
        assert!(Cache::parse(b"junk").is_none());
    }
}
