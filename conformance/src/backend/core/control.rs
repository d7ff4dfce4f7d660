//! [`Control`]: the control connection of a session in memory, of a server or a client: what a script sends and hears, or a socket of the
//! [`Network`](crate::network::Network). And [`Answers`]: what its host owes it.

use super::Chunks;
use crate::network::{Broken, Read, Socket};
use ftp_core::action::OpId;
use ftp_core::drain::{Closed, Port};
use ftp_core::time::Time;
use std::collections::VecDeque;
use std::time::Duration;

/// A control connection.
pub(crate) struct Control<A> {
    /// Where there is none, a script has both of these.
    pub(crate) socket: Option<Socket>,
    /// What has left the session.
    pub(crate) said: Vec<u8>,
    /// What has come and the session has not taken.
    pub(crate) inbox: Vec<u8>,
    /// The other side has closed it: does the session know?
    end: Option<Told>,
    /// The bytes it takes before it would block.
    budget: usize,
    /// What the session wants done.
    pub(crate) actions: VecDeque<A>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    NotYet,
    Already,
}

impl<A> Control<A> {
    /// One that a script has the other end of.
    pub(crate) const fn new() -> Self {
        Self { socket: None, said: Vec::new(), inbox: Vec::new(), end: None, budget: 0, actions: VecDeque::new() }
    }

    /// The bytes that it takes now. A broken one can always be written to, and says so then.
    pub(crate) fn room(&self) -> usize {
        self.socket.as_ref().filter(|socket| !socket.is_broken()).map_or(usize::MAX, Socket::room)
    }

    /// From here on it takes as many as `chunks` has it.
    pub(crate) fn open(&mut self, chunks: &mut Chunks) {
        self.budget = chunks.size(self.room());
    }

    /// Reads what the session may have next.
    pub(crate) fn fetch(&mut self, chunks: &mut Chunks) {
        let Some(socket) = self.socket.as_ref().filter(|_| self.inbox.is_empty()) else { return };
        match socket.read(chunks.size(socket.available())) {
            Read::Bytes(bytes) => self.inbox = bytes,
            Read::Nothing => {}
            Read::Closed | Read::Broken => self.end(),
        }
    }

    /// The other side closes it.
    pub(crate) fn end(&mut self) {
        self.end.get_or_insert(Told::NotYet);
    }

    /// Has the other side closed it?
    pub(crate) const fn is_ended(&self) -> bool {
        self.end.is_some()
    }

    /// Is that to be told to the session, which has taken everything else? Then it is told now.
    pub(crate) fn tell_end(&mut self) -> bool {
        let news = self.end == Some(Told::NotYet);
        if news {
            self.end = Some(Told::Already);
        }
        news
    }
}

impl<A> Port<A> for Control<A> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Closed> {
        let mut count = bytes.len().min(self.budget);
        if let Some(socket) = &self.socket {
            count = socket.write(&bytes[..count]).map_err(|Broken| Closed)?;
        }
        self.said.extend_from_slice(&bytes[..count]);
        self.budget -= count;
        Ok(count)
    }

    fn act(&mut self, action: A) {
        self.actions.push_back(action);
    }
}

/// Answers of a host, each ready at its time.
pub(crate) struct Answers<C> {
    /// The longest that one takes.
    pub(crate) lag: Duration,
    waiting: VecDeque<(Time, OpId, C)>,
}

impl<C> Answers<C> {
    /// None, and they take no time.
    pub(crate) const fn new() -> Self {
        Self { lag: Duration::ZERO, waiting: VecDeque::new() }
    }

    /// One is on its way, for as long as `chunks` has it.
    pub(crate) fn push(&mut self, now: Time, op: OpId, answer: C, chunks: &mut Chunks) {
        let lag = u64::try_from(self.lag.as_nanos()).unwrap_or(u64::MAX);
        self.waiting.push_back((now + Duration::from_nanos(chunks.chance(lag.max(1))), op, answer));
    }

    /// When the next is ready.
    pub(crate) fn next(&self) -> Option<Time> {
        self.waiting.front().map(|(due, ..)| *due)
    }

    /// The next.
    pub(crate) fn pop(&mut self) -> Option<(OpId, C)> {
        self.waiting.pop_front().map(|(_, op, answer)| (op, answer))
    }

    /// Nobody waits for them any more.
    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
    }
}
