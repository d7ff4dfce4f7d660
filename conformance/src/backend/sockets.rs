//! [`Sockets`]: a client of a server on loopback sockets, whatever runs that server. Time does not go by here either: the
//! server's clock is moved by hand, and the limits below are only there so that a broken server cannot hold up the tests.

use super::{Backend, Received};
use ftp_host::storage::{Memory, Storage};
use socket2::SockRef;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// Nothing comes any more if nothing has come for so long.
const LIMIT: Duration = Duration::from_secs(10);

/// Room for bytes of a data connection that nobody reads: small, so that a transfer can be held up.
const WINDOW: usize = 64 * 1024;

/// Moves the server's clock; to return when every session has seen the new time.
pub type Advance = Box<dyn FnMut(Duration)>;

/// A client of a server on loopback.
pub struct Sockets {
    server: SocketAddr,
    control: Option<TcpStream>,
    listener: Option<TcpListener>,
    data: Option<TcpStream>,
    advance: Advance,
    storage: Memory,
}

impl Sockets {
    /// Connects to a server that serves `storage` by a clock that `advance` moves.
    ///
    /// # Errors
    /// What the system says.
    pub fn connect(server: SocketAddr, storage: Memory, advance: Advance) -> io::Result<Self> {
        let control = TcpStream::connect(server)?;
        control.set_nodelay(true)?;
        control.set_read_timeout(Some(LIMIT))?;
        Ok(Self { server, control: Some(control), listener: None, data: None, advance, storage })
    }

    fn dial(&self, port: u16) -> io::Result<TcpStream> {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
        socket.set_recv_buffer_size(WINDOW)?;
        socket.connect(&SocketAddr::new(self.server.ip(), port).into())?;
        prepared(socket.into())
    }

    fn hang_on(&mut self) -> io::Result<SocketAddr> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        // On a listener this limits accept, and what is accepted has its buffer size.
        SockRef::from(&listener).set_read_timeout(Some(LIMIT))?;
        SockRef::from(&listener).set_recv_buffer_size(WINDOW)?;
        let address = listener.local_addr()?;
        self.listener = Some(listener);
        self.data = None;
        Ok(address)
    }
}

fn prepared(stream: TcpStream) -> io::Result<TcpStream> {
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    Ok(stream)
}

/// A peer that is gone shows when something is received; what is sent to it is lost.
fn send(stream: Option<&mut TcpStream>, bytes: &[u8]) {
    if let Some(stream) = stream {
        let _ = stream.write_all(bytes);
    }
}

fn receive(stream: Option<&mut TcpStream>) -> Received {
    let mut room = vec![0; WINDOW];
    match stream.map(|stream| stream.read(&mut room)) {
        Some(Ok(count)) if count > 0 => Received::Bytes(room[..count].to_vec()),
        Some(Err(error)) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
            Received::Nothing
        }
        _ => Received::Closed,
    }
}

impl Backend for Sockets {
    fn send(&mut self, bytes: &[u8]) {
        send(self.control.as_mut(), bytes);
    }

    fn send_urgent(&mut self) {
        if let Some(control) = &self.control {
            // RFC 854: the Synch is IAC DM (255 242), the DM sent as urgent data. A server that is gone shows later.
            let _ = SockRef::from(control).send_out_of_band(&[255, 242]);
        }
    }

    fn close(&mut self) {
        self.control = None;
    }

    fn receive(&mut self) -> Received {
        receive(self.control.as_mut())
    }

    fn advance(&mut self, by: Duration) {
        (self.advance)(by);
    }

    fn connect(&mut self, port: u16) -> bool {
        let connected = self.dial(port);
        let there = connected.is_ok();
        self.data = connected.ok();
        there
    }

    fn listen(&mut self) -> SocketAddr {
        match self.hang_on() {
            Ok(address) => address,
            Err(error) => panic!("no port to listen at on loopback: {error}"),
        }
    }

    fn accept(&mut self) -> bool {
        let accepted = self.listener.take().map(|listener| listener.accept());
        self.data = accepted.and_then(Result::ok).and_then(|(stream, _)| prepared(stream).ok());
        self.data.is_some()
    }

    fn send_data(&mut self, bytes: &[u8]) {
        send(self.data.as_mut(), bytes);
    }

    fn receive_data(&mut self) -> Received {
        receive(self.data.as_mut())
    }

    fn close_data(&mut self, reset: bool) {
        self.listener = None;
        let Some(data) = &self.data else { return };
        if reset {
            let _ = SockRef::from(data).set_linger(Some(Duration::ZERO));
            self.data = None;
        } else {
            // The server's end of it is still to be seen.
            let _ = data.shutdown(Shutdown::Write);
        }
    }

    fn finish(&mut self) -> Vec<u8> {
        let mut left = Vec::new();
        if let Some(mut control) = self.control.take() {
            let _ = control.shutdown(Shutdown::Write);
            let _ = control.read_to_end(&mut left);
        }
        left
    }

    fn storage(&self) -> &dyn Storage {
        &self.storage
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connected() -> (Sockets, TcpStream) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let client = Sockets::connect(address, Memory::new(), Box::new(|_| ())).unwrap();
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
