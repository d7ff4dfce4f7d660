//! EPSV, REST and the transfer's command in one write.

use crate::play::play;
use crate::setup::{REPLY, pipelined, retrieve, store};
use ftp_core::client::Upload;
use std::time::Duration;

#[test]
fn a_pair_is_one_write() {
    play(pipelined, |play| {
        play.in_type_i();
        play.ask(retrieve(0));
        play.expect(&["> EPSV|RETR f|"]);
        play.server("229 (!!!1025!)|150 here|");
        play.expect(&["open 192.0.2.1:1025"]);
        play.connected();
        play.expect(&["transfer Sink Raw"]);
        play.server("226 done|");
        play.moved(3);
        play.expect(&["done moved 3 226"]);
        play.ask(retrieve(5));
        play.expect(&["> EPSV|REST 5|RETR f|"]);
    });
}

#[test]
fn an_upload_is_paired_once_the_way_is_known() {
    play(pipelined, |play| {
        play.in_type_i();
        play.ask(store(Upload::Replace));
        play.expect(&["> EPSV|"]);
        play.reached(1025);
        play.server("150 send|");
        play.moved(2);
        play.server("226 ok|");
        play.expect(&["open 192.0.2.1:1025", "> STOR f|", "transfer Source Raw", "done moved 2 226"]);
        play.ask(store(Upload::Replace));
        play.expect(&["> EPSV|STOR f|"]);
        play.reached(1025);
        play.expect(&["open 192.0.2.1:1025"]);
        play.server("150 send|");
        play.expect(&["transfer Source Raw"]);
    });
}

#[test]
fn an_upload_waits_for_the_reply_to_its_rest() {
    play(pipelined, |play| {
        play.begun(store(Upload::Replace));
        play.server("150 send|");
        play.moved(2);
        play.server("226 ok|");
        play.take();
        play.ask(store(Upload::ResumeAt(5)));
        play.expect(&["> EPSV|REST 5|"]);
        play.server("229 (!!!1025!)|504 REST?|");
        // STOR by itself would have emptied the file.
        play.expect(&["open 192.0.2.1:1025", "cancel", "failed refused 504"]);
    });
}

#[test]
fn the_reply_to_the_second_is_taken_before_the_retry() {
    for second in ["425 no way|", "503 no way|", "150 trying|425 no way|"] {
        play(pipelined, |play| {
            play.in_type_i();
            play.ask(retrieve(0));
            play.server("500 EPSV?|");
            play.expect(&["> EPSV|RETR f|"]);
            play.server(second);
            play.expect(&["> PASV|RETR f|"]);
            play.server("227 (192,0,2,1,4,2)|");
            play.connected();
            play.server("550 no f|");
            play.cancelled();
            play.expect(&["open 192.0.2.1:1026", "transfer Sink Raw", "cancel", "failed refused 550"]);
            play.ask(retrieve(0));
            // The REST of none lingers, and EPSV is not tried again.
            play.expect(&["> PASV|RETR f|"]);
        });
    }
}

#[test]
fn an_unreachable_port_aborts_what_runs_and_falls_back() {
    play(pipelined, |play| {
        play.in_type_i();
        play.ask(retrieve(0));
        play.server("229 (!!!1025!)|");
        play.unreachable();
        // The server may have closed the port because it refuses the command.
        play.expect(&["> EPSV|RETR f|", "open 192.0.2.1:1025"]);
        play.time_passes(Duration::from_secs(2));
        play.expect(&["> ABOR|"]);
        play.server("425 nobody came|");
        play.expect(&[]);
        play.server("226 aborted|");
        play.expect(&["> PASV|RETR f|"]);
        play.server("227 (192,0,2,1,4,2)|150 here|");
        play.connected();
        play.moved(1);
        play.server("226 done|");
        play.expect(&["open 192.0.2.1:1026", "transfer Sink Raw", "done moved 1 226"]);
        play.ask(retrieve(0));
        play.expect(&["> PASV|RETR f|"]);
    });
}

