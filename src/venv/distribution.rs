//! Installed distributions, as the "Recording installed projects" specification describes them.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::fsx;
use crate::project_name;

/// METADATA holds the long description as well; the headers come first.
const MAX_METADATA: u64 = 1 << 18;
/// Most headers end within this.
const USUAL_HEADERS: u64 = 1 << 13;
/// A version is a few letters.
const MAX_VERSION: usize = 64;

/// An installed package.
#[derive(Clone, Debug)]
pub struct Distribution {
    /// Normalised as in PEP 503.
    pub name: String,
    /// As METADATA has it.
    pub version: String,
    /// Normalised names of what it requires, markers and extras not considered.
    pub requires: Vec<String>,
    /// Its `*.dist-info`.
    pub dist_info: PathBuf,
}

impl Distribution {
    /// As an installer is told to install just this: `NAME==VERSION`, or the name alone where what
    /// METADATA says is no version, and might be anything.
    pub fn requirement(&self) -> String {
        match is_version(&self.version) {
            true => format!("{}=={}", self.name, self.version),
            false => self.name.clone(),
        }
    }

    /// Reads `NAME-VERSION.dist-info`; `None` if it has no usable METADATA.
    pub fn read(dist_info: &Path) -> Option<Self> {
        let headers = headers(dist_info)?;
        let value = |key: &str| headers_named(&headers, key).next().map(str::to_owned);
        let name = value("Name").filter(|name| project_name::is_valid(name))?;
        let name = project_name::normalize(&name);
        let requires = headers_named(&headers, "Requires-Dist").map(requirement_name).collect();
        let version = value("Version").unwrap_or_default().chars().take(MAX_VERSION).collect();
        Some(Self { name, version, requires, dist_info: dist_info.to_owned() })
    }
}

impl Distribution {
    /// By name, and the same however often it is read.
    pub(crate) fn order(&self) -> (&str, &str, &Path) {
        (&self.name, &self.version, &self.dist_info)
    }
}

/// The beginning of METADATA, with all headers.
fn headers(dist_info: &Path) -> Option<String> {
    let path = dist_info.join("METADATA");
    let text = fsx::read_start(&path, USUAL_HEADERS)?;
    match (text.len() as u64) < USUAL_HEADERS || text.contains("\n\n") || text.contains("\n\r\n") {
        true => Some(text),
        false => fsx::read_start(&path, MAX_METADATA),
    }
}

/// The `*.dist-info` directories in a site-packages. One that begins with `~` is what pip was about to
/// replace when it was killed.
pub fn dist_infos(site_packages: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(site_packages).into_iter().flatten().flatten();
    let is_one = |entry: &fs::DirEntry| {
        let name = entry.file_name();
        let stashed = name.as_encoded_bytes().starts_with(b"~");
        let is_directory = || {
            let is_link = |kind: fs::FileType| kind.is_symlink() && entry.path().is_dir();
            entry.file_type().is_ok_and(|kind| kind.is_dir() || is_link(kind))
        };
        Path::new(&name).extension() == Some(OsStr::new("dist-info")) && !stashed && is_directory()
    };
    let mut found: Vec<PathBuf> = entries.filter(is_one).map(|entry| entry.path()).collect();
    found.sort();
    found
}

/// What a distribution is called, fit to be told to an installer: from METADATA, or where there is
/// none from the directory's name.
pub(super) fn name_and_version(dist_info: &Path) -> Option<(String, String)> {
    let (name, version) = match headers(dist_info) {
        Some(headers) if !headers.is_empty() => {
            let value = |key: &str| headers_named(&headers, key).next().map(str::to_owned);
            (value("Name")?, value("Version")?)
        }
        _ => {
            let (name, version) = dist_info.file_stem()?.to_str()?.split_once('-')?;
            (name.to_owned(), version.to_owned())
        }
    };
    let sound = is_version(&version) && project_name::is_valid(&name);
    sound.then(|| (project_name::normalize(&name), version))
}

/// Whether this may be told to an installer as a version.
pub(super) fn is_version(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || ".!+_-".contains(c);
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.len() <= MAX_VERSION
        && text.chars().all(plain)
}

/// The name at the head of a PEP 508 requirement, normalised.
pub(super) fn requirement_name(text: &str) -> String {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
    project_name::normalize(&text[..end.unwrap_or(text.len())])
}

fn headers_named<'a>(text: &'a str, key: &str) -> impl Iterator<Item = &'a str> {
    let head = text.lines().take_while(|line| !line.is_empty());
    head.filter_map(move |line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case(key).then_some(value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requirement_begins_with_its_name() {
        assert_eq!(requirement_name("Torch>=2 ; extra == 'x'"), "torch");
        assert_eq!(requirement_name("zope.interface[test] (>1)"), "zope-interface");
    }

    #[test]
    fn headers_end_at_the_first_empty_line_however_long_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let long: String = (0..2000).map(|number| format!("Classifier: {number}\n")).collect();
        for headers in ["", &long] {
            let text = format!("Name: X\n{headers}Version: 1\n\nName: not this\nVersion: 2\n");
            fs::write(folder.path().join("METADATA"), text).unwrap();
            let found = Distribution::read(folder.path()).unwrap();
            assert_eq!((found.name.as_str(), found.version.as_str()), ("x", "1"));
        }
    }
}
