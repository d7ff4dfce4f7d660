//! Transfers over loopback: every byte arrives, and every failure is known for what it is.

mod common;

use common::{Double, file_source, pair, pattern, run, wait};
use ftp_core::action::{StorageError, TransferError};
use ftp_core::codec::Codec;
use ftp_host::pump::{Memory, Pump, Sink, Step};
use ftp_host::storage::Source;
use proptest::prelude::*;
use rustix::event::PollFlags;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

const SIZES: [usize; 9] = [0, 1, 4095, 65_535, 65_536, 65_537, (1 << 20) - 1, (1 << 20) + 1, 9_000_001];

fn stream_source(bytes: &[u8], remaining: Option<u64>) -> Source {
    Source::Stream { reader: Box::new(Cursor::new(bytes.to_vec())), remaining }
}

/// Sends it and says what the peer got.
fn sent(source: Source, codec: Codec, budget: usize) -> (Result<u64, TransferError>, Vec<u8>) {
    let (channel, mut peer) = pair();
    let reader = thread::spawn(move || {
        let mut got = Vec::new();
        // An error here shows as bytes that are missing.
        drop(peer.read_to_end(&mut got));
        got
    });
    let mut pump = Pump::send(source, codec, channel);
    let result = run(&mut pump, budget);
    assert_eq!(pump.step(1), Step::Done(result), "it stays over");
    drop(pump);
    (result, reader.join().unwrap())
}

/// Receives what `peer` writes.
fn received(
    sink: Sink,
    codec: Codec,
    announced: Option<u64>,
    peer: impl FnOnce(TcpStream) + Send + 'static,
) -> Result<u64, TransferError> {
    let (channel, stream) = pair();
    let writer = thread::spawn(move || peer(stream));
    let mut pump = Pump::receive(sink, codec, channel, announced);
    let result = run(&mut pump, Pump::BUDGET);
    assert_eq!(pump.step(1), Step::Done(result), "it stays over");
    drop(pump);
    writer.join().unwrap();
    result
}

/// A peer that writes this and ends; it may be cut short.
fn writes(bytes: Vec<u8>) -> impl FnOnce(TcpStream) + Send {
    move |mut stream| drop(stream.write_all(&bytes))
}

fn reset(stream: TcpStream) {
    let socket = socket2::Socket::from(stream);
    socket.set_linger(Some(std::time::Duration::ZERO)).unwrap();
}

fn scratch() -> File {
    tempfile::tempfile().unwrap()
}

#[test]
fn a_pump_may_change_threads() {
    fn sends<T: Send>() {}
    sends::<Pump>();
}

#[test]
fn every_size_is_sent_whole() {
    for size in SIZES {
        let bytes = pattern(size);
        for source in [file_source(&bytes), stream_source(&bytes, None), stream_source(&bytes, Some(size as u64))] {
            let (result, got) = sent(source, Codec::RAW, 100_000);
            assert_eq!(result, Ok(size as u64));
            assert!(got == bytes, "size {size}");
        }
    }
}

#[test]
fn every_size_is_received_whole() {
    for size in SIZES {
        for file in [Some(scratch()), None] {
            let (upload, outcome) = Double::new(file, usize::MAX);
            let result = received(Sink::Upload(upload), Codec::RAW, None, writes(pattern(size)));
            assert_eq!(result, Ok(size as u64));
            let outcome = outcome.lock().unwrap();
            assert!(outcome.published);
            assert!(outcome.bytes == pattern(size), "size {size}");
        }
    }
}

#[test]
fn a_file_is_sent_from_its_position_on() {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(b"0123456789").unwrap();
    file.seek(io::SeekFrom::Start(4)).unwrap();
    assert_eq!(sent(Source::File { file, remaining: 3 }, Codec::RAW, 1), (Ok(3), b"456".to_vec()));
}

#[test]
fn a_file_open_for_appending_is_appended_to() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    std::fs::write(&path, b"begin ").unwrap();
    let file = File::options().read(true).append(true).open(&path).unwrap();
    let (upload, _) = Double::new(Some(file), usize::MAX);
    let bytes = pattern(3_000_000);
    assert_eq!(received(Sink::Upload(upload), Codec::RAW, None, writes(bytes.clone())), Ok(3_000_000));
    assert!(std::fs::read(&path).unwrap() == [&b"begin "[..], &bytes].concat());
}

#[test]
fn a_file_that_shrank_is_no_success() {
    let Source::File { file, .. } = file_source(&pattern(1000)) else { unreachable!() };
    let (result, got) = sent(Source::File { file, remaining: 1001 }, Codec::RAW, Pump::BUDGET);
    assert_eq!(result, Err(TransferError::Storage(StorageError::Local)));
    assert_eq!(got, pattern(1000));
    let (result, _) = sent(stream_source(b"abc", Some(4)), Codec::RAW, Pump::BUDGET);
    assert_eq!(result, Err(TransferError::Storage(StorageError::Local)));
}

