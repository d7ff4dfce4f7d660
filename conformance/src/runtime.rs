//! [`Server`]: a server of our own on loopback, whichever runtime runs it; so that transcripts and faults need not know.

use crate::backend::Backend;
use crate::backend::sockets::Sockets;
use crate::backend::world::{MADE, World};
use crate::transcript::Setup;
use ftp_host::clock::Clock;
use ftp_host::host::Host;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

/// Sessions may take so long to see a new time, and a server to stop, before something is broken.
const LIMIT: Duration = Duration::from_secs(10);

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

/// A client of a server that this runtime runs, in the world of a transcript.
///
/// # Panics
/// When loopback has no port left.
pub fn backend(serve: Serve, setup: &Setup) -> Box<dyn Backend> {
    let World { storage, accounts, config } = World::new(setup);
    let mut host = Host::new(accounts);
    host.config = Arc::new(config);
    host.clock = Clock::manual();
    host.wall_clock = Arc::new(|| MADE);
    let connected = Server::start(serve, host).and_then(|server| {
        let address = server.address();
        let advance = move |by| {
            // A session that does not see the new time says nothing, which the transcript will show.
            server.host().advance(by, LIMIT);
        };
        Sockets::connect(address, storage, Box::new(advance))
    });
    match connected {
        Ok(client) => Box::new(client),
        Err(error) => panic!("no server on loopback: {error}"),
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
