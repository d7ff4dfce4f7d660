//! [`Core`]: a `ServerSession` with nothing around it: storage in memory, data connections in memory, and a time that goes
//! by when the transcript says so. How its bytes are cut and when its answers come is up to [`Chunks`].

mod chunks;
pub(crate) mod control;
mod peer;
pub(crate) mod transfer;

pub use chunks::Chunks;

use super::world::{MADE, World};
use crate::network::{Listener, Network, Read, Socket};
use crate::simulation::monitor::Monitor;
use crate::transcript::Setup;
use control::{Answers, Control};
use ftp_core::action::{
    Action, Completion, DataPath, Handshake, LoginError, OpId, Opened, Protection, Resumption, StorageError, TlsError,
    TransferError, Work,
};
use ftp_core::drain::Wait;
use ftp_core::server::ServerSession;
use ftp_core::time::Time;
use ftp_host::accounts::{Account, Accounts, FixedAccounts};
use ftp_host::gate::{Gate, Ready};
use ftp_host::storage::{Memory, Source};
use ftp_host::tls::{AskClients, ClientCertificate};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use transfer::{Kept, Step, Transfer};

/// Timeouts in a row that a session may want at one and the same time.
const TIMEOUTS_AT_ONCE: u32 = 100;

/// A session in memory.
pub struct Core {
    session: ServerSession,
    wait: Wait,
    now: Time,
    accounts: FixedAccounts,
    ask_clients: Option<AskClients>,
    /// What the client has shown in its handshake.
    certificate: Option<ClientCertificate>,
    storage: Memory,
    gate: Option<Gate>,
    chunks: Chunks,
    control: Control<Action>,
    tls: Tls,
    answers: Answers<Completion>,
    network: Network,
    listener: Option<Listener>,
    /// The data connection of the last transfer, where that stays open.
    kept: Option<Kept>,
    job: Job,
    /// Something has gone in since the session was drained.
    news: bool,
    /// Who listens in.
    monitor: Option<Monitor>,
    /// Timeouts in a row at one and the same time.
    timeouts: u32,
    ended: bool,
    over: bool,
    /// The script's ends of data connections.
    client_listener: Option<Listener>,
    client_data: Option<Socket>,
}

/// What the session wants of the TLS on its control connection, and the client has not done yet.
enum Tls {
    Still,
    Begins(OpId),
    Ends,
}

impl Tls {
    /// The handshake that is awaited, which is then over.
    fn begin(&mut self) -> Option<OpId> {
        match *self {
            Self::Begins(op) => {
                *self = Self::Still;
                Some(op)
            }
            Self::Still | Self::Ends => None,
        }
    }
}

/// The transfer under way.
enum Job {
    None,
    /// The data connection is awaited.
    Waiting {
        op: OpId,
        transfer: Transfer,
        protection: Protection,
    },
    /// The client is to begin TLS.
    Handshake {
        op: OpId,
        transfer: Transfer,
        socket: Socket,
        resumption: Resumption,
    },
    Moving {
        op: OpId,
        transfer: Transfer,
        socket: Socket,
    },
}

impl Core {
    /// A server of this world, to which a client has just connected.
    pub fn new(setup: &Setup, chunks: Chunks) -> Self {
        let mut core = Self::begin(World::new(setup), chunks, Network::default());
        core.settle();
        core
    }

    /// A session that has not been drained yet; its data connections go over `network`.
    pub(crate) fn begin(world: World, chunks: Chunks, network: Network) -> Self {
        let World { storage, accounts, config, implicit_tls, ask_clients } = world;
        let new = if implicit_tls { ServerSession::implicit_tls } else { ServerSession::new };
        let at = |port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self {
            session: new(Arc::new(config), at(21), at(39_999), Time::ZERO),
            wait: Wait { read: false, urgent: false, write: true, deadline: None },
            now: Time::ZERO,
            accounts,
            ask_clients,
            certificate: None,
            storage,
            gate: None,
            chunks,
            control: Control::new(),
            tls: Tls::Still,
            answers: Answers::new(),
            network,
            listener: None,
            kept: None,
            job: Job::None,
            news: true,
            monitor: None,
            timeouts: 0,
            ended: false,
            over: false,
            client_listener: None,
            client_data: None,
        }
    }

