//! A hundred thousand objects with faults, read and diagnosed in this process, a child of the test: in
//! bounded memory, and with a watchdog.
//!
//! `VENVFIX_MUTATIONS` sets how many; `VENVFIX_SEED` and `VENVFIX_ROUND`, which a failure names, repeat a
//! round of them.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use venvfix::elf::Machine;
use venvfix::examine::{Reaching, Rules, Target, Tree, examine};
use venvfix::report;
use venvfix::survey::Extent;

use super::support::bounded::{MEMORY, bounded};
use super::support::mutation::{Base, Fault, Random};
use super::support::raw::{Form, Raw};
use super::support::venv::Venv;
use super::support::{Folder, command};

const MUTATIONS: u64 = 100_000;
const WORKERS: u64 = 2;
/// A guard against hanging, not a promise.
const TOO_LONG: Duration = Duration::from_secs(20);
const TEST: &str = "hostile_mutations::objects_with_any_faults_do_no_harm";

fn mutations() -> u64 {
    setting("VENVFIX_MUTATIONS").unwrap_or(MUTATIONS)
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect(name))
}

#[test]
fn objects_with_any_faults_do_no_harm() {
    if let Some(worker) = setting("VENVFIX_MUTATION_WORKER") {
        return Worker::new(setting("VENVFIX_SEED").unwrap()).work(worker);
    }
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64;
    let seed = setting("VENVFIX_SEED").unwrap_or(now);
    let folder = Folder::new();
    let log = |worker| folder.join(format!("{worker}"));
    let start = |worker: u64| -> Child {
        let mut run = bounded(folder.path(), MEMORY, std::env::current_exe().unwrap());
        run.args([TEST, "--exact", "--nocapture", "--test-threads=1"]);
        run.env("VENVFIX_MUTATION_WORKER", worker.to_string()).env("VENVFIX_SEED", seed.to_string());
        let output = File::create(log(worker)).unwrap();
        run.stdout(output.try_clone().unwrap()).stderr(Stdio::from(output)).spawn().unwrap()
    };
    let workers: Vec<Child> = (0..WORKERS).map(start).collect();
    let mut read = 0;
    for (worker, mut child) in workers.into_iter().enumerate() {
        let status = child.wait().unwrap();
        let said = fs::read_to_string(log(worker as u64)).unwrap();
        assert!(status.success(), "VENVFIX_SEED={seed}, {status}:\n{said}");
        let count = said.lines().find_map(|line| line.strip_prefix("objects read: ")?.parse::<u64>().ok());
        read += count.expect("a worker did nothing");
    }
    let wanted = if setting("VENVFIX_ROUND").is_some() { 1 } else { mutations() };
    assert!(read >= wanted, "VENVFIX_SEED={seed}: {read}");
}

/// What is being done, for those who come to look why it does not end.
static DOING: Mutex<String> = Mutex::new(String::new());
static DONE: AtomicU64 = AtomicU64::new(0);

fn doing(what: String) {
    *DOING.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = what;
    DONE.fetch_add(1, Ordering::Relaxed);
}

fn tell() {
    say(&format!("at {}", DOING.lock().unwrap_or_else(|poisoned| poisoned.into_inner())));
}

/// To the test that waits for this process.
fn say(text: &str) {
    std::io::stderr().write_all(format!("\n{text}\n").as_bytes()).unwrap();
}

fn watch() {
    let mut last = DONE.load(Ordering::Relaxed);
    loop {
        std::thread::sleep(TOO_LONG);
        let now = DONE.load(Ordering::Relaxed);
        if now == last {
            say(&format!("no end for {TOO_LONG:?}"));
            tell();
            std::process::abort();
        }
        last = now;
    }
}

struct Worker {
    seed: u64,
    venv: Venv,
    bases: Vec<Base>,
    /// Files with what each holds: every base under several names.
    slots: Vec<(PathBuf, File, usize)>,
}

impl Worker {
    fn new(seed: u64) -> Self {
        let venv = Venv::new();
        let bases = bases();
        let site_packages = venv.site_packages();
        fs::create_dir(site_packages.join("libs")).unwrap();
        let mut slots = Vec::new();
        for (base, Base { name, bytes, .. }) in bases.iter().enumerate() {
            // The large ones once: each copy is in memory, and as fast to change as a small one.
            let names = [format!("m{base}.so"), format!("libs/{name}"), format!("tool{base}")];
            for name in &names[..if bytes.len() > 1 << 20 { 1 } else { 3 }] {
                let path = site_packages.join(name);
                fs::write(&path, bytes).unwrap();
                slots.push((path.clone(), OpenOptions::new().write(true).open(path).unwrap(), base));
            }
        }
        Self { seed, venv, bases, slots }
    }

