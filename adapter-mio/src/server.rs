//! The server: a loop on each core, all with the same listeners.

use crate::crew::Crew;
use crate::event_loop::EventLoop;
use crate::inbox::{Inbox, Letter};
use ftp_host::door::Door;
use ftp_host::host::Host;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle, available_parallelism};
use std::time::Duration;

/// A server that runs. Dropping it lets it run on.
#[derive(Debug)]
pub struct Running {
    host: Arc<Host>,
    addresses: Vec<SocketAddr>,
    inboxes: Vec<Arc<Inbox>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// Serves every connection that comes in on `listeners`, on a thread for each core and some for what blocks.
///
/// # Errors
/// What the system says when a listener, a poll or a thread is not to be had.
pub fn serve(listeners: Vec<TcpListener>, host: Arc<Host>) -> io::Result<Running> {
    let doors = listeners.into_iter().map(|listener| Ok(Arc::new(Door::open(listener)?)));
    let doors = doors.collect::<io::Result<Vec<_>>>()?;
    let addresses = doors.iter().map(|door| door.address()).collect();
    let crew = Arc::new(Crew::new());
    let mut running = Running { host, addresses, inboxes: Vec::new(), threads: Mutex::default() };
    for _ in 0..available_parallelism().map_or(1, Into::into) {
        let event_loop = EventLoop::shared(&doors, Arc::clone(&running.host), Arc::clone(&crew))?;
        let inbox = Arc::clone(event_loop.inbox());
        match Builder::new().name("ftp-loop".into()).spawn(move || event_loop.run()) {
            Ok(thread) => {
                running.inboxes.push(inbox);
                running.threads().push(thread);
            }
            Err(error) => {
                running.tell(|| Letter::End);
                running.join();
                return Err(error);
            }
        }
    }
    Ok(running)
}

impl Running {
    /// Where it listens.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Stops in good order: takes in nobody any more, ends idle sessions with 421, lets transfers finish for as long as
    /// `grace`, and then ends them too. Did all end by themselves?
    pub fn stop(&self, grace: Duration) -> bool {
        self.tell(|| Letter::Close);
        let in_time = self.host.registry.wind_down(grace);
        self.tell(|| Letter::End);
        self.join();
        in_time
    }

    /// Waits until no more connections are accepted.
    pub fn join(&self) {
        let threads = std::mem::take(&mut *self.threads());
        for thread in threads {
            // A panic there has ended it as well.
            let _ = thread.join();
        }
    }

    fn tell(&self, letter: impl Fn() -> Letter) {
        for inbox in &self.inboxes {
            inbox.send(letter());
        }
    }

    fn threads(&self) -> std::sync::MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
