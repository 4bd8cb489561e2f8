//! What Nix and nix-locate say of names, where they are at hand.

use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use super::support::lab::Lab;
use super::support::nix::Project;
use super::support::{Ended, Folder, VENVFIX, command};

/// The laboratory's package set with other attributes, as `<nixpkgs>` of a run.
struct Nixpkgs {
    lab: &'static Lab,
    set: Folder,
    project: Folder,
}

/// A nixpkgs of before the renaming, and one attribute that no table has.
const OLD: &str = "{ libx11 = throw \"not yet\"; oddity = set.zlib; }";

impl Nixpkgs {
    fn new(version: &str, changes: &str) -> Option<Self> {
        let made = Self { lab: Lab::get()?, set: Folder::new(), project: Folder::new() };
        made.set.write(".version", version);
        let text = "args: let set = import /nix/var/lab/nixpkgs args; in set // ";
        made.set.write("default.nix", format!("{text}{changes}\n"));
        // Whoever evaluates this fails.
        made.project.write("shell.nix", "{ pkgs ? import <nixpkgs> { } }:\nabort \"evaluated\"\n");
        Some(made)
    }

    fn run(&self, path: &str, nixpkgs: &str, arguments: &[&str]) -> Ended {
        let variables = [
            format!("XDG_CACHE_HOME={}", self.project.join("cache").display()),
            format!("NIX_PATH=nixpkgs={nixpkgs}"),
            format!("PATH={path}"),
        ];
        let mut options = vec!["-r", self.set.path().to_str().unwrap()];
        variables.iter().for_each(|variable| options.extend(["-e", variable]));
        let program = [self.lab.program().to_str().unwrap()];
        self.lab.run_with(self.project.path(), &options, &[&program, arguments].concat())
    }

    fn which(&self, arguments: &[&str]) -> Value {
        let arguments = [&["which", "--format=json"], arguments].concat();
        self.run("/run/current-system/sw/bin", self.set.path().to_str().unwrap(), &arguments).json()
    }
}

fn attributes(answers: &Value) -> Vec<&str> {
    answers.as_array().unwrap().iter().map(|answer| answer["attribute"].as_str().unwrap_or("none")).collect()
}

#[test]
fn nix_says_which_path_is_in_the_nixpkgs_at_hand() {
    let Some(nixpkgs) = Nixpkgs::new("", OLD) else { return };
    let names = ["libX11.so.6", "libz.so.1", "oddity", "nosuchthing"];
    assert_eq!(
        attributes(&nixpkgs.which(&[&["--offline"], &names[..]].concat())),
        ["libx11", "zlib", "none", "none"]
    );
    let found = nixpkgs.which(&names);
    assert_eq!(attributes(&found), ["xorg.libX11", "zlib", "oddity", "none"]);
    assert_eq!(found[0]["alternatives"], serde_json::json!(["libx11"]));
    // What was said is kept: no Nix is on this PATH.
    let set = nixpkgs.set.path().to_str().unwrap().to_owned();
    let kept = nixpkgs.run("/nowhere", &set, &[&["which", "--format=json"], &names[..]].concat());
    assert_eq!(kept.json(), found);
}

#[test]
fn what_nixpkgs_lacks_is_said() {
    let Some(nixpkgs) = Nixpkgs::new("26.05", "{ zbar = throw \"gone\"; }") else { return };
    let found = nixpkgs.which(&["libzbar.so.0"]);
    assert_eq!(attributes(&found), ["zbar"]);
    assert_eq!(found[0]["note"], "this <nixpkgs> does not have it");
    nixpkgs.project.write("shell.nix", "{ pkgs }:\npkgs.mkShell { buildInputs = [ ]; }\n");
    let set = nixpkgs.set.path().to_str().unwrap().to_owned();
    let path = "/run/current-system/sw/bin";
    nixpkgs.run(path, &set, &["add-lib", "zbar"]).exits(3).says(&["<nixpkgs> has no zbar", "--offline"]);
    nixpkgs.run(path, &set, &["add-lib", "--offline", "zbar"]).exits(0);
}

#[test]
fn a_nixpkgs_that_the_project_brings_is_not_evaluated() {
    let Some(nixpkgs) = Nixpkgs::new("", OLD) else { return };
    let own = nixpkgs.project.join("nixpkgs");
    nixpkgs.project.write("nixpkgs/default.nix", nixpkgs.set.read("default.nix"));
    let found = nixpkgs.run(
        "/run/current-system/sw/bin",
        own.to_str().unwrap(),
        &["which", "--format=json", "libX11.so.6"],
    );
    assert_eq!(attributes(&found.json()), ["libx11"]);
}

