//! Which release of nixpkgs a project uses, from what lies at hand (pure).

use serde_json::Value;

use super::pin::Pin;
use crate::catalog::Release;

/// What lies at hand, as text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Evidence<'a> {
    /// What the shell recorded of the package set that it was made with.
    pub recorded: Option<&'a str>,
    /// The `.version` of `<nixpkgs>`.
    pub version: Option<&'a str>,
    /// What the project's Nix file says of it.
    pub pin: Pin,
    /// The project's flake.lock.
    pub lock: Option<&'a str>,
    /// The project's shell is in its flake, which `<nixpkgs>` has no say in.
    pub is_flake: bool,
}

/// Where a release is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The shell.
    Shell,
    /// The project's Nix file, or the sources that it asks for.
    Pin,
    /// `<nixpkgs>`.
    Lookup,
    /// flake.lock.
    Lock,
}

/// The release in use, by the first source that tells.
pub fn release(evidence: &Evidence<'_>) -> Option<(Release, Source)> {
    let recorded = || Some((parse(evidence.recorded?)?, Source::Shell));
    let version = || match evidence.pin {
        // It is not made of that one.
        Pin::Other | Pin::Release(_) => None,
        Pin::Nothing => Some((parse(evidence.version?)?, Source::Lookup)),
    };
    let lock = || Some((of_lock(evidence.lock?)?, Source::Lock));
    match evidence.is_flake {
        // What the lock says is so, whatever shell this is.
        true => lock().or_else(recorded),
        false => match (recorded(), evidence.pin) {
            (Some((release, _)), Pin::Release(pinned)) if release == pinned => Some((pinned, Source::Pin)),
            (Some(recorded), _) => Some(recorded),
            (None, Pin::Release(pinned)) => Some((pinned, Source::Pin)),
            (None, Pin::Other) => None,
            (None, Pin::Nothing) => version().or_else(lock),
        },
    }
}

/// The release of `25.05`, `25.05pre-git` or `25.05.20250601.abc`, with blanks around.
pub(super) fn parse(text: &str) -> Option<Release> {
    let text = text.trim();
    let release = text.get(..5)?.parse().ok()?;
    let rest = &text[5..];
    (rest.is_empty() || rest.starts_with('.') || rest.starts_with("pre")).then_some(release)
}

/// The release of the nixpkgs that a flake.lock names: by its branch, else by its date.
fn of_lock(text: &str) -> Option<Release> {
    let lock: Value = serde_json::from_str(text).ok()?;
    let nixpkgs = nixpkgs_node(&lock)?;
    let original = &nixpkgs["original"];
    let branch = original["ref"].as_str().and_then(of_branch);
    let channel = || original["url"].as_str()?.split(['/', '?', '&', '=']).find_map(of_branch);
    branch.or_else(channel).or_else(|| of_date(nixpkgs["locked"]["lastModified"].as_i64()?))
}

/// The node of the root's input `nixpkgs`, else of an input that is fetched from there.
fn nixpkgs_node(lock: &Value) -> Option<&Value> {
    let nodes = &lock["nodes"];
    let inputs = nodes[lock["root"].as_str()?]["inputs"].as_object()?;
    let node = |reference| follow(lock, reference);
    let is_nixpkgs = |node: &&Value| {
        node["original"]["repo"].as_str().is_some_and(|repo| repo.eq_ignore_ascii_case("nixpkgs"))
    };
    let named = inputs.get("nixpkgs").and_then(node);
    named.or_else(|| inputs.values().filter_map(node).find(is_nixpkgs))
}

/// How long a chain of inputs that follow others may be: a lock may be made to go in circles.
const MOST_STEPS: usize = 32;

