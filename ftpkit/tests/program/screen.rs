//! `connect` on a terminal: what one sees.

use crate::common::{Outcome, Server, noise};
use crate::peer::{Gate, Peer};
use crate::terminal::Terminal;
use std::fs::{self, File, FileTimes};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, SystemTime};

fn date(path: &Path) -> Outcome {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    Ok(File::open(path)?.set_times(FileTimes::new().set_modified(time))?)
}

fn furnish(server: &Server) -> Outcome {
    fs::create_dir(server.home().join("pub"))?;
    for (name, size) in [("notes.txt", 1200), ("photo.jpg", 345_678), ("large1", 3_000_000), ("large2", 3_000_000)] {
        fs::write(server.home().join(name), noise(size))?;
        date(&server.home().join(name))?;
    }
    date(&server.home().join("pub"))
}

/// Ports differ from run to run, but not in their length.
fn steady(screen: &str) -> String {
    let mut out = String::new();
    let mut bars = 0;
    for sign in screen.chars() {
        bars = if sign == '|' {
            bars + 1
        } else if sign.is_ascii_digit() {
            bars
        } else {
            0
        };
        out.push(if bars == 3 && sign.is_ascii_digit() { '9' } else { sign });
    }
    out
}

fn listing(columns: u16, rows: u16) -> Result<String, Box<dyn std::error::Error>> {
    let server = Server::start()?;
    furnish(&server)?;
    let url = format!("ftp://ann@127.0.0.1:{}/", server.port());
    let mut terminal = Terminal::start(&server.work(), (columns, rows), &["connect", &url])?;
    terminal.wait_for(&["Password for ann: "])?;
    terminal.press("secret\r")?;
    terminal.wait_for_prompt("127.0.0.1:/>")?;
    // What was said at the login moves out of sight.
    for (line, prompt) in [("cd pub\r", "127.0.0.1:/pub>"), ("cd ..\r", "127.0.0.1:/>"), ("dir\r", "127.0.0.1:/>")] {
        terminal.press(line)?;
        terminal.wait_for_prompt(prompt)?;
    }
    terminal.wait_for(&["photo.jpg", "notes.txt", " Command ─"])?;
    let shown = terminal.settled("127.0.0.1:/>")?;
    assert!(!shown.contains("secret"), "{shown}");
    terminal.press("\u{4}")?;
    terminal.child.wait()?;
    Ok(steady(&shown))
}

#[test]
fn a_listing_on_a_wide_screen() -> Outcome {
    insta::assert_snapshot!(listing(200, 30)?);
    Ok(())
}

#[test]
fn a_listing_on_a_usual_screen() -> Outcome {
    insta::assert_snapshot!(listing(120, 30)?);
    Ok(())
}

#[test]
fn the_readme_shows_the_real_screen() {
    let snapshot = include_str!("snapshots/program__screen__two_transfers_on_a_usual_screen.snap");
    let screen = snapshot.splitn(3, "---\n").last().unwrap_or_default().trim_end();
    assert!(
        screen.starts_with('┌') && include_str!("../../../README.md").contains(screen),
        "copy the snapshot of two transfers on the usual screen into README.md"
    );
}

#[test]
fn a_listing_on_a_narrow_screen() -> Outcome {
    insta::assert_snapshot!(listing(60, 20)?);
    Ok(())
}

/// A server with two large files, of which it sends a part and then nothing more until the gate is opened.
fn gated(gate: &Gate) -> std::io::Result<Peer> {
    let gate = gate.clone();
    let listing = "type=dir;modify=20231114221320; pub\r\n\
        type=file;size=1200;modify=20231114221320;UNIX.mode=0644; notes.txt\r\n\
        type=file;size=2000000;modify=20231114221320;UNIX.mode=0644; photos.tar\r\n\
        type=file;size=1000000;modify=20231114221320;UNIX.mode=0640; thesis.pdf\r\n";
    Peer::start(move |exchange| {
        let size: usize = match exchange.line.rsplit('/').next() {
            Some("photos.tar") => 2_000_000,
            Some("thesis.pdf") => 1_000_000,
            _ => 0,
        };
        Ok(Some(match exchange.verb {
            "FEAT" => "211-Extensions\r\n MLST type*;size*;modify*;UNIX.mode*;\r\n SIZE\r\n211 End".into(),
            "PWD" => "257 \"/papers\"".into(),
            "CWD" => "250 Fine".into(),
            "SIZE" if size > 0 => format!("213 {size}"),
            "MLSD" => {
                exchange.send(listing.as_bytes())?;
                "226 Done".into()
            }
            "RETR" => {
                exchange.out.write_all(b"150 Here it comes\r\n")?;
                let (mut data, _) = exchange.data.accept()?;
                data.write_all(&vec![b'x'; size / 100 * 37])?;
                gate.pass();
                data.write_all(&vec![b'x'; size - size / 100 * 37])?;
                "226 Done".into()
            }
            _ => return Ok(None),
        }))
    })
}

