//! Changes as text: a script of a shell, or JSON.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use anyhow::Result;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Changes, Shell, quote_fish, quote_posix};
use crate::error::Trouble;

/// The last line of a script: a hook evaluates nothing that ends otherwise, since a killed program
/// may leave half a script.
pub const END: &str = "# venvfix: end";

/// Begins the first line, which names the variables that the script changes: a hook keeps them for
/// `deactivate`.
const CHANGES: &str = "# venvfix: changes";

/// Lists of directories, to which the script adds the first. Marked in the first line, since
/// `deactivate` takes that one out of what the list is by then.
const SEARCH_PATHS: [&str; 2] = ["LD_LIBRARY_PATH", "PATH"];

/// What `enter` prints for `shell`. `watched` are the files that an entry depends on.
///
/// # Errors
/// If a value or a path is not UTF-8 and JSON is to hold it.
pub fn script(changes: &Changes, watched: &[PathBuf], shell: Shell) -> Result<Vec<u8>> {
    if shell == Shell::Json {
        return json(changes, watched);
    }
    let mut lines = vec![heading(changes)];
    lines.extend(changes.iter().map(|(name, value)| change(name, value.as_deref(), shell)));
    if shell == Shell::Direnv && !watched.is_empty() {
        let files = watched.iter().map(|file| quote_posix(file.as_os_str().as_bytes()));
        lines.push([b"watch_file".to_vec()].into_iter().chain(files).collect::<Vec<_>>().join(&b' '));
    }
    lines.push(END.into());
    lines.push(Vec::new());
    Ok(lines.join(&b'\n'))
}

fn heading(changes: &Changes) -> Vec<u8> {
    let mark = |name: &str| if SEARCH_PATHS.contains(&name) { ":" } else { "" };
    let names = changes.iter().map(|(name, value)| match value {
        Some(_) => format!(" {name}{}", mark(name)),
        None => format!(" {name}"),
    });
    format!("{CHANGES}{}", names.collect::<String>()).into()
}

fn change(name: &str, value: Option<&OsStr>, shell: Shell) -> Vec<u8> {
    let (start, value) = match (shell, value) {
        (Shell::Fish, Some(value)) => {
            let path = if SEARCH_PATHS.contains(&name) { " --path" } else { "" };
            (format!("builtin set -gx{path} {name} "), quote_fish(value.as_bytes()))
        }
        // A universal variable outlives this shell: it is neither erased, nor can it be hidden.
        (Shell::Fish, None) => (format!("builtin set -eg {name}"), Vec::new()),
        (_, Some(value)) => (format!("\\builtin export {name}="), quote_posix(value.as_bytes())),
        (_, None) => (format!("\\builtin unset -v {name}"), Vec::new()),
    };
    [start.into_bytes(), value].concat()
}

/// What `--shell json` prints.
#[derive(Serialize)]
struct Json<'a> {
    set: Map<String, Value>,
    unset: Vec<&'a str>,
    watch: Vec<&'a str>,
}

fn json(changes: &Changes, watched: &[PathBuf]) -> Result<Vec<u8>> {
    let mut json = Json { set: Map::new(), unset: Vec::new(), watch: Vec::new() };
    for (name, value) in changes {
        match value {
            Some(value) => {
                let text = value.to_str().ok_or_else(|| {
                    Trouble::new(format!("the value of {name} is not UTF-8, and JSON cannot hold it"))
                })?;
                json.set.insert((*name).to_owned(), text.into());
            }
            None => json.unset.push(name),
        }
    }
    for file in watched {
        json.watch.push(file.to_str().ok_or_else(|| {
            Trouble::new(format!("the path {} is not UTF-8, and JSON cannot hold it", file.display()))
        })?);
    }
    let mut text = serde_json::to_vec(&json)?;
    text.push(b'\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::{Surroundings, activation};
    use std::path::Path;

    fn changes() -> Changes {
        activation(&Surroundings {
            venv: Path::new("/a b/it's/.venv"),
            path: OsStr::new("/usr/bin:/a b/it's/.venv/bin"),
            left: None,
            python_path: OsStr::new(""),
            libraries: None,
            uv_downloads_settled: true,
        })
    }

    fn text(shell: Shell) -> String {
        let watched = [PathBuf::from("/a b/it's/x.txt"), "/y".into()];
        String::from_utf8(script(&changes(), &watched, shell).unwrap()).unwrap()
    }

    #[test]
    fn a_script_names_what_it_changes_is_quoted_and_ends_with_the_mark() {
        for shell in [Shell::Bash, Shell::Zsh] {
            assert_eq!(
                text(shell),
                "# venvfix: changes PATH: PYTHONHOME SOURCE_DATE_EPOCH UV_PYTHON VIRTUAL_ENV VIRTUAL_ENV_PROMPT\n\
                 \\builtin export PATH='/a b/it'\\''s/.venv/bin:/usr/bin'\n\
                 \\builtin unset -v PYTHONHOME\n\
                 \\builtin unset -v SOURCE_DATE_EPOCH\n\
                 \\builtin export UV_PYTHON='/a b/it'\\''s/.venv/bin/python'\n\
                 \\builtin export VIRTUAL_ENV='/a b/it'\\''s/.venv'\n\
                 \\builtin export VIRTUAL_ENV_PROMPT='.venv'\n\
                 # venvfix: end\n"
            );
        }
        let fish = text(Shell::Fish);
        assert!(fish.contains("\nbuiltin set -gx VIRTUAL_ENV '/a b/it\\'s/.venv'\n"), "{fish}");
        assert!(fish.ends_with("\n# venvfix: end\n"));
    }

    #[test]
    fn direnv_is_told_what_to_watch() {
        assert!(text(Shell::Direnv).ends_with("\nwatch_file '/a b/it'\\''s/x.txt' '/y'\n# venvfix: end\n"));
    }

    #[test]
    fn json_holds_changes_and_watched_files() {
        let json: Value = serde_json::from_str(&text(Shell::Json)).unwrap();
        assert_eq!(json["set"]["PATH"], "/a b/it's/.venv/bin:/usr/bin");
        assert_eq!(json["unset"], serde_json::json!(["PYTHONHOME", "SOURCE_DATE_EPOCH"]));
        assert_eq!(json["watch"], serde_json::json!(["/a b/it's/x.txt", "/y"]));
    }

    #[test]
    fn json_names_the_variable_it_cannot_hold() {
        let odd = OsStr::from_bytes(b"/\xff");
        let error = script(&vec![("PATH", Some(odd.to_owned()))], &[], Shell::Json).unwrap_err();
        assert!(error.to_string().contains("the value of PATH is not UTF-8"), "{error}");
        assert!(script(&Vec::new(), &[odd.into()], Shell::Json).is_err());
    }
}
