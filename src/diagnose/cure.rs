//! Which findings an edit of the Nix file cures for certain, and which it is not to touch.

use super::{Code, Confidence, Finding, Reach, Remedy, Report, Severity};

/// What `doctor --fix` does, and what it leaves to its user.
#[derive(Debug, Default, PartialEq)]
pub struct Cure<'a> {
    /// The attributes to add, each once, in the order of the findings.
    pub attributes: Vec<&'a str>,
    /// Errors and warnings that they do not cure.
    pub rest: Vec<&'a Finding>,
}

/// Sorts the findings of a report.
///
/// Sure is a library that an import or a program misses, or that a package itself opens, and whose attribute more
/// than one source tells. What only some plugin needs is a matter of taste: Qt has drivers for a dozen databases.
pub fn cure(report: &Report) -> Cure<'_> {
    let mut cure = Cure::default();
    for attribute in report.findings.iter().filter_map(sure) {
        if !cure.attributes.contains(&attribute) {
            cure.attributes.push(attribute);
        }
    }
    let is_cured = |finding: &Finding| {
        let attribute = of_library(finding).map(|(attribute, _)| attribute);
        attribute.is_some_and(|attribute| cure.attributes.contains(&attribute))
    };
    let matters = report.findings.iter().filter(|finding| finding.severity < Severity::Note);
    cure.rest = matters.filter(|finding| !is_cured(finding)).collect();
    cure
}

/// The attribute that a missing library is in.
fn of_library(finding: &Finding) -> Option<(&str, Confidence)> {
    match (&finding.code, &finding.remedy) {
        (Code::MissingLibrary | Code::DlopenLibrary, Remedy::Attribute { attribute, confidence, .. }) => {
            Some((attribute, *confidence))
        }
        _ => None,
    }
}

fn sure(finding: &Finding) -> Option<&str> {
    let opened = finding.code == Code::DlopenLibrary && finding.reach == Some(Reach::Plugin);
    let matters = finding.severity == Severity::Error || (opened && finding.severity == Severity::Warning);
    let (attribute, confidence) = of_library(finding)?;
    (matters && confidence == Confidence::Sure).then_some(attribute)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::{Counts, Python, SCHEMA};

    fn finding(code: Code, reach: Reach, remedy: Remedy) -> Finding {
        let plain = Finding::plain(code, reach.severity(), String::new(), remedy);
        Finding { reach: Some(reach), ..plain }
    }

    fn attribute(attribute: &str, confidence: Confidence) -> Remedy {
        Remedy::Attribute { attribute: attribute.into(), confidence, alternatives: vec![] }
    }

    fn report(findings: Vec<Finding>) -> Report {
        let python = Python { version: None, executable: None, loader: "nix", glibc: None };
        Report { schema: SCHEMA, venv: String::new(), python, counts: Counts::default(), findings }
    }

    #[test]
    fn only_what_is_sure_is_done() {
        use Code::{DlopenLibrary, ForeignProgram, MissingLibrary, MissingSymbolVersion};
        use Confidence::{Likely, Sure};
        use Reach::{Import, Plugin, Program};
        let note =
            Finding { severity: Severity::Note, ..finding(DlopenLibrary, Plugin, attribute("noted", Sure)) };
        let report = report(vec![
            finding(MissingLibrary, Import, attribute("a", Sure)),
            finding(MissingLibrary, Program, attribute("b", Sure)),
            finding(DlopenLibrary, Import, attribute("a", Sure)),
            finding(DlopenLibrary, Plugin, attribute("c", Sure)),
            note,
            finding(MissingLibrary, Import, attribute("likely", Likely)),
            finding(MissingLibrary, Plugin, attribute("plugin", Sure)),
            finding(MissingLibrary, Plugin, attribute("a", Sure)),
            finding(MissingSymbolVersion, Import, attribute("old", Sure)),
            finding(MissingLibrary, Import, Remedy::Driver),
            finding(ForeignProgram, Program, Remedy::Program { attribute: "ruff".into() }),
            finding(MissingLibrary, Import, Remedy::PythonAttribute { attribute: "python".into() }),
            finding(MissingLibrary, Import, Remedy::Command { command: "x".into() }),
            finding(MissingLibrary, Import, Remedy::None { reason: "y".into() }),
        ]);
        let cure = cure(&report);
        assert_eq!(cure.attributes, ["a", "b", "c"]);
        assert_eq!(cure.rest.len(), 8);
        assert!(cure.rest.iter().all(|finding| of_library(finding).is_none_or(|(name, _)| name.len() > 1)));
    }
}
