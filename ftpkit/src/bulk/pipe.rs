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
use crate::remote::{Looker, Session};
use ftp_core::client::{ClientError, Outcome};
use std::collections::VecDeque;

/// Files begun on a connection at once. The core asks for fewer; what is begun beyond that is at hand when it wants it.
pub(super) const DEPTH: usize = 6;

/// Moves files by way of connections.
pub(super) struct Pipe<'p> {
    pub(super) mover: &'p Mover<'p>,
    pub(super) on_done: &'p OnDone<'p>,
    pub(super) retries: u32,
    pub(super) trial: Trial<'p>,
}

/// A connection, and what is under way on it.
pub(super) struct Line<'p> {
    session: Session,
    /// In the order in which it ends.
    begun: VecDeque<(Task<Item<'p>>, Begun<'p>)>,
    /// What comes next, once the others are through.
    next: Option<Task<Item<'p>>>,
    last: Last,
}

impl<'p> Line<'p> {
    /// On which this is to be moved first.
    pub(super) fn new(session: Session, first: Task<Item<'p>>) -> Self {
        Self { session, begun: VecDeque::new(), next: Some(first), last: None }
    }

    /// Who waits for the end of what was begun first, and looks on; `None` where nothing is under way.
    pub(super) fn waiting(&mut self) -> Option<(&mut Session, &mut dyn Looker)> {
        let (_, begun) = self.begun.front_mut()?;
        Some((&mut self.session, begun.looker()))
    }

    pub(super) fn into_session(self) -> Session {
        self.session
    }
}

impl<'p> Pipe<'p> {
    /// Begins as many as may be under way on a connection: are there any?
    ///
    /// # Errors
    /// The one that failed, and why, where nothing more can be done on this connection. The others are back in the queue.
    pub(super) fn fill(&self, line: &mut Line<'p>, queue: &Queue<Item<'p>>) -> Result<bool, (Task<Item<'p>>, Failure)> {
        self.trial.consult(&mut line.session);
        while line.begun.len() < DEPTH {
            let Some(task) = line.next.take().or_else(|| queue.take_more()) else { break };
            let result = match &task.what {
                Item::Segment(segment) if line.begun.is_empty() => {
                    segment.0.fetch(self.mover, &mut line.session, segment.1)
                }
                Item::Segment(_) => {
                    line.next = Some(task);
                    break;
                }
                Item::File((step, what)) => {
                    let (step, Some(order)) = (*step, what.order()) else {
                        queue.finish();
                        continue;
                    };
                    match self.mover.prepare(&line.session, order, task.failed > 0) {
                        Ok(Prepared::Ready(ready)) => match self.mover.begin(&mut line.session, *ready) {
                            Ok(begun) => {
                                line.begun.push_back((task, begun));
                                continue;
                            }
                            Err(failure) => Err(failure),
                        },
                        Ok(Prepared::Alone) if line.begun.is_empty() => {
                            match self.mover.cut(&mut line.session, order) {
                                Ok(Some(segments)) => {
                                    let (first, others) = Large::items(step, order, segments);
                                    queue.add_first(others);
                                    line.next = Some(Task { what: first, ..task });
                                    continue;
                                }
                                Ok(None) => self.mover.alone(&mut line.session, order).map(|()| true),
                                Err(failure) => Err(failure),
                            }
                        }
                        Ok(Prepared::Alone) => {
                            line.next = Some(task);
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
                Err(failure) => self.failed(failure, task, line, queue)?,
            }
        }
        Ok(!line.begun.is_empty())
    }

    /// Takes an answer to the first of what is under way on a connection.
    ///
    /// # Errors
    /// As [`fill`](Self::fill).
    pub(super) fn answered(
        &self,
        line: &mut Line<'p>,
        result: Result<Outcome, ClientError>,
        queue: &Queue<Item<'p>>,
    ) -> Done<Item<'p>> {
        if !line.begun.front_mut().is_some_and(|(_, begun)| begun.is_answered(result)) {
            return Ok(());
        }
        let Some((task, begun)) = line.begun.pop_front() else { return Ok(()) };
        match self.mover.finish(&line.session, begun, &mut line.last) {
            Ok(true) => {
                (self.on_done)(task.what.step());
                queue.finish();
            }
            // Not proven: alone, it can be asked about.
            Ok(false) => queue.later(task),
            Err(failure) => self.failed(failure, task, line, queue)?,
        }
        Ok(())
    }

    /// One has failed. What says nothing of the connection does not hold up the others.
    fn failed(
        &self,
        failure: Failure,
        task: Task<Item<'p>>,
        line: &mut Line<'p>,
        queue: &Queue<Item<'p>>,
    ) -> Done<Item<'p>> {
        if is_of_connection(&failure) || is_final(&failure) {
            // In their order, before all others.
            line.next.take().into_iter().for_each(|task| queue.back(task));
            line.begun.drain(..).rev().for_each(|(task, _)| queue.back(task));
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
