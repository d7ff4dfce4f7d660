//! A server's session under any peer and any host: whatever is said, answered, left out or comes late, in whichever order.

use crate::cut;
use crate::script::{self, Event};
use conformance::simulation::monitor::Monitor;
use ftp_core::action::{
    Action, Completion, Handshake, LoginError, Marker, NetworkError, OpId, Opened, StorageAnswer, StorageCall,
    StorageError, StoreMode, TlsError, TransferError, Work,
};
use ftp_core::codec::Level;
use ftp_core::command::Verb;
use ftp_core::drain::{Closed, Port, Wait};
use ftp_core::listing::{Entry, EntryKind};
use ftp_core::path::VirtualPath;
use ftp_core::server::{ServerConfig, ServerSession, TlsPolicy, VirtualHost};
use ftp_core::time::{Time, WallTime};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// Deadlines that a session may need to end when nobody answers or speaks any more.
const DEADLINES: usize = 20;
/// Calls in a row that bring a session on without any news.
const CALLS: usize = 10_000;

/// Settings, then events.
///
/// # Panics
/// Where something does not hold.
pub fn run(data: &[u8]) {
    let Some((settings, events)) = script::read(data) else { return };
    let whole = play(settings, &events, |bytes| vec![bytes.to_vec()]);
    let mut dice = cut::dice(data);
    let pieces = play(settings, &events, |bytes| cut::pieces(bytes, &mut dice).map(<[u8]>::to_vec).collect());
    assert_eq!(pieces, whole, "the same bytes get the same replies");
}

/// Plays events, with the peer's bytes cut by `cut`: what was said and asked for.
fn play(settings: u8, events: &[Event], mut cut: impl FnMut(&[u8]) -> Vec<Vec<u8>>) -> (String, Vec<String>) {
    let mut bench = Bench::new(settings);
    for event in events {
        match event {
            Event::Bytes(bytes) => cut(bytes).iter().for_each(|piece| bench.say(piece)),
            Event::Line(line) => cut(&[line, b"\r\n".as_slice()].concat()).iter().for_each(|piece| bench.say(piece)),
            Event::Answer(which, what, number) => bench.answer(*which, *what, *number),
            Event::Nonsense(which, what) => bench.nonsense(*which, *what),
            Event::Time(tenths) => bench.wait_for(Duration::from_millis(100 * u64::from(*tenths))),
            Event::Deadline => drop(bench.deadline()),
            Event::Room(bytes) => {
                bench.port.room = if *bytes == u8::MAX { usize::MAX } else { (*bytes).into() };
                bench.drain();
                bench.hear();
            }
            Event::Urgent => {
                bench.session.receive_urgent(bench.now);
                bench.drain();
                bench.hear();
            }
            Event::Close => bench.close(),
            Event::Ask(what, _) if what.is_multiple_of(2) => {
                bench.session.stop(bench.now);
                bench.drain();
            }
            Event::Ask(..) => {
                bench.session.kick(bench.now);
                bench.drain();
            }
        }
    }
    bench.end();
    (bench.port.said.escape_ascii().to_string(), bench.port.asked)
}

fn config(settings: u8) -> ServerConfig {
    let tls = match settings & 3 {
        0 => TlsPolicy::Off,
        1 => TlsPolicy::Offer,
        2 => TlsPolicy::RequireLogin,
        _ => TlsPolicy::RequireData,
    };
    let on = |bit: u8| settings & bit != 0;
    ServerConfig {
        tls,
        clear_control: on(4),
        hosts: if on(8) { vec![VirtualHost { name: "example.org".into(), greeting: None }] } else { Vec::new() },
        public_address: on(16).then_some(Ipv4Addr::new(192, 0, 2, 1)),
        deflate: Some(Level::default()),
        prove_uploads: on(16),
        disabled: if on(32) { vec![Verb::Site, Verb::Port] } else { Vec::new() },
        marker_interval: if on(32) { 100 } else { 0 },
        line_limit: 300,
        overrun_limit: 1000,
        ..ServerConfig::default()
    }
}

