//! What each fuzz target does with its input. A target in `fuzz_targets` only hands the bytes on, so that the ordinary tests can play
//! the corpus, and a failing input is a test without any tool.
//!
//! A body says more than that nothing panics: what was written is read back, what was cut is what was whole, what is bounded
//! stays within its bounds, and what has begun ends.

pub mod accounts;
pub mod client;
pub mod command;
mod cut;
pub mod decode;
pub mod encode;
pub mod facts;
pub mod list;
pub mod pair;
pub mod reply;
pub mod script;
pub mod seeds;
pub mod server;
pub mod settings;
pub mod tls;
pub mod transcript;

/// A target's name, and its body.
pub type Target = (&'static str, fn(&[u8]));

/// All targets. Each has a file of its name in `fuzz_targets` and a directory in `corpus`.
pub const TARGETS: [Target; 13] = [
    ("accounts", accounts::run),
    ("client", client::run),
    ("command", command::run),
    ("decode", decode::run),
    ("encode", encode::run),
    ("facts", facts::run),
    ("list", list::run),
    ("pair", pair::run),
    ("reply", reply::run),
    ("server", server::run),
    ("settings", settings::run),
    ("tls", tls::run),
    ("transcript", transcript::run),
];
