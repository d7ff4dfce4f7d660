//! The server: a thread for each listener, a thread for each session.

use crate::wait::{Alarm, sleep, wait};
use ftp_host::door::{Arrival, Door, Knock};
use ftp_host::host::Host;
use ftp_host::readiness::{Ready, Turn};
use ftp_host::session::Session;
use rustix::event::{PollFd, PollFlags};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// Stack of a session's thread. It holds one scratch buffer and shallow calls; the password hash works on the heap. Only a
/// compressor (MODE Z) needs much, while it is made; what is never touched costs nothing.
const STACK: usize = 1024 * 1024;

/// Room to read commands into.
const SCRATCH: usize = 16 * 1024;

/// A server that runs. Dropping it lets it run on.
#[derive(Debug)]
pub struct Running {
    host: Arc<Host>,
    addresses: Vec<SocketAddr>,
    gate: Arc<Gate>,
    acceptors: Mutex<Vec<JoinHandle<()>>>,
}

/// What ends the acceptors.
#[derive(Debug)]
struct Gate {
    closed: AtomicBool,
    alarm: Alarm,
}

/// Serves every connection that comes in on `listeners`, on threads of their own.
///
/// # Errors
/// What the system says when a listener or a thread is not to be had.
pub fn serve(listeners: Vec<TcpListener>, host: Arc<Host>) -> io::Result<Running> {
    let gate = Arc::new(Gate { closed: AtomicBool::new(false), alarm: Alarm::new()? });
    let mut addresses = Vec::new();
    let mut acceptors = Vec::new();
    for listener in listeners {
        let door = Door::open(listener)?;
        addresses.push(door.address());
        let (host, gate) = (Arc::clone(&host), Arc::clone(&gate));
        acceptors.push(Builder::new().name("ftp-accept".into()).spawn(move || accept_all(&door, &host, &gate))?);
    }
    Ok(Running { host, addresses, gate, acceptors: Mutex::new(acceptors) })
}

impl Running {
    /// Where it listens.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Stops in good order: takes in nobody any more, ends idle sessions with 421, lets transfers finish for as long as
    /// `grace`, and then ends them too. Did all end by themselves?
    pub fn stop(&self, grace: Duration) -> bool {
        self.gate.closed.store(true, Ordering::SeqCst);
        self.gate.alarm.ring();
        let in_time = self.host.registry.wind_down(grace);
        self.join();
        in_time
    }

    /// Waits until no more connections are accepted.
    pub fn join(&self) {
        let acceptors = std::mem::take(&mut *self.acceptors.lock().unwrap_or_else(PoisonError::into_inner));
        for acceptor in acceptors {
            // A panic there has ended it as well.
            let _ = acceptor.join();
        }
    }
}

fn accept_all(door: &Door, host: &Arc<Host>, gate: &Gate) {
    let mut spare = None;
    while !gate.closed.load(Ordering::SeqCst) {
        // The alarm takes a descriptor too. Who is let in without one could only be turned away; at the door he can wait.
        let Ok(alarm) = spare.take().map_or_else(Alarm::new, Ok) else {
            pause(gate);
            continue;
        };
        match door.knock() {
            // Without a thread the connection is dropped: the peer sees it closed.
            Knock::Came(arrival) => {
                if begin(arrival, alarm, host).is_err() {
                    pause(gate);
                }
                continue;
            }
            Knock::Nobody => {
                let mut fds = [PollFd::new(&gate.alarm, PollFlags::IN), PollFd::new(door, PollFlags::IN)];
                sleep(&mut fds, None);
            }
            Knock::NoRoom => pause(gate),
        }
        spare = Some(alarm);
    }
}

fn pause(gate: &Gate) {
    sleep(&mut [PollFd::new(&gate.alarm, PollFlags::IN)], Some(Door::PAUSE));
}

fn begin(arrival: Arrival, alarm: Alarm, host: &Arc<Host>) -> io::Result<()> {
    let alarm = Arc::new(alarm);
    let waker = Arc::clone(&alarm);
    let session = Session::new(host, arrival, Arc::new(move || waker.ring()))?;
    let host = Arc::clone(host);
    let thread = Builder::new().name("ftp-session".into()).stack_size(STACK);
    // A session that panics takes its own thread with it and nothing else.
    thread.spawn(move || run(session, &host, &alarm)).map(drop)
}

fn run(mut session: Session, host: &Host, alarm: &Alarm) {
    let mut scratch = [0; SCRATCH];
    let mut ready = Ready::ALL;
    loop {
        let turn = session.turn(ready, &mut scratch);
        if turn == Turn::Over {
            return;
        }
        if let Some(job) = session.take_job() {
            session.finished(job.run());
            ready = Ready::default();
            continue;
        }
        let interest = session.interest();
        let limit = match turn {
            Turn::Again => Some(Duration::ZERO),
            _ => host.clock.sleep_for(interest.deadline),
        };
        ready = wait(&interest, alarm, limit);
    }
}
