//! [`Client`]: one connection on a loop of its own; each call returns when what it asked for is done.

use crate::clients::{Audience, ClientId, Clients};
use ftp_core::client::{ClientError, Features, Outcome, Request};
use ftp_host::client::{ClientOptions, ConnectError, End, Watch};
use std::io;
use std::net::{TcpStream, ToSocketAddrs};

/// A connection to a server. For many at once, see [`Clients`].
#[derive(Debug)]
pub struct Client {
    clients: Clients,
    id: ClientId,
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
        Ok(Self { clients, id })
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

    fn run(&mut self, request: Request, end: Option<End>, watch: &mut dyn Watch) -> Result<Outcome, ClientError> {
        self.clients.call(self.id, request, end)?;
        let mut caller = Caller { watch, result: None };
        loop {
            // Without a poll there is no way to hear from the server.
            self.clients.poll_once(None, &mut caller).map_err(|_| ClientError::Disconnected)?;
            if let Some(result) = caller.result.take() {
                return result;
            }
        }
    }
}

/// The one who waits for the end of a call.
struct Caller<'a> {
    watch: &'a mut dyn Watch,
    result: Option<Result<Outcome, ClientError>>,
}

impl Audience for Caller<'_> {
    fn watch(&mut self, _: ClientId) -> &mut dyn Watch {
        self.watch
    }

    fn done(&mut self, _: ClientId, result: Result<Outcome, ClientError>) {
        self.result = Some(result);
    }
}
