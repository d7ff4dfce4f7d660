//! [`Report`]: everything measured, as a table for a terminal, in Markdown, or as JSON.

use super::fault::Fault;
use super::figure::{Better, Figure};
use super::options::{BenchOptions, Format};
use super::statistics::{Summary, best, ratio};
use super::workload::{Subject, Workload};
use crate::exit::Exit;
use crate::failure::Failure;
use serde::Serialize;
use std::fmt::Write;

/// Stands where there is no figure.
const NOTHING: &str = "\u{2013}";

/// Everything measured.
pub(super) struct Report {
    runs: usize,
    servers: Vec<Server>,
    rows: Vec<Row>,
    faults: Vec<Trouble>,
}

#[derive(Serialize)]
struct Server {
    name: String,
    address: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<u32>,
}

/// One kind of figure, of every server.
struct Row {
    workload: Workload,
    name: &'static str,
    unit: &'static str,
    better: Better,
    /// By server, in the order of the runs.
    values: Vec<Vec<f64>>,
}

struct Trouble {
    workload: Workload,
    server: String,
    fault: Fault,
}

impl Report {
    pub(super) fn new(options: &BenchOptions, subjects: &[Subject]) -> Self {
        let servers = subjects.iter().map(|subject| Server {
            name: subject.target.name.clone(),
            address: subject.address.to_string(),
            pid: subject.tree.map(super::process::Tree::root),
        });
        Self { runs: options.runs, servers: servers.collect(), rows: Vec::new(), faults: Vec::new() }
    }

    /// Adds what one run gave.
    pub(super) fn figures(&mut self, workload: Workload, subject: &Subject, figures: Vec<Figure>) {
        let Some(server) = self.servers.iter().position(|server| server.name == subject.target.name) else { return };
        for Figure { name, unit, better, value } in figures {
            let same = |row: &Row| (row.workload, row.name, row.unit) == (workload, name, unit);
            if !self.rows.iter().any(same) {
                let values = vec![Vec::new(); self.servers.len()];
                self.rows.push(Row { workload, name, unit, better, values });
            }
            let row = self.rows.iter_mut().find(|row| same(row));
            if let Some(values) = row.and_then(|row| row.values.get_mut(server)) {
                values.push(value);
            }
        }
    }

    /// Adds why there is no figure.
    pub(super) fn fault(&mut self, workload: Workload, subject: &Subject, fault: Fault) {
        self.faults.push(Trouble { workload, server: subject.target.name.clone(), fault });
    }

    /// The failure of the command, if nothing at all could be measured.
    pub(super) fn failure(&self) -> Option<Failure> {
        let first = self.faults.first().filter(|_| self.rows.is_empty())?;
        let what = format!("cannot measure {} of {}", first.workload.name(), first.server);
        let failure = Failure::new(first.fault.exit(), what, &first.fault);
        Some(match first.fault.exit() {
            Exit::Connect => failure.with_remedy("check host and port, and that the server runs"),
            Exit::Login => failure.with_remedy("give --user and --password"),
            Exit::Refused => failure.with_remedy("name files that are there: --file, --small-file, --dir"),
            _ => failure,
        })
    }

    /// All of it, with a line end.
    pub(super) fn render(&self, format: Format) -> String {
        match format {
            Format::Json => self.json(),
            Format::Table => self.table(),
            Format::Markdown => self.markdown(),
        }
    }

    fn cells(&self) -> Vec<Vec<String>> {
        let mut lines = vec![vec![String::new()]];
        if let Some(head) = lines.first_mut() {
            head.extend(self.servers.iter().map(|server| server.name.clone()));
        }
        for row in &self.rows {
            let name = [row.workload.name(), row.name].join(" ");
            let mut line = vec![format!("{} ({})", name.trim_end(), row.unit)];
            line.extend(row.standings().into_iter().map(|standing| match standing {
                Some(standing) => standing.cell(),
                None => NOTHING.to_owned(),
            }));
            lines.push(line);
        }
        lines
    }

    fn table(&self) -> String {
        let cells = self.cells();
        let width = |column: usize| {
            cells.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..=self.servers.len()).map(width).collect();
        let mut out = String::new();
        for line in &cells {
            let padded = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            let padded = padded.collect::<Vec<_>>().join("  ");
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{}", padded.trim_end());
        }
        let _ = writeln!(out, "\nmedian of {} [lowest\u{2013}highest] ratio to the best", self.runs);
        self.troubles(&mut out, "");
        out
    }

    fn markdown(&self) -> String {
        let mut out = String::new();
        for (at, line) in self.cells().iter().enumerate() {
            let line = line.iter().map(|cell| cell.replace('|', "\\|")).collect::<Vec<_>>().join(" | ");
            let _ = writeln!(out, "| {line} |");
            if at == 0 {
                let _ = writeln!(out, "|---|{}", "---:|".repeat(self.servers.len()));
            }
        }
        let _ =
            writeln!(out, "\nMedian of {} runs, interleaved; [lowest\u{2013}highest]; ratio to the best.\n", self.runs);
        self.troubles(&mut out, "- ");
        out
    }

