//! [`Tree`]: what a server's process and its descendants have cost, as Linux tells in `/proc` (proc(5)).

use rustix::time::{ClockId, clock_gettime};
use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

/// `/proc/PID/stat` counts in ticks of `USER_HZ`, which Linux fixes at 100 a second on every machine in use.
const TICK: Duration = Duration::from_millis(10);

/// A process and its descendants. Servers that serve each session in a process of its own are measured whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tree {
    root: u32,
}

/// What `/proc/PID/stat` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stat {
    parent: u32,
    /// Its own, and that of children which ended.
    ticks: u64,
}

impl Tree {
    pub(super) const fn new(root: u32) -> Self {
        Self { root }
    }

    /// The number of the process at its root.
    pub(super) const fn root(self) -> u32 {
        self.root
    }

    /// CPU time so far, user and system, also that of children that have ended; `None` if there is no such process.
    pub(super) fn cpu(self) -> Option<Duration> {
        let ticks = self.members()?.values().map(|stat| stat.ticks).sum::<u64>();
        Some(TICK * u32::try_from(ticks).ok()?)
    }

    /// Memory in KiB, with what processes share divided among them (PSS); `None` if it cannot be read.
    pub(super) fn pss(self) -> Option<u64> {
        // One that ended in between has no memory.
        let pss = |pid: &u32| pss(&fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?);
        pss(&self.root)?;
        Some(self.members()?.keys().filter_map(pss).sum())
    }

    fn members(self) -> Option<BTreeMap<u32, Stat>> {
        let numbers = fs::read_dir("/proc").ok()?.flatten();
        let pids = numbers.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let all: BTreeMap<_, _> =
            pids.filter_map(|pid| Some((pid, stat(&fs::read(format!("/proc/{pid}/stat")).ok()?)?))).collect();
        descendants(&all, self.root)
    }
}

/// CPU time of this process.
pub(super) fn own_cpu() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

/// `root` and all below it; `None` if it is not among them.
fn descendants(all: &BTreeMap<u32, Stat>, root: u32) -> Option<BTreeMap<u32, Stat>> {
    let mut found = BTreeMap::from([(root, *all.get(&root)?)]);
    loop {
        let before = found.len();
        for (&pid, &stat) in all {
            if found.contains_key(&stat.parent) {
                found.insert(pid, stat);
            }
        }
        if found.len() == before {
            return Some(found);
        }
    }
}

/// Fields are counted from behind the name, which may hold anything.
fn stat(bytes: &[u8]) -> Option<Stat> {
    let text = String::from_utf8_lossy(bytes);
    let mut fields = text.rsplit_once(')')?.1.split_ascii_whitespace();
    let parent = fields.nth(1)?.parse().ok()?;
    // utime, stime, cutime, cstime are the fields 14 to 17; the parent was field 4.
    let mut times = fields.skip(9).map_while(|field| field.parse::<u64>().ok());
    let ticks = times.next()? + times.next()? + times.next()? + times.next()?;
    Some(Stat { parent, ticks })
}

fn pss(rollup: &str) -> Option<u64> {
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stat_line_is_read_behind_the_name() {
        let line = b"42 (a) b (c) S 7 42 42 0 -1 4194560 1 2 3 4 100 20 3 4 20 0 1 0 999 1 2 3";
        assert_eq!(stat(line), Some(Stat { parent: 7, ticks: 127 }));
        for cut in [&b""[..], b"42 (a) S", b"42 (a) S 7", b"42 (a) S 7 42 42 0 -1 4194560 1 2 3 4 100 20 3"] {
            assert_eq!(stat(cut), None, "{}", cut.escape_ascii());
        }
    }

    #[test]
    fn a_tree_is_a_process_and_all_below_it() {
        let stat = |parent| Stat { parent, ticks: 1 };
        // Children may have lower numbers than their parents.
        let all = BTreeMap::from([(1, stat(0)), (3, stat(9)), (5, stat(3)), (9, stat(1)), (10, stat(1))]);
        let tree = descendants(&all, 9).map(|tree| tree.into_keys().collect::<Vec<_>>());
        assert_eq!(tree, Some(vec![3, 5, 9]));
        assert!(descendants(&all, 2).is_none());
    }

    #[test]
    fn memory_is_the_proportional_share() {
        assert_eq!(
            pss("5581-7ffc ---p 00000000 00:00 0 [rollup]\nRss: 2 kB\nPss:    1234 kB\nPss_Dirty: 1 kB\n"),
            Some(1234)
        );
        assert_eq!(pss("Rss: 2 kB\n"), None);
    }

    #[test]
    fn this_process_can_be_read() {
        let tree = Tree::new(std::process::id());
        assert!(tree.cpu().is_some());
        assert!(tree.pss().is_some_and(|kib| kib > 0));
        assert!(Tree::new(u32::MAX).cpu().is_none());
    }
}
