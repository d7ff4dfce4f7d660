//! The report as XML in the form of `JUnit`, which CIs read.

use super::report::{Line, Report};
use crate::text::shown;
use conformance::check::Verdict;
use conformance::transcript::Level;
use maud::{Markup, PreEscaped, html};

/// The document.
pub(super) fn document(report: &Report) -> String {
    let lines = report.lines();
    let mut documents: Vec<&str> = Vec::new();
    for line in &lines {
        if !documents.contains(&&*line.document) {
            documents.push(&line.document);
        }
    }
    let suites = html! {
        (PreEscaped("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"))
        testsuites name=(format!("ftpkit check {}", report.server)) {
            @for document in documents {
                (suite(document, lines.iter().filter(|line| line.document == document)))
            }
        }
    };
    suites.into_string()
}

fn suite<'r>(document: &str, lines: impl Iterator<Item = &'r Line<'r>>) -> Markup {
    let lines: Vec<&Line> = lines.collect();
    let failed = lines.iter().filter(|line| fails(line)).count();
    let played = |line: &&&Line| matches!(line.verdict, Verdict::Passed) || fails(line);
    let skipped = lines.len() - lines.iter().filter(played).count();
    html! {
        testsuite name=(document) tests=(lines.len()) failures=(failed) errors="0" skipped=(skipped) {
            @for line in lines { (case(line)) }
        }
    }
}

fn case(line: &Line) -> Markup {
    let seconds = line.row.map_or(0.0, |row| row.took.as_secs_f64());
    let name = format!("{} {}: {}", line.level, line.name, line.title);
    html! {
        testcase classname=(line.document) name=(name) time=(format!("{seconds:.3}")) {
            @match &line.verdict {
                Verdict::Passed => {}
                Verdict::Failed { expected, seen } => {
                    @let text = format!("{}: permitted: {}; seen: {}", line.sources, shown(expected.as_bytes()), shown(seen.as_bytes()));
                    @if fails(line) { failure message=(text) {} } @else { skipped message=(text) {} }
                }
                Verdict::NotOffered(why) | Verdict::Skipped(why) => { skipped message=(shown(why.as_bytes())) {} }
            }
        }
    }
}

/// Does it fail the suite?
fn fails(line: &Line) -> bool {
    line.level == Level::Must && matches!(line.verdict, Verdict::Failed { .. })
}
