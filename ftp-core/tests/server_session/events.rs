//! What the peer, the host and time do to a session.

use crate::bench::Bench;
use ftp_core::action::{Action, Completion, DataPath, LoginError, Opened, StorageError, Transfer, TransferError};
use ftp_core::path::VirtualPath;
use ftp_core::server::ServerConfig;
use std::time::Duration;

#[test]
fn a_peer_that_does_not_take_its_last_reply_is_left() {
    for goodbye in [true, false] {
        let mut bench = Bench::logged_in();
        bench.host.room = 3;
        let wait = bench.send(b"QUIT\r\n");
        assert!(wait.write && !wait.read, "{wait:?}");
        if goodbye {
            bench.session.closed(bench.now);
        }
        let deadline = bench.drain().deadline.expect("it is not waited for without end");
        bench.now = deadline;
        bench.session.timeout(deadline);
        let wait = bench.drain();
        assert!(bench.is_closed() && wait.deadline.is_none() && !wait.write, "{wait:?}");
    }
}

#[test]
fn nobody_is_idle_while_a_transfer_runs() {
    let mut bench = Bench::logged_in();
    let idle = ServerConfig::default().idle_timeout;
    let _ = bench.send(b"RETR file\r\n");
    let op = bench.op();
    bench.complete(op, Completion::Opened(Opened::default()));
    bench.complete(op, Completion::Connected);
    for round in 1..=20 {
        let _ = bench.pass(ServerConfig::default().stall_timeout);
        bench.complete(op, Completion::Progress(round));
    }
    bench.complete(op, Completion::Transferred(Ok(20)));
    assert!(bench.said().ends_with("226 Done, 20 bytes.\r\n"));
    let _ = bench.pass(idle.saturating_sub(Duration::from_secs(1)));
    assert_eq!(bench.said(), "");
    let _ = bench.pass(Duration::from_secs(1));
    assert!(bench.said().starts_with("421 "));
}

#[test]
fn a_transfer_that_is_cancelled_has_no_deadline_until_its_host_has_answered() {
    let mut bench = Bench::logged_in();
    let _ = bench.send(b"RETR file\r\n");
    let op = bench.op();
    bench.complete(op, Completion::Opened(Opened::default()));
    let wait = bench.pass(ServerConfig::default().accept_timeout);
    assert!(matches!(bench.host.actions.last(), Some(Action::Cancel { .. })));
    assert_eq!(wait.deadline, None, "a deadline that has passed would keep its host awake");
    bench.complete(op, Completion::Transferred(Err(TransferError::Cancelled)));
    assert!(bench.said().ends_with("425 The data connection did not come in time.\r\n"));
}

#[test]
fn a_host_is_asked_how_far_it_is_only_when_it_is_time() {
    let mut bench = Bench::logged_in();
    let op = bench.transfer("RETR file\r\n", true);
    let asked = |bench: &Bench| bench.host.actions.iter().any(|action| matches!(action, Action::Progress { .. }));
    let _ = bench.pass(ServerConfig::default().stall_timeout.saturating_sub(Duration::from_secs(1)));
    assert!(!asked(&bench));
    let _ = bench.pass(Duration::from_secs(1));
    assert!(asked(&bench));
    // A second beginning of the same transfer is not said a second time.
    bench.said();
    bench.complete(op, Completion::Opened(Opened::default()));
    assert_eq!(bench.said(), "");
}

#[test]
fn a_peer_that_is_gone_leaves_nothing_behind() {
    let mut bench = Bench::logged_in();
    bench.host.broken = true;
    let wait = bench.send(b"NOOP\r\n");
    assert!(bench.is_closed() && bench.session.is_over() && wait.deadline.is_none() && !wait.write, "{wait:?}");
}

#[test]
fn a_server_that_stops_lets_transfers_end_and_nothing_else() {
    let mut bench = Bench::logged_in();
    bench.session.stop(bench.now);
    let _ = bench.drain();
    assert_eq!(bench.codes(), ["421"]);

    let mut bench = Bench::logged_in();
    let op = bench.transfer("RETR file\r\n", true);
    bench.session.stop(bench.now);
    let _ = bench.drain();
    assert_eq!(bench.said(), "");
    bench.complete(op, Completion::Transferred(Ok(3)));
    assert_eq!(bench.codes(), ["226", "421"]);
}

