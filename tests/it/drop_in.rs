//! venvfixShellHook and mkVenvShell in the laboratory: whoever has nixpkgs' venvShellHook in a shell.nix
//! puts this in its place.

use std::path::Path;

use super::support::lab::Lab;
use super::support::nix::{PREFIX, Project, hook_shell, overlays};
use super::support::{Ended, Folder, command};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Attributes that write down when they run, and with which python.
const LOGGED: &str = r#"
  preShellHook = "echo pre >> log";
  postVenvCreation = "echo made $(type -P python) >> log";
  postShellHook = "echo post $(type -P python) >> log";
"#;

#[test]
fn the_attributes_of_venv_shell_hook_run_in_its_order() {
    let Some(project) = Project::with_hook(&format!("{LOGGED} venvDir = \"./env/\";")) else { return };
    let first = project.enter("python -c 'import odd, sys; print(sys.prefix)'").exits(0);
    assert_eq!(first.stdout, format!("{}\n", project.place("env")));
    assert!(!project.folder.join(".venv").exists());
    let python = project.place("env/bin/python");
    let log = project.folder.read("log");
    assert_eq!(log, format!("pre\nmade {python}\npost {python}\n"));
    project.enter("true").exits(0).silent_about(&["venvfix"]);
    assert_eq!(project.folder.read("log"), format!("{log}pre\npost {python}\n"));

    // Another venv is another creation.
    std::fs::remove_dir_all(project.folder.join("env")).unwrap();
    project.enter("true").exits(0);
    assert_eq!(project.folder.read("log").matches("made").count(), 2);
}

#[test]
fn without_a_venv_dir_it_is_that_of_the_settings() {
    let Some(project) = Project::with_hook("") else { return };
    assert_eq!(project.prefix(), project.place(".venv"));
    project.folder.write("venvfix.toml", "venv-dir = 'elsewhere'");
    assert_eq!(project.prefix(), project.place("elsewhere"));
    project.write_shell(&hook_shell("venvDir = \".venv\";"));
    let ended = project.enter("echo alive").exits(0);
    assert_eq!(ended.stdout, "alive\n");
    ended.says(&["the shell names the venv", "help: keep one of the two"]);
}

#[test]
fn every_command_of_the_shell_knows_the_venv_dir() {
    let Some(project) = Project::with_hook("venvDir = \"env\";") else { return };
    let script = "cd wheels && venvfix doctor && venvfix run -- sh -c 'echo $VIRTUAL_ENV'";
    let ended = project.enter(script).exits(0);
    ended.prints(&["nothing is missing", &project.place("env")]);
}

#[test]
fn a_shell_hook_of_the_users_own_runs_in_the_venv() {
    let Some(project) = Project::with_hook(
        "shellHook = ''echo \"own $(type -P python)\" >> log'';
         postShellHook = \"echo post >> log\";",
    ) else {
        return;
    };
    assert_eq!(project.prefix(), project.place(".venv"));
    let own = format!("own {}\n", project.place(".venv/bin/python"));
    assert_eq!(project.folder.read("log"), format!("post\n{own}"));
}

/// As people do who have both with nixpkgs' hook; and with this one they may call what it defines.
#[test]
fn a_shell_hook_that_calls_the_hook_itself_does_not_run_it_twice() {
    let Some(project) = Project::with_hook("") else { return };
    for call in
        ["venvShellHook", "venvfixShellHook", "venvfix-enter", "eval \"$(venvfix hook bash)\"; venvfix-enter"]
    {
        project.folder.write("log", "");
        let call = call.replace('$', "''$");
        project.write_shell(&hook_shell(&format!("{LOGGED} shellHook = ''{call}\necho own >> log'';")));
        let ended = project.enter("echo $PATH | tr : '\\n' | grep -c \"^$VIRTUAL_ENV/bin\"").exits(0);
        assert_eq!(ended.stdout, "1\n", "{call}");
        let log = project.folder.read("log");
        assert_eq!((log.matches("pre").count(), log.matches("own").count()), (1, 1), "{call}: {log}");
    }
}

