//! Where a Nix shell says its libraries are.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::in_store;
use crate::elf::{self, Object};
use crate::fsx;

/// No list of inputs that stdenv writes comes near this.
const MAX_LIST: u64 = 1 << 20;

/// The variables of a Nix shell that name libraries, as found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShellVariables {
    /// VENVFIX_LIBRARY_PATH: the user's own word, taken first, may name any directory.
    pub library_path: String,
    /// `buildInputs`, `nativeBuildInputs`, `propagatedBuildInputs`, joined by spaces.
    pub inputs: String,
    /// NIX_LDFLAGS.
    pub ldflags: String,
    /// NIX_CC: the compiler wrapper.
    pub compiler: String,
    /// LD_LIBRARY_PATH: only its store directories count.
    pub ld_library_path: String,
}

impl ShellVariables {
    /// Whether a Nix shell, or the user, says anything at all.
    pub fn is_nix(&self) -> bool {
        let spoken = [&self.library_path, &self.inputs, &self.ldflags, &self.compiler];
        spoken.iter().any(|text| !text.trim().is_empty())
    }
}

/// Library directories in the order in which they are asked, and those that may not be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directories {
    /// To be searched.
    pub accepted: Vec<PathBuf>,
    /// With a libc in them: a process must not get a second one.
    pub refused: Vec<PathBuf>,
}

/// What the shell with these variables offers, with the interpreter's own directories behind the
/// compiler's.
pub fn directories(shell: &ShellVariables, of_interpreter: &[PathBuf]) -> Directories {
    let store_only = |text: &str| split_path(text).into_iter().filter(|path| in_store(path)).collect();
    let groups: [Vec<PathBuf>; 6] = [
        split_path(&shell.library_path),
        inputs(&shell.inputs),
        link_directories(&shell.ldflags),
        compiler_runtime(&shell.compiler),
        of_interpreter.to_vec(),
        store_only(&shell.ld_library_path),
    ];
    let mut found = Directories::default();
    for directory in groups.into_iter().flatten() {
        let seen = found.accepted.contains(&directory) || found.refused.contains(&directory);
        if seen || !directory.is_dir() {
            continue;
        }
        match directory.join("libc.so.6").exists() {
            true => found.refused.push(directory),
            false => found.accepted.push(directory),
        }
    }
    found
}

/// The store directories that the interpreter, its libpython and its modules search: libraries of
/// the same nixpkgs as the interpreter, by construction.
pub fn interpreter_directories(executable: &Path, object: &Object) -> Vec<PathBuf> {
    let mut found = Vec::new();
    add_store_paths(object, executable, &mut found);
    let Some(prefix) = executable.parent().and_then(Path::parent) else { return found };
    let library = prefix.join("lib");
    for path in sorted_entries(&library) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("libpython") {
            add_file(&path, &mut found);
        } else if name.starts_with("python3") {
            sorted_entries(&path.join("lib-dynload")).iter().for_each(|module| add_file(module, &mut found));
        }
    }
    found
}

fn add_file(path: &Path, found: &mut Vec<PathBuf>) {
    if let Ok(object) = elf::read(path) {
        add_store_paths(&object, path, found);
    }
}

fn add_store_paths(object: &Object, path: &Path, found: &mut Vec<PathBuf>) {
    let text = object.runpath.as_deref().or(object.rpath.as_deref()).unwrap_or_default();
    for directory in text.as_bytes().split(|&byte| byte == b':') {
        let directory = PathBuf::from(OsStr::from_bytes(directory));
        // The interpreter's own libc would be refused with a warning that helps nobody.
        let usable = in_store(&directory) && !directory.join("libc.so.6").exists();
        if usable && !found.contains(&directory) && path.parent() != Some(&directory) {
            found.push(directory);
        }
    }
}

