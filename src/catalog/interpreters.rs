//! Which CPythons nixpkgs has, by release.

use std::ops::RangeInclusive;

use super::Release;

/// The interpreters of a release: numbers are the `Y` of 3.Y.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interpreters {
    /// `python3Y`
    all: RangeInclusive<u8>,
    /// What `python3` is, where one of several.
    default: RangeInclusive<u8>,
    /// The newest that is no alpha or beta.
    newest: u8,
    /// `python3Full` and its like.
    has_full: bool,
    /// `python2`, and what `python` was.
    has_python2: bool,
}

/// By the first release that has them, the newest last: python-aliases.nix, all-packages.nix and the history of
/// pkgs/development/interpreters/python.
const ROWS: [(&str, Interpreters); 5] = [
    ("24.05", Interpreters { all: 9..=13, default: 11..=11, newest: 12, has_full: true, has_python2: true }),
    ("24.11", Interpreters { all: 9..=14, default: 12..=12, newest: 13, has_full: true, has_python2: true }),
    ("25.05", Interpreters { all: 10..=14, default: 12..=12, newest: 13, has_full: true, has_python2: true }),
    (
        "25.11",
        Interpreters { all: 10..=15, default: 13..=13, newest: 14, has_full: false, has_python2: true },
    ),
    (
        "26.05",
        Interpreters { all: 11..=15, default: 13..=14, newest: 14, has_full: false, has_python2: false },
    ),
];

/// The interpreters of a release, the newest known where none is named. `None` for one before the tables.
#[must_use]
pub fn interpreters(release: Option<Release>) -> Option<&'static Interpreters> {
    let known = ROWS.iter().filter_map(|(since, row)| Some((since.parse::<Release>().ok()?, row)));
    let fitting = known.filter(|(since, _)| release.is_none_or(|release| *since <= release));
    fitting.max_by_key(|(since, _)| *since).map(|(_, row)| row)
}

/// The interpreters of the newest release known.
#[must_use]
pub fn newest_interpreters() -> &'static Interpreters {
    let [.., (_, newest)] = &ROWS;
    newest
}

impl Interpreters {
    /// Whether there is a `python3Y`.
    #[must_use]
    pub fn has(&self, minor: u8) -> bool {
        self.all.contains(&minor)
    }

    /// The attribute of an interpreter that fits: `python3` if that surely does, else the newest, one that is
    /// not released yet last of all.
    #[must_use]
    pub fn fitting(&self, fits: &dyn Fn(u8) -> bool) -> Option<String> {
        if self.default.clone().all(fits) {
            return Some("python3".to_owned());
        }
        let released = self.all.clone().rev().filter(|minor| *minor <= self.newest);
        let others = self.all.clone().filter(|minor| *minor > self.newest);
        released.chain(others).find(|minor| fits(*minor)).map(|minor| format!("python3{minor}"))
    }

    /// What to write for a name of Python that this release has not: `python3` and its set, or those of the
    /// same version.
    #[must_use]
    pub fn new_name(&self, name: &str) -> Option<String> {
        let rest = name.strip_prefix("python")?;
        let (version, kind) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
        let (is_full, suffix) = match kind {
            "" => (false, ""),
            "Full" => (true, ""),
            "Packages" => (false, "Packages"),
            _ => return None,
        };
        let minor = version.strip_prefix('3').filter(|minor| !minor.is_empty());
        let is_there = match (version, minor) {
            ("3", _) => true,
            ("" | "2" | "27", _) => self.has_python2 && !version.is_empty(),
            (_, Some(minor)) => minor.parse().is_ok_and(|minor| self.has(minor)),
            _ => false,
        };
        match is_there {
            true if is_full && !self.has_full => Some(format!("python{version}")),
            true => None,
            false => Some(format!("python3{suffix}")),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn of(release: &str) -> &'static Interpreters {
        interpreters(release.parse().ok()).unwrap()
    }

    #[test]
    fn the_default_where_it_fits_else_the_newest_released() {
        type Fits = fn(u8) -> bool;
        let cases: [(&str, Fits, Option<&str>); 8] = [
            ("24.05", |_| true, Some("python3")),
            ("24.05", |minor| minor >= 12, Some("python312")),
            ("24.05", |minor| minor >= 13, Some("python313")),
            ("25.11", |minor| minor < 13, Some("python312")),
            ("25.11", |minor| minor < 10, None),
            // Of two that the default may be, both must fit.
            ("26.05", |minor| minor < 14, Some("python313")),
            ("26.05", |minor| minor >= 13, Some("python3")),
            ("99.05", |minor| minor == 15, Some("python315")),
        ];
        for (release, fits, wanted) in cases {
            assert_eq!(of(release).fitting(&fits).as_deref(), wanted, "{release}");
        }
        assert!(interpreters("23.11".parse().ok()).is_none());
        assert_eq!(interpreters(None), interpreters("26.05".parse().ok()));
    }

    #[test]
    fn names_that_are_gone_have_new_ones() {
        let cases = [
            ("26.05", "python3", None),
            ("26.05", "python3Packages", None),
            ("26.05", "python312", None),
            ("26.05", "python3Full", Some("python3")),
            ("26.05", "python312Full", Some("python312")),
            ("26.05", "python39Full", Some("python3")),
            ("26.05", "python36", Some("python3")),
            ("26.05", "python38Packages", Some("python3Packages")),
            ("26.05", "python310", Some("python3")),
            ("26.05", "python", Some("python3")),
            ("26.05", "python27Packages", Some("python3Packages")),
            ("26.05", "python3Minimal", None),
            ("26.05", "pythonManylinuxPackages", None),
            ("26.05", "pypy3", None),
            ("25.11", "python310", None),
            ("25.11", "python27", None),
            ("25.11", "pythonPackages", Some("python3Packages")),
            ("24.05", "python39Full", None),
            ("24.05", "python38", Some("python3")),
        ];
        for (release, name, wanted) in cases {
            assert_eq!(of(release).new_name(name).as_deref(), wanted, "{release} {name}");
        }
    }
}
