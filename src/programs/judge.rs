//! Whether a program can be patched, by a look at the file. Writes nothing.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;

use memchr::memmem;

use super::mark::{DIGEST, Mark};
use super::rewrite::{Refusal, Rewrite, Wish, rewrite};
use crate::elf::{self, Outline};

/// Strings of a dynamic section: the largest programs have some megabytes.
const MAX_STRINGS: u64 = 64 << 20;
/// Where bundles have their marks: near the end, before what a linker puts last.
const BUNDLE_WINDOW: u64 = 1 << 16;
/// Marks of bundles that are a program and what it reads from its own file.
const BUNDLES: [(&[u8], &str); 4] = [
    (b"MEI\x0c\x0b\x0a\x0b\x0e", "a bundle of PyInstaller"),
    (b"\n---- Bun! ----\n", "a bundle of Bun"),
    (b"d3n0l4nd", "a bundle of Deno"),
    (b"<nexe~~sentinel>", "a bundle of nexe"),
];

/// Why the program at `path`, in the environment at `root`, is left as it is; `None` if it can be patched.
pub fn refusal(path: &Path, root: &Path) -> Option<Refusal> {
    if let Err(refusal) = is_own(path, root) {
        return Some(refusal);
    }
    let Ok(file) = File::open(path) else { return Some(Refusal::Unreadable) };
    let wish = Wish { loader: b"/", libraries: &[] };
    plan(path, &file, [0; DIGEST], wish).err()
}

/// Whether a file lies in the environment itself, and no link leads out of it.
pub(super) fn is_own(path: &Path, root: &Path) -> Result<(), Refusal> {
    let is_link = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
    let folder = path.parent().and_then(|folder| fs::canonicalize(folder).ok());
    let root = fs::canonicalize(root).map_err(|_| Refusal::Unreadable)?;
    match folder.is_some_and(|folder| folder.starts_with(root)) && !is_link {
        true => Ok(()),
        false => Err(Refusal::Link),
    }
}

/// The bytes of the program at `path`, which is open as `file`, that have to change.
pub(super) fn plan(
    path: &Path,
    file: &File,
    digest: [u8; DIGEST],
    wish: Wish<'_>,
) -> Result<Rewrite, Refusal> {
    let outline = elf::outline(path).map_err(|_| Refusal::Odd("they cannot be read"))?;
    if let Some(what) = bundle(file, &outline) {
        return Err(Refusal::Bundle(what));
    }
    let (at, size) = outline.strings;
    let size = if wish.libraries.is_empty() { 0 } else { size };
    if size > MAX_STRINGS {
        return Err(Refusal::Odd("names of an absurd size"));
    }
    let mut strings = vec![0; size as usize];
    file.read_exact_at(&mut strings, at).map_err(|_| Refusal::Unreadable)?;
    rewrite(&outline, &strings, digest, wish)
}

/// Which kind of bundle a program is the start of.
fn bundle(file: &File, outline: &Outline) -> Option<&'static str> {
    let mut head = [0; 16];
    if file.read_exact_at(&mut head, 0).is_ok() && head[8..].starts_with(b"AI") {
        return Some("an AppImage");
    }
    let size = outline.size.min(BUNDLE_WINDOW);
    let mut last = vec![0; size as usize];
    file.read_exact_at(&mut last, outline.size - size).ok()?;
    BUNDLES.iter().find(|(mark, _)| memmem::find(&last, mark).is_some()).map(|(_, what)| *what)
}

/// Whether the program at `path` was patched and had this many bytes before.
pub fn had_size(path: &Path, size: u64) -> bool {
    Mark::of(path).is_some_and(|mark| mark.size == size)
}
