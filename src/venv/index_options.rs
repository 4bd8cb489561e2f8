//! What requirement files say of where packages come from.

use std::ffi::OsString;
use std::path::Path;

use super::requirement_lines::{logical_lines, words};
use super::requirements::Inputs;

/// Options with a value, by their short and long names.
const WITH_VALUE: [(Option<&str>, &str); 6] = [
    (Some("-i"), "--index-url"),
    (None, "--extra-index-url"),
    (Some("-f"), "--find-links"),
    (None, "--trusted-host"),
    (None, "--no-binary"),
    (None, "--only-binary"),
];
/// Options without one that may stand beside those.
const FLAGS: [&str; 4] = ["--no-index", "--pre", "--prefer-binary", "--require-hashes"];

/// What the requirement files among the inputs say of where packages come from, as arguments: for
/// installing one of them by name. What other files say, such as a project's setup.cfg, is not pip's
/// to read, and might name a stranger's index.
pub fn index_options(inputs: &Inputs) -> Vec<OsString> {
    let mut found = Vec::new();
    for (path, text) in inputs.iter().filter(|(path, _)| may_have_options(path)) {
        for line in logical_lines(text.as_deref().unwrap_or_default()) {
            found.extend(line_options(&line, path).unwrap_or_default());
        }
    }
    found
}

fn may_have_options(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_lock = name == "uv.lock" || (name.starts_with("pylock.") && name.ends_with(".toml"));
    !is_lock && !["pyproject.toml", "setup.cfg", "setup.py"].contains(&&*name)
}

/// The options of a line that has nothing but such; `None` for any other, which pip would refuse or
/// take for a requirement.
fn line_options(line: &str, path: &Path) -> Option<Vec<OsString>> {
    let mut words = words(line)?.into_iter();
    let mut found = Vec::new();
    while let Some(word) = words.next() {
        if FLAGS.contains(&&*word) {
            found.extend((word == "--no-index").then(|| word.into()));
            continue;
        }
        let (option, value) = with_value(&word, &mut words)?;
        // pip takes a path from the file that has it, where there is one.
        let beside = path.with_file_name(&value);
        let is_beside = option == "--find-links" && beside.exists();
        let is_short = !word.starts_with("--");
        if value.is_empty() || value.starts_with('-') || (is_short && !is_beside && !is_location(&value)) {
            return None;
        }
        found.push(option.into());
        found.push(if is_beside { beside.into() } else { value.into() });
    }
    Some(found)
}

/// The option that a word is, by its long name, and its value: in the word, or the next one.
fn with_value(word: &str, words: &mut impl Iterator<Item = String>) -> Option<(&'static str, String)> {
    let (short, long) = WITH_VALUE.into_iter().find(|(short, long)| {
        let joined = word.strip_prefix(long).is_some_and(|rest| rest.is_empty() || rest.starts_with('='));
        joined || short.is_some_and(|short| word.starts_with(short))
    })?;
    let rest = word.strip_prefix(long).or_else(|| word.strip_prefix(short?))?;
    let value = match rest {
        "" => words.next()?,
        _ => rest.trim_start_matches('=').to_owned(),
    };
    Some((long, value))
}

/// A word behind a short option may be anything: a line of prose that begins with `-i` too.
fn is_location(value: &str) -> bool {
    value.contains("://") || value.starts_with(['/', '.'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, text: &str) -> Vec<OsString> {
        index_options(&Inputs::from([(Path::new("/p").join(name), Some(text.into()))]))
    }

    #[test]
    fn index_options_of_all_files_are_gathered() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("requirements.txt");
        std::fs::create_dir(folder.path().join("my wheels")).unwrap();
        let text = "--no-index\n--find-links 'my wheels'\n-f https://x/y\n-ihttps://i\n--no-binary=:all: # why\n\
                    --pre\n-r other.txt\nfoo --hash=x\n-f my\\ wheels --trusted-host h\n";
        let found = index_options(&Inputs::from([(file, Some(text.into()))]));
        let wheels = folder.path().join("my wheels");
        let wheels = wheels.to_str().unwrap();
        let wanted = ["--no-index", "--find-links", wheels, "--find-links", "https://x/y"];
        let rest = ["--index-url", "https://i", "--no-binary", ":all:"];
        assert_eq!(found, [&wanted[..], &rest, &["--find-links", wheels, "--trusted-host", "h"]].concat());
    }

    #[test]
    fn files_that_are_no_requirement_files_name_no_index() {
        let text = "    --index-url=http://evil\n-i http://evil\n";
        for name in ["setup.cfg", "setup.py", "pyproject.toml", "uv.lock", "pylock.toml", "pylock.dev.toml"] {
            assert!(of(name, text).is_empty(), "{name}");
        }
        assert_eq!(of("setup.txt", text).len(), 4);
    }

    #[test]
    fn prose_is_no_option() {
        for line in [
            "-install the thing first",
            "-i think so",
            "-file it",
            "-i",
            "--index-url",
            "--index-urls=http://evil",
            "-i http://evil and more",
            "--index-url 'http://evil",
            "-e ./x -i http://evil",
            "--index-url --pre",
            "foo -i http://evil",
        ] {
            assert!(of("requirements.txt", line).is_empty(), "{line}");
        }
        for line in ["-i./mirror", "-f=/wheels", "-i \"https://x/a b\""] {
            assert_eq!(of("requirements.txt", line).len(), 2, "{line}");
        }
    }
}
