//! A report as people read it.

use std::collections::BTreeSet;
use std::fmt::Write;

use anstyle::{AnsiColor, Effects, Style};

use super::sanitize;
use crate::catalog;
use crate::diagnose::{Affected, Code, Finding, Reach, Remedy, Report, Severity};

const ERROR: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);
const WARNING: Style = AnsiColor::Yellow.on_default().effects(Effects::BOLD);
const NOTE: Style = AnsiColor::Blue.on_default().effects(Effects::BOLD);
const GOOD: Style = AnsiColor::Green.on_default().effects(Effects::BOLD);
const HELP: Style = AnsiColor::Cyan.on_default().effects(Effects::BOLD);
const DIM: Style = Style::new().effects(Effects::DIMMED);

/// Names listed before "and N more".
const MOST_NAMES: usize = 4;

/// The whole report. `details` adds which objects want a library and where was looked.
pub fn human(report: &Report, details: bool) -> String {
    let mut out = String::new();
    head(&mut out, report);
    for group in groups(&report.findings) {
        section(&mut out, group, details);
    }
    if report.findings.iter().all(|finding| finding.severity == Severity::Note) {
        line(&mut out, format_args!("{GOOD}nothing is missing{GOOD:#}"));
    }
    remedies(&mut out, report);
    out
}

/// What `preview` shows: the report, and what to write into shell.nix.
pub fn preview(report: &Report, details: bool) -> String {
    let mut out = String::new();
    head(&mut out, report);
    for group in groups(&report.findings) {
        section(&mut out, group, details);
    }
    let attributes = attributes(report, Severity::Error);
    if attributes.is_empty() {
        line(&mut out, format_args!("{GOOD}nothing is needed from nixpkgs{GOOD:#}"));
    } else {
        line(&mut out, format_args!("for shell.nix:"));
        line(&mut out, format_args!("  buildInputs = with pkgs; [ {} ];", attributes.join(" ")));
    }
    alternatives(&mut out, report);
    out
}

/// What shell entry says of libraries that are missing: a few lines, or nothing.
pub fn entry_summary(report: &Report) -> String {
    let mut out = String::new();
    let missing =
        |finding: &&Finding| finding.code == Code::MissingLibrary && finding.severity == Severity::Error;
    let errors: Vec<&Finding> = report.findings.iter().filter(missing).collect();
    let programs: Vec<&Finding> =
        report.findings.iter().filter(|finding| finding.code == Code::ForeignProgram).collect();
    if !errors.is_empty() {
        let (names, packages) = (names(&errors), distributions(errors.iter().flat_map(|f| &f.distributions)));
        let count = count(errors.len(), "library is", "libraries are");
        line(&mut out, format_args!("{WARNING}venvfix{WARNING:#}: {count} missing for {packages}: {names}"));
    }
    if !programs.is_empty() {
        let packages = distributions(programs.iter().flat_map(|f| &f.distributions));
        let count = count(programs.len(), "program", "programs");
        line(
            &mut out,
            format_args!("{WARNING}venvfix{WARNING:#}: {count} of {packages} cannot start on NixOS"),
        );
    }
    match add_command(report) {
        Some(command) => help(&mut out, &format!("{command}   # then enter the shell again")),
        None if !out.is_empty() => help(&mut out, "venvfix doctor"),
        None => {}
    }
    out
}

/// The libraries whose lack breaks an import or a program.
pub fn missing_for_import(report: &Report) -> Vec<String> {
    let missing =
        |finding: &&Finding| finding.code == Code::MissingLibrary && finding.severity == Severity::Error;
    report.findings.iter().filter(missing).filter_map(|finding| finding.soname.clone()).collect()
}

/// What an entry with nothing to do says of libraries that are missing as before.
pub fn still_missing(names: &[String]) -> String {
    let mut out = String::new();
    let sum = count(names.len(), "library is", "libraries are");
    let names = listed(names.iter().map(String::as_str));
    line(&mut out, format_args!("{WARNING}venvfix{WARNING:#}: {sum} still missing: {names}"));
    help(&mut out, "venvfix doctor");
    out
}

/// The `venvfix add-lib` call that cures the errors, if one does.
fn add_command(report: &Report) -> Option<String> {
    let attributes = attributes(report, Severity::Error);
    (!attributes.is_empty()).then(|| format!("venvfix add-lib {}", attributes.join(" ")))
}

fn head(out: &mut String, report: &Report) {
    let loader = match report.python.loader {
        "nix" => "loader of the Nix store",
        _ => "loader of the system",
    };
    let version =
        report.python.version.as_deref().map(|version| format!("python {version}, ")).unwrap_or_default();
    let sums = format!(
        "{}, {}",
        count(report.counts.distributions, "distribution", "distributions"),
        count(report.counts.objects, "object", "objects")
    );
    line(out, format_args!("{}: {DIM}{version}{loader}, {sums}{DIM:#}", sanitize(&report.venv)));
    out.push('\n');
}

/// Runs of findings that share a heading; they are sorted by it already.
fn groups(findings: &[Finding]) -> impl Iterator<Item = &[Finding]> {
    findings.chunk_by(|a, b| (a.severity, a.code, a.reach) == (b.severity, b.code, b.reach))
}

fn section(out: &mut String, findings: &[Finding], details: bool) {
    let Some(first) = findings.first() else { return };
    let (style, word) = match first.severity {
        Severity::Error => (ERROR, "error"),
        Severity::Warning => (WARNING, "warning"),
        Severity::Note => (NOTE, "note"),
    };
    line(out, format_args!("{style}{word}{style:#}: {}", heading(first, number(findings))));
    let (cured, others): (Vec<_>, Vec<_>) = findings.iter().partition(|finding| has_short_remedy(finding));
    table(out, &cured, details);
    for (reason, group) in by_reason(&others) {
        line(out, format_args!("  {}", sanitize(&reason)));
        let subjects = listed(group.iter().map(|finding| subject(finding)));
        let packages = distributions(group.iter().flat_map(|finding| &finding.distributions));
        line(out, format_args!("    {subjects}  {DIM}{packages}{DIM:#}"));
        if details {
            group.iter().for_each(|finding| more(out, finding));
        }
    }
    out.push('\n');
}

