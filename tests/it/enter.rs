//! enter on the machine itself, with made wheels from a local folder: no network, no Nix.

use std::io::{BufRead, Read};

use super::support::project::Project;
use super::support::{Ended, Folder, VENVFIX, cannot_run, command};

#[test]
fn the_venv_is_made_filled_and_printed_and_then_left_alone() {
    let project = Project::new("beta\n");
    let ended =
        project.enter().exits(0).says(&["making .venv (there was none)", "installing requirements.txt"]);
    let venv = project.folder.join(".venv");
    let quoted = |name: &str| format!("export VIRTUAL_ENV{name}");
    let ended = ended.prints(&[&quoted("='"), &quoted("_PROMPT='.venv'"), "unset -v SOURCE_DATE_EPOCH\n"]);
    assert!(
        ended.stdout.contains(&format!("\n\\builtin export PATH='{}/bin:", venv.display())),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.ends_with("# venvfix: end\n"));
    assert_eq!(project.folder.read(".venv/.gitignore"), "*\n");
    let again = project.enter().exits(0);
    assert_eq!((again.stdout, again.stderr.as_str()), (ended.stdout, ""));
    let names: Vec<_> =
        std::fs::read_dir(project.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn an_unchanged_project_starts_no_process_and_takes_no_lock() {
    let project = Project::new("beta\n");
    project.enter().exits(0);
    let trace = project.wheels.join("trace");
    let strace =
        ["strace", "-f", "-e", "trace=execve,clone,clone3,vfork,flock", "-o", trace.to_str().unwrap()];
    if command("strace", project.path()).arg("-V").output().is_err() {
        return cannot_run("strace is not installed");
    }
    project.run(&[&strace[..], &[VENVFIX, "enter"]].concat()).exits(0);
    let text = std::fs::read_to_string(trace).unwrap();
    let calls = text.lines().filter(|line| line.contains('(')).count();
    assert_eq!(calls, 1, "{text}");
}

#[test]
fn changed_requirements_are_installed_also_through_an_include() {
    let project = Project::new("-r more.txt\n");
    project.folder.write("more.txt", "# nothing yet\n");
    project.enter().exits(0);
    project.folder.write("more.txt", "beta\n");
    project
        .enter()
        .exits(0)
        .says(&["installing requirements.txt (more.txt, included from requirements.txt, changed)"]);
    project.run(&[".venv/bin/python", "-c", "import beta"]).exits(0);
}

#[test]
fn what_is_missing_is_said_at_once_and_on_each_entry() {
    let project = Project::new("alpha\n");
    project
        .enter()
        .exits(0)
        .says(&["1 library is missing for alpha 1.0: libnobodyknows.so.7", "help: venvfix doctor"]);
    project.enter().exits(0).says(&["1 library is still missing: libnobodyknows.so.7"]);
}

/// The notice named the newest path, which an older nixpkgs does not have.
#[test]
fn the_notice_names_what_the_nixpkgs_in_use_has() {
    for (release, attribute) in [("25.11", "clucene_core"), ("26.05", "clucene-core")] {
        let project = Project::new("gamma\n");
        let wheels = project.wheels.path();
        super::support::wheel::make(wheels, "gamma", &["--needs", "libclucene-core.so.1"]);
        let mut run = project.command(&[VENVFIX, "enter"]);
        let ended: Ended = run.env("VENVFIX_NIXPKGS_RELEASE", release).output().unwrap().into();
        ended.exits(0).says(&[&format!("help: venvfix add-lib {attribute}   #")]);
    }
}

#[test]
fn a_failed_install_says_pips_message_once_and_still_enters() {
    let project = Project::new("beta ~~ 1\n");
    let ended = project.enter().exits(0).says(&[
        "Invalid requirement",
        "pip could not install requirements.txt",
        "help: ",
    ]);
    assert_eq!(ended.stderr.matches("Invalid requirement").count(), 1, "{}", ended.stderr);
    assert!(ended.stdout.ends_with("# venvfix: end\n"));
    // Mended, the next entry installs without being told.
    project.folder.write("requirements.txt", "beta\n");
    project.enter().exits(0);
    project.run(&[".venv/bin/python", "-c", "import beta"]).exits(0);
}

#[test]
fn no_requirements_file_makes_an_empty_venv_and_says_so() {
    let project = Project::new("");
    std::fs::remove_file(project.folder.join("requirements.txt")).unwrap();
    project.enter().exits(0).says(&["making .venv", "no requirements.txt"]);
    project.run(&[".venv/bin/python", "-c", "pass"]).exits(0);
    project.folder.write("requirements.txt", "beta\n");
    project.enter().exits(0).says(&["installing requirements.txt (requirements.txt changed)"]);
}

#[test]
fn a_file_or_a_strangers_folder_in_its_place_is_not_touched() {
    let project = Project::new("beta\n");
    project.folder.write(".venv", "precious");
    project.enter().exits(3).says(&[".venv is not a directory", "help: move it away"]);
    assert_eq!(project.folder.read(".venv"), "precious");
    std::fs::remove_file(project.folder.join(".venv")).unwrap();
    project.folder.write(".venv/precious", "yes");
    project.enter().exits(3).says(&["is no virtual environment", "help: move it away"]);
    assert_eq!(project.folder.read(".venv/precious"), "yes");
}

#[test]
fn a_link_in_its_place_is_not_replaced_nor_what_it_leads_to() {
    let project = Project::new("beta\n");
    let elsewhere = Folder::new();
    elsewhere.write("pyvenv.cfg", "precious");
    std::os::unix::fs::symlink(elsewhere.path(), project.folder.join(".venv")).unwrap();
    project.enter().exits(3).says(&[".venv is a link", "help: remove the link"]);
    assert_eq!(elsewhere.read("pyvenv.cfg"), "precious");
}

#[test]
fn a_half_made_venv_is_made_anew() {
    let project = Project::new("beta\n");
    project.folder.write(".venv/pyvenv.cfg", "home = /nowhere\n");
    project.enter().exits(0).says(&["making .venv (it was half made, or its python is gone)"]);
    project.run(&[".venv/bin/python", "-c", "import beta"]).exits(0);
}

#[test]
fn a_venv_that_somebody_made_is_adopted_with_its_packages() {
    let project = Project::new("beta\n");
    project.run(&["python3", "-m", "venv", ".venv"]).exits(0);
    project.run(&[".venv/bin/python", "-m", "pip", "install", "-q", "alpha"]).exits(0);
    project.enter().exits(0).silent_about(&["making"]);
    let script = "import beta, importlib.metadata as m; m.version('alpha')";
    project.run(&[".venv/bin/python", "-c", script]).exits(0);
}

#[test]
fn a_venv_whose_making_was_killed_is_made_anew_however_far_it_came() {
    for leftover in ["bin/nothing", "pyvenv.cfg"] {
        let project = Project::new("beta\n");
        project.folder.write(".venv/.venvfix/making", "");
        project.folder.write(&format!(".venv/{leftover}"), "home = /half\n");
        project.enter().exits(0).says(&["making .venv"]);
        project.run(&[".venv/bin/python", "-c", "import beta"]).exits(0);
        assert!(!project.folder.join(".venv/.venvfix/making").exists());
    }
}

#[test]
fn a_venv_of_which_only_venvfixs_own_folder_is_there_is_made() {
    let project = Project::new("beta\n");
    std::fs::create_dir_all(project.folder.join(".venv/.venvfix")).unwrap();
    project.enter().exits(0).says(&["making .venv"]);
    project.imports("beta");
}

#[test]
fn a_new_venv_whose_removal_was_killed_gives_way_to_the_old_one() {
    let project = Project::new("beta\n");
    project.enter().exits(0);
    project.folder.write(".venv/.venvfix/aside", "");
    std::fs::rename(project.folder.join(".venv"), project.folder.join(".venv.venvfix-old")).unwrap();
    project.folder.write(".venv/lib/half/removed", "");
    project.folder.write(".venv/.venvfix/making", "");
    project.enter().exits(0).silent_about(&["making", "error"]);
    project.imports("beta");
}

#[test]
fn a_venv_without_pip_gets_one() {
    let project = Project::new("beta\n");
    project.run(&["python3", "-m", "venv", "--without-pip", ".venv"]).exits(0);
    project.enter().exits(0).silent_about(&["error"]);
    project.run(&[".venv/bin/python", "-c", "import beta"]).exits(0);
}

#[test]
fn an_installer_that_outlives_its_killed_parent_is_waited_for() {
    let project = Project::new("beta\n");
    let real = project.run(&["sh", "-c", "command -v python3"]).stdout;
    // One that makes a venv says that it began, and goes on when it is told to.
    let waits = ": >\"${0%/*}/begun\"; until [ -e \"${0%/*}/go\" ]; do sleep 0.05; done";
    let slow = format!("#!/bin/sh\ncase \"$*\" in *venv*) {waits} ;; esac\nexec {} \"$@\"\n", real.trim());
    let shim = project.folder.write("bin/python3", slow);
    std::fs::set_permissions(&shim, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", project.folder.join("bin").display(), std::env::var("PATH").unwrap());
    let mut first = project.command(&[VENVFIX, "enter"]);
    let mut first = first.env("PATH", &path).stderr(std::process::Stdio::null()).spawn().unwrap();
    while !project.folder.join("bin/begun").exists() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    first.kill().unwrap();
    first.wait().unwrap();
    let mut second = project.command(&[VENVFIX, "enter"]);
    let piped = std::process::Stdio::piped;
    let mut second = second.env("PATH", &path).stdout(piped()).stderr(piped()).spawn().unwrap();
    let mut said = std::io::BufReader::new(second.stderr.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    assert!(line.contains("waiting for another shell to finish with this project (pid "), "{line}");
    project.folder.write("bin/go", "");
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    assert!(second.wait().unwrap().success() && !rest.contains("error"), "{rest}");
    project.run(&[".venv/bin/python", "-c", "import beta"]).exits(0);
}

#[test]
fn files_named_like_pythons_modules_do_not_disturb_it() {
    let project = Project::new("beta\n");
    for name in ["logging.py", "types.py", "subprocess.py", "pip.py", "ensurepip.py"] {
        project.folder.write(name, "raise SystemExit('imported')\n");
    }
    project.enter().exits(0).silent_about(&["imported", "error"]);
}

#[test]
fn removed_requirements_are_no_error_and_take_nothing_away() {
    let project = Project::new("-r more.txt\n");
    project.folder.write("more.txt", "beta\n");
    project.enter().exits(0);
    std::fs::remove_file(project.folder.join("requirements.txt")).unwrap();
    project.enter().exits(0).silent_about(&["installing", "error"]);
    project.run(&[".venv/bin/python", "-c", "import beta"]).exits(0);
}

#[test]
fn own_files_are_never_written_through_planted_links() {
    let project = Project::new("beta\n");
    project.enter().exits(0);
    let precious = project.wheels.write("precious", "precious");
    let site = project.run(&["sh", "-c", "echo .venv/lib/*/site-packages"]).stdout;
    for name in ["_venvfix.py", "000_venvfix.pth", "_venvfix.libraries"] {
        let planted = project.folder.join(site.trim()).join(name);
        std::fs::remove_file(&planted).unwrap();
        std::os::unix::fs::symlink(&precious, &planted).unwrap();
    }
    project.enter().exits(0);
    assert_eq!(std::fs::read_to_string(&precious).unwrap(), "precious");
}

#[test]
fn a_named_pipe_in_place_of_a_file_blocks_nothing() {
    let pipe = |path: &std::path::Path| {
        assert!(command("mkfifo", std::path::Path::new("/")).arg(path).status().unwrap().success())
    };
    let project = Project::new("beta\n");
    project.enter().exits(0);
    std::fs::remove_file(project.folder.join(".venv/.venvfix/stamp.json")).unwrap();
    pipe(&project.folder.join(".venv/.venvfix/stamp.json"));
    project.enter().exits(0);
    std::fs::remove_file(project.folder.join("requirements.txt")).unwrap();
    pipe(&project.folder.join("requirements.txt"));
    project.enter().exits(0).says(&["requirements.txt: not a regular file"]);
    pipe(&project.folder.join("venvfix.toml"));
    project.enter().exits(0).says(&["venvfix.toml: not a regular file"]);
}

#[test]
fn an_old_venv_left_aside_by_a_killed_program_comes_back() {
    let project = Project::new("beta\n");
    project.enter().exits(0);
    project.folder.write(".venv/.venvfix/aside", "");
    std::fs::rename(project.folder.join(".venv"), project.folder.join(".venv.venvfix-old")).unwrap();
    project.folder.write(".venv/pyvenv.cfg", "home = /half\n");
    project.enter().exits(0).silent_about(&["making"]);
    assert!(!project.folder.join(".venv.venvfix-old").exists());
    project.run(&[".venv/bin/python", "-c", "import beta"]).exits(0);
}

#[test]
fn a_half_removed_old_venv_does_not_replace_the_new_one() {
    let project = Project::new("beta\n");
    project.enter().exits(0);
    project.folder.write(".venv.venvfix-old/.venvfix/aside", "");
    project.folder.write(".venv.venvfix-old/lib/left/over", "");
    std::fs::remove_file(project.folder.join(".venv/.venvfix/stamp.json")).unwrap();
    project.enter().exits(0).silent_about(&["making"]);
    assert!(!project.folder.join(".venv.venvfix-old").exists());
    project.run(&[".venv/bin/python", "-c", "import beta"]).exits(0);
}

#[test]
fn a_strangers_folder_with_the_name_of_the_place_aside_stays() {
    let project = Project::new("beta\n");
    project.folder.write(".venv.venvfix-old/pyvenv.cfg", "mine");
    project.folder.write(".venv/pyvenv.cfg", "home = /half\n");
    project.enter().exits(3).says(&["could not move", "aside"]);
    assert_eq!(project.folder.read(".venv.venvfix-old/pyvenv.cfg"), "mine");
}

#[test]
fn without_python_it_says_what_to_add() {
    let project = Project::new("beta\n");
    let mut run = command(VENVFIX, project.path());
    let ended: Ended = run.arg("enter").env("PATH", "/nowhere").output().unwrap().into();
    ended.exits(3).says(&["there is no python3 on PATH", "help: add python3 to the packages in shell.nix"]);
}

#[test]
fn json_is_for_editors_and_says_what_to_watch() {
    let project = Project::new("-r more.txt\nbeta\n");
    project.folder.write("more.txt", "");
    let json = project.run(&[VENVFIX, "enter", "--shell", "json"]).exits(0).json();
    let venv = project.folder.join(".venv");
    assert_eq!(json["set"]["VIRTUAL_ENV"], venv.to_str().unwrap());
    assert!(json["set"]["PATH"].as_str().unwrap().starts_with(&format!("{}/bin:", venv.display())));
    assert_eq!(json["unset"], serde_json::json!(["PYTHONHOME", "SOURCE_DATE_EPOCH"]));
    let path = |name: &str| project.folder.join(name).to_str().unwrap().to_owned();
    let settings = ["venvfix.toml", "pyproject.toml", "shell.nix"].map(path);
    let all = [&settings[..], &["requirements.txt", "uv.lock", "pylock.toml", "more.txt"].map(path)].concat();
    assert_eq!(json["watch"], serde_json::json!(all));
    project.folder.write("venvfix.toml", "requirements = ['more.txt']\n");
    let json = project.run(&[VENVFIX, "enter", "--shell", "json"]).exits(0).json();
    assert_eq!(json["watch"], serde_json::json!([&settings[..], &[path("more.txt")]].concat()));
}

#[test]
fn what_to_watch_is_said_also_where_nothing_could_be_entered() {
    let project = Project::new("beta\n");
    project.folder.write(".venv", "in the way");
    let ended = project.run(&[VENVFIX, "enter", "--shell", "direnv"]).exits(3);
    assert!(ended.stdout.contains("/requirements.txt' "), "{ended:?}");
    assert!(!ended.stdout.contains("export"), "{ended:?}");
    let json = project.run(&[VENVFIX, "enter", "--shell", "json"]).exits(3).json();
    assert_eq!(json["set"], serde_json::json!({}));
}

#[test]
fn the_hook_enters_a_real_project_under_strict_options() {
    let project = Project::new("beta\n");
    let hook = project.run(&[VENVFIX, "hook", "bash"]).stdout;
    let script = format!(
        "set -euo pipefail; shopt -s nullglob inherit_errexit\n{hook}\nvenvfix-enter; venvfix-enter\n\
         python -c 'import beta, sys; print(sys.prefix)'; echo \"${{SOURCE_DATE_EPOCH-unset}}\"\n\
         IFS=:; n=0; for p in $PATH; do [ \"$p\" != \"$VIRTUAL_ENV/bin\" ] || n=$((n+1)); done; echo $n"
    );
    let ended = project.run(&["bash", "--norc", "-c", &script]).exits(0);
    let wanted = format!("{}\nunset\n1\n", project.folder.join(".venv").display());
    assert_eq!(ended.stdout, wanted);
}

#[test]
fn what_pip_installed_by_hand_is_seen_by_doctor_and_sync() {
    let project = Project::new("beta\n");
    project.enter().exits(0);
    project.run(&[VENVFIX, "doctor"]).exits(0).prints(&["nothing is missing"]);
    project.run(&[".venv/bin/python", "-m", "pip", "install", "-q", "alpha"]).exits(0);
    project
        .run(&[VENVFIX, "doctor", "--loader", "host"])
        .prints(&["installed or removed by hand", "venvfix sync"]);
    project.run(&[VENVFIX, "sync"]).exits(0).says(&["libnobodyknows.so.7", ".venv is up to date"]);
    let ended = project.run(&[VENVFIX, "doctor"]).exits(1);
    assert!(!ended.stdout.contains("by hand"), "{}", ended.stdout);
}

#[test]
fn the_first_start_of_python_changes_nothing() {
    let project = Project::new("");
    project.run(&["python3", "-m", "venv", "--without-pip", ".venv"]).exits(0);
    std::fs::remove_file(project.folder.join("requirements.txt")).unwrap();
    project.enter().exits(0);
    project.run(&[".venv/bin/python", "-c", "pass"]).exits(0);
    let ended = project.run(&[VENVFIX, "doctor"]).exits(0);
    assert!(!ended.stdout.contains("by hand"), "{}", ended.stdout);
}

#[test]
fn sync_installs_and_mends_whatever_was_done_by_hand() {
    let project = Project::new("beta\n");
    project.enter().exits(0);
    project.run(&[".venv/bin/python", "-m", "pip", "uninstall", "-qy", "beta"]).exits(0);
    project.run(&[VENVFIX, "sync"]).exits(0).says(&["installing requirements.txt (as asked)"]);
    project.imports("beta");
    // A file is gone, and no folder that an entry looks at tells.
    let native = project.run(&["sh", "-c", "echo .venv/lib/*/site-packages/beta/*.so"]).stdout;
    std::fs::remove_file(project.folder.join(native.trim())).unwrap();
    project.run(&[VENVFIX, "sync"]).exits(0);
    project.imports("beta._native");
}

#[test]
fn wrong_settings_leave_the_last_good_environment() {
    let project = Project::new("beta\n");
    project.enter().exits(0);
    project.folder.write("venvfix.toml", "venv_dir = 1\n");
    let ended = project.enter().exits(0).says(&["unknown key `venv_dir`", "did you mean"]);
    assert!(ended.stdout.ends_with("# venvfix: end\n"));
    project.run(&[VENVFIX, "sync"]).exits(2);
}

#[test]
fn a_project_is_found_from_below_and_no_folder_becomes_one_by_chance() {
    let project = Project::new("beta\n");
    std::fs::rename(project.folder.join("requirements.txt"), project.folder.join("pyproject.toml")).unwrap();
    project.folder.write("pyproject.toml", "[project]\nname = 'x'\nversion = '1'\ndependencies = ['beta']\n");
    project.folder.write("src/x.py", "");
    let run = |folder: &str| -> Ended {
        let mut run = project.command(&[VENVFIX, "-C", folder, "enter"]);
        run.env_remove("VENVFIX_PROJECT").output().unwrap().into()
    };
    run("src").exits(0).says(&["making .venv"]);
    project.imports("beta");
    let nowhere = Folder::new();
    let ended = run(nowhere.path().to_str().unwrap());
    ended.exits(2).says(&["there is no project in", "help: list what to install"]);
    assert_eq!(std::fs::read_dir(nowhere.path()).unwrap().count(), 0);
}

#[test]
fn doctor_says_why_the_last_installation_failed() {
    let project = Project::new("beta ~~ 1\n");
    project.enter().exits(0);
    let said = "the last installation failed: pip could not install requirements.txt";
    project.run(&[VENVFIX, "doctor"]).prints(&[said]);
    project.folder.write("venvfix.toml", "requirements = ['requirments.txt']\n");
    project.enter().says(&["not there: requirments.txt", "did you mean requirements.txt?"]);
}
