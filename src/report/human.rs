//! A report as people read it.

use std::collections::BTreeSet;
use std::fmt::Write;

use anstyle::{AnsiColor, Effects, Style};

use super::advice::{advice, shell_lines};
use super::sanitize;
use crate::diagnose::{Affected, Code, Finding, Reach, Remedy, Report, Severity};

const ERROR: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);
pub(super) const WARNING: Style = AnsiColor::Yellow.on_default().effects(Effects::BOLD);
const NOTE: Style = AnsiColor::Blue.on_default().effects(Effects::BOLD);
const GOOD: Style = AnsiColor::Green.on_default().effects(Effects::BOLD);
const HELP: Style = AnsiColor::Cyan.on_default().effects(Effects::BOLD);
const DIM: Style = Style::new().effects(Effects::DIMMED);

/// A column grows no wider than this; what is longer stands out.
const MOST_WIDE: usize = 64;

/// Names listed before "and N more".
const MOST_NAMES: usize = 4;

/// The whole report. `details` adds which objects want a library and where was looked.
pub fn human(report: &Report, details: bool) -> String {
    let mut out = findings(report, details);
    advice(report).iter().for_each(|text| help(&mut out, text));
    out
}

/// The report without what to do about it.
pub fn findings(report: &Report, details: bool) -> String {
    let mut out = String::new();
    head(&mut out, report);
    for group in groups(&report.findings) {
        section(&mut out, group, details);
    }
    if report.findings.iter().all(|finding| finding.severity == Severity::Note) {
        line(&mut out, format_args!("{GOOD}nothing is missing{GOOD:#}"));
    }
    out
}

/// What `preview` shows: the report, and what to write into shell.nix.
pub fn preview(report: &Report, details: bool) -> String {
    let mut out = String::new();
    head(&mut out, report);
    for group in groups(&report.findings) {
        section(&mut out, group, details);
    }
    let lines = shell_lines(report);
    match lines.as_slice() {
        [] => line(&mut out, format_args!("{GOOD}nothing is needed from nixpkgs{GOOD:#}")),
        lines => {
            line(&mut out, format_args!("for shell.nix:"));
            lines.iter().for_each(|text| line(&mut out, format_args!("  {text}")));
        }
    }
    out
}

fn head(out: &mut String, report: &Report) {
    let loader = match report.python.loader {
        "nix" => "loader of the Nix store",
        _ => "loader of the system",
    };
    let version = report
        .python
        .version
        .as_deref()
        .map(|version| format!("python {}, ", sanitize(version)))
        .unwrap_or_default();
    let sums = format!(
        "{}, {}",
        count(report.counts.distributions, "distribution", "distributions"),
        count(report.counts.objects, "object", "objects")
    );
    line(out, format_args!("{}: {DIM}{version}{loader}, {sums}{DIM:#}", sanitize(&report.venv)));
    out.push('\n');
}

/// Runs of findings that share a heading; they are sorted by it already.
pub(super) fn groups(findings: &[Finding]) -> impl Iterator<Item = &[Finding]> {
    let key = |finding: &Finding| {
        let whole = finding.code == Code::IncompleteInstall && finding.distributions.is_empty();
        (finding.severity, finding.code, finding.reach, whole)
    };
    findings.chunk_by(move |a, b| key(a) == key(b))
}

fn section(out: &mut String, findings: &[Finding], details: bool) {
    let Some(first) = findings.first() else { return };
    let (style, word) = match first.severity {
        Severity::Error => (ERROR, "error"),
        Severity::Warning => (WARNING, "warning"),
        Severity::Note => (NOTE, "note"),
    };
    line(out, format_args!("{style}{word}{style:#}: {}", heading(first, number(findings))));
    let (mut cured, others): (Vec<_>, Vec<_>) =
        findings.iter().partition(|finding| has_short_remedy(finding));
    if first.reach == Some(Reach::Plugin) {
        cured.sort_by_key(|finding| row(&[finding])[1].clone());
    }
    table(out, &cured, details);
    for (reason, group) in by_reason(&others) {
        line(out, format_args!("  {}", sanitize(&reason)));
        let subjects = listed(group.iter().map(|finding| subject(finding)));
        let packages = distributions(group.iter().flat_map(|finding| &finding.distributions));
        let gap = if packages.is_empty() { "" } else { "  " };
        line(out, format_args!("    {subjects}{gap}{DIM}{packages}{DIM:#}"));
        group.iter().for_each(|finding| below(out, finding, details));
    }
    out.push('\n');
}

