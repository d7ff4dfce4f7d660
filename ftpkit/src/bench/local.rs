//! This machine's own limits, which must not be taken for the server's.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs;
use std::time::{Duration, Instant};

/// A socket is in `TIME_WAIT` for 60 s on Linux.
const LONGEST_WAIT: Duration = Duration::from_secs(65);

/// How often is looked again.
const INTERVAL: Duration = Duration::from_millis(250);

/// As many open sockets as this user may have.
pub(super) fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    // Should it fail, opening fails later, and says so.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

/// Waits until few sockets are in `TIME_WAIT`: each holds a port, and the search for a free one becomes slow for client
/// and server when most are taken. Where the system does not tell, there is no wait.
pub(super) fn settle(most: u64) {
    let end = Instant::now() + LONGEST_WAIT;
    while time_wait_sockets().is_some_and(|sockets| sockets > most) && Instant::now() < end {
        std::thread::sleep(INTERVAL);
    }
}

fn time_wait_sockets() -> Option<u64> {
    tw(&fs::read_to_string("/proc/net/sockstat").ok()?)
}

/// The number after `tw` in the line of TCP.
fn tw(sockstat: &str) -> Option<u64> {
    let line = sockstat.lines().find_map(|line| line.strip_prefix("TCP:"))?;
    line.split_whitespace().skip_while(|word| *word != "tw").nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn sockets_in_time_wait_are_counted_by_the_system() {
        let text = "sockets: used 87\nTCP: inuse 4 orphan 0 tw 1234 alloc 5 mem 0\nUDP: inuse 2 mem 1\n";
        assert_eq!(super::tw(text), Some(1234));
        assert_eq!(super::tw("sockets: used 87\n"), None);
    }
}
