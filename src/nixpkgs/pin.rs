//! Which nixpkgs a project's own files name: addresses of branches in its Nix file, and the sources of niv
//! and npins (pure).
//!
//! Only what is written out counts. A commit has no release that could be read off, and a file that names
//! two nixpkgs does not say which of them its shell is made of.

use serde_json::Value;

use super::release::{of_branch, parse};
use crate::catalog::Release;
use crate::nixfile::{Literals, literals};

/// What a project's files say of its nixpkgs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pin {
    /// Nothing: it may be any.
    #[default]
    Nothing,
    /// It is of this release.
    Release(Release),
    /// It is not the one of the lookup path; its release is not said.
    Other,
}

/// Where niv and npins keep what they pin, and the paths by which Nix files get at it.
const SOURCES: [(&str, &[&str]); 2] = [
    ("nix/sources.json", &["./nix/sources.nix", "./nix", "./nix/default.nix"]),
    ("npins/sources.json", &["./npins", "./npins/default.nix"]),
];

/// The file of sources that a Nix file asks for, beside it.
pub(super) fn sources_of(nix_file: &str) -> Vec<&'static str> {
    let paths = literals(nix_file).paths;
    let asked = |names: &[&str]| paths.iter().any(|path| names.contains(path));
    SOURCES.into_iter().filter(|(_, names)| asked(names)).map(|(file, _)| file).collect()
}

/// What a Nix file, and the sources that it asks for, say together.
pub(super) fn pin(nix_file: &str, sources: &[String]) -> Pin {
    let Literals { texts, lookups, .. } = literals(nix_file);
    if lookups.iter().any(|name| *name == "nixpkgs" || name.starts_with("nixpkgs/")) {
        return Pin::Nothing;
    }
    let here = texts.into_iter().filter_map(of_text);
    let there = sources.iter().flat_map(|text| of_sources(text));
    let mut all = here.chain(there);
    let Some(first) = all.next() else { return Pin::Nothing };
    if all.all(|other| other == first) { first } else { Pin::Other }
}

/// What one string says; `None` of one that names no nixpkgs.
fn of_text(text: &str) -> Option<Pin> {
    let of = |name: &str| of_branch(name).or_else(|| of_version(name)).map_or(Pin::Other, Pin::Release);
    if text.len() > MAX_ADDRESS {
        return None;
    }
    if let Some(branch) = text.strip_prefix("channel:") {
        return Some(of(branch));
    }
    // `rev` or `ref` of a function that takes owner and repo apart.
    if let Some(release) = of_branch(text.strip_prefix("refs/heads/").unwrap_or(text)) {
        return Some(Pin::Release(release));
    }
    let lower = text.to_ascii_lowercase();
    let address = lower.split(['?', '#']).next().unwrap_or_default();
    let after = |start: &str| address.split_once(start).map(|(_, rest)| rest);
    let archive = after("github.com/nixos/nixpkgs/archive/").or_else(|| after("github:nixos/nixpkgs/"));
    if let Some(rest) = archive {
        let rest = rest.strip_prefix("refs/heads/").unwrap_or(rest);
        return Some(of(without_ending(rest)));
    }
    let channel = after("nixos.org/channels/").or_else(|| after("channels.nixos.org/"));
    // `nixos/25.05/nixos-25.05.801234.abc/nixexprs.tar.xz`: the part that has the version.
    let release = || after("releases.nixos.org/")?.rsplit('/').nth(1);
    match channel.map_or_else(release, |rest| rest.split('/').next()) {
        Some(name) => Some(of(name)),
        None => ["github.com/nixos/nixpkgs", "github:nixos/nixpkgs"]
            .iter()
            .any(|start| after(start).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/'])))
            .then_some(Pin::Other),
    }
}

/// Addresses are short; what is longer is a script.
const MAX_ADDRESS: usize = 1_000;

/// The release of `nixos-25.05.801234.abc`, `nixpkgs-25.11pre812345.def`.
fn of_version(name: &str) -> Option<Release> {
    parse(name.strip_prefix("nixos-").or_else(|| name.strip_prefix("nixpkgs-"))?)
}

fn without_ending(name: &str) -> &str {
    [".tar.gz", ".tar.xz", ".zip"].iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name)
}

/// What the sources of niv or npins say, of each nixpkgs in them.
fn of_sources(text: &str) -> Vec<Pin> {
    let Ok(sources) = serde_json::from_str::<Value>(text) else { return Vec::new() };
    let pins = sources.get("pins").unwrap_or(&sources);
    pins.as_object().into_iter().flat_map(|pins| pins.values()).filter_map(of_source).collect()
}

