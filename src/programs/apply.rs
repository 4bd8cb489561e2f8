//! Patches programs and takes that back. What is made is a new file in the place of the old: an installer's
//! cache may have the old one by another name.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use super::judge::{is_own, plan};
use super::mark::{DIGEST, Mark};
use super::rewrite::{Library, Refusal, Wish};
use crate::elf;
use crate::fsx::Successor;

/// Read at a time.
const PART: usize = 1 << 20;

/// What patching rests on beside the file.
pub struct Patcher<'a> {
    /// The environment: nothing outside of it is touched.
    pub root: &'a Path,
    /// The loader that programs get.
    pub loader: &'a str,
    /// The libraries that the program at a path gets by their paths.
    pub libraries: &'a dyn Fn(&Path) -> Vec<Library>,
    /// Whether that loader loads the program at a path, and all that it needs.
    pub loads: &'a dyn Fn(&Path) -> Result<bool>,
}

impl Patcher<'_> {
    /// Patches the program at `path`, or patches it anew: from what it was before.
    ///
    /// # Errors
    /// If it cannot be read or replaced; it is then as it was.
    pub fn patch(&self, path: &Path) -> Result<Result<(), Refusal>> {
        if let Err(refusal) = is_own(path, self.root) {
            return Ok(Err(refusal));
        }
        let failed = || format!("could not patch {}", path.display());
        let (new, old) = Successor::begin(path).with_context(failed)?;
        let mark = mark_of(&old).with_context(failed)?;
        // What cannot be patched need not be copied.
        if mark.is_none()
            && let Err(refusal) = plan(path, &old, [0; DIGEST], Wish { loader: b"/", libraries: &[] })
        {
            return Ok(Err(refusal));
        }
        let digest = copy(&old, mark.as_ref(), new.file()).with_context(failed)?;
        if mark.is_some_and(|mark| mark.digest != digest) {
            return Ok(Err(Refusal::Changed));
        }
        let libraries = (self.libraries)(new.path());
        let wish = Wish { loader: self.loader.as_bytes(), libraries: &libraries };
        let rewrite = match plan(new.path(), new.file(), digest, wish) {
            Ok(rewrite) => rewrite,
            Err(refusal) => return Ok(Err(refusal)),
        };
        for (at, bytes) in rewrite.edits.iter().chain([&rewrite.tail]) {
            new.file().write_all_at(bytes, *at).with_context(failed)?;
        }
        if !(self.has_wish(new.path(), &libraries) && (self.loads)(new.path())?) {
            return Ok(Err(Refusal::NotLoaded));
        }
        new.take_over().with_context(failed)?;
        Ok(Ok(()))
    }

    /// Whether what was written says what it is to say.
    fn has_wish(&self, path: &Path, libraries: &[Library]) -> bool {
        let Ok(object) = elf::read(path) else { return false };
        let has = |library: &Library| object.needed.iter().any(|name| name.as_bytes() == library.path);
        object.interpreter.as_deref() == Some(self.loader) && libraries.iter().all(has)
    }
}

/// Makes the patched program at `path` what it was. Says whether it was one.
///
/// # Errors
/// If it cannot be read or replaced, or what was to come of it is not what it was: it is then left.
pub fn restore(path: &Path, root: &Path) -> Result<bool> {
    if is_own(path, root).is_err() {
        return Ok(false);
    }
    let failed = || format!("could not restore {}", path.display());
    let (new, old) = Successor::begin(path).with_context(failed)?;
    let Some(mark) = mark_of(&old).with_context(failed)? else { return Ok(false) };
    if copy(&old, Some(&mark), new.file()).with_context(failed)? != mark.digest {
        bail!("could not restore {}: it was changed since it was patched", path.display());
    }
    new.take_over().with_context(failed)?;
    Ok(true)
}

fn mark_of(file: &File) -> io::Result<Option<Mark>> {
    Mark::read(file, file.metadata()?.len())
}

/// Copies a program as it was before it was patched, if it was, and gives back the digest of that.
fn copy(old: &File, mark: Option<&Mark>, new: &File) -> io::Result<[u8; DIGEST]> {
    let size = mark.map_or(u64::MAX, |mark| mark.size);
    let (mut from, mut to, mut at) = (old.take(size), new, 0);
    let mut hash = Sha256::new();
    let mut part = vec![0; PART];
    loop {
        let count = match from.read(&mut part) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let part = &mut part[..count];
        for (place, old) in mark.iter().flat_map(|mark| &mark.edits) {
            overlay(part, at, old, *place);
        }
        hash.update(&*part);
        to.write_all(part)?;
        at += count as u64;
    }
    Ok(hash.finalize().into())
}

/// Puts bytes that stand at `place` of a file over the part of it that begins at `at`.
fn overlay(part: &mut [u8], at: u64, bytes: &[u8], place: u64) {
    for (byte, place) in bytes.iter().zip(place..) {
        let index = place.checked_sub(at).and_then(|index| usize::try_from(index).ok());
        if let Some(target) = index.and_then(|index| part.get_mut(index)) {
            *target = *byte;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_put_over_the_parts_that_they_meet() {
        let whole: Vec<u8> = (0..40).collect();
        let mut wanted = whole.clone();
        wanted[13..29].fill(255);
        for size in 1..40 {
            let mut parts: Vec<Vec<u8>> = whole.chunks(size).map(<[u8]>::to_vec).collect();
            for (index, part) in parts.iter_mut().enumerate() {
                overlay(part, (index * size) as u64, &[255; 16], 13);
            }
            assert_eq!(parts.concat(), wanted, "{size}");
        }
    }
}
