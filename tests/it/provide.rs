//! The provider in the laboratory: libraries reach Python, and nothing leaks.

use super::support::lab::Lab;
use super::support::{Folder, wheel};

const SHELL: &str = "{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  packages = [ pkgs.python3 ];
  buildInputs = [ LIBRARIES ];
  VENVFIX_PROJECT = toString ./.;
  shellHook = ''eval \"$(PROGRAM hook bash)\"; venvfix-enter'';
}
";

/// A project with its wheels in `wheels/`, whose shell has these attributes.
fn project(lab: &Lab, libraries: &str, requirements: &str) -> Folder {
    let folder = Folder::new();
    let shell = SHELL.replace("LIBRARIES", libraries).replace("PROGRAM", lab.program().to_str().unwrap());
    folder.write("shell.nix", shell);
    folder.write("requirements.txt", format!("--no-index\n--find-links wheels\n{requirements}\n"));
    folder
}

#[test]
fn a_chain_of_libraries_is_opened_for_an_extension_and_nothing_leaks() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "pkgs.libGL pkgs.glib pkgs.libxml2", "odd");
    let needs = "libGL.so.1,libgthread-2.0.so.0,libz.so.1,libstdc++.so.6";
    wheel::make(&folder.join("wheels"), "odd", &["--needs", needs]);
    let script = "python -c 'import odd'; env | grep -c LD_LIBRARY_PATH; \
                  env -i .venv/bin/python -c 'import odd, os, subprocess; \
                  print(subprocess.run([\"/bin/sh\", \"-c\", \"export -p\"], capture_output=True, text=True).stdout.count(\"LD_\"))'";
    let ended = lab.nix_shell(folder.path(), script).silent_about(&["missing"]);
    assert_eq!(ended.stdout, "0\n0\n", "{ended:?}");
    let outside = lab.run(folder.path(), &[".venv/bin/python", "-I", "-c", "import odd"]);
    outside.exits(0);
}

#[test]
fn a_plain_shell_brings_the_compilers_runtime_and_what_python_is_linked_to() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "", "odd");
    wheel::make(
        &folder.join("wheels"),
        "odd",
        &["--needs", "libstdc++.so.6,libz.so.1,libssl.so.3,libexpat.so.1"],
    );
    lab.nix_shell(folder.path(), "python -c 'import odd'").exits(0).silent_about(&["missing"]);
}

#[test]
fn ctypes_finds_offered_libraries_and_an_unknown_one_fails_as_ever() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "pkgs.file", "");
    let script = "import ctypes; ctypes.CDLL('libmagic.so.1').magic_version; print('found')\n\
                  try: ctypes.CDLL('libnobodyknows.so.7')\n\
                  except OSError as error: print(error)";
    let ended = lab.nix_shell(folder.path(), &format!("python -c \"{script}\"")).exits(0);
    let message = "libnobodyknows.so.7: cannot open shared object file: No such file or directory";
    assert_eq!(ended.stdout, format!("found\n{message}\n"));
}

#[test]
fn a_missing_library_keeps_the_loaders_own_message() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "", "odd");
    wheel::make(&folder.join("wheels"), "odd", &["--needs", "libstdc++.so.6,libnobodyknows.so.7"]);
    let ended = lab.nix_shell(folder.path(), "python -c 'import odd'").exits(1);
    ended.says(&[
        "ImportError: libnobodyknows.so.7: cannot open shared object file: No such file or directory",
        "venvfix doctor names all libraries that are missing",
    ]);
}

#[test]
fn pip_knows_nothing_of_the_provider() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "", "odd");
    wheel::make(&folder.join("wheels"), "odd", &[]);
    let script = "python -m pip check && python -m pip freeze && python -m pip uninstall -qy odd && ls .venv/lib/*/site-packages";
    let ended = lab.nix_shell(folder.path(), script).exits(0);
    let freeze: Vec<&str> =
        ended.stdout.lines().filter(|line| line.contains("==") || line.contains('@')).collect();
    assert_eq!(freeze, ["odd==1.0"], "{}", ended.stdout);
    ended.prints(&["No broken requirements", "000_venvfix.pth", "_venvfix.py"]);
}

