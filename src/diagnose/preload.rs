//! Libraries that a package loads before the object that needs them: torchvision's after
//! `import torch`. Such a needed name is met by its SONAME, whatever the search path says.

use crate::maps::{Map, Set};
use crate::venv::Distribution;

/// Which distribution has an object of which SONAME, and what each distribution requires.
pub(super) struct Preloads {
    owners: Map<String, Set<usize>>,
    /// For each distribution: itself and all that it requires, through others, in order.
    closure: Vec<Vec<usize>>,
}

impl Preloads {
    /// From the SONAME and owner of every object in the venv.
    pub(super) fn new<'o>(
        distributions: &[Distribution],
        objects: impl Iterator<Item = (&'o str, &'o [usize])>,
    ) -> Self {
        let mut owners: Map<String, Set<usize>> = Map::default();
        for (soname, of) in objects {
            owners.entry(soname.to_owned()).or_default().extend(of);
        }
        Self { owners, closure: closure(distributions) }
    }

    /// Whether a distribution is, or requires, another.
    pub(super) fn requires(&self, distribution: usize, other: usize) -> bool {
        self.closure.get(distribution).is_some_and(|all| all.binary_search(&other).is_ok())
    }

    /// Whether one of these distributions has an object of this SONAME.
    pub(super) fn have(&self, distributions: &[usize], name: &str) -> bool {
        self.owners.get(name).is_some_and(|owners| distributions.iter().any(|found| owners.contains(found)))
    }

    /// Whether a needed name of an object of these distributions is one that others bring which they require.
    /// Their own objects have to find each other.
    pub(super) fn brings(&self, askers: &[usize], name: &str) -> bool {
        let Some(owners) = self.owners.get(name) else { return false };
        let required =
            |&asker: &usize| owners.iter().any(|&owner| owner != asker && self.requires(asker, owner));
        askers.iter().any(required)
    }
}

fn closure(distributions: &[Distribution]) -> Vec<Vec<usize>> {
    let by_name: Map<&str, usize> =
        distributions.iter().enumerate().map(|(index, found)| (found.name.as_str(), index)).collect();
    let indices = |found: &Distribution| -> Vec<usize> {
        found.requires.iter().filter_map(|name| by_name.get(name.as_str()).copied()).collect()
    };
    let direct: Vec<Vec<usize>> = distributions.iter().map(indices).collect();
    // By which start each was seen last.
    let mut seen = vec![usize::MAX; distributions.len()];
    let mut reached = |start: usize| {
        let mut all = vec![start];
        seen[start] = start;
        let mut next = 0;
        while let Some(&index) = all.get(next) {
            let new = |&found: &usize| std::mem::replace(&mut seen[found], start) != start;
            all.extend(direct[index].iter().copied().filter(new));
            next += 1;
        }
        all.sort_unstable();
        all
    };
    (0..distributions.len()).map(&mut reached).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distribution(name: &str, requires: &[&str]) -> Distribution {
        let requires = requires.iter().map(|&name| name.into()).collect();
        Distribution { name: name.into(), version: "1".into(), requires, dist_info: "".into() }
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
