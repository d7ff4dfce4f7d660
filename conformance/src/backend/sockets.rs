//! [`Sockets`]: a client of a server over sockets, whatever runs that server. What there is besides the connections (its
//! files, its clock, who logs in) is the [`Surroundings`]'.

use super::tls::{Tls, Wire};
use super::{Backend, Login, Received, SYNCH, Seen};
use crate::transcript::Hello;
use crate::transcript::check::SCRATCH;
use ftp_core::line::{Framed, LineReader};
use ftp_core::reply::{Class, ReplyReader};
use socket2::SockRef;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often a wait looks up whether it is to go on.
const LOOK_UP: Duration = Duration::from_millis(100);

/// Room for bytes of a data connection that nobody reads: small, so that a transfer can be held up.
const WINDOW: usize = 64 * 1024;

/// What a client of a server knows of it without its connections.
pub trait Surroundings {
    /// As [`Backend::advance`].
    fn advance(&mut self, by: Duration);

    /// As [`Backend::look`].
    fn look(&mut self, path: &[u8]) -> Seen;

    /// As [`Backend::login`].
    fn login(&self) -> Option<Login> {
        None
    }

    /// As [`Backend::scratch`].
    fn scratch(&self) -> String {
        SCRATCH.to_owned()
    }
}

/// How long a client waits, and how much it takes.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Nothing comes any more if nothing has come for so long.
    pub silence: Duration,
    /// From here on nothing is waited for.
    pub deadline: Option<Instant>,
    /// The bytes that are received in all.
    pub bytes: usize,
    /// Set: nothing is waited for any more.
    pub stop: Arc<AtomicBool>,
}

impl Default for Limits {
    /// Ten seconds, and as much as a transcript may move: for a server that is not expected to test them.
    fn default() -> Self {
        Self { silence: Duration::from_secs(10), deadline: None, bytes: 1 << 30, stop: Arc::default() }
    }
}

impl Limits {
    /// Until when something that begins now may take.
    fn until(&self) -> Instant {
        let silence = Instant::now() + self.silence;
        self.deadline.map_or(silence, |deadline| deadline.min(silence))
    }

    fn over(&self, until: Instant) -> bool {
        self.stop.load(Ordering::Relaxed) || Instant::now() >= until
    }
}

/// A client of a server. Dropped, it closes its connections first and lets go of the surroundings last.
pub struct Sockets<'a> {
    server: SocketAddr,
    control: Option<Wire>,
    listener: Option<TcpListener>,
    data: Option<Wire>,
    tls: Option<Tls>,
    /// Somebody else's server, whose certificate may be any.
    foreign: Option<Foreign>,
    /// Data connections are under TLS without the case's doing.
    private: bool,
    /// A preliminary reply has come since the data connection was made or awaited: what it moves has begun, be it nothing.
    begun: bool,
    /// What the server has said and the case has not received.
    ahead: Vec<u8>,
    limits: Limits,
    around: Box<dyn Surroundings + 'a>,
}

/// What is known of the TLS of somebody else's server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Foreign {
    /// TLS 1.2 is spoken.
    pub old: bool,
    /// The server's name, which the handshake asks for (SNI, RFC 6066 3), where it has one.
    pub name: Option<String>,
}

/// How the whole of a conversation comes under TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secure {
    /// By AUTH TLS behind the greeting, PBSZ and PROT (RFC 4217 12.1).
    Explicit,
    /// It begins with it (port 990); PBSZ and PROT follow.
    Implicit,
}

impl<'a> Sockets<'a> {
    /// Connects to a server.
    ///
    /// # Errors
    /// What the system says.
    pub fn connect(server: SocketAddr, limits: Limits, around: Box<dyn Surroundings + 'a>) -> io::Result<Self> {
        let control = prepared(TcpStream::connect_timeout(&server, limits.silence)?, &limits)?;
        control.set_nodelay(true)?;
        let control = Some(Wire::Plain(control));
        Ok(Self {
            server,
            control,
            listener: None,
            data: None,
            tls: None,
            foreign: None,
            private: false,
            begun: false,
            ahead: Vec::new(),
            limits,
            around,
        })
    }

    /// The server is somebody else's.
    #[must_use]
    pub fn of_foreigner(mut self, foreign: Foreign) -> Self {
        self.foreign = Some(foreign);
        self
    }

    /// Brings control and data connections under TLS, without the case's doing. What is received next is the greeting.
    ///
    /// # Errors
    /// What the server, the socket or rustls says.
    pub fn secure(&mut self, how: Secure) -> io::Result<()> {
        let mut greeting = Vec::new();
        if how == Secure::Explicit {
            greeting = self.exchange(b"")?;
            self.exchange(b"AUTH TLS\r\n")?;
        }
        if !self.start_tls(&Hello::default()) {
            return Err(io::Error::other("the handshake failed"));
        }
        self.private = true;
        if how == Secure::Implicit {
            greeting = self.exchange(b"")?;
        }
        for command in [b"PBSZ 0\r\n", b"PROT P\r\n"] {
            match (self.exchange(command), how) {
                (Err(error), Secure::Explicit) => return Err(error),
                // No RFC tells whether the data is under TLS by itself then, so that some servers want to be told, and others need not be.
                (_, Secure::Implicit) | (Ok(_), Secure::Explicit) => {}
            }
        }
        self.ahead = greeting;
        Ok(())
    }