#[test]
fn beside_nixpkgs_own_hook_it_takes_over() {
    let Some(project) = Project::with_hook("") else { return };
    let shell = hook_shell(&format!("{LOGGED} venvDir = \".venv\";"));
    for packages in [
        "pkgs.python3Packages.venvShellHook pkgs.venvfixShellHook",
        "pkgs.venvfixShellHook pkgs.python3Packages.venvShellHook",
    ] {
        project.folder.write("log", "");
        project.write_shell(&shell.replace("pkgs.venvfixShellHook", packages));
        let ended = project.enter(PREFIX).exits(0);
        assert_eq!(ended.stdout, format!("{}\n", project.place(".venv")));
        assert_eq!(project.folder.read("log").matches("pre").count(), 1, "{packages}");
    }
}

/// Several hooks of nixpkgs set a shellHook where there is none.
#[test]
fn a_setup_hook_that_gives_way_to_a_shell_hook_is_not_displaced() {
    let Some(project) = Project::with_hook("") else { return };
    let other = "(pkgs.makeSetupHook { name = \"other\"; } (builtins.toFile \"other\" \
                 ''if [ -z \"''${shellHook-}\" ]; then shellHook='echo other'; fi''))";
    let shell = hook_shell("");
    project.write_shell(&shell.replace("pkgs.venvfixShellHook", &format!("pkgs.venvfixShellHook {other}")));
    assert_eq!(project.enter(PREFIX).exits(0).stdout, format!("other\n{}\n", project.place(".venv")));
}

#[test]
fn switched_off_it_defines_functions_and_does_nothing() {
    let Some(project) = Project::with_hook("dontUseVenvShellHook = true; shellHook = \"echo own\";") else {
        return;
    };
    let ended = project.enter("true").exits(0).silent_about(&["venvfix"]);
    assert_eq!(ended.stdout, "own\n");
    assert!(!project.folder.join(".venv").exists());
    project.write_shell(&hook_shell("dontUseVenvShellHook = true; shellHook = \"venvShellHook\";"));
    assert_eq!(project.prefix(), project.place(".venv"));
    // Nix makes an empty string of false.
    std::fs::remove_dir_all(project.folder.join(".venv")).unwrap();
    project.write_shell(&hook_shell("dontUseVenvShellHook = false;"));
    assert_eq!(project.prefix(), project.place(".venv"));
}

#[test]
fn what_is_printed_on_the_way_in_is_not_the_commands_output() {
    let Some(project) =
        Project::with_hook("postVenvCreation = \"pip install -r requirements.txt; echo installed\";")
    else {
        return;
    };
    let first =
        project.enter("echo hello").exits(0).says(&["making .venv", "already satisfied", "installed"]);
    assert_eq!(first.stdout, "hello\n");
}

#[test]
fn what_post_venv_creation_installs_is_looked_at_at_once() {
    let Some(project) =
        Project::with_hook("postVenvCreation = \"pip install -q --no-index -f wheels needy\";")
    else {
        return;
    };
    super::support::wheel::make(&project.folder.join("wheels"), "needy", &["--needs", "libGL.so.1"]);
    project.enter("true").exits(0).says(&["libGL.so.1", "help: venvfix add-lib libGL"]);
    project.enter("true").exits(0).says(&["still"]);
}

#[test]
fn a_post_venv_creation_that_failed_is_run_again() {
    let Some(project) = Project::with_hook("postVenvCreation = \"echo try >> log; test -e ready\";") else {
        return;
    };
    let ended = project.enter("echo alive").exits(0).says(&["postVenvCreation failed, and is run again"]);
    assert_eq!(ended.stdout, "alive\n");
    project.folder.write("ready", "");
    for _ in 0..2 {
        project.enter("true").exits(0).silent_about(&["postVenvCreation"]);
    }
    assert_eq!(project.folder.read("log"), "try\ntry\n");
}

