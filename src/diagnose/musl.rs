//! Objects for musl under an interpreter with glibc: what they need cannot be given to them.

use std::collections::BTreeMap;
use std::path::Path;

use super::finding::{Code, Finding, Reach, Severity};
use super::input::{Examined, Input, Owner};
use crate::elf::Object;

/// How the names of musl's extension modules end (PEP 3149, with the triplet of the platform).
const ENDING: &str = "-linux-musl.so";

/// Objects for musl that something is to load, by distribution.
#[derive(Default)]
pub(super) struct MuslObjects(BTreeMap<Owner, (Reach, Vec<String>)>);

impl MuslObjects {
    /// Notes one that this reach comes upon.
    pub(super) fn note(&mut self, examined: &Examined, reach: Reach) {
        for owner in examined.owners() {
            let (least, objects) = self.0.entry(owner).or_insert((reach, Vec::new()));
            *least = (*least).min(reach);
            objects.push(examined.shown.display().to_string());
        }
    }

    /// One finding for each distribution, unless it has objects for glibc as well and may choose.
    pub(super) fn into_findings(self, input: &Input<'_>) -> Vec<Finding> {
        let chooses = |owner: Owner| {
            let mut own =
                input.objects().filter(|(examined, _)| examined.owners().any(|other| other == owner));
            own.any(|(_, object)| object.needed.iter().any(|name| name == "libc.so.6"))
        };
        let all =
            self.0.into_iter().filter(|(owner, (reach, _))| *reach == Reach::Import || !chooses(*owner));
        let finding = |(owner, (reach, objects)): (Owner, (Reach, Vec<String>))| {
            let detail = "built for musl; this interpreter has glibc".to_owned();
            let plain = Finding::plain(Code::WrongLibc, Severity::Note, detail, input.reinstall(owner));
            Finding {
                severity: reach.severity(),
                reach: Some(reach),
                distributions: input.affected([(owner, objects)].into()),
                ..plain
            }
        };
        all.map(finding).collect()
    }
}

/// Whether an object is for musl, and the interpreter is not.
pub(super) fn is_foreign(input: &Input<'_>, examined: &Examined, object: &Object) -> bool {
    !input.musl && (object.is_for_musl() || is_named_so(&examined.shown))
}

fn is_named_so(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().ends_with(ENDING.as_bytes()))
}
