//! [`Console`]: what a person or a script sees. Results and JSON go to standard output, everything else to standard
//! error, in colour where that is a terminal and `NO_COLOR` is not set.

use crate::event::Event;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::shown;
use anstream::{AutoStream, stderr};
use clap::builder::styling::{AnsiColor, Style};
use ftp_core::client;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const REMEDY: Style = AnsiColor::Green.on_default();
const FAINT: Style = Style::new().dimmed();

/// A screen that takes the place of both outputs while it stands.
pub(crate) trait Screen: Send + Sync {
    /// A line of a result, or a message.
    fn line(&self, text: &str);

    /// What is done of something that takes a while, and how much it is in all, where known; at its end, nothing.
    fn progress(&self, name: &str, state: Option<(u64, Option<u64>)>);

    /// A question to whoever sits there; the answer is not to be seen if it is `secret`. `None`: he does not answer.
    fn ask(&self, question: &str, secret: bool) -> Option<String>;
}

static SCREEN: RwLock<Option<Arc<dyn Screen>>> = RwLock::new(None);

/// From now on everything goes there, or, without one, to the outputs again.
pub(crate) fn set_screen(screen: Option<Arc<dyn Screen>>) {
    *SCREEN.write().unwrap_or_else(PoisonError::into_inner) = screen;
}

/// The screen that stands.
pub(crate) fn screen() -> Option<Arc<dyn Screen>> {
    SCREEN.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The columns of the terminal.
pub(crate) fn width() -> usize {
    let width = rustix::termios::tcgetwinsize(io::stdout()).map_or(0, |size| size.ws_col);
    if width == 0 { 80 } else { width.into() }
}

/// Where messages go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Console {
    json: bool,
    quiet: bool,
    verbose: u8,
    began: Instant,
}

impl Console {
    pub(crate) fn new(json: bool, quiet: bool, verbose: u8) -> Self {
        Self { json, quiet, verbose, began: Instant::now() }
    }

    /// Is standard output for JSON?
    pub(crate) fn json(self) -> bool {
        self.json
    }

    /// Is there somebody who wants to watch a bar grow?
    pub(crate) fn shows_bar(self) -> bool {
        !self.json && !self.quiet && screen().is_none() && io::stderr().is_terminal()
    }

    /// Prints a line of the result.
    ///
    /// # Errors
    /// [`Failure`], if nothing can be written there; but whoever reads and stops reading has what he wants.
    pub(crate) fn result(line: &str) -> Result<Go, Failure> {
        if let Some(screen) = screen() {
            screen.line(line);
            return Ok(Go::On);
        }
        let mut out = io::stdout().lock();
        match writeln!(out, "{line}").and_then(|()| out.flush()) {
            Ok(()) => Ok(Go::On),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Go::Stop),
            Err(error) => Err(Failure::new(Exit::Disk, "cannot write to standard output", error)),
        }
    }

    /// Prints an event, if JSON is asked for.
    pub(crate) fn event(self, event: &Event) {
        if !self.json {
            return;
        }
        if let Ok(line) = serde_json::to_string(event) {
            // Who no longer listens does not hold up the transfer.
            let _ = Self::result(&line);
        }
    }

    /// Prints an event that is JSON already, if JSON is asked for.
    pub(crate) fn event_line(self, event: &serde_json::Value) {
        if self.json {
            // Who no longer listens does not hold up the work.
            let _ = Self::result(&event.to_string());
        }
    }

    /// Says something to a person.
    pub(crate) fn note(self, text: &str) {
        if !self.quiet && !self.json {
            say(format_args!("{text}"));
        }
    }

    /// Warns.
    pub(crate) fn warning(text: &str) {
        say(format_args!("{WARNING}ftpkit: warning:{WARNING:#} {text}"));
    }

    /// Says that one of many failed.
    pub(crate) fn failed(self, failure: &Failure) {
        say(format_args!("{ERROR}ftpkit:{ERROR:#} {failure}"));
        let message = failure.to_string();
        self.event(&Event::Failed { code: failure.exit.code(), kind: failure.exit.name(), message: &message });
    }

    /// Says what failed, and what can be done about it.
    pub(crate) fn failure(self, failure: &Failure) {
        say(format_args!("{ERROR}ftpkit:{ERROR:#} {failure}"));
        if let Some(remedy) = &failure.remedy {
            say(format_args!("  {REMEDY}try:{REMEDY:#} {remedy}"));
        }
        self.event(&Event::Error {
            code: failure.exit.code(),
            kind: failure.exit.name(),
            message: &failure.to_string(),
            remedy: failure.remedy.as_deref(),
        });
    }

    /// Shows the conversation with a server, if that is asked for. Passwords are masked in it already.
    pub(crate) fn conversation(self, event: &client::Event) {
        if self.verbose == 0 {
            return;
        }
        let print = |line: std::fmt::Arguments| match self.verbose {
            1 => say(format_args!("{FAINT}{line}{FAINT:#}")),
            _ => say(format_args!("{FAINT}{:9.3} {line}{FAINT:#}", self.began.elapsed().as_secs_f64())),
        };
        match event {
            client::Event::Sent(command) => {
                print(format_args!("> {}", shown(command.trim_end_matches(['\r', '\n']).as_bytes())));
            }
            client::Event::Received(reply) => {
                let code = reply.code().number();
                let last = reply.lines().len().saturating_sub(1);
                for (at, line) in reply.lines().iter().enumerate() {
                    let separator = if at == last { ' ' } else { '-' };
                    print(format_args!("< {code}{separator}{}", shown(line)));
                }
            }
            client::Event::Disconnected => print(format_args!("* the connection is closed")),
            client::Event::Done(_) => {}
        }
    }
}

/// Is there somebody left to print for?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Go {
    On,
    Stop,
}

/// A terminal that is gone is no reason to stop.
fn say(line: std::fmt::Arguments) {
    if let Some(screen) = screen() {
        return screen.line(&anstream::adapter::strip_str(&line.to_string()).to_string());
    }
    let mut out: AutoStream<io::Stderr> = stderr();
    let _ = writeln!(out, "{line}");
}
