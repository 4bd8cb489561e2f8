//! What the Python sources of distributions open by name. Reading all of them takes longer than a look at the
//! objects: an entry does it, and keeps what it finds; without that only those are read that cost little.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use memchr::memmem::Finder;

use super::package::{Package, read_record};
use super::{SHARE, Survey, parallel};
use crate::fsx;
use crate::python::{
    Import, LibraryOpening, Need, is_for_another_platform, lines, openings, unconditional_imports,
};
use crate::venv::record::each_row;

/// Generated modules may be larger, and load nothing.
const MAX_FILE: u64 = 1 << 20;
/// A package of more modules has more than its libraries to do.
const MAX_FILES: usize = 4000;
/// A RECORD of this size names some thirty files.
const SMALL_RECORD: u64 = 3 << 10;
/// The sources of what wraps one library are smaller in all.
const SMALL_SOURCES: u64 = 64 << 10;
/// What requires cffi mostly opens something, and may be larger.
const CFFI_RECORD: u64 = 8 << 10;
const CFFI_SOURCES: u64 = 256 << 10;
/// What a package imports at once, with what that imports.
const MAX_IMPORTED: usize = 64;

/// What opens libraries. A name has to be followed by its call, which is left to the reading.
const OPENERS: [&str; 4] = ["CDLL", "PyDLL", "LoadLibrary", "dlopen"];
/// Not what a package does at work.
const ASIDE: [&str; 11] = [
    "_examples",
    "benchmarks",
    "demo",
    "demos",
    "doc",
    "docs",
    "example",
    "examples",
    "test",
    "testing",
    "tests",
];

/// How much is read of what nothing was kept of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Small distributions.
    Small,
    /// All.
    All,
}

/// What the sources of a distribution open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceOpening {
    /// The top-level module or package that does it.
    pub module: String,
    /// What it opens.
    pub library: LibraryOpening,
}

impl Survey {
    /// Reads the sources of distributions of which nothing was kept.
    pub fn read_sources(&mut self, extent: Extent) {
        let unread: Vec<usize> =
            (0..self.packages.len()).filter(|&index| self.packages[index].openings.is_none()).collect();
        let packages = &self.packages;
        let modules = parallel::map(&unread, 4, |&index| modules(&packages[index], extent));
        let mut files: Vec<(usize, PathBuf)> = Vec::new();
        let mut read: Vec<usize> = Vec::new();
        for (index, modules) in unread.into_iter().zip(modules) {
            if let Some(modules) = modules {
                files.extend(modules.into_iter().map(|module| (index, module)));
                read.push(index);
            }
        }
        let finders = OPENERS.map(Finder::new);
        let base = |index: usize| packages[index].distribution.dist_info.parent().unwrap_or(Path::new("/"));
        let found = parallel::map(&files, SHARE, |(index, path)| opened_by(base(*index), path, &finders));
        read.into_iter().for_each(|index| self.packages[index].openings = Some(Vec::new()));
        for ((index, _), found) in files.into_iter().zip(found) {
            self.packages[index].openings.get_or_insert_default().extend(found);
        }
    }

    /// What the sources open that were read, with the index of the distribution.
    pub fn openings(&self) -> impl Iterator<Item = (usize, &SourceOpening)> {
        let indexed = self.packages.iter().enumerate();
        indexed
            .flat_map(|(index, package)| package.openings.iter().flatten().map(move |found| (index, found)))
    }
}

/// The modules of a distribution that are worth a look; none where it is too large for that.
fn modules(package: &Package, extent: Extent) -> Option<Vec<PathBuf>> {
    let uses_cffi = package.distribution.requires.iter().any(|name| name == "cffi");
    let (most_record, most_sources) = match (extent, uses_cffi) {
        (Extent::All, _) => (u64::MAX, u64::MAX),
        (Extent::Small, true) => (CFFI_RECORD, CFFI_SOURCES),
        (Extent::Small, false) => (SMALL_RECORD, SMALL_SOURCES),
    };
    if package.record.size > most_record {
        return None;
    }
    let dist_info = &package.distribution.dist_info;
    let base = dist_info.parent()?;
    let Some((_, record)) = read_record(&dist_info.join("RECORD")) else { return Some(Vec::new()) };
    let (mut found, mut total) = (Vec::new(), 0u64);
    each_row(&record, |path, size| {
        if path.ends_with(b".py") && is_at_work(path) {
            let size = str::from_utf8(size).ok().and_then(|size| size.parse().ok()).unwrap_or(0);
            total = total.saturating_add(size);
            if size <= MAX_FILE {
                found.push(base.join(OsStr::from_bytes(path)));
            }
        }
    });
    found.truncate(MAX_FILES);
    (total <= most_sources).then_some(found)
}

