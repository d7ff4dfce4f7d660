//! Plays simulated sessions on every core and reports what was found: `cargo run --release -p conformance --bin simulate -- --help`.

use clap::Parser;
use conformance::simulation::{Coverage, Program, explore, play, shrink};
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
    /// Failures after which a thread stops the run
    #[arg(long, default_value_t = 8)]
    failures: usize,
    /// Play the program in this file instead
    #[arg(long)]
    program: Option<std::path::PathBuf>,
    /// Show which replies were seen to which command in which state
    #[arg(long)]
    table: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    // What panics is reported with its seed.
    std::panic::set_hook(Box::new(|_| {}));
    if let Some(file) = &options.program {
        return play_file(file);
    }
    let threads = options.threads.or_else(|| std::thread::available_parallelism().ok().map(Into::into)).unwrap_or(1);
    let explored =
        explore(options.seed, options.count, Duration::from_secs(options.seconds), threads, options.failures);
    let rate = explored.sessions as f64 / explored.took.as_secs_f64();
    println!("{} sessions in {:.1?}: {rate:.0} a second", explored.sessions, explored.took);
    let coverage = &explored.coverage;
    println!("{} replies; {} cells of command, state and reply seen", coverage.replies(), coverage.cells());
    if options.table {
        print!("{}", coverage.table());
    }
    for (verb, states) in coverage.silent() {
        println!("not seen: any reply to {verb:?} in {states:?}");
    }
    for (verb, codes) in coverage.holes() {
        println!("not seen: {codes:?} to {verb:?}");
    }
    let whole = coverage.silent().is_empty() && coverage.holes().is_empty();
    let explained = coverage.explained();
    println!(
        "{explained} replies of the table not seen for a reason; {} unexplained hole",
        if whole { "no" } else { "an" }
    );
    let mut shown = Vec::new();
    for failure in &explored.failures {
        // Those that begin alike are one as a rule.
        let kind: String = failure.error.chars().filter(|c| !c.is_ascii_digit()).take(12).collect();
        if shown.contains(&kind) || shown.len() >= 6 {
            println!("seed {}: {}", failure.seed, failure.error);
            continue;
        }
        shown.push(kind);
        println!("\nseed {}: {}", failure.seed, failure.error);
        let (least, error) = shrink(&Program::of(failure.seed));
        println!("as short as it can be: {error}\n{least}");
    }
    if explored.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn play_file(file: &std::path::Path) -> ExitCode {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string());
    match text.and_then(|text| Program::parse(&text)) {
        Err(error) => println!("{}: {error}", file.display()),
        Ok(program) => match play(&program, &mut Coverage::default()) {
            Ok(()) => return ExitCode::SUCCESS,
            Err(error) => {
                let (least, shrunk) = shrink(&program);
                println!("{error}\nas short as it can be: {shrunk}\n{least}");
            }
        },
    }
    ExitCode::FAILURE
}
