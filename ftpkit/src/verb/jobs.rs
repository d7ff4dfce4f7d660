//! `ftpkit jobs`: what was begun and is not done.

use super::job::{sides, with_journal};
use crate::bookmark;
use crate::bulk::journal::{Head, Journal, Record, Root};
use crate::bulk::plan::{Move, Step};
use crate::bulk::tree::{Facts, Kind};
use crate::bulk::{Job, Plan, Side, jobs, walk};
use crate::cli::{ConnectOptions, JobsCommand, ResumeOptions, TransferOptions};
use crate::console::{Console, Go};
use crate::entry_text::date;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::place::Place;
use crate::remote::FtpUrl;
use crate::transfer::{Care, OVERLAP};
use ftp_core::anonymous;
use ftp_core::time::WallTime;
use serde::Serialize;

/// Does what the command says.
///
/// # Errors
/// [`Failure`], with what is missing.
pub(crate) fn run(command: &JobsCommand, console: Console) -> Result<(), Failure> {
    match command {
        JobsCommand::List(_) => list(console),
        JobsCommand::Resume(options) => resume(options, console),
        JobsCommand::Forget(options) => forget(&options.ids),
    }
}

/// A job in JSON.
#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    source: String,
    target: String,
    began: u64,
    steps: usize,
    done: usize,
    running: bool,
}

fn list(console: Console) -> Result<(), Failure> {
    for job in jobs::all()? {
        let Record { head, plan, done } = &job.record;
        let line = Line {
            id: &job.id,
            source: head.source.to_string(),
            target: head.target.to_string(),
            began: head.began,
            steps: plan.steps.len(),
            done: done.len(),
            running: job.running,
        };
        let text = if console.json() {
            serde_json::to_string(&line).map_err(|error| Failure::new(Exit::Internal, "cannot print", error))?
        } else {
            let began = date(WallTime { seconds: head.began.cast_signed(), nanos: 0 });
            let running = if job.running { " (running)" } else { "" };
            format!("{}  {began}  {}/{}  {} -> {}{running}", line.id, line.done, line.steps, line.source, line.target)
        };
        if console.result(text)? == Go::Stop {
            break;
        }
    }
    Ok(())
}

fn forget(ids: &[String]) -> Result<(), Failure> {
    let chosen = if ids.is_empty() {
        jobs::all()?.into_iter().filter(|job| !job.running).collect()
    } else {
        ids.iter().map(|id| jobs::find(Some(id))).collect::<Result<Vec<_>, _>>()?
    };
    for job in chosen {
        let (journal, _) = Journal::resume(&job.path)?;
        journal.remove();
    }
    Ok(())
}

fn resume(options: &ResumeOptions, console: Console) -> Result<(), Failure> {
    let listed = jobs::find(options.id.as_deref())?;
    let (journal, record) = Journal::resume(&listed.path)?;
    let Record { head, plan, done } = record;
    let job = restored(&head, &options.connect, options.limit_rate, console)?;
    let plan = again(plan, &job, &head, |step| !done.contains(&step))?;
    with_journal(&job, &plan, |step| !done.contains(&step), journal, &listed.id, console)?;
    job.close();
    Ok(())
}

/// The job that a record tells of, with its connections.
///
/// # Errors
/// [`Failure`], if the record is not to be used, or a password is not to be had.
pub(crate) fn restored(
    head: &Head,
    connect: &ConnectOptions,
    rate: Option<u64>,
    console: Console,
) -> Result<Job, Failure> {
    let transfer = TransferOptions { jobs: head.jobs, ..TransferOptions::new(None, rate) };
    let place = |root: &Root| match root {
        Root::Dir(dir) => Ok(Place::Local(dir.clone())),
        Root::Url(url) => {
            let url: FtpUrl = url.parse().map_err(|error| Failure::new(Exit::Usage, "cannot use the record", error))?;
            let url = bookmark::with_credentials(url)?;
            // It was an anonymous one, whoever has an entry for the host by now.
            let user = url.user.clone().or_else(|| connect.netrc.is_some().then(|| anonymous::USER.into()));
            Ok(Place::Remote(FtpUrl { user, ..url }))
        }
    };
    let (source, target) = sides(&place(&head.source)?, &place(&head.target)?, connect, &transfer, console)?;
    let care = Care { preserve: head.preserve, verify: head.verify, segments: head.segments };
    Ok(Job { source, target, care })
}

/// The plan, with what may be there of its files gone on with.
fn again(plan: Plan, job: &Job, head: &Head, todo: impl Fn(usize) -> bool) -> Result<Plan, Failure> {
    let names = plan.steps.iter().enumerate().filter(|(step, _)| todo(*step)).map(|(_, step)| step.path());
    // Here one look costs nothing. There a listing tells of many files at once, and asking for each would cost more than sending the small
    // ones again.
    let mut there = if let Side::Remote(_) = &job.target { Some(job.target.around(names)?) } else { None };
    let began = head.began.cast_signed();
    if let (Some(there), Side::Remote(target)) = (&mut there, &job.target) {
        let todo = plan.steps.iter().enumerate().filter(|(step, _)| todo(*step)).filter_map(|(_, step)| step.order());
        let unsure: Vec<Vec<u8>> =
            todo.filter(|order| is_unsure(there.get(&order.to), order, began)).map(|order| order.to.clone()).collect();
        walk::date(&target.pool, &target.url.path, unsure, there)?;
    }
    let resumes = |order: &Move| match &there {
        None => true,
        Some(there) => match there.get(&order.to).filter(|facts| facts.kind == Kind::File) {
            // Of this job, by its time. A file from before is replaced as planned.
            Some(facts) => {
                facts.known.modified.is_none_or(|time| time.seconds >= began || Some(time.seconds) == order.modified)
            }
            // Some servers keep it aside, where only SIZE finds it.
            None => order.size.is_some_and(|size| size > OVERLAP),
        },
    };
    let steps = plan.steps.into_iter().enumerate().map(|(number, step)| match step {
        Step::Move(order) if todo(number) => {
            let resume = order.resume || resumes(&order);
            Step::Move(Move { resume, ..order })
        }
        step => step,
    });
    Ok(Plan { steps: steps.collect(), left: plan.left })
}

/// Is it a file of this job, perhaps? A listing in the form of `ls` tells minutes, and the whole job may lie within one.
fn is_unsure(facts: Option<&Facts>, order: &Move, began: i64) -> bool {
    let Some(time) = facts.filter(|facts| facts.kind == Kind::File).and_then(|facts| facts.known.modified) else {
        return false;
    };
    let minute = time.seconds..time.seconds + 60;
    let may_be = minute.contains(&began) || order.modified.is_some_and(|modified| minute.contains(&modified));
    time.seconds % 60 == 0 && time.seconds < began && Some(time.seconds) != order.modified && may_be
}
