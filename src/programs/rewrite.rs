//! Another loader, and needed names by path, for a program: pure, from the outline of its headers to the
//! bytes to write. Nothing that is mapped moves: one segment is appended, which holds what is new, and the
//! table of program headers is written anew where it was. Linux before 5.18 takes the place of that table in
//! memory from the first segment (AT_PHDR), so it stays there.

use std::fmt;

use super::mark::{DIGEST, Mark};
use crate::elf::{Machine, Outline, Section, Segment, SegmentKind};

/// The largest page of any machine here: aarch64 has 64 KiB.
const PAGE: u64 = 1 << 16;
/// Addresses that both machines have for a process, whatever the kernel was built for.
const MOST_ADDRESS: u64 = 1 << 38;
/// Size of a program header.
const HEADER: usize = 56;
/// An entry of the dynamic section.
const ENTRY: usize = 16;
const DT_NEEDED: u64 = 1;
const DT_STRTAB: u64 = 5;
const DT_STRSZ: u64 = 10;
const READ: u32 = 4;
const READ_WRITE: u32 = 6;
/// Owners of notes that no program reads of itself: identity of the build, properties, packaging.
const PLAIN_NOTES: [&[u8]; 4] = [b"GNU", b"Go", b"FDO", b"LLVM"];

/// What a program is to have.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// Its loader, an absolute path.
    pub loader: &'a [u8],
    /// Libraries that it gets by their paths.
    pub libraries: &'a [Library],
}

/// A library by its needed name and its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    /// Its SONAME.
    pub soname: Vec<u8>,
    /// Where it is.
    pub path: Vec<u8>,
}

/// Why a program is left as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is data behind what its headers describe.
    Appended,
    /// It is the start of a bundle that looks into its own file.
    Bundle(&'static str),
    /// It is for another machine, or for one that this is not known of.
    Machine,
    /// No program header can be given up.
    NoSpareHeader,
    /// Its headers are not as linkers make them.
    Odd(&'static str),
    /// A link leads to it.
    Link,
    /// It cannot be read.
    Unreadable,
    /// It is not what it was made when it was patched.
    Changed,
    /// The loader does not load what would come of it.
    NotLoaded,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Appended => f.write_str("it has data behind its end that it may look for"),
            Self::Bundle(what) => write!(f, "it is {what}, which looks into its own file"),
            Self::Machine => f.write_str("it is for another machine"),
            Self::NoSpareHeader => f.write_str("it has no program header to spare"),
            Self::Odd(what) => write!(f, "its headers are unusual: {what}"),
            Self::Link => f.write_str("it lies behind a link"),
            Self::Unreadable => f.write_str("it cannot be read"),
            Self::Changed => f.write_str("it was changed since it was patched: install it again"),
            Self::NotLoaded => f.write_str("the loader does not load it: libraries are missing, or too old"),
        }
    }
}

/// The bytes of a patched program that differ from the original's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewrite {
    /// What stands in the place of as many bytes.
    pub edits: Vec<(u64, Vec<u8>)>,
    /// What is appended, and at which offset: somewhat behind the end.
    pub tail: (u64, Vec<u8>),
}