/// Where a session's output goes.
struct Outside {
    room: usize,
    said: Vec<u8>,
    /// What was said since the monitor heard it.
    news: Vec<u8>,
    asked: Vec<String>,
    /// The operations, and the transfers among them that may still be answered.
    ops: Vec<(OpId, Asked)>,
    /// The operation that is not answered.
    pending: Option<OpId>,
    /// The transfer whose file is open, and that whose data connection stands.
    opened: Option<OpId>,
    connected: Option<OpId>,
    closed: bool,
    broken: bool,
}

/// What an operation is about, as far as its answer depends on it.
#[derive(Clone)]
enum Asked {
    Login,
    Storage(StorageCall),
    Listen,
    Transfer(Work),
    Tls,
}

impl Port<Action> for Outside {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Closed> {
        assert!(!self.closed, "nothing is said after Close");
        if self.broken {
            return Err(Closed);
        }
        let count = bytes.len().min(self.room);
        if self.room != usize::MAX {
            self.room -= count;
        }
        self.said.extend_from_slice(&bytes[..count]);
        self.news.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn act(&mut self, action: Action) {
        assert!(!self.closed, "{action:?} after Close");
        let shown = format!("{action:?}");
        assert!(!shown.contains("hunter2"), "no password is shown: {shown}");
        self.asked.push(shown);
        let (op, asked) = match action {
            Action::Login { op, .. } | Action::Recognise { op, .. } => (op, Asked::Login),
            Action::Storage { op, call } => (op, Asked::Storage(call)),
            Action::Listen { op } => (op, Asked::Listen),
            Action::Transfer { op, transfer } => (op, Asked::Transfer(transfer.work)),
            Action::StartTls { op } => (op, Asked::Tls),
            Action::Close => {
                self.closed = true;
                return;
            }
            _ => return,
        };
        assert_eq!(self.pending, None, "one operation at a time");
        self.pending = Some(op);
        self.ops.push((op, asked));
    }
}

struct Bench {
    session: ServerSession,
    port: Outside,
    wait: Wait,
    now: Time,
    /// What the session has not taken.
    inbox: Vec<u8>,
    monitor: Monitor,
    tls: bool,
}

impl Bench {
    fn new(settings: u8) -> Self {
        let config = config(settings);
        let (local, peer) = (SocketAddr::from(([127, 0, 0, 1], 21)), SocketAddr::from(([127, 0, 0, 1], 50_000)));
        let tls = config.tls != TlsPolicy::Off;
        let implicit = tls && settings & 64 != 0;
        let monitor = Monitor::new(&config, implicit);
        let new = if implicit { ServerSession::implicit_tls } else { ServerSession::new };
        let session = new(Arc::new(config), local, peer, Time::ZERO);
        let port = Outside {
            room: usize::MAX,
            said: Vec::new(),
            news: Vec::new(),
            asked: Vec::new(),
            ops: Vec::new(),
            pending: None,
            opened: None,
            connected: None,
            closed: false,
            broken: false,
        };
        let wait = Wait { read: false, urgent: false, write: true, deadline: None };
        let mut bench = Self { session, port, wait, now: Time::ZERO, inbox: Vec::new(), monitor, tls };
        bench.drain();
        bench
    }

    fn drain(&mut self) {
        if self.port.closed {
            return;
        }
        self.wait = self.session.drain(self.now, &mut self.port);
        let news = std::mem::take(&mut self.port.news);
        self.monitor.said(&news);
        // Under TLS, what came before it counts no more: the monitor cannot know.
        if let Some(broken) = self.monitor.broken().filter(|_| !self.tls) {
            panic!("{broken}");
        }
        if self.port.closed {
            assert_eq!(self.wait.deadline, None, "nothing is waited for after Close");
            assert!(!self.wait.read && !self.wait.write, "nothing is waited for after Close");
        }
    }

    /// The peer says this: the session gets it when it reads.
    fn say(&mut self, bytes: &[u8]) {
        self.inbox.extend_from_slice(bytes);
        self.hear();
    }

