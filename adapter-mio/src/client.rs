//! [`Client`]: one connection on a loop of its own; each call returns when what it asked for is done.

use crate::clients::{Audience, ClientId, Clients};
use ftp_core::client::{Advice, ClientError, Features, Finding, Learnt, Outcome, Request, Restart};
use ftp_host::client::{ClientOptions, ConnectError, End, Watch};
use std::collections::VecDeque;
use std::io;
use std::net::{TcpStream, ToSocketAddrs};

/// A connection to a server. For many at once, see [`Clients`].
#[derive(Debug)]
pub struct Client {
    clients: Clients,
    id: ClientId,
    /// What was begun and is not finished.
    begun: usize,
    /// What came of the first of that.
    done: VecDeque<Result<Outcome, ClientError>>,
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
        let mut clients = Clients::new()?;
        let id = clients.adopt(stream, options)?;
        Ok(Self { clients, id, begun: 0, done: VecDeque::new() })
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

    /// What the server said it can do, once logged in; `None` once the connection has ended.
    pub fn features(&self) -> Option<&Features> {
        self.clients.features(self.id)
    }

    /// How the session would have many files moved; see [`ClientSession::advice`](ftp_core::client::ClientSession::advice).
    pub fn advice(&self) -> Advice {
        self.clients.advice(self.id)
    }

    /// Tells the session what was found out about its server; see [`ClientSession::tell`](ftp_core::client::ClientSession::tell).
    pub fn tell(&mut self, finding: Finding) {
        self.clients.tell(self.id, finding);
    }

    /// The last restart marker of a transfer in MODE B or C that was cut off: the place where it can begin again. `None` once the connection
    /// has ended.
    pub fn restart(&self) -> Option<&Restart> {
        self.clients.restart(self.id)
    }

    /// What was found out about the server that it does not say itself, for the [`ClientOptions`] of the next connection to it.
    pub fn learnt(&self) -> Learnt {
        self.clients.learnt(self.id).unwrap_or_default()
    }

    /// Begins something that [`finish`](Self::finish) waits for. Many may be begun before the first is finished: small files are then much faster than with
    /// one call each. See [`ClientSession`](ftp_core::client::ClientSession) for what to begin at once.
    ///
    /// # Errors
    /// [`ClientError`], when too much was begun or the connection is closed.
    pub fn begin(&mut self, request: Request, end: Option<End>) -> Result<(), ClientError> {
        self.clients.call(self.id, request, end)?;
        self.begun += 1;
        Ok(())
    }

    /// Waits for the end of what was begun first; `None` when nothing is left.
    pub fn finish(&mut self, watch: &mut dyn Watch) -> Option<Result<Outcome, ClientError>> {
        (self.begun > 0).then(|| self.wait_for_one(watch))
    }

    fn run(&mut self, request: Request, end: Option<End>, watch: &mut dyn Watch) -> Result<Outcome, ClientError> {
        self.begin(request, end)?;
        self.wait_for_one(watch)
    }

    fn wait_for_one(&mut self, watch: &mut dyn Watch) -> Result<Outcome, ClientError> {
        self.begun -= 1;
        loop {
            if let Some(result) = self.done.pop_front() {
                return result;
            }
            // It has ended and has nothing more to say.
            if self.features().is_none() {
                return Err(ClientError::Disconnected);
            }
            let mut caller = Caller { watch, done: &mut self.done };
            // Without a poll there is no way to hear from the server.
            self.clients.poll_once(None, &mut caller).map_err(|_| ClientError::Disconnected)?;
        }
    }
}

/// The one who waits for the end of a call.
struct Caller<'a> {
    watch: &'a mut dyn Watch,
    done: &'a mut VecDeque<Result<Outcome, ClientError>>,
}

impl Audience for Caller<'_> {
    fn watch(&mut self, _: ClientId) -> &mut dyn Watch {
        self.watch
    }

    fn done(&mut self, _: ClientId, result: Result<Outcome, ClientError>) {
        self.done.push_back(result);
    }
}