#[test]
fn an_adopted_venv_was_created_by_somebody_else() {
    let Some(project) = Project::with_hook(LOGGED) else { return };
    project.run(&["nix-shell", "-p", "python3", "--run", "python3 -m venv .venv"]).exits(0);
    assert_eq!(project.prefix(), project.place(".venv"));
    assert!(!project.folder.read("log").contains("made"));
}

#[test]
fn from_a_folder_below_it_is_the_same_venv() {
    let Some(project) =
        Project::with_hook("venvDir = \"./env\"; postVenvCreation = \"pip install -r requirements.txt\";")
    else {
        return;
    };
    let below = |script: &str| {
        let command =
            format!("mkdir -p 'a b/c' && cd 'a b/c' && nix-shell ../../shell.nix --run \"{script}\"");
        project.run(&["sh", "-c", &command]).exits(0)
    };
    let ended = below("python -c 'import odd, os, sys; print(sys.prefix, os.getcwd())'");
    ended.prints(&[&format!("{} {}", project.place("env"), project.place("a b/c"))]);
    assert!(!project.folder.join("a b/c/env").exists());
    // The shell is the project's own, although nothing set VENVFIX_PROJECT.
    assert!(project.folder.read("env/.venvfix/stamp.json").contains("\"own_shell\":true"));
    project.enter("true").exits(0).silent_about(&["venvfix"]);
}

#[test]
fn a_pure_shell() {
    let Some(project) = Project::with_hook("shellHook = \"true\";") else { return };
    let enter = || project.run(&["nix-shell", "--pure", "--run", PREFIX]).exits(0);
    assert_eq!(enter().stdout, format!("{}\n", project.place(".venv")));
    enter().silent_about(&["venvfix"]);
}

#[test]
fn a_venv_outside_of_the_project_is_used_and_never_replaced() {
    let Some(project) = Project::new("") else { return };
    std::fs::create_dir(project.folder.join("inner")).unwrap();
    let outside = project.place("outside");
    let shell = hook_shell(&format!("venvDir = \"{outside}\";"));
    project.write_shell(&shell);
    let shell = project.folder.write("inner/shell.nix", project.folder.read("shell.nix"));
    std::fs::remove_file(project.folder.join("shell.nix")).unwrap();
    let enter = |script: &str| {
        project.run(&["sh", "-c", &format!("cd inner && nix-shell --run \"{script}\"")]).exits(0)
    };
    assert_eq!(enter(PREFIX).stdout, format!("{outside}\n"));
    assert!(!project.folder.join("inner/.venv").exists());

    // A venv that cannot be mended in place: another X.Y, and no python.
    std::fs::rename(
        project.folder.join("outside/lib/python3.11"),
        project.folder.join("outside/lib/python3.1"),
    )
    .unwrap();
    std::fs::remove_file(project.folder.join("outside/bin/python")).unwrap();
    let ended = enter("echo alive");
    assert_eq!(ended.stdout, "alive\n");
    ended.says(&["lies outside the project, and is not replaced", "help: if nobody else needs it: rm -r"]);
    assert!(project.folder.join("outside/lib/python3.1").exists() && shell.exists());
    project.run(&["rm", "-r", &outside]).exits(0);
    assert_eq!(enter(PREFIX).stdout, format!("{outside}\n"));
}

