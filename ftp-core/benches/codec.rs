//! How fast TYPE, STRU and MODE are made and read, on one core, 64 KiB at a time as the host moves them, beside a copy of the
//! same bytes. The counts are bytes of the file.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use ftp_core::codec::{Codec, Representation, Transcoder, Transmission};
use ftp_core::command::{Form, Mode, Structure};

fn main() {
    divan::main();
}

/// Of the file.
const SIZE: usize = 4 << 20;

/// Of what is read or written at a time.
const ROOM: usize = 64 << 10;

/// TYPE, STRU and MODE, by their letters.
const CODECS: [&str; 11] =
    ["A F S", "E F S", "A R S", "I P S", "I F B", "A F B", "A R B", "I F C", "A F C", "I F Z", "A F Z"];

fn transmission(letters: &str) -> Transmission {
    let mut letters = letters.split(' ');
    let representation = match letters.next() {
        Some("A") => Representation::Ascii(Form::NonPrint),
        Some("E") => Representation::Ebcdic(Form::NonPrint),
        _ => Representation::Image,
    };
    let structure = match letters.next() {
        Some("R") => Structure::Record,
        Some("P") => Structure::Page,
        _ => Structure::File,
    };
    let mode = match letters.next() {
        Some("B") => Mode::Block,
        Some("C") => Mode::Compressed,
        Some("Z") => Mode::Deflate,
        _ => Mode::Stream,
    };
    Transmission { markers: 8 << 20, ..Codec { representation, structure, mode }.into() }
}

/// Lines of text of different lengths, with words that come again.
fn text() -> Vec<u8> {
    let words =
        [&b"the file "[..], b"transfer ", b"protocol ", b"of 1985     ", b"moves ", b"bytes, records and pages.\n"];
    let mut seed = 1_u32;
    let mut text = Vec::with_capacity(SIZE + 32);
    while text.len() < SIZE {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        text.extend_from_slice(words[(seed >> 24) as usize % words.len()]);
    }
    text.truncate(SIZE);
    text
}

/// Runs a transcoder over all of this: the bytes that come out.
fn run(coder: &mut impl Transcoder, src: &[u8], room: &mut [u8]) -> usize {
    let mut total = 0;
    let mut chunks = src.chunks(ROOM).peekable();
    while let Some(mut chunk) = chunks.next() {
        let last = chunks.peek().is_none();
        loop {
            let progress = coder.step(chunk, room, last).unwrap();
            total += progress.written;
            chunk = &chunk[progress.read..];
            if progress.done || (chunk.is_empty() && !last && progress.written < room.len()) {
                break;
            }
        }
    }
    total
}

/// What everything else is to be measured by.
#[divan::bench]
fn memcpy(bencher: Bencher) {
    let text = text();
    let mut room = vec![0; ROOM];
    bencher.counter(BytesCount::new(SIZE)).bench_local(|| {
        for chunk in black_box(&text).chunks(ROOM) {
            room[..chunk.len()].copy_from_slice(chunk);
            black_box(&mut room);
        }
    });
}

#[divan::bench(args = CODECS)]
fn encode(bencher: Bencher, codec: &str) {
    let (text, transmission) = (text(), transmission(codec));
    let mut room = vec![0; ROOM];
    bencher
        .counter(BytesCount::new(SIZE))
        .bench_local(|| run(&mut transmission.encoder().unwrap(), black_box(&text), &mut room));
}

#[divan::bench(args = CODECS)]
fn decode(bencher: Bencher, codec: &str) {
    let (text, transmission) = (text(), transmission(codec));
    let mut wire = Vec::new();
    let (mut encoder, mut room) = (transmission.encoder().unwrap(), vec![0; ROOM]);
    let mut rest = &text[..];
    loop {
        let progress = encoder.step(rest, &mut room, true).unwrap();
        wire.extend_from_slice(&room[..progress.written]);
        rest = &rest[progress.read..];
        if progress.done {
            break;
        }
    }
    bencher
        .counter(BytesCount::new(SIZE))
        .bench_local(|| run(&mut transmission.decoder().unwrap(), black_box(&wire), &mut room));
}