fn two_transfers(columns: u16, rows: u16) -> Result<String, Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir()?;
    let gate = Gate::default();
    let peer = gated(&gate)?;
    let prompt = "127.0.0.1:/papers>";
    let mut terminal = Terminal::start(dir.path(), (columns, rows), &["connect", &peer.url("")])?;
    terminal.wait_for_prompt(prompt)?;
    terminal.press("dir\r")?;
    terminal.wait_for_prompt(prompt)?;
    for (name, begun) in [("thesis.pdf", "#2 < 150"), ("photos.tar", "#3 < 150")] {
        terminal.press(&format!("get {name}\r"))?;
        let stands = |line: &str| line.contains(name) && line.contains(" 37% ");
        let moved = terminal.wait_until(|shown| shown.contains(begun) && shown.lines().any(stands));
        moved.map_err(|shown| format!("{name} has not moved on\n{shown}"))?;
    }
    // While they are on their way, one goes on typing.
    terminal.press("pwd\r")?;
    terminal.wait_for(&["│/papers "])?;
    let both = |shown: &str| shown.matches(" stalled ").count() == 3;
    terminal.wait_until(both).map_err(|shown| format!("not all stalled on\n{shown}"))?;
    let shown = terminal.settled(prompt)?;
    gate.open();
    terminal.wait_for(&["thesis.pdf: 1000000 bytes", "photos.tar: 2000000 bytes"])?;
    assert_eq!(fs::metadata(dir.path().join("thesis.pdf"))?.len(), 1_000_000);
    terminal.press("\u{4}")?;
    terminal.child.wait()?;
    Ok(steady(&shown))
}

#[test]
fn two_transfers_on_a_wide_screen() -> Outcome {
    insta::assert_snapshot!(two_transfers(200, 34)?);
    Ok(())
}

#[test]
fn two_transfers_on_a_usual_screen() -> Outcome {
    insta::assert_snapshot!(two_transfers(120, 30)?);
    Ok(())
}

#[test]
fn two_transfers_on_a_narrow_screen() -> Outcome {
    insta::assert_snapshot!(two_transfers(60, 24)?);
    Ok(())
}

#[test]
fn one_ctrl_c_ends_what_runs_and_two_leave() -> Outcome {
    let server = Server::start()?;
    // More than the buffers on the way hold, so that the server is not done before the client.
    File::create(server.home().join("large1"))?.set_len(64 << 20)?;
    let mut terminal = Terminal::start(&server.work(), (120, 24), &["connect", &server.url_as("ann", "")])?;
    terminal.wait_for(&["127.0.0.1:/> "])?;
    terminal.press("limit 1M\rget large1\r")?;
    let moves = |line: &str| line.contains("large1 ") && line.contains('░') && !line.contains(" 0%");
    terminal.wait_until(|shown| shown.lines().any(moves)).map_err(|shown| format!("it does not move:\n{shown}"))?;
    terminal.press("\u{3}")?;
    terminal.wait_for(&["interrupted", "#2 > ABOR"])?;
    // What came is kept.
    assert!(server.work().join(".ftpkit-part.large1").exists());
    terminal.wait_until(|shown| !shown.contains('░')).map_err(|shown| format!("still there:\n{shown}"))?;
    terminal.press("\u{3}\u{3}")?;
    terminal.child.wait()?;
    Ok(())
}

