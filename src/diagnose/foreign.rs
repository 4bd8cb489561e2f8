//! Programs that do not start on this system.

use super::finding::{Code, Finding, Reach, Remedy, Severity};
use super::input::{Input, Owner};
use super::musl;

/// What to say of a program that does not start.
#[derive(Clone, Debug, PartialEq)]
pub struct Foreign {
    /// How bad it is.
    pub severity: Severity,
    /// What to do.
    pub remedy: Remedy,
    /// Why it is left as it is.
    pub why: Option<String>,
}

impl Foreign {
    /// It stays so.
    pub fn error(remedy: Remedy, why: Option<String>) -> Self {
        Self { severity: Severity::Error, remedy, why }
    }
}

/// One finding for each distribution and remedy: Qt ships some twenty tools.
pub(super) fn foreign_programs(input: &Input<'_>) -> Vec<Finding> {
    let mut grouped: Vec<((Owner, Foreign), Vec<String>)> = Vec::new();
    for (examined, object) in input.objects() {
        let Some(interpreter) = object.interpreter.as_deref().filter(|_| object.is_program()) else {
            continue;
        };
        if (input.starts)(interpreter) || musl::is_foreign(input, examined, object) {
            continue;
        }
        let key = (examined.owners.first().copied(), (input.foreign)(&examined.path));
        let shown = examined.shown.display().to_string();
        match grouped.iter_mut().find(|(known, _)| *known == key) {
            Some((_, objects)) => objects.push(shown),
            None => grouped.push((key, vec![shown])),
        }
    }
    let finding = |((owner, Foreign { severity, remedy, why }), objects)| Finding {
        code: Code::ForeignProgram,
        severity,
        reach: Some(Reach::Program),
        soname: None,
        distributions: input.affected([(owner, objects)].into()),
        searched: Vec::new(),
        remedy,
        detail: why,
    };
    grouped.into_iter().map(finding).collect()
}
