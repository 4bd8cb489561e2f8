//! venvfix is killed at random moments, and the next entry puts all right.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::support::project::Project;
use super::support::{VENVFIX, kill, source, wheel};

/// What is being done when the kill comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    Create,
    Install,
    Upgrade,
    Repair,
    Stamp,
    Move,
}

/// How often each, of 20 kills: making a venv is what takes long.
const MIX: [(Work, usize); 6] = [
    (Work::Create, 2),
    (Work::Install, 4),
    (Work::Upgrade, 6),
    (Work::Repair, 4),
    (Work::Stamp, 2),
    (Work::Move, 2),
];

/// Checks that every distribution is as its RECORD says, that every requirement can be imported, and
/// says what else is installed.
const CHECK: &str = r#"
import importlib, importlib.metadata as m, json, os, re, sys
for found in m.distributions(path=[p for p in sys.path if p.startswith(sys.prefix)]):
    assert found.files, found.name
    assert any(f.name == "INSTALLER" for f in found.files), found.name
    for f in found.files:
        if f.suffix != ".pyc":
            path = f.locate()
            assert path.exists(), path
            assert f.size in (None, path.stat().st_size) or "bin" in f.parts, path
for line in open("requirements.txt"):
    name, _, version = line.strip().partition("==")
    module = importlib.import_module(re.sub(r"^\./", "", name))
    assert version in ("", module.__version__), (line, module.__version__)
for i in range(20):
    assert open(f"{sys.prefix}/bin/large-{i}").read().count(sys.prefix) == 1, i
try:
    print(m.version("hand"))
except m.PackageNotFoundError:
    print("none")
"#;

/// A generator of numbers that the seed alone decides (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33).unwrap() % limit
    }
}

/// When to kill.
#[derive(Debug)]
enum Moment {
    After(Duration),
    /// So long after this file appears (or disappears).
    Event(PathBuf, Duration),
}

/// A project that is brought into one state after the other.
struct Victim {
    project: Project,
    place: &'static str,
    /// Which versions are asked for now.
    large: &'static str,
    extra: bool,
    /// `.venv/lib/pythonX.Y`.
    python: String,
    random: Random,
    durations: Vec<(Work, Duration)>,
    log: Vec<String>,
}

impl Victim {
    fn new(seed: u64) -> Self {
        let project = Project::new("");
        fs::remove_file(project.folder.join("requirements.txt")).unwrap();
        for version in ["1.0", "2.0"] {
            wheel::make_large(project.wheels.path(), "large", version);
        }
        wheel::make(project.wheels.path(), "extra", &[]);
        wheel::make(project.wheels.path(), "hand", &[]);
        for place in ["one", "two"] {
            fs::create_dir(project.folder.join(place)).unwrap();
        }
        fs::remove_dir(project.folder.join("two")).unwrap();
        source::make(&project.folder.join("one/local"), "local", "1");
        let mut victim = Self {
            project,
            place: "one",
            large: "1.0",
            extra: false,
            python: String::new(),
            random: Random(seed | 1),
            durations: Vec::new(),
            log: Vec::new(),
        };
        for work in [Work::Create, Work::Install, Work::Upgrade, Work::Repair, Work::Stamp, Work::Move] {
            victim.prepare(work);
            let start = Instant::now();
            let mut child = victim.enter();
            assert!(child.wait().unwrap().success());
            victim.durations.push((work, start.elapsed()));
        }
        let python = victim.site_packages().parent().unwrap().file_name().unwrap().to_owned();
        victim.python = format!(".venv/lib/{}", python.to_str().unwrap());
        victim
    }

    fn path(&self, name: &str) -> PathBuf {
        self.project.folder.join(self.place).join(name)
    }

    fn site_packages(&self) -> PathBuf {
        let lib = self.path(".venv/lib");
        fs::read_dir(lib).unwrap().next().unwrap().unwrap().path().join("site-packages")
    }

    /// Makes something to do.
    fn prepare(&mut self, work: Work) {
        match work {
            Work::Create => {
                let _ = fs::remove_dir_all(self.path(".venv"));
                if self.random.below(2) == 0 {
                    // One that is there is put aside.
                    fs::create_dir_all(self.path(".venv/lib/old")).unwrap();
                    fs::write(self.path(".venv/pyvenv.cfg"), "home = /nowhere\n").unwrap();
                }
            }
            Work::Install => {
                self.extra = !self.extra;
                if self.extra {
                    self.run_pip(&["uninstall", "-y", "extra", "local"]);
                }
            }
            Work::Upgrade => self.large = if self.large == "1.0" { "2.0" } else { "1.0" },
            Work::Repair => {
                self.run_pip(&["install", "hand"]);
                let site_packages = self.site_packages();
                let name =
                    ["hand-1.0".to_owned(), format!("large-{}", self.large)][self.random.below(2)].clone();
                fs::remove_file(site_packages.join(format!("{name}.dist-info/RECORD"))).unwrap();
                fs::write(site_packages.join("touched"), "").unwrap();
                fs::remove_file(site_packages.join("touched")).unwrap();
            }
            Work::Stamp => {
                let _ = fs::remove_file(self.site_packages().join("_venvfix.py"));
            }
            Work::Move => {
                let next = if self.place == "one" { "two" } else { "one" };
                fs::rename(self.project.folder.join(self.place), self.project.folder.join(next)).unwrap();
                self.place = next;
            }
        }
        let extra = if self.extra { "extra\n./local\n" } else { "" };
        fs::write(self.path("requirements.txt"), format!("large=={}\n{extra}", self.large)).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut run = self.project.command(arguments);
        run.env("VENVFIX_PROJECT", self.path("")).env("PIP_NO_COMPILE", "1").current_dir(self.path(""));
        run
    }

