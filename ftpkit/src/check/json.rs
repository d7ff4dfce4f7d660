//! The report as JSON, one object a line. Scripts rely on the names: they may gain fields, not lose them.

use super::report::{Report, Row, name};
use super::summary::Summary;
use conformance::check::{By, Verdict};
use serde_json::{Value, json};

/// A case that was played.
pub(super) fn case(row: &Row) -> Value {
    let line = row.line();
    let (permitted, seen, reason) = match &line.verdict {
        Verdict::Passed => (None, None, None),
        Verdict::Failed { expected, seen } => (Some(expected), Some(seen), None),
        Verdict::NotOffered(why) | Verdict::Skipped(why) => (None, None, Some(why)),
    };
    let exchange: Vec<Value> =
        row.findings.exchange.iter().map(|said| json!({ "by": by(said.by), "what": said.what })).collect();
    json!({
        "event": "case",
        "name": line.name,
        "sources": line.sources,
        "title": line.title,
        "level": line.level.name(),
        "verdict": name(&line.verdict),
        "reason": reason,
        "permitted": permitted,
        "seen": seen,
        "exchange": exchange,
        "seconds": row.took.as_secs_f64(),
    })
}

/// A rule that all replies were held against, as a case.
pub(super) fn summary(report: &Report) -> Value {
    let mut documents = Summary::of(&report.lines());
    let all = documents.pop();
    let rules: Vec<Value> = report
        .lines()
        .iter()
        .filter(|line| line.row.is_none())
        .map(|line| {
            let seen = if let Verdict::Failed { seen, .. } = &line.verdict { Some(seen) } else { None };
            json!({ "name": line.name, "level": line.level.name(), "verdict": name(&line.verdict), "seen": seen })
        })
        .collect();
    json!({
        "event": "summary",
        "server": report.server,
        "system": report.system,
        "conforms": report.failed_musts() == 0,
        "replies": rules,
        "documents": documents,
        "all": all,
    })
}

/// Who said something.
pub(super) fn by(by: By) -> &'static str {
    match by {
        By::Client => "client",
        By::Server => "server",
        By::ClientData => "client-data",
        By::ServerData => "server-data",
    }
}
