//! Which files a package's own Python sources load with ctypes, and which packages they import, as far as
//! their text tells. Nothing of it is run.

use std::collections::HashSet;
use std::path::Path;

use walkdir::WalkDir;

use crate::fsx;

/// A package of more modules has more than its libraries to do.
const MAX_FILES: usize = 2000;
const MAX_BYTES: u64 = 16 << 20;
/// Generated modules may be larger, and load nothing.
const MAX_FILE: u64 = 1 << 20;

/// What loads a library: ctypes, cffi, and torch's way to bring operators in.
const LOADERS: &[&str] = &["CDLL", "LoadLibrary", "PyDLL", "cdll", "dlopen", "load_library"];

/// What the sources of one package say.
#[derive(Debug, Default)]
pub struct Loads {
    loads: bool,
    names: HashSet<String>,
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

    /// Whether they import a package of this name.
    pub fn import(&self, package: &str) -> bool {
        self.imports.contains(package)
    }

    fn read(&mut self, text: &str) {
        for token in tokens(text) {
            match token {
                Token::Call(name) => self.loads |= LOADERS.contains(&name),
                Token::Import(name) => {
                    self.imports.insert(name.to_owned());
                }
                Token::Text(text) => {
                    let name = text.rsplit('/').next().unwrap_or_default();
                    if name.contains(".so") {
                        self.names.insert(name.to_owned());
                    }
                }
            }
        }
    }
}

/// What of a module's text matters here.
#[derive(Debug, PartialEq, Eq)]
enum Token<'a> {
    /// A name that something is done with: called, asked for an attribute or an item.
    Call(&'a str),
    /// The content of a string on one line, without its quotes.
    Text(&'a str),
    /// The top-level package of an import.
    Import(&'a str),
}

/// Names and strings outside of comments. Strings in three quotes are mostly documentation and left out.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    // Whether a statement may begin here.
    let mut begins = true;
    while let Some(first) = rest.chars().next() {
        let begun = begins;
        begins = matches!(first, '\n' | ';' | ':') || begun && first.is_whitespace();
        rest = match first {
            '#' => &rest[rest.find('\n').unwrap_or(rest.len())..],
            '"' | '\'' => {
                let (content, behind) = string(rest, first);
                found.extend(content.map(Token::Text));
                behind
            }
            _ if is_part_of_name(first) => {
                let (name, behind) = rest.split_at(rest.find(|c| !is_part_of_name(c)).unwrap_or(rest.len()));
                if behind.starts_with(['(', '.', '[']) {
                    found.push(Token::Call(name));
                } else if begun {
                    found.extend(imported(name, behind).map(Token::Import));
                }
                behind
            }
            _ => &rest[first.len_utf8()..],
        };
    }
    found
}

/// The top-level packages that a statement imports, if its first word tells that it does.
fn imported<'a>(word: &str, behind: &'a str) -> impl Iterator<Item = &'a str> {
    let line = behind.split(['\n', '#', ';']).next().unwrap_or_default();
    let most = match word {
        "import" => usize::MAX,
        "from" => 1,
        _ => 0,
    };
    let names = line.split(',').take(most).map(|name| {
        let name = name.trim();
        &name[..name.find(|c| !is_part_of_name(c)).unwrap_or(name.len())]
    });
    names.filter(|name| !name.is_empty())
}

/// The content of the string that begins here, unless it has three quotes, and what is behind it.
fn string(text: &str, quote: char) -> (Option<&str>, &str) {
    let threefold = ["\"\"\"", "'''"].into_iter().find(|&quotes| text.starts_with(quotes));
    let (end, start) = match threefold {
        Some(quotes) => (quotes, 3),
        None => (&text[..1], 1),
    };
    let content = &text[start..];
    let mut at = 0;
    while let Some(step) = content[at..].find([quote, '\\', '\n']) {
        at += step;
        match content.as_bytes()[at] {
            // What is escaped may be of several bytes.
            b'\\' => at += 1 + content[at + 1..].chars().next().map_or(0, char::len_utf8),
            b'\n' if threefold.is_none() => return (None, &content[at..]),
            _ if content[at..].starts_with(end) => {
                return (threefold.is_none().then_some(&content[..at]), &content[at + start..]);
            }
            _ => at += 1,
        }
    }
    (None, "")
}

fn is_part_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
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
            "s = 'it\\'s'; CDLL(f'libx.so')",
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
    fn imports_are_seen_by_their_top_level_names() {
        let imports = |text: &str, name: &str| {
            let mut found = Loads::default();
            found.read(text);
            found.import(name)
        };
        for text in [
            "import torch",
            "import os, torch.nn as nn",
            "from torch.nn import x",
            "try:\n    import torch\nexcept ImportError: pass",
            "if x: import torch  # y",
            "'''doc'''\nx = 1; from torch import y",
        ] {
            assert!(imports(text, "torch"), "{text}");
        }
        for text in [
            "# import torch",
            "'''\nimport torch\n'''",
            "from .torch import x",
            "from . import torch",
            "from x import torch",
            "import x.torch",
            "import torchx",
            "x = 'import torch'",
            "raise X from torch",
            "import x as torch",
            "important torch",
        ] {
            assert!(!imports(text, "torch"), "{text}");
        }
    }

    #[test]
    fn odd_text_does_no_harm() {
        for text in ["'", "\"\"\"", "'\\", "'\\ü", "\\", "#", "'ü\n'", "'''\\", "é(", ""] {
            assert!(!loads(text, "libx.so"), "{text}");
        }
    }
}