    /// Every `WORKERS`th round from this one on, or the one that is asked for.
    fn work(&self, first: u64) {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            tell();
            hook(panic);
        }));
        std::thread::spawn(watch);
        let each = self.slots.len() as u64;
        let all = (0..mutations().div_ceil(each)).skip(first as usize).step_by(WORKERS as usize);
        let rounds: Vec<u64> = setting("VENVFIX_ROUND").map_or_else(|| all.collect(), |round| vec![round]);
        rounds.iter().for_each(|&round| self.round(round));
        say(&format!("objects read: {}", rounds.len() as u64 * each));
    }

    fn round(&self, round: u64) {
        let mut random = Random::new(self.seed, round);
        let mut all = Vec::new();
        for (path, file, base) in &self.slots {
            let base = &self.bases[*base];
            let faults = base.faults(&mut random, &self.bases);
            faults.iter().for_each(|fault| fault.apply(file));
            doing(format!("VENVFIX_ROUND={round}: {} as {}: {faults:?}", base.name, path.display()));
            if let Ok(object) = venvfix::elf::read(path) {
                assert!(object.needed.len() <= 1024);
                let versions = object.version_needs.iter().map(|need| &need.version);
                let strings = object.needed.iter().chain(&object.version_definitions).chain(versions);
                assert!(strings.map(String::len).sum::<usize>() <= 1 << 16);
            }
            all.push(faults);
        }
        doing(format!("VENVFIX_ROUND={round}: all of them"));
        self.diagnose(round);
        for ((_, file, base), faults) in self.slots.iter().zip(all) {
            self.bases[*base].restore(file, &faults);
        }
    }

    /// As doctor does, and as the next time with what was kept.
    fn diagnose(&self, round: u64) {
        let opened = venvfix::venv::Venv::open(&self.venv.folder.join(".venv")).unwrap();
        let tree = Tree {
            root: &opened.root,
            site_packages: &opened.site_packages,
            shown: Path::new("x"),
            sources: Extent::All,
        };
        let target = match round % 8 {
            0 => Target::Real(&opened.interpreter, "".into(), Rules::Own),
            _ => Target::AssumedNix(Machine::X86_64, Some((3, 11))),
        };
        let look = || examine(&tree, &target, &Reaching::NOTHING, &[]);
        let found = look();
        assert_eq!(found.report.counts.distributions, 0);
        let shown = report::json(&found.report).unwrap();
        if round % 16 == 1 {
            found.survey.keep(|_| false).unwrap();
            assert_eq!(report::json(&look().report).unwrap(), shown, "what was kept differs");
            fs::remove_file(opened.root.join(".venvfix/scan")).unwrap();
        }
    }
}

impl Fault {
    fn apply(&self, file: &File) {
        match self {
            Self::Write(at, bytes) => file.write_all_at(bytes, *at as u64).unwrap(),
            Self::Length(length) => file.set_len(*length).unwrap(),
        }
    }
}

impl Base {
    fn restore(&self, file: &File, faults: &[Fault]) {
        for fault in faults {
            match fault {
                Fault::Write(at, bytes) => file.write_all_at(&self.bytes[*at..*at + bytes.len()], *at as u64),
                Fault::Length(length) => {
                    let kept = usize::try_from(*length).unwrap().min(self.bytes.len());
                    file.write_all_at(&self.bytes[kept..], kept as u64)
                }
            }
            .unwrap();
        }
        file.set_len(self.bytes.len() as u64).unwrap();
    }
}

/// Made ones of each form, what a compiler makes, and what is on this machine.
fn bases() -> Vec<Base> {
    let mut found = made();
    found.extend(compiled());
    found.extend(real());
    found
}

