//! Making the data connection, and a transfer's two ends.

use crate::play::{Play, REPLY, STALL, config, login, over_v6, play, retrieve, store};
use ftp_core::action::{Marker, NetworkError, StorageError, TransferError};
use ftp_core::client::{ClientCompletion, ClientConfig, DataPreference, Request, Upload};
use ftp_core::codec::{Codec, Representation};
use ftp_core::command::{Mode, Structure};

fn active() -> ClientConfig {
    ClientConfig { data: DataPreference::Active, ..config() }
}

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
fn addresses_in_227_are_repaired() {
    for (text, keep, address) in [
        ("227 Entering (192,0,2,1,4,1)|", false, "192.0.2.1:1025"),
        ("227 0,0,0,0,4,1|", false, "192.0.2.1:1025"),
        ("227 =0,0,0,0,4,1|", true, "192.0.2.1:1025"),
        ("227 (10,0,0,5,4,1)|", false, "192.0.2.1:1025"),
        ("227 (198,51,100,7,4,1)|", false, "192.0.2.1:1025"),
        ("227 (198,51,100,7,4,1)|", true, "198.51.100.7:1025"),
    ] {
        play(
            || ClientConfig { keep_foreign_addresses: keep, ..config() },
            |play| {
                play.in_type_i();
                play.ask(retrieve(0));
                play.server("500 EPSV?|");
                play.server(text);
                play.expect(&["> EPSV|", "> PASV|", &format!("open {address}")]);
            },
        );
    }
}

#[test]
fn a_227_without_address_is_no_way() {
    for text in ["227 (256,0,2,1,4,1)|", "227 sorry|", "227 (192,0,2,1,0,0)|"] {
        play(config, |play| {
            play.in_type_i();
            play.ask(retrieve(0));
            play.server("502 no|");
            play.server(text);
            play.expect(&["> EPSV|", "> PASV|", "failed Protocol(\"an address for the data connection\")"]);
        });
    }
}

#[test]
fn over_ipv6_there_is_only_epsv() {
    play(over_v6, |play| {
        play.in_type_i();
        play.ask(retrieve(0));
        play.server("229 (!!!1025!)|");
        play.expect(&["> EPSV|", "open [2001:db8::1]:1025"]);
        play.unreachable();
        play.expect(&["failed NoDataConnection"]);
        play.ask(retrieve(0));
        play.server("502 no|");
        play.expect(&["> EPSV|", "failed refused 502"]);
    });
}

#[test]
fn an_epsv_refused_for_want_of_a_login_is_not_held_against_it() {
    play(config, |play| {
        play.in_type_i();
        play.ask(retrieve(0));
        play.server("530 log in|");
        play.ask(retrieve(0));
        play.expect(&["> EPSV|", "failed refused 530", "> EPSV|"]);
    });
}

#[test]
fn an_unreachable_epsv_port_is_tried_by_pasv_and_that_is_remembered() {
    play(config, |play| {
        play.in_type_i();
        play.ask(retrieve(0));
        play.server("229 (!!!1025!)|");
        play.unreachable();
        play.server("227 (192,0,2,1,4,2)|");
        play.connected();
        play.expect(&[
            "> EPSV|",
            "open 192.0.2.1:1025",
            "> PASV|",
            "open 192.0.2.1:1026",
            "> RETR f|",
            "transfer Sink Raw",
        ]);
        play.moved(1);
        play.server("226 done|");
        play.ask(retrieve(0));
        play.expect(&["done moved 1 226", "> PASV|"]);
        play.server("227 (192,0,2,1,4,2)|");
        play.unreachable();
        play.expect(&["open 192.0.2.1:1026", "failed NoDataConnection"]);
    });
}

#[test]
fn a_host_that_never_connects_is_given_up() {
    play(config, |play| {
        play.in_type_i();
        play.ask(retrieve(0));
        play.server("502 no|");
        play.server("227 (192,0,2,1,4,2)|");
        play.expect(&["> EPSV|", "> PASV|", "open 192.0.2.1:1026"]);
        play.time_passes(REPLY);
        play.expect(&["cancel", "failed NoDataConnection"]);
        play.connected();
        play.expect(&[]);
    });
}