    fn hear(&mut self) {
        for _ in 0..CALLS {
            if self.inbox.is_empty() || !self.wait.read || self.port.closed {
                return;
            }
            let taken = self.session.receive(self.now, &self.inbox);
            assert!(taken > 0, "the session wanted to read, and took nothing");
            self.monitor.heard(&self.inbox[..taken]);
            self.inbox.drain(..taken);
            self.drain();
        }
        panic!("the session reads without end");
    }

    fn complete(&mut self, op: OpId, completion: Completion) {
        self.session.complete(self.now, op, completion);
        self.drain();
        self.hear();
    }

    fn nonsense(&mut self, which: u8, what: u8) {
        let Some((op, asked)) = self.nth(which) else { return };
        let completion = match (asked, what % 2) {
            (Asked::Login | Asked::Listen, 0) => Completion::Storage(Ok(StorageAnswer::Done)),
            (Asked::Login, _) => Completion::Connected,
            (Asked::Storage(_) | Asked::Transfer(_), 0) => Completion::Login(Ok(())),
            (Asked::Storage(_) | Asked::Tls, _) => Completion::Opened(Opened::default()),
            (Asked::Listen, _) => Completion::TlsStarted(Ok(Handshake::default())),
            (Asked::Transfer(_), _) => Completion::Storage(Err(StorageError::Local)),
        };
        let said = self.port.said.len();
        self.complete(op, completion);
        assert_eq!(self.port.said.len(), said, "what is no answer changes nothing");
    }

    /// An operation, counted from the last one.
    fn nth(&self, which: u8) -> Option<(OpId, Asked)> {
        let at = self.port.ops.len().checked_sub(1 + usize::from(which % 8))?;
        self.port.ops.get(at).cloned()
    }

    fn answer(&mut self, which: u8, what: u8, number: u8) {
        let Some((op, asked)) = self.nth(which) else { return };
        let mut completion = completion(&asked, what, number);
        let stands = self.port.connected == Some(op);
        match &completion {
            Completion::Opened(opened) => {
                self.port.opened = Some(op);
                self.port.connected = self.port.connected.or(opened.connected.then_some(op));
            }
            Completion::Connected if self.port.opened == Some(op) => self.port.connected = Some(op),
            // A host moves nothing before it has opened the file and has a connection.
            Completion::Connected | Completion::Marker(_) | Completion::Transferred(Ok(_)) if !stands => {
                completion = Completion::Transferred(Err(TransferError::NoConnection));
            }
            _ => {}
        }
        let last = !matches!(
            completion,
            Completion::Opened(_) | Completion::Connected | Completion::Marker(_) | Completion::Progress(_)
        );
        if last && self.port.pending == Some(op) {
            self.port.pending = None;
        }
        self.complete(op, completion);
    }

    fn wait_for(&mut self, time: Duration) {
        self.now = self.now + time;
        if !self.port.closed && self.wait.deadline.is_some_and(|deadline| deadline <= self.now) {
            self.session.timeout(self.now);
            self.drain();
            self.hear();
        }
    }

    /// Lets time go by until the deadline: is there one?
    fn deadline(&mut self) -> bool {
        let Some(deadline) = self.wait.deadline.filter(|_| !self.port.closed) else { return false };
        let before = (self.port.said.len(), self.port.asked.len());
        self.now = self.now.max(deadline);
        self.session.timeout(self.now);
        self.drain();
        self.hear();
        let same = before == (self.port.said.len(), self.port.asked.len());
        assert!(!same || self.wait.deadline != Some(deadline), "a deadline that has passed is over");
        true
    }

    fn close(&mut self) {
        if !self.port.closed {
            self.inbox.clear();
            self.session.closed(self.now);
            self.drain();
        }
    }

