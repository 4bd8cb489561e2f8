//! Which files a package's own Python sources load with ctypes, as far as their text tells. Nothing of it
//! is run.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use memchr::memmem;
use walkdir::WalkDir;

use crate::fsx;
use crate::python::{Token, imports_of, lines, outside_functions};

/// A package of more modules has more than its libraries to do.
const MAX_FILES: usize = 2000;
const MAX_BYTES: u64 = 16 << 20;
/// Generated modules may be larger, and load nothing.
const MAX_FILE: u64 = 1 << 20;

/// What loads a library: ctypes, cffi, and torch's way to bring operators in.
const LOADERS: &[&str] = &["CDLL", "LoadLibrary", "PyDLL", "cdll", "dlopen", "load_library"];
/// What has `load_library` in torch.
const REGISTRIES: &[&str] = &["ops", "classes"];

/// What the sources of one package say. To make tokens of all of a large package takes a tenth of a second,
/// so it is done with modules only that have the bytes which matter.
#[derive(Debug, Default)]
pub struct Loads {
    modules: Vec<PathBuf>,
    loads: bool,
    loads_operators: bool,
    /// Texts that are file names of libraries.
    names: HashSet<String>,
    /// Words on lines with an import, and the modules that have them.
    mentions: HashMap<String, Vec<usize>>,
}

impl Loads {
    /// Reads the modules below a package's folder, up to a bound; its tests load what they like.
    pub fn of_package(folder: &Path) -> Self {
        let mut found = Self::default();
        let mut left = MAX_BYTES;
        let wanted = |entry: &walkdir::DirEntry| entry.file_name() != "tests" && entry.file_name() != "test";
        let entries = WalkDir::new(folder).sort_by_file_name().into_iter().filter_entry(wanted).flatten();
        let modules = entries.filter(|entry| {
            entry.file_type().is_file() && entry.path().extension().is_some_and(|ending| ending == "py")
        });
        for module in modules.take(MAX_FILES) {
            let Some(text) = fsx::read_start(module.path(), MAX_FILE.min(left)) else { continue };
            left -= (text.len() as u64).min(left);
            found.read(module.into_path(), &text);
        }
        found
    }

    /// Whether they load something, and name this file.
    pub fn load(&self, file_name: &str) -> bool {
        self.loads && self.names.contains(file_name)
    }

    /// Whether they have torch load operators, and name this file, be it without its ending.
    pub fn load_operators(&self, file_name: &str) -> bool {
        let stem = file_name.split('.').next().unwrap_or_default();
        let names_stem = || {
            let mut texts = self.modules.iter().filter_map(|module| fsx::read_start(module, MAX_FILE));
            texts.any(|text| has(&text, stem) && has_word(&text, stem))
        };
        self.loads_operators && (self.names.contains(file_name) || names_stem())
    }

    /// Whether a module of them imports this package, outside of functions.
    pub fn import(&self, package: &str) -> bool {
        let modules = self.mentions.get(package).map(Vec::as_slice).unwrap_or_default();
        let mut texts = modules.iter().filter_map(|&index| fsx::read_start(&self.modules[index], MAX_FILE));
        texts.any(|text| imports(&text, package))
    }

    fn read(&mut self, module: PathBuf, text: &str) {
        let index = self.modules.len();
        self.modules.push(module);
        for word in text.lines().filter(|line| has(line, "import")).flat_map(words) {
            let modules = self.mentions.entry(word.to_owned()).or_default();
            if modules.last() != Some(&index) {
                modules.push(index);
            }
        }
        if LOADERS.iter().any(|loader| has(text, loader)) || has(text, ".so") {
            lines(text).iter().for_each(|line| self.read_line(&line.tokens));
        }
    }

