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
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::env;
use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

mod bench;
mod killed;
mod page;
mod transfers;

use bench::Seen;
pub use page::page;

/// Set for the process that is to serve with few descriptors.
const FEW: &str = "FTPKIT_FAULTS_FEW_DESCRIPTORS";

/// Descriptors of that process.
const DESCRIPTORS: u64 = 48;

/// A fault, and what is seen of it on every runtime.
struct Fault {
    /// The name of its test.
    name: &'static str,
    /// What goes wrong.
    what: &'static str,
    run: Run,
    /// What the peer sees of it.
    peer: &'static str,
    /// What is on the disk in the end; "–" where nothing is stored.
    disk: &'static str,
}

enum Run {
    /// It holds by itself that what is seen is what is said of it.
    Holds(fn(Serve) -> Result<(), Failed>),
    /// It tells what is seen.
    Tells(fn(Serve) -> Result<Seen, Failed>),
}

/// The faults.
const FAULTS: [Fault; 29] = [
    Fault {
        name: "one_byte_at_a_time",
        what: "commands and a file come one byte at a time",
        run: Run::Holds(one_byte_at_a_time),
        peer: "what it would see otherwise",
        disk: "the new file, byte for byte",
    },
    Fault {
        name: "spurious_wake_ups",
        what: "every session is woken again and again for nothing",
        run: Run::Holds(spurious_wake_ups),
        peer: "the whole file",
        disk: "–",
    },
    Fault {
        name: "a_peer_that_reads_late_gets_its_answers",
        what: "a peer asks and does not read, until the server takes in no more; then it reads",
        run: Run::Holds(a_peer_that_reads_late_gets_its_answers),
        peer: "every answer, in order",
        disk: "–",
    },
    Fault {
        name: "a_peer_vanishes_with_output_unread",
        what: "a peer asks, does not read, and vanishes",
        run: Run::Holds(a_peer_vanishes_with_output_unread),
        peer: "others are served on; its session is gone",
        disk: "–",
    },
    Fault {
        name: "a_half_closed_peer_gets_its_answers",
        what: "a peer asks 500 times and closes its direction",
        run: Run::Holds(a_half_closed_peer_gets_its_answers),
        peer: "500 answers, the end",
        disk: "–",
    },
    Fault {
        name: "no_descriptors_left",
        what: "the process has no descriptors left (EMFILE)",
        run: Run::Holds(no_descriptors_left),
        peer: "who is inside is served on; who waits gets in when others leave",
        disk: "–",
    },
    Fault {
        name: "a_session_that_panics_ends_alone",
        what: "storage panics",
        run: Run::Holds(a_session_that_panics_ends_alone),
        peer: "the end; others are served on",
        disk: "–",
    },
    Fault {
        name: "slow_storage_stalls_nobody_else",
        what: "storage hangs for twelve sessions",
        run: Run::Holds(slow_storage_stalls_nobody_else),
        peer: "others are served on; the twelve get their answers when it goes on",
        disk: "–",
    },
    Fault {
        name: "a_stalled_transfer_is_asked_about_and_aborted",
        what: "a download is not read, then STAT and ABOR",
        run: Run::Holds(a_stalled_transfer_is_asked_about_and_aborted),
        peer: "211, 426, 226",
        disk: "–",
    },
    Fault {
        name: "an_urgent_abort_overtakes_what_waits",
        what: "ABOR with a Telnet Synch behind commands that wait",
        run: Run::Holds(an_urgent_abort_overtakes_what_waits),
        peer: "426, 226, then the answers to what waited",
        disk: "–",
    },
    Fault {
        name: "a_stop_lets_a_transfer_finish",
        what: "the server is stopped while a download runs",
        run: Run::Holds(a_stop_lets_a_transfer_finish),
        peer: "all of the file, 226, 421",
        disk: "–",
    },
    Fault {
        name: "a_stop_without_patience_cuts_a_transfer_off",
        what: "the server is stopped at once while a download runs",
        run: Run::Holds(a_stop_without_patience_cuts_a_transfer_off),
        peer: "421; the data connection breaks",
        disk: "–",
    },
    Fault {
        name: "an_upload_is_reset",
        what: "the peer resets the data connection of an upload",
        run: Run::Tells(transfers::an_upload_is_reset),
        peer: "150, 426",
        disk: "the old file; what came is kept to go on with",
    },
    Fault {
        name: "an_upload_stalls",
        what: "half an upload comes, then nothing",
        run: Run::Tells(transfers::an_upload_stalls),
        peer: "150, 426",
        disk: "the old file; what came is kept to go on with",
    },
    Fault {
        name: "an_upload_is_never_closed",
        what: "all of an upload comes, and the data connection stays open",
        run: Run::Tells(transfers::an_upload_is_never_closed),
        peer: "150, 426",
        disk: "the old file; what came is kept to go on with",
    },
    Fault {
        name: "an_upload_trickles",
        what: "an upload comes at one byte a second",
        run: Run::Tells(transfers::an_upload_trickles),
        peer: "150, 226",
        disk: "the new file",
    },
    Fault {
        name: "the_control_connection_half_closes_in_an_upload",
        what: "the peer closes its direction of the control connection in an upload",
        run: Run::Tells(transfers::the_control_connection_half_closes_in_an_upload),
        peer: "150, 426, the end",
        disk: "the old file; what came is kept to go on with",
    },
    Fault {
        name: "the_peer_vanishes_in_an_upload",
        what: "both connections are reset in an upload",
        run: Run::Tells(transfers::the_peer_vanishes_in_an_upload),
        peer: "150",
        disk: "the old file; what came is kept to go on with",
    },
    Fault {
        name: "a_data_connection_never_comes",
        what: "the data connection of an upload never comes",
        run: Run::Tells(transfers::a_data_connection_never_comes),
        peer: "150, 425",
        disk: "the old file",
    },
    Fault {
        name: "a_download_is_reset",
        what: "the peer resets the data connection of a download",
        run: Run::Tells(transfers::a_download_is_reset),
        peer: "150, 426",
        disk: "the old file",
    },
    Fault {
        name: "a_download_is_not_read",
        what: "the peer does not read what it downloads",
        run: Run::Tells(transfers::a_download_is_not_read),
        peer: "150, 426",
        disk: "the old file",
    },
    Fault {
        name: "there_is_no_space",
        what: "the disk is full in an upload (ENOSPC)",
        run: Run::Tells(transfers::there_is_no_space),
        peer: "150, 452",
        disk: "the old file; what came is kept to go on with",
    },
    Fault {
        name: "a_disk_cannot_be_written",
        what: "the disk cannot be written in an upload (EIO)",
        run: Run::Tells(transfers::a_disk_cannot_be_written),
        peer: "150, 451",
        disk: "the old file; what came is kept to go on with",
    },
    Fault {
        name: "a_file_cannot_be_put_in_place",
        what: "an upload that is whole cannot be given its name",
        run: Run::Tells(transfers::a_file_cannot_be_put_in_place),
        peer: "150, 451",
        disk: "the old file; what came is kept to go on with",
    },
    Fault {
        name: "a_disk_cannot_be_read",
        what: "the disk cannot be read in a download (EIO)",
        run: Run::Tells(transfers::a_disk_cannot_be_read),
        peer: "150, the data connection breaks, 451",
        disk: "the old file",
    },
    Fault {
        name: "a_session_panics_in_an_upload",
        what: "storage panics in an upload",
        run: Run::Tells(transfers::a_session_panics_in_an_upload),
        peer: "150, the end",
        disk: "the old file",
    },
    Fault {
        name: "a_server_is_killed_at_each_step_of_an_upload",
        what: "the server is killed (`kill -9`) at each step of an upload",
        run: Run::Tells(killed::a_server_is_killed_at_each_step_of_an_upload),
        peer: "150 at most; then both connections break",
        disk: "the old file until all is stored, then the new one; what came is kept, and REST goes on with it",
    },
    Fault {
        name: "time_leaps_in_a_session_that_does_nothing",
        what: "the clock leaps by a year",
        run: Run::Tells(transfers::time_leaps_in_a_session_that_does_nothing),
        peer: "421, the end",
        disk: "the old file",
    },
    Fault {
        name: "thousands_connect_and_say_nothing",
        what: "2,000 connections are opened and say nothing; then an upload",
        run: Run::Tells(transfers::thousands_connect_and_say_nothing),
        peer: "150, 226; the 2,000 are told 421 when their time is over",
        disk: "the new file",
    },
];

