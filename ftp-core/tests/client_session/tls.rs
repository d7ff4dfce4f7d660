//! TLS as the client asks for it: before the password, or not at all (RFC 4217 10.3, 12.1).

use crate::play::{Play, play};
use crate::setup::{config, login, retrieve};
use ftp_core::action::TlsError;
use ftp_core::client::{ClientCompletion, ClientConfig, Learnt, Request, TlsUse};

fn with(tls: TlsUse) -> impl Fn() -> ClientConfig {
    move || ClientConfig { tls, ..config() }
}

fn secured(play: &mut Play) {
    play.complete(ClientCompletion::TlsStarted(Ok(())));
}

#[test]
fn tls_comes_before_the_password() {
    play(with(TlsUse::Require), |play| {
        play.server("220 hello|");
        play.ask(login(None));
        play.expect(&["> AUTH TLS|"]);
        play.server("234 go on|");
        play.expect(&["start TLS"]);
        assert!(!play.wait.unwrap().read, "what comes now is the handshake's");
        secured(play);
        play.expect(&["> PBSZ 0|"]);
        play.server("200 PBSZ=0|");
        play.expect(&["> PROT P|"]);
        play.server("200 private|");
        play.expect(&["> USER ann|"]);
        play.server("331 password|");
        play.expect(&["> PASS pw|"]);
        play.server("230 in|500 FEAT?|");
        play.expect(&["> FEAT|", "done 230"]);
        play.ask(retrieve(0));
        play.server("200 image|");
        play.server("229 (!!!1025!)|");
        assert!(play.take().contains(&"open 192.0.2.1:1025 private".to_owned()));
    });
}

#[test]
fn a_server_without_tls_gets_no_password_where_tls_is_required() {
    play(with(TlsUse::Require), |play| {
        play.server("220 hello|");
        play.ask(login(None));
        play.server("502 AUTH?|");
        play.expect(&["> AUTH TLS|", "failed TLS 502"]);
    });
}

#[test]
fn a_server_without_tls_will_do_where_it_is_only_preferred() {
    play(with(TlsUse::Prefer), |play| {
        play.server("220 hello|");
        play.ask(login(None));
        play.server("500 AUTH?|");
        play.expect(&["> AUTH TLS|", "> USER ann|"]);
    });
}

#[test]
fn a_server_that_will_not_protect_data_is_refused_where_tls_is_required() {
    play(with(TlsUse::Require), |play| {
        play.server("220 hello|");
        play.ask(login(None));
        play.server("234 go on|");
        secured(play);
        play.server("200 ok|534 clear only|");
        assert_eq!(play.take().last().unwrap(), "failed TLS 534");
    });
}

#[test]
fn a_handshake_that_fails_ends_the_session() {
    play(with(TlsUse::Require), |play| {
        play.server("220 hello|");
        play.ask(login(None));
        play.server("234 go on|");
        play.take();
        play.complete(ClientCompletion::TlsStarted(Err(TlsError)));
        play.expect(&["failed TlsFailed", "disconnected", "close"]);
    });
}

#[test]
fn an_implicit_session_begins_with_the_handshake() {
    play(with(TlsUse::Implicit), |play| {
        play.expect(&["start TLS"]);
        play.ask(login(None));
        secured(play);
        play.server("220 hello|");
        play.expect(&["> PBSZ 0|"]);
        play.server("200 ok|");
        play.expect(&["> PROT P|"]);
        play.server("200 private|");
        play.expect(&["> USER ann|"]);
    });
}

#[test]
fn a_second_login_finds_the_connection_secured() {
    play(with(TlsUse::Require), |play| {
        play.server("220 hello|");
        play.ask(login(None));
        play.server("234 go on|");
        secured(play);
        play.server("200 PBSZ=0|");
        play.server("200 private|");
        play.server("530 no|");
        play.take();
        play.ask(login(None));
        play.expect(&["> USER ann|"]);
    });
}

#[test]
fn tls_ends_where_it_was_and_nowhere_else() {
    let quote = |line: &str| Request::Quote(line.as_bytes().to_vec());
    play(with(TlsUse::Prefer), |play| {
        play.server("220 hello|");
        for line in ["CCC", "REIN"] {
            play.ask(quote(line));
            play.server("200 ok|");
            play.expect(&[&format!("> {line}|"), "done 200"]);
        }
        play.ask(login(None));
        play.server("234 go on|");
        secured(play);
        play.server("200 ok|200 ok|230 in|500 FEAT?|");
        play.take();
        play.ask(quote("CCC x"));
        play.server("350 why?|");
        play.expect(&["> CCC x|", "done 350"]);
        play.ask(quote("\tccc"));
        play.server("200 ok|");
        play.expect(&["> \tccc|", "stop TLS", "done 200"]);
        play.ask(quote("PROT C"));
        play.expect(&["failed Reserved(\"the control connection is not under TLS\")"]);
        play.ask(quote("USER ann"));
        play.expect(&["> USER ann|"]);
    });
}

#[test]
fn a_server_whose_tickets_run_out_is_asked_for_tls_1_2_unless_it_has_none() {
    let knowing = |tls, few_tickets| {
        let learnt = Learnt { few_tickets, ..Learnt::default() };
        move || ClientConfig { tls, learnt, ..config() }
    };
    let begins = |few_tickets, greeting: &str| {
        play(knowing(TlsUse::Require, few_tickets), |play| {
            play.server(greeting);
            play.ask(login(None));
            play.server("234 go on|");
            let lasting = few_tickets == Some(true) || (few_tickets.is_none() && greeting.contains("ProFTPD"));
            play.expect(&["> AUTH TLS|", if lasting { "start TLS 1.2" } else { "start TLS" }]);
            play.complete(ClientCompletion::TlsStarted(Err(TlsError)));
            assert_eq!(play.session.learnt().few_tickets, if lasting { Some(false) } else { few_tickets });
        });
    };
    for greeting in ["220 hello|", "220 ProFTPD Server ready.|"] {
        for few_tickets in [None, Some(false), Some(true)] {
            begins(few_tickets, greeting);
        }
    }
    play(knowing(TlsUse::Implicit, Some(true)), |play| play.expect(&["start TLS 1.2"]));
}
