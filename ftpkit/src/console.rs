//! [`Console`]: what a person or a script sees. Results and JSON go to standard output, everything else to standard
//! error, in colour where that is a terminal and `NO_COLOR` is not set; or all of it to a [`Screen`] that takes their place.

use crate::conversation::{Ear, Said, said};
use crate::event::Event;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
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

    /// A command in the background, as long as there is the job.
    fn start(&self, job: &Arc<Job>);

    /// Something that takes a while, as long as there is the meter; it is a part of this job, or of none.
    fn begin(&self, job: usize, meter: &Arc<Meter>);

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

/// A command that is obeyed in the background.
#[derive(Debug)]
pub(crate) struct Job {
    /// Which it is, from 1 on.
    pub(crate) number: usize,
    /// The command.
    pub(crate) name: String,
    /// What ends it.
    pub(crate) interrupt: Interrupt,
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
pub(crate) struct Console {
    outlet: &'static Outlet,
    /// For whom it is: 0, or a job in the background.
    job: usize,
}

struct Outlet {
    json: bool,
    quiet: bool,
    verbose: AtomicU8,
    log: Option<Log>,
    screen: Option<&'static dyn Screen>,
    /// Commands are typed, or read, one after the other: what can be done is said in their words.
    prompt: bool,
    /// Connections that were made.
    connections: AtomicUsize,
    began: Instant,
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console")
            .field("json", &self.outlet.json)
            .field("quiet", &self.outlet.quiet)
            .finish_non_exhaustive()
    }
}

impl Console {
    /// On the program's outputs.
    pub(crate) fn new(json: bool, quiet: bool, verbose: u8, log: Option<Log>) -> Self {
        let (verbose, connections) = (AtomicU8::new(verbose), AtomicUsize::new(0));
        Self::of(Outlet { json, quiet, verbose, log, screen: None, prompt: false, connections, began: Instant::now() })
    }

    /// The same for commands that are typed, or read, one after the other.
    pub(crate) fn at_prompt(self) -> Self {
        let Outlet { json, quiet, screen, began, .. } = *self.outlet;
        let (verbose, connections) = (AtomicU8::new(self.verbose()), AtomicUsize::new(0));
        Self::of(Outlet {
            json,
            quiet,
            verbose,
            log: self.outlet.log.clone(),
            screen,
            prompt: true,
            connections,
            began,
        })
    }

    /// The same on a screen, where commands are typed.
    pub(crate) fn on(self, screen: &'static dyn Screen) -> Self {
        let (verbose, connections) = (AtomicU8::new(0), AtomicUsize::new(0));
        let log = self.outlet.log.clone();
        Self::of(Outlet {
            json: false,
            quiet: false,
            verbose,
            log,
            screen: Some(screen),
            prompt: true,
            connections,
            ..*self.outlet
        })
    }

    /// The same for a job in the background.
    pub(crate) fn of_job(self, job: &Job) -> Self {
        Self { job: job.number, ..self }
    }

    /// It is needed to the program's end, from every thread.
    fn of(outlet: Outlet) -> Self {
        Self { outlet: Box::leak(Box::new(outlet)), job: 0 }
    }

    /// Is standard output for JSON?
    pub(crate) fn json(self) -> bool {
        self.outlet.json
    }

    /// Something begins that takes a while, as long as there is the meter.
    pub(crate) fn begin(self, meter: &Arc<Meter>) {
        if let Some(screen) = self.outlet.screen {
            screen.begin(self.job, meter);
        }
    }

    /// The screen, if it is on one.
    pub(crate) fn screen(self) -> Option<&'static dyn Screen> {
        self.outlet.screen
    }

    /// Is there somebody who wants to watch a bar grow?
    pub(crate) fn shows_bar(self) -> bool {
        !self.outlet.json && !self.outlet.quiet && self.outlet.screen.is_none() && io::stderr().is_terminal()
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
        if let Some(screen) = self.outlet.screen {
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
        if let Some(screen) = self.outlet.screen {
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
        if !self.outlet.json {
            return;
        }
        if let Ok(line) = serde_json::to_string(event) {
            // Who no longer listens does not hold up the transfer.
            let _ = self.result(line);
        }
    }

    /// Prints an event that is JSON already, if JSON is asked for.
    pub(crate) fn event_line(self, event: &serde_json::Value) {
        if self.outlet.json {
            // Who no longer listens does not hold up the work.
            let _ = self.result(event.to_string());
        }
    }

    /// Says something to a person.
    pub(crate) fn note(self, text: &str) {
        if !self.outlet.quiet && !self.outlet.json {
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
        if let Some(remedy) = failure.remedy(self.outlet.prompt) {
            self.say(Styled::new(Tone::Plain, "  ").and(Tone::Good, "try:").and(Tone::Plain, format!(" {remedy}")));
        }
        self.event(&Event::Error {
            code: failure.exit.code(),
            kind: failure.exit.name(),
            message: &failure.to_string(),
            remedy: failure.remedy(self.outlet.prompt),
        });
    }

    /// Asks whoever sits there: his answer, without its line end. `None`: he does not answer.
    pub(crate) fn ask(self, question: &str) -> Option<String> {
        if let Some(screen) = self.outlet.screen {
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
        self.outlet.screen.is_some() || !self.outlet.json && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Does something that takes the terminal for itself.
    pub(crate) fn lend(self, deed: &mut dyn FnMut()) {
        match self.outlet.screen {
            Some(screen) => screen.lend(deed),
            None => deed(),
        }
    }

    /// How much of the conversation is shown from now on: nothing, the lines, or the lines with their time.
    pub(crate) fn set_verbose(self, verbose: u8) {
        self.outlet.verbose.store(verbose, Ordering::Relaxed);
    }

    /// How much of the conversation is shown.
    pub(crate) fn verbose(self) -> u8 {
        self.outlet.verbose.load(Ordering::Relaxed)
    }

    /// The number of a new connection. In the interactive client `first` is the one on which commands are obeyed.
    pub(crate) fn number(self, first: bool) -> usize {
        let others = self.outlet.connections.fetch_add(usize::from(!first), Ordering::Relaxed);
        match (first, self.outlet.screen) {
            (true, _) => 1,
            (false, None) => others + 1,
            (false, Some(_)) => others + 2,
        }
    }

    /// Who hears the conversation on the connection of this number; of one without a number the log alone does.
    pub(crate) fn ear(self, number: Option<usize>) -> Ear {
        Arc::new(move |event| self.conversation(number, event))
    }

    fn conversation(self, number: Option<usize>, event: &client::Event) {
        let verbose = self.verbose();
        if verbose == 0 && self.outlet.screen.is_none() && self.outlet.log.is_none() {
            return;
        }
        let said = said(event);
        let time = (verbose > 1).then(|| self.outlet.began.elapsed().as_secs_f64());
        if let Some(log) = &self.outlet.log {
            log.write(number.unwrap_or(0), &said);
        }
        let Some(connection) = number else { return };
        if let Some(screen) = self.outlet.screen {
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
        match self.outlet.screen {
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
