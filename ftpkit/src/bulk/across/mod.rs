//! [`Across`]: the files of a job between two servers, each on a connection to either. [Small](small) ones go
//! several at once; any other is [carried](carry) alone.

mod small;

use super::large::Numbered;
use super::one::has_changed;
use super::plan::Move;
use super::pool::{Done, is_final, is_of_connection};
use super::queue::{Queue, Task};
use super::report::{OneFile, Report};
use super::run::OnDone;
use super::side::There;
use super::trial::Trial;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Session;
use crate::remote::path::join;
use crate::remote::refusal::failure;
use crate::transfer::{Care, Fault, Fetch, Store, carry};
use ftp_core::codec::Codec;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Moves files from one server to another.
pub(super) struct Across<'a> {
    source: &'a There,
    target: &'a There,
    care: Care,
    /// Small files may go in MODE B, where a server does best with that.
    blocks: bool,
    report: &'a Report,
    on_done: &'a OnDone<'a>,
    /// Whether either server can make the data connections.
    trials: (Trial<'a>, Trial<'a>),
    /// It was said that bytes are counted where digests were asked for.
    counted: AtomicBool,
}

/// A file, with the names that it has for the servers and for people.
struct One<'p> {
    order: &'p Move,
    from: Vec<u8>,
    to: Vec<u8>,
    source: String,
    target: String,
}

/// How files ended: as [`Done`] says, and by whose fault.
type Ended<'p> = Result<(), Box<(Task<Numbered<'p>>, Fault)>>;

impl<'a> Across<'a> {
    /// For so many files, nearly all of which are small or not.
    pub(super) fn new(
        (source, target): (&'a There, &'a There),
        care: Care,
        (files, small): (usize, bool),
        report: &'a Report,
        on_done: &'a OnDone<'a>,
    ) -> Self {
        let trial = |there: &'a There| Trial::new(there.pool.site(), files);
        let trials = (trial(source), trial(target));
        let blocks = small && source.url.codec.is_none() && target.url.codec.is_none();
        Self { source, target, care, blocks, report, on_done, trials, counted: AtomicBool::new(false) }
    }

