//! Reads an object's headers, dynamic section and needed strings by positional reads, never the
//! whole file: a wheel's libraries run to hundreds of megabytes. The only file that names goblin.

use std::borrow::Cow;
use std::cell::Cell;
use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use goblin::container::Ctx;
use goblin::elf::dynamic::{
    DF_1_NODEFLIB, DF_1_PIE, DT_FLAGS_1, DT_NEEDED, DT_NULL, DT_RPATH, DT_RUNPATH, DT_SONAME, DT_STRSZ,
    DT_STRTAB, DT_VERDEF, DT_VERDEFNUM, DT_VERNEED, DT_VERNEEDNUM, Dyn,
};
use goblin::elf::header::{ELFCLASS64, ELFMAG, ET_DYN, ET_EXEC, Header};
use goblin::elf::program_header::{PT_DYNAMIC, PT_INTERP, PT_LOAD, ProgramHeader};
use goblin::elf32;
use goblin::elf64;

use super::{Class, Machine, Object, Verdict, ident};

/// Covers the ELF header and, in practice, every program header and the name of the loader.
const HEAD: usize = 1024;
/// Strings and version needs that lie within this many bytes are fetched by one read: more would cost
/// more than the reads it saves.
const TABLES_WINDOW: u64 = 1 << 14;
/// The names of versions come last in the table of strings.
const LAST_STRINGS: u64 = 1024;
/// Read from where the table of version needs begins: most are smaller.
pub(super) const VERSIONS_WINDOW: u64 = 2048;
/// A program header table larger than this is refused, as a dynamic section is.
const MAX_TABLE: u64 = 1 << 20;
/// Far beyond any object's: each is searched for in many directories.
const MAX_NEEDED: usize = 1024;
/// PATH_MAX: no path or name is longer. A search path has many.
const MAX_STRING: u64 = 4096;
/// All strings of one object together, which may overlap in the file: some KiB, and they are kept.
const MAX_STRINGS: u64 = 1 << 16;
/// Far beyond any object's as well: each is looked into for each needed name.
const MAX_DIRECTORIES: usize = 512;
/// Strings that lie within this many bytes are fetched by one read.
const STRING_WINDOW: u64 = 1 << 16;

/// Why a file is no object that can be examined.
#[derive(Debug)]
pub enum Unreadable {
    /// It does not begin as an ELF file does, or is an archive's member: nobody's business.
    NotElf,
    /// A directory, a named pipe, a device.
    NoFile,
    /// It begins as an ELF file, or should, and then makes no sense.
    Malformed(&'static str),
    /// The file could not be read.
    Io(io::Error),
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotElf => f.write_str("not an ELF file"),
            Self::NoFile => f.write_str("not a regular file"),
            Self::Malformed(what) => f.write_str(what),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Malformed("truncated"),
            _ => Self::Io(error),
        }
    }
}

/// Reads the object at `path`.
///
/// # Errors
/// `NoFile` and `NotElf` for what is no ELF executable or shared object, `Malformed` for one that is
/// damaged, `Io` if it cannot be read.
pub fn read(path: &Path) -> Result<Object, Unreadable> {
    open(path)?.object()
}

/// As [`read`], where the file's metadata is known already.
///
/// # Errors
/// As [`read`].
pub fn read_known(path: &Path, metadata: &fs::Metadata) -> Result<Object, Unreadable> {
    if metadata.is_file() && metadata.len() < ELFMAG.len() as u64 {
        return Err(Unreadable::NotElf);
    }
    let (file, size) = open_known(path, metadata)?;
    Image::open(file, size)?.object()
}

/// The symbol versions that the library at `path` defines.
///
/// # Errors
/// As [`read`].
pub fn version_definitions(path: &Path) -> Result<Vec<String>, Unreadable> {
    let image = open(path)?;
    image.dynamic()?.map_or(Ok(Vec::new()), |dynamic| image.version_definitions(&dynamic))
}

