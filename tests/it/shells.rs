//! The hooks in real shells: whatever the program does, the shell goes on, and leaving leads back.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use venvfix::shell::{Changes, Shell, Surroundings, activation, quote_posix};

use super::support::shell::{BASH, FISH, Kind, StandIn, ZSH, shells};
use super::support::{Ended, Folder, VENVFIX, cannot_run, command, venvfix};

fn entering(venv: &Path, path: &OsStr, libraries: Option<(&Path, &OsStr)>) -> Changes {
    let python_path = OsStr::new("/my lib:/nix/store/a-numpy/lib/python3.12/site-packages");
    activation(&Surroundings { venv, path, left: None, python_path, libraries, uv_downloads_settled: false })
}

fn changes(venv: &str) -> Changes {
    let path = std::env::var_os("PATH").unwrap();
    let libraries = Path::new(venv).join("links");
    entering(Path::new(venv), &path, Some((&libraries, OsStr::new("/mine"))))
}

/// `env -0`, sorted, without what shells change by themselves.
fn variables(file: PathBuf) -> Vec<String> {
    let text = fs::read(file).unwrap();
    let mut found: Vec<String> =
        text.split(|byte| *byte == 0).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    found.retain(|line| !["", "_", "PS1", "SHLVL"].contains(&line.split('=').next().unwrap()));
    found.sort();
    found
}

const HOSTILE_VENV: &str = "/a b/it's \"q\" $HOME `x` \\ &\nnew\\";

#[test]
fn deactivating_leads_back_to_before_the_first_entry() {
    for kind in shells() {
        let stand_in = StandIn::printing(&changes(HOSTILE_VENV), kind);
        let before = kind.exports(&[
            ("LD_LIBRARY_PATH", "/mine"),
            ("PYTHONHOME", "a b\n'c' \"d\" $e \\ & * [x"),
            ("SOURCE_DATE_EPOCH", "315532800"),
        ]);
        let body = "env -0 > before; venvfix-enter; env -0 > inside; venvfix-enter; env -0 > again; deactivate; env -0 > after; echo alive";
        for options in kind.options {
            // The files are there for noclobber to refuse; the test itself must write.
            for name in ["before", "inside", "again", "after"] {
                let _ = fs::remove_file(stand_in.folder.join(name));
            }
            let ended = kind.run(&stand_in, options, &format!("{before}{body}"));
            let context = format!("{} {options:?} {ended:?}", kind.name);
            assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("alive\n", ""), "{context}");
            let read = |name: &str| variables(stand_in.folder.join(name));
            let inside = read("inside");
            assert!(inside.contains(&format!("VIRTUAL_ENV={HOSTILE_VENV}")), "{context}\n{inside:?}");
            assert!(inside.contains(&format!("LD_LIBRARY_PATH={HOSTILE_VENV}/links:/mine")), "{inside:?}");
            assert!(!inside.iter().any(|line| line.starts_with("PYTHONHOME=")), "{context}");
            assert_eq!(inside, read("again"), "{context}");
            assert_eq!(read("before"), read("after"), "{context}");
        }
    }
}

#[test]
fn a_variable_that_was_not_exported_is_not_exported_by_deactivating() {
    for kind in shells() {
        let stand_in = StandIn::printing(&changes("/v"), kind);
        let set = if kind.speaks == Shell::Fish { "set -g PYTHONHOME old" } else { "PYTHONHOME=old" };
        let body = format!("{set}; venvfix-enter; deactivate; echo $PYTHONHOME; env");
        let ended = kind.run(&stand_in, "", &body).exits(0);
        assert!(ended.stdout.starts_with("old\n"), "{ended:?}");
        assert!(!ended.stdout.contains("PYTHONHOME"), "{ended:?}");
    }
}

#[test]
fn what_the_user_added_to_path_meanwhile_stays() {
    for kind in shells() {
        let stand_in = StandIn::printing(&changes("/v"), kind);
        let body = match kind.speaks {
            Shell::Fish => {
                "venvfix-enter; set -gx PATH /added $PATH; set -gx LD_LIBRARY_PATH /added $LD_LIBRARY_PATH; deactivate; env"
            }
            _ => "venvfix-enter; PATH=/added:$PATH; LD_LIBRARY_PATH=/added:$LD_LIBRARY_PATH; deactivate; env",
        };
        let ended = kind.run(&stand_in, "", body).exits(0);
        let path = format!("PATH=/added:{}\n", std::env::var("PATH").unwrap());
        assert!(ended.stdout.contains(&path), "{ended:?}");
        assert!(ended.stdout.contains("LD_LIBRARY_PATH=/added:/mine\n"), "{ended:?}");
    }
}

