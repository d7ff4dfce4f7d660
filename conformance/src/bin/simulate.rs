//! Plays simulated sessions on every core and reports what was found: `cargo run --release -p conformance --bin simulate -- --help`.

use clap::Parser;
use conformance::simulation::{Program, explore, shrink};
use std::process::ExitCode;
use std::time::Duration;

/// Plays simulated sessions, each from a seed, and reports what did not hold.
#[derive(Parser)]
struct Options {
    /// Stop after so many sessions
    #[arg(long, default_value_t = u64::MAX)]
    count: u64,
    /// Stop after so many seconds
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// The first seed; the next ones follow it
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Threads; all cores by default
    #[arg(long)]
    threads: Option<usize>,
    /// Show which replies were seen to which command in which state
    #[arg(long)]
    table: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    // What panics is reported with its seed.
    std::panic::set_hook(Box::new(|_| {}));
    let threads = options.threads.or_else(|| std::thread::available_parallelism().ok().map(Into::into)).unwrap_or(1);
    let explored = explore(options.seed, options.count, Duration::from_secs(options.seconds), threads);
    let rate = explored.sessions as f64 / explored.took.as_secs_f64();
    println!("{} sessions in {:.1?}: {rate:.0} a second", explored.sessions, explored.took);
    println!("{} cells of command, state and reply seen", explored.coverage.cells());
    if options.table {
        print!("{}", explored.coverage.table());
    }
    for (verb, states) in explored.coverage.silent() {
        println!("not seen: any reply to {verb:?} in {states:?}");
    }
    for (verb, codes) in explored.coverage.holes() {
        println!("not seen: {codes:?} to {verb:?}");
    }
    for failure in explored.failures.iter().take(3) {
        println!("\nseed {}: {}", failure.seed, failure.error);
        let (least, error) = shrink(&Program::of(failure.seed));
        println!("shrunk: {error}\n{least:?}");
    }
    if explored.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
