//! Giving a transfer up, and the many replies that servers have for that.

use crate::play::play;
use crate::setup::{REPLY, config, retrieve, store};
use ftp_core::client::{Request, Upload};
use ftp_core::codec::Codec;
use ftp_core::command::{Mode, Structure};

#[test]
fn an_abort_takes_both_replies_in_any_combination() {
    for replies in [
        ["426 cut|", "226 aborted|"],
        ["426 cut|", "225 aborted|"],
        ["226 was done|", "225 nothing to abort|"],
        ["226 was done|", "226 ok|"],
        ["225 aborted|", "426 cut|"],
        ["426 cut|", "502 ABOR?|"],
        ["451 cut|", "226 aborted|"],
    ] {
        play(config, |play| {
            play.downloading();
            play.abort();
            play.expect(&["> ABOR|", "cancel"]);
            play.server(replies[0]);
            play.cancelled();
            play.expect(&[]);
            play.server(replies[1]);
            play.expect(&["failed Aborted"]);
            play.ask(Request::Noop);
            play.server("200 ok|");
            play.expect(&["> NOOP|", "done 200"]);
        });
    }
}

#[test]
fn one_reply_is_enough_after_a_while_and_none_is_the_end() {
    play(config, |play| {
        play.downloading();
        play.abort();
        play.cancelled();
        play.server("426 cut|");
        play.expect(&["> ABOR|", "cancel"]);
        play.time_passes(REPLY);
        play.expect(&["failed Aborted"]);
        play.ask(Request::Noop);
        play.server("226 aborted, late|");
        play.server("200 ok|");
        play.expect(&["> NOOP|", "done 200"]);
    });
    play(config, |play| {
        play.downloading();
        play.abort();
        play.cancelled();
        play.expect(&["> ABOR|", "cancel"]);
        play.time_passes(REPLY);
        play.expect(&["failed Aborted", "disconnected", "close"]);
    });
}

#[test]
fn a_type_that_nobody_waited_for_is_not_taken_for_granted() {
    play(config, |play| {
        play.in_type_i();
        play.ask(Request::Retrieve { path: b"f".to_vec(), offset: 0, codec: Codec::ASCII });
        play.abort();
        play.server("200 A|");
        play.expect(&["> TYPE A|", "failed Aborted"]);
        play.ask(retrieve(0));
        // The server may well be in TYPE A.
        play.expect(&["> TYPE I|"]);
    });
}

#[test]
fn a_mode_or_structure_that_nobody_waited_for_is_not_taken_for_granted() {
    for (codec, said, unsaid) in [
        (Codec { mode: Mode::Block, ..Codec::RAW }, "> MODE B|", "> MODE S|"),
        (Codec { structure: Structure::Record, ..Codec::RAW }, "> STRU R|", "> STRU F|"),
    ] {
        play(config, |play| {
            play.in_type_i();
            play.ask(Request::Retrieve { path: b"f".to_vec(), offset: 0, codec });
            play.abort();
            play.server("200 So be it|");
            play.expect(&[said, "failed Aborted"]);
            play.ask(retrieve(0));
            // The server may well have done it.
            play.expect(&[unsaid]);
        });
    }
}

#[test]
fn a_second_abort_changes_nothing() {
    play(config, |play| {
        play.downloading();
        play.abort();
        play.abort();
        play.expect(&["> ABOR|", "cancel"]);
    });
}

#[test]
fn an_abort_before_the_command_only_waits_for_what_was_sent() {
    play(config, |play| {
        play.in_type_i();
        play.ask(retrieve(0));
        play.abort();
        play.expect(&["> EPSV|"]);
        play.server("229 (!!!1025!)|");
        play.expect(&["failed Aborted"]);
    });
    play(config, |play| {
        play.in_type_i();
        play.ask(store(Upload::Replace));
        play.server("229 (!!!1025!)|");
        play.abort();
        play.expect(&["> EPSV|", "open 192.0.2.1:1025", "cancel", "failed Aborted"]);
    });
}

#[test]
fn a_request_without_data_connection_goes_on() {
    play(config, |play| {
        play.server("220 hello|");
        play.abort();
        play.ask(Request::Noop);
        play.abort();
        play.server("200 ok|");
        play.expect(&["> NOOP|", "done 200"]);
    });
}
