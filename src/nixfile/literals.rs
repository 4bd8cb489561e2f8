//! What a Nix file says in so many words: its whole strings and addresses, its paths, and what it looks up.
//!
//! Read from the tokens, which need no tree, and so no bound on its depth. Comments say nothing.

use rnix::SyntaxKind::*;
use rnix::tokenize;

/// The literals of a Nix file, in their order.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Literals<'a> {
    /// Strings without an interpolation, as they are written, and bare addresses.
    pub texts: Vec<&'a str>,
    /// Relative paths.
    pub paths: Vec<&'a str>,
    /// Names of the lookup path: `nixpkgs` of `<nixpkgs>`.
    pub lookups: Vec<&'a str>,
}

/// The literals of any text; of one that is no Nix, those up to where it ceases to be.
pub fn literals(source: &str) -> Literals<'_> {
    let mut found = Literals::default();
    // What is written in each string that is open, `None` where that is not all of it.
    let mut open: Vec<Option<&str>> = Vec::new();
    for (kind, text) in tokenize(source) {
        match kind {
            TOKEN_STRING_START => open.push(Some("")),
            TOKEN_STRING_CONTENT => {
                if let Some(content) = open.last_mut() {
                    *content = content.filter(|before| before.is_empty()).map(|_| text);
                }
            }
            TOKEN_INTERPOL_START => {
                if let Some(content) = open.last_mut() {
                    *content = None;
                }
            }
            TOKEN_STRING_END => found.texts.extend(open.pop().flatten()),
            TOKEN_URI => found.texts.push(text),
            TOKEN_PATH_REL => found.paths.push(text),
            TOKEN_PATH_SEARCH => found.lookups.push(text.trim_matches(['<', '>'])),
            TOKEN_ERROR => break,
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_strings_paths_and_lookups_are_found_and_comments_are_not() {
        let source = r#"
            # fetchTarball "https://comment"
            { pkgs ? import <nixpkgs> {}, s ? import ./nix/sources.nix, x ? "" }: /* "no" */
            [ "a" https://example.org/x.tar.gz "b${"c" + x}d" ''two
            lines'' (import ../up {}) "é\"q" ]"#;
        let found = literals(source);
        assert_eq!(found.texts[..3], ["", "a", "https://example.org/x.tar.gz"]);
        assert_eq!(found.texts[3], "c");
        assert!(found.texts[4].starts_with("two\n") && found.texts[5] == "é\\\"q", "{found:?}");
        assert_eq!(found.texts.len(), 6);
        assert_eq!(found.paths, ["./nix/sources.nix", "../up"]);
        assert_eq!(found.lookups, ["nixpkgs"]);
    }

    #[test]
    fn what_is_no_nix_is_read_as_far_as_it_goes() {
        for source in ["", "\"", "${", "}\"a", "\"a${", "''", "<nixpkgs", "\u{0}\"a\"", "\u{202e}"] {
            let _ = literals(source);
        }
        let deep = "\"${".repeat(100_000);
        assert_eq!(literals(&deep).texts, Vec::<&str>::new());
    }
}
