//! Active mode, and a client's side of passive mode: a connection on its way.

use super::{canonical, network_error, socket_for, with_port};
use crate::channel::Channel;
use ftp_core::action::NetworkError;
use rustix::io::Errno;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::sync::Arc;

/// A connection being made. It never blocks.
#[derive(Debug)]
pub struct Dialer {
    stream: Arc<TcpStream>,
    /// Nobody has asked after it.
    new: bool,
}

impl Dialer {
    /// Begins to connect to `to`, from the IP address of `local`, the control connection's, so that the peer sees the
    /// address it knows. The port is any: the fixed port 20 of RFC 959 3.2 needs privileges and gains nothing.
    ///
    /// # Errors
    /// What the system says at once.
    pub fn start(to: SocketAddr, local: SocketAddr) -> Result<Self, NetworkError> {
        let (to, local) = (canonical(to), canonical(local));
        // EPRT may name an address of the other family (RFC 2428 2): the system then chooses where from.
        let from = (to.is_ipv4() == local.is_ipv4()).then_some(local);
        Self::connect(to, from).map_err(|error| network_error(&error))
    }

    /// The same from the address that the system chooses. It then takes any port that is free for this one connection, where a
    /// port that is bound before must be free for all: with thousands of connections that have just ended it searches long.
    ///
    /// # Errors
    /// What the system says at once.
    pub fn start_anywhere(to: SocketAddr) -> Result<Self, NetworkError> {
        Self::connect(canonical(to), None).map_err(|error| network_error(&error))
    }

    fn connect(to: SocketAddr, from: Option<SocketAddr>) -> io::Result<Self> {
        let socket = socket_for(to)?;
        if let Some(from) = from {
            socket.bind(&with_port(from, 0).into())?;
        }
        match socket.connect(&to.into()) {
            Ok(()) => {}
            Err(error) if Errno::from_io_error(&error) == Some(Errno::INPROGRESS) => {}
            Err(error) => return Err(error),
        }
        Ok(Self { stream: Arc::new(socket.into()), new: true })
    }

    /// Does the system choose the IP address of `local` by itself for connections to `peer`? So it does unless the application
    /// has chosen another one for its control connection.
    pub fn comes_from(local: SocketAddr, peer: SocketAddr) -> bool {
        let (local, peer) = (canonical(local), canonical(peer));
        // Connecting a datagram socket sends nothing.
        let chosen = UdpSocket::bind(unspecified(peer)).and_then(|socket| {
            socket.connect(peer)?;
            socket.local_addr()
        });
        chosen.is_ok_and(|chosen| canonical(chosen).ip() == local.ip())
    }

    /// Is this the first question after it? On loopback a connection stands as soon as it is begun.
    pub const fn is_new(&mut self) -> bool {
        std::mem::replace(&mut self.new, false)
    }

    /// The outcome, once there is one; ask when the socket is writable. After an outcome, drop it.
    pub fn finish(&mut self) -> Option<Result<Channel, NetworkError>> {
        self.outcome().map_err(|error| network_error(&error)).transpose()
    }

    fn outcome(&self) -> io::Result<Option<Channel>> {
        match self.stream.peer_addr() {
            Ok(_) => Channel::unblocked_data(Arc::clone(&self.stream)).map(Some),
            Err(error) if error.kind() == ErrorKind::NotConnected => self.stream.take_error()?.map_or(Ok(None), Err),
            Err(error) => Err(error),
        }
    }

    /// The socket beneath, to wait for its readiness; the channel will be on the same one.
    pub const fn socket(&self) -> &Arc<TcpStream> {
        &self.stream
    }
}

/// No address of this one's family.
fn unspecified(address: SocketAddr) -> SocketAddr {
    let ip = match address {
        SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    SocketAddr::new(ip, 0)
}
