//! What is no regular file, or far too large, where doctor looks for one.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;

use serde_json::{Value, json};
use venvfix::elf::{Unreadable, read_known};

use super::support::bounded::{MEMORY, doctor};
use super::support::project::Project;
use super::support::raw::{Form, Raw};
use super::support::venv::Venv;
use super::support::{Folder, VENVFIX, cannot_run, command, venvfix};

fn sparse(path: &Path, start: &[u8], length: u64) {
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).open(path).unwrap();
    file.write_all(start).unwrap();
    file.set_len(length).unwrap();
}

fn pipe(path: &Path) {
    assert!(command("mkfifo", Path::new("/")).arg(path).status().unwrap().success());
}

/// Code, detail and objects of each finding.
fn findings(report: &Value) -> Vec<Value> {
    let finding = |finding: &Value| {
        let objects = finding["distributions"].as_array().unwrap().iter();
        let objects: Vec<&Value> = objects.flat_map(|found| found["objects"].as_array().unwrap()).collect();
        json!([finding["code"], finding["detail"], objects])
    };
    report["findings"].as_array().unwrap().iter().map(finding).collect()
}

/// A distribution whose files are made by hand; RECORD names them.
fn distribution(venv: &Venv, record: impl AsRef<[u8]>) {
    let info = venv.site_packages().join("odd-1.dist-info");
    fs::create_dir_all(&info).unwrap();
    fs::write(info.join("METADATA"), "Name: odd\nVersion: 1\n").unwrap();
    fs::write(info.join("RECORD"), record).unwrap();
}

/// Files that are none, by names of modules.
fn odd_files(folder: &Path) -> Vec<UnixListener> {
    fs::create_dir_all(folder.join("directory.so")).unwrap();
    pipe(&folder.join("pipe.so"));
    symlink("loop.so", folder.join("loop.so")).unwrap();
    symlink("/dev/zero", folder.join("device.so")).unwrap();
    symlink("nowhere", folder.join("dangling.so")).unwrap();
    vec![UnixListener::bind(folder.join("socket.so")).unwrap()]
}

const ODD: [&str; 6] = ["directory.so", "pipe.so", "loop.so", "device.so", "dangling.so", "socket.so"];

#[test]
fn what_is_no_file_is_passed_over_and_not_opened() {
    let venv = Venv::new();
    let site_packages = venv.site_packages();
    for folder in ["odd", "loose"] {
        fs::create_dir(site_packages.join(folder)).unwrap();
    }
    let _sockets = (odd_files(&site_packages.join("odd")), odd_files(&site_packages.join("loose")));
    distribution(&venv, ODD.map(|name| format!("odd/{name},,\n")).concat());
    // They are needed, too.
    let needed = ODD.map(String::from);
    let bytes = Raw::library("", &needed, "$ORIGIN/odd").bytes(Form::X86_64);
    fs::write(site_packages.join("ext.so"), bytes).unwrap();
    doctor(venv.path(), MEMORY);

    let trace = Folder::new();
    let mut run = command("strace", venv.path());
    run.args(["-f", "-e", "trace=open,openat,openat2", "-o"]).arg(trace.join("trace"));
    let Ok(ended) = run.args([VENVFIX, "doctor", "--loader", "nix"]).output() else {
        return cannot_run("strace is not installed");
    };
    assert!(ended.status.code().is_some_and(|code| code < 2), "{ended:?}");
    let opened = trace.read("trace");
    assert!(opened.contains("ext.so"), "{opened}");
    for name in ODD.iter().filter(|name| !name.starts_with("directory")) {
        assert!(!opened.contains(name), "{name}: {opened}");
    }
}

#[test]
fn a_sparse_file_of_a_terabyte_is_read_like_any_other() {
    let venv = Venv::new();
    let site_packages = venv.site_packages();
    sparse(&site_packages.join("a.so"), &Raw::needing(["libx.so"]).bytes(Form::X86_64), 1 << 40);
    sparse(&site_packages.join("b.so"), b"\x7fELF", 1 << 40);
    sparse(&site_packages.join("c"), b"", 1 << 40);
    let found = findings(&doctor(venv.path(), MEMORY).json());
    let wanted = [
        json!(["unreadable-object", "bad ELF header", ["b.so"]]),
        json!(["missing-library", null, ["a.so"]]),
    ];
    assert_eq!(found, wanted);
}

