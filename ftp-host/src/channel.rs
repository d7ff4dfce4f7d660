//! [`Channel`]: a control or data stream that never blocks, plain or under TLS.
//!
//! How a connection comes to be is in [`crate::data`]; who waits for its readiness is the adapter's business.

use crate::readiness::Direction;
use crate::tls::{Client, Stream};
use rustix::net::sockopt::{set_socket_oobinline, set_tcp_nodelay};
use rustix::net::{SendFlags, send};
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

/// A control or data stream. Every call answers at once, with [`ErrorKind::WouldBlock`] where there is nothing to do yet;
/// [`ErrorKind::Interrupted`] never comes out. What TLS has to say comes as a [`Failure`](crate::tls::Failure) in the error.
#[derive(Debug)]
pub struct Channel {
    layer: Layer,
    /// Bytes that were read and given back. Apart, since that is rare; never empty.
    #[expect(clippy::box_collection, reason = "most channels have none, and every session holds some")]
    ahead: Option<Box<VecDeque<u8>>>,
}

/// What lies between the bytes of the stream and the bytes on the socket.
#[derive(Debug)]
enum Layer {
    /// Nothing.
    Plain(Arc<TcpStream>),
    Tls(Box<Stream>),
}

impl Channel {
    /// A control connection. Urgent data stays in the stream, where the framing finds the Telnet Synch
    /// (RFC 959 4.1.3, RFC 854).
    ///
    /// # Errors
    /// When the socket refuses an option.
    pub fn control(stream: impl Into<Arc<TcpStream>>) -> io::Result<Self> {
        let stream = stream.into();
        stream.set_nonblocking(true)?;
        Self::prepare_control(&stream)?;
        Ok(Self::ready(stream))
    }

    /// Sets the options of a control connection, on it or on its listener.
    pub(crate) fn prepare_control(socket: &impl AsFd) -> io::Result<()> {
        set_socket_oobinline(socket, true)?;
        // See below.
        Ok(set_tcp_nodelay(socket, true)?)
    }

    /// A connection that has its options already. One that blocks makes every call wait instead of answering
    /// [`ErrorKind::WouldBlock`].
    pub const fn ready(stream: Arc<TcpStream>) -> Self {
        Self { layer: Layer::Plain(stream), ahead: None }
    }

    /// A data connection.
    ///
    /// # Errors
    /// When the socket refuses an option.
    pub fn data(stream: impl Into<Arc<TcpStream>>) -> io::Result<Self> {
        let stream = stream.into();
        stream.set_nonblocking(true)?;
        Self::unblocked_data(stream)
    }

    /// A data connection that does not block.
    pub(crate) fn unblocked_data(stream: Arc<TcpStream>) -> io::Result<Self> {
        // A reply, or the odd last segment of a write, must not wait for the acknowledgement of what went before, which
        // a peer may delay by 40 ms and more. Writes are large where there is much to send, so this costs no segments.
        stream.set_nodelay(true)?;
        Ok(Self::ready(stream))
    }

    /// The same connection under TLS, from here on.
    ///
    /// # Errors
    /// What `begin` says.
    pub(crate) fn secured(self, begin: impl FnOnce(Arc<TcpStream>) -> io::Result<Stream>) -> io::Result<Self> {
        Ok(Self { layer: Layer::Tls(Box::new(begin(Arc::clone(self.socket()))?)), ahead: None })
    }

    /// Begins TLS on a control connection. RFC 4217 14: there is no urgent data any more; a byte of it, which no key
    /// protects, must not get into the stream.
    ///
    /// # Errors
    /// What `begin` says, or the socket; or that more came in the clear than can be part of a handshake.
    pub(crate) fn start_tls(&mut self, begin: impl FnOnce(Arc<TcpStream>) -> io::Result<Stream>) -> io::Result<()> {
        if self.ahead.take().is_some() {
            return Err(ErrorKind::InvalidData.into());
        }
        set_socket_oobinline(self.socket(), false)?;
        self.layer = Layer::Tls(Box::new(begin(Arc::clone(self.socket()))?));
        Ok(())
    }

    /// Ends TLS on a control connection: what is written from here on is plain, and what is read as soon as the peer has
    /// ended it too.
    pub(crate) fn stop_tls(&mut self) {
        if let Layer::Tls(stream) = &mut self.layer {
            stream.notify();
        }
    }

    /// Does a TLS handshake, where one is to be done, as far as the socket lets.
    ///
    /// # Errors
    /// [`ErrorKind::WouldBlock`], or why there is no TLS.
    pub fn handshake(&mut self) -> io::Result<()> {
        match &mut self.layer {
            Layer::Tls(stream) => stream.handshake(),
            Layer::Plain(_) => Ok(()),
        }
    }

    /// Reads what the peer has sent of a handshake: is there anything for [`handshake`](Self::handshake) to do?
    pub(crate) fn gather(&mut self) -> bool {
        match &mut self.layer {
            Layer::Tls(stream) => stream.gather(),
            Layer::Plain(_) => true,
        }
    }

    /// What a server's handshake told of its client; without one, nothing.
    pub(crate) fn client(&self) -> Client {
        match &self.layer {
            Layer::Tls(stream) => stream.client(),
            Layer::Plain(_) => Client::default(),
        }
    }

    /// Is it under TLS?
    pub fn is_secured(&self) -> bool {
        matches!(&self.layer, Layer::Tls(_))
    }

