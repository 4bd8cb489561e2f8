//! Symbol versions: which an object wants of its libraries, and which a library defines (the
//! "Symbol Versioning" chapter of the Linux Standard Base).

use std::borrow::Cow;
use std::cell::Cell;

use super::read::{Dynamic, Image, Strings, Unreadable, VERSIONS_WINDOW};

/// Records of one table: a library defines some hundred versions at the most.
const MOST: usize = 4096;

/// VER_FLG_WEAK: the loader only warns where such a version is absent.
const WEAK: u16 = 2;

/// A symbol version wanted of a library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionNeed {
    /// The library, by its needed name.
    pub library: String,
    /// `GLIBC_2.34`.
    pub version: String,
    /// Whether the object loads without it too.
    pub weak: bool,
}

/// Follows a chain of records: each gives its value and the distance to the next, 0 at the end.
fn chain<T>(
    mut at: u64,
    most: u64,
    mut read: impl FnMut(u64) -> Result<(T, u32), Unreadable>,
) -> Result<Vec<T>, Unreadable> {
    let mut found = Vec::new();
    for _ in 0..most {
        let (value, next) = read(at)?;
        found.push(value);
        match next {
            0 => break,
            next => at = at.saturating_add(u64::from(next)),
        }
    }
    Ok(found)
}

/// The records of one table, most of them read at once.
struct Table<'a> {
    image: &'a Image,
    start: u64,
    window: Cow<'a, [u8]>,
    /// How many records may still be read: chains may share theirs.
    left: Cell<usize>,
}

impl<'a> Table<'a> {
    /// The table at this address, if there is one.
    fn at(image: &'a Image, address: Option<u64>) -> Result<Option<Self>, Unreadable> {
        let Some(start) = address.and_then(|address| image.offset(address)) else { return Ok(None) };
        let window = image.bytes(start, VERSIONS_WINDOW.min(image.size().saturating_sub(start)))?;
        Ok(Some(Self { image, start, window, left: Cell::new(MOST) }))
    }

    fn record<const SIZE: usize>(&self, at: u64) -> Result<[u8; SIZE], Unreadable> {
        let left = self.left.get().checked_sub(1);
        self.left.set(left.ok_or(Unreadable::Malformed("an absurd number of versions"))?);
        let skip = at.checked_sub(self.start).and_then(|skip| usize::try_from(skip).ok());
        let in_window = skip.and_then(|skip| self.window.get(skip..skip.checked_add(SIZE)?));
        let read;
        let bytes = match in_window {
            Some(bytes) => bytes,
            None => {
                read = self.image.bytes(at, SIZE as u64)?;
                &read
            }
        };
        bytes.try_into().map_err(|_| Unreadable::Malformed("truncated"))
    }
}

/// A string by its place in the table of strings.
fn text(strings: &Strings<'_>, at: u32) -> Result<String, Unreadable> {
    strings.get(at.into()).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

impl Image {
    /// DT_VERNEED. The libraries' names are among the needed ones, read before: those of the versions
    /// lie apart, behind the names of all symbols.
    pub(super) fn version_needs(
        &self,
        dynamic: &Dynamic,
        needed: &Strings<'_>,
    ) -> Result<Vec<VersionNeed>, Unreadable> {
        let Some(table) = Table::at(self, dynamic.version_needs)? else { return Ok(Vec::new()) };
        // Pairs of library and version, by the places of their names.
        let groups = chain(table.start, dynamic.version_needs_count, |at| {
            let group = table.record::<16>(at)?;
            let first = at.saturating_add(self.word(&group, 8).into());
            let versions = chain(first, self.half(&group, 2).into(), |at| {
                let record = table.record::<16>(at)?;
                let weak = self.half(&record, 4) & WEAK != 0;
                Ok(((self.word(&group, 4), self.word(&record, 8), weak), self.word(&record, 12)))
            })?;
            Ok((versions, self.word(&group, 12)))
        })?;
        let needs: Vec<(u32, u32, bool)> = groups.into_iter().flatten().collect();
        let strings = Strings::fetch(self, dynamic, needs.iter().map(|&(_, version, _)| version.into()))?;
        let need = |&(library, version, weak): &(u32, u32, bool)| {
            Ok(VersionNeed { library: text(needed, library)?, version: text(&strings, version)?, weak })
        };
        needs.iter().map(need).collect()
    }

    /// DT_VERDEF: the first name of each definition.
    pub(super) fn version_definitions(&self, dynamic: &Dynamic) -> Result<Vec<String>, Unreadable> {
        let Some(table) = Table::at(self, dynamic.version_definitions)? else { return Ok(Vec::new()) };
        let places = chain(table.start, dynamic.version_definitions_count, |at| {
            let record = table.record::<20>(at)?;
            let name = table.record::<8>(at.saturating_add(self.word(&record, 12).into()))?;
            Ok((self.word(&name, 0), self.word(&record, 16)))
        })?;
        let strings = Strings::fetch(self, dynamic, places.iter().map(|&at| at.into()))?;
        places.iter().map(|&at| text(&strings, at)).collect()
    }
}
