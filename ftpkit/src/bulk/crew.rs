//! [`Crew`]: the threads that drive the connections of a job. Each connection has a thread of its own, which makes it and waits where it has to be made
//! anew; but where there are more of them than processors, a thread whose connection stands lends it to one that drives some already, and sleeps.
//!
//! With small files a driver that has done with one connection finds the next one ready, where threads would have to be woken, and a server that
//! waits for one of them is not held up by what another writes to the disk. On two processors a mirror to vsftpd went 1.26 times as fast by
//! this, one from it as fast as before, with 4 to 10 % less of the processor. Where files are large, the drivers are seldom at the place where they
//! look for more connections; a thread that has waited for that a moment drives its own after all.

use super::large::Item;
use super::pipe::{Line, Pipe};
use super::pool::Done;
use super::queue::{Queue, Task};
use crate::remote::Session;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

/// How long a thread waits for a driver before it is one itself.
const PATIENCE: Duration = Duration::from_millis(20);

/// The threads of a job that have a connection.
pub(super) struct Crew<'p> {
    state: Mutex<State<'p>>,
    changed: Condvar,
    /// Drivers that there are to be.
    drivers: usize,
    /// Connections that one of them takes.
    share: usize,
    /// How many are lent and not taken, for whoever only looks.
    lent: AtomicUsize,
}

#[derive(Default)]
struct State<'p> {
    driving: usize,
    names: usize,
    /// Connections that nobody drives.
    lent: Vec<Hand<'p>>,
    /// Those whose work has ended, for their owners.
    back: Vec<(usize, Ended<'p>)>,
}

/// A connection, with the name of the thread that it is of.
struct Hand<'p> {
    name: usize,
    line: Line<'p>,
}

/// A connection whose work has ended, and how.
type Ended<'p> = (Session, Done<Item<'p>>);

impl<'p> Crew<'p> {
    /// For so many connections, with as many drivers as there are processors.
    pub(super) fn new(connections: usize) -> Self {
        Self::of(connections, available_parallelism().map_or(1, NonZeroUsize::get))
    }

    /// Where each connection is driven by the thread that it is of.
    pub(super) fn of_single_hands() -> Self {
        Self::of(usize::MAX, usize::MAX)
    }

    fn of(connections: usize, drivers: usize) -> Self {
        let drivers = drivers.clamp(1, connections.max(1));
        let share = connections.div_ceil(drivers);
        Self { state: Mutex::default(), changed: Condvar::new(), drivers, share, lent: AtomicUsize::new(0) }
    }

    /// Moves this file and, while there are any at once, those behind it, by way of this connection. Gives it back.
    pub(super) fn work(
        &self,
        pipe: &Pipe<'p>,
        session: Session,
        first: Task<Item<'p>>,
        queue: &Queue<Item<'p>>,
    ) -> Ended<'p> {
        let mut state = self.lock();
        let name = state.names;
        state.names += 1;
        let hand = Hand { name, line: Line::new(session, first) };
        if state.driving < self.drivers {
            state.driving += 1;
            drop(state);
            return self.drive(pipe, hand, queue);
        }
        self.lend(&mut state, [hand]);
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = state.back.iter().position(|(owner, _)| *owner == name) {
                return state.back.swap_remove(at).1;
            }
            let lent = state.lent.iter().position(|hand| hand.name == name);
            let left = until.saturating_duration_since(Instant::now());
            state = match lent {
                Some(at) if state.driving < self.drivers || left.is_zero() => {
                    let hand = state.lent.swap_remove(at);
                    self.lent.fetch_sub(1, Ordering::Relaxed);
                    state.driving += 1;
                    drop(state);
                    return self.drive(pipe, hand, queue);
                }
                Some(_) => self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// Drives this connection, and others that are lent meanwhile, to the end of its work.
    fn drive(&self, pipe: &Pipe<'p>, own: Hand<'p>, queue: &Queue<Item<'p>>) -> Ended<'p> {
        let name = own.name;
        let mut hands = vec![own];
        loop {
            if hands.len() < self.share && self.lent.load(Ordering::Relaxed) > 0 {
                hands.extend(self.take_lent());
            }
            let mut ended = None;
            let mut at = 0;
            while let Some(hand) = hands.get_mut(at) {
                match pipe.fill(&mut hand.line, queue) {
                    Ok(true) => at += 1,
                    Ok(false) => self.end(hands.remove(at), Ok(()), name, &mut ended),
                    Err(failed) => self.end(hands.remove(at), Err(failed), name, &mut ended),
                }
            }
            if ended.is_none() && !hands.is_empty() {
                // On each of them something is under way.
                let mut waiting: Vec<_> = hands.iter_mut().filter_map(|hand| hand.line.waiting()).collect();
                let (at, result) = Session::finish_any(&mut waiting);
                drop(waiting);
                let done = hands.get_mut(at).map_or(Ok(()), |hand| pipe.answered(&mut hand.line, result, queue));
                match done {
                    // The next answer is looked for at the others first.
                    Ok(()) => {
                        let next = (at + 1).min(hands.len());
                        hands.rotate_left(next);
                    }
                    failed @ Err(_) => self.end(hands.remove(at), failed, name, &mut ended),
                }
            }
            if let Some(ended) = ended {
                let mut state = self.lock();
                state.driving -= 1;
                self.lend(&mut state, hands);
                return ended;
            }
        }
    }

    /// The work on a connection has ended: that is told to `own`'s thread here, or to the one that lent it.
    fn end(&self, hand: Hand<'p>, done: Done<Item<'p>>, own: usize, ended: &mut Option<Ended<'p>>) {
        let session = hand.line.into_session();
        if hand.name == own {
            *ended = Some((session, done));
        } else {
            self.lock().back.push((hand.name, (session, done)));
            self.changed.notify_all();
        }
    }

    fn lend(&self, state: &mut State<'p>, hands: impl IntoIterator<Item = Hand<'p>>) {
        state.lent.extend(hands);
        self.lent.store(state.lent.len(), Ordering::Relaxed);
        self.changed.notify_all();
    }

    fn take_lent(&self) -> Option<Hand<'p>> {
        let mut state = self.lock();
        let hand = state.lent.pop();
        self.lent.store(state.lent.len(), Ordering::Relaxed);
        hand
    }

    fn lock(&self) -> MutexGuard<'_, State<'p>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