    /// Moves this file and, where it is small, others of its kind with it, by this connection to the target.
    pub(super) fn run<'p>(
        &self,
        to: &mut Session,
        first: Task<Numbered<'p>>,
        queue: &Queue<Numbered<'p>>,
    ) -> Done<Numbered<'p>> {
        let mut from = match self.source.pool.lend() {
            Ok(session) => session,
            Err(failure) => return self.source_failed(failure, first, queue),
        };
        self.trials.0.consult(&mut from);
        self.trials.1.consult(to);
        let result = if self.is_small(&first) {
            self.together(&mut from, to, first, queue)
        } else {
            self.alone(&mut from, to, first, queue)
        };
        let Err(ended) = result else {
            let sound = from.is_sound();
            self.source.pool.back(from, sound);
            return Ok(());
        };
        match *ended {
            (task, Fault::Source(failure)) => {
                self.source.pool.back(from, !is_of_connection(&failure));
                self.source_failed(failure, task, queue)
            }
            (task, Fault::Target(failure)) => {
                let sound = from.is_sound();
                self.source.pool.back(from, sound);
                Err((task, failure))
            }
        }
    }

    /// The source has failed; the connection to the target is none the worse for it.
    fn source_failed<'p>(
        &self,
        failure: Failure,
        task: Task<Numbered<'p>>,
        queue: &Queue<Numbered<'p>>,
    ) -> Done<Numbered<'p>> {
        if is_final(&failure) {
            return Err((task, failure));
        }
        self.source.pool.again_or(queue, task, failure, |_, failure| self.report.failed(failure));
        Ok(())
    }

    fn one<'p>(&self, order: &'p Move) -> One<'p> {
        let (from, to) = (join(&self.source.url.path, &order.from), join(&self.target.url.path, &order.to));
        let (source, target) = (self.source.url.at(from.clone()), self.target.url.at(to.clone()));
        One { order, from, to, source: source.to_string(), target: target.to_string() }
    }

    fn fetch<'o>(&self, one: &'o One<'_>, present: u64) -> Fetch<'o> {
        Fetch {
            path: &one.from,
            codec: self.source.url.codec.unwrap_or(Codec::RAW),
            size: one.order.size,
            modified: one.order.modified(),
            mode: None,
            present,
            shown: &one.source,
            file: &one.target,
        }
    }

    fn store<'o>(&self, one: &'o One<'_>, present: u64) -> Store<'o> {
        Store {
            path: &one.to,
            codec: self.target.url.codec.unwrap_or(Codec::RAW),
            modified: one.order.modified(),
            present,
            shown: &one.target,
            file: &one.source,
        }
    }

    fn done<'p>(&self, task: &Task<Numbered<'p>>, queue: &Queue<Numbered<'p>>) {
        (self.on_done)(task.what.0);
        queue.finish();
    }

    /// One has failed. What says nothing of a connection does not hold up the others.
    fn failed<'p>(&self, fault: Fault, task: Task<Numbered<'p>>, queue: &Queue<Numbered<'p>>) -> Ended<'p> {
        let failure = fault.failure();
        if is_of_connection(failure) || is_final(failure) {
            return Err(Box::new((task, fault)));
        }
        if failure.passes() && task.failed < self.target.pool.retries {
            queue.later(task);
        } else {
            self.report.failed(failure.clone());
            queue.finish();
        }
        Ok(())
    }

    /// Moves a file with nothing else under way.
    fn alone<'p>(
        &self,
        from: &mut Session,
        to: &mut Session,
        task: Task<Numbered<'p>>,
        queue: &Queue<Numbered<'p>>,
    ) -> Ended<'p> {
        let Some(order) = task.what.1.order() else {
            queue.finish();
            return Ok(());
        };
        match self.carry(from, to, &self.one(order)) {
            Ok(()) => {
                self.done(&task, queue);
                Ok(())
            }
            Err(fault) => self.failed(fault, task, queue),
        }
    }

    fn carry(&self, from: &mut Session, to: &mut Session, one: &One<'_>) -> Result<(), Fault> {
        let mut present = self.present(from, to, one)?;
        if present > 0 && Some(present) == one.order.size {
            // Its last byte may have been the last that the server heard.
            self.store(one, present).date(to, self.care).map_err(Fault::Target)?;
            self.report.done(&one.source, &one.target, 0, present, Duration::ZERO);
            return Ok(());
        }
        loop {
            self.report.started(&one.source, &one.target, present, one.order.size);
            let mut looker = OneFile::new(self.report);
            let orders = (&self.fetch(one, present), &self.store(one, present));
            match carry(from, to, orders, self.care, &mut looker) {
                Ok(carried) => {
                    if carried.counted && !self.counted.swap(true, Ordering::Relaxed) {
                        self.report.warn("the two servers have no digest in common: bytes are counted instead");
                    }
                    let moved = carried.moved;
                    self.report.done(&one.source, &one.target, moved.bytes, present + moved.bytes, moved.time);
                    return Ok(());
                }
                // What lies there is the beginning of another file, or cannot be gone on with.
                Err(fault) if fault.failure().exit == Exit::Conflict && present > 0 => present = 0,
                Err(fault) => return Err(fault),
            }
        }
    }

    /// Bytes to go on from.
    fn present(&self, from: &mut Session, to: &mut Session, one: &One<'_>) -> Result<u64, Fault> {
        let raw = |codec: Option<Codec>| codec.is_none_or(Codec::is_raw);
        if !one.order.resume || !raw(self.source.url.codec) || !raw(self.target.url.codec) {
            return Ok(0);
        }
        let cannot = |error| Fault::Target(failure(format!("cannot check {}", one.target), &error));
        let present = to.size(&one.to).map_err(cannot)?.unwrap_or(0);
        if present == 0 || one.order.size.is_some_and(|size| present > size) {
            return Ok(0);
        }
        // What is there is of the file as it was when the plan was made.
        let changed = has_changed(from, &one.from, &one.source, one.order).map_err(Fault::Source)?;
        Ok(if changed { 0 } else { present })
    }
}
