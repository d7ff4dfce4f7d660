//! [`Clients`]: many connections to servers, driven from one loop.

use crate::places::Places;
use crate::sockets::Sockets;
use ftp_core::client::{Advice, ClientError, Features, Finding, Learnt, Outcome, Request, Restart};
use ftp_core::time::Time;
use ftp_host::client::{ClientOptions, Connection, End, News, Watch};
use ftp_host::clock::Clock;
use ftp_host::data::Dialer;
use ftp_host::readiness::{Interest, Ready, Turn};
use mio::{Events, Poll};
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

/// Events fetched at a time.
const EVENTS: usize = 256;

/// Room to read replies into; one for all connections.
const SCRATCH: usize = 16 * 1024;

/// One of the connections of a [`Clients`]. Once a connection is [let go](Clients::let_go), another may get its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(usize);

/// Hears what happens on the connections of a [`Clients`].
pub trait Audience {
    /// Who watches this connection.
    fn watch(&mut self, id: ClientId) -> &mut dyn Watch;

    /// The request of this connection is done. Without a request, the connection has ended.
    fn done(&mut self, id: ClientId, result: Result<Outcome, ClientError>);
}

/// Connections to servers. The requests of each are done in their order; those of all run at once, in the calls of
/// [`poll_once`](Self::poll_once).
#[derive(Debug)]
pub struct Clients {
    poll: Poll,
    events: Events,
    places: Places<Line>,
    clock: Clock,
    scratch: Box<[u8]>,
}

/// A line to a server.
enum Line {
    Dialing {
        dialer: Dialer,
        options: ClientOptions,
        until: Time,
        requests: Vec<(Request, Option<End>)>,
    },
    Standing(Box<Connection>),
    /// It did not come about, or has ended.
    Dead(Learnt),
}

impl Clients {
    /// None yet.
    ///
    /// # Errors
    /// What the system says when there is no poll to be had.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(EVENTS),
            places: Places::new(),
            clock: Clock::system(),
            scratch: vec![0; SCRATCH].into_boxed_slice(),
        })
    }

    /// Begins to connect. A request may be made at once; it fails if the connection does.
    ///
    /// # Errors
    /// What the system says at once.
    pub fn connect(&mut self, address: SocketAddr, options: &ClientOptions) -> io::Result<ClientId> {
        let anywhere = match address {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let dialer = Dialer::start(address, SocketAddr::new(anywhere, 0))
            .map_err(|error| io::Error::other(format!("{address}: {error:?}")))?;
        let until = self.clock.now() + options.timeout;
        self.insert(Line::Dialing { dialer, options: options.clone(), until, requests: Vec::new() })
    }

    /// Takes in a connection that stands.
    ///
    /// # Errors
    /// What the system says: the connection is gone already.
    pub fn adopt(&mut self, stream: TcpStream, options: &ClientOptions) -> io::Result<ClientId> {
        self.insert(Line::Standing(Box::new(Connection::open(stream, options)?)))
    }

    /// Asks for something; `end` is the file of a transfer. Many requests may be made before the first is done: see
    /// [`ClientSession`](ftp_core::client::ClientSession).
    ///
    /// # Errors
    /// [`ClientError`], when too many requests wait or the connection has ended.
    pub fn call(&mut self, id: ClientId, request: Request, end: Option<End>) -> Result<(), ClientError> {
        match self.places.get_mut(id.0) {
            Some(Line::Standing(connection)) => connection.call(request, end)?,
            Some(Line::Dialing { requests, .. }) => requests.push((request, end)),
            Some(Line::Dead(_)) | None => return Err(ClientError::Disconnected),
        }
        self.places.enqueue(id.0, Ready::default());
        Ok(())
    }

    /// What the server of this connection said it can do.
    pub fn features(&self, id: ClientId) -> Option<&Features> {
        match self.places.get(id.0)? {
            Line::Standing(connection) => Some(connection.machine().features()),
            Line::Dialing { .. } | Line::Dead(_) => None,
        }
    }

    /// How the session would have many files moved; see [`ClientSession::advice`](ftp_core::client::ClientSession::advice).
    pub fn advice(&self, id: ClientId) -> Advice {
        match self.places.get(id.0) {
            Some(Line::Standing(connection)) => connection.machine().advice(),
            Some(Line::Dialing { .. } | Line::Dead(_)) | None => Advice::default(),
        }
    }

    /// Tells the session what was found out about its server; see [`ClientSession::tell`](ftp_core::client::ClientSession::tell).
    pub fn tell(&mut self, id: ClientId, finding: Finding) {
        if let Some(Line::Standing(connection)) = self.places.get_mut(id.0) {
            connection.tell(finding);
        }
    }

    /// The last restart marker of a transfer in MODE B or C over this connection that was cut off.
    pub fn restart(&self, id: ClientId) -> Option<&Restart> {
        match self.places.get(id.0)? {
            Line::Standing(connection) => connection.machine().restart(),
            Line::Dialing { .. } | Line::Dead(_) => None,
        }
    }

    /// What was found out about the server that it does not say itself, for the [`ClientOptions`] of the next connection to it, which
    /// may have ended.
    pub fn learnt(&self, id: ClientId) -> Option<Learnt> {
        match self.places.get(id.0)? {
            Line::Standing(connection) => Some(connection.machine().learnt()),
            Line::Dead(learnt) => Some(*learnt),
            Line::Dialing { .. } => None,
        }
    }

    /// Closes a connection, whatever it does.
    pub fn let_go(&mut self, id: ClientId) {
        self.places.remove(id.0);
    }

    /// Sleeps until there is something to do, no longer than `limit` (`None`: no limit), and does it: at most one turn of
    /// each connection. How many turns there were.
    ///
    /// # Errors
    /// What the system says when it cannot poll.
    pub fn poll_once(&mut self, limit: Option<Duration>, audience: &mut dyn Audience) -> io::Result<usize> {
        let alarm = self.clock.sleep_for(self.places.deadline());
        let limit = if self.places.due() > 0 { Some(Duration::ZERO) } else { alarm.into_iter().chain(limit).min() };
        match self.poll.poll(&mut self.events, limit) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => result?,
        }
        for event in &self.events {
            self.places.note(event);
        }
        self.places.ring(self.clock.now());
        let due = self.places.due();
        for _ in 0..due {
            if let Some(key) = self.places.next()
                && let Some((line, ready)) = self.places.take(key)
            {
                self.turn(key, line, ready, audience);
            }
        }
        Ok(due)
    }

    fn insert(&mut self, line: Line) -> io::Result<ClientId> {
        let interest = line.interest(None);
        let Some(interest) = interest else { return Err(ErrorKind::NotConnected.into()) };
        let sockets = Sockets::begin(self.poll.registry(), self.places.next_key(), &interest)?;
        Ok(ClientId(self.places.insert(line, sockets)))
    }

    fn turn(&mut self, key: usize, mut line: Line, ready: Ready, audience: &mut dyn Audience) {
        let id = ClientId(key);
        let (again, deadline) = match line.advance(self.clock.now()) {
            Ok(None) => (false, line.until()),
            Ok(Some(connection)) => {
                let turn = connection.turn(ready, &mut self.scratch);
                let limit = loop {
                    match connection.watched(turn, audience.watch(id)) {
                        News::Done(result) => audience.done(id, result),
                        News::Wait(limit) => break limit,
                    }
                    if turn == Turn::Over && connection.calls() == 0 {
                        line = Line::Dead(connection.machine().learnt());
                        break None;
                    }
                };
                (limit.is_some_and(|limit| limit.is_zero()), limit.map(|limit| self.clock.now() + limit))
            }
            Err(error) => {
                for _ in 0..line.waiting().max(1) {
                    audience.done(id, Err(error.clone()));
                }
                line = Line::Dead(Learnt::default());
                (false, None)
            }
        };
        if self.places.put(key, line, again, self.poll.registry(), |line| line.interest(deadline)).is_err() {
            // A connection that cannot be waited for cannot go on.
            if let Some(line) = self.places.get_mut(key) {
                *line = Line::Dead(Learnt::default());
            }
            audience.done(id, Err(ClientError::Disconnected));
        }
    }
}

