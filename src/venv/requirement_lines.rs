//! The lines of a requirements file, as pip's req_file.py reads them: what it would see otherwise than
//! this would be a change that is missed, or a stranger's code that runs.

/// The text of a file, by its byte order mark; `None` for bytes that are no text.
pub(super) fn decode(bytes: &[u8]) -> Option<String> {
    let wide = |bytes: &[u8], read: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| read([pair[0], pair[1]])).collect();
        String::from_utf16(&units).ok()
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        _ => String::from_utf8(bytes.to_vec()).ok(),
    }
}

/// Lines with continuations joined and comments taken off. A comment is not continued.
pub(super) fn logical_lines(text: &str) -> Vec<String> {
    let mut joined = Vec::new();
    let mut begun = String::new();
    for line in text.split(['\n', '\r']) {
        let is_comment = line.trim_start().starts_with('#');
        if line.ends_with('\\') && !is_comment {
            begun.push_str(line.trim_matches('\\'));
            continue;
        }
        begun.push_str(if is_comment { " #" } else { line });
        joined.push(std::mem::take(&mut begun));
    }
    joined.push(begun);
    let lines = joined.iter().map(|line| without_comment(line).trim().to_owned());
    lines.filter(|line| !line.is_empty()).collect()
}

/// A comment begins with the line, or after a blank.
fn without_comment(line: &str) -> &str {
    let begins =
        |(place, _): &(usize, &str)| line[..*place].chars().next_back().is_none_or(char::is_whitespace);
    line.match_indices('#').find(begins).map_or(line, |(place, _)| &line[..place])
}

/// The requirement at the head of a line, which may be empty, and the options behind it.
pub(super) fn parts(line: &str) -> (String, Vec<(String, String)>) {
    let words: Vec<&str> = line.split(' ').collect();
    let first = words.iter().position(|word| word.starts_with('-')).unwrap_or(words.len());
    let rest = self::words(&words[first..].join(" "));
    let unclear = || vec![(String::new(), line.to_owned())];
    (words[..first].join(" ").trim().to_owned(), rest.map_or_else(unclear, options))
}

/// Options that are followed by a value (pip's SUPPORTED_OPTIONS).
const WITH_VALUE: [&str; 17] = [
    "--config-setting",
    "--config-settings",
    "--constraint",
    "--editable",
    "--extra-index-url",
    "--find-links",
    "--global-option",
    "--hash",
    "--index-url",
    "--no-binary",
    "--only-binary",
    "--requirement",
    "--trusted-host",
    "--use-feature",
    "-c",
    "-e",
    "-r",
];

/// Name and value; a word that is no option has an empty name.
fn options(words: Vec<String>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let (name, value) = match (word.split_once('='), word.get(..2)) {
            (Some((name, value)), _) if word.starts_with("--") => (name.to_owned(), Some(value.to_owned())),
            (_, Some(short)) if !word.starts_with("--") && word.starts_with('-') && word.len() > 2 => {
                (short.to_owned(), Some(word[2..].to_owned()))
            }
            _ => (word, None),
        };
        let wants = WITH_VALUE.binary_search(&name.as_str()).is_ok() || ["-f", "-i"].contains(&name.as_str());
        found.push(match (name.starts_with('-'), value) {
            (true, Some(value)) => (name, value),
            (true, None) if wants => (name, words.next().unwrap_or_default()),
            (true, None) => (name, String::new()),
            (false, _) => (String::new(), name),
        });
    }
    found
}

/// Words as a POSIX shell splits them: quotes and backslashes; `None` where a quote is not closed.
pub(super) fn words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some(open), close) if open == close => quote = None,
            (None, '"' | '\'') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(characters.next()),
            (None, blank) if blank.is_whitespace() => words.extend(word.take()),
            (_, other) => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_are_sorted_to_be_searched() {
        assert!(WITH_VALUE.is_sorted());
    }

    #[test]
    fn lines_are_joined_and_comments_taken_off_as_pip_does() {
        let text = "a \\\r\n  b\rc#d # e\n# x \\\n-r f\n  # y\n-r g\t# why\nh \\";
        assert_eq!(logical_lines(text), ["a", "b", "c#d", "-r f", "-r g", "h"]);
        assert_eq!(logical_lines("a \\\n  b\n"), ["a   b"]);
        assert_eq!(logical_lines("a \\\n# no\nb"), ["a", "b"]);
    }

    #[test]
    fn options_are_found_wherever_they_stand() {
        let found = |line: &str| parts(line).1;
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(found("--pre -r dev.txt"), [pair("--pre", ""), pair("-r", "dev.txt")]);
        assert_eq!(found("-rdev.txt"), [pair("-r", "dev.txt")]);
        assert_eq!(
            found("--requirement='d e.txt' -c d\\ f"),
            [pair("--requirement", "d e.txt"), pair("-c", "d f")]
        );
        assert_eq!(parts("a>1 ; x --hash=y"), ("a>1 ; x".to_owned(), vec![pair("--hash", "y")]));
        assert_eq!(found("-r"), [pair("-r", "")]);
        assert_eq!(found("--no-index stray"), [pair("--no-index", ""), pair("", "stray")]);
    }

    #[test]
    fn byte_order_marks_tell_the_encoding() {
        assert_eq!(decode(b"\xef\xbb\xbf-r a").as_deref(), Some("-r a"));
        assert_eq!(decode(b"\xff\xfea\0b\0").as_deref(), Some("ab"));
        assert_eq!(decode(b"\xfe\xff\0a").as_deref(), Some("a"));
        assert_eq!(decode(b"./w\xe9"), None);
    }
}