#[test]
fn shells_record_the_release_of_their_nixpkgs() {
    let echo = "printf %s \"$VENVFIX_NIXPKGS_RELEASE\"";
    let Some(hooked) = Project::with_hook("venvDir = \"env\";") else { return };
    assert_eq!(hooked.enter(echo).exits(0).stdout, "26.05");
    hooked.write_shell("pkgs.mkVenvShell { }");
    assert_eq!(hooked.enter(echo).exits(0).stdout, "26.05");
    let found = hooked.enter("venvfix which -v libX11.so.6").exits(0);
    found.says(&["the release of nixpkgs in use is 26.05"]).prints(&["libX11.so.6  libx11  soname"]);
    let lab = hooked.lab;
    let folder = Folder::new();
    lab.venvfix(folder.path(), &["init", "--source", lab.program().to_str().unwrap()]).exits(0);
    assert_eq!(lab.nix_shell(folder.path(), echo).exits(0).stdout, "26.05");
}

/// A folder with a nix-locate that prints these lines.
fn with_locate(lines: &str) -> Folder {
    let folder = Folder::new();
    folder.write("bin/lines", lines);
    let script = r#"#!/bin/sh
printf '%s\n' "$@" > "${0%/*}/asked"
while IFS= read -r line; do printf '%s\n' "$line"; done < "${0%/*}/lines"
"#;
    let program = folder.write("bin/nix-locate", script);
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn venvfix(tools: &Folder, project: &Folder, arguments: &[&str]) -> Ended {
    let mut run = command(VENVFIX, project.path());
    run.env("PATH", tools.join("bin")).env("HOME", project.path()).args(arguments);
    run.output().unwrap().into()
}

const LINES: &str = "\
bundle.out      9 x /nix/store/aaa-bundle-1/libexec/libodd.so.7
odd.lib    12,345 s /nix/store/bbb-odd-7.1/lib/libodd.so.7
";

#[test]
fn a_soname_of_no_table_is_looked_up_by_nix_locate() {
    let (tools, project) = (with_locate(LINES), Folder::new());
    let found = venvfix(&tools, &project, &["which", "--format=json", "libodd.so.7"]).exits(0).json();
    let wanted = serde_json::json!([{"query": "libodd.so.7", "kind": "soname", "attribute": "odd",
        "output": "lib", "alternatives": ["bundle"],
        "note": "found by nix-locate, in no table of venvfix"}]);
    assert_eq!(found, wanted);
    assert!(tools.read("bin/asked").ends_with("/libodd.so.7\n"));
    venvfix(&tools, &project, &["--offline", "which", "libodd.so.7"]).exits(1);
    let shell = "{ pkgs }:\npkgs.mkShell { buildInputs = [ ]; }\n";
    project.write("shell.nix", shell);
    venvfix(&tools, &project, &["add-lib", "--offline", "libodd.so.7"]).exits(2);
    let added = venvfix(&tools, &project, &["add-lib", "libodd.so.7"]).exits(0);
    added.says(&["libodd.so.7 is in no table of venvfix; nix-locate found it in odd"]);
    assert_eq!(project.read("shell.nix"), shell.replace("[ ]", "[ pkgs.odd ]"));
}

#[test]
fn a_nix_locate_of_the_project_is_not_started() {
    let project = with_locate(LINES);
    project.write("requirements.txt", "");
    venvfix(&project, &project, &["which", "libodd.so.7"]).exits(1);
    let links = Folder::new();
    std::os::unix::fs::symlink(project.path(), links.join("project")).unwrap();
    let mut run = command(VENVFIX, links.path());
    run.env("VENVFIX_PROJECT", links.join("project")).env("PATH", project.join("bin"));
    Ended::from(run.args(["which", "libodd.so.7"]).output().unwrap()).exits(1);
    assert!(!project.join("bin/asked").exists());
}

#[test]
fn a_nix_that_fails_or_talks_nonsense_changes_nothing() {
    for script in ["exit 1", "echo '[true]'; echo '['", "echo '[1]'", "echo '[true, true, true, true]'", ":"]
    {
        let (tools, project, set) = (Folder::new(), Folder::new(), Folder::new());
        let program = tools.write("bin/nix-instantiate", format!("#!/bin/sh\n{script}\n"));
        std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).unwrap();
        set.write("default.nix", "");
        let mut run = command(VENVFIX, project.path());
        run.env("PATH", tools.join("bin")).env("HOME", project.path()).env_remove("XDG_CACHE_HOME");
        run.env("NIX_PATH", format!("nixpkgs={}", set.path().display())).args(["which", "libX11.so.6"]);
        Ended::from(run.output().unwrap()).exits(0).prints(&["libX11.so.6  libx11  soname"]);
        assert!(!project.join(".cache").exists(), "{script}");
    }
}

#[test]
fn a_project_that_is_named_by_a_link_brings_no_nixpkgs_either() {
    let (tools, project, links) = (Folder::new(), Folder::new(), Folder::new());
    let program = tools.write("nix-instantiate", "#!/bin/sh\necho > \"${0%/*}/started\"\n");
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).unwrap();
    project.write("nixpkgs/default.nix", "");
    std::os::unix::fs::symlink(project.path(), links.join("project")).unwrap();
    let mut run = command(VENVFIX, links.path());
    run.env("VENVFIX_PROJECT", links.join("project")).env("PATH", tools.path());
    run.env("NIX_PATH", project.path()).args(["which", "libX11.so.6"]);
    Ended::from(run.output().unwrap()).exits(0);
    assert!(!tools.join("started").exists());
}