fn made() -> Vec<Base> {
    let raw = |soname: &str, needed: &[&str]| Raw {
        needed: needed.iter().map(|&name| name.into()).collect(),
        soname: Some(soname.into()),
        rpath: Some("$ORIGIN:$ORIGIN/libs:/nix/store/gone/lib".into()),
        versions: vec!["V_1".into(), "V_1.2".into()],
        opens: Some(r#"[{"soname":["libc.so.6","libd.so"],"priority":"required"}]"#.into()),
        ..Raw::default()
    };
    let forms = [Form::X86_64, Form::AARCH64, Form::I686, Form::S390X, Form::PPC];
    let name = |index: usize| format!("libmade{index}.so");
    let library = |(index, form): (usize, &Form)| {
        let needed = [name((index + 1) % forms.len()), name((index + 2) % forms.len()), "libz.so.1".into()];
        let bytes = raw(&name(index), &needed.each_ref().map(String::as_str)).bytes(*form);
        Base::new(&name(index), bytes)
    };
    let mut all: Vec<Base> = forms.iter().enumerate().map(library).collect();
    let program = Raw {
        soname: None,
        runpath: Some("${ORIGIN}/libs:/usr/lib:$LIB".into()),
        interpreter: Some("/lib64/ld-linux-x86-64.so.2".into()),
        ..raw("", &["libmade0.so", "/etc/libabsolute.so", "$ORIGIN/libs/libmade2.so"])
    };
    all.push(Base::new("program", program.bytes(Form::X86_64)));
    all.push(Base::new("program32", program.bytes(Form::PPC)));
    all
}

/// With versions of their own, search paths of both kinds and a note.
fn compiled() -> Vec<Base> {
    let folder = Folder::new();
    let map = folder.write("map", "V_1 { f; }; V_2 { g; } V_1;");
    let source = folder.write(
        "x.c",
        "#include <stdio.h>\n#include <math.h>\nint f(int x) { return puts(\"\") + sin(x); }\nint g(void) { return f(1); }\n\
         __attribute__((section(\".note.dlopen\"), used, aligned(4))) static const struct {\n\
         int owner, size, type; char name[4], text[32]; } note = {4, 32, 0x407c0c0a, \"FDO\", \"[{\\\"soname\\\":[\\\"libmade1.so\\\"]}]\"};\n\
         #ifdef MAIN\nint main(void) { return g(); }\n#endif\n",
    );
    let build = |name: &str, options: &[&str]| {
        let out = folder.join(name);
        let built =
            command("cc", folder.path()).args(options).arg(&source).args(["-lm", "-o"]).arg(&out).output();
        let built = built.unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        Base::new(name, fs::read(out).unwrap())
    };
    let script = format!("-Wl,--version-script={}", map.display());
    let library = ["-shared", "-fPIC", "-Wl,-soname,libcompiled.so", &script];
    let with = |more: &[&'static str]| [&library[..], more].concat();
    vec![
        build("libcompiled.so", &with(&["-Wl,--disable-new-dtags,-rpath,$ORIGIN/libs"])),
        build("runpath.so", &with(&["-Wl,--enable-new-dtags,-rpath,$ORIGIN/libs:/x", "-Wl,-z,nodefaultlib"])),
        build("pie", &["-DMAIN", "-pie", "-fPIE"]),
        build("fixed", &["-DMAIN", "-no-pie"]),
    ]
}

/// Python and some modules, libc, its loader, what else is loaded here.
fn real() -> Vec<Base> {
    let script = "import sys, glob, os, sysconfig\n\
        dynload = glob.glob(sysconfig.get_path('platstdlib') + '/lib-dynload/*.so')\n\
        print(os.path.realpath(sys.executable), *sorted(dynload, key=os.path.getsize)[-40::10], sep='\\n')";
    let asked = command("python3", Path::new("/")).args(["-c", script]).output().unwrap();
    let mapped = fs::read_to_string("/proc/self/maps").unwrap();
    let mapped = mapped.lines().filter_map(|line| line.split_whitespace().nth(5));
    let mapped = mapped.filter(|path| path.contains(".so")).map(str::to_owned);
    let libstdcxx = command("cc", Path::new("/")).arg("-print-file-name=libstdc++.so.6").output().unwrap();
    let texts = [asked.stdout, libstdcxx.stdout].map(|text| String::from_utf8(text).unwrap());
    let mut paths: Vec<String> =
        texts.iter().flat_map(|text| text.lines()).map(str::to_owned).chain(mapped).collect();
    paths.sort();
    paths.dedup();
    // Within the bound of memory, which they are held in.
    let read = |path: &String| fs::read(path).ok().filter(|bytes| bytes.len() < 8 << 20);
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    paths.iter().filter_map(|path| Some(Base::new(&name(path), read(path)?))).collect()
}