#[test]
fn a_search_path_that_there_was_not_is_gone_again() {
    for kind in shells() {
        let path = std::env::var_os("PATH").unwrap();
        let libraries = Some((Path::new("/v/links"), OsStr::new("")));
        let stand_in = StandIn::printing(&entering(Path::new("/v"), &path, libraries), kind);
        let ended = kind.run(&stand_in, "", "venvfix-enter; env; deactivate; echo after; env").exits(0);
        let (inside, after) = ended.stdout.split_once("after\n").unwrap();
        assert!(inside.contains("LD_LIBRARY_PATH=/v/links\n"), "{ended:?}");
        assert!(!after.contains("LD_LIBRARY_PATH"), "{ended:?}");
    }
}

#[test]
fn entering_another_project_and_deactivating_leaves_both() {
    for kind in shells() {
        let stand_in = StandIn::printing(&changes("/first"), kind);
        let second = StandIn::printing(&changes("/second"), kind);
        let path = format!("/first/bin:{}", std::env::var("PATH").unwrap());
        second.prints(&entering(Path::new("/second"), OsStr::new(&path), None), kind);
        let printed = second.program.with_file_name("printed");
        let copy = stand_in.folder.write("second", fs::read(printed).unwrap());
        let target = stand_in.program.with_file_name("printed");
        let quoted = |path: &Path| String::from_utf8((kind.quote)(path.as_os_str().as_bytes())).unwrap();
        let body = format!(
            "env -0 > before; venvfix-enter; cp {} {}; venvfix-enter; env -0 > inside; deactivate; env -0 > after",
            quoted(&copy),
            quoted(&target)
        );
        let body = format!("{}{body}", kind.exports(&[("LD_LIBRARY_PATH", "/mine")]));
        let ended = kind.run(&stand_in, "", &body).exits(0);
        assert_eq!(ended.stderr, "");
        let read = |name: &str| variables(stand_in.folder.join(name));
        assert!(read("inside").iter().any(|line| line.starts_with("PATH=/second/bin:/first/bin:")));
        assert_eq!(read("before"), read("after"), "{}", kind.name);
    }
}

#[test]
fn deactivate_is_there_only_inside_and_that_of_another_venv_comes_back() {
    for kind in shells() {
        let stand_in = StandIn::printing(&changes("/v"), kind);
        let is_there = match kind.speaks {
            Shell::Fish => "functions -q deactivate; and echo yes; or echo no",
            Shell::Bash => "declare -F deactivate > /dev/null && echo yes || echo no",
            _ => "(( $+functions[deactivate] )) && echo yes || echo no",
        };
        let body = format!("{is_there}\nvenvfix-enter\n{is_there}\ndeactivate\n{is_there}");
        let ended = kind.run(&stand_in, "", &body).exits(0);
        assert_eq!(ended.stdout, "no\nyes\nno\n", "{ended:?}");
        let other = match kind.speaks {
            Shell::Fish => "function deactivate; echo theirs; end",
            _ => "deactivate () { echo theirs; }",
        };
        let body = format!("{other}\nvenvfix-enter\nvenvfix-enter\ndeactivate\ndeactivate");
        let ended = kind.run(&stand_in, "", &body).exits(0);
        assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("theirs\n", ""), "{}", kind.name);
    }
}