#[test]
fn the_active_way() {
    play(active, |play| {
        play.in_type_i();
        play.ask(retrieve(7));
        play.expect(&["listen"]);
        play.complete(ClientCompletion::Listening(Ok("0.0.0.0:1025".parse().unwrap())));
        play.expect(&["> PORT 192,0,2,9,4,1|"]);
        play.server("200 ok|");
        play.server("350 at 7|");
        play.expect(&["> REST 7|", "open accept", "> RETR f|"]);
        play.connected();
        play.server("150 here|");
        play.moved(3);
        play.server("226 done|");
        play.expect(&["transfer Sink Raw", "done moved 3 226"]);
    });
    play(
        || ClientConfig { data: DataPreference::Active, ..over_v6() },
        |play| {
            play.in_type_i();
            play.ask(retrieve(0));
            play.complete(ClientCompletion::Listening(Ok("[2001:db8::9]:1025".parse().unwrap())));
            play.server("500 no|");
            play.expect(&["listen", "> EPRT |2|2001:db8::9|1025||", "cancel", "failed refused 500"]);
        },
    );
    play(active, |play| {
        play.in_type_i();
        play.ask(retrieve(0));
        play.complete(ClientCompletion::Listening(Err(ftp_core::action::NetworkError::Exhausted)));
        play.expect(&["listen", "failed NoDataConnection"]);
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
            play.in_type_i();
            play.ask(store(how));
            play.server("229 (!!!1025!)|");
            play.connected();
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
        play.in_type_i();
        play.ask(store(Upload::Replace));
        play.server("229 (!!!1025!)|");
        play.connected();
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
        play.in_type_i();
        play.ask(retrieve(0));
        play.server("229 (!!!1025!)|");
        play.connected();
        play.server("550 no f|");
        play.expect(&["> EPSV|", "open 192.0.2.1:1025", "> RETR f|", "transfer Sink Raw", "cancel"]);
        play.cancelled();
        play.expect(&["failed refused 550"]);
    });
    play(config, |play| {
        play.in_type_i();
        play.ask(store(Upload::Replace));
        play.server("229 (!!!1025!)|");
        play.connected();
        play.server("553 no|");
        play.expect(&["> EPSV|", "open 192.0.2.1:1025", "> STOR f|", "cancel", "failed refused 553"]);
    });
}

#[test]
fn a_refused_rest_starts_no_transfer() {
    play(config, |play| {
        play.in_type_i();
        play.ask(retrieve(9));
        play.server("229 (!!!1025!)|");
        play.connected();
        play.server("502 no|");
        play.expect(&["> EPSV|", "open 192.0.2.1:1025", "> REST 9|", "cancel", "failed refused 502"]);
    });
}

