//! Requests made while another one runs, and commands that go out while it does.

use crate::play::{Play, play};
use crate::setup::{active, config, login, pipelined, retrieve, size, store};
use ftp_core::client::{ClientCompletion, ClientConfig, Misuse, Request, Upload};
use ftp_core::codec::{Codec, Representation};
use ftp_core::command::{Mode, Structure};
use ftp_core::time::WallTime;

#[test]
fn requests_are_done_one_after_the_other() {
    play(config, |play| {
        play.ask(Request::Noop);
        play.ask(Request::WorkingDirectory);
        play.ask(Request::ChangeDirectory(b"a\nb".to_vec()));
        play.ask(Request::Noop);
        play.expect(&[]);
        play.server("220 hello|");
        play.expect(&["> NOOP|"]);
        play.server("200 ok|");
        play.expect(&["> PWD|", "done 200"]);
        play.server("257 \"/\"|");
        play.expect(&["> NOOP|", "done path /", "failed BadArgument"]);
        play.server("200 ok|");
        play.expect(&["done 200"]);
    });
}

#[test]
fn there_is_an_end_to_what_may_wait() {
    play(config, |play| {
        for _ in 0..64 {
            play.ask(Request::Noop);
        }
        assert_eq!(play.session.request(play.now, Request::Noop), Err(Misuse::Busy));
        play.server("220 hello|");
        play.expect(&["> NOOP|"]);
        play.ask(Request::Noop);
        play.closes();
        let ends = [vec!["failed Disconnected"; 65], vec!["disconnected", "close"]].concat();
        play.expect(&ends);
        let over = play.session.request(play.now, Request::Noop);
        assert_eq!(over, Err(Misuse::Disconnected));
    });
    assert_eq!(Misuse::Busy.to_string(), "too many requests wait: make the next one after an Event::Done");
    assert_eq!(
        Misuse::Disconnected.to_string(),
        "the control connection is closed: connect again and make a new session"
    );
}

#[test]
fn the_next_download_is_asked_for_while_one_runs() {
    play(pipelined, |play| {
        play.at_vsftpd();
        play.ask(retrieve(0));
        play.ask(retrieve(0));
        play.ask(retrieve(0));
        play.expect(&["> EPSV|RETR f|", "> EPSV|RETR f|"]);
        play.reached(1026);
        play.server("150 here|");
        play.expect(&["open 192.0.2.1:1026", "transfer Sink Raw"]);
        // All that the server says of the second is held until the first is over.
        play.server("226 done|229 (!!!1027!)|");
        play.expect(&[]);
        play.moved(7);
        play.expect(&["> EPSV|RETR f|", "done moved 7 226", "open 192.0.2.1:1027"]);
        play.connected();
        play.server("150 here|226 done|");
        play.moved(8);
        play.expect(&["transfer Sink Raw", "done moved 8 226"]);
        assert_eq!(play.session.moved(), 8);
        play.server("229 (!!!1028!)|550 no f|");
        play.expect(&["open 192.0.2.1:1028", "cancel", "failed refused 550"]);
        play.ask(Request::Noop);
        play.expect(&["> NOOP|"]);
    });
}

#[test]
fn an_upload_is_followed_once_its_bytes_are_out_and_only_epsv_goes_before_it() {
    play(pipelined, |play| {
        play.at_vsftpd();
        play.ask(store(Upload::Replace));
        play.ask(store(Upload::Replace));
        play.expect(&["> EPSV|STOR f|"]);
        play.reached(1026);
        play.server("150 send|");
        play.expect(&["open 192.0.2.1:1026", "transfer Source Raw"]);
        play.moved(4);
        play.expect(&["> EPSV|"]);
        // It cannot be taken back any more.
        play.abort();
        play.expect(&[]);
        play.server("226 done|");
        play.expect(&["done moved 4 226"]);
        play.server("229 (!!!1027!)|");
        play.expect(&["> STOR f|", "open 192.0.2.1:1027"]);
        play.server("150 send|");
        play.connected();
        play.moved(5);
        play.server("226 done|");
        play.expect(&["transfer Source Raw", "done moved 5 226"]);
    });
}

#[test]
fn questions_and_times_go_along() {
    play(pipelined, |play| {
        play.at_vsftpd();
        play.ask(store(Upload::Replace));
        play.ask(Request::SetModified { path: b"e".to_vec(), time: WallTime::default() });
        play.ask(Request::Size(b"g".to_vec()));
        play.ask(store(Upload::Replace));
        play.ask(Request::RemoveFile(b"f".to_vec()));
        play.server("229 (!!!1026!)|150 send|");
        play.connected();
        play.expect(&["> EPSV|STOR f|", "open 192.0.2.1:1026", "transfer Source Raw"]);
        play.moved(4);
        play.expect(&["> MFMT 19700101000000 e|SIZE g|EPSV|"]);
        play.server("226 done|500 MFMT?|550 no g|");
        play.expect(&["done moved 4 226", "failed refused 500", "failed refused 550"]);
        play.server("229 (!!!1027!)|");
        play.expect(&["> STOR f|", "open 192.0.2.1:1027"]);
        assert!(play.session.learnt().avoid_mfmt);
        play.server("150 send|");
        play.connected();
        play.moved(5);
        play.expect(&["transfer Source Raw"]);
        // To remove a file is no question: it waits.
        play.server("226 done|");
        play.expect(&["> DELE f|", "done moved 5 226"]);
    });
}

