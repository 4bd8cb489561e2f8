//! What an object in a venv is for, from its place, its name and its headers.

use std::path::Path;

use crate::elf::Object;

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
/// interpreter of this X.Y.
pub fn role(path: &Path, object: &Object, python: Option<(u32, u32)>) -> Role {
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
pub fn is_extension(path: &Path, python: Option<(u32, u32)>) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
    let Some((stem, ending)) = name.split_once('.') else { return false };
    let folders = path.parent().into_iter().flat_map(Path::components);
    let mut folders = folders.map(|part| part.as_os_str().to_str().unwrap_or_default());
    is_identifier(stem) && is_module_ending(stem, ending, python) && folders.all(is_importable)
}

fn is_module_ending(stem: &str, ending: &str, python: Option<(u32, u32)>) -> bool {
    if ending == "so" {
        // `libX.so` is a library by custom; an untagged module seldom has such a name.
        return !stem.starts_with("lib");
    }
    let Some(tag) = ending.strip_suffix(".so") else { return false };
    match tag.strip_prefix("cpython-") {
        Some(tag) => {
            python.is_none_or(|(major, minor)| tag.split('-').next() == Some(&format!("{major}{minor}")))
        }
        None => tag == "abi3" || tag.starts_with("pypy"),
    }
}

/// Qt's and others' plugins lie in folders of that name: nobody imports them.
fn is_importable(folder: &str) -> bool {
    is_identifier(folder) && folder != "plugins"
}

fn is_identifier(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && letters.all(|c| c.is_alphanumeric() || c == '_')
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
        ];
        let others = [
            "numpy/_core/_multiarray_umath.cpython-310-x86_64-linux-gnu.so",
            "numpy.libs/libz.so",
            "pkg/libfoo.so",
            "pkg/libfoo.so.1",
            "PyQt6/Qt6/plugins/platforms/qxcb.so",
            "pkg/not-a-name/x.abi3.so",
            "pkg/data",
        ];
        for path in modules {
            assert!(is_extension(Path::new(path), Some((3, 11))), "{path}");
        }
        for path in others {
            assert!(!is_extension(Path::new(path), Some((3, 11))), "{path}");
        }
    }
}
