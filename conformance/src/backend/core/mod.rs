//! [`Core`]: a `ServerSession` with nothing around it: storage in memory, data connections in memory, and a time that goes
//! by when the transcript says so. How its bytes are cut and when its answers come is up to [`Chunks`].

mod chunks;
mod link;
mod transfer;

pub use chunks::Chunks;

use super::world::{MADE, World};
use super::{Backend, Received, SYNCH, Seen};
use crate::transcript::Setup;
use ftp_core::action::{Action, Completion, DataPath, OpId, Opened, StorageError, TransferError, Work};
use ftp_core::codec::Codec;
use ftp_core::drain::{Closed, Port, Wait};
use ftp_core::server::ServerSession;
use ftp_core::time::Time;
use ftp_host::accounts::{Accounts, FixedAccounts};
use ftp_host::gate::{Gate, Ready};
use ftp_host::storage::{Memory, Source};
use link::{End, Network};
use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use transfer::{Step, Transfer};

/// Timeouts in a row that a session may want at one and the same time.
const TIMEOUTS_AT_ONCE: u32 = 100;

/// A session in memory.
pub struct Core {
    session: ServerSession,
    wait: Wait,
    now: Time,
    accounts: FixedAccounts,
    storage: Memory,
    gate: Option<Gate>,
    chunks: Chunks,
    /// What the client has sent and the session has not taken.
    inbox: Vec<u8>,
    /// The client has closed the control connection, and does the session know?
    client: Option<Told>,
    port: Outside,
    answers: VecDeque<(OpId, Completion)>,
    network: Network,
    job: Job,
    ended: bool,
    over: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    NotYet,
    Already,
}

/// What leaves the session.
#[derive(Default)]
struct Outside {
    bytes: Vec<u8>,
    /// The bytes it takes before it would block.
    budget: usize,
    actions: VecDeque<Action>,
}

/// The transfer under way.
enum Job {
    None,
    /// The data connection is awaited.
    Waiting {
        op: OpId,
        transfer: Transfer,
    },
    Moving {
        op: OpId,
        transfer: Transfer,
    },
}

impl Port<Action> for Outside {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Closed> {
        let count = bytes.len().min(self.budget);
        self.bytes.extend_from_slice(&bytes[..count]);
        self.budget -= count;
        Ok(count)
    }

    fn act(&mut self, action: Action) {
        self.actions.push_back(action);
    }
}

