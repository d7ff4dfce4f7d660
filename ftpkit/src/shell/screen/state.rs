//! [`State`]: what is to be seen, and [`Shared`], by which those who do things change it while it is drawn.

use super::super::complete::Seen;
use crate::console::Screen;
use crate::text::shown;
use ftp_core::client::Event;
use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Lines kept in each pane.
const KEPT: usize = 5000;

/// What is to be seen.
#[derive(Default)]
pub(super) struct State {
    /// The conversation with the server.
    pub(super) wire: VecDeque<Wire>,
    /// What came of the commands.
    pub(super) output: VecDeque<String>,
    /// Transfers under way.
    pub(super) jobs: BTreeMap<String, Job>,
    /// What is asked of whoever sits there.
    pub(super) question: Option<Question>,
    /// What stands before the cursor.
    pub(super) prompt: String,
    /// A command is being obeyed.
    pub(super) busy: bool,
    /// All is over.
    pub(super) over: bool,
    /// The names on the server, for completion.
    pub(super) seen: Seen,
}

/// A line of the conversation.
pub(super) struct Wire {
    /// Who said it: the class of the reply, or `None` for us.
    pub(super) class: Option<u16>,
    pub(super) text: String,
}

/// A transfer under way.
pub(super) struct Job {
    pub(super) bytes: u64,
    pub(super) size: Option<u64>,
    began: Instant,
    from: u64,
}

impl Job {
    /// Bytes a second, since it began here.
    pub(super) fn rate(&self) -> u64 {
        (self.bytes.saturating_sub(self.from) as f64 / self.began.elapsed().as_secs_f64().max(0.1)) as u64
    }
}

/// A question.
pub(super) struct Question {
    pub(super) text: String,
    pub(super) secret: bool,
    answer: SyncSender<Option<String>>,
}

impl Question {
    /// Answers it.
    pub(super) fn answer(self, text: Option<String>) {
        // Who no longer waits needs no answer.
        let _ = self.answer.send(text);
    }
}

/// The state, for several threads.
#[derive(Default)]
pub(super) struct Shared(Mutex<State>);

impl Shared {
    pub(super) fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes in what was said between client and server.
    pub(super) fn heard(&self, event: &Event) {
        self.with(|state| match event {
            Event::Sent(command) => state.say(None, shown(command.trim_end().as_bytes())),
            Event::Received(reply) => {
                let code = reply.code().number();
                for line in reply.lines() {
                    state.say(Some(code / 100), format!("{code} {}", shown(line)));
                }
            }
            Event::Disconnected => state.say(None, "(the connection is closed)".to_owned()),
            Event::Done(_) => {}
        });
    }
}

impl State {
    fn say(&mut self, class: Option<u16>, text: String) {
        self.wire.push_back(Wire { class, text });
        if self.wire.len() > KEPT {
            self.wire.pop_front();
        }
    }

    /// A line for the output.
    pub(super) fn print(&mut self, text: &str) {
        self.output.push_back(text.to_owned());
        if self.output.len() > KEPT {
            self.output.pop_front();
        }
    }
}

impl Screen for Shared {
    fn line(&self, text: &str) {
        self.with(|state| text.lines().for_each(|line| state.print(line)));
    }

    fn progress(&self, name: &str, progress: Option<(u64, Option<u64>)>) {
        self.with(|state| match progress {
            Some((bytes, size)) => {
                let new = || Job { bytes, size, began: Instant::now(), from: bytes };
                let job = state.jobs.entry(name.to_owned()).or_insert_with(new);
                (job.bytes, job.size) = (bytes, size);
            }
            None => drop(state.jobs.remove(name)),
        });
    }

    fn ask(&self, question: &str, secret: bool) -> Option<String> {
        let (answer, answered) = sync_channel(1);
        self.with(|state| state.question = Some(Question { text: question.to_owned(), secret, answer }));
        answered.recv().ok().flatten()
    }
}
