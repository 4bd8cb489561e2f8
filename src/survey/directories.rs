//! Files that no RECORD names: in directories that no RECORD explains, and in those that changed since
//! theirs was written.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::kept::Kept;
use super::package::Package;
use super::{Candidate, SHARE, parallel};
use crate::fsx::modified;
use crate::maps::Set;
use crate::venv::may_be_object;

/// What lies in one directory.
struct Listing {
    files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

/// Every file that may be an object and that no RECORD names, in `places` and in what else is to be
/// listed. Directories in which there was none are
/// noted as quiet.
pub(super) fn loose<'k>(
    places: &[PathBuf],
    packages: &mut [Package],
    recorded: &[Candidate<'_>],
    kept: &Kept<'k>,
) -> Vec<Candidate<'k>> {
    let changed = changed(packages);
    let mut waiting = places.to_vec();
    waiting.extend(changed.iter().map(|(place, _)| packages[place.0].directories[place.1].path.clone()));
    waiting.sort_unstable();
    waiting.dedup();
    let all = packages.iter().flat_map(|package| &package.directories);
    let explained: Set<&OsStr> = all.map(|directory| directory.path.as_os_str()).collect();
    let recorded: Set<&OsStr> = recorded.iter().map(|candidate| candidate.path.as_os_str()).collect();
    let mut found: Vec<PathBuf> = Vec::new();
    let mut restless: Set<PathBuf> = Set::default();
    while !waiting.is_empty() {
        let listings = parallel::map(&waiting, SHARE, |folder| list(folder));
        let mut next = Vec::new();
        for (folder, Listing { mut files, mut folders }) in waiting.into_iter().zip(listings) {
            files.retain(|file| !recorded.contains(file.as_os_str()));
            folders.retain(|folder| !explained.contains(folder.as_os_str()));
            if !(files.is_empty() && folders.is_empty()) {
                restless.insert(folder);
            }
            found.append(&mut files);
            next.append(&mut folders);
        }
        waiting = next;
    }
    for ((package, index), modified) in changed {
        let directory = &mut packages[package].directories[index];
        if !restless.contains(&directory.path) {
            directory.quiet = modified;
        }
    }
    let candidate = |path: PathBuf| Candidate { known: kept.loose(&path), path, owner: None };
    found.into_iter().map(candidate).collect()
}

/// By package and index, the directories that changed since they were quiet, and when.
fn changed(packages: &mut [Package]) -> Vec<((usize, usize), i64)> {
    let all = packages.iter().enumerate().flat_map(|(package, found)| {
        let own = found.directories.iter().map(|directory| directory.path.as_path());
        let all = own.chain(found.elsewhere.iter().map(PathBuf::as_path));
        all.enumerate().map(move |(index, path)| ((package, index), path))
    });
    let all: Vec<((usize, usize), &Path)> = all.collect();
    let time = |path: &Path| fs::symlink_metadata(path).ok().map(|metadata| modified(&metadata));
    let times = parallel::map(&all, SHARE, |(_, path)| time(path));
    let places: Vec<(usize, usize)> = all.iter().map(|(place, _)| *place).collect();
    packages.iter_mut().for_each(|package| package.newest = i64::MIN);
    let mut changed = Vec::new();
    for (place, time) in places.into_iter().zip(times) {
        let package = &mut packages[place.0];
        package.newest = package.newest.max(time.unwrap_or(i64::MAX));
        let directory = package.directories.get(place.1);
        if let (Some(directory), Some(time)) = (directory, time)
            && time > directory.quiet
        {
            changed.push((place, time));
        }
    }
    changed
}

fn list(folder: &Path) -> Listing {
    let mut listing = Listing { files: Vec::new(), folders: Vec::new() };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(kind) = entry.file_type() else { continue };
        let name = entry.file_name();
        let name = name.as_bytes();
        if kind.is_file() && may_be_object(name) {
            listing.files.push(entry.path());
        } else if kind.is_dir() && name != b"__pycache__" && !name.ends_with(b".dist-info") {
            listing.folders.push(entry.path());
        }
    }
    listing
}
