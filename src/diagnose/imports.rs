//! Libraries that a package has by importing another, which no METADATA tells: torchaudio's objects need
//! torch's, and its sources import torch before they load them.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::path::Component;

use super::input::{Examined, Input};
use super::own_loads::package;

/// The packages that have libraries under their own names. Looked for when something would be missing.
#[derive(Default)]
pub(super) struct Imports(OnceCell<HashMap<String, HashSet<String>>>);

impl Imports {
    /// Whether the package of an object imports one that has a library of this name.
    pub(super) fn load(&self, input: &Input<'_>, asker: &Examined, name: &str) -> bool {
        let Some(having) = self.0.get_or_init(|| having(input)).get(name) else { return false };
        let Some(folder) = package(asker) else { return false };
        let own = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        having.iter().any(|other| other != own && input.sources.import(&folder, other))
    }
}

/// The top-level packages that hold a library, by its SONAME. A library by another name is a copy for its own
/// package, whose import may not even load it.
fn having(input: &Input<'_>) -> HashMap<String, HashSet<String>> {
    let mut found: HashMap<String, HashSet<String>> = HashMap::new();
    for (examined, object) in input.objects() {
        let Some(soname) = object.soname.as_deref() else { continue };
        let mut parts = examined.shown.components();
        if let (Some(Component::Normal(top)), Some(Component::Normal(file))) =
            (parts.next(), parts.next_back())
            && file == soname
            && let Some(top) = top.to_str()
        {
            found.entry(soname.to_owned()).or_default().insert(top.to_owned());
        }
    }
    found
}
