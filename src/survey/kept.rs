//! What is kept of a survey for the next one: `.venvfix/scan` in the venv. Whatever is wrong with it,
//! only time is lost: a distribution counts as long as its RECORD is the same file, a file of it as long
//! as it is.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::fingerprint::Fingerprint;
use super::package::{Directory, Package};
use super::sources::SourceOpening;
use super::{Candidate, Seen};
use crate::elf::{Class, Machine, Object, Opening, Priority, Unreadable, VersionNeed};
use crate::fsx;
use crate::maps::Map;
use crate::python::{LibraryName, LibraryOpening, Need};
use crate::venv::{Distribution, own_folder};

/// Another schema, or another version of the program, counts as nothing kept.
pub(super) const HEAD: &str = concat!("venvfix scan 3 ", env!("CARGO_PKG_VERSION"), "\n");
/// Far beyond any: 2,400 objects take 1 MB.
const MAX: u64 = 16 << 20;

/// What was kept.
#[derive(Default)]
pub(super) struct Kept<'a> {
    /// By the path of the `*.dist-info` below the root.
    packages: Map<&'a [u8], &'a [u8]>,
    loose: Map<PathBuf, Known<'a>>,
}

/// What was known of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'a> {
    pub(super) fingerprint: Fingerprint,
    pub(super) module_hook: Option<bool>,
    /// Nothing for a file that is no object.
    object: &'a [u8],
}

pub(super) fn read(root: &Path) -> Option<Vec<u8>> {
    fsx::read_bytes(&root.join(".venvfix/scan"), MAX).ok()?
}

/// All but the distributions that are damaged: these are to be looked at again.
pub(super) fn write(
    root: &Path,
    packages: &[Package],
    files: &[Seen],
    is_damaged: impl Fn(&Path) -> bool,
) -> Result<()> {
    fsx::write_own(&own_folder(root)?.join("scan"), &encode(root, packages, files, is_damaged))
}

fn encode(root: &Path, packages: &[Package], files: &[Seen], is_damaged: impl Fn(&Path) -> bool) -> Vec<u8> {
    let mut of_package: Vec<Vec<&Seen>> = vec![Vec::new(); packages.len()];
    let mut loose = Vec::new();
    for file in files {
        if file.owners.is_empty() {
            loose.push(file);
        }
        for &owner in &file.owners {
            of_package[owner].push(file);
        }
    }
    let mut body = Writer(Vec::new());
    body.files(root, &loose);
    for (package, files) in packages.iter().zip(of_package) {
        if package.newest == i64::MAX || package.own.is_none() || is_damaged(&package.distribution.dist_info)
        {
            continue;
        }
        let Some(path) = below(root, &package.distribution.dist_info) else { continue };
        let mut part = Writer(Vec::new());
        part.package(root, package);
        part.files(root, &files);
        body.text(path);
        body.text(&part.0);
    }
    let sum = checksum(&body.0);
    [HEAD.as_bytes(), &sum.to_le_bytes(), &body.0].concat()
}

impl<'a> Kept<'a> {
    /// `None` for what another program wrote, or this one did not finish.
    pub(super) fn decode(bytes: &'a [u8], root: &Path) -> Option<Self> {
        let (sum, body) = bytes.strip_prefix(HEAD.as_bytes())?.split_first_chunk()?;
        if u64::from_le_bytes(*sum) != checksum(body) {
            return None;
        }
        let mut body = Reader(body);
        let loose = body.files(root)?;
        let known = |(path, known): (PathBuf, Option<Known<'a>>)| Some((path, known?));
        let mut kept =
            Self { packages: Map::default(), loose: loose.into_iter().filter_map(known).collect() };
        while !body.0.is_empty() {
            kept.packages.insert(body.text()?, body.text()?);
        }
        Some(kept)
    }

    /// A distribution whose RECORD is as it was, and the files of it that are worth a look.
    pub(super) fn package(&self, dist_info: &Path, root: &Path) -> Option<(Package, Vec<Candidate<'a>>)> {
        let mut part = Reader(self.packages.get(below(root, dist_info)?)?);
        let record = part.fingerprint()?;
        let metadata = std::fs::metadata(dist_info.join("RECORD")).ok()?;
        if !metadata.is_file() || Fingerprint::from(&metadata) != record {
            return None;
        }
        let package = part.package(dist_info, record, root)?;
        let candidate = |(path, known)| Candidate { path, owner: None, known };
        Some((package, part.files(root)?.into_iter().map(candidate).collect()))
    }

    /// What was known of a file that no RECORD names.
    pub(super) fn loose(&self, path: &Path) -> Option<Known<'a>> {
        self.loose.get(path).copied()
    }
}

