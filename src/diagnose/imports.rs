//! Libraries that a package has by importing another, which no METADATA tells: torchaudio's objects need
//! torch's, and those that torch requires, and its sources import torch before they load them.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::path::Component;

use super::input::{Examined, Input};
use super::own_loads::package;
use super::preload::Preloads;

/// Which distributions have what could be imported. Looked for when something would be missing.
#[derive(Default)]
pub(super) struct Imports(OnceCell<Installed>);

struct Installed {
    /// The distributions that have a library under its own name. One by another name is a copy for its own
    /// package, whose import may not even load it.
    libraries: HashMap<String, HashSet<usize>>,
    /// The distributions that have objects in a top-level package.
    packages: HashMap<String, HashSet<usize>>,
}

impl Imports {
    /// Whether the package of an object imports one that has a library of this name, or requires one that has.
    pub(super) fn load(&self, input: &Input<'_>, preloads: &Preloads, asker: &Examined, name: &str) -> bool {
        let installed = self.0.get_or_init(|| installed(input));
        let Some(having) = installed.libraries.get(name) else { return false };
        let Some(folder) = package(asker) else { return false };
        let own = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let brings = |importable: &HashSet<usize>| {
            importable.iter().any(|&found| having.iter().any(|&other| preloads.requires(found, other)))
        };
        let mut others = installed.packages.iter().filter(|(other, _)| *other != own);
        others.any(|(other, importable)| brings(importable) && input.sources.import(&folder, other))
    }
}

fn installed(input: &Input<'_>) -> Installed {
    let mut found = Installed { libraries: HashMap::new(), packages: HashMap::new() };
    for (examined, object) in input.objects() {
        let mut parts = examined.shown.components();
        let (Some(Component::Normal(top)), Some(Component::Normal(file))) = (parts.next(), parts.next_back())
        else {
            continue;
        };
        if let Some(top) = top.to_str() {
            found.packages.entry(top.to_owned()).or_default().extend(&examined.owners);
        }
        if let Some(soname) = object.soname.as_deref().filter(|soname| *soname == file) {
            found.libraries.entry(soname.to_owned()).or_default().extend(&examined.owners);
        }
    }
    found
}
