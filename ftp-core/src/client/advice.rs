//! [`Advice`]: how a session that knows its server would have many files moved. [`Finding`]: what others have found out about that server meanwhile,
//! which a session is told.

/// How a session would have many files moved; see [`ClientSession::advice`](super::ClientSession::advice).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Advice {
    /// The server is known to keep the data connection open in MODE B (RFC 959 3.3). Many small files then go best in that mode: one connection serves
    /// them all, and their commands go out one behind the other.
    pub small_in_blocks: bool,
    /// It might save a round trip for each file if the server made the data connections, which is worth a trial by another session with
    /// [`DataPreference::Active`](super::DataPreference::Active). A trial that fails may hold up its server for a minute.
    pub try_active: bool,
}

/// What a session is told; see [`ClientSession::tell`](super::ClientSession::tell).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The server can make the data connections: a trial has succeeded. It makes them from now on, as long as they come to be.
    ActiveWorks,
}