/// Root may read everything, unless that is taken from it.
#[test]
fn an_object_that_may_not_be_read_is_named() {
    let venv = Venv::new();
    let path = venv.site_packages().join("a.so");
    fs::write(&path, Raw::needing(["libx.so"]).bytes(Form::X86_64)).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    let program = match fs::read(&path) {
        Err(_) => vec![VENVFIX],
        Ok(_) => vec!["setpriv", "--bounding-set=-dac_override,-dac_read_search", VENVFIX],
    };
    let arguments = ["doctor", "--loader", "nix", "--format", "json"];
    let ended = command(program[0], venv.path()).args(&program[1..]).args(arguments).output();
    let Ok(ended) = ended.map(super::support::Ended::from) else {
        return cannot_run("setpriv is not installed");
    };
    let found = findings(&ended.exits(1).json());
    assert_eq!(found, [json!(["unreadable-object", "Permission denied (os error 13)", ["a.so"]])]);
}

/// As another process may do at any time.
#[test]
fn an_object_that_is_cut_while_it_is_read_is_malformed() {
    let folder = Folder::new();
    let raw = Raw { versions: vec!["V_1".into()], ..Raw::library("a.so", &["libx.so".into()], "/x") };
    let mut bytes = raw.bytes(Form::X86_64);
    let strings = bytes.len() as u64;
    bytes.resize(1 << 16, 0);
    for length in [0, 3, 63, 64, 200, strings - 1, 1024, 1025] {
        let path = folder.write("a.so", &bytes);
        let metadata = fs::metadata(&path).unwrap();
        OpenOptions::new().write(true).open(&path).unwrap().set_len(length).unwrap();
        match read_known(&path, &metadata) {
            Err(Unreadable::Malformed("truncated")) => {}
            // All that is read of it lies before the cut.
            Ok(object) if length >= 1024 => assert_eq!(object.needed, ["libx.so"]),
            other => panic!("{length}: {other:?}"),
        }
    }
}

#[test]
fn a_record_of_a_gigabyte_names_nothing_beyond_its_bound() {
    let venv = Venv::new();
    distribution(&venv, "");
    let record = venv.site_packages().join("odd-1.dist-info/RECORD");
    sparse(&record, b"odd/absent.py,,\n", 1 << 30);
    assert_eq!(findings(&doctor(venv.path(), MEMORY).json()), Vec::<Value>::new());
}

/// The name was shown whole: 33 MB of it.
#[test]
fn a_record_of_one_long_line_names_no_file() {
    let venv = Venv::new();
    for start in ["", "\""] {
        distribution(&venv, start.to_owned() + &"a".repeat(7 << 20));
        let ended = doctor(venv.path(), MEMORY);
        assert_eq!(findings(&ended.json()), Vec::<Value>::new());
    }
    distribution(&venv, "a".repeat(100 << 20));
    assert_eq!(findings(&doctor(venv.path(), MEMORY).json()), Vec::<Value>::new());
}

/// The directory of each, and each above it, was kept with its whole path.
#[test]
fn a_record_of_deep_paths_takes_no_memory_to_speak_of() {
    let venv = Venv::new();
    let row = |index: usize| format!("{index:x}/{}x,,\n", "a/".repeat(2000));
    distribution(&venv, (0..300).map(row).collect::<String>());
    assert_eq!(findings(&doctor(venv.path(), MEMORY).json())[0][0], "incomplete-install");
    distribution(&venv, "a/".repeat(50_000) + "x,,\n");
    assert_eq!(findings(&doctor(venv.path(), MEMORY).json()), Vec::<Value>::new());
}

