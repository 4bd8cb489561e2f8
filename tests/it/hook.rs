//! The hook in a real bash: whatever the program does, the shell goes on.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::support::{Ended, Folder, command, venvfix};

/// A bash that has loaded the hook of a stand-in program and calls it, under the options that
/// nix-shell and strict people set.
fn shell_with(program: &str, options: &str, script: &str) -> Ended {
    let folder = Folder::new();
    let stand_in = folder.write("it's a folder/venvfix", format!("#!/bin/sh\n{program}\n"));
    std::fs::set_permissions(&stand_in, std::fs::Permissions::from_mode(0o755)).unwrap();
    let hook = hook_for(&stand_in);
    let text = format!("{options}\n{hook}\n{script}");
    // Where the tests run in the background, SIGINT is ignored, and bash then lets nobody trap it.
    command("env", folder.path())
        .args(["--default-signal=INT", "bash", "--norc", "--noprofile", "-c", &text])
        .output()
        .unwrap()
        .into()
}

fn hook_for(program: &Path) -> String {
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("hooks/venvfix.bash")).unwrap();
    let quoted = program.to_str().unwrap().replace('\'', "'\\''");
    text.replace("@program@", &format!("'{quoted}'"))
}

const STRICT: &str = "set -euo pipefail; shopt -s nullglob inherit_errexit";

#[test]
fn the_environment_is_taken_over() {
    let program = "printf '%s\\n' \"\\builtin export A='x y'\" '\\builtin unset -v B' '# venvfix: end'";
    for options in ["", STRICT, "set -f", "alias export=false printf=false; shopt -s expand_aliases"] {
        let ended = shell_with(program, options, "B=1; venvfix-enter; echo \"$A,${B-none},$?\"").exits(0);
        assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("x y,none,0\n", ""), "{options}");
    }
}

#[test]
fn a_program_that_fails_dies_or_prints_half_changes_nothing() {
    let bad = [
        "exit 3",
        "kill -9 $$",
        "echo 'export A=half'",
        "printf 'export A=half\\n# venvfix: en'",
        "echo 'export A=half'; exit 1",
    ];
    for program in bad {
        for options in ["", STRICT] {
            let ended = shell_with(program, options, "venvfix-enter; echo \"alive ${A-none}\"").exits(0);
            assert_eq!(ended.stdout, "alive none\n", "{program}");
            ended.says(&["the environment was not entered", "VENVFIX_SKIP=1"]);
        }
    }
}

#[test]
fn a_program_that_is_gone_is_looked_for_on_path_and_then_said() {
    let folder = Folder::new();
    let text = format!(
        "{STRICT}\n{}\nPATH=/nowhere; venvfix-enter; echo alive",
        hook_for(Path::new("/nix/store/gone"))
    );
    let ended: Ended = command("bash", folder.path()).args(["--norc", "-c", &text]).output().unwrap().into();
    let ended = ended.exits(0).says(&["the program is gone"]);
    assert_eq!(ended.stdout, "alive\n");
}

#[test]
fn skip_does_nothing_and_the_status_is_kept() {
    let ended = shell_with(
        "exit 9",
        "",
        "VENVFIX_SKIP=1; venvfix-enter; echo \"$?\"; (exit 5); venvfix-enter; echo \"$?\"",
    );
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("0\n5\n", ""));
    let ended = shell_with("echo '# venvfix: end'", "", "(exit 5); venvfix-enter; echo \"$?\"");
    assert_eq!(ended.stdout, "5\n");
}

#[test]
fn the_callers_trap_and_options_are_as_before() {
    let script = "trap 'echo mine' INT; before=\"$(shopt -p; set +o)\"; venvfix-enter; trap -p INT; \
                  [ \"$before\" = \"$(shopt -p; set +o)\" ] && echo same";
    let ended = shell_with("echo '# venvfix: end'", "", script).exits(0);
    assert_eq!(ended.stdout, "trap -- 'echo mine' SIGINT\nsame\n");
}

#[test]
fn ctrl_c_ends_the_program_and_not_the_shell() {
    // The stand-in interrupts the whole group, as a terminal does.
    let script = "venvfix-enter; echo alive";
    let ended = shell_with("kill -INT 0; sleep 5; echo '# venvfix: end'", "set -m", &format!("({script})"));
    assert_eq!(ended.stdout, "alive\n", "{ended:?}");
}

#[test]
fn the_program_prints_the_hook_with_its_own_path() {
    let folder = Folder::new();
    let ended = venvfix(folder.path(), ["hook", "bash"]).exits(0);
    assert!(!ended.stdout.contains("@program@"));
    ended.prints(&[super::support::VENVFIX, "venvfix-enter()"]);
    venvfix(folder.path(), ["hook", "tcsh"]).exits(2).says(&["tcsh", "bash"]);
}

#[test]
fn shellcheck_finds_nothing() {
    let hook = Path::new(env!("CARGO_MANIFEST_DIR")).join("hooks/venvfix.bash");
    let Ok(output) = command("shellcheck", Path::new("/")).args(["--shell=bash"]).arg(hook).output() else {
        return super::support::cannot_run("shellcheck is not installed");
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