fn sorted_entries(directory: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> =
        fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn split_path(text: &str) -> Vec<PathBuf> {
    text.split(':').filter(|part| part.starts_with('/')).map(PathBuf::from).collect()
}

/// The `lib` directories of packages and of what they propagate: a shell's buildInputs name the
/// `dev` outputs, whose propagated-build-inputs name the others (nixpkgs' multiple-outputs.sh).
fn inputs(text: &str) -> Vec<PathBuf> {
    let mut packages: Vec<PathBuf> = Vec::new();
    let mut waiting: Vec<PathBuf> = absolute_words(text);
    waiting.reverse();
    while let Some(package) = waiting.pop() {
        if packages.contains(&package) {
            continue;
        }
        for list in ["propagated-build-inputs", "propagated-native-build-inputs"] {
            let path = package.join("nix-support").join(list);
            let more = fsx::read_text(&path, MAX_LIST).ok().flatten().unwrap_or_default();
            waiting.extend(absolute_words(&more).into_iter().rev());
        }
        packages.push(package);
    }
    packages.iter().map(|package| package.join("lib")).collect()
}

fn absolute_words(text: &str) -> Vec<PathBuf> {
    text.split_whitespace().filter(|word| word.starts_with('/')).map(PathBuf::from).collect()
}

/// The directories of `-L` flags.
fn link_directories(flags: &str) -> Vec<PathBuf> {
    let mut words = flags.split_whitespace();
    let mut found = Vec::new();
    while let Some(word) = words.next() {
        let directory = match word.strip_prefix("-L") {
            Some("") => words.next().unwrap_or_default(),
            Some(directory) => directory,
            None => continue,
        };
        if directory.starts_with('/') {
            found.push(PathBuf::from(directory));
        }
    }
    found
}

/// Where the compiler of the shell links its C++ runtime from (nixpkgs' cc-wrapper/default.nix).
fn compiler_runtime(compiler: &str) -> Vec<PathBuf> {
    if !compiler.starts_with('/') {
        return Vec::new();
    }
    let path = Path::new(compiler).join("nix-support/cc-ldflags");
    let flags = fsx::read_text(&path, MAX_LIST).ok().flatten().unwrap_or_default();
    link_directories(&flags)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(root: &Path, name: &str, propagates: &[&str]) -> String {
        let package = root.join(name);
        fs::create_dir_all(package.join("lib")).unwrap();
        fs::create_dir_all(package.join("nix-support")).unwrap();
        let list =
            propagates.iter().map(|name| format!("{} ", root.join(name).display())).collect::<String>();
        fs::write(package.join("nix-support/propagated-build-inputs"), list).unwrap();
        package.display().to_string()
    }

    #[test]
    fn the_order_is_user_inputs_flags_compiler() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        let dev = package(root, "zlib-dev", &["zlib", "zlib-dev"]);
        package(root, "zlib", &[]);
        let (own, flags, gcc, cc) = (
            package(root, "own", &[]),
            package(root, "flags", &[]),
            package(root, "gcc", &[]),
            package(root, "cc", &[]),
        );
        fs::write(root.join("cc/nix-support/cc-ldflags"), format!("-L{gcc}/lib -L{gcc}/none")).unwrap();
        let shell = ShellVariables {
            library_path: format!("{own}/lib:relative"),
            inputs: format!("{dev} relative"),
            ldflags: format!("-rpath /x -L{flags}/lib -L {own}/lib"),
            compiler: cc,
            ld_library_path: format!("{own}/lib"),
        };
        let found = directories(&shell, &[]);
        let wanted = ["own", "zlib-dev", "zlib", "flags", "gcc"].map(|name| root.join(name).join("lib"));
        assert_eq!((found.accepted.as_slice(), found.refused.len()), (&wanted[..], 0));
    }

    #[test]
    fn a_directory_with_a_libc_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let glibc = package(root.path(), "glibc", &[]);
        fs::write(root.path().join("glibc/lib/libc.so.6"), "").unwrap();
        let found = directories(&ShellVariables { inputs: glibc, ..Default::default() }, &[]);
        assert_eq!((found.accepted.len(), found.refused), (0, vec![root.path().join("glibc/lib")]));
    }
}