/// What lies there is found all the same.
#[test]
fn a_record_of_a_million_rows_is_cut_short_and_explains_nothing() {
    let venv = Venv::new();
    let unnamed = venv.site_packages().join("0/unnamed.so");
    fs::create_dir_all(unnamed.parent().unwrap()).unwrap();
    fs::write(&unnamed, Raw::needing(["libx.so"]).bytes(Form::X86_64)).unwrap();
    for name in ["", "/a"] {
        distribution(&venv, (0..1_000_000).map(|index| format!("{index:x}{name},,\n")).collect::<String>());
        let found = findings(&doctor(venv.path(), MEMORY).json());
        assert!(found.contains(&json!(["missing-library", null, ["0/unnamed.so"]])), "{found:?}");
    }
}

#[test]
fn metadata_that_is_too_large_or_no_file_does_no_harm() {
    let venv = Venv::new();
    let (site_packages, object) = (venv.site_packages(), Raw::needing(["libx.so"]).bytes(Form::X86_64));
    fs::write(site_packages.join("a.so"), object).unwrap();
    let info = |name: &str| site_packages.join(format!("{name}-1.dist-info"));
    symlink("looped-1.dist-info", info("looped")).unwrap();
    for name in ["large", "piped", "folder", "device"] {
        fs::create_dir(info(name)).unwrap();
    }
    sparse(&info("large").join("METADATA"), b"Name: large\nVersion: 1\n", 1 << 30);
    fs::write(info("large").join("RECORD"), "a.so,,\n").unwrap();
    for file in ["METADATA", "RECORD", "INSTALLER"] {
        pipe(&info("piped").join(file));
        fs::create_dir(info("folder").join(file)).unwrap();
        symlink("/dev/zero", info("device").join(file)).unwrap();
    }
    let report = doctor(venv.path(), MEMORY).json();
    assert_eq!(report["findings"][0]["distributions"][0]["name"], "large");
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
}

/// Ten thousand that require the next: what each leads to was a list.
#[test]
fn many_distributions_that_require_each_other_take_no_memory_to_speak_of() {
    let venv = Venv::new();
    for index in 0..10_000 {
        let info = venv.site_packages().join(format!("x{index}-1.dist-info"));
        fs::create_dir(&info).unwrap();
        let metadata = format!("Name: x{index}\nVersion: 1\nRequires-Dist: x{}\n", index + 1);
        fs::write(info.join("METADATA"), metadata).unwrap();
    }
    assert_eq!(doctor(venv.path(), MEMORY).json()["counts"]["distributions"], 10_000);
}

/// What `kept.rs` puts before what is kept, so that a forged one is not just a damaged one.
fn checksum(bytes: &[u8]) -> u64 {
    const PRIME: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |sum: u64, part: [u8; 8]| (sum ^ u64::from_le_bytes(part)).wrapping_mul(PRIME).rotate_left(29);
    let (parts, rest) = bytes.as_chunks::<8>();
    let sum = parts.iter().fold(bytes.len() as u64, |sum, part| mix(sum, *part));
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    mix(sum, last)
}

#[test]
fn a_forged_scan_leads_nowhere_and_costs_little() {
    let project = Project::new("alpha\n");
    project.enter().exits(0);
    let scan = project.folder.join(".venv/.venvfix/scan");
    let whole = fs::read(&scan).unwrap();
    let head = whole.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    let forge = |body: &[u8]| [&whole[..head], &checksum(body).to_le_bytes(), body].concat();
    assert_eq!(forge(&whole[head + 8..]), whole, "the checksum is another");
    let root = project.folder.join(".venv").canonicalize().unwrap();
    let site_packages = [project.site_packages().canonicalize().unwrap()];
    let paths = || venvfix::survey::survey(&root, &site_packages).files;
    // Many numbers are a huge one once; many names lead out once.
    let body = &whole[head + 8..];
    for at in (0..body.len() - 4).step_by(13) {
        for with in [[0xff; 4], [0xff, 0xff, 0xff, 0], *b"/../"] {
            let mut forged = body.to_vec();
            forged[at..at + 4].copy_from_slice(&with);
            fs::write(&scan, forge(&forged)).unwrap();
            for seen in paths() {
                let plain = !seen.path.components().any(|part| part.as_os_str() == "..");
                assert!(plain && seen.path.starts_with(&root), "{at}: {:?}", seen.path);
            }
        }
    }
    // As many loose files as there is room for.
    let entry =
        |index: u32| [&4u32.to_le_bytes()[..], format!("{index:04x}").as_bytes(), &[1], &[0; 36]].concat();
    let count = 350_000u32;
    let list: Vec<u8> = (0..count).flat_map(|index| entry(index % 0x10000)).collect();
    fs::write(&scan, forge(&[&count.to_le_bytes()[..], &list].concat())).unwrap();
    assert!(!findings(&doctor(project.path(), MEMORY).json()).is_empty());
}

