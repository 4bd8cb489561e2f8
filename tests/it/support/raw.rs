//! Objects of any class and byte order, with each table that is read, and with what no linker makes.

/// Stands for the place of [`Raw::tail`] in offsets and addresses: `TAIL + 5` is its sixth byte.
pub const TAIL: u64 = 1 << 60;

pub const PT_NOTE: u32 = 4;
pub const DT_VERNEED: u64 = 0x6fff_fffe;
pub const DT_VERNEEDNUM: u64 = 0x6fff_ffff;
const DT_VERDEF: u64 = 0x6fff_fffc;
const DT_VERDEFNUM: u64 = 0x6fff_fffd;

/// How numbers are written.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    pub wide: bool,
    pub little: bool,
    pub machine: u16,
}

impl Form {
    pub const X86_64: Self = Self { wide: true, little: true, machine: 62 };
    pub const AARCH64: Self = Self { wide: true, little: true, machine: 183 };
    pub const I686: Self = Self { wide: false, little: true, machine: 3 };
    pub const S390X: Self = Self { wide: true, little: false, machine: 22 };
    pub const PPC: Self = Self { wide: false, little: false, machine: 20 };

    fn number(self, value: u64, size: usize) -> Vec<u8> {
        match self.little {
            true => value.to_le_bytes()[..size].to_vec(),
            false => value.to_be_bytes()[8 - size..].to_vec(),
        }
    }

    /// The size of an address.
    pub fn address(self) -> usize {
        if self.wide { 8 } else { 4 }
    }

    pub fn header(self) -> usize {
        if self.wide { 64 } else { 52 }
    }

    pub fn segment(self) -> usize {
        if self.wide { 56 } else { 32 }
    }
}

/// Bytes in one form.
struct Writer(Form, Vec<u8>);

impl Writer {
    fn halves(&mut self, values: &[u16]) {
        values.iter().for_each(|&value| self.1.extend(self.0.number(value.into(), 2)));
    }

    fn words(&mut self, values: &[u32]) {
        values.iter().for_each(|&value| self.1.extend(self.0.number(value.into(), 4)));
    }

    fn addresses(&mut self, values: &[u64]) {
        let size = self.0.address();
        values.iter().for_each(|&value| self.1.extend(self.0.number(value, size)));
    }

    fn segment(&mut self, kind: u32, at: u64, size: u64, alignment: u64) {
        self.words(&[kind]);
        if self.0.wide {
            self.words(&[6]);
            self.addresses(&[at, at, at, size, size, alignment]);
        } else {
            self.addresses(&[at, at, at, size, size, 6, alignment]);
        }
    }
}

/// What an object says.
#[derive(Clone, Debug, Default)]
pub struct Raw {
    pub soname: Option<String>,
    pub needed: Vec<String>,
    pub rpath: Option<String>,
    pub runpath: Option<String>,
    pub interpreter: Option<String>,
    /// Wanted of the first needed library, and defined.
    pub versions: Vec<String>,
    /// Content of a note of what is opened by name.
    pub opens: Option<String>,
    /// Further entries of the dynamic section.
    pub entries: Vec<(u64, u64)>,
    /// Needed names by their place in the tail.
    pub needed_in_tail: Vec<u64>,
    /// Further program headers: type, offset, size.
    pub segments: Vec<(u32, u64, u64)>,
    /// Bytes at the end, within the table of strings.
    pub tail: Vec<u8>,
}