/// Name, remedy and distributions in columns.
fn table(out: &mut String, findings: &[&Finding], details: bool) {
    let rows: Vec<[String; 3]> = findings.iter().map(|finding| row(finding)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1)];
    for ([subject, remedy, packages], finding) in rows.iter().zip(findings) {
        line(
            out,
            format_args!("  {subject:<0$}  {remedy:<1$}  {DIM}{packages}{DIM:#}", widths[0], widths[1]),
        );
        if details {
            more(out, finding);
        }
    }
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
fn number(findings: &[Finding]) -> usize {
    match findings.first().map(|finding| finding.code) {
        Some(Code::ForeignProgram) => findings
            .iter()
            .flat_map(|finding| &finding.distributions)
            .map(|affected| affected.objects.len())
            .sum(),
        _ => findings.len(),
    }
}

fn heading(finding: &Finding, number: usize) -> String {
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
        (Code::DriverLibrary, _) => format!(
            "{} missing; the graphics driver of the system brings it, no package",
            count(number, "driver library is", "driver libraries are")
        ),
        (Code::ForeignProgram, _) => {
            format!(
                "{} cannot start on NixOS: built for /lib64's loader",
                count(number, "program", "programs")
            )
        }
        (Code::WrongArchitecture, _) => "objects for another architecture are not used here".into(),
        (Code::UnreadableObject, _) => format!("{} damaged", count(number, "object is", "objects are")),
        (Code::LibraryPathHazard, _) => "a library directory was refused".into(),
    }
}

/// What, its remedy, and whose.
fn row(finding: &Finding) -> [String; 3] {
    let remedy = match &finding.remedy {
        Remedy::Attribute { attribute, .. } => attribute.clone(),
        Remedy::Program { attribute } => format!("nixpkgs has it: {attribute}"),
        Remedy::Driver => "driver".into(),
        Remedy::Command { command } => command.clone(),
        Remedy::None { reason } => reason.clone(),
    };
    [
        sanitize(&subject(finding)).into_owned(),
        sanitize(&remedy).into_owned(),
        distributions(&finding.distributions),
    ]
}

fn subject(finding: &Finding) -> String {
    let objects = || finding.distributions.iter().flat_map(|affected| &affected.objects).map(String::as_str);
    match (&finding.soname, finding.code) {
        (Some(soname), _) => soname.clone(),
        (None, Code::ForeignProgram | Code::UnreadableObject) => listed(objects()),
        (None, Code::WrongArchitecture) => {
            let machine = finding.detail.clone().unwrap_or_default();
            format!("{machine}: {}", count(objects().count(), "object", "objects"))
        }
        (None, _) => finding.detail.clone().unwrap_or_default(),
    }
}

fn more(out: &mut String, finding: &Finding) {
    if let (Some(detail), Code::UnreadableObject) = (&finding.detail, finding.code) {
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

fn remedies(out: &mut String, report: &Report) {
    if let Some(command) = add_command(report) {
        help(out, &format!("{command}   # then enter the shell again"));
    }
    let programs: BTreeSet<&str> = report.findings.iter().filter_map(program).collect();
    if !programs.is_empty() {
        let names: Vec<&str> = programs.into_iter().collect();
        help(out, &format!("add to packages in shell.nix: {}", names.join(" ")));
    }
    alternatives(out, report);
}

fn program(finding: &Finding) -> Option<&str> {
    match &finding.remedy {
        Remedy::Program { attribute } => Some(attribute),
        _ => None,
    }
}

/// Wheels that do the same and need less.
fn alternatives(out: &mut String, report: &Report) {
    let errors = report
        .findings
        .iter()
        .filter(|finding| finding.code == Code::MissingLibrary && finding.severity == Severity::Error);
    let names: BTreeSet<&str> =
        errors.flat_map(|finding| &finding.distributions).map(|affected| affected.name.as_str()).collect();
    for name in names {
        if let Some(other) = catalog::package(name).and_then(|note| note.alternative) {
            help(out, &format!("{other} does without: use it in place of {name} where no window is opened"));
        }
    }
}

/// The attributes that cure findings of a severity, each once, in the order of the findings.
fn attributes(report: &Report, severity: Severity) -> Vec<&str> {
    let mut found = Vec::new();
    for finding in report.findings.iter().filter(|finding| finding.severity == severity) {
        if let Remedy::Attribute { attribute, .. } = &finding.remedy
            && !found.contains(&attribute.as_str())
        {
            found.push(attribute.as_str());
        }
    }
    found
}

fn names(findings: &[&Finding]) -> String {
    listed(findings.iter().filter_map(|finding| finding.soname.as_deref()))
}

fn distributions<'a>(affected: impl IntoIterator<Item = &'a Affected>) -> String {
    let names: BTreeSet<String> = affected.into_iter().map(describe).collect();
    listed(names.iter().map(String::as_str))
}

fn describe(affected: &Affected) -> String {
    match affected.name.as_str() {
        "" => "files of no distribution".into(),
        name => format!("{name} {}", affected.version),
    }
}

fn listed<T: AsRef<str>>(names: impl Iterator<Item = T>) -> String {
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

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn help(out: &mut String, text: &str) {
    line(out, format_args!("  {HELP}help{HELP:#}: {}", sanitize(text)));
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{text}");
}
