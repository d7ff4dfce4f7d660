//! The report for a browser: one page that needs no other file, no script and no network.

use super::chart::chart;
use super::report::{Line, Report, name};
use super::summary::Summary;
use crate::text::shown;
use conformance::check::Verdict;
use conformance::transcript::Level;
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("report.css");

/// The page.
pub(super) fn page(report: &Report) -> String {
    let lines = report.lines();
    let failed: Vec<&Line> = lines.iter().filter(|line| matches!(line.verdict, Verdict::Failed { .. })).collect();
    let verdict = if report.failed_musts() == 0 { "all musts hold" } else { "not all musts hold" };
    let summaries = Summary::of(&lines);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "ftpkit check " (report.server) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "FTP conformance of " (shown(report.server.as_bytes())) }
                p { (verdict) "; the system calls itself " q { (shown(report.system.as_bytes())) } }
                (counts(&summaries))
                @if !failed.is_empty() {
                    h2 { "Failed" }
                    @for line in &failed { (section(line)) }
                }
                @for summary in &summaries {
                    @let of_document = lines.iter().filter(|line| line.document == summary.document && !matches!(line.verdict, Verdict::Failed { .. }));
                    @for (place, line) in of_document.enumerate() {
                        @if place == 0 { h2 { (summary.document) } }
                        (section(line))
                    }
                }
            }
        }
    };
    page.into_string()
}

fn counts(summaries: &[Summary]) -> Markup {
    html! {
        table {
            thead { tr { th {} @for level in Level::ALL { th { (level.name()) } } th { "not offered" } th { "skipped" } } }
            tbody {
                @for summary in summaries {
                    @let counts = Level::ALL.map(|level| summary.at(level));
                    tr {
                        th { (summary.document) }
                        @for counts in counts { td.bad[counts.failed > 0] { (counts.share()) } }
                        td { (counts.iter().map(|counts| counts.not_offered).sum::<usize>()) }
                        td { (counts.iter().map(|counts| counts.skipped).sum::<usize>()) }
                    }
                }
            }
        }
    }
}

fn section(line: &Line) -> Markup {
    html! {
        details id=(line.name) {
            summary {
                span class=(format!("verdict {}", name(&line.verdict))) { (name(&line.verdict).replace('-', " ")) }
                " " span.level { (line.level.name()) }
                " " code { (line.name) }
                " " (line.title)
            }
            p.sources { (line.sources) }
            @match &line.verdict {
                Verdict::Passed => {}
                Verdict::Failed { expected, seen } => {
                    dl {
                        dt { "permitted" } dd { code { (shown(expected.as_bytes())) } }
                        dt { "seen" } dd { (shown(seen.as_bytes())) }
                    }
                }
                Verdict::NotOffered(why) | Verdict::Skipped(why) => { p { (shown(why.as_bytes())) } }
            }
            @if let Some(row) = line.row {
                (chart(&row.findings.exchange))
                @if !row.case.text.is_empty() { pre { (row.case.text) } }
            }
        }
    }
}
