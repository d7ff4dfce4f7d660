//! Passive mode: a port for one data connection, and only for the peer of the control connection.

use super::{canonical, network_error, socket_for, with_port};
use crate::channel::Channel;
use crate::door::accept;
use ftp_core::action::NetworkError;
use rustix::io::Errno;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::ops::RangeInclusive;

/// Ports that the system does not give out by itself.
///
/// A port that was bound stays occupied for a minute after its connection was closed (TIME-WAIT). Linux gives out 32768 to
/// 60999; were passive ports taken from these, every connection on the machine would soon search long for a free one:
/// after 20,000 transfers at a fiftieth of the speed.
const APART: RangeInclusive<u16> = 61000..=65535;

/// Ports of [`APART`] that are tried before the system chooses.
const TRIES: u32 = 64;

/// The ports that passive mode may use; one for all sessions.
#[derive(Clone, Debug)]
pub struct PassivePorts {
    range: RangeInclusive<u16>,
    /// How many of the range are tried.
    tries: u32,
    /// If none of these is free, any that the system has will do.
    or_any: bool,
}

impl PassivePorts {
    /// Any free port.
    pub const fn any() -> Self {
        Self { range: APART, tries: TRIES, or_any: true }
    }

    /// These ports only, as a firewall lets through.
    pub const fn range(ports: RangeInclusive<u16>) -> Self {
        Self { range: ports, tries: u32::MAX, or_any: false }
    }

    /// Listens for one data connection from the IP address of `peer`, on the IP address of `local`: the addresses of the
    /// control connection. Where the search in the range begins is random, so that nobody can guess the port and get in
    /// first (RFC 2577 8).
    ///
    /// # Errors
    /// [`NetworkError::Exhausted`] where no port is free, or what the system says.
    pub fn listen(&self, local: SocketAddr, peer: SocketAddr) -> Result<Listener, NetworkError> {
        let first = u32::from(*self.range.start());
        let count = (u32::from(*self.range.end()) + 1).saturating_sub(first);
        let start = getrandom::u32().map_err(|_| NetworkError::Local)?.checked_rem(count).unwrap_or(0);
        for step in 0..count.min(self.tries) {
            let port = (first + (start + step) % count) as u16;
            match Listener::bind(with_port(local, port), peer) {
                Err(error) if Errno::from_io_error(&error) == Some(Errno::ADDRINUSE) => {}
                result => return result.map_err(|error| bind_error(&error)),
            }
        }
        if self.or_any {
            return Listener::bind(with_port(local, 0), peer).map_err(|error| bind_error(&error));
        }
        Err(NetworkError::Exhausted)
    }
}

/// Without an address to bind to, or the right to a port, it is the configuration that is wrong.
fn bind_error(error: &io::Error) -> NetworkError {
    match Errno::from_io_error(error) {
        Some(Errno::ADDRNOTAVAIL | Errno::ACCESS | Errno::PERM) => NetworkError::Local,
        _ => network_error(error),
    }
}

/// A listener for a data connection. It never blocks.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    /// Whom it is for; anybody where it is `None`.
    peer: Option<IpAddr>,
    refused: u64,
}

/// What [`Listener::accept`] found.
#[derive(Debug)]
pub enum Accepted {
    /// The data connection.
    Peer(Channel),
    /// So many strangers that others should have their turn: call it again.
    Again,
    /// Nobody: wait until the socket is readable.
    Wait,
}

impl Listener {
    /// Connections that wait for their acceptance. One is enough for the peer; the rest is for strangers that would
    /// otherwise keep it out.
    const BACKLOG: i32 = 16;
    /// Strangers turned away in one call.
    const REFUSED_AT_ONCE: usize = 32;

    fn bind(local: SocketAddr, peer: SocketAddr) -> io::Result<Self> {
        let local = canonical(local);
        let socket = socket_for(local)?;
        // A port whose last data connection is in TIME-WAIT is free; one that somebody listens on still is not.
        socket.set_reuse_address(true)?;
        socket.bind(&local.into())?;
        socket.listen(Self::BACKLOG)?;
        let socket = TcpListener::from(socket);
        let address = if local.port() == 0 { socket.local_addr()? } else { local };
        Ok(Self { socket, address, peer: Some(canonical(peer).ip()), refused: 0 })
    }

    /// From now on anybody may connect: for a transfer between two servers (RFC 959 5.2), where it is known that the peer wants
    /// one and may.
    pub const fn admit_anybody(&mut self) {
        self.peer = None;
    }

    /// Takes the peer's connection. Any other is closed at once and counted: nobody else may have the file, or give
    /// another (RFC 2577 4).
    ///
    /// # Errors
    /// What the system says.
    pub fn accept(&mut self) -> Result<Accepted, NetworkError> {
        for _ in 0..Self::REFUSED_AT_ONCE {
            match accept(&self.socket) {
                Ok((stream, from)) if self.peer.is_none_or(|peer| canonical(from).ip() == peer) => {
                    let channel = Channel::unblocked_data(stream.into()).map_err(|error| network_error(&error))?;
                    return Ok(Accepted::Peer(channel));
                }
                Ok(_) => self.refused += 1,
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => return Ok(Accepted::Wait),
                    // It was gone before it was accepted.
                    ErrorKind::Interrupted | ErrorKind::ConnectionAborted => {}
                    _ => return Err(network_error(&error)),
                },
            }
        }
        Ok(Accepted::Again)
    }

    /// The address and port that it listens on.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The connections turned away so far because they came from another address.
    pub const fn refused(&self) -> u64 {
        self.refused
    }

    /// The socket beneath, to wait for its readiness.
    pub const fn socket(&self) -> &TcpListener {
        &self.socket
    }
}