#[test]
fn a_forged_object_is_not_believed_of_a_file_that_was_changed() {
    let project = Project::new("alpha\n");
    project.enter().exits(0);
    let scan = project.folder.join(".venv/.venvfix/scan");
    let whole = fs::read(&scan).unwrap();
    let head = whole.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    let mut body = whole[head + 8..].to_vec();
    let name = b"libnobodyknows.so.7";
    let at = body.windows(name.len()).position(|window| window == name).unwrap();
    body[at + 3] = b'X';
    fs::write(&scan, [&whole[..head], &checksum(&body).to_le_bytes(), &body].concat()).unwrap();
    let soname = || doctor(project.path(), MEMORY).json()["findings"][0]["soname"].clone();
    assert_eq!(soname(), "libXobodyknows.so.7");
    for entry in fs::read_dir(project.site_packages().join("alpha")).unwrap() {
        let file = OpenOptions::new().append(true).open(entry.unwrap().path());
        // Not __pycache__.
        let _ = file.map(|file| file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap());
    }
    assert_eq!(soname(), "libnobodyknows.so.7");
}

#[test]
fn a_scan_that_is_no_file_is_passed_over() {
    let project = Project::new("alpha\n");
    project.enter().exits(0);
    let scan = project.folder.join(".venv/.venvfix/scan");
    let wanted = doctor(project.path(), MEMORY).stdout;
    type Make<'a> = &'a dyn Fn();
    let forms: [Make<'_>; 4] = [
        &|| pipe(&scan),
        &|| symlink("/dev/zero", &scan).unwrap(),
        &|| symlink("scan", &scan).unwrap(),
        &|| sparse(&scan, b"venvfix scan", 1 << 40),
    ];
    for make in forms {
        fs::remove_file(&scan).unwrap();
        make();
        assert_eq!(doctor(project.path(), MEMORY).stdout, wanted);
    }
}

#[test]
fn an_interpreter_that_is_no_file_is_said_to_be_none() {
    let venv = Venv::new();
    let python = venv.folder.join(".venv/bin/python");
    type Make<'a> = &'a dyn Fn();
    let forms: [Make<'_>; 4] = [
        &|| pipe(&python),
        &|| symlink("/dev/zero", &python).unwrap(),
        &|| symlink("python", &python).unwrap(),
        &|| sparse(&python, b"\x7fELF", 1 << 40),
    ];
    for make in forms {
        fs::remove_file(&python).unwrap();
        make();
        venvfix(venv.path(), ["doctor"]).exits(3);
    }
    let config = venv.folder.join(".venv/pyvenv.cfg");
    fs::remove_file(&config).unwrap();
    pipe(&config);
    venvfix(venv.path(), ["doctor"]).exits(3);
}

