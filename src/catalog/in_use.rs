//! What a library is called in the nixpkgs in use.

use super::release::{Place, Release, came_later, for_release};
use super::table::{Attribute, Fact, tables};
use super::{InUse, Library, Unknown, fact, is_of_today, libraries};

/// What has the library of this soname, with the path that holds in this release.
///
/// `None` for a soname that no attribute has there; a wheel's is left to [`super::soname`].
#[must_use]
pub fn library_in(soname: &str, release: Option<Release>) -> Option<Library> {
    of_fact(fact(soname)?, release)
}

/// Why this release has no library of this soname, though a later one has: what to say, and to do.
#[must_use]
pub fn not_yet(soname: &str, release: Option<Release>) -> Option<String> {
    let (fact, release) = (fact(soname)?, release?);
    let first = came_later(&fact, Some(release))?;
    // What is gone again has its reason, whichever release this is.
    let Fact::Attribute(Attribute { attribute, .. }) = fact else { return None };
    Some(format!(
        "nixpkgs has it from {first} on, in {attribute}, and this is {release}: take a wheel for an older version, \
         build it in the shell (pip install --no-binary), or use a newer nixpkgs"
    ))
}

/// As [`libraries`], with the paths that hold in this release.
///
/// # Errors
///
/// As [`libraries`], and for a soname that only later releases have; but what this release still has is no error.
pub fn libraries_in(name: &str, release: Option<Release>) -> Result<Vec<Library>, Unknown> {
    if let Some(reason) = not_yet(name, release) {
        return Err(Unknown::Unavailable { name: name.to_owned(), reason });
    }
    match library_in(name, release) {
        Some(library) => Ok(vec![library]),
        None => Ok(libraries(name)?.into_iter().map(|library| settle(library, release)).collect()),
    }
}

/// A library by its attribute, with the path that holds in this release.
#[must_use]
pub fn settle(library: Library, release: Option<Release>) -> Library {
    let row = || {
        let tables = [&tables().sonames, &tables().patterns, &tables().programs];
        tables.into_iter().find_map(|table| table.of_attribute(&library.attribute))
    };
    let settled = release.and_then(|release| of_fact(row()?, Some(release)));
    settled.unwrap_or(library)
}

/// The path of what nixpkgs has no more, and the last release that had it.
#[must_use]
pub fn last_held(soname: &str) -> Option<(&'static str, Release)> {
    match fact(soname)? {
        Fact::None { older, until, .. } => Some((*older.first()?, until?)),
        _ => None,
    }
}

fn of_fact(fact: Fact, release: Option<Release>) -> Option<Library> {
    let (attribute, older, since) = match &fact {
        Fact::Attribute(Attribute { attribute, older, since, .. }) => (*attribute, older.clone(), *since),
        Fact::None { older, .. } => (*older.first()?, older.get(1..).unwrap_or_default().to_vec(), None),
        Fact::Wheel { .. } | Fact::Driver => return None,
    };
    let Place { attribute: path, alternatives, .. } = for_release(fact, release)?;
    let mut library = Library::with_older(attribute, &older);
    // Before `since`, a path that is another library's today was this one's.
    if release.zip(since).is_none_or(|(release, since)| release >= since) {
        library.older.retain(|path| !is_of_today(path));
    }
    library.in_use = release.map(|_| InUse { path: path.to_owned(), settled: alternatives.is_empty() });
    Some(library)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn paths(row: &'static str, at: Option<&str>) -> Option<(String, Vec<String>, bool)> {
        let library = of_fact(Fact::read(row).unwrap(), at.map(|text| text.parse().unwrap()))?;
        Some((library.path().to_owned(), library.other_paths(), library.settled().is_some()))
    }

    fn case(path: &str, others: &[&str], settled: bool) -> Option<(String, Vec<String>, bool)> {
        Some((path.into(), others.iter().map(|&other| other.into()).collect(), settled))
    }

    #[test]
    fn a_known_release_settles_the_path_and_others_stay_known() {
        let row = r#"{ attribute = "libx11", older = ["xorg.libX11"], since = "26.05", evidence = "x" }"#;
        assert_eq!(paths(row, None), case("libx11", &["xorg.libX11"], false));
        assert_eq!(paths(row, Some("26.05")), case("libx11", &["xorg.libX11"], true));
        assert_eq!(paths(row, Some("25.11")), case("xorg.libX11", &["libx11"], true));
        let undated = r#"{ attribute = "new", older = ["old"], evidence = "x" }"#;
        assert_eq!(paths(undated, Some("25.11")), case("new", &["old"], false));
    }

    #[test]
    fn an_attribute_of_any_table_is_settled() {
        for (name, path) in [
            ("libx11", "xorg.libX11"),
            ("poppler-utils", "poppler_utils"),
            ("libpq.pg_config", "postgresql"),
            ("xorg-server", "xorg.xorgserver"),
        ] {
            let found = settle(Library::new(name), Some("24.11".parse().unwrap()));
            assert_eq!(found.settled(), Some(path));
            assert_eq!(settle(Library::new(name), None), Library::new(name));
        }
    }

    #[test]
    fn a_path_that_is_another_librarys_today_counts_only_where_it_was_this_ones() {
        let row = r#"{ attribute = "zlib_1", older = ["zlib"], since = "25.11", evidence = "x" }"#;
        assert_eq!(paths(row, Some("25.05")), case("zlib", &["zlib_1"], true));
        assert_eq!(paths(row, Some("25.11")), case("zlib_1", &[], true));
        assert_eq!(paths(row, None), case("zlib_1", &[], false));
    }

    #[test]
    fn what_is_gone_has_its_path_where_it_was() {
        let row = r#"{ none = "tbb is version 12", older = ["tbb"], until = "25.05", evidence = "x" }"#;
        assert_eq!(paths(row, Some("25.05")), case("tbb", &[], true));
        assert_eq!(paths(row, Some("25.11")), None);
        assert_eq!(paths(row, None), None);
    }
}
