//! Whether an object has what `import` calls: a look at the names of its symbols.

use std::path::Path;

use memchr::memmem::Finder;

use super::read::{Image, Unreadable, open};

/// `PyInit_NAME` (PEP 489), `PyModExport_NAME` (PEP 793), and both with a `U` for names beyond ASCII.
const HOOKS: [&str; 2] = ["PyInit", "PyModExport"];
/// Read at a time.
const PART: u64 = 1 << 18;
/// Far beyond any: the largest tables of names are of some megabytes.
const MAX: u64 = 64 << 20;

/// Whether the object at `path` speaks of a function that `import` calls. One that does not is no
/// extension module, whatever its name; one that does may be another's.
///
/// # Errors
/// As [`read`](super::read()).
pub fn has_module_hook(path: &Path) -> Result<bool, Unreadable> {
    open(path)?.names_any(&HOOKS)
}

impl Image {
    /// Whether the strings of the dynamic section hold one of these, be it within a longer one.
    fn names_any(&self, wanted: &[&str]) -> Result<bool, Unreadable> {
        let Some(dynamic) = self.dynamic()? else { return Ok(false) };
        let Some((start, size)) = self.strings_place(&dynamic) else { return Ok(false) };
        if size > MAX {
            return Err(Unreadable::Malformed("a table of an absurd size"));
        }
        let finders: Vec<Finder<'_>> = wanted.iter().map(|name| Finder::new(*name)).collect();
        let overlap = wanted.iter().map(|name| name.len() as u64).max().unwrap_or_default();
        let mut at = 0;
        while at < size {
            let bytes = self.bytes(start + at, (PART + overlap).min(size - at))?;
            if finders.iter().any(|finder| finder.find(&bytes).is_some()) {
                return Ok(true);
            }
            at += PART;
        }
        Ok(false)
    }
}
