//! Releases of nixpkgs, and which path of a library holds in one.

use std::fmt;
use std::str::FromStr;

use super::table::{Attribute, Fact, tables};

/// A release of nixpkgs: `25.11`. Releases are ordered by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release {
    year: u8,
    month: u8,
}

/// Why a text names no release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoRelease;

impl fmt::Display for NoRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a release is written as year and month, for example 25.11")
    }
}

impl std::error::Error for NoRelease {}

impl FromStr for Release {
    type Err = NoRelease;

    /// Takes `25.11` and nothing around it.
    ///
    /// # Errors
    ///
    /// [`NoRelease`] for any other text.
    fn from_str(text: &str) -> Result<Self, NoRelease> {
        let (year, month) = text.split_once('.').ok_or(NoRelease)?;
        let (year, month) = (two_digits(year)?, two_digits(month)?);
        if (1..=12).contains(&month) { Ok(Release { year, month }) } else { Err(NoRelease) }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}.{:02}", self.year, self.month)
    }
}

fn two_digits(text: &str) -> Result<u8, NoRelease> {
    let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().map_err(|_| NoRelease) } else { Err(NoRelease) }
}

/// Where nixpkgs has a library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The attribute path.
    pub attribute: &'static str,
    /// Paths to try where there is no such attribute, in this order.
    pub alternatives: Vec<&'static str>,
    /// The directory below the output that holds the library, where that is not `lib`.
    pub directory: Option<&'static str>,
}

/// The path that holds in this release; where that is not known, the newest and the ones before it.
///
/// A path of `older` may name another version today (`libxml2`), so it counts for the releases before
/// `since` alone, and for those up to `until` where nothing holds today. Before `first` nothing held.
pub(super) fn for_release(fact: Fact, release: Option<Release>) -> Option<Place> {
    if came_later(&fact, release).is_some() {
        return None;
    }
    match fact {
        Fact::Attribute(Attribute { attribute, older, since, directory, .. }) => {
            let (attribute, alternatives) = match (release, since) {
                (Some(release), Some(since)) if release < since => newest_of(older)?,
                (Some(_), Some(_)) => (attribute, Vec::new()),
                _ => (attribute, older),
            };
            Some(Place { attribute, alternatives, directory })
        }
        Fact::None { older, until, .. } if release.is_some() && release <= until => {
            let (attribute, alternatives) = newest_of(older)?;
            Some(Place { attribute, alternatives, directory: None })
        }
        Fact::Wheel { attribute, .. } => {
            attribute.map(|attribute| Place { attribute, alternatives: Vec::new(), directory: None })
        }
        Fact::Driver | Fact::None { .. } => None,
    }
}

/// The first release that has it, where this is an earlier one.
pub(super) fn came_later(fact: &Fact, release: Option<Release>) -> Option<Release> {
    let (Fact::Attribute(Attribute { first, .. }) | Fact::None { first, .. }) = fact else { return None };
    first.filter(|first| release.is_some_and(|release| release < *first))
}

/// The sonames of libraries that lie apart, each with its directory below the package, such as `lib/mariadb`.
#[must_use]
pub fn apart() -> Vec<(&'static str, &'static str)> {
    let rows = tables().sonames.entries().filter(|(_, value)| value.contains(" directory = "));
    let found = rows.filter_map(|(soname, value)| match Fact::read(value).ok()? {
        Fact::Attribute(Attribute { directory: Some(directory), .. }) => Some((soname, directory)),
        _ => None,
    });
    found.collect()
}

/// The newest path, and the ones before it.
fn newest_of(mut paths: Vec<&'static str>) -> Option<(&'static str, Vec<&'static str>)> {
    if paths.is_empty() {
        return None;
    }
    Some((paths.remove(0), paths))
}
