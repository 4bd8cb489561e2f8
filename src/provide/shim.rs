//! An object without code that answers to one SONAME and leads to another file: for a needed name
//! that the offered file has only as a link's name (ncurses' libtinfo.so.6 is libncursesw.so.6).

use crate::elf::Machine;

const HEADER: usize = 64;
const SEGMENT: usize = 56;
const ENTRY: usize = 16;
const SYMBOL: usize = 24;
const HASH: usize = 16;

const SEGMENTS: usize = 3;
const ENTRIES: usize = 8;

const DYNAMIC_AT: usize = HEADER + SEGMENTS * SEGMENT;
const SYMBOLS_AT: usize = DYNAMIC_AT + ENTRIES * ENTRY;
const HASH_AT: usize = SYMBOLS_AT + SYMBOL;
const STRINGS_AT: usize = HASH_AT + HASH;

/// Larger than any page, so that one layout serves all machines.
const ALIGNMENT: u64 = 1 << 16;

/// The bytes of a shared object called `soname` that needs the file at `target`, an absolute path:
/// the loader opens a needed name with a slash as it stands. `None` for machines other than the
/// little-endian 64-bit ones.
pub fn shim(soname: &str, target: &str, machine: Machine) -> Option<Vec<u8>> {
    if !matches!(machine, Machine::X86_64 | Machine::AARCH64)
        || soname.contains('\0')
        || target.contains('\0')
    {
        return None;
    }
    let strings = [b"\0", soname.as_bytes(), b"\0", target.as_bytes(), b"\0"].concat();
    let size = (STRINGS_AT + strings.len()) as u64;
    let mut out = header(machine);
    // PT_LOAD, writable since the loader relocates the dynamic section in place.
    out.extend(segment(1, 6, 0, size, ALIGNMENT));
    // PT_DYNAMIC.
    out.extend(segment(2, 6, DYNAMIC_AT as u64, (ENTRIES * ENTRY) as u64, 8));
    // PT_GNU_STACK: without it the loader takes it to want an executable stack.
    out.extend(segment(0x6474_e551, 6, 0, 0, 16));
    let entries: [(u64, u64); ENTRIES] = [
        (14, 1),                      // DT_SONAME
        (1, soname.len() as u64 + 2), // DT_NEEDED
        (4, HASH_AT as u64),          // DT_HASH
        (5, STRINGS_AT as u64),       // DT_STRTAB
        (6, SYMBOLS_AT as u64),       // DT_SYMTAB
        (10, strings.len() as u64),   // DT_STRSZ
        (11, SYMBOL as u64),          // DT_SYMENT
        (0, 0),                       // DT_NULL
    ];
    entries.iter().for_each(|(tag, value)| out.extend(words(&[*tag, *value])));
    out.extend([0; SYMBOL]);
    // One bucket, one chain, both empty.
    out.extend([1u32, 1, 0, 0].iter().flat_map(|word| word.to_le_bytes()));
    out.extend(strings);
    Some(out)
}

fn header(machine: Machine) -> Vec<u8> {
    let mut out = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let half = |value: u16| value.to_le_bytes();
    out.extend(half(3)); // ET_DYN
    out.extend(half(machine.number));
    out.extend(1u32.to_le_bytes());
    out.extend(words(&[0, HEADER as u64, 0]));
    out.extend(0u32.to_le_bytes());
    for value in [HEADER as u16, SEGMENT as u16, SEGMENTS as u16, 64, 0, 0] {
        out.extend(half(value));
    }
    out
}

fn segment(kind: u32, flags: u32, at: u64, size: u64, alignment: u64) -> Vec<u8> {
    let mut out = [kind.to_le_bytes(), flags.to_le_bytes()].concat();
    out.extend(words(&[at, at, at, size, size, alignment]));
    out
}

fn words(values: &[u64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf;

    #[test]
    fn a_shim_reads_as_what_it_says() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("libtinfo.so.6");
        std::fs::write(
            &path,
            shim("libtinfo.so.6", "/nix/store/n/lib/libncursesw.so.6", Machine::X86_64).unwrap(),
        )
        .unwrap();
        let object = elf::read(&path).unwrap();
        assert_eq!(object.soname.as_deref(), Some("libtinfo.so.6"));
        assert_eq!(object.needed, ["/nix/store/n/lib/libncursesw.so.6"]);
        assert!(shim("a", "b\0c", Machine::X86_64).is_none());
    }
}
