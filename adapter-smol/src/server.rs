//! [`Server`]: sessions as tasks of an executor, which runs wherever the caller polls it.

use crate::session::Task;
use ftp_host::door::{Arrival, Door, Knock};
use ftp_host::host::Host;
use smol::channel::{Receiver, Sender, bounded};
use smol::future::{FutureExt, yield_now};
use smol::{Async, Executor, Timer};
use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// A server, to be run in an executor of yours: see [`run`](Self::run). Dropping it ends its sessions.
#[derive(Debug)]
pub struct Server {
    host: Arc<Host>,
    addresses: Vec<SocketAddr>,
    executor: Arc<Executor<'static>>,
    accepting: Flag,
    running: Flag,
}

/// Stands until it is lowered, once. A channel that carries nothing, since the end of a channel is not to be missed.
#[derive(Clone, Debug)]
struct Flag {
    sender: Sender<Infallible>,
    receiver: Receiver<Infallible>,
}

impl Flag {
    fn new() -> Self {
        let (sender, receiver) = bounded(1);
        Self { sender, receiver }
    }

    fn lower(&self) {
        self.sender.close();
    }

    async fn lowered(&self) {
        // The only thing that comes is the end.
        let _ = self.receiver.recv().await;
    }
}

impl Server {
    /// A server of every connection that comes in on `listeners`. It does nothing until it is [`run`](Self::run).
    ///
    /// # Errors
    /// What the system says when a listener is not to be had.
    pub fn new(listeners: Vec<TcpListener>, host: Arc<Host>) -> io::Result<Self> {
        let doors = listeners.into_iter().map(Door::open).collect::<io::Result<Vec<_>>>()?;
        let addresses = doors.iter().map(Door::address).collect();
        let doors = doors.into_iter().map(Async::new_nonblocking).collect::<io::Result<Vec<_>>>()?;
        let executor = Arc::new(Executor::new());
        let accepting = Flag::new();
        for door in doors {
            // Weak, since the executor owns the task.
            let acceptor = Acceptor { door, executor: Arc::downgrade(&executor), host: Arc::clone(&host) };
            let accepting = accepting.clone();
            executor.spawn(async move { acceptor.run().or(accepting.lowered()).await }).detach();
        }
        Ok(Self { host, addresses, executor, accepting, running: Flag::new() })
    }

    /// Where it listens.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Runs its sessions until it has [`stop`](Self::stop)ped. Run it several times over, on several threads, and the
    /// sessions share them. While nobody runs it the sessions stand still.
    pub async fn run(&self) {
        self.executor.run(self.running.lowered()).await;
    }

    /// Stops in good order: takes in nobody any more, tells idle sessions so and ends them, lets transfers finish for as
    /// long as `grace`, and then ends them too. Did all end by themselves? It must [`run`](Self::run) meanwhile.
    pub async fn stop(&self, grace: Duration) -> bool {
        self.accepting.lower();
        let registry = Arc::clone(&self.host.registry);
        let in_time = smol::unblock(move || registry.wind_down(grace)).await;
        self.running.lower();
        in_time
    }
}

/// Takes in connections.
struct Acceptor {
    door: Async<Door>,
    executor: Weak<Executor<'static>>,
    host: Arc<Host>,
}

impl Acceptor {
    async fn run(self) {
        loop {
            match self.door.get_ref().knock() {
                Knock::Came(arrival) => {
                    // Without room for it the connection is dropped: the peer sees it closed.
                    if self.begin(arrival).is_err() {
                        Timer::after(Door::PAUSE).await;
                    }
                    // Those who are here go on while others come.
                    yield_now().await;
                }
                Knock::Nobody => {
                    // If it cannot be waited for, that is for want of memory too.
                    if self.door.readable().await.is_err() {
                        Timer::after(Door::PAUSE).await;
                    }
                }
                Knock::NoRoom => {
                    Timer::after(Door::PAUSE).await;
                }
            }
        }
    }

    fn begin(&self, arrival: Arrival) -> io::Result<()> {
        let mut session = Task::new(&self.host, arrival)?;
        if let Some(executor) = self.executor.upgrade() {
            // A session that panics ends alone: the thread that ran it has others.
            executor.spawn(async move { AssertUnwindSafe(session.run()).catch_unwind().await }).detach();
        }
        Ok(())
    }
}