    /// Nobody speaks any more, everything asked for fails, and time goes by: the session ends.
    fn end(&mut self) {
        self.port.broken = self.port.room != usize::MAX;
        self.close();
        for _ in 0..DEADLINES {
            if self.port.closed {
                return;
            }
            match self.port.pending {
                Some(_) => self.answer(0, 1, 0),
                None => assert!(self.deadline(), "a session that nobody speaks to ends by itself: {:?}", self.wait),
            }
        }
        panic!("the session does not end");
    }
}

/// What a host answers: 0 is as it should be.
fn completion(asked: &Asked, what: u8, number: u8) -> Completion {
    match asked {
        Asked::Login => Completion::Login(match what % 4 {
            0 => Ok(()),
            1 => Err(LoginError::Refused),
            2 => Err(LoginError::AccountNeeded),
            _ => Err(LoginError::Unavailable),
        }),
        Asked::Storage(call) if what == 0 => Completion::Storage(Ok(storage(call, number))),
        Asked::Storage(_) => Completion::Storage(Err(storage_error(number))),
        Asked::Listen if what == 0 => {
            Completion::Listening(Ok(SocketAddr::from(([127, 0, 0, 1], 40_000 + u16::from(number)))))
        }
        Asked::Listen => Completion::Listening(Err(match number % 3 {
            0 => NetworkError::Exhausted,
            1 => NetworkError::Unreachable,
            _ => NetworkError::Local,
        })),
        Asked::Tls => Completion::TlsStarted(if what == 0 { Ok(client(number)) } else { Err(TlsError) }),
        Asked::Transfer(work) => match what % 6 {
            0 => Completion::Transferred(Ok(number.into())),
            1 => Completion::Transferred(Err(match number {
                0 => TransferError::Cancelled,
                1 => TransferError::NoConnection,
                2 => TransferError::Broken,
                3 => TransferError::HandshakeFailed,
                4 => TransferError::NotResumed,
                5 => TransferError::Truncated,
                6 => TransferError::Incomplete,
                7 => TransferError::BadData,
                more => TransferError::Storage(storage_error(more)),
            })),
            2 => Completion::Opened(Opened {
                size: (number.is_multiple_of(2)).then_some(number.into()),
                connected: number.is_multiple_of(5),
                unique: matches!(work, Work::Store { mode: StoreMode::Unique, .. })
                    .then(|| VirtualPath::parse(b"/u.1").unwrap_or_else(|_| VirtualPath::root())),
            }),
            3 => Completion::Connected,
            4 => Completion::Marker(Marker { sender: b"12".to_vec(), offset: number.into() }),
            _ => Completion::Progress(number.into()),
        },
    }
}

fn storage(call: &StorageCall, number: u8) -> StorageAnswer {
    let modified = Some(WallTime { seconds: 1_795_176_000 - 1_000_000 * i64::from(number), nanos: 0 });
    let mut entry = Entry { modified, ..Entry::file(*b"f\xff \"", number.into()) };
    if number.is_multiple_of(3) {
        entry.kind = EntryKind::Directory;
    }
    match call {
        StorageCall::Entry(_) => StorageAnswer::Entry(entry),
        StorageCall::Size(..) | StorageCall::Space(_) => StorageAnswer::Size(number.into()),
        StorageCall::Change(_, changes) => StorageAnswer::Changed(*changes),
        StorageCall::Entries(..) => StorageAnswer::Entries {
            directory: number.is_multiple_of(2),
            entries: vec![entry; usize::from(number % 7)],
            truncated: number.is_multiple_of(4),
            now: WallTime { seconds: 1_795_176_000, nanos: 0 },
        },
        StorageCall::Digest { start, end, .. } => {
            StorageAnswer::Digest { digest: vec![number; 4], start: *start, end: end.unwrap_or(u64::from(number)) }
        }
        _ => StorageAnswer::Done,
    }
}

fn storage_error(number: u8) -> StorageError {
    match number % 13 {
        0 => StorageError::NotFound,
        1 => StorageError::Exists,
        2 => StorageError::Denied,
        3 => StorageError::NotADirectory,
        4 => StorageError::IsADirectory,
        5 => StorageError::NotEmpty,
        6 => StorageError::NoSpace,
        7 => StorageError::OverQuota,
        8 => StorageError::NameNotAllowed,
        9 => StorageError::Busy,
        10 => StorageError::BadOffset,
        11 => StorageError::Unsupported,
        _ => StorageError::Local,
    }
}

/// What a handshake told of a client.
fn client(number: u8) -> Handshake {
    Handshake { server_name: (number & 2 != 0).then(|| "one.example".to_owned()), certified: number & 1 != 0 }
}
