//! How a client connects, and why there is no connection: the same under every runtime.

use crate::pump::Pump;
use crate::tls::TlsClient;
use ftp_core::client::{ClientConfig, DataPreference, Learnt, Restart, TlsUse};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// How a client connects and waits.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// For the connection, for each reply, and for the next byte of a transfer.
    pub timeout: Duration,
    /// The server makes the data connections (PORT and EPRT), not the client.
    pub active: bool,
    /// EPSV and the command that uses it go out in one write, which saves a round trip for each file. A few servers
    /// cannot bear it.
    pub pipeline: bool,
    /// So many files may be under way at once; `None`: as many as the server is known to bear.
    pub depth: Option<usize>,
    /// What it does about TLS, which needs [`tls_client`](Self::tls_client).
    pub tls: TlsUse,
    /// Whom it believes to be the server.
    pub tls_client: Option<Arc<TlsClient>>,
    /// What an earlier connection has learnt about the server; see the clients' `learnt`.
    pub learnt: Learnt,
    /// In MODE B and C an upload brings a restart marker after so many bytes of its file; 0: never.
    pub marker_interval: u64,
    /// The last restart marker of an earlier connection, to begin there by it; see the clients' `restart`.
    pub restart: Option<Restart>,
    /// The bytes of a transfer after which the [`Watch`](super::Watch) is asked whether it goes on. Whoever wants to slow a transfer waits there.
    pub portion: usize,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            active: false,
            pipeline: true,
            depth: None,
            tls: TlsUse::Off,
            tls_client: None,
            learnt: Learnt::default(),
            marker_interval: 8 << 20,
            restart: None,
            portion: Pump::BUDGET,
        }
    }
}

impl ClientOptions {
    /// Puts them into the settings of a session.
    pub(super) fn configure(&self, config: &mut ClientConfig) {
        config.reply_timeout = self.timeout;
        config.stall_timeout = self.timeout;
        config.pipeline = self.pipeline;
        config.depth = self.depth;
        config.learnt = self.learnt;
        config.marker_interval = self.marker_interval;
        config.restart.clone_from(&self.restart);
        config.tls = self.tls;
        if self.active {
            config.data = DataPreference::Active;
        }
    }
}

/// Why there is no connection.
#[derive(Debug)]
pub struct ConnectError {
    /// The address that was tried last, if the name has any.
    pub address: Option<SocketAddr>,
    /// What the system said.
    pub error: io::Error,
}

impl ConnectError {
    /// Tries these addresses in turn: what `connect` gives for the first that answers.
    ///
    /// # Errors
    /// That of the last address.
    pub fn unless_one<T>(
        addresses: impl IntoIterator<Item = SocketAddr>,
        mut connect: impl FnMut(SocketAddr) -> io::Result<T>,
    ) -> Result<T, Self> {
        let mut failed = Self::no_address();
        for address in addresses {
            match connect(address) {
                Ok(connected) => return Ok(connected),
                Err(error) => failed = Self { address: Some(address), error },
            }
        }
        Err(failed)
    }

    /// The name has no address.
    pub fn no_address() -> Self {
        io::Error::from(io::ErrorKind::NotFound).into()
    }
}

/// The name's addresses are not to be had.
impl From<io::Error> for ConnectError {
    fn from(error: io::Error) -> Self {
        Self { address: None, error }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address {
            Some(address) => write!(f, "{address}: {}", self.error),
            None => self.error.fmt(f),
        }
    }
}

impl std::error::Error for ConnectError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}
