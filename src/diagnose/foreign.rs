//! Programs and objects that are not for this system.

use std::collections::BTreeMap;

use super::collect::{Input, Owner};
use super::finding::{Code, Finding, Reach, Remedy, Severity};
use super::musl;

/// One finding for each distribution and remedy: Qt ships some twenty tools.
pub(super) fn foreign_programs(input: &Input<'_>) -> Vec<Finding> {
    let mut grouped: Vec<(Owner, Remedy, Vec<String>)> = Vec::new();
    for (examined, object) in input.objects() {
        let Some(interpreter) = object.interpreter.as_deref().filter(|_| object.is_program()) else {
            continue;
        };
        if (input.starts)(interpreter) || musl::is_foreign(input, examined, object) {
            continue;
        }
        let owner = examined.owners.first().copied();
        let remedy =
            (input.program_remedy)(&examined.shown.file_name().unwrap_or_default().to_string_lossy());
        let shown = examined.shown.display().to_string();
        match grouped.iter_mut().find(|(o, r, _)| *o == owner && *r == remedy) {
            Some((_, _, objects)) => objects.push(shown),
            None => grouped.push((owner, remedy, vec![shown])),
        }
    }
    let finding = |(owner, remedy, objects)| Finding {
        code: Code::ForeignProgram,
        severity: Severity::Error,
        reach: Some(Reach::Program),
        soname: None,
        distributions: input.affected([(owner, objects)].into()),
        searched: Vec::new(),
        remedy,
        detail: None,
    };
    grouped.into_iter().map(finding).collect()
}

/// One note for each distribution and machine: a package may bring objects for several.
pub(super) fn wrong_architectures(input: &Input<'_>) -> Vec<Finding> {
    let mut by_machine: BTreeMap<(String, Owner), Vec<String>> = BTreeMap::new();
    for examined in input.examined {
        let Ok(object) = &examined.object else { continue };
        if object.machine != input.machine {
            let key = (object.machine.name(), examined.owners.first().copied());
            by_machine.entry(key).or_default().push(examined.shown.display().to_string());
        }
    }
    let finding = |((machine, owner), objects)| Finding {
        code: Code::WrongArchitecture,
        severity: Severity::Note,
        reach: None,
        soname: None,
        distributions: input.affected([(owner, objects)].into()),
        searched: Vec::new(),
        remedy: Remedy::None {
            reason: format!("built for {machine}; this interpreter is {}", input.machine.name()),
        },
        detail: Some(machine),
    };
    by_machine.into_iter().map(finding).collect()
}
