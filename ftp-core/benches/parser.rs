//! How fast lines are cut, commands read and replies written. One thread, no allocation where a whole line came.

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use ftp_core::command::Command;
use ftp_core::line::{Framed, LineReader};
use ftp_core::reply::{Code, Reply};

fn main() {
    divan::main();
}

#[divan::bench(args = ["NOOP", "RETR pub/linux/README.txt", "PORT 132,235,1,2,24,131"])]
fn parse(bencher: Bencher, line: &str) {
    bencher.counter(ItemsCount::new(1usize)).bench(|| Command::parse(black_box(line.as_bytes())).is_ok());
}

/// A thousand pipelined commands, in pieces of this many bytes.
#[divan::bench(args = [64 * 1024, 1448, 7])]
fn lines(bencher: Bencher, piece: usize) {
    let input = b"RETR pub/linux/README.txt\r\n".repeat(1000);
    bencher.counter(BytesCount::of_slice(&input)).bench(|| {
        let mut reader = LineReader::new(4096);
        let mut found = 0;
        for mut piece in black_box(&input).chunks(piece) {
            while !piece.is_empty() {
                let (used, framed) = reader.next(piece);
                found += usize::from(matches!(framed, Framed::Line(_)));
                piece = piece.get(used..).unwrap_or_default();
            }
        }
        found
    });
}

/// A line cut, read, and answered: what NOOP costs without the session.
#[divan::bench]
fn noop(bencher: Bencher) {
    let mut reader = LineReader::new(4096);
    let mut out = Vec::with_capacity(64);
    bencher.counter(ItemsCount::new(1usize)).bench_local(|| {
        out.clear();
        if let (_, Framed::Line(line)) = reader.next(black_box(b"NOOP\r\n"))
            && let (Ok(Command::Noop), Some(code)) = (Command::parse(line), Code::new(200))
        {
            Reply::new(code, &b"OK."[..]).write(&mut out);
        }
        out.len()
    });
}
