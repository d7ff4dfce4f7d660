//! One file from a server, to it, or from one to another, with all that makes it safe: published only when it is proven whole, gone on with only where
//! what is there is its beginning, checked, dated, and no faster than was asked for.
//!
//! Which files, and in what order, is not decided here but in [`crate::verb`] and [`crate::bulk`].

mod carry;
mod conduit;
mod cut;
mod fetch;
mod held;
mod limit;
mod overlap;
mod proof;
mod segments;
mod store;

pub(crate) use carry::{Fault, carry};
use clap::ValueEnum;
pub(crate) use cut::is_worth_cutting;
pub(crate) use fetch::{Fetch, begin_fetch, fetch, repeated};
use ftp_core::time::WallTime;
pub(crate) use held::Held;
pub(crate) use limit::{Limit, parse_rate};
pub(crate) use segments::{Ended, Segments, ask_version};
use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime};
pub(crate) use store::{Store, Unseen, begin_store, store};

/// The bytes before the end of what is there that are compared before a transfer goes on behind them.
pub(crate) const OVERLAP: u64 = 64 << 10;

/// How a file is proven to have arrived as it was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verify {
    /// by the server's final reply, and by the size where it is known
    #[default]
    Reply,
    /// by asking for the size when it is done
    Size,
    /// by comparing the server's digest of it with one made here
    Hash,
}

/// What is to be taken care of with every file.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Care {
    /// The times of the source, and its permission bits where they are known.
    pub(crate) preserve: bool,
    /// The proof that is asked for.
    pub(crate) verify: Verify,
    /// Segments in which a large file is fetched at once; up to one: it comes in one piece.
    pub(crate) segments: usize,
}

/// A file's time as the operating system has it.
fn system_time(time: WallTime) -> Option<SystemTime> {
    let whole = Duration::from_secs(time.seconds.unsigned_abs());
    let base = if time.seconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(whole)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(whole)
    };
    base?.checked_add(Duration::from_nanos(u64::from(time.nanos)))
}
