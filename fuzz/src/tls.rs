//! A server's control connection under TLS, over a real socket: however the records are cut, what is said is the same; and nothing that no
//! key protects counts as a command.

use crate::script::{self, Event};
use conformance::backend::tls::CERTIFICATE;
use ftp_core::server::{ServerConfig, TlsPolicy};
use ftp_host::accounts::FixedAccounts;
use ftp_host::clock::Clock;
use ftp_host::door::Arrival;
use ftp_host::host::Host;
use ftp_host::readiness::{Ready, Turn};
use ftp_host::session::Session;
use ftp_host::tls::{Certificates, TlsServer};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, SupportedProtocolVersion, version};
use socket2::SockRef;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

/// Events that are played: each costs system calls.
const LENGTH: usize = 40;

/// What all sessions share.
struct Shared {
    host: Arc<Host>,
    listener: TcpListener,
    clients: [Arc<ClientConfig>; 2],
}

static SHARED: LazyLock<Shared> = LazyLock::new(|| {
    let (certificate, key) = (CERTIFICATE.certificate.as_bytes(), CERTIFICATE.key.as_bytes());
    let certificates = Certificates::new(certificate, key).unwrap_or_else(|error| panic!("{error}"));
    let mut host = Host::new(FixedAccounts::new());
    host.config =
        Arc::new(ServerConfig { tls: TlsPolicy::Offer, failed_login_delay: Duration::ZERO, ..ServerConfig::default() });
    host.tls = Some(Arc::new(TlsServer::new(certificates).unwrap_or_else(|error| panic!("{error}"))));
    host.clock = Clock::manual();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap_or_else(|error| panic!("{error}"));
    let clients = [&version::TLS13, &version::TLS12].map(|version| Arc::new(client(version, certificate)));
    Shared { host: Arc::new(host), listener, clients }
});

