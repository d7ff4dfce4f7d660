//! [`Host`]: everything that the sessions of one server share.

use crate::accounts::Accounts;
use crate::clock::{self, Clock, WallClock};
use crate::data::PassivePorts;
use crate::registry::{Limits, Registry};
use crate::tls::TlsServer;
use ftp_core::server::ServerConfig;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// One server: its settings, accounts, ports, clock and live sessions.
pub struct Host {
    /// The settings of its sessions.
    pub config: Arc<ServerConfig>,
    /// Who may log in, and to what.
    pub accounts: Box<dyn Accounts>,
    /// Its TLS, without which [`ServerConfig::tls`] has to be [`Off`](ftp_core::server::TlsPolicy::Off).
    pub tls: Option<Arc<TlsServer>>,
    /// Where it listens for connections that begin with TLS.
    pub implicit_tls: Vec<SocketAddr>,
    /// The ports of passive data connections.
    pub passive_ports: PassivePorts,
    /// The time that deadlines are measured by.
    pub clock: Clock,
    /// The time that listings are dated by.
    pub wall_clock: WallClock,
    /// Its live sessions.
    pub registry: Arc<Registry>,
}

impl Host {
    /// A server for these accounts, with default settings, any passive port, and the system's clock.
    pub fn new(accounts: impl Accounts + 'static) -> Self {
        Self {
            config: Arc::new(ServerConfig::default()),
            accounts: Box::new(accounts),
            tls: None,
            implicit_tls: Vec::new(),
            passive_ports: PassivePorts::any(),
            clock: Clock::system(),
            wall_clock: clock::system(),
            registry: Registry::new(Limits::default()),
        }
    }

    /// Does a connection that came in here begin with TLS?
    pub(crate) fn begins_with_tls(&self, local: SocketAddr) -> bool {
        let is_one = |listener: &SocketAddr| {
            let (here, there) = (listener.ip().to_canonical(), local.ip().to_canonical());
            listener.port() == local.port() && (here.is_unspecified() || here == there)
        };
        self.implicit_tls.iter().any(is_one)
    }

    /// Lets `by` pass on a manual clock, from deadline to deadline, with every session awake at each. It waits for the
    /// sessions, but no longer than `patience` at each: did all see the last moment?
    pub fn advance(&self, by: Duration, patience: Duration) -> bool {
        let end = self.clock.now() + by;
        // What was sent before is dealt with before time moves.
        let mut seen = self.registry.show(patience);
        while seen && self.clock.is_manual() && self.clock.now() < end {
            let next = self.registry.next_deadline(self.clock.now());
            let now = next.map_or(end, |next| next.min(end));
            self.clock.set(now);
            seen = self.registry.show(patience);
        }
        seen
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").field("config", &self.config).finish_non_exhaustive()
    }
}
