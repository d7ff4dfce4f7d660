//! [`Summary`]: how many cases of each document and level had which verdict.

use super::report::Line;
use conformance::check::Verdict;
use conformance::transcript::Level;
use serde::Serialize;

/// Verdicts, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Counts {
    pub(super) passed: usize,
    pub(super) failed: usize,
    pub(super) not_offered: usize,
    pub(super) skipped: usize,
}

/// A document's verdicts.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    pub(super) document: String,
    pub(super) must: Counts,
    pub(super) should: Counts,
    pub(super) may: Counts,
}

impl Counts {
    fn count(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Passed => self.passed += 1,
            Verdict::Failed { .. } => self.failed += 1,
            Verdict::NotOffered(_) => self.not_offered += 1,
            Verdict::Skipped(_) => self.skipped += 1,
        }
    }

    /// `12/14`, of those that could tell; nothing if none could.
    pub(super) fn share(self) -> String {
        match self.passed + self.failed {
            0 => "–".into(),
            told => format!("{}/{told}", self.passed),
        }
    }
}

impl Summary {
    fn new(document: &str) -> Self {
        let none = Counts::default();
        Self { document: document.to_owned(), must: none, should: none, may: none }
    }

    /// One for each document in the order of its first case, and then one for all.
    pub(super) fn of(lines: &[Line]) -> Vec<Self> {
        let mut all = Self::new("all");
        let mut documents: Vec<Self> = Vec::new();
        for line in lines {
            if !documents.iter().any(|summary| summary.document == line.document) {
                documents.push(Self::new(&line.document));
            }
            let of_document = documents.iter_mut().filter(|summary| summary.document == line.document);
            for summary in of_document.chain([&mut all]) {
                summary.at_mut(line.level).count(&line.verdict);
            }
        }
        documents.push(all);
        documents
    }

    /// Those of a level.
    pub(super) fn at(&self, level: Level) -> Counts {
        match level {
            Level::Must => self.must,
            Level::Should => self.should,
            Level::May => self.may,
        }
    }

    fn at_mut(&mut self, level: Level) -> &mut Counts {
        match level {
            Level::Must => &mut self.must,
            Level::Should => &mut self.should,
            Level::May => &mut self.may,
        }
    }
}
