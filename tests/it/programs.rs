//! Programs of the machine's compiler for a loader that is not here: patched they run, by the kernel and by
//! the loader, and restored they are what they were.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use venvfix::elf::{self, SegmentKind};
use venvfix::programs::{Library, Mark, Patcher, Refusal, refusal, restore};

use super::support::cc::{cc, library};
use super::support::mutation::Random;
use super::support::{Ended, Folder, command};

/// Nobody has it.
const FOREIGN: &str = "-Wl,--dynamic-linker=/nonexistent/ld.so";

/// Looks at itself as crash handlers and unwinders do, and at its memory.
const SOURCE: &str = r#"
#define _GNU_SOURCE
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

char zeros[1 << 24];
int data[1000] = { 1, 2, 3 };
__thread int of_thread = 7;
static int ready;
__attribute__((constructor)) static void prepare(void) { ready = 1; }

static int each(struct dl_phdr_info *info, size_t size, void *base) {
    if (*info->dlpi_name == 0) *(ElfW(Addr) *)base = info->dlpi_addr;
    return 0;
}

int main(int argc, char **argv) {
    const ElfW(Phdr) *table = (const void *)getauxval(AT_PHDR);
    ElfW(Addr) base = 1, highest = 0;
    const char *interpreter = "none";
    dl_iterate_phdr(each, &base);
    for (unsigned long i = 0; i < getauxval(AT_PHNUM); i++) {
        if (table[i].p_type == PT_INTERP) interpreter = (const char *)(base + table[i].p_vaddr);
        if (table[i].p_type != PT_LOAD) continue;
        if (table[i].p_vaddr < highest) return 2;
        highest = table[i].p_vaddr + table[i].p_memsz;
    }
    for (unsigned long i = 0; i < sizeof zeros; i += 64) if (zeros[i]) return 3;
    for (int i = 0; i < 1000; i++) { char *some = malloc(5000); if (!some) return 4; memset(some, i, 5000); }
    if (sbrk(1 << 20) == (void *)-1 || data[2] != 3 || of_thread != 7 || !ready) return 5;
    printf("%s %s\n", argv[argc - 1], interpreter);
    return 0;
}
"#;

/// A folder with a loader of its own.
struct Workshop {
    folder: Folder,
    loader: String,
}

impl Workshop {
    fn new() -> Self {
        let folder = Folder::new();
        let own = elf::read(Path::new("/bin/sh")).unwrap().interpreter.unwrap();
        let loader = folder.join("other system/ld.so");
        fs::create_dir(loader.parent().unwrap()).unwrap();
        fs::copy(fs::canonicalize(own).unwrap(), &loader).unwrap();
        let loader = loader.to_str().unwrap().to_owned();
        Self { folder, loader }
    }

    /// A foreign program in `bin`.
    fn program(&self, options: &[&str]) -> PathBuf {
        cc(&self.folder, "bin/program", SOURCE, &[&[FOREIGN], options].concat());
        self.folder.join("bin/program")
    }

    fn patch(&self, path: &Path) -> Result<(), Refusal> {
        self.patch_with(path, &[])
    }

    fn patch_with(&self, path: &Path, libraries: &[Library]) -> Result<(), Refusal> {
        let loads = |path: &Path| {
            let ended: Ended =
                command(&self.loader, self.folder.path()).arg("--list").arg(path).output()?.into();
            Ok(ended.code == Some(0))
        };
        let libraries = |_: &Path| libraries.to_vec();
        let patcher =
            Patcher { root: self.folder.path(), loader: &self.loader, libraries: &libraries, loads: &loads };
        patcher.patch(path).unwrap()
    }

    /// What the program says.
    #[track_caller]
    fn run(&self, path: &Path) -> String {
        loop {
            match command(path, self.folder.path()).arg("said").output() {
                // A child of another test was just made, and has what this one has open for writing.
                Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => {
                    std::thread::yield_now();
                }
                output => return Ended::from(output.unwrap()).exits(0).stdout,
            }
        }
    }
}