#[test]
fn the_setting_none_takes_the_provider_out() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "", "odd");
    wheel::make(&folder.join("wheels"), "odd", &["--needs", "libz.so.1"]);
    lab.nix_shell(folder.path(), "python -c 'import odd'").exits(0);
    folder.write("venvfix.toml", "provide = 'none'\n");
    let ended = lab.nix_shell(folder.path(), "ls .venv/lib/*/site-packages; python -c 'import odd'").exits(1);
    assert!(!ended.stdout.contains("venvfix"), "{}", ended.stdout);
    ended.says(&["libz.so.1: cannot open", "1 library is missing for odd 1.0: libz.so.1"]);
}

#[test]
fn a_needed_name_that_is_only_a_links_name_is_answered_by_a_shim() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "pkgs.ncurses", "odd");
    wheel::make(&folder.join("wheels"), "odd", &["--needs", "libtinfo.so.6"]);
    lab.nix_shell(folder.path(), "python -c 'import odd'").exits(0).silent_about(&["missing", "could not"]);
    lab.run(folder.path(), &[".venv/bin/python", "-c", "import odd"]).exits(0);
}

#[test]
fn find_library_knows_the_offer() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "pkgs.file pkgs.portaudio", "");
    let script =
        "from ctypes.util import find_library as f; print(f('magic'), f('portaudio'), f('nobodyknows'))";
    let ended = lab.nix_shell(folder.path(), &format!("python -c \"{script}\"")).exits(0);
    assert_eq!(ended.stdout, "libmagic.so.1 libportaudio.so.2 None\n");
}

#[test]
fn the_setting_ld_library_path_links_just_what_is_wanted() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "pkgs.ncurses pkgs.libxml2", "odd");
    folder.write("venvfix.toml", "provide = 'ld-library-path'\n");
    wheel::make(&folder.join("wheels"), "odd", &["--needs", "libtinfo.so.6,libz.so.1"]);
    let script = "python -c 'import odd'; echo \"$LD_LIBRARY_PATH\"; ls \"$LD_LIBRARY_PATH\" .venv/lib/*/site-packages";
    let ended = lab.nix_shell(folder.path(), script).exits(0);
    let links = folder.join(".venv/.venvfix/lib");
    assert!(ended.stdout.starts_with(&format!("{}\n", links.display())), "{}", ended.stdout);
    assert!(!ended.stdout.contains("_venvfix"), "{}", ended.stdout);
    let mut names: Vec<_> =
        std::fs::read_dir(links).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["libtinfo.so.6", "libz.so.1"]);
    // And back again.
    folder.write("venvfix.toml", "");
    let ended =
        lab.nix_shell(folder.path(), "python -c 'import odd'; echo ${LD_LIBRARY_PATH-unset}").exits(0);
    assert_eq!(ended.stdout, "unset\n");
}

#[test]
fn roots_keep_the_venv_working_and_go_with_it() {
    let Some(lab) = Lab::get() else { return };
    let _alone = lab.roots();
    let folder = project(lab, "pkgs.zbar", "odd");
    wheel::make(&folder.join("wheels"), "odd", &["--needs", "libzbar.so.0"]);
    lab.nix_shell(folder.path(), "true").exits(0);
    let roots = folder.join(".venv/.venvfix/roots");
    let targets = || -> Vec<String> {
        let entries = std::fs::read_dir(&roots)
            .unwrap()
            .map(|entry| std::fs::read_link(entry.unwrap().path()).unwrap());
        entries.map(|target| target.display().to_string()).collect()
    };
    for package in ["python3", "zbar", "zlib", "glibc"] {
        assert!(targets().iter().any(|target| target.contains(package)), "{package} in {:?}", targets());
    }
    let listed =
        |project: &std::path::Path| lab.run(project, &["nix-store", "--gc", "--print-roots"]).exits(0).stdout;
    assert!(listed(folder.path()).contains(roots.to_str().unwrap()), "{}", listed(folder.path()));
    // A shell with fewer libraries lets go of the others.
    let text = folder.read("shell.nix").replace("pkgs.zbar", "");
    folder.write("shell.nix", text);
    lab.nix_shell(folder.path(), "true").exits(0);
    assert!(!targets().iter().any(|target| target.contains("zbar")), "{:?}", targets());
}