    /// Lets everything happen that can, until nothing more can.
    fn settle(&mut self) {
        while self.round() {}
    }

    /// Lets something happen: could something more?
    pub(crate) fn round(&mut self) -> bool {
        let mut more = self.drain();
        more |= self.wait.write && self.control.room() > 0 && !self.over;
        more |= self.carry_out() | self.answer() | self.feed() | self.shake_hands() | self.move_data();
        if !more && self.wait.deadline.is_some_and(|deadline| deadline <= self.now) && !self.over {
            self.timeouts += 1;
            assert!(self.timeouts < TIMEOUTS_AT_ONCE, "the session's deadline stands still");
            self.session.timeout(self.now);
            self.news = true;
            more = true;
        }
        more
    }

    /// It is later now.
    pub(crate) fn set_time(&mut self, now: Time) {
        self.now = now;
        self.network.set_time(now);
        self.timeouts = 0;
    }

    /// Speaks over this control connection from now on; each answer of the host takes up to `lag`.
    pub(crate) fn speak(&mut self, control: Socket, lag: Duration, monitor: Monitor) {
        self.control.socket = Some(control);
        self.answers.lag = lag;
        self.monitor = Some(monitor);
    }

    /// When something happens by itself.
    pub(crate) fn next_event(&self) -> Option<Time> {
        if self.over { None } else { self.wait.deadline.into_iter().chain(self.next_answer()).min() }
    }

    /// When an answer of the host is ready.
    pub(crate) fn next_answer(&self) -> Option<Time> {
        self.answers.next()
    }

    /// Is nothing under way, in the session or its host? A handshake is not, until the peer begins it.
    pub(crate) fn rests(&self) -> bool {
        self.control.inbox.is_empty()
            && self.answers.next().is_none()
            && self.control.actions.is_empty()
            && matches!(self.job, Job::None)
            && !(matches!(self.tls, Tls::Begins(_)) && self.peer_shakes_hands())
            && !self.wait.write
    }

    fn peer_shakes_hands(&self) -> bool {
        self.control.socket.as_ref().is_some_and(|control| control.peer_tls().is_some())
    }

    /// Has the session ended, and the host let go of everything?
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// Does the host still hold a listener or a data connection?
    pub(crate) fn holds_something(&self) -> bool {
        self.listener.is_some() || !matches!(self.job, Job::None) || self.control.socket.is_some()
    }

    /// Who listens in.
    pub(crate) fn monitor(&mut self) -> Option<&mut Monitor> {
        self.monitor.as_mut()
    }

    /// The client sent a Telnet Synch.
    pub(crate) fn urgent(&mut self) {
        if !self.over {
            self.session.receive_urgent(self.now);
            self.news = true;
        }
    }

    /// Drains the session when it asked for that: when something went in, or when it can write what it could not. Did it?
    fn drain(&mut self) -> bool {
        let due = !self.over && (self.news || (self.wait.write && self.control.room() > 0));
        if due {
            self.news = false;
            self.control.open(&mut self.chunks);
            self.wait = self.session.drain(self.now, &mut self.control);
            if self.control.socket.is_some() {
                let said = std::mem::take(&mut self.control.said);
                if let Some(monitor) = &mut self.monitor {
                    monitor.said(&said);
                }
            }
        }
        due
    }

    /// Somebody may come in, or may not.
    fn enter(&mut self, op: OpId, verdict: Result<Account, LoginError>) {
        let entered = verdict.map(|account| self.gate = Some(Gate::new(account, Arc::new(|| MADE))));
        self.reply(op, Completion::Login(entered));
    }

    fn reply(&mut self, op: OpId, completion: Completion) {
        self.answers.push(self.now, op, completion, &mut self.chunks);
    }

    fn answer(&mut self) -> bool {
        let waiting = self.answers.next().is_some_and(|due| due <= self.now) && !self.over;
        if waiting
            && self.chunks.now()
            && let Some((op, completion)) = self.answers.pop()
        {
            let secured = matches!(completion, Completion::TlsStarted(Ok(_)));
            self.session.complete(self.now, op, completion);
            if let Some(monitor) = self.monitor.as_mut().filter(|_| secured) {
                monitor.secured();
            }
            self.news = true;
            // What it waits for has changed.
            self.drain();
        }
        waiting
    }

