//! Libraries that a module opens by names which stand in its text: `ctypes.CDLL("libmagic.so.1")`. What is not
//! surely so is left out.

use std::collections::HashMap;

use super::blocks::{Blocks, Place};
use super::lines::{Line, Token, lines};

/// NAME_MAX: no file is called by a longer name.
const MAX_NAME: usize = 255;
/// Far beyond any module's that is written by hand.
const MAX_SITES: usize = 256;

/// A library as source text names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LibraryName {
    /// Its file name, with a version: `libz.so.1`.
    Soname(String),
    /// As `find_library` and linkers have it: `z`.
    Stem(String),
}

/// What fails without a library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The import of the module.
    Import,
    /// Some of what it does.
    Part,
    /// Nothing: the module goes on without.
    Nothing,
}

/// A library that is opened, by one of several names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LibraryOpening {
    /// In the order in which they are tried.
    pub names: Vec<LibraryName>,
    /// What fails without.
    pub need: Need,
    /// Whether cffi is given the name: it calls dlopen itself, and no Python sees that fail.
    pub by_cffi: bool,
}

/// The libraries that a module opens.
pub fn openings(text: &str) -> Vec<LibraryOpening> {
    let lines = lines(text);
    let blocks = Blocks::of(&lines);
    let mut sites = Vec::new();
    for (line, place) in lines.iter().zip(&blocks.places).filter(|(_, place)| !place.never) {
        note_sites(line, place, &mut sites);
        if sites.len() > MAX_SITES {
            return Vec::new();
        }
    }
    let opens = sites.iter().any(|site| site.opens);
    let groups = groups(&sites).into_iter().filter(|_| opens);
    groups.filter_map(|group| opening(&group, &blocks)).collect()
}

/// A call that opens a library, or looks for one.
struct Site<'a> {
    place: &'a Place,
    argument: Argument<'a>,
    /// What its result is assigned to, or `return`.
    target: Option<&'a str>,
    /// Whether a library is opened here, and not only looked for.
    opens: bool,
    /// Whether it is found by `find_library`, which gives None and raises nothing.
    found: bool,
    /// Within a lambda: run when that is called.
    late: bool,
    by_cffi: bool,
}

enum Argument<'a> {
    Name(LibraryName),
    /// A name for another platform.
    Foreign,
    Variable(&'a str),
    Unknown,
}

fn note_sites<'a>(line: &Line<'a>, place: &'a Place, sites: &mut Vec<Site<'a>>) {
    let tokens = line.tokens.as_slice();
    for at in 0..tokens.len() {
        if sites.len() > MAX_SITES {
            return;
        }
        let (Token::Name(name), Some(Token::Sign('('))) = (tokens[at], tokens.get(at + 1)) else { continue };
        let name = name.trim_start_matches('_');
        let (opens, found) = match name {
            "CDLL" | "PyDLL" => (true, false),
            "LoadLibrary" if matches!(owner(tokens, at), Some("cdll" | "pydll")) => (true, false),
            "dlopen" if owner(tokens, at).is_some() => (true, false),
            "find_library" => (false, true),
            _ => continue,
        };
        let before = &tokens[..at];
        if matches!(before.last(), Some(Token::Name("def" | "class"))) {
            continue;
        }
        let argument = match argument(&tokens[at + 2..], opens) {
            Some(argument) => argument,
            None => continue,
        };
        let nested = found && is_argument_of_opener(before);
        let late = before.contains(&Token::Name("lambda"));
        let (by_cffi, opens) = (name == "dlopen", opens || nested);
        sites.push(Site { place, argument, target: target(before), opens, found, late, by_cffi });
    }
}

/// The name before a dot before this one.
fn owner<'a>(tokens: &[Token<'a>], at: usize) -> Option<&'a str> {
    match tokens.get(..at)? {
        [.., Token::Name(owner), Token::Sign('.')] => Some(owner),
        _ => None,
    }
}

/// What a call is given first; nothing for what is no library, or is looked at by itself.
fn argument<'a>(tokens: &[Token<'a>], opens: bool) -> Option<Argument<'a>> {
    let ends = |token: Option<&Token<'_>>| matches!(token, Some(Token::Sign(',' | ')')));
    match tokens.first()? {
        Token::Text(text) if ends(tokens.get(1)) => {
            Some(if opens { file_name(text) } else { stem(text) }.map_or_else(
                || if opens && text.contains('/') { Argument::Unknown } else { Argument::Foreign },
                Argument::Name,
            ))
        }
        Token::Name("None") | Token::Sign(')') => None,
        Token::Name(name) if ends(tokens.get(1)) => Some(Argument::Variable(name)),
        // The call within is a site of its own.
        _ if opens && tokens.iter().take(8).any(is_finder) && leads_to_finder(tokens) => None,
        _ => Some(Argument::Unknown),
    }
}

fn is_finder(token: &Token<'_>) -> bool {
    matches!(token, Token::Name(name) if name.trim_start_matches('_') == "find_library")
}

