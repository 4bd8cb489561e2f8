//! What doctor says, as data: schema 1 of `doctor --format json`.

use schemars::JsonSchema;
use serde::Serialize;

/// The schema of [`Report`].
pub const SCHEMA: u32 = 1;

/// One run of doctor.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The venv, as the user knows it.
    pub venv: String,
    /// Its interpreter.
    pub python: Python,
    /// Sums.
    pub counts: Counts,
    /// Errors first.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Adds findings.
    pub fn add_all(&mut self, findings: impl IntoIterator<Item = Finding>) {
        findings.into_iter().for_each(|finding| self.add(finding));
    }

    /// Adds a finding, and counts it.
    pub fn add(&mut self, finding: Finding) {
        match finding.severity {
            Severity::Error => self.counts.errors += 1,
            Severity::Warning => self.counts.warnings += 1,
            Severity::Note => {}
        }
        self.findings.push(finding);
        self.findings.sort_by_key(|finding| finding.severity);
    }
}

/// The interpreter that will load what was examined.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Python {
    /// `3.13.7`.
    pub version: Option<String>,
    /// The file, without links; none if one is only assumed.
    pub executable: Option<String>,
    /// `nix` or `host`: whose dynamic loader it has.
    pub loader: &'static str,
    /// Version of the loader's glibc, where it is known.
    pub glibc: Option<String>,
}

/// Sums of a report.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Counts {
    /// Installed distributions.
    pub distributions: usize,
    /// ELF objects examined.
    pub objects: usize,
    /// Findings of severity error.
    pub errors: usize,
    /// Findings of severity warning.
    pub warnings: usize,
}

/// The kind of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// A needed name that the loader will not find.
    MissingLibrary,
    /// A library that is found and older than the one an object was built with.
    MissingSymbolVersion,
    /// A library that a package opens by name, which no DT_NEEDED tells.
    DlopenLibrary,
    /// A library of the graphics driver that is not there.
    DriverLibrary,
    /// A program whose interpreter is not on a Nix system.
    ForeignProgram,
    /// The venv's interpreter is another than it was made for, or is gone.
    StaleInterpreter,
    /// A store path that is gone, and that something was built with.
    VanishedStorePath,
    /// The requirements were not installed as they are now, or a distribution is not whole.
    IncompleteInstall,
    /// An object for musl, where the interpreter has glibc.
    WrongLibc,
    /// An extension module for another Python, and none for this one.
    WrongPythonAbi,
    /// An object for another machine.
    WrongArchitecture,
    /// A damaged object.
    UnreadableObject,
    /// A module of the standard library that the interpreter was built without.
    MissingStdlibModule,
    /// A distribution that PYTHONPATH hides behind another.
    ShadowedByPythonpath,
    /// An offered directory that holds a libc.
    LibraryPathHazard,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Something that people use fails.
    Error,
    /// Something that is optional fails.
    Warning,
    /// Only said.
    Note,
}

/// What fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// An import.
    Import,
    /// An executable.
    Program,
    /// Anything else: a plugin, a library that is opened on demand.
    Plugin,
}

impl Reach {
    /// How bad a failure of this reach is.
    pub fn severity(self) -> Severity {
        match self {
            Self::Import | Self::Program => Severity::Error,
            Self::Plugin => Severity::Warning,
        }
    }
}

/// One diagnosed fact.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Finding {
    /// Its kind.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What fails, where that is known.
    pub reach: Option<Reach>,
    /// The needed name, where one is missing.
    pub soname: Option<String>,
    /// Who is concerned.
    pub distributions: Vec<Affected>,
    /// Directories that were looked into in vain.
    pub searched: Vec<String>,
    /// What to do.
    pub remedy: Remedy,
    /// What else there is to know, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Finding {
    /// A finding that concerns no library and no distribution in particular.
    pub fn plain(code: Code, severity: Severity, detail: String, remedy: Remedy) -> Self {
        Self {
            code,
            severity,
            reach: None,
            soname: None,
            distributions: Vec::new(),
            searched: Vec::new(),
            remedy,
            detail: Some(detail),
        }
    }
}

/// A distribution that a finding concerns.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Affected {
    /// Normalised name; empty for files that no RECORD names.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The objects, relative to site-packages.
    pub objects: Vec<String>,
}

/// How sure an attribute is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// By two independent sources.
    Sure,
    /// By one.
    Likely,
}

/// What cures a finding.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Remedy {
    /// A library of nixpkgs.
    Attribute {
        /// The attribute path.
        attribute: String,
        /// How sure that is.
        confidence: Confidence,
        /// The names of other releases.
        alternatives: Vec<String>,
    },
    /// A package of nixpkgs for the interpreter itself.
    PythonAttribute {
        /// The attribute path.
        attribute: String,
    },
    /// The graphics driver of the system.
    Driver,
    /// The same program from nixpkgs.
    Program {
        /// The attribute path.
        attribute: String,
    },
    /// A command to type.
    Command {
        /// As typed.
        command: String,
    },
    /// Nothing that nixpkgs has.
    None {
        /// Why, and what else to do.
        reason: String,
    },
}
