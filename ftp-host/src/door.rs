//! [`Door`]: a listener for control connections, and [`Arrival`], one that has come in.
//!
//! What every control connection needs is set on the listener where the system hands that on, and asked of it where it
//! knows the answer: a login is a few dozen system calls, and each that it does without lets in more of them.

use crate::channel::Channel;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::Duration;

/// A listener. It never blocks.
#[derive(Debug)]
pub struct Door {
    listener: TcpListener,
    address: SocketAddr,
}

/// Who is at a [`Door`].
#[derive(Debug)]
pub enum Knock {
    /// A connection.
    Came(Arrival),
    /// Nobody: wait until the door is readable.
    Nobody,
    /// Somebody who cannot be let in for want of descriptors or memory: try again after [`Door::PAUSE`].
    NoRoom,
}

/// A connection that was accepted, ready for a [`Session`](crate::session::Session).
#[derive(Clone, Debug)]
pub struct Arrival {
    pub(crate) stream: Arc<TcpStream>,
    pub(crate) local: SocketAddr,
    pub(crate) peer: SocketAddr,
}

impl Door {
    /// How long nobody is let in after somebody could not be.
    pub const PAUSE: Duration = Duration::from_millis(100);

    /// Opens a door where `listener` listens.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(listener: TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        #[cfg(target_os = "linux")]
        Channel::prepare_control(&listener)?;
        Ok(Self { listener, address })
    }

    /// Where it is.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets in the next one.
    pub fn knock(&self) -> Knock {
        loop {
            match self.accept() {
                Ok(arrival) => return Knock::Came(arrival),
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => return Knock::Nobody,
                    // It was gone before it was accepted.
                    ErrorKind::Interrupted | ErrorKind::ConnectionAborted | ErrorKind::NotConnected => {}
                    _ => return Knock::NoRoom,
                },
            }
        }
    }

    /// On Linux a connection inherits the listener's options (tcp(7)), and accept4(2) sets the rest.
    #[cfg(target_os = "linux")]
    fn accept(&self) -> io::Result<Arrival> {
        let (stream, peer) = accept(&self.listener)?;
        let local = if self.address.ip().is_unspecified() { stream.local_addr()? } else { self.address };
        Ok(Arrival { stream: Arc::new(stream), local, peer })
    }

    #[cfg(not(target_os = "linux"))]
    fn accept(&self) -> io::Result<Arrival> {
        Arrival::new(self.listener.accept()?.0)
    }
}

/// Accepts a connection that does not block.
#[cfg(target_os = "linux")]
pub(crate) fn accept(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
    use rustix::net::{SocketFlags, acceptfrom_with};
    let (stream, peer) = acceptfrom_with(listener, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK)?;
    let stream = TcpStream::from(stream);
    let peer = peer.map_or_else(|| stream.peer_addr(), |peer| Ok(SocketAddr::try_from(peer)?))?;
    Ok((stream, peer))
}

/// Accepts a connection that does not block.
#[cfg(not(target_os = "linux"))]
pub(crate) fn accept(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
    let (stream, peer) = listener.accept()?;
    stream.set_nonblocking(true)?;
    Ok((stream, peer))
}

impl AsFd for Door {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }
}

impl Arrival {
    /// A connection that was accepted elsewhere.
    ///
    /// # Errors
    /// What the system says: the connection is gone already.
    pub fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Channel::prepare_control(&stream)?;
        Ok(Self { local: stream.local_addr()?, peer: stream.peer_addr()?, stream: Arc::new(stream) })
    }

    /// The connection.
    pub const fn stream(&self) -> &Arc<TcpStream> {
        &self.stream
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_in_is_as_if_accepted_elsewhere() -> io::Result<()> {
        let door = Door::open(TcpListener::bind("127.0.0.1:0")?)?;
        assert!(matches!(door.knock(), Knock::Nobody));
        let peer = TcpStream::connect(door.address())?;
        let Knock::Came(came) = door.knock() else { panic!("nobody") };
        let other = Arrival::new(came.stream().try_clone()?)?;
        assert_eq!((came.local, came.peer), (other.local, other.peer));
        assert_eq!((came.local, came.peer), (peer.peer_addr()?, peer.local_addr()?));
        Ok(())
    }

    #[test]
    fn options_are_those_of_a_control_connection() -> io::Result<()> {
        use rustix::net::sockopt::{socket_oobinline, tcp_nodelay};
        let door = Door::open(TcpListener::bind("[::]:0")?)?;
        let _peer = TcpStream::connect(("127.0.0.1", door.address().port()))?;
        let Knock::Came(came) = door.knock() else { panic!("nobody") };
        assert!(!came.local.ip().is_unspecified());
        assert!(socket_oobinline(came.stream())?);
        assert!(tcp_nodelay(came.stream())?);
        let mut byte = [0];
        let read = std::io::Read::read(&mut came.stream().as_ref(), &mut byte);
        assert_eq!(read.map_err(|error| error.kind()), Err(ErrorKind::WouldBlock));
        Ok(())
    }
}
