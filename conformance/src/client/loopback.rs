//! [`Loopback`]: a script's server on loopback sockets, and [`ByHand`], the client of `ftp-host` on a clock that stands still. Those of the
//! adapters stand in [`super::adapter`].

use super::outcome::describe;
use super::tls::{NO_TLS, STILL_TLS, ServerWire, Tls};
use super::{Ask, Client, Script, tls};
use crate::backend::Received;
use crate::backend::tls::Wire;
use crate::backend::world::MADE;
use ftp_core::client::{ClientError, Event, Request};
use ftp_host::client::{Connection, End};
use ftp_host::clock::Clock;
use ftp_host::pump::{Memory, Sink};
use ftp_host::readiness::{Ready, Turn};
use ftp_host::storage::Source;
use socket2::{Domain, SockRef, Socket, Type};
use std::collections::VecDeque;
use std::io::{self, Cursor, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// Nothing comes any more if nothing has come for so long.
const LIMIT: Duration = Duration::from_secs(10);

/// The pause between two looks at the sockets.
const PAUSE: Duration = Duration::from_micros(100);

/// What is on its way over loopback arrives within this time, so that it is there before the clock is moved.
const ARRIVAL: Duration = Duration::from_millis(50);

/// The largest file of a script, in bytes.
const FILE_LIMIT: usize = 1 << 20;

/// A client as the script's server finds it.
pub trait Peer {
    /// Asks for something; `more`: the next call asks for something else.
    fn ask(&mut self, ask: &Ask, more: bool);

    /// Lets it go on, where it does not do so by itself.
    fn turn(&mut self);

    /// What came of the request.
    fn outcome(&mut self) -> Option<String>;

    /// Lets time go by.
    fn advance(&mut self, by: Duration);

    /// The server is gone: nothing more will be asked.
    fn server_closed(&mut self);
}

/// A script's server, and its client.
pub struct Loopback<P> {
    peer: P,
    control: ServerWire,
    /// The server has closed its end of it.
    ended: bool,
    listener: Option<TcpListener>,
    /// Bound to a port, so that nobody else listens there.
    unused: Option<Socket>,
    data: Option<ServerWire>,
    /// Where there is TLS.
    tls: Option<Tls>,
}

impl<P: Peer> Loopback<P> {
    /// A server to which a client of this script has just connected.
    ///
    /// # Panics
    /// Without a port on loopback.
    pub fn new(script: &Script, connect: impl FnOnce(TcpStream, &Script) -> io::Result<P>) -> Self {
        let pair = || {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            let client = TcpStream::connect(listener.local_addr()?)?;
            let control = listener.accept()?.0;
            control.set_nonblocking(true)?;
            control.set_nodelay(true)?;
            Ok::<_, io::Error>((control, connect(client, script)?))
        };
        match pair() {
            Ok((control, peer)) => {
                let control = Wire::Plain(control);
                Self { peer, control, ended: false, listener: None, unused: None, data: None, tls: None }
            }
            Err(error) => panic!("no connection over loopback: {error}"),
        }
    }

    /// Lets the client go on until `look` finds something.
    fn until<T>(&mut self, mut look: impl FnMut(&mut Self) -> Option<T>) -> Option<T> {
        let end = Instant::now() + LIMIT;
        loop {
            self.peer.turn();
            let found = look(self);
            if found.is_some() || Instant::now() > end {
                return found;
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Sends as the client takes it; what a client that is gone does not take is lost.
    fn send_all(&mut self, bytes: &[u8], stream: impl Fn(&mut Self) -> Option<&mut ServerWire>) {
        let mut rest = bytes;
        self.until(|this| {
            let Some(stream) = stream(this) else { return Some(()) };
            match stream.write(rest) {
                Ok(count) => rest = &rest[count..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => rest = &[],
            }
            (rest.is_empty() && done(stream.flush()).is_some()).then_some(())
        });
    }

    /// Shakes hands on a connection on which the client has begun to.
    fn secure(&mut self, stream: impl Fn(&mut Self) -> Option<&mut ServerWire>) -> io::Result<()> {
        let socket = stream(self).ok_or(ErrorKind::NotConnected)?.socket().try_clone()?;
        let tls = match self.tls.take() {
            Some(tls) => tls,
            None => Tls::new()?,
        };
        let over = self.tls.insert(tls).over(&socket)?;
        *stream(self).ok_or(ErrorKind::NotConnected)? = over;
        let shaken = self.until(|this| done(tls::shake_hands(stream(this)?)));
        let result = shaken.unwrap_or(Err(ErrorKind::TimedOut.into()));
        if let (Err(_), Some(stream)) = (&result, stream(self)) {
            // What the client says now it says in the clear.
            *stream = Wire::Plain(socket);
        }
        result
    }
}

/// The result of a call, if it did not wait in vain.
fn done<T>(result: io::Result<T>) -> Option<io::Result<T>> {
    if matches!(&result, Err(error) if error.kind() == ErrorKind::WouldBlock) { None } else { Some(result) }
}

fn read(stream: &mut ServerWire) -> Option<Received> {
    let mut room = [0; 4096];
    match done(stream.read(&mut room))? {
        Ok(count) if count > 0 => Some(Received::Bytes(room[..count].to_vec())),
        _ => Some(Received::Closed),
    }
}

/// The same in the clear, where a handshake is nothing that the client says. To a server that has `ended` it is lost.
fn read_lines(stream: &mut ServerWire, ended: bool) -> Option<Received> {
    while tls::skip(stream, ended).is_ok() {}
    match done(tls::record(stream))? {
        Ok(Some(_)) => (!ended).then_some(Received::Nothing),
        _ => read(stream),
    }
}

fn listener() -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

fn unused() -> io::Result<(Socket, SocketAddr)> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    let address = socket.local_addr()?.as_socket().ok_or(ErrorKind::Unsupported)?;
    Ok((socket, address))
}

fn prepared(stream: TcpStream) -> Option<ServerWire> {
    stream.set_nonblocking(true).ok().map(|()| Wire::Plain(stream))
}

impl<P: Peer> Client for Loopback<P> {
    fn ask(&mut self, ask: &Ask, more: bool) {
        self.peer.ask(ask, more);
        self.peer.turn();
    }

    fn outcome(&mut self) -> Option<String> {
        self.until(|this| this.peer.outcome())
    }

    fn advance(&mut self, by: Duration) {
        let end = Instant::now() + ARRIVAL;
        self.until(|_| (Instant::now() > end).then_some(()));
        self.peer.advance(by);
    }

    fn send(&mut self, bytes: &[u8]) {
        self.send_all(bytes, |this| Some(&mut this.control));
    }

    fn receive(&mut self) -> Received {
        self.until(|this| read_lines(&mut this.control, this.ended)).unwrap_or(Received::Nothing)
    }

    fn close(&mut self) {
        // What the client says to the end is still to be seen. A client that is gone has closed it already.
        let _ = self.control.end_output();
        self.ended = true;
        self.peer.server_closed();
        self.peer.turn();
    }

    fn listen(&mut self) -> SocketAddr {
        match listener() {
            Ok((listener, address)) => {
                self.listener = Some(listener);
                self.data = None;
                address
            }
            Err(error) => panic!("no port to listen at on loopback: {error}"),
        }
    }

    fn nobody(&mut self) -> SocketAddr {
        match unused() {
            Ok((socket, address)) => {
                self.listener = None;
                self.unused = Some(socket);
                address
            }
            Err(error) => panic!("no port on loopback: {error}"),
        }
    }

    fn accept(&mut self) -> bool {
        let accepted = self.until(|this| this.listener.as_ref()?.accept().ok());
        self.listener = None;
        self.data = accepted.and_then(|(stream, _)| prepared(stream));
        self.data.is_some()
    }

    fn connect(&mut self, port: u16) -> bool {
        self.data = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok().and_then(prepared);
        self.data.is_some()
    }

    fn send_data(&mut self, bytes: &[u8]) {
        self.send_all(bytes, |this| this.data.as_mut());
    }

    fn receive_data(&mut self) -> Received {
        let received = self.until(|this| this.data.as_mut().map_or(Some(Received::Nothing), read));
        if let (Some(Received::Closed), Some(data @ Wire::Tls(_))) = (&received, &mut self.data) {
            // A client of TLS waits for the other end before it takes an upload for sent.
            let _ = data.end_output();
        }
        received.unwrap_or(Received::Nothing)
    }

    fn close_data(&mut self, reset: bool) {
        let Some(data) = &mut self.data else { return };
        // A client that is gone has nothing more to see.
        if reset {
            let _ = SockRef::from(data.socket()).set_linger(Some(Duration::ZERO));
            self.data = None;
        } else {
            let _ = data.end_output();
        }
        self.peer.turn();
    }

    fn shake_hands(&mut self, succeeds: bool) -> Result<(), &'static str> {
        let begun = self.until(|this| done(tls::record(&this.control)));
        if !matches!(begun, Some(Ok(Some(_)))) {
            return Err(NO_TLS);
        }
        // Whether the client is content is in what comes of its request.
        let _ = if succeeds { self.secure(|this| Some(&mut this.control)) } else { tls::refuse(&self.control) };
        self.peer.turn();
        Ok(())
    }

    fn stop_tls(&mut self) -> Result<(), &'static str> {
        let stopped = self.until(|this| done(tls::stop(&mut this.control)));
        self.control = stopped.and_then(Result::ok).ok_or(STILL_TLS)?;
        Ok(())
    }

    fn secure_data(&mut self) -> Result<(), &'static str> {
        self.secure(|this| this.data.as_mut()).map_err(|_| NO_TLS)?;
        let resumed = self.data.as_ref().is_some_and(tls::is_resumed);
        resumed.then_some(()).ok_or("the client begins a session of its own")
    }

    fn truncate_data(&mut self) {
        if let Some(data) = &self.data {
            // A client that is gone has nothing more to see.
            let _ = data.socket().shutdown(Shutdown::Write);
        }
        self.peer.turn();
    }
}

/// The client's end of a transfer, and where retrieved bytes can be seen.
pub(super) fn end(request: &Request, content: Option<&Vec<u8>>) -> (Option<End>, Memory) {
    let sink = Memory::new(FILE_LIMIT);
    let end = match (request, content) {
        (Request::Retrieve { .. }, _) => Some(End::Sink(Sink::Writer(Box::new(sink.clone())))),
        (_, Some(content)) => {
            let remaining = Some(content.len() as u64);
            Some(End::Source(Source::Stream { reader: Box::new(Cursor::new(content.clone())), remaining }))
        }
        (_, None) => None,
    };
    (end, sink)
}

/// The client of `ftp-host`, turned by hand.
pub struct ByHand {
    /// `None` once it is over.
    connection: Option<Connection>,
    /// The requests that are not done.
    asked: VecDeque<(Request, Memory)>,
    outcomes: VecDeque<String>,
}

impl ByHand {
    /// A client on this connection.
    ///
    /// # Errors
    /// What the system says.
    pub fn connect(stream: TcpStream, script: &Script) -> io::Result<Self> {
        let connection = Connection::new(stream, Clock::manual(), |config| {
            config.now_wall = MADE;
            script.configure(config);
        })?
        .with_tls(Some(&tls::client()?));
        Ok(Self { connection: Some(connection), asked: VecDeque::new(), outcomes: VecDeque::new() })
    }
}

impl Peer for ByHand {
    fn ask(&mut self, ask: &Ask, _more: bool) {
        let connection = self.connection.as_mut();
        match (ask, connection) {
            (Ask::Abort, Some(connection)) => connection.abort(),
            (Ask::Abort, None) => {}
            (Ask::Request(request, content), connection) => {
                let (end, sink) = end(request, content.as_ref());
                let asked = connection.is_some_and(|connection| connection.request(request.clone(), end).is_ok());
                if asked {
                    self.asked.push_back((request.clone(), sink));
                } else {
                    self.outcomes.push_back(describe(request, &Err(ClientError::Disconnected), &[]));
                }
            }
        }
    }

    fn turn(&mut self) {
        let mut scratch = [0; 4096];
        while let Some(connection) = &mut self.connection {
            let turn = connection.turn(Ready::ALL, &mut scratch);
            while let Some(event) = connection.event() {
                if let Event::Done(result) = event
                    && let Some((request, sink)) = self.asked.pop_front()
                {
                    self.outcomes.push_back(describe(&request, &result, &sink.take()));
                }
            }
            match turn {
                Turn::Again => {}
                Turn::Wait => return,
                Turn::Over => self.connection = None,
            }
        }
    }

    fn outcome(&mut self) -> Option<String> {
        self.outcomes.pop_front()
    }

    fn advance(&mut self, by: Duration) {
        let mut left = by;
        while let Some(connection) = &self.connection
            && !left.is_zero()
        {
            let deadline = connection.interest().deadline;
            let step = deadline.map_or(left, |deadline| left.min(deadline.since(connection.clock().now())));
            connection.clock().advance(step);
            left -= step;
            self.turn();
        }
    }

    fn server_closed(&mut self) {}
}
