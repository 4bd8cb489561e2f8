//! Objects of the machine's compiler and linker, for what made ones cannot tell: code, symbols, versions.

use std::path::Path;

use super::layout::Layout;
use super::{Folder, command};

/// Compiles a source into an object at `output` below a folder. `@` in options stands for the folder.
#[track_caller]
pub fn cc(folder: &Folder, output: &str, source: &str, options: &[&str]) {
    let root = folder.path().to_str().unwrap();
    let path = folder.join(output);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let sources = Folder::new();
    let source = sources.write("source.c", source);
    let options = options.iter().map(|option| option.replace('@', root));
    let built = command("cc", folder.path())
        .arg("-o")
        .args([path, source])
        .args(["-w", "-Wl,--no-as-needed"])
        .args(options)
        .output()
        .unwrap();
    assert!(built.status.success(), "{output}: {}", String::from_utf8_lossy(&built.stderr));
}

/// A shared library whose SONAME is its file name.
#[track_caller]
pub fn library(folder: &Folder, path: &str, source: &str, options: &[&str]) {
    let name = Path::new(path).file_name().unwrap().to_str().unwrap();
    let soname = format!("-Wl,-soname,{name}");
    cc(folder, path, source, &[&["-shared", "-fPIC", "-nostdlib", soname.as_str()], options].concat());
}

/// A library that defines functions, each of one symbol version.
#[track_caller]
pub fn versioned(folder: &Folder, path: &str, symbols: &[(&str, &str)], options: &[&str]) {
    let source: String =
        symbols.iter().map(|(name, _)| format!("int {name}(void) {{ return 1; }}\n")).collect();
    let map: String = symbols.iter().map(|(name, version)| format!("{version} {{ {name}; }};\n")).collect();
    let scripts = Folder::new();
    let script = format!("-Wl,--version-script={}", scripts.write("map", map).display());
    library(folder, path, &source, &[&[script.as_str()], options].concat());
}

/// A program without libc, which is to be traced and not to run.
#[track_caller]
pub fn program(layout: &Layout, path: &str, calls: &[&str], options: &[&str]) {
    let options = [&["-nostdlib", "-e", "start"], options].concat();
    cc(&layout.folder, path, &calling("start", calls), &options);
}

/// A function that calls others.
pub fn calling(name: &str, others: &[&str]) -> String {
    let declared: String = others.iter().map(|other| format!("int {other}(void);\n")).collect();
    let called: String = others.iter().map(|other| format!(" + {other}()")).collect();
    format!("{declared}int {name}(void) {{ return 0{called}; }}\n")
}
