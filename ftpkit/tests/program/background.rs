//! `connect` on a terminal: one goes on typing while a server is slow, silent or gone.

use crate::common::{Outcome, Server};
use crate::peer::{Gate, Peer};
use crate::terminal::Terminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn tab_does_not_wait_for_the_server_and_completes_when_it_has_answered() -> Outcome {
    let dir = tempfile::tempdir()?;
    let gate = Gate::default();
    let shut = gate.clone();
    let peer = Peer::start(move |exchange| {
        Ok(Some(match exchange.verb {
            "FEAT" => "211-Extensions\r\n MLST type*;\r\n211 End".into(),
            "PWD" => "257 \"/\"".into(),
            "MLSD" => {
                shut.pass();
                exchange.send(b"type=file; notes.txt\r\ntype=file; photo.jpg\r\n")?;
                "226 Done".into()
            }
            _ => return Ok(None),
        }))
    })?;
    let mut terminal = Terminal::start(dir.path(), (120, 24), &["connect", &peer.url("")])?;
    terminal.wait_for_prompt("127.0.0.1:/>")?;
    terminal.press("size no\t")?;
    terminal.wait_for(&["Command (looking what is there)", "127.0.0.1:/> size no "])?;
    // Meanwhile everything else goes on, on the connection of the commands.
    terminal.press("\u{15}syst\r")?;
    terminal.wait_for(&["> SYST", "502 No"])?;
    terminal.press("size no\t")?;
    terminal.wait_for(&["Command (looking what is there)"])?;
    gate.open();
    terminal.wait_for(&["│127.0.0.1:/> size notes.txt ", " Command ─"])?;
    Ok(())
}

#[test]
fn a_server_with_one_connection_for_each_is_asked_on_that_one() -> Outcome {
    let dir = tempfile::tempdir()?;
    let logins = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&logins);
    let peer = Peer::start(move |exchange| {
        Ok(Some(match exchange.verb {
            "PASS" if counted.fetch_add(1, Ordering::SeqCst) > 0 => "530 Only one".into(),
            "FEAT" => "211-Extensions\r\n MLST type*;\r\n211 End".into(),
            "PWD" => "257 \"/\"".into(),
            "MLSD" => {
                exchange.send(b"type=file; notes.txt\r\n")?;
                "226 Done".into()
            }
            _ => return Ok(None),
        }))
    })?;
    let mut terminal = Terminal::start(dir.path(), (120, 24), &["connect", &peer.url("")])?;
    terminal.wait_for_prompt("127.0.0.1:/>")?;
    terminal.press("size no\t")?;
    terminal.wait_for(&["│127.0.0.1:/> size notes.txt ", "│> MLSD / "])?;
    // It is not tried a second time: who is refused too often may be shut out.
    terminal.press("\u{15}size pub/no\t")?;
    terminal.wait_for(&["│127.0.0.1:/> size pub/notes.txt ", "│> MLSD /pub "])?;
    assert_eq!(logins.load(Ordering::SeqCst), 2);
    Ok(())
}

#[test]
fn a_get_that_is_not_logged_in_yet_is_seen_and_can_be_stopped() -> Outcome {
    let dir = tempfile::tempdir()?;
    let (gate, logins) = (Gate::default(), AtomicUsize::new(0));
    let shut = gate.clone();
    let peer = Peer::start(move |exchange| {
        Ok(Some(match exchange.verb {
            "PWD" => "257 \"/\"".into(),
            "PASS" => {
                if logins.fetch_add(1, Ordering::SeqCst) > 0 {
                    shut.pass();
                }
                "230 Welcome".into()
            }
            _ => return Ok(None),
        }))
    })?;
    let mut terminal = Terminal::start(dir.path(), (120, 24), &["connect", &peer.url("")])?;
    terminal.wait_for_prompt("127.0.0.1:/>")?;
    terminal.press("get notes.txt\r")?;
    terminal.wait_for(&["get notes.txt  under way"])?;
    terminal.press("\u{4}")?;
    terminal.wait_for(&["files are still on their way"])?;
    terminal.press("\u{3}")?;
    terminal.wait_for(&["stopping; ^C once more leaves"])?;
    gate.open();
    let ended = |shown: &str| shown.contains(": interrupted") && !shown.contains("under way");
    terminal.wait_until(ended).map_err(|shown| format!("not stopped:\n{shown}"))?;
    assert!(!dir.path().join("notes.txt").exists());
    Ok(())
}

