//! How a data connection comes to be (RFC 959 3.2): a [`Listener`] on one of the [`PassivePorts`], or a [`Dialer`].
//!
//! Nothing here waits, and nothing moves a byte: that is [`crate::pump`].

mod connection;
mod dialer;
mod listener;

pub use connection::DataConnection;
pub use dialer::Dialer;
pub use listener::{Accepted, Listener, PassivePorts};

use ftp_core::action::NetworkError;
use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{IpAddr, SocketAddr};

/// The address in its own family: an IPv4 peer of an IPv6 socket shows as `::ffff:a.b.c.d` (RFC 4291 2.5.5.2).
fn canonical(address: SocketAddr) -> SocketAddr {
    match address.ip().to_canonical() {
        IpAddr::V4(ip) => SocketAddr::from((ip, address.port())),
        // The address as it was, since a link-local one is nothing without its scope.
        IpAddr::V6(_) => address,
    }
}

/// The address with another port, and a link-local one's scope kept.
fn with_port(mut address: SocketAddr, port: u16) -> SocketAddr {
    address.set_port(port);
    address
}

/// A TCP socket of this address's family, which does not block.
fn socket_for(address: SocketAddr) -> io::Result<Socket> {
    let (domain, protocol) = (Domain::for_address(address), Some(Protocol::TCP));
    #[cfg(target_os = "linux")]
    return Socket::new(domain, Type::STREAM.nonblocking(), protocol);
    #[cfg(not(target_os = "linux"))]
    {
        let socket = Socket::new(domain, Type::STREAM, protocol)?;
        socket.set_nonblocking(true)?;
        Ok(socket)
    }
}

/// What a failure to listen or to connect means to a session.
fn network_error(error: &io::Error) -> NetworkError {
    match Errno::from_io_error(error) {
        // EADDRNOTAVAIL is what connect says when no local port is left; a bind maps it itself.
        Some(Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM | Errno::ADDRINUSE | Errno::ADDRNOTAVAIL) => {
            NetworkError::Exhausted
        }
        Some(
            Errno::CONNREFUSED
            | Errno::CONNRESET
            | Errno::CONNABORTED
            | Errno::TIMEDOUT
            | Errno::HOSTUNREACH
            | Errno::HOSTDOWN
            | Errno::NETUNREACH
            | Errno::NETDOWN
            | Errno::ACCESS
            | Errno::PERM,
        ) => NetworkError::Unreachable,
        _ => NetworkError::Local,
    }
}
