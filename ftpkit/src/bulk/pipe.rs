//! [`Pipe`]: the files of a job on one connection. While one moves, the next are asked for already, so that small files do not wait
//! for the network between them. How far that goes with this server is the core's to know; here several are begun and
//! finished in their order.

use super::one::{Begun, Last, Mover, Prepared};
use super::plan::Step;
use super::pool::{Done, is_final, is_of_connection};
use super::queue::{Queue, Task};
use super::run::OnDone;
use super::trial::Trial;
use crate::failure::Failure;
use crate::remote::Session;
use std::collections::VecDeque;

/// Files begun on a connection at once. The core asks for fewer; what is begun beyond that is at hand when it wants it.
const DEPTH: usize = 6;

/// A step, by its number in the plan.
pub(super) type Numbered<'p> = (usize, &'p Step);

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
    begun: VecDeque<(Task<Numbered<'p>>, Begun<'p>)>,
    /// What comes next, once the others are through.
    next: Option<Task<Numbered<'p>>>,
}

impl Pipe<'_> {
    /// Moves this file and, while there are any at once, those behind it.
    pub(super) fn run<'p>(
        &self,
        session: &mut Session,
        first: Task<Numbered<'p>>,
        queue: &Queue<Numbered<'p>>,
    ) -> Done<Numbered<'p>> {
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
                    (self.on_done)(task.what.0);
                    queue.finish();
                }
                // Not proven: alone, it can be asked about.
                Ok(false) => queue.later(task),
                Err(failure) => self.failed(failure, task, &mut work, queue)?,
            }
        }
    }

    /// Begins as many as may be under way.
    fn begin<'p>(&self, session: &mut Session, work: &mut Work<'p>, queue: &Queue<Numbered<'p>>) -> Done<Numbered<'p>> {
        while work.begun.len() < DEPTH {
            let Some(task) = work.next.take().or_else(|| queue.take_more()) else { break };
            let Some(order) = task.what.1.order() else {
                queue.finish();
                continue;
            };
            let result = match self.mover.prepare(session, order, task.failed > 0) {
                Ok(Prepared::Ready(ready)) => match self.mover.begin(session, *ready) {
                    Ok(begun) => {
                        work.begun.push_back((task, begun));
                        continue;
                    }
                    Err(failure) => Err(failure),
                },
                Ok(Prepared::Alone) if work.begun.is_empty() => self.mover.alone(session, order),
                Ok(Prepared::Alone) => {
                    work.next = Some(task);
                    break;
                }
                Err(failure) => Err(failure),
            };
            match result {
                Ok(()) => {
                    (self.on_done)(task.what.0);
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
        task: Task<Numbered<'p>>,
        work: &mut Work<'p>,
        queue: &Queue<Numbered<'p>>,
    ) -> Done<Numbered<'p>> {
        if is_of_connection(&failure) || is_final(&failure) {
            // In their order, before all others.
            work.next.take().into_iter().for_each(|task| queue.back(task));
            work.begun.drain(..).rev().for_each(|(task, _)| queue.back(task));
            return Err((task, failure));
        }
        if failure.passes() && task.failed < self.retries {
            queue.later(task);
        } else {
            self.mover.report.failed(failure);
            queue.finish();
        }
        Ok(())
    }
}