fn client(version: &'static SupportedProtocolVersion, certificate: &[u8]) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_slice(certificate).unwrap_or_else(|error| panic!("{error}"));
    roots.add(certificate).unwrap_or_else(|error| panic!("{error}"));
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap_or_else(|error| panic!("{error}"))
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// Settings, then events.
///
/// # Panics
/// Where something does not hold.
pub fn run(data: &[u8]) {
    let Some((settings, events)) = script::read(data) else { return };
    let events = &events[..events.len().min(LENGTH)];
    let cut = play(settings, events, false);
    let honest = settings & 2 == 0 && !events.iter().any(|event| matches!(event, Event::Bytes(_)));
    if honest {
        let whole = play(settings, events, true);
        assert_eq!(
            cut.escape_ascii().to_string(),
            whole.escape_ascii().to_string(),
            "the same lines get the same replies"
        );
    }
}

/// Plays events, with the records cut where they say so or sent whole: what the server said under TLS.
fn play(settings: u8, events: &[Event], whole: bool) -> Vec<u8> {
    let mut wire = Wire::new(settings);
    let mut honest = wire.authenticate(settings & 2 == 2);
    for event in events {
        match event {
            Event::Line(line) => {
                // Telnet would swallow the end.
                let plain = line.iter().map(|byte| if *byte >= 0xf0 { b'x' } else { *byte });
                wire.say(&plain.chain(*b"\r\n").collect::<Vec<_>>());
            }
            Event::Bytes(garbage) => {
                wire.out.extend_from_slice(garbage);
                honest &= garbage.is_empty();
            }
            Event::Room(count) => wire.send(if whole { usize::MAX } else { 1 + usize::from(*count) }),
            Event::Answer(count, more, _) => {
                wire.send(if whole { usize::MAX } else { usize::from(*count) << (more % 6) });
            }
            Event::Deadline => wire.send(usize::MAX),
            _ => {}
        }
    }
    if honest {
        wire.say(b"QUIT\r\n");
    }
    wire.end(honest);
    wire.said
}

/// A session, and the client that speaks to it.
struct Wire {
    session: Option<Session>,
    scratch: Vec<u8>,
    socket: TcpStream,
    client: ClientConnection,
    /// What the client has for the socket.
    out: Vec<u8>,
    said: Vec<u8>,
    /// The session has ended TLS, as REIN and CCC have it do: what is said under it no longer counts.
    left: bool,
    /// The socket has come to its end, or to nothing.
    closed: bool,
}

impl Wire {
    fn new(settings: u8) -> Self {
        let Shared { host, listener, clients } = &*SHARED;
        let address = listener.local_addr().unwrap_or_else(|error| panic!("{error}"));
        let socket = TcpStream::connect(address).unwrap_or_else(|error| panic!("{error}"));
        // A socket that is reset leaves nothing behind: there are only so many ports.
        SockRef::from(&socket).set_linger(Some(Duration::ZERO)).unwrap_or_else(|error| panic!("{error}"));
        socket.set_nodelay(true).unwrap_or_else(|error| panic!("{error}"));
        let accepted = listener.accept().unwrap_or_else(|error| panic!("{error}")).0;
        let session = Arrival::new(accepted).and_then(|arrival| Session::new(host, arrival, Arc::new(|| {})));
        let name = ServerName::try_from("localhost").unwrap_or_else(|error| panic!("{error}"));
        let client = ClientConnection::new(Arc::clone(&clients[usize::from(settings & 1)]), name);
        Self {
            session: Some(session.unwrap_or_else(|error| panic!("{error}"))),
            scratch: vec![0; 4096],
            socket,
            client: client.unwrap_or_else(|error| panic!("{error}")),
            out: Vec::new(),
            said: Vec::new(),
            left: false,
            closed: false,
        }
    }

    /// Asks for TLS, perhaps with a command behind it that came too early to count: is everything in order then?
    fn authenticate(&mut self, injected: bool) -> bool {
        let line: &[u8] = if injected { b"AUTH TLS\r\nNOOP\r\n" } else { b"AUTH TLS\r\n" };
        let mut plain = Vec::new();
        self.socket.write_all(line).unwrap_or_else(|error| panic!("{error}"));
        let patience = Patience::new();
        while plain.split(|byte| *byte == b'\n').count() < 3 && !self.closed {
            self.turn();
            self.read(&mut plain);
            patience.spend();
        }
        let answered = plain.split(|byte| *byte == b'\n').nth(1).is_some_and(|line| line.starts_with(b"234 "));
        assert!(answered, "{}", plain.escape_ascii());
        self.socket.set_nonblocking(true).unwrap_or_else(|error| panic!("{error}"));
        self.gather();
        !injected
    }

    fn turn(&mut self) {
        while let Some(session) = &mut self.session {
            match session.turn(Ready::ALL, &mut self.scratch) {
                Turn::Over => self.session = None,
                Turn::Again => {}
                Turn::Wait => match session.take_job() {
                    Some(job) => session.finished(job.run()),
                    None => return,
                },
            }
        }
    }

    fn say(&mut self, bytes: &[u8]) {
        // Past its limit it takes no more; then there is less to say.
        let _ = self.client.writer().write(bytes);
        self.gather();
    }

    /// What TLS has for the socket waits to be sent.
    fn gather(&mut self) {
        while self.client.wants_write() {
            self.client.write_tls(&mut self.out).unwrap_or_else(|error| panic!("{error}"));
        }
    }

    /// Sends so many bytes of what waits, and lets happen what they bring.
    fn send(&mut self, count: usize) {
        let count = count.min(self.out.len());
        match self.socket.write(&self.out[..count]) {
            Ok(count) => drop(self.out.drain(..count)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => self.closed = true,
        }
        self.turn();
        self.receive();
    }

    fn read(&mut self, into: &mut Vec<u8>) {
        let mut bytes = [0; 4096];
        match self.socket.read(&mut bytes) {
            Ok(0) => self.closed = true,
            Ok(count) => into.extend_from_slice(&bytes[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => self.closed = true,
        }
    }

    fn receive(&mut self) {
        let mut bytes = Vec::new();
        self.read(&mut bytes);
        let mut rest = bytes.as_slice();
        while !rest.is_empty() && self.client.read_tls(&mut rest).is_ok_and(|count| count > 0) {
            let Ok(state) = self.client.process_new_packets() else {
                self.closed = true;
                return;
            };
            self.left |= state.peer_has_closed();
            let mut plain = vec![0; state.plaintext_bytes_to_read()];
            if self.client.reader().read_exact(&mut plain).is_ok() {
                self.said.extend(plain);
            }
        }
        self.gather();
    }

    /// All is sent, and nothing more: the session ends.
    fn end(&mut self, honest: bool) {
        let patience = Patience::new();
        while !self.closed && (honest || !self.out.is_empty()) {
            self.send(usize::MAX);
            patience.spend();
        }
        if honest {
            let last = self.said.split(|byte| *byte == b'\n').rev().nth(1).unwrap_or_default();
            let left = self.left && (last.starts_with(b"220 ") || last.starts_with(b"200 "));
            let ended = left || last.starts_with(b"221 ") || last.starts_with(b"421 ");
            assert!(ended, "cut short: {}", self.said.escape_ascii());
        }
        self.receive();
        let end = self.socket.shutdown(Shutdown::Both);
        // It may be reset already.
        let _ = end;
        while self.session.is_some() {
            self.turn();
            patience.spend();
        }
    }
}

/// The kernel delivers what was sent at once, as a rule; nothing takes longer than this.
struct Patience(Instant);

impl Patience {
    fn new() -> Self {
        Self(Instant::now())
    }

    fn spend(&self) {
        assert!(self.0.elapsed() < Duration::from_secs(20), "nothing happens any more");
    }
}