#[test]
fn a_refusal_that_crosses_a_failed_connection_counts() {
    play(pipelined, |play| {
        play.in_type_i();
        play.ask(retrieve(0));
        play.server("229 (!!!1025!)|");
        play.unreachable();
        play.server("550 no f|");
        play.expect(&["> EPSV|RETR f|", "open 192.0.2.1:1025", "failed refused 550"]);
        play.ask(retrieve(0));
        // EPSV is none the worse for it.
        play.expect(&["> EPSV|RETR f|"]);
        play.server("229 (!!!1026!)|");
        play.unreachable();
        play.server("150 trying|");
        play.expect(&["open 192.0.2.1:1026", "> ABOR|"]);
    });
    play(pipelined, |play| {
        play.in_type_i();
        play.ask(retrieve(0));
        play.server("229 (!!!1025!)|");
        play.unreachable();
        play.server("425 nobody came|");
        play.expect(&["> EPSV|RETR f|", "open 192.0.2.1:1025", "> PASV|RETR f|"]);
    });
}

#[test]
fn a_transfer_that_the_server_finished_and_nobody_saw_is_not_empty() {
    play(pipelined, |play| {
        play.in_type_i();
        play.ask(retrieve(0));
        play.server("229 (!!!1025!)|150 here|226 sent|");
        play.unreachable();
        play.expect(&["> EPSV|RETR f|", "open 192.0.2.1:1025", "> PASV|RETR f|"]);
    });
    play(pipelined, |play| {
        play.in_type_i();
        play.ask(retrieve(0));
        play.server("229 (!!!1025!)|226 nothing to send|");
        play.unreachable();
        play.expect(&["> EPSV|RETR f|", "open 192.0.2.1:1025", "done moved 0 226"]);
    });
}

#[test]
fn a_refused_rest_lets_no_byte_through() {
    play(pipelined, |play| {
        play.begun(retrieve(5));
        // Connected, but it is not known yet where the bytes begin.
        play.expect(&["> EPSV|REST 5|RETR f|", "open 192.0.2.1:1025"]);
        play.server("502 REST?|");
        play.expect(&["> ABOR|", "cancel"]);
        play.server("150 here|");
        play.server("426 cut|");
        play.server("226 aborted|");
        play.expect(&["failed refused 502"]);
    });
}

#[test]
fn an_accepted_rest_lets_them_through() {
    play(pipelined, |play| {
        play.begun(retrieve(5));
        play.server("350 at 5|");
        play.expect(&["> EPSV|REST 5|RETR f|", "open 192.0.2.1:1025", "transfer Sink Raw"]);
    });
}

#[test]
fn an_abort_waits_for_every_reply() {
    play(pipelined, |play| {
        play.in_type_i();
        play.ask(retrieve(5));
        play.abort();
        play.expect(&["> EPSV|REST 5|RETR f|", "> ABOR|"]);
        play.server("229 (!!!1025!)|350 at 5|150 here|426 cut|");
        play.expect(&[]);
        play.server("226 aborted|");
        play.expect(&["failed Aborted"]);
    });
}

#[test]
fn a_server_that_says_nothing_more_is_gone() {
    play(pipelined, |play| {
        play.in_type_i();
        play.ask(retrieve(0));
        play.server("500 EPSV?|");
        play.expect(&["> EPSV|RETR f|"]);
        play.time_passes(REPLY);
        play.expect(&["failed TimedOut", "disconnected", "close"]);
    });
}

#[test]
fn an_upload_that_could_not_connect_did_not_succeed_whatever_the_server_says() {
    play(pipelined, |play| {
        play.begun(store(Upload::Replace));
        play.server("150 send|");
        play.moved(2);
        play.server("226 ok|");
        play.ask(store(Upload::Replace));
        play.server("229 (!!!1026!)|");
        play.unreachable();
        play.take();
        play.server("226 ok|");
        play.expect(&["failed Protocol(\"1xx before an upload's 2xx\")"]);
    });
}
