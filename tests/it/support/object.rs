//! Made ELF objects without code, with just the entries that the loader's search goes by: quicker than a
//! linker, and free to be what no linker makes.

use std::path::Path;

use venvfix::elf::Machine;

use super::Folder;

const HEADER: usize = 64;
const SEGMENT: usize = 56;
const ALIGNMENT: u64 = 1 << 16;
/// What no linker falls below.
const SMALLEST: usize = 4096;

const DT_NEEDED: u64 = 1;
const DT_SONAME: u64 = 14;
const DT_RPATH: u64 = 15;
const DT_RUNPATH: u64 = 29;
const DT_FLAGS_1: u64 = 0x6fff_fffb;
const DF_1_NODEFLIB: u64 = 0x800;
const DF_1_PIE: u64 = 0x0800_0000;

/// The machine that the tests run on, and the path of its loader; `None` where that is not known.
pub fn host() -> Option<(Machine, &'static str)> {
    match std::env::consts::ARCH {
        "x86_64" => Some((Machine::X86_64, "/lib64/ld-linux-x86-64.so.2")),
        "aarch64" => Some((Machine::AARCH64, "/lib/ld-linux-aarch64.so.1")),
        _ => None,
    }
}

/// An object of a layout. `@` in texts stands for the layout's folder.
#[derive(Clone, Debug, Default)]
pub struct Object {
    pub path: String,
    soname: Option<String>,
    needed: Vec<String>,
    rpath: Option<String>,
    runpath: Option<String>,
    interpreter: Option<String>,
    note: Option<Vec<u8>>,
    flags: u64,
    program: bool,
    /// Without the function that `import` calls.
    plain: bool,
    /// Bytes to overwrite.
    patches: Vec<(usize, u8)>,
    /// What stands there in place of an object.
    text: Option<Vec<u8>>,
    length: Option<usize>,
}

/// A library whose SONAME is its file name.
pub fn lib(path: &str, needed: &[&str]) -> Object {
    let soname = path.rsplit('/').next().map(str::to_owned);
    let needed = needed.iter().map(|&name| name.into()).collect();
    Object { path: path.into(), soname, needed, ..Object::default() }
}

/// A program.
pub fn program(path: &str, needed: &[&str]) -> Object {
    Object { soname: None, program: true, flags: DF_1_PIE, ..lib(path, needed) }
}

/// A file that is no object.
pub fn file(path: &str, content: impl Into<Vec<u8>>) -> Object {
    Object { text: Some(content.into()), ..lib(path, &[]) }
}

impl Object {
    /// At another path.
    pub fn at(&self, path: String) -> Self {
        Self { path, ..self.clone() }
    }

    pub fn soname(mut self, soname: Option<&str>) -> Self {
        self.soname = soname.map(str::to_owned);
        self
    }

    pub fn rpath(mut self, text: &str) -> Self {
        self.rpath = Some(text.into());
        self
    }

    pub fn runpath(mut self, text: &str) -> Self {
        self.runpath = Some(text.into());
        self
    }

    /// Started by another loader than the machine's.
    pub fn interpreter(mut self, path: &str) -> Self {
        self.interpreter = Some(path.into());
        self
    }

    /// With a note of what it opens by name, as freedesktop.org has it.
    pub fn opens(mut self, json: &str) -> Self {
        let mut note = [4, json.len() as u32, 0x407c_0c0a]
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect::<Vec<u8>>();
        note.extend(b"FDO\0");
        note.extend(json.as_bytes());
        note.resize(note.len().next_multiple_of(4), 0);
        self.note = Some(note);
        self
    }

    /// No extension module, whatever its name.
    pub fn without_module_hook(mut self) -> Self {
        self.plain = true;
        self
    }

    pub fn no_default_libs(mut self) -> Self {
        self.flags |= DF_1_NODEFLIB;
        self
    }

    /// With one byte of its file changed.
    pub fn patched(mut self, at: usize, byte: u8) -> Self {
        self.patches.push((at, byte));
        self
    }

    /// Cut off behind so many bytes.
    pub fn cut(mut self, length: usize) -> Self {
        self.length = Some(length);
        self
    }