#[test]
fn a_reader_that_fails_is_no_success() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::PermissionDenied.into())
        }
    }
    let source = Source::Stream { reader: Box::new(Failing), remaining: None };
    let (result, _) = sent(source, Codec::RAW, Pump::BUDGET);
    assert_eq!(result, Err(TransferError::Storage(StorageError::Denied)));
}

#[test]
fn a_peer_that_does_not_read_stops_the_sender() {
    let (channel, peer) = pair();
    let mut pump = Pump::send(file_source(&pattern(64 << 20)), Codec::RAW, channel);
    while pump.step(Pump::BUDGET) == Step::Again {}
    assert_eq!(pump.step(Pump::BUDGET), Step::Writable);
    let moved = pump.moved();
    assert!(moved > 0 && moved < 64 << 20);
    reset(peer);
    assert_eq!(run(&mut pump, Pump::BUDGET), Err(TransferError::Broken));
}

#[test]
fn a_peer_that_talks_still_gets_everything() {
    let (channel, mut peer) = pair();
    peer.write_all(&pattern(1000)).unwrap();
    wait(channel.socket(), PollFlags::IN);
    let bytes = pattern(100_000);
    let mut pump = Pump::send(file_source(&bytes), Codec::RAW, channel);
    assert_eq!(run(&mut pump, Pump::BUDGET), Ok(100_000));
    drop(pump);
    let mut got = Vec::new();
    peer.read_to_end(&mut got).expect("an end, not a reset");
    assert!(got == bytes);
}

#[test]
fn a_step_moves_no_more_than_its_budget() {
    let (channel, _peer) = pair();
    let mut pump = Pump::send(file_source(&pattern(1000)), Codec::RAW, channel);
    assert_eq!(pump.step(300), Step::Again);
    assert_eq!(pump.moved(), 300);
    for file in [Some(scratch()), None] {
        let (channel, mut peer) = pair();
        peer.write_all(&pattern(1000)).unwrap();
        wait(channel.socket(), PollFlags::IN);
        let mut pump = Pump::receive(Sink::Upload(Double::new(file, 1000).0), Codec::RAW, channel, None);
        assert_eq!(pump.step(300), Step::Again);
        assert_eq!(pump.moved(), 300);
    }
}

#[test]
fn a_silent_peer_is_waited_for() {
    for file in [Some(scratch()), None] {
        let (channel, mut peer) = pair();
        let (upload, outcome) = Double::new(file, 10);
        let mut pump = Pump::receive(Sink::Upload(upload), Codec::RAW, channel, None);
        assert_eq!(pump.step(100), Step::Readable);
        peer.write_all(b"ab").unwrap();
        wait(pump.channel().socket(), PollFlags::IN);
        assert_eq!(pump.step(100), Step::Readable);
        assert_eq!(pump.moved(), 2);
        assert_eq!(pump.cancel(), Err(TransferError::Cancelled));
        let outcome = outcome.lock().unwrap();
        assert_eq!((outcome.published, outcome.dropped, &outcome.bytes[..]), (false, true, &b"ab"[..]));
        assert_eq!(peer.read(&mut [0; 1]).unwrap(), 0, "the connection is closed");
    }
}

#[test]
fn a_transfer_that_is_over_cannot_be_cancelled() {
    let (channel, _peer) = pair();
    let mut pump = Pump::send(file_source(b"abc"), Codec::RAW, channel);
    assert_eq!(run(&mut pump, Pump::BUDGET), Ok(3));
    assert_eq!(pump.cancel(), Ok(3));
}

#[test]
fn a_reset_keeps_what_came_and_publishes_nothing() {
    for file in [Some(scratch()), None] {
        let (channel, mut peer) = pair();
        let (upload, outcome) = Double::new(file, usize::MAX);
        let mut pump = Pump::receive(Sink::Upload(upload), Codec::RAW, channel, None);
        peer.write_all(&pattern(5000)).unwrap();
        while pump.moved() < 5000 {
            wait(pump.channel().socket(), PollFlags::IN);
            pump.step(Pump::BUDGET);
        }
        reset(peer);
        assert_eq!(run(&mut pump, Pump::BUDGET), Err(TransferError::Broken));
        let outcome = outcome.lock().unwrap();
        assert_eq!((outcome.published, outcome.dropped), (false, true));
        assert_eq!(outcome.bytes, pattern(5000));
    }
}

#[test]
fn a_full_medium_is_told_and_publishes_nothing() {
    let (upload, outcome) = Double::new(None, 100_000);
    let result = received(Sink::Upload(upload), Codec::RAW, None, writes(pattern(10_000_000)));
    assert_eq!(result, Err(TransferError::Storage(StorageError::NoSpace)));
    assert!(!outcome.lock().unwrap().published);
}

