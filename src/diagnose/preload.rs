//! Libraries that a package loads before the object that needs them: torchvision's after
//! `import torch`. Such a needed name is met by its SONAME, whatever the search path says.

use crate::maps::{Map, Set};
use crate::venv::Distribution;

/// Which distribution has an object of which SONAME, and what each distribution requires.
pub(super) struct Preloads {
    owners: Map<String, Set<usize>>,
    /// For each distribution: itself and all that it requires, through others.
    closure: Vec<Bits>,
}

/// A set of small numbers: of some thousand distributions that all require the next, lists would take
/// hundreds of megabytes.
#[derive(Clone, Debug)]
struct Bits(Vec<u64>);

impl Bits {
    /// With room for the numbers below `end`.
    fn new(end: usize) -> Self {
        Self(vec![0; end.div_ceil(64)])
    }

    /// Says whether it is new.
    fn insert(&mut self, number: usize) -> bool {
        let is_new = !self.contains(number);
        if let Some(word) = self.0.get_mut(number / 64) {
            *word |= 1 << (number % 64);
        }
        is_new
    }

    fn contains(&self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }
}

impl Preloads {
    /// From the SONAME and owner of every object in the venv.
    pub(super) fn new<'a>(
        distributions: &[Distribution],
        objects: impl Iterator<Item = (&'a str, &'a [usize])>,
    ) -> Self {
        let mut owners: Map<String, Set<usize>> = Map::default();
        for (soname, of) in objects {
            owners.entry(soname.to_owned()).or_default().extend(of);
        }
        Self { owners, closure: closure(distributions) }
    }

    /// Whether a distribution is, or requires, another.
    pub(super) fn requires(&self, distribution: usize, other: usize) -> bool {
        self.closure.get(distribution).is_some_and(|all| all.contains(other))
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

fn closure(distributions: &[Distribution]) -> Vec<Bits> {
    let by_name: Map<&str, usize> =
        distributions.iter().enumerate().map(|(index, found)| (found.name.as_str(), index)).collect();
    let indices = |found: &Distribution| -> Vec<usize> {
        found.requires.iter().filter_map(|name| by_name.get(name.as_str()).copied()).collect()
    };
    let direct: Vec<Vec<usize>> = distributions.iter().map(indices).collect();
    let reached = |start: usize| {
        let mut all = Bits::new(distributions.len());
        all.insert(start);
        let mut waiting = vec![start];
        while let Some(index) = waiting.pop() {
            waiting.extend(direct[index].iter().copied().filter(|&found| all.insert(found)));
        }
        all
    };
    (0..distributions.len()).map(reached).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20, ..ProptestConfig::default() })]

        #[test]
        fn what_is_required_through_others_is_what_steps_lead_to(
            edges in proptest::collection::vec((0usize..80, 0usize..80), 0..160),
        ) {
            let names: Vec<String> = (0..80).map(|index| format!("d{index}")).collect();
            let requires = |index: usize| -> Vec<&str> {
                edges.iter().filter(|edge| edge.0 == index).map(|edge| names[edge.1].as_str()).collect()
            };
            let all: Vec<_> = (0..80).map(|index| distribution(&names[index], &requires(index))).collect();
            let preloads = Preloads::new(&all, std::iter::empty());
            for start in 0..80 {
                let mut reached = std::collections::HashSet::from([start]);
                while edges.iter().any(|(from, to)| reached.contains(from) && reached.insert(*to)) {}
                prop_assert!((0..80).all(|other| preloads.requires(start, other) == reached.contains(&other)));
            }
        }
    }
}