    /// Writes it below `folder`.
    pub fn write(&self, folder: &Folder) {
        use std::os::unix::fs::PermissionsExt;

        let root = folder.path().to_str().unwrap();
        let path = folder.write(&self.path, self.bytes(root));
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn bytes(&self, root: &str) -> Vec<u8> {
        let mut bytes = match &self.text {
            Some(text) => text.clone(),
            None => {
                let mut object = self.object(&|text| text.replace('@', root));
                object.resize(object.len().max(SMALLEST), 0);
                object
            }
        };
        self.patches.iter().for_each(|&(at, byte)| bytes[at] = byte);
        bytes.truncate(self.length.unwrap_or(usize::MAX));
        bytes
    }

    fn object(&self, expand: &dyn Fn(&str) -> String) -> Vec<u8> {
        let (machine, loader) = host().unwrap();
        let loader = self.interpreter.as_deref().unwrap_or(loader);
        let mut strings = vec![0];
        let mut string = |text: &str| {
            let at = strings.len() as u64;
            strings.extend([text.as_bytes(), b"\0"].concat());
            at
        };
        let interpreter = string(loader);
        let mut entries: Vec<(u64, u64)> =
            self.needed.iter().map(|name| (DT_NEEDED, string(&expand(name)))).collect();
        let single = [(DT_SONAME, &self.soname), (DT_RPATH, &self.rpath), (DT_RUNPATH, &self.runpath)];
        for (tag, text) in single {
            entries.extend(text.as_ref().map(|text| (tag, string(&expand(text)))));
        }
        if !self.plain {
            string("PyInit_any");
        }
        entries.extend((self.flags != 0).then_some((DT_FLAGS_1, self.flags)));

        let segments = if self.program { 5 } else { 3 } + usize::from(self.note.is_some());
        let dynamic = HEADER + segments * SEGMENT;
        // DT_HASH, DT_STRTAB, DT_SYMTAB, DT_STRSZ, DT_SYMENT and DT_NULL come to these.
        let dynamic_size = (entries.len() + 6) * 16;
        let symbols = dynamic + dynamic_size;
        let (hash, strings_at) = (symbols + 24, symbols + 24 + 16);
        entries.extend([
            (4, hash as u64),
            (5, strings_at as u64),
            (6, symbols as u64),
            (10, strings.len() as u64),
            (11, 24),
            (0, 0),
        ]);
        let note = self.note.clone().unwrap_or_default();
        strings.resize((strings_at + strings.len()).next_multiple_of(4) - strings_at, 0);
        let note_at = (strings_at + strings.len()) as u64;
        let size = note_at + note.len() as u64;

        let mut out = header(machine, segments);
        if self.program {
            // PT_PHDR, PT_INTERP.
            out.extend(segment(6, HEADER as u64, (segments * SEGMENT) as u64, 8));
            out.extend(segment(3, strings_at as u64 + interpreter, loader.len() as u64 + 1, 1));
        }
        // PT_LOAD, PT_DYNAMIC, PT_GNU_STACK.
        out.extend(segment(1, 0, size, ALIGNMENT));
        out.extend(segment(2, dynamic as u64, dynamic_size as u64, 8));
        out.extend(segment(0x6474_e551, 0, 0, 16));
        if self.note.is_some() {
            out.extend(segment(4, note_at, note.len() as u64, 4));
        }
        entries.iter().for_each(|&(tag, value)| out.extend(words(&[tag, value])));
        out.extend([0; 24]);
        out.extend([1u32, 1, 0, 0].iter().flat_map(|word| word.to_le_bytes()));
        out.extend(strings);
        out.extend(note);
        out
    }
}

fn header(machine: Machine, segments: usize) -> Vec<u8> {
    let mut out = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    out.extend([3u16, machine.number].iter().flat_map(|half| half.to_le_bytes()));
    out.extend(1u32.to_le_bytes());
    out.extend(words(&[0, HEADER as u64, 0]));
    out.extend(0u32.to_le_bytes());
    let halves = [HEADER as u16, SEGMENT as u16, segments as u16, 64, 0, 0];
    out.extend(halves.iter().flat_map(|half| half.to_le_bytes()));
    out
}

fn segment(kind: u32, at: u64, size: u64, alignment: u64) -> Vec<u8> {
    let mut out = [kind.to_le_bytes(), 6u32.to_le_bytes()].concat();
    out.extend(words(&[at, at, at, size, size, alignment]));
    out
}

fn words(values: &[u64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// Makes a link below the folder.
pub fn link(folder: &Folder, path: &str, target: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).unwrap();
    std::os::unix::fs::symlink(target, path).unwrap();
}