/// What a source says: its branch, or the channel and its address; `None` where it is no nixpkgs.
fn of_source(source: &Value) -> Option<Pin> {
    let text = |key: &str| source[key].as_str();
    let repository = text("repo").or_else(|| source["repository"]["repo"].as_str());
    let is_nixpkgs = repository.is_some_and(|name| name.eq_ignore_ascii_case("nixpkgs"));
    let address = text("url").and_then(of_text);
    if !is_nixpkgs && address.is_none() {
        return None;
    }
    let named = text("branch").or_else(|| text("name")).and_then(of_branch).map(Pin::Release);
    Some(named.or(address).unwrap_or(Pin::Other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(nix_file: &str) -> String {
        shown(pin(nix_file, &[]))
    }

    fn shown(pin: Pin) -> String {
        match pin {
            Pin::Nothing => "nothing".into(),
            Pin::Other => "other".into(),
            Pin::Release(release) => release.to_string(),
        }
    }

    #[test]
    fn a_branch_in_an_address_is_a_release() {
        for text in [
            "https://github.com/NixOS/nixpkgs/archive/nixos-25.05.tar.gz",
            "https://github.com/nixos/nixpkgs/archive/refs/heads/nixos-25.05.zip",
            "https://github.com/NixOS/nixpkgs/archive/release-25.05.tar.gz",
            "https://github.com/NixOS/nixpkgs/archive/nixpkgs-25.05-darwin.tar.gz",
            "channel:nixos-25.05",
            "https://nixos.org/channels/nixos-25.05/nixexprs.tar.xz",
            "https://channels.nixos.org/nixos-25.05-small/nixexprs.tar.xz",
            "https://releases.nixos.org/nixos/25.05/nixos-25.05.801234.0123abc/nixexprs.tar.xz",
            "github:NixOS/nixpkgs/nixos-25.05",
            "github:NixOS/nixpkgs/nixos-25.05?dir=lib",
            "refs/heads/nixos-25.05",
            "nixos-25.05",
        ] {
            let file = format!("{{ pkgs ? import (fetchTarball \"{text}\") {{}} }}: pkgs.mkShell {{ }}");
            assert_eq!(said(&file), "25.05", "{text}");
        }
        assert_eq!(said("import (fetchTarball channel:nixos-24.11) {}"), "24.11");
    }

    #[test]
    fn what_is_not_a_branch_is_another_nixpkgs_of_no_known_release() {
        for text in [
            "https://github.com/NixOS/nixpkgs/archive/eabc38219184cc3e04a974fe31857d8e0eac098d.tar.gz",
            "https://github.com/NixOS/nixpkgs/archive/nixos-unstable.tar.gz",
            "https://github.com/NixOS/nixpkgs.git",
            "github:NixOS/nixpkgs",
            "channel:nixos-unstable",
            "https://nixos.org/channels/nixpkgs-unstable/nixexprs.tar.xz",
        ] {
            assert_eq!(said(&format!("import (fetchTarball \"{text}\") {{}}")), "other", "{text}");
        }
        let unstable = "https://releases.nixos.org/nixpkgs/nixpkgs-25.11pre812345.abc/nixexprs.tar.xz";
        assert_eq!(said(&format!("import (fetchTarball \"{unstable}\") {{}}")), "25.11");
    }

    #[test]
    fn what_names_no_nixpkgs_says_nothing() {
        for file in [
            "",
            "{ pkgs }: pkgs.mkShell { }",
            "# import (fetchTarball \"channel:nixos-25.05\") {}",
            "fetchTarball \"https://github.com/nix-community/home-manager/archive/release-25.05.tar.gz\"",
            "\"https://github.com/NixOS/nixpkgs-fmt/archive/x.tar.gz\"",
            "\"nixos-\"",
            "{ v }: fetchTarball \"channel:nixos-${v}\"",
            "\"nixos-25.055\"",
        ] {
            assert_eq!(said(file), "nothing", "{file}");
        }
    }

    /// The other may be for one package alone, and which one the shell is made of is not said in so many words.
    #[test]
    fn of_two_nixpkgs_neither_counts() {
        let two = "[ (import <nixpkgs> {}) (fetchTarball \"channel:nixos-23.05\") ]";
        assert_eq!(said(two), "nothing");
        assert_eq!(said("[ \"channel:nixos-23.05\" \"channel:nixos-25.05\" ]"), "other");
        assert_eq!(said("[ \"channel:nixos-25.05\" \"github:NixOS/nixpkgs/nixos-25.05\" ]"), "25.05");
    }

    #[test]
    fn the_sources_of_niv_and_npins_count_where_the_file_asks_for_them() {
        let niv = r#"{"nixpkgs": {"branch": "nixos-24.05", "owner": "NixOS", "repo": "nixpkgs", "rev": "a",
            "url": "https://github.com/NixOS/nixpkgs/archive/a.tar.gz"}, "niv": {"branch": "master", "repo": "niv"}}"#;
        let npins = r#"{"pins": {"nixpkgs": {"type": "Channel", "name": "nixos-25.05",
            "url": "https://releases.nixos.org/nixos/25.05/nixos-25.05.1.a/nixexprs.tar.xz"}}, "version": 3}"#;
        let git = r#"{"pins": {"other": {"type": "Git", "branch": "nixos-25.11",
            "repository": {"type": "GitHub", "owner": "NixOS", "repo": "nixpkgs"}}}, "version": 7}"#;
        let unstable = r#"{"pins": {"nixpkgs": {"name": "nixpkgs-unstable",
            "url": "https://releases.nixos.org/nixpkgs/nixpkgs-25.11pre8.a/nixexprs.tar.xz"}}}"#;
        for (text, wanted) in [(niv, "24.05"), (npins, "25.05"), (git, "25.11"), (unstable, "25.11")] {
            let found = pin("import (import ./npins).nixpkgs {}", &[text.into()]);
            assert_eq!(shown(found), wanted, "{text}");
        }
        let both = r#"{"nixpkgs": {"branch": "nixos-24.05", "repo": "nixpkgs"},
            "old": {"branch": "nixos-23.05", "repo": "nixpkgs"}}"#;
        assert_eq!(pin("import ./nix", &[both.into()]), Pin::Other);
        assert_eq!(sources_of("let s = import ./nix/sources.nix; in s"), ["nix/sources.json"]);
        assert_eq!(sources_of("import ./npins"), ["npins/sources.json"]);
        assert_eq!(sources_of("\"./npins\" # ./npins"), Vec::<&str>::new());
        for text in ["", "[]", "{}", "{\"pins\": 1}", "{\"nixpkgs\": {\"branch\": 1}}"] {
            assert_eq!(pin("import ./npins", &[text.into()]), Pin::Nothing, "{text}");
        }
    }
}