/// What the loader of `machine` says of the first bytes of the file at `path`.
///
/// # Errors
/// As [`read`], for a file that cannot be read at all.
pub fn verdict(path: &Path, machine: Machine) -> Result<Verdict, Unreadable> {
    let (file, size) = open_file(path)?;
    let mut head = vec![0; size.min(64) as usize];
    file.read_exact_at(&mut head, 0)?;
    Ok(ident::verdict(&head, machine))
}

pub(super) fn open(path: &Path) -> Result<Image, Unreadable> {
    let (file, size) = open_file(path)?;
    Image::open(file, size)
}

fn open_file(path: &Path) -> Result<(File, u64), Unreadable> {
    open_known(path, &fs::metadata(path)?)
}

/// Only a regular file is opened: opening a pipe or a device can be felt at its other end.
fn open_known(path: &Path, metadata: &fs::Metadata) -> Result<(File, u64), Unreadable> {
    if !metadata.is_file() {
        return Err(Unreadable::NoFile);
    }
    // O_NONBLOCK: should a named pipe have come in its place meanwhile, it must not stop us.
    let nonblock = rustix::fs::OFlags::NONBLOCK.bits() as i32;
    let file = OpenOptions::new().read(true).custom_flags(nonblock).open(path)?;
    Ok((file, metadata.len()))
}

/// An ELF file with its headers read.
pub(super) struct Image {
    file: File,
    size: u64,
    header: Header,
    fault: Option<&'static str>,
    context: Ctx,
    segments: Vec<ProgramHeader>,
    /// The beginning of the file.
    head: Vec<u8>,
    /// A part that was read ahead, and from which offset.
    ahead: (u64, Vec<u8>),
    /// How many bytes of strings may still be taken.
    strings_left: Cell<u64>,
}

/// The entries of the dynamic section that matter here.
#[derive(Default)]
pub(super) struct Dynamic {
    strings: Option<u64>,
    strings_size: u64,
    needed: Vec<u64>,
    soname: Option<u64>,
    rpath: Option<u64>,
    runpath: Option<u64>,
    flags_1: u64,
    pub(super) version_needs: Option<u64>,
    pub(super) version_needs_count: u64,
    pub(super) version_definitions: Option<u64>,
    pub(super) version_definitions_count: u64,
}

impl Image {
    fn open(file: File, size: u64) -> Result<Self, Unreadable> {
        let mut head = [0; HEAD];
        let head = &mut head[..HEAD.min(usize::try_from(size).unwrap_or(HEAD))];
        file.read_exact_at(head, 0)?;
        if !head.starts_with(ELFMAG) {
            return Err(Unreadable::NotElf);
        }
        let header = parse_header(head)?;
        if !matches!(header.e_type, ET_EXEC | ET_DYN) {
            return Err(Unreadable::NotElf);
        }
        let container = header.container().map_err(|_| Unreadable::Malformed("unknown ELF class"))?;
        let endian = header.endianness().map_err(|_| Unreadable::Malformed("unknown byte order"))?;
        let context = Ctx::new(container, endian);
        let fault = ident::fault(head, context.is_little_endian());
        let (segments, ahead, head) = (Vec::new(), (0, Vec::new()), head.to_vec());
        let strings_left = Cell::new(MAX_STRINGS);
        let mut image = Self { file, size, header, fault, context, segments, head, ahead, strings_left };
        image.segments = image.read_segments()?;
        Ok(image)
    }

    fn read_segments(&self) -> Result<Vec<ProgramHeader>, Unreadable> {
        let entry = ProgramHeader::size(self.context);
        let count = usize::from(self.header.e_phnum);
        if count > 0 && usize::from(self.header.e_phentsize) != entry {
            return Err(Unreadable::Malformed("program headers of an unknown size"));
        }
        let bytes = self.bytes(self.header.e_phoff, (entry * count) as u64)?;
        ProgramHeader::parse(&bytes, 0, count, self.context)
            .map_err(|_| Unreadable::Malformed("bad program headers"))
    }

