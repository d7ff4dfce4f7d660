//! Peers whose control connection is no model: they send and read byte by byte, read late or never, vanish, close half.

use super::{gone, read_all, same};
use crate::hooked::{LARGE, server};
use crate::peer::{Peer, port};
use crate::runtime::Serve;
use libtest_mimic::Failed;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

pub(super) fn one_byte_at_a_time(serve: Serve) -> Result<(), Failed> {
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

pub(super) fn spurious_wake_ups(serve: Serve) -> Result<(), Failed> {
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
pub(super) fn a_peer_that_reads_late_gets_its_answers(serve: Serve) -> Result<(), Failed> {
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

pub(super) fn a_peer_vanishes_with_output_unread(serve: Serve) -> Result<(), Failed> {
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

pub(super) fn a_half_closed_peer_gets_its_answers(serve: Serve) -> Result<(), Failed> {
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
