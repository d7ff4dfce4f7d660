//! [`Entrance`]: a door, and when a loop looks who is at it.

use ftp_host::door::{Arrival, Door, Knock};
use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A door that every loop of a server has in its poll: whoever is free first takes the next connection.
#[derive(Debug)]
pub(crate) struct Entrance {
    door: Arc<Door>,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Nobody waits, as far as is known.
    Quiet,
    /// Somebody may wait.
    Busy,
    /// Somebody waits who could not be let in; no other try before this time.
    Shut(Instant),
}

impl Entrance {
    pub(crate) fn open(door: Arc<Door>, registry: &Registry, token: Token) -> io::Result<Self> {
        registry.register(&mut SourceFd(&door.as_fd().as_raw_fd()), token, Interest::READABLE)?;
        Ok(Self { door, state: State::Busy })
    }

    pub(crate) fn close(&self, registry: &Registry) {
        // It fails only if it was not registered.
        let _ = registry.deregister(&mut SourceFd(&self.door.as_fd().as_raw_fd()));
    }

    /// Somebody has knocked.
    pub(crate) fn knock(&mut self) {
        if matches!(self.state, State::Quiet) {
            self.state = State::Busy;
        }
    }

    /// How long the loop may sleep as far as this door is concerned.
    pub(crate) fn patience(&self) -> Option<Duration> {
        match self.state {
            State::Quiet => None,
            State::Busy => Some(Duration::ZERO),
            State::Shut(until) => Some(until.saturating_duration_since(Instant::now())),
        }
    }

    /// The next connection, if there is one.
    pub(crate) fn accept(&mut self) -> Option<Arrival> {
        match self.state {
            State::Quiet => return None,
            State::Shut(until) if Instant::now() < until => return None,
            State::Busy | State::Shut(_) => self.state = State::Busy,
        }
        match self.door.knock() {
            Knock::Came(arrival) => return Some(arrival),
            Knock::Nobody => self.state = State::Quiet,
            Knock::NoRoom => self.shut(),
        }
        None
    }

    /// There is no room for anybody just now.
    pub(crate) fn shut(&mut self) {
        self.state = State::Shut(Instant::now() + Door::PAUSE);
    }
}
