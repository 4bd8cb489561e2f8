//! Libraries that a package loads before the object that needs them: torchvision's after
//! `import torch`. Such a needed name is met by its SONAME, whatever the search path says.

use std::collections::{HashMap, HashSet};

use super::imports::Imports;
use crate::venv::Distribution;

/// Which distribution has an object of which SONAME, and what each distribution requires.
pub(super) struct Preloads<'a> {
    owners: HashMap<String, HashSet<usize>>,
    /// For each distribution: itself and all that it requires, through others.
    closure: Vec<HashSet<usize>>,
    /// What sources import beyond that.
    imports: Option<Imports<'a>>,
}

impl<'a> Preloads<'a> {
    /// From the SONAME and owner of every object in the venv.
    pub(super) fn new<'o>(
        distributions: &[Distribution],
        objects: impl Iterator<Item = (&'o str, &'o [usize])>,
    ) -> Self {
        let mut owners: HashMap<String, HashSet<usize>> = HashMap::new();
        for (soname, of) in objects {
            owners.entry(soname.to_owned()).or_default().extend(of);
        }
        Self { owners, closure: closure(distributions), imports: None }
    }

    /// The same, and what sources import is loaded first as well.
    pub(super) fn with_imports(self, imports: Imports<'a>) -> Self {
        Self { imports: Some(imports), ..self }
    }

    /// Whether a distribution is, or requires, another.
    pub(super) fn requires(&self, distribution: usize, other: usize) -> bool {
        self.closure.get(distribution).is_some_and(|all| all.contains(&other))
    }

    /// Whether a needed name of an object of these distributions is one that they load first.
    pub(super) fn brings(&self, askers: &[usize], name: &str) -> bool {
        let Some(owners) = self.owners.get(name) else { return false };
        let required = |&asker: &usize| self.closure.get(asker).is_some_and(|all| !all.is_disjoint(owners));
        let imported = |imports: &Imports<'_>| {
            askers.iter().any(|&asker| owners.iter().any(|&owner| imports.name(asker, owner)))
        };
        askers.iter().any(required) || self.imports.as_ref().is_some_and(imported)
    }
}

fn closure(distributions: &[Distribution]) -> Vec<HashSet<usize>> {
    let by_name: HashMap<&str, usize> =
        distributions.iter().enumerate().map(|(index, found)| (found.name.as_str(), index)).collect();
    let direct = |index: usize| {
        distributions[index].requires.iter().filter_map(|name| by_name.get(name.as_str()).copied())
    };
    (0..distributions.len())
        .map(|start| {
            let (mut seen, mut waiting) = (HashSet::from([start]), vec![start]);
            while let Some(index) = waiting.pop() {
                waiting.extend(direct(index).filter(|&next| seen.insert(next)));
            }
            seen
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distribution(name: &str, requires: &[&str]) -> Distribution {
        let requires = requires.iter().map(|&name| name.into()).collect();
        Distribution {
            name: name.into(),
            version: "1".into(),
            requires,
            dist_info: "".into(),
            files: Vec::new(),
        }
    }

    #[test]
    fn only_a_requirement_brings_a_library() {
        let all =
            [distribution("pillow", &[]), distribution("torch", &[]), distribution("vision", &["torch"])];
        let objects = [("libtorch.so", &[1][..]), ("libz.so.1", &[2])];
        let preloads = Preloads::new(&all, objects.into_iter());
        assert!(preloads.brings(&[2], "libtorch.so"));
        assert!(!preloads.brings(&[0], "libtorch.so"));
        assert!(!preloads.brings(&[0], "libz.so.1"));
    }
}
