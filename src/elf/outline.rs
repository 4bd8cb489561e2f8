//! The tables of a program as they stand in the file: what [`Object`](super::Object) gives the meaning of,
//! for those who rewrite them.

use std::path::Path;

use goblin::elf::header::ET_EXEC;
use goblin::elf::program_header::{
    PT_DYNAMIC, PT_GNU_PROPERTY, PT_GNU_RELRO, PT_INTERP, PT_LOAD, PT_NOTE, PT_NULL, PT_PHDR, ProgramHeader,
};
use goblin::elf::section_header::{SHT_DYNAMIC, SHT_NOBITS, SHT_NULL, SHT_PROGBITS, SHT_STRTAB};

use super::read::{Image, Unreadable, open};
use super::{Class, Machine};

/// Sizes of a note's owner and content, and its type.
const NOTE: usize = 12;
/// A page.
const MAX_FILLING: u64 = 1 << 12;
/// Notes hold some hundred bytes; what holds more is somebody's data.
const MAX_NOTE: u64 = 1 << 12;

/// What the headers of a 64-bit, little-endian object say, number by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// The machine that it is for.
    pub machine: Machine,
    /// `e_type` is ET_EXEC.
    pub fixed: bool,
    /// The size of the file.
    pub size: u64,
    /// Where all that headers describe ends, and zeros that fill the file up.
    pub end: u64,
    /// `e_phoff`.
    pub table: u64,
    /// The program headers, in file order.
    pub segments: Vec<Segment>,
    /// Tags and values of the dynamic section, up to DT_NULL.
    pub dynamic: Vec<(u64, u64)>,
    /// File offset and size of its strings.
    pub strings: (u64, u64),
    /// `e_shoff`.
    pub sections_at: u64,
    /// The section headers, in file order; none in a file that has lost them.
    pub sections: Vec<Section>,
}

/// A section header. Loaders do not look at it, tools do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section {
    /// `sh_type`.
    pub kind: u32,
    /// `sh_addr`.
    pub address: u64,
    /// `sh_offset`.
    pub offset: u64,
    /// `sh_size`.
    pub size: u64,
}

impl Section {
    /// Size of a header.
    pub const HEADER: u64 = 64;
    /// Where in it address, offset and size stand, in this order.
    pub const PLACE: u64 = 16;
    /// `sh_type` of the dynamic section.
    pub const DYNAMIC: u32 = SHT_DYNAMIC;
    /// `sh_type` of a table of strings.
    pub const STRINGS: u32 = SHT_STRTAB;
    /// `sh_type` of what a program brings.
    pub const CONTENT: u32 = SHT_PROGBITS;

    /// Where it ends in the file.
    fn end(&self) -> Option<u64> {
        if matches!(self.kind, SHT_NULL | SHT_NOBITS) { Some(0) } else { self.offset.checked_add(self.size) }
    }
}

/// A program header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// What it is.
    pub kind: SegmentKind,
    /// `p_flags`.
    pub flags: u32,
    /// `p_offset`.
    pub offset: u64,
    /// `p_vaddr`.
    pub address: u64,
    /// `p_paddr`.
    pub physical: u64,
    /// `p_filesz`.
    pub file_size: u64,
    /// `p_memsz`.
    pub memory_size: u64,
    /// `p_align`.
    pub alignment: u64,
    /// Of a PT_NOTE that could be read to its end: who owns the notes.
    pub owners: Option<Vec<Vec<u8>>>,
}

/// `p_type`, as far as it matters to a rewriter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentKind {
    /// PT_NULL: unused.
    Null,
    /// PT_LOAD.
    Load,
    /// PT_DYNAMIC.
    Dynamic,
    /// PT_INTERP.
    Interpreter,
    /// PT_NOTE.
    Note,
    /// PT_PHDR.
    Table,
    /// PT_GNU_PROPERTY.
    Property,
    /// PT_GNU_RELRO.
    Relro,
    /// Any other.
    Other(u32),
}

impl SegmentKind {
    const NUMBERS: [(Self, u32); 8] = [
        (Self::Null, PT_NULL),
        (Self::Load, PT_LOAD),
        (Self::Dynamic, PT_DYNAMIC),
        (Self::Interpreter, PT_INTERP),
        (Self::Note, PT_NOTE),
        (Self::Table, PT_PHDR),
        (Self::Property, PT_GNU_PROPERTY),
        (Self::Relro, PT_GNU_RELRO),
    ];

    /// The kind of this `p_type`.
    pub fn of(number: u32) -> Self {
        let known = Self::NUMBERS.iter().find(|(_, known)| *known == number);
        known.map_or(Self::Other(number), |(kind, _)| *kind)
    }

    /// `p_type`.
    pub fn number(self) -> u32 {
        match self {
            Self::Other(number) => number,
            _ => Self::NUMBERS.iter().find(|(kind, _)| *kind == self).map_or(PT_NULL, |(_, number)| *number),
        }
    }
}

/// Reads the tables of the object at `path`.
///
/// # Errors
/// As [`read`](super::read()), and `Malformed` for an object of another class or byte order, and one whose
/// tables lie outside of it.
pub fn outline(path: &Path) -> Result<Outline, Unreadable> {
    open(path)?.outline()
}

