//! What glibc makes of the first bytes of a file before it looks at anything else: `open_verify` in
//! elf/dl-load.c. Some files it passes over, others end the search.

use goblin::elf::header::{EI_CLASS, EI_DATA, ELFCLASS64, ELFDATA2LSB, ELFMAG, ET_DYN, ET_EXEC};

use super::{Class, Machine};

const EI_VERSION: usize = 6;
const EI_OSABI: usize = 7;
const EI_ABIVERSION: usize = 8;
const EI_PAD: usize = 9;
const EI_NIDENT: usize = 16;
const ELFOSABI_GNU: u8 = 3;
/// Newer than any LIBC_ABI_MAX so far, which is 4.
const MOST_ABI_VERSION: u8 = 8;

/// The loader's judgement of a file that it came upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// For this loader, as far as its first bytes tell.
    Fits,
    /// For another machine: the search goes on.
    Foreign,
    /// The search ends here, with this message.
    Refused(&'static str),
}

/// The verdict on a file that begins so, by the loader of `machine`.
pub(super) fn verdict(head: &[u8], machine: Machine) -> Verdict {
    let size = match machine.class {
        Class::Elf64 => 64,
        Class::Elf32 => 52,
    };
    if head.len() < size {
        return Verdict::Refused("file too short");
    }
    if !head.starts_with(ELFMAG) {
        return Verdict::Refused("invalid ELF header");
    }
    if (head[EI_CLASS] == ELFCLASS64) != (machine.class == Class::Elf64) {
        return Verdict::Foreign;
    }
    if (head[EI_DATA] == ELFDATA2LSB) != machine.little_endian {
        return Verdict::Refused(OTHER_BYTE_ORDER);
    }
    if let Some(fault) = fault(head, machine.little_endian) {
        return Verdict::Refused(fault);
    }
    let half = |at: usize| match machine.little_endian {
        true => u16::from_le_bytes([head[at], head[at + 1]]),
        false => u16::from_be_bytes([head[at], head[at + 1]]),
    };
    if half(18) != machine.number {
        return Verdict::Foreign;
    }
    let (entry, wanted) = if machine.class == Class::Elf64 { (54, 56) } else { (42, 32) };
    match half(16) {
        ET_DYN | ET_EXEC if half(entry) == wanted => Verdict::Fits,
        ET_DYN | ET_EXEC => Verdict::Refused("ELF file's phentsize not the expected size"),
        _ => Verdict::Refused("only ET_DYN and ET_EXEC can be loaded"),
    }
}

pub(super) const OTHER_BYTE_ORDER: &str = "ELF file data encoding is not the loader's";

/// What is wrong with `e_ident` and `e_version`, class and byte order apart; at least 52 bytes.
pub(super) fn fault(head: &[u8], little_endian: bool) -> Option<&'static str> {
    let version = if little_endian { [1, 0, 0, 0] } else { [0, 0, 0, 1] };
    let (abi, abi_version) = (head[EI_OSABI], head[EI_ABIVERSION]);
    if head[EI_VERSION] != 1 {
        Some("ELF file version ident does not match current one")
    } else if !matches!(abi, 0 | ELFOSABI_GNU) {
        Some("ELF file OS ABI invalid")
    } else if abi_version != 0 && (abi != ELFOSABI_GNU || abi_version > MOST_ABI_VERSION) {
        Some("ELF file ABI version invalid")
    } else if head[EI_PAD..EI_NIDENT].iter().any(|&byte| byte != 0) {
        Some("nonzero padding in e_ident")
    } else if head[20..24] != version {
        Some("ELF file version does not match current one")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provide::shim;

    #[test]
    fn some_files_are_passed_over_and_others_end_the_search() {
        let good = shim("a", "b", Machine::X86_64).unwrap();
        let with = |at: usize, byte: u8| {
            let mut bytes = good.clone();
            bytes[at] = byte;
            verdict(&bytes, Machine::X86_64)
        };
        assert_eq!(verdict(&good, Machine::X86_64), Verdict::Fits);
        assert_eq!(verdict(&good, Machine::AARCH64), Verdict::Foreign);
        assert_eq!(verdict(&good[..60], Machine::X86_64), Verdict::Refused("file too short"));
        assert_eq!(with(0, b'x'), Verdict::Refused("invalid ELF header"));
        assert_eq!(with(EI_CLASS, 1), Verdict::Foreign);
        assert_eq!(with(EI_DATA, 2), Verdict::Refused(OTHER_BYTE_ORDER));
        assert_eq!(with(EI_OSABI, 9), Verdict::Refused("ELF file OS ABI invalid"));
        assert_eq!(with(EI_PAD, 1), Verdict::Refused("nonzero padding in e_ident"));
        assert_eq!(with(16, 1), Verdict::Refused("only ET_DYN and ET_EXEC can be loaded"));
    }
}
