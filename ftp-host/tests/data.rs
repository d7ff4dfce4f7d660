//! Data connections: who may connect, on which port, and what failure means.

use ftp_core::action::NetworkError;
use ftp_host::channel::Channel;
use ftp_host::data::{Accepted, Dialer, Listener, PassivePorts};
use rustix::event::{PollFd, PollFlags, poll};
use socket2::{Domain, Socket, Type};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;

const CONTROL: ([u8; 4], u16) = ([127, 0, 0, 1], 21);

fn control() -> SocketAddr {
    SocketAddr::from(CONTROL)
}

fn wait(socket: impl AsFd, flags: PollFlags) {
    poll(&mut [PollFd::new(&socket, flags)], None).unwrap();
}

/// Connects from this address.
fn connect_from(from: [u8; 4], to: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((from, 0)).into()).unwrap();
    socket.connect(&to.into()).unwrap();
    socket.into()
}

/// The peer's connection, once it is there.
fn accept(listener: &mut Listener) -> Channel {
    loop {
        wait(listener.socket(), PollFlags::IN);
        if let Accepted::Peer(channel) = listener.accept().unwrap() {
            return channel;
        }
    }
}

fn finish(dialer: &mut Dialer) -> Result<Channel, NetworkError> {
    wait(dialer.socket(), PollFlags::OUT);
    dialer.finish().expect("a writable socket has an outcome")
}

#[test]
fn nobody_there_is_no_connection() {
    let mut listener = PassivePorts::any().listen(control(), control()).unwrap();
    assert!(matches!(listener.accept(), Ok(Accepted::Wait)));
}

#[test]
fn strangers_are_closed_and_the_peer_gets_in() {
    let mut listener = PassivePorts::any().listen(control(), control()).unwrap();
    let mut stranger = connect_from([127, 0, 0, 2], listener.address());
    let mut peer = connect_from([127, 0, 0, 1], listener.address());
    let mut channel = accept(&mut listener);
    assert_eq!(listener.refused(), 1);
    assert_eq!(stranger.read(&mut [0; 1]).unwrap(), 0, "closed without a byte");
    peer.write_all(b"x").unwrap();
    wait(channel.socket(), PollFlags::IN);
    assert_eq!(channel.read(&mut [0; 2]).unwrap(), 1);
}

#[test]
fn a_listener_for_anybody_takes_who_comes_first() {
    let mut listener = PassivePorts::any().listen(control(), control()).unwrap();
    listener.admit_anybody();
    let _third_party = connect_from([127, 0, 0, 2], listener.address());
    accept(&mut listener);
    assert_eq!(listener.refused(), 0);
}

#[test]
fn a_mapped_peer_is_the_same_peer() {
    let mapped: SocketAddr = "[::ffff:127.0.0.1]:21".parse().unwrap();
    let mut listener = PassivePorts::any().listen(mapped, mapped).unwrap();
    assert!(listener.address().is_ipv4());
    let _peer = connect_from([127, 0, 0, 1], listener.address());
    accept(&mut listener);
}

#[test]
fn a_full_range_is_exhausted_and_a_freed_port_is_found() {
    // An address of its own, so that no other test's sockets are in the way. Two neighbouring ports that are free:
    let here = |port| SocketAddr::from(([127, 0, 0, 9], port));
    let (first, second) = loop {
        let first = TcpListener::bind(here(0)).unwrap();
        let port = first.local_addr().unwrap().port();
        if let Some(Ok(second)) = port.checked_add(1).map(|port| TcpListener::bind(here(port))) {
            break (first, second);
        }
    };
    let port = first.local_addr().unwrap().port();
    let ports = PassivePorts::range(port..=port + 1);
    assert_eq!(ports.listen(here(21), control()).unwrap_err(), NetworkError::Exhausted);
    drop(first);
    let listener = ports.listen(here(21), control()).unwrap();
    assert_eq!(listener.address().port(), port);
    drop((listener, second));
}

#[test]
fn an_empty_range_is_exhausted() {
    #[allow(clippy::reversed_empty_ranges, reason = "that is the point")]
    let ports = PassivePorts::range(2001..=2000);
    assert_eq!(ports.listen(control(), control()).unwrap_err(), NetworkError::Exhausted);
}

#[test]
fn a_foreign_local_address_is_a_local_failure() {
    let elsewhere = SocketAddr::from(([192, 0, 2, 1], 21));
    assert_eq!(PassivePorts::any().listen(elsewhere, control()).unwrap_err(), NetworkError::Local);
}

#[test]
fn a_dialer_connects_from_the_control_address() {
    let target = TcpListener::bind("127.0.0.1:0").unwrap();
    let local = SocketAddr::from(([127, 0, 0, 3], 21));
    let mut dialer = Dialer::start(target.local_addr().unwrap(), local).unwrap();
    let mut channel = finish(&mut dialer).unwrap();
    let (mut peer, from) = target.accept().unwrap();
    assert_eq!(from.ip(), local.ip());
    assert_eq!(channel.read(&mut [0; 1]).unwrap_err().kind(), ErrorKind::WouldBlock);
    assert_eq!(channel.write(b"abc").unwrap(), 3);
    channel.shutdown_write().unwrap();
    let mut got = Vec::new();
    peer.read_to_end(&mut got).unwrap();
    assert_eq!(got, b"abc");
}

#[test]
fn a_dialer_learns_that_nobody_listens() {
    let target = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let outcome = Dialer::start(target, control()).and_then(|mut dialer| finish(&mut dialer));
    assert_eq!(outcome.unwrap_err(), NetworkError::Unreachable);
}

#[test]
fn urgent_bytes_stay_in_the_control_stream() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let peer = Socket::from(TcpStream::connect(listener.local_addr().unwrap()).unwrap());
    let mut channel = Channel::control(listener.accept().unwrap().0).unwrap();
    peer.send(b"ab\xff").unwrap();
    peer.send_out_of_band(b"\xf2").unwrap();
    peer.send(b"cd").unwrap();
    let mut got = Vec::new();
    while got.len() < 6 {
        wait(channel.socket(), PollFlags::IN);
        let mut piece = [0; 16];
        let count = channel.read(&mut piece).unwrap();
        got.extend_from_slice(&piece[..count]);
    }
    assert_eq!(got, b"ab\xff\xf2cd");
}
