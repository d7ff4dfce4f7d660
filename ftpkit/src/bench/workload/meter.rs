//! [`Meter`]: the time a measurement takes, and what server and load generator spend meanwhile. The load generator's own
//! share is shown beside the server's: where it is not the smaller one by far, it is part of what was measured.

use super::super::figure::Figure;
use super::super::process::own_cpu;
use super::{Subject, Tree};
use std::time::{Duration, Instant};

/// It runs from [`start`](Self::start) to [`stop`](Self::stop).
pub(super) struct Meter<'a> {
    subject: &'a Subject,
    began: Instant,
    server: Option<Duration>,
    own: Duration,
}

/// What a measurement took.
pub(super) struct Spent {
    /// From its beginning to its end.
    pub(super) time: Duration,
    server: Option<Duration>,
    own: Duration,
}

impl<'a> Meter<'a> {
    pub(super) fn start(subject: &'a Subject) -> Self {
        let server = subject.tree.and_then(Tree::cpu);
        Self { subject, server, own: own_cpu(), began: Instant::now() }
    }

    /// A server that serves each session in a child has to be asked while the session still lives.
    pub(super) fn stop(self) -> Spent {
        let (time, own) = (self.began.elapsed(), own_cpu().saturating_sub(self.own));
        let now = self.subject.tree.and_then(Tree::cpu);
        let server = now.zip(self.server).map(|(now, before)| now.saturating_sub(before));
        Spent { time, server, own }
    }
}

impl Spent {
    /// The CPU time of both for each of so many pieces, in a unit of which a second has `unit.1`.
    pub(super) fn cpu(&self, pieces: f64, unit: (&'static str, f64)) -> Vec<Figure> {
        let (name, per_second) = unit;
        let each = |time: Duration| time.as_secs_f64() * per_second / pieces;
        let server = self.server.map(|server| Figure::cost("server CPU", name, each(server)));
        server.into_iter().chain([Figure::cost("own CPU", name, each(self.own))]).collect()
    }
}
