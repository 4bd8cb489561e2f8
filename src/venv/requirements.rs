//! The requirement files and all that they include, with their contents.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::error::Trouble;
use crate::fsx;

/// A requirements file is text that people write.
const MAX_SIZE: u64 = 4 << 20;
/// More files than anybody includes; it only bounds a loop.
const MAX_FILES: usize = 1000;

/// Path of each file, and its content: `None` where it is absent, which pip will say.
pub type Inputs = BTreeMap<PathBuf, Option<String>>;

/// The closure of `files` over `-r` and `-c`.
///
/// # Errors
/// If a file cannot be read, or is no text.
pub fn closure(files: &[PathBuf]) -> Result<Inputs> {
    let mut found = Inputs::new();
    let mut waiting = files.to_vec();
    while let Some(path) = waiting.pop() {
        if found.contains_key(&path) || found.len() == MAX_FILES {
            continue;
        }
        let text = fsx::read_text(&path, MAX_SIZE)?;
        waiting.extend(includes(text.as_deref().unwrap_or_default(), &path));
        found.insert(path, text);
    }
    Ok(found)
}

/// Refuses what would make pip build something, and so run a stranger's code: whatever is no plain
/// requirement and no wheel, in arguments and in all the files that `files` include.
///
/// # Errors
/// For the first such line.
pub fn only_wheels(arguments: &[String], files: &[PathBuf]) -> Result<()> {
    let refuse = |line: &str, place: &str| {
        Trouble::usage(format!("preview reads wheels, and this is none: {line}{place}"))
            .help("name a package of an index, or a wheel's file or URL")
    };
    if let Some(argument) = arguments.iter().find(|argument| !is_wheel_or_name(argument)) {
        return Err(refuse(argument, "").into());
    }
    for (path, text) in closure(files)? {
        let lines = logical_lines(text.as_deref().unwrap_or_default());
        if let Some(line) = lines.iter().find(|line| !is_harmless(line)) {
            return Err(refuse(line, &format!(" (in {})", path.display())).into());
        }
    }
    Ok(())
}

fn is_harmless(line: &str) -> bool {
    const OPTIONS: [&str; 15] = [
        "-c",
        "--constraint",
        "-r",
        "--requirement",
        "-f",
        "--find-links",
        "-i",
        "--index-url",
        "--extra-index-url",
        "--no-index",
        "--only-binary",
        "--pre",
        "--prefer-binary",
        "--require-hashes",
        "--trusted-host",
    ];
    match line.starts_with('-') {
        true => {
            let name = line.split([' ', '\t', '=']).next().unwrap_or_default();
            OPTIONS.contains(&name)
                || OPTIONS.iter().any(|option| option.len() == 2 && line.starts_with(option))
        }
        false => is_wheel_or_name(line),
    }
}

/// A name with a version and markers, or a path or URL that ends as a wheel's does.
fn is_wheel_or_name(requirement: &str) -> bool {
    let head = requirement.split([';', '#', '?']).next().unwrap_or_default().trim();
    let head = head.split(" --").next().unwrap_or_default().trim();
    let elsewhere =
        head.contains('/') || head.contains('@') || head.starts_with(['.', '-']) || Path::new(head).is_file();
    !elsewhere || head.ends_with(".whl")
}

/// The files that a requirements file names, relative to itself as pip takes them.
fn includes(text: &str, path: &Path) -> Vec<PathBuf> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let named = logical_lines(text).into_iter().filter_map(|line| {
        let options = ["-r", "--requirement", "-c", "--constraint"];
        let rest = options.iter().find_map(|option| option_value(&line, option))?;
        // A URL is pip's business.
        (!rest.contains("://")).then(|| fsx::normalize(&folder.join(rest)))
    });
    named.collect()
}

fn option_value(line: &str, option: &str) -> Option<String> {
    let rest = line.strip_prefix(option)?;
    let short = option.len() == 2;
    let joined = short || rest.starts_with(['=', ' ', '\t']);
    let value = rest.trim_start_matches(['=', ' ', '\t']).trim();
    (joined && !value.is_empty()).then(|| value.trim_matches(['"', '\'']).to_owned())
}

/// Lines with continuations joined and comments taken off, as pip's req_file does.
fn logical_lines(text: &str) -> Vec<String> {
    let joined = text.replace("\\\r\n", "").replace("\\\n", "");
    let uncommented = joined.lines().map(|line| match line.trim_start().starts_with('#') {
        true => "",
        false => line.split(" #").next().unwrap_or_default(),
    });
    uncommented.map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
}