#[test]
fn the_shell_outlives_whatever_fails() {
    let Some(project) = Project::with_hook("postShellHook = \"echo post\";") else { return };
    let alive = |says: &[&str]| {
        let ended = project.enter("echo alive").exits(0).says(says);
        assert_eq!(ended.stdout, "post\nalive\n");
    };
    project.write_requirements("no-such-thing\n");
    alive(&["pip could not install requirements.txt"]);
    project.folder.write("venvfix.toml", "venv_dir = 1");
    alive(&["unknown key `venv_dir`", "the environment was not entered"]);
    std::fs::remove_file(project.folder.join("venvfix.toml")).unwrap();
    project.write_shell(&hook_shell(
        "postShellHook = \"echo post\"; preShellHook = \"false; set -e\"; venvDir = \".\";",
    ));
    alive(&["names a folder that holds the project"]);
    project.write_shell(
        "pkgs.mkShellNoCC { packages = [ pkgs.venvfixShellHook ]; postShellHook = \"echo post\"; venvDir = \"none\"; }",
    );
    alive(&["there is no python3 on PATH"]);
    let skipped = project.run(&["env", "VENVFIX_SKIP=1", "nix-shell", "--run", "echo alive"]).exits(0);
    assert_eq!(skipped.silent_about(&["venvfix"]).stdout, "post\nalive\n");
}

#[test]
fn a_shell_of_another_project_inside_this_one_has_its_own_venv() {
    let Some(project) = Project::with_hook("venvDir = \"env\";") else { return };
    let inner = project.folder.write("in ner/shell.nix", project.folder.read("shell.nix"));
    let inner = inner.parent().unwrap().display().to_string();
    let script = "cd 'in ner' && nix-shell --run \"echo \\$VIRTUAL_ENV\"; echo $VIRTUAL_ENV";
    let expected = format!("{inner}/env\n{}\n", project.place("env"));
    assert_eq!(project.enter(script).exits(0).stdout, expected);
    // One without the hook inherits its text, and takes no offence at it.
    project.enter("nix-shell -p zlib --run true").exits(0).silent_about(&["venvfixShellHook", "not found"]);
    // As does a shell.nix that sets VENVFIX_PROJECT around one that does not.
    project.write_shell(&hook_shell("venvDir = \"env\"; VENVFIX_PROJECT = toString ./.;"));
    assert_eq!(project.enter(script).exits(0).stdout, expected);
}

#[test]
fn the_project_that_the_shell_names_counts_wherever_it_is_called() {
    let Some(project) = Project::with_hook("VENVFIX_PROJECT = toString ./.;") else { return };
    let elsewhere = format!("cd / && nix-shell '{}' --run \"{PREFIX}\"", project.place("shell.nix"));
    let ended = project.run(&["sh", "-c", &elsewhere]).exits(0);
    assert_eq!(ended.stdout, format!("{}\n", project.place(".venv")));
}

#[test]
fn by_inputs_from_a_pythons_own_set_and_on_the_command_line() {
    let Some(project) = Project::new("") else { return };
    let prefix = project.place(".venv");
    project.write_shell(&format!(
        "pkgs.mkShell {{ inputsFrom = [ ({}) ]; shellHook = \"true\"; }}",
        hook_shell("shellHook = \"true\";")
    ));
    assert_eq!(project.prefix(), prefix);
    project.write_shell(
        "pkgs.mkShell { packages = [ pkgs.python311Packages.venvfixShellHook ]; venvDir = \".venv\"; }",
    );
    assert_eq!(project.prefix(), prefix);
    let options = ["nix-shell", "--run", PREFIX, "-p", "pkgs.python3", "pkgs.venvfixShellHook", "-I"];
    project.folder.write(
        "nixpkgs.nix",
        format!(
            "{{ ... }}: {}",
            super::support::nix::package_set(project.lab).replace("<nixpkgs>", "/nix/var/lab/nixpkgs")
        ),
    );
    let path = format!("nixpkgs={}", project.place("nixpkgs.nix"));
    let ended = project.run(&[&options[..], &[&path]].concat()).exits(0);
    assert_eq!(ended.stdout, format!("{prefix}\n"));
}

