//! A report as annotations of a GitHub Actions run ("Workflow commands for GitHub Actions").

use std::fmt::Write;

use super::advice::advice;
use super::human::{groups, heading, number, row};
use crate::diagnose::{Finding, Report, Severity};

/// One annotation for each kind of finding, since only the first ten of a step are shown; the first also says
/// what to do.
pub fn github(report: &Report) -> String {
    let mut out = String::new();
    let mut help = advice(report).into_iter().map(|text| format!("help: {}", super::sanitize(&text)));
    for group in groups(&report.findings) {
        let Some(first) = group.first() else { continue };
        let command = match first.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let title = format!("venvfix: {}", heading(first, number(group)));
        let lines: Vec<String> = group.iter().map(line).chain(help.by_ref()).collect();
        // Writing to a String cannot fail.
        let _ = writeln!(out, "::{command} title={}::{}", property(&title), data(&lines.join("\n")));
    }
    out
}

fn line(finding: &Finding) -> String {
    let parts = row(&[finding]);
    let told: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    told.join("  ")
}

/// What stands behind the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_commands_are_made_of_is_escaped() {
        assert_eq!(data("a%b\r\n::error::c,d"), "a%25b%0D%0A::error::c,d");
        assert_eq!(property("a: b, 100%\n"), "a%3A b%2C 100%25%0A");
    }
}
