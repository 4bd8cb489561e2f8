//! Requirement files and all that they include, with their contents.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

pub use super::index_options::index_options;
use super::project_file;
use super::requirement_lines::{decode, logical_lines, parts};
use crate::error::Trouble;
use crate::fsx;

/// Lock files of large projects have some megabytes.
const MAX_SIZE: u64 = 32 << 20;
/// More files than anybody includes; it only bounds a loop.
const MAX_FILES: usize = 10_000;

/// The files of a project that say what it depends on.
const PROJECT_FILES: [&str; 3] = ["pyproject.toml", "setup.cfg", "setup.py"];

/// Path of each file, and its content: `None` where it is absent, which pip will say.
pub type Inputs = BTreeMap<PathBuf, Option<String>>;

/// Files that an installation depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Closure {
    /// With their contents.
    pub inputs: Inputs,
    /// For a file that another one names: which.
    pub named_by: BTreeMap<PathBuf, PathBuf>,
}

impl Closure {
    /// Adds a requirements file, what it includes, and what says on what the local projects in it
    /// depend. Those are relative to the project, where pip runs.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn add_requirements(&mut self, file: &Path, project: &Path) -> Result<()> {
        let mut waiting = vec![file.to_owned()];
        while let Some(path) = waiting.pop() {
            if self.inputs.contains_key(&path) {
                continue;
            }
            if self.inputs.len() >= MAX_FILES {
                bail!("{} includes more than {MAX_FILES} files", file.display());
            }
            let text = self.add_file(&path, None)?;
            for included in includes(&text, &path) {
                self.name(&included, &path);
                waiting.push(included);
            }
            for local in logical_lines(&text).iter().filter_map(|line| local_path(line)) {
                self.add_local(&fsx::normalize(&project.join(local)), &path)?;
            }
        }
        Ok(())
    }

    /// Adds the files in `folder` that say what the project there depends on.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn add_project(&mut self, folder: &Path, named_by: &Path) -> Result<()> {
        let [first, others @ ..] = PROJECT_FILES;
        let file = folder.join(first);
        let text = self.add_file(&file, Some(named_by))?;
        for name in project_file::dynamic_files(&text) {
            self.add_file(&fsx::normalize(&folder.join(name)), Some(&file))?;
        }
        others.iter().try_for_each(|name| self.add_file(&folder.join(name), Some(named_by)).map(|_| ()))
    }

    /// Adds one file, and gives its text back: empty where there is none.
    ///
    /// # Errors
    /// If it cannot be read, or is larger than any such file.
    pub fn add_file(&mut self, path: &Path, named_by: Option<&Path>) -> Result<String> {
        // What is no text is the installer's to judge, and compared all the same.
        let read = |bytes: Vec<u8>| decode(&bytes).unwrap_or_else(|| bytes.escape_ascii().to_string());
        let text = fsx::read_bytes(path, MAX_SIZE)?.map(read);
        self.inputs.insert(path.to_owned(), text.clone());
        if let Some(other) = named_by {
            self.name(path, other);
        }
        Ok(text.unwrap_or_default())
    }

    /// Adds a folder with a project in it, or an archive, which is told by its size and time.
    fn add_local(&mut self, path: &Path, named_by: &Path) -> Result<()> {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => self.add_project(path, named_by),
            Ok(metadata) if metadata.is_file() => {
                let time = (metadata.mtime(), metadata.mtime_nsec());
                let known = format!("{} bytes of {}.{}", metadata.len(), time.0, time.1);
                self.inputs.insert(path.to_owned(), Some(known));
                self.name(path, named_by);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn name(&mut self, path: &Path, by: &Path) {
        if path != by {
            self.named_by.entry(path.to_owned()).or_insert_with(|| by.to_owned());
        }
    }
}

/// The path of a local project or archive that a requirement line names.
fn local_path(line: &str) -> Option<String> {
    let (head, options) = parts(line);
    let editable = options.into_iter().find(|(name, _)| name == "-e" || name == "--editable");
    let is_editable = editable.is_some();
    let requirement = editable.map_or(head, |(_, value)| value);
    let requirement = requirement.split_once(" @ ").map_or(requirement.as_str(), |(_, location)| location);
    let location = requirement.split([';', '#']).next().unwrap_or_default().trim();
    let of_url = file_of_url(location);
    let is_url = of_url.is_some();
    let location = of_url.unwrap_or_else(|| location.to_owned());
    let bare =
        location.strip_suffix(']').and_then(|rest| rest.rsplit_once('[')).map(|(path, _)| path.to_owned());
    let location = bare.unwrap_or(location);
    let is_path = is_url || is_editable || location.starts_with('.') || location.contains('/');
    (is_path && !location.contains("://") && !location.is_empty()).then_some(location)
}

/// A path as the project's user knows it.
pub fn shown(path: &Path, project: &Path) -> String {
    path.strip_prefix(project).unwrap_or(path).display().to_string()
}

/// Refuses what would make pip build something, and so run a stranger's code: whatever is no plain
/// requirement and no wheel, in arguments and in all the files that `files` include.
///
/// # Errors
/// For the first such line.
pub fn only_wheels(arguments: &[String], files: &[PathBuf]) -> Result<()> {
    let refuse = |line: &str, place: &str| {
        Trouble::usage(format!("preview reads wheels, and this is none: {line}{place}"))
            .help("name a package of an index, or a wheel's file or URL")
    };
    if let Some(argument) = arguments.iter().find(|argument| !is_wheel_or_name(argument)) {
        return Err(refuse(argument, "").into());
    }
    let mut closure = Closure::default();
    for file in files {
        closure.add_requirements(file, Path::new("/"))?;
    }
    for (path, text) in closure.inputs {
        let lines = logical_lines(text.as_deref().unwrap_or_default());
        if let Some(line) = lines.iter().find(|line| !is_harmless(line)) {
            return Err(refuse(line, &format!(" (in {})", path.display())).into());
        }
    }
    Ok(())
}

fn is_harmless(line: &str) -> bool {
    const OPTIONS: [&str; 15] = [
        "-c",
        "--constraint",
        "-r",
        "--requirement",
        "-f",
        "--find-links",
        "-i",
        "--index-url",
        "--extra-index-url",
        "--no-index",
        "--only-binary",
        "--pre",
        "--prefer-binary",
        "--require-hashes",
        "--trusted-host",
    ];
    let (head, options) = parts(line);
    match head.is_empty() {
        true => options.iter().all(|(name, _)| OPTIONS.contains(&name.as_str())),
        false => is_wheel_or_name(&head) && options.iter().all(|(name, _)| name == "--hash"),
    }
}

/// A name with a version and markers, or a path or URL that ends as a wheel's does.
fn is_wheel_or_name(requirement: &str) -> bool {
    let head = requirement.split([';', '#', '?']).next().unwrap_or_default().trim();
    let head = head.split(" --").next().unwrap_or_default().trim();
    let elsewhere =
        head.contains('/') || head.contains('@') || head.starts_with(['.', '-']) || Path::new(head).is_file();
    !elsewhere || head.ends_with(".whl")
}

/// The files that a requirements file names, relative to itself as pip takes them.
fn includes(text: &str, path: &Path) -> Vec<PathBuf> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let options = logical_lines(text).into_iter().flat_map(|line| parts(&line).1);
    let named =
        options.filter(|(name, _)| ["-r", "--requirement", "-c", "--constraint"].contains(&name.as_str()));
    let files = named.filter_map(|(_, value)| {
        let file = file_of_url(&value).unwrap_or(value);
        // Another URL is pip's business.
        (!file.contains("://") && !file.is_empty()).then(|| fsx::normalize(&folder.join(file)))
    });
    files.collect()
}

