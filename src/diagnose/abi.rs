//! Extension modules for another Python than the venv's: `import` passes them over without a word.

use std::collections::BTreeMap;
use std::path::Path;

use super::finding::{Code, Finding, Reach, Severity};
use super::input::{Examined, Input, Owner};
use super::musl::is_foreign;
use super::role::MadeFor;
use crate::maps::Set;
use crate::venv::Abi;

/// One finding for each distribution whose modules are all for one other Python. A wheel for several
/// Pythons chooses among its modules itself.
pub(super) fn wrong_abis(input: &Input<'_>) -> Vec<Finding> {
    let Some(python) = input.python else { return Vec::new() };
    let here = provided(input);
    let mut by_owner: BTreeMap<Owner, Vec<(&Examined, &str, MadeFor)>> = BTreeMap::new();
    for (examined, object) in input.objects() {
        if is_foreign(input, examined, object) || of_another_python(&examined.path, python) {
            continue;
        }
        if let Some((name, made_for)) = examined.module() {
            for owner in examined.owners() {
                by_owner.entry(owner).or_default().push((examined, name, made_for));
            }
        }
    }
    let finding = |(owner, modules): (Owner, Vec<(&Examined, &str, MadeFor)>)| {
        let made_for = only_foreign(&modules, python)?;
        let lost = modules.into_iter().filter(|(examined, name, tag)| {
            let folder = examined.path.parent().unwrap_or(Path::new("/"));
            let in_python = [folder.join(format!("{name}.py")), folder.join(name).join("__init__.py")];
            *tag == made_for
                && !here.contains(&(folder, *name))
                && !in_python.iter().any(|path| (input.exists)(path))
        });
        let objects: Vec<String> = lost.map(|(examined, ..)| examined.shown.display().to_string()).collect();
        (!objects.is_empty()).then(|| wrong_abi(input, owner, objects, made_for, python))
    };
    by_owner.into_iter().filter_map(finding).collect()
}

/// Folder and name of each extension module that this Python imports.
pub(super) fn provided<'a>(input: &'a Input<'_>) -> Set<(&'a Path, &'a str)> {
    let modules = input.objects().filter(|(examined, object)| {
        examined.is_extension(input.python) && !is_foreign(input, examined, object)
    });
    modules.filter_map(|(examined, _)| place(examined)).collect()
}

/// The folder of an extension module, and its name.
pub(super) fn place(examined: &Examined) -> Option<(&Path, &str)> {
    Some((examined.path.parent()?, examined.module()?.0))
}

/// The one Python that the tagged modules are for, if that is not the venv's.
fn only_foreign(modules: &[(&Examined, &str, MadeFor)], python: Abi) -> Option<MadeFor> {
    let mut tags = modules.iter().map(|(.., tag)| *tag).filter(|tag| *tag != MadeFor::Any);
    let first = tags.next().filter(|tag| !tag.serves(python))?;
    tags.all(|tag| tag == first).then_some(first)
}

/// An upgrade of Python leaves the packages of the old one in a folder of their own.
fn of_another_python(path: &Path, python: Abi) -> bool {
    let packages = path.ancestors().find(|folder| folder.ends_with("site-packages"));
    let name = packages.and_then(|folder| folder.parent()?.file_name()?.to_str());
    name.and_then(Abi::of_name).is_some_and(|abi| abi != python)
}

fn wrong_abi(
    input: &Input<'_>,
    owner: Owner,
    objects: Vec<String>,
    made_for: MadeFor,
    python: Abi,
) -> Finding {
    let made_for = match made_for {
        MadeFor::One(abi) => format!("CPython {abi}"),
        _ => "CPythons with the GIL".into(),
    };
    // A file that nobody owns may be one that nobody imports.
    let severity = if owner.is_some() { Severity::Error } else { Severity::Warning };
    let detail = format!("built for {made_for}; this interpreter is {python}");
    Finding {
        reach: Some(Reach::Import),
        distributions: input.affected([(owner, objects)].into()),
        ..Finding::plain(Code::WrongPythonAbi, severity, detail, input.reinstall(owner))
    }
}
