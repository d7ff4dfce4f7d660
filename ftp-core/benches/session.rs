//! Commands per second through a whole [`ServerSession`]: framing, grammar, dispatch, the reply table and the reply's bytes.
//!
//! `cargo bench -p ftp-core --bench session`

use divan::counter::ItemsCount;
use ftp_core::action::{Action, Completion, OpId, StorageAnswer};
use ftp_core::drain::{Closed, Port};
use ftp_core::server::{ServerConfig, ServerSession};
use ftp_core::time::Time;
use std::hint::black_box;
use std::net::SocketAddr;
use std::sync::Arc;

fn main() {
    divan::main();
}

/// A peer that takes every reply, and a host that says yes at once.
#[derive(Default)]
struct Yes {
    bytes: usize,
    asked: Option<(OpId, Completion)>,
}

impl Port<Action> for Yes {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Closed> {
        self.bytes += black_box(bytes).len();
        Ok(bytes.len())
    }

    fn act(&mut self, action: Action) {
        self.asked = match action {
            Action::Login { op, .. } => Some((op, Completion::Login(Ok(())))),
            Action::Storage { op, .. } => Some((op, Completion::Storage(Ok(StorageAnswer::Done)))),
            _ => None,
        };
    }
}

fn feed(session: &mut ServerSession, yes: &mut Yes, mut bytes: &[u8]) {
    loop {
        let taken = session.receive(Time::ZERO, bytes);
        bytes = &bytes[taken..];
        let wait = session.drain(Time::ZERO, yes);
        if let Some((op, completion)) = yes.asked.take() {
            session.complete(Time::ZERO, op, completion);
            let _ = session.drain(Time::ZERO, yes);
        } else if bytes.is_empty() {
            assert!(wait.read, "the session is ready for more");
            return;
        }
    }
}

fn logged_in() -> (ServerSession, Yes) {
    let address = SocketAddr::from(([127, 0, 0, 1], 2121));
    let mut session = ServerSession::new(Arc::new(ServerConfig::default()), address, address, Time::ZERO);
    let mut yes = Yes::default();
    feed(&mut session, &mut yes, b"USER anonymous\r\nPASS guest@\r\n");
    assert_eq!(session.user(), Some(&b"anonymous"[..]));
    (session, yes)
}

#[divan::bench(args = ["NOOP\r\n", "TYPE I\r\n", "PWD\r\n", "CWD /pub/some/where\r\n"])]
fn pipelined(bencher: divan::Bencher<'_, '_>, command: &str) {
    const COMMANDS: usize = 1000;
    let (mut session, mut yes) = logged_in();
    let batch = command.repeat(COMMANDS).into_bytes();
    bencher.counter(ItemsCount::new(COMMANDS)).bench_local(|| feed(&mut session, &mut yes, black_box(&batch)));
}

#[divan::bench]
fn one_at_a_time(bencher: divan::Bencher<'_, '_>) {
    let (mut session, mut yes) = logged_in();
    bencher.counter(ItemsCount::new(1_usize)).bench_local(|| feed(&mut session, &mut yes, black_box(b"NOOP\r\n")));
}
