//! What must hold whatever a server sends.

use crate::play::Play;
use crate::setup::{config, pipelined, retrieve};
use ftp_core::client::{ClientCompletion, Request};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any server at all: no panic, and the host is never left without something to wait for while a request runs.
    #[test]
    fn nothing_a_server_says_leaves_a_request_hanging(
        pair: bool,
        offset in 0..2u64,
        lines in prop::collection::vec(("[1-6][0-9]{2}|226|150|229|227|350|426", " .{0,12}|-x| \\(!!!1025!\\)| 1,2,3,4,5,6"), 0..14),
        answers in prop::collection::vec(0..6u8, 0..14),
        cuts in prop::collection::vec(1..9usize, 1..5),
    ) {
        let mut play = Play::new(if pair { pipelined() } else { config() }, cuts);
        play.logged_in("");
        play.ask(retrieve(offset));
        let mut answers = answers.into_iter();
        for (code, text) in lines {
            play.server(&format!("{code}{text}\r\n"));
            match answers.next() {
                Some(0) => play.try_complete(ClientCompletion::Connected(Ok(()))),
                Some(1) => play.try_complete(ClientCompletion::Transferred(Ok(3))),
                Some(2) => play.abort(),
                Some(3) => play.try_complete(ClientCompletion::Progress(1)),
                Some(4) => play.try_complete(ClientCompletion::Connected(Err(ftp_core::action::NetworkError::Local))),
                _ => {}
            }
        }
        // Nobody answers any more: time alone must bring the request to its end.
        for _ in 0..12 {
            if play.wait.unwrap().deadline.is_none() {
                break;
            }
            play.jump();
        }
        prop_assert!(play.wait.unwrap().deadline.is_none());
        let ends = play.take().into_iter().filter(|line| line.starts_with("done") || line.starts_with("failed")).count();
        prop_assert_eq!(ends, 1);
    }
}

#[test]
fn a_flood_of_replies_is_taken_only_as_it_is_drained() {
    let mut play = Play::new(config(), vec![usize::MAX]);
    play.server("220 hello|");
    let flood = b"200 x\r\n".repeat(1000);
    let taken = play.session.receive(play.now, &flood);
    assert!(taken < flood.len() / 10, "{taken}");
    play.server(&"200 x|".repeat(1000));
    play.ask(Request::Noop);
    play.expect(&["> NOOP|"]);
}
