//! Layouts of made objects, loaded by the model and by the machine's own loader.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use venvfix::loader::{DiskFiles, Outcome, Process, Resolver, System};

use super::cc::cc;
use super::object::{Object, host, link};
use super::{Folder, cannot_run, command};

/// What a start or a dlopen comes to: the objects found, each as its path, with the name it was asked for
/// by where that differs; and the names not found. Or the message of a failure.
#[derive(Debug, PartialEq, Eq)]
pub enum Seen {
    Loaded { found: BTreeSet<String>, missing: BTreeSet<String> },
    Failed(String),
}

/// Objects on disk.
pub struct Layout {
    pub folder: Folder,
    library_path: String,
}

impl Layout {
    pub fn new(objects: &[Object]) -> Self {
        let folder = Folder::new();
        // Where the processes run: relative search paths lead to nothing there.
        std::fs::create_dir(folder.join("elsewhere")).unwrap();
        objects.iter().for_each(|object| object.write(&folder));
        Self { folder, library_path: String::new() }
    }

    pub fn link(self, path: &str, target: &str) -> Self {
        link(&self.folder, path, target);
        self
    }

    pub fn library_path(mut self, text: &str) -> Self {
        self.library_path = text.replace('@', self.folder.path().to_str().unwrap());
        self
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = command(program, &self.folder.join("elsewhere"));
        command.env("LD_LIBRARY_PATH", &self.library_path);
        command
    }

    fn system(&self) -> System {
        let (machine, loader) = host().unwrap();
        let system = System::of_loader(Path::new(loader), machine).with_cache(machine);
        System { library_path: self.library_path.clone().into(), ..system }
    }

    /// What is seen with the folder's name taken out.
    fn short(&self, text: &str) -> String {
        text.replace(self.folder.path().to_str().unwrap(), "@")
    }

    /// Starts a program in both, which must agree; what they see.
    #[track_caller]
    pub fn starts(&self, program: &str) -> Seen {
        let program = self.folder.join(program);
        let (machine, _) = host().unwrap();
        let (files, system) = (DiskFiles::default(), self.system());
        let process = Resolver::new(&files, &system, machine).start(&program, &|_| None);
        let model = self.modelled(&process);
        let real = self.traced(&program);
        assert_eq!(model, real, "the model (left) and the loader (right)");
        model
    }

    /// The same where neither has ld.so.cache.
    #[track_caller]
    pub fn starts_without_cache(&self, program: &str) -> Seen {
        let program = self.folder.join(program);
        let (machine, loader) = host().unwrap();
        let (files, system) = (DiskFiles::default(), System { cache: None, ..self.system() });
        let process = Resolver::new(&files, &system, machine).start(&program, &|_| None);
        let model = self.modelled(&process);
        let real = self.traced_by(Path::new(loader), &["--inhibit-cache".as_ref(), program.as_os_str()]);
        assert_eq!(model, real, "the model (left) and the loader (right)");
        model
    }

    /// By the model.
    pub fn modelled_start(&self, program: &str) -> Seen {
        let (machine, _) = host().unwrap();
        let (files, system) = (DiskFiles::default(), self.system());
        self.modelled(&Resolver::new(&files, &system, machine).start(&self.folder.join(program), &|_| None))
    }

    /// By the loader itself.
    pub fn traced(&self, program: &Path) -> Seen {
        self.traced_by(program, &[])
    }

    fn traced_by(&self, program: &Path, arguments: &[&OsStr]) -> Seen {
        let mut command = self.command(program);
        let output = command.args(arguments).env("LD_TRACE_LOADED_OBJECTS", "1").output().unwrap();
        let (text, errors) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if !output.status.success() {
            let message = errors.trim().rsplit_once("libraries: ").unwrap_or_else(|| panic!("{errors}")).1;
            return Seen::Failed(without_directory(message));
        }
        let (mut found, mut missing) = (BTreeSet::new(), BTreeSet::new());
        for line in text.lines().map(str::trim) {
            if let Some(name) = line.strip_suffix(" => not found") {
                missing.insert(self.short(name));
                continue;
            }
            let line = line.rsplit_once(" (0x").map_or(line, |(line, _)| line);
            let (name, path) = line.split_once(" => ").unwrap_or((line, line));
            if path != "statically linked" && !is_the_systems_own(path) {
                found.insert(self.short(&told(name, path)));
            }
        }
        Seen::Loaded { found, missing }
    }

