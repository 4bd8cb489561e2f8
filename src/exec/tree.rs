//! A child and all that it starts, to be ended together.
//!
//! A process group is not enough: on a terminal the child shares the group of the shell. So this
//! program adopts what the child's descendants leave behind, and finds them all below itself.

use std::collections::{HashMap, HashSet};
use std::fs;

use rustix::process::{Pid, Signal, getpid, kill_process, kill_process_group};

/// Must stand before the child is started; ends adopting when dropped.
pub(super) struct Tree {
    /// What was there already is not the child's.
    others: HashSet<i32>,
    /// The child leads a group of its own.
    own_group: bool,
}

impl Tree {
    pub(super) fn prepare(own_group: bool) -> Self {
        adopt(true);
        let me = getpid().as_raw_nonzero().get();
        Self { others: descendants(&processes(), me, &HashSet::new()).into_iter().collect(), own_group }
    }

    pub(super) fn own_group(&self) -> bool {
        self.own_group
    }

    /// Sends a signal to the child, while it is not waited for to the end, and all its descendants.
    pub(super) fn signal(&self, child: Option<u32>, signal: Signal) {
        let child = child.and_then(|child| i32::try_from(child).ok());
        let mut targets = self.members();
        if let Some(child) = child.filter(|child| !targets.contains(child)) {
            targets.push(child);
        }
        // All of a group at once: none of it can start another one meanwhile.
        if let Some(group) = child.filter(|_| self.own_group).and_then(Pid::from_raw)
            && kill_process_group(group, signal).is_ok()
        {
            let processes = processes();
            targets.retain(|pid| processes.get(pid).is_some_and(|process| Some(process.group) != child));
        }
        for pid in targets.into_iter().filter_map(Pid::from_raw) {
            // One that is gone already is what is wanted.
            let _ = kill_process(pid, signal);
        }
    }

    /// Whether nothing that the child started is left.
    pub(super) fn is_gone(&self) -> bool {
        self.members().is_empty()
    }

    fn members(&self) -> Vec<i32> {
        descendants(&processes(), getpid().as_raw_nonzero().get(), &self.others)
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        // A program that takes this one's place must not inherit the duty.
        adopt(false);
    }
}

#[cfg(target_os = "linux")]
fn adopt(wanted: bool) {
    // Any pid turns it on. Without it, orphans that ignore signals may outlive an interrupt.
    let _ = rustix::process::set_child_subreaper(wanted.then(getpid));
}

#[cfg(not(target_os = "linux"))]
fn adopt(_wanted: bool) {}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Process {
    parent: i32,
    group: i32,
}

/// The living processes that can be seen; none where there is no /proc.
fn processes() -> HashMap<i32, Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter_map(|pid| {
        let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
        Some((pid, parse(&String::from_utf8_lossy(&stat))?))
    })
    .collect()
}

/// Reads `PID (NAME) STATE PARENT GROUP …`; a name may hold blanks and parentheses. What has ended
/// and is only not yet asked how, does not count.
fn parse(stat: &str) -> Option<Process> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    if ["Z", "X"].contains(&fields.next()?) {
        return None;
    }
    Some(Process { parent: fields.next()?.parse().ok()?, group: fields.next()?.parse().ok()? })
}

/// All below `root`, without `others` and what is below those.
fn descendants(processes: &HashMap<i32, Process>, root: i32, others: &HashSet<i32>) -> Vec<i32> {
    let mut children: HashMap<i32, Vec<i32>> = HashMap::new();
    for (pid, process) in processes.iter().filter(|(pid, _)| !others.contains(pid)) {
        children.entry(process.parent).or_default().push(*pid);
    }
    let mut found = Vec::new();
    let mut waiting = vec![root];
    while let Some(parent) = waiting.pop() {
        // Taken out, so that even a circle would end.
        let below = children.remove(&parent).unwrap_or_default();
        waiting.extend(&below);
        found.extend(below);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_with_an_odd_name_is_read_and_a_dead_one_is_none() {
        assert_eq!(parse("7 (a) S 1 (b)) S 3 5 7 0"), Some(Process { parent: 3, group: 5 }));
        assert_eq!(parse("7 (a) Z 3 5 7 0"), None);
        assert_eq!(parse("nonsense"), None);
    }

    #[test]
    fn descendants_leave_out_what_was_there_before_and_others_children() {
        let table = [(2, 1), (3, 2), (4, 3), (5, 1), (6, 5), (7, 9), (9, 7)];
        let process = |(pid, parent)| (pid, Process { parent, group: 1 });
        let processes: HashMap<i32, Process> = table.into_iter().map(process).collect();
        let mut found = descendants(&processes, 1, &[5].into());
        found.sort_unstable();
        assert_eq!(found, [2, 3, 4]);
    }
}