/// What must come back.
fn state(path: &Path) -> (Vec<u8>, u32, i64, i64) {
    let metadata = fs::metadata(path).unwrap();
    (fs::read(path).unwrap(), metadata.mode(), metadata.mtime(), metadata.mtime_nsec())
}

#[track_caller]
fn there_and_back(workshop: &Workshop, path: &Path, libraries: &[Library], what: &str) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o750)).unwrap();
    let before = state(path);
    let cached = workshop.folder.join("cached");
    fs::hard_link(path, &cached).unwrap();
    assert!(command(path, workshop.folder.path()).output().is_err(), "{what}: starts without");
    assert_eq!(workshop.patch_with(path, libraries), Ok(()), "{what}");
    let patched = state(path);
    assert_eq!(workshop.run(path), format!("said {}\n", workshop.loader), "{what}");
    assert_eq!((patched.1, patched.2, patched.3), (before.1, before.2, before.3), "{what}");
    assert!(patched.0.len() < before.0.len() + 65536 + 2 * before.0.len() / 10, "{what}: grew");
    assert_eq!(state(&cached).0, before.0, "{what}: the cache");
    // Once more, from what it was.
    assert_eq!(workshop.patch_with(path, libraries), Ok(()), "{what}");
    assert_eq!(state(path), patched, "{what}: anew");
    assert!(restore(path, workshop.folder.path()).unwrap(), "{what}");
    assert_eq!(state(path), before, "{what}: restored");
    assert!(!restore(path, workshop.folder.path()).unwrap(), "{what}: twice");
    fs::remove_file(cached).unwrap();
}

#[test]
fn programs_of_all_kinds_run_patched_and_come_back() {
    let workshop = Workshop::new();
    let kinds: [&[&str]; 13] = [
        &[],
        &["-no-pie"],
        &["-g"],
        &["-s"],
        &["-s", "-no-pie"],
        &["-Wl,--build-id=none"],
        &["-Wl,-z,norelro"],
        &["-Wl,-z,noseparate-code"],
        &["-Wl,-z,max-page-size=0x200000"],
        &["-Wl,-z,now", "-fcf-protection=full"],
        &["-Wl,--hash-style=sysv"],
        &["-Wl,-z,common-page-size=0x10000,-z,max-page-size=0x10000"],
        &["-fuse-ld=gold"],
    ];
    for options in kinds {
        there_and_back(&workshop, &workshop.program(options), &[], &options.join(" "));
    }
}