/// Works out the bytes. `strings` are those of the dynamic section, `digest` is the file's.
///
/// # Errors
/// If the program is none that can be rewritten safely.
pub fn rewrite(
    outline: &Outline,
    strings: &[u8],
    digest: [u8; DIGEST],
    wish: Wish<'_>,
) -> Result<Rewrite, Refusal> {
    check(outline)?;
    let spare = spare(&outline.segments).ok_or(Refusal::NoSpareHeader)?;
    let offset = outline.size.next_multiple_of(ENTRY as u64);
    let loads = outline.segments.iter().filter(|segment| segment.kind == SegmentKind::Load);
    let end = loads.map(|segment| segment.address + segment.memory_size).max().unwrap_or_default();
    // Any number of bytes behind a page, as in the file: so the file needs no filling up.
    let address = end.next_multiple_of(PAGE) + offset % PAGE;

    let mut tail = [wish.loader, b"\0"].concat();
    let mut new = New { interpreter: Place { offset, address, size: tail.len() as u64 }, dynamic: None };
    tail.resize(tail.len().next_multiple_of(ENTRY), 0);
    if !wish.libraries.is_empty() {
        let at = tail.len() as u64;
        let (section, strings) = dynamic(outline, strings, wish.libraries, address + at)?;
        let place = Place { offset: offset + at, address: address + at, size: section.len() as u64 };
        new.dynamic = Some((place, place.behind(strings.len() as u64)));
        tail.extend(section);
        tail.extend(strings);
    }
    let sections = sections(outline, &new);
    let mut old = vec![(outline.table, outline.segments.iter().flat_map(header).collect())];
    old.extend(sections.iter().map(|(at, section, _)| (*at, place_of(section))));
    let mark = Mark { size: outline.size, digest, edits: old };
    tail.extend(mark.encode().ok_or(Refusal::Odd("too many program headers"))?);
    let whole = Place { offset, address, size: tail.len() as u64 };
    if address + whole.size > MOST_ADDRESS {
        return Err(Refusal::Odd("addresses beyond all bounds"));
    }
    let segments = segments(outline, spare, &new, whole);
    let mut edits = vec![(outline.table, segments.iter().flat_map(header).collect())];
    edits.extend(sections.iter().map(|(at, _, place)| (*at, place.bytes())));
    Ok(Rewrite { edits, tail: (offset, tail) })
}

/// Where what a program gets is.
struct New {
    interpreter: Place,
    /// The dynamic section and its strings.
    dynamic: Option<(Place, Place)>,
}

/// Where something new is, in the file and in memory.
#[derive(Clone, Copy)]
struct Place {
    offset: u64,
    address: u64,
    size: u64,
}

impl Place {
    fn put(self, segment: &mut Segment) {
        segment.offset = self.offset;
        segment.address = self.address;
        segment.physical = self.address;
        segment.file_size = self.size;
        segment.memory_size = self.size;
    }

    /// What follows it.
    fn behind(self, size: u64) -> Self {
        Self { offset: self.offset + self.size, address: self.address + self.size, size }
    }

    /// As in a section header.
    fn bytes(self) -> Vec<u8> {
        [self.address, self.offset, self.size].map(u64::to_le_bytes).concat()
    }
}

fn place_of(section: &Section) -> Vec<u8> {
    Place { offset: section.offset, address: section.address, size: section.size }.bytes()
}

/// The section headers of what is elsewhere now, by the place of what changes in them: for tools, which look
/// there first. None where they lie among what is loaded.
fn sections<'o>(outline: &'o Outline, new: &New) -> Vec<(u64, &'o Section, Place)> {
    let named = outline.segments.iter().find(|segment| segment.kind == SegmentKind::Interpreter);
    let strings = outline.dynamic.iter().find(|(tag, _)| *tag == DT_STRTAB).map(|(_, address)| *address);
    let place = |section: &Section| match (section.kind, new.dynamic) {
        (Section::DYNAMIC, Some((dynamic, _))) => Some(dynamic),
        (Section::STRINGS, Some((_, place))) if Some(section.address) == strings => Some(place),
        (Section::CONTENT, _)
            if named
                .is_some_and(|named| (named.offset, named.file_size) == (section.offset, section.size)) =>
        {
            Some(new.interpreter)
        }
        _ => None,
    };
    let end = outline.sections_at.saturating_add(Section::HEADER * outline.sections.len() as u64);
    let table_end = outline.table + (outline.segments.len() * HEADER) as u64;
    let loads = outline.segments.iter().filter(|segment| segment.kind == SegmentKind::Load);
    let mut taken =
        loads.map(|load| (load.offset, load.offset + load.file_size)).chain([(outline.table, table_end)]);
    if taken.any(|(start, stop)| start < end && outline.sections_at < stop) {
        return Vec::new();
    }
    let all = outline.sections.iter().zip(0u64..);
    all.filter_map(|(section, index)| {
        Some((outline.sections_at + index * Section::HEADER + Section::PLACE, section, place(section)?))
    })
    .collect()
}

