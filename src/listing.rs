//! What a Nix file's lists hold, held against what wheels need (pure).
//!
//! That no wheel needs a library is no proof that nothing does: builds, programs and packages that open libraries in
//! their own ways leave no trace in files. So it is said of wheels, and of no more.

use schemars::JsonSchema;
use serde::Serialize;

use crate::catalog;
use crate::diagnose::{Affected, Finding, Remedy};
use crate::nixfile::Listed;

/// The schema of [`Listing`].
pub const SCHEMA: u32 = 1;

/// The lists of a file: `list-libs --format json`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Listing {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The file, as the user knows it.
    pub file: String,
    /// The venv whose wheels were looked at; none where there is none.
    pub venv: Option<String>,
    /// In the file's order.
    pub elements: Vec<Element>,
}

/// One element of a list.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Element {
    /// As the file spells it.
    pub spelling: String,
    /// Its attribute path, none for what is computed.
    pub attribute: Option<String>,
    /// Its paths in other releases, as far as the file spells them.
    pub alternatives: Vec<String>,
    /// The attribute of the shell that its list belongs to, or the name of the list.
    pub list: String,
    /// Its line, from 1.
    pub line: usize,
    /// Its column in characters, from 1.
    pub column: usize,
    /// What it is.
    pub kind: Kind,
    /// Whether a wheel in the venv needs it; none where that cannot be told. `false` does not mean that nothing does.
    pub needed_by_wheels: Option<bool>,
    /// The wheels that need it, and what of it.
    pub needs: Vec<Need>,
}

/// What an element is, by the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// It has libraries that wheels ask for.
    Library,
    /// It is there for its programs.
    Program,
    /// A Python package of nixpkgs.
    PythonPackage,
    /// In no table, or computed.
    Unknown,
}

/// A library that a wheel needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Need {
    /// The normalised name of the distribution; empty for files of none.
    pub distribution: String,
    /// Its version.
    pub version: String,
    /// The name that it needs.
    pub soname: String,
}

/// The elements with what needs them. `findings` are those of a venv to which nothing is offered.
pub fn elements(listed: &[Listed], findings: Option<&[Finding]>) -> Vec<Element> {
    listed.iter().map(|element| described(element, findings)).collect()
}

fn described(listed: &Listed, findings: Option<&[Finding]>) -> Element {
    let needs: Vec<Need> =
        findings.into_iter().flatten().filter(|finding| cures(listed, finding)).flat_map(needs_of).collect();
    let kind = if needs.is_empty() { kind(listed) } else { Kind::Library };
    let mut paths = listed.paths.iter().cloned();
    Element {
        spelling: listed.spelling.clone(),
        attribute: paths.next(),
        alternatives: paths.collect(),
        list: listed.place.name.trim_matches('`').to_owned(),
        line: listed.place.line,
        column: listed.place.column,
        kind,
        needed_by_wheels: findings.filter(|_| kind == Kind::Library).map(|_| !needs.is_empty()),
        needs,
    }
}

fn cures(listed: &Listed, finding: &Finding) -> bool {
    let Remedy::Attribute { attribute, alternatives, .. } = &finding.remedy else { return false };
    listed.paths.iter().any(|path| path == attribute || alternatives.contains(path))
}

fn needs_of(finding: &Finding) -> Vec<Need> {
    let need = |affected: &Affected| {
        Some(Need {
            distribution: affected.name.clone(),
            version: affected.version.clone(),
            soname: finding.soname.clone()?,
        })
    };
    finding.distributions.iter().filter_map(need).collect()
}

fn kind(listed: &Listed) -> Kind {
    let any = |is_it: fn(&str) -> bool| listed.paths.iter().any(|path| is_it(path));
    if any(is_python_package) {
        Kind::PythonPackage
    } else if any(catalog::holds_library) {
        Kind::Library
    } else if any(is_tool) || any(catalog::holds_programs) || is_tool(&listed.spelling) {
        Kind::Program
    } else {
        Kind::Unknown
    }
}

