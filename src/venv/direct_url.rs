//! Where a distribution came from if not from an index: `direct_url.json` (PEP 610).

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::fsx;

const MAX_SIZE: u64 = 1 << 16;

/// What to install a distribution from.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub enum Origin {
    /// An index, by name and version.
    Index,
    /// The directory at this `file:` URL, of which the installation is a pointer to it.
    Editable(String),
    /// A directory, an archive or a repository, as pip takes it behind `NAME @`.
    Url(String),
}

#[derive(Deserialize)]
struct DirectUrl {
    url: String,
    subdirectory: Option<String>,
    dir_info: Option<DirInfo>,
    vcs_info: Option<VcsInfo>,
}

#[derive(Deserialize)]
struct DirInfo {
    #[serde(default)]
    editable: bool,
}

#[derive(Deserialize)]
struct VcsInfo {
    vcs: String,
    commit_id: String,
}

impl Origin {
    /// What the `*.dist-info` says; an index where it says nothing usable.
    pub fn of(dist_info: &Path) -> Self {
        let text = fsx::read_text(&dist_info.join("direct_url.json"), MAX_SIZE).ok().flatten();
        text.and_then(|text| Self::parse(&text)).unwrap_or(Self::Index)
    }

    fn parse(text: &str) -> Option<Self> {
        let DirectUrl { url, subdirectory, dir_info, vcs_info } = serde_json::from_str(text).ok()?;
        if dir_info.is_some_and(|directory| directory.editable) {
            return Some(Self::Editable(url)).filter(Self::is_sound);
        }
        let mut whole = match vcs_info {
            Some(VcsInfo { vcs, commit_id }) => format!("{vcs}+{url}@{commit_id}"),
            None => url,
        };
        if let Some(folder) = subdirectory {
            whole = format!("{whole}#subdirectory={folder}");
        }
        Some(Self::Url(whole)).filter(Self::is_sound)
    }

    /// Whether an installer may be told: it becomes part of a requirement, where nothing may follow it,
    /// and nothing in it may look like an option.
    pub(super) fn is_sound(&self) -> bool {
        match self {
            Self::Index => true,
            Self::Editable(url) => !url.contains(char::is_control) && path_of(url).is_some(),
            Self::Url(url) => {
                let is_one_word = !url.contains(|c: char| c.is_whitespace() || c.is_control());
                let Some((scheme, rest)) = url.split_once("://").filter(|_| is_one_word) else {
                    return false;
                };
                let plain = |c: char| c.is_ascii_alphanumeric() || "+.-".contains(c);
                scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                    && scheme.chars().all(plain)
                    // git takes a commit or a host for an option that looks like one.
                    && !rest.starts_with('-')
                    && !rest.contains("@-")
                    && (!scheme.ends_with("file") || self.local_path().is_some())
            }
        }
    }

    /// The directory or archive on this machine that it is, or is in.
    pub(super) fn local_path(&self) -> Option<PathBuf> {
        match self {
            Self::Index => None,
            Self::Editable(url) => path_of(url),
            Self::Url(url) => {
                let url = url.split('#').next().unwrap_or_default();
                path_of(
                    url.split_once('+').filter(|(vcs, _)| !vcs.contains(':')).map_or(url, |(_, rest)| rest),
                )
            }
        }
    }

    /// The directory of an editable installation.
    pub fn editable_path(&self) -> Option<PathBuf> {
        match self {
            Self::Editable(url) => path_of(url),
            _ => None,
        }
    }

    /// The same for a project that lay at `old` and lies at `new`.
    #[must_use]
    pub fn moved(&self, old: &Path, new: &Path) -> Option<Self> {
        let path = self.editable_path()?;
        let there = new.join(path.strip_prefix(old).ok()?);
        Some(Self::Editable(url_of(&there)))
    }
}

/// The path of a `file:` URL.
fn path_of(url: &str) -> Option<PathBuf> {
    let text = url.strip_prefix("file://")?.strip_prefix("localhost").unwrap_or(&url["file://".len()..]);
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        let escaped = match (first, tail) {
            (b'%', [high, low, after @ ..]) => hex(*high).zip(hex(*low)).map(|digits| (digits, after)),
            _ => None,
        };
        match escaped {
            Some(((high, low), after)) => {
                bytes.push(high << 4 | low);
                rest = after;
            }
            None => bytes.push(*first),
        }
    }
    let path = PathBuf::from(OsString::from_vec(bytes));
    let sound = path.is_absolute() && !path.as_os_str().as_encoded_bytes().contains(&0);
    sound.then_some(path)
}

fn url_of(path: &Path) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-~+".contains(&byte);
    let escape = |&byte: &u8| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    let path: String = path.as_os_str().as_encoded_bytes().iter().map(escape).collect();
    format!("file://{path}")
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_are_read() {
        let url = |text: &str| Some(Origin::Url(text.into()));
        for (text, wanted) in [
            (
                r#"{"url": "file:///a%20b", "dir_info": {"editable": true}}"#,
                Some(Origin::Editable("file:///a%20b".into())),
            ),
            (r#"{"url": "file:///a%20b", "dir_info": {}}"#, url("file:///a%20b")),
            (
                r#"{"url": "https://x/y-1.whl", "archive_info": {"hash": "sha256=1"}}"#,
                url("https://x/y-1.whl"),
            ),
            (
                r#"{"url": "https://x/y.git", "subdirectory": "z", "vcs_info": {"vcs": "git", "commit_id": "c0"}}"#,
                url("git+https://x/y.git@c0#subdirectory=z"),
            ),
            (r#"{"url": "https://x/y --index-url https://evil", "archive_info": {}}"#, None),
            (r#"{"url": "relative", "dir_info": {"editable": true}}"#, None),
            (r#"{"url": "--target=/x", "dir_info": {"editable": true}}"#, None),
            (r#"{"url": "file:///a\u001b[2J", "dir_info": {"editable": true}}"#, None),
            (r#"{"url": "--target=file:///x", "archive_info": {}}"#, None),
            (r#"{"url": "ssh://-oProxyCommand=x/y", "archive_info": {}}"#, None),
            (r#"{"url": "file://x/y.whl", "archive_info": {}}"#, None),
            (r#"{"url": "https://x/y\u0007", "archive_info": {}}"#, None),
            (r#"{"url": "https://x/y", "vcs_info": {"vcs": "git", "commit_id": "--upload-pack=x"}}"#, None),
            (
                r#"{"url": "file:///x/y", "vcs_info": {"vcs": "git", "commit_id": "c0"}}"#,
                url("git+file:///x/y@c0"),
            ),
            ("{", None),
        ] {
            assert_eq!(Origin::parse(text), wanted, "{text}");
        }
    }

    #[test]
    fn an_editable_directory_moves_with_its_project() {
        let source = Origin::Editable("file:///old%20one/p/%C3%A4".into());
        let moved = source.moved(Path::new("/old one/p"), Path::new("/new\n/p")).unwrap();
        assert_eq!(moved, Origin::Editable("file:///new%0A/p/%C3%A4".into()));
        assert_eq!(moved.editable_path().unwrap(), Path::new("/new\n/p/ä"));
        assert_eq!(source.moved(Path::new("/old"), Path::new("/new")), None);
    }
}
