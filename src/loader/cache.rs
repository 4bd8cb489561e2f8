//! `/etc/ld.so.cache`, in the format that glibc 2.2 and later write (glibc's dl-cache.h), and which of
//! its entries the loader takes (`search_cache` in elf/dl-cache.c).

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};

use crate::elf::{Class, Machine};

const MAGIC: &[u8] = b"glibc-ld.so.cache1.1";
const HEADER: usize = 48;
const ENTRY: usize = 24;
/// A cache is a few hundred KiB; beyond this it is something else.
const MAX_SIZE: u64 = 64 << 20;

/// Where the header says which place the extensions have.
const EXTENSIONS: usize = 32;
const EXTENSION_MAGIC: usize = 0xeaa4_2174;
/// The section with the names of subdirectories of `glibc-hwcaps`.
const HWCAPS_TAG: usize = 1;
const MOST_SECTIONS: usize = 16;

/// `hwcap >> 32` of an entry for such a subdirectory, without the bits of its ISA level.
const HWCAP_EXTENSION: usize = 1 << 30;
const ISA_LEVEL: usize = (1 << 10) - 1;

/// Names and the file that the system's loader has for each.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    files: HashMap<String, PathBuf>,
}

/// What one entry says, as far as it counts for a loader.
struct Candidate<'a> {
    name: &'a str,
    file: &'a str,
    /// Place of its subdirectory in the loader's order; the directory itself is the last.
    rank: usize,
}

impl Cache {
    /// The cache at `path` as a loader of `machine` uses it that looks into these subdirectories of
    /// `glibc-hwcaps`. An absent or unknown one is empty, as for the loader itself.
    pub fn read(path: &Path, machine: Machine, hwcaps: &[&str]) -> Self {
        let bytes = crate::fsx::read_bytes(path, MAX_SIZE).ok().flatten().unwrap_or_default();
        Self::parse(&bytes, machine, hwcaps).unwrap_or_default()
    }

    /// The file for `name`: the loader tries no second one.
    pub fn find(&self, name: &str) -> Option<&Path> {
        self.files.get(name).map(PathBuf::as_path)
    }

    /// One of these names and files.
    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        Self { files: files.iter().map(|&(name, file)| (name.into(), file.into())).collect() }
    }

    fn parse(bytes: &[u8], machine: Machine, hwcaps: &[&str]) -> Option<Self> {
        // An old-format table may stand before it (dl-cache.h, cache_file).
        let start = bytes.windows(MAGIC.len()).position(|window| window == MAGIC)?;
        let image = Image(&bytes[start..]);
        let count = image.number(MAGIC.len())?;
        let subdirectories = image.subdirectories().unwrap_or_default();
        let mut best: HashMap<&str, (usize, &str)> = HashMap::new();
        for index in 0..count {
            let Some(found) = image.candidate(index, machine, &subdirectories, hwcaps)? else { continue };
            match best.entry(found.name) {
                Entry::Occupied(mut known) if found.rank < known.get().0 => {
                    known.insert((found.rank, found.file));
                }
                Entry::Occupied(_) => {}
                Entry::Vacant(place) => {
                    place.insert((found.rank, found.file));
                }
            }
        }
        let files = best.into_iter().map(|(name, (_, file))| (name.to_owned(), file.into())).collect();
        Some(Self { files })
    }
}

/// The bytes of a cache.
#[derive(Clone, Copy)]
struct Image<'a>(&'a [u8]);

