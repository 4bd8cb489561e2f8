//! Libraries that are found and are older than those an object was built with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::finding::{Code, Finding, Reach, Remedy};
use super::input::{Examined, Input, Owner};
use crate::elf::compare_version_names;
use crate::loader::{self, Lack};

/// A version that is wanted of a library which has none so new.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Old {
    /// The name the library is wanted by.
    soname: String,
    /// The newest version wanted.
    wanted: String,
    /// What wants it, if that is not of the venv.
    outside: Option<PathBuf>,
    /// The newest of the same family that it has.
    has: Option<String>,
    /// What is old, and what to do.
    reason: String,
}

/// Libraries that are too old, with the objects of each distribution that want newer ones.
#[derive(Default)]
pub(super) struct OldLibraries(BTreeMap<(Old, Owner), (Reach, Vec<String>)>);

impl OldLibraries {
    /// Notes what `asker`, or a library from outside that it leads to, lacks of a library, which is a
    /// file of the venv's or none.
    pub(super) fn note(
        &mut self,
        input: &Input<'_>,
        lack: &Lack,
        (asker, outside): (&Examined, Option<&Path>),
        library: (&Path, Option<&Examined>),
        reach: Reach,
    ) {
        let newest = lack.versions.iter().max_by(|a, b| compare_version_names(a, b));
        let Some(wanted) = newest.cloned() else { return };
        let family = family(&wanted);
        let same = lack.defined.iter().filter(|version| self::family(version) == family);
        let old = Old {
            soname: lack.name.clone(),
            has: same.max_by(|a, b| compare_version_names(a, b)).cloned(),
            wanted,
            outside: outside.map(Path::to_owned),
            reason: reason(input, &lack.name, library, outside),
        };
        for owner in asker.owners() {
            let (least, objects) = self.0.entry((old.clone(), owner)).or_insert((reach, Vec::new()));
            *least = (*least).min(reach);
            objects.push(asker.shown.display().to_string());
        }
    }

    /// One finding for each library, version and reach.
    pub(super) fn into_findings(self, input: &Input<'_>) -> Vec<Finding> {
        let mut grouped: BTreeMap<(Old, Reach), BTreeMap<Owner, Vec<String>>> = BTreeMap::new();
        for ((old, owner), (reach, objects)) in self.0 {
            grouped.entry((old, reach)).or_default().insert(owner, objects);
        }
        let finding = |((old, reach), objects): ((Old, Reach), _)| {
            let has = match &old.has {
                Some(has) => format!("has {has} at the newest"),
                None => "has none of that kind".into(),
            };
            Finding {
                code: Code::MissingSymbolVersion,
                severity: reach.severity(),
                reach: Some(reach),
                distributions: input.affected(objects),
                searched: Vec::new(),
                remedy: Remedy::None { reason: old.reason },
                detail: Some(match &old.outside {
                    Some(path) => format!("{} wants {}, {} {has}", path.display(), old.wanted, old.soname),
                    None => format!("{} is wanted, {} {has}", old.wanted, old.soname),
                }),
                soname: Some(old.soname),
            }
        };
        grouped.into_iter().map(finding).collect()
    }
}

/// Versions of one family are older or newer than each other: `GLIBC` of `GLIBC_2.36`.
fn family(version: &str) -> &str {
    version.rsplit_once('_').map_or(version, |(family, _)| family)
}

/// Which side is old, and what to do about it.
fn reason(
    input: &Input<'_>,
    soname: &str,
    (path, theirs): (&Path, Option<&Examined>),
    outside: Option<&Path>,
) -> String {
    let owner =
        theirs.and_then(|theirs| theirs.owners.first()).and_then(|&owner| input.distributions.get(owner));
    match owner {
        Some(owner) => format!("the {soname} that {} brings is too old: upgrade {}", owner.name, owner.name),
        None if loader::brings(soname) && soname != "libgcc_s.so.1" => match outside {
            Some(outside) => format!(
                "the interpreter's glibc is too old for {}: take both from one nixpkgs",
                outside.display()
            ),
            None => {
                "the interpreter's glibc is too old: take python from a newer nixpkgs, or an older release of the package"
                    .into()
            }
        },
        None => match outside {
            Some(outside) => {
                format!("{} is too old for {}: take both from one nixpkgs", path.display(), outside.display())
            }
            None => format!(
                "{} is too old: take it from a newer nixpkgs, or an older release of the package",
                path.display()
            ),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_told_apart() {
        assert_eq!(family("GLIBC_2.36"), "GLIBC");
        assert_eq!(family("OPENSSL_1_1"), "OPENSSL_1");
        assert_eq!(family("V1"), "V1");
    }
}
