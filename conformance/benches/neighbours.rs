//! What bad neighbours cost: the round trips of one session, alone and beside sessions whose disk is slow, whose peer does
//! not read, and whose data connection never comes.
//!
//! `cargo bench -p conformance --bench neighbours`

use conformance::hooked::server;
use conformance::peer::{Peer, port};
use conformance::runtime::{self, Serve, Server};
use libtest_mimic::Failed;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Sessions of each bad kind.
const NEIGHBOURS: usize = 20;

/// Round trips measured each time.
const ROUND_TRIPS: usize = 5_000;

/// What a call to the slow disk takes.
const SLOW: Duration = Duration::from_millis(200);

fn main() -> Result<(), Failed> {
    println!("Round trips in microseconds (median, 99 in 100 below, slowest); {NEIGHBOURS} neighbours of each kind.\n");
    println!("| runtime | neighbours | NOOP | SIZE |\n|---|---|---|---|");
    for (name, serve) in [("blocking", runtime::blocking as Serve), ("smol", runtime::smol), ("mio", runtime::mio)] {
        let slow = |path: &ftp_core::path::VirtualPath| {
            if path.name() == b"slow" {
                thread::sleep(SLOW);
            }
        };
        let server = server(serve, slow)?;
        let mut peer = Peer::log_in(server.address())?;
        row(name, "none", &mut peer)?;

        let done = Arc::new(AtomicBool::new(false));
        let disks: Vec<_> = (0..NEIGHBOURS).map(|_| slow_disk(&server, &done)).collect::<Result<_, _>>()?;
        row(name, "a slow disk", &mut peer)?;
        done.store(true, Ordering::SeqCst);
        for disk in disks {
            let _ = disk.join();
        }

        let stalled: Vec<_> = (0..NEIGHBOURS).map(|_| stalled(&server)).collect::<Result<_, _>>()?;
        row(name, "a stalled peer", &mut peer)?;
        drop(stalled);

        let waiting: Vec<_> = (0..NEIGHBOURS).map(|_| never_opened(&server)).collect::<Result<_, _>>()?;
        row(name, "no data connection", &mut peer)?;
        drop(waiting);
    }
    Ok(())
}

fn row(runtime: &str, neighbours: &str, peer: &mut Peer) -> Result<(), Failed> {
    let noop = round_trips(peer, "NOOP", "200")?;
    let size = round_trips(peer, "SIZE /hello", "213")?;
    println!("| {runtime} | {neighbours} | {noop} | {size} |");
    Ok(())
}

fn round_trips(peer: &mut Peer, command: &str, code: &str) -> Result<String, Failed> {
    let mut times = Vec::with_capacity(ROUND_TRIPS);
    for _ in 0..ROUND_TRIPS {
        let begun = Instant::now();
        peer.ask(command, code)?;
        times.push(begun.elapsed().as_micros());
    }
    times.sort_unstable();
    Ok(format!("{}, {}, {}", times[ROUND_TRIPS / 2], times[ROUND_TRIPS * 99 / 100], times[ROUND_TRIPS - 1]))
}

/// A session that asks its slow disk, and asks again.
fn slow_disk(server: &Server, done: &Arc<AtomicBool>) -> Result<thread::JoinHandle<()>, Failed> {
    let mut peer = Peer::log_in(server.address())?;
    let done = Arc::clone(done);
    Ok(thread::spawn(move || while !done.load(Ordering::SeqCst) && peer.ask("SIZE /slow", "550").is_ok() {}))
}

/// A session that sends a large file to a peer that does not read.
fn stalled(server: &Server) -> Result<(Peer, TcpStream), Failed> {
    let mut peer = Peer::log_in(server.address())?;
    let data = TcpStream::connect((server.address().ip(), port(&peer.ask("EPSV", "229")?)?))?;
    peer.ask("RETR /large", "150")?;
    Ok((peer, data))
}

/// A session that waits for a data connection.
fn never_opened(server: &Server) -> Result<Peer, Failed> {
    let mut peer = Peer::log_in(server.address())?;
    peer.ask("EPSV", "229")?;
    peer.ask("RETR /hello", "150")?;
    Ok(peer)
}