/// What the files say of where packages come from, as arguments: for installing one of them by name.
pub fn index_options(inputs: &Inputs) -> Vec<OsString> {
    const WITH_VALUE: [&str; 8] = [
        "-i",
        "--index-url",
        "--extra-index-url",
        "-f",
        "--find-links",
        "--trusted-host",
        "--no-binary",
        "--only-binary",
    ];
    let mut found = Vec::new();
    for (path, text) in inputs {
        for line in logical_lines(text.as_deref().unwrap_or_default()) {
            if line == "--no-index" {
                found.push(line.into());
                continue;
            }
            let value = |option: &'static str| Some((option, option_value(&line, option)?));
            let Some((option, value)) = WITH_VALUE.into_iter().find_map(value) else { continue };
            // pip takes a path from the file that has it, where there is one.
            let beside = path.with_file_name(&value);
            let is_path = option.starts_with("-f") || option == "--find-links";
            found.push(option.into());
            found.push(if is_path && beside.exists() { beside.into() } else { value.into() });
        }
    }
    found
}

/// Which of the inputs differ, for the sentence that says why something is installed.
pub fn changed(old: &Inputs, new: &Inputs) -> Vec<PathBuf> {
    let different =
        new.iter().filter(|(path, text)| old.get(*path) != Some(text)).map(|(path, _)| path.clone());
    let gone = old.keys().filter(|path| !new.contains_key(*path)).cloned();
    different.chain(gone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_all_forms_are_followed() {
        let text = "numpy # -r no.txt\n-r a.txt\n--requirement=b.txt\n-cc.txt\n--constraint \\\n  sub/../d.txt\n\
                    # -r e.txt\n-r https://x/f.txt\n--requirements-x g\n  -r 'h i.txt' # why\n";
        let found = includes(text, Path::new("/p/requirements.txt"));
        let wanted = ["/p/a.txt", "/p/b.txt", "/p/c.txt", "/p/d.txt", "/p/h i.txt"].map(PathBuf::from);
        assert_eq!(found, wanted);
    }

    #[test]
    fn index_options_of_all_files_are_gathered() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("requirements.txt");
        std::fs::create_dir(folder.path().join("my wheels")).unwrap();
        let text = "--no-index\n--find-links 'my wheels'\n-f https://x/y\n-ihttps://i\n--no-binary=:all: # why\n\
                    --pre\n-r other.txt\nfoo --hash=x\n";
        let found = index_options(&Inputs::from([(file, Some(text.into()))]));
        let wheels = folder.path().join("my wheels");
        let wanted =
            ["--no-index", "--find-links", wheels.to_str().unwrap(), "-f", "https://x/y", "-i", "https://i"];
        assert_eq!(found, [&wanted[..], &["--no-binary", ":all:"]].concat());
    }

    #[test]
    fn only_wheels_and_names_are_previewed() {
        for good in [
            "numpy",
            "numpy>=2 ; python_version > '3'",
            "a[b]==1 --hash=sha256:x/y",
            "./x-1-py3-none-any.whl",
            "x @ https://example.org/x-1-py3-none-any.whl#sha256=1",
            "--find-links wheels",
            "-cx.txt",
            "--pre",
        ] {
            assert!(is_harmless(good), "{good}");
        }
        for bad in [
            "./evil",
            "/tmp/evil",
            "-e .",
            "--editable=.",
            "--no-binary=:all:",
            "git+https://x/y",
            "x @ file:///evil",
            "https://x/y.tar.gz",
            ".",
            "--config-settings x",
        ] {
            assert!(!is_harmless(bad), "{bad}");
        }
        assert!(only_wheels(&["--no-binary=:all:".into()], &[]).is_err());
    }

    #[test]
    fn a_closure_goes_through_includes_and_ends_on_a_cycle() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        std::fs::write(file("requirements.txt"), "-r dev.txt\n").unwrap();
        std::fs::write(file("dev.txt"), "-r requirements.txt\n-c absent.txt\n").unwrap();
        let found = closure(&[file("requirements.txt")]).unwrap();
        let texts: Vec<bool> = found.values().map(Option::is_some).collect();
        assert_eq!((found.len(), texts), (3, vec![false, true, true]));
        let mut newer = found.clone();
        newer.insert(file("dev.txt"), None);
        assert_eq!(changed(&found, &newer), [file("dev.txt")]);
    }
}
