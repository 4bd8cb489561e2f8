//! Store paths that the garbage collector took and that something was built to find its libraries in.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::finding::{Code, Finding, Reach, Remedy};
use super::input::{Examined, Input, Owner};
use memchr::memmem;

use crate::elf::Object;
use crate::offer::{in_store, store_package};

/// The store paths in an object's own search path, its needed names and its loader.
pub fn store_paths(object: &Object) -> Vec<PathBuf> {
    let names = object.needed.iter().chain(&object.interpreter).map(PathBuf::from);
    searched(object).chain(names).filter(|path| in_store(path)).collect()
}

fn searched(object: &Object) -> impl Iterator<Item = PathBuf> + '_ {
    let texts = [&object.rpath, &object.runpath].into_iter().flatten();
    let parts = texts.flat_map(|text| text.as_bytes().split(|&byte| byte == b':'));
    parts.map(|part| PathBuf::from(OsStr::from_bytes(part)))
}

/// Store packages that are gone, with the objects of each distribution that want them.
#[derive(Default)]
pub(super) struct Vanished(BTreeMap<(PathBuf, usize), (Reach, Vec<String>)>);

impl Vanished {
    /// Notes that objects of a distribution that was built here look for a library in `package`.
    pub(super) fn note(&mut self, package: PathBuf, owner: usize, reach: Reach, objects: Vec<String>) {
        let (least, known) = self.0.entry((package, owner)).or_insert((reach, Vec::new()));
        *least = (*least).min(reach);
        known.extend(objects);
    }

    /// One finding for each package and distribution.
    pub(super) fn into_findings(self, input: &Input<'_>) -> Vec<Finding> {
        let finding = |((package, owner), (reach, objects)): ((PathBuf, usize), (Reach, Vec<String>))| {
            let remedy = (input.rebuild_remedy)(owner, &package)?;
            Some(finding(input, &package, Some(owner), reach, objects, remedy))
        };
        self.0.into_iter().filter_map(finding).collect()
    }
}

/// Whether a search path leads into the store at all. Most do not.
fn names_store(examined: &Examined) -> bool {
    let Ok(object) = &examined.object else { return false };
    let texts = [&object.rpath, &object.runpath].into_iter().flatten();
    texts.map(|text| text.as_bytes()).any(|text| memmem::find(text, b"/nix/store").is_some())
}

/// The store package that a missing name would be found in, by the search paths of `objects`, were it not
/// gone.
pub(super) fn would_have(
    exists: &dyn Fn(&Path) -> bool,
    name: &str,
    objects: [&Examined; 2],
) -> Option<PathBuf> {
    let gone = |path: &Path| store_package(path).filter(|package| !exists(package)).map(Path::to_owned);
    if name.contains('/') {
        return gone(Path::new(name));
    }
    let objects = objects
        .into_iter()
        .filter(|examined| names_store(examined))
        .filter_map(|examined| examined.object.as_deref().ok());
    objects.flat_map(searched).find_map(|path| gone(&path))
}

/// Programs whose loader is gone, by package.
pub(super) fn without_loader(input: &Input<'_>) -> Vec<Finding> {
    let mut grouped: BTreeMap<(PathBuf, Owner), Vec<&Examined>> = BTreeMap::new();
    for (examined, object) in input.objects().filter(|(_, object)| object.is_program()) {
        if let Some(package) = object.interpreter.as_deref().and_then(|loader| lost_loader(input, loader)) {
            let key = (package, examined.owners.first().copied());
            grouped.entry(key).or_default().push(examined);
        }
    }
    let finding = |((package, owner), programs): ((PathBuf, Owner), Vec<&Examined>)| {
        let patched = programs.iter().find_map(|examined| (input.patched_remedy)(&examined.path));
        let rebuild = || owner.and_then(|owner| (input.rebuild_remedy)(owner, &package));
        let remedy = patched.or_else(rebuild).unwrap_or_else(|| input.reinstall(owner));
        let objects = programs.iter().map(|examined| examined.shown.display().to_string()).collect();
        finding(input, &package, owner, Reach::Program, objects, remedy)
    };
    grouped.into_iter().map(finding).collect()
}

/// The package of a program's loader, if the store has it no more.
fn lost_loader(input: &Input<'_>, loader: &str) -> Option<PathBuf> {
    let package = store_package(Path::new(loader)).filter(|_| (input.starts)(loader))?;
    (!(input.exists)(package)).then(|| package.to_owned())
}

fn finding(
    input: &Input<'_>,
    package: &Path,
    owner: Owner,
    reach: Reach,
    objects: Vec<String>,
    remedy: Remedy,
) -> Finding {
    let detail = package.display().to_string();
    Finding {
        reach: Some(reach),
        distributions: input.affected([(owner, objects)].into()),
        ..Finding::plain(Code::VanishedStorePath, reach.severity(), detail, remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::{self, Machine};
    use std::rc::Rc;

    #[test]
    fn only_a_store_path_that_is_gone_would_have_had_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("libx.so");
        // Its RUNPATH is the folder of the library that it stands for.
        let bytes =
            crate::provide::shim("libx.so", "/nix/store/a-zlib/lib/libz.so", Machine::X86_64).unwrap();
        std::fs::write(&path, bytes).unwrap();
        let mut object = elf::read(&path).unwrap();
        object.runpath = Some("$ORIGIN:/opt/lib:/nix/store/a-zlib/lib".into());
        let object = Ok(Rc::new(object));
        let examined = Examined::new(path.clone(), path, Vec::new(), object);
        let found = |name, there: bool| would_have(&|_| there, name, [&examined, &examined]);
        let package = Some(PathBuf::from("/nix/store/a-zlib"));
        assert_eq!((found("libz.so", false), found("libz.so", true)), (package, None));
        let direct = "/nix/store/b-x/lib/liby.so";
        assert_eq!((found(direct, false), found(direct, true)), (Some("/nix/store/b-x".into()), None));
        assert_eq!(found("/opt/liby.so", false), None);
    }
}
