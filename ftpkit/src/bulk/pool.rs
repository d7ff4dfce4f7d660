//! [`Pool`]: the connections of a job. Each takes tasks from a queue until there are none; one that breaks is made anew, and where
//! the server wants fewer of them, there are fewer.

use super::queue::{Queue, Task};
use crate::exit::Exit;
use crate::failure::{Failure, Nature};
use crate::interrupt::Interrupt;
use crate::remote::{Session, Site, pause};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Connections to one server.
pub(crate) struct Pool {
    site: Site,
    /// How many there may be.
    width: AtomicUsize,
    /// How many stand.
    open: AtomicUsize,
    /// How many are being made.
    trying: Mutex<usize>,
    /// One of those stands, or is refused.
    tried: Condvar,
    /// A connection has stood: what fails now may pass.
    proven: AtomicBool,
    idle: Mutex<Vec<Session>>,
    /// One has become idle, or is gone.
    freed: Condvar,
    pub(super) retries: u32,
    interrupt: Interrupt,
}

/// How often who waits for a connection looks whether another can be made.
const LOOK: Duration = Duration::from_millis(100);

/// How tasks ended: all that were taken are finished; or all but this one, which failed, are finished or back in the queue.
pub(crate) type Done<T> = Result<(), (Task<T>, Failure)>;

impl Pool {
    /// At most `width` connections to `site`; what fails for a while is tried again `retries` times.
    pub(crate) fn new(site: Site, width: usize, retries: u32) -> Self {
        Self {
            interrupt: site.interrupt().clone(),
            site,
            width: AtomicUsize::new(width.max(1)),
            open: AtomicUsize::new(0),
            trying: Mutex::new(0),
            tried: Condvar::new(),
            proven: AtomicBool::new(false),
            idle: Mutex::new(Vec::new()),
            freed: Condvar::new(),
            retries,
        }
    }

    /// How many connections there may be.
    pub(super) fn width(&self) -> usize {
        self.width.load(Ordering::Relaxed)
    }

    /// The server.
    pub(super) fn site(&self) -> &Site {
        &self.site
    }

    /// Works on tasks with as many connections as there may be, and no more than there are tasks to begin with unless `growing`.
    /// `deed` does one; a failure that does not pass goes to `failed`.
    ///
    /// # Errors
    /// [`Failure`] after which nothing more can be done.
    pub(crate) fn work<T: Send>(
        &self,
        tasks: Vec<T>,
        growing: bool,
        deed: impl Fn(&mut Session, &T, &Queue<T>) -> Result<(), Failure> + Sync,
        failed: impl Fn(&T, Failure) + Sync,
    ) -> Result<(), Failure> {
        let one_by_one = |mut session: Session, task: Task<T>, queue: &Queue<T>| {
            let done = deed(&mut session, &task.what, queue).map_err(|failure| (task, failure));
            if done.is_ok() {
                queue.finish();
            }
            (session, done)
        };
        self.work_ahead(tasks, growing, one_by_one, failed)
    }

    /// The same for a deed that takes more tasks from the queue by itself, to have several under way on a connection, which it gives back.
    ///
    /// # Errors
    /// As [`work`](Self::work).
    pub(crate) fn work_ahead<T: Send>(
        &self,
        tasks: Vec<T>,
        growing: bool,
        deed: impl Fn(Session, Task<T>, &Queue<T>) -> (Session, Done<T>) + Sync,
        failed: impl Fn(&T, Failure) + Sync,
    ) -> Result<(), Failure> {
        let width = self.width.load(Ordering::Relaxed);
        let width = if growing { width } else { width.min(tasks.len()) };
        let queue = Queue::new(tasks);
        let _hold = self.interrupt.hold();
        std::thread::scope(|scope| {
            for _ in 1..width {
                scope.spawn(|| self.worker(&queue, &deed, &failed));
            }
            self.worker(&queue, &deed, &failed);
        });
        queue.end()
    }

    /// One connection's work, on a thread of its own.
    fn worker<T>(
        &self,
        queue: &Queue<T>,
        deed: &impl Fn(Session, Task<T>, &Queue<T>) -> (Session, Done<T>),
        failed: &impl Fn(&T, Failure),
    ) {
        // The connection is made before there is work for it, so that it is warm by then.
        let mut session = match self.reach() {
            Ok(session) => Some(session),
            Err(failure) if self.is_one_too_many(&failure) => return,
            // Said when it is needed and still not to be had.
            Err(_) => None,
        };
        while let Some(task) = queue.take() {
            if self.interrupt.asked() {
                queue.stop(interrupted());
                queue.back(task);
                break;
            }
            let open = match session.take() {
                Some(open) => open,
                None => match self.reach() {
                    Ok(new) => new,
                    Err(failure) if self.is_one_too_many(&failure) => {
                        queue.back(task);
                        break;
                    }
                    Err(failure) if self.may_pass(&failure) && task.failed < self.retries => {
                        self.put_off(queue, task);
                        continue;
                    }
                    Err(failure) => {
                        queue.stop(failure);
                        queue.finish();
                        break;
                    }
                },
            };
            let (open, done) = deed(open, task, queue);
            session = Some(open);
            match done {
                Ok(()) => {}
                Err((task, failure)) => {
                    if is_of_connection(&failure) {
                        session = None;
                        self.open.fetch_sub(1, Ordering::Relaxed);
                    }
                    if self.interrupt.asked() || is_final(&failure) {
                        queue.stop(if self.interrupt.asked() { interrupted() } else { failure });
                        queue.finish();
                        break;
                    }
                    self.again_or(queue, task, failure, failed);
                }
            }
        }
        if let Some(session) = session {
            self.rest(session);
        }
    }