/// The new table: the spare header's place goes to the new segment, behind the last one that is loaded.
fn segments(outline: &Outline, spare: usize, new: &New, whole: Place) -> Vec<Segment> {
    let New { interpreter, dynamic } = new;
    let mut segments = outline.segments.clone();
    segments.remove(spare);
    for segment in &mut segments {
        match (segment.kind, dynamic) {
            (SegmentKind::Interpreter, _) => interpreter.put(segment),
            (SegmentKind::Dynamic, Some((place, _))) => place.put(segment),
            _ => {}
        }
    }
    let last = segments.iter().rposition(|segment| segment.kind == SegmentKind::Load);
    let mut added = Segment {
        kind: SegmentKind::Load,
        // The loader writes into the dynamic section.
        flags: if dynamic.is_some() { READ_WRITE } else { READ },
        alignment: PAGE,
        offset: 0,
        address: 0,
        physical: 0,
        file_size: 0,
        memory_size: 0,
        owners: None,
    };
    whole.put(&mut added);
    segments.insert(last.map_or(0, |last| last + 1), added);
    segments
}

/// The dynamic section with the libraries' paths, and its strings, which follow it at once. What the program
/// itself needs stands before its name, which then is met by what was loaded; what others need comes last.
/// So the order in which symbols are looked for stays as it would be.
fn dynamic(
    outline: &Outline,
    strings: &[u8],
    libraries: &[Library],
    address: u64,
) -> Result<(Vec<u8>, Vec<u8>), Refusal> {
    let mut strings = strings.to_owned();
    // A table that does not end so would swallow what comes.
    strings.push(0);
    let mut places = Vec::with_capacity(libraries.len());
    for library in libraries {
        places.push(strings.len() as u64);
        strings.extend([&library.path, b"\0".as_slice()].concat());
    }
    let name = |at: u64| text_at(&strings, at).ok_or(Refusal::Odd("a name outside of its strings"));
    let mut entries: Vec<(u64, u64)> = Vec::with_capacity(outline.dynamic.len() + libraries.len());
    let mut given = vec![false; libraries.len()];
    for &(tag, value) in &outline.dynamic {
        if tag == DT_NEEDED {
            let needed = name(value)?;
            let wanted = libraries.iter().position(|library| library.soname == needed);
            if let Some(index) = wanted.filter(|&index| !std::mem::replace(&mut given[index], true)) {
                entries.push((DT_NEEDED, places[index]));
            }
        }
        entries.push((tag, value));
    }
    let of_others = places.iter().zip(&given).filter(|(_, given)| !**given);
    let after = entries.iter().rposition(|(tag, _)| *tag == DT_NEEDED).map_or(0, |last| last + 1);
    let of_others: Vec<_> = of_others.map(|(place, _)| (DT_NEEDED, *place)).collect();
    entries.splice(after..after, of_others);
    entries.push((0, 0));
    let size = (entries.len() * ENTRY) as u64;
    for (tag, value) in &mut entries {
        match *tag {
            DT_STRTAB => *value = address + size,
            DT_STRSZ => *value = strings.len() as u64,
            _ => {}
        }
    }
    let bytes = entries.iter().flat_map(|(tag, value)| [tag.to_le_bytes(), value.to_le_bytes()].concat());
    Ok((bytes.collect(), strings))
}

fn text_at(strings: &[u8], at: u64) -> Option<&[u8]> {
    let rest = strings.get(usize::try_from(at).ok()?..)?;
    Some(&rest[..memchr::memchr(0, rest)?])
}