impl Core {
    /// A server of this world, to which a client has just connected.
    pub fn new(setup: &Setup, chunks: Chunks) -> Self {
        let World { storage, accounts, config } = World::new(setup);
        let at = |port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut core = Self {
            session: ServerSession::new(Arc::new(config), at(21), at(39_999), Time::ZERO),
            wait: Wait { read: false, urgent: false, write: true, deadline: None },
            now: Time::ZERO,
            accounts,
            storage,
            gate: None,
            chunks,
            inbox: Vec::new(),
            client: None,
            port: Outside::default(),
            answers: VecDeque::new(),
            network: Network::default(),
            job: Job::None,
            ended: false,
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
            if !more && self.wait.deadline.is_some_and(|deadline| deadline <= self.now) && !self.over {
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
        if !self.over {
            self.port.budget = self.chunks.size(usize::MAX);
            self.wait = self.session.drain(self.now, &mut self.port);
        }
    }

    fn answer(&mut self) -> bool {
        let waiting = !self.answers.is_empty() && !self.over;
        if waiting
            && self.chunks.now()
            && let Some((op, completion)) = self.answers.pop_front()
        {
            self.session.complete(self.now, op, completion);
        }
        waiting
    }

    fn feed(&mut self) -> bool {
        if !self.wait.read || self.over {
            return false;
        }
        if self.inbox.is_empty() {
            let news = self.client == Some(Told::NotYet);
            if news {
                self.client = Some(Told::Already);
                self.session.closed(self.now);
            }
            return news;
        }
        if self.chunks.now() {
            let count = self.chunks.size(self.inbox.len());
            let taken = self.session.receive(self.now, &self.inbox[..count]);
            assert!(taken > 0, "the session wanted to read, and took nothing");
            self.inbox.drain(..taken);
            // What it waits for has changed.
            self.drain();
        }
        true
    }

    fn move_data(&mut self) -> bool {
        match std::mem::replace(&mut self.job, Job::None) {
            Job::None => false,
            Job::Waiting { op, transfer } => {
                let accepted = self.network.server_accepts();
                if accepted {
                    self.answers.push_back((op, Completion::Connected));
                    self.job = Job::Moving { op, transfer };
                } else {
                    self.job = Job::Waiting { op, transfer };
                }
                accepted
            }
            Job::Moving { op, transfer } if !self.chunks.now() => {
                self.job = Job::Moving { op, transfer };
                true
            }
            Job::Moving { op, mut transfer } => {
                let Some(link) = &mut self.network.link else { return false };
                match transfer.step(link, &mut self.chunks) {
                    Step::Over(result) => {
                        self.network.server_closes();
                        self.answers.push_back((op, Completion::Transferred(result)));
                        true
                    }
                    step => {
                        self.job = Job::Moving { op, transfer };
                        matches!(step, Step::Moved)
                    }
                }
            }
        }
    }

    /// Does what the session asks for.
    fn carry_out(&mut self) -> bool {
        let Some(action) = self.port.actions.pop_front() else { return false };
        match action {
            Action::Login { op, credentials } => {
                let result = self
                    .accounts
                    .verify(&credentials)
                    .map(|account| self.gate = Some(Gate::new(account, Arc::new(|| MADE))));
                self.answers.push_back((op, Completion::Login(result)));
            }
            Action::Logout => self.gate = None,
            Action::Storage { op, call } => {
                let result = self.gate.as_ref().ok_or(StorageError::Denied).and_then(|gate| gate.call(&call));
                self.answers.push_back((op, Completion::Storage(result)));
            }
            Action::Listen { op } => {
                let address = self.network.server_listens();
                self.answers.push_back((op, Completion::Listening(Ok(address))));
            }
            Action::Transfer { op, transfer } => self.open(op, &transfer.work, transfer.codec, transfer.data),
            Action::Progress { op } => {
                let moved = match &self.job {
                    Job::Moving { transfer, .. } => transfer.moved(),
                    _ => 0,
                };
                self.answers.push_back((op, Completion::Progress(moved)));
            }
            Action::Cancel { op } => {
                if !matches!(std::mem::replace(&mut self.job, Job::None), Job::None) {
                    self.answers.push_back((op, Completion::Transferred(Err(TransferError::Cancelled))));
                }
                self.network.server_stops();
                self.network.server_closes();
            }
            Action::CloseData => {
                self.network.server_stops();
            }
            Action::EndOutput => self.ended = true,
            Action::Close => {
                self.ended = true;
                self.over = true;
                self.job = Job::None;
                self.network.server_stops();
                self.network.server_closes();
            }
        }
        true
    }

    fn open(&mut self, op: OpId, work: &Work, codec: Codec, data: DataPath) {
        let ready = self.gate.as_ref().ok_or(StorageError::Denied).and_then(|gate| gate.open(work, codec));
        let (transfer, opened) = match ready {
            Err(error) => {
                let result = Err(TransferError::Storage(error));
                return self.answers.push_back((op, Completion::Transferred(result)));
            }
            Ok(Ready::Send(source, size)) => {
                let reader = match source {
                    Source::File { file, .. } => Box::new(file),
                    Source::Stream { reader, .. } => reader,
                };
                (Transfer::send(reader, codec), Opened { size, ..Opened::default() })
            }
            Ok(Ready::List(reader)) => (Transfer::send(reader, codec), Opened::default()),
            Ok(Ready::Store(upload)) => {
                let unique = matches!(work, Work::Store { mode: ftp_core::action::StoreMode::Unique, .. });
                let opened = Opened { unique: unique.then(|| upload.path().clone()), ..Opened::default() };
                let Work::Store { announced, .. } = work else { return };
                (Transfer::receive(upload, codec, *announced), opened)
            }
        };
        self.answers.push_back((op, Completion::Opened(opened)));
        self.job = match data {
            DataPath::Accept => Job::Waiting { op, transfer },
            DataPath::Connect(to) if self.network.server_connects(to) => {
                self.answers.push_back((op, Completion::Connected));
                Job::Moving { op, transfer }
            }
            DataPath::Connect(_) => {
                let result = Err(TransferError::NoConnection);
                return self.answers.push_back((op, Completion::Transferred(result)));
            }
        };
    }
}

impl Backend for Core {
    fn send(&mut self, bytes: &[u8]) {
        self.inbox.extend_from_slice(bytes);
        self.settle();
    }

    fn send_urgent(&mut self) {
        if !self.over {
            self.session.receive_urgent(self.now);
        }
        self.send(&SYNCH);
    }

    fn close(&mut self) {
        self.client.get_or_insert(Told::NotYet);
        self.settle();
        // Nobody is left to read it.
        self.port.bytes.clear();
    }

    fn receive(&mut self) -> Received {
        match (self.port.bytes.is_empty(), self.ended || self.client.is_some()) {
            (false, _) => Received::Bytes(std::mem::take(&mut self.port.bytes)),
            (true, true) => Received::Closed,
            (true, false) => Received::Nothing,
        }
    }

    fn advance(&mut self, by: Duration) {
        let until = self.now + by;
        while let Some(deadline) = self.wait.deadline.filter(|deadline| *deadline <= until && !self.over) {
            self.now = self.now.max(deadline);
            self.settle();
        }
        self.now = until;
        self.settle();
    }

    fn connect(&mut self, port: u16) -> bool {
        let connected = self.network.client_connects(port);
        self.settle();
        connected
    }

    fn listen(&mut self) -> SocketAddr {
        self.network.client_listens()
    }

    fn accept(&mut self) -> bool {
        self.network.link.is_some()
    }

    fn send_data(&mut self, bytes: &[u8]) {
        if let Some(link) = &mut self.network.link {
            link.to_server.extend_from_slice(bytes);
        }
        self.settle();
    }

    fn receive_data(&mut self) -> Received {
        let Some(link) = &mut self.network.link else { return Received::Nothing };
        let bytes = std::mem::take(&mut link.to_client);
        match (bytes.is_empty(), link.server_closed) {
            (false, _) => {
                self.settle();
                Received::Bytes(bytes)
            }
            (true, true) => Received::Closed,
            (true, false) => Received::Nothing,
        }
    }

    fn close_data(&mut self, reset: bool) {
        self.network.client_ends(if reset { End::Reset } else { End::Closed });
        self.settle();
    }

    fn finish(&mut self) -> Vec<u8> {
        self.client.get_or_insert(Told::NotYet);
        self.settle();
        std::mem::take(&mut self.port.bytes)
    }

    fn look(&mut self, path: &[u8]) -> Seen {
        Seen::of(&self.storage, path)
    }
}