#[test]
fn accounts_that_cannot_be_read_end_the_session() {
    let mut bench = Bench::new();
    let _ = bench.send(b"USER ann\r\nPASS secret\r\n");
    bench.said();
    let op = bench.op();
    bench.complete(op, Completion::Login(Err(LoginError::Unavailable)));
    assert_eq!(bench.codes(), ["421"]);
}

#[test]
fn an_account_is_asked_for_once() {
    let mut bench = Bench::new();
    let _ = bench.send(b"USER ann\r\nPASS secret\r\n");
    let op = bench.op();
    bench.complete(op, Completion::Login(Err(LoginError::AccountNeeded)));
    assert!(bench.said().contains("\r\n332 "));
    let _ = bench.send(b"ACCT sales\r\n");
    let op = bench.op();
    bench.complete(op, Completion::Login(Err(LoginError::AccountNeeded)));
    assert_eq!(bench.said(), "");
    let _ = bench.pass(ServerConfig::default().failed_login_delay);
    assert_eq!(bench.codes(), ["530"]);
}

#[test]
fn a_line_without_end_is_borne_up_to_a_limit() {
    let config = ServerConfig::default();
    let most = config.line_limit + config.overrun_limit as usize;
    for (length, ends) in [(most, false), (most + 1, true), (most + 1000, true)] {
        let mut bench = Bench::new();
        let _ = bench.drain();
        bench.said();
        let _ = bench.send(&vec![b'x'; length]);
        assert_eq!(bench.said().starts_with("421 "), ends, "{length}");
    }
}

#[test]
fn so_many_bad_commands_are_borne_and_no_more() {
    let mut bench = Bench::new();
    let _ = bench.drain();
    bench.said();
    let most = ServerConfig::default().bad_commands as usize;
    let _ = bench.send(&b"WHAT\r\n".repeat(most));
    assert_eq!(bench.codes(), vec!["500"; most]);
    let _ = bench.send(b"WHAT\r\n");
    assert_eq!(bench.codes(), ["421"]);
}

#[test]
fn what_is_http_gets_421_at_once() {
    for line in [&b"GET / HTTP/1.0\r\n"[..], b"GET /\r\n", b"BREW /pot HTTP/1.1\r\n"] {
        let mut bench = Bench::new();
        let _ = bench.drain();
        bench.said();
        let _ = bench.send(line);
        assert_eq!(bench.codes(), ["421"], "{}", line.escape_ascii());
    }
}

/// Output that has left makes room, also where the rest of it has not.
#[test]
fn a_peer_that_takes_some_of_its_replies_is_read_again() {
    let mut bench = Bench::logged_in();
    bench.host.room = 0;
    let mut sent = 0;
    while bench.send(b"HELP\r\n").read {
        sent += 1;
        assert!(sent < 1000, "output is bounded");
    }
    bench.host.room = 12_000;
    assert!(bench.drain().read);
}

#[test]
fn an_address_family_that_the_connection_has_not_is_refused() {
    let (v4, v6) = (Bench::new(), Bench::at("::1".parse().unwrap()));
    for (bench, refused, served) in [(v4, "EPSV 2\r\n", "EPSV 1\r\n"), (v6, "EPSV 1\r\n", "EPSV 2\r\n")] {
        let mut bench = bench.log_in();
        let _ = bench.send(refused.as_bytes());
        assert_eq!(bench.codes(), ["522"], "{refused}");
        let _ = bench.send(served.as_bytes());
        let op = bench.op();
        bench.complete(op, Completion::Listening(Ok("[::1]:4000".parse().unwrap())));
        assert_eq!(bench.codes(), ["229"], "{served}");
    }
}

#[test]
fn only_mlsd_has_501_for_what_is_no_directory() {
    for (command, code) in [("MLSD d\r\n", "501"), ("LIST d/e\r\n", "550"), ("RETR d/e\r\n", "550")] {
        let mut bench = Bench::logged_in();
        let op = bench.transfer(command, false);
        bench.complete(op, Completion::Transferred(Err(TransferError::Storage(StorageError::NotADirectory))));
        assert_eq!(bench.codes(), [code], "{command}");
    }
}

#[test]
fn the_name_of_a_stored_file_is_told_where_the_server_chose_it() {
    for (command, said) in [("STOU\r\n", "150 FILE: name"), ("STOR name\r\n", "150 Data connection for /name.")] {
        let mut bench = Bench::logged_in();
        let op = bench.transfer(command, false);
        let unique = VirtualPath::root().resolve(b"name").ok();
        bench.complete(op, Completion::Opened(Opened { unique, ..Opened::default() }));
        assert_eq!(bench.said().trim_end(), said);
    }
}

