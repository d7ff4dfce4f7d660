//! [`Report`]: what came of all cases. How it is shown is decided elsewhere.

use conformance::check::{Case, Findings, Rule, Verdict};
use conformance::transcript::Level;
use std::time::Duration;

/// What came of all cases.
pub(super) struct Report<'c> {
    /// As it was named on the command line.
    pub(super) server: String,
    /// What it calls its system.
    pub(super) system: String,
    rows: Vec<Row<'c>>,
}

/// What came of a case.
pub(super) struct Row<'c> {
    pub(super) case: &'c Case,
    pub(super) verdict: Verdict,
    pub(super) findings: Findings,
    pub(super) took: Duration,
}

/// A case, or a rule for all replies, as all reports show it.
pub(super) struct Line<'r> {
    pub(super) name: &'r str,
    pub(super) document: String,
    pub(super) sources: &'r str,
    pub(super) title: &'r str,
    pub(super) level: Level,
    pub(super) verdict: Verdict,
    /// None for a rule.
    pub(super) row: Option<&'r Row<'r>>,
}

impl<'c> Report<'c> {
    pub(super) fn new(server: &str, system: &str) -> Self {
        Self { server: server.to_owned(), system: system.to_owned(), rows: Vec::new() }
    }

    pub(super) fn add(&mut self, row: Row<'c>) {
        self.rows.push(row);
    }

    /// Every line, those of the rules last.
    pub(super) fn lines(&self) -> Vec<Line<'_>> {
        let rows = self.rows.iter().map(Row::line);
        rows.chain(Rule::ALL.into_iter().map(|rule| self.rule(rule))).collect()
    }

    /// Musts that failed.
    pub(super) fn failed_musts(&self) -> usize {
        let failed = |line: &Line| line.level == Level::Must && matches!(line.verdict, Verdict::Failed { .. });
        self.lines().iter().filter(|line| failed(line)).count()
    }

    /// All replies are held against a rule, in whatever case they came.
    fn rule(&self, rule: Rule) -> Line<'_> {
        let replies: usize = self.rows.iter().map(|row| row.findings.replies).sum();
        let mut seen: Vec<String> = Vec::new();
        for row in &self.rows {
            for breach in row.findings.breaches.iter().filter(|breach| breach.rule == rule) {
                if !seen.iter().any(|other| other.starts_with(&breach.seen)) {
                    seen.push(format!("{} (in {})", breach.seen, row.case.name));
                }
            }
        }
        let verdict = if replies == 0 {
            Verdict::Skipped("there was no reply".into())
        } else if seen.is_empty() {
            Verdict::Passed
        } else {
            Verdict::Failed { expected: rule.title().into(), seen: seen.join("; ") }
        };
        Line {
            name: rule.name(),
            document: document(rule.sources()),
            sources: rule.sources(),
            title: rule.title(),
            level: rule.level(),
            verdict,
            row: None,
        }
    }
}

impl Row<'_> {
    /// As it is shown.
    pub(super) fn line(&self) -> Line<'_> {
        Line {
            name: &self.case.name,
            document: document(&self.case.sources),
            sources: &self.case.sources,
            title: &self.case.title,
            level: self.case.check.level,
            verdict: self.verdict.clone(),
            row: Some(self),
        }
    }
}

/// The document that comes first: `RFC 959` of `RFC 959 5.4, RFC 1123 4.1`.
fn document(sources: &str) -> String {
    let words = if sources.starts_with("RFC ") { 2 } else { 1 };
    sources.split([' ', ',']).take(words).collect::<Vec<_>>().join(" ")
}

/// The verdict's name.
pub(super) fn name(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Failed { .. } => "failed",
        Verdict::NotOffered(_) => "not-offered",
        Verdict::Skipped(_) => "skipped",
    }
}

#[cfg(test)]
mod tests {
    use super::document;

    #[test]
    fn the_document_is_the_first_source_without_its_section() {
        assert_eq!(document("RFC 959 5.4, RFC 1123 4.1"), "RFC 959");
        assert_eq!(document("RFC 1639, RFC 959"), "RFC 1639");
        assert_eq!(document("draft-somers-ftp-mfxx-03 3.1 MFMT"), "draft-somers-ftp-mfxx-03");
    }
}
