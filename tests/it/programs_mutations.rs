//! Programs with damaged headers are refused, or what comes of them can be loaded and taken back.
//!
//! `VENVFIX_SEED`, which a failure names, repeats a run.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;

use venvfix::elf::{self, Outline, SegmentKind};
use venvfix::programs::{Library, Mark, Patcher, Rewrite, Wish, rewrite};

use super::support::Folder;
use super::support::cc::cc;
use super::support::mutation::{Base, Fault, Random};

const MUTATIONS: u64 = 12_000;
const LOADER: &str = "/nix/store/some-glibc/lib/ld.so";

fn bases() -> Vec<Base> {
    let folder = Folder::new();
    let build = |name: &str, options: &[&str]| {
        let source = "#include <stdio.h>\n#include <math.h>\nint main(int c, char **v) { return printf(\"%f\", sin(c)); }";
        cc(&folder, name, source, &[&["-lm"], options].concat());
        Base::new(name, fs::read(folder.join(name)).unwrap())
    };
    vec![
        build("pie", &[]),
        build("fixed", &["-no-pie"]),
        build("stripped", &["-s", "-Wl,--build-id=none"]),
        build("paths", &["-Wl,-rpath,$ORIGIN/x", "-Wl,-z,norelro", "-Wl,--hash-style=sysv"]),
    ]
}

#[test]
fn damaged_programs_are_refused_or_become_sound_ones() {
    let seed = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64;
    let seed = std::env::var("VENVFIX_SEED").map_or(seed, |text| text.parse().unwrap());
    let (bases, folder) = (bases(), Folder::new());
    let [path, patched] = ["program", "patched"].map(|name| folder.write(name, ""));
    let libraries = ["libm.so.6", "libother.so.1"]
        .map(|name| Library { soname: name.into(), path: format!("/nix/store/some/lib/{name}").into() });
    let mut sound = 0;
    for round in 0..MUTATIONS {
        let mut random = Random::new(seed, round);
        let base = random.one_of(&bases);
        let faults = base.faults(&mut random, &bases);
        fs::write(&path, &base.bytes).unwrap();
        let file = OpenOptions::new().read(true).write(true).open(&path).unwrap();
        for fault in &faults {
            match fault {
                Fault::Write(at, bytes) => file.write_all_at(bytes, *at as u64).unwrap(),
                Fault::Length(length) => file.set_len(*length).unwrap(),
            }
        }
        let what = || format!("VENVFIX_SEED={seed} {round} {}: {faults:?}", base.name);
        let size = file.metadata().unwrap().len();
        let (Ok(outline), true) = (elf::outline(&path), size < 1 << 24) else { continue };
        if elf::read(&path).is_err() {
            continue;
        }
        let (at, length) = outline.strings;
        let mut strings = vec![0; length as usize];
        file.read_exact_at(&mut strings, at).unwrap();
        let libraries = &libraries[..random.below(3)];
        let wish = Wish { loader: LOADER.as_bytes(), libraries };
        let Ok(rewrite) = rewrite(&outline, &strings, [0; 32], wish) else { continue };
        let before = fs::read(&path).unwrap();
        fs::write(&patched, written(&before, &rewrite)).unwrap();
        is_sound(&patched, &outline, libraries).unwrap_or_else(|fault| panic!("{fault}: {}", what()));
        sound += 1;
        let mark = Mark::of(&patched).unwrap();
        for (at, old) in &mark.edits[1..] {
            let mut loads = outline.segments.iter().filter(|segment| segment.kind == SegmentKind::Load);
            let hits =
                loads.any(|load| *at < load.offset + load.file_size && load.offset < at + old.len() as u64);
            assert!(!hits, "what is loaded was changed: {}", what());
        }
        assert_eq!(undone(fs::read(&patched).unwrap(), &mark), before, "{}", what());
        if round % 128 == 0 {
            patch_and_restore(&folder, &path, libraries);
            assert_eq!(fs::read(&path).unwrap(), before, "{}", what());
        }
    }
    assert!(sound > MUTATIONS / 20 && sound < MUTATIONS, "{sound}");
}

