//! A transfer and its two ends: the final reply and the end of the data.

use crate::play::{Play, play};
use crate::setup::{active, config, retrieve, store};
use ftp_core::action::{Marker, NetworkError, StorageError, TransferError};
use ftp_core::client::{ClientCompletion, Request, Upload};
use ftp_core::codec::Codec;

#[test]
fn a_download_is_over_when_reply_and_data_are_in() {
    play(config, |play| {
        play.downloading();
        play.moved(5);
        play.expect(&[]);
        play.server("226 done|");
        play.expect(&["done moved 5 226"]);
        assert_eq!(play.session.moved(), 5);
    });
    play(config, |play| {
        play.downloading();
        play.server("226 early|");
        play.expect(&[]);
        play.moved(5);
        play.expect(&["done moved 5 226"]);
    });
}

#[test]
fn type_is_sent_when_it_changes() {
    play(config, |play| {
        play.logged_in("");
        let ask = |play: &mut Play, codec| {
            play.ask(Request::Retrieve { path: b"f".to_vec(), offset: 0, codec });
        };
        ask(play, Codec::ASCII);
        play.server("200 A|");
        play.server("425 no|");
        play.server("425 no|");
        ask(play, Codec::ASCII);
        play.server("425 no|");
        ask(play, Codec::RAW);
        play.server("504 no I|");
        play.expect(&[
            "> TYPE A|",
            "> EPSV|",
            "> PASV|",
            "failed refused 425",
            "> PASV|",
            "failed refused 425",
            "> TYPE I|",
            "failed refused 504",
        ]);
    });
}

#[test]
fn uploads_begin_at_1xx() {
    for (how, commands) in [
        (Upload::Replace, &["> STOR f|"][..]),
        (Upload::Append, &["> APPE f|"]),
        (Upload::Unique, &["> STOU f|"]),
        (Upload::ResumeAt(9), &["> REST 9|", "> STOR f|"]),
    ] {
        play(config, |play| {
            play.begun(store(how));
            play.expect(&["> EPSV|", "open 192.0.2.1:1025", commands[0]]);
            if commands.len() > 1 {
                play.server("350 ok|");
                play.expect(&commands[1..]);
            }
            play.server("150 send|");
            play.expect(&["transfer Source Raw"]);
            play.moved(4);
            play.server("250 thanks|");
            play.expect(&["done moved 4 250"]);
        });
    }
}

#[test]
fn an_upload_that_was_never_opened_did_not_succeed() {
    play(config, |play| {
        play.begun(store(Upload::Replace));
        play.server("226 done|");
        play.expect(&[
            "> EPSV|",
            "open 192.0.2.1:1025",
            "> STOR f|",
            "cancel",
            "failed Protocol(\"1xx before an upload's 2xx\")",
        ]);
    });
}

#[test]
fn a_refused_command_closes_the_data_connection() {
    play(config, |play| {
        play.begun(retrieve(0));
        play.server("550 no f|");
        play.expect(&["> EPSV|", "open 192.0.2.1:1025", "> RETR f|", "transfer Sink Raw", "cancel"]);
        play.cancelled();
        play.expect(&["failed refused 550"]);
    });
    play(config, |play| {
        play.begun(store(Upload::Replace));
        play.server("553 no|");
        play.expect(&["> EPSV|", "open 192.0.2.1:1025", "> STOR f|", "cancel", "failed refused 553"]);
    });
}

#[test]
fn a_refused_rest_starts_no_transfer() {
    play(config, |play| {
        play.begun(retrieve(9));
        play.server("502 no|");
        play.expect(&["> EPSV|", "open 192.0.2.1:1025", "> REST 9|", "cancel", "failed refused 502"]);
    });
}

#[test]
fn a_rest_that_no_transfer_followed_is_undone() {
    play(config, |play| {
        play.begun(retrieve(9));
        play.server("350 ok|");
        play.server("550 no f|");
        play.cancelled();
        play.expect(&[
            "> EPSV|",
            "open 192.0.2.1:1025",
            "> REST 9|",
            "> RETR f|",
            "transfer Sink Raw",
            "cancel",
            "failed refused 550",
        ]);
        play.ask(retrieve(0));
        play.reached(1025);
        play.server("350 ok|");
        play.expect(&["> EPSV|", "open 192.0.2.1:1025", "> REST 0|", "> RETR f|", "transfer Sink Raw"]);
    });
}

#[test]
fn errors_of_either_end() {
    for (end, reply, outcome) in [
        (TransferError::Broken, "226 fine|", "failed Transfer(Broken)"),
        (TransferError::Broken, "426 broken|", "failed refused 426"),
        (TransferError::Storage(StorageError::NoSpace), "426 broken|", "failed Transfer(Storage(NoSpace))"),
    ] {
        play(config, |play| {
            play.downloading();
            play.complete(ClientCompletion::Transferred(Err(end)));
            play.expect(&[]);
            play.server(reply);
            play.expect(&[outcome]);
        });
    }
    play(config, |play| {
        play.downloading();
        play.moved(5);
        play.server("451 disk|");
        play.expect(&["failed refused 451"]);
        assert_eq!(play.session.moved(), 5);
    });
}

#[test]
fn a_second_226_is_not_the_answer_to_epsv() {
    play(config, |play| {
        play.downloading();
        play.moved(5);
        play.server("226 done|");
        play.ask(retrieve(0));
        play.server("226 done|");
        play.server("229 (!!!1025!)|");
        play.expect(&["done moved 5 226", "> EPSV|", "open 192.0.2.1:1025"]);
    });
}

#[test]
fn the_end_of_the_session_ends_the_transfer() {
    for end in [|play: &mut Play| play.server("421 bye|"), Play::closes] {
        play(config, |play| {
            play.downloading();
            end(play);
            play.expect(&["cancel", "failed Disconnected", "disconnected", "close"]);
            play.cancelled();
            play.expect(&[]);
        });
    }
}

#[test]
fn an_answer_about_an_operation_that_is_over_changes_nothing() {
    let stale = |play: &mut Play, op| {
        for done in [
            ClientCompletion::Listening(Ok("0.0.0.0:1025".parse().unwrap())),
            ClientCompletion::Listening(Err(NetworkError::Exhausted)),
            ClientCompletion::Connected(Ok(())),
            ClientCompletion::Connected(Err(NetworkError::Unreachable)),
            ClientCompletion::Marker(Marker { sender: b"X4".to_vec(), offset: 4 }),
            ClientCompletion::Progress(77),
            ClientCompletion::Transferred(Ok(9)),
        ] {
            play.session.complete(play.now, op, done);
        }
        // Whatever would have come out comes out now.
        play.ask(Request::Noop);
        play.expect(&[]);
    };
    play(config, |play| {
        play.downloading();
        let first = play.op();
        play.moved(1);
        play.server("226 done|");
        play.ask(retrieve(0));
        play.server("229 (!!!1026!)|");
        play.take();
        stale(play, first);
        play.connected();
        play.server("150 here|");
        play.expect(&["> RETR f|", "transfer Sink Raw"]);
        stale(play, first);
        assert!(play.session.restart().is_none());
        play.cut();
        assert_eq!(play.session.moved(), 0);
    });
    play(active, |play| {
        play.in_type_i();
        play.ask(retrieve(0));
        let first = play.op();
        play.complete(ClientCompletion::Listening(Ok("0.0.0.0:1025".parse().unwrap())));
        play.server("500 no|");
        play.ask(retrieve(0));
        play.take();
        stale(play, first);
    });
}