/// Of a set such as `python3Packages` or `python312.pkgs`.
fn is_python_package(path: &str) -> bool {
    let mut parts = path.split('.');
    let set = parts.next().unwrap_or_default();
    let interpreter = set.strip_suffix("Packages").unwrap_or(set);
    let below = parts.next();
    is_interpreter(interpreter) && (set != interpreter && below.is_some() || below == Some("pkgs"))
}

fn is_interpreter(name: &str) -> bool {
    let version = ["python", "pypy"].iter().find_map(|family| name.strip_prefix(family));
    version.is_some_and(|version| version.chars().all(|c| c.is_ascii_digit() || "Fulminimal".contains(c)))
}

/// What every project with Python may have in its shell, in no table of what wheels call.
fn is_tool(path: &str) -> bool {
    const TOOLS: [&str; 10] = [
        "git",
        "uv",
        "venvfix",
        "venvfixShellHook",
        "poetry",
        "pdm",
        "ruff",
        "nodejs",
        "gnumake",
        "pre-commit",
    ];
    is_interpreter(path) || TOOLS.contains(&path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::diagnose::{Code, Confidence, Reach, Severity};
    use crate::nixfile::list_libraries;

    const FILE: &str = "{ pkgs }: let venvfix = f 1; in pkgs.mkShell { buildInputs = with pkgs; [ zlib openssl (pkgs.libx11 or pkgs.xorg.libX11) python3 git python3Packages.numpy (f 1) oddity ] ++ [ venvfix ]; }";

    fn finding(soname: &str, attribute: &str, distribution: &str) -> Finding {
        Finding {
            reach: Some(Reach::Import),
            soname: Some(soname.into()),
            distributions: vec![Affected { name: distribution.into(), version: "1".into(), objects: vec![] }],
            ..Finding::plain(
                Code::MissingLibrary,
                Severity::Error,
                String::new(),
                Remedy::Attribute {
                    attribute: attribute.into(),
                    confidence: Confidence::Sure,
                    alternatives: vec![],
                },
            )
        }
    }

    #[test]
    fn an_element_is_needed_by_the_wheels_whose_libraries_it_has() {
        let listed = list_libraries(FILE).unwrap();
        let findings = [finding("libz.so.1", "zlib", "numpy"), finding("libX11.so.6", "xorg.libX11", "tk")];
        let found = elements(&listed, Some(&findings));
        let told: Vec<_> = found
            .iter()
            .map(|it| (it.kind, it.needed_by_wheels, it.needs.first().map(|need| need.distribution.as_str())))
            .collect();
        let wanted = [
            (Kind::Library, Some(true), Some("numpy")),
            (Kind::Library, Some(false), None),
            (Kind::Library, Some(true), Some("tk")),
            (Kind::Program, None, None),
            (Kind::Program, None, None),
            (Kind::PythonPackage, None, None),
            (Kind::Unknown, None, None),
            (Kind::Unknown, None, None),
            (Kind::Program, None, None),
        ];
        assert_eq!(told, wanted);
        assert_eq!(found[2].alternatives, ["xorg.libX11"]);
    }

    #[test]
    fn without_a_venv_nothing_is_said_of_needs() {
        let found = elements(&list_libraries(FILE).unwrap(), None);
        assert!(found.iter().all(|element| element.needed_by_wheels.is_none()));
        assert_eq!(found[0].kind, Kind::Library);
    }

    #[test]
    fn interpreters_and_their_sets_are_told_apart() {
        for path in ["python3", "python312", "pypy3", "python3Full", "git"] {
            assert!(is_tool(path) && !is_python_package(path), "{path}");
        }
        for path in ["python3Packages.numpy", "python312Packages.pip", "python3.pkgs.pip"] {
            assert!(is_python_package(path) && !is_tool(path), "{path}");
        }
        assert!(!is_tool("pythonqt") && !is_python_package("xorg.libX11"));
    }
}
