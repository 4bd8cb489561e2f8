//! Which files a package's own Python sources load with ctypes, as far as their text tells. Nothing of it
//! is run.

use std::collections::HashSet;
use std::path::Path;

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
/// A longer text is no file's name.
const MAX_WORD: usize = 64;

/// What the sources of one package say.
#[derive(Debug, Default)]
pub struct Loads {
    loads: bool,
    loads_operators: bool,
    /// Texts that are file names of libraries.
    names: HashSet<String>,
    /// Texts that are single words.
    words: HashSet<String>,
    /// The first parts of the modules that are imported with it.
    imports: HashSet<String>,
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
            found.read(&text);
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
        self.loads_operators && (self.names.contains(file_name) || self.words.contains(stem))
    }

    /// Whether a module of them imports this package, outside of functions.
    pub fn import(&self, package: &str) -> bool {
        self.imports.contains(package)
    }

    fn read(&mut self, text: &str) {
        let lines = lines(text);
        for import in outside_functions(&lines).flat_map(imports_of).filter(|import| import.level == 0) {
            self.imports.extend(import.module.first().map(|name| (*name).to_owned()));
        }
        for line in &lines {
            self.read_line(&line.tokens);
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
        } else if text.len() <= MAX_WORD
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            self.words.insert(text.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loads(text: &str, file_name: &str) -> bool {
        let mut found = Loads::default();
        found.read(text);
        found.load(file_name)
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
        let operators = |text: &str, file_name: &str| {
            let mut found = Loads::default();
            found.read(text);
            found.load_operators(file_name)
        };
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
