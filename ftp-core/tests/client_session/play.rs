//! [`Play`]: the host of a session, whose server and network are the scenario. What leaves the session is written down as short lines.

use ftp_core::action::{DataPath, NetworkError, OpId, TransferError};
use ftp_core::client::{
    ClientAction, ClientCompletion, ClientConfig, ClientError, ClientSession, Event, Outcome, Request,
};
use ftp_core::drain::{Closed, Port, Wait};
use ftp_core::time::{Time, WallTime};
use proptest::test_runner::{Config, TestRunner};
use std::fmt::Write;
use std::time::Duration;

/// Plays the scenario under every way of cutting the server's bytes.
pub(crate) fn play(config: impl Fn() -> ClientConfig, scenario: impl Fn(&mut Play)) {
    scenario(&mut Play::new(config(), vec![usize::MAX]));
    scenario(&mut Play::new(config(), vec![1]));
    let mut runner = TestRunner::new(Config { cases: 12, failure_persistence: None, ..Config::default() });
    let cuts = proptest::collection::vec(1..12usize, 1..8);
    runner
        .run(&cuts, |cuts| {
            scenario(&mut Play::new(config(), cuts));
            Ok(())
        })
        .unwrap();
}

pub(crate) struct Play {
    pub(crate) session: ClientSession,
    pub(crate) now: Time,
    pub(crate) wait: Option<Wait>,
    desk: Desk,
    cuts: Vec<usize>,
    turn: usize,
}

/// What the session hands out, as lines.
#[derive(Default)]
struct Desk {
    lines: Vec<String>,
    /// The operation named last.
    op: Option<OpId>,
    /// The times of the entries listed last.
    times: Vec<Option<String>>,
    names: Vec<Vec<u8>>,
    /// Are `Sent` and `Received` written down too?
    chatty: bool,
    closed: bool,
    /// At most so many bytes are taken at a time.
    room: Option<usize>,
}

impl Play {
    pub(crate) fn new(config: ClientConfig, cuts: Vec<usize>) -> Self {
        let now = Time::new(Duration::from_secs(1000));
        let session = ClientSession::new(config, now);
        let mut play = Self { session, now, wait: None, desk: Desk::default(), cuts, turn: 0 };
        play.drain();
        play
    }

    fn drain(&mut self) {
        self.wait = Some(self.session.drain(self.now, &mut self.desk));
    }

    /// The names of the entries listed last.
    pub(crate) fn names(&self) -> &[Vec<u8>] {
        &self.desk.names
    }

    /// The times of the entries listed last.
    pub(crate) fn times(&mut self) -> Vec<Option<String>> {
        std::mem::take(&mut self.desk.times)
    }

    pub(crate) fn chatty(&mut self) {
        self.desk.chatty = true;
    }

    pub(crate) fn wire_takes(&mut self, room: Option<usize>) {
        self.desk.room = room;
        self.drain();
    }

    pub(crate) fn wire_breaks(&mut self) {
        self.desk.closed = true;
    }

    pub(crate) fn ask(&mut self, request: Request) {
        self.session.request(self.now, request).unwrap();
        self.drain();
    }

    /// The server says this; `|` ends a line.
    pub(crate) fn server(&mut self, text: &str) {
        let bytes = text.replace('|', "\r\n").into_bytes();
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let cut = self.cuts[self.turn % self.cuts.len()].min(rest.len());
            self.turn += 1;
            let mut piece = &rest[..cut];
            rest = &rest[cut..];
            while !piece.is_empty() {
                let taken = self.session.receive(self.now, piece);
                piece = &piece[taken..];
                self.drain();
            }
        }
    }

    pub(crate) fn complete(&mut self, done: ClientCompletion) {
        let op = self.op();
        self.session.complete(self.now, op, done);
        self.drain();
    }

    /// The operation named last.
    pub(crate) fn op(&self) -> OpId {
        self.desk.op.expect("an operation")
    }

    /// The control connection breaks, in the middle of whatever goes on.
    pub(crate) fn cut(&mut self) {
        self.session.closed(self.now);
        self.drain();
        self.take();
    }

    pub(crate) fn connected(&mut self) {
        self.complete(ClientCompletion::Connected(Ok(())));
    }

    pub(crate) fn unreachable(&mut self) {
        self.complete(ClientCompletion::Connected(Err(NetworkError::Unreachable)));
    }

    pub(crate) fn moved(&mut self, bytes: u64) {
        self.complete(ClientCompletion::Transferred(Ok(bytes)));
    }

    pub(crate) fn cancelled(&mut self) {
        self.complete(ClientCompletion::Transferred(Err(TransferError::Cancelled)));
    }

    pub(crate) fn abort(&mut self) {
        self.session.abort(self.now);
        self.drain();
    }

    pub(crate) fn closes(&mut self) {
        self.session.closed(self.now);
        self.drain();
    }

    pub(crate) fn listing(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(self.cuts[0].min(bytes.len().max(1))) {
            self.session.listing(piece).unwrap();
        }
        self.drain();
    }

    /// Nothing happens until the deadline, which lies `after` from now.
    pub(crate) fn time_passes(&mut self, after: Duration) {
        let deadline = self.wait.unwrap().deadline.expect("a deadline");
        assert_eq!(deadline.since(self.now), after, "the deadline");
        self.session.timeout(Time::new(deadline.since_epoch().checked_sub(Duration::from_nanos(1)).unwrap()));
        self.now = deadline;
        self.drain();
        self.expect(&[]);
        self.session.timeout(self.now);
        self.drain();
    }

    /// Time goes on to the deadline.
    pub(crate) fn jump(&mut self) {
        self.now = self.wait.unwrap().deadline.expect("a deadline");
        self.session.timeout(self.now);
        self.drain();
    }

    /// Completes the last operation, if any was named.
    pub(crate) fn try_complete(&mut self, done: ClientCompletion) {
        if self.desk.op.is_some() {
            self.complete(done);
        }
    }

    /// What has come out since the last look.
    pub(crate) fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.desk.lines)
    }

    /// What has come out since the last look. A line that begins with `>` is one write, with `|` for line ends.
    #[track_caller]
    pub(crate) fn expect(&mut self, lines: &[&str]) {
        assert_eq!(self.take(), lines);
    }
}