    /// Tries a task again after a pause, if what failed may pass. Otherwise `failed` hears of it.
    pub(super) fn again_or<T>(&self, queue: &Queue<T>, task: Task<T>, failure: Failure, failed: impl Fn(&T, Failure)) {
        let passes = failure.passes() || self.site.lets_tickets_run_out(&failure);
        if passes && task.failed < self.retries {
            self.put_off(queue, task);
        } else {
            failed(&task.what, failure);
            queue.finish();
        }
    }

    /// A connection to be given [`back`](Self::back), for tasks that another pool's connections take. Waits where the server wants no more of
    /// them than there are.
    ///
    /// # Errors
    /// [`Failure`]: there is none.
    pub(super) fn lend(&self) -> Result<Session, Failure> {
        loop {
            if self.open.load(Ordering::Relaxed) < self.width.load(Ordering::Relaxed) {
                match self.reach() {
                    Err(failure) if self.is_one_too_many(&failure) => {}
                    Err(failure) if self.may_pass(&failure) => return Err(failure.that_passes()),
                    result => return result,
                }
            }
            let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            let (mut idle, _) = self
                .freed
                .wait_timeout_while(idle, LOOK, |idle| idle.is_empty())
                .unwrap_or_else(PoisonError::into_inner);
            if let Some(session) = idle.pop() {
                return Ok(session);
            }
            if self.interrupt.asked() {
                return Err(interrupted());
            }
        }
    }

    /// A connection that was [lent](Self::lend); is it still to be used?
    pub(super) fn back(&self, session: Session, usable: bool) {
        if usable {
            self.rest(session);
        } else {
            self.open.fetch_sub(1, Ordering::Relaxed);
            self.freed.notify_one();
        }
    }

    fn rest(&self, session: Session) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(session);
        self.freed.notify_one();
    }

    /// Gets a connection: one that is idle, or a new one.
    fn reach(&self) -> Result<Session, Failure> {
        if let Some(session) = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop() {
            return Ok(session);
        }
        *self.trying.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        let session = self.site.open_once();
        if session.is_ok() {
            self.open.fetch_add(1, Ordering::Relaxed);
            self.proven.store(true, Ordering::Relaxed);
        }
        *self.trying.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.tried.notify_all();
        session
    }

    /// A server that has answered once and no longer does may be back in a while.
    fn may_pass(&self, failure: &Failure) -> bool {
        failure.passes() || (failure.exit == Exit::Connect && self.proven.load(Ordering::Relaxed))
    }

    /// Was this connection one too many? Then the others do its work, and the pool is smaller.
    fn is_one_too_many(&self, failure: &Failure) -> bool {
        if !self.may_pass(failure) {
            return false;
        }
        // The one that the server let in may not have heard so yet.
        let mut trying = self.trying.lock().unwrap_or_else(PoisonError::into_inner);
        while *trying > 0 && self.open.load(Ordering::Relaxed) == 0 {
            trying = self.tried.wait(trying).unwrap_or_else(PoisonError::into_inner);
        }
        if self.open.load(Ordering::Relaxed) > 0 {
            let fewer = self.width.load(Ordering::Relaxed).saturating_sub(1).max(1);
            self.width.store(fewer, Ordering::Relaxed);
            return true;
        }
        false
    }

    /// Tries a task again after a pause.
    fn put_off<T>(&self, queue: &Queue<T>, task: Task<T>) {
        let pause = pause(task.failed);
        queue.back(Task { failed: task.failed + 1, ..task });
        if let Err(interrupted) = self.interrupt.sleep(pause) {
            queue.stop(interrupted);
        }
    }

    /// Takes a connection that stands already.
    pub(crate) fn give(&self, session: Session) {
        self.open.fetch_add(1, Ordering::Relaxed);
        self.proven.store(true, Ordering::Relaxed);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(session);
    }

    /// Does something on one connection.
    ///
    /// # Errors
    /// [`Failure`] of the deed, or there is no connection.
    pub(crate) fn with_one<T>(&self, deed: impl FnOnce(&mut Session) -> Result<T, Failure>) -> Result<T, Failure> {
        let mut session = self.reach()?;
        let done = deed(&mut session);
        self.rest(session);
        done
    }

    /// Says goodbye on all connections.
    pub(crate) fn close(&self) {
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        // All at once: on a long way each takes its round trip.
        std::thread::scope(|scope| {
            for session in idle {
                scope.spawn(|| session.close());
            }
        });
    }
}

/// Does it say something of the connection, not of what was asked? Then nobody knows what is still on its way there.
pub(super) fn is_of_connection(failure: &Failure) -> bool {
    matches!(failure.exit, Exit::Broken | Exit::TimedOut | Exit::Connect | Exit::Tls | Exit::Interrupted)
}

/// After this nothing will succeed.
pub(super) fn is_final(failure: &Failure) -> bool {
    failure.nature == Nature::Final || matches!(failure.exit, Exit::Interrupted | Exit::Internal)
}

fn interrupted() -> Failure {
    Failure::new(Exit::Interrupted, "stopped", "interrupted")
}
