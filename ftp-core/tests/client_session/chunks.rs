//! What must hold whatever a server sends.

use crate::play::Play;
use crate::queue_faults::any_request;
use crate::setup::{config, pipelined, retrieve};
use ftp_core::action::NetworkError;
use ftp_core::client::{ClientCompletion, Request};
use proptest::prelude::*;

/// What the host and the application do next.
fn answer(play: &mut Play, what: Option<u8>) {
    match what {
        Some(0) => play.try_complete(ClientCompletion::Connected(Ok(()))),
        Some(1) => play.try_complete(ClientCompletion::Transferred(Ok(3))),
        Some(2) => play.abort(),
        Some(3) => play.try_complete(ClientCompletion::Progress(1)),
        Some(4) => play.try_complete(ClientCompletion::Connected(Err(NetworkError::Local))),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// In whatever pieces a server's bytes come, the same commands, actions and outcomes come of them.
    #[test]
    fn any_pieces_of_the_same_bytes_get_the_same_actions(
        pair: bool,
        requests in prop::collection::vec(any_request(), 1..4),
        said in prop::collection::vec(
            prop::collection::vec(("[1-35][0-9]{2}|226|150|229|227|213|350|425|450", " [a-z0-9 ()]{0,12}|-x| \\(!!!1025!\\)| 1,2,3,4,5,6"), 1..4),
            0..8,
        ),
        answers in prop::collection::vec(0..6u8, 0..8),
        cuts in prop::collection::vec(1..30usize, 1..5),
    ) {
        let outcome = |cuts| {
            let mut play = Play::new(if pair { pipelined() } else { config() }, cuts);
            play.logged_in("");
            for request in &requests {
                play.ask(request.clone());
            }
            let mut answers = answers.iter();
            for lines in &said {
                let lines: Vec<_> = lines.iter().map(|(code, text)| format!("{code}{text}\r\n")).collect();
                play.server(&lines.concat());
                answer(&mut play, answers.next().copied());
            }
            play.closes();
            // What comes of one piece leaves in one write, before its actions.
            let (written, done): (Vec<_>, Vec<_>) = play.take().into_iter().partition(|line| line.starts_with("> "));
            (written.concat().replace("> ", ""), done)
        };
        let whole = outcome(vec![usize::MAX]);
        prop_assert_eq!(&outcome(vec![1]), &whole);
        prop_assert_eq!(&outcome(cuts), &whole);
    }

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
            answer(&mut play, answers.next());
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
