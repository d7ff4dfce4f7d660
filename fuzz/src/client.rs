//! A client's session under any server, any host and any application: whatever is said, answered or asked for, in whichever order.

use crate::script::{self, Event as Happening};
use ftp_core::action::{DataPath, Marker, NetworkError, OpId, TlsError, TransferError};
use ftp_core::client::{
    ClientAction, ClientCompletion, ClientConfig, ClientSession, DataPreference, Event, LocalEnd, Outcome, Request,
    TlsUse, Upload,
};
use ftp_core::codec::{Codec, Representation};
use ftp_core::command::{Form, Mode, Structure};
use ftp_core::drain::{Closed, Port, Wait};
use ftp_core::line::{Framed, LineReader};
use ftp_core::secret::Secret;
use ftp_core::time::{Time, WallTime};
use std::net::SocketAddr;
use std::time::Duration;

/// Never to be seen anywhere but in PASS and ACCT.
const SECRET: &str = "hunter2";
/// Requests that a test makes: more than may wait.
const REQUESTS: usize = 100;
/// Deadlines until all that was asked for is done.
const DEADLINES: usize = 1000;

/// Settings, then events.
///
/// # Panics
/// Where something does not hold.
pub fn run(data: &[u8]) {
    let Some((settings, events)) = script::read(data) else { return };
    let mut bench = Bench::new(settings);
    for event in &events {
        match event {
            Happening::Bytes(bytes) => bench.hear(bytes),
            Happening::Line(line) => bench.hear(&[line, b"\r\n".as_slice()].concat()),
            Happening::Answer(which, what, number) => bench.answer(*which, *what, *number),
            Happening::Nonsense(which, what) => bench.nonsense(*which, *what),
            Happening::Time(tenths) => bench.wait_for(Duration::from_millis(100 * u64::from(*tenths))),
            Happening::Deadline => drop(bench.deadline()),
            Happening::Room(bytes) => {
                bench.port.room = if *bytes == u8::MAX { usize::MAX } else { (*bytes).into() };
                bench.drain();
            }
            Happening::Urgent => {
                bench.session.abort(bench.now);
                bench.drain();
            }
            Happening::Close => {
                bench.session.closed(bench.now);
                bench.drain();
            }
            Happening::Ask(what, path) => bench.ask(*what, path),
        }
    }
    bench.end();
}

fn config(settings: u8) -> ClientConfig {
    let (local, peer) = (SocketAddr::from(([192, 0, 2, 9], 50_000)), SocketAddr::from(([192, 0, 2, 1], 21)));
    let on = |bit: u8| settings & bit != 0;
    ClientConfig {
        data: if on(1) { DataPreference::Active } else { DataPreference::Passive },
        pipeline: on(2),
        keep_foreign_addresses: on(4),
        tls: match settings >> 3 & 3 {
            0 => TlsUse::Off,
            1 => TlsUse::Prefer,
            2 => TlsUse::Require,
            _ => TlsUse::Implicit,
        },
        marker_interval: if on(32) { 10 } else { 0 },
        listing_limit: 2000,
        ..ClientConfig::new(local, peer)
    }
}

/// Where a session's output goes.
struct Outside {
    room: usize,
    said: Vec<u8>,
    /// The data connections: for a listing, a file to be received or sent, or not known yet.
    ops: Vec<(OpId, Asked)>,
    done: usize,
    disconnected: usize,
    closed: bool,
    peer: SocketAddr,
    foreign: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Listen,
    Open,
    Tls,
    Transfer(LocalEnd),
}

impl Port<ClientAction> for Outside {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Closed> {
        let count = bytes.len().min(self.room);
        if self.room != usize::MAX {
            self.room -= count;
        }
        self.said.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn act(&mut self, action: ClientAction) {
        assert!(!self.closed, "{action:?} after Close");
        match action {
            ClientAction::Listen { op } => self.ops.push((op, Asked::Listen)),
            ClientAction::StartTls { op, .. } => self.ops.push((op, Asked::Tls)),
            ClientAction::Open { op, data, .. } => {
                if let DataPath::Connect(to) = data {
                    assert!(to.port() != 0, "nobody listens there");
                    assert!(self.foreign || to.ip() == self.peer.ip(), "a server leads nobody elsewhere: {to}");
                }
                self.ops.push((op, Asked::Open));
            }
            ClientAction::Transfer { op, end, .. } => self.ops.push((op, Asked::Transfer(end))),
            ClientAction::Notify(event) => self.told(event),
            ClientAction::Close => self.closed = true,
            ClientAction::StopTls | ClientAction::Progress { .. } | ClientAction::Cancel { .. } => {}
        }
    }
}

impl Outside {
    fn told(&mut self, event: Event) {
        match event {
            Event::Sent(line) => assert!(!line.contains(SECRET), "no password is shown: {line}"),
            Event::Received(_) => {}
            Event::Disconnected => self.disconnected += 1,
            Event::Done(result) => {
                self.done += 1;
                match result {
                    Ok(Outcome::Entries(entries)) => {
                        for entry in entries {
                            harmless(&entry.name);
                        }
                    }
                    Ok(Outcome::Names(names)) => names.iter().for_each(|name| harmless(name)),
                    _ => {}
                }
            }
        }
    }
}

/// A name of a listing is a name: with it nothing outside of the directory is written. It may hold a CR (RFC 2640 3.1).
fn harmless(name: &[u8]) {
    let shown = name.escape_ascii();
    assert!(!name.is_empty() && !matches!(name, b"." | b".."), "{shown}");
    assert!(!name.iter().any(|byte| matches!(byte, b'/' | 0 | b'\n')), "{shown}");
}

struct Bench {
    session: ClientSession,
    port: Outside,
    wait: Wait,
    now: Time,
    /// What the session has not taken.
    inbox: Vec<u8>,
    asked: usize,
}

impl Bench {
    fn new(settings: u8) -> Self {
        let config = config(settings);
        let port = Outside {
            room: usize::MAX,
            said: Vec::new(),
            ops: Vec::new(),
            done: 0,
            disconnected: 0,
            closed: false,
            peer: config.peer,
            foreign: config.keep_foreign_addresses,
        };
        let wait = Wait { read: false, urgent: false, write: true, deadline: None };
        let session = ClientSession::new(config, Time::ZERO);
        let mut bench = Self { session, port, wait, now: Time::ZERO, inbox: Vec::new(), asked: 0 };
        bench.drain();
        bench
    }