/// Whether dotted names lead to `find_library` at once.
fn leads_to_finder(tokens: &[Token<'_>]) -> bool {
    let dotted = tokens.iter().take_while(|token| matches!(token, Token::Name(_) | Token::Sign('.')));
    dotted.last().is_some_and(is_finder)
}

/// Whether what stands before a dotted name is a call of what opens libraries.
fn is_argument_of_opener(before: &[Token<'_>]) -> bool {
    let names = before.iter().rev().take_while(|token| matches!(token, Token::Name(_) | Token::Sign('.')));
    let behind = &before[..before.len() - names.count()];
    matches!(behind, [.., Token::Name("CDLL" | "PyDLL" | "LoadLibrary" | "dlopen"), Token::Sign('(')])
}

/// What the value behind these tokens becomes.
fn target<'a>(before: &[Token<'a>]) -> Option<&'a str> {
    if before.contains(&Token::Name("return")) {
        return Some("return");
    }
    let is_assignment = |at: &usize| {
        before[*at] == Token::Sign('=')
            && before.get(at + 1) != Some(&Token::Sign('='))
            && !matches!(at.checked_sub(1).map(|at| before[at]), Some(Token::Sign('=' | '!' | '<' | '>')))
    };
    let at = (0..before.len()).rev().find(is_assignment)?;
    let mut names = before[..at].iter().rev().filter_map(|token| match token {
        Token::Name(name) => Some(*name),
        _ => None,
    });
    // Of an annotated one the name comes first.
    match before.get(1) {
        Some(Token::Sign(':')) => names.next_back(),
        _ => names.next(),
    }
}

/// A file name, with a version or without.
fn file_name(text: &str) -> Option<LibraryName> {
    let (stem, version) = text.strip_prefix("lib")?.split_once(".so")?;
    if !is_plain(stem) || !is_plain(version) && !version.is_empty() {
        return None;
    }
    Some(match version {
        "" => LibraryName::Stem(stem.to_owned()),
        _ => LibraryName::Soname(text.to_owned()),
    })
}

fn stem(text: &str) -> Option<LibraryName> {
    let others = [".dll", ".dylib", ".so"];
    let fits = is_plain(text) && !others.iter().any(|ending| text.ends_with(ending));
    fits.then(|| LibraryName::Stem(text.to_owned()))
}

fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+-._".contains(&byte);
    !text.is_empty() && text.len() <= MAX_NAME && text.bytes().all(plain)
}

