//! [`State`]: what is to be seen, and [`Shared`], by which those who do things change it while it is drawn.

use super::super::Shell;
use crate::console::{Job, Meter, Screen};
use crate::conversation::Said;
use crate::interrupt::Interrupt;
use crate::remote::Site;
use crate::tone::Styled;
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

/// Lines kept in each pane.
const KEPT: usize = 5000;

/// The rate of a transfer is that of this time; one that has not moved for as long is stalled.
const WINDOW: Duration = Duration::from_secs(3);

/// What is to be seen.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent of each other")]
pub(super) struct State {
    /// The conversation with the server.
    pub(super) wire: VecDeque<Heard>,
    /// What came of the commands.
    pub(super) output: VecDeque<Styled>,
    /// Commands in the background.
    pub(super) jobs: Vec<Weak<Job>>,
    /// Transfers under way.
    pub(super) transfers: Vec<Transfer>,
    /// What is asked of whoever sits there, one after the other.
    pub(super) questions: VecDeque<Question>,
    /// A text that is read with the screen to itself.
    pub(super) page: Option<Page>,
    /// Somebody wants the terminal for himself.
    pub(super) guest: Option<Guest>,
    /// What stands before the cursor.
    pub(super) prompt: String,
    /// The directory on the server.
    pub(super) directory: Vec<u8>,
    /// The server, and whether there is a connection to it.
    pub(super) site: Option<Site>,
    pub(super) connected: bool,
    /// Lines that are not obeyed yet, the one at work among them.
    pub(super) waiting: usize,
    /// All is over.
    pub(super) over: bool,
    /// More is known of the names on the server.
    pub(super) learnt: bool,
    /// Lines that ever came to the output, and to the conversation.
    pub(super) printed: usize,
    pub(super) spoken: usize,
    /// The columns of the output, when it was drawn last.
    pub(super) width: usize,
    /// The lines of the pane that is scrolled, or of what is read.
    pub(super) height: usize,
    /// There is something that is not drawn yet.
    pub(super) changed: bool,
}

/// A line of the conversation.
pub(super) struct Heard {
    /// On which connection; 1 is the one of the commands.
    pub(super) connection: usize,
    /// When, in seconds, if that is to be seen.
    pub(super) time: Option<f64>,
    pub(super) said: Said,
}

/// A transfer under way.
pub(super) struct Transfer {
    /// The job that it is a part of.
    job: usize,
    meter: Weak<Meter>,
    /// When it had moved how far, in the last while.
    samples: VecDeque<(Instant, u64)>,
}

/// How far a transfer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) size: Option<u64>,
    /// Bytes a second; `None`: it has not moved for a while.
    pub(super) rate: Option<u64>,
}

impl Transfer {
    /// How far it is now; `None`: it is over.
    pub(super) fn look(&mut self, now: Instant) -> Option<Standing> {
        let meter = self.meter.upgrade()?;
        let bytes = meter.bytes();
        if self.samples.back().is_none_or(|(time, _)| now.duration_since(*time) >= WINDOW / 15) {
            self.samples.push_back((now, bytes));
        }
        while self.samples.get(1).is_some_and(|(time, _)| now.duration_since(*time) >= WINDOW) {
            self.samples.pop_front();
        }
        let (since, earlier) = self.samples.front().copied().unwrap_or((now, bytes));
        let time = now.duration_since(since);
        let moved = bytes.saturating_sub(earlier);
        let rate = (moved > 0 || time < WINDOW).then(|| (moved as f64 / time.as_secs_f64().max(0.2)) as u64);
        Some(Standing { name: meter.name.clone(), bytes, size: meter.size, rate })
    }
}

/// A question.
pub(super) struct Question {
    pub(super) text: String,
    pub(super) secret: bool,
    answer: SyncSender<Option<String>>,
}

impl Question {
    /// One that is not secret, and where its answer comes.
    #[cfg(test)]
    pub(super) fn new(text: &str) -> (Self, Receiver<Option<String>>) {
        let (answer, answered) = sync_channel(1);
        (Self { text: text.to_owned(), secret: false, answer }, answered)
    }

    /// Answers it.
    pub(super) fn answer(self, text: Option<String>) {
        // Who no longer waits needs no answer.
        let _ = self.answer.send(text);
    }
}

/// A text that is read.
pub(super) struct Page {
    pub(super) title: String,
    pub(super) lines: Vec<String>,
}

/// Somebody who wants the terminal: he is told when he has it, and tells when he is done.
pub(super) struct Guest {
    pub(super) enter: SyncSender<()>,
    pub(super) left: Receiver<()>,
}

/// The state, for several threads.
#[derive(Default)]
pub(super) struct Shared(Mutex<State>);