#[test]
fn another_shell_takes_nothing_away() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "pkgs.libGL", "odd");
    wheel::make(&folder.join("wheels"), "odd", &["--needs", "libGL.so.1"]);
    lab.nix_shell(folder.path(), "python -c 'import odd'").exits(0);
    let venvfix = lab.program().to_str().unwrap();
    let other = format!("{venvfix} -C . run -- python -c 'import odd'");
    lab.run(folder.path(), &["nix-shell", "-p", "git", "python3", "--run", &other]).exits(0);
    let doctor = format!("{venvfix} doctor");
    lab.run(folder.path(), &["nix-shell", "-p", "git", "--run", &doctor])
        .exits(0)
        .prints(&["nothing is missing"]);
    lab.run(folder.path(), &[".venv/bin/python", "-c", "import odd"]).exits(0);
}

#[test]
fn run_works_without_a_shell_file_and_passes_the_exit_code_on() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "", "odd");
    std::fs::remove_file(folder.join("shell.nix")).unwrap();
    wheel::make(&folder.join("wheels"), "odd", &["--needs", "libGL.so.1"]);
    let venvfix = lab.program().to_str().unwrap();
    let run = |command: &str| {
        let command = format!("{venvfix} run -- {command}");
        lab.run(folder.path(), &["nix-shell", "-p", "python3", "libGL", "--run", &command])
    };
    run("python -c 'import odd, sys; print(sys.argv[1:])' -x --").exits(0).prints(&["['-x', '--']"]);
    run("python -c 'raise SystemExit(7)'").exits(7);
    run("no-such-program").exits(3).says(&["could not start no-such-program"]);
}

#[test]
fn a_venv_of_another_tool_is_provided_for_by_path() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "pkgs.libGL", "");
    wheel::make(&folder.join("wheels"), "odd", &["--needs", "libGL.so.1"]);
    let venvfix = lab.program().to_str().unwrap();
    let script = format!(
        "python3 -m venv other && other/bin/pip install -q --no-index --find-links wheels odd; \
         other/bin/python -c 'import odd'; {venvfix} provide other && other/bin/python -c 'import odd; print(1)'"
    );
    let ended = lab
        .nix_shell(folder.path(), &script)
        .exits(0)
        .says(&["libGL.so.1: cannot open", "reaches the Python of"]);
    assert_eq!(ended.stdout, "1\n");
    lab.nix_shell(folder.path(), &format!("{venvfix} provide nowhere"))
        .exits(3)
        .says(&["no virtual environment"]);
}

#[test]
fn a_libc_and_libraries_of_a_newer_glibc_are_not_offered() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "pkgs.glibc", "");
    wheel::make(
        &folder.join("wheels"),
        "newer",
        &["--bundle", "libnewer.so.1", "--bundle-needs", "libc.so.6@GLIBC_2.99"],
    );
    let unpack = "cd wheels && python -m zipfile -e newer-*.whl ../unpacked";
    lab.nix_shell(folder.path(), unpack).exits(0);
    let doctor = "VENVFIX_LIBRARY_PATH=$PWD/unpacked/newer.libs venvfix doctor";
    let doctor = doctor.replace("venvfix doctor", &format!("{} doctor", lab.program().display()));
    let ended = lab.nix_shell(folder.path(), &doctor).exits(0);
    ended.prints(&[
        "a library directory was refused",
        "want glibc 2.99, the interpreter has 2.36",
        "it holds a libc",
    ]);
    let script = format!(
        "VENVFIX_LIBRARY_PATH=$PWD/unpacked/newer.libs {} enter >/dev/null; cat .venv/lib/*/site-packages/_venvfix.libraries",
        lab.program().display()
    );
    let ended = lab.nix_shell(folder.path(), &script).exits(0);
    assert!(ended.stdout.contains("libz.so.1") && !ended.stdout.contains("libnewer"), "{}", ended.stdout);
    assert!(!ended.stdout.contains("libc.so.6"), "{}", ended.stdout);
}

#[test]
fn a_library_that_the_shell_has_and_python_does_not_get_is_told_with_the_cure() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "", "odd");
    wheel::make(&folder.join("wheels"), "odd", &["--needs", "libz.so.1"]);
    let venvfix = lab.program().to_str().unwrap();
    let script = format!(
        "python3 -m venv .venv && .venv/bin/pip install -q -r requirements.txt; {venvfix} doctor; echo $?; \
         {venvfix} provide .venv; {venvfix} doctor; echo $?"
    );
    let ended = lab.run_with(folder.path(), &["-e", "VENVFIX_SKIP=1"], &["nix-shell", "--run", &script]);
    ended.prints(&["libz.so.1", "help: venvfix provide .venv\n1\n", "nothing is missing\n0\n"]);
    folder.write("venvfix.toml", "provide = 'none'");
    let ended = lab.nix_shell(folder.path(), &format!("{venvfix} doctor")).exits(1);
    ended.prints(&["this shell has it; provide = \"none\" keeps it from python"]);
}

