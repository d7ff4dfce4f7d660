//! Requests without a data connection.

use crate::play::{REPLY, config, play};
use ftp_core::client::Request;

fn asks(request: &Request, sent: &str, reply: &str, outcome: &str) {
    play(config, |play| {
        play.server("220 hello|");
        play.ask(request.clone());
        play.server(reply);
        play.expect(&[sent, outcome]);
    });
}

#[test]
fn paths_are_read_however_they_are_quoted() {
    for (reply, path) in [
        ("257 \"/a \"\"b\"\" c\" is it|", "done path /a \"b\" c"),
        ("257 '/it''s' current|", "done path /it's"),
        ("257 /bare is current|", "done path /bare"),
        ("257-\"/first\"|257 end|", "done path /first"),
        ("250 \"/x\"|", "done path /x"),
        ("257 somewhere|", "failed Protocol(\"a path\")"),
        ("257 \"/open|", "failed Protocol(\"a path\")"),
        ("550 no|", "failed refused 550"),
    ] {
        asks(&Request::WorkingDirectory, "> PWD|", reply, path);
    }
    let make = Request::MakeDirectory(b"new".to_vec());
    asks(&make, "> MKD new|", "257 \"/d/new\" made|", "done path /d/new");
    asks(&make, "> MKD new|", "250 made|", "done path new");
    asks(&make, "> MKD new|", "521 exists|", "failed refused 521");
}

#[test]
fn one_command_requests() {
    let path = || b"p q".to_vec();
    asks(&Request::ChangeDirectory(path()), "> CWD p q|", "250 ok|", "done 250");
    asks(&Request::RemoveDirectory(path()), "> RMD p q|", "250 ok|", "done 250");
    asks(&Request::RemoveFile(path()), "> DELE p q|", "450 busy|", "failed refused 450");
    asks(&Request::Noop, "> NOOP|", "200 ok|", "done 200");
    asks(&Request::Noop, "> NOOP|", "350 what|", "failed Protocol(\"a reply that ends the command\")");
    asks(&Request::Modified(path()), "> MDTM p q|", "213 20000229123456.7|", "done time 951827696");
    asks(&Request::Modified(path()), "> MDTM p q|", "213 yesterday|", "failed Protocol(\"a time\")");
}

#[test]
fn a_rename_is_two_commands() {
    play(config, |play| {
        play.server("220 hello|");
        let rename = Request::Rename { from: b"a".to_vec(), to: b"b".to_vec() };
        play.ask(rename.clone());
        play.server("350 go on|");
        play.server("250 renamed|");
        play.expect(&["> RNFR a|", "> RNTO b|", "done 250"]);
        play.ask(rename);
        play.server("550 no a|");
        play.expect(&["> RNFR a|", "failed refused 550"]);
    });
}

#[test]
fn a_size_is_asked_in_type_i_which_is_set_once() {
    play(config, |play| {
        play.server("220 hello|");
        play.ask(Request::Size(b"f".to_vec()));
        play.server("200 I|");
        play.server("213 12|");
        play.ask(Request::Size(b"g".to_vec()));
        play.server("550 no|");
        play.expect(&["> TYPE I|", "> SIZE f|", "done size 12", "> SIZE g|", "failed refused 550"]);
        play.ask(Request::Quote(b"TYPE A".to_vec()));
        play.server("200 A|");
        play.ask(Request::Size(b"f".to_vec()));
        play.expect(&["> TYPE A|", "done 200", "> TYPE I|"]);
    });
}

#[test]
fn a_quoted_command_takes_any_final_reply() {
    for (reply, outcome) in [
        ("150 wait|200 ok|", "done 200"),
        ("350 more|", "done 350"),
        ("226 ok|", "done 226"),
        ("502 no|", "failed refused 502"),
    ] {
        asks(&Request::Quote(b"SITE x".to_vec()), "> SITE x|", reply, outcome);
    }
}

#[test]
fn arguments_that_would_end_the_command_are_not_sent() {
    play(config, |play| {
        play.server("220 hello|");
        for bad in [&b"a\nDELE b"[..], b"a\0b", b""] {
            play.ask(Request::ChangeDirectory(bad.to_vec()));
            play.ask(Request::Quote(bad.to_vec()));
            play.ask(Request::Rename { from: b"a".to_vec(), to: bad.to_vec() });
            play.expect(&["failed BadArgument"; 3]);
        }
        play.ask(Request::Quote(b"NOOP\rx".to_vec()));
        play.expect(&["failed BadArgument"]);
        play.ask(Request::ChangeDirectory(b"a\rb".to_vec()));
        play.expect(&["> CWD a\r\0b|"]);
    });
}

#[test]
fn an_overdue_reply_ends_the_session() {
    play(config, |play| {
        play.server("220 hello|");
        play.ask(Request::Noop);
        play.expect(&["> NOOP|"]);
        play.time_passes(REPLY);
        play.expect(&["failed TimedOut", "disconnected", "close"]);
    });
}

#[test]
fn a_421_and_a_close_end_request_and_session() {
    play(config, |play| {
        play.server("220 hello|");
        play.ask(Request::Noop);
        play.server("421 shutting down|");
        play.expect(&["> NOOP|", "failed Disconnected", "disconnected", "close"]);
    });
    play(config, |play| {
        play.server("220 hello|");
        play.server("421 idle|");
        play.expect(&["disconnected", "close"]);
    });
    play(config, |play| {
        play.server("220 hello|");
        play.ask(Request::Noop);
        play.closes();
        play.expect(&["> NOOP|", "failed Disconnected", "disconnected", "close"]);
    });
    play(config, |play| {
        play.server("220 hello|");
        play.wire_breaks();
        play.ask(Request::Noop);
        play.expect(&["failed Disconnected", "disconnected", "close"]);
    });
}

#[test]
fn unasked_replies_are_shown_and_ignored() {
    play(config, |play| {
        play.server("220 hello|");
        play.chatty();
        play.server("226 again|");
        play.expect(&["received 226"]);
        play.ask(Request::Noop);
        play.server("200 ok|");
        play.expect(&["> NOOP|", "sent NOOP", "received 200", "done 200"]);
    });
}

#[test]
fn output_waits_for_a_wire_that_would_block() {
    play(config, |play| {
        play.server("220 hello|");
        play.wire_takes(Some(3));
        play.ask(Request::Noop);
        play.expect(&["> NOO"]);
        assert!(play.wait.unwrap().write);
        play.wire_takes(None);
        play.expect(&["> P|"]);
        assert!(!play.wait.unwrap().write);
    });
}
