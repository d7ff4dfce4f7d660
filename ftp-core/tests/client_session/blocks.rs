//! MODE B (RFC 959 3.4.2): the data connection that stays open, and restart markers.

use crate::play::{Play, play};
use crate::setup::{config, login};
use ftp_core::action::{Marker, TransferError};
use ftp_core::client::{ClientCompletion, Request};
use ftp_core::codec::{Codec, Representation};
use ftp_core::command::{Mode, Structure};

const BLOCK: Codec = Codec { representation: Representation::Image, structure: Structure::File, mode: Mode::Block };

fn retrieve_block(path: &str, offset: u64, codec: Codec) -> Request {
    Request::Retrieve { path: path.as_bytes().to_vec(), offset, codec }
}

/// A download of `f` in MODE B, whose bytes move.
fn downloading_blocks(play: &mut Play) {
    play.in_type_i();
    play.ask(retrieve_block("f", 0, BLOCK));
    play.server("200 B|");
    play.reached(1025);
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
            play.reached(1025);
            assert_eq!(play.take().last().unwrap(), rest);
        });
    }
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
