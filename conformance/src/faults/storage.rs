//! Storage that hangs or panics, while others are served.

use super::{gone, read_all, same};
use crate::hooked::server;
use crate::peer::{LIMIT, Peer};
use crate::runtime::Serve;
use ftp_core::path::VirtualPath;
use libtest_mimic::Failed;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

pub(super) fn a_session_that_panics_ends_alone(serve: Serve) -> Result<(), Failed> {
    let server = server(serve, |path| {
        assert!(!path.as_bytes().starts_with(b"/panic"), "this is what the test is for");
    })?;
    let mut witness = Peer::log_in(server.address())?;
    for command in ["SIZE /panic", "DELE /panic", "MKD /panic"] {
        let mut peer = Peer::log_in(server.address())?;
        peer.send(command.as_bytes())?;
        peer.send(b"\r\n")?;
        peer.expect_end()?;
        witness.ask("NOOP", "200")?;
    }
    gone(&server, 1)
}

pub(super) fn slow_storage_stalls_nobody_else(serve: Serve) -> Result<(), Failed> {
    const SLOW: usize = 12;
    let (hook, mut valve) = valve("/slow");
    let server = server(serve, hook)?;
    let mut slow = Vec::new();
    for _ in 0..SLOW {
        let mut peer = Peer::log_in(server.address())?;
        peer.send(b"SIZE /slow\r\n")?;
        slow.push(peer);
    }
    for _ in 0..SLOW {
        valve.reached()?;
    }
    // Whoever is here already, and whoever comes now.
    for _ in 0..4 {
        let mut other = Peer::log_in(server.address())?;
        other.ask("NOOP", "200")?;
        let data = other.passive()?;
        other.ask("RETR /hello", "150")?;
        same(&read_all(data)?, &b"hello".to_vec())?;
        other.expect("226")?;
    }
    valve.open();
    for mut peer in slow {
        peer.expect("550")?;
        peer.ask("NOOP", "200")?;
    }
    Ok(())
}

/// Holds up whoever asks the storage for a certain path.
struct Valve {
    arrivals: Receiver<()>,
    open: Arc<(Mutex<bool>, Condvar)>,
}

/// A hook for a [`Hooked`] storage that stops everybody with this path, and what lets them go.
fn valve(path: &'static str) -> (impl Fn(&VirtualPath) + Send + Sync + 'static, Valve) {
    let (arrived, arrivals): (Sender<()>, _) = channel();
    let open = Arc::new((Mutex::new(false), Condvar::new()));
    let valve = Valve { arrivals, open: Arc::clone(&open) };
    let hook = move |asked: &VirtualPath| {
        if asked.as_bytes() == path.as_bytes() {
            // The test may be over already.
            let _ = arrived.send(());
            let opened = open.0.lock().unwrap_or_else(PoisonError::into_inner);
            drop(open.1.wait_while(opened, |open| !*open));
        }
    };
    (hook, valve)
}

impl Valve {
    fn reached(&mut self) -> Result<(), Failed> {
        self.arrivals.recv_timeout(LIMIT).map_err(|_| "the storage is not asked".into())
    }

    fn open(&self) {
        *self.open.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.open.1.notify_all();
    }
}

impl Drop for Valve {
    fn drop(&mut self) {
        self.open();
    }
}