    /// Reads the strings and the version needs at once, where they lie together.
    fn read_ahead(&mut self, dynamic: &Dynamic) {
        let place = |at: Option<u64>| at.and_then(|address| self.offset(address));
        let Some(strings) = place(dynamic.strings) else { return };
        let strings_end = strings.saturating_add(dynamic.strings_size);
        let versions = place(dynamic.version_needs).filter(|&at| at >= strings_end);
        let end = versions.map_or(strings_end, |at| at.saturating_add(VERSIONS_WINDOW)).min(self.size);
        let starts = [strings, strings_end.saturating_sub(LAST_STRINGS).max(strings)];
        let near = starts.into_iter().find(|start| end.saturating_sub(*start) <= TABLES_WINDOW);
        if let Some(start) = near.filter(|&start| start < end)
            && let Ok(bytes) = self.bytes(start, end - start)
        {
            let bytes = bytes.into_owned();
            self.ahead = (start, bytes);
        }
    }

    fn object(&mut self) -> Result<Object, Unreadable> {
        let dynamic = self.dynamic()?;
        let has_dynamic = dynamic.is_some();
        if let Some(dynamic) = &dynamic {
            self.read_ahead(dynamic);
        }
        let dynamic = dynamic.unwrap_or_default();
        let named = [dynamic.soname, dynamic.rpath, dynamic.runpath];
        let strings = Strings::fetch(
            self,
            &dynamic,
            dynamic.needed.iter().copied().chain(named.into_iter().flatten()),
        )?;
        let name = |at: u64| strings.get(at).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let path = |at: Option<u64>| at.map(|at| strings.search_path(at)).transpose();
        Ok(Object {
            machine: Machine {
                class: if self.header.e_ident[4] == ELFCLASS64 { Class::Elf64 } else { Class::Elf32 },
                little_endian: self.context.is_little_endian(),
                number: self.header.e_machine,
            },
            fixed_executable: self.header.e_type == ET_EXEC,
            interpreter: self.interpreter()?,
            soname: dynamic.soname.map(name).transpose()?,
            needed: dynamic.needed.iter().map(|&at| name(at)).collect::<Result<_, _>>()?,
            rpath: path(dynamic.rpath)?,
            runpath: path(dynamic.runpath)?,
            no_default_libs: dynamic.flags_1 & DF_1_NODEFLIB != 0,
            pie: dynamic.flags_1 & DF_1_PIE != 0,
            dynamic: has_dynamic,
            fault: self.fault,
            version_needs: self.version_needs(&dynamic, &strings).unwrap_or_default(),
            openings: self.openings(),
            version_definitions: self.version_definitions(&dynamic).unwrap_or_default(),
        })
    }

    fn interpreter(&self) -> Result<Option<String>, Unreadable> {
        let Some(segment) = self.segment(PT_INTERP) else { return Ok(None) };
        let bytes = self.bytes(segment.p_offset, segment.p_filesz.min(MAX_STRING))?;
        Ok(Some(String::from_utf8_lossy(until_nul(&bytes)).into_owned()))
    }

    pub(super) fn dynamic(&self) -> Result<Option<Dynamic>, Unreadable> {
        let Some(segment) = self.segment(PT_DYNAMIC) else { return Ok(None) };
        // Separate debug files keep the segment and not its content.
        if segment.p_filesz == 0 {
            return Ok(None);
        }
        let bytes = self.bytes(segment.p_offset, segment.p_filesz)?;
        let entry = Dyn::size(self.context.container);
        let mut found = Dynamic::default();
        for chunk in bytes.chunks_exact(entry) {
            let (tag, value) = self.entry(chunk);
            match tag {
                DT_NULL => break,
                DT_NEEDED if found.needed.len() == MAX_NEEDED => {
                    return Err(Unreadable::Malformed("an absurd number of needed names"));
                }
                DT_NEEDED => found.needed.push(value),
                DT_SONAME => found.soname = Some(value),
                DT_RPATH => found.rpath = Some(value),
                DT_RUNPATH => found.runpath = Some(value),
                DT_STRTAB => found.strings = Some(value),
                DT_STRSZ => found.strings_size = value,
                DT_FLAGS_1 => found.flags_1 = value,
                DT_VERNEED => found.version_needs = Some(value),
                DT_VERNEEDNUM => found.version_needs_count = value,
                DT_VERDEF => found.version_definitions = Some(value),
                DT_VERDEFNUM => found.version_definitions_count = value,
                _ => {}
            }
        }
        Ok(Some(found))
    }

