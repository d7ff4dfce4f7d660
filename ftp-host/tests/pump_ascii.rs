//! Transfers through a transcoder: TYPE A both ways (RFC 959 3.1.1.1).

mod common;

use common::{Double, file_source, pair, run};
use ftp_core::action::{StorageError, TransferError};
use ftp_core::codec::Codec;
use ftp_host::pump::{Pump, Sink};
use proptest::prelude::*;
use std::io::{Read, Write};
use std::thread;

/// What the peer gets when this is sent.
fn sent(stored: &[u8], budget: usize) -> (Result<u64, TransferError>, Vec<u8>) {
    let (channel, mut peer) = pair();
    let reader = thread::spawn(move || {
        let mut got = Vec::new();
        drop(peer.read_to_end(&mut got));
        got
    });
    let result = run(&mut Pump::send(file_source(stored), Codec::ASCII, channel), budget);
    (result, reader.join().unwrap())
}

/// What is stored when the peer writes this, and whether it is published.
fn received(wire: Vec<u8>, announced: Option<u64>, budget: usize) -> (Result<u64, TransferError>, Vec<u8>, bool) {
    let (channel, mut peer) = pair();
    let writer = thread::spawn(move || drop(peer.write_all(&wire)));
    let (upload, outcome) = Double::new(Some(tempfile::tempfile().unwrap()), usize::MAX);
    let mut pump = Pump::receive(Sink::Upload(upload), Codec::ASCII, channel, announced);
    let result = run(&mut pump, budget);
    drop(pump);
    writer.join().unwrap();
    let mut outcome = outcome.lock().unwrap();
    (result, std::mem::take(&mut outcome.bytes), outcome.published)
}

#[test]
fn lines_end_in_crlf_on_the_wire_alone() {
    assert_eq!(sent(b"a\nb\n\nc", Pump::BUDGET), (Ok(9), b"a\r\nb\r\n\r\nc".to_vec()));
    assert_eq!(received(b"a\r\nb\r\n\r\nc".to_vec(), None, Pump::BUDGET), (Ok(9), b"a\nb\n\nc".to_vec(), true));
}

#[test]
fn nothing_is_sent_and_received_as_nothing() {
    assert_eq!(sent(b"", Pump::BUDGET), (Ok(0), vec![]));
    assert_eq!(received(vec![], None, Pump::BUDGET), (Ok(0), vec![], true));
}

#[test]
fn an_output_twice_the_input_is_sent_whole() {
    let (result, got) = sent(&b"\n".repeat(300_000), Pump::BUDGET);
    assert_eq!(result, Ok(600_000));
    assert!(got == b"\r\n".repeat(300_000));
}

#[test]
fn a_cr_at_the_end_is_kept() {
    assert_eq!(received(b"a\r".to_vec(), None, Pump::BUDGET), (Ok(2), b"a\r".to_vec(), true));
}

#[test]
fn an_announced_size_may_be_that_of_the_wire_or_of_the_file() {
    // Five bytes on the wire, four in storage.
    for (announced, expected) in [
        (3, Err(TransferError::Storage(StorageError::OverQuota))),
        (4, Ok(5)),
        (5, Ok(5)),
        (6, Err(TransferError::Incomplete)),
    ] {
        let (result, _, published) = received(b"ab\r\nc".to_vec(), Some(announced), Pump::BUDGET);
        assert_eq!((result, published), (expected, expected.is_ok()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_is_sent_can_be_received_again(
        lines in prop::collection::vec("[a-z]{0,200}", 0..400),
        budget in 500_usize..100_000,
    ) {
        let stored = lines.join("\n").into_bytes();
        let (result, wire) = sent(&stored, budget);
        prop_assert_eq!(result, Ok(wire.len() as u64));
        prop_assert!(wire == lines.join("\r\n").into_bytes());
        let (result, again, published) = received(wire.clone(), None, budget);
        prop_assert_eq!(result, Ok(wire.len() as u64));
        prop_assert!(published);
        prop_assert!(again == stored);
    }
}
