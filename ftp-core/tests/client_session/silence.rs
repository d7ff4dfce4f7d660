//! Transfers in which something does not come: bytes, the final reply, the host's word.

use crate::play::play;
use crate::setup::{REPLY, STALL, config, retrieve};
use ftp_core::action::{Marker, TransferError};
use ftp_core::client::{ClientCompletion, Request};
use ftp_core::codec::Codec;

#[test]
fn a_lost_226_that_no_size_proves_is_a_time_out_and_may_still_come() {
    play(config, |play| {
        play.downloading();
        play.moved(5);
        play.time_passes(REPLY);
        play.expect(&["> SIZE f|"]);
        play.server("550 no size|");
        play.expect(&["failed TimedOut"]);
        play.ask(Request::Noop);
        play.server("226 sorry|");
        play.expect(&["> NOOP|"]);
        play.server("200 ok|");
        play.expect(&["done 200"]);
    });
}

#[test]
fn a_success_without_1xx_is_empty_when_nothing_comes() {
    play(config, |play| {
        play.begun(retrieve(0));
        play.server("226 nothing there|");
        play.expect(&["> EPSV|", "open 192.0.2.1:1025", "> RETR f|", "transfer Sink Raw"]);
        play.time_passes(STALL);
        play.expect(&["progress?"]);
        play.complete(ClientCompletion::Progress(0));
        play.expect(&["cancel"]);
        play.cancelled();
        play.expect(&["done moved 0 226"]);
    });
    play(config, |play| {
        play.begun(retrieve(0));
        play.server("226 here|");
        play.moved(8);
        play.expect(&["> EPSV|", "open 192.0.2.1:1025", "> RETR f|", "transfer Sink Raw", "done moved 8 226"]);
    });
}

#[test]
fn a_stall_is_noticed_by_progress_that_stands_still() {
    play(config, |play| {
        play.downloading();
        for count in [10, 20] {
            play.time_passes(STALL);
            play.expect(&["progress?"]);
            play.complete(ClientCompletion::Progress(count));
            play.expect(&[]);
        }
        play.time_passes(STALL);
        play.complete(ClientCompletion::Progress(20));
        play.expect(&["progress?", "> ABOR|", "cancel"]);
        play.cancelled();
        play.server("426 cut|");
        play.server("226 aborted|");
        play.expect(&["failed TimedOut"]);
        assert_eq!(play.session.moved(), 20);
    });
}

#[test]
fn a_stall_is_a_failure_unless_the_server_was_done_and_had_opened_nothing() {
    for (replies, outcome) in [("150 here|", "> ABOR|"), ("150 here|226 done|", "cancel")] {
        play(config, |play| {
            play.begun(retrieve(0));
            play.server(replies);
            play.take();
            play.time_passes(STALL);
            play.complete(ClientCompletion::Progress(0));
            assert!(play.take().contains(&outcome.to_owned()));
            play.cancelled();
            if outcome != "cancel" {
                play.server("426 cut|226 aborted|");
            }
            play.expect(&["failed TimedOut"]);
        });
    }
    // What came after all counts.
    play(config, |play| {
        play.begun(retrieve(0));
        play.server("226 done|");
        play.take();
        play.time_passes(STALL);
        play.complete(ClientCompletion::Progress(0));
        play.take();
        play.moved(8);
        play.expect(&["done moved 8 226"]);
    });
}

#[test]
fn a_host_that_does_not_stop_is_not_waited_for_without_end() {
    play(config, |play| {
        play.downloading();
        play.server("550 no f|");
        play.expect(&[]);
        play.time_passes(STALL);
        play.expect(&["progress?"]);
        play.complete(ClientCompletion::Progress(0));
        play.expect(&["cancel"]);
        play.time_passes(REPLY);
        play.expect(&["failed refused 550"]);
    });
}

#[test]
fn what_was_sent_before_a_refusal_is_read_to_its_end() {
    for whole in [true, false] {
        play(config, |play| {
            play.downloading();
            play.server("426 cut|");
            play.time_passes(STALL);
            play.expect(&["progress?"]);
            play.complete(ClientCompletion::Progress(10));
            play.complete(ClientCompletion::Marker(Marker { sender: b"ten".to_vec(), offset: 10 }));
            if whole {
                play.moved(12);
            } else {
                play.time_passes(STALL);
                play.complete(ClientCompletion::Progress(10));
                play.expect(&["progress?", "cancel"]);
                play.cancelled();
            }
            play.expect(&["failed refused 426"]);
            assert_eq!(play.session.moved(), if whole { 12 } else { 10 });
            assert_eq!(play.session.restart().map(|restart| restart.local), Some(10));
            // Whoever waits longer for it is the user.
            play.ask(retrieve(0));
            play.expect(&["> EPSV|"]);
        });
    }
}

#[test]
fn a_broken_transfer_without_final_reply_ends_the_session_only_where_nothing_had_begun() {
    for (opened, ends) in [("150 here|", &["failed TimedOut"][..]), ("", &["failed TimedOut", "disconnected", "close"])]
    {
        play(config, |play| {
            play.begun(retrieve(0));
            play.server(opened);
            play.take();
            play.complete(ClientCompletion::Transferred(Err(TransferError::Broken)));
            play.time_passes(REPLY);
            play.expect(ends);
        });
    }
}

#[test]
fn a_preliminary_reply_after_the_bytes_shows_that_the_server_lives() {
    play(config, |play| {
        play.downloading();
        play.moved(5);
        play.now = play.now + std::time::Duration::from_secs(20);
        play.server("150 closing|");
        play.time_passes(REPLY);
        play.expect(&["> SIZE f|"]);
    });
}

#[test]
fn a_size_proves_nothing_of_a_text() {
    play(config, |play| {
        play.logged_in("");
        play.ask(Request::Retrieve { path: b"f".to_vec(), offset: 0, codec: Codec::ASCII });
        play.server("200 A|");
        play.reached(1025);
        play.server("150 here|");
        play.moved(5);
        play.take();
        play.time_passes(REPLY);
        assert_eq!(play.take()[0], "failed TimedOut");
    });
}
