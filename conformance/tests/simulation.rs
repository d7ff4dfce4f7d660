//! Simulated sessions: the first few thousand seeds, and the programs that once failed, kept as text under `programs`. Many more are played by
//! `cargo run --release -p conformance --bin simulate`.

use conformance::simulation::{Coverage, Program, explore, play, shrink};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// What a failing seed says: its program, as short as it can be.
fn told(seed: u64, error: &str) -> String {
    let (program, shrunk) = shrink(&Program::of(seed));
    format!("seed {seed}: {error}\nas short as it can be: {shrunk}\n{program}")
}

#[test]
fn thousands_of_sessions_keep_the_rules() {
    let explored = explore(0, 4000, Duration::from_mins(10), 2, 1);
    let first = explored.failures.first().map(|failure| told(failure.seed, &failure.error));
    assert!(first.is_none(), "{}", first.unwrap_or_default());
    assert_eq!(explored.sessions, 4000);
    // Peers without rules get as far as a login under TLS.
    let table = explored.coverage.table();
    let cleared = table.lines().find(|row| row.starts_with("| CCC |")).unwrap();
    assert!(cleared.contains(" 200 "), "{cleared}");
}

#[test]
fn what_once_failed_does_not_fail_again() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let told = |error: &str| format!("{}: {error}", file.display());
        let program =
            Program::parse(&fs::read_to_string(&file).unwrap()).unwrap_or_else(|error| panic!("{}", told(&error)));
        if let Err(error) = play(&program, &mut Coverage::default()) {
            panic!("{}", told(&error));
        }
    }
}
