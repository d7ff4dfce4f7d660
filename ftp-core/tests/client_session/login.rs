//! Greeting, login, features, goodbye.

use crate::play::play;
use crate::setup::{REPLY, config, login};
use ftp_core::client::{Misuse, Request};

#[test]
fn a_login_asked_before_the_greeting_runs_after_it() {
    play(config, |play| {
        play.ask(login(None));
        play.expect(&[]);
        play.server("120 soon|");
        play.expect(&[]);
        play.server("220-welcome|220 now|");
        play.expect(&["> USER ann|"]);
        play.server("331 password|");
        play.expect(&["> PASS pw|"]);
        play.server("230 in|");
        play.expect(&["> FEAT|"]);
        play.server("211-Features:|      mlst type*;size*;|211-MDTM|  rest stream| UTF8| EPSV|211 end|");
        play.expect(&["> OPTS UTF8 ON|"]);
        play.server("501 what?|");
        play.expect(&["done 230"]);
        let features = play.session.features();
        assert!(features.mlst() && features.mdtm() && features.rest_stream() && features.utf8());
        assert!(!features.size());
        assert_eq!(features.lines().count(), 5);
        assert_eq!(play.wait.unwrap().deadline, None);
    });
}

#[test]
fn a_feature_may_stand_behind_the_code_that_every_line_repeats() {
    play(config, |play| {
        play.logged_in("211-MLST type*;|211-REST block| 211-SIZE|");
        let features = play.session.features();
        assert!(features.mlst() && features.size() && !features.rest_stream());
    });
}

#[test]
fn secrets_are_masked() {
    play(config, |play| {
        play.chatty();
        play.server("220 hello|");
        play.ask(login(Some("acc")));
        play.server("331 password|");
        play.server("332 account|");
        play.expect(&[
            "received 220",
            "> USER ann|",
            "sent USER ann",
            "> PASS pw|",
            "received 331",
            "sent PASS ****",
            "> ACCT acc|",
            "received 332",
            "sent ACCT ****",
        ]);
        play.server("202 superfluous|");
        play.server("500 FEAT?|");
        play.expect(&["> FEAT|", "received 202", "sent FEAT", "received 500", "done 202"]);
        play.ask(Request::Quote(b"pass again".to_vec()));
        play.expect(&["> pass again|", "sent PASS ****"]);
        assert!(!format!("{:?}", play.session).contains("again"));
    });
}

#[test]
fn some_users_need_no_password_and_some_servers_want_a_login_for_feat() {
    for code in ["500", "502", "530"] {
        play(config, |play| {
            play.server("220 hello|");
            play.ask(login(None));
            play.server("230 anybody|");
            play.server(&format!("{code} no|"));
            play.expect(&["> USER ann|", "> FEAT|", "done 230"]);
            let features = play.session.features();
            assert!(!features.mlst() && !features.rest_stream());
        });
    }
}

#[test]
fn refusals_leave_the_session_usable() {
    play(config, |play| {
        play.server("220 hello|");
        play.ask(login(None));
        play.server("331 password|");
        play.server("530 wrong|");
        play.ask(login(None));
        play.server("332 account|");
        play.ask(login(None));
        play.server("501 bad name|");
        play.expect(&[
            "> USER ann|",
            "> PASS pw|",
            "failed login 530",
            "> USER ann|",
            "failed account 332",
            "> USER ann|",
            "failed login 501",
        ]);
    });
}

#[test]
fn quit_ends_the_session_and_nothing_can_be_asked_after_it() {
    play(config, |play| {
        play.server("220 hello|");
        play.ask(Request::Quit);
        play.server("221 bye|999 nonsense|");
        play.expect(&["> QUIT|", "done 221", "disconnected", "close"]);
        assert_eq!(play.session.request(play.now, Request::Noop), Err(Misuse::Disconnected));
        let wait = play.wait.unwrap();
        assert!(!wait.read && !wait.write && wait.deadline.is_none());
        play.closes();
        play.expect(&[]);
    });
}

#[test]
fn the_greeting_may_fail_in_every_way() {
    play(config, |play| {
        play.ask(login(None));
        play.server("421 full|");
        play.expect(&["failed Disconnected", "disconnected", "close"]);
    });
    play(config, |play| {
        play.ask(login(None));
        play.server("530 not you|");
        play.expect(&["failed refused 530", "disconnected", "close"]);
    });
    play(config, |play| {
        play.ask(login(None));
        play.server("120 soon|");
        play.time_passes(REPLY);
        play.expect(&["failed TimedOut", "disconnected", "close"]);
    });
    play(config, |play| {
        play.ask(login(None));
        play.abort();
        play.expect(&["failed Aborted"]);
        play.closes();
        play.expect(&["disconnected", "close"]);
    });
    play(config, |play| {
        play.ask(login(None));
        play.server("SSH-2.0-other|");
        play.expect(&["failed Protocol(\"a reply\")", "disconnected", "close"]);
    });
    play(config, |play| {
        play.server(&"x".repeat(9000));
        play.server("|");
        play.expect(&["disconnected", "close"]);
    });
}