#[test]
fn another_python_of_the_same_version_keeps_what_was_installed_by_hand() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "", "odd");
    wheel::make(&folder.join("wheels"), "odd", &[]);
    wheel::make(&folder.join("wheels"), "byhand", &["--needs", "libz.so.1"]);
    lab.nix_shell(folder.path(), "pip install -q --no-index --find-links wheels byhand").exits(0);
    let text = folder
        .read("shell.nix")
        .replace("import <nixpkgs> { }", "import <nixpkgs> { config.pythonMarker = \"2\"; }");
    folder.write("shell.nix", text);
    let ended = lab.nix_shell(folder.path(), "python -c 'import odd, byhand'").exits(0);
    ended.says(&["renewing .venv (python changed from /nix/store/"]).silent_about(&["error"]);
    lab.nix_shell(folder.path(), "python -c 'import odd, byhand'").exits(0).silent_about(&["venvfix"]);
}

#[test]
fn a_package_that_opens_libraries_in_c_gets_them_on_import() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "pkgs.libx11 pkgs.alsa-lib", "pygame");
    wheel::make(&folder.join("wheels"), "pygame", &[]);
    let script = "import sys; before = open('/proc/self/maps').read(); import pygame; after = open('/proc/self/maps').read(); \
                  print(*(name in text for name in ('libX11', 'libasound', 'libGL') for text in (before, after)))";
    let ended = lab.nix_shell(folder.path(), &format!("python -c \"{script}\"")).exits(0);
    assert_eq!(ended.stdout, "False True False True False False\n", "{ended:?}");
}

#[test]
fn the_drivers_library_and_the_variable_for_it_are_there_where_a_driver_is() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "", "triton");
    wheel::make(&folder.join("wheels"), "triton", &[]);
    let driver = Folder::new();
    std::fs::create_dir(driver.join("lib")).unwrap();
    let made = super::support::command("gcc", driver.path())
        .args([
            "-shared",
            "-nostdlib",
            "-Wl,-soname,libcuda.so.1",
            "-o",
            "lib/libcuda.so.1",
            "-x",
            "c",
            "/dev/null",
        ])
        .status();
    assert!(made.unwrap().success());
    let script = "python -c 'import os, triton, ctypes; ctypes.CDLL(\"libcuda.so.1\"); print(os.environ.get(\"TRITON_LIBCUDA_PATH\"))'";
    let options = ["--opengl-driver", driver.path().to_str().unwrap()];
    let ended = lab.run_with(folder.path(), &options, &["nix-shell", "--run", script]).exits(0);
    assert_eq!(ended.stdout, "/run/opengl-driver/lib\n", "{ended:?}");
}

#[test]
fn a_store_path_in_use_outlives_a_garbage_collection_and_goes_with_the_venv() {
    let Some(lab) = Lab::get() else { return };
    let _alone = lab.roots();
    // A package that nothing else keeps.
    let own = "(pkgs.runCommand \"own-zbar\" { } ''mkdir -p $out/lib; cp ${pkgs.zbar.lib or pkgs.zbar}/lib/libzbar.so.0 $out/lib/'')";
    let folder = project(lab, own, "odd");
    wheel::make(&folder.join("wheels"), "odd", &["--needs", "libzbar.so.0"]);
    lab.nix_shell(folder.path(), "true").exits(0);
    let map = std::fs::read_dir(folder.join(".venv/lib")).unwrap().next().unwrap().unwrap().path();
    let map = std::fs::read_to_string(map.join("site-packages/_venvfix.libraries")).unwrap();
    let library = map.lines().find_map(|line| line.strip_prefix("libzbar.so.0\t")).unwrap();
    let package = library.split("/lib/").next().unwrap();
    assert!(package.ends_with("-own-zbar"), "{package}");
    // What a garbage collection goes by, of this path alone: a whole one would disturb other tests.
    let roots = || lab.run(folder.path(), &["nix-store", "--query", "--roots", package]).exits(0).stdout;
    assert!(roots().contains("/.venv/.venvfix/roots/"), "{}", roots());
    lab.run(folder.path(), &["env", "-i", ".venv/bin/python", "-c", "import odd"]).exits(0);
    std::fs::remove_dir_all(folder.join(".venv")).unwrap();
    assert!(!roots().contains("/.venv/"), "{}", roots());
}

