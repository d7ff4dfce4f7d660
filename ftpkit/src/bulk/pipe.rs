//! [`Pipe`]: the files of a job on one connection. While one moves, the next are asked for already, so that small files do not wait
//! for the network between them. How far that goes with this server is the core's to know; here several are begun and
//! finished in their order.

use super::large::{Item, Large};
use super::one::{Begun, Last, Mover, Prepared};
use super::pool::{Done, is_final, is_of_connection};
use super::queue::{Queue, Task};
use super::run::OnDone;
use super::trial::Trial;
use crate::failure::Failure;
use crate::remote::Session;
use std::collections::VecDeque;

/// Files begun on a connection at once. The core asks for fewer; what is begun beyond that is at hand when it wants it.
pub(super) const DEPTH: usize = 6;

/// Moves files by way of one connection.
pub(super) struct Pipe<'a> {
    pub(super) mover: &'a Mover<'a>,
    pub(super) on_done: &'a OnDone<'a>,
    pub(super) retries: u32,
    pub(super) trial: Trial<'a>,
}

/// What is under way.
struct Work<'p> {
    /// In the order in which it ends.
    begun: VecDeque<(Task<Item<'p>>, Begun<'p>)>,
    /// What comes next, once the others are through.
    next: Option<Task<Item<'p>>>,
}

impl Pipe<'_> {
    /// Moves this file and, while there are any at once, those behind it.
    pub(super) fn run<'p>(
        &self,
        session: &mut Session,
        first: Task<Item<'p>>,
        queue: &Queue<Item<'p>>,
    ) -> Done<Item<'p>> {
        let mut last: Last = None;
        let mut work = Work { begun: VecDeque::new(), next: Some(first) };
        loop {
            self.trial.consult(session);
            self.begin(session, &mut work, queue)?;
            let Some((task, begun)) = work.begun.pop_front() else {
                if work.next.is_none() {
                    return Ok(());
                }
                continue;
            };
            match self.mover.finish(session, begun, &mut last) {
                Ok(true) => {
                    (self.on_done)(task.what.step());
                    queue.finish();
                }
                // Not proven: alone, it can be asked about.
                Ok(false) => queue.later(task),
                Err(failure) => self.failed(failure, task, &mut work, queue)?,
            }
        }
    }

    /// Begins as many as may be under way.
    fn begin<'p>(&self, session: &mut Session, work: &mut Work<'p>, queue: &Queue<Item<'p>>) -> Done<Item<'p>> {
        while work.begun.len() < DEPTH {
            let Some(task) = work.next.take().or_else(|| queue.take_more()) else { break };
            let result = match &task.what {
                Item::Segment(segment) if work.begun.is_empty() => segment.0.fetch(self.mover, session, segment.1),
                Item::Segment(_) => {
                    work.next = Some(task);
                    break;
                }
                Item::File((step, what)) => {
                    let (step, Some(order)) = (*step, what.order()) else {
                        queue.finish();
                        continue;
                    };
                    match self.mover.prepare(session, order, task.failed > 0) {
                        Ok(Prepared::Ready(ready)) => match self.mover.begin(session, *ready) {
                            Ok(begun) => {
                                work.begun.push_back((task, begun));
                                continue;
                            }
                            Err(failure) => Err(failure),
                        },
                        Ok(Prepared::Alone) if work.begun.is_empty() => match self.mover.cut(session, order) {
                            Ok(Some(segments)) => {
                                let (first, others) = Large::items(step, order, segments);
                                queue.add_first(others);
                                work.next = Some(Task { what: first, ..task });
                                continue;
                            }
                            Ok(None) => self.mover.alone(session, order).map(|()| true),
                            Err(failure) => Err(failure),
                        },
                        Ok(Prepared::Alone) => {
                            work.next = Some(task);
                            break;
                        }
                        Err(failure) => Err(failure),
                    }
                }
            };
            match result {
                Ok(done) => {
                    if done {
                        (self.on_done)(task.what.step());
                    }
                    queue.finish();
                }
                Err(failure) => self.failed(failure, task, work, queue)?,
            }
        }
        Ok(())
    }

    /// One has failed. What says nothing of the connection does not hold up the others.
    fn failed<'p>(
        &self,
        failure: Failure,
        task: Task<Item<'p>>,
        work: &mut Work<'p>,
        queue: &Queue<Item<'p>>,
    ) -> Done<Item<'p>> {
        if is_of_connection(&failure) || is_final(&failure) {
            // In their order, before all others.
            work.next.take().into_iter().for_each(|task| queue.back(task));
            work.begun.drain(..).rev().for_each(|(task, _)| queue.back(task));
            return Err((task, failure));
        }
        if failure.passes() && task.failed < self.retries {
            queue.later(task);
        } else {
            task.what.failed(self.mover.report, failure);
            queue.finish();
        }
        Ok(())
    }
}