    fn feed(&mut self) -> bool {
        if !self.wait.read || self.over {
            return false;
        }
        self.control.fetch(&mut self.chunks);
        if self.control.inbox.is_empty() {
            let news = self.control.tell_end();
            if news {
                self.session.closed(self.now);
                self.news = true;
            }
            return news;
        }
        if self.chunks.now() {
            let count = self.chunks.size(self.control.inbox.len());
            let taken = self.session.receive(self.now, &self.control.inbox[..count]);
            assert!(taken > 0, "the session wanted to read, and took nothing");
            if let Some(monitor) = &mut self.monitor {
                monitor.heard(&self.control.inbox[..taken]);
            }
            self.control.inbox.drain(..taken);
            // What it waits for has changed.
            self.news = true;
            self.drain();
        }
        true
    }

    /// What comes in now belongs to the handshake; here only [`Backend::start_tls`] can be one, or a peer's on the network.
    fn shake_hands(&mut self) -> bool {
        if let (Tls::Begins(_), Some(control)) = (&self.tls, &self.control.socket) {
            let begun = self.peer_shakes_hands() && self.control.inbox.is_empty();
            if begun {
                control.begin_tls(true);
            } else if self.control.inbox.is_empty() && control.available() == 0 && control.read(0) == Read::Nothing {
                return false;
            }
            if let Some(op) = self.tls.begin() {
                self.reply(op, Completion::TlsStarted(if begun { Ok(Handshake::default()) } else { Err(TlsError) }));
            }
            return true;
        }
        let failed = !self.control.inbox.is_empty() || self.control.is_ended();
        if failed && let Some(op) = self.tls.begin() {
            self.reply(op, Completion::TlsStarted(Err(TlsError)));
            return true;
        }
        false
    }

    fn move_data(&mut self) -> bool {
        match std::mem::replace(&mut self.job, Job::None) {
            Job::None => false,
            Job::Waiting { op, transfer, protection } => {
                let Some(socket) = self.listener.as_ref().and_then(Listener::accept) else {
                    self.job = Job::Waiting { op, transfer, protection };
                    return false;
                };
                self.listener = None;
                self.reply(op, Completion::Connected);
                self.job = connected(op, transfer, socket, protection);
                true
            }
            Job::Handshake { op, transfer, socket, resumption } => match (socket.peer_tls(), socket.available()) {
                (Some(false), _) if resumption == Resumption::Require => {
                    self.reply(op, Completion::Transferred(Err(TransferError::NotResumed)));
                    true
                }
                (Some(_), _) => {
                    self.job = Job::Moving { op, transfer, socket };
                    true
                }
                (None, 0) if socket.read(0) == Read::Nothing => {
                    self.job = Job::Handshake { op, transfer, socket, resumption };
                    false
                }
                (None, _) => {
                    self.reply(op, Completion::Transferred(Err(TransferError::HandshakeFailed)));
                    true
                }
            },
            Job::Moving { op, transfer, socket } if !self.chunks.now() => {
                self.job = Job::Moving { op, transfer, socket };
                true
            }
            Job::Moving { op, mut transfer, socket } => match transfer.step(&socket, &mut self.chunks) {
                Step::Over(result) => {
                    if result.is_ok() && transfer.keeps_connection() {
                        self.kept = Some(Kept { socket, ahead: transfer.into_ahead() });
                    }
                    self.reply(op, Completion::Transferred(result));
                    true
                }
                Step::Marker(marker) => {
                    self.reply(op, Completion::Marker(marker));
                    self.job = Job::Moving { op, transfer, socket };
                    true
                }
                step => {
                    self.job = Job::Moving { op, transfer, socket };
                    matches!(step, Step::Moved)
                }
            },
        }
    }