/// The sites that are one another's alternatives: in one compound statement, or with one target.
fn groups<'s, 'a>(sites: &'s [Site<'a>]) -> Vec<Vec<&'s Site<'a>>> {
    let is_looked_for = |name: &str| sites.iter().any(|site| site.found && site.target == Some(name));
    let mut numbers: Vec<usize> = (0..sites.len()).collect();
    let mut known: HashMap<(usize, Result<usize, &str>), usize> = HashMap::new();
    for (index, site) in sites.iter().enumerate() {
        let function = site.place.function;
        let keys = [Some(Ok(site.place.statement)), site.target.map(Err)];
        for key in keys.into_iter().flatten() {
            let (own, other) = (numbers[index], *known.entry((function, key)).or_insert(numbers[index]));
            let other = numbers[other];
            numbers.iter_mut().filter(|number| **number == own).for_each(|number| *number = other);
        }
    }
    let mut groups: Vec<(usize, Vec<&Site<'_>>)> = Vec::new();
    for (site, number) in sites.iter().zip(numbers) {
        // What was looked for is opened here: no further name.
        if matches!(site.argument, Argument::Variable(name) if is_looked_for(name)) {
            continue;
        }
        match groups.iter_mut().find(|(known, _)| *known == number) {
            Some((_, group)) => group.push(site),
            None => groups.push((number, vec![site])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// What is opened by one of the names of a group; nothing where one of them is not known.
fn opening(group: &[&Site<'_>], blocks: &Blocks) -> Option<LibraryOpening> {
    let mut names = Vec::new();
    for site in group {
        match &site.argument {
            Argument::Name(name) if !names.contains(name) => names.push(name.clone()),
            Argument::Name(_) | Argument::Foreign => {}
            Argument::Variable(_) | Argument::Unknown => return None,
        }
    }
    let (first, last) = (group.first()?, group.last()?);
    let by_cffi = group.iter().any(|site| site.by_cffi);
    (!names.is_empty()).then(|| LibraryOpening { names, need: need(first, last, blocks), by_cffi })
}

/// What fails when the last of several names was tried in vain.
fn need(first: &Site<'_>, last: &Site<'_>, blocks: &Blocks) -> Need {
    // None comes of what is not found, and mostly a way without.
    let goes_on = last.found && !last.opens && !blocks.raises(last.place);
    let at_once = first.place.function == 0 && !first.place.conditional && !first.late;
    match () {
        () if goes_on || blocks.is_guarded(last.place) => Need::Nothing,
        () if at_once && !first.found && !last.found => Need::Import,
        () => Need::Part,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let name = |name: &LibraryName| match name {
            LibraryName::Soname(name) => name.clone(),
            LibraryName::Stem(name) => format!("-l{name}"),
        };
        let line = |opening: &LibraryOpening| {
            format!("{:?} {}", opening.need, opening.names.iter().map(name).collect::<Vec<_>>().join(" "))
        };
        openings(text).iter().map(line).collect()
    }

    #[test]
    fn names_in_calls_are_opened() {
        let cases = [
            ("lib = ctypes.CDLL('liba.so.1')", "Import liba.so.1"),
            ("cdll.LoadLibrary(\"liba-1.0.so.0\")", "Import liba-1.0.so.0"),
            ("lib = ffi.dlopen('liba.so', 1)", "Import -la"),
            ("class A:\n    lib = CDLL('liba.so.1')", "Import liba.so.1"),
            ("with x:\n    lib = CDLL('liba.so.1')", "Import liba.so.1"),
            ("def f():\n    return CDLL('liba.so.1')", "Part liba.so.1"),
            ("f = lambda: CDLL('liba.so.1')", "Part liba.so.1"),
            ("if x:\n    CDLL('liba.so.1')", "Part liba.so.1"),
            ("CDLL(ctypes.util.find_library('a'))", "Part -la"),
            ("p = _find_library('a')\nif p is None: raise ImportError\nCDLL(p)", "Part -la"),
            ("p = find_library('a')\nif p: CDLL(p)", "Nothing -la"),
            ("if sys.platform == 'win32':\n  CDLL('a.dll')\nelse:\n  CDLL('liba.so.1')", "Import liba.so.1"),
        ];
        for (text, wanted) in cases {
            assert_eq!(shown(text), [wanted], "{text}");
        }
    }

    #[test]
    fn what_is_caught_is_not_missed_unless_it_is_raised_again() {
        let cases = [
            ("try:\n  CDLL('liba.so.1')\nexcept OSError:\n  pass", "Nothing liba.so.1"),
            ("try:\n  CDLL('liba.so.1')\nexcept:\n  pass", "Nothing liba.so.1"),
            ("try:\n  CDLL('liba.so.1')\nexcept ImportError:\n  pass", "Import liba.so.1"),
            (
                "try:\n  CDLL('liba.so.1')\nexcept OSError as e:\n  raise ImportError from e",
                "Import liba.so.1",
            ),
            ("try:\n  CDLL('liba.so.1')\nfinally:\n  x()", "Import liba.so.1"),
            ("with suppress(OSError):\n  CDLL('liba.so.1')", "Nothing liba.so.1"),
            ("try:\n  x\nexcept OSError:\n  CDLL('liba.so.1')", "Part liba.so.1"),
        ];
        for (text, wanted) in cases {
            assert_eq!(shown(text), [wanted], "{text}");
        }
    }

    #[test]
    fn names_that_are_tried_in_turn_are_one_library() {
        let cases = [
            "try:\n  a = CDLL('liba.so.1')\nexcept OSError:\n  a = CDLL('libb.so.1')",
            "def f():\n  try: return CDLL('liba.so.1')\n  except OSError: pass\n  return CDLL('libb.so.1')",
        ];
        for (text, need) in cases.iter().zip(["Import", "Part"]) {
            assert_eq!(shown(text), [format!("{need} liba.so.1 libb.so.1")], "{text}");
        }
        assert_eq!(shown("p = find_library('a') or find_library('b')\nCDLL(p)"), ["Nothing -la -lb"]);
        assert_eq!(shown("a = CDLL('liba.so.1')\nb = CDLL('libb.so.1')").len(), 2);
    }

    #[test]
    fn what_is_not_sure_is_left_out() {
        for text in [
            "CDLL(path)",
            "CDLL('lib' + x)",
            "CDLL('liba.so.1' if x else y)",
            "CDLL(f'lib{x}.so.1')",
            "CDLL(None)",
            "CDLL('kernel32.dll')",
            "CDLL('liba.dylib')",
            "CDLL('/usr/lib/liba.so.1')",
            "windll.LoadLibrary('liba.so.1')",
            "find_library('a')",
            "dlopen(ffi, 'liba.so.1')",
            "def CDLL(a='liba.so.1'): pass",
            "# CDLL('liba.so.1')",
            "'''\nCDLL('liba.so.1')\n'''",
            "if os.name == 'nt':\n    CDLL('liba.so.1')",
            "if sys.platform == 'linux':\n    pass\nelse:\n    CDLL('liba.so.1')",
            "try:\n    CDLL(here / 'liba.so.1')\nexcept OSError:\n    CDLL('liba.so.1')",
            "for name in names:\n    CDLL(name)\n    CDLL('liba.so.1')",
        ] {
            assert_eq!(shown(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn odd_text_does_no_harm() {
        let many = "CDLL('liba.so.1'),".repeat(50_000);
        assert_eq!(openings(&many), []);
        for text in
            ["CDLL(", "CDLL", "=CDLL('", "else:\n CDLL('liba.so.1'", "except: CDLL(x", ")CDLL(find_library("]
        {
            let _ = openings(text);
        }
    }
}