    fn modelled(&self, process: &Process) -> Seen {
        let (mut found, mut missing, mut seen) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::from([0]));
        for need in process.needs(0) {
            match need.outcome {
                Outcome::Loaded(index) => {
                    let path = process.loads[*index].path.to_str().unwrap();
                    if seen.insert(*index) && !is_the_systems_own(path) {
                        found.insert(self.short(&told(need.name, path)));
                    }
                }
                Outcome::Missing => {
                    missing.insert(self.short(need.name));
                }
                Outcome::Refused(refusal) => {
                    let text = format!("{}: {}", refusal.path.display(), refusal.why);
                    return Seen::Failed(without_directory(&text));
                }
                Outcome::Assumed => {}
            }
        }
        Seen::Loaded { found, missing }
    }

    /// Opens modules in a process, one after the other, in both, which must agree; whether each opens,
    /// or the name that failed.
    #[track_caller]
    pub fn opens(&self, modules: &[&str]) -> Vec<Result<(), String>> {
        self.opens_by(Opener::plain(), modules)
    }

    /// The same in the process of an opener.
    #[track_caller]
    pub fn opens_by(&self, opener: &Opener, modules: &[&str]) -> Vec<Result<(), String>> {
        let (machine, _) = host().unwrap();
        let paths: Vec<PathBuf> = modules.iter().map(|path| self.folder.join(path)).collect();
        let output = self.command(&opener.path).args(&paths).output().unwrap();
        let text = self.short(&String::from_utf8_lossy(&output.stdout));
        let real: Vec<&str> = text.lines().collect();

        let (files, system) = (DiskFiles::default(), self.system());
        let resolver = Resolver::new(&files, &system, machine);
        let mut process = resolver.start(&opener.path, &|_| None);
        let mut all = Vec::new();
        for (path, real) in paths.iter().zip(real) {
            let after = resolver.open(&process, path, &|_| None);
            let failure = self.failure(&after, process.loads.len());
            let result = match failure.or_else(|| lack(&resolver, &after, process.loads.len())) {
                Some(text) => Err(without_directory(&text)),
                None => Ok(()),
            };
            match &result {
                Ok(()) => process = after,
                Err(wanted) => {
                    assert!(without_directory(real).starts_with(wanted), "{wanted}, and really: {real}");
                }
            }
            assert_eq!(result.is_ok(), real == "opened", "{result:?}, and really: {real}");
            all.push(result);
        }
        all
    }

    /// What fails first in the loader's order: a name, or a file and why.
    fn failure(&self, process: &Process, first: usize) -> Option<String> {
        process.needs(first).find_map(|need| match need.outcome {
            Outcome::Missing => Some(need.name.to_string()),
            Outcome::Refused(refusal) => Some(format!("{}: {}", refusal.path.display(), refusal.why)),
            _ => None,
        })
    }
}

/// The first symbol version in vain.
fn lack(resolver: &Resolver<'_>, process: &Process, first: usize) -> Option<String> {
    let lack = resolver.lacking(process, first).into_iter().next()?;
    let library = process.loads[lack.library].path.display();
    Some(format!("{library}: version `{}' not found", lack.versions.first()?))
}

/// A message without the directory of its file: the loader gives it in some messages and not in others.
fn without_directory(message: &str) -> String {
    let (path, why) = message.split_once(": ").unwrap_or((message, ""));
    let name = path.rsplit('/').next().unwrap_or_default();
    if why.is_empty() { name.to_owned() } else { format!("{name}: {why}") }
}

/// The name an object was asked for by, where it says more than the path.
fn told(name: &str, path: &str) -> String {
    let plain = name.contains('/') || name.contains('$') || path.rsplit('/').next() == Some(name);
    if plain { path.to_owned() } else { format!("{name} => {path}") }
}

/// The loader and what the kernel brings: each process has them.
fn is_the_systems_own(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.starts_with("ld-") || name.starts_with("linux-vdso")
}

/// A program that opens each module it is told, and says how that went.
pub struct Opener {
    path: PathBuf,
    _kept: Folder,
}

impl Opener {
    /// Linked with options, in which `@` stands for the layout's folder.
    pub fn with(layout: &Layout, options: &[&str]) -> Self {
        let kept = Folder::new();
        let source = "#include <dlfcn.h>\n#include <stdio.h>\n\
                      __attribute__((weak)) void *open_it(char *path) { return dlopen(path, RTLD_NOW); }\n\
                      int main(int count, char **paths) {\n\
                      for (int i = 1; i < count; i++) puts(open_it(paths[i]) ? \"opened\" : dlerror());\n}\n";
        let root = layout.folder.path().to_str().unwrap();
        let options: Vec<String> = options.iter().map(|option| option.replace('@', root)).collect();
        let options: Vec<&str> = options.iter().map(String::as_str).chain(["-ldl"]).collect();
        cc(&kept, "opener", source, &options);
        Self { path: kept.join("opener"), _kept: kept }
    }

    fn plain() -> &'static Self {
        static PLAIN: OnceLock<Opener> = OnceLock::new();
        PLAIN.get_or_init(|| Self::with(&Layout::new(&[]), &[]))
    }
}

/// Whether the machine's loader is one that the layouts are made for; says so if not.
pub fn ready() -> bool {
    let ready = host().is_some_and(|(_, loader)| Path::new(loader).exists());
    if !ready {
        cannot_run("the machine's loader is not one that layouts are made for");
    }
    ready
}