#[test]
fn a_rest_that_no_transfer_followed_is_undone() {
    play(config, |play| {
        play.in_type_i();
        play.ask(retrieve(9));
        play.server("229 (!!!1025!)|");
        play.connected();
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
        play.server("229 (!!!1025!)|");
        play.connected();
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
fn a_success_without_1xx_is_empty_when_nothing_comes() {
    play(config, |play| {
        play.in_type_i();
        play.ask(retrieve(0));
        play.server("229 (!!!1025!)|");
        play.connected();
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
        play.in_type_i();
        play.ask(retrieve(0));
        play.server("229 (!!!1025!)|");
        play.connected();
        play.server("226 here|");
        play.moved(8);
        play.expect(&["> EPSV|", "open 192.0.2.1:1025", "> RETR f|", "transfer Sink Raw", "done moved 8 226"]);
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
            play.in_type_i();
            play.ask(retrieve(0));
            play.server("229 (!!!1025!)|");
            play.connected();
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
        play.in_type_i();
        play.ask(retrieve(0));
        play.server("229 (!!!1025!)|");
        play.connected();
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
            play.in_type_i();
            play.ask(retrieve(0));
            play.server("229 (!!!1025!)|");
            play.connected();
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
        play.server("229 (!!!1025!)|");
        play.connected();
        play.server("150 here|");
        play.moved(5);
        play.take();
        play.time_passes(REPLY);
        assert_eq!(play.take()[0], "failed TimedOut");
    });
}

#[test]
fn a_refusal_of_the_data_connection_is_no_reason_to_try_again_on_a_new_one() {
    play(config, |play| {
        play.in_type_i();
        play.ask(store(Upload::Replace));
        play.server("229 (!!!1025!)|");
        play.connected();
        play.take();
        play.server("425 no|");
        play.expect(&["cancel", "failed refused 425"]);
    });
}

const BLOCK: Codec = Codec { representation: Representation::Image, structure: Structure::File, mode: Mode::Block };

fn retrieve_block(path: &str, offset: u64, codec: Codec) -> Request {
    Request::Retrieve { path: path.as_bytes().to_vec(), offset, codec }
}

/// A download of `f` in MODE B, whose bytes move.
fn downloading_blocks(play: &mut Play) {
    play.in_type_i();
    play.ask(retrieve_block("f", 0, BLOCK));
    play.server("200 B|");
    play.server("229 (!!!1025!)|");
    play.connected();
    play.server("150 here|");
    play.take();
}

#[test]
fn only_250_to_a_whole_file_keeps_a_data_connection() {
    for (bytes, reply, next) in [
        (Ok(5), "250 done, still open|", "> RETR g|"),
        (Ok(5), "226 done, closing|", "> EPSV|"),
        (Err(TransferError::Broken), "250 done, still open|", "> EPSV|"),
    ] {
        play(config, |play| {
            downloading_blocks(play);
            play.complete(ClientCompletion::Transferred(bytes));
            play.server(reply);
            play.take();
            play.ask(retrieve_block("g", 0, BLOCK));
            assert_eq!(play.take()[0], next);
            // It is taken once the server has said that what comes over it is this file.
            play.server("125 here|");
            assert_eq!(play.take().contains(&"open kept".into()), next == "> RETR g|");
        });
    }
}

#[test]
fn a_restart_marker_is_for_its_file_its_place_and_its_mode() {
    for (path, offset, codec, rest) in [
        ("f", 4, BLOCK, "> REST X4|"),
        ("g", 4, BLOCK, "> REST 4|"),
        ("f", 5, BLOCK, "> REST 5|"),
        ("f", 4, Codec::RAW, "> REST 4|"),
    ] {
        play(config, |play| {
            downloading_blocks(play);
            play.complete(ClientCompletion::Marker(Marker { sender: b"X4".to_vec(), offset: 4 }));
            play.complete(ClientCompletion::Transferred(Err(TransferError::Broken)));
            play.server("426 cut|");
            play.expect(&["failed refused 426"]);
            play.ask(retrieve_block(path, offset, codec));
            if codec == Codec::RAW {
                play.server("200 S|");
            }
            play.server("229 (!!!1025!)|");
            play.connected();
            assert_eq!(play.take().last().unwrap(), rest);
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

#[test]
fn pret_names_the_command_that_comes() {
    for (request, announced) in [
        (Request::List(None), "> PRET MLSD|"),
        (Request::Names(Some(b"d".to_vec())), "> PRET NLST d|"),
        (retrieve(0), "> PRET RETR f|"),
    ] {
        play(config, |play| {
            play.logged_in(" PRET| MLST type*;|");
            play.ask(request.clone());
            if matches!(request, Request::Retrieve { .. }) {
                play.server("200 I|");
            }
            assert_eq!(play.take().last().unwrap(), announced);
        });
    }
}

/// RFC 959 4.2: any command may be answered by 1yz first. Only to the transfer's own does it say that the file is open.
#[test]
fn a_preliminary_reply_to_epsv_is_no_beginning() {
    play(config, |play| {
        play.in_type_i();
        play.ask(retrieve(0));
        play.server("120 in a minute|");
        play.expect(&["> EPSV|"]);
        play.server("229 (!!!1025!)|");
        play.connected();
        play.expect(&["open 192.0.2.1:1025", "> RETR f|", "transfer Sink Raw"]);
    });
}

/// RFC 959 4.1.1: a new user finds all parameters as they were at the beginning, on some servers.
#[test]
fn the_next_user_has_to_set_the_mode_again() {
    play(config, |play| {
        downloading_blocks(play);
        play.moved(5);
        play.server("226 done|");
        play.take();
        play.ask(login(None));
        play.server("230 come in|");
        play.server("500 FEAT?|");
        play.take();
        play.ask(retrieve_block("f", 0, BLOCK));
        play.server("200 I|");
        play.server("200 F|");
        play.server("200 B|");
        play.expect(&["> TYPE I|", "> STRU F|", "> MODE B|", "> EPSV|"]);
    });
}