/// What a program does best without, by its place in the table.
fn spare(segments: &[Segment]) -> Option<usize> {
    let property = segments.iter().find(|segment| segment.kind == SegmentKind::Property);
    let twice = |segment: &Segment| property.is_some_and(|property| property.offset == segment.offset);
    let is_plain = |segment: &Segment| {
        let owners = segment.owners.as_deref();
        owners.is_some_and(|owners| owners.iter().all(|owner| PLAIN_NOTES.contains(&owner.as_slice())))
    };
    let cost = |segment: &Segment| match segment.kind {
        SegmentKind::Null => Some(0),
        // PT_GNU_PROPERTY names the same bytes.
        SegmentKind::Note if is_plain(segment) && twice(segment) => Some(1),
        SegmentKind::Note if is_plain(segment) => Some(2),
        SegmentKind::Property => Some(3),
        // What it guards after the start stays writable: less safe, and no less than one that cannot start.
        SegmentKind::Relro => Some(4),
        // PT_GNU_STACK not: without it the stack is executable.
        _ => None,
    };
    let all = segments.iter().enumerate().filter_map(|(index, segment)| Some((cost(segment)?, index)));
    all.min().map(|(_, index)| index)
}

/// Whether the headers are as linkers make them.
fn check(outline: &Outline) -> Result<(), Refusal> {
    if !matches!(outline.machine, Machine::X86_64 | Machine::AARCH64) {
        return Err(Refusal::Machine);
    }
    if outline.end != outline.size {
        return Err(Refusal::Appended);
    }
    let odd = |what| Err(Refusal::Odd(what));
    let of = |kind| outline.segments.iter().filter(move |segment| segment.kind == kind);
    let (interpreters, dynamics) = (of(SegmentKind::Interpreter).count(), of(SegmentKind::Dynamic).count());
    if interpreters != 1 || dynamics != 1 || of(SegmentKind::Table).count() > 1 {
        return odd("not one of each kind");
    }
    let loads: Vec<&Segment> = of(SegmentKind::Load).collect();
    if !loads.iter().all(|load| is_sound(load, outline.size)) {
        return odd("a segment that cannot be loaded");
    }
    if !loads.windows(2).all(|pair| pair[0].address + pair[0].memory_size <= pair[1].address) {
        return odd("segments out of order");
    }
    let holds = |load: &&&Segment, start: u64, size: u64| {
        load.offset <= start && start.checked_add(size).is_some_and(|end| end <= load.offset + load.file_size)
    };
    let table_size = (outline.segments.len() * HEADER) as u64;
    // The kernel counts from the first one.
    let Some(first) = loads.first().filter(|first| holds(first, outline.table, table_size)) else {
        return odd("program headers that are not loaded");
    };
    let table_address = outline.table - first.offset + first.address;
    if of(SegmentKind::Table).any(|table| table.address != table_address) {
        return odd("program headers elsewhere in memory");
    }
    for segment in of(SegmentKind::Dynamic) {
        let load = loads.iter().find(|load| holds(load, segment.offset, segment.file_size));
        let distance = |segment: &Segment| segment.address.wrapping_sub(segment.offset);
        if load.is_none_or(|load| distance(segment) != distance(load)) {
            return odd("a dynamic section that is not loaded");
        }
        if (outline.dynamic.len() * ENTRY) as u64 >= segment.file_size {
            return odd("a dynamic section without end");
        }
    }
    let values = |wanted| outline.dynamic.iter().filter(move |(tag, _)| *tag == wanted).map(|entry| entry.1);
    let size = outline.strings.1;
    if values(DT_STRTAB).count() != 1 || size == 0 || values(DT_STRSZ).ne([size]) {
        return odd("no strings");
    }
    Ok(())
}

/// Whether a kernel maps it.
fn is_sound(load: &Segment, size: u64) -> bool {
    let in_file = load.offset.checked_add(load.file_size).is_some_and(|end| end <= size);
    let in_memory = load.address.checked_add(load.memory_size).is_some_and(|end| end <= MOST_ADDRESS);
    let alignment = load.alignment.max(1);
    in_file
        && in_memory
        && load.file_size <= load.memory_size
        && alignment.is_power_of_two()
        && load.address % alignment.max(4096) == load.offset % alignment.max(4096)
}

/// A program header as it stands in a file.
fn header(segment: &Segment) -> Vec<u8> {
    let Segment { kind, flags, offset, address, physical, file_size, memory_size, alignment, .. } = segment;
    let words = [kind.number(), *flags].map(u32::to_le_bytes).concat();
    let rest = [offset, address, physical, file_size, memory_size, alignment];
    [words, rest.map(|number| number.to_le_bytes()).concat()].concat()
}
