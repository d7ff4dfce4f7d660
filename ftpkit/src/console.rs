//! [`Console`]: what a person or a script sees. Results and JSON go to standard output, everything else to standard
//! error, in colour where that is a terminal and `NO_COLOR` is not set; or all of it to a [`Screen`] that takes their place.

use crate::conversation::{Ear, Said, said};
use crate::event::Event;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::log::Log;
use crate::tone::{Styled, Tone};
use ftp_core::client;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fmt;
use std::io::{self, BufRead, ErrorKind, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

/// A screen that takes the place of both outputs.
pub(crate) trait Screen: Sync {
    /// A line of a result, or a message.
    fn print(&self, line: Styled);

    /// Something that takes a while, as long as there is the meter.
    fn begin(&self, meter: &Arc<Meter>);

    /// What is said on a connection, and when, in seconds, if that is to be seen; 1 is the one on which commands are obeyed.
    fn heard(&self, connection: usize, time: Option<f64>, said: Vec<Said>);

    /// A question to whoever sits there; the answer is not to be seen if it is `secret`. `None`: he does not answer.
    fn ask(&self, question: &str, secret: bool) -> Option<String>;

    /// The columns that results have.
    fn width(&self) -> usize;

    /// A text to be read, with the screen to itself.
    fn page(&self, title: &str, lines: Vec<String>);

    /// Does something with the terminal as it is without the screen.
    fn lend(&self, deed: &mut dyn FnMut());
}

/// How far something is that takes a while.
#[derive(Debug)]
pub(crate) struct Meter {
    /// What it is.
    pub(crate) name: String,
    /// The bytes that were there when it began.
    pub(crate) from: u64,
    /// The bytes of all of it, where known.
    pub(crate) size: Option<u64>,
    bytes: AtomicU64,
}

impl Meter {
    /// Of `name`, of which `from` bytes of `size` are there.
    pub(crate) fn new(name: String, from: u64, size: Option<u64>) -> Arc<Self> {
        Arc::new(Self { name, from, size, bytes: AtomicU64::new(from) })
    }

    /// So many bytes are there.
    pub(crate) fn set(&self, bytes: u64) {
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    /// How many bytes are there.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

/// Where messages go. There is one in the program, and perhaps another with a screen.
#[derive(Clone, Copy)]
pub(crate) struct Console(&'static Outlet);

struct Outlet {
    json: bool,
    quiet: bool,
    verbose: AtomicU8,
    log: Option<Log>,
    screen: Option<&'static dyn Screen>,
    /// Connections that were made.
    connections: AtomicUsize,
    began: Instant,
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console").field("json", &self.0.json).field("quiet", &self.0.quiet).finish_non_exhaustive()
    }
}

impl Console {
    /// On the program's outputs.
    pub(crate) fn new(json: bool, quiet: bool, verbose: u8, log: Option<Log>) -> Self {
        let (verbose, connections) = (AtomicU8::new(verbose), AtomicUsize::new(0));
        Self::of(Outlet { json, quiet, verbose, log, screen: None, connections, began: Instant::now() })
    }

    /// The same on a screen.
    pub(crate) fn on(self, screen: &'static dyn Screen) -> Self {
        let (verbose, connections) = (AtomicU8::new(0), AtomicUsize::new(0));
        let log = self.0.log.clone();
        Self::of(Outlet { json: false, quiet: false, verbose, log, screen: Some(screen), connections, ..*self.0 })
    }

    /// It is needed to the program's end, from every thread.
    fn of(outlet: Outlet) -> Self {
        Self(Box::leak(Box::new(outlet)))
    }

    /// Is standard output for JSON?
    pub(crate) fn json(self) -> bool {
        self.0.json
    }

    /// The screen, if it is on one.
    pub(crate) fn screen(self) -> Option<&'static dyn Screen> {
        self.0.screen
    }

    /// Is there somebody who wants to watch a bar grow?
    pub(crate) fn shows_bar(self) -> bool {
        !self.0.json && !self.0.quiet && self.0.screen.is_none() && io::stderr().is_terminal()
    }

    /// A bar that grows by steps, with a message before it; hidden where nobody watches.
    pub(crate) fn steps(self, steps: usize) -> ProgressBar {
        if !self.shows_bar() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::with_draw_target(Some(steps as u64), ProgressDrawTarget::stderr_with_hz(5));
        match ProgressStyle::with_template("{wide_msg} {bar:30} {pos}/{len} {elapsed}") {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        }
    }

    /// The columns of the terminal, or of the screen's part for results.
    pub(crate) fn width(self) -> usize {
        if let Some(screen) = self.0.screen {
            return screen.width();
        }
        let width = rustix::termios::tcgetwinsize(io::stdout()).map_or(0, |size| size.ws_col);
        if width == 0 { 80 } else { width.into() }
    }

    /// Prints a line of the result.
    ///
    /// # Errors
    /// [`Failure`], if nothing can be written there; but whoever reads and stops reading has what he wants.
    pub(crate) fn result(self, line: impl Into<Styled>) -> Result<Go, Failure> {
        let line = line.into();
        if let Some(screen) = self.0.screen {
            screen.print(line);
            return Ok(Go::On);
        }
        match line.write_to(&mut anstream::stdout()) {
            Ok(()) => Ok(Go::On),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Go::Stop),
            Err(error) => Err(Failure::new(Exit::Disk, "cannot write to standard output", error)),
        }
    }

    /// Prints an event, if JSON is asked for.
    pub(crate) fn event(self, event: &Event) {
        if !self.0.json {
            return;
        }
        if let Ok(line) = serde_json::to_string(event) {
            // Who no longer listens does not hold up the transfer.
            let _ = self.result(line);
        }
    }

    /// Prints an event that is JSON already, if JSON is asked for.
    pub(crate) fn event_line(self, event: &serde_json::Value) {
        if self.0.json {
            // Who no longer listens does not hold up the work.
            let _ = self.result(event.to_string());
        }
    }

    /// Says something to a person.
    pub(crate) fn note(self, text: &str) {
        if !self.0.quiet && !self.0.json {
            self.say(text.into());
        }
    }

    /// Warns.
    pub(crate) fn warning(self, text: &str) {
        self.say(Styled::new(Tone::Warning, "ftpkit: warning:").and(Tone::Plain, format!(" {text}")));
    }

    /// Says that one of many failed.
    pub(crate) fn failed(self, failure: &Failure) {
        self.say(Styled::new(Tone::Error, "ftpkit:").and(Tone::Plain, format!(" {failure}")));
        let message = failure.to_string();
        self.event(&Event::Failed { code: failure.exit.code(), kind: failure.exit.name(), message: &message });
    }

    /// Says what failed, and what can be done about it.
    pub(crate) fn failure(self, failure: &Failure) {
        self.say(Styled::new(Tone::Error, "ftpkit:").and(Tone::Plain, format!(" {failure}")));
        if let Some(remedy) = &failure.remedy {
            self.say(Styled::new(Tone::Plain, "  ").and(Tone::Good, "try:").and(Tone::Plain, format!(" {remedy}")));
        }
        self.event(&Event::Error {
            code: failure.exit.code(),
            kind: failure.exit.name(),
            message: &failure.to_string(),
            remedy: failure.remedy.as_deref(),
        });
    }

    /// Asks whoever sits there: his answer, without its line end. `None`: he does not answer.
    pub(crate) fn ask(self, question: &str) -> Option<String> {
        if let Some(screen) = self.0.screen {
            return screen.ask(question, false);
        }
        let mut err = io::stderr();
        // A terminal that is gone answers nothing.
        let _ = write!(err, "{question}").and_then(|()| err.flush());
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line).unwrap_or(0);
        (read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned())
    }

    /// Does somebody sit there who can be asked?
    pub(crate) fn has_somebody(self) -> bool {
        self.0.screen.is_some() || !self.0.json && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Does something that takes the terminal for itself.
    pub(crate) fn lend(self, deed: &mut dyn FnMut()) {
        match self.0.screen {
            Some(screen) => screen.lend(deed),
            None => deed(),
        }
    }

    /// How much of the conversation is shown from now on: nothing, the lines, or the lines with their time.
    pub(crate) fn set_verbose(self, verbose: u8) {
        self.0.verbose.store(verbose, Ordering::Relaxed);
    }

    /// How much of the conversation is shown.
    pub(crate) fn verbose(self) -> u8 {
        self.0.verbose.load(Ordering::Relaxed)
    }

    /// Who hears the conversation on a new connection. In the interactive client `first` is the one on which commands are obeyed.
    pub(crate) fn ear(self, first: bool) -> Ear {
        let others = self.0.connections.fetch_add(usize::from(!first), Ordering::Relaxed);
        let number = match (first, self.0.screen) {
            (true, _) => 1,
            (false, None) => others + 1,
            (false, Some(_)) => others + 2,
        };
        Arc::new(move |event| self.conversation(number, event))
    }

    fn conversation(self, connection: usize, event: &client::Event) {
        let verbose = self.verbose();
        if verbose == 0 && self.0.screen.is_none() && self.0.log.is_none() {
            return;
        }
        let said = said(event);
        let time = (verbose > 1).then(|| self.0.began.elapsed().as_secs_f64());
        if let Some(log) = &self.0.log {
            log.write(connection, &said);
        }
        if let Some(screen) = self.0.screen {
            return screen.heard(connection, time, said);
        }
        if verbose == 0 {
            return;
        }
        let time = time.map(|time| format!("{time:9.3} ")).unwrap_or_default();
        let tag = if connection > 1 { format!("#{connection} ") } else { String::new() };
        for Said { by, text, .. } in said {
            self.say(Styled::new(Tone::Faint, format!("{time}{tag}{} {text}", by.mark())));
        }
    }

    /// A terminal that is gone is no reason to stop.
    fn say(self, line: Styled) {
        match self.0.screen {
            Some(screen) => screen.print(line),
            None => drop(line.write_to(&mut anstream::stderr())),
        }
    }
}

/// Is there somebody left to print for?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Go {
    On,
    Stop,
}