    fn run_pip(&self, arguments: &[&str]) {
        let python = self.path(".venv/bin/python");
        let mut run = self.command(&[&[python.to_str().unwrap(), "-m", "pip", "-q"], arguments].concat());
        let ended = run.output().unwrap();
        assert!(
            ended.status.success(),
            "{}\n{}",
            String::from_utf8_lossy(&ended.stderr),
            self.log.join("\n")
        );
    }

    fn enter(&self) -> Child {
        self.command(&[VENVFIX, "enter"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Spread over the whole duration, or about what is written to the disk.
    fn moment(&mut self, work: Work) -> Moment {
        let (_, whole) = self.durations.iter().find(|(known, _)| *known == work).unwrap();
        let whole = whole.as_micros().try_into().unwrap_or(1);
        if self.random.below(2) == 0 {
            return Moment::After(Duration::from_micros(self.random.below(whole) as u64));
        }
        let base = self.path(&self.python).join("site-packages");
        let own = self.path(".venv/.venvfix");
        let info = base.join(format!("large-{}.dist-info", self.large));
        let events = [
            own.join("stamp.json"),
            own.join("making"),
            own.join("unfinished"),
            own.join("repairs.json"),
            self.path(".venv.venvfix-old"),
            self.path(".venv/pyvenv.cfg"),
            base.join("large/__init__.py"),
            base.join("~arge"),
            base.join("hand/__init__.py"),
            base.join("extra"),
            base.join("local.py"),
            info.join("METADATA"),
            info.join("INSTALLER"),
            info.join("RECORD"),
            self.path(".venv/bin/large-7"),
            self.path(".venv/~in"),
        ];
        let event = events[self.random.below(events.len())].clone();
        Moment::Event(event, Duration::from_micros(self.random.below(30_000) as u64))
    }

    fn kill_once(&mut self, work: Work) {
        self.prepare(work);
        let had_hand = work != Work::Create && self.site_packages().join("hand").exists();
        let moment = self.moment(work);
        let whole_tree = self.random.below(2) == 0;
        self.log.push(format!("{work:?} {moment:?} tree {whole_tree} in {}", self.place));
        let mut child = self.enter();
        wait_for(&moment, &mut child);
        match whole_tree {
            true => kill::tree(&mut child),
            false => kill::alone(&mut child),
        }
        self.is_put_right(had_hand);
    }

    fn is_put_right(&self, had_hand: bool) {
        let ended = self.command(&[VENVFIX, "enter"]).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        let story = || format!("{}\nthe entry said:\n{said}", self.log.join("\n"));
        assert!(ended.status.success() && !said.contains("error"), "{}", story());
        assert!(self.path(".venv/.venvfix/stamp.json").exists(), "no stamp: {}", story());
        let python = self.path(".venv/bin/python");
        let checked = self.command(&[python.to_str().unwrap(), "-B", "-c", CHECK]).output().unwrap();
        assert!(checked.status.success(), "{}\n{}", String::from_utf8_lossy(&checked.stderr), story());
        assert!(!had_hand || checked.stdout == b"1.0\n", "what was installed by hand is gone: {}", story());
        let left = leftovers(&self.project.folder.join(self.place));
        assert!(left.is_empty(), "{left:?} left: {}", story());
        let again = self.command(&[VENVFIX, "enter"]).output().unwrap();
        assert!(again.stderr.is_empty(), "{}\n{}", String::from_utf8_lossy(&again.stderr), story());
    }
}

/// Returns when it has come, or the process has ended.
fn wait_for(moment: &Moment, child: &mut Child) {
    let pause = || std::thread::sleep(Duration::from_micros(200));
    let delay = match moment {
        Moment::After(delay) => *delay,
        Moment::Event(path, delay) => {
            let before = fs::symlink_metadata(path).is_ok();
            while fs::symlink_metadata(path).is_ok() == before {
                if child.try_wait().unwrap().is_some() {
                    return;
                }
                pause();
            }
            *delay
        }
    };
    let start = Instant::now();
    while start.elapsed() < delay && child.try_wait().unwrap().is_none() {
        pause();
    }
}

/// Temporary files, and old environments.
fn leftovers(project: &Path) -> Vec<PathBuf> {
    let is_one =
        |name: &str| name.starts_with(".venvfix-") || name.starts_with('~') || name.ends_with(".venvfix-old");
    let entries = walkdir::WalkDir::new(project).into_iter().flatten().map(walkdir::DirEntry::into_path);
    entries.filter(|path| path.file_name().is_some_and(|name| is_one(&name.to_string_lossy()))).collect()
}

fn seed() -> u64 {
    let given = std::env::var("VENVFIX_SEED").ok().and_then(|text| text.parse().ok());
    given.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs())
}

#[test]
fn killed_at_any_moment_the_next_entry_puts_it_right() {
    let rounds = if std::env::var_os("VENVFIX_ALL").is_some() { 15 } else { 2 };
    let seed = seed();
    // Written, not printed: it is wanted also where the test is ended from outside.
    std::io::stderr().write_all(format!("VENVFIX_SEED={seed}\n").as_bytes()).unwrap();
    let round: Vec<Work> = MIX.iter().flat_map(|(work, count)| vec![*work; *count]).collect();
    let all: Vec<Work> = (0..rounds).flat_map(|_| round.clone()).collect();
    let threads = 2;
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let works: Vec<Work> = all.iter().skip(thread).step_by(threads).copied().collect();
            scope.spawn(move || {
                let mut victim =
                    Victim::new(seed.wrapping_add(thread as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
                for work in works {
                    victim.kill_once(work);
                }
            });
        }
    });
}