    /// Does what the session asks for.
    fn carry_out(&mut self) -> bool {
        let Some(action) = self.control.actions.pop_front() else { return false };
        match action {
            Action::Login { op, credentials } => {
                let result = self.accounts.verify(&credentials);
                self.enter(op, result);
            }
            Action::Recognise { op, host, user } => {
                let certificate = self.certificate.as_ref().ok_or(LoginError::Refused);
                let result = certificate.and_then(|shown| self.accounts.recognise(host.as_deref(), &user, shown));
                self.enter(op, result);
            }
            Action::Logout => self.gate = None,
            Action::Storage { op, call } => {
                let result = self.gate.as_ref().ok_or(StorageError::Denied).and_then(|gate| gate.call(&call));
                self.reply(op, Completion::Storage(result));
            }
            Action::Listen { op } => {
                self.kept = None;
                let listener = self.network.listen();
                self.reply(op, Completion::Listening(Ok(listener.address())));
                self.listener = Some(listener);
            }
            Action::Transfer { op, transfer } => self.open(op, &transfer),
            Action::Progress { op } => {
                let moved = match &self.job {
                    Job::Moving { transfer, .. } => transfer.moved(),
                    _ => 0,
                };
                self.reply(op, Completion::Progress(moved));
            }
            Action::Cancel { op } => {
                if !matches!(std::mem::replace(&mut self.job, Job::None), Job::None) {
                    self.reply(op, Completion::Transferred(Err(TransferError::Cancelled)));
                }
                self.listener = None;
                self.kept = None;
            }
            Action::CloseData => {
                self.listener = None;
                self.kept = None;
            }
            Action::StartTls { op } => self.tls = Tls::Begins(op),
            Action::StopTls => {
                self.tls = Tls::Ends;
                if let Some(control) = &self.control.socket {
                    control.end_tls();
                }
            }
            Action::EndOutput => {
                self.ended = true;
                if let Some(control) = &self.control.socket {
                    control.close_write();
                }
            }
            Action::Close => {
                self.control.socket = None;
                self.ended = true;
                self.over = true;
                self.answers.clear();
                self.job = Job::None;
                self.listener = None;
                self.kept = None;
            }
        }
        true
    }

    fn open(&mut self, op: OpId, what: &ftp_core::action::Transfer) {
        let (work, transmission, protection) = (&what.work, what.transmission, what.protection);
        let ready = self.gate.as_ref().ok_or(StorageError::Denied).and_then(|gate| gate.open(work, transmission.codec));
        let (transfer, mut opened) = match ready {
            Err(error) => {
                let result = Err(TransferError::Storage(error));
                return self.reply(op, Completion::Transferred(result));
            }
            Ok(Ready::Send(source, size)) => {
                let reader = match source {
                    Source::File { file, .. } => Box::new(file),
                    Source::Stream { reader, .. } => reader,
                };
                (Transfer::send(reader, transmission), Opened { size, ..Opened::default() })
            }
            Ok(Ready::List(reader)) => (Transfer::send(reader, transmission), Opened::default()),
            Ok(Ready::Store(upload)) => {
                let unique = matches!(work, Work::Store { mode: ftp_core::action::StoreMode::Unique, .. });
                let opened = Opened { unique: unique.then(|| upload.path().clone()), ..Opened::default() };
                let Work::Store { announced, .. } = work else { return };
                (Transfer::receive(upload, transmission, *announced), opened)
            }
        };
        let kept = self.kept.take().filter(|kept| what.data == DataPath::Kept && !kept.is_closed());
        opened.connected = kept.is_some();
        self.reply(op, Completion::Opened(opened));
        self.job = match what.data {
            DataPath::Kept => {
                let Some(Kept { socket, ahead }) = kept else {
                    return self.reply(op, Completion::Transferred(Err(TransferError::NoConnection)));
                };
                self.reply(op, Completion::Connected);
                Job::Moving { op, transfer: transfer.with_ahead(ahead), socket }
            }
            DataPath::Accept => Job::Waiting { op, transfer, protection },
            DataPath::Connect(to) => {
                let Some(socket) = self.network.connect(to) else {
                    let result = Err(TransferError::NoConnection);
                    return self.reply(op, Completion::Transferred(result));
                };
                self.reply(op, Completion::Connected);
                connected(op, transfer, socket, protection)
            }
        };
    }
}

/// What follows when the data connection stands.
fn connected(op: OpId, transfer: Transfer, socket: Socket, protection: Protection) -> Job {
    match protection {
        Protection::Clear => Job::Moving { op, transfer, socket },
        Protection::Private(resumption) => Job::Handshake { op, transfer, socket, resumption },
    }
}