/// Every way that a wheel has to name what is not its own.
#[test]
fn what_lies_outside_is_neither_opened_nor_looked_at() {
    let venv = Venv::new();
    let (outside, site_packages) = (Folder::new(), venv.site_packages());
    let outside = outside.path();
    let object = Raw::library("libout.so", &[], "").bytes(Form::X86_64);
    fs::write(outside.join("libout.so"), &object).unwrap();
    let up = "../".repeat(site_packages.components().count());
    let there = outside.to_str().unwrap();
    let relative = format!("{up}{}", &there[1..]);
    let ways = [
        Raw::library("", &["libout.so".into()], there),
        Raw { runpath: Some(there.into()), ..Raw::needing(["libout.so"]) },
        Raw::library("", &["libout.so".into()], &format!("$ORIGIN/{relative}")),
        Raw::library("", &["libout.so".into()], &format!("${{ORIGIN}}/.{}", "/..".repeat(30) + there)),
        Raw::needing([format!("{there}/libout.so")]),
        Raw::needing([format!("$ORIGIN/{relative}/libout.so")]),
        Raw::needing([format!("{relative}/libout.so")]),
        Raw {
            opens: Some(format!(r#"[{{"soname":["{there}/libout.so","../libout.so"]}}]"#)),
            ..Raw::default()
        },
        Raw { interpreter: Some(format!("{there}/libout.so")), ..Raw::needing(["libout.so"]) },
    ];
    for (index, way) in ways.iter().enumerate() {
        fs::write(site_packages.join(format!("m{index}.so")), way.bytes(Form::X86_64)).unwrap();
    }
    distribution(
        &venv,
        format!("{relative}/libout.so,,\n{there}/libout.so,,\nx/{relative}/../libout.so,,\n"),
    );
    let trace = Folder::new();
    let mut run = command("strace", venv.path());
    run.args(["-f", "-s", "4096", "-e", "trace=file", "-o"]).arg(trace.join("trace"));
    let Ok(ended) = run.args([VENVFIX, "doctor", "--loader", "nix"]).output() else {
        return cannot_run("strace is not installed");
    };
    assert!(ended.status.code().is_some_and(|code| code < 2), "{ended:?}");
    let calls = trace.read("trace");
    assert!(calls.contains("m0.so"), "{calls}");
    let name = outside.file_name().unwrap().to_str().unwrap();
    let led: Vec<&str> = calls.lines().filter(|call| call.contains(name)).collect();
    assert_eq!(led, Vec::<&str>::new());
}

#[test]
fn sources_that_import_half_a_million_names_take_little() {
    let venv = Venv::new();
    let site_packages = venv.site_packages();
    fs::create_dir_all(site_packages.join("pkg")).unwrap();
    for module in 0..16 {
        let import = |name: u32| format!("import a{module}_{name}\nx = CDLL('{module}_{name}.so')\n");
        let text: String = (0..24_000).map(import).collect();
        fs::write(site_packages.join(format!("pkg/m{module}.py")), text).unwrap();
    }
    let object = Raw::needing(["libnone.so.1"]).bytes(Form::X86_64);
    fs::write(site_packages.join("pkg/libown.so.1"), object).unwrap();
    let info = site_packages.join("pkg-1.dist-info");
    fs::create_dir_all(&info).unwrap();
    fs::write(info.join("METADATA"), "Name: pkg\nVersion: 1\n").unwrap();
    fs::write(info.join("RECORD"), "pkg/libown.so.1,,\n").unwrap();
    let found = findings(&doctor(venv.path(), MEMORY).json());
    assert_eq!(found, [json!(["missing-library", null, ["pkg/libown.so.1"]])]);
}

/// Time zones and the like are many.
#[test]
fn a_file_too_small_for_a_program_is_not_opened() {
    let venv = Venv::new();
    let object = Raw::needing(["libx.so"]).bytes(Form::X86_64);
    assert!(object.len() < 2048);
    for name in ["zone", "small.so", "small.so.1"] {
        fs::write(venv.site_packages().join(name), &object).unwrap();
    }
    let mut large = object;
    large.resize(2048, 0);
    fs::write(venv.site_packages().join("large"), large).unwrap();
    distribution(&venv, "zone,,\nsmall.so,,\nsmall.so.1,,\nlarge,,\n");
    let found = findings(&doctor(venv.path(), MEMORY).json());
    let needing = |found: &Value| found[2].as_array().unwrap().clone();
    assert_eq!(found.iter().flat_map(needing).collect::<Vec<_>>(), ["large", "small.so", "small.so.1"]);
}