impl Known<'_> {
    /// What the file says of itself; `None` if that makes no sense.
    pub(super) fn decode(&self) -> Option<Result<Object, Unreadable>> {
        match self.object {
            [] => Some(Err(Unreadable::NotElf)),
            bytes => Reader(bytes).object().map(Ok),
        }
    }
}

fn below<'p>(root: &Path, path: &'p Path) -> Option<&'p [u8]> {
    fsx::below(root, path).map(|path| path.as_os_str().as_bytes())
}

/// Tells a file that was not written to its end, or was damaged since.
pub(super) fn checksum(bytes: &[u8]) -> u64 {
    const PRIME: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |sum: u64, part: [u8; 8]| (sum ^ u64::from_le_bytes(part)).wrapping_mul(PRIME).rotate_left(29);
    let (parts, rest) = bytes.as_chunks::<8>();
    let sum = parts.iter().fold(bytes.len() as u64, |sum, part| mix(sum, *part));
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    mix(sum, last)
}

struct Writer(Vec<u8>);

impl Writer {
    fn number(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    /// A length, or a count: nothing kept is longer than [`MAX`].
    fn length(&mut self, length: usize) {
        self.0.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
    }

    fn text(&mut self, text: &[u8]) {
        self.length(text.len());
        self.0.extend_from_slice(text);
    }

    fn names(&mut self, names: &[String]) {
        self.length(names.len());
        names.iter().for_each(|name| self.text(name.as_bytes()));
    }

    /// `None` is told from an empty text.
    fn maybe(&mut self, text: Option<&[u8]>) {
        self.0.push(text.is_some().into());
        self.text(text.unwrap_or_default());
    }

    fn fingerprint(&mut self, fingerprint: &Fingerprint) {
        let Fingerprint { device, inode, size, modified } = *fingerprint;
        for number in [device, inode, size, modified.cast_unsigned()] {
            self.number(number);
        }
    }

    fn package(&mut self, root: &Path, package: &Package) {
        let Distribution { name, version, requires, dist_info: _ } = &package.distribution;
        self.fingerprint(&package.record);
        self.text(name.as_bytes());
        self.text(version.as_bytes());
        self.names(requires);
        let directories = package.directories.iter();
        let directories: Vec<_> =
            directories.filter_map(|found| Some((below(root, &found.path)?, found.quiet))).collect();
        self.length(directories.len());
        for (path, quiet) in directories {
            self.text(path);
            self.number(quiet.cast_unsigned());
        }
        let elsewhere: Vec<_> = package.elsewhere.iter().filter_map(|path| below(root, path)).collect();
        self.length(elsewhere.len());
        elsewhere.into_iter().for_each(|path| self.text(path));
        self.number(package.whole.max(package.newest).cast_unsigned());
        self.number(package.own.unwrap_or_default().cast_unsigned());
        self.0.push(package.openings.is_some().into());
        let openings = package.openings.as_deref().unwrap_or_default();
        self.length(openings.len());
        openings.iter().for_each(|opening| self.source_opening(opening));
    }

    fn source_opening(&mut self, SourceOpening { module, library }: &SourceOpening) {
        let LibraryOpening { names, need, by_cffi } = library;
        self.text(module.as_bytes());
        self.0.push((*by_cffi).into());
        self.length(names.len());
        for name in names {
            let (kind, name) = match name {
                LibraryName::Soname(name) => (0, name),
                LibraryName::Stem(name) => (1, name),
            };
            self.0.push(kind);
            self.text(name.as_bytes());
        }
        self.0.push(match need {
            Need::Import => 0,
            Need::Part => 1,
            Need::Nothing => 2,
        });
    }

    fn files(&mut self, root: &Path, files: &[&Seen]) {
        let named: Vec<_> = files.iter().filter_map(|file| Some((below(root, &file.path)?, file))).collect();
        self.length(named.len());
        for (path, file) in named {
            self.text(path);
            let mut object = Self(Vec::new());
            let known = match &file.found {
                Ok(located) => object.object(&located.object),
                Err(error) => matches!(error.as_ref(), Unreadable::NotElf),
            };
            let known = file.fingerprint.filter(|_| known);
            self.0.push(known.is_some().into());
            self.fingerprint(&known.unwrap_or_default());
            self.0.push(match file.module_hook.get() {
                None => 0,
                Some(false) => 1,
                Some(true) => 2,
            });
            self.text(&object.0);
        }
    }

    /// Says whether the object can be kept: what is wrong with one is told by looking.
    fn object(&mut self, object: &Object) -> bool {
        let Object {
            machine: Machine { class, little_endian, number },
            fixed_executable,
            interpreter,
            soname,
            needed,
            rpath,
            runpath,
            no_default_libs,
            pie,
            dynamic,
            fault,
            version_needs,
            version_definitions,
            openings,
        } = object;
        let flags =
            [*class == Class::Elf64, *little_endian, *fixed_executable, *no_default_libs, *pie, *dynamic];
        self.0.push(flags.iter().fold(0, |sum, &flag| sum << 1 | u8::from(flag)));
        self.0.extend_from_slice(&number.to_le_bytes());
        self.maybe(interpreter.as_deref().map(str::as_bytes));
        self.maybe(soname.as_deref().map(str::as_bytes));
        self.maybe(rpath.as_deref().map(OsStr::as_bytes));
        self.maybe(runpath.as_deref().map(OsStr::as_bytes));
        self.names(needed);
        self.length(version_needs.len());
        for VersionNeed { library, version, weak } in version_needs {
            self.text(library.as_bytes());
            self.text(version.as_bytes());
            self.0.push((*weak).into());
        }
        self.names(version_definitions);
        self.length(openings.len());
        for Opening { sonames, priority } in openings {
            self.names(sonames);
            self.0.push(match priority {
                Priority::Required => 0,
                Priority::Recommended => 1,
                Priority::Suggested => 2,
            });
        }
        fault.is_none()
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take<const SIZE: usize>(&mut self) -> Option<[u8; SIZE]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn number(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    fn flag(&mut self) -> Option<bool> {
        self.take().map(|[byte]| byte != 0)
    }

    fn length(&mut self) -> Option<usize> {
        usize::try_from(self.take().map(u32::from_le_bytes)?).ok()
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let length = self.length()?;
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn string(&mut self) -> Option<String> {
        str::from_utf8(self.text()?).ok().map(str::to_owned)
    }

    fn maybe(&mut self) -> Option<Option<&'a [u8]>> {
        let there = self.flag()?;
        let text = self.text()?;
        Some(there.then_some(text))
    }

    /// So many of what `read` reads: as many as there are bytes at the most.
    fn list<T>(&mut self, read: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.length().filter(|&count| count <= self.0.len())?;
        (0..count).map(|_| read(self)).collect()
    }

    fn fingerprint(&mut self) -> Option<Fingerprint> {
        let (device, inode, size) = (self.number()?, self.number()?, self.number()?);
        Some(Fingerprint { device, inode, size, modified: self.number()?.cast_signed() })
    }

    /// A path below `root`, and by no detour.
    fn path(&mut self, root: &Path) -> Option<PathBuf> {
        let path = self.text()?;
        if path.split(|&byte| byte == b'/').any(|part| matches!(part, b"" | b"." | b"..")) {
            return None;
        }
        let mut whole = PathBuf::with_capacity(root.as_os_str().len() + 1 + path.len());
        whole.push(root);
        whole.push(OsStr::from_bytes(path));
        Some(whole)
    }

    /// What follows a RECORD's fingerprint.
    fn package(&mut self, dist_info: &Path, record: Fingerprint, root: &Path) -> Option<Package> {
        let (name, version) = (self.string()?, self.string()?);
        let requires = self.list(Self::string)?;
        let directories = self.list(|reader| {
            Some(Directory { path: reader.path(root)?, quiet: reader.number()?.cast_signed() })
        })?;
        let elsewhere = self.list(|reader| reader.path(root))?;
        let whole = self.number()?.cast_signed();
        let own = self.number()?.cast_signed();
        let unchanged = std::fs::metadata(dist_info).is_ok_and(|metadata| fsx::modified(&metadata) == own);
        let own = unchanged.then_some(own);
        let distribution = Distribution { name, version, requires, dist_info: dist_info.to_owned() };
        let was_read = self.flag()?;
        let openings = self.list(Self::source_opening)?;
        let openings = was_read.then_some(openings);
        Some(Package { distribution, record, directories, elsewhere, whole, newest: i64::MAX, own, openings })
    }

    fn source_opening(&mut self) -> Option<SourceOpening> {
        let (module, by_cffi) = (self.string()?, self.flag()?);
        let names = self.list(|reader| match reader.take()? {
            [0] => reader.string().map(LibraryName::Soname),
            [1] => reader.string().map(LibraryName::Stem),
            _ => None,
        })?;
        let need = match self.take()? {
            [0] => Need::Import,
            [1] => Need::Part,
            [2] => Need::Nothing,
            _ => return None,
        };
        Some(SourceOpening { module, library: LibraryOpening { names, need, by_cffi } })
    }

    fn files(&mut self, root: &Path) -> Option<Vec<(PathBuf, Option<Known<'a>>)>> {
        self.list(|reader| {
            let (path, known) = (reader.path(root)?, reader.flag()?);
            let fingerprint = reader.fingerprint()?;
            let module_hook = match reader.take()? {
                [0] => None,
                [1] => Some(false),
                [2] => Some(true),
                _ => return None,
            };
            let object = reader.text()?;
            Some((path, known.then_some(Known { fingerprint, module_hook, object })))
        })
    }

    fn opening(&mut self) -> Option<Opening> {
        let sonames = self.list(Self::string)?;
        let priority = match self.take()? {
            [0] => Priority::Required,
            [1] => Priority::Recommended,
            [2] => Priority::Suggested,
            _ => return None,
        };
        Some(Opening { sonames, priority })
    }

    fn object(&mut self) -> Option<Object> {
        let [flags] = self.take()?;
        let flag = |place: u8| flags >> place & 1 == 1;
        let machine = Machine {
            class: if flag(5) { Class::Elf64 } else { Class::Elf32 },
            little_endian: flag(4),
            number: self.take().map(u16::from_le_bytes)?,
        };
        let string = |text: Option<&[u8]>| match text {
            Some(text) => str::from_utf8(text).ok().map(|text| Some(text.to_owned())),
            None => Some(None),
        };
        let path = |text: Option<&[u8]>| text.map(|text| OsStr::from_bytes(text).to_owned());
        Some(Object {
            machine,
            fixed_executable: flag(3),
            interpreter: string(self.maybe()?)?,
            soname: string(self.maybe()?)?,
            rpath: path(self.maybe()?),
            runpath: path(self.maybe()?),
            needed: self.list(Self::string)?,
            no_default_libs: flag(2),
            pie: flag(1),
            dynamic: flag(0),
            fault: None,
            version_needs: self.list(|reader| {
                let (library, version) = (reader.string()?, reader.string()?);
                Some(VersionNeed { library, version, weak: reader.flag()? })
            })?,
            version_definitions: self.list(Self::string)?,
            openings: self.list(Self::opening)?,
        })
    }
}