    fn troubles(&self, out: &mut String, bullet: &str) {
        for Trouble { workload, server, fault } in &self.faults {
            let _ = writeln!(out, "{bullet}{server} {}: {fault}", workload.name());
        }
    }

    fn json(&self) -> String {
        let results = self.rows.iter().map(|row| JsonRow {
            workload: row.workload.name(),
            figure: row.name,
            unit: row.unit,
            better: row.better,
            servers: (self.servers.iter().zip(row.standings()).zip(&row.values))
                .filter_map(|((server, standing), values)| Some((&server.name, standing?, values)))
                .map(|(name, Standing { summary: Summary { median, min, max }, ratio }, values)| JsonStanding {
                    name,
                    values,
                    median,
                    min,
                    max,
                    ratio,
                })
                .collect(),
        });
        let faults = self.faults.iter().map(|trouble| JsonTrouble {
            workload: trouble.workload.name(),
            server: &trouble.server,
            message: trouble.fault.to_string(),
        });
        let document = JsonReport {
            runs: self.runs,
            servers: &self.servers,
            results: results.collect(),
            faults: faults.collect(),
        };
        // Strings and finite numbers always can be written.
        serde_json::to_string_pretty(&document).unwrap_or_default()
    }
}

impl Row {
    /// How each server did; `None` where it gave no figure.
    fn standings(&self) -> Vec<Option<Standing>> {
        let summaries: Vec<_> = self.values.iter().map(|values| Summary::of(values)).collect();
        let best = best(summaries.iter().flatten().map(|summary| summary.median), self.better);
        let standing = |summary: Option<Summary>| {
            let summary = summary?;
            Some(Standing { summary, ratio: ratio(summary.median, best?, self.better) })
        };
        summaries.into_iter().map(standing).collect()
    }
}

/// How one server did.
#[derive(Clone, Copy)]
struct Standing {
    summary: Summary,
    ratio: f64,
}

impl Standing {
    fn cell(self) -> String {
        let Summary { median, min, max } = self.summary;
        format!("{} [{}\u{2013}{}] {:.2}", number(median), number(min), number(max), self.ratio)
    }
}

/// Three digits at least, and not more behind the point than that takes.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 || size == 0.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

#[derive(Serialize)]
struct JsonReport<'a> {
    runs: usize,
    servers: &'a [Server],
    results: Vec<JsonRow<'a>>,
    faults: Vec<JsonTrouble<'a>>,
}

#[derive(Serialize)]
struct JsonRow<'a> {
    workload: &'static str,
    figure: &'static str,
    unit: &'static str,
    better: Better,
    servers: Vec<JsonStanding<'a>>,
}

#[derive(Serialize)]
struct JsonStanding<'a> {
    name: &'a str,
    values: &'a [f64],
    median: f64,
    min: f64,
    max: f64,
    ratio: f64,
}

#[derive(Serialize)]
struct JsonTrouble<'a> {
    workload: &'static str,
    server: &'a str,
    message: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{self, ErrorKind};

    /// Two servers; the second has no MLSD.
    fn report() -> Report {
        let server = |name: &str, pid| Server { name: name.to_owned(), address: "127.0.0.1:21".to_owned(), pid };
        let row = |workload, name, unit, better, values| Row { workload, name, unit, better, values };
        Report {
            runs: 3,
            servers: vec![server("a|b", Some(7)), server("second", None)],
            rows: vec![
                row(
                    Workload::Retr,
                    "",
                    "MiB/s",
                    Better::Higher,
                    vec![vec![1000.0, 1200.0, 1100.0], vec![2200.0, 2200.0, 2300.0]],
                ),
                row(Workload::Retr, "server CPU", "s/GiB", Better::Lower, vec![vec![0.125, 0.5, 0.25], vec![1.0; 3]]),
                row(Workload::Mlsd, "", "ms", Better::Lower, vec![vec![12.34, 12.0, 13.0], vec![]]),
            ],
            faults: vec![Trouble {
                workload: Workload::Mlsd,
                server: "second".to_owned(),
                fault: Fault::Connect(io::Error::from(ErrorKind::ConnectionRefused)),
            }],
        }
    }

    #[test]
    fn the_table() {
        insta::assert_snapshot!(report().render(Format::Table));
    }

    #[test]
    fn markdown() {
        insta::assert_snapshot!(report().render(Format::Markdown));
    }

    #[test]
    fn json() {
        insta::assert_snapshot!(report().render(Format::Json));
    }

    #[test]
    fn it_fails_only_if_there_is_no_figure_at_all() {
        let mut report = report();
        assert!(report.failure().is_none());
        report.rows.clear();
        assert!(report.failure().is_some_and(|failure| failure.exit == Exit::Connect));
    }
}
