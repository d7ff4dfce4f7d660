//! [`ClientConfig`]: what a session is told when it begins. Nothing of it changes later.

use super::action::Request;
use super::learnt::Learnt;
use super::restart::Restart;
use crate::anonymous;
use crate::time::WallTime;
use core::net::SocketAddr;
use core::time::Duration;

/// Which side makes the data connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DataPreference {
    /// The client does: EPSV (RFC 2428 3), and PASV where that does not work.
    #[default]
    Passive,
    /// The server does: PORT, or EPRT (RFC 2428 2) over IPv6.
    Active,
}

/// What a client does about TLS (RFC 4217 10.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TlsUse {
    /// It speaks in the clear.
    #[default]
    Off,
    /// It asks for TLS before it logs in, and goes on without where the server has none. Whoever is on the way can have it
    /// have none.
    Prefer,
    /// It does not log in without TLS, nor move anything without it.
    Require,
    /// The same, on a port where TLS begins at once (usually 990).
    Implicit,
}

impl TlsUse {
    /// What a login needs where nobody has said anything: nothing where it gives no secret; `here`, on the client's own machine,
    /// where nobody listens in between, TLS if it is to be had; else TLS.
    pub fn fitting(login: &Request, here: bool) -> Self {
        match (anonymous::is_anonymous(login), here) {
            (true, _) => Self::Off,
            (false, true) => Self::Prefer,
            (false, false) => Self::Require,
        }
    }
}

/// The settings of a [`ClientSession`](super::ClientSession).
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// The control connection's far end: the server.
    pub peer: SocketAddr,
    /// The control connection's near end; its address is announced by PORT and EPRT.
    pub local: SocketAddr,
    /// Which side makes the data connection.
    pub data: DataPreference,
    /// Send EPSV (or PASV), REST and the transfer's command in one write: a transfer then costs one round trip less. Some servers
    /// lose what comes behind a command.
    pub pipeline: bool,
    /// So many transfers may be under way at once, the one that runs included: 1 keeps each to itself. `None`: as many as the server is known to
    /// bear, from its greeting.
    pub depth: Option<usize>,
    /// Believe a 227 reply that names another address than the server's. Without it the server's own is taken, since a lying
    /// reply makes the client connect to a third party.
    pub keep_foreign_addresses: bool,
    /// How long a reply, or a data connection, may take.
    pub reply_timeout: Duration,
    /// How long a transfer may go without a byte; it is noticed after at most twice this time.
    pub stall_timeout: Duration,
    /// The bytes of a listing that are read at most.
    pub listing_limit: usize,
    /// Today, to date the lines of LIST, which leave the year out.
    pub now_wall: WallTime,
    /// What it does about TLS.
    pub tls: TlsUse,
    /// What an earlier session has learnt about this server.
    pub learnt: Learnt,
    /// In MODE B and C an upload brings a restart marker after so many bytes of its file (RFC 959 3.5); 0: never.
    pub marker_interval: u64,
    /// The last restart marker of an earlier session ([`ClientSession::restart`](super::ClientSession::restart)): a transfer of that file
    /// that begins there begins by it.
    pub restart: Option<Restart>,
}

impl ClientConfig {
    /// The usual settings for a control connection from `local` to `peer`: passive, one command at a time, a minute for a reply and for a
    /// stall, 16 MiB for a listing. The wall clock stands at 1970; set it before listing.
    pub fn new(local: SocketAddr, peer: SocketAddr) -> Self {
        Self {
            peer,
            local,
            data: DataPreference::Passive,
            pipeline: false,
            depth: None,
            keep_foreign_addresses: false,
            reply_timeout: Duration::from_mins(1),
            stall_timeout: Duration::from_mins(1),
            listing_limit: 16 << 20,
            now_wall: WallTime::default(),
            tls: TlsUse::Off,
            learnt: Learnt::default(),
            marker_interval: 8 << 20,
            restart: None,
        }
    }
}
