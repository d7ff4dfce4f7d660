//! When the server's machine asks for TLS to begin and to end, and what it says to a peer meanwhile.

use ftp_core::action::{Action, Completion, Handshake, LoginError, OpId, Protection, TlsError, TransferError};
use ftp_core::drain::{Closed, Port, Wait};
use ftp_core::server::{ServerConfig, ServerSession, TlsPolicy};
use ftp_core::time::Time;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// A host with a peer whose socket takes `room` more bytes.
struct Host {
    room: usize,
    written: Vec<u8>,
    actions: Vec<Action>,
}

impl Port<Action> for Host {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Closed> {
        let count = bytes.len().min(self.room);
        self.room -= count;
        self.written.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn act(&mut self, action: Action) {
        self.actions.push(action);
    }
}

type New = fn(Arc<ServerConfig>, SocketAddr, SocketAddr, Time) -> ServerSession;

struct Bench {
    session: ServerSession,
    host: Host,
    now: Time,
}

impl Bench {
    fn new(new: New) -> Self {
        let (local, peer) = (SocketAddr::from(([127, 0, 0, 1], 21)), SocketAddr::from(([127, 0, 0, 1], 50_000)));
        let config = ServerConfig { tls: TlsPolicy::Offer, clear_control: true, ..ServerConfig::default() };
        let session = new(Arc::new(config), local, peer, Time::ZERO);
        let host = Host { room: usize::MAX, written: Vec::new(), actions: Vec::new() };
        let mut bench = Self { session, host, now: Time::ZERO };
        let _ = bench.drain();
        bench
    }

    fn drain(&mut self) -> Wait {
        self.session.drain(self.now, &mut self.host)
    }

    /// How many of these bytes were taken.
    fn send(&mut self, bytes: &[u8]) -> usize {
        let taken = self.session.receive(self.now, bytes);
        let _ = self.drain();
        taken
    }

    fn said(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.host.written)).into_owned()
    }

    fn complete(&mut self, op: OpId, completion: Completion) {
        self.session.complete(self.now, op, completion);
        let _ = self.drain();
    }

    fn handshake(&self) -> Option<OpId> {
        self.host.actions.iter().find_map(|action| match action {
            Action::StartTls { op } => Some(*op),
            _ => None,
        })
    }

    fn secured(mut self) -> Self {
        let op = self.handshake().expect("a handshake is asked for");
        self.complete(op, Completion::TlsStarted(Ok(Handshake::default())));
        self.host.actions.clear();
        self
    }

    fn closes(&self) -> bool {
        matches!(self.host.actions.last(), Some(Action::Close))
    }
}

#[test]
fn tls_begins_when_234_has_left_and_not_before() {
    let mut bench = Bench::new(ServerSession::new);
    bench.said();
    bench.host.room = 3;
    bench.send(b"AUTH TLS\r\n");
    assert_eq!(bench.said(), "234");
    assert!(bench.handshake().is_none(), "the rest of the reply would be read as TLS");
    bench.host.room = usize::MAX;
    let wait = bench.drain();
    assert!(bench.handshake().is_some());
    assert!(!wait.read, "what comes now is the handshake's");
}

#[test]
fn what_stands_behind_auth_is_not_taken() {
    let mut bench = Bench::new(ServerSession::new);
    assert_eq!(bench.send(b"AUTH TLS\r\nUSER ann\r\n"), 10);
    assert_eq!(bench.send(b"USER ann\r\n"), 0, "nor what comes later");
}

