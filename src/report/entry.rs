//! What shell entry says of what is missing: a few lines, or nothing.

use std::path::PathBuf;

use super::advice::{add_command, missing_libraries};
use super::human::{WARNING, count, distributions, help, line, listed, number};
use crate::diagnose::{Code, Finding, Report, Severity};

/// After a scan.
pub fn entry_summary(report: &Report) -> String {
    let mut out = String::new();
    let errors: Vec<&Finding> = missing_libraries(report).collect();
    if !errors.is_empty() {
        let names = listed(errors.iter().filter_map(|finding| finding.soname.as_deref()));
        let packages = distributions(errors.iter().flat_map(|finding| &finding.distributions));
        let sum = count(errors.len(), "library is", "libraries are");
        line(&mut out, format_args!("{WARNING}venvfix{WARNING:#}: {sum} missing for {packages}: {names}"));
    }
    let foreign = |finding: &&Finding| finding.code == Code::ForeignProgram;
    let programs: Vec<Finding> = report.findings.iter().filter(foreign).cloned().collect();
    if !programs.is_empty() {
        let packages = distributions(programs.iter().flat_map(|finding| &finding.distributions));
        let sum = count(number(&programs), "program", "programs");
        line(
            &mut out,
            format_args!("{WARNING}venvfix{WARNING:#}: {sum} of {packages} cannot start on NixOS"),
        );
    }
    let old = errors_of(report, &[Code::MissingSymbolVersion]);
    if !old.is_empty() {
        let names = listed(old.iter().filter_map(|finding| finding.soname.as_deref()));
        let packages = distributions(old.iter().flat_map(|finding| &finding.distributions));
        let text = "what is here is too old for";
        line(&mut out, format_args!("{WARNING}venvfix{WARNING:#}: {text} {packages}: {names}"));
    }
    let wrong = errors_of(report, &[Code::WrongLibc, Code::WrongPythonAbi, Code::WrongArchitecture]);
    if !wrong.is_empty() {
        let packages = distributions(wrong.iter().flat_map(|finding| &finding.distributions));
        let text = "not importable here, built for another Python, libc or machine";
        line(&mut out, format_args!("{WARNING}venvfix{WARNING:#}: {text}: {packages}"));
    }
    match add_command(report) {
        Some(command) => help(&mut out, &format!("{command}   # then enter the shell again")),
        None if !out.is_empty() => help(&mut out, "venvfix doctor"),
        None => {}
    }
    out
}

/// What was done to programs.
pub fn patched(programs: &[PathBuf]) -> String {
    let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let sum = count(programs.len(), "program", "programs");
    format!("patched {sum} for this loader: {}", listed(programs.iter().map(name)))
}

/// What was undone to programs.
pub fn restored(programs: &[PathBuf]) -> String {
    patched(programs).replacen("patched", "restored", 1).replacen(" for this loader", "", 1)
}

fn errors_of<'a>(report: &'a Report, codes: &[Code]) -> Vec<&'a Finding> {
    let errors = report.findings.iter().filter(|finding| finding.severity == Severity::Error);
    errors.filter(|finding| codes.contains(&finding.code)).collect()
}

/// The libraries whose lack breaks an import or a program.
pub fn missing_for_import(report: &Report) -> Vec<String> {
    missing_libraries(report).filter_map(|finding| finding.soname.clone()).collect()
}

/// With nothing done, of what is missing as before.
pub fn still_missing(names: &[String]) -> String {
    let mut out = String::new();
    let sum = count(names.len(), "library is", "libraries are");
    let names = listed(names.iter());
    line(&mut out, format_args!("{WARNING}venvfix{WARNING:#}: {sum} still missing: {names}"));
    help(&mut out, "venvfix doctor");
    out
}