#[test]
fn the_next_transfer_takes_the_connection_of_the_last() -> Outcome {
    let server = Server::start()?;
    furnish(&server)?;
    let mut terminal = Terminal::start(&server.work(), (160, 40), &["connect", &server.url_as("ann", "")])?;
    terminal.wait_for(&["127.0.0.1:/> "])?;
    terminal.press("get notes.txt\r")?;
    terminal.wait_for(&["notes.txt: 1200 bytes", "#2 < 226"])?;
    terminal.press("get photo.jpg\r")?;
    let shown = terminal.wait_for(&["photo.jpg: 345678 bytes", "#2 > NOOP", "#2 > RETR /photo.jpg"])?;
    assert!(!shown.contains("#3"), "{shown}");
    Ok(())
}

/// A listing, a failure and the conversation: all that has a colour.
#[test]
fn colours_are_there_unless_they_are_unwanted() -> Outcome {
    let server = Server::start()?;
    furnish(&server)?;
    for coloured in [true, false] {
        let arguments = ["connect", &server.url_as("ann", "")];
        let mut terminal = Terminal::start_with(&server.work(), (120, 24), &arguments, coloured)?;
        terminal.wait_for_prompt("127.0.0.1:/>")?;
        terminal.press("dir\rfoo\r")?;
        terminal.wait_for(&["pub ", "there is no such command"])?;
        let shown = terminal.settled("127.0.0.1:/>")?;
        let letters = terminal.coloured();
        assert_eq!(letters > 0, coloured, "{letters} coloured on\n{shown}");
    }
    Ok(())
}

fn a_conflict(columns: u16, rows: u16) -> Result<String, Box<dyn std::error::Error>> {
    let server = Server::start()?;
    furnish(&server)?;
    fs::write(server.work().join("notes.txt"), "mine")?;
    date(&server.work().join("notes.txt"))?;
    let mut terminal = Terminal::start(&server.work(), (columns, rows), &["connect", &server.url_as("ann", "")])?;
    terminal.wait_for(&["127.0.0.1:/> "])?;
    terminal.press("get notes.txt\r")?;
    let shown = terminal.wait_for(&["notes.txt exists: 4 B", "[o]verwrite", "all: ", " Command ─"])?;
    terminal.press("o\r")?;
    terminal.wait_for(&["notes.txt: 1200 bytes"])?;
    assert_eq!(fs::read(server.work().join("notes.txt"))?.len(), 1200);
    let asked: Vec<_> = shown.lines().skip_while(|line| !line.contains(" Command ")).collect();
    Ok(asked.join("\n"))
}

#[test]
fn a_file_that_is_there_is_asked_about() -> Outcome {
    let screens = [(60, 20), (120, 24), (200, 24)].map(|(columns, rows)| a_conflict(columns, rows));
    insta::assert_snapshot!(screens.into_iter().collect::<Result<Vec<_>, _>>()?.join("\n"));
    Ok(())
}

#[test]
fn a_question_does_not_take_the_line_that_is_being_typed() -> Outcome {
    let dir = tempfile::tempdir()?;
    fs::write(dir.path().join("notes.txt"), "mine")?;
    let gate = Gate::default();
    let open = gate.clone();
    // The question cannot come before the server has answered, and the server waits until something has been typed.
    let peer = Peer::start(move |exchange| {
        Ok(Some(match exchange.verb {
            "FEAT" => "211-Extensions\r\n SIZE\r\n211 End".into(),
            "PWD" => "257 \"/\"".into(),
            "SIZE" => {
                open.pass();
                "213 1200".into()
            }
            _ => return Ok(None),
        }))
    })?;
    let mut terminal = Terminal::start(dir.path(), (120, 24), &["connect", &peer.url("")])?;
    terminal.wait_for_prompt("127.0.0.1:/>")?;
    terminal.press("get notes.txt\rsize no")?;
    terminal.wait_for(&["127.0.0.1:/> size no "])?;
    gate.open();
    terminal.wait_for(&["for all: "])?;
    terminal.press("s\r")?;
    terminal.wait_for(&["left as it is", "127.0.0.1:/> size no "])?;
    assert_eq!(fs::read(dir.path().join("notes.txt"))?, b"mine");
    Ok(())
}

