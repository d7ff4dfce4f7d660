//! The client: each call returns when what it asked for is done.

use crate::wait::{Alarm, wait};
use ftp_core::client::{ClientConfig, ClientError, DataPreference, Event, Features, Misuse, Outcome, Request};
use ftp_host::client::{Connection, End};
use ftp_host::clock::Clock;
use ftp_host::readiness::{Ready, Turn};
use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

/// How often a [`Watch`] hears of a transfer's progress, at least.
const PROGRESS: Duration = Duration::from_millis(200);

/// Room to read replies into.
const SCRATCH: usize = 4096;

/// How a client connects and waits.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// For the connection, for each reply, and for the next byte of a transfer.
    pub timeout: Duration,
    /// The server makes the data connections (PORT and EPRT), not the client.
    pub active: bool,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(30), active: false }
    }
}

/// Why there is no connection.
#[derive(Debug)]
pub struct ConnectError {
    /// The address that was tried last, if the name has any.
    pub address: Option<SocketAddr>,
    /// What the system said.
    pub error: io::Error,
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address {
            Some(address) => write!(f, "{address}: {}", self.error),
            None => self.error.fmt(f),
        }
    }
}

impl std::error::Error for ConnectError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// Sees what happens while a call runs. `()` sees nothing.
pub trait Watch {
    /// A command was sent, or a reply came.
    fn event(&mut self, _event: &Event) {}

    /// So many bytes have moved over the data connection.
    fn progress(&mut self, _bytes: u64) -> Go {
        Go::On
    }
}

impl Watch for () {}

/// Whether a transfer goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Go {
    /// Yes.
    On,
    /// No: it is aborted, and its call ends with [`ClientError::Aborted`].
    Abort,
}

/// A connection to a server.
#[derive(Debug)]
pub struct Client {
    connection: Connection,
    /// Nobody rings it; it completes what there is to wait for.
    alarm: Alarm,
}

impl Client {
    /// Connects to the first of these addresses that answers. The greeting is awaited by the first request.
    ///
    /// # Errors
    /// [`ConnectError`] of the last address.
    pub fn connect(address: impl ToSocketAddrs, options: &ClientOptions) -> Result<Self, ConnectError> {
        let mut failed = ConnectError { address: None, error: io::ErrorKind::NotFound.into() };
        let addresses = address.to_socket_addrs().map_err(|error| ConnectError { address: None, error })?;
        for address in addresses {
            match TcpStream::connect_timeout(&address, options.timeout).and_then(|stream| Self::new(stream, options)) {
                Ok(client) => return Ok(client),
                Err(error) => failed = ConnectError { address: Some(address), error },
            }
        }
        Err(failed)
    }

    /// A client on a connection that stands.
    ///
    /// # Errors
    /// What the system says: the connection is gone already.
    pub fn new(stream: TcpStream, options: &ClientOptions) -> io::Result<Self> {
        let configure = |config: &mut ClientConfig| {
            config.reply_timeout = options.timeout;
            config.stall_timeout = options.timeout;
            if options.active {
                config.data = DataPreference::Active;
            }
        };
        Ok(Self { connection: Connection::new(stream, Clock::system(), configure)?, alarm: Alarm::new()? })
    }

    /// Asks for something that moves no file.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn request(&mut self, request: Request, watch: &mut dyn Watch) -> Result<Outcome, ClientError> {
        self.run(request, None, watch)
    }

    /// Moves a file to or from `end`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn transfer(&mut self, request: Request, end: End, watch: &mut dyn Watch) -> Result<Outcome, ClientError> {
        self.run(request, Some(end), watch)
    }

    /// What the server said it can do, once logged in.
    pub fn features(&self) -> &Features {
        self.connection.machine().features()
    }

    fn run(&mut self, request: Request, end: Option<End>, watch: &mut dyn Watch) -> Result<Outcome, ClientError> {
        if let Err(misuse) = self.connection.request(request, end) {
            return Err(match misuse {
                Misuse::Disconnected => ClientError::Disconnected,
                // Every call waits for its end, so no request runs when the next is made.
                Misuse::Busy => ClientError::Protocol("one request at a time"),
            });
        }
        let mut scratch = [0; SCRATCH];
        let mut ready = Ready::ALL;
        let mut done = None;
        loop {
            let turn = self.connection.turn(ready, &mut scratch);
            while let Some(event) = self.connection.event() {
                watch.event(&event);
                if let Event::Done(result) = event {
                    done = Some(result);
                }
            }
            match (done.take(), turn) {
                (Some(result), _) => return result,
                (None, Turn::Over) => return Err(ClientError::Disconnected),
                (None, _) => {}
            }
            let moved = self.connection.moved();
            if moved.is_some_and(|bytes| watch.progress(bytes) == Go::Abort) {
                self.connection.abort();
            }
            let interest = self.connection.interest();
            let deadline = self.connection.clock().sleep_for(interest.deadline);
            let limit = match (turn, moved) {
                (Turn::Again, _) => Some(Duration::ZERO),
                (_, Some(_)) => Some(deadline.map_or(PROGRESS, |deadline| deadline.min(PROGRESS))),
                (_, None) => deadline,
            };
            ready = wait(&interest, &self.alarm, limit);
        }
    }
}
