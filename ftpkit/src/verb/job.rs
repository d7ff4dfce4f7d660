//! Carrying out a plan, for `mirror`, `get` and `put` of many files, and `jobs resume`: is there room, then the journal, then the work,
//! then what came of it.

use crate::bulk::journal::Journal;
use crate::bulk::run::OnDone;
use crate::bulk::{Job, Plan, Pool, Report, Side, Step, There, jobs};
use crate::cli::{ConnectOptions, TransferOptions};
use crate::console::Console;
use crate::event::Event;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::place::Place;
use crate::remote::path::trimmed;
use crate::remote::{FtpUrl, Site, needs_password};
use crate::text::shown;
use indicatif::HumanBytes;
use std::sync::Arc;

/// How often what fails is tried again, where nobody said.
pub(super) const RETRIES: u32 = 3;

/// A place, with the connections for many files where it is on a server.
///
/// # Errors
/// [`Failure`], if a password is not to be had.
pub(crate) fn there(
    url: FtpUrl,
    connect: &ConnectOptions,
    transfer: &TransferOptions,
    console: Console,
) -> Result<There, Failure> {
    let site = Site::new(&url, connect, console)?.for_transfers(transfer);
    let pool = Pool::new(site, transfer.jobs, connect.retries.unwrap_or(RETRIES));
    Ok(There { url, pool: Arc::new(pool) })
}

/// Pairs of connections at most between two servers: the two sessions of each wait for each other, and every one of them
/// takes a thread of those that some runtimes move files with.
const PAIRS: usize = 32;

/// The two places of a job, one of them on a server at least.
///
/// # Errors
/// [`Failure`]: they do not fit together, or a password is not to be had.
pub(crate) fn sides(
    source: &Place,
    target: &Place,
    connect: &ConnectOptions,
    transfer: &TransferOptions,
    console: Console,
) -> Result<(Side, Side), Failure> {
    // A root is a directory, however it is written.
    let root = |url: &FtpUrl| url.at(trimmed(&url.path).to_vec());
    let side = |url: FtpUrl, transfer: &TransferOptions| there(url, connect, transfer, console).map(Side::Remote);
    match (source, target) {
        (Place::Remote(url), Place::Local(dir)) => Ok((side(root(url), transfer)?, Side::Local(dir.clone()))),
        (Place::Local(dir), Place::Remote(url)) => Ok((Side::Local(dir.clone()), side(root(url), transfer)?)),
        (Place::Remote(from), Place::Remote(to)) => {
            let (from, to) = (root(from), root(to));
            check_pair(&from, &to, connect)?;
            let transfer = TransferOptions { jobs: transfer.jobs.min(PAIRS), ..transfer.clone() };
            // All bytes pass the source's connections: they keep the rate for both.
            let source = side(from, &transfer)?;
            Ok((source, side(to, &TransferOptions { limit_rate: None, ..transfer })?))
        }
        (Place::Local(_), Place::Local(_)) => {
            Err(Failure::new(Exit::Usage, "cannot mirror", "one side at least must be a URL")
                .with_remedy("as in: ftpkit mirror ftp://example.org/pub/docs docs")
                .or_at_prompt("as in: mirror :pub/docs docs"))
        }
    }
}

/// Refuses two places on servers that do not go together.
fn check_pair(from: &FtpUrl, to: &FtpUrl, connect: &ConnectOptions) -> Result<(), Failure> {
    let wrong = |why: &str| Failure::new(Exit::Usage, format!("cannot mirror {from} to {to}"), why);
    let lies_in = |inner: &[u8], outer: &[u8]| match outer {
        b"/" => true,
        // Where the login leads. Whether that lies above an absolute path only the server knows.
        b"" => !inner.starts_with(b"/"),
        outer => inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/")),
    };
    if from.is_same_login(to) {
        if lies_in(&from.path, &to.path) || lies_in(&to.path, &from.path) {
            return Err(wrong("one of the two lies in the other"));
        }
    } else if connect.gives_one_password() && needs_password(from, connect) && needs_password(to, connect) {
        return Err(wrong("one password would be sent to both servers")
            .with_remedy("a bookmark's --password-command, --netrc or the URL gives each its own"));
    }
    Ok(())
}

/// Carries out a new plan. What is not done of it can be gone on with.
///
/// # Errors
/// [`Failure`]: there is no room for it, or something failed.
pub(crate) fn perform(job: &Job, plan: &Plan, width: usize, console: Console) -> Result<(), Failure> {
    announce(plan, console);
    job.target.check_space(plan)?;
    if plan.steps.is_empty() {
        return carry_out(job, plan, |_| true, &|_| {}, console);
    }
    let (journal, id) = jobs::begin(job, plan, width)?;
    with_journal(job, plan, |_| true, journal, &id, console)
}

/// Carries out what is not done of a plan whose journal this is.
///
/// # Errors
/// [`Failure`], if something failed; the journal is kept then.
pub(crate) fn with_journal(
    job: &Job,
    plan: &Plan,
    todo: impl Fn(usize) -> bool,
    journal: Journal,
    id: &str,
    console: Console,
) -> Result<(), Failure> {
    match carry_out(job, plan, todo, &|step| journal.done(step, plan.is_cheap(step)), console) {
        Ok(()) => {
            journal.remove();
            Ok(())
        }
        Err(failure) => Err(failure
            .with_remedy(format!("ftpkit jobs resume {id}"))
            .or_at_prompt("`!ftpkit jobs resume` goes on with it")),
    }
}

/// Does what is to be done and says what came of it.
///
/// # Errors
/// [`Failure`]: one that ended it, or that some of it failed.
fn carry_out(
    job: &Job,
    plan: &Plan,
    todo: impl Fn(usize) -> bool,
    on_done: &OnDone<'_>,
    console: Console,
) -> Result<(), Failure> {
    let (files, bytes) = plan.total_of(&todo);
    let report = Report::new(console, files, bytes);
    let ended = job.run(plan, todo, &report, on_done);
    let summary = report.end();
    let failed = summary.failures.len() as u64;
    let seconds = summary.time.as_secs_f64();
    console.event(&Event::Finished { files: summary.files, moved: summary.bytes, failed, seconds });
    ended?;
    let (moved, rate) = (HumanBytes(summary.bytes), HumanBytes((summary.bytes as f64 / seconds.max(1e-3)) as u64));
    console.note(&format!("{} files, {moved} in {seconds:.1} s ({rate}/s)", summary.files));
    match summary.failures.as_slice() {
        [] => Ok(()),
        [only] if summary.files == 0 => Err(only.clone()),
        failures => {
            let why = format!("{} done, {} not", summary.files, failures.len());
            Err(Failure::new(Exit::Partial, "not everything could be done", why))
        }
    }
}

/// Says what there is to do.
fn announce(plan: &Plan, console: Console) {
    let (files, bytes) = plan.total();
    let count = |wanted: fn(&Step) -> bool| plan.steps.iter().filter(|step| wanted(step)).count() as u64;
    let directories = count(|step| matches!(step, Step::Mkdir { .. }));
    let removals = count(|step| matches!(step, Step::Rm { .. } | Step::Rmdir { .. }));
    let left = plan.left.len() as u64;
    console.event(&Event::Planned { files, bytes, directories, removals, left });
    for (path, why) in plan.left.iter().filter(|(_, why)| why.contains("link")) {
        console.warning(&format!("{} is left out: {why}", shown(path)));
    }
}
