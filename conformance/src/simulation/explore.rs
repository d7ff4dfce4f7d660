//! [`explore`]: many seeds on every core.

use super::coverage::Coverage;
use super::play_seed;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// What a run found.
pub struct Explored {
    /// Sessions played.
    pub sessions: u64,
    /// How long it took.
    pub took: Duration,
    /// The replies seen.
    pub coverage: Coverage,
    /// The seeds that failed, the first few.
    pub failures: Vec<Failure>,
}

/// A seed that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// What did not hold.
    pub error: String,
}

/// Plays the seeds from `first` on, `count` of them or until `time` is over or a thread has found `enough` failures, on so many threads.
pub fn explore(first: u64, count: u64, time: Duration, threads: usize, enough: usize) -> Explored {
    let begun = Instant::now();
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let work = || {
        let mut found = (0, Coverage::default(), Vec::new());
        while !stop.load(Ordering::Relaxed) && begun.elapsed() < time {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                break;
            }
            let seed = first.wrapping_add(number);
            found.0 += 1;
            if let Err(error) = play_seed(seed, &mut found.1) {
                found.2.push(Failure { seed, error });
                stop.fetch_or(found.2.len() >= enough, Ordering::Relaxed);
            }
        }
        found
    };
    let mut explored =
        Explored { sessions: 0, took: Duration::ZERO, coverage: Coverage::default(), failures: Vec::new() };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(work)).collect();
        for (sessions, coverage, failures) in workers.into_iter().filter_map(|worker| worker.join().ok()) {
            explored.sessions += sessions;
            explored.coverage.add(&coverage);
            explored.failures.extend(failures);
        }
    });
    explored.failures.sort_by_key(|failure| failure.seed);
    explored.took = begun.elapsed();
    explored
}
