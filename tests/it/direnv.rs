//! `use venvfix` in a real direnv.

use super::support::{Ended, Folder, VENVFIX, cannot_run, command, wheel};

/// A project with a made wheel and this .envrc, allowed.
fn project(envrc: &str) -> Option<Folder> {
    let folder = Folder::new();
    if command("direnv", folder.path()).arg("version").output().is_err() {
        cannot_run("direnv is not installed");
        return None;
    }
    wheel::make(&folder.join("wheels"), "beta", &[]);
    folder.write("requirements.txt", "--no-index\n--find-links wheels\n-r more.txt\n");
    folder.write("more.txt", "beta\n");
    folder.write(".envrc", envrc);
    direnv(&folder, &["allow"]).exits(0);
    Some(folder)
}

fn direnv(folder: &Folder, arguments: &[&str]) -> Ended {
    let mut run = command("direnv", folder.path());
    run.args(arguments).env("HOME", folder.join("home")).env_remove("XDG_CONFIG_HOME");
    run.env_remove("XDG_DATA_HOME").output().unwrap().into()
}

fn envrc(rest: &str) -> String {
    format!("eval \"$('{VENVFIX}' hook direnv)\"\n{rest}\n")
}

#[test]
fn use_venvfix_enters_and_watches_every_requirement_file() {
    let Some(folder) = project(&envrc("use venvfix; export AFTER=yes")) else { return };
    let script = "python -c 'import beta, sys; print(sys.prefix)'; echo $AFTER; direnv status";
    let ended = direnv(&folder, &["exec", ".", "sh", "-c", script]).exits(0).says(&["making .venv"]);
    assert!(ended.stdout.starts_with(&format!("{}\nyes\n", folder.join(".venv").display())), "{ended:?}");
    for name in ["requirements.txt", "more.txt", "venvfix.toml", "pyproject.toml", "shell.nix"] {
        assert!(ended.stdout.contains(&format!("watch: \"{name}\"")), "{name} {ended:?}");
    }
    direnv(&folder, &["exec", ".", "true"]).exits(0).silent_about(&["venvfix:"]);
}

#[test]
fn direnv_goes_on_whatever_the_program_does() {
    let Some(folder) = project(&envrc("strict_env; use venvfix; export AFTER=yes")) else { return };
    folder.write("venvfix.toml", "= 3");
    let script = "echo $AFTER; direnv status";
    let ended = direnv(&folder, &["exec", ".", "sh", "-c", script]).exits(0);
    let ended = ended.says(&["is not valid TOML", "the environment was not entered"]);
    // Mended, the file has direnv enter by itself.
    assert!(
        ended.stdout.starts_with("yes\n") && ended.stdout.contains("watch: \"venvfix.toml\""),
        "{ended:?}"
    );

    let gone =
        envrc("use venvfix; export AFTER=yes").replace("use venvfix", "PATH=/usr/bin:/bin; use venvfix");
    let hook = command(VENVFIX, folder.path()).args(["hook", "direnv"]).output().unwrap().stdout;
    let hook = String::from_utf8(hook).unwrap().replace(VENVFIX, "/nix/store/gone");
    folder.write("gone.bash", hook);
    folder.write(".envrc", gone.replace(&format!("eval \"$('{VENVFIX}' hook direnv)\""), "source gone.bash"));
    direnv(&folder, &["allow"]).exits(0);
    let ended = direnv(&folder, &["exec", ".", "sh", "-c", "echo $AFTER"]).exits(0);
    assert_eq!(ended.says(&["the program is gone"]).stdout, "yes\n");
}

#[test]
fn skip_has_direnv_do_nothing() {
    let Some(folder) = project(&envrc("export VENVFIX_SKIP=1; use venvfix; export AFTER=yes")) else {
        return;
    };
    let ended = direnv(&folder, &["exec", ".", "sh", "-c", "echo $AFTER; ls -d .venv"]);
    assert_eq!(ended.silent_about(&["venvfix:"]).stdout, "yes\n");
}