/// After a Synch commands wait while a transfer runs, AUTH and what somebody on the way put behind it among them.
#[test]
fn what_waited_behind_auth_in_the_clear_does_not_count_under_tls() {
    let mut bench = Bench::new(ServerSession::new);
    bench.send(b"USER ann\r\nPASS secret\r\n");
    let Some(Action::Login { op, .. }) = bench.host.actions.pop() else { panic!("a login is asked for") };
    bench.complete(op, Completion::Login(Ok(())));
    bench.send(b"RETR file\r\n");
    let Some(Action::Transfer { op, .. }) = bench.host.actions.pop() else { panic!("a transfer is asked for") };
    bench.session.receive_urgent(bench.now);
    assert_eq!(bench.send(b"AUTH TLS\r\nUSER eve\r\n"), 20, "both wait");
    bench.complete(op, Completion::Transferred(Err(TransferError::NoConnection)));
    let mut bench = bench.secured();
    assert!(bench.said().ends_with("234 Begin TLS now.\r\n"));
    bench.send(b"NOOP\r\n");
    assert_eq!(bench.said(), "200 Nothing done.\r\n", "and nobody is eve");
}

/// Under TLS commands are read ahead. An ABOR behind a transfer that waits itself is an ABOR of that transfer.
#[test]
fn an_abort_that_came_before_its_transfer_began_ends_it() {
    let mut bench = Bench::new(ServerSession::implicit_tls).secured();
    bench.send(b"USER ann\r\nPASS secret\r\n");
    let Some(Action::Login { op, .. }) = bench.host.actions.pop() else { panic!("a login is asked for") };
    bench.complete(op, Completion::Login(Ok(())));
    bench.send(b"EPSV\r\nRETR file\r\nNOOP\r\nABOR\r\n");
    let Some(Action::Listen { op }) = bench.host.actions.pop() else { panic!("a listener is asked for") };
    bench.said();
    bench.complete(op, Completion::Listening(Ok(SocketAddr::from(([127, 0, 0, 1], 40_000)))));
    let [.., Action::Transfer { op, .. }, Action::Cancel { .. }] = bench.host.actions.as_slice() else {
        panic!("{:?}", bench.host.actions)
    };
    let op = *op;
    bench.complete(op, Completion::Transferred(Err(TransferError::Cancelled)));
    let said = bench.said();
    let codes: Vec<&str> = said.lines().map(|line| &line[..3]).collect();
    assert_eq!(codes, ["229", "426", "226", "200"]);
}

#[test]
fn a_line_begun_in_the_clear_does_not_go_on_under_tls() {
    let mut bench = Bench::new(ServerSession::new);
    bench.send(b"AUTH TLS\n");
    let mut bench = bench.secured();
    bench.said();
    bench.send(b"NOOP\r\n");
    assert_eq!(bench.said(), "200 Nothing done.\r\n");
}

#[test]
fn tls_ends_when_the_reply_to_ccc_has_left() {
    let mut bench = Bench::new(ServerSession::implicit_tls).secured();
    bench.send(b"CCC\r\n");
    assert!(bench.said().contains("534 "), "an implicit session is never in the clear");
    bench.send(b"USER ann\r\nPASS secret\r\n");
    let Some(Action::Login { op, .. }) = bench.host.actions.pop() else { panic!("a login is asked for") };
    bench.complete(op, Completion::Login(Ok(())));
    bench.said();
    bench.send(b"CCC\r\n");
    assert!(bench.said().starts_with("534 "), "nor when somebody has logged in");

    let mut bench = Bench::new(ServerSession::new);
    bench.send(b"AUTH TLS\r\n");
    let mut bench = bench.secured();
    bench.send(b"USER ann\r\nPASS secret\r\n");
    let Some(Action::Login { op, .. }) = bench.host.actions.pop() else { panic!("a login is asked for") };
    bench.complete(op, Completion::Login(Ok(())));
    bench.said();
    bench.host.room = 3;
    bench.send(b"CCC\r\n");
    assert!(!bench.host.actions.iter().any(|action| matches!(action, Action::StopTls)));
    bench.host.room = usize::MAX;
    let _ = bench.drain();
    assert!(matches!(bench.host.actions.last(), Some(Action::StopTls)));
    assert!(bench.said().ends_with("control connection.\r\n"));
}

