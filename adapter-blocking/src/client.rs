//! The client: each call returns when what it asked for is done.

use crate::wait::{Alarm, wait};
use ftp_core::client::{Advice, ClientError, Features, Finding, Learnt, Outcome, Request, Restart};
use ftp_host::client::{ClientOptions, ConnectError, Connection, End, News, Watch};
use ftp_host::readiness::Ready;
use std::io;
use std::net::{TcpStream, ToSocketAddrs};

/// Room to read replies into.
const SCRATCH: usize = 4096;

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
        ConnectError::unless_one(address.to_socket_addrs()?, |address| {
            Self::new(TcpStream::connect_timeout(&address, options.timeout)?, options)
        })
    }

    /// A client on a connection that stands.
    ///
    /// # Errors
    /// What the system says: the connection is gone already.
    pub fn new(stream: TcpStream, options: &ClientOptions) -> io::Result<Self> {
        Ok(Self { connection: Connection::open(stream, options)?, alarm: Alarm::new()? })
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

    /// How the session would have many files moved; see [`ClientSession::advice`](ftp_core::client::ClientSession::advice).
    pub fn advice(&self) -> Advice {
        self.connection.machine().advice()
    }

    /// Tells the session what was found out about its server; see [`ClientSession::tell`](ftp_core::client::ClientSession::tell).
    pub fn tell(&mut self, finding: Finding) {
        self.connection.tell(finding);
    }

    /// The last restart marker of a transfer in MODE B or C that was cut off: the place where it can begin again.
    pub fn restart(&self) -> Option<&Restart> {
        self.connection.machine().restart()
    }

    /// What was found out about the server that it does not say itself, for the [`ClientOptions`] of the next connection to it.
    pub fn learnt(&self) -> Learnt {
        self.connection.machine().learnt()
    }

    /// Begins something that [`finish`](Self::finish) waits for. Many may be begun before the first is finished: small files are then much faster than with
    /// one call each. See [`ClientSession`](ftp_core::client::ClientSession) for what to begin at once.
    ///
    /// # Errors
    /// [`ClientError`], when too much was begun or the connection is closed.
    pub fn begin(&mut self, request: Request, end: Option<End>) -> Result<(), ClientError> {
        self.connection.call(request, end)
    }

    /// Waits for the end of what was begun first; `None` when nothing is left.
    pub fn finish(&mut self, watch: &mut dyn Watch) -> Option<Result<Outcome, ClientError>> {
        (self.connection.calls() > 0).then(|| self.wait_for_one(watch))
    }

    fn run(&mut self, request: Request, end: Option<End>, watch: &mut dyn Watch) -> Result<Outcome, ClientError> {
        self.connection.call(request, end)?;
        self.wait_for_one(watch)
    }

    fn wait_for_one(&mut self, watch: &mut dyn Watch) -> Result<Outcome, ClientError> {
        let mut scratch = [0; SCRATCH];
        let mut ready = Ready::ALL;
        loop {
            let turn = self.connection.turn(ready, &mut scratch);
            match self.connection.watched(turn, watch) {
                News::Done(result) => return result,
                News::Wait(limit) => ready = wait(&self.connection.interest(), &self.alarm, limit),
            }
        }
    }
}
