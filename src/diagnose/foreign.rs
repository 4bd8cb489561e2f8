//! Programs that do not start on this system.

use super::finding::{Code, Finding, Reach, Remedy, Severity};
use super::input::{Input, Owner};
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