impl Port<ClientAction> for Desk {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Closed> {
        if self.closed {
            return Err(Closed);
        }
        let room = self.room.unwrap_or(usize::MAX);
        let taken = &bytes[..bytes.len().min(room)];
        if let Some(left) = &mut self.room {
            *left -= taken.len();
        }
        if !taken.is_empty() {
            self.lines.push(format!("> {}", String::from_utf8_lossy(taken).replace("\r\n", "|")));
        }
        Ok(taken.len())
    }

    fn act(&mut self, action: ClientAction) {
        let mut line = String::new();
        match action {
            ClientAction::Listen { op } => {
                self.op = Some(op);
                line.push_str("listen");
            }
            ClientAction::StartTls { op, lasting } => {
                self.op = Some(op);
                line.push_str(if lasting { "start TLS 1.2" } else { "start TLS" });
            }
            ClientAction::StopTls => line.push_str("stop TLS"),
            ClientAction::Open { op, data, private } => {
                self.op = Some(op);
                line = match data {
                    DataPath::Accept => "open accept".to_string(),
                    DataPath::Kept => "open kept".to_string(),
                    DataPath::Connect(address) => format!("open {address}"),
                };
                if private {
                    line.push_str(" private");
                }
            }
            ClientAction::Transfer { op, end, transmission } => {
                let codec = transmission.codec;
                assert_eq!(Some(op), self.op);
                let codec = if codec.is_raw() { "Raw".into() } else { format!("{codec:?}") };
                write!(line, "transfer {end:?} {codec}").unwrap();
            }
            ClientAction::Progress { .. } => line.push_str("progress?"),
            ClientAction::Cancel { .. } => line.push_str("cancel"),
            ClientAction::Close => line.push_str("close"),
            ClientAction::Notify(Event::Disconnected) => line.push_str("disconnected"),
            ClientAction::Notify(Event::Done(result)) => {
                if let Ok(Outcome::Entries(entries)) = &result {
                    let stamp = |time: WallTime| String::from_utf8(time.time_val().unwrap().to_vec()).unwrap();
                    self.names = entries.iter().map(|entry| entry.name.clone()).collect();
                    self.times = entries.iter().map(|entry| entry.modified.map(stamp)).collect();
                }
                if let Ok(Outcome::Names(names)) = &result {
                    self.names.clone_from(names);
                }
                line = done(&result);
            }
            ClientAction::Notify(Event::Sent(text)) if self.chatty => line = format!("sent {text}"),
            ClientAction::Notify(Event::Received(reply)) if self.chatty => {
                line = format!("received {:?}", reply.code());
            }
            ClientAction::Notify(_) => return,
        }
        self.lines.push(line);
    }
}

fn done(result: &Result<Outcome, ClientError>) -> String {
    match result {
        Ok(Outcome::Reply(reply)) => format!("done {:?}", reply.code()),
        Ok(Outcome::Path(path)) => format!("done path {}", String::from_utf8_lossy(path)),
        Ok(Outcome::Size(size)) => format!("done size {size}"),
        Ok(Outcome::Modified(time)) => format!("done time {}", time.seconds),
        Ok(Outcome::Entries(entries)) => {
            let names: Vec<_> = entries.iter().map(|entry| String::from_utf8_lossy(&entry.name)).collect();
            format!("done entries {}", names.join(","))
        }
        Ok(Outcome::Transferred { bytes, reply }) => format!("done moved {bytes} {:?}", reply.code()),
        Ok(other) => format!("done {other:?}"),
        Err(ClientError::Refused(reply)) => format!("failed refused {:?}", reply.code()),
        Err(ClientError::LoginRefused(reply)) => format!("failed login {:?}", reply.code()),
        Err(ClientError::AccountNeeded(reply)) => format!("failed account {:?}", reply.code()),
        Err(ClientError::TlsRefused(reply)) => format!("failed TLS {:?}", reply.code()),
        Err(error) => format!("failed {error:?}"),
    }
}