/// Runs every fault on the runtime of `serve`, as the tests of a program.
pub fn main(serve: Serve) {
    if env::var_os(FEW).is_some() {
        return serve_with_few_descriptors(serve);
    }
    if let Some(root) = env::var_os(killed::ROOT) {
        return until_told(killed::serve_directory(serve, Path::new(&root)));
    }
    let trials = FAULTS.iter().map(|fault| Trial::test(fault.name, move || fault.test(serve))).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

impl Fault {
    fn test(&self, serve: Serve) -> Result<(), Failed> {
        match self.run {
            Run::Holds(fault) => fault(serve),
            Run::Tells(fault) => {
                let expected = Seen { peer: self.peer.into(), disk: self.disk.into() };
                same(&fault(serve)?, &expected)
            }
        }
    }
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

/// Its answers wait in the session until the connection takes them: whoever forgets to wait for that never sends them.
fn a_peer_that_reads_late_gets_its_answers(serve: Serve) -> Result<(), Failed> {
    const COMMAND: &[u8] = b"STAT\r\n";
    let server = server(serve, |_| ())?;
    let mut peer = Peer::log_in(server.address())?;
    // So that little is on its way when nothing goes on any more; a window of less than a segment would make it slow.
    socket2::SockRef::from(&peer.stream).set_send_buffer_size(64 << 10)?;
    socket2::SockRef::from(&peer.stream).set_recv_buffer_size(256 << 10)?;
    let commands = COMMAND.repeat(1000);
    let mut sent = 0;
    peer.stream.set_nonblocking(true)?;
    loop {
        let mut room = [PollFd::new(&peer.stream, PollFlags::OUT)];
        // It takes in no more, or is only slow: then this shows less, and passes.
        if poll(&mut room, Some(&Timespec { tv_sec: 0, tv_nsec: 200_000_000 }))? == 0 {
            break;
        }
        sent += peer.stream.write(&commands[sent % COMMAND.len()..]).unwrap_or_default();
    }
    peer.stream.set_nonblocking(false)?;
    for _ in 0..sent / COMMAND.len() {
        peer.expect("211")?;
    }
    let rest = sent % COMMAND.len();
    if rest > 0 {
        peer.send(&COMMAND[rest..])?;
        peer.expect("211")?;
    }
    peer.ask("NOOP", "200").map(drop)
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
    let mut child = Process::start(FEW, "1".as_ref())?;
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
    until_told(setrlimit(Resource::Nofile, limit).map_err(Into::into).and_then(|()| server(serve, |_| ())));
}

/// Says where it serves, and serves until the test ends.
fn until_told(served: io::Result<Server>) {
    match served {
        Ok(server) => {
            println!("{}", server.address());
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

/// This program once more, told by its environment to serve; it is killed when this is dropped.
struct Process {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
}

impl Process {
    fn start(variable: &str, value: &OsStr) -> Result<Self, Failed> {
        let mut command = Command::new(env::current_exe()?);
        let mut child = command.env(variable, value).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
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
