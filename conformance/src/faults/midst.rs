//! Downloads that somebody means to end: the peer by ABOR, the server by a stop.

use super::{read_all, same};
use crate::hooked::{LARGE, server};
use crate::peer::{LIMIT, Peer};
use crate::runtime::Serve;
use libtest_mimic::Failed;
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

pub(super) fn a_stalled_transfer_is_asked_about_and_aborted(serve: Serve) -> Result<(), Failed> {
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
pub(super) fn an_urgent_abort_overtakes_what_waits(serve: Serve) -> Result<(), Failed> {
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

pub(super) fn a_stop_lets_a_transfer_finish(serve: Serve) -> Result<(), Failed> {
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

pub(super) fn a_stop_without_patience_cuts_a_transfer_off(serve: Serve) -> Result<(), Failed> {
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
