//! [`Large`]: a file of a job that several of its connections fetch at once, each a segment of it; and [`Item`], what a connection takes
//! from the job's queue: such a segment, or a file.

use super::one::Mover;
use super::plan::{Move, Step};
use super::report::{OneFile, Report};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Session;
use crate::transfer::{Ended, Segments};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// A step, by its number in the plan.
pub(super) type Numbered<'p> = (usize, &'p Step);

/// Something to be moved on one connection.
pub(super) enum Item<'p> {
    /// A file.
    File(&'p Numbered<'p>),
    /// A segment of one, by its number there.
    Segment(Box<(Arc<Large<'p>>, usize)>),
}

/// A file that is fetched in segments.
pub(super) struct Large<'p> {
    /// The step, by its number in the plan.
    step: usize,
    order: &'p Move,
    segments: Segments,
    /// The segments that are not fetched.
    left: Mutex<BTreeSet<usize>>,
    /// Its failure has been reported.
    failed: AtomicBool,
    /// The bytes that were there.
    present: u64,
    began: Instant,
}

impl Item<'_> {
    /// The number of its step.
    pub(super) fn step(&self) -> usize {
        match self {
            Self::File((step, _)) => *step,
            Self::Segment(segment) => segment.0.step,
        }
    }

    /// It failed for good. A file fails once, in however many segments.
    pub(super) fn failed(&self, report: &Report, failure: Failure) {
        let told = matches!(self, Self::Segment(segment) if segment.0.failed.swap(true, Ordering::Relaxed));
        if !told {
            report.failed(failure);
        }
    }
}

impl<'p> Large<'p> {
    /// What is to be done for a file that is open: its segments, of which there is one at least.
    pub(super) fn items(step: usize, order: &'p Move, segments: Segments) -> (Item<'p>, Vec<Item<'p>>) {
        let left: BTreeSet<usize> = segments.missing().into_iter().collect();
        let numbers = left.clone();
        let (present, left) = (segments.present(), Mutex::new(left));
        let failed = AtomicBool::new(false);
        let large = Arc::new(Self { step, order, segments, left, failed, present, began: Instant::now() });
        let mut items = numbers.into_iter().map(|number| Item::Segment(Box::new((Arc::clone(&large), number))));
        // Where all is there it is still to be proven and named.
        let first = items.next().unwrap_or_else(|| Item::Segment(Box::new((Arc::clone(&large), 0))));
        (first, items.collect())
    }

    /// Fetches a segment; with the last one the file is whole, and named: is it?
    ///
    /// # Errors
    /// [`Failure`], with what the server said or what broke. Another attempt goes on from there.
    pub(super) fn fetch(&self, mover: &Mover<'_>, session: &mut Session, number: usize) -> Result<bool, Failure> {
        let report = mover.report;
        self.segments.fetch(session, number, &mut OneFile::new(report))?;
        {
            let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
            left.remove(&number);
            if !left.is_empty() {
                return Ok(false);
            }
        }
        let (url, file, size) = (&self.segments.shown, &self.segments.file, self.segments.size());
        match self.segments.conclude(session) {
            Ok(Ended::Whole) => report.done(url, file, size - self.present, size, self.began.elapsed()),
            Ok(Ended::NoRestart) => {
                report.remark(file, "in one piece: the server does not begin in the middle of it");
                mover.anew(session, self.order)?;
            }
            // What lay there is of another file.
            Err(failure) if failure.exit == Exit::Conflict => mover.anew(session, self.order)?,
            Err(failure) => return Err(failure),
        }
        Ok(true)
    }
}