fn written(before: &[u8], rewrite: &Rewrite) -> Vec<u8> {
    let mut bytes = before.to_owned();
    bytes.resize(rewrite.tail.0 as usize, 0);
    for (at, new) in &rewrite.edits {
        bytes[*at as usize..*at as usize + new.len()].copy_from_slice(new);
    }
    [bytes, rewrite.tail.1.clone()].concat()
}

fn undone(mut bytes: Vec<u8>, mark: &Mark) -> Vec<u8> {
    for (at, old) in &mark.edits {
        bytes[*at as usize..*at as usize + old.len()].copy_from_slice(old);
    }
    bytes.truncate(mark.size as usize);
    bytes
}

/// All the same where a loader would take it.
fn patch_and_restore(folder: &Folder, path: &Path, libraries: &[Library]) {
    let (libraries, loads) = (|_: &Path| libraries.to_vec(), |_: &Path| Ok(true));
    let patcher = Patcher { root: folder.path(), loader: LOADER, libraries: &libraries, loads: &loads };
    if patcher.patch(path).unwrap().is_ok() {
        assert!(venvfix::programs::restore(path, folder.path()).unwrap());
    }
}

/// Whether a kernel would map it as it should, new or old, and a loader find what is new.
fn is_sound(path: &Path, before: &Outline, libraries: &[Library]) -> Result<(), String> {
    let ensure = |holds: bool, what: &str| if holds { Ok(()) } else { Err(what.to_owned()) };
    let outline = elf::outline(path).map_err(|error| error.to_string())?;
    ensure(outline.end == outline.size, "bytes that nothing describes")?;
    ensure(outline.segments.len() == before.segments.len(), "another number of headers")?;
    let loads: Vec<_> = outline.segments.iter().filter(|segment| segment.kind == SegmentKind::Load).collect();
    let old = before.segments.iter().filter(|segment| segment.kind == SegmentKind::Load);
    ensure(loads[..loads.len() - 1].iter().copied().eq(old), "another segment is changed")?;
    for pair in loads.windows(2) {
        // By pages of any size.
        let end = (pair[0].address + pair[0].memory_size).next_multiple_of(4096);
        ensure(end <= pair[1].address.next_multiple_of(4096), "segments overlap")?;
    }
    let (first, last) = (loads[0], loads[loads.len() - 1]);
    ensure(last.address - last.address % 0x10000 >= loads[loads.len() - 2].address, "shares a page")?;
    for load in &loads {
        ensure(load.offset + load.file_size <= outline.size, "a segment beyond the end")?;
        ensure(load.file_size <= load.memory_size, "more in the file than in memory")?;
        ensure(load.offset % 4096 == load.address % 4096, "a segment that cannot be mapped")?;
        ensure(load.address.checked_add(load.memory_size).is_some(), "beyond all addresses")?;
    }
    let table_end = outline.table + 56 * outline.segments.len() as u64;
    ensure(first.offset <= outline.table && table_end <= first.offset + first.file_size, "table not loaded")?;
    for segment in &outline.segments {
        let is_new = match segment.kind {
            SegmentKind::Interpreter => true,
            SegmentKind::Dynamic => !libraries.is_empty(),
            _ => continue,
        };
        let within = last.offset <= segment.offset
            && segment.offset + segment.file_size <= last.offset + last.file_size
            && segment.address - last.address == segment.offset - last.offset;
        ensure(within == is_new, "the new is not where it should be")?;
    }
    let object = elf::read(path).map_err(|error| error.to_string())?;
    ensure(object.interpreter.as_deref() == Some(LOADER), "another loader")?;
    let has = |library: &Library| object.needed.iter().any(|name| name.as_bytes() == library.path);
    ensure(libraries.iter().all(has), "a library is not needed")
}
