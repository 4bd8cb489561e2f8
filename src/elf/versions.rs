//! Symbol versions: which an object wants of its libraries, and which a library defines (the
//! "Symbol Versioning" chapter of the Linux Standard Base).

use super::read::{Image, Unreadable};

/// A library defines some hundred versions at the most.
const MOST: usize = 4096;

/// A symbol version wanted of a library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionNeed {
    /// The library, by its needed name.
    pub library: String,
    /// `GLIBC_2.34`.
    pub version: String,
}

/// Follows a chain of records: each gives its value and the distance to the next, 0 at the end.
fn chain<T>(
    mut at: u64,
    most: u64,
    mut read: impl FnMut(u64) -> Result<(T, u32), Unreadable>,
) -> Result<Vec<T>, Unreadable> {
    let mut found = Vec::new();
    for _ in 0..most.min(MOST as u64) {
        let (value, next) = read(at)?;
        found.push(value);
        match next {
            0 => break,
            next => at = at.saturating_add(u64::from(next)),
        }
    }
    Ok(found)
}

impl Image {
    /// DT_VERNEED.
    pub(super) fn version_needs(&self) -> Result<Vec<VersionNeed>, Unreadable> {
        let Some(dynamic) = self.dynamic()? else { return Ok(Vec::new()) };
        let Some(start) = dynamic.version_needs.and_then(|address| self.offset(address)) else {
            return Ok(Vec::new());
        };
        let groups = chain(start, dynamic.version_needs_count, |at| {
            let record = self.record::<16>(at)?;
            let library = self.string(&dynamic, self.word(&record, 4))?;
            let names =
                chain(at.saturating_add(self.word(&record, 8).into()), self.half(&record, 2).into(), |at| {
                    let record = self.record::<16>(at)?;
                    Ok((self.string(&dynamic, self.word(&record, 8))?, self.word(&record, 12)))
                })?;
            Ok(((library, names), self.word(&record, 12)))
        })?;
        let pairs = groups.into_iter().flat_map(|(library, names)| {
            names.into_iter().map(move |version| VersionNeed { library: library.clone(), version })
        });
        Ok(pairs.collect())
    }

    /// DT_VERDEF: the first name of each definition.
    pub(super) fn version_definitions(&self) -> Result<Vec<String>, Unreadable> {
        let Some(dynamic) = self.dynamic()? else { return Ok(Vec::new()) };
        let Some(start) = dynamic.version_definitions.and_then(|address| self.offset(address)) else {
            return Ok(Vec::new());
        };
        chain(start, dynamic.version_definitions_count, |at| {
            let record = self.record::<20>(at)?;
            let name = self.record::<8>(at.saturating_add(self.word(&record, 12).into()))?;
            Ok((self.string(&dynamic, self.word(&name, 0))?, self.word(&record, 16)))
        })
    }

    fn record<const SIZE: usize>(&self, at: u64) -> Result<[u8; SIZE], Unreadable> {
        let bytes = self.bytes(at, SIZE as u64)?;
        bytes.try_into().map_err(|_| Unreadable::Malformed("truncated"))
    }
}
