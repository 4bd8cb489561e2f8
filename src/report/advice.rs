//! What to do about the findings: commands to type, lines for shell.nix.

use std::collections::BTreeSet;

use crate::catalog;
use crate::diagnose::{Affected, Code, Finding, Reach, Remedy, Report, Severity};

/// Each piece of advice, the most useful first.
pub(super) fn advice(report: &Report) -> Vec<String> {
    let mut found = Vec::new();
    found.extend(add_command(report).map(|command| format!("{command}   # then enter the shell again")));
    found.extend(refusals(report));
    found.extend(optional_command(report));
    found.extend(commands(report));
    found.extend(programs(report));
    found.extend(for_python(report).map(|attribute| format!("add {attribute} to packages in shell.nix")));
    found.extend(alternatives(report));
    found
}

/// Findings of libraries whose lack breaks an import or a program.
pub(super) fn missing_libraries(report: &Report) -> impl Iterator<Item = &Finding> {
    report.findings.iter().filter(|finding| {
        let library = matches!(finding.code, Code::MissingLibrary | Code::DlopenLibrary);
        library && finding.severity == Severity::Error
    })
}

/// The `venvfix add-lib` call that cures the errors, if one does.
pub(super) fn add_command(report: &Report) -> Option<String> {
    let names = attributes(missing_libraries(report));
    (!names.is_empty()).then(|| format!("venvfix add-lib {}", names.join(" ")))
}

/// What nixpkgs will not let into a shell just so.
fn refusals(report: &Report) -> Vec<String> {
    let names = attributes(missing_libraries(report));
    names.iter().filter_map(|name| Some(format!("{name} is {}", catalog::refused(name)?))).collect()
}

/// The call for the parts of packages that open their libraries late: windows, sound.
fn optional_command(report: &Report) -> Option<String> {
    let (findings, packages) = optional(report);
    let needed = attributes(missing_libraries(report));
    let names = attributes(findings.into_iter()).into_iter().filter(|name| !needed.contains(name));
    let names = names.collect::<Vec<_>>().join(" ");
    (!names.is_empty()).then(|| format!("venvfix add-lib {names}   # for all that {packages} can do"))
}

/// Findings of libraries that packages open late, and the names of these packages.
fn optional(report: &Report) -> (Vec<&Finding>, String) {
    let late = |finding: &&Finding| {
        let opened = finding.code == Code::DlopenLibrary && finding.reach == Some(Reach::Plugin);
        opened && finding.severity < Severity::Note
    };
    let findings: Vec<&Finding> = report.findings.iter().filter(late).collect();
    // Those that open them; the others have the plugins that need them.
    let is_opener = |affected: &&Affected| catalog::opens(&affected.name).is_some();
    let openers = findings.iter().flat_map(|finding| {
        let known: Vec<&Affected> = finding.distributions.iter().filter(is_opener).collect();
        if known.is_empty() { finding.distributions.iter().collect() } else { known }
    });
    let names: BTreeSet<&str> = openers.map(|affected| affected.name.as_str()).collect();
    (findings, names.into_iter().collect::<Vec<_>>().join(", "))
}

/// Commands that findings carry themselves, each once.
fn commands(report: &Report) -> Vec<String> {
    let commands: BTreeSet<&str> = report
        .findings
        .iter()
        .filter_map(|finding| match &finding.remedy {
            Remedy::Command { command } => Some(command.as_str()),
            _ => None,
        })
        .collect();
    commands.into_iter().map(str::to_owned).collect()
}

/// A wheel's program stands before nixpkgs' on PATH, so it has to go.
fn programs(report: &Report) -> Vec<String> {
    let found = report.findings.iter().filter_map(|finding| Some((program(finding)?, finding)));
    let lines = found.flat_map(|(attribute, finding)| {
        finding.distributions.iter().map(move |affected| {
            let name = &affected.name;
            format!("take {name} out of the requirements, `pip uninstall {name}`, and add {attribute} to packages in shell.nix")
        })
    });
    lines.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Packages of nixpkgs for the interpreter itself.
fn for_python(report: &Report) -> impl Iterator<Item = &str> {
    report.findings.iter().filter_map(|finding| match &finding.remedy {
        Remedy::PythonAttribute { attribute } => Some(attribute.as_str()),
        _ => None,
    })
}

/// Wheels that do the same and need less.
fn alternatives(report: &Report) -> Vec<String> {
    let affected = missing_libraries(report).flat_map(|finding| &finding.distributions);
    let names: BTreeSet<&str> = affected.map(|affected| affected.name.as_str()).collect();
    let others = names.into_iter().filter_map(|name| Some((name, catalog::package(name)?.alternative?)));
    others
        .map(|(name, other)| {
            let when = if other.ends_with("-headless") { " where no window is opened" } else { "" };
            format!("{other} does without: use it in place of {name}{when}")
        })
        .collect()
}

/// The attributes that cure findings, each once, in the order of the findings.
fn attributes<'a>(findings: impl Iterator<Item = &'a Finding>) -> Vec<&'a str> {
    let mut found = Vec::new();
    for finding in findings {
        if let Remedy::Attribute { attribute, .. } = &finding.remedy
            && !found.contains(&attribute.as_str())
        {
            found.push(attribute.as_str());
        }
    }
    found
}

/// Lines to write into shell.nix, spelt so that they hold in older releases too.
pub(super) fn shell_lines(report: &Report) -> Vec<String> {
    let needed = spelt_attributes(missing_libraries(report));
    let (late, packages) = optional(report);
    let late =
        spelt_attributes(late.into_iter().filter(|finding| !needed.iter().any(|name| cures(finding, name))));
    let mut programs: Vec<&str> =
        report.findings.iter().filter_map(program).chain(for_python(report)).collect();
    programs.dedup();
    let list = |names: &[String]| format!("with pkgs; [ {} ];", names.join(" "));
    let mut lines = Vec::new();
    if !needed.is_empty() {
        lines.push(format!("buildInputs = {}", list(&needed)));
    }
    if !late.is_empty() {
        lines.push(format!("# for all that {packages} can do, also: {}", late.join(" ")));
    }
    if !programs.is_empty() {
        lines.push(format!("packages = with pkgs; [ {} ];", programs.join(" ")));
    }
    lines
}

fn program(finding: &Finding) -> Option<&str> {
    match &finding.remedy {
        Remedy::Program { attribute } => Some(attribute),
        _ => None,
    }
}

fn cures(finding: &Finding, name: &str) -> bool {
    spelt_attributes(std::iter::once(finding)).iter().any(|own| own == name)
}

fn spelt_attributes<'a>(findings: impl Iterator<Item = &'a Finding>) -> Vec<String> {
    let mut found = Vec::new();
    for finding in findings {
        let Remedy::Attribute { attribute, alternatives, .. } = &finding.remedy else { continue };
        let name = spelt(attribute, alternatives);
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

/// As add-lib writes it.
fn spelt(attribute: &str, older: &[String]) -> String {
    if older.is_empty() {
        return attribute.to_owned();
    }
    let names: Vec<String> = std::iter::once(attribute)
        .chain(older.iter().map(String::as_str))
        .map(|name| format!("pkgs.{name}"))
        .collect();
    format!("({})", names.join(" or "))
}
