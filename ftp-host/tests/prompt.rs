//! What a session does at once because it takes no waiting, and what it does not.

mod common;

use common::pair;
use ftp_core::codec::Codec;
use ftp_core::command::Mode;
use ftp_core::path::VirtualPath;
use ftp_host::accounts::{Anonymous, Doors};
use ftp_host::door::{Door, Knock};
use ftp_host::host::Host;
use ftp_host::pump::{Pump, Step};
use ftp_host::readiness::{Ready, Turn};
use ftp_host::session::Session;
use ftp_host::storage::{Disk, Source, Storage};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use tempfile::TempDir;

const CONTENT: &[u8] = b"a small file";

/// A directory with a file; `None` on a file system that is not trusted to be prompt.
fn disk() -> Option<(TempDir, Disk)> {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("small"), CONTENT).expect("it writes");
    let disk = Disk::open(dir.path()).expect("it opens");
    disk.open_promptly(&path("/small"), 0)?;
    Some((dir, disk))
}

fn path(text: &str) -> VirtualPath {
    VirtualPath::parse(text.as_bytes()).expect("a path")
}

#[test]
fn an_anonymous_login_and_a_small_download_need_no_other_thread() {
    let Some((_dir, disk)) = disk() else { return };
    let doors = Doors { anonymous: Anonymous::ReadOnly(Arc::new(disk)), ..Doors::default() };
    let door = Door::open(TcpListener::bind("127.0.0.1:0").expect("a port")).expect("it opens");
    let peer = TcpStream::connect(door.address()).expect("it connects");
    let Knock::Came(arrival) = door.knock() else { panic!("nobody") };
    let mut session = Session::new(&Arc::new(Host::new(doors)), arrival, Arc::new(|| ())).expect("a session");

    let mut replies = BufReader::new(peer.try_clone().expect("a socket"));
    let mut turn = |command: &str, code: &str| {
        (&peer).write_all(command.as_bytes()).expect("it sends");
        let (mut said, mut scratch) = (String::new(), [0; 4096]);
        assert_ne!(session.turn(Ready::ALL, &mut scratch), Turn::Over);
        assert!(session.take_job().is_none(), "{command}");
        replies.read_line(&mut said).expect("it answers");
        assert!(said.starts_with(code), "{said}");
        said
    };
    turn("", "220");
    turn("USER anonymous\r\n", "331");
    turn("PASS guest@\r\n", "230");
    turn("TYPE I\r\n", "200");
    let passive = turn("EPSV\r\n", "229");
    let port = passive.split('|').nth(3).and_then(|port| port.parse::<u16>().ok()).expect("a port");
    let mut data = TcpStream::connect(("127.0.0.1", port)).expect("it connects");
    turn("RETR small\r\n", "150");
    turn("", "226");
    let mut came = Vec::new();
    data.read_to_end(&mut came).expect("it reads");
    assert_eq!(came, CONTENT);
}

#[test]
fn only_what_lies_beneath_the_root_is_opened_promptly() {
    let Some((dir, disk)) = disk() else { return };
    let outside = tempfile::tempdir().expect("a directory");
    fs::write(outside.path().join("secret"), "x").expect("it writes");
    std::os::unix::fs::symlink(outside.path().join("secret"), dir.path().join("link")).expect("it links");
    fs::create_dir(dir.path().join("dir")).expect("it makes");
    fs::write(dir.path().join(".ftpkit-part.small"), "x").expect("it writes");
    for name in ["/link", "/dir", "/", "/missing", "/.ftpkit-part.small"] {
        assert!(disk.open_promptly(&path(name), 0).is_none(), "{name}");
    }
    assert!(disk.open_promptly(&path("/small"), CONTENT.len() as u64 + 1).is_none());
}

#[test]
fn a_small_file_is_sent_from_its_offset_and_a_larger_one_left_alone() {
    let Some((_dir, disk)) = disk() else { return };
    for (room, offset) in [(CONTENT.len(), 0), (CONTENT.len() - 2, 2), (1, CONTENT.len()), (CONTENT.len() - 1, 0)] {
        let Some(source) = disk.open_promptly(&path("/small"), offset as u64) else { panic!("it is there") };
        let left = CONTENT.len() - offset;
        assert!(matches!(source, Source::File { remaining, .. } if remaining == left as u64));
        let (channel, mut peer) = pair();
        let mut pump = Pump::send(source, Codec::RAW, channel);
        let mut scratch = vec![0; room];
        let step = pump.step_promptly(&mut scratch).unwrap_or_else(|| {
            assert!(room < left, "{room}");
            pump.step(Pump::BUDGET)
        });
        assert_eq!(step, Step::Done(Ok(left as u64)));
        drop(pump);
        let mut came = Vec::new();
        peer.read_to_end(&mut came).expect("it reads");
        assert_eq!(came, CONTENT.get(offset..).unwrap_or_default());
    }
}

#[test]
fn a_small_file_in_blocks_is_sent_at_once_where_there_is_room_for_it() {
    let Some((_dir, disk)) = disk() else { return };
    let block = [&[0x40, 0, CONTENT.len() as u8], CONTENT].concat();
    let enough = CONTENT.len() + block.len();
    for room in [enough, enough - 1, CONTENT.len(), 1] {
        let Some(source) = disk.open_promptly(&path("/small"), 0) else { panic!("it is there") };
        let (channel, mut peer) = pair();
        let mut pump = Pump::send(source, Codec { mode: Mode::Block, ..Codec::RAW }, channel);
        let step = pump.step_promptly(&mut vec![0; room]).unwrap_or_else(|| {
            assert!(room < enough, "{room}");
            pump.step(Pump::BUDGET)
        });
        assert_eq!(step, Step::Done(Ok(block.len() as u64)));
        assert!(pump.into_kept().is_some(), "it stays open");
        let mut came = Vec::new();
        peer.read_to_end(&mut came).expect("it reads");
        assert_eq!(came, block);
    }
}
