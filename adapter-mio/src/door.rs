//! [`Door`]: a listener, and how a loop takes connections from it.

use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use std::io::{self, ErrorKind};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The pause after a connection could not be accepted, for want of descriptors or memory.
const PAUSE: Duration = Duration::from_millis(100);

/// A listener that every loop of a server has in its poll: whoever is free first takes the next connection.
#[derive(Debug)]
pub(crate) struct Door {
    listener: Arc<TcpListener>,
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

impl Door {
    pub(crate) fn open(listener: Arc<TcpListener>, registry: &Registry, token: Token) -> io::Result<Self> {
        registry.register(&mut SourceFd(&listener.as_raw_fd()), token, Interest::READABLE)?;
        Ok(Self { listener, state: State::Busy })
    }

    pub(crate) fn close(&self, registry: &Registry) {
        // It fails only if it was not registered.
        let _ = registry.deregister(&mut SourceFd(&self.listener.as_raw_fd()));
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
    pub(crate) fn accept(&mut self) -> Option<TcpStream> {
        match self.state {
            State::Quiet => return None,
            State::Shut(until) if Instant::now() < until => return None,
            State::Busy | State::Shut(_) => self.state = State::Busy,
        }
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => return Some(stream),
                Err(error) => match error.kind() {
                    ErrorKind::Interrupted | ErrorKind::ConnectionAborted => {}
                    ErrorKind::WouldBlock => {
                        self.state = State::Quiet;
                        return None;
                    }
                    _ => {
                        self.shut();
                        return None;
                    }
                },
            }
        }
    }

    /// There is no room for anybody just now.
    pub(crate) fn shut(&mut self) {
        self.state = State::Shut(Instant::now() + PAUSE);
    }
}
