//! [`Core`]: a `ClientSession` with nothing around it: its server is the script, its data connections are in memory, and time
//! goes by when the script says so.

use super::outcome::describe;
use super::{Ask, Client, Script};
use crate::backend::Received;
use crate::backend::core::Chunks;
use crate::backend::world::MADE;
use ftp_core::action::{DataPath, NetworkError, OpId, TransferError};
use ftp_core::client::{
    ClientAction, ClientCompletion, ClientConfig, ClientError, ClientSession, Event, LocalEnd, Request,
};
use ftp_core::drain::{Closed, Port, Wait};
use ftp_core::time::Time;
use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Timeouts in a row that a session may want at one and the same time.
const TIMEOUTS_AT_ONCE: u32 = 100;

/// A client in memory.
pub struct Core {
    session: ClientSession,
    wait: Wait,
    now: Time,
    chunks: Chunks,
    /// What the server has sent and the session has not taken.
    inbox: Vec<u8>,
    server_closed: bool,
    told_closed: bool,
    port: Outside,
    answers: VecDeque<(OpId, ClientCompletion)>,
    network: Network,
    transfer: Option<(OpId, LocalEnd)>,
    /// Bytes moved by the transfer.
    moved: u64,
    /// What is to be stored.
    source: Vec<u8>,
    /// What was retrieved.
    sink: Vec<u8>,
    asked: Option<Request>,
    outcomes: VecDeque<String>,
    over: bool,
}

/// What leaves the session.
#[derive(Default)]
struct Outside {
    bytes: Vec<u8>,
    /// The bytes it takes before it would block.
    budget: usize,
    actions: VecDeque<ClientAction>,
}

impl Port<ClientAction> for Outside {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Closed> {
        let count = bytes.len().min(self.budget);
        self.bytes.extend_from_slice(&bytes[..count]);
        self.budget -= count;
        Ok(count)
    }

    fn act(&mut self, action: ClientAction) {
        self.actions.push_back(action);
    }
}

/// Who listens where, and the data connection that there is, or was last.
#[derive(Default)]
struct Network {
    ports: u16,
    server: Option<u16>,
    client: Option<u16>,
    /// The client waits for the server's connection.
    accepting: Option<OpId>,
    link: Option<Link>,
}

/// Both ends of a data connection.
#[derive(Default)]
struct Link {
    to_client: Vec<u8>,
    to_server: Vec<u8>,
    /// The server has closed it, or (`Err`) broken it.
    server_end: Option<Result<(), ()>>,
    client_closed: bool,
}

impl Network {
    fn port(&mut self) -> SocketAddr {
        self.ports += 1;
        (Ipv4Addr::LOCALHOST, 40_000 + self.ports).into()
    }

    fn client_closes(&mut self) {
        self.client = None;
        self.accepting = None;
        if let Some(link) = &mut self.link {
            link.client_closed = true;
        }
    }
}

impl Core {
    /// A client of this script, which has just connected.
    pub fn new(script: &Script, chunks: Chunks) -> Self {
        let at = |port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut config = ClientConfig::new(at(39_999), at(21));
        config.now_wall = MADE;
        script.configure(&mut config);
        let mut core = Self {
            session: ClientSession::new(config, Time::ZERO),
            wait: Wait { read: false, urgent: false, write: true, deadline: None },
            now: Time::ZERO,
            chunks,
            inbox: Vec::new(),
            server_closed: false,
            told_closed: false,
            port: Outside::default(),
            answers: VecDeque::new(),
            network: Network::default(),
            transfer: None,
            moved: 0,
            source: Vec::new(),
            sink: Vec::new(),
            asked: None,
            outcomes: VecDeque::new(),
            over: false,
        };
        core.settle();
        core
    }

    /// Lets everything happen that can, until nothing more can.
    fn settle(&mut self) {
        let mut timeouts = 0;
        loop {
            self.drain();
            let mut more = self.port.budget == 0 && self.wait.write;
            more |= self.carry_out() | self.answer() | self.feed() | self.move_data();
            if !more && self.wait.deadline.is_some_and(|deadline| deadline <= self.now) {
                timeouts += 1;
                assert!(timeouts < TIMEOUTS_AT_ONCE, "the session's deadline stands still");
                self.session.timeout(self.now);
                more = true;
            }
            if !more {
                return;
            }
        }
    }

    fn drain(&mut self) {
        self.port.budget = self.chunks.size(usize::MAX);
        self.wait = self.session.drain(self.now, &mut self.port);
    }

    fn answer(&mut self) -> bool {
        let waiting = !self.answers.is_empty();
        if waiting
            && self.chunks.now()
            && let Some((op, done)) = self.answers.pop_front()
        {
            self.session.complete(self.now, op, done);
        }
        waiting
    }

    fn feed(&mut self) -> bool {
        if !self.wait.read {
            return false;
        }
        if self.inbox.is_empty() {
            let news = self.server_closed && !self.told_closed;
            if news {
                self.told_closed = true;
                self.session.closed(self.now);
            }
            return news;
        }
        if self.chunks.now() {
            let count = self.chunks.size(self.inbox.len());
            let taken = self.session.receive(self.now, &self.inbox[..count]);
            self.inbox.drain(..taken);
        }
        true
    }

