//! doctor on made venvs, with the machine's own Python standing for one from the store.

use serde_json::json;

use super::support::object::lib;
use super::support::venv::Venv;
use super::support::{Ended, Folder, VENVFIX, command, venvfix, wheel};

/// A venv with one made wheel in it.
fn venv_with(name: &str, options: &[&str]) -> Venv {
    let venv = Venv::new();
    let wheels = Folder::new();
    venv.install(&wheel::make(wheels.path(), name, options));
    venv
}

#[test]
fn json_has_the_shape_of_schema_1() {
    let venv = venv_with("odd", &["--needs", "libz.so.1"]);
    let ended = venvfix(venv.path(), ["doctor", "--loader", "nix", "--format", "json"]).exits(1);
    let report = ended.json();
    assert_eq!(report["schema"], 1);
    assert_eq!(report["python"]["loader"], "nix");
    assert_eq!(report["counts"], json!({"distributions": 1, "objects": 1, "errors": 1, "warnings": 0}));
    let finding = &report["findings"][0];
    assert_eq!(
        *finding,
        json!({
            "code": "missing-library", "severity": "error", "reach": "import", "soname": "libz.so.1",
            "distributions": [{"name": "odd", "version": "1.0", "objects": ["odd/_native.abi3.so"]}],
            "searched": finding["searched"],
            "remedy": {"kind": "attribute", "attribute": "zlib", "confidence": "sure", "alternatives": []},
        })
    );
}

#[test]
fn annotations_are_one_line_each_whatever_names_hold() {
    let venv = Venv::new();
    let needs = &["libz.so.1", "libodd%0A,::error::x.so.1", "libnobody\n::error::knows.so"];
    venv.package("odd", &[lib("odd/_a.abi3.so", needs)], &[]);
    let text = venvfix(venv.path(), ["doctor", "--loader", "nix", "--format", "github"]).exits(1).stdout;
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 1, "{text}");
    let title = "::error title=venvfix%3A 3 libraries are missing that an import needs::";
    assert!(lines[0].starts_with(title), "{text}");
    for wanted in [
        "libz.so.1  zlib  odd 1.0%0A",
        "libodd%250A",
        "\\u{a}::error::knows.so",
        "%0Ahelp: venvfix add-lib zlib",
    ] {
        assert!(lines[0].contains(wanted), "{wanted} in {text}");
    }
    let sound = venv_with("sound", &[]);
    let ended = venvfix(sound.path(), ["doctor", "--loader", "nix", "--format", "github"]).exits(0);
    assert_eq!(ended.stdout, "");
}

#[test]
fn bundled_libraries_are_found_and_a_plugin_only_warns() {
    let options = ["--bundle", "libinner.so.3", "--plugin", "libplug.so", "--plugin-needs", "libGL.so.1"];
    let venv = venv_with("gui", &options);
    let ended = venvfix(venv.path(), ["doctor", "--loader", "nix"]).exits(0);
    ended.prints(&["warning: 1 library is missing that only a plugin needs", "libGL.so.1", "gui 1.0"]);
}

#[test]
fn a_library_that_a_bundled_one_needs_breaks_the_import() {
    let venv = venv_with("deep", &["--bundle", "libinner.so.3", "--bundle-needs", "libX11.so.6"]);
    let report = venvfix(venv.path(), ["doctor", "--loader", "nix", "--format", "json"]).exits(1).json();
    let finding = &report["findings"][0];
    assert_eq!((&finding["reach"], &finding["soname"]), (&json!("import"), &json!("libX11.so.6")));
    assert_eq!(finding["distributions"][0]["objects"], json!(["deep.libs/libinner.so.3"]));
    assert_eq!(finding["remedy"]["alternatives"], json!(["xorg.libX11"]));
}

#[test]
fn an_unknown_library_is_said_to_be_unknown() {
    let venv = venv_with("odd", &["--needs", "libnobodyknows.so.7"]);
    let report = venvfix(venv.path(), ["doctor", "--loader", "nix", "--format", "json"]).exits(1).json();
    assert_eq!(report["findings"][0]["remedy"]["kind"], "none");
}

#[test]
fn a_driver_library_is_never_answered_with_a_package() {
    let venv = venv_with("cuda", &["--needs", "libcuda.so.1"]);
    let report = venvfix(venv.path(), ["doctor", "--loader", "nix", "--format", "json"]).json();
    assert_eq!(report["findings"][0]["code"], "driver-library");
    assert_eq!(report["findings"][0]["remedy"], json!({"kind": "driver"}));
}