impl<'a> Image<'a> {
    fn number(self, at: usize) -> Option<usize> {
        let bytes = self.0.get(at..at.checked_add(4)?)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)
    }

    fn text(self, at: usize) -> Option<&'a str> {
        let rest = self.0.get(at..)?;
        let end = rest.iter().position(|&byte| byte == 0)?;
        std::str::from_utf8(&rest[..end]).ok()
    }

    /// The entry of this index, `Some(None)` if it is for another loader or processor.
    fn candidate(
        self,
        index: usize,
        machine: Machine,
        subdirectories: &[&str],
        hwcaps: &[&str],
    ) -> Option<Option<Candidate<'a>>> {
        let at = index.checked_mul(ENTRY)?.checked_add(HEADER)?;
        let flags = self.number(at)?;
        let (low, high) = (self.number(at + 16)?, self.number(at + 20)?);
        let rank = match (low, high) {
            (0, 0) => Some(hwcaps.len()),
            (index, high) if high & !ISA_LEVEL == HWCAP_EXTENSION => {
                let name = subdirectories.get(index);
                name.and_then(|name| hwcaps.iter().position(|known| known == name))
            }
            // The hwcaps of glibc before 2.37.
            _ => None,
        };
        let Some(rank) = rank.filter(|_| this_abi(flags, machine)) else { return Some(None) };
        Some(Some(Candidate {
            name: self.text(self.number(at + 4)?)?,
            file: self.text(self.number(at + 8)?)?,
            rank,
        }))
    }

    /// The names that entries refer to by index.
    fn subdirectories(self) -> Option<Vec<&'a str>> {
        let start = self.number(EXTENSIONS).filter(|&start| start != 0)?;
        if self.number(start)? != EXTENSION_MAGIC {
            return None;
        }
        let sections = self.number(start.checked_add(4)?)?.min(MOST_SECTIONS);
        let section = (0..sections).map(|index| start + 8 + index * 16);
        let section = section.into_iter().find(|&at| self.number(at) == Some(HWCAPS_TAG))?;
        let (offset, size) = (self.number(section + 8)?, self.number(section + 12)?);
        let names = self.0.get(offset..offset.checked_add(size)?)?.len() / 4;
        (0..names).map(|index| self.text(self.number(offset + index * 4)?)).collect()
    }
}

/// Whether entries of these flags are for a loader of `machine` (`_DL_CACHE_DEFAULT_ID` in glibc's
/// dl-cache.h); of machines that are not listed all are, and the files themselves tell.
fn this_abi(flags: usize, machine: Machine) -> bool {
    let wanted = match (machine.number, machine.class) {
        (62, Class::Elf64) => 0x0303,
        (62, Class::Elf32) => 0x0803,
        (3, _) => 0x0003,
        (183, _) => 0x0a03,
        (21, _) => 0x0503,
        _ => return true,
    };
    flags == wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cache of these entries: flags, name, file, hwcap; with `x86-64-v3` as subdirectory 0.
    fn cache(entries: &[(u32, &str, &str, u64)]) -> Vec<u8> {
        let strings_at = HEADER + entries.len() * ENTRY;
        let (mut strings, mut table) = (b"x86-64-v3\0".to_vec(), Vec::new());
        for (flags, name, file, hwcap) in entries {
            let name_at = (strings_at + strings.len()) as u32;
            strings.extend([name.as_bytes(), b"\0", file.as_bytes(), b"\0"].concat());
            for number in [*flags, name_at, name_at + name.len() as u32 + 1, 0] {
                table.extend(number.to_le_bytes());
            }
            table.extend(hwcap.to_le_bytes());
        }
        let extensions = (strings_at + strings.len()) as u32;
        let mut bytes =
            [MAGIC, &(entries.len() as u32).to_le_bytes(), &[0; 8], &extensions.to_le_bytes()].concat();
        bytes.resize(HEADER, 0);
        bytes.extend([table, strings].concat());
        for number in [EXTENSION_MAGIC as u32, 1, 1, 0, extensions + 24, 4, strings_at as u32] {
            bytes.extend(number.to_le_bytes());
        }
        bytes
    }

    #[test]
    fn one_file_is_taken_for_a_name_and_a_broken_cache_is_empty() {
        let level = 1u64 << 62;
        let bytes = cache(&[
            (0x003, "liba.so", "/32/liba.so", 0),
            (0x303, "liba.so", "/hw/liba.so", level),
            (0x303, "liba.so", "/old/liba.so", 1 << 4),
            (0x303, "liba.so", "/lib/liba.so", 0),
            (0x303, "liba.so", "/usr/lib/liba.so", 0),
        ]);
        let find = |hwcaps: &[&str]| {
            Cache::parse(&bytes, Machine::X86_64, hwcaps).unwrap().find("liba.so").unwrap().to_owned()
        };
        assert_eq!(find(&[]), Path::new("/lib/liba.so"));
        assert_eq!(find(&["x86-64-v4", "x86-64-v3"]), Path::new("/hw/liba.so"));
        for end in 0..bytes.len() {
            let _ = Cache::parse(&bytes[..end], Machine::X86_64, &["x86-64-v3"]);
        }
        assert!(Cache::parse(&bytes[..HEADER + 30], Machine::X86_64, &[]).is_none());
        assert!(Cache::parse(b"junk", Machine::X86_64, &[]).is_none());
    }
}