#[test]
fn a_real_activate_script_may_come_in_between() {
    let folder = Folder::new();
    let made = command("python3", folder.path()).args(["-m", "venv", "--without-pip", "other"]).output();
    assert!(made.unwrap().status.success());
    for kind in shells() {
        let stand_in = StandIn::printing(&changes("/v"), kind);
        let file = if kind.speaks == Shell::Fish { "activate.fish" } else { "activate" };
        let activate = folder.join("other/bin").join(file);
        let activate = String::from_utf8((kind.quote)(activate.as_os_str().as_bytes())).unwrap();
        let body = format!(
            "env -0 > before; venvfix-enter; source {activate}; deactivate; venvfix-enter; deactivate; env -0 > after; echo alive"
        );
        let body = format!("{}{body}", kind.exports(&[("LD_LIBRARY_PATH", "/mine")]));
        let ended = kind.run(&stand_in, "", &body).exits(0);
        assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("alive\n", ""), "{}", kind.name);
        let read = |name: &str| variables(stand_in.folder.join(name));
        assert_eq!(read("before"), read("after"), "{}", kind.name);
    }
}

#[test]
fn a_program_that_fails_dies_or_prints_half_changes_nothing() {
    for kind in shells() {
        let half = match kind.speaks {
            Shell::Fish => "set -gx A half",
            _ => "export A=half",
        };
        let bad = [
            "exit 3".to_owned(),
            "exit 0".to_owned(),
            "kill -9 $$".to_owned(),
            format!("echo '{half}'"),
            format!("printf '{half}\\n# venvfix: en'"),
            format!("echo '{half}'; exit 1"),
            format!("echo '{half}'; echo '# venvfix: end'; echo more"),
        ];
        for program in bad {
            let stand_in = StandIn::new(&program);
            for options in kind.options {
                let ended = kind.run(&stand_in, options, "venvfix-enter; env; echo alive").exits(0);
                assert!(ended.stdout.ends_with("\nalive\n"), "{ended:?}");
                assert!(!ended.stdout.contains("half"), "{program} {ended:?}");
                ended.says(&["the environment was not entered", "VENVFIX_SKIP=1"]);
            }
        }
    }
}

#[test]
fn a_program_that_is_gone_is_looked_for_on_path_and_then_said() {
    for kind in shells() {
        let stand_in = StandIn::at("bin/venvfix", "echo looked for >&2; cat \"${0%/*}/printed\"");
        stand_in.prints(&changes("/v"), kind);
        let hook = kind.hook(Path::new("/nix/store/gone"));
        for options in kind.options {
            let run = |path: &str, script: &str| -> Ended {
                let script = format!("{}{script}", kind.exports(&[("PATH", path)]));
                kind.command(stand_in.folder.path(), options, &hook, &script).output().unwrap().into()
            };
            let ended = run("/nowhere", "venvfix-enter; echo alive").exits(0).says(&["the program is gone"]);
            assert_eq!(ended.stdout, "alive\n");
            let path = format!("{}:/usr/bin:/bin", stand_in.folder.join("bin").display());
            let ended = run(&path, "venvfix-enter; echo \"$VIRTUAL_ENV\"").exits(0).says(&["looked for"]);
            assert_eq!(ended.stdout, "/v\n");
        }
    }
}

#[test]
fn the_status_is_kept_and_skip_does_nothing() {
    for kind in shells() {
        let stand_in = StandIn::printing(&changes("/v"), kind);
        let body = format!("sh -c 'exit 5'; venvfix-enter; echo \"{0} $VIRTUAL_ENV\"", kind.status);
        assert_eq!(kind.run(&stand_in, "", &body).stdout, "5 /v\n", "{}", kind.name);
        let skipped = format!("{}{body}", kind.exports(&[("VENVFIX_SKIP", "1")]));
        let ended = kind.run(&stand_in, "", &skipped);
        assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("5 \n", ""), "{}", kind.name);
    }
}

#[test]
fn an_earlier_status_does_not_end_a_strict_shell() {
    for (kind, options) in [(BASH, "set -e"), (ZSH, "set -e"), (ZSH, "setopt err_return")] {
        let stand_in = StandIn::printing(&changes("/v"), kind);
        let ended = kind.run(&stand_in, options, "false && true; venvfix-enter; echo alive").exits(0);
        assert_eq!(ended.stdout, "alive\n");
    }
}

