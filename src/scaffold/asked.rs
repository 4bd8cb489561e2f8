//! What the files of a project ask of its shell (pure).

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::versions::{fits, minor_of};
use crate::catalog::{self, Interpreters, Kind, Library, Remedies};
use crate::project_name;

/// The files that were read.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// What is installed from: names and texts.
    pub sources: Vec<(String, String)>,
    /// pyproject.toml.
    pub project: String,
    /// .python-version.
    pub python_version: String,
    /// Files that lie there and are not read.
    pub others: Vec<&'static str>,
}

/// A line of a list: what is in it, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Attributes.
    pub libraries: Vec<Library>,
    /// Who wants them, for a comment.
    pub why: String,
}

/// What a shell is to have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The interpreter's attribute, and why that one.
    pub python: (String, Option<String>),
    /// Programs.
    pub programs: Vec<Wish>,
    /// System libraries beside the usual ones.
    pub libraries: Vec<Wish>,
    /// What the user should know.
    pub notes: Vec<String>,
    /// What will not be as the user or the files wish.
    pub warnings: Vec<String>,
}

/// The libraries that every generated shell has.
const USUAL: [&str; 4] = ["stdenv.cc.cc.lib", "openssl", "zlib", "libxml2"];

/// Lock files that nothing here reads, and how to make one that is.
pub const UNREAD: [(&str, &str); 3] = [
    ("poetry.lock", "poetry export -o requirements.txt"),
    ("pdm.lock", "pdm export -o requirements.txt"),
    ("Pipfile.lock", "pipenv requirements > requirements.txt"),
];

/// What the files ask for; `named` is the Python that the user names. `interpreters` are those of the nixpkgs in use.
pub fn asked(files: &Files, named: Option<u8>, interpreters: &Interpreters) -> Asked {
    let mut asked = Asked { python: ("python3".to_owned(), None), ..Asked::default() };
    choose_python(&mut asked, files, named, interpreters);
    if let Some((name, _)) = files.sources.iter().find(|(name, _)| name == "uv.lock" || name == "pylock.toml")
    {
        let uv = vec![Library::new("uv")];
        asked.programs.push(Wish { libraries: uv, why: format!("installs {name}") });
    }
    add_known(&mut asked, files);
    let is_pinned = files.sources.iter().any(|(name, _)| name != "pyproject.toml");
    for (name, export) in UNREAD.iter().filter(|(name, _)| files.others.contains(name) && !is_pinned) {
        asked.notes.push(format!("{name} is not read; to install just what it pins: {export}"));
    }
    asked
}

fn choose_python(asked: &mut Asked, files: &Files, named: Option<u8>, interpreters: &Interpreters) {
    let required = requires_python(files);
    let contradicts = |minor: u8| required.as_ref().filter(|required| !fits(required, minor));
    if let Some(minor) = named {
        asked.python.0 = format!("python3{minor}");
        let unknown =
            (!interpreters.has(minor)).then(|| format!("this nixpkgs is not known to have python3{minor}"));
        let unfit = contradicts(minor)
            .map(|required| format!("requires-python is {}, and not 3.{minor}", plain(required)));
        let all: Vec<String> = unknown.into_iter().chain(unfit).collect();
        asked.warnings.extend((!all.is_empty()).then(|| all.join(", and ")));
        return;
    }
    match wish_of(&files.python_version) {
        Some(Ok(minor)) if interpreters.has(minor) => {
            if let Some(required) = contradicts(minor) {
                let required = plain(required);
                asked.warnings.push(format!(
                    ".python-version names 3.{minor}, which requires-python, {required}, forbids: the shell \
                     has python3{minor}"
                ));
            }
            asked.python = (format!("python3{minor}"), Some("as .python-version says".to_owned()));
            return;
        }
        Some(Ok(minor)) => asked
            .warnings
            .push(format!(".python-version names 3.{minor}, which this nixpkgs is not known to have")),
        Some(Err(other)) => asked
            .warnings
            .push(format!(".python-version names {}, which a shell made here cannot have", plain(&other))),
        None => {}
    }
    let Some(required) = required else { return };
    match interpreters.fitting(&|minor| fits(&required, minor)) {
        Some(python) if python == "python3" => {}
        Some(python) => asked.python = (python, Some(format!("requires-python is {}", plain(&required)))),
        None => asked
            .warnings
            .push(format!("no python of this nixpkgs is known to fit requires-python, {}", plain(&required))),
    }
}

