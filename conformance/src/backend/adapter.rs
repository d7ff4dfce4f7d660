//! A server as an adapter runs it, on loopback: [`serving`]. Its clock stands still until the transcript moves it.

use super::Seen;
use super::sockets::{Limits, Sockets, Surroundings};
use super::tls::{CERTIFICATE, CLIENTS};
use super::world::{MADE, World};
use crate::transcript::Setup;
use ftp_core::server::TlsPolicy;
use ftp_host::clock::Clock;
use ftp_host::host::Host;
use ftp_host::storage::Memory;
use ftp_host::tls::{CertificateError, Certificates, TlsServer};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

/// A session that does not answer for so long never will. Nothing waits for so long while all is well.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server of this world, run by `serve`, to which a client has just connected. It is stopped by `stop` when the client
/// is gone, so that no session lingers for one that still reads.
///
/// # Panics
/// Without a port on loopback, or a thread.
pub fn serving<Running: 'static>(
    setup: &Setup,
    serve: impl FnOnce(Vec<TcpListener>, Arc<Host>) -> io::Result<Running>,
    stop: fn(&Running, Duration) -> bool,
) -> Sockets<'static> {
    let World { storage, accounts, config, implicit_tls, ask_clients } = World::new(setup);
    let mut host = Host::new(accounts);
    host.config = Arc::new(config);
    host.clock = Clock::manual();
    host.wall_clock = Arc::new(|| MADE);
    let client = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| {
        let address = listener.local_addr()?;
        if host.config.tls != TlsPolicy::Off {
            let tls = TlsServer::new(certificates().map_err(io::Error::other)?)?;
            if let Some(ask) = ask_clients {
                tls.ask_clients(CLIENTS.authority().as_bytes(), ask).map_err(io::Error::other)?;
            }
            host.tls = Some(Arc::new(tls));
        }
        if implicit_tls {
            host.implicit_tls.push(address);
        }
        let host = Arc::new(host);
        let server = Server { running: serve(vec![listener], Arc::clone(&host))?, host, stop, storage };
        Sockets::connect(address, Limits::default(), Box::new(server))
    });
    match client {
        Ok(client) => client,
        Err(error) => panic!("no server on loopback: {error}"),
    }
}

fn certificates() -> Result<Certificates, CertificateError> {
    Certificates::new(CERTIFICATE.certificate.as_bytes(), CERTIFICATE.key.as_bytes())
}

/// The server, which stops when it is dropped.
struct Server<Running> {
    host: Arc<Host>,
    running: Running,
    stop: fn(&Running, Duration) -> bool,
    storage: Memory,
}

impl<Running> Surroundings for Server<Running> {
    fn advance(&mut self, by: Duration) {
        assert!(self.host.advance(by, PATIENCE), "a session does not see the time go by");
    }

    fn look(&mut self, path: &[u8]) -> Seen {
        Seen::of(&self.storage, path)
    }
}

impl<Running> Drop for Server<Running> {
    fn drop(&mut self) {
        let ended = (self.stop)(&self.running, PATIENCE);
        assert!(ended || std::thread::panicking(), "a session outlives its client");
    }
}