#[test]
fn mk_venv_shell_passes_on_what_it_does_not_know() {
    let Some(project) = Project::new(
        "pkgs.mkVenvShell {
           name = \"mine\";
           python = pkgs.python311;
           libraries = [ pkgs.libGL ];
           packages = [ pkgs.file ];
           buildInputs = [ pkgs.xz ];
           inputsFrom = [ (pkgs.mkShell { FROM = \"lost\"; shellHook = \"export FROM_HOOK=1\"; }) ];
           env.VENVFIX_PROJECT = toString ./.;
           GIVEN = \"given\";
           shellHook = ''echo \"$name $GIVEN $FROM_HOOK ''${VIRTUAL_ENV##*/}\"'';
         }",
    ) else {
        return;
    };
    super::support::wheel::make(
        &project.folder.join("wheels"),
        "odd",
        &["--needs", "libz.so.1,libGL.so.1,liblzma.so.5,libstdc++.so.6,libxml2.so.2"],
    );
    let ended = project.enter("python -c 'import odd'").exits(0).silent_about(&["missing"]);
    assert_eq!(ended.stdout, "mine given 1 .venv\n");
}

#[test]
fn mk_venv_shell_takes_nothing_from_a_shell_around_it() {
    let Some(project) =
        Project::with_hook(&format!("{LOGGED} venvDir = \"/tmp/outer\"; VENVFIX_PROJECT = toString ./.;"))
    else {
        return;
    };
    let pkgs = super::support::nix::package_set(project.lab);
    project.folder.write("inner/shell.nix", format!("({pkgs}).mkVenvShell {{ }}"));
    let ended = project.enter("cd inner && nix-shell --run 'echo $VIRTUAL_ENV; test ! -e log'").exits(0);
    assert_eq!(ended.stdout, format!("{}\n", project.place("inner/.venv")), "{}", ended.stderr);
}

#[test]
fn add_lib_edits_the_libraries_of_mk_venv_shell() {
    let Some(project) =
        Project::new("pkgs.mkVenvShell {\n  libraries = with pkgs; [ file ];\n  packages = [ ];\n}")
    else {
        return;
    };
    let program = project.lab.program().to_str().unwrap();
    project.run(&[program, "add-lib", "libGL.so.1"]).exits(0);
    assert!(
        project.folder.read("shell.nix").contains("libraries = with pkgs; [ file libGL ];"),
        "{}",
        project.folder.read("shell.nix")
    );
}

/// A flake whose shell is made by this expression.
fn flake(lab: &Lab, shell: &str) -> String {
    format!(
        "{{
           inputs.nixpkgs.url = \"nixpkgs\";
           outputs = {{ self, nixpkgs }}: let
             pkgs = builtins.foldl' (pkgs: pkgs.extend) nixpkgs.legacyPackages.x86_64-linux {};
           in {{ devShells.x86_64-linux.default = {shell}; }};
         }}",
        overlays(lab)
    )
}

#[test]
fn nix_develop() {
    let Some(project) = Project::within(Folder::without_blanks(), "") else { return };
    std::fs::remove_file(project.folder.join("shell.nix")).unwrap();
    let attributes = format!("{LOGGED} venvDir = \"env\"; shellHook = \"echo own >> log\";");
    project.folder.write("sub/file", "");
    let enter = |folder: &str| {
        let script = format!("cd {folder} && nix develop --impure -c {PREFIX}");
        let ended = project.run(&["sh", "-c", &script]).exits(0);
        assert_eq!(ended.stdout, format!("{}\n", project.place("env")));
        ended
    };
    project.folder.write("flake.nix", flake(project.lab, &hook_shell(&attributes)));
    enter(".").says(&["making env"]);
    enter(".").silent_about(&["venvfix:"]);
    enter("sub").silent_about(&["venvfix:"]);
    let python = project.place("env/bin/python");
    let log = format!("pre\nmade {python}\npost {python}\nown\npre\npost {python}\nown\n");
    assert_eq!(project.folder.read("log"), log);
    // Stepping into a copy of the project in the store is nobody's wish.
    project.folder.write(
        "flake.nix",
        flake(project.lab, "pkgs.mkVenvShell { venvDir = \"env\"; VENVFIX_PROJECT = toString ./.; }"),
    );
    enter("sub");
}

