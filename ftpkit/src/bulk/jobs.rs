//! The jobs of this user: where their journals are, and how one is found again.

use super::journal::{self, Head, Journal, Record, Root, VERSION};
use super::plan::Plan;
use super::run::Job;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::state;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// The end of a journal's name.
const SUFFIX: &str = ".job";

/// A job that is not done.
pub(crate) struct Listed {
    /// Its name.
    pub(crate) id: String,
    /// Its journal.
    pub(crate) path: PathBuf,
    /// What that holds.
    pub(crate) record: Record,
    /// A process is at work on it.
    pub(crate) running: bool,
}

/// What a job is about, for a file.
pub(crate) fn head(job: &Job, jobs: usize) -> Head {
    Head {
        version: VERSION,
        source: Root::of(&job.source),
        target: Root::of(&job.target),
        preserve: job.care.preserve,
        verify: job.care.verify,
        jobs,
        segments: job.care.segments,
        began: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs()),
    }
}

/// Begins the journal of a job, and names the job.
///
/// # Errors
/// [`Failure`], if it cannot be written.
pub(crate) fn begin(job: &Job, plan: &Plan, jobs: usize) -> Result<(Journal, String), Failure> {
    let dir = state::directory("jobs")?;
    let head = head(job, jobs);
    // The time tells them apart for a person, the process for two of one second.
    let mut number = 0;
    loop {
        let id = format!(
            "{}-{}{}",
            head.began,
            std::process::id(),
            if number == 0 { String::new() } else { format!("-{number}") }
        );
        let path = dir.join(format!("{id}{SUFFIX}"));
        if path.exists() {
            number += 1;
            continue;
        }
        return Ok((Journal::begin(&path, &head, plan)?, id));
    }
}

/// All jobs that are not done, the oldest first.
///
/// # Errors
/// [`Failure`], if the state directory cannot be read.
pub(crate) fn all() -> Result<Vec<Listed>, Failure> {
    let dir = state::directory("jobs")?;
    let cannot = |error| Failure::new(Exit::Disk, format!("cannot read {}", dir.display()), error);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&dir).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let Some(id) = name.strip_suffix(SUFFIX) else { continue };
        let running = journal::is_locked(&path);
        // One whose plan was never whole has moved nothing.
        if let Ok(record) = journal::read(&path) {
            found.push(Listed { id: id.to_owned(), path, record, running });
        }
    }
    found.sort_by(|a, b| (a.record.head.began, &a.id).cmp(&(b.record.head.began, &b.id)));
    Ok(found)
}

/// The job of this name, or the latest that nobody works on.
///
/// # Errors
/// [`Failure`], if there is none.
pub(crate) fn find(id: Option<&str>) -> Result<Listed, Failure> {
    let mut all = all()?;
    all.retain(|job| id.map_or(!job.running, |id| job.id == id));
    let found = all.pop();
    found.ok_or_else(|| {
        let what = id.map_or_else(|| "cannot go on".to_owned(), |id| format!("cannot find the job {id}"));
        Failure::new(Exit::NotFound, what, "there is no such job")
            .with_remedy("ftpkit jobs list shows those that are not done")
    })
}
