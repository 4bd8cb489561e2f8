//! Which packages have a file, as the user's index of nix-locate says.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::catalog;
use crate::config::Environment;
use crate::error::{Exit, exit_of};
use crate::exec::Task;

/// The index is read as a whole, some ten million lines.
const DEADLINE: Duration = Duration::from_secs(20);

/// How many are worth naming.
const MOST: usize = 5;

/// A package that has the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The attribute path to add.
    pub attribute: String,
    /// The output that has the file, where it is not the main one.
    pub output: Option<String>,
}

/// The packages that have the library of this soname, the likeliest first; none where there is no
/// nix-locate, no index, or no answer in time.
///
/// # Errors
/// If the user interrupts.
pub fn locate(environment: &Environment, project: Option<&Path>, soname: &str) -> Result<Vec<Located>> {
    let Some(program) = super::program(environment, project, "nix-locate") else { return Ok(Vec::new()) };
    let ending = Task::new(program, Path::new("/"))
        .args(["--whole-name", &format!("/{soname}")])
        .capture()
        .silent()
        .limit(DEADLINE)
        .run();
    match ending {
        Ok(ending) if ending.success => Ok(ranked(&ending.stdout, soname)),
        Err(error) if exit_of(&error) == Exit::Interrupted => Err(error),
        _ => Ok(Vec::new()),
    }
}

/// The packages of nix-locate's lines. It does not rank them, and many an application brings libraries
/// of its own: a package of the top level that is called like the library and has it in `lib` is meant.
fn ranked(lines: &str, soname: &str) -> Vec<Located> {
    let mut found: Vec<(Rank, Located)> = lines.lines().filter_map(|line| parse(line, soname)).collect();
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut best: Vec<Located> = Vec::new();
    for (_, located) in found {
        if best.len() < MOST && !best.iter().any(|other| other.attribute == located.attribute) {
            best.push(located);
        }
    }
    best
}

/// Called otherwise, below the top level, in another place than `lib`; then the shorter name.
type Rank = (bool, usize, bool, usize, String);

/// `zlib.out   12,345 x /nix/store/HASH-zlib-1.3/lib/libz.so.1`. An attribute in parentheses has the file
/// somewhere in its closure only.
fn parse(line: &str, soname: &str) -> Option<(Rank, Located)> {
    let (name, rest) = line.split_once(char::is_whitespace)?;
    let store = rest.find(crate::offer::STORE)?;
    let path = rest[store..].strip_prefix(crate::offer::STORE)?.strip_prefix('/')?;
    let (_package, file) = path.split_once('/')?;
    let directory = file.strip_suffix(soname)?.strip_suffix('/')?;
    let (attribute, output) = name.rsplit_once('.')?;
    if !catalog::is_attribute(attribute) || !catalog::is_attribute(output) {
        return None;
    }
    if attribute == "gcc-unwrapped" {
        // The compiler's runtime, by the name that follows the compiler of the set.
        let attribute = "stdenv.cc.cc.lib".to_owned();
        return Some((Rank::default(), Located { attribute, output: Some("lib".into()) }));
    }
    let depth = attribute.matches('.').count();
    let rank =
        (!is_like(attribute, soname), depth, directory != "lib", attribute.len(), attribute.to_owned());
    let output = (output != "out").then(|| output.to_owned());
    Some((rank, Located { attribute: attribute.to_owned(), output }))
}

/// Whether a package is called like a library: `libfoo.so.1` of `foo`, `libfoo`, `foo_2`, `foo-lib`.
fn is_like(attribute: &str, soname: &str) -> bool {
    let fold = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
    };
    let stem = soname.split(".so").next().unwrap_or_default();
    let stem = fold(stem.strip_prefix("lib").unwrap_or(stem));
    let name = fold(attribute.rsplit('.').next().unwrap_or_default());
    let name = name.strip_prefix("lib").unwrap_or(&name);
    stem.len() > 1 && (name.starts_with(&stem) || (name.len() > 2 && stem.starts_with(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(lines: &str, soname: &str) -> Vec<String> {
        ranked(lines, soname).into_iter().map(|located| located.attribute).collect()
    }

    #[test]
    fn a_library_of_the_top_level_comes_before_what_brings_its_own() {
        let lines = "\
(big.out)                0 s /nix/store/aaa-big/lib/libfoo.so.2
pyfa.out         1,234,567 x /nix/store/aaa-pyfa-2.6/share/pyfa/app/libfoo.so.2
haskellPackages.foo.out  9 x /nix/store/aaa-foo/lib/libfoo.so.2
anapp.out              0 s /nix/store/aaa-app/lib/libfoo.so.2
foo_2.lib                0 s /nix/store/aaa-foo-2.1/lib/libfoo.so.2
";
        let found = ranked(lines, "libfoo.so.2");
        assert_eq!(found[0], Located { attribute: "foo_2".into(), output: Some("lib".into()) });
        assert_eq!(attributes(lines, "libfoo.so.2"), ["foo_2", "haskellPackages.foo", "anapp", "pyfa"]);
    }

    #[test]
    fn the_compilers_runtime_is_that_of_the_set() {
        let lines = "\
gcc13.cc.lib    0 s /nix/store/a-gcc-13/lib/libodd.so.1
gcc-unwrapped.lib    0 s /nix/store/a-gcc-14/lib/libodd.so.1
";
        assert_eq!(attributes(lines, "libodd.so.1")[0], "stdenv.cc.cc.lib");
    }

    #[test]
    fn lines_that_are_none_are_passed_over() {
        let lines = "warning: x\n\nfoo.out\nfoo.out 0 s /tmp/lib/liba.so.1\n$(x).out 0 s /nix/store/a-b/lib/liba.so.1\nb.out 0 s /nix/store/a-b/lib/otherliba.so.1\n";
        assert!(ranked(lines, "liba.so.1").is_empty());
    }
}