/// The first Python of a .python-version that can be had, else the first that cannot.
fn wish_of(text: &str) -> Option<Result<u8, String>> {
    let lines = || {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        // Any will do.
        lines.filter(|line| !["3", "system", "cpython", "python3"].contains(line))
    };
    let usable = lines().find_map(minor_of).map(Ok);
    usable.or_else(|| lines().next().map(|line| Err(line.to_owned())))
}

/// Text of a file for a comment or message: on one line, and short.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(60).collect()
}

fn requires_python(files: &Files) -> Option<String> {
    let table = |text: &str| text.parse::<Table>().ok();
    let of_project = || {
        let table = table(&files.project)?;
        let own = table.get("project").and_then(|project| project.get("requires-python"));
        let poetry = || table.get("tool")?.get("poetry")?.get("dependencies")?.get("python");
        own.or_else(poetry)?.as_str().map(str::to_owned)
    };
    let of_lock = || {
        let lock = files.sources.iter().find(|(name, _)| name == "uv.lock" || name == "pylock.toml")?;
        table(&lock.1)?.get("requires-python")?.as_str().map(str::to_owned)
    };
    of_project().or_else(of_lock)
}

/// Adds what the tables know of the packages that are installed.
fn add_known(asked: &mut Asked, files: &Files) {
    let mut seen: BTreeSet<String> = USUAL.iter().map(|&name| name.to_owned()).collect();
    let mut new = |libraries: Vec<Library>| -> Vec<Library> {
        libraries.into_iter().filter(|library| seen.insert(library.attribute.clone())).collect()
    };
    for name in files.sources.iter().flat_map(|(file, text)| names(file, text)).collect::<BTreeSet<_>>() {
        let of_package = catalog::meanings(&name).into_iter().find(|meaning| meaning.kind == Kind::Pypi);
        if let Some(Remedies::Libraries(libraries)) = of_package.map(|meaning| meaning.remedies) {
            let libraries = new(libraries);
            if !libraries.is_empty() {
                asked.libraries.push(Wish { libraries, why: name.clone() });
            }
        }
        let Some(package) = catalog::package(&name) else { continue };
        // Of those whose note says so there is no wheel.
        let note = package.note.unwrap_or_default();
        let build = package.build.iter().filter(|attribute| note.contains(&format!("add {attribute}")));
        let programs = package.programs.iter().filter_map(|program| attribute_of(program));
        let build = build.map(|attribute| tool_of(attribute));
        let libraries = new(build.chain(programs).collect());
        if !libraries.is_empty() {
            asked.programs.push(Wish { libraries, why: name });
        }
    }
}

/// An attribute that is named for a program, with what other releases call it.
fn tool_of(attribute: &str) -> Library {
    let program = attribute.rsplit('.').next().unwrap_or(attribute);
    match catalog::tool(program) {
        Some(catalog::Remedy::Attribute { attribute: found, older, .. }) if found == attribute => {
            Library::with_older(found, &older)
        }
        _ => Library::new(attribute),
    }
}

fn attribute_of(program: &str) -> Option<Library> {
    match catalog::program(program)? {
        catalog::Remedy::Attribute { attribute, older, .. } => Some(Library::with_older(attribute, &older)),
        _ => None,
    }
}

