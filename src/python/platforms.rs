//! Whether a condition holds on Linux, where its words tell.

use super::lines::Token;

/// When what stands under a condition is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Truth {
    Always,
    Sometimes,
    Never,
}

/// What `sys.platform`, `os.name` and `platform.system()` are on Linux.
const LINUX: &[&str] = &["linux", "linux2", "posix"];
/// What they are elsewhere, and how constants for that are called.
const OTHERS: &[&str] = &[
    "aix",
    "android",
    "cygwin",
    "darwin",
    "emscripten",
    "freebsd",
    "ios",
    "java",
    "mac",
    "macos",
    "macosx",
    "msys",
    "nt",
    "osx",
    "wasi",
    "win",
    "win32",
    "win64",
    "windows",
];

impl Truth {
    pub(super) fn not(self) -> Self {
        match self {
            Self::Always => Self::Never,
            Self::Sometimes => Self::Sometimes,
            Self::Never => Self::Always,
        }
    }
}

/// Whether the condition that these tokens begin with, up to its colon, holds on Linux.
pub(super) fn judge(tokens: &[Token<'_>]) -> Truth {
    let end = tokens.iter().position(|token| *token == Token::Sign(':')).unwrap_or(tokens.len());
    let tokens = &tokens[..end];
    // What a group in brackets comes to is not worked out.
    if tokens.windows(2).any(|pair| pair == [Token::Name("not"), Token::Sign('(')]) {
        return Truth::Sometimes;
    }
    let alternatives = tokens.split(|token| *token == Token::Name("or")).map(all_of);
    let alternatives: Vec<Truth> = alternatives.collect();
    match () {
        () if alternatives.contains(&Truth::Always) => Truth::Always,
        () if alternatives.iter().all(|truth| *truth == Truth::Never) => Truth::Never,
        () => Truth::Sometimes,
    }
}

fn all_of(tokens: &[Token<'_>]) -> Truth {
    let parts: Vec<Truth> = tokens.split(|token| *token == Token::Name("and")).map(part).collect();
    match () {
        () if parts.contains(&Truth::Never) => Truth::Never,
        () if parts.iter().all(|truth| *truth == Truth::Always) => Truth::Always,
        () => Truth::Sometimes,
    }
}

fn part(tokens: &[Token<'_>]) -> Truth {
    let has = |wanted: &[&str]| {
        tokens.iter().any(|token| match token {
            Token::Text(text) => wanted.contains(&text.to_ascii_lowercase().as_str()),
            Token::Name(name) => wanted.contains(&constant(name).as_str()),
            _ => false,
        })
    };
    // Of several, the list is one that Linux is in, or is not.
    let said = match (has(LINUX), has(OTHERS), tokens) {
        (true, _, _) => Truth::Always,
        (_, true, _) | (_, _, [.., Token::Name("TYPE_CHECKING")]) => Truth::Never,
        // As a program, not as a module.
        (_, _, [Token::Name("__name__"), ..]) => Truth::Never,
        _ => Truth::Sometimes,
    };
    let negated =
        tokens.iter().filter(|token| matches!(token, Token::Name("not") | Token::Sign('!'))).count();
    if negated % 2 == 1 { said.not() } else { said }
}

/// `windows` of `IS_WINDOWS`, `_on_windows` and `WINDOWS`.
fn constant(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    let name = name.trim_matches('_');
    let name = ["is_", "on_", "is"].iter().find_map(|head| name.strip_prefix(head)).unwrap_or(name);
    name.to_owned()
}

/// Whether a file or folder is called after another platform: `osx.py`, `win32`, `_windows_backend.py`.
pub fn is_for_another_platform(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    stem.split('_').any(|part| OTHERS.contains(&part))
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    #[test]
    fn platforms_are_told_by_what_they_are_called() {
        let cases = [
            ("sys.platform == 'win32':", Truth::Never),
            ("sys.platform != 'win32':", Truth::Always),
            ("os.name == 'nt' or sys.platform == 'darwin':", Truth::Never),
            ("sys.platform.startswith('linux'):", Truth::Always),
            ("not sys.platform.startswith('linux'):", Truth::Never),
            ("sys.platform in ('linux', 'darwin'):", Truth::Always),
            ("sys.platform not in ('win32',):", Truth::Always),
            ("platform.system() == 'Windows' and x:", Truth::Never),
            ("platform.system() == 'Linux' and x:", Truth::Sometimes),
            ("IS_WINDOWS:", Truth::Never),
            ("not _is_macos:", Truth::Always),
            ("TYPE_CHECKING:", Truth::Never),
            ("__name__ == '__main__':", Truth::Never),
            ("debug:", Truth::Sometimes),
            ("not (a or b):", Truth::Sometimes),
        ];
        for (text, wanted) in cases {
            assert_eq!(judge(&lines(text)[0].tokens), wanted, "{text}");
        }
        assert!(is_for_another_platform("_osx.py") && is_for_another_platform("win32"));
        assert!(!is_for_another_platform("window.py"));
    }
}