#[test]
fn the_flake_of_the_nix_folder() {
    let Some(project) = Project::within(Folder::without_blanks(), "") else { return };
    std::fs::remove_file(project.folder.join("shell.nix")).unwrap();
    // A flake's folder is copied whole: here, without the build output.
    let repository = project.folder.join("repository");
    std::fs::create_dir(&repository).unwrap();
    let copied =
        command("cp", Path::new(ROOT)).args(["-r", "nix", "hooks"]).arg(&repository).output().unwrap();
    assert!(copied.status.success());
    let commit =
        "git init -q && git add . && git -c user.name=A -c user.email=a@example.org commit -q -m all";
    project.run(&["sh", "-c", &format!("cd repository && {commit}")]).exits(0);
    let program = project.lab.program().display();
    let flake = format!(
        "{{
           inputs.nixpkgs.url = \"nixpkgs\";
           inputs.venvfix.url = \"git+file://{}?dir=nix\";
           inputs.venvfix.inputs.nixpkgs.follows = \"nixpkgs\";
           outputs = {{ self, nixpkgs, venvfix }}: {{
             devShells.x86_64-linux.default = (venvfix.legacyPackages.x86_64-linux.extend (final: _: {{
               venvfix = import \"${{venvfix}}/nix\" {{ pkgs = final; program = \"{program}\"; }};
             }})).mkVenvShell {{ }};
           }};
         }}",
        repository.display()
    );
    project.folder.write("flake.nix", flake);
    let ended = project.run(&["nix", "develop", "--impure", "-c", "sh", "-c", PREFIX]).exits(0);
    assert_eq!(ended.stdout, format!("{}\n", project.place(".venv")));
}

/// The marked folder that the hook finds from `below`, in a bash of the machine.
fn found_from(folder: &Folder, below: &str, given: &str) -> String {
    let hook = Path::new(ROOT).join("nix/venvfix-shell-hook.bash");
    let script = "set -u; source \"$0\"; _venvfixFindProject; printf '%s' \"$VENVFIX_PROJECT\"";
    let mut bash = command("bash", &folder.join(below));
    bash.args(["--norc", "-c", script]).arg(hook).env("VENVFIX_PROJECT", given);
    let ended: Ended = bash.env("VIRTUAL_ENV", folder.join("active/.venv")).output().unwrap().into();
    ended.exits(0).stdout
}

#[test]
fn the_hook_finds_the_project_that_the_program_would_find() {
    let folder = Folder::new();
    let place = |name: &str| folder.join(name).display().to_string();
    for marker in ["venvfix.toml", "shell.nix", "flake.nix", "requirements.txt"] {
        let name = format!("with {marker}\n");
        folder.write(&format!("{name}/{marker}"), "");
        folder.write(&format!("{name}/a/b/file"), "");
        assert_eq!(found_from(&folder, &format!("{name}/a/b"), ""), place(&name));
        assert_eq!(found_from(&folder, &name, ""), place(&name));
        // Given by the shell; relative, or a flake's copy; and left by a shell around this one.
        assert_eq!(found_from(&folder, &name, "/given"), "/given");
        for not_meant in ["relative", "/nix/store/abc-source", &place("active")] {
            assert_eq!(found_from(&folder, &name, not_meant), place(&name));
        }
    }
    folder.write("bare/x", "");
    assert_eq!(found_from(&folder, "bare", ""), place("bare"));
    assert_eq!(found_from(&folder, "bare", &place("active")), place("active"));
    assert_eq!(found_from(&folder, "/", ""), "/");
}

#[test]
fn shellcheck_finds_nothing_in_the_setup_hook() {
    let hook = Path::new(ROOT).join("nix/venvfix-shell-hook.bash");
    let Ok(output) = command("shellcheck", Path::new("/")).args(["--shell=bash"]).arg(hook).output() else {
        return super::support::cannot_run("shellcheck is not installed");
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