#[test]
fn a_program_is_found_with_what_nixpkgs_has_in_its_place() {
    let venv = venv_with("ruff", &["--program", "ruff"]);
    let ended = venvfix(venv.path(), ["doctor", "--loader", "nix"]).exits(0);
    ended.prints(&["note: 1 program is patched on shell entry", "bin/ruff"]);
    venv.folder.write("venvfix.toml", "programs = 'report'\n");
    let ended = venvfix(venv.path(), ["doctor", "--loader", "nix"]).exits(1);
    ended.prints(&["1 program cannot start", "bin/ruff", "nixpkgs has it: ruff"]);
    std::fs::remove_file(venv.folder.join("venvfix.toml")).unwrap();
    let program = venv.site_packages().join("bin/ruff");
    let mut bytes = std::fs::read(&program).unwrap();
    bytes.extend(b"more");
    std::fs::write(program, bytes).unwrap();
    let ended = venvfix(venv.path(), ["doctor", "--loader", "nix"]).exits(1);
    ended.prints(&["nixpkgs has it: ruff", "not patched: it has data behind its end"]);
}

#[test]
fn the_systems_own_python_finds_the_systems_libraries() {
    let venv = venv_with("odd", &["--needs", "libz.so.1,libnobodyknows.so.7"]);
    let report = venvfix(venv.path(), ["doctor", "--format", "json"]).exits(1).json();
    let names: Vec<_> =
        report["findings"].as_array().unwrap().iter().map(|finding| &finding["soname"]).collect();
    assert_eq!(names, ["libnobodyknows.so.7"]);
}

#[test]
fn damaged_objects_and_odd_names_are_reported_without_a_panic() {
    for bytes in ["0", "3", "40", "70", "500"] {
        let venv = venv_with("broken", &["--truncate", bytes]);
        let site = venv.site_packages();
        std::fs::create_dir_all(site.join("pkg/x.so")).unwrap();
        std::fs::write(site.join("pkg/it's \"odd\"\n\u{1b}[31m.so"), b"\x7fELF").unwrap();
        std::fs::write(site.join("pkg/empty.abi3.so"), b"").unwrap();
        let ended = venvfix(venv.path(), ["doctor", "--loader", "nix"]).exits(1);
        assert!(!ended.stdout.contains('\u{1b}'), "{}", ended.stdout);
        let ended = ended.prints(&["broken/truncated.so", "pip install --force-reinstall"]);
        assert!(!ended.stdout.contains("x.so "), "{}", ended.stdout);
        assert!(ended.stderr.is_empty(), "{}", ended.stderr);
    }
}

#[test]
fn a_named_pipe_does_not_stop_it() {
    let venv = Venv::new();
    let path = venv.site_packages().join("pipe.so");
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    venvfix(venv.path(), ["doctor"]).exits(0);
}

#[test]
fn no_venv_and_a_file_in_its_place_say_what_to_do() {
    let folder = Folder::new();
    venvfix(folder.path(), ["doctor"]).exits(3).says(&["there is no virtual environment at", "help: "]);
    folder.write(".venv", "");
    venvfix(folder.path(), ["doctor"]).exits(3).says(&[".venv is not a directory", "mv "]);
    venvfix(folder.path(), ["doctor", "nowhere"]).exits(3).says(&["nowhere"]);
    venvfix(folder.path(), ["doctor", ".venv"]).exits(2).says(&["neither a venv nor a project"]);
}

#[test]
fn a_venv_whose_python_is_gone_is_named_as_such() {
    let venv = Venv::new();
    let python = venv.folder.join(".venv/bin/python");
    std::fs::remove_file(&python).unwrap();
    std::os::unix::fs::symlink("/nix/store/gone/bin/python3", &python).unwrap();
    venvfix(venv.path(), ["doctor"]).exits(3).says(&[
        "the interpreter of",
        "is gone",
        "enter the shell again",
    ]);
}

#[test]
fn ignored_libraries_and_distributions_are_not_reported() {
    let venv = venv_with("Odd_One", &["--needs", "libnobodyknows.so.7"]);
    for ignored in ["libnobodyknows.so.7", "odd-one"] {
        venv.folder.write("venvfix.toml", format!("ignore = ['{ignored}']"));
        venvfix(venv.path(), ["doctor", "--loader", "nix"]).exits(0).prints(&["nothing is missing"]);
    }
}