    /// Tag and value of one entry of the dynamic section.
    fn entry(&self, chunk: &[u8]) -> (u64, u64) {
        let (tag, value) = chunk.split_at(chunk.len() / 2);
        (self.number(tag), self.number(value))
    }

    /// An unsigned number in the file's byte order.
    fn number(&self, bytes: &[u8]) -> u64 {
        let push = |sum: u64, &byte: &u8| sum << 8 | u64::from(byte);
        match self.context.is_little_endian() {
            true => bytes.iter().rev().fold(0, push),
            false => bytes.iter().fold(0, push),
        }
    }

    /// The 32-bit number at this place of a record; 0 beyond its end.
    pub(super) fn word(&self, record: &[u8], at: usize) -> u32 {
        record.get(at..at + 4).map_or(0, |bytes| self.number(bytes) as u32)
    }

    /// The 16-bit number at this place of a record; 0 beyond its end.
    pub(super) fn half(&self, record: &[u8], at: usize) -> u16 {
        record.get(at..at + 2).map_or(0, |bytes| self.number(bytes) as u16)
    }

    fn segment(&self, kind: u32) -> Option<&ProgramHeader> {
        self.segments_of(kind).next()
    }

    pub(super) fn segments_of(&self, kind: u32) -> impl Iterator<Item = &ProgramHeader> {
        self.segments.iter().filter(move |segment| segment.p_type == kind)
    }

    /// Where in the file the byte at a virtual address lies.
    pub(super) fn offset(&self, address: u64) -> Option<u64> {
        self.segments.iter().filter(|segment| segment.p_type == PT_LOAD).find_map(|segment| {
            let within = address.checked_sub(segment.p_vaddr)?;
            (within < segment.p_filesz).then(|| segment.p_offset.checked_add(within))?
        })
    }

    /// Where in the file the strings of the dynamic section lie, and how many bytes they are.
    pub(super) fn strings_place(&self, dynamic: &Dynamic) -> Option<(u64, u64)> {
        let offset = self.offset(dynamic.strings?)?;
        Some((offset, dynamic.strings_size.min(self.size.saturating_sub(offset))))
    }

    /// The ELF header.
    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    /// All program headers, in file order.
    pub(super) fn segments(&self) -> &[ProgramHeader] {
        &self.segments
    }

    /// The size of the file.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// The bytes there; read only if they were not before.
    pub(super) fn bytes(&self, offset: u64, length: u64) -> Result<Cow<'_, [u8]>, Unreadable> {
        let end = offset.checked_add(length).ok_or(OUT_OF_FILE)?;
        if end > self.size {
            return Err(OUT_OF_FILE);
        }
        if length > MAX_TABLE {
            return Err(Unreadable::Malformed("a table of an absurd size"));
        }
        let known = within(0, &self.head, offset, length);
        if let Some(bytes) = known.or_else(|| within(self.ahead.0, &self.ahead.1, offset, length)) {
            return Ok(bytes.into());
        }
        let mut bytes = vec![0; length as usize];
        self.file.read_exact_at(&mut bytes, offset)?;
        Ok(bytes.into())
    }
}

/// The part of what was read from `start` on that lies there, if all of it does.
fn within(start: u64, bytes: &[u8], offset: u64, length: u64) -> Option<&[u8]> {
    let skip = usize::try_from(offset.checked_sub(start)?).ok()?;
    bytes.get(skip..)?.get(..usize::try_from(length).ok()?)
}

const OUT_OF_FILE: Unreadable = Unreadable::Malformed("truncated");

