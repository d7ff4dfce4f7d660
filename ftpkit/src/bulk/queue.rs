//! [`Queue`]: what is still to be done, shared by those who do it. Doing one thing may bring up others (a directory those in it).

use crate::failure::Failure;
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Tasks, in order.
pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

struct State<T> {
    waiting: VecDeque<Task<T>>,
    /// Tasks that somebody works on: they may bring up more.
    busy: usize,
    /// Threads that sleep until something changes. Where there is none, nobody is woken: a call of the system for every file.
    asleep: usize,
    stopped: Option<Failure>,
}

/// A task, and how often it has failed.
pub(crate) struct Task<T> {
    pub(crate) what: T,
    pub(crate) failed: u32,
}

impl<T> Queue<T> {
    /// Of these tasks.
    pub(crate) fn new(tasks: impl IntoIterator<Item = T>) -> Self {
        let waiting = tasks.into_iter().map(|what| Task { what, failed: 0 }).collect();
        Self { state: Mutex::new(State { waiting, busy: 0, asleep: 0, stopped: None }), changed: Condvar::new() }
    }

    /// Adds a task.
    pub(crate) fn add(&self, what: T) {
        let mut state = self.lock();
        state.waiting.push_back(Task { what, failed: 0 });
        self.wake(state);
    }

    /// Adds tasks before all others.
    pub(crate) fn add_first(&self, tasks: Vec<T>) {
        let mut state = self.lock();
        for what in tasks.into_iter().rev() {
            state.waiting.push_front(Task { what, failed: 0 });
        }
        self.wake(state);
    }

    /// The next task; waits while somebody might bring one up. `None`: there is nothing to do any more. Each that is taken is to be
    /// [`finish`](Self::finish)ed or put [`back`](Self::back).
    pub(crate) fn take(&self) -> Option<Task<T>> {
        let mut state = self.lock();
        loop {
            if state.stopped.is_some() {
                return None;
            }
            if let Some(task) = state.waiting.pop_front() {
                state.busy += 1;
                return Some(task);
            }
            if state.busy == 0 {
                return None;
            }
            state.asleep += 1;
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.asleep -= 1;
        }
    }

    /// The next task, if there is one at once.
    pub(crate) fn take_more(&self) -> Option<Task<T>> {
        let mut state = self.lock();
        let task = if state.stopped.is_some() { None } else { state.waiting.pop_front() };
        state.busy += usize::from(task.is_some());
        task
    }

    /// A task that was taken is done with, well or not.
    pub(crate) fn finish(&self) {
        let mut state = self.lock();
        state.busy -= 1;
        if state.busy == 0 {
            self.wake(state);
        }
    }

    /// A task that was taken is to be done by somebody else, or later.
    pub(crate) fn back(&self, task: Task<T>) {
        let mut state = self.lock();
        state.busy -= 1;
        state.waiting.push_front(task);
        self.wake(state);
    }

    /// A task that was taken is to be tried again when those before it have been.
    pub(crate) fn later(&self, task: Task<T>) {
        let mut state = self.lock();
        state.busy -= 1;
        state.waiting.push_back(Task { failed: task.failed + 1, ..task });
        self.wake(state);
    }

    /// Nothing more is to be taken. The first reason stays.
    pub(crate) fn stop(&self, why: Failure) {
        let mut state = self.lock();
        state.stopped.get_or_insert(why);
        self.wake(state);
    }

    /// Why nothing more was to be taken.
    ///
    /// # Errors
    /// That.
    pub(crate) fn end(self) -> Result<(), Failure> {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        state.stopped.map_or(Ok(()), Err)
    }

    fn wake(&self, state: MutexGuard<'_, State<T>>) {
        let asleep = state.asleep > 0;
        drop(state);
        if asleep {
            self.changed.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn every_task_is_done_once_those_brought_up_on_the_way_too() {
        let queue = Queue::new([10_u32]);
        let sum = AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while let Some(task) = queue.take() {
                        sum.fetch_add(1, Ordering::Relaxed);
                        (0..task.what.min(3)).for_each(|_| queue.add(task.what / 4));
                        queue.finish();
                    }
                });
            }
        });
        // 10 brings up three times 2, each of them two times 0.
        assert_eq!(sum.into_inner(), 1 + 3 + 6);
        assert!(queue.end().is_ok());
    }

    #[test]
    fn a_stop_ends_it_with_its_first_reason() {
        let queue = Queue::new([1, 2]);
        let task = queue.take();
        queue.stop(Failure::new(Exit::Disk, "a", "full"));
        queue.stop(Failure::new(Exit::Broken, "b", "later"));
        assert!(queue.take().is_none() && task.is_some_and(|task| task.what == 1));
        assert_eq!(queue.end().map_err(|failure| failure.exit), Err(Exit::Disk));
    }
}