#[test]
fn a_command_that_is_not_answered_can_be_stopped_and_the_next_is_obeyed() -> Outcome {
    let dir = tempfile::tempdir()?;
    let gate = Gate::default();
    let peer = Peer::start(move |exchange| {
        Ok(Some(match exchange.verb {
            "PWD" => "257 \"/\"".into(),
            "CWD" => "250 Fine".into(),
            "SIZE" => {
                gate.pass();
                "213 5".into()
            }
            _ => return Ok(None),
        }))
    })?;
    let mut terminal = Terminal::start(dir.path(), (120, 24), &["connect", &peer.url("")])?;
    terminal.wait_for_prompt("127.0.0.1:/>")?;
    terminal.press("size notes.txt\r")?;
    terminal.wait_for(&["Command (working)", "> SIZE notes.txt"])?;
    terminal.press("\u{3}")?;
    let shown = terminal.wait_for(&["cannot tell the size of notes.txt: interrupted", " Command ─"])?;
    assert!(!shown.contains("try:"), "there is nothing to go on with:\n{shown}");
    terminal.press("syst\r")?;
    terminal.wait_for(&["the connection was lost; connecting again", "> SYST", "502 No"])?;
    Ok(())
}

#[test]
fn a_connection_that_was_lost_comes_back_when_the_server_does() -> Outcome {
    let mut server = Server::start()?;
    std::fs::create_dir(server.home().join("pub"))?;
    let mut terminal = Terminal::start(&server.work(), (120, 24), &["connect", &server.url_as("ann", "pub/")])?;
    terminal.wait_for_prompt("127.0.0.1:/pub>")?;
    server.kill()?;
    terminal.press("pwd\r")?;
    terminal.wait_for(&["ftpkit: cannot tell where we are"])?;
    terminal.press("pwd\r")?;
    terminal.wait_for(&["the connection was lost; connecting again", "refused"])?;
    server.restart()?;
    terminal.press("pwd\r")?;
    terminal.wait_for(&["│/pub "])?;
    Ok(())
}

#[test]
fn whoever_has_gone_back_goes_on_seeing_what_he_sees() -> Outcome {
    let server = Server::start()?;
    for file in 0..60 {
        std::fs::write(server.home().join(format!("file{file:03}")), "")?;
    }
    let mut terminal = Terminal::start(&server.work(), (120, 24), &["connect", &server.url_as("ann", "")])?;
    terminal.wait_for_prompt("127.0.0.1:/>")?;
    terminal.press("dir\r")?;
    terminal.wait_for(&["file059 "])?;
    terminal.press("\u{1b}[5~")?;
    let back = |shown: &str| shown.contains("┌ Output ↑ ─") && !shown.contains("file059");
    let before = terminal.wait_until(back).map_err(|shown| format!("not back:\n{shown}"))?;
    let first = before.lines().nth(1).and_then(|line| line.split_whitespace().last()).unwrap_or_default().to_owned();
    // Two keys that print something, and leave the view where it is.
    terminal.press("c\t")?;
    terminal.wait_for(&["│127.0.0.1:/> c "])?;
    terminal.press("\t")?;
    terminal.press("\u{15}#")?;
    let shown = terminal.wait_for(&["│127.0.0.1:/> # "])?;
    assert_eq!(shown.lines().nth(1), before.lines().nth(1), "{first}");
    terminal.press("\u{15}\u{1b}[6~\u{1b}[6~")?;
    terminal.wait_for(&["cat", "chmod", "file059"])?;
    Ok(())
}
