//! Where `<nixpkgs>` is, by Nix's own rules and without Nix.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::fsx;
use crate::offer::{in_store, store_package};

/// A `.version` is five characters and a line break.
const MAX_VERSION: u64 = 4096;

/// The nixpkgs of the lookup path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// Its folder, without links.
    pub path: PathBuf,
    /// The content of its `.version`.
    pub version: Option<String>,
}

impl Lookup {
    /// What `<nixpkgs>` leads to: `NIX_PATH`, or what Nix goes by where that is not set.
    ///
    /// `None` also for what would have to be fetched first.
    pub fn find(nix_path: Option<&OsStr>, home: Option<&Path>) -> Option<Self> {
        let path = match nix_path {
            Some(text) => in_entries(text)?,
            None => in_channels(home)?,
        };
        let path = fs::canonicalize(path).ok()?;
        let version = fsx::read_text(&path.join(".version"), MAX_VERSION).ok().flatten();
        Some(Self { path, version })
    }

    /// What is another text for another content: the store path, else the folder and the times of what a
    /// checkout of another commit changes. `None` where that cannot be told.
    pub fn identity(&self) -> Option<String> {
        let path = self.path.to_str()?;
        if in_store(&self.path) && store_package(&self.path).is_some() {
            return Some(path.to_owned());
        }
        let changing = ["", ".git/index", ".version", "default.nix", "pkgs/top-level/all-packages.nix"];
        let times = changing.iter().map(|name| {
            let modified = fs::metadata(self.path.join(name)).ok().map(|found| fsx::modified(&found));
            modified.unwrap_or_default().to_string()
        });
        Some(format!("{path}:{}", times.collect::<Vec<_>>().join(":")))
    }
}

/// The first entry that has it: `nixpkgs=PATH`, or a folder with a `nixpkgs` in it.
fn in_entries(text: &OsStr) -> Option<PathBuf> {
    for entry in text.as_bytes().split(|&byte| byte == b':') {
        let named = entry.strip_prefix(b"nixpkgs=".as_slice());
        let path = Path::new(OsStr::from_bytes(named.unwrap_or(entry)));
        if path.is_relative() {
            // `https://…` or `flake:…`: what it leads to is not at hand, and comes before what follows.
            if named.is_some() {
                return None;
            }
            continue;
        }
        let path = if named.is_some() { path.to_owned() } else { path.join("nixpkgs") };
        if path.exists() {
            return Some(path);
        }
    }
    None
}

/// The user's channels, then root's.
fn in_channels(home: Option<&Path>) -> Option<PathBuf> {
    const OF_ROOT: &str = "/nix/var/nix/profiles/per-user/root/channels/nixpkgs";
    let of_user = [".nix-defexpr/channels/nixpkgs", ".local/state/nix/defexpr/channels/nixpkgs"];
    let of_user = of_user.iter().filter_map(|place| Some(home?.join(place)));
    of_user.chain([OF_ROOT.into()]).find(|path| path.exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nixpkgs(folder: &Path, version: &str) -> PathBuf {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join(".version"), version).unwrap();
        folder.canonicalize().unwrap()
    }

    #[test]
    fn entries_are_asked_in_order_and_links_followed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let (first, second) = (nixpkgs(&at("a/nixpkgs"), "25.05\n"), nixpkgs(&at("b c"), "24.05"));
        std::os::unix::fs::symlink("a", at("channels")).unwrap();
        let text = |path: &Path| path.display().to_string();
        for (nix_path, wanted) in [
            (format!("nixpkgs={}:{}", text(&second), text(&at("a"))), Some(&second)),
            (format!("other=/x:{}:nixpkgs={}", text(&at("channels")), text(&second)), Some(&first)),
            (format!("{}:nixpkgs={}", text(&at("none")), text(&second)), Some(&second)),
            (format!("nixpkgs=https://example.org/x.tar.gz:{}", text(&at("a"))), None),
            (format!("nixpkgs=flake:nixpkgs:{}", text(&at("a"))), None),
            (String::new(), None),
        ] {
            let found = Lookup::find(Some(OsStr::new(&nix_path)), None);
            assert_eq!(found.as_ref().map(|found| &found.path), wanted, "{nix_path}");
        }
    }

    #[test]
    fn without_the_variable_the_users_channels_count() {
        let home = tempfile::tempdir().unwrap();
        let path = nixpkgs(&home.path().join(".nix-defexpr/channels/nixpkgs"), "25.11");
        let found = Lookup::find(None, Some(home.path())).unwrap();
        assert_eq!((found.path, found.version.as_deref()), (path, Some("25.11")));
    }

    #[test]
    fn another_commit_is_another_identity() {
        let folder = tempfile::tempdir().unwrap();
        nixpkgs(folder.path(), "25.11");
        let find = || {
            Lookup::find(
                Some(&std::ffi::OsString::from(format!("nixpkgs={}", folder.path().display()))),
                None,
            )
        };
        let before = find().unwrap().identity();
        assert_eq!(before, find().unwrap().identity());
        let file = fs::File::options().write(true).open(folder.path().join(".version")).unwrap();
        file.set_modified(std::time::UNIX_EPOCH).unwrap();
        assert_ne!(before, find().unwrap().identity());
    }
}