    fn read_line(&mut self, tokens: &[Token<'_>]) {
        for (at, token) in tokens.iter().enumerate() {
            match token {
                Token::Text(text) | Token::Template(text) => self.note(text),
                Token::Name(name) if LOADERS.contains(name) => {
                    // Something is done with it: it is called, asked for an attribute or an item.
                    let used = matches!(tokens.get(at + 1), Some(Token::Sign('(' | '.' | '[')));
                    let before = &tokens[..at];
                    self.loads |= used;
                    self.loads_operators |= used
                        && *name == "load_library"
                        && matches!(before, [.., Token::Name(of), Token::Sign('.')] if REGISTRIES.contains(of));
                }
                _ => {}
            }
        }
    }

    fn note(&mut self, text: &str) {
        let name = text.rsplit('/').next().unwrap_or_default();
        if name.contains(".so") {
            self.names.insert(name.to_owned());
        }
    }
}

fn has(text: &str, word: &str) -> bool {
    memmem::find(text.as_bytes(), word.as_bytes()).is_some()
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty())
}

/// Whether one of the strings is this word.
fn has_word(text: &str, word: &str) -> bool {
    let is_it =
        |token: &Token<'_>| matches!(token, Token::Text(text) | Token::Template(text) if *text == word);
    lines(text).iter().any(|line| line.tokens.iter().any(is_it))
}

/// Whether a package is imported outside of functions.
fn imports(text: &str, package: &str) -> bool {
    let lines = lines(text);
    let mut imports = outside_functions(&lines).flat_map(imports_of).filter(|import| import.level == 0);
    imports.any(|import| import.module.first() == Some(&package))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_module(text: &str) -> (tempfile::TempDir, Loads) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.py"), text).unwrap();
        let found = Loads::of_package(folder.path());
        (folder, found)
    }

    #[test]
    fn imports_outside_of_functions_are_seen() {
        for (text, wanted) in [
            ("import os, torch\n", true),
            ("try:\n    from torch.utils import x\nexcept ImportError: pass\n", true),
            ("def f():\n    import torch\n", false),
            ("'''import torch'''\n# import torch\nfrom .torch import x\nimport torchx, x.torch", false),
        ] {
            assert_eq!(of_module(text).1.import("torch"), wanted, "{text}");
        }
    }

    fn loads(text: &str, file_name: &str) -> bool {
        of_module(text).1.load(file_name)
    }

    #[test]
    fn a_named_file_that_is_loaded_is_seen() {
        for text in [
            "lib = ctypes.cdll.LoadLibrary(os.path.join(here, 'lib', \"libx.so\"))",
            "NAME = 'lib/libx.so'\nctypes.CDLL(NAME)",
            "ctypes.cdll['libx.so']",
            "torch.ops.load_library(r'''a''' + 'libx.so')",
            "s = 'it\\'s'; CDLL(f'{here}/libx.so')",
            "s = 'ends\\\\'; CDLL(b'libx.so')",
        ] {
            assert!(loads(text, "libx.so"), "{text}");
        }
    }

    #[test]
    fn what_is_only_spoken_of_is_not_loaded() {
        for text in [
            "CDLL('liby.so')",
            "# CDLL('libx.so')",
            "\"\"\"CDLL('libx.so')\"\"\"",
            "'''\nCDLL('libx.so')\\'''\n'''",
            "print('libx.so')",
            "lib: CDLL = open('libx.so')",
            "CDLL('libx.sox')",
        ] {
            assert!(!loads(text, "libx.so"), "{text}");
        }
    }

    #[test]
    fn torchs_operators_are_named_with_or_without_an_ending() {
        let operators = |text: &str, file_name: &str| of_module(text).1.load_operators(file_name);
        assert!(operators("path = find('_C')\ntorch.ops.load_library(path)", "_C.so"));
        assert!(operators("torch.classes.load_library(here / 'libx.so')", "libx.so"));
        assert!(!operators("path = find('_D')\ntorch.ops.load_library(path)", "_C.so"));
        assert!(!operators("path = find('_C')\nself.load_library(path)", "_C.so"));
    }

    #[test]
    fn odd_text_does_no_harm() {
        for text in ["'", "\"\"\"", "'\\", "'\\ü", "\\", "#", "'ü\n'", "'''\\", "é(", ""] {
            assert!(!loads(text, "libx.so"), "{text}");
        }
    }
}
