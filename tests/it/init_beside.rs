//! init among the files that a project has already.

use super::support::{Folder, venvfix};

#[test]
fn a_source_that_cannot_be_executed_is_no_program() {
    let folder = Folder::new();
    folder.write("text", "root:x:0:0\n");
    venvfix(folder.path(), ["init", "--source", "text"]).exits(2).says(&["is no program"]);
    assert!(!folder.join("shell.nix").exists());
}

#[test]
fn a_lock_or_settings_that_say_what_to_install_need_no_requirements_txt() {
    for (name, text) in [
        ("uv.lock", "version = 1\n"),
        ("pylock.toml", "lock-version = '1.0'\n"),
        ("pyproject.toml", "[project]\nname = 'x'\n"),
        ("venvfix.toml", "requirements = ['dev.txt']\n"),
    ] {
        let folder = Folder::new();
        folder.write("dev.txt", "");
        folder.write(name, text);
        venvfix(folder.path(), ["init"]).exits(0).says(&["wrote"]).silent_about(&["no requirements.txt yet"]);
    }
    let folder = Folder::new();
    venvfix(folder.path(), ["init"]).exits(0).says(&["there is no requirements.txt yet"]);
}

#[test]
fn a_python_that_is_not_to_be_had_or_not_wanted_is_a_warning() {
    let folder = Folder::new();
    folder.write("pyproject.toml", "[project]\nname = 'x'\nrequires-python = '>=3.11'\n");
    venvfix(folder.path(), ["init", "--python", "3.99"])
        .exits(0)
        .says(&["warning: this nixpkgs is not known to have python399"]);
    venvfix(folder.path(), ["init", "--force", "--python", "3.9"])
        .exits(0)
        .says(&["requires-python is >=3.11, and not 3.9"]);
    folder.write(".python-version", "pypy3.10\n");
    venvfix(folder.path(), ["init", "--force"]).exits(0).says(&["warning: .python-version names pypy3.10"]);
}
