//! [`Bench`]: the host of a session, whose network and peer are the test.

use ftp_core::action::{Action, Completion, OpId, Opened};
use ftp_core::drain::{Closed, Port, Wait};
use ftp_core::server::{ServerConfig, ServerSession};
use ftp_core::time::Time;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// A host with a peer whose socket takes `room` more bytes.
pub(crate) struct Host {
    pub(crate) room: usize,
    pub(crate) broken: bool,
    pub(crate) written: Vec<u8>,
    pub(crate) actions: Vec<Action>,
}

impl Port<Action> for Host {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Closed> {
        if self.broken {
            return Err(Closed);
        }
        let count = bytes.len().min(self.room);
        self.room -= count;
        self.written.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn act(&mut self, action: Action) {
        self.actions.push(action);
    }
}

pub(crate) struct Bench {
    pub(crate) session: ServerSession,
    pub(crate) host: Host,
    pub(crate) now: Time,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::at("127.0.0.1".parse().unwrap())
    }

    /// Server and peer have this address.
    pub(crate) fn at(address: IpAddr) -> Self {
        let (local, peer) = (SocketAddr::from((address, 21)), SocketAddr::from((address, 50_000)));
        let session = ServerSession::new(Arc::new(ServerConfig::default()), local, peer, Time::ZERO);
        let host = Host { room: usize::MAX, broken: false, written: Vec::new(), actions: Vec::new() };
        Self { session, host, now: Time::ZERO }
    }

    pub(crate) fn logged_in() -> Self {
        Self::new().log_in()
    }

    pub(crate) fn log_in(self) -> Self {
        let mut bench = self;
        let _ = bench.send(b"USER ann\r\nPASS secret\r\nTYPE I\r\n");
        let op = bench.op();
        bench.complete(op, Completion::Login(Ok(())));
        assert!(bench.said().ends_with("200 Type is IMAGE.\r\n"));
        bench
    }

    pub(crate) fn drain(&mut self) -> Wait {
        self.session.drain(self.now, &mut self.host)
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> Wait {
        let mut rest = bytes;
        loop {
            let taken = self.session.receive(self.now, rest);
            rest = &rest[taken..];
            let wait = self.drain();
            if rest.is_empty() || taken == 0 {
                return wait;
            }
        }
    }

    pub(crate) fn complete(&mut self, op: OpId, completion: Completion) {
        self.session.complete(self.now, op, completion);
        let _ = self.drain();
    }

    /// The last operation that was asked for.
    pub(crate) fn op(&self) -> OpId {
        self.host.actions.iter().rev().find_map(op).expect("an operation was asked for")
    }

    pub(crate) fn pass(&mut self, time: Duration) -> Wait {
        self.now = self.now + time;
        self.session.timeout(self.now);
        self.drain()
    }

    /// The first three characters of each line that was said.
    pub(crate) fn codes(&mut self) -> Vec<String> {
        self.said().lines().map(|line| line[..3].to_owned()).collect()
    }

    /// A transfer that is asked for on a data connection of its own; the host has opened its file where there is one.
    pub(crate) fn transfer(&mut self, command: &str, opened: bool) -> OpId {
        let _ = self.send(b"PASV\r\n");
        let op = self.op();
        self.complete(op, Completion::Listening(Ok(SocketAddr::from(([127, 0, 0, 1], 4000)))));
        let _ = self.send(command.as_bytes());
        let op = self.op();
        if opened {
            self.complete(op, Completion::Opened(Opened::default()));
            self.complete(op, Completion::Connected);
        }
        self.said();
        op
    }

    /// Has the host been asked to close data connections since this was asked last?
    pub(crate) fn closes_data(&mut self) -> bool {
        std::mem::take(&mut self.host.actions).iter().any(|action| matches!(action, Action::CloseData))
    }

    pub(crate) fn said(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.host.written)).into_owned()
    }

    pub(crate) fn is_closed(&self) -> bool {
        matches!(self.host.actions.last(), Some(Action::Close))
    }
}

pub(crate) fn op(action: &Action) -> Option<OpId> {
    match action {
        Action::Login { op, .. } | Action::Storage { op, .. } | Action::Listen { op } | Action::Transfer { op, .. } => {
            Some(*op)
        }
        _ => None,
    }
}