#[test]
fn an_implicit_session_greets_under_tls_and_says_nothing_without() {
    let mut bench = Bench::new(ServerSession::implicit_tls);
    assert_eq!(bench.said(), "");
    assert!(!bench.drain().read);
    let mut bench = bench.secured();
    assert_eq!(bench.said(), "220 ftpkit ready.\r\n");

    let mut kicked = Bench::new(ServerSession::implicit_tls);
    kicked.session.kick(kicked.now);
    let _ = kicked.drain();
    assert!(kicked.closes() && kicked.said().is_empty());

    let mut full = Bench::new(|config, local, peer, now| {
        ServerSession::implicit_tls(config, local, peer, now).turned_away("The server is full.")
    });
    assert!(full.closes() && full.said().is_empty());
}

#[test]
fn a_peer_that_does_not_shake_hands_is_dropped_in_time() {
    for (new, first) in [(ServerSession::implicit_tls as New, &b""[..]), (ServerSession::new, b"AUTH TLS\r\n")] {
        let mut bench = Bench::new(new);
        bench.send(first);
        bench.said();
        let deadline = bench.drain().deadline.expect("a deadline");
        assert_eq!(deadline, Time::ZERO + Duration::from_secs(30));
        bench.now = deadline;
        bench.session.timeout(deadline);
        let _ = bench.drain();
        assert!(bench.closes());
        assert_eq!(bench.said(), "", "neither plain text nor TLS would be understood");
    }
}

#[test]
fn who_is_thrown_out_in_a_handshake_hears_nothing_in_the_clear() {
    let mut bench = Bench::new(ServerSession::new);
    bench.send(b"AUTH TLS\r\n");
    bench.said();
    bench.session.kick(bench.now);
    let _ = bench.drain();
    assert!(bench.closes() && bench.said().is_empty());
}

/// RFC 4217 11: what REIN resets of an implicit session is its PROT, and that is P from the beginning.
#[test]
fn data_of_an_implicit_session_stays_private_after_rein() {
    let mut bench = Bench::new(ServerSession::implicit_tls).secured();
    for first in [&b""[..], b"REIN\r\n"] {
        bench.send(first);
        bench.send(b"USER ann\r\nPASS secret\r\n");
        let Some(Action::Login { op, .. }) = bench.host.actions.pop() else { panic!("a login is asked for") };
        bench.complete(op, Completion::Login(Ok(())));
        bench.send(b"RETR file\r\n");
        let Some(Action::Transfer { op, transfer }) = bench.host.actions.pop() else {
            panic!("a transfer is asked for")
        };
        assert!(matches!(transfer.protection, Protection::Private(_)));
        bench.complete(op, Completion::Transferred(Err(TransferError::NoConnection)));
    }
}

#[test]
fn a_handshake_that_fails_ends_the_session_without_a_word() {
    let mut bench = Bench::new(ServerSession::new);
    bench.send(b"AUTH TLS\r\n");
    bench.said();
    let op = bench.handshake().expect("a handshake is asked for");
    bench.complete(op, Completion::TlsStarted(Err(TlsError)));
    assert!(bench.closes());
    assert_eq!(bench.said(), "");
}

#[test]
fn failed_logins_count_across_auth() {
    let mut bench = Bench::new(ServerSession::new);
    for attempt in 0..5 {
        if attempt == 2 {
            bench.send(b"AUTH TLS\r\n");
            bench = bench.secured();
        }
        bench.send(b"USER ann\r\nPASS guess\r\n");
        let Some(Action::Login { op, .. }) = bench.host.actions.pop() else { panic!("a login is asked for") };
        bench.complete(op, Completion::Login(Err(LoginError::Refused)));
        bench.now = bench.now + Duration::from_secs(1);
        bench.session.timeout(bench.now);
        let _ = bench.drain();
    }
    assert!(bench.said().contains("421 "), "guessing does not begin anew under TLS");
}