/// Whether a path in RECORD is a module below its site-packages, and not of tests or another platform.
fn is_at_work(path: &[u8]) -> bool {
    let Ok(path) = str::from_utf8(path) else { return false };
    let mut parts = path.split('/');
    let Some(file) = parts.next_back() else { return false };
    let is_aside = |part: &str| matches!(part, "" | "." | "..") || ASIDE.contains(&part);
    !file.starts_with("test_")
        && !file.ends_with("_test.py")
        && !matches!(file, "conftest.py" | "setup.py")
        && !is_for_another_platform(file)
        && !parts.any(|part| is_aside(part) || is_for_another_platform(part))
}

/// What a module opens, as it matters to who imports the package.
fn opened_by(base: &Path, path: &Path, finders: &[Finder<'_>]) -> Vec<SourceOpening> {
    let Ok(Some(bytes)) = fsx::read_bytes(path, MAX_FILE) else { return Vec::new() };
    if finders.iter().all(|finder| finder.find(&bytes).is_none()) {
        return Vec::new();
    }
    let mut found = openings(&String::from_utf8_lossy(&bytes));
    if found.iter().any(|opening| opening.need == Need::Import) && !is_imported(base, path) {
        let part = |opening: &mut LibraryOpening| {
            if opening.need == Need::Import {
                opening.need = Need::Part;
            }
        };
        found.iter_mut().for_each(part);
    }
    let Some(module) = top_module(base, path) else { return Vec::new() };
    found.into_iter().map(|library| SourceOpening { module: module.clone(), library }).collect()
}

/// The name that `import` knows the top of a module's path by.
fn top_module(base: &Path, path: &Path) -> Option<String> {
    let top = fsx::below(base, path)?.components().next()?.as_os_str().to_str()?;
    let name = top.strip_suffix(".py").unwrap_or(top);
    name.chars().all(|c| c.is_alphanumeric() || c == '_').then(|| name.to_owned())
}

/// Whether a module is imported whenever its top-level package is.
fn is_imported(base: &Path, wanted: &Path) -> bool {
    let Some(top) = fsx::below(base, wanted).and_then(|path| path.components().next()) else { return false };
    let top = base.join(top);
    if top == wanted {
        return true;
    }
    let name = top.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let mut left = vec![top.join("__init__.py")];
    let mut seen: HashSet<PathBuf> = left.iter().cloned().collect();
    while let Some(path) = left.pop() {
        if path == wanted {
            return true;
        }
        let Some(text) = fsx::read_start(&path, MAX_FILE) else { continue };
        for import in unconditional_imports(&lines(&text)) {
            for module in imported(&import, &path, (name, base)) {
                if seen.len() < MAX_IMPORTED * 4 && seen.insert(module.clone()) {
                    left.push(module);
                }
            }
        }
    }
    false
}

/// The files that an import of a module may lead to, in its own package.
fn imported(import: &Import<'_>, from: &Path, (top, base): (&str, &Path)) -> Vec<PathBuf> {
    let folder = match import.level {
        0 if import.module.first() == Some(&top) => base,
        0 => return Vec::new(),
        level => match from.ancestors().nth(level) {
            Some(folder) if folder.starts_with(base.join(top)) => folder,
            _ => return Vec::new(),
        },
    };
    let mut found = Vec::new();
    let mut path = folder.to_owned();
    let mut note = |path: &Path| {
        found.push(path.with_extension("py"));
        found.push(path.join("__init__.py"));
    };
    for part in &import.module {
        path.push(part);
        note(&path);
    }
    import.names.iter().for_each(|name| note(&path.join(name)));
    found
}
