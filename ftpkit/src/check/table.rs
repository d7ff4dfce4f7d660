//! The report for a terminal.

use super::report::{Line, Report, name};
use super::summary::Summary;
use crate::text::shown;
use conformance::check::Verdict;
use conformance::transcript::Level;
use std::fmt::Write;

/// What failed, or everything, and the counts.
pub(super) fn render(report: &Report, all: bool) -> String {
    let lines = report.lines();
    let mut text = String::new();
    for line in &lines {
        if all || matches!(line.verdict, Verdict::Failed { .. }) {
            show(&mut text, line);
        }
    }
    if !text.is_empty() {
        text.push('\n');
    }
    counts(&mut text, &Summary::of(&lines));
    text
}

/// Writing to a String cannot fail.
fn show(text: &mut String, line: &Line) {
    let _ = writeln!(text, "{:11} {:6}  {}  {}", name(&line.verdict), line.level, line.name, line.title);
    match &line.verdict {
        Verdict::Passed => {}
        Verdict::Failed { expected, seen } => {
            let _ = writeln!(text, "            {}", line.sources);
            let _ = writeln!(text, "            permitted: {}", shown(expected.as_bytes()));
            let _ = writeln!(text, "            seen: {}", shown(seen.as_bytes()));
        }
        Verdict::NotOffered(why) | Verdict::Skipped(why) => {
            let _ = writeln!(text, "            {}", shown(why.as_bytes()));
        }
    }
}

fn counts(text: &mut String, summaries: &[Summary]) {
    let width = summaries.iter().map(|summary| summary.document.len()).max().unwrap_or_default();
    let _ = write!(text, "{:width$}", "");
    for level in Level::ALL {
        let _ = write!(text, "  {level:>8}");
    }
    let _ = writeln!(text, "  not offered  skipped");
    for summary in summaries {
        let _ = write!(text, "{:width$}", summary.document);
        for level in Level::ALL {
            let _ = write!(text, "  {:>8}", summary.at(level).share());
        }
        let counts = Level::ALL.map(|level| summary.at(level));
        let not_offered: usize = counts.iter().map(|counts| counts.not_offered).sum();
        let skipped: usize = counts.iter().map(|counts| counts.skipped).sum();
        let _ = writeln!(text, "  {not_offered:>11}  {skipped:>7}");
    }
}