#[test]
fn aliases_and_functions_named_like_commands_are_not_called() {
    const NAMES: &str = "[ test : printf echo export eval return local trap type unset declare typeset set \
                         whence functions emulate command cd true false continue break read shift source";
    for kind in [BASH, ZSH] {
        let stand_in = StandIn::printing(&changes("/v"), kind);
        for named in ["alias -- \"$name=exit 9 #\"", "eval \"function $name { exit 9; }\""] {
            // The words are not said before the names are taken: eval runs what is read by then.
            let expand =
                if kind.speaks == Shell::Bash { "shopt -s expand_aliases" } else { "setopt aliases" };
            let hook = String::from_utf8(quote_posix(&kind.hook(&stand_in.program))).unwrap();
            let text = format!(
                "{expand}\nhook={hook}\nfor name in {NAMES} deactivate venvfix-enter; do\n\
                 case $name in eval|set) ;; deactivate|venvfix-enter) case '{named}' in *alias*) \\builtin alias -- \"$name=exit 9\" ;; esac ;; *) {named} ;; esac\ndone 2> /dev/null\n\
                 \\builtin eval \"$hook\"\n\\venvfix-enter\n\\builtin echo \"$VIRTUAL_ENV\"\n\\deactivate\n\\builtin echo \"alive ${{VIRTUAL_ENV-none}}\""
            );
            let mut run = command("env", stand_in.folder.path());
            run.args(["--default-signal=INT,QUIT", kind.name]).args(kind.start).arg(text);
            let ended = Ended::from(run.output().unwrap());
            assert_eq!(ended.stdout, "/v\nalive none\n", "{} {named} {ended:?}", kind.name);
        }
    }
    // fish reserves most of these names; the others can be taken.
    if shells().any(|kind| kind.speaks == Shell::Fish) {
        let stand_in = StandIn::printing(&changes("/v"), FISH);
        let options = "for name in echo printf source contains count functions fish_prompt cat env; function $name; exit 9; end; end 2> /dev/null";
        let body = "venvfix-enter; builtin echo $VIRTUAL_ENV; deactivate; builtin echo alive $VIRTUAL_ENV";
        assert_eq!(FISH.run(&stand_in, options, body).stdout, "/v\nalive\n");
    }
}

#[test]
fn the_callers_traps_and_options_are_as_before() {
    let said = |kind: Kind, body: &str| {
        let stand_in = StandIn::printing(&changes("/v"), kind);
        kind.run(&stand_in, "", body).exits(0).stdout
    };
    let body = "trap 'echo mine' INT; before=\"$(shopt -p; set +o)\"; venvfix-enter; trap -p INT; \
                [ \"$before\" = \"$(shopt -p; set +o)\" ] && echo same";
    assert_eq!(said(BASH, body), "trap -- 'echo mine' SIGINT\nsame\n");
    assert_eq!(said(BASH, "trap '' INT; venvfix-enter; trap -p INT"), "trap -- '' SIGINT\n");
    let body = "trap 'echo mine' INT; trap() { exit 9; }; venvfix-enter; unset -f trap; trap -p INT";
    assert_eq!(said(BASH, body), "trap -- 'echo mine' SIGINT\n");
    if shells().any(|kind| kind.speaks == Shell::Zsh) {
        let body = "trap 'echo mine' INT; before=\"$(setopt)\"; venvfix-enter; trap; \
                    [ \"$before\" = \"$(setopt)\" ] && echo same; TRAPINT() { echo mine }; venvfix-enter; functions TRAPINT";
        assert_eq!(said(ZSH, body), "trap -- 'echo mine' INT\nsame\nTRAPINT () {\n\techo mine\n}\n");
    }
}

#[test]
fn ctrl_c_ends_the_program_and_not_the_shell() {
    for kind in [BASH, ZSH] {
        // The stand-in interrupts the whole group, as a terminal does.
        let stand_in = StandIn::new("kill -INT 0; sleep 5; echo '# venvfix: end'");
        let hook = kind.hook(&stand_in.program);
        let run = kind.command(stand_in.folder.path(), "", &hook, "venvfix-enter; echo alive");
        let mut setsid = command("setsid", stand_in.folder.path());
        setsid.arg("--wait").arg(run.get_program()).args(run.get_args());
        let ended = Ended::from(setsid.output().unwrap());
        assert_eq!(ended.stdout, "alive\n", "{} {ended:?}", kind.name);
    }
}

#[test]
fn an_interactive_zsh_takes_the_hook_with_its_comments() {
    if !shells().any(|kind| kind.speaks == Shell::Zsh) {
        return;
    }
    let stand_in = StandIn::printing(&changes("/v"), ZSH);
    let mut kind = ZSH;
    kind.start = &["-f", "-i", "-c"];
    let ended = kind.run(&stand_in, "setopt no_interactive_comments", "venvfix-enter; echo $VIRTUAL_ENV");
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("/v\n", ""));
}

