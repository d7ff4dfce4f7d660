//! [`Misuse`]: what an application can get wrong.

use core::fmt;

/// A request that cannot be taken now. The session goes on as if it had not been made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misuse {
    /// Another request runs.
    Busy,
    /// The control connection is closed.
    Disconnected,
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Busy => "another request runs: wait for its Event::Done, or abort it",
            Self::Disconnected => "the control connection is closed: connect again and make a new session",
        })
    }
}

impl core::error::Error for Misuse {}