/// The path in a `file:` URL, percent signs for blanks alone understood.
fn file_of_url(text: &str) -> Option<String> {
    let rest = text.strip_prefix("file:")?;
    let path = rest.strip_prefix("//localhost").or(rest.strip_prefix("//")).unwrap_or(rest);
    Some(path.replace("%20", " "))
}

/// Which of the inputs differ, for the sentence that says why something is installed.
pub fn changed(old: &Inputs, new: &Inputs) -> Vec<PathBuf> {
    // A file that is not there is as one that nobody named.
    let there = |inputs: &Inputs, path: &PathBuf| inputs.get(path).cloned().flatten();
    let all: BTreeSet<&PathBuf> = old.keys().chain(new.keys()).collect();
    all.into_iter().filter(|path| there(old, path) != there(new, path)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_all_forms_are_followed() {
        let text = "numpy # -r no.txt\n-r a.txt\n--requirement=b.txt\n-cc.txt\n--constraint \\\n  sub/../d.txt\n\
                    # -r e.txt\n-r https://x/f.txt\n--requirements-x g\n  -r 'h i.txt' # why\n";
        let found = includes(text, Path::new("/p/requirements.txt"));
        let wanted = ["/p/a.txt", "/p/b.txt", "/p/c.txt", "/p/d.txt", "/p/h i.txt"].map(PathBuf::from);
        assert_eq!(found, wanted);
    }

    #[test]
    fn only_wheels_and_names_are_previewed() {
        for good in [
            "numpy",
            "numpy>=2 ; python_version > '3'",
            "a[b]==1 --hash=sha256:x/y",
            "./x-1-py3-none-any.whl",
            "x @ https://example.org/x-1-py3-none-any.whl#sha256=1",
            "--find-links wheels",
            "-cx.txt",
            "--pre -r more.txt",
        ] {
            assert!(is_harmless(good), "{good}");
        }
        for bad in [
            "./evil",
            "/tmp/evil",
            "-e .",
            "--editable=.",
            "--no-binary=:all:",
            "git+https://x/y",
            "x @ file:///evil",
            "https://x/y.tar.gz",
            ".",
            "--config-settings x",
            "--pre -e .",
            "--pre\t-e .",
            "a --config-settings=x=y",
        ] {
            assert!(!is_harmless(bad), "{bad}");
        }
        assert!(only_wheels(&["--no-binary=:all:".into()], &[]).is_err());
    }

    #[test]
    fn a_closure_goes_through_includes_and_ends_on_a_cycle() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        std::fs::write(file("requirements.txt"), "-r dev.txt\n").unwrap();
        std::fs::write(file("dev.txt"), "-r requirements.txt\n-c absent.txt\n").unwrap();
        let mut found = Closure::default();
        found.add_requirements(&file("requirements.txt"), folder.path()).unwrap();
        let texts: Vec<bool> = found.inputs.values().map(Option::is_some).collect();
        assert_eq!((found.inputs.len(), texts), (3, vec![false, true, true]));
        assert_eq!(found.named_by[&file("absent.txt")], file("dev.txt"));
        let mut newer = found.inputs.clone();
        newer.insert(file("dev.txt"), None);
        assert_eq!(changed(&found.inputs, &newer), [file("dev.txt")]);
    }

    #[test]
    fn local_projects_are_told_from_names_and_urls() {
        for (line, path) in [
            ("-e .", "."),
            ("-e ./lib[dev]", "./lib"),
            ("--editable=sub/lib", "sub/lib"),
            ("./x-1.whl ; python_version > '3'", "./x-1.whl"),
            ("x @ file:///p/x%20y#egg=x", "/p/x y"),
            ("file:lib", "lib"),
            ("../lib --config-settings a=b", "../lib"),
        ] {
            assert_eq!(local_path(line).as_deref(), Some(path), "{line}");
        }
        for line in [
            "numpy",
            "a[b]==1",
            "-r a/b.txt",
            "x @ git+https://x/y",
            "https://x/y.whl",
            "-e git+ssh://x/y",
            "--find-links ./w",
        ] {
            assert_eq!(local_path(line), None, "{line}");
        }
    }

    #[test]
    fn what_a_local_project_depends_on_is_an_input() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        std::fs::create_dir(file("lib")).unwrap();
        std::fs::write(file("requirements.txt"), "-e ./lib\n./x.whl\n").unwrap();
        std::fs::write(file("lib/setup.py"), b"\xff not UTF-8").unwrap();
        std::fs::write(file("x.whl"), "PK").unwrap();
        let mut found = Closure::default();
        found.add_requirements(&file("requirements.txt"), folder.path()).unwrap();
        let names: Vec<_> = found.inputs.keys().map(|path| shown(path, folder.path())).collect();
        let wanted = ["lib/pyproject.toml", "lib/setup.cfg", "lib/setup.py", "requirements.txt", "x.whl"];
        assert_eq!(names, wanted);
        assert_eq!(found.named_by[&file("lib/setup.py")], file("requirements.txt"));
    }
}
