//! `connect` on a terminal: what one sees.

use crate::common::{Outcome, Server, noise};
use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::fs::{self, File, FileTimes};
use std::io::{Read, Write};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// How long anything may take before the test has failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// A terminal with the program on it.
struct Terminal {
    keys: Box<dyn Write + Send>,
    seen: Arc<(Mutex<vt100::Parser>, Condvar)>,
    child: Box<dyn portable_pty::Child + Send + Sync>,
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    fn start(server: &Server, columns: u16, rows: u16, url: &str) -> Result<Self, Box<dyn std::error::Error>> {
        let pair = native_pty_system().openpty(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 })?;
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_ftpkit"));
        command.args(["connect", url]);
        command.cwd(server.work());
        command.env("TERM", "xterm-256color");
        command.env("NO_COLOR", "1");
        command.env("XDG_STATE_HOME", server.work().join("state"));
        command.env_remove("FTPKIT_PASSWORD");
        let child = pair.slave.spawn_command(command)?;
        let seen = Arc::new((Mutex::new(vt100::Parser::new(rows, columns, 0)), Condvar::new()));
        let (mut out, watched) = (pair.master.try_clone_reader()?, Arc::clone(&seen));
        std::thread::spawn(move || {
            let mut room = [0; 4096];
            while let Ok(read @ 1..) = out.read(&mut room) {
                watched.0.lock().unwrap_or_else(PoisonError::into_inner).process(&room[..read]);
                watched.1.notify_all();
            }
        });
        Ok(Self { keys: pair.master.take_writer()?, seen, child, _master: pair.master })
    }

    fn press(&mut self, keys: &str) -> Outcome {
        self.keys.write_all(keys.as_bytes())?;
        Ok(self.keys.flush()?)
    }

    /// Waits until the screen shows all of these: what it shows.
    fn wait_for(&self, texts: &[&str]) -> Result<String, Box<dyn std::error::Error>> {
        self.wait_until(|shown| texts.iter().all(|text| shown.contains(text)))
            .map_err(|shown| format!("no {texts:?} on\n{shown}").into())
    }

    /// Waits until the last command is done and the next can be typed.
    fn wait_for_prompt(&self, prompt: &str) -> Result<String, Box<dyn std::error::Error>> {
        let ready = |shown: &str| {
            let line = shown.lines().rev().nth(1).and_then(|line| line.strip_prefix('│')?.strip_suffix('│'));
            line.is_some_and(|line| line.trim_end() == prompt) && shown.contains(" Command ─")
        };
        self.wait_until(ready).map_err(|shown| format!("no {prompt} on\n{shown}").into())
    }

    /// What the screen shows when all that has happened is drawn: a key is seen, and taken back, only after that.
    fn settled(&mut self, prompt: &str) -> Result<String, Box<dyn std::error::Error>> {
        self.press("#")?;
        self.wait_for(&[&format!("│{prompt} # ")])?;
        self.press("\u{15}")?;
        self.wait_for_prompt(prompt)
    }

    /// Waits until the screen is as it should be: what it shows, or showed at last.
    fn wait_until(&self, wanted: impl Fn(&str) -> bool) -> Result<String, String> {
        let end = Instant::now() + PATIENCE;
        let mut parser = self.seen.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let shown = parser.screen().contents();
            if wanted(&shown) {
                return Ok(shown);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(shown);
            }
            parser = self.seen.1.wait_timeout(parser, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
    }
}

fn date(path: &std::path::Path) -> Outcome {
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
    let mut terminal = Terminal::start(&server, columns, rows, &url)?;
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
    let snapshot = include_str!("snapshots/program__screen__a_listing_on_a_usual_screen.snap");
    let screen = snapshot.splitn(3, "---\n").last().unwrap_or_default().trim_end();
    assert!(
        screen.starts_with('┌') && include_str!("../../../README.md").contains(screen),
        "copy the snapshot of the usual screen into README.md"
    );
}

#[test]
fn a_listing_on_a_narrow_screen() -> Outcome {
    insta::assert_snapshot!(listing(60, 20)?);
    Ok(())
}

#[test]
fn a_login_that_fails_is_asked_again() -> Outcome {
    let server = Server::start()?;
    let url = format!("ftp://ann@127.0.0.1:{}/", server.port());
    let mut terminal = Terminal::start(&server, 100, 20, &url)?;
    terminal.wait_for(&["Password for ann: "])?;
    terminal.press("wrong\r")?;
    terminal.wait_for(&["530 Login incorrect", "Password for ann: "])?;
    terminal.press("secret\r")?;
    terminal.wait_for(&["127.0.0.1:/> "])?;
    Ok(())
}

#[test]
fn two_transfers_run_while_one_types() -> Outcome {
    let server = Server::start()?;
    furnish(&server)?;
    let mut terminal = Terminal::start(&server, 120, 24, &server.url_as("ann", ""))?;
    terminal.wait_for(&["127.0.0.1:/> "])?;
    terminal.press("limit 50k\rget large1\rget large2\rpwd\r")?;
    let shown = terminal.wait_for(&["large1 ", "large2 ", "░", "2 transfers", "> pwd"])?;
    let numbers: String = shown.chars().map(|sign| if sign.is_ascii_digit() { '9' } else { sign }).collect();
    assert!(
        numbers.contains("9%  ")
            && numbers.contains("/s  ")
            && shown.contains("/> pwd\u{20}") | shown.contains("/> pwd"),
        "{shown}"
    );
    // One Ctrl-C ends what runs, and what came is kept.
    terminal.press("\u{3}")?;
    terminal.wait_for(&["interrupted"])?;
    Ok(())
}

#[test]
fn a_file_that_is_there_is_asked_about() -> Outcome {
    let server = Server::start()?;
    furnish(&server)?;
    fs::write(server.work().join("notes.txt"), "mine")?;
    date(&server.work().join("notes.txt"))?;
    let mut terminal = Terminal::start(&server, 120, 24, &server.url_as("ann", ""))?;
    terminal.wait_for(&["127.0.0.1:/> "])?;
    terminal.press("get notes.txt\r")?;
    let shown = terminal.wait_for(&["notes.txt exists: 4 B", "[o]verwrite", "for all:", " Command ─"])?;
    let asked: Vec<_> = shown.lines().skip_while(|line| !line.contains(" Command ")).collect();
    insta::assert_snapshot!(asked.join("\n"));
    terminal.press("o\r")?;
    terminal.wait_for(&["notes.txt: 1200 bytes"])?;
    assert_eq!(fs::read(server.work().join("notes.txt"))?.len(), 1200);
    Ok(())
}

#[test]
fn names_are_completed_and_help_is_a_key_away() -> Outcome {
    let server = Server::start()?;
    furnish(&server)?;
    let mut terminal = Terminal::start(&server, 120, 60, &server.url_as("ann", ""))?;
    terminal.wait_for(&["127.0.0.1:/> "])?;
    terminal.press("size not\t")?;
    terminal.wait_for(&["127.0.0.1:/> size notes.txt"])?;
    terminal.press("\r")?;
    terminal.wait_for(&["1200  notes.txt"])?;
    terminal.press("?")?;
    terminal.wait_for(&["Help: any key ends it", "give a file another name"])?;
    terminal.press("x")?;
    terminal.wait_for(&[" Command "])?;
    Ok(())
}