/// Name, remedy and distributions in columns. What only plugins need is put together by remedy: Qt
/// has dozens.
fn table(out: &mut String, findings: &[&Finding], details: bool) {
    let rows: Vec<([String; 3], &[&Finding])> = findings
        .chunk_by(|a, b| !details && a.reach == Some(Reach::Plugin) && may_share_a_row(a, b))
        .map(|group| (row(group), group))
        .collect();
    let width = |column: usize| {
        rows.iter().map(|(row, _)| row[column].chars().count()).max().unwrap_or(0).min(MOST_WIDE)
    };
    let widths = [width(0), width(1)];
    for ([subject, remedy, packages], group) in &rows {
        let text = format!("  {subject:<0$}  {remedy:<1$}  ", widths[0], widths[1]);
        line(out, format_args!("{text}{DIM}{packages}{DIM:#}"));
        group.iter().for_each(|finding| below(out, finding, details));
    }
}

fn may_share_a_row(a: &Finding, b: &Finding) -> bool {
    let names = |finding: &Finding| distributions(&finding.distributions);
    a.remedy == b.remedy && names(a) == names(b)
}

/// Findings that nothing in nixpkgs cures, by why.
fn by_reason<'a>(findings: &[&'a Finding]) -> Vec<(String, Vec<&'a Finding>)> {
    let mut groups: Vec<(String, Vec<&Finding>)> = Vec::new();
    for &finding in findings {
        let Remedy::None { reason } = &finding.remedy else { continue };
        match groups.iter_mut().find(|(known, _)| known == reason) {
            Some((_, group)) => group.push(finding),
            None => groups.push((reason.clone(), vec![finding])),
        }
    }
    groups
}

fn has_short_remedy(finding: &Finding) -> bool {
    !matches!(finding.remedy, Remedy::None { .. })
}

/// How many things a group of findings speaks of: programs stand several in one finding.
pub(super) fn number(findings: &[Finding]) -> usize {
    match findings.first().map(|finding| finding.code) {
        Some(Code::ForeignProgram) => findings
            .iter()
            .flat_map(|finding| &finding.distributions)
            .map(|affected| affected.objects.len())
            .sum(),
        _ => findings.len(),
    }
}

pub(super) fn heading(finding: &Finding, number: usize) -> String {
    match (finding.code, finding.reach) {
        (Code::MissingLibrary, Some(Reach::Import)) => {
            format!("{} missing that an import needs", count(number, "library is", "libraries are"))
        }
        (Code::MissingLibrary, Some(Reach::Program)) => {
            format!("{} missing that a program needs", count(number, "library is", "libraries are"))
        }
        (Code::MissingLibrary, _) => {
            format!("{} missing that only a plugin needs", count(number, "library is", "libraries are"))
        }
        (Code::MissingSymbolVersion, reach) => format!(
            "{} too old for what {} needs",
            count(number, "library is", "libraries are"),
            match reach {
                Some(Reach::Import) => "an import",
                Some(Reach::Program) => "a program",
                _ => "only a plugin",
            }
        ),
        (Code::DlopenLibrary, Some(Reach::Import)) => {
            format!(
                "{} missing that a package opens when it is imported",
                count(number, "library is", "libraries are")
            )
        }
        (Code::DlopenLibrary, _) if finding.severity == Severity::Note => {
            format!("{} not here that a package can do without", count(number, "library is", "libraries are"))
        }
        (Code::DlopenLibrary, _) => {
            format!(
                "{} missing that a package opens for a part of its work",
                count(number, "library is", "libraries are")
            )
        }
        (Code::IncompleteInstall, _) if !finding.distributions.is_empty() => {
            format!("{} not whole", count(number, "distribution is", "distributions are"))
        }
        (Code::IncompleteInstall, _) if finding.severity == Severity::Note => {
            "something changed since the last entry".into()
        }
        (Code::IncompleteInstall, _) => "the requirements are not installed as they are now".into(),
        (Code::DriverLibrary, _) => format!(
            "{} missing; the graphics driver of the system brings it, no package",
            count(number, "driver library is", "driver libraries are")
        ),
        (Code::ForeignProgram, _) if finding.severity == Severity::Note => {
            format!("{} patched on shell entry", count(number, "program is", "programs are"))
        }
        (Code::ForeignProgram, _) => {
            format!(
                "{} cannot start on NixOS: built for /lib64's loader",
                count(number, "program", "programs")
            )
        }
        (Code::ShadowedByPythonpath, _) => {
            format!("{} hidden by PYTHONPATH", count(number, "distribution is", "distributions are"))
        }
        (Code::MissingStdlibModule, _) => format!(
            "{} missing from this python that an import needs",
            count(number, "module of the standard library is", "modules of the standard library are")
        ),
        (Code::StaleInterpreter, _) => "the environment was made for another interpreter".into(),
        (Code::VanishedStorePath, reach) => format!(
            "{} gone that {} built with",
            count(number, "store path is", "store paths are"),
            match reach {
                Some(Reach::Import) => "what is imported was",
                Some(Reach::Program) => "a program was",
                _ => "only a plugin was",
            }
        ),
        (Code::WrongLibc, _) => {
            format!(
                "{} built for musl, which is not here",
                count(number, "distribution is", "distributions are")
            )
        }
        (Code::WrongPythonAbi, _) => {
            format!("{} built for another Python", count(number, "distribution is", "distributions are"))
        }
        (Code::WrongArchitecture, Some(_)) => {
            format!("{} built for another machine", count(number, "distribution is", "distributions are"))
        }
        (Code::WrongArchitecture, None) => "objects for another architecture are not used here".into(),
        (Code::UnreadableObject, _) => format!("{} damaged", count(number, "object is", "objects are")),
        (Code::LibraryPathHazard, _) => "a library directory was refused".into(),
    }
}