#[test]
fn looking_runs_nothing() {
    let venv = venv_with("odd", &["--needs", "libz.so.1"]);
    let trace = venv.folder.join("trace");
    let traced = super::support::command("strace", venv.path())
        .args(["-f", "-e", "trace=execve", "-o"])
        .arg(&trace)
        .args([super::support::VENVFIX, "doctor"])
        .output();
    let Ok(traced) = traced else { return super::support::cannot_run("strace is not installed") };
    assert!(traced.status.code() == Some(0), "{traced:?}");
    let text = std::fs::read_to_string(trace).unwrap();
    assert_eq!(text.matches("execve(").count(), 1, "{text}");
}

#[test]
fn what_a_package_opens_by_name_is_told_by_what_fails_for_it() {
    let venv = venv_with("pyzbar", &[]);
    let ended = venvfix(venv.path(), ["doctor", "--loader", "nix"]).exits(1);
    ended.prints(&[
        "missing that a package opens when it is imported",
        "libzbar.so.0  zbar",
        "venvfix add-lib zbar",
    ]);
    let venv = venv_with("pygame", &[]);
    let ended = venvfix(venv.path(), ["doctor", "--loader", "nix"]).exits(0);
    ended.prints(&["opens for a part of its work", "libasound.so.2", "# for all that pygame can do"]);
}

#[test]
fn a_name_that_is_none_is_not_told_to_be_typed() {
    let venv = Venv::new();
    let info = venv.site_packages().join("evil-1.dist-info");
    std::fs::create_dir_all(&info).unwrap();
    for name in ["$(touch x)", "a;b", &"a".repeat(70_000)] {
        std::fs::write(info.join("METADATA"), format!("Name: {name}\nVersion: 1\u{1b}[2J\n")).unwrap();
        std::fs::write(info.join("RECORD"), "b.so,,\n").unwrap();
        std::fs::write(venv.site_packages().join("b.so"), b"\x7fELFx").unwrap();
        let ended =
            venvfix(venv.path(), ["doctor"]).exits(1).prints(&["no installed distribution owns the file"]);
        assert!(!ended.stdout.contains("touch") && !ended.stdout.contains('\u{1b}'), "{}", ended.stdout);
    }
}

#[test]
fn a_version_of_pyvenv_cfg_cannot_steer_the_terminal() {
    let venv = Venv::new();
    let path = venv.folder.join(".venv/pyvenv.cfg");
    let text = std::fs::read_to_string(&path).unwrap().replace("version = 3", "version = \u{1b}[2J3");
    std::fs::write(path, text).unwrap();
    let ended = venvfix(venv.path(), ["doctor"]);
    assert!(!ended.stdout.contains('\u{1b}'), "{:?}", ended.stdout);
}

#[test]
fn a_folder_may_be_named_by_its_dots() {
    let venv = Venv::new();
    venv.folder.write("sub/x", "");
    venvfix(&venv.folder.join("sub"), ["doctor", ".."]).exits(0);
    venvfix(&venv.folder.join("sub"), ["doctor", "../.venv/."]).exits(0);
}

#[test]
fn thousands_of_needed_names_are_refused() {
    let venv = Venv::new();
    // A made object: the dynamic section of a shim, its DT_NEEDED repeated.
    let bytes = venvfix::provide::shim("libx.so", "/y", venvfix::elf::Machine::X86_64).unwrap();
    let entry = [1u64.to_le_bytes(), 1u64.to_le_bytes()].concat();
    let mut grown = bytes.clone();
    let start = grown.len() as u64;
    grown.extend(entry.repeat(5000));
    grown.extend([0; 16]);
    let dynamic = 64 + 56;
    grown[dynamic + 8..dynamic + 16].copy_from_slice(&start.to_le_bytes());
    grown[dynamic + 32..dynamic + 40].copy_from_slice(&(5001u64 * 16).to_le_bytes());
    std::fs::write(venv.site_packages().join("x.abi3.so"), grown).unwrap();
    venvfix(venv.path(), ["doctor", "-v"]).exits(1).prints(&["an absurd number of needed names"]);
}