#[test]
fn a_file_that_refuses_the_bytes_is_told() {
    // A descriptor for reading only refuses like a full medium does: when the bytes are in the pipe already.
    let file = File::open("/dev/null").unwrap();
    let (upload, outcome) = Double::new(Some(file), usize::MAX);
    let result = received(Sink::Upload(upload), Codec::RAW, None, writes(pattern(100)));
    assert!(matches!(result, Err(TransferError::Storage(_))), "{result:?}");
    assert!(!outcome.lock().unwrap().published);
    // And the next transfer finds no stale bytes.
    let (upload, outcome) = Double::new(Some(scratch()), usize::MAX);
    assert_eq!(received(Sink::Upload(upload), Codec::RAW, None, writes(b"fresh".to_vec())), Ok(5));
    assert_eq!(outcome.lock().unwrap().bytes, b"fresh");
}

#[test]
fn an_announced_size_is_held_to() {
    for (announced, expected) in [
        (99_999, Err(TransferError::Storage(StorageError::OverQuota))),
        (100_000, Ok(100_000)),
        (100_001, Err(TransferError::Incomplete)),
    ] {
        for file in [Some(scratch()), None] {
            let (upload, outcome) = Double::new(file, usize::MAX);
            let result = received(Sink::Upload(upload), Codec::RAW, Some(announced), writes(pattern(100_000)));
            assert_eq!(result, expected);
            let outcome = outcome.lock().unwrap();
            assert_eq!(outcome.published, expected.is_ok());
            assert!(outcome.bytes.len() as u64 <= announced);
        }
    }
}

#[test]
fn a_peer_that_writes_single_bytes_is_understood() {
    for file in [Some(scratch()), None] {
        let (upload, outcome) = Double::new(file, usize::MAX);
        let result = received(Sink::Upload(upload), Codec::RAW, None, |mut stream| {
            stream.set_nodelay(true).unwrap();
            for byte in pattern(2000) {
                stream.write_all(&[byte]).unwrap();
            }
        });
        assert_eq!(result, Ok(2000));
        assert_eq!(outcome.lock().unwrap().bytes, pattern(2000));
    }
}

#[test]
fn a_peer_that_ends_its_half_first_is_served() {
    let (channel, mut peer) = pair();
    peer.shutdown(Shutdown::Write).unwrap();
    let mut pump = Pump::send(file_source(b"abc"), Codec::RAW, channel);
    assert_eq!(run(&mut pump, Pump::BUDGET), Ok(3));
    let mut got = Vec::new();
    peer.read_to_end(&mut got).unwrap();
    assert_eq!(got, b"abc");
}

#[test]
fn memory_is_bounded() {
    let memory = Memory::new(1000);
    let sink = Sink::Writer(Box::new(memory.clone()));
    assert_eq!(received(sink, Codec::RAW, None, writes(pattern(1000))), Ok(1000));
    assert_eq!(memory.take(), pattern(1000));
    let result = received(Sink::Writer(Box::new(memory.clone())), Codec::RAW, None, writes(pattern(100_000)));
    assert_eq!(result, Err(TransferError::Storage(StorageError::NoSpace)));
    assert!(memory.take().len() <= 1000);
}

#[test]
fn a_writer_is_flushed_at_the_end() {
    #[derive(Default)]
    struct Flushed(Arc<Mutex<(Vec<u8>, bool)>>);
    impl Write for Flushed {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().0.extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            self.0.lock().unwrap().1 = true;
            Ok(())
        }
    }
    let writer = Flushed::default();
    let seen = Arc::clone(&writer.0);
    assert_eq!(received(Sink::Writer(Box::new(writer)), Codec::RAW, None, writes(b"abc".to_vec())), Ok(3));
    assert_eq!(*seen.lock().unwrap(), (b"abc".to_vec(), true));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_budget_and_any_pieces_move_the_same_bytes(
        pieces in prop::collection::vec(0_usize..40_000, 0..12),
        budget in 1_usize..100_000,
        spliced: bool,
    ) {
        let bytes = pattern(pieces.iter().sum());
        let budget = budget.max(bytes.len() / 200);
        let source = if spliced { file_source(&bytes) } else { stream_source(&bytes, None) };
        let (result, got) = sent(source, Codec::RAW, budget);
        prop_assert_eq!(result, Ok(bytes.len() as u64));
        prop_assert!(got == bytes);

        let (upload, outcome) = Double::new(spliced.then(scratch), usize::MAX);
        let (channel, mut peer) = pair();
        let whole = bytes.clone();
        let writer = thread::spawn(move || {
            let mut rest = &whole[..];
            for piece in pieces {
                let (now, later) = rest.split_at(piece);
                peer.write_all(now).unwrap();
                rest = later;
            }
        });
        let mut pump = Pump::receive(Sink::Upload(upload), Codec::RAW, channel, Some(bytes.len() as u64));
        prop_assert_eq!(run(&mut pump, budget), Ok(bytes.len() as u64));
        writer.join().unwrap();
        prop_assert!(outcome.lock().unwrap().bytes == bytes);
    }
}
