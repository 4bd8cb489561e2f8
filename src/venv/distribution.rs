//! Installed distributions, as the "Recording installed projects" specification describes them.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::scan::may_be_object;
use crate::fsx;
use crate::project_name;

/// METADATA holds the long description as well; the headers come first.
const MAX_METADATA: u64 = 1 << 18;
/// Far beyond the largest seen: 65,000 files take 7 MB.
pub(super) const MAX_RECORD: u64 = 32 << 20;
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
    /// The files that RECORD names and that may be objects, made absolute.
    pub files: Vec<PathBuf>,
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
    /// Files outside `root` are left out: a RECORD is a stranger's word.
    pub fn read(dist_info: &Path, root: &Path) -> Option<Self> {
        let headers = fsx::read_start(&dist_info.join("METADATA"), MAX_METADATA)?;
        let value = |key: &str| headers_named(&headers, key).next().map(str::to_owned);
        let name = value("Name").filter(|name| project_name::is_valid(name))?;
        let name = project_name::normalize(&name);
        let requires = headers_named(&headers, "Requires-Dist").map(requirement_name).collect();
        let files = record(dist_info, root);
        let version = value("Version").unwrap_or_default().chars().take(MAX_VERSION).collect();
        Some(Self { name, version, requires, dist_info: dist_info.to_owned(), files })
    }
}

/// The `*.dist-info` directories in a site-packages. One that begins with `~` is what pip was about to
/// replace when it was killed.
pub(super) fn dist_infos(site_packages: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(site_packages).into_iter().flatten().flatten();
    let is_one = |entry: &fs::DirEntry| {
        let stashed = entry.file_name().as_encoded_bytes().starts_with(b"~");
        let path = entry.path();
        let is_directory =
            || entry.file_type().is_ok_and(|kind| kind.is_dir() || (kind.is_symlink() && path.is_dir()));
        path.extension() == Some(OsStr::new("dist-info")) && !stashed && is_directory()
    };
    entries.filter(is_one).map(|entry| entry.path()).collect()
}

/// What a distribution is called, fit to be told to an installer: from METADATA, or where there is
/// none from the directory's name.
pub(super) fn name_and_version(dist_info: &Path) -> Option<(String, String)> {
    let (name, version) = match fsx::read_start(&dist_info.join("METADATA"), MAX_METADATA) {
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

fn record(dist_info: &Path, root: &Path) -> Vec<PathBuf> {
    let Some(base) = dist_info.parent() else { return Vec::new() };
    let Some(text) = fsx::read_start(&dist_info.join("RECORD"), MAX_RECORD) else { return Vec::new() };
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let rows = reader.records().flatten();
    let rows = rows.filter(|row| row.get(0).is_some_and(|name| may_be_object(Path::new(name))));
    let paths = rows.filter_map(|row| Some(fsx::normalize(&base.join(row.get(0)?))));
    paths.filter(|path| path.starts_with(root)).collect()
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
    fn a_record_cannot_lead_out_of_the_venv() {
        let folder = tempfile::tempdir().unwrap();
        let info = folder.path().join("lib/x-1.dist-info");
        fs::create_dir_all(&info).unwrap();
        fs::write(info.join("METADATA"), "Name: X\nVersion: 1\n\nName: not this\n").unwrap();
        fs::write(
            info.join("RECORD"),
            "x/a.so,,\n\"x/b,\"\"c.so\",,\n../bin/x,,\n../../../etc/passwd,,\n/etc/passwd,,\n",
        )
        .unwrap();
        let found = Distribution::read(&info, folder.path()).unwrap();
        let wanted = ["lib/x/a.so", "lib/x/b,\"c.so", "bin/x"].map(|name| folder.path().join(name));
        assert_eq!((found.name.as_str(), found.files.as_slice()), ("x", &wanted[..]));
    }
}