impl Image {
    fn outline(&self) -> Result<Outline, Unreadable> {
        let header = self.header();
        let wide = header.e_ident[4] == 2;
        let little_endian = header.e_ident[5] == 1;
        if !(wide && little_endian) {
            return Err(Unreadable::Malformed("not a 64-bit little-endian object"));
        }
        let dynamic = self.dynamic()?;
        let strings = dynamic.and_then(|dynamic| self.strings_place(&dynamic)).unwrap_or_default();
        let sections = self.sections()?;
        Ok(Outline {
            machine: Machine { class: Class::Elf64, little_endian, number: header.e_machine },
            fixed: header.e_type == ET_EXEC,
            size: self.size(),
            end: self.end(&sections)?,
            table: header.e_phoff,
            segments: self.segments().iter().map(|segment| self.segment_of(segment)).collect(),
            dynamic: self.entries()?,
            strings,
            sections_at: header.e_shoff,
            sections,
        })
    }

    fn segment_of(&self, header: &ProgramHeader) -> Segment {
        let kind = SegmentKind::of(header.p_type);
        Segment {
            kind,
            flags: header.p_flags,
            offset: header.p_offset,
            address: header.p_vaddr,
            physical: header.p_paddr,
            file_size: header.p_filesz,
            memory_size: header.p_memsz,
            alignment: header.p_align,
            owners: (kind == SegmentKind::Note).then(|| self.owners(header)).flatten(),
        }
    }

    /// Whose the notes of a segment are; `None` if that is more than notes are.
    fn owners(&self, header: &ProgramHeader) -> Option<Vec<Vec<u8>>> {
        if header.p_filesz > MAX_NOTE {
            return None;
        }
        let alignment = if header.p_align == 8 { 8 } else { 4 };
        let bytes = self.bytes(header.p_offset, header.p_filesz).ok()?;
        let mut rest: &[u8] = &bytes;
        let mut owners = Vec::new();
        while !rest.is_empty() {
            let [owner, content] = [0, 4].map(|at| self.word(rest, at) as usize);
            let behind = NOTE.checked_add(owner)?.checked_next_multiple_of(alignment)?;
            let name = rest.get(NOTE..NOTE.checked_add(owner)?)?;
            owners.push(name.strip_suffix(b"\0").unwrap_or(name).to_owned());
            let end = behind.checked_add(content)?;
            rest.get(..end)?;
            // The last one may do without what fills it up.
            rest = rest.get(end.checked_next_multiple_of(alignment)?..).unwrap_or_default();
        }
        Some(owners)
    }

    /// Tags and values up to DT_NULL.
    fn entries(&self) -> Result<Vec<(u64, u64)>, Unreadable> {
        let Some(segment) = self.segments_of(PT_DYNAMIC).next() else { return Ok(Vec::new()) };
        let bytes = self.bytes(segment.p_offset, segment.p_filesz)?;
        let number = |bytes: &[u8]| bytes.try_into().map(u64::from_le_bytes).unwrap_or_default();
        let all = bytes.chunks_exact(16).map(|entry| (number(&entry[..8]), number(&entry[8..])));
        Ok(all.take_while(|(tag, _)| *tag != 0).collect())
    }

    fn sections(&self) -> Result<Vec<Section>, Unreadable> {
        let header = self.header();
        if header.e_shoff == 0 {
            return Ok(Vec::new());
        }
        if u64::from(header.e_shentsize) != Section::HEADER || header.e_shnum == 0 {
            return Err(Unreadable::Malformed("section headers of an unknown size"));
        }
        let bytes = self.bytes(header.e_shoff, Section::HEADER * u64::from(header.e_shnum))?;
        let section = |bytes: &[u8]| {
            let number =
                |at: usize| u64::from(self.word(bytes, at)) | u64::from(self.word(bytes, at + 4)) << 32;
            Section { kind: self.word(bytes, 4), address: number(16), offset: number(24), size: number(32) }
        };
        Ok(bytes.chunks_exact(Section::HEADER as usize).map(section).collect())
    }

    /// Where the last of the headers, sections and segments ends.
    fn end(&self, sections: &[Section]) -> Result<u64, Unreadable> {
        const OUTSIDE: Unreadable = Unreadable::Malformed("truncated");
        let header = self.header();
        let table = |offset: u64, entry: u16, count: usize| {
            offset.checked_add(u64::from(entry) * count as u64).ok_or(OUTSIDE)
        };
        let mut end = u64::from(header.e_ehsize);
        end = end.max(table(header.e_phoff, header.e_phentsize, self.segments().len())?);
        end = end.max(table(header.e_shoff, header.e_shentsize, sections.len())?);
        for segment in self.segments().iter().filter(|segment| segment.p_type != PT_NULL) {
            end = end.max(segment.p_offset.checked_add(segment.p_filesz).ok_or(OUTSIDE)?);
        }
        for section in sections {
            end = end.max(section.end().ok_or(OUTSIDE)?);
        }
        let rest = self.size().checked_sub(end).ok_or(OUTSIDE)?;
        // patchelf leaves a byte.
        let is_filling = rest <= MAX_FILLING && self.bytes(end, rest)?.iter().all(|&byte| byte == 0);
        Ok(if is_filling { self.size() } else { end })
    }
}