    /// Sends a command, or nothing to hear the greeting, and reads to the end of the final reply, which has to grant it.
    fn exchange(&mut self, command: &[u8]) -> io::Result<Vec<u8>> {
        send(self.control.as_mut(), command);
        let (mut lines, mut replies) = (LineReader::new(WINDOW), ReplyReader::default());
        let (mut unread, mut all) = (Vec::new(), Vec::new());
        loop {
            let (used, framed) = lines.next(&unread);
            let reply = match framed {
                Framed::Line(line) => replies.line(line).map_err(|_| ErrorKind::InvalidData)?,
                Framed::TooLong => return Err(ErrorKind::InvalidData.into()),
                Framed::Partial => {
                    let Received::Bytes(bytes) = receive(self.control.as_mut(), &mut self.limits) else {
                        return Err(ErrorKind::UnexpectedEof.into());
                    };
                    all.extend_from_slice(&bytes);
                    unread = bytes;
                    continue;
                }
            };
            unread.drain(..used);
            match reply.as_ref().map(|reply| reply.code().class()) {
                Some(Class::Completion) => return Ok(all),
                None | Some(Class::Preliminary) => {}
                Some(_) => return Err(io::Error::other(reply.map_or_else(String::new, |reply| reply.to_string()))),
            }
        }
    }

    /// The handshake on a data connection, where every one has one.
    fn shake_hands(&mut self) {
        if let Some(Wire::Plain(socket)) = self.data.as_ref().filter(|_| self.private) {
            // A handshake is several writes, none of which is to wait for an acknowledgement; without it, it takes longer.
            let _ = socket.set_nodelay(true);
            self.secure_data(true);
        }
    }

    fn dial(&self, port: u16) -> io::Result<TcpStream> {
        let to = SocketAddr::new(self.server.ip(), port);
        let socket = socket2::Socket::new(socket2::Domain::for_address(to), socket2::Type::STREAM, None)?;
        socket.set_recv_buffer_size(WINDOW)?;
        socket.connect_timeout(&to.into(), self.limits.silence)?;
        prepared(socket.into(), &self.limits)
    }

    fn hang_on(&mut self) -> io::Result<SocketAddr> {
        let here = self.control.as_ref().ok_or(io::ErrorKind::NotConnected)?.socket().local_addr()?.ip();
        let listener = TcpListener::bind((here, 0))?;
        // On a listener this limits accept, and what is accepted has its buffer size.
        SockRef::from(&listener).set_read_timeout(Some(LOOK_UP))?;
        SockRef::from(&listener).set_recv_buffer_size(WINDOW)?;
        let address = listener.local_addr()?;
        self.listener = Some(listener);
        self.data = None;
        Ok(address)
    }
}

fn prepared(stream: TcpStream, limits: &Limits) -> io::Result<TcpStream> {
    stream.set_read_timeout(Some(LOOK_UP))?;
    stream.set_write_timeout(Some(limits.silence))?;
    Ok(stream)
}

/// Did a wait end because of [`LOOK_UP`]?
pub(super) fn waits(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}

/// A peer that is gone shows when something is received; what is sent to it is lost.
fn send(stream: Option<&mut Wire>, bytes: &[u8]) {
    if let Some(stream) = stream {
        let _ = stream.write_all(bytes);
    }
}

fn receive(stream: Option<&mut Wire>, limits: &mut Limits) -> Received {
    let Some(stream) = stream else { return Received::Closed };
    let until = limits.until();
    let mut room = vec![0; WINDOW.min(limits.bytes)];
    loop {
        match stream.read(&mut room) {
            Ok(count) if count > 0 => {
                limits.bytes -= count;
                room.truncate(count);
                return Received::Bytes(room);
            }
            Err(error) if waits(&error) => {
                if limits.over(until) {
                    return Received::Nothing;
                }
            }
            _ => return Received::Closed,
        }
    }
}