fn parse_header(head: &[u8]) -> Result<Header, Unreadable> {
    let smallest = match head.get(4) {
        Some(&ELFCLASS64) => elf64::header::SIZEOF_EHDR,
        _ => elf32::header::SIZEOF_EHDR,
    };
    if head.len() < smallest {
        return Err(OUT_OF_FILE);
    }
    goblin::elf::Elf::parse_header(head).map_err(|_| Unreadable::Malformed("bad ELF header"))
}

fn until_nul(bytes: &[u8]) -> &[u8] {
    until_a_nul(bytes).unwrap_or(bytes)
}

/// `None` where there is no NUL.
fn until_a_nul(bytes: &[u8]) -> Option<&[u8]> {
    memchr::memchr(0, bytes).map(|end| &bytes[..end])
}

/// The part of the dynamic string table that holds the strings asked for.
pub(super) struct Strings<'a> {
    image: &'a Image,
    /// File offset and size of the whole table.
    table: (u64, u64),
    /// What was read of it, and from which place in the table.
    window: (u64, Cow<'a, [u8]>),
}

impl<'a> Strings<'a> {
    /// Reads what lies around the strings at these places of the table.
    pub(super) fn fetch(
        image: &'a Image,
        dynamic: &Dynamic,
        places: impl Iterator<Item = u64> + Clone,
    ) -> Result<Self, Unreadable> {
        let (Some(first), Some(last)) = (places.clone().min(), places.max()) else {
            return Ok(Self { image, table: (0, 0), window: (0, Cow::default()) });
        };
        if dynamic.strings.is_none() {
            return Err(Unreadable::Malformed("no dynamic string table"));
        }
        let (offset, size) =
            image.strings_place(dynamic).ok_or(Unreadable::Malformed("string table outside the file"))?;
        let end = last.saturating_add(256).min(size).min(first.saturating_add(STRING_WINDOW));
        let bytes = match end.checked_sub(first) {
            Some(length) => image.bytes(offset.checked_add(first).ok_or(OUT_OF_FILE)?, length)?,
            None => Cow::default(),
        };
        Ok(Self { image, table: (offset, size), window: (first, bytes) })
    }

    /// The string at this place of the table.
    pub(super) fn get(&self, at: u64) -> Result<Vec<u8>, Unreadable> {
        self.take(at, MAX_STRING)
    }

    /// The DT_RPATH or DT_RUNPATH at this place of the table.
    fn search_path(&self, at: u64) -> Result<OsString, Unreadable> {
        let path = self.take(at, MAX_STRINGS)?;
        match path.iter().filter(|&&byte| byte == b':').count() < MAX_DIRECTORIES {
            true => Ok(OsString::from_vec(path)),
            false => Err(Unreadable::Malformed("a search path of an absurd length")),
        }
    }

    /// The string there, which has at most so many bytes.
    fn take(&self, at: u64, most: u64) -> Result<Vec<u8>, Unreadable> {
        let left = self.image.strings_left.get();
        let (start, bytes) = &self.window;
        let in_window = at.checked_sub(*start).and_then(|skip| bytes.get(usize::try_from(skip).ok()?..));
        let found = match in_window.and_then(until_a_nul) {
            Some(found) => Cow::Borrowed(found),
            None => self.read(at, most.min(left) + 1)?,
        };
        let length = found.len() as u64;
        if length > most {
            return Err(Unreadable::Malformed("a name of an absurd length"));
        }
        let left = left.checked_sub(length + 1).ok_or(Unreadable::Malformed("names of an absurd size"))?;
        self.image.strings_left.set(left);
        Ok(found.into_owned())
    }

    /// The string there, or its first bytes.
    fn read(&self, at: u64, most: u64) -> Result<Cow<'_, [u8]>, Unreadable> {
        let (offset, size) = self.table;
        let length = size.checked_sub(at).ok_or(Unreadable::Malformed("a name outside the string table"))?;
        let bytes = self.image.bytes(offset.checked_add(at).ok_or(OUT_OF_FILE)?, length.min(most))?;
        Ok(until_nul(&bytes).to_vec().into())
    }
}
