//! What holds for any input, in any pieces.

use crate::bench::{Bench, op};
use ftp_core::action::{Action, Completion, Opened, StorageError, TransferError};
use ftp_core::line::{Framed, LineReader};
use ftp_core::reply::{Class, Reply, ReplyReader};
use proptest::prelude::*;
use std::net::SocketAddr;

/// Command lines, sensible and not; each is one line, also to Telnet.
fn one_line() -> impl Strategy<Value = Vec<u8>> {
    line().prop_map(|line| {
        line.into_iter().map(|byte| if matches!(byte, b'\n' | 0xf0..) { b'x' } else { byte }).collect()
    })
}

/// Command lines, sensible and not.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "USER ann",
        "PASS x",
        "ACCT y",
        "CWD a",
        "CDUP",
        "PWD",
        "MKD d",
        "RMD d",
        "DELE f",
        "RNFR f",
        "RNTO g",
        "TYPE I",
        "TYPE A",
        "TYPE E",
        "STRU F",
        "STRU R",
        "MODE S",
        "MODE B",
        "PASV",
        "EPSV",
        "EPSV ALL",
        "PORT 127,0,0,1,200,1",
        "EPRT |1|127.0.0.1|5000|",
        "REST 5",
        "RETR f",
        "STOR f",
        "APPE f",
        "STOU",
        "LIST",
        "NLST -a",
        "MLSD",
        "MLST",
        "SIZE f",
        "MDTM f",
        "SYST",
        "STAT",
        "STAT f",
        "HELP",
        "HELP RETR",
        "FEAT",
        "OPTS UTF8 ON",
        "OPTS MLST size",
        "NOOP",
        "SITE HELP",
        "ALLO 5",
        "ABOR",
        "REIN",
        "AUTH TLS",
    ]);
    prop_oneof![9 => known.prop_map(|line| line.as_bytes().to_vec()), 1 => prop::collection::vec(any::<u8>(), 0..40)]
}

/// ABOR and STAT are meant for a transfer under way, if there is one: what they get depends on the host's speed.
fn for_a_transfer(line: &[u8]) -> bool {
    matches!(line, b"ABOR" | b"STAT")
}

/// What a host says to the `nth` operation.
fn answer(action: &Action, nth: usize) -> Vec<Completion> {
    let good = !nth.is_multiple_of(3);
    match action {
        Action::Login { .. } => vec![Completion::Login(Ok(()))],
        Action::Storage { .. } => vec![Completion::Storage(if good {
            Ok(ftp_core::action::StorageAnswer::Done)
        } else {
            Err(StorageError::NotFound)
        })],
        Action::Listen { .. } => vec![Completion::Listening(Ok(SocketAddr::from(([127, 0, 0, 1], 4000))))],
        Action::Transfer { .. } if good => {
            vec![Completion::Opened(Opened::default()), Completion::Connected, Completion::Transferred(Ok(7))]
        }
        Action::Transfer { .. } => vec![Completion::Transferred(Err(TransferError::Storage(StorageError::Denied)))],
        _ => Vec::new(),
    }
}

/// What came out of a session.
struct Outcome {
    said: Vec<u8>,
    actions: Vec<String>,
}

impl Outcome {
    fn shown(self) -> (String, Vec<String>) {
        (self.said.escape_ascii().to_string(), self.actions)
    }
}

/// Everything that a session says to these bytes, given in pieces of these sizes, and asks of its host.
fn converse(bytes: &[u8], pieces: &[usize]) -> Outcome {
    let mut bench = Bench::new();
    let mut actions = Vec::new();
    let (mut given, mut piece, mut asked) = (0, 0, 0);
    let mut stalled = 0;
    loop {
        let size = pieces[piece % pieces.len()].min(bytes.len() - given);
        piece += 1;
        let taken = bench.session.receive(bench.now, &bytes[given..given + size]);
        given += taken;
        let wait = bench.drain();
        // One at a time, so that a command held back meets an operation under way.
        if let Some(action) = (!bench.host.actions.is_empty()).then(|| bench.host.actions.remove(0)) {
            actions.push(format!("{action:?}"));
            if let Some(op) = op(&action) {
                asked += 1;
                for completion in answer(&action, asked) {
                    bench.session.complete(bench.now, op, completion);
                }
                let _ = bench.drain();
            }
            continue;
        }
        if given == bytes.len() || bench.session.is_over() {
            return Outcome { said: bench.host.written, actions };
        }
        // A failed login is answered after its delay.
        if !wait.read {
            stalled += 1;
            assert!(stalled < 1000, "the session neither reads nor asks: {wait:?}");
            bench.now = wait.deadline.expect("what it waits for");
            bench.session.timeout(bench.now);
        }
    }
}

fn replies(bytes: &[u8]) -> Vec<Reply> {
    let (mut lines, mut reader, mut rest) = (LineReader::new(65_536), ReplyReader::default(), bytes);
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (used, framed) = lines.next(rest);
        if let Framed::Line(line) = framed
            && let Some(reply) = reader.line(line).expect("a reply")
        {
            found.push(reply);
        }
        rest = &rest[used..];
    }
    found
}

proptest! {
    #[test]
    fn any_pieces_of_the_same_bytes_get_the_same_replies_and_actions(
        commands in prop::collection::vec(line().prop_filter("not now", |line| !for_a_transfer(line)), 0..25),
        pieces in prop::collection::vec(1_usize..30, 1..8),
    ) {
        let bytes: Vec<u8> = commands.iter().flat_map(|line| [line.as_slice(), b"\r\n"].concat()).collect();
        let whole = converse(&bytes, &[usize::MAX]).shown();
        prop_assert_eq!(&converse(&bytes, &[1]).shown(), &whole);
        prop_assert_eq!(&converse(&bytes, &pieces).shown(), &whole);
    }

    #[test]
    fn every_command_gets_one_final_reply(commands in prop::collection::vec(one_line(), 0..25)) {
        let bytes: Vec<u8> = commands.iter().flat_map(|line| [line.as_slice(), b"\r\n"].concat()).collect();
        let replies = replies(&converse(&bytes, &[usize::MAX]).said);
        prop_assume!(!replies.iter().any(|reply| reply.code().number() == 421));
        let finals = replies.iter().filter(|reply| reply.code().class() != Class::Preliminary).count();
        prop_assert_eq!(finals, commands.len() + 1, "and a greeting");
        let wrong = replies.iter().find(|reply| reply.text().starts_with(b"Internal error"));
        prop_assert!(wrong.is_none(), "{:?}", wrong);
    }
}