/// Makes headers of these kinds ones that nobody knows.
fn hide(path: &Path, hidden: &[SegmentKind]) {
    let outline = elf::outline(path).unwrap();
    let mut bytes = fs::read(path).unwrap();
    for (index, segment) in outline.segments.iter().enumerate() {
        if hidden.contains(&segment.kind) {
            let at = outline.table as usize + 56 * index;
            bytes[at..at + 4].copy_from_slice(&0x6fff_1234u32.to_le_bytes());
        }
    }
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_program_without_notes_gives_up_another_header() {
    let workshop = Workshop::new();
    let notes = [SegmentKind::Note, SegmentKind::Property];
    let program = workshop.program(&[]);
    hide(&program, &notes[..1]);
    there_and_back(&workshop, &program, &[], "no notes");
    hide(&program, &notes);
    there_and_back(&workshop, &program, &[], "no properties");
    let program = workshop.program(&["-Wl,-z,norelro"]);
    hide(&program, &notes);
    assert_eq!(workshop.patch(&program), Err(Refusal::NoSpareHeader));
}

/// No linker does so.
#[test]
fn section_headers_among_what_is_loaded_stay_as_they_are() {
    let workshop = Workshop::new();
    let program = workshop.program(&[]);
    let outline = elf::outline(&program).unwrap();
    let bytes = fs::read(&program).unwrap();
    let (mut bytes, sections) = {
        let (head, sections) = bytes.split_at(outline.sections_at as usize);
        (head.to_vec(), sections.to_vec())
    };
    let data = memchr::memmem::find(&bytes, b"\x01\0\0\0\x02\0\0\0\x03\0\0\0").unwrap() + 64;
    bytes[data..data + sections.len()].copy_from_slice(&sections);
    bytes[40..48].copy_from_slice(&(data as u64).to_le_bytes());
    fs::write(&program, &bytes).unwrap();
    there_and_back(&workshop, &program, &[], "sections");
    assert_eq!(workshop.patch(&program), Ok(()));
    let patched = fs::read(&program).unwrap();
    assert_eq!(patched[data..data + sections.len()], sections);
}

/// Node finds what was put into it by its note.
#[test]
fn a_note_of_somebody_elses_is_not_given_up() {
    let workshop = Workshop::new();
    let program = workshop.program(&["-Wl,-z,norelro"]);
    hide(&program, &[SegmentKind::Property]);
    let mut bytes = fs::read(&program).unwrap();
    for note in elf::outline(&program).unwrap().segments.iter().filter(|s| s.kind == SegmentKind::Note) {
        let owner = note.offset as usize + 12;
        assert_eq!(&bytes[owner..owner + 4], b"GNU\0");
        bytes[owner..owner + 4].copy_from_slice(b"SEA\0");
    }
    fs::write(&program, bytes).unwrap();
    assert_eq!(workshop.patch(&program), Err(Refusal::NoSpareHeader));
}

/// The strings of a program hold the whole truth, for the loader and for people's tools.
#[test]
fn libraries_that_a_program_and_its_own_libraries_need_come_by_their_paths() {
    let workshop = Workshop::new();
    let folder = &workshop.folder;
    library(
        folder,
        "offered/libdirect.so.1",
        "int direct(void) { return 1; } int which(void) { return 1; }",
        &[],
    );
    library(folder, "offered/libfar.so.1", "int far(void) { return 2; } int which(void) { return 2; }", &[]);
    let needs = ["-L@/offered", "-l:libfar.so.1", "-Wl,-rpath,/elsewhere"];
    library(
        folder,
        "bin/libown.so",
        "int far(void); int own(void) { return 10 * far(); } int which(void) { return 3; }",
        &needs,
    );
    let source = "#include <stdio.h>\nint direct(void), own(void), which(void);\n\
                  int main(void) { printf(\"%d %d %d\\n\", direct(), own(), which()); return 0; }";
    let paths: Vec<Library> = ["libfar.so.1", "libdirect.so.1"]
        .map(|name| Library {
            soname: name.into(),
            path: folder.join("offered").join(name).to_str().unwrap().into(),
        })
        .to_vec();
    for runpath in ["-Wl,--enable-new-dtags", "-Wl,--disable-new-dtags"] {
        let program = folder.join("bin/tool");
        let options = [
            FOREIGN,
            runpath,
            "-L@/bin",
            "-L@/offered",
            "-lown",
            "-l:libdirect.so.1",
            "-Wl,-rpath,$ORIGIN",
            "-Wl,-rpath-link,@/offered",
        ];
        cc(folder, "bin/tool", source, &options);
        let before = state(&program);
        assert_eq!(workshop.patch(&program), Err(Refusal::NotLoaded));
        assert_eq!(state(&program), before);
        assert_eq!(workshop.patch_with(&program, &paths), Ok(()));
        // Symbols are looked for in the order that they would have been.
        assert_eq!(workshop.run(&program), "1 20 3\n");
        let object = elf::read(&program).unwrap();
        let own = |name: &str| folder.join("offered").join(name).to_str().unwrap().to_owned();
        let wanted =
            ["libown.so", &own("libdirect.so.1"), "libdirect.so.1", "libc.so.6", &own("libfar.so.1")];
        assert_eq!(object.needed, wanted);
        assert_eq!(object.rpath.or(object.runpath).unwrap(), "$ORIGIN");
        let readelf: Ended =
            command("readelf", folder.path()).args(["-dlW"]).arg(&program).output().unwrap().into();
        let ended = readelf.exits(0).prints(&[&own("libfar.so.1"), &workshop.loader]);
        assert!(!ended.stderr.contains("rror"), "{}", ended.stderr);
        assert!(restore(&program, folder.path()).unwrap());
        assert_eq!(state(&program), before);
    }
}

#[test]
fn any_mixture_of_ways_to_link_runs_patched_and_comes_back() {
    let seed = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64;
    let seed = std::env::var("VENVFIX_SEED").map_or(seed, |text| text.parse().unwrap());
    let choices: [&[&str]; 9] = [
        &["-pie", "-no-pie"],
        &["-s", "-g", "-O2"],
        &["-Wl,-z,norelro", "-Wl,-z,relro", "-Wl,-z,now"],
        &["-Wl,--hash-style=sysv", "-Wl,--hash-style=gnu", "-Wl,--hash-style=both"],
        &["-Wl,-z,separate-code", "-Wl,-z,noseparate-code"],
        &["-Wl,--build-id=none", "-Wl,--build-id=0x123456", "-Wl,--build-id=sha1"],
        &["-Wl,-z,max-page-size=0x1000", "-Wl,-z,max-page-size=0x10000", "-Wl,-z,max-page-size=0x200000"],
        &["-Wl,--disable-new-dtags", "-Wl,--enable-new-dtags"],
        &["-Wl,--gc-sections", "-Wl,--export-dynamic", "-Wl,-z,execstack"],
    ];
    let mut workshop = Workshop::new();
    let original = workshop.loader.clone();
    for round in 0..24 {
        let mut random = Random::new(seed, round);
        let mut options: Vec<String> =
            choices.iter().map(|choice| (*random.one_of(choice)).to_owned()).collect();
        options.extend(["-L@/own", "-L@/offered", "-Wl,-rpath,$ORIGIN/../own"].map(str::to_owned));
        let mut libraries = Vec::new();
        for index in 0..random.below(6) {
            let (own, name) = (random.below(2) == 0, format!("lib{round}-{index}.so"));
            let path = format!("{}/{name}", if own { "own" } else { "offered" });
            library(&workshop.folder, &path, &format!("int f{index}(void) {{ return 1; }}"), &[]);
            options.push(format!("-l:{name}"));
            let path = workshop.folder.join(path).to_str().unwrap().into();
            libraries.extend((!own).then(|| Library { soname: name.into(), path }));
        }
        workshop.loader =
            workshop.folder.join("l".repeat(1 + random.below(250))).to_str().unwrap().to_owned();
        fs::copy(&original, &workshop.loader).unwrap();
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let what = format!("VENVFIX_SEED={seed}: {}", options.join(" "));
        there_and_back(&workshop, &workshop.program(&options), &libraries, &what);
    }
}

#[test]
fn many_needed_names_and_a_long_loader_fit() {
    let mut workshop = Workshop::new();
    let long = workshop.folder.join("d".repeat(200)).join("e".repeat(200));
    fs::create_dir_all(&long).unwrap();
    let loader = long.join("ld.so").to_str().unwrap().to_owned();
    fs::copy(&workshop.loader, &loader).unwrap();
    workshop.loader = loader;
    let mut options = vec!["-L@/own".to_owned(), "-Wl,-rpath,$ORIGIN/../own".into()];
    let mut libraries = Vec::new();
    for index in 0..60 {
        let own = index % 2 == 0;
        let name = format!("lib{}{index}.so", "n".repeat(index));
        let path = format!("{}/{name}", if own { "own" } else { "offered" });
        library(&workshop.folder, &path, &format!("int f{index}(void) {{ return 1; }}"), &[]);
        options.push(format!("-l:{name}"));
        if !own {
            let path = workshop.folder.join(path).to_str().unwrap().into();
            libraries.push(Library { soname: name.into(), path });
        }
    }
    options.push("-L@/offered".into());
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    there_and_back(&workshop, &workshop.program(&options), &libraries, "many");
}

#[test]
fn what_looks_into_its_own_file_is_left_alone() {
    let workshop = Workshop::new();
    let left = |path: &Path, wanted: Refusal| {
        let before = state(path);
        assert_eq!(refusal(path, workshop.folder.path()), Some(wanted));
        assert_eq!(workshop.patch(path), Err(wanted));
        assert_eq!(state(path), before);
    };
    let append = |bytes: &[u8]| {
        let path = workshop.program(&[]);
        fs::write(&path, [fs::read(&path).unwrap(), bytes.to_vec()].concat()).unwrap();
        path
    };
    let zip = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    left(&append(zip), Refusal::Appended);
    left(&append(b"some"), Refusal::Appended);
    // What is put into a section of its own.
    let path = workshop.program(&[]);
    let cookie =
        workshop.folder.write("cookie", [b"data".as_slice(), b"MEI\x0c\x0b\x0a\x0b\x0e", &[0; 80]].concat());
    let mut objcopy = command("objcopy", workshop.folder.path());
    objcopy.arg("--add-section").arg(format!("pydata={}", cookie.display())).arg(&path);
    assert!(objcopy.status().unwrap().success());
    left(&path, Refusal::Bundle("a bundle of PyInstaller"));
    let path = workshop.program(&[]);
    let mut bytes = fs::read(&path).unwrap();
    bytes[8..11].copy_from_slice(b"AI\x02");
    fs::write(&path, bytes).unwrap();
    left(&path, Refusal::Bundle("an AppImage"));
}

#[test]
fn what_is_not_the_environments_own_is_left_alone() {
    let (workshop, elsewhere) = (Workshop::new(), Folder::new());
    let program = workshop.program(&[]);
    let outside = elsewhere.join("program");
    fs::copy(&program, &outside).unwrap();
    let before = state(&outside);
    let link = workshop.folder.join("bin/link");
    std::os::unix::fs::symlink(&outside, &link).unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), workshop.folder.join("package")).unwrap();
    for path in [link, workshop.folder.join("package/program"), outside.clone()] {
        assert_eq!(workshop.patch(&path), Err(Refusal::Link));
        assert_eq!(refusal(&path, workshop.folder.path()), Some(Refusal::Link));
        assert!(!restore(&path, workshop.folder.path()).unwrap());
        assert_eq!(state(&outside), before);
    }
    assert!(workshop.folder.join("bin/link").is_symlink());
}

