//! [`DataConnection`]: one session's data connection on its way into being, whichever way that is, or between two
//! transfers.

use super::{Accepted, Dialer, Listener, PassivePorts};
use crate::channel::Channel;
use crate::readiness::{Direction, Socket};
use ftp_core::action::{DataPath, NetworkError};
use std::net::SocketAddr;

/// A data connection that no transfer uses. It never blocks.
#[derive(Debug, Default)]
pub enum DataConnection {
    /// Nothing is being done about it.
    #[default]
    Closed,
    /// The peer is to connect to this.
    Listening(Listener),
    /// It is being connected to the peer.
    Dialing(Dialer),
    /// It has served a transfer and stays open for the next one.
    Kept(Channel),
}

impl DataConnection {
    /// Listens for `peer`: the address to tell it.
    ///
    /// # Errors
    /// [`NetworkError`], when no port is to be had; it is then closed.
    pub fn listen(
        &mut self,
        ports: &PassivePorts,
        local: SocketAddr,
        peer: SocketAddr,
    ) -> Result<SocketAddr, NetworkError> {
        // The old port is given back first: it may be the last of the range.
        *self = Self::Closed;
        let listener = ports.listen(local, peer)?;
        let address = listener.address();
        *self = Self::Listening(listener);
        Ok(address)
    }

    /// A listener takes whoever comes.
    pub const fn admit_anybody(&mut self) {
        if let Self::Listening(listener) = self {
            listener.admit_anybody();
        }
    }

    /// Begins to make the connection in the way that the session chose. A listener stays as it is.
    ///
    /// # Errors
    /// [`NetworkError`], when that cannot be.
    pub fn begin(&mut self, path: DataPath, local: SocketAddr) -> Result<(), NetworkError> {
        match (path, &self) {
            (DataPath::Accept, Self::Listening(_)) => {}
            (DataPath::Accept, _) => return Err(NetworkError::Local),
            (DataPath::Kept, Self::Kept(channel)) if !channel.is_closed() => {}
            (DataPath::Kept, _) => {
                *self = Self::Closed;
                return Err(NetworkError::Unreachable);
            }
            (DataPath::Connect(to), _) => *self = Self::Dialing(Dialer::start(to, local)?),
        }
        Ok(())
    }

    /// The connection, once it stands; with it, or with an error, this is closed.
    pub fn connected(&mut self) -> Option<Result<Channel, NetworkError>> {
        if let Self::Kept(_) = self {
            return match std::mem::take(self) {
                Self::Kept(channel) => Some(Ok(channel)),
                _ => None,
            };
        }
        let outcome = match self {
            Self::Closed | Self::Kept(_) => return None,
            Self::Listening(listener) => match listener.accept() {
                Ok(Accepted::Peer(channel)) => Ok(channel),
                // Those who knock for others may be many; the socket stays ready, and that calls again.
                Ok(Accepted::Again | Accepted::Wait) => return None,
                Err(error) => Err(error),
            },
            Self::Dialing(dialer) => dialer.finish()?,
        };
        *self = Self::Closed;
        Some(outcome)
    }

    /// Is it worth asking for it before anything has been waited for? Of one being dialled that is said once.
    pub fn is_likely_to_stand(&mut self) -> bool {
        match self {
            Self::Kept(_) => true,
            Self::Dialing(dialer) => dialer.is_new(),
            Self::Closed | Self::Listening(_) => false,
        }
    }

    /// What to wait for before [`connected`](Self::connected) has news.
    pub fn interest(&self) -> Option<(Socket<'_>, Direction)> {
        match self {
            Self::Closed | Self::Kept(_) => None,
            Self::Listening(listener) => Some((Socket::Listener(listener.socket()), Direction::Read)),
            Self::Dialing(dialer) => Some((Socket::Stream(dialer.socket()), Direction::Write)),
        }
    }
}
