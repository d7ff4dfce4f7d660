//! [`Link`]: a data connection without a network, and the places where one can be made.

use std::net::{Ipv4Addr, SocketAddr};

/// The bytes that are on their way to a client that does not read: as of a socket, there is an end to it.
pub(super) const WINDOW: usize = 64 * 1024;

/// Both ends of a data connection.
#[derive(Debug, Default)]
pub(super) struct Link {
    pub(super) to_client: Vec<u8>,
    pub(super) to_server: Vec<u8>,
    /// How the client ended it.
    pub(super) client_end: Option<End>,
    /// The server has closed it.
    pub(super) server_closed: bool,
}

/// How a client ends a data connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Closed,
    Reset,
}

/// Who listens where, and the connection that the client has, or had last.
#[derive(Debug, Default)]
pub(super) struct Network {
    server: Option<u16>,
    client: Option<u16>,
    /// The connection; whether the server has taken it is known to its transfer.
    pub(super) link: Option<Link>,
    /// The connection waits in the server's queue.
    queued: bool,
    ports: u16,
}

impl Network {
    fn port(&mut self) -> u16 {
        self.ports += 1;
        40_000 + self.ports
    }

    /// The server listens at a new port.
    pub(super) fn server_listens(&mut self) -> SocketAddr {
        self.server_stops();
        let port = self.port();
        self.server = Some(port);
        (Ipv4Addr::LOCALHOST, port).into()
    }

    /// The server listens no more; who waited in the queue is turned away.
    pub(super) fn server_stops(&mut self) {
        self.server = None;
        if std::mem::take(&mut self.queued) {
            self.server_closes();
        }
    }

    /// The server closes its end.
    pub(super) fn server_closes(&mut self) {
        if let Some(link) = &mut self.link {
            link.server_closed = true;
        }
    }

    /// The server takes who waits.
    pub(super) fn server_accepts(&mut self) -> bool {
        let taken = std::mem::take(&mut self.queued);
        if taken {
            self.server = None;
        }
        taken
    }

    /// The server connects to the client.
    pub(super) fn server_connects(&mut self, to: SocketAddr) -> bool {
        let there = to.ip() == Ipv4Addr::LOCALHOST && self.client == Some(to.port());
        if there {
            self.client = None;
            self.link = Some(Link::default());
        }
        there
    }

    /// The client connects to a port of the server's.
    pub(super) fn client_connects(&mut self, port: u16) -> bool {
        let there = self.server == Some(port) && !self.queued;
        if there {
            self.link = Some(Link::default());
            self.queued = true;
        }
        there
    }

    /// The client listens at a new port.
    pub(super) fn client_listens(&mut self) -> SocketAddr {
        let port = self.port();
        self.client = Some(port);
        self.link = None;
        (Ipv4Addr::LOCALHOST, port).into()
    }

    /// The client closes its end, or its listener.
    pub(super) fn client_ends(&mut self, end: End) {
        self.client = None;
        if let Some(link) = &mut self.link {
            link.client_end.get_or_insert(end);
        }
    }
}