#[test]
fn a_universal_variable_of_fish_is_not_erased() {
    if !shells().any(|kind| kind.speaks == Shell::Fish) {
        return;
    }
    let stand_in = StandIn::printing(&changes("/v"), FISH);
    let body = "set -Ux PYTHONHOME mine; venvfix-enter; venvfix-enter; set -qU PYTHONHOME; and echo kept; deactivate; env | string match 'PYTHONHOME*'";
    // Without configuration fish has no universal variables.
    let kind = Kind { start: &["-c"], ..FISH };
    assert_eq!(kind.run(&stand_in, "", body).stdout, "kept\nPYTHONHOME=mine\n");
}

#[test]
fn a_long_path_is_not_cut() {
    for kind in shells() {
        let path: Vec<String> = (0..4000).map(|number| format!("/directory/number/{number}")).collect();
        let path = format!("{}:/usr/bin:/bin", path.join(":"));
        let stand_in = StandIn::printing(&entering(Path::new("/v"), OsStr::new(&path), None), kind);
        let ended = kind.run(&stand_in, "", "venvfix-enter; /usr/bin/env | /usr/bin/grep ^PATH=").exits(0);
        assert_eq!(ended.stdout, format!("PATH=/v/bin:{path}\n"), "{}", kind.name);
    }
}

#[test]
fn real_shells_give_every_quoted_value_back() {
    let config = ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() };
    for kind in shells() {
        let value = prop_oneof![
            prop::collection::vec(1u8.., 0..40),
            "[\\\\'\"$` \n\r\t!#~*?\\[\\]{}();&|<>^%\u{f600}\u{e9}a]{0,20}".prop_map(String::into_bytes),
        ];
        TestRunner::new(config.clone())
            .run(&value, |value| {
                let text = [b"printf %s ".as_slice(), &(kind.quote)(&value)].concat();
                let mut run = command(kind.name, Path::new("/"));
                let output = run.args(kind.start).arg(OsString::from_vec(text)).output().unwrap();
                prop_assert_eq!(output.stdout, value, "{}", kind.name);
                Ok(())
            })
            .unwrap();
    }
}

#[test]
fn a_value_that_is_no_text_comes_through_the_hook() {
    for kind in shells() {
        let odd = OsStr::from_bytes(b"/\xff\xfe'\\\n\n x");
        let stand_in = StandIn::printing(&vec![("VIRTUAL_ENV", Some(odd.to_owned()))], kind);
        let run = kind.command(
            stand_in.folder.path(),
            "",
            &kind.hook(&stand_in.program),
            "venvfix-enter; env -0 | tr '\\0\\n' '\\n\\t' | grep -a ^VIRTUAL_ENV=",
        );
        let mut run = run;
        let output = run.output().unwrap();
        assert_eq!(output.stdout, b"VIRTUAL_ENV=/\xff\xfe'\\\t\t x\n", "{} {output:?}", kind.name);
    }
}

#[test]
fn the_program_prints_each_hook_with_its_own_path() {
    let folder = Folder::new();
    for kind in shells() {
        let text = Ended::from(command(VENVFIX, folder.path()).args(["hook", kind.name]).output().unwrap());
        let text = text.exits(0).stdout;
        assert!(text.contains(VENVFIX) && !text.contains("@program@"), "{text}");
        assert_eq!(text.as_bytes(), kind.hook(Path::new(VENVFIX)));
    }
    venvfix(folder.path(), ["hook", "tcsh"]).exits(2).says(&["tcsh", "bash"]);
    venvfix(folder.path(), ["hook", "json"]).exits(2).says(&["json", "bash"]);
}

#[test]
fn shellcheck_finds_nothing() {
    for name in ["venvfix.bash", "venvfix.direnv"] {
        let hook = Path::new(env!("CARGO_MANIFEST_DIR")).join("hooks").join(name);
        let Ok(output) = command("shellcheck", Path::new("/")).args(["--shell=bash"]).arg(hook).output()
        else {
            return cannot_run("shellcheck is not installed");
        };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}
