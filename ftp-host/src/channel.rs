//! [`Channel`]: a control or data stream that never blocks.
//!
//! How a connection comes to be is in [`crate::data`]; who waits for its readiness is the adapter's business.

use rustix::net::sockopt::{set_socket_oobinline, set_tcp_nodelay};
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::sync::Arc;

/// A control or data stream. Every call answers at once, with [`ErrorKind::WouldBlock`] where there is nothing to do yet;
/// [`ErrorKind::Interrupted`] never comes out.
#[derive(Debug)]
pub struct Channel {
    layer: Layer,
    /// Bytes that were read and given back.
    ahead: VecDeque<u8>,
}

/// What lies between the bytes of the stream and the bytes on the socket.
#[derive(Debug)]
enum Layer {
    /// Nothing.
    Plain(Arc<TcpStream>),
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

    /// A connection that does not block and has its options.
    pub(crate) const fn ready(stream: Arc<TcpStream>) -> Self {
        Self { layer: Layer::Plain(stream), ahead: VecDeque::new() }
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

    /// Reads what is there; 0 is the end of the stream.
    ///
    /// # Errors
    /// [`ErrorKind::WouldBlock`], or what the socket says.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.ahead.is_empty() {
            let count = self.ahead.read(buffer)?;
            if self.ahead.is_empty() {
                self.ahead = VecDeque::new();
            }
            return Ok(count);
        }
        match &self.layer {
            Layer::Plain(socket) => uninterrupted(|| socket.as_ref().read(buffer)),
        }
    }

    /// Gives back bytes that were read and belong to what comes next; the next read begins with them.
    pub(crate) fn unread(&mut self, bytes: &[u8]) {
        let mut ahead = VecDeque::from(bytes.to_vec());
        ahead.append(&mut self.ahead);
        self.ahead = ahead;
    }

    /// Has the peer closed its end, as far as can be seen without reading?
    pub(crate) fn is_closed(&self) -> bool {
        self.ahead.is_empty()
            && match self.socket().peek(&mut [0]) {
                Ok(count) => count == 0,
                Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted),
            }
    }

    /// Writes as much of `bytes` as there is room for.
    ///
    /// # Errors
    /// [`ErrorKind::WouldBlock`], or what the socket says.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &self.layer {
            Layer::Plain(socket) => uninterrupted(|| socket.as_ref().write(bytes)),
        }
    }

    /// Says that nothing more will be written: in STRU F, MODE S the end of the file (RFC 959 3.4.1). On
    /// [`ErrorKind::WouldBlock`] call it again when the socket is writable.
    ///
    /// # Errors
    /// [`ErrorKind::WouldBlock`], or what the socket says.
    pub fn shutdown_write(&mut self) -> io::Result<()> {
        match &self.layer {
            Layer::Plain(socket) => socket.shutdown(Shutdown::Write),
        }
    }

    /// The socket beneath, to wait for its readiness and to ask for its addresses.
    pub fn socket(&self) -> &Arc<TcpStream> {
        match &self.layer {
            Layer::Plain(socket) => socket,
        }
    }

    /// Are the bytes on the socket those of the stream, so that the kernel may move them?
    pub fn is_plain(&self) -> bool {
        match self.layer {
            Layer::Plain(_) => self.ahead.is_empty(),
        }
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