    fn drain(&mut self) {
        self.wait = self.session.drain(self.now, &mut self.port);
        assert!(self.port.done <= self.asked, "a request is done once");
        assert!(self.port.disconnected <= 1, "a session ends once");
        if self.port.done < self.asked && !self.port.closed {
            // Handshakes and hosts take their time; everything else has a deadline, without which nobody would ever know.
            assert!(self.wait.deadline.is_some(), "a request that runs has a deadline");
        }
    }

    fn hear(&mut self, bytes: &[u8]) {
        self.inbox.extend_from_slice(bytes);
        while self.wait.read && !self.inbox.is_empty() {
            let taken = self.session.receive(self.now, &self.inbox);
            self.inbox.drain(..taken);
            self.drain();
            assert!(taken > 0 || !self.wait.read, "the session wanted to read, and took nothing");
        }
    }

    fn ask(&mut self, what: u8, path: &[u8]) {
        if self.asked < REQUESTS && self.session.request(self.now, request(what, path)).is_ok() {
            self.asked += 1;
        }
        self.drain();
        self.hear(b"");
    }

    /// An operation, counted from the last one.
    fn nth(&self, which: u8) -> Option<(OpId, Asked)> {
        let at = self.port.ops.len().checked_sub(1 + usize::from(which % 8))?;
        self.port.ops.get(at).copied()
    }

    fn complete(&mut self, op: OpId, completion: ClientCompletion) {
        self.session.complete(self.now, op, completion);
        self.drain();
        self.hear(b"");
    }

    fn nonsense(&mut self, which: u8, what: u8) {
        let Some((op, asked)) = self.nth(which) else { return };
        let completion = match (asked, what % 2) {
            (Asked::Listen, 0) | (Asked::Tls, _) => ClientCompletion::Transferred(Ok(1)),
            (Asked::Listen, _) | (Asked::Transfer(_), 1) => ClientCompletion::TlsStarted(Ok(())),
            (Asked::Open, _) => ClientCompletion::Listening(Err(NetworkError::Local)),
            (Asked::Transfer(_), _) => ClientCompletion::Connected(Err(NetworkError::Local)),
        };
        self.complete(op, completion);
    }

    fn answer(&mut self, which: u8, what: u8, number: u8) {
        let Some((op, asked)) = self.nth(which) else { return };
        let network = match number % 3 {
            0 => NetworkError::Exhausted,
            1 => NetworkError::Unreachable,
            _ => NetworkError::Local,
        };
        let completion = match asked {
            Asked::Listen if what.is_multiple_of(2) => {
                ClientCompletion::Listening(Ok(SocketAddr::from(([192, 0, 2, 9], 40_000 + u16::from(number)))))
            }
            Asked::Listen => ClientCompletion::Listening(Err(network)),
            Asked::Open => ClientCompletion::Connected(if what.is_multiple_of(2) { Ok(()) } else { Err(network) }),
            Asked::Tls => ClientCompletion::TlsStarted(if what.is_multiple_of(2) { Ok(()) } else { Err(TlsError) }),
            Asked::Transfer(end) => match what % 5 {
                0 => ClientCompletion::Transferred(Ok(number.into())),
                1 => ClientCompletion::Transferred(Err(match number % 5 {
                    0 => TransferError::Cancelled,
                    1 => TransferError::Broken,
                    2 => TransferError::Incomplete,
                    3 => TransferError::HandshakeFailed,
                    _ => TransferError::BadData,
                })),
                2 => ClientCompletion::Progress(number.into()),
                3 => ClientCompletion::Marker(Marker { sender: b"7".to_vec(), offset: number.into() }),
                _ => {
                    if end == LocalEnd::Listing {
                        // Whether it is too large is told by the request's end.
                        let _ = self.session.listing(listing(number));
                    }
                    return self.drain();
                }
            },
        };
        self.complete(op, completion);
    }

