//! [`Sockets`]: the sockets of one control connection as the poll knows them.
//!
//! The poll is edge-triggered: it says once that a socket has become ready. For the control connection that suffices
//! without a further system call, as a session reads until nothing is left, remembers what it has not read, and writes
//! whenever it has something to say. A data socket is registered anew whenever a session waits for it. That costs a system
//! call where a transfer stalls anyway, and makes the poll look again: neither a socket that became ready meanwhile nor
//! one that has the number of another that was closed is missed.

use ftp_host::readiness::{Direction, Interest, Ready};
use mio::event::Event;
use mio::unix::SourceFd;
use mio::{Registry, Token};
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, AsRawFd, RawFd};

/// The registered sockets of one connection. The system forgets each of them when it is closed.
#[derive(Debug, Default)]
pub(crate) struct Sockets {
    /// The number that was registered last for data.
    data: Option<RawFd>,
    /// Was urgent data waited for?
    urgent: bool,
}

/// Which socket of which connection an event is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) key: usize,
    pub(crate) data: bool,
}

impl Address {
    /// Two tokens for each connection, and the last ones for what else a loop waits for.
    fn token(self) -> Token {
        Token(self.key * 2 + usize::from(self.data))
    }

    pub(crate) fn of(token: Token) -> Self {
        Self { key: token.0 / 2, data: token.0 % 2 == 1 }
    }

    /// What the event says to the session. `wants_urgent`: it waits for urgent data.
    pub(crate) fn ready(self, event: &Event, wants_urgent: bool) -> Ready {
        if self.data {
            return Ready { data: true, ..Ready::default() };
        }
        let control = event.is_readable() || event.is_read_closed() || event.is_error();
        Ready { control, urgent: wants_urgent && event.is_priority(), data: false }
    }
}

impl Sockets {
    /// Watches a control connection from now on.
    ///
    /// # Errors
    /// What the system says: no memory.
    pub(crate) fn begin(registry: &Registry, key: usize, interest: &Interest<'_>) -> io::Result<Self> {
        let token = Address { key, data: false }.token();
        registry.register(&mut SourceFd(&interest.control.as_raw_fd()), token, everything())?;
        Ok(Self::default())
    }

    /// Waits for what the session waits for.
    ///
    /// # Errors
    /// What the system says: no memory.
    pub(crate) fn wait(&mut self, registry: &Registry, key: usize, interest: &Interest<'_>) -> io::Result<()> {
        if interest.control_urgent && !self.urgent {
            // It may have come before anybody asked.
            let token = Address { key, data: false }.token();
            registry.reregister(&mut SourceFd(&interest.control.as_raw_fd()), token, everything())?;
        }
        self.urgent = interest.control_urgent;
        let Some((socket, direction)) = &interest.data else { return Ok(()) };
        let number = socket.as_fd().as_raw_fd();
        let readiness = match direction {
            Direction::Read => mio::Interest::READABLE,
            Direction::Write => mio::Interest::WRITABLE,
        };
        let (mut source, token) = (SourceFd(&number), Address { key, data: true }.token());
        if self.data == Some(number) {
            match registry.reregister(&mut source, token, readiness) {
                // The number is that of another socket now.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                result => return result,
            }
        }
        self.data = Some(number);
        match registry.register(&mut source, token, readiness) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                registry.reregister(&mut source, token, readiness)
            }
            result => result,
        }
    }

    /// Does the session wait for urgent data?
    pub(crate) const fn wants_urgent(&self) -> bool {
        self.urgent
    }
}

fn everything() -> mio::Interest {
    mio::Interest::READABLE | mio::Interest::WRITABLE | mio::Interest::PRIORITY
}
