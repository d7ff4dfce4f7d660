//! [`Crew`]: the threads on which jobs run, so that a loop never waits for a disk or a password.
//!
//! A session goes along with its job and comes back when it has to wait for a socket. So the replies that follow from the
//! job leave from here, and one hop does for a command that takes several jobs. For its data socket it waits a moment here,
//! while nobody else wants the thread: a client sends its file as soon as it has read that it may.

use crate::inbox::{Inbox, Letter};
use ftp_host::job::Job;
use ftp_host::readiness::{Direction, Ready, Turn};
use ftp_host::session::Session;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;
use std::time::Duration;

/// Threads at most. They sleep in the file system rather than compute, so the cores are no measure for them.
const THREADS: usize = 64;

/// A thread that has had nothing to do for so long ends.
const SPARE: Duration = Duration::from_secs(10);

/// Stack of a thread. The password hash works on the heap; a compressor (MODE Z) needs much while it is made. What is never
/// touched costs nothing.
const STACK: usize = 1024 * 1024;

/// Jobs of one session in a row. Opening a file, moving it and what follows are fewer; the session of a long transfer has
/// to come back now and then, to hear what its control connection says.
const ROUNDS: u32 = 4;

/// How long a thread waits for the data socket of a session that it has, before it sends that home. Most peers that are
/// near answer in a tenth of it; to one that is further away it is nothing.
const LINGER: Duration = Duration::from_millis(1);

/// Room to read commands into.
const SCRATCH: usize = 4096;

/// A session and its job.
pub(crate) struct Errand {
    pub(crate) key: usize,
    pub(crate) session: Box<Session>,
    pub(crate) job: Job,
    pub(crate) home: Arc<Inbox>,
}

/// A session that comes back to its loop.
#[derive(Debug)]
pub(crate) struct Return {
    pub(crate) key: usize,
    pub(crate) state: State,
}

/// How a session comes back.
#[derive(Debug)]
pub(crate) enum State {
    /// It goes on as the turn says.
    Here(Box<Session>, Turn),
    /// It has another job to do at once.
    Busy(Box<Session>, Job),
    /// It is over, or has panicked.
    Gone,
}

/// Threads for jobs. They end when it is dropped, each after the job that it is at.
#[derive(Debug)]
pub(crate) struct Crew {
    shared: Arc<Shared>,
}

struct Shared {
    desk: Mutex<Desk>,
    work: Condvar,
}

struct Desk {
    /// No longer than there are sessions: each is in one place at a time.
    errands: VecDeque<Errand>,
    idle: usize,
    threads: usize,
    closed: bool,
}

impl Crew {
    pub(crate) fn new() -> Self {
        let desk = Desk { errands: VecDeque::new(), idle: 0, threads: 0, closed: false };
        Self { shared: Arc::new(Shared { desk: Mutex::new(desk), work: Condvar::new() }) }
    }

    /// Has somebody run the errand, who sends the session home afterwards.
    pub(crate) fn send(&self, errand: Errand) {
        let mut desk = self.shared.lock();
        desk.errands.push_back(errand);
        if desk.errands.len() <= desk.idle {
            drop(desk);
            self.shared.work.notify_one();
            return;
        }
        if desk.threads < THREADS {
            desk.threads += 1;
            drop(desk);
            let shared = Arc::clone(&self.shared);
            if Builder::new().name("ftp-worker".into()).stack_size(STACK).spawn(move || shared.work()).is_ok() {
                return;
            }
            desk = self.shared.lock();
            desk.threads -= 1;
            if desk.threads == 0 {
                // Without a single thread the loop has to do it.
                let errand = desk.errands.pop_back();
                drop(desk);
                if let Some(errand) = errand {
                    self.shared.run(errand);
                }
            }
        }
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.work.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let mut desk = self.lock();
        loop {
            if desk.closed {
                break;
            }
            if let Some(errand) = desk.errands.pop_front() {
                drop(desk);
                self.run(errand);
                desk = self.lock();
                continue;
            }
            desk.idle += 1;
            let (woken, waited) = self.work.wait_timeout(desk, SPARE).unwrap_or_else(PoisonError::into_inner);
            desk = woken;
            desk.idle -= 1;
            if waited.timed_out() && desk.errands.is_empty() {
                break;
            }
        }
        desk.threads -= 1;
    }
}

impl Shared {
    fn run(&self, errand: Errand) {
        let Errand { key, session, job, home } = errand;
        // A panic ends this session, and nothing else.
        let state = catch_unwind(AssertUnwindSafe(|| self.advance(session, job))).unwrap_or(State::Gone);
        home.send(Letter::Back(Return { key, state }));
    }

    /// Runs the job, and what follows from it.
    fn advance(&self, mut session: Box<Session>, mut job: Job) -> State {
        let mut scratch = [0; SCRATCH];
        let mut rounds = 1;
        loop {
            session.finished(job.run());
            let mut turn = session.turn(Ready::default(), &mut scratch);
            let mut next = session.take_job();
            if next.is_none() && turn == Turn::Wait && self.lock().errands.is_empty() && linger(&session) {
                turn = session.turn(Ready { data: true, ..Ready::default() }, &mut scratch);
                next = session.take_job();
            }
            match (turn, next) {
                (Turn::Over, _) => return State::Gone,
                (turn, None) => return State::Here(session, turn),
                (_, Some(next)) if rounds == ROUNDS => return State::Busy(session, next),
                (_, Some(next)) => job = next,
            }
            rounds += 1;
        }
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

/// Waits a moment until the data socket is ready, if the session waits for one. What else may wake it is heard at home.
fn linger(session: &Session) -> bool {
    let Some((socket, direction)) = session.interest().data else { return false };
    let flags = match direction {
        Direction::Read => PollFlags::IN,
        Direction::Write => PollFlags::OUT,
    };
    let limit = Timespec::try_from(LINGER).ok();
    poll(&mut [PollFd::new(&socket, flags)], limit.as_ref()).is_ok_and(|ready| ready > 0)
}
