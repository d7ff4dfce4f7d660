//! [`Misuse`]: what an application can get wrong.

use core::fmt;

/// A request that cannot be taken now. The session goes on as if it had not been made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misuse {
    /// Too many requests wait.
    Busy,
    /// The control connection is closed.
    Disconnected,
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Busy => "too many requests wait: make the next one after an Event::Done",
            Self::Disconnected => "the control connection is closed: connect again and make a new session",
        })
    }
}

impl core::error::Error for Misuse {}