fn a_login(columns: u16, rows: u16) -> Result<String, Box<dyn std::error::Error>> {
    let server = Server::start()?;
    let url = format!("ftp://ann@127.0.0.1:{}/", server.port());
    let mut terminal = Terminal::start(&server.work(), (columns, rows), &["connect", &url])?;
    terminal.wait_for(&["Password for ann: "])?;
    terminal.press("wrong\r")?;
    terminal.wait_for(&["530 Login incorrect", "Password for ann: "])?;
    terminal.press("secret\r")?;
    terminal.wait_for_prompt("127.0.0.1:/>")?;
    let shown = terminal.settled("127.0.0.1:/>")?;
    assert!(!shown.contains("secret"), "{shown}");
    Ok(shown.replace(&server.port().to_string(), "99999"))
}

#[test]
fn a_login_that_fails_is_asked_again_on_a_wide_screen() -> Outcome {
    insta::assert_snapshot!(a_login(200, 24)?);
    Ok(())
}

#[test]
fn a_login_that_fails_is_asked_again_on_a_narrow_screen() -> Outcome {
    insta::assert_snapshot!(a_login(60, 24)?);
    Ok(())
}

#[test]
fn names_are_completed_and_help_is_a_key_away() -> Outcome {
    let server = Server::start()?;
    furnish(&server)?;
    let mut terminal = Terminal::start(&server.work(), (120, 60), &["connect", &server.url_as("ann", "")])?;
    terminal.wait_for(&["127.0.0.1:/> "])?;
    terminal.press("size not\t")?;
    terminal.wait_for(&["127.0.0.1:/> size notes.txt"])?;
    terminal.press("\r")?;
    terminal.wait_for(&["1200  notes.txt"])?;
    terminal.press("?")?;
    terminal.wait_for(&["Help (", "any other key ends it", "give a file another name"])?;
    terminal.press("x")?;
    terminal.wait_for(&[" Command "])?;
    Ok(())
}

#[test]
fn what_is_pasted_waits_to_be_entered_and_nothing_that_is_typed_is_lost() -> Outcome {
    let server = Server::start()?;
    furnish(&server)?;
    let mut terminal = Terminal::start(&server.work(), (120, 24), &["connect", &server.url_as("ann", "")])?;
    terminal.wait_for_prompt("127.0.0.1:/>")?;
    // From a terminal that tells what is pasted.
    terminal.press("\u{1b}[200~size notes.txt\nsize photo.jpg\n\u{1b}[201~")?;
    terminal.wait_for(&["│127.0.0.1:/> size notes.txt "])?;
    terminal.press("\r")?;
    terminal.wait_for(&["1200  notes.txt", "│127.0.0.1:/> size photo.jpg "])?;
    terminal.press("\r")?;
    terminal.wait_for(&["345678  photo.jpg"])?;
    // From one that does not, more than is read at once.
    terminal.press(&format!("{}\u{15}size large1\r", "x".repeat(3000)))?;
    terminal.wait_for(&["3000000  large1"])?;
    // Along with a change of size.
    terminal.press("size large2")?;
    terminal.resize((100, 24))?;
    terminal.press("\r")?;
    terminal.wait_for(&["3000000  large2"])?;
    Ok(())
}

#[test]
fn a_screen_may_change_its_size_at_any_time() -> Outcome {
    let server = Server::start()?;
    for file in 0..200 {
        fs::write(server.home().join(format!("file{file:03}")), "")?;
    }
    let mut terminal = Terminal::start(&server.work(), (120, 24), &["connect", &server.url_as("ann", "")])?;
    terminal.wait_for_prompt("127.0.0.1:/>")?;
    // In the midst of a listing there is room for one pane no more, and both have a tab.
    terminal.press("dir\r")?;
    terminal.wait_for(&["> MLSD"])?;
    terminal.resize((58, 20))?;
    terminal.wait_for(&["┌[Output]─ Wire ──", "file199 ", "│127.0.0.1:/> "])?;
    terminal.press("\u{1b}OQ")?;
    terminal.wait_for(&["┌ Output ─[Wire]──", "> MLSD"])?;
    terminal.press("\u{1b}OQ")?;
    terminal.wait_for(&["┌[Output]─ Wire ──"])?;
    // Hardly any room, and then much: what was there is there again.
    terminal.resize((20, 6))?;
    terminal.resize((200, 40))?;
    terminal.press("pwd\r")?;
    terminal.wait_for(&["┌ Output ──", "┌ Wire ──", "file199 ", "│127.0.0.1:/> pwd", "> PWD"])?;
    // One pane for itself, and both again.
    terminal.press("\u{1b}OR")?;
    let alone = |shown: &str| shown.contains("┌ Output ──") && !shown.contains("┌ Wire ──");
    terminal.wait_until(alone).map_err(|shown| format!("not alone:\n{shown}"))?;
    terminal.press("\u{1b}OR")?;
    terminal.wait_for(&["┌ Output ──", "┌ Wire ──"])?;
    Ok(())
}

