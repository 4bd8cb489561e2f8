//! Who holds a lock, as the kernel tells (proc_locks(5), proc_pid_fdinfo(5)). Best effort: in another
//! PID namespace, or of another user, nobody is seen.

use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::fsx;

/// The kernel writes a line of 60 bytes for each lock.
const MAX_LOCKS: u64 = 4 << 20;
/// comm is 15 bytes.
const MAX_COMM: u64 = 64;

/// A process that holds a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its number.
    pub pid: u32,
    /// Its name, as the kernel has it.
    pub name: String,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pid {}: {}", self.pid, self.name)
    }
}

/// Who holds the flock on the file at `path`.
pub fn holder(path: &Path) -> Option<Holder> {
    let file = File::of(path)?;
    let locks = fsx::read_start(Path::new("/proc/locks"), MAX_LOCKS)?;
    let taker = locks.lines().find_map(|line| file.flock_pid(line))?;
    named(taker).or_else(|| heir(&file))
}

/// The process that has the open file of one that is gone: an installer outlives whoever started it.
fn heir(file: &File) -> Option<Holder> {
    let pids =
        fs::read_dir("/proc").ok()?.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|&pid| has_lock(pid, file)).find_map(named)
}

fn has_lock(pid: u32, file: &File) -> bool {
    let entries = fs::read_dir(format!("/proc/{pid}/fdinfo")).into_iter().flatten().flatten();
    let mut texts = entries.filter_map(|entry| fsx::read_start(&entry.path(), 1 << 12));
    texts.any(|text| {
        let mut locks = text.lines().filter_map(|line| line.strip_prefix("lock:"));
        locks.any(|line| file.flock_pid(line).is_some())
    })
}

fn named(pid: u32) -> Option<Holder> {
    let name = fsx::read_start(Path::new(&format!("/proc/{pid}/comm")), MAX_COMM)?;
    let name = name.trim_end().to_owned();
    (!name.is_empty()).then_some(Holder { pid, name })
}

/// A file as /proc/locks names it.
struct File {
    major: u32,
    minor: u32,
    inode: u64,
}

impl File {
    fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        let device = metadata.dev();
        let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
        Some(Self { major, minor, inode: metadata.ino() })
    }

    /// The process that took this file's lock, if the line is about that: `1: FLOCK  ADVISORY  WRITE 123
    /// fe:01:456 0 EOF`. Behind `->` stands one that waits.
    fn flock_pid(&self, line: &str) -> Option<u32> {
        let mut words = line.split_whitespace();
        words.next()?;
        let (kind, pid, place) = (words.next()?, words.nth(2)?, words.next()?);
        let mut numbers = place.split(':');
        let (major, minor) = (numbers.next()?, numbers.next()?);
        let fits = kind == "FLOCK"
            && u32::from_str_radix(major, 16) == Ok(self.major)
            && u32::from_str_radix(minor, 16) == Ok(self.minor)
            && numbers.next()?.parse() == Ok(self.inode);
        fits.then(|| pid.parse().ok())?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_a_lock_is_read() {
        let file = File { major: 0xfe, minor: 1, inode: 456 };
        for (line, wanted) in [
            ("1: FLOCK  ADVISORY  WRITE 123 fe:01:456 0 EOF", Some(123)),
            ("1: -> FLOCK  ADVISORY  WRITE 123 fe:01:456 0 EOF", None),
            ("1: POSIX  ADVISORY  WRITE 123 fe:01:456 0 EOF", None),
            ("1: FLOCK  ADVISORY  WRITE 123 fe:01:457 0 EOF", None),
            ("1: FLOCK  ADVISORY  WRITE 123 fd:01:456 0 EOF", None),
            ("1: FLOCK", None),
            ("", None),
        ] {
            assert_eq!(file.flock_pid(line), wanted, "{line}");
        }
    }

    #[test]
    fn who_holds_a_lock_is_found_also_when_it_was_inherited() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(holder(folder.path()), None);
        let script = "exec 9<\"$1\"; flock -n 9; sleep 1000 & echo $!";
        let mut run = std::process::Command::new("sh");
        let run = run.args(["-c", script, "sh"]).arg(folder.path()).stdout(std::process::Stdio::piped());
        let mut child = run.spawn().unwrap();
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line)
            .unwrap();
        child.wait().unwrap();
        let pid: u32 = line.trim().parse().unwrap();
        // Between fork and exec it goes by its parent's name.
        while holder(folder.path()).is_some_and(|holder| holder.name == "sh") {
            std::thread::yield_now();
        }
        assert_eq!(holder(folder.path()), Some(Holder { pid, name: "sleep".into() }));
        let _ = std::process::Command::new("kill").arg(line.trim()).status();
    }
}
