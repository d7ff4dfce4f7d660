//! What every adapter must bear: peers that send and read byte by byte, that vanish, that close half; no descriptors left;
//! storage that hangs or panics; a stop in the midst of it all. [`main`] makes each a test of its own.
//!
//! Nothing here waits for time to go by. What has to be held up is held up by storage that the
//! test lets go ([`Hooked`](crate::hooked::Hooked)), and
//! where a test waits for an answer, [`LIMIT`] is only there so that a broken server cannot hold up the tests.

use crate::hooked::{LARGE, server};
use crate::peer::{LIMIT, Peer, port};
use crate::runtime::{Serve, Server};
use ftp_core::path::VirtualPath;
use libtest_mimic::{Arguments, Failed, Trial};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// Set for the process that is to serve with few descriptors.
const FEW: &str = "FTPKIT_FAULTS_FEW_DESCRIPTORS";

/// Descriptors of that process.
const DESCRIPTORS: u64 = 48;

type Fault = fn(Serve) -> Result<(), Failed>;

/// The faults, and the names that their tests have.
const FAULTS: [(&str, Fault); 11] = [
    ("one_byte_at_a_time", one_byte_at_a_time),
    ("spurious_wake_ups", spurious_wake_ups),
    ("a_peer_vanishes_with_output_unread", a_peer_vanishes_with_output_unread),
    ("a_half_closed_peer_gets_its_answers", a_half_closed_peer_gets_its_answers),
    ("no_descriptors_left", no_descriptors_left),
    ("a_session_that_panics_ends_alone", a_session_that_panics_ends_alone),
    ("slow_storage_stalls_nobody_else", slow_storage_stalls_nobody_else),
    ("a_stalled_transfer_is_asked_about_and_aborted", a_stalled_transfer_is_asked_about_and_aborted),
    ("an_urgent_abort_overtakes_what_waits", an_urgent_abort_overtakes_what_waits),
    ("a_stop_lets_a_transfer_finish", a_stop_lets_a_transfer_finish),
    ("a_stop_without_patience_cuts_a_transfer_off", a_stop_without_patience_cuts_a_transfer_off),
];

