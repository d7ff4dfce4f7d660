//! A terminal with the program on it: what a person types, and sees.

use crate::common::Outcome;
use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long anything may take before the test has failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// A terminal with the program on it.
pub(crate) struct Terminal {
    keys: Box<dyn Write + Send>,
    seen: Arc<(Mutex<vt100::Parser>, Condvar)>,
    pub(crate) child: Box<dyn portable_pty::Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    /// Starts the program in `dir`, where it also remembers what it has to, with these arguments.
    pub(crate) fn start(
        dir: &Path,
        (columns, rows): (u16, u16),
        arguments: &[&str],
    ) -> Result<Self, Box<dyn std::error::Error>> {
        Self::start_with(dir, (columns, rows), arguments, false)
    }

    /// The same, with colours where the program has some.
    pub(crate) fn start_with(
        dir: &Path,
        (columns, rows): (u16, u16),
        arguments: &[&str],
        coloured: bool,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let pair = native_pty_system().openpty(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 })?;
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_ftpkit"));
        command.args(arguments);
        command.cwd(dir);
        command.env("TERM", "xterm-256color");
        command.env("NO_COLOR", if coloured { "" } else { "1" });
        command.env("XDG_STATE_HOME", dir.join("state"));
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
        Ok(Self { keys: pair.master.take_writer()?, seen, child, master: pair.master })
    }

    /// Types.
    pub(crate) fn press(&mut self, keys: &str) -> Outcome {
        self.keys.write_all(keys.as_bytes())?;
        Ok(self.keys.flush()?)
    }

    /// Becomes larger or smaller, while the program runs, and waits until a frame reaches the new edge.
    pub(crate) fn resize(&self, (columns, rows): (u16, u16)) -> Outcome {
        self.seen.0.lock().unwrap_or_else(PoisonError::into_inner).screen_mut().set_size(rows, columns);
        self.master.resize(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 })?;
        let reaches = |line: &str| line.chars().count() == usize::from(columns) && line.ends_with(['┐', '┘']);
        self.wait_until(|shown| shown.lines().any(reaches)).map_err(|shown| format!("not as large:\n{shown}"))?;
        Ok(())
    }

    /// Waits until the screen shows all of these: what it shows.
    pub(crate) fn wait_for(&self, texts: &[&str]) -> Result<String, Box<dyn std::error::Error>> {
        self.wait_until(|shown| texts.iter().all(|text| shown.contains(text)))
            .map_err(|shown| format!("no {texts:?} on\n{shown}").into())
    }

    /// Waits until the last command is done and the next can be typed.
    pub(crate) fn wait_for_prompt(&self, prompt: &str) -> Result<String, Box<dyn std::error::Error>> {
        let ready = |shown: &str| {
            let line = shown.lines().rev().nth(1).and_then(|line| line.strip_prefix('│')?.strip_suffix('│'));
            line.is_some_and(|line| line.trim_end() == prompt) && shown.contains(" Command ─")
        };
        self.wait_until(ready).map_err(|shown| format!("no {prompt} on\n{shown}").into())
    }

    /// The places of the screen that have a colour of their own.
    pub(crate) fn coloured(&self) -> usize {
        let parser = self.seen.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (rows, columns) = parser.screen().size();
        let places = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        let cells = places.filter_map(|(row, column)| parser.screen().cell(row, column));
        let plain = vt100::Color::Default;
        cells.filter(|cell| cell.fgcolor() != plain || cell.bgcolor() != plain).count()
    }

    /// What the screen shows when all that has happened is drawn: a key is seen, and taken back, only after that.
    pub(crate) fn settled(&mut self, prompt: &str) -> Result<String, Box<dyn std::error::Error>> {
        self.press("#")?;
        self.wait_for(&[&format!("│{prompt} # ")])?;
        self.press("\u{15}")?;
        self.wait_for_prompt(prompt)
    }

    /// Waits until the screen is as it should be: what it shows, or showed at last.
    pub(crate) fn wait_until(&self, wanted: impl Fn(&str) -> bool) -> Result<String, String> {
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
