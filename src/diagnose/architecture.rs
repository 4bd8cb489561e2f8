//! Objects for another machine than the interpreter's: wheels bring some for others to run, or were made
//! for another machine altogether.

use std::collections::{BTreeMap, HashMap};

use super::finding::{Code, Finding, Reach, Remedy, Severity};
use super::input::{Examined, Input, Owner};
use super::role::{MadeFor, module};
use crate::elf::Object;

/// One finding for each machine and distribution.
pub(super) fn wrong_architectures(input: &Input<'_>) -> Vec<Finding> {
    let modules = modules(input);
    let mut by_machine: BTreeMap<(String, Owner), Vec<String>> = BTreeMap::new();
    for (examined, object) in objects(input).filter(|(_, object)| object.machine != input.machine) {
        let key = (object.machine.name(), examined.owners.first().copied());
        by_machine.entry(key).or_default().push(examined.shown.display().to_string());
    }
    let finding = |((machine, owner), objects): ((String, Owner), Vec<String>)| {
        let breaks = owner.is_some() && modules.get(&owner) == Some(&false);
        let reason = format!("built for {machine}; this interpreter is {}", input.machine.name());
        let detail = if breaks { reason.clone() } else { machine };
        let remedy = if breaks { input.reinstall(owner) } else { Remedy::None { reason } };
        let plain = Finding::plain(Code::WrongArchitecture, Severity::Note, detail, remedy);
        Finding {
            severity: if breaks { Severity::Error } else { Severity::Note },
            reach: breaks.then_some(Reach::Import),
            distributions: input.affected([(owner, objects)].into()),
            ..plain
        }
    };
    by_machine.into_iter().map(finding).collect()
}

/// Whether any of a distribution's extension modules is for this machine, for those that have some. An
/// untagged `x.so` may be no module: debuggers bring such for the processes they attach to.
fn modules(input: &Input<'_>) -> HashMap<Owner, bool> {
    let mut found = HashMap::new();
    for (examined, object) in objects(input) {
        if module(&examined.shown).is_some_and(|(_, made_for)| made_for != MadeFor::Any) {
            let fits = object.machine == input.machine;
            examined.owners().for_each(|owner| *found.entry(owner).or_insert(false) |= fits);
        }
    }
    found
}

fn objects<'a>(input: &'a Input<'_>) -> impl Iterator<Item = (&'a Examined, &'a Object)> {
    input.examined.iter().filter_map(|examined| Some((examined, examined.object.as_deref().ok()?)))
}
