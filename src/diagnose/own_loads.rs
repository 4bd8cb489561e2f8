//! Libraries that a package loads from its own folder by ctypes: what they miss, its import misses.

use std::path::{Component, Path, PathBuf};

use super::finding::{Reach, Remedy};
use super::input::{Examined, Input, Owner};
use crate::maps::Set;

/// Packages with extension modules: these load what else there is.
pub(super) struct OwnLoads<'a> {
    input: &'a Input<'a>,
    /// The only folders in question.
    packages: &'a Set<PathBuf>,
    with_extensions: Set<(PathBuf, Owner)>,
}

impl<'a> OwnLoads<'a> {
    pub(super) fn new(input: &'a Input<'a>, packages: &'a Set<PathBuf>) -> Self {
        let mut with_extensions = Set::default();
        let examined = input.examined.iter().filter(|_| !packages.is_empty());
        for examined in examined.filter(|examined| examined.is_extension(input.python)) {
            if let Some(package) = package(examined).filter(|package| packages.contains(package)) {
                with_extensions.extend(examined.owners().map(|owner| (package.clone(), owner)));
            }
        }
        Self { input, packages, with_extensions }
    }

    /// Whether a package loads this library of its own by itself: without extension modules, or as torch's
    /// operators.
    pub(super) fn load(&self, examined: &Examined) -> bool {
        let Some(name) = examined.path.file_name().and_then(|name| name.to_str()) else { return false };
        let Some(package) = package(examined).filter(|package| self.packages.contains(package)) else {
            return false;
        };
        // Of a package that has operators in a library, its operators are a part like its modules.
        if !examined.owners.is_empty()
            && !package.ends_with("torch")
            && needs_torch(examined)
            && self.input.sources.load_operators(&package, name)
            && !is_optional(self.input, examined)
        {
            return true;
        }
        // Of what nobody owns, nothing is known.
        let owner = examined
            .owners
            .iter()
            .find(|&&owner| !self.with_extensions.contains(&(package.clone(), Some(owner))));
        // The tables are asked last: that takes longest.
        owner.is_some() && self.input.sources.load(&package, name) && !is_optional(self.input, examined)
    }
}

/// Whether it needs what another wheel brings that is not installed, nor required: this is for those who have
/// that one (open3d's operators for torch and for tensorflow).
fn is_optional(input: &Input<'_>, examined: &Examined) -> bool {
    let owners = examined.owners.iter().filter_map(|&owner| input.distributions.get(owner));
    let required: Vec<&String> = owners.flat_map(|owner| &owner.requires).collect();
    let of_wheel = |name: &String| match (input.library_remedy)(name, &[], Reach::Plugin) {
        Remedy::Command { command } => command
            .strip_prefix("pip install ")
            .is_some_and(|wheel| !required.iter().any(|required| *required == wheel)),
        _ => false,
    };
    examined.object.as_ref().is_ok_and(|object| object.needed.iter().any(of_wheel))
}

fn needs_torch(examined: &Examined) -> bool {
    let is_torchs = |name: &String| name.starts_with("libtorch") || name.starts_with("libc10");
    examined.object.as_ref().is_ok_and(|object| object.needed.iter().any(is_torchs))
}

/// The folder of the top-level package that a file lies in.
pub(super) fn package(examined: &Examined) -> Option<PathBuf> {
    let mut parts = examined.shown.components();
    let Some(Component::Normal(top)) = parts.next() else { return None };
    // A file beside the packages is in none.
    parts.next()?;
    let inner = parts.count() + 1;
    let folder: &Path = examined.path.ancestors().nth(inner)?;
    folder.ends_with(top).then(|| folder.to_owned())
}
