//! Whole sessions in memory and in virtual time, by the million: a `ClientSession`, or a peer that keeps to no rules, against a
//! `ServerSession`, over a network that splits, coalesces, delays, stalls and breaks, on storage that fails, fills up and is slow.
//!
//! Everything comes from one seed: the [`Program`], the network's weather and the order in which things happen. So a failure is a
//! number; and, since another seed makes another program when the making changes, it is kept as text, and is a test.
//!
//! What must hold:
//! - always: no panic; one final reply per command, permitted by the table and by the state of the session; bounded buffers; a file's
//!   bytes equal at both ends or the transfer reported failed, and nothing half written under its final name; both sessions end by
//!   themselves once time goes by, and let go of everything;
//! - where nothing goes wrong: every request ends as a small model of a file tree says, without a time-out.

mod client;
pub mod coverage;
mod explore;
mod generate;
mod lines;
pub mod monitor;
mod pair;
mod program;
mod raw;
mod shrink;
mod text;
mod tree;

pub use coverage::Coverage;
pub use explore::{Explored, Failure, explore};
pub use program::{Manner, Program, Sky, Step};
pub use shrink::shrink;

/// Plays one program.
///
/// # Errors
/// What did not hold, in a sentence.
pub fn play(program: &Program, coverage: &mut Coverage) -> Result<(), String> {
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| pair::play(program, coverage)));
    caught.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a word");
        Err(format!("panicked: {text}"))
    })
}

/// Plays the program of this seed.
///
/// # Errors
/// What did not hold, in a sentence.
pub fn play_seed(seed: u64, coverage: &mut Coverage) -> Result<(), String> {
    play(&Program::of(seed), coverage)
}
