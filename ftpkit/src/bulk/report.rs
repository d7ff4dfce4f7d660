//! [`Report`]: what those who wait see of a job: a bar, lines of JSON, or nothing but failures.

use crate::console::{Console, Meter};
use crate::event::Event;
use crate::failure::Failure;
use crate::remote::Looker;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The time between two events, and between two changes of the bar.
const INTERVAL: Duration = Duration::from_millis(200);

const TEMPLATE: &str = "{msg} {wide_bar} {percent:>3}% {bytes}/{total_bytes} {bytes_per_sec} {eta}";

/// One job's progress, from all its connections.
pub(crate) struct Report {
    console: Console,
    bar: Option<ProgressBar>,
    /// How far it is, for a screen.
    meter: Arc<Meter>,
    files: AtomicU64,
    bytes: AtomicU64,
    total_files: u64,
    total_bytes: u64,
    /// When the next event is due.
    next: Mutex<Instant>,
    began: Instant,
    failures: Mutex<Vec<Failure>>,
}

/// What a job has done.
#[derive(Clone, Debug, Default)]
pub(crate) struct Summary {
    /// Files moved.
    pub(crate) files: u64,
    /// Bytes moved.
    pub(crate) bytes: u64,
    /// What failed.
    pub(crate) failures: Vec<Failure>,
    /// How long it took.
    pub(crate) time: Duration,
}

impl Report {
    /// Of a job of so many files and bytes.
    pub(crate) fn new(console: Console, total_files: u64, total_bytes: u64) -> Self {
        let bar = (console.shows_bar() && total_files > 0).then(|| bar(total_bytes));
        let now = Instant::now();
        let meter = Meter::new(format!("{total_files} files"), 0, Some(total_bytes));
        if total_files > 0 {
            console.begin(&meter);
        }
        Self {
            console,
            bar,
            meter,
            files: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            total_files,
            total_bytes,
            next: Mutex::new(now + INTERVAL),
            began: now,
            failures: Mutex::default(),
        }
    }

    /// A file begins to move.
    pub(crate) fn started(&self, url: &str, file: &str, offset: u64, size: Option<u64>) {
        self.console.event(&Event::Started { url, file, offset, size, segments: None });
    }

    /// A file begins to move in several segments at once.
    pub(crate) fn started_in(&self, segments: usize, url: &str, file: &str, offset: u64, size: u64) {
        self.remark(file, &format!("{segments} segments, {offset} of {size} bytes are there"));
        self.console.event(&Event::Started { url, file, offset, size: Some(size), segments: Some(segments) });
    }

    /// Tells of a file what those want to know who see the conversation.
    pub(crate) fn remark(&self, file: &str, remark: &str) {
        if self.console.verbose() > 0 {
            self.aside(&mut || self.console.note(&format!("{file}: {remark}")));
        }
    }

    /// A file is whole.
    pub(crate) fn done(&self, url: &str, file: &str, moved: u64, bytes: u64, time: Duration) {
        self.console.event(&Event::Done { url, file, moved, bytes, seconds: time.as_secs_f64() });
        self.files.fetch_add(1, Ordering::Relaxed);
        self.show();
    }

    /// Something failed for good.
    pub(crate) fn failed(&self, failure: Failure) {
        self.aside(&mut || self.console.failed(&failure));
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).push(failure);
    }

    /// Says something, with the bar out of the way.
    pub(crate) fn warn(&self, text: &str) {
        self.aside(&mut || self.console.warning(text));
    }

    /// Did anything fail?
    pub(crate) fn has_failures(&self) -> bool {
        !self.failures.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Runs `print` with the bar out of the way.
    fn aside(&self, print: &mut dyn FnMut()) {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    fn moved(&self, bytes: u64) {
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.meter.set(before + bytes);
        self.show();
    }

    fn show(&self) {
        if self.bar.is_none() && !self.console.json() {
            return;
        }
        let now = Instant::now();
        match self.next.try_lock() {
            Ok(mut next) if now >= *next => *next = now + INTERVAL,
            _ => return,
        }
        let (files, bytes) = (self.files.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed));
        if let Some(bar) = &self.bar {
            bar.set_position(bytes);
            bar.set_message(format!("{files}/{} files", self.total_files));
        }
        self.console.event(&Event::Progress { bytes, size: Some(self.total_bytes) });
    }

    /// The end of it.
    pub(crate) fn end(self) -> Summary {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        Summary {
            files: self.files.into_inner(),
            bytes: self.bytes.into_inner(),
            failures: self.failures.into_inner().unwrap_or_else(PoisonError::into_inner),
            time: self.began.elapsed(),
        }
    }
}

fn bar(bytes: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::stderr_with_hz(5));
    if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
        bar.set_style(style);
    }
    bar
}

/// Looks on while one file of the job moves.
pub(crate) struct OneFile<'a> {
    report: &'a Report,
    seen: u64,
    /// What goes over the wire may be more than the file.
    most: u64,
}

impl<'a> OneFile<'a> {
    /// A file of the job.
    pub(crate) fn new(report: &'a Report) -> Self {
        Self { report, seen: 0, most: u64::MAX }
    }

    /// It has no more bytes than these.
    pub(super) fn at_most(self, most: u64) -> Self {
        Self { most, ..self }
    }
}

impl Looker for OneFile<'_> {
    fn moved(&mut self, bytes: u64) {
        let bytes = bytes.min(self.most);
        self.report.moved(bytes.saturating_sub(self.seen));
        self.seen = bytes.max(self.seen);
    }

    fn aside(&self, print: &mut dyn FnMut()) {
        self.report.aside(print);
    }
}
