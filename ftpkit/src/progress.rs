//! [`Progress`]: how far a transfer is, as a bar for a person or as events for a script.

use crate::console::{Console, Meter};
use crate::event::Event;
use crate::remote::Looker;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The time between two events, and between two changes of the bar.
const INTERVAL: Duration = Duration::from_millis(200);

const KNOWN: &str = "{msg} {wide_bar} {percent:>3}% {bytes}/{total_bytes} {bytes_per_sec} {eta}";
const UNKNOWN: &str = "{msg} {spinner} {bytes} {bytes_per_sec}";

/// One transfer's progress.
#[derive(Debug)]
pub(crate) struct Progress {
    console: Console,
    /// How far it is, for a screen.
    meter: Arc<Meter>,
    bar: Option<ProgressBar>,
    offset: u64,
    /// Bytes that have moved.
    moved: u64,
    size: Option<u64>,
    next: Instant,
}

impl Progress {
    /// A transfer of the file `name`, of which `offset` of `size` bytes are already there.
    pub(crate) fn begin(console: Console, name: &str, offset: u64, size: Option<u64>) -> Self {
        let bar = console.shows_bar().then(|| bar(name, offset, size));
        let meter = Meter::new(name.to_owned(), offset, size);
        console.begin(&meter);
        Self { console, meter, bar, offset, moved: 0, size, next: Instant::now() + INTERVAL }
    }
}

impl Looker for Progress {
    fn moved(&mut self, bytes: u64) {
        self.moved = bytes;
        self.meter.set(self.offset.saturating_add(bytes));
        let now = Instant::now();
        if now < self.next {
            return;
        }
        self.next = now + INTERVAL;
        let bytes = self.offset.saturating_add(bytes);
        if let Some(bar) = &self.bar {
            bar.set_position(bytes);
        }
        self.console.event(&Event::Progress { bytes, size: self.size });
    }

    fn aside(&self, print: &mut dyn FnMut()) {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }
}

/// The part that one of several connections has in a transfer's progress.
pub(crate) struct Share<'a> {
    progress: &'a Mutex<Progress>,
    seen: u64,
}

impl<'a> Share<'a> {
    /// Of a connection that has moved nothing yet.
    pub(crate) fn of(progress: &'a Mutex<Progress>) -> Self {
        Self { progress, seen: 0 }
    }
}

impl Looker for Share<'_> {
    fn moved(&mut self, bytes: u64) {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let all = progress.moved.saturating_add(bytes.saturating_sub(self.seen));
        self.seen = bytes.max(self.seen);
        progress.moved(all);
    }

    fn aside(&self, print: &mut dyn FnMut()) {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).aside(print);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(name: &str, offset: u64, size: Option<u64>) -> ProgressBar {
    let target = ProgressDrawTarget::stderr_with_hz(5);
    let bar = ProgressBar::with_draw_target(size, target).with_message(name.to_owned()).with_position(offset);
    if let Ok(style) = ProgressStyle::with_template(if size.is_some() { KNOWN } else { UNKNOWN }) {
        bar.set_style(style);
    }
    // What came in earlier runs tells nothing about the rate of this one.
    bar.reset_eta();
    bar
}