/// Runs every fault on the runtime of `serve`, as the tests of a program.
pub fn main(serve: Serve) {
    if env::var_os(FEW).is_some() {
        return serve_with_few_descriptors(serve);
    }
    let trials = FAULTS.iter().map(|&(name, fault)| Trial::test(name, move || fault(serve))).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn one_byte_at_a_time(serve: Serve) -> Result<(), Failed> {
    let server = server(serve, |_| ())?;
    let mut peer = Peer::connect(server.address())?;
    peer.expect("220")?;
    for byte in b"USER ann\r\nPASS secret\r\nTYPE I\r\nEPSV\r\n" {
        peer.send(&[*byte])?;
    }
    peer.expect("331")?;
    peer.expect("230")?;
    peer.expect("200")?;
    let reply = peer.expect("229")?;
    let mut data = TcpStream::connect(SocketAddr::new(server.address().ip(), port(&reply)?))?;
    for byte in b"STOR /new\r\n" {
        peer.send(&[*byte])?;
    }
    peer.expect("150")?;
    data.set_nodelay(true)?;
    for byte in b"one by one" {
        data.write_all(&[*byte])?;
    }
    drop(data);
    peer.expect("226")?;
    let mut data = peer.passive()?;
    peer.send(b"RETR /new\r\n")?;
    let (mut seen, mut byte) = (Vec::new(), [0]);
    while data.read(&mut byte)? == 1 {
        seen.push(byte[0]);
    }
    same(&seen, &b"one by one".to_vec())?;
    peer.expect("150")?;
    peer.expect("226")?;
    Ok(())
}

fn spurious_wake_ups(serve: Serve) -> Result<(), Failed> {
    let server = server(serve, |_| ())?;
    let mut peer = Peer::log_in(server.address())?;
    let data = peer.passive()?;
    peer.send(b"RETR /large\r\n")?;
    peer.expect("150")?;
    for _ in 0..100 {
        server.host().registry.wake_all();
        peer.ask("STAT", "211")?;
    }
    same(&read_all(data)?.len(), &LARGE)?;
    peer.expect("226")?;
    Ok(())
}

fn a_peer_vanishes_with_output_unread(serve: Serve) -> Result<(), Failed> {
    let server = server(serve, |_| ())?;
    let mut witness = Peer::log_in(server.address())?;
    let mut peer = Peer::log_in(server.address())?;
    // The server takes in no more as soon as its replies do not leave any more.
    peer.stream.set_nonblocking(true)?;
    let commands = b"HELP\r\n".repeat(1000);
    while peer.stream.write(&commands).is_ok() {}
    drop(peer);
    witness.ask("NOOP", "200")?;
    gone(&server, 1)?;
    witness.ask("NOOP", "200")?;
    Ok(())
}

fn a_half_closed_peer_gets_its_answers(serve: Serve) -> Result<(), Failed> {
    let server = server(serve, |_| ())?;
    let mut peer = Peer::log_in(server.address())?;
    peer.send(&b"NOOP\r\n".repeat(500))?;
    peer.stream.shutdown(Shutdown::Write)?;
    for _ in 0..500 {
        peer.expect("200")?;
    }
    peer.expect_end()?;
    gone(&server, 0)
}

/// In a process of its own, since the limit is a process's.
fn no_descriptors_left(_: Serve) -> Result<(), Failed> {
    let mut child = Process::start()?;
    let address = child.line()?.trim().parse()?;
    let mut first = Peer::log_in(address)?;
    let mut crowd = Vec::new();
    for _ in 0..DESCRIPTORS * 2 {
        crowd.push(Peer::connect(address)?);
    }
    // Some of the crowd stand in the listener's queue. Those inside do not notice.
    for _ in 0..100 {
        first.ask("NOOP", "200")?;
    }
    // As the others leave, the last gets in.
    let last = crowd.pop();
    drop(crowd);
    last.ok_or("nobody")?.expect("220")?;
    first.ask("NOOP", "200")?;
    Ok(())
}

fn serve_with_few_descriptors(serve: Serve) {
    let limit = Rlimit { current: Some(DESCRIPTORS), ..getrlimit(Resource::Nofile) };
    let served = setrlimit(Resource::Nofile, limit).map_err(Into::into).and_then(|()| server(serve, |_| ()));
    match served {
        Ok(server) => {
            println!("{}", server.address());
            // Until the test ends.
            let _ = io::stdin().read(&mut [0]);
        }
        Err(error) => println!("{error:?}"),
    }
}

fn a_session_that_panics_ends_alone(serve: Serve) -> Result<(), Failed> {
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

fn slow_storage_stalls_nobody_else(serve: Serve) -> Result<(), Failed> {
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

fn a_stalled_transfer_is_asked_about_and_aborted(serve: Serve) -> Result<(), Failed> {
    let server = server(serve, |_| ())?;
    let mut peer = Peer::log_in(server.address())?;
    let data = peer.passive()?;
    peer.ask("RETR /large", "150")?;
    peer.ask("STAT", "211")?;
    peer.ask("ABOR", "426")?;
    peer.expect("226")?;
    if read_all(data).is_ok_and(|bytes| bytes.len() == LARGE) {
        return Err("all of the file came in spite of the abort".into());
    }
    peer.ask("NOOP", "200")?;
    Ok(())
}

/// RFC 959 4.1.3: the Telnet Synch lets the server see an ABOR behind commands that wait.
fn an_urgent_abort_overtakes_what_waits(serve: Serve) -> Result<(), Failed> {
    let server = server(serve, |_| ())?;
    let mut peer = Peer::log_in(server.address())?;
    let _data = peer.passive()?;
    peer.ask("RETR /large", "150")?;
    peer.send(b"NOOP\r\nNOOP\r\nNOOP\r\n\xff\xf4")?;
    rustix::net::send(&peer.stream, b"\xff", rustix::net::SendFlags::OOB)?;
    peer.send(b"\xf2ABOR\r\n")?;
    peer.expect("426")?;
    peer.expect("226")?;
    for _ in 0..3 {
        peer.expect("200")?;
    }
    Ok(())
}

fn a_stop_lets_a_transfer_finish(serve: Serve) -> Result<(), Failed> {
    let server = server(serve, |_| ())?;
    let mut idle = Peer::log_in(server.address())?;
    let mut peer = Peer::log_in(server.address())?;
    let data = peer.passive()?;
    peer.ask("RETR /large", "150")?;
    thread::scope(|scope| {
        let stop = scope.spawn(|| server.stop(LIMIT));
        idle.expect("421")?;
        idle.expect_end()?;
        drop(idle);
        same(&read_all(data)?.len(), &LARGE)?;
        peer.expect("226")?;
        peer.expect("421")?;
        drop(peer);
        same(&stop.join().map_err(|_| "the stop panicked")?, &true)
    })?;
    match TcpStream::connect(server.address()) {
        Ok(_) => Err("somebody listens still".into()),
        Err(_) => Ok(()),
    }
}

fn a_stop_without_patience_cuts_a_transfer_off(serve: Serve) -> Result<(), Failed> {
    let server = server(serve, |_| ())?;
    let mut peer = Peer::log_in(server.address())?;
    let data = peer.passive()?;
    peer.ask("RETR /large", "150")?;
    thread::scope(|scope| {
        let stop = scope.spawn(|| server.stop(Duration::ZERO));
        peer.expect("421")?;
        drop(peer);
        same(&stop.join().map_err(|_| "the stop panicked")?, &false)
    })?;
    if read_all(data).is_ok_and(|bytes| bytes.len() == LARGE) {
        return Err("all of the file came".into());
    }
    Ok(())
}

/// Waits until no more than `left` sessions are there.
fn gone(server: &Server, left: usize) -> Result<(), Failed> {
    let end = std::time::Instant::now() + LIMIT;
    while server.host().registry.present().len() > left {
        if std::time::Instant::now() > end {
            return Err(format!("{:?} are still there", server.host().registry.present()).into());
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

fn same<T: PartialEq + std::fmt::Debug>(seen: &T, expected: &T) -> Result<(), Failed> {
    if seen == expected { Ok(()) } else { Err(format!("{seen:?} instead of {expected:?}").into()) }
}

fn read_all(mut data: TcpStream) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    data.read_to_end(&mut bytes).map(|_| bytes)
}

/// This program once more, with few descriptors; it ends when this is dropped.
struct Process {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
}

impl Process {
    fn start() -> Result<Self, Failed> {
        let mut command = Command::new(env::current_exe()?);
        let mut child = command.env(FEW, "1").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take().ok_or("no output")?;
        Ok(Self { child, output: BufReader::new(output) })
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.output.read_line(&mut line).map(|_| line)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
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