    fn wait_for(&mut self, time: Duration) {
        self.now = self.now + time;
        if self.wait.deadline.is_some_and(|deadline| deadline <= self.now) {
            self.session.timeout(self.now);
            self.drain();
            self.hear(b"");
        }
    }

    /// Lets time go by until the deadline: is there one?
    fn deadline(&mut self) -> bool {
        let Some(deadline) = self.wait.deadline else { return false };
        self.now = self.now.max(deadline);
        self.session.timeout(self.now);
        self.drain();
        self.hear(b"");
        true
    }

    /// Nobody answers any more: time alone brings every request to its end.
    fn end(&mut self) {
        for _ in 0..DEADLINES {
            if self.port.done == self.asked || self.port.closed {
                break;
            }
            assert!(self.deadline(), "a request that runs has a deadline");
        }
        assert_eq!(self.port.done, self.asked, "each request is done");
        self.session.closed(self.now);
        self.drain();
        assert!(self.port.closed && self.port.disconnected == 1, "a session that is over says so");
        assert!(self.wait.deadline.is_none() && !self.wait.read, "nothing is waited for after the end");
        let mut lines = LineReader::new(usize::MAX);
        let mut rest = self.port.said.as_slice();
        while !rest.is_empty() {
            let (used, framed) = lines.next(rest);
            if let Framed::Line(line) = framed {
                let secret = line.windows(SECRET.len()).any(|bytes| bytes == SECRET.as_bytes());
                assert!(!secret || line.starts_with(b"PASS ") || line.starts_with(b"ACCT "), "{}", line.escape_ascii());
            }
            rest = &rest[used..];
        }
    }
}

fn request(what: u8, path: &[u8]) -> Request {
    let path = path.to_vec();
    let text = Representation::Ascii(Form::NonPrint);
    let codec = match what >> 5 {
        0 | 1 => Codec::RAW,
        2 => Codec::ASCII,
        3 => Codec { mode: Mode::Block, ..Codec::RAW },
        4 => Codec { mode: Mode::Compressed, structure: Structure::Record, representation: text },
        5 => Codec { mode: Mode::Deflate, ..Codec::RAW },
        6 => Codec { structure: Structure::Page, ..Codec::RAW },
        _ => Codec { representation: Representation::Ebcdic(Form::NonPrint), ..Codec::RAW },
    };
    let store = |path, how| Request::Store { path, how, codec };
    match what & 31 {
        0 => Request::Login { user: path, password: Secret::new(SECRET), account: Some(Secret::new(SECRET)) },
        1 => Request::Retrieve { path, offset: 0, codec },
        2 => Request::Retrieve { path, offset: 5, codec },
        3 => store(path, Upload::Replace),
        4 => store(path, Upload::Resume(5)),
        5 => store(path, Upload::Unique),
        6 => store(path, Upload::Append),
        7 => Request::List(Some(path).filter(|path| !path.is_empty())),
        8 => Request::Names(Some(path).filter(|path| !path.is_empty())),
        9 => Request::ListByStatus(path),
        10 => Request::Facts(path),
        11 => Request::EnsureDirectory(path),
        12 => Request::Size(path),
        13 => Request::ResumePoint(path),
        14 => Request::Modified(path),
        15 => Request::Digest { path, algorithm: None },
        16 => Request::SetModified { path, time: WallTime { seconds: 1_795_176_000, nanos: 0 } },
        17 => Request::SetMode { path, mode: 0o644 },
        18 => Request::Rename { from: path.clone(), to: path },
        19 => Request::MakeDirectory(path),
        20 => Request::ChangeDirectory(path),
        21 => Request::WorkingDirectory,
        22 => Request::Quote(path),
        23 => Request::Available(None),
        24 => Request::Allocate(7),
        25 => Request::Language(Some(path)),
        26 => Request::Identify { name: path.clone(), version: path },
        27 => Request::Host(path),
        28 => Request::Status,
        29 => Request::Options { command: b"MLST".to_vec(), options: Some(path) },
        30 => store(path, Upload::ResumeAt(5)),
        _ => Request::Quit,
    }
}

fn listing(number: u8) -> &'static [u8] {
    match number % 8 {
        0 => b"type=file;size=5; a\r\n",
        1 => b"-rw-r--r-- 1 ftp ftp 5 Nov  7 1998 b\r\n",
        2 => b"type=dir; ../../etc\r\n",
        3 => b"a\r\nb\r\n../c\r\n/d\r\n",
        4 => b"11-07-98 12:00AM <DIR> d",
        5 => b"type=cdir; .\r\ntype=pdir; ..\r\n",
        6 => &[b'x'; 300],
        _ => b"drwxr-xr-x 2 ftp ftp 4096 Nov  7 1998 .\r\n\xff\0\r\n",
    }
}
