//! Simulated sessions, each from a seed: the first few thousand, and those that once failed. Many more are played by
//! `cargo run --release -p conformance --bin simulate`.

use conformance::simulation::{Coverage, Program, explore, play_seed, shrink};
use std::time::Duration;

/// What a failing seed says: its program, as short as it can be.
fn told(seed: u64, error: &str) -> String {
    let (program, shrunk) = shrink(&Program::of(seed));
    format!("seed {seed}: {error}\nas short as it can be: {shrunk}\n{program:?}")
}

#[test]
fn thousands_of_sessions_keep_the_rules() {
    let explored = explore(0, 2000, Duration::from_mins(10), 2);
    let first = explored.failures.first().map(|failure| told(failure.seed, &failure.error));
    assert!(first.is_none(), "{}", first.unwrap_or_default());
    assert_eq!(explored.sessions, 2000);
}

#[test]
fn what_once_failed_does_not_fail_again() {
    let seeds = include_str!("seeds.txt").lines().filter_map(|line| line.split_whitespace().next()?.parse().ok());
    for seed in seeds {
        if let Err(error) = play_seed(seed, &mut Coverage::default()) {
            panic!("{}", told(seed, &error));
        }
    }
}
