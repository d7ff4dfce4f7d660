//! Making the data connection: the ways there are, what the replies to them say, and what is done when one leads nowhere.

use crate::play::play;
use crate::setup::{REPLY, active, config, over_v6, retrieve, store};
use ftp_core::action::NetworkError;
use ftp_core::client::{ClientCompletion, ClientConfig, DataPreference, Request, Upload};

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
        play.complete(ClientCompletion::Listening(Err(NetworkError::Exhausted)));
        play.expect(&["listen", "failed NoDataConnection"]);
    });
}

/// RFC 959 4.2: any command may be answered by 1yz first. Only to the transfer's own does it say that the file is open.
#[test]
fn a_preliminary_reply_to_epsv_is_no_beginning() {
    play(config, |play| {
        play.in_type_i();
        play.ask(retrieve(0));
        play.server("120 in a minute|");
        play.expect(&["> EPSV|"]);
        play.reached(1025);
        play.expect(&["open 192.0.2.1:1025", "> RETR f|", "transfer Sink Raw"]);
    });
}

#[test]
fn a_refusal_of_the_data_connection_is_no_reason_to_try_again_on_a_new_one() {
    play(config, |play| {
        play.begun(store(Upload::Replace));
        play.take();
        play.server("425 no|");
        play.expect(&["cancel", "failed refused 425"]);
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
