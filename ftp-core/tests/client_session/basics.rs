//! Requests without a data connection.

use crate::play::play;
use crate::setup::{REPLY, config};
use ftp_core::client::{Request, Upload};
use ftp_core::codec::Codec;
use ftp_core::secret::Secret;
use ftp_core::time::WallTime;

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

#[test]
fn nothing_that_would_be_two_lines_or_none_is_sent() {
    let bad = || b"a\nb".to_vec();
    let good = || b"a".to_vec();
    let login = |user, password: &[u8], account: Option<&[u8]>| Request::Login {
        user,
        password: Secret::new(password),
        account: account.map(Secret::new),
    };
    let store = |how| Request::Store { path: Vec::new(), how, codec: Codec::RAW };
    for request in [
        login(bad(), b"pw", None),
        login(good(), b"p\nw", None),
        login(good(), b"pw", Some(b"a\nc")),
        Request::Rename { from: bad(), to: good() },
        Request::Rename { from: good(), to: bad() },
        Request::Identify { name: bad(), version: good() },
        Request::Identify { name: good(), version: bad() },
        Request::Options { command: bad(), options: None },
        Request::Options { command: good(), options: Some(bad()) },
        Request::Quote(b"NOOP\rDELE f".to_vec()),
        store(Upload::Replace),
    ] {
        play(config, |play| {
            play.server("220 hello|");
            play.ask(request.clone());
            play.expect(&["failed BadArgument"]);
        });
    }
    play(config, |play| {
        play.server("220 hello|");
        play.ask(store(Upload::Unique));
        play.expect(&["> TYPE I|"]);
    });
}

#[test]
fn what_was_set_by_hand_is_set_again() {
    play(config, |play| {
        play.in_type_i();
        play.ask(Request::Quote(b"mode b".to_vec()));
        play.server("200 B|");
        play.ask(crate::setup::retrieve(0));
        play.server("200 I|");
        play.server("200 F|");
        play.server("200 S|");
        play.expect(&["> mode b|", "done 200", "> TYPE I|", "> STRU F|", "> MODE S|", "> EPSV|"]);
    });
    // A listing is in TYPE A, which nobody has to set at the beginning, but for that.
    play(config, |play| {
        play.logged_in("");
        play.ask(Request::Quote(b"type i".to_vec()));
        play.server("200 I|");
        play.ask(Request::List(None));
        play.expect(&["> type i|", "done 200", "> TYPE A|"]);
    });
}

#[test]
fn a_226_may_answer_a_command_that_the_user_typed() {
    play(config, |play| {
        play.downloading();
        play.moved(5);
        play.server("226 done|");
        play.ask(Request::Quote(b"ABOR".to_vec()));
        play.server("226 nothing to abort|");
        play.expect(&["done moved 5 226", "> ABOR|", "done 226"]);
    });
}

#[test]
fn a_time_that_is_refused_is_not_set_another_way() {
    let set = || Request::SetModified { path: b"f".to_vec(), time: WallTime::default() };
    play(config, |play| {
        play.logged_in(" MFMT|");
        play.ask(set());
        play.server("150 soon|");
        play.expect(&["> MFMT 19700101000000 f|"]);
        play.server("550 no f|");
        play.expect(&["failed refused 550"]);
        play.ask(set());
        play.server("502 MFMT?|");
        play.server("500 MDTM?|");
        play.expect(&["> MFMT 19700101000000 f|", "> MDTM 19700101000000 f|", "failed refused 500"]);
    });
}

#[test]
fn a_directory_is_there_only_where_the_way_into_it_and_back_is_open() {
    for (replies, sent, outcome) in [
        (&["553 no|", "550 \"/\" no|"][..], &["> MKD d|", "> PWD|"][..], "failed refused 553"),
        (
            &["553 no|", "257 \"/\"|", "250 in|", "550 no way back|"],
            &["> MKD d|", "> PWD|", "> CWD d|", "> CWD /|"],
            "failed refused 550",
        ),
        (
            &["553 no|", "257 \"/\"|", "250 in|", "250 out|"],
            &["> MKD d|", "> PWD|", "> CWD d|", "> CWD /|"],
            "done path d",
        ),
    ] {
        play(config, |play| {
            play.server("220 hello|");
            play.ask(Request::EnsureDirectory(b"d".to_vec()));
            for reply in replies {
                play.server(reply);
            }
            play.expect(&[sent, &[outcome]].concat());
        });
    }
}

#[test]
fn a_digest_may_take_time_and_an_algorithm_in_force_is_not_chosen_again() {
    use ftp_core::digest::Algorithm;
    let digest = |algorithm| Request::Digest { path: b"f".to_vec(), algorithm };
    play(config, |play| {
        play.logged_in(" HASH SHA-1*;MD5|");
        play.ask(digest(Some(Algorithm::Sha1)));
        play.server("200 I|");
        play.server("150 counting|");
        play.expect(&["> TYPE I|", "> HASH f|"]);
        play.server("550 no f|");
        play.ask(digest(Some(Algorithm::Md5)));
        play.expect(&["failed refused 550", "> OPTS HASH MD5|"]);
    });
}