impl Raw {
    /// Needs these.
    pub fn needing<S: Into<String>>(needed: impl IntoIterator<Item = S>) -> Self {
        Self { needed: needed.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// With a name and these directories to search.
    pub fn library(soname: &str, needed: &[String], rpath: &str) -> Self {
        let rpath = (!rpath.is_empty()).then(|| rpath.to_owned());
        Self { soname: Some(soname.into()), rpath, ..Self::needing(needed) }
    }

    pub fn bytes(&self, form: Form) -> Vec<u8> {
        let mut strings = vec![0];
        let mut string = |text: &str| {
            let at = strings.len() as u64;
            strings.extend([text.as_bytes(), b"\0"].concat());
            at
        };
        let mut entries: Vec<(u64, u64)> = self.needed.iter().map(|name| (1, string(name))).collect();
        for (tag, text) in [(14, &self.soname), (15, &self.rpath), (29, &self.runpath)] {
            entries.extend(text.as_ref().map(|text| (tag, string(text))));
        }
        let interpreter = self.interpreter.as_ref().map(|path| (string(path), path.len() as u64 + 1));
        let library = entries.first().map_or(0, |&(_, at)| at as u32);
        let versions: Vec<u32> = self.versions.iter().map(|version| string(version) as u32).collect();
        entries.extend(&self.entries);
        let note = self.opens.as_deref().map(|json| note(form, json)).unwrap_or_default();
        let (needs, definitions) = (needs(form, library, &versions), definitions(form, &versions));
        let tables = [(DT_VERNEED, DT_VERNEEDNUM, 1), (DT_VERDEF, DT_VERDEFNUM, versions.len() as u64)];

        let segments = 2 + usize::from(interpreter.is_some()) + usize::from(!note.is_empty());
        let headers = form.header() + form.segment() * (segments + self.segments.len());
        let count = entries.len() + self.needed_in_tail.len() + if versions.is_empty() { 3 } else { 7 };
        let dynamic_size = count * 2 * form.address();
        let needs_at = (headers + dynamic_size) as u64;
        let definitions_at = needs_at + needs.len() as u64;
        let note_at = definitions_at + definitions.len() as u64;
        let strings_at = note_at + note.len() as u64;
        let tail_at = strings_at + strings.len() as u64;
        let size = tail_at + self.tail.len() as u64;
        let place = |value: u64| if value >= TAIL { value - TAIL + tail_at } else { value };

        entries.extend(self.needed_in_tail.iter().map(|at| (1, tail_at - strings_at + at)));
        if !versions.is_empty() {
            for ((table, number, count), at) in tables.into_iter().zip([needs_at, definitions_at]) {
                entries.extend([(table, at), (number, count)]);
            }
        }
        entries.extend([(5, strings_at), (10, size - strings_at), (0, 0)]);

        let kind = if self.interpreter.is_some() && self.soname.is_none() { 2 } else { 3 };
        let mut out = Writer(form, header(form, kind, segments + self.segments.len()));
        out.segment(1, 0, size, 1 << 16);
        out.segment(2, headers as u64, dynamic_size as u64, 8);
        if let Some((at, length)) = interpreter {
            out.segment(3, strings_at + at, length, 1);
        }
        if !note.is_empty() {
            out.segment(PT_NOTE, note_at, note.len() as u64, 4);
        }
        self.segments.iter().for_each(|&(kind, at, size)| out.segment(kind, place(at), size, 4));
        entries.iter().for_each(|&(tag, value)| out.addresses(&[tag, place(value)]));
        [out.1, needs, definitions, note, strings, self.tail.clone()].concat()
    }
}

fn header(form: Form, kind: u16, segments: usize) -> Vec<u8> {
    let ident = [0x7f, b'E', b'L', b'F', 1 + u8::from(form.wide), 2 - u8::from(form.little), 1];
    let mut out = Writer(form, ident.to_vec());
    out.1.resize(16, 0);
    out.halves(&[kind, form.machine]);
    out.words(&[1]);
    out.addresses(&[0, form.header() as u64, 0]);
    out.words(&[0]);
    out.halves(&[form.header() as u16, form.segment() as u16, segments as u16, 64, 0, 0]);
    out.1
}

/// DT_VERNEED of one library.
fn needs(form: Form, library: u32, versions: &[u32]) -> Vec<u8> {
    let mut out = Writer(form, Vec::new());
    if versions.is_empty() {
        return out.1;
    }
    out.halves(&[1, versions.len() as u16]);
    out.words(&[library, 16, 0]);
    for (index, version) in versions.iter().enumerate() {
        out.words(&[0]);
        out.halves(&[0, 2]);
        out.words(&[*version, if index + 1 < versions.len() { 16 } else { 0 }]);
    }
    out.1
}

/// DT_VERDEF.
fn definitions(form: Form, versions: &[u32]) -> Vec<u8> {
    let mut out = Writer(form, Vec::new());
    for (index, version) in versions.iter().enumerate() {
        out.halves(&[1, 0, index as u16 + 1, 1]);
        out.words(&[0, 20, if index + 1 < versions.len() { 28 } else { 0 }, *version, 0]);
    }
    out.1
}

fn note(form: Form, json: &str) -> Vec<u8> {
    let mut out = Writer(form, Vec::new());
    out.words(&[4, json.len() as u32, 0x407c_0c0a]);
    out.1.extend([b"FDO\0", json.as_bytes()].concat());
    out.1.resize(out.1.len().next_multiple_of(4), 0);
    out.1
}

#[test]
fn what_is_written_in_each_form_is_read() {
    let folder = super::Folder::new();
    let raw = Raw {
        runpath: Some("$ORIGIN:/x".into()),
        interpreter: Some("/lib/ld.so".into()),
        versions: vec!["V_1".into(), "V_2".into()],
        opens: Some(r#"[{"soname":["libc.so"]}]"#.into()),
        ..Raw::library("liba.so", &["libb.so".into()], "/y")
    };
    for form in [Form::X86_64, Form::AARCH64, Form::I686, Form::S390X, Form::PPC] {
        let path = folder.write("x", raw.bytes(form));
        let read = venvfix::elf::read(&path).unwrap();
        assert_eq!((read.needed, read.soname), (raw.needed.clone(), raw.soname.clone()), "{form:?}");
        assert_eq!((read.machine.number, read.interpreter), (form.machine, raw.interpreter.clone()));
        assert_eq!(read.version_definitions, raw.versions);
        assert_eq!(read.version_needs.iter().map(|need| &need.version).collect::<Vec<_>>(), ["V_1", "V_2"]);
        assert_eq!(read.version_needs[0].library, "libb.so");
        assert_eq!(read.openings[0].sonames, ["libc.so"]);
        assert_eq!(read.runpath, raw.runpath.clone().map(Into::into));
    }
}