/// The node of an input: its name, or the inputs that lead to it from the root.
fn follow<'a>(lock: &'a Value, reference: &'a Value) -> Option<&'a Value> {
    let nodes = &lock["nodes"];
    let mut reference = reference;
    let mut rest: Vec<&str> = Vec::new();
    for _ in 0..MOST_STEPS {
        let name = match reference {
            Value::String(name) => name.as_str(),
            Value::Array(path) => {
                let names = path.iter().rev().map(Value::as_str).collect::<Option<Vec<_>>>()?;
                rest.extend(names);
                lock["root"].as_str()?
            }
            _ => return None,
        };
        let node = nodes.get(name)?;
        match rest.pop() {
            None => return Some(node),
            Some(input) => reference = node["inputs"].get(input)?,
        }
    }
    None
}

/// The release of a branch: `nixos-25.05`, `nixos-25.05-small`, `nixpkgs-25.05-darwin`, `release-25.05`.
pub(super) fn of_branch(name: &str) -> Option<Release> {
    let rest = ["nixos-", "nixpkgs-", "release-"].iter().find_map(|start| name.strip_prefix(start))?;
    let (release, end) = rest.split_at_checked(5)?;
    if !(end.is_empty() || end.starts_with('-')) {
        return None;
    }
    release.parse().ok()
}

/// The newest release at a time, in seconds since 1970. They come at the ends of May and November.
///
/// Of an unstable nixpkgs this is the release before it, whose paths it mostly still has.
fn of_date(seconds: i64) -> Option<Release> {
    let (year, month) = year_and_month(seconds)?;
    let (year, month) = match month {
        1..=5 => (year - 1, 11),
        6..=11 => (year, 5),
        _ => (year, 11),
    };
    format!("{:02}.{month:02}", year.checked_sub(2000)?).parse().ok()
}

