//! Which python a script in a venv's `bin` names, and how it is made to name another. Pure.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::shell::quote_posix;

/// What pip and its kin keep to, whatever the kernel takes (127 before Linux 5.1, then 255).
const MAX_LENGTH: usize = 127;
/// A shell script and a Python string at once, for paths that fit no `#!` line.
const LONG_HEAD: &[u8] = b"#!/bin/sh\n'''exec' ";
const LONG_TAIL: &[u8] = b"\n' '''\n";

/// The head of a script.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// The program it names.
    pub(super) python: Vec<u8>,
    /// What that is given before the script, blanks around it removed.
    options: Vec<u8>,
    /// How many bytes of the script the head is, with its line's end.
    length: usize,
}

impl Head {
    /// The head of a script that names a program by an absolute path; `None` for any other.
    pub(super) fn read(script: &[u8]) -> Option<Self> {
        let head = match script.strip_prefix(LONG_HEAD) {
            Some(rest) => Self::long(rest),
            None => Self::short(script.strip_prefix(b"#!")?),
        };
        head.filter(|head| head.python.starts_with(b"/"))
    }

    fn short(rest: &[u8]) -> Option<Self> {
        let end = rest.iter().position(|&byte| byte == b'\n')?;
        let line = rest[..end].trim_ascii();
        let blank = line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len());
        let (python, options) = line.split_at(blank);
        Some(Self {
            python: python.to_owned(),
            options: options.trim_ascii().to_owned(),
            length: "#!".len() + end + 1,
        })
    }

    fn long(rest: &[u8]) -> Option<Self> {
        let (python, after) = shell_word(rest)?;
        let end = after.windows(LONG_TAIL.len()).position(|window| window == LONG_TAIL)?;
        let options = after[..end].strip_suffix(br#""$0" "$@""#)?.trim_ascii().to_owned();
        let length = LONG_HEAD.len() + (rest.len() - after.len()) + end + LONG_TAIL.len();
        Some(Self { python, options, length })
    }

    /// The script with this python instead.
    pub(super) fn replaced(&self, script: &[u8], python: &Path) -> Vec<u8> {
        let body = script.get(self.length..).unwrap_or_default();
        [head(python.as_os_str(), &self.options).as_slice(), body].concat()
    }
}

fn head(python: &OsStr, options: &[u8]) -> Vec<u8> {
    let python = python.as_bytes();
    let space: &[u8] = if options.is_empty() { b"" } else { b" " };
    let short = [b"#!", python, space, options].concat();
    if short.len() <= MAX_LENGTH && !python.iter().any(u8::is_ascii_whitespace) {
        return [short.as_slice(), b"\n"].concat();
    }
    [LONG_HEAD, &quoted(python), b" ", options, space, br#""$0" "$@""#, LONG_TAIL].concat()
}

/// In double quotes where that is safe, as other tools write it; what is escaped for the shell in
/// them would be a doubtful escape to Python.
fn quoted(word: &[u8]) -> Vec<u8> {
    match word.iter().any(|byte| b"\"$`\\".contains(byte)) {
        true => quote_posix(word),
        false => [b"\"", word, b"\""].concat(),
    }
}

/// The first word of a shell's line, without its quotes, and what follows. Words in which the shell
/// would put something else are none.
pub(super) fn shell_word(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut word = Vec::new();
    let mut rest = text;
    loop {
        match rest {
            [] | [b' ' | b'\t' | b'\n', ..] => return (!word.is_empty()).then_some((word, rest)),
            [quote @ (b'"' | b'\''), tail @ ..] => {
                let end = tail.iter().position(|byte| byte == quote)?;
                if *quote == b'"' && tail[..end].iter().any(|byte| b"$`\\".contains(byte)) {
                    return None;
                }
                word.extend_from_slice(&tail[..end]);
                rest = &tail[end + 1..];
            }
            [b'\\', byte, tail @ ..] => {
                word.push(*byte);
                rest = tail;
            }
            [b'$' | b'`', ..] => return None,
            [byte, tail @ ..] => {
                word.push(*byte);
                rest = tail;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn python_of(script: &str) -> Option<String> {
        Head::read(script.as_bytes()).map(|head| String::from_utf8(head.python).unwrap())
    }

    #[test]
    fn all_forms_are_read() {
        for (script, wanted) in [
            ("#!/v/bin/python\nimport x\n", Some("/v/bin/python")),
            ("#! /v/bin/python3.11 -I\n", Some("/v/bin/python3.11")),
            (
                "#!/bin/sh\n'''exec' \"/a b/bin/python\" \"$0\" \"$@\"\n' '''\nimport x\n",
                Some("/a b/bin/python"),
            ),
            ("#!/bin/sh\n'''exec' /long/bin/python \"$0\" \"$@\"\n' '''\n", Some("/long/bin/python")),
            (
                "#!/bin/sh\n'''exec' '/a '\\''b/bin/python' -E \"$0\" \"$@\"\n' '''\n",
                Some("/a 'b/bin/python"),
            ),
            ("#!/bin/sh\necho \"$0\"\n", Some("/bin/sh")),
            ("#!/bin/sh\n'''exec' \"$(dirname -- \"$0\")\"/'python' \"$0\" \"$@\"\n' '''\n", None),
            ("#!/bin/sh\n'''exec' \"/a/python", None),
            ("#!python\n", None),
            ("\x7fELF", None),
            ("#!/v/bin/python", None),
            ("", None),
        ] {
            assert_eq!(python_of(script).as_deref(), wanted, "{script}");
        }
    }

    #[test]
    fn options_and_body_stay() {
        let replaced = |script: &str, python: &str| {
            let head = Head::read(script.as_bytes()).unwrap();
            String::from_utf8(head.replaced(script.as_bytes(), Path::new(python))).unwrap()
        };
        assert_eq!(replaced("#!/o/python -E\nx\n", "/n/python"), "#!/n/python -E\nx\n");
        let long = "#!/bin/sh\n'''exec' \"/n w/python\" -E \"$0\" \"$@\"\n' '''\nx\n";
        assert_eq!(replaced("#!/o/python -E\nx\n", "/n w/python"), long);
        assert_eq!(replaced(long, "/n/python"), "#!/n/python -E\nx\n");
        let deep = format!("/{}/python", "d".repeat(130));
        assert!(replaced("#!/o/python\n", &deep).starts_with("#!/bin/sh\n'''exec' \"/ddd"));
    }

    proptest! {
        #[test]
        fn any_path_is_read_as_it_was_written(path in "/[ -~\n\u{e4}]{0,200}") {
            let script = b"#!/o/python -I\nbody\n".as_slice();
            let written = Head::read(script).unwrap().replaced(script, Path::new(&path));
            let again = Head::read(&written).unwrap();
            prop_assert_eq!(&again.python, path.as_bytes());
            prop_assert_eq!(again.options.as_slice(), b"-I");
            prop_assert!(written.ends_with(b"\nbody\n") && again.length + b"body\n".len() == written.len());
        }

        #[test]
        fn nothing_makes_it_panic(script in proptest::collection::vec(any::<u8>(), 0..80), long in any::<bool>()) {
            let head: &[u8] = if long { LONG_HEAD } else { b"#!" };
            let _ = Head::read(&[head, &script].concat());
        }
    }
}
