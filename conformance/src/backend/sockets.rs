//! [`Sockets`]: a client of a server over sockets, whatever runs that server. What there is besides the connections (its
//! files, its clock, who logs in) is the [`Surroundings`]'.

use super::tls::{Tls, Wire};
use super::{Backend, Login, Received, SYNCH, Seen};
use crate::transcript::Hello;
use crate::transcript::check::SCRATCH;
use socket2::SockRef;
use std::io::{self, Read, Write};
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
    limits: Limits,
    around: Box<dyn Surroundings + 'a>,
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
        Ok(Self { server, control, listener: None, data: None, tls: None, limits, around })
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
        receive(self.control.as_mut(), &mut self.limits)
    }

    fn advance(&mut self, by: Duration) {
        self.around.advance(by);
    }

    fn connect(&mut self, port: u16) -> bool {
        let connected = self.dial(port);
        let there = connected.is_ok();
        self.data = connected.ok().map(Wire::Plain);
        there
    }

    fn listen(&mut self) -> SocketAddr {
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
        send(self.data.as_mut(), bytes);
    }

    fn receive_data(&mut self) -> Received {
        let received = receive(self.data.as_mut(), &mut self.limits);
        if received == Received::Closed {
            // Some servers say 226 only when the client has closed, too.
            self.data = None;
        }
        received
    }

    fn close_data(&mut self, reset: bool) {
        self.listener = None;
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
        let tls = Tls::new(hello);
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
