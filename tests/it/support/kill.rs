//! Killing as the kernel does when memory runs out: at once, and nobody is asked.

use std::collections::BTreeSet;
use std::process::Child;

use rustix::process::{Pid, Signal, kill_process};

/// Kills one process and leaves its children.
pub fn alone(child: &mut Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Kills a process and all that it has started: stopped first, so that none starts another.
pub fn tree(child: &mut Child) {
    let mut stopped = BTreeSet::from([child.id()]);
    signal(child.id(), Signal::STOP);
    loop {
        let more: Vec<u32> = processes()
            .into_iter()
            .filter(|(_, parent)| stopped.contains(parent))
            .map(|(pid, _)| pid)
            .collect();
        let new: Vec<u32> = more.into_iter().filter(|pid| stopped.insert(*pid)).collect();
        if new.is_empty() {
            break;
        }
        new.into_iter().for_each(|pid| signal(pid, Signal::STOP));
    }
    stopped.iter().for_each(|pid| signal(*pid, Signal::KILL));
    child.wait().unwrap();
}

fn signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).unwrap();
    // One that has ended meanwhile is what is wanted.
    let _ = kill_process(pid, signal);
}

/// Every process and its parent.
fn processes() -> Vec<(u32, u32)> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let parent = |pid: u32| {
        let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let behind_name = text.rsplit_once(')')?.1;
        Some((pid, behind_name.split_whitespace().nth(1)?.parse().ok()?))
    };
    pids.filter_map(parent).collect()
}