#[test]
fn what_needs_a_setting_first_waits() {
    play(pipelined, |play| {
        play.at_vsftpd();
        play.ask(retrieve(0));
        play.ask(retrieve(5));
        play.ask(Request::List(None));
        play.expect(&["> EPSV|RETR f|"]);
        play.server("229 (!!!1026!)|150 here|226 done|");
        play.connected();
        play.expect(&["open 192.0.2.1:1026", "transfer Sink Raw"]);
        play.moved(7);
        play.expect(&["> EPSV|REST 5|RETR f|", "done moved 7 226"]);
        play.server("229 (!!!1027!)|350 at 5|");
        play.expect(&["open 192.0.2.1:1027"]);
        play.server("550 no f|");
        play.expect(&["> TYPE A|", "cancel", "failed refused 550"]);
    });
}

#[test]
fn a_rest_that_lingers_holds_the_next_back() {
    play(pipelined, |play| {
        play.at_vsftpd();
        play.ask(retrieve(5));
        play.ask(retrieve(0));
        play.expect(&["> EPSV|REST 5|RETR f|"]);
        play.server("229 (!!!1026!)|350 at 5|");
        play.connected();
        play.expect(&["open 192.0.2.1:1026", "transfer Sink Raw"]);
        // The server may keep it, so nothing goes early.
        play.server("150 here|");
        play.moved(3);
        play.expect(&[]);
        play.server("226 done|");
        play.expect(&["> EPSV|REST 0|RETR f|", "done moved 3 226"]);
    });
}

#[test]
fn three_requests_follow_at_most() {
    play(pipelined, |play| {
        play.downloading_at_vsftpd();
        for path in ["a", "b", "c", "d"] {
            play.ask(size(path));
        }
        play.expect(&["> SIZE a|", "> SIZE b|", "> SIZE c|"]);
        play.server("226 done|");
        play.moved(1);
        play.expect(&["> SIZE d|", "done moved 1 226"]);
    });
}

#[test]
fn replies_that_come_before_their_turn_are_held_for_whom_they_are() {
    for doubled in ["", "226 done|"] {
        play(pipelined, |play| {
            play.downloading_at_vsftpd();
            play.ask(size("a"));
            play.ask(size("b"));
            play.ask(retrieve(0));
            play.expect(&["> SIZE a|", "> SIZE b|", "> EPSV|RETR f|"]);
            play.server(&format!("226 done|{doubled}213 5|550 no b|229 (!!!1027!)|"));
            play.expect(&[]);
            play.moved(7);
            play.expect(&["done moved 7 226", "done size 5", "failed refused 550", "open 192.0.2.1:1027"]);
        });
    }
}

#[test]
fn however_many_preliminary_replies_a_server_gives_the_final_one_is_held() {
    play(pipelined, |play| {
        play.downloading_at_vsftpd();
        play.ask(retrieve(0));
        play.server("226 done|229 (!!!1027!)|");
        play.server(&"150 here|".repeat(20));
        play.server("226 done|");
        play.expect(&["> EPSV|RETR f|"]);
        play.moved(7);
        play.expect(&["done moved 7 226", "open 192.0.2.1:1027"]);
        // The server had opened it, so it was not empty.
        play.unreachable();
        play.expect(&["> PASV|RETR f|"]);
    });
}

#[test]
fn what_has_to_be_set_first_is_not_asked_for_early() {
    let image = |structure, mode| Codec { representation: Representation::Image, structure, mode };
    for codec in [
        Codec::ASCII,
        image(Structure::Record, Mode::Stream),
        image(Structure::File, Mode::Deflate),
        image(Structure::File, Mode::Block),
    ] {
        for upload in [false, true] {
            play(pipelined, |play| {
                play.downloading_at_vsftpd();
                let path = b"g".to_vec();
                let how = Upload::Replace;
                play.ask(if upload {
                    Request::Store { path, how, codec }
                } else {
                    Request::Retrieve { path, offset: 0, codec }
                });
                play.expect(&[]);
            });
        }
    }
}