    /// Moves bytes, if a transfer runs: is there more to do?
    fn move_data(&mut self) -> bool {
        let (Some((op, end)), Some(link)) = (self.transfer, &mut self.network.link) else { return false };
        if !self.chunks.now() {
            return true;
        }
        let result = if end == LocalEnd::Source {
            let count = self.chunks.data_size(self.source.len(), self.moved);
            link.to_server.extend(self.source.drain(..count));
            self.moved += count as u64;
            match link.server_end {
                Some(Err(())) => Err(TransferError::Broken),
                _ if self.source.is_empty() => Ok(self.moved),
                _ => return true,
            }
        } else {
            let count = self.chunks.data_size(link.to_client.len(), self.moved);
            let bytes: Vec<u8> = link.to_client.drain(..count).collect();
            self.moved += count as u64;
            if end == LocalEnd::Listing {
                // The session says itself that a listing is too large.
                let _ = self.session.listing(&bytes);
            } else {
                self.sink.extend(bytes);
            }
            match link.server_end {
                _ if count > 0 => return true,
                None => return false,
                Some(Ok(())) => Ok(self.moved),
                Some(Err(())) => Err(TransferError::Broken),
            }
        };
        self.transfer = None;
        self.network.client_closes();
        self.answers.push_back((op, ClientCompletion::Transferred(result)));
        true
    }

    /// Does what the session asks for.
    fn carry_out(&mut self) -> bool {
        let Some(action) = self.port.actions.pop_front() else { return false };
        match action {
            ClientAction::Listen { op } => {
                let address = self.network.port();
                self.network.client = Some(address.port());
                self.network.link = None;
                self.answers.push_back((op, ClientCompletion::Listening(Ok(address))));
            }
            ClientAction::Open { op, data: DataPath::Connect(to) } => {
                let there = to.ip() == Ipv4Addr::LOCALHOST && self.network.server == Some(to.port());
                let result = if there { Ok(()) } else { Err(NetworkError::Unreachable) };
                if there {
                    self.network.link = Some(Link::default());
                }
                self.answers.push_back((op, ClientCompletion::Connected(result)));
            }
            ClientAction::Open { op, data: DataPath::Accept } => {
                self.network.accepting = Some(op);
                self.accept_server();
            }
            ClientAction::Transfer { op, end, .. } => {
                self.moved = 0;
                self.transfer = Some((op, end));
            }
            ClientAction::Progress { op } => {
                self.answers.push_back((op, ClientCompletion::Progress(self.moved)));
            }
            ClientAction::Cancel { op } => {
                self.network.client_closes();
                if self.transfer.take().is_some() {
                    self.answers.push_back((op, ClientCompletion::Transferred(Err(TransferError::Cancelled))));
                }
            }
            ClientAction::Notify(Event::Done(result)) => {
                if let Some(request) = self.asked.take() {
                    self.outcomes.push_back(describe(&request, &result, &self.sink));
                }
            }
            ClientAction::Notify(_) => {}
            ClientAction::Close => self.over = true,
        }
        true
    }

    /// The server has connected to the client, who waits for that.
    fn accept_server(&mut self) {
        if self.network.link.is_some()
            && let Some(op) = self.network.accepting.take()
        {
            self.network.client = None;
            self.answers.push_back((op, ClientCompletion::Connected(Ok(()))));
        }
    }
}

impl Client for Core {
    fn ask(&mut self, ask: &Ask) {
        match ask {
            Ask::Abort => self.session.abort(self.now),
            Ask::Request(request, content) => {
                self.source = content.clone().unwrap_or_default();
                self.sink.clear();
                match self.session.request(self.now, request.clone()) {
                    Ok(()) => self.asked = Some(request.clone()),
                    Err(_) => self.outcomes.push_back(describe(request, &Err(ClientError::Disconnected), &[])),
                }
            }
        }
        self.settle();
    }

    fn outcome(&mut self) -> Option<String> {
        self.outcomes.pop_front()
    }

    fn advance(&mut self, by: Duration) {
        let until = self.now + by;
        while let Some(deadline) = self.wait.deadline.filter(|deadline| *deadline <= until) {
            self.now = self.now.max(deadline);
            self.settle();
        }
        self.now = until;
        self.settle();
    }

    fn send(&mut self, bytes: &[u8]) {
        self.inbox.extend_from_slice(bytes);
        self.settle();
    }

    fn receive(&mut self) -> Received {
        match (self.port.bytes.is_empty(), self.over) {
            (false, _) => Received::Bytes(std::mem::take(&mut self.port.bytes)),
            (true, true) => Received::Closed,
            (true, false) => Received::Nothing,
        }
    }

    fn close(&mut self) {
        self.server_closed = true;
        self.settle();
    }

    fn listen(&mut self) -> SocketAddr {
        let address = self.network.port();
        self.network.server = Some(address.port());
        self.network.link = None;
        address
    }

    fn nobody(&mut self) -> SocketAddr {
        self.network.server = None;
        self.network.port()
    }

    fn accept(&mut self) -> bool {
        self.network.link.is_some()
    }

    fn connect(&mut self, port: u16) -> bool {
        let there = self.network.client == Some(port);
        if there {
            self.network.link = Some(Link::default());
            self.accept_server();
            self.settle();
        }
        there
    }

    fn send_data(&mut self, bytes: &[u8]) {
        if let Some(link) = &mut self.network.link {
            link.to_client.extend_from_slice(bytes);
        }
        self.settle();
    }

    fn receive_data(&mut self) -> Received {
        let Some(link) = &mut self.network.link else { return Received::Nothing };
        let bytes = std::mem::take(&mut link.to_server);
        match (bytes.is_empty(), link.client_closed) {
            (false, _) => Received::Bytes(bytes),
            (true, true) => Received::Closed,
            (true, false) => Received::Nothing,
        }
    }

    fn close_data(&mut self, reset: bool) {
        if let Some(link) = &mut self.network.link {
            link.server_end = Some(if reset { Err(()) } else { Ok(()) });
        }
        self.settle();
    }
}