impl Backend for Sockets<'_> {
    fn send(&mut self, bytes: &[u8]) {
        send(self.control.as_mut(), bytes);
    }

    fn send_urgent(&mut self) {
        let [before @ .., urgent] = SYNCH;
        self.send(&before);
        if let Some(control) = &self.control {
            // A server that is gone shows later.
            let _ = SockRef::from(control.socket()).send_out_of_band(&[urgent]);
        }
    }

    fn close(&mut self) {
        self.control = None;
    }

    fn receive(&mut self) -> Received {
        if !self.ahead.is_empty() {
            return Received::Bytes(std::mem::take(&mut self.ahead));
        }
        let received = receive(self.control.as_mut(), &mut self.limits);
        if let Received::Bytes(bytes) = &received {
            self.begun |= bytes.split(|&byte| byte == b'\n').any(|line| line.first() == Some(&b'1'));
        }
        received
    }

    fn advance(&mut self, by: Duration) {
        self.around.advance(by);
    }

    fn connect(&mut self, port: u16) -> bool {
        self.begun = false;
        let connected = self.dial(port);
        let there = connected.is_ok();
        self.data = connected.ok().map(Wire::Plain);
        there
    }

    fn listen(&mut self) -> SocketAddr {
        self.begun = false;
        match self.hang_on() {
            Ok(address) => address,
            // Nobody can connect there.
            Err(_) => SocketAddr::new(self.server.ip(), 0),
        }
    }

    fn accept(&mut self) -> bool {
        let Some(listener) = self.listener.take() else { return false };
        let until = self.limits.until();
        let accepted = loop {
            match listener.accept() {
                Err(error) if waits(&error) && !self.limits.over(until) => {}
                accepted => break accepted,
            }
        };
        self.data = accepted.and_then(|(stream, _)| prepared(stream, &self.limits)).ok().map(Wire::Plain);
        self.data.is_some()
    }

    fn send_data(&mut self, bytes: &[u8]) {
        self.shake_hands();
        send(self.data.as_mut(), bytes);
    }

    fn receive_data(&mut self) -> Received {
        self.shake_hands();
        let received = receive(self.data.as_mut(), &mut self.limits);
        if received == Received::Closed {
            // Some servers say 226 only when the client has closed, too.
            self.data = None;
        }
        received
    }

    fn close_data(&mut self, reset: bool) {
        self.listener = None;
        if self.begun && !reset {
            self.shake_hands();
        }
        let Some(data) = &mut self.data else { return };
        if reset {
            let _ = SockRef::from(data.socket()).set_linger(Some(Duration::ZERO));
            self.data = None;
        } else {
            // The server's end of it is still to be seen.
            let _ = data.end_output();
        }
    }

    fn truncate_data(&mut self) {
        if let Some(data) = &self.data {
            // A server that is gone shows later.
            let _ = data.socket().shutdown(Shutdown::Write);
        }
    }

    fn start_tls(&mut self, hello: &Hello) -> bool {
        let tls = match &self.foreign {
            Some(foreign) => Tls::of_anybody(foreign, self.server.ip()),
            None => Tls::new(hello),
        };
        let Some(Wire::Plain(socket)) = self.control.take() else { return false };
        // Without TLS the connection is still there, to show what the server makes of it.
        let kept = socket.try_clone();
        let wire = tls.begin(socket);
        let begun = wire.is_ok();
        self.control = wire.ok().or_else(|| kept.ok().map(Wire::Plain));
        self.tls = Some(tls);
        begun
    }

    fn stop_tls(&mut self) -> bool {
        self.control = self.control.take().and_then(|wire| wire.stop_tls().ok()).map(Wire::Plain);
        self.control.is_some()
    }

    fn secure_data(&mut self, resumed: bool) {
        let (Some(Wire::Plain(socket)), Some(tls)) = (self.data.take(), &self.tls) else { return };
        let begun = if resumed { tls.begin(socket) } else { tls.without_tickets().begin(socket) };
        self.data = begun.ok();
    }

    fn finish(&mut self) -> Vec<u8> {
        let mut left = Vec::new();
        if let Some(control) = &mut self.control {
            let _ = control.end_output();
            while let Received::Bytes(bytes) = self.receive() {
                left.extend(bytes);
            }
        }
        self.control = None;
        left
    }

    fn look(&mut self, path: &[u8]) -> Seen {
        self.around.look(path)
    }

    fn login(&self) -> Option<Login> {
        self.around.login()
    }

    fn ip(&self) -> u8 {
        if matches!(self.server.ip().to_canonical(), IpAddr::V4(_)) { 4 } else { 6 }
    }

    fn scratch(&self) -> String {
        self.around.scratch()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    struct Nothing;

    impl Surroundings for Nothing {
        fn advance(&mut self, _: Duration) {}

        fn look(&mut self, _: &[u8]) -> Seen {
            Seen::Missing
        }
    }

    fn connected() -> (Sockets<'static>, TcpStream) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let client = Sockets::connect(address, Limits::default(), Box::new(Nothing)).unwrap();
        (client, listener.accept().unwrap().0)
    }

    #[test]
    fn what_the_server_says_is_received_to_its_end() {
        let (mut client, mut server) = connected();
        server.write_all(b"220 a\r\n").unwrap();
        assert_eq!(client.receive(), Received::Bytes(b"220 a\r\n".to_vec()));
        server.write_all(b"left").unwrap();
        drop(server);
        assert_eq!(client.finish(), b"left");
    }

    #[test]
    fn the_server_opens_a_data_connection() {
        let (mut client, _server) = connected();
        let address = client.listen();
        let mut data = TcpStream::connect(address).unwrap();
        assert!(client.accept());
        client.send_data(b"abc");
        client.close_data(false);
        let mut seen = Vec::new();
        data.read_to_end(&mut seen).unwrap();
        assert_eq!(seen, b"abc");
        drop(data);
        assert_eq!(client.receive_data(), Received::Closed);
        assert!(!client.connect(address.port()), "the listener is gone");
    }
}
