//! [`serve`]: a server on threads of its own, one for each core.

use crate::server::Server;
use ftp_host::host::Host;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle, available_parallelism};
use std::time::Duration;

/// A server that runs. Dropping it lets it run on.
#[derive(Debug)]
pub struct Running {
    server: Arc<Server>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// Serves every connection that comes in on `listeners`, with one thread for each core. In an executor of yours, see
/// [`Server`].
///
/// # Errors
/// What the system says when a listener or a thread is not to be had.
pub fn serve(listeners: Vec<TcpListener>, host: Arc<Host>) -> io::Result<Running> {
    let server = Arc::new(Server::new(listeners, host)?);
    let mut threads = Vec::new();
    for _ in 0..available_parallelism().map_or(1, NonZeroUsize::get) {
        let server = Arc::clone(&server);
        threads.push(Builder::new().name("ftp-smol".into()).spawn(move || smol::block_on(server.run()))?);
    }
    Ok(Running { server, threads: Mutex::new(threads) })
}

impl Running {
    /// Where it listens.
    pub fn addresses(&self) -> &[SocketAddr] {
        self.server.addresses()
    }

    /// Stops in good order: takes in nobody any more, tells idle sessions so and ends them, lets transfers finish for as
    /// long as `grace`, and then ends them too. Did all end by themselves?
    pub fn stop(&self, grace: Duration) -> bool {
        let in_time = smol::block_on(self.server.stop(grace));
        self.join();
        in_time
    }

    /// Waits until it has been stopped.
    pub fn join(&self) {
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // Sessions that panic are contained; what else panics there has ended it as well.
            let _ = thread.join();
        }
    }
}
