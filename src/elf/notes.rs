//! Libraries that an object says it opens by name itself: the `FDO` notes of the UAPI group's "ELF dlopen
//! metadata". What makes no sense in them is passed over: nothing depends on it.

use goblin::elf::program_header::PT_NOTE;
use serde::Deserialize;

use super::read::Image;

/// The type of such a note.
const DLOPEN: u32 = 0x407c_0c0a;
const OWNER: &[u8] = b"FDO\0";
/// Sizes of owner and content, and the type.
const HEADER: usize = 12;
/// Far beyond what all notes of an object are seen to hold.
const MAX_NOTES: u64 = 1 << 16;
/// So is this: each library is searched for.
const MAX_OPENINGS: usize = 64;
/// NAME_MAX: no file is called by a longer name.
const MAX_NAME: usize = 255;

/// A library that an object opens by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Its SONAME, and others that will do as well.
    pub sonames: Vec<String>,
    /// How much the object depends on it.
    pub priority: Priority,
}

/// How much an object depends on what it opens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// It does not work without.
    Required,
    /// It works worse without.
    #[default]
    Recommended,
    /// It can do more with it.
    Suggested,
}

#[derive(Deserialize)]
struct Entry {
    soname: Vec<String>,
    #[serde(default)]
    priority: Priority,
}

impl Image {
    /// What the object opens by name.
    pub(super) fn openings(&self) -> Vec<Opening> {
        let mut found = Vec::new();
        // Others have just the build's identity.
        let long = (HEADER + OWNER.len() + br#"[{"soname":[""]}]"#.len()) as u64;
        let mut left = MAX_NOTES;
        for segment in self.segments_of(PT_NOTE).filter(|segment| segment.p_filesz >= long) {
            // Segments may share what they hold.
            let Some(rest) = left.checked_sub(segment.p_filesz) else { continue };
            left = rest;
            let Ok(bytes) = self.bytes(segment.p_offset, segment.p_filesz) else { continue };
            let alignment = if segment.p_align == 8 { 8 } else { 4 };
            for content in self.contents(&bytes, alignment) {
                found.extend(openings(content));
                if found.len() > MAX_OPENINGS {
                    found.truncate(MAX_OPENINGS);
                    return found;
                }
            }
        }
        found
    }

    /// The contents of the notes of this kind, one behind the other.
    fn contents<'a>(&self, bytes: &'a [u8], alignment: usize) -> Vec<&'a [u8]> {
        let mut found = Vec::new();
        let mut rest = bytes;
        while let Some((header, behind)) = rest.split_at_checked(HEADER) {
            let [owner, content] = [0, 4].map(|at| self.word(header, at) as usize);
            let padded = |size: usize| size.saturating_add(HEADER).next_multiple_of(alignment) - HEADER;
            let Some(end) = behind.get(padded(owner)..) else { break };
            let Some(text) = end.get(..content) else { break };
            if self.word(header, 8) == DLOPEN && behind.get(..owner) == Some(OWNER) {
                found.push(text);
            }
            rest = end.get(content.next_multiple_of(alignment)..).unwrap_or_default();
        }
        found
    }
}

fn openings(content: &[u8]) -> Vec<Opening> {
    let end = content.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    let entries: Vec<Entry> = serde_json::from_slice(&content[..end]).unwrap_or_default();
    let named = entries.into_iter().map(|Entry { mut soname, priority }| {
        soname.retain(|name| !name.is_empty() && name.len() <= MAX_NAME && !name.contains(['/', '\0']));
        soname.truncate(MAX_OPENINGS);
        Opening { sonames: soname, priority }
    });
    named.filter(|opening| !opening.sonames.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_read_as_the_specification_has_it() {
        let text = br#"[{"soname":["libbpf.so.1","libbpf.so.0"],"feature":"bpf","description":"x","priority":"suggested"},
            {"soname":["libz.so.1"]},{"soname":["../evil",""],"priority":"required"}]"#;
        let opening = |sonames: &[&str], priority| Opening {
            sonames: sonames.iter().map(|&name| name.into()).collect(),
            priority,
        };
        let wanted = [
            opening(&["libbpf.so.1", "libbpf.so.0"], Priority::Suggested),
            opening(&["libz.so.1"], Priority::Recommended),
        ];
        assert_eq!(openings(&[text.as_slice(), b"\0\0"].concat()), wanted);
    }

    #[test]
    fn what_makes_no_sense_is_passed_over() {
        let deep = "[".repeat(20_000);
        let odd: [&[u8]; 6] =
            [b"", b"\0", b"{}", b"[1]", br#"[{"soname":"x","priority":"no"}]"#, deep.as_bytes()];
        for text in odd {
            assert_eq!(openings(text), []);
        }
    }
}