#[test]
fn a_glibc_that_is_too_old_is_said_to_be() {
    let venv = venv_with("newer", &["--needs", "libc.so.6@GLIBC_2.99"]);
    let report = venvfix(venv.path(), ["doctor", "--format", "json"]).exits(1).json();
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{report:#}");
    let finding = &findings[0];
    let shown = (&finding["code"], &finding["severity"], &finding["reach"], &finding["soname"]);
    let wanted = json!(["missing-symbol-version", "error", "import", "libc.so.6"]);
    assert_eq!(shown, (&wanted[0], &wanted[1], &wanted[2], &wanted[3]));
    let detail = finding["detail"].as_str().unwrap();
    let has = report["python"]["glibc"].as_str().unwrap();
    assert_eq!(detail, format!("GLIBC_2.99 is wanted, libc.so.6 has GLIBC_{has} at the newest"));
    assert!(finding["remedy"]["reason"].as_str().unwrap().contains("the interpreter's glibc is too old"));
    // Really so.
    let python = venv.folder.join(".venv/bin/python");
    let ran = super::support::command(python, venv.path()).args(["-c", "import newer"]).output().unwrap();
    let error = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(error.contains("`GLIBC_2.99' not found"), "{error}");
    venvfix(venv.path(), ["doctor", "-v"])
        .exits(1)
        .prints(&["1 library is too old for what an import needs", "GLIBC_2.99"]);
    // Of a glibc that is only assumed nothing is known.
    venvfix(venv.path(), ["doctor", "--loader", "nix"]).exits(0);
}

#[test]
fn a_wheels_library_that_is_too_old_is_named_with_its_owner() {
    let venv = venv_with("plain", &["--bundle", "libinner.so.3"]);
    let site = venv.site_packages();
    let build = |version: &str| {
        let folder = Folder::new();
        let map = folder.write("map", format!("INNER_{version} {{ inner; }};"));
        let source = folder.write("inner.c", "void inner(void) {}");
        let path = folder.join("libinner.so");
        let built = super::support::command("cc", folder.path())
            .args(["-shared", "-fPIC", "-Wl,-soname,libinner.so.3", "-o"])
            .args([&path, &source])
            .arg(format!("-Wl,--version-script={}", map.display()))
            .output()
            .unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        (std::fs::read(&path).unwrap(), folder)
    };
    let (new, kept) = build("1.10");
    let source = kept.write("user.c", "void inner(void); void PyInit__user(void) { inner(); }");
    let linked = super::support::command("cc", kept.path())
        .args(["-shared", "-fPIC", "-Wl,-rpath,$ORIGIN/../plain.libs", "-o"])
        .arg(site.join("plain/_user.abi3.so"))
        .args([&source, &kept.join("libinner.so")])
        .output()
        .unwrap();
    assert!(linked.status.success(), "{}", String::from_utf8_lossy(&linked.stderr));
    std::fs::write(site.join("plain.libs/libinner.so.3"), &new).unwrap();
    venvfix(venv.path(), ["doctor", "--loader", "nix"]).exits(0);
    std::fs::write(site.join("plain.libs/libinner.so.3"), build("1.9").0).unwrap();
    let report = venvfix(venv.path(), ["doctor", "--loader", "nix", "--format", "json"]).exits(1).json();
    let finding = &report["findings"][0];
    assert_eq!(finding["code"], "missing-symbol-version", "{report:#}");
    assert_eq!(finding["detail"], "INNER_1.10 is wanted, libinner.so.3 has INNER_1.9 at the newest");
    assert_eq!(finding["remedy"]["reason"], "the libinner.so.3 that plain brings is too old: upgrade plain");
}

#[test]
fn a_file_at_which_the_loader_stops_breaks_the_import() {
    let venv = venv_with("deep", &["--bundle", "libinner.so.3"]);
    let bundled = venv.site_packages().join("deep.libs/libinner.so.3");
    for (text, why) in
        [("", "file too short"), (&"version https://git-lfs\n".repeat(9) as &str, "invalid ELF header")]
    {
        std::fs::write(&bundled, text).unwrap();
        let report = venvfix(venv.path(), ["doctor", "--loader", "nix", "--format", "json"]).exits(1).json();
        let finding = &report["findings"][0];
        let shown = [&finding["code"], &finding["reach"], &finding["soname"]];
        assert_eq!(
            shown,
            [&json!("unreadable-object"), &json!("import"), &json!("libinner.so.3")],
            "{report:#}"
        );
        assert_eq!(finding["distributions"][0]["objects"], json!(["deep/_native.abi3.so"]));
        assert!(finding["detail"].as_str().unwrap().ends_with(why), "{report:#}");
        venvfix(venv.path(), ["doctor", "--loader", "nix"]).exits(1).prints(&["the loader stops at", why]);
    }
    // One that is damaged further on has a finding of its own, and no second one.
    let source = venv.site_packages().join("deep/_native.abi3.so");
    std::fs::write(&bundled, &std::fs::read(source).unwrap()[..500]).unwrap();
    let report = venvfix(venv.path(), ["doctor", "--loader", "nix", "--format", "json"]).exits(1).json();
    assert_eq!(report["findings"].as_array().unwrap().len(), 1, "{report:#}");
    assert_eq!(report["findings"][0]["reach"], "import");
    assert_eq!(report["findings"][0]["remedy"]["kind"], "command");
}

#[test]
fn what_pythonpath_hides_is_named_with_both_paths() {
    let venv = venv_with("twice", &[]);
    let store = Folder::new();
    let metadata = "python3.11/site-packages/Twice-9.dist-info";
    store.write(&format!("{metadata}/METADATA"), "Name: Twice\nVersion: 9\n");
    let path = store.join("python3.11/site-packages");
    let run = |arguments: &[&str]| -> Ended {
        let mut doctor = command(VENVFIX, venv.path());
        doctor.arg("doctor").args(arguments).env("PYTHONPATH", &path).output().unwrap().into()
    };
    let report = run(&["--format", "json"]).exits(0).json();
    let finding = &report["findings"][0];
    assert_eq!(finding["code"], "shadowed-by-pythonpath", "{report:#}");
    assert_eq!(finding["distributions"][0]["name"], "twice");
    let both = format!("{} instead of {}", store.join(metadata).display(), venv.site_packages().display());
    assert_eq!(finding["detail"], both);
    run(&[]).exits(0).prints(&["1 distribution is hidden by PYTHONPATH", "unset PYTHONPATH"]);
}

/// doctor with these variables, of a venv that misses libX11.so.6; the attribute and the others.
fn remedy_for_x11(venv: &Venv, variables: &[(&str, &str)]) -> (String, serde_json::Value) {
    let mut run = command(VENVFIX, venv.path());
    run.env("HOME", venv.path()).envs(variables.iter().copied());
    run.env_remove("XDG_CACHE_HOME").args(["doctor", "--loader=nix", "--format=json"]);
    let report = Ended::from(run.output().unwrap()).exits(1).json();
    let remedy = &report["findings"][0]["remedy"];
    (remedy["attribute"].as_str().unwrap().to_owned(), remedy["alternatives"].clone())
}

#[test]
fn the_release_in_use_decides_which_path_is_named() {
    let venv = venv_with("odd", &["--needs", "libX11.so.6"]);
    let at = |release| remedy_for_x11(&venv, &[("VENVFIX_NIXPKGS_RELEASE", release)]);
    assert_eq!(at("25.05"), ("xorg.libX11".into(), json!(["libx11"])));
    assert_eq!(at("26.05"), ("libx11".into(), json!(["xorg.libX11"])));
    assert_eq!(at("nonsense"), ("libx11".into(), json!(["xorg.libX11"])));
}

#[test]
fn what_nix_said_before_is_used_and_nix_is_not_started() {
    let venv = venv_with("odd", &["--needs", "libX11.so.6"]);
    let (tools, set) = (Folder::new(), Folder::new());
    let script = "#!/bin/sh\necho > \"${0%/*}/started\"\necho '[false, true]'\n";
    let program = tools.write("nix-instantiate", script);
    std::fs::set_permissions(program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let nix_path = format!("nixpkgs={}", set.path().display());
    let variables = [("PATH", tools.path().to_str().unwrap()), ("NIX_PATH", nix_path.as_str())];
    assert_eq!(remedy_for_x11(&venv, &variables).0, "libx11");
    assert!(!tools.join("started").exists());
    let mut which = command(VENVFIX, venv.path());
    which.env("HOME", venv.path()).env_remove("XDG_CACHE_HOME").envs(variables);
    Ended::from(which.args(["which", "libX11.so.6"]).output().unwrap()).exits(0).prints(&["xorg.libX11"]);
    std::fs::remove_file(tools.join("started")).unwrap();
    assert_eq!(remedy_for_x11(&venv, &variables), ("xorg.libX11".into(), json!(["libx11"])));
    assert!(!tools.join("started").exists());
}

#[test]
fn what_nixpkgs_has_no_more_is_named_where_the_release_still_had_it() {
    let venv = venv_with("odd", &["--needs", "libIL.so.1"]);
    let kind = |release| {
        let mut run = command(VENVFIX, venv.path());
        run.env("VENVFIX_NIXPKGS_RELEASE", release);
        let ended: Ended = run.args(["doctor", "--loader=nix", "--format=json"]).output().unwrap().into();
        ended.json()["findings"][0]["remedy"].clone()
    };
    assert_eq!(
        kind("25.05"),
        json!({"kind": "attribute", "attribute": "libdevil", "confidence": "sure", "alternatives": []})
    );
    assert_eq!(kind("25.11")["kind"], "none");
}
