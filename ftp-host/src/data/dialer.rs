//! Active mode, and a client's side of passive mode: a connection on its way.

use super::{canonical, network_error, socket_for, with_port};
use crate::channel::Channel;
use ftp_core::action::NetworkError;
use rustix::io::Errno;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

/// A connection being made. It never blocks.
#[derive(Debug)]
pub struct Dialer {
    stream: Arc<TcpStream>,
}

impl Dialer {
    /// Begins to connect to `to`, from the IP address of `local`, the control connection's, so that the peer sees the
    /// address it knows. The port is any: the fixed port 20 of RFC 959 3.2 needs privileges and gains nothing.
    ///
    /// # Errors
    /// What the system says at once.
    pub fn start(to: SocketAddr, local: SocketAddr) -> Result<Self, NetworkError> {
        Self::connect(canonical(to), canonical(local)).map_err(|error| network_error(&error))
    }

    fn connect(to: SocketAddr, local: SocketAddr) -> io::Result<Self> {
        let socket = socket_for(to)?;
        // EPRT may name an address of the other family (RFC 2428 2): the system then chooses where from.
        if to.is_ipv4() == local.is_ipv4() {
            socket.bind(&with_port(local, 0).into())?;
        }
        match socket.connect(&to.into()) {
            Ok(()) => {}
            Err(error) if Errno::from_io_error(&error) == Some(Errno::INPROGRESS) => {}
            Err(error) => return Err(error),
        }
        Ok(Self { stream: Arc::new(socket.into()) })
    }

    /// The outcome, once there is one; ask when the socket is writable. After an outcome, drop it.
    pub fn finish(&mut self) -> Option<Result<Channel, NetworkError>> {
        self.outcome().map_err(|error| network_error(&error)).transpose()
    }

    fn outcome(&self) -> io::Result<Option<Channel>> {
        if let Some(error) = self.stream.take_error()? {
            return Err(error);
        }
        match self.stream.peer_addr() {
            Ok(_) => Channel::unblocked_data(Arc::clone(&self.stream)).map(Some),
            Err(error) if error.kind() == ErrorKind::NotConnected => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The socket beneath, to wait for its readiness; the channel will be on the same one.
    pub const fn socket(&self) -> &Arc<TcpStream> {
        &self.stream
    }
}
