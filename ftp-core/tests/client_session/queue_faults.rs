//! A queue in which something goes wrong: it costs the request that it befalls, and no other.

use crate::play::{Play, play};
use crate::setup::{REPLY, config, pipelined, retrieve, size, store};
use ftp_core::action::NetworkError;
use ftp_core::client::{ClientCompletion, ClientConfig, Request, Upload};
use ftp_core::codec::Codec;
use ftp_core::command::Mode;
use ftp_core::time::WallTime;
use proptest::prelude::*;
use std::time::Duration;

#[test]
fn a_refusal_in_the_middle_costs_one_file() {
    play(pipelined, |play| {
        play.at_vsftpd();
        for _ in 0..3 {
            play.ask(retrieve(0));
        }
        play.server("229 (!!!1026!)|");
        play.expect(&["> EPSV|RETR f|", "> EPSV|RETR f|", "open 192.0.2.1:1026"]);
        play.server("550 no f|");
        play.expect(&["> EPSV|RETR f|", "cancel", "failed refused 550"]);
        play.server("425 out of ports|425 no connection|");
        play.expect(&["failed refused 425"]);
        play.server("229 (!!!1028!)|150 here|");
        play.connected();
        play.moved(3);
        play.server("226 done|");
        play.expect(&["open 192.0.2.1:1028", "transfer Sink Raw", "done moved 3 226"]);
    });
}

#[test]
fn a_doubled_226_is_no_answer_to_the_next() {
    play(pipelined, |play| {
        play.at_vsftpd();
        play.ask(retrieve(0));
        play.ask(retrieve(0));
        play.server("229 (!!!1026!)|150 here|");
        play.connected();
        play.server("226 done|226 done|229 (!!!1027!)|");
        play.moved(7);
        play.server("150 here|");
        play.connected();
        play.moved(8);
        play.server("226 done|");
        let lines = play.take();
        assert!(lines.contains(&"done moved 7 226".into()) && lines.contains(&"done moved 8 226".into()), "{lines:?}");
    });
}

#[test]
fn a_lost_226_is_told_by_the_next_reply() {
    play(pipelined, |play| {
        play.at_vsftpd();
        play.ask(retrieve(0));
        play.ask(retrieve(0));
        play.server("229 (!!!1026!)|150 here|");
        play.connected();
        play.moved(7);
        play.take();
        play.server("229 (!!!1027!)|150 here|");
        play.expect(&["failed Protocol(\"the final reply to a transfer\")", "open 192.0.2.1:1027"]);
        play.connected();
        play.moved(8);
        play.server("226 done|");
        play.expect(&["transfer Sink Raw", "done moved 8 226"]);
    });
}

#[test]
fn an_abort_closes_the_data_connection_alone_where_others_follow() {
    play(pipelined, |play| {
        play.at_vsftpd();
        play.ask(retrieve(0));
        play.ask(retrieve(0));
        play.server("229 (!!!1026!)|150 here|");
        play.connected();
        play.take();
        play.abort();
        play.expect(&["cancel"]);
        play.cancelled();
        play.server("426 cut|229 (!!!1027!)|150 here|");
        play.expect(&["failed Aborted", "open 192.0.2.1:1027"]);
        play.connected();
        play.moved(8);
        play.server("226 done|");
        play.expect(&["transfer Sink Raw", "done moved 8 226"]);
    });
}

#[test]
fn an_abort_before_the_connection_lets_it_come_and_go() {
    play(pipelined, |play| {
        play.at_vsftpd();
        play.ask(retrieve(0));
        play.ask(retrieve(0));
        play.abort();
        play.expect(&["> EPSV|RETR f|", "> EPSV|RETR f|"]);
        play.server("229 (!!!1026!)|");
        play.expect(&["open 192.0.2.1:1026"]);
        play.connected();
        play.expect(&["cancel"]);
        play.server("150 here|426 cut|229 (!!!1027!)|");
        play.expect(&["failed Aborted", "open 192.0.2.1:1027"]);
    });
    play(pipelined, |play| {
        play.at_vsftpd();
        play.ask(retrieve(0));
        play.ask(retrieve(0));
        play.server("229 (!!!1026!)|");
        play.abort();
        play.expect(&["> EPSV|RETR f|", "> EPSV|RETR f|", "open 192.0.2.1:1026"]);
        play.unreachable();
        play.server("425 nobody came|229 (!!!1027!)|");
        play.expect(&["failed Aborted", "open 192.0.2.1:1027"]);
    });
}

#[test]
fn an_unreachable_port_in_the_middle_fails_one_file() {
    play(pipelined, |play| {
        play.at_vsftpd();
        play.ask(retrieve(0));
        play.ask(retrieve(0));
        play.server("229 (!!!1026!)|");
        play.unreachable();
        play.server("425 nobody came|229 (!!!1027!)|");
        play.expect(&[
            "> EPSV|RETR f|",
            "> EPSV|RETR f|",
            "open 192.0.2.1:1026",
            "failed NoDataConnection",
            "open 192.0.2.1:1027",
        ]);
    });
}

#[test]
fn a_refusal_is_why_a_port_was_closed_however_late_it_comes() {
    for reply in ["550 no f|", "451 not now|"] {
        play(pipelined, |play| {
            play.at_vsftpd();
            play.ask(retrieve(0));
            play.ask(retrieve(0));
            play.server("229 (!!!1026!)|");
            play.unreachable();
            play.take();
            play.time_passes(Duration::from_secs(2));
            play.server(reply);
            play.server("229 (!!!1027!)|");
            let failed = format!("failed refused {}", &reply[..3]);
            play.expect(&[&failed, "open 192.0.2.1:1027"]);
        });
    }
}

