//! What `doctor --fix` leaves to its user, and why.

use super::human::{count, help, line, listed, subject};
use super::sanitize;
use crate::diagnose::{Confidence, Finding, Reach, Remedy};

/// The findings that were not cured, those with the same way out together.
pub fn not_done(rest: &[&Finding]) -> String {
    let mut groups: Vec<(String, Vec<&Finding>)> = Vec::new();
    for finding in rest {
        let way = way_out(finding);
        match groups.iter_mut().find(|(known, _)| *known == way) {
            Some((_, group)) => group.push(finding),
            None => groups.push((way, vec![finding])),
        }
    }
    let mut out = String::new();
    if groups.is_empty() {
        return out;
    }
    line(&mut out, format_args!("not done, since it is for you to decide or needs more than a library:"));
    for (way, group) in groups {
        let subjects = listed(group.iter().map(|finding| subject(finding)));
        line(&mut out, format_args!("  {subjects}: {}", sanitize(&way)));
        let attributes: Vec<&str> = attributes(&group);
        if !attributes.is_empty() {
            help(&mut out, &format!("venvfix add-lib {}", attributes.join(" ")));
        }
    }
    out
}

fn way_out(finding: &Finding) -> String {
    match &finding.remedy {
        Remedy::Attribute { confidence: Confidence::Likely, .. } => {
            "likely in nixpkgs, as one source says".into()
        }
        Remedy::Attribute { .. } if finding.reach == Some(Reach::Plugin) => "only a plugin needs it".into(),
        Remedy::Attribute { attribute, .. } => format!("{attribute} of another nixpkgs may have it"),
        Remedy::PythonAttribute { attribute } => format!("add {attribute} to packages"),
        Remedy::Program { attribute } => format!("nixpkgs has the program: {attribute}"),
        Remedy::Driver => "the graphics driver of the system brings it".into(),
        Remedy::Command { command } => format!("`{command}`"),
        Remedy::None { reason } => reason.clone(),
    }
}

/// Those that could be added by hand.
fn attributes<'a>(group: &[&'a Finding]) -> Vec<&'a str> {
    let mut found = Vec::new();
    for finding in group {
        let optional = finding.reach == Some(Reach::Plugin);
        if let Remedy::Attribute { attribute, confidence, .. } = &finding.remedy
            && (optional || *confidence == Confidence::Likely)
            && !found.contains(&attribute.as_str())
        {
            found.push(attribute.as_str());
        }
    }
    found
}

/// What the findings come to, in a line.
pub fn left(errors: usize) -> String {
    match errors {
        0 => "no error is left".into(),
        more => format!("{} left", count(more, "error is", "errors are")),
    }
}