/// RFC 3659 4.1: a SIZE would be that in the TYPE of the text.
#[test]
fn the_size_of_a_file_is_not_asked_for_while_a_text_comes() {
    play(pipelined, |play| {
        play.at_vsftpd();
        play.ask(Request::Retrieve { path: b"t".to_vec(), offset: 0, codec: Codec::ASCII });
        play.server("200 A|");
        play.server("229 (!!!1026!)|150 here|");
        play.connected();
        play.take();
        play.ask(size("g"));
        play.ask(Request::ResumePoint(b"g".to_vec()));
        play.expect(&[]);
        play.moved(7);
        play.server("226 done|");
        play.expect(&["> TYPE I|", "done moved 7 226"]);
        play.server("200 I|");
        play.expect(&["> SIZE g|SIZE g|"]);
    });
}

#[test]
fn nothing_follows_what_may_still_need_a_command() {
    // The first data connection of a session: it may have to be made another way.
    play(pipelined, |play| {
        play.server("220 (vsFTPd 3.0.5)|");
        play.ask(retrieve(0));
        play.ask(size("a"));
        play.server("200 I|");
        play.expect(&["> TYPE I|", "> EPSV|RETR f|"]);
        play.server("229 (!!!1025!)|");
        play.expect(&["open 192.0.2.1:1025"]);
        play.connected();
        play.expect(&["> SIZE a|", "transfer Sink Raw"]);
    });
    // An offset may have to be undone.
    play(pipelined, |play| {
        play.at_vsftpd();
        play.ask(retrieve(5));
        play.ask(size("a"));
        play.expect(&["> EPSV|REST 5|RETR f|"]);
    });
    // What is given up is answered first.
    play(pipelined, |play| {
        play.downloading_at_vsftpd();
        play.abort();
        play.ask(size("a"));
        play.expect(&["> ABOR|", "cancel"]);
        play.cancelled();
        play.server("426 cut|226 aborted|");
        play.expect(&["> SIZE a|", "failed Aborted"]);
    });
    // In active mode the server connects, and may fail to.
    let active = || ClientConfig { pipeline: true, ..active() };
    play(active, |play| {
        play.server("220 (vsFTPd 3.0.5)|");
        for _ in 0..2 {
            play.ask(retrieve(0));
            play.server("200 ok|");
            play.take();
            play.complete(ClientCompletion::Listening(Ok("0.0.0.0:1025".parse().unwrap())));
            play.server("200 ok|");
            play.connected();
            play.server("150 here|");
            play.ask(size("a"));
            assert!(!play.take().contains(&"> SIZE a|".to_owned()));
            play.moved(1);
            play.server("226 done|");
            play.expect(&["> SIZE a|", "done moved 1 226"]);
            play.server("213 5|");
        }
    });
}

#[test]
fn facts_are_asked_for_early_where_one_command_tells_them() {
    let with = |features: &'static str, config: fn() -> ClientConfig| {
        let mut play = Play::new(config(), vec![usize::MAX]);
        play.server("220 (vsFTPd 3.0.5)|");
        play.ask(login(None));
        play.server(&format!("230 in|211-F|{features}211 End|"));
        play.ask(retrieve(0));
        play.server("200 I|229 (!!!1025!)|150 here|");
        play.connected();
        play.take();
        play.ask(Request::Facts(b"g".to_vec()));
        play.take()
    };
    let avoided = || {
        let mut config = pipelined();
        config.learnt.avoid_mlst = true;
        config
    };
    assert_eq!(with(" MLST type*;|", pipelined), ["> MLST g|"]);
    assert!(with(" SIZE|", pipelined).is_empty());
    assert!(with(" MLST type*;|", avoided).is_empty());
}

#[test]
fn facts_that_take_two_commands_are_followed_behind_the_second() {
    play(pipelined, |play| {
        play.at_vsftpd();
        play.ask(Request::Facts(b"g".to_vec()));
        play.ask(size("a"));
        play.expect(&["> SIZE g|"]);
        play.server("213 5|");
        play.expect(&["> MDTM g|SIZE a|"]);
    });
}

#[test]
fn other_servers_get_one_pair_at_a_time_or_one_command() {
    let second_file = |play: &mut Play, greeting: &str| {
        play.server(greeting);
        play.ask(Request::Size(b"x".to_vec()));
        play.server("200 I|213 1|");
        play.ask(retrieve(0));
        play.ask(retrieve(0));
        play.take()
    };
    play(pipelined, |play| {
        assert_eq!(second_file(play, "220 Pure-FTPd|")[3..], ["> EPSV|RETR f|"]);
        play.server("229 (!!!1026!)|150 here|");
        play.connected();
        play.expect(&["open 192.0.2.1:1026", "transfer Sink Raw"]);
    });
    play(pipelined, |play| {
        assert_eq!(second_file(play, "220 Microsoft FTP Service|")[3..], ["> EPSV|"]);
    });
    let learnt = || {
        let mut config = pipelined();
        config.learnt.avoid_pipelining = true;
        config
    };
    play(learnt, |play| {
        assert_eq!(second_file(play, "220 (vsFTPd 3.0.5)|")[3..], ["> EPSV|"]);
    });
}
