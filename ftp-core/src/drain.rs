//! The one way out of a session: [`Port`] takes what leaves it, [`Wait`] says what to wait for next.

use crate::time::Time;

/// Where a session's output goes while it is drained. `A` is [`Action`](crate::action::Action) for a server and
/// [`ClientAction`](crate::client::ClientAction) for a client.
pub trait Port<A> {
    /// Takes control-connection bytes: how many were taken, 0 when it would block.
    ///
    /// # Errors
    /// [`Closed`], when the control connection takes no more; the session then ends as if the peer had closed it.
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Closed>;

    /// Takes an action. The answer may come only after `drain` has returned.
    fn act(&mut self, action: A);
}

/// The control connection takes no more bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

/// What a drained session waits for. There is no other way to learn the deadline, so nobody can sleep on output that has
/// not left.
#[must_use = "a session that nobody waits for as it says is stuck"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Read from the control connection and call `receive`.
    pub read: bool,
    /// Watch the control connection for TCP urgent data and call `receive_urgent`: commands are held back in it, and an
    /// ABOR may wait behind them (RFC 959 4.1.3).
    pub urgent: bool,
    /// Output is left: drain again when the control connection can be written to.
    pub write: bool,
    /// Call `timeout` at this time.
    pub deadline: Option<Time>,
}