#[test]
fn the_mouse_scrolls_and_chooses_a_pane() -> Outcome {
    let server = Server::start()?;
    for file in 0..60 {
        fs::write(server.home().join(format!("file{file:03}")), "")?;
    }
    let arguments = ["connect", "--mouse", &server.url_as("ann", "")];
    let mut terminal = Terminal::start(&server.work(), (120, 24), &arguments)?;
    terminal.wait_for_prompt("127.0.0.1:/>")?;
    terminal.press("dir\r")?;
    terminal.wait_for(&["file059 "])?;
    // The wheel goes back and comes again.
    terminal.press("\u{1b}[<64;5;5M\u{1b}[<64;5;5M")?;
    let back = |shown: &str| shown.contains("┌ Output ↑ ─") && !shown.contains("file059");
    terminal.wait_until(back).map_err(|shown| format!("not back:\n{shown}"))?;
    terminal.press("\u{1b}[<65;5;5M\u{1b}[<65;5;5M")?;
    terminal.wait_for(&["┌ Output ─", "file059 "])?;
    // A click into Wire, and the wheel is Wire's.
    terminal.press("\u{1b}[<0;100;5M\u{1b}[<0;100;5m\u{1b}[<64;100;5M")?;
    terminal.wait_for(&["┌ Output ─", "┌ Wire ↑ ─"])?;
    // With one pane, a click on its title shows the other.
    terminal.resize((58, 20))?;
    terminal.wait_for(&["┌ Output ─[Wire]─"])?;
    terminal.press("\u{1b}[<0;3;1M")?;
    terminal.wait_for(&["┌[Output]─ Wire ─"])?;
    Ok(())
}

#[test]
fn texts_are_read_and_what_was_typed_before_is_offered() -> Outcome {
    let server = Server::start()?;
    fs::create_dir(server.home().join("pub"))?;
    let text = (1..=100).map(|number| format!("line {number}\n")).collect::<Vec<_>>().concat();
    fs::write(server.home().join("text"), text)?;
    let mut terminal = Terminal::start(&server.work(), (80, 24), &["connect", &server.url_as("ann", "")])?;
    terminal.wait_for_prompt("127.0.0.1:/>")?;
    terminal.press("less text\r")?;
    terminal.wait_for(&["text (1-22 of 100)", "│line 22 "])?;
    terminal.press(" ")?;
    terminal.wait_for(&["text (21-42 of 100)"])?;
    terminal.press("G")?;
    terminal.wait_for(&["│line 100 "])?;
    // On a smaller screen the first line stays where it is.
    terminal.resize((60, 12))?;
    terminal.wait_for(&["text (79-88 of 100)"])?;
    terminal.press("q")?;
    terminal.wait_for_prompt("127.0.0.1:/>")?;
    // Two letters, and the rest is offered; Right takes it over.
    terminal.press("le")?;
    terminal.wait_for(&["│127.0.0.1:/> less text "])?;
    terminal.press("\u{15}cd pub\r")?;
    terminal.wait_for_prompt("127.0.0.1:/pub>")?;
    terminal.press("cd ..\rcd p")?;
    terminal.wait_for(&["│127.0.0.1:/> cd pub "])?;
    terminal.press("\u{1b}[C\r")?;
    terminal.wait_for_prompt("127.0.0.1:/pub>")?;
    Ok(())
}