/// The packages that a file asks for, normalised.
fn names(file: &str, text: &str) -> Vec<String> {
    let found = match file {
        "pyproject.toml" => of_project(text),
        "uv.lock" => of_lock(text, "package"),
        name if name.starts_with("pylock.") => of_lock(text, "packages"),
        _ => text.lines().filter_map(of_requirement).collect(),
    };
    found.iter().map(|name| project_name::normalize(name)).collect()
}

fn of_lock(text: &str, key: &str) -> Vec<String> {
    let table: Table = text.parse().unwrap_or_default();
    let packages = table.get(key).and_then(Value::as_array).into_iter().flatten();
    packages.filter_map(|package| package.get("name")?.as_str()).map(str::to_owned).collect()
}

fn of_project(text: &str) -> Vec<String> {
    let table: Table = text.parse().unwrap_or_default();
    let own = table.get("project").and_then(|project| project.get("dependencies")).and_then(Value::as_array);
    let poetry = || table.get("tool")?.get("poetry")?.get("dependencies")?.as_table();
    let own = own.into_iter().flatten().filter_map(Value::as_str).filter_map(of_requirement);
    own.chain(poetry().into_iter().flat_map(Table::keys).cloned()).collect()
}

/// The name in a requirement (PEP 508), unless it is for another system.
fn of_requirement(line: &str) -> Option<String> {
    let line = line.trim();
    let (requirement, marker) = line.split_once(';').unwrap_or((line, ""));
    let elsewhere = ["win32", "darwin", "Windows", "Darwin"].iter().any(|name| marker.contains(name));
    if elsewhere && !marker.contains("!=") {
        return None;
    }
    let end = requirement.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
    let name = &requirement[..end.unwrap_or(requirement.len())];
    // `./lib`, `-r more.txt`, URLs.
    let is_url = requirement[name.len()..].starts_with([':', '/']);
    (project_name::is_valid(name) && !is_url).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn of(sources: &[(&str, &str)]) -> Asked {
        let own = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        let files = Files { sources: sources.iter().map(own).collect(), ..Files::default() };
        asked(&files, None, catalog::interpreters(None).unwrap())
    }

    fn listed(wishes: &[Wish]) -> Vec<(String, &str)> {
        let joined = |wish: &Wish| {
            wish.libraries.iter().map(|library| library.attribute.clone()).collect::<Vec<_>>().join(" ")
        };
        wishes.iter().map(|wish| (joined(wish), wish.why.as_str())).collect()
    }

    #[test]
    fn known_packages_bring_their_libraries_once() {
        let text = "numpy\nPsycopg2>=2 # db\npython_magic==0.4\nopencv-python ; python_version > '3'\n\
                    pyopengl\n-r more.txt\n./lib\nhttps://x/soundfile.whl\npyusb; sys_platform == 'win32'\n";
        let found = of(&[("requirements.txt", text)]);
        let libraries = listed(&found.libraries);
        let names: Vec<&str> = libraries.iter().map(|(_, why)| *why).collect();
        assert_eq!(names, ["opencv-python", "psycopg2", "pyopengl", "python-magic"], "{libraries:?}");
        assert!(libraries[0].0.contains("libGL") && libraries[0].0.contains("glib"), "{libraries:?}");
        assert!(!libraries[2].0.split(' ').any(|name| name == "libGL"), "{libraries:?}");
        assert_eq!(libraries[1], ("libpq".to_owned(), "psycopg2"));
        assert_eq!(libraries[3], ("file".to_owned(), "python-magic"));
        assert_eq!(listed(&found.programs), [("libpq.pg_config".to_owned(), "psycopg2")]);
    }

    #[test]
    fn locks_and_projects_name_packages_too() {
        let lock =
            "requires-python = '>=3.12'\n[[package]]\nname = 'python-magic'\n[[package]]\nname = 'x'\n";
        let found = of(&[("uv.lock", lock)]);
        assert_eq!(listed(&found.libraries), [("file".to_owned(), "python-magic")]);
        assert_eq!(listed(&found.programs), [("uv".to_owned(), "installs uv.lock")]);
        let project =
            "[project]\ndependencies = ['python-magic>=1']\n[tool.poetry.dependencies]\npsycopg2 = '*'\n";
        let found = of(&[("pyproject.toml", project)]);
        assert_eq!(listed(&found.libraries).len(), 2);
        let pylock = "[[packages]]\nname = 'python-magic'\n";
        assert_eq!(listed(&of(&[("pylock.toml", pylock)]).libraries).len(), 1);
        assert_eq!(of(&[("uv.lock", "= broken")]).libraries, []);
    }

    #[test]
    fn the_interpreter_is_the_one_that_fits() {
        let choose = |project: &str, version: &str, named: Option<u8>| {
            let files = Files { project: project.into(), python_version: version.into(), ..Files::default() };
            let found = asked(&files, named, catalog::interpreters("25.11".parse().ok()).unwrap());
            (found.python.0, found.warnings.len())
        };
        let requires = |text: &str| format!("[project]\nrequires-python = '{text}'\n");
        let is = |python: &str, notes| (python.to_owned(), notes);
        assert_eq!(choose("", "", None), is("python3", 0));
        assert_eq!(choose(&requires(">=3.9"), "", None), is("python3", 0));
        assert_eq!(choose(&requires(">=3.9,<3.13"), "", None), is("python312", 0));
        assert_eq!(choose(&requires(">=3.9"), "3.11.4\n", None), is("python311", 0));
        assert_eq!(choose(&requires("<3.12"), "3.9\n", None), is("python311", 1));
        assert_eq!(choose(&requires("<3.9"), "", None), is("python3", 1));
        assert_eq!(choose(&requires("<3.13"), "3.11", Some(12)), is("python312", 0));
        assert_eq!(choose("", "", Some(8)), is("python38", 1));
        assert_eq!(
            choose("[tool.poetry.dependencies]\npython = '^3.10,<3.12'\n", "", None),
            is("python311", 0)
        );
    }

    #[test]
    fn a_python_that_the_files_contradict_is_warned_of_once() {
        let warned = |required: &str, version: &str, named: Option<u8>| {
            let project = format!("[project]\nrequires-python = '{required}'\n");
            let files = Files { project, python_version: version.into(), ..Files::default() };
            let found = asked(&files, named, catalog::interpreters("25.11".parse().ok()).unwrap());
            assert_eq!(found.notes, Vec::<String>::new());
            (found.python.0, found.warnings.join("\n"))
        };
        for (required, version, named, python, says) in [
            (">=3.11", "", Some(9), "python39", "requires-python is >=3.11, and not 3.9"),
            ("", "", Some(99), "python399", "not known to have python399"),
            (">=3.12", "3.11", None, "python311", "which requires-python, >=3.12, forbids"),
            (">=3.11", "2.7\n", None, "python3", ".python-version names 2.7, which"),
            ("", "pypy3.10-7.3", None, "python3", "pypy3.10-7.3"),
            ("<3.13", "# of pyenv\n3.14t\n", None, "python312", "3.14t"),
        ] {
            let (found, warning) = warned(required, version, named);
            assert_eq!(found, python, "{warning}");
            assert!(warning.contains(says), "{warning}");
        }
        for version in ["", "\n", "3\n", "system", "pypy3.10\n3.12\n"] {
            assert_eq!(warned(">=3.9", version, None).1, "", "{version}");
        }
    }

    #[test]
    fn locks_that_are_not_read_are_named() {
        let files = Files { others: vec!["poetry.lock"], ..Files::default() };
        let found = asked(&files, None, catalog::interpreters(None).unwrap());
        assert!(found.notes[0].contains("poetry export"), "{:?}", found.notes);
        let files = Files { sources: vec![("requirements.txt".into(), String::new())], ..files };
        assert!(asked(&files, None, catalog::interpreters(None).unwrap()).notes.is_empty());
    }
}