    /// Is a TLS handshake under way?
    pub fn is_handshaking(&self) -> bool {
        matches!(&self.layer, Layer::Tls(stream) if stream.is_handshaking())
    }

    /// Reads what is there; 0 is the end of the stream.
    ///
    /// # Errors
    /// [`ErrorKind::WouldBlock`], or what the socket or TLS says.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(ahead) = &mut self.ahead {
            let count = ahead.read(buffer)?;
            if ahead.is_empty() {
                self.ahead = None;
            }
            return Ok(count);
        }
        match &mut self.layer {
            Layer::Plain(socket) => uninterrupted(|| socket.as_ref().read(buffer)),
            Layer::Tls(stream) => match stream.read(buffer) {
                Ok(0) if stream.is_ending() && !buffer.is_empty() => {
                    let plain = Layer::Plain(Arc::clone(stream.socket()));
                    if let Layer::Tls(stream) = std::mem::replace(&mut self.layer, plain) {
                        self.unread(&stream.into_plain());
                    }
                    self.read(buffer)
                }
                result => result,
            },
        }
    }

    /// Gives back bytes that were read and belong to what comes next; the next read begins with them.
    pub(crate) fn unread(&mut self, bytes: &[u8]) {
        let mut ahead = VecDeque::from(bytes.to_vec());
        if let Some(behind) = &mut self.ahead {
            ahead.append(behind);
        }
        self.ahead = (!ahead.is_empty()).then(|| Box::new(ahead));
    }

    /// Has the peer closed its end, as far as can be seen without reading?
    pub(crate) fn is_closed(&self) -> bool {
        self.ahead.is_none()
            && match self.socket().peek(&mut [0]) {
                Ok(count) => count == 0,
                Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted),
            }
    }

    /// Writes as much of `bytes` as there is room for.
    ///
    /// # Errors
    /// [`ErrorKind::WouldBlock`], or what the socket or TLS says.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.layer {
            Layer::Plain(socket) => uninterrupted(|| socket.as_ref().write(bytes)),
            Layer::Tls(stream) => stream.write(bytes),
        }
    }

    /// Writes what the layer has taken and the socket has not. Without TLS that is nothing.
    ///
    /// # Errors
    /// [`ErrorKind::WouldBlock`], or what the socket says.
    pub fn flush(&mut self) -> io::Result<()> {
        match &mut self.layer {
            Layer::Plain(_) => Ok(()),
            Layer::Tls(stream) => stream.flush(),
        }
    }

    /// Is there anything that [`flush`](Self::flush) would write?
    pub(crate) fn wants_write(&self) -> bool {
        matches!(&self.layer, Layer::Tls(stream) if stream.wants_write())
    }

    /// As [`write`](Self::write), for the last bytes before [`shutdown_write`](Self::shutdown_write): where the socket carries
    /// them as they are, they leave with the end.
    ///
    /// # Errors
    /// [`ErrorKind::WouldBlock`], or what the socket says.
    pub(crate) fn write_last(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_plain() {
            return uninterrupted(|| send(self.socket(), bytes, SendFlags::MORE | SendFlags::NOSIGNAL));
        }
        self.write(bytes)
    }

    /// Says that nothing more will be written: in STRU F, MODE S the end of the file (RFC 959 3.4.1). On
    /// [`ErrorKind::WouldBlock`] call it again when the socket is ready.
    ///
    /// # Errors
    /// [`ErrorKind::WouldBlock`], or what the socket says.
    pub fn shutdown_write(&mut self) -> io::Result<()> {
        match &mut self.layer {
            Layer::Plain(socket) => socket.shutdown(Shutdown::Write),
            Layer::Tls(stream) => stream.shutdown_write(),
        }
    }

    /// What the last call that would have blocked waits for. Under TLS that is not what it was meant to do: a handshake
    /// writes and reads by turns.
    pub(crate) fn waits(&self, meant: Direction) -> Direction {
        match &self.layer {
            Layer::Plain(_) => meant,
            Layer::Tls(stream) => stream.waits(),
        }
    }

    /// Has the close, whenever it comes, reset the connection: what was sent does not look like the whole.
    pub(crate) fn reset_on_close(&self) {
        // Where the socket refuses, the peer sees an end in good order, as before.
        let _ = rustix::net::sockopt::set_socket_linger(self.socket(), Some(Duration::ZERO));
    }

    /// The socket beneath, to wait for its readiness and to ask for its addresses.
    pub fn socket(&self) -> &Arc<TcpStream> {
        match &self.layer {
            Layer::Plain(socket) => socket,
            Layer::Tls(stream) => stream.socket(),
        }
    }

    /// Are the bytes on the socket those of the stream, so that the kernel may move them?
    pub fn is_plain(&self) -> bool {
        matches!(self.layer, Layer::Plain(_)) && self.ahead.is_none()
    }

    /// Has whoever sends to wait until the peer has closed its side too? A client of TLS 1.3 has: the server's tickets come
    /// when they come, and a socket closed with one of them unread is reset, which destroys what was sent last.
    pub(crate) fn waits_for_the_end(&self) -> bool {
        matches!(&self.layer, Layer::Tls(stream) if stream.is_client())
    }
}

/// Repeats a call that a signal interrupted.
pub(crate) fn uninterrupted<T, E: Into<io::Error>>(mut call: impl FnMut() -> Result<T, E>) -> io::Result<T> {
    loop {
        match call().map_err(Into::into) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
