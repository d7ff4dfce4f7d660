//! A process that has no descriptors left (EMFILE), for new sessions or for what a session wants to do.

use super::bench::{NEW, OLD};
use super::killed::serve_directory;
use super::process::Process;
use super::{read_all, same};
use crate::peer::{LIMIT, Peer, port};
use crate::runtime::Serve;
use libtest_mimic::Failed;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs::{self, File};
use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::time::Instant;

/// Set for the process that is to serve with few descriptors: the directory that it serves.
pub(super) const FEW: &str = "FTPKIT_FAULTS_FEW_DESCRIPTORS";

/// Descriptors of that process.
const DESCRIPTORS: u64 = 48;

/// More than any transfer needs.
const ENOUGH: usize = 10;

/// Serves with few descriptors. Told a number, it leaves so many of them; told anything else, all.
pub(super) fn serve_with_few(serve: Serve, root: &Path) {
    let limit = Rlimit { current: Some(DESCRIPTORS), ..getrlimit(Resource::Nofile) };
    let served = setrlimit(Resource::Nofile, limit).map_err(Into::into).and_then(|()| serve_directory(serve, root));
    let server = match served {
        Ok(server) => server,
        Err(error) => return println!("{error:?}"),
    };
    println!("{}", server.address());
    let mut held = Vec::new();
    for line in io::stdin().lines().map_while(Result::ok) {
        held.clear();
        if let Ok(left) = line.parse::<usize>() {
            held.extend(std::iter::from_fn(|| File::open("/dev/null").ok()));
            held.truncate(held.len().saturating_sub(left));
        }
        println!("{} held", held.len());
    }
}

/// In a process of its own, since the limit is a process's.
pub(super) fn no_descriptors_left(_: Serve) -> Result<(), Failed> {
    let root = tempfile::tempdir()?;
    let mut child = Process::start(FEW, root.path().as_os_str())?;
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

/// How many are left decides at which step of a transfer they run out.
pub(super) fn too_few_for_a_transfer(_: Serve) -> Result<(), Failed> {
    let root = tempfile::tempdir()?;
    let mut child = Process::start(FEW, root.path().as_os_str())?;
    let mut peer = Peer::log_in(child.line()?.trim().parse()?)?;
    let before = descriptors(&child)?;
    every_transfer(&mut child, &mut peer, root.path())?;
    // A pipe of the uploads is kept for those that come.
    let after = at_rest(&child, &[before, before + 2])?;
    every_transfer(&mut child, &mut peer, root.path())?;
    at_rest(&child, &[after]).map(drop)
}

/// Every transfer with each number of descriptors left.
fn every_transfer(child: &mut Process, peer: &mut Peer, root: &Path) -> Result<(), Failed> {
    let file = root.join("file");
    let ways = ["RETR /file", "STOR /file", "LIST"].map(|command| [(command, false), (command, true)]);
    for (command, active) in ways.into_iter().flatten() {
        let mut refused = 0;
        for left in (0..=ENOUGH).map(Some).chain([None]) {
            fs::write(&file, OLD)?;
            child.tell(&left.map_or_else(|| "all".into(), |left| left.to_string()))?;
            let case = format!("{command}, active: {active}, {left:?} descriptors left");
            let failed = |error: Failed| format!("{case}: {}", error.message().unwrap_or_default());
            let done = transfer(peer, command, active).map_err(failed)?;
            peer.ask("NOOP", "200").map_err(failed)?;
            let stored = if done && command.starts_with("STOR") { &NEW[..] } else { OLD };
            if fs::read(&file)? != stored {
                return Err(format!("{case}: not the file that it should be").into());
            }
            if !done && left.is_none_or(|left| left == ENOUGH) {
                return Err(format!("{case}: refused").into());
            }
            refused += usize::from(!done);
        }
        if refused == 0 {
            return Err(format!("{command}, active: {active}: never refused").into());
        }
    }
    Ok(())
}

/// Waits until the process has one of these numbers of descriptors open: that number.
fn at_rest(child: &Process, expected: &[usize]) -> Result<usize, Failed> {
    let end = Instant::now() + LIMIT;
    loop {
        let seen = descriptors(child)?;
        if expected.contains(&seen) {
            return Ok(seen);
        }
        if Instant::now() > end {
            return Err(format!("{seen} descriptors, not one of {expected:?}").into());
        }
    }
}

/// Plays a transfer: was it done, or refused?
fn transfer(peer: &mut Peer, command: &str, active: bool) -> Result<bool, Failed> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let way = if active { format!("EPRT |1|127.0.0.1|{}|", listener.local_addr()?.port()) } else { "EPSV".into() };
    let reply = peer.ask(&way, "")?;
    if !granted(&reply)? {
        return Ok(false);
    }
    let passive = if active { None } else { Some((peer.stream.peer_addr()?.ip(), port(&reply)?)) };
    let mut data = passive.map(TcpStream::connect).transpose()?;
    if !granted(&peer.ask(command, "")?)? {
        return Ok(false);
    }
    if data.is_none() && comes(&listener, peer)? {
        data = Some(listener.accept()?.0);
    }
    let stores = command.starts_with("STOR");
    if let Some(mut data) = data.take_if(|_| stores) {
        // What became of it the reply tells.
        let _ = data.write_all(&NEW);
    }
    let done = granted(&peer.expect("")?)?;
    if done && !stores {
        let seen = read_all(data.map_or_else(|| listener.accept().map(|(data, _)| data), Ok)?)?;
        same(&if command == "LIST" { seen.ends_with(b" file\r\n") } else { seen == OLD }, &true)?;
    }
    Ok(done)
}

/// Does the server connect there, and not say instead why it does not?
fn comes(listener: &TcpListener, peer: &Peer) -> io::Result<bool> {
    if peer.has_more() {
        return Ok(false);
    }
    let limit = Timespec { tv_sec: LIMIT.as_secs().cast_signed(), tv_nsec: 0 };
    let mut ready = [PollFd::new(listener, PollFlags::IN), PollFd::new(&peer.stream, PollFlags::IN)];
    poll(&mut ready, Some(&limit))?;
    Ok(!ready[0].revents().is_empty())
}

/// Is the reply a yes? Any no has to be one for want of a data connection or of means.
fn granted(reply: &str) -> Result<bool, Failed> {
    match reply.get(..3) {
        Some("425" | "451") => Ok(false),
        _ if reply.starts_with(['1', '2']) => Ok(true),
        _ => Err(format!("{reply:?}, neither granted nor 425 or 451").into()),
    }
}

/// The descriptors that the process has open.
fn descriptors(child: &Process) -> io::Result<usize> {
    Ok(fs::read_dir(format!("/proc/{}/fd", child.id()))?.count())
}
