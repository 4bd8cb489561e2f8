//! Packages that import others without a word of it in their metadata (torchaudio imports torch): what
//! these load is there.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use super::collect::Input;
use super::own_loads::package;

/// The top-level packages with objects, by distribution.
pub(super) struct Imports<'a> {
    input: &'a Input<'a>,
    /// Once they were asked for: most venvs never need them.
    packages: OnceCell<HashMap<usize, BTreeSet<PathBuf>>>,
}

impl<'a> Imports<'a> {
    pub(super) fn new(input: &'a Input<'a>) -> Self {
        Self { input, packages: OnceCell::new() }
    }

    fn packages(&self) -> &HashMap<usize, BTreeSet<PathBuf>> {
        self.packages.get_or_init(|| {
            let mut packages: HashMap<usize, BTreeSet<PathBuf>> = HashMap::new();
            for (examined, _) in self.input.objects() {
                if let Some(folder) = package(examined) {
                    examined.owners.iter().for_each(|&owner| {
                        packages.entry(owner).or_default().insert(folder.clone());
                    });
                }
            }
            packages
        })
    }

    /// Whether the sources of one distribution import a package of another.
    pub(super) fn name(&self, importer: usize, imported: usize) -> bool {
        let (Some(from), Some(to)) = (self.packages().get(&importer), self.packages().get(&imported)) else {
            return false;
        };
        let names = || to.iter().filter_map(|folder| folder.file_name()?.to_str());
        from.iter().any(|folder| names().any(|name| (self.input.imports)(folder, name)))
    }
}
