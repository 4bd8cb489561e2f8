//! What an object in a venv is for, from its place, its name and its headers.

use std::path::Path;

use crate::elf::Object;
use crate::venv::Abi;

/// What an object is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// `import` loads it.
    Extension,
    /// A person or a package runs it.
    Program,
    /// Something else loads it.
    Library,
}

/// The role of the object at `path`, relative to site-packages where it lies below it, for an
/// interpreter of this kind.
pub fn role(path: &Path, object: &Object, python: Option<Abi>) -> Role {
    if object.is_program() {
        Role::Program
    } else if is_extension(path, python) {
        Role::Extension
    } else {
        Role::Library
    }
}

/// Whether `import` would take the file for a module: PEP 3149 and PEP 384 endings, in a place that
/// a dotted name reaches.
pub fn is_extension(path: &Path, python: Option<Abi>) -> bool {
    module(path).is_some_and(|(_, made_for)| python.is_none_or(|python| made_for.serves(python)))
}

/// Which interpreters import an extension module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MadeFor {
    /// Its name does not tell.
    Any,
    /// Those with the GIL (PEP 384).
    Limited,
    /// CPython of this kind.
    One(Abi),
}

impl MadeFor {
    pub(super) fn serves(self, python: Abi) -> bool {
        match self {
            Self::Any => true,
            Self::Limited => !python.free_threaded,
            Self::One(abi) => abi == python,
        }
    }
}

/// Name of the extension module that lies at a path, and for whom it is.
pub(super) fn module(path: &Path) -> Option<(&str, MadeFor)> {
    let (stem, ending) = path.file_name()?.to_str()?.split_once('.')?;
    let folders = path.parent().into_iter().flat_map(Path::components);
    let mut folders = folders.map(|part| part.as_os_str().to_str().unwrap_or_default());
    let made_for = made_for(stem, ending)?;
    // What is tagged is a module for sure, and `import_module` takes any name: mypyc's begin with a digit.
    let is_named = if ending == "so" { is_identifier(stem) } else { is_word(stem) };
    (is_named && folders.all(is_importable)).then_some((stem, made_for))
}

fn made_for(stem: &str, ending: &str) -> Option<MadeFor> {
    if ending == "so" {
        // `libX.so` is a library by custom; an untagged module seldom has such a name.
        return (!stem.starts_with("lib")).then_some(MadeFor::Any);
    }
    let tag = ending.strip_suffix(".so")?;
    match tag.strip_prefix("cpython-") {
        Some(tag) => Abi::of_tag(tag.split('-').next()?).map(MadeFor::One),
        None if tag == "abi3" => Some(MadeFor::Limited),
        None => tag.starts_with("pypy").then_some(MadeFor::Any),
    }
}

/// Qt's and others' plugins lie in folders of that name: nobody imports them.
fn is_importable(folder: &str) -> bool {
    is_identifier(folder) && folder != "plugins"
}

fn is_identifier(text: &str) -> bool {
    is_word(text) && !text.starts_with(char::is_numeric)
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_told_from_libraries_by_ending_and_place() {
        let modules = [
            "numpy/_core/_multiarray_umath.cpython-311-x86_64-linux-gnu.so",
            "cv2/cv2.abi3.so",
            "_cffi_backend.cpython-311-x86_64-linux-gnu.so",
            "pkg/_speedups.so",
            "85cae5375ceb5d1ca6c6__mypyc.cpython-311-x86_64-linux-gnu.so",
        ];
        let others = [
            "numpy/_core/_multiarray_umath.cpython-310-x86_64-linux-gnu.so",
            "85cae5375ceb5d1ca6c6__mypyc.so",
            "numpy.libs/libz.so",
            "pkg/libfoo.so",
            "pkg/libfoo.so.1",
            "PyQt6/Qt6/plugins/platforms/qxcb.so",
            "pkg/not-a-name/x.abi3.so",
            "pkg/data",
        ];
        let python = Some(Abi::of_version((3, 11)));
        for path in modules {
            assert!(is_extension(Path::new(path), python), "{path}");
        }
        for path in others {
            assert!(!is_extension(Path::new(path), python), "{path}");
        }
        let free_threaded = Some(Abi { version: (3, 13), free_threaded: true });
        assert!(is_extension(Path::new("x.cpython-313t-x86_64-linux-gnu.so"), free_threaded));
        assert!(is_extension(Path::new("x.so"), free_threaded));
        assert!(!is_extension(Path::new("x.abi3.so"), free_threaded));
        assert!(!is_extension(Path::new("x.cpython-313-x86_64-linux-gnu.so"), free_threaded));
    }
}
