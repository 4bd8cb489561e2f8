//! Libraries that objects themselves say they open by name, in a note.

use std::collections::BTreeMap;

use super::finding::{Code, Finding, Reach, Remedy, Severity};
use super::input::{Examined, Input, Owner};
use crate::elf::{Opening, Priority};

/// Such libraries that are not found, by what is missed without them.
#[derive(Default)]
pub(super) struct Noted(BTreeMap<(String, Owner), (Severity, Reach, Vec<String>)>);

impl Noted {
    /// Notes that an object of this reach opens a library in vain.
    pub(super) fn note(&mut self, examined: &Examined, opening: &Opening, reach: Reach) {
        let Some(soname) = opening.sonames.first() else { return };
        let (severity, reach) = match opening.priority {
            Priority::Required => (reach.severity(), reach),
            Priority::Recommended => (Severity::Warning, Reach::Plugin),
            Priority::Suggested => (Severity::Note, Reach::Plugin),
        };
        for owner in examined.owners() {
            let known = self.0.entry((soname.clone(), owner)).or_insert((severity, reach, Vec::new()));
            known.0 = known.0.min(severity);
            known.1 = known.1.min(reach);
            known.2.push(examined.shown.display().to_string());
        }
    }

    /// One finding for each library, severity and reach; none for what is `missed` anyway, and none for a
    /// driver's: a machine without the hardware misses nothing.
    pub(super) fn into_findings(
        self,
        input: &Input<'_>,
        missed: &dyn Fn(&str, Owner) -> bool,
    ) -> Vec<Finding> {
        let mut grouped: BTreeMap<(String, Severity, Reach), BTreeMap<Owner, Vec<String>>> = BTreeMap::new();
        for ((soname, owner), (severity, reach, objects)) in self.0 {
            if !missed(&soname, owner) {
                grouped.entry((soname, severity, reach)).or_default().insert(owner, objects);
            }
        }
        let finding = |((soname, severity, reach), objects): ((String, Severity, Reach), _)| {
            let affected = input.affected(objects);
            let remedy = input.remedy_for(&soname, &affected, reach);
            Finding {
                code: Code::DlopenLibrary,
                severity,
                reach: Some(reach),
                soname: Some(soname),
                distributions: affected,
                searched: Vec::new(),
                remedy,
                detail: None,
            }
        };
        grouped.into_iter().map(finding).filter(|finding| finding.remedy != Remedy::Driver).collect()
    }
}