/// The data connection that the last transfer was asked for on.
fn way(bench: &Bench) -> Option<DataPath> {
    bench.host.actions.iter().rev().find_map(|action| match action {
        Action::Transfer { transfer: Transfer { data, .. }, .. } => Some(*data),
        _ => None,
    })
}

#[test]
fn only_a_connection_that_was_kept_is_used_again() {
    // MODE S: its end was the end of the file, however that went.
    for opened in [false, true] {
        let mut bench = Bench::logged_in();
        let op = bench.transfer("STOR file\r\n", opened);
        bench.complete(op, Completion::Transferred(Err(TransferError::Storage(StorageError::NoSpace))));
        bench.host.actions.clear();
        let _ = bench.send(b"RETR file\r\n");
        assert_ne!(way(&bench), Some(DataPath::Kept), "{opened}");
    }
    // MODE B: a file that could not be opened has not touched it, one that broke off has.
    for (opened, kept) in [(false, true), (true, false)] {
        let mut bench = Bench::logged_in();
        let _ = bench.send(b"MODE B\r\n");
        let op = bench.transfer("RETR file\r\n", true);
        bench.complete(op, Completion::Transferred(Ok(3)));
        assert_eq!(bench.codes(), ["250"]);
        let _ = bench.send(b"STOR file\r\n");
        assert_eq!(way(&bench), Some(DataPath::Kept));
        let op = bench.op();
        if opened {
            bench.complete(op, Completion::Opened(Opened { connected: true, ..Opened::default() }));
        }
        bench.complete(op, Completion::Transferred(Err(TransferError::Storage(StorageError::NoSpace))));
        bench.host.actions.clear();
        let _ = bench.send(b"RETR file\r\n");
        assert_eq!(way(&bench) == Some(DataPath::Kept), kept, "{opened}");
    }
}

#[test]
fn another_mode_closes_the_connection_that_was_kept_and_the_same_does_not() {
    let mut bench = Bench::logged_in();
    let _ = bench.send(b"MODE B\r\n");
    let op = bench.transfer("RETR file\r\n", true);
    bench.complete(op, Completion::Transferred(Ok(3)));
    bench.closes_data();
    let _ = bench.send(b"MODE B\r\n");
    assert!(!bench.closes_data());
    let _ = bench.send(b"MODE S\r\n");
    assert!(bench.closes_data());
}

#[test]
fn a_late_answer_is_ignored() {
    let mut bench = Bench::logged_in();
    let _ = bench.send(b"CWD a\r\n");
    let first = bench.op();
    bench.complete(first, Completion::Storage(Err(StorageError::NotFound)));
    let _ = bench.send(b"CWD b\r\n");
    bench.said();
    bench.complete(first, Completion::Storage(Ok(ftp_core::action::StorageAnswer::Done)));
    assert_eq!(bench.said(), "", "the answer to the first is not one to the second");
    let second = bench.op();
    bench.complete(second, Completion::Login(Ok(())));
    assert_eq!(bench.said(), "", "an answer of another kind is none");
    bench.complete(second, Completion::Storage(Err(StorageError::Denied)));
    assert_eq!(bench.said(), "550 /b: permission denied.\r\n");
}

#[test]
fn an_abort_behind_held_commands_is_seen_after_a_synch() {
    let mut bench = Bench::logged_in();
    // One that comes while nothing runs is about nothing.
    bench.session.receive_urgent(bench.now);
    let _ = bench.send(b"RETR file\r\n");
    let op = bench.op();
    bench.complete(op, Completion::Opened(Opened::default()));
    let wait = bench.drain();
    assert!(wait.read && !wait.urgent, "while it reads, an ABOR is seen anyway: {wait:?}");
    let wait = bench.send(b"NOOP\r\n");
    assert!(!wait.read && wait.urgent, "{wait:?}");
    bench.session.receive_urgent(bench.now);
    assert!(bench.drain().read);
    bench.said();
    let _ = bench.send(b"PWD\r\n\xff\xf4\xff\xf2ABOR\r\n");
    assert!(matches!(bench.host.actions.last(), Some(Action::Cancel { .. })));
    bench.complete(op, Completion::Transferred(Err(TransferError::Cancelled)));
    let said = bench.said();
    let codes: Vec<&str> = said.lines().map(|line| &line[..3]).collect();
    assert_eq!(codes, ["426", "226", "200", "257"]);
}
