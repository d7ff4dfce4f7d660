//! The client: each call returns when what it asked for is done.

use crate::wait::wait_for_any;
use ftp_core::client::{Advice, ClientError, Features, Finding, Learnt, Outcome, Request, Restart};
use ftp_host::client::{ClientOptions, ConnectError, Connection, End, News, Watch};
use ftp_host::readiness::{Ready, Turn};
use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// Room to read replies into.
const SCRATCH: usize = 4096;

/// How often a result waits while there is something to do on the network: a server that waits goes before what the caller does with it.
const LOOKS: usize = 4;

/// Whose request has ended, by its place among several clients, and what came of it.
pub type Finished = (usize, Option<Result<Outcome, ClientError>>);

/// A connection to a server.
#[derive(Debug)]
pub struct Client {
    connection: Connection,
    state: State,
}

/// What is to be done with a client next.
#[derive(Clone, Copy, Debug)]
enum State {
    /// A turn, for which this may be ready.
    Due(Ready),
    /// To tell what came of a turn.
    News(Turn),
    /// To wait, until then at the latest.
    Waiting(Option<Instant>),
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
        let connection = Connection::open(stream, options)?.level_triggered();
        Ok(Self { connection, state: State::Due(Ready::ALL) })
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
        self.connection.call(request, end)?;
        self.state.hurry();
        Ok(())
    }

    /// Waits for the end of what was begun first; `None` when nothing is left.
    pub fn finish(&mut self, watch: &mut dyn Watch) -> Option<Result<Outcome, ClientError>> {
        Self::finish_any(&mut [(self, watch)])?.1
    }

    /// Waits for the first end of what was begun on any of these: whose it was, by its place, and what came of it; `None` for one on which nothing is left.
    /// So one thread serves several connections: where files are small and the processors busy, it finds work on one while the server is at another's.
    pub fn finish_any(clients: &mut [(&mut Self, &mut dyn Watch)]) -> Option<Finished> {
        let mut scratch = [0; SCRATCH];
        let mut found = None;
        let mut looks = 0;
        loop {
            // All of them first: what their servers wait for goes out before anybody does something with a result.
            for (client, _) in &mut *clients {
                client.turn(&mut scratch);
            }
            if found.is_none() {
                found = Self::news_of_any(clients);
            }
            if clients.is_empty() {
                return None;
            }
            if found.is_none() {
                Self::wait(clients, None);
            } else if looks == LOOKS || !Self::wait(clients, Some(Duration::ZERO)) {
                return found;
            } else {
                looks += 1;
            }
        }
    }

    fn news_of_any(clients: &mut [(&mut Self, &mut dyn Watch)]) -> Option<Finished> {
        clients.iter_mut().enumerate().find_map(|(at, (client, watch))| match client.news(*watch) {
            Some(result) => Some((at, Some(result))),
            None => (!client.is_busy()).then_some((at, None)),
        })
    }

    /// Is there something on it that has not ended?
    fn is_busy(&self) -> bool {
        self.connection.calls() > 0
    }

    fn turn(&mut self, scratch: &mut [u8]) {
        if let State::Due(ready) = self.state
            && self.is_busy()
        {
            self.state = State::News(self.connection.turn(ready, scratch));
        }
    }

    /// Tells what came of the last turn: has something ended?
    fn news(&mut self, watch: &mut dyn Watch) -> Option<Result<Outcome, ClientError>> {
        let State::News(turn) = self.state else { return None };
        match self.connection.watched(turn, watch) {
            News::Done(result) => {
                // There may be more.
                self.state = State::Due(Ready::default());
                return Some(result);
            }
            News::Wait(Some(Duration::ZERO)) => self.state = State::Due(Ready::default()),
            News::Wait(limit) => self.state = State::Waiting(limit.map(|limit| Instant::now() + limit)),
        }
        None
    }

    /// Waits until something is ready for one of them, or one is due, or this limit is over: is there anything new?
    fn wait(clients: &mut [(&mut Self, &mut dyn Watch)], limit: Option<Duration>) -> bool {
        let first = clients.iter().filter_map(|(client, _)| client.until()).min();
        let limit = limit.or_else(|| first.map(|first| first.saturating_duration_since(Instant::now())));
        let interests: Vec<_> = clients.iter().map(|(client, _)| client.connection.interest()).collect();
        let found = wait_for_any(&interests, limit);
        let now = first.map(|_| Instant::now());
        let mut new = false;
        for ((client, _), ready) in clients.iter_mut().zip(found) {
            let late = matches!(client.state, State::Waiting(Some(until)) if Some(until) <= now);
            client.state = match client.state {
                State::Waiting(_) if late || ready != Ready::default() => State::Due(ready),
                State::Due(before) => State::Due(before.or(ready)),
                State::Waiting(until) => State::Waiting(until),
                State::News(turn) => State::News(turn),
            };
            new |= late || ready != Ready::default();
        }
        new
    }

    /// When it is due at the latest.
    fn until(&self) -> Option<Instant> {
        match self.state {
            State::Waiting(until) => until,
            State::Due(_) | State::News(_) => Some(Instant::now()),
        }
    }

    fn run(&mut self, request: Request, end: Option<End>, watch: &mut dyn Watch) -> Result<Outcome, ClientError> {
        self.begin(request, end)?;
        self.finish(watch).unwrap_or(Err(ClientError::Disconnected))
    }
}

impl State {
    /// There is something to do at once.
    fn hurry(&mut self) {
        if !matches!(self, Self::Due(_)) {
            *self = Self::Due(Ready::default());
        }
    }
}
