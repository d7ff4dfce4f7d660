//! [`Server`]: a server of our own on loopback, whichever runtime runs it; so that the faults need not know.

use ftp_host::host::Host;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

/// Begins to serve; every adapter has such a function.
pub type Serve = fn(Vec<TcpListener>, Arc<Host>) -> io::Result<Server>;

/// A server that runs. Dropping it stops it.
pub struct Server {
    address: SocketAddr,
    host: Arc<Host>,
    stop: Box<dyn Fn(Duration) -> bool + Send + Sync>,
}

impl Server {
    /// A server on `address` that `stop` stops.
    pub fn new(address: SocketAddr, host: Arc<Host>, stop: impl Fn(Duration) -> bool + Send + Sync + 'static) -> Self {
        Self { address, host, stop: Box::new(stop) }
    }

    /// Serves `host` on a free port of loopback.
    ///
    /// # Errors
    /// What the system says.
    pub fn start(serve: Serve, host: Host) -> io::Result<Self> {
        serve(vec![TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?], Arc::new(host))
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it serves.
    pub const fn host(&self) -> &Arc<Host> {
        &self.host
    }

    /// Stops in good order; did all sessions end by themselves within `grace`?
    pub fn stop(&self, grace: Duration) -> bool {
        (self.stop)(grace)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop(Duration::ZERO);
    }
}

/// `adapter-blocking`.
///
/// # Errors
/// What the system says.
pub fn blocking(listeners: Vec<TcpListener>, host: Arc<Host>) -> io::Result<Server> {
    let running = adapter_blocking::serve(listeners, Arc::clone(&host))?;
    let address = first(running.addresses())?;
    Ok(Server::new(address, host, move |grace| running.stop(grace)))
}

/// `adapter-smol`.
///
/// # Errors
/// What the system says.
pub fn smol(listeners: Vec<TcpListener>, host: Arc<Host>) -> io::Result<Server> {
    let running = adapter_smol::serve(listeners, Arc::clone(&host))?;
    let address = first(running.addresses())?;
    Ok(Server::new(address, host, move |grace| running.stop(grace)))
}

/// `adapter-mio`.
///
/// # Errors
/// What the system says.
pub fn mio(listeners: Vec<TcpListener>, host: Arc<Host>) -> io::Result<Server> {
    let running = adapter_mio::serve(listeners, Arc::clone(&host))?;
    let address = first(running.addresses())?;
    Ok(Server::new(address, host, move |grace| running.stop(grace)))
}

fn first(addresses: &[SocketAddr]) -> io::Result<SocketAddr> {
    addresses.first().copied().ok_or_else(|| io::ErrorKind::AddrNotAvailable.into())
}