#[test]
fn an_upload_that_runs_can_be_aborted_in_good_order() {
    play(pipelined, |play| {
        play.at_vsftpd();
        play.ask(store(Upload::Replace));
        play.ask(store(Upload::Replace));
        play.server("229 (!!!1026!)|150 send|");
        play.connected();
        play.take();
        play.abort();
        play.expect(&["> ABOR|", "cancel"]);
        play.cancelled();
        play.server("426 cut|226 aborted|");
        play.expect(&["> EPSV|STOR f|", "failed Aborted"]);
    });
}

#[test]
fn what_is_given_up_before_its_first_byte_is_not_taken_for_the_file_behind_it() {
    play(pipelined, |play| {
        let codec = Codec { mode: Mode::Block, ..Codec::RAW };
        let block = |path: &[u8]| Request::Retrieve { path: path.to_vec(), offset: 0, codec };
        play.server("220 ftpkit ready.|");
        play.ask(block(b"a"));
        play.server("200 I|");
        play.server("200 B|");
        play.server("229 (!!!1025!)|150 here|");
        play.connected();
        play.moved(4);
        play.server("250 done|");
        play.take();
        play.ask(block(b"b"));
        play.ask(block(b"c"));
        play.expect(&["> RETR b|", "> RETR c|"]);
        // The server may have sent all of it by then.
        play.abort();
        play.expect(&["cancel"]);
        play.server("125 here|250 done|");
        play.expect(&["failed Aborted"]);
        play.server("425 it is closed|");
        play.expect(&["> EPSV|RETR c|"]);
    });
}

#[test]
fn a_download_whose_bytes_are_in_can_still_be_given_up() {
    play(pipelined, |play| {
        play.downloading_at_vsftpd();
        play.ask(size("a"));
        play.moved(7);
        play.take();
        play.abort();
        play.server("226 done|213 5|");
        play.expect(&["failed Aborted", "done size 5"]);
    });
}

#[test]
fn a_421_ends_all_of_them() {
    play(pipelined, |play| {
        play.at_vsftpd();
        for _ in 0..3 {
            play.ask(retrieve(0));
        }
        play.server("229 (!!!1026!)|150 here|");
        play.connected();
        play.take();
        play.server("421 shutting down|");
        play.expect(&[
            "cancel",
            "failed Disconnected",
            "failed Disconnected",
            "failed Disconnected",
            "disconnected",
            "close",
        ]);
    });
}

#[test]
fn a_lost_command_is_remembered() {
    let lost = |config: ClientConfig| {
        let mut play = Play::new(config, vec![usize::MAX]);
        play.logged_in("");
        play.ask(Request::Size(b"x".to_vec()));
        play.server("200 I|213 1|");
        play.ask(retrieve(0));
        play.reached(1026);
        play.take();
        while play.wait.unwrap().deadline.is_some() {
            play.jump();
        }
        play.session.learnt().avoid_pipelining
    };
    assert!(lost(ClientConfig { stall_timeout: REPLY, ..pipelined() }));
    assert!(!lost(config()));
}

pub(crate) fn any_request() -> impl Strategy<Value = Request> {
    prop_oneof![
        (0..2_u64).prop_map(retrieve),
        Just(store(Upload::Replace)),
        Just(Request::Size(b"g".to_vec())),
        Just(Request::SetModified { path: b"f".to_vec(), time: WallTime::default() }),
        Just(Request::Facts(b"f".to_vec())),
        Just(Request::List(None)),
        Just(Request::Noop),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any server at all: each request has one end, and time alone brings all of them to it.
    #[test]
    fn nothing_a_server_says_leaves_a_queue_hanging(
        requests in prop::collection::vec(any_request(), 1..6),
        lines in prop::collection::vec(("[1-6][0-9]{2}|226|150|229|213|350|426|550", " .{0,12}|-x| \\(!!!1025!\\)"), 0..24),
        answers in prop::collection::vec(0..6u8, 0..24),
        cuts in prop::collection::vec(1..9usize, 1..5),
    ) {
        let mut play = Play::new(pipelined(), cuts);
        play.at_vsftpd();
        for request in &requests {
            play.ask(request.clone());
        }
        let mut answers = answers.into_iter();
        for (code, text) in lines {
            play.server(&format!("{code}{text}\r\n"));
            match answers.next() {
                Some(0 | 1) => play.try_complete(ClientCompletion::Connected(Ok(()))),
                Some(2) => play.try_complete(ClientCompletion::Transferred(Ok(3))),
                Some(3) => play.abort(),
                Some(4) => play.try_complete(ClientCompletion::Connected(Err(NetworkError::Local))),
                _ => {}
            }
        }
        // Nobody answers any more.
        for _ in 0..12 * requests.len() {
            if play.wait.unwrap().deadline.is_none() {
                break;
            }
            play.jump();
        }
        prop_assert!(play.wait.unwrap().deadline.is_none());
        let ends = play.take().into_iter().filter(|line| line.starts_with("done") || line.starts_with("failed")).count();
        prop_assert_eq!(ends, requests.len());
    }
}