impl Shared {
    /// Looks at it or changes it; then it is drawn anew.
    pub(super) fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        self.with_unseen(|state| {
            state.changed = true;
            change(state)
        })
    }

    /// The same for what makes no difference to whoever looks.
    pub(super) fn with_unseen<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    /// A line for the output.
    pub(super) fn print(&mut self, line: Styled) {
        self.printed += 1;
        self.output.push_back(line);
        if self.output.len() > KEPT {
            self.output.pop_front();
        }
    }

    /// Where one is now.
    pub(super) fn show_place(&mut self, shell: &Shell) {
        self.prompt = shell.prompt();
        self.directory.clone_from(&shell.directory);
        self.site.clone_from(&shell.site);
        self.connected = shell.session.is_some();
        self.over |= shell.over;
    }

    /// Transfers that run, as they stand now.
    pub(super) fn standings(&mut self) -> Vec<Standing> {
        let now = Instant::now();
        let mut standings = Vec::new();
        self.transfers.retain_mut(|transfer| {
            let standing = transfer.look(now);
            standings.extend(standing.clone());
            standing.is_some()
        });
        standings
    }

    /// Jobs of which nothing moves: they log in, ask, or look what there is to do.
    pub(super) fn beginnings(&mut self) -> Vec<String> {
        self.jobs.retain(|job| job.strong_count() > 0);
        let moves = |job: &Job| self.transfers.iter().any(|transfer| transfer.job == job.number);
        self.jobs.iter().filter_map(Weak::upgrade).filter(|job| !moves(job)).map(|job| job.name.clone()).collect()
    }

    /// Ends what is under way in the background, and what `interrupt` ends.
    pub(super) fn stop(&self, interrupt: &Interrupt) {
        interrupt.ask();
        self.jobs.iter().filter_map(Weak::upgrade).for_each(|job| job.interrupt.ask());
    }

    /// Is anything under way in the background?
    pub(super) fn has_jobs(&self) -> bool {
        self.jobs.iter().any(|job| job.strong_count() > 0)
            || self.transfers.iter().any(|transfer| transfer.meter.strong_count() > 0)
    }
}

impl Screen for Shared {
    fn print(&self, line: Styled) {
        self.with(|state| state.print(line));
    }

    fn start(&self, job: &Arc<Job>) {
        self.with(|state| state.jobs.push(Arc::downgrade(job)));
    }

    fn begin(&self, job: usize, meter: &Arc<Meter>) {
        let samples = [(Instant::now(), meter.from)].into();
        self.with(|state| state.transfers.push(Transfer { job, meter: Arc::downgrade(meter), samples }));
    }

    fn heard(&self, connection: usize, time: Option<f64>, said: Vec<Said>) {
        self.with(|state| {
            state.spoken += said.len();
            state.wire.extend(said.into_iter().map(|said| Heard { connection, time, said }));
            let surplus = state.wire.len().saturating_sub(KEPT);
            state.wire.drain(..surplus);
        });
    }

    fn ask(&self, question: &str, secret: bool) -> Option<String> {
        let (answer, answered) = sync_channel(1);
        self.with(|state| {
            if !state.over {
                state.questions.push_back(Question { text: question.to_owned(), secret, answer });
            }
        });
        answered.recv().ok().flatten()
    }

    fn width(&self) -> usize {
        self.with_unseen(|state| state.width)
    }

    fn page(&self, title: &str, lines: Vec<String>) {
        self.with(|state| state.page = Some(Page { title: title.to_owned(), lines }));
    }

    fn lend(&self, deed: &mut dyn FnMut()) {
        let (enter, entered) = sync_channel(0);
        let (leave, left) = sync_channel(0);
        self.with(|state| state.guest = Some(Guest { enter, left }));
        // A screen that is gone is nobody's any more.
        if entered.recv().is_ok() {
            deed();
        }
        let _ = leave.send(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_the_last_while_and_a_transfer_that_stands_is_seen_to() {
        let meter = Meter::new("a".into(), 100, Some(10_000));
        let began = Instant::now();
        let samples = [(began, 100)].into();
        let mut transfer = Transfer { job: 0, meter: Arc::downgrade(&meter), samples };
        let mut rate_at = |meter: &Meter, millis, bytes| {
            meter.set(bytes);
            transfer.look(began + Duration::from_millis(millis)).and_then(|standing| standing.rate)
        };
        assert_eq!(rate_at(&meter, 1000, 1100), Some(1000));
        assert_eq!(rate_at(&meter, 2000, 5100), Some(2500));
        // The slow beginning is forgotten.
        assert_eq!(rate_at(&meter, 4500, 5100), Some(1142));
        assert_eq!(rate_at(&meter, 8000, 5100), None);
        drop(meter);
        assert_eq!(transfer.look(began), None);
    }
}
