//! Which files a package's own Python sources load with ctypes, as far as their text tells. Nothing of it
//! is run.

use std::cell::{OnceCell, RefCell};
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

/// Names that are remembered of each kind; beyond any package's, since memory is not to be had for the asking.
const MOST: usize = 4096;
/// Modules that are looked into for one import.
const MOST_MENTIONS: usize = 64;

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
    /// The top-level names that lines seem to import, and modules with such lines.
    mentions: HashMap<String, Vec<usize>>,
    /// Which of them are imported, as far as was asked.
    imports: RefCell<HashMap<String, bool>>,
    /// Texts that are single words, once they were asked for.
    words: OnceCell<HashSet<String>>,
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
        let words = || self.words.get_or_init(|| words(&self.modules));
        self.loads_operators && (self.names.contains(file_name) || words().contains(stem))
    }

    /// Whether a module of them imports this package, outside of functions.
    pub fn import(&self, package: &str) -> bool {
        let Some(modules) = self.mentions.get(package) else { return false };
        if let Some(&known) = self.imports.borrow().get(package) {
            return known;
        }
        let mut texts = modules.iter().filter_map(|&index| fsx::read_start(&self.modules[index], MAX_FILE));
        let found = texts.any(|text| imports(&text, package));
        self.imports.borrow_mut().insert(package.to_owned(), found);
        found
    }

    fn read(&mut self, module: PathBuf, text: &str) {
        let index = self.modules.len();
        self.modules.push(module);
        for name in text.lines().filter(|line| has(line, "import")).flat_map(mentioned) {
            if !self.mentions.contains_key(name) && self.mentions.len() == MOST {
                continue;
            }
            let modules = self.mentions.entry(name.to_owned()).or_default();
            if modules.last() != Some(&index) && modules.len() < MOST_MENTIONS {
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
        if name.contains(".so") && self.names.len() < MOST {
            self.names.insert(name.to_owned());
        }
    }
}

fn has(text: &str, word: &str) -> bool {
    memmem::find(text.as_bytes(), word.as_bytes()).is_some()
}

/// The top-level names that a line imports, if it is one of code.
fn mentioned(line: &str) -> impl Iterator<Item = &str> {
    let (names, all) = match line.trim_start().split_once(char::is_whitespace) {
        Some(("import", names)) => (names, usize::MAX),
        Some(("from", name)) => (name, 1),
        _ => ("", 0),
    };
    names.split(',').take(all).filter_map(first_name).filter(|name| !name.is_empty())
}

fn first_name(path: &str) -> Option<&str> {
    path.trim_start().split(|c: char| !is_part_of_name(c)).next()
}

fn is_part_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The strings in modules that are single words.
fn words(modules: &[PathBuf]) -> HashSet<String> {
    let mut found = HashSet::new();
    for text in modules.iter().filter_map(|module| fsx::read_start(module, MAX_FILE)) {
        let lines = lines(&text);
        for token in lines.iter().flat_map(|line| &line.tokens) {
            if let Token::Text(text) | Token::Template(text) = token
                && text.chars().all(is_part_of_name)
                && found.len() < MOST
            {
                found.insert((*text).to_owned());
            }
        }
    }
    found
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
            ("import os.path as p , torch . utils as u\n", true),
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