impl Line {
    /// Completes the connection if it can be; `None`: not yet.
    fn advance(&mut self, now: Time) -> Result<Option<&mut Connection>, ClientError> {
        if let Self::Dialing { dialer, options, until, requests } = self {
            let Some(outcome) = dialer.finish() else {
                return if now < *until { Ok(None) } else { Err(ClientError::TimedOut) };
            };
            let channel = outcome.map_err(|_| ClientError::Disconnected)?;
            let opened = Connection::open(Arc::clone(channel.socket()), options);
            let mut connection = opened.map_err(|_| ClientError::Disconnected)?;
            for (request, end) in requests.drain(..) {
                connection.call(request, end)?;
            }
            *self = Self::Standing(Box::new(connection));
        }
        match self {
            Self::Standing(connection) => Ok(Some(connection)),
            Self::Dialing { .. } | Self::Dead(_) => Ok(None),
        }
    }

    /// Requests that wait for the connection.
    fn waiting(&self) -> usize {
        match self {
            Self::Dialing { requests, .. } => requests.len(),
            Self::Standing(_) | Self::Dead(_) => 0,
        }
    }

    fn until(&self) -> Option<Time> {
        match self {
            Self::Dialing { until, .. } => Some(*until),
            Self::Standing(_) | Self::Dead(_) => None,
        }
    }

    /// What to wait for, until this time at the latest.
    fn interest(&self, deadline: Option<Time>) -> Option<Interest<'_>> {
        match self {
            Self::Dialing { dialer, .. } => Some(Interest {
                control: dialer.socket().as_fd(),
                control_read: false,
                control_write: true,
                control_urgent: false,
                data: None,
                deadline,
            }),
            Self::Standing(connection) => Some(Interest { deadline, ..connection.interest() }),
            Self::Dead(_) => None,
        }
    }
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Dialing { .. } => "Dialing",
            Self::Standing(_) => "Standing",
            Self::Dead(_) => "Dead",
        })
    }
}