/// The civil date of a day, of which only these are asked. Days are counted from 1 March of year 0,
/// so that a leap day is the last of its year.
fn year_and_month(seconds: i64) -> Option<(i64, u32)> {
    const DAYS_TO_1970: i64 = 719_468;
    let days = u64::try_from(seconds.div_euclid(86_400).checked_add(DAYS_TO_1970)?).ok()?;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let year = i64::try_from(era * 400 + year).ok()?;
    Some(if month < 10 { (year, month as u32 + 3) } else { (year + 1, month as u32 - 9) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(evidence: &Evidence<'_>) -> Option<(String, Source)> {
        release(evidence).map(|(release, source)| (release.to_string(), source))
    }

    fn lock(original: &str, modified: &str) -> String {
        format!(
            r#"{{"root": "root", "nodes": {{
                "root": {{"inputs": {{"nixpkgs": ["utils", "nixpkgs"], "utils": "u"}}}},
                "u": {{"inputs": {{"nixpkgs": "n_2"}}}},
                "n_2": {{"original": {original}, "locked": {{"lastModified": {modified}}}}}}}}}"#
        )
    }

    fn of_text(original: &str, modified: &str) -> Option<String> {
        of_lock(&lock(original, modified)).map(|release| release.to_string())
    }

    #[test]
    fn the_shells_word_comes_before_the_lookup_path_and_that_before_the_lock() {
        let lock = lock(r#"{"ref": "nixos-24.05"}"#, "0");
        let all = Evidence {
            recorded: Some("25.05"),
            version: Some("25.11\n"),
            lock: Some(&lock),
            ..Evidence::default()
        };
        assert_eq!(found(&all), Some(("25.05".into(), Source::Shell)));
        let garbled = Evidence { recorded: Some("x"), ..all };
        assert_eq!(found(&garbled), Some(("25.11".into(), Source::Lookup)));
        let lock_alone = Evidence { recorded: None, version: Some(""), ..all };
        assert_eq!(found(&lock_alone), Some(("24.05".into(), Source::Lock)));
        assert_eq!(found(&Evidence::default()), None);
    }

    #[test]
    fn a_pin_comes_before_the_lookup_path_and_gives_way_to_what_a_shell_recorded() {
        let pinned = Pin::Release("24.11".parse().unwrap());
        let all = Evidence { version: Some("25.11"), pin: pinned, ..Evidence::default() };
        assert_eq!(found(&all), Some(("24.11".into(), Source::Pin)));
        let same = Evidence { recorded: Some("24.11"), ..all };
        assert_eq!(found(&same), Some(("24.11".into(), Source::Pin)));
        let other = Evidence { recorded: Some("25.05"), ..all };
        assert_eq!(found(&other), Some(("25.05".into(), Source::Shell)));
        let lock = lock(r#"{"ref": "nixos-24.05"}"#, "0");
        let commit = Evidence { pin: Pin::Other, lock: Some(&lock), ..all };
        assert_eq!(found(&commit), None);
    }

    #[test]
    fn a_flake_is_not_what_the_lookup_path_says() {
        let lock = lock(r#"{"ref": "nixos-24.05"}"#, "0");
        let all = Evidence {
            recorded: Some("25.05"),
            version: Some("25.11"),
            lock: Some(&lock),
            is_flake: true,
            pin: Pin::Nothing,
        };
        assert_eq!(found(&all), Some(("24.05".into(), Source::Lock)));
        assert_eq!(found(&Evidence { lock: None, ..all }), Some(("25.05".into(), Source::Shell)));
        assert_eq!(found(&Evidence { lock: None, recorded: None, ..all }), None);
    }

    #[test]
    fn versions_are_read_with_what_follows_them() {
        for text in ["25.05", " 25.05\n", "25.05pre-git", "25.05.20250601.0123abc"] {
            assert_eq!(parse(text).map(|release| release.to_string()).as_deref(), Some("25.05"), "{text}");
        }
        for text in ["", "25", "25.055", "unstable", "25.0é", "a25.05"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_lock_tells_by_branch_and_else_by_date() {
        for branch in ["nixos-25.05", "nixos-25.05-small", "nixpkgs-25.05-darwin", "release-25.05"] {
            let original = format!(r#"{{"ref": "{branch}"}}"#);
            assert_eq!(of_text(&original, "0").as_deref(), Some("25.05"), "{branch}");
        }
        let url = r#"{"url": "https://channels.nixos.org/nixos-24.11/nixexprs.tar.xz"}"#;
        assert_eq!(of_text(url, "0").as_deref(), Some("24.11"));
        // 2024-05-31, 2024-06-01, 2024-11-30, 2024-12-01, 2026-02-15, 2024-02-29.
        for (day, wanted) in [
            (19_874, "23.11"),
            (19_875, "24.05"),
            (20_057, "24.05"),
            (20_058, "24.11"),
            (20_499, "25.11"),
            (19_782, "23.11"),
        ] {
            let modified = (day * 86_400_i64).to_string();
            let original = r#"{"ref": "nixos-unstable"}"#;
            assert_eq!(of_text(original, &modified).as_deref(), Some(wanted), "{day}");
        }
    }

    #[test]
    fn a_lock_that_is_garbled_or_goes_in_circles_tells_nothing() {
        let circle = r#"{"root": "r", "nodes": {"r": {"inputs": {"nixpkgs": ["a"], "a": ["nixpkgs"]}}}}"#;
        for text in ["", "[]", "{}", r#"{"root": 1}"#, r#"{"root": "r", "nodes": []}"#, circle] {
            assert_eq!(of_lock(text), None, "{text}");
        }
        for modified in ["-9223372036854775808", "9223372036854775807", "\"x\"", "null", "1e300"] {
            assert_eq!(of_text("{}", modified), None, "{modified}");
        }
    }

    #[test]
    fn an_input_of_another_name_counts_if_it_comes_from_nixpkgs() {
        let text = r#"{"root": "root", "nodes": {
            "root": {"inputs": {"a": "a", "stable": "s"}},
            "a": {"original": {"repo": "other", "ref": "nixos-24.11"}},
            "s": {"original": {"repo": "nixpkgs", "ref": "nixos-25.05"}}}}"#;
        assert_eq!(of_lock(text).map(|release| release.to_string()).as_deref(), Some("25.05"));
    }
}