#[test]
fn a_patched_program_that_was_changed_is_not_restored_to_something_else() {
    let workshop = Workshop::new();
    let program = workshop.program(&[]);
    assert_eq!(workshop.patch(&program), Ok(()));
    let mut bytes = fs::read(&program).unwrap();
    bytes[0x1100] ^= 1;
    fs::write(&program, &bytes).unwrap();
    let error = restore(&program, workshop.folder.path()).unwrap_err().to_string();
    assert!(error.contains("it was changed since it was patched"), "{error}");
    assert_eq!(workshop.patch(&program), Err(Refusal::Changed));
    assert_eq!(fs::read(&program).unwrap(), bytes);
    assert_eq!(leftovers(&workshop), 0);
}

/// Files of this program's own beside programs.
fn leftovers(workshop: &Workshop) -> usize {
    let entries = fs::read_dir(workshop.folder.join("bin")).unwrap().flatten();
    entries.filter(|entry| entry.file_name().to_string_lossy().starts_with('.')).count()
}

#[test]
fn a_program_that_cannot_be_replaced_stays_as_it_is() {
    let workshop = Workshop::new();
    let program = workshop.program(&[]);
    let before = state(&program);
    // As when it is installed again meanwhile.
    let meanwhile = |_: &Path| {
        fs::write(&program, [before.0.as_slice(), b"new"].concat())?;
        Ok(true)
    };
    let nothing = |_: &Path| Vec::new();
    let patcher = Patcher {
        root: workshop.folder.path(),
        loader: &workshop.loader,
        libraries: &nothing,
        loads: &meanwhile,
    };
    let error = format!("{:#}", patcher.patch(&program).unwrap_err());
    assert!(error.contains("it was changed meanwhile"), "{error}");
    assert_eq!(fs::read(&program).unwrap(), [before.0.as_slice(), b"new"].concat());
    assert_eq!(leftovers(&workshop), 0);
    assert_eq!(Mark::of(&program), None);
}