/// What, its remedy, and whose, of findings that have all but the first in common.
pub(super) fn row(findings: &[&Finding]) -> [String; 3] {
    let Some(finding) = findings.first() else { return Default::default() };
    let subject = match findings {
        [finding] => sanitize(&subject(finding)).into_owned(),
        several => listed(several.iter().map(|finding| subject(finding))),
    };
    let remedy = match &finding.remedy {
        Remedy::Attribute { attribute, .. } | Remedy::PythonAttribute { attribute } => attribute.clone(),
        Remedy::Program { attribute } => format!("nixpkgs has it: {attribute}"),
        Remedy::Driver => "driver".into(),
        Remedy::Command { command } => command.clone(),
        Remedy::None { reason } => reason.clone(),
    };
    [subject, sanitize(&remedy).into_owned(), distributions(&finding.distributions)]
}

pub(super) fn subject(finding: &Finding) -> String {
    let objects = || finding.distributions.iter().flat_map(|affected| &affected.objects).map(String::as_str);
    match (&finding.soname, finding.code) {
        (Some(soname), _) => soname.clone(),
        (None, Code::ForeignProgram | Code::UnreadableObject) => listed(objects()),
        (None, Code::WrongArchitecture) if finding.reach.is_none() => {
            let machine = finding.detail.clone().unwrap_or_default();
            format!("{machine}: {}", count(objects().count(), "object", "objects"))
        }
        (None, _) => finding.detail.clone().unwrap_or_default(),
    }
}

/// What stands below the row of a finding.
fn below(out: &mut String, finding: &Finding, details: bool) {
    if let (Some(why), Code::ForeignProgram) = (&finding.detail, finding.code) {
        line(out, format_args!("      {DIM}not patched: {}{DIM:#}", sanitize(why)));
    }
    if details {
        more(out, finding);
    }
}

fn more(out: &mut String, finding: &Finding) {
    if let (Some(detail), Code::UnreadableObject | Code::MissingSymbolVersion) =
        (&finding.detail, finding.code)
    {
        line(out, format_args!("      {DIM}{}{DIM:#}", sanitize(detail)));
    }
    for affected in &finding.distributions {
        for object in &affected.objects {
            line(out, format_args!("      {DIM}needed by {}{DIM:#}", sanitize(object)));
        }
    }
    for directory in &finding.searched {
        line(out, format_args!("      {DIM}not in {}{DIM:#}", sanitize(directory)));
    }
}

pub(super) fn distributions<'a>(affected: impl IntoIterator<Item = &'a Affected>) -> String {
    let names: BTreeSet<String> = affected.into_iter().map(describe).collect();
    listed(names.iter().map(String::as_str))
}

fn describe(affected: &Affected) -> String {
    match affected.name.as_str() {
        "" => "files of no distribution".into(),
        name => format!("{name} {}", affected.version),
    }
}

pub(super) fn listed<T: AsRef<str>>(names: impl Iterator<Item = T>) -> String {
    let mut unique: Vec<String> = Vec::new();
    names.for_each(|name| {
        let name = sanitize(name.as_ref()).into_owned();
        if !unique.contains(&name) {
            unique.push(name);
        }
    });
    let shown = unique[..unique.len().min(MOST_NAMES)].join(", ");
    match unique.len().saturating_sub(MOST_NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

pub(super) fn help(out: &mut String, text: &str) {
    line(out, format_args!("  {HELP}help{HELP:#}: {}", sanitize(text)));
}

pub(super) fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{text}");
}
