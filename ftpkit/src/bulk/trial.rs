//! [`Trial`]: whether the server can make the data connections (RFC 959 3.2, PORT), which saves a round trip for each file with servers that
//! pay more for the others. It is found out once for a job, beside it and on a connection of its own: on the way there may be who lets nothing in,
//! and then that connection is lost, but no other waits.

use crate::remote::{Session, Site};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Files of a job for which a trial is worth a connection.
pub(super) const WORTH: usize = 16;

/// A trial that may be made.
pub(super) struct Trial<'a> {
    site: &'a Site,
    /// There is one already, or none is to be.
    begun: AtomicBool,
    works: Arc<AtomicBool>,
}

impl<'a> Trial<'a> {
    /// For a job of so many files.
    pub(super) fn new(site: &'a Site, files: usize) -> Self {
        Self { site, begun: AtomicBool::new(files < WORTH), works: Arc::default() }
    }

    /// Tells the session what came of it; has it made where this session might gain by it.
    pub(super) fn consult(&self, session: &mut Session) {
        if self.works.load(Ordering::Relaxed) {
            session.prefer_active();
        } else if !self.begun.load(Ordering::Relaxed)
            && session.may_gain_by_active()
            && !self.begun.swap(true, Ordering::Relaxed)
        {
            let (site, works) = (self.site.clone(), Arc::clone(&self.works));
            // It may outlive the job, which is over without it. Without a thread there is no trial.
            let _ = thread::Builder::new().name("trial".into()).spawn(move || {
                works.store(site.can_be_active(), Ordering::Relaxed);
            });
        }
    }
}