#[test]
fn a_path_that_is_gone_costs_one_warning_and_keeps_the_message() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "", "odd");
    wheel::make(&folder.join("wheels"), "odd", &["--needs", "libz.so.1"]);
    let gone = "sed -i 's|^libz.so.1\t.*|libz.so.1\t/nix/store/gone/lib/libz.so.1|' .venv/lib/*/site-packages/_venvfix.libraries; \
                python -c 'for n in range(3):\n  try: import odd\n  except ImportError as e: print(e)'";
    let ended = lab.nix_shell(folder.path(), gone).exits(0);
    assert_eq!(ended.stdout.matches("libz.so.1: cannot open shared object file").count(), 3, "{ended:?}");
    let warning = "could not open /nix/store/gone/lib/libz.so.1";
    assert_eq!(ended.stderr.matches(warning).count(), 1, "{}", ended.stderr);
}

#[test]
fn programs_started_from_python_are_none_the_wiser() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "pkgs.ncurses pkgs.readline pkgs.openssl", "odd");
    wheel::make(&folder.join("wheels"), "odd", &["--needs", "libz.so.1,libncursesw.so.6,libcrypto.so.3"]);
    lab.nix_shell(folder.path(), "true").exits(0);
    let code = |programs: &str| {
        format!(
            "import odd, subprocess; [subprocess.run(c, check=True, stdout=subprocess.DEVNULL) for c in ({programs})]"
        )
    };
    let nix = code("['git', '--version'], ['bash', '-c', ':'], ['nix', '--version'], ['env']");
    lab.run(folder.path(), &[".venv/bin/python", "-c", &nix]).exits(0);
    // Programs of another system, with another glibc.
    let host = code("['/usr/bin/env'], ['/bin/bash', '-c', ':'], ['/usr/bin/perl', '-e', '1']");
    lab.run_with(folder.path(), &["--fhs"], &[".venv/bin/python", "-c", &host]).exits(0);
}

#[test]
fn a_shell_of_any_form_offers_the_same() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "", "odd");
    wheel::make(&folder.join("wheels"), "odd", &["--needs", "libGL.so.1,libgthread-2.0.so.0"]);
    let text = folder.read("shell.nix");
    let shapes = [
        "packages = [ pkgs.python3 pkgs.libGL pkgs.glib ];",
        "packages = [ pkgs.python3 ]; nativeBuildInputs = [ pkgs.libGL pkgs.glib ];",
        "packages = [ pkgs.python3 ]; inputsFrom = [ (pkgs.mkShell { buildInputs = [ pkgs.libGL pkgs.glib ]; }) ];",
        "packages = [ pkgs.python3 ]; LD_LIBRARY_PATH = pkgs.lib.makeLibraryPath [ pkgs.libGL pkgs.glib ];",
        "packages = [ pkgs.python3 ]; VENVFIX_LIBRARY_PATH = pkgs.lib.makeLibraryPath [ pkgs.libGL pkgs.glib ];",
    ];
    for shape in shapes {
        folder.write("shell.nix", text.replace("packages = [ pkgs.python3 ];", shape));
        for options in [&["nix-shell"][..], &["nix-shell", "--pure"]] {
            let command = [options, &["--run", "env -u LD_LIBRARY_PATH python -c 'import odd'"]].concat();
            lab.run(folder.path(), &command).exits(0).silent_about(&["missing"]);
        }
    }
}

#[test]
fn a_namespace_package_is_provided_for() {
    let Some(lab) = Lab::get() else { return };
    let folder = project(lab, "", "odd");
    wheel::make(&folder.join("wheels"), "odd", &["--needs", "libz.so.1"]);
    let script = "cd .venv/lib/*/site-packages && mkdir space && mv odd space/";
    lab.nix_shell(folder.path(), script).exits(0);
    lab.run(folder.path(), &[".venv/bin/python", "-c", "import space.odd"]).exits(0);
}
