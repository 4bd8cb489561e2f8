//! Settings that are wrong: the file, the key, the way out; exit code 2.

use super::support::{Folder, venvfix};

#[test]
fn each_mistake_is_named_with_its_file_and_exits_2() {
    let cases = [
        ("venv_dir = 'x'", "unknown key `venv_dir`", "did you mean `venv-dir`?"),
        ("zzzzz = 1", "unknown key `zzzzz`", "the keys are extras,"),
        ("venv-dir = '../outside'", "venv-dir lies outside the project: ../outside", "name a path below"),
        ("venv-dir = '.'", "venv-dir lies outside the project", ""),
        ("venv-dir = 3", "invalid type", ""),
        ("provide = 'magic'", "unknown variant `magic`", ""),
        ("=", "is not valid TOML", ""),
    ];
    for (text, message, help) in cases {
        let folder = Folder::new();
        folder.write("venvfix.toml", text);
        for command in ["doctor", "enter"] {
            let ended = venvfix(folder.path(), [command]).exits(2).says(&["venvfix.toml", message, help]);
            assert!(ended.stdout.is_empty());
        }
    }
}

#[test]
fn the_project_is_found_from_a_folder_below() {
    let folder = Folder::new();
    folder.write("venvfix.toml", "venv-dir = 'elsewhere'");
    folder.write("a/b/c", "");
    venvfix(&folder.join("a/b"), ["doctor"]).exits(3).says(&["elsewhere"]);
    venvfix(std::path::Path::new("/"), ["-C", folder.join("a").to_str().unwrap(), "doctor"])
        .exits(3)
        .says(&["elsewhere"]);
}
