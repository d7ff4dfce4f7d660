//! `ftpkit mirror`: one directory, made what another is.

use super::ask::asker;
use super::job::{perform, sides};
use super::jobs::restored;
use crate::bulk::journal::{self, Journal};
use crate::bulk::{Filter, Job, Plan, Rules, Side, Step, jobs, plan};
use crate::cli::MirrorOptions;
use crate::conflict::{Asker, Policy};
use crate::console::{Console, Go};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::shown;
use crate::transfer::Care;
use indicatif::HumanBytes;
use std::path::Path;

/// Mirrors.
///
/// # Errors
/// [`Failure`], with what is missing.
pub(crate) fn run(options: &MirrorOptions, console: Console) -> Result<(), Failure> {
    if let Some(file) = &options.apply {
        return apply(file, options, console);
    }
    let (Some(source), Some(target)) = (&options.source, &options.target) else {
        return Err(Failure::new(Exit::Usage, "cannot mirror", "SRC and DST are missing"));
    };
    let (source, target) = sides(source, target, &options.connect, &options.transfer, console)?;
    if options.segments > 1 && matches!(target, Side::Remote(_)) {
        return Err(Failure::new(Exit::Usage, "cannot mirror", "--segments is for files that are fetched")
            .with_remedy("leave it out; -j moves several files at once"));
    }
    let filter = Filter::new(&options.include, &options.exclude)
        .map_err(|error| Failure::new(Exit::Usage, "cannot mirror", error))?;
    let policy = match (options.transfer.on_conflict, options.newer) {
        (Some(policy), _) => policy,
        (None, true) => Policy::Newer,
        (None, false) => Policy::Update,
    };
    let rules = Rules { policy, delete: options.delete };
    // Without the source's time nobody could tell later what has changed.
    let segments = options.segments.min(options.transfer.jobs);
    let care = Care { preserve: true, segments, ..options.transfer.care() };
    let job = Job { source, target, care };
    let plan = plan_for(&job, &filter, rules, options.dry_run, &mut *asker(console))?;
    if options.dry_run {
        return show(&plan, console);
    }
    if let Some(file) = &options.plan {
        let (files, bytes) = plan.total();
        Journal::begin(file, &jobs::head(&job, options.transfer.jobs), &plan)?;
        console.note(&format!("{} steps, {files} files, {}", plan.steps.len(), HumanBytes(bytes)));
        return Ok(());
    }
    perform(&job, &plan, options.transfer.jobs, console)?;
    job.close();
    Ok(())
}

/// Carries out a plan from a file, which stays as it is.
fn apply(file: &Path, options: &MirrorOptions, console: Console) -> Result<(), Failure> {
    let record = journal::read(file)?;
    let job = restored(&record.head, &options.connect, options.transfer.limit_rate, console)?;
    perform(&job, &record.plan, record.head.jobs, console)?;
    job.close();
    Ok(())
}

/// Walks both sides, at once, and compares them. The target is made if it is missing.
fn plan_for(job: &Job, filter: &Filter, rules: Rules, dry_run: bool, asker: &mut dyn Asker) -> Result<Plan, Failure> {
    let (from, to) = std::thread::scope(|scope| {
        let from = scope.spawn(|| job.source.walk(filter));
        let to = job.target.walk(filter);
        let died = |_| Err(Failure::new(Exit::Internal, "cannot walk", "a thread died"));
        (from.join().unwrap_or_else(died), to)
    });
    let Some(from) = from? else {
        let (exit, remedy, at_prompt) = match &job.source {
            Side::Local(_) => (Exit::Disk, "name another one", "name another one"),
            Side::Remote(_) => (Exit::NotFound, "ftpkit ls shows what is there", "`ls` shows what is there"),
        };
        let what = format!("cannot mirror {}", job.source);
        return Err(Failure::new(exit, what, "there is no such directory").with_remedy(remedy).or_at_prompt(at_prompt));
    };
    let to = to?.unwrap_or_default();
    // Some servers list a directory that is not there as one that is empty.
    if to.is_empty() && !dry_run {
        job.target.make()?;
    }
    plan::mirror(&from, &to, rules, asker)
}

/// Shows the plan, a line for each step.
fn show(plan: &Plan, console: Console) -> Result<(), Failure> {
    for step in &plan.steps {
        let path = shown(step.path());
        let line = match step {
            Step::Mkdir { .. } => format!("make    {path}/"),
            Step::Move(order) => {
                let size = order.size.map_or_else(|| "?".to_owned(), |size| size.to_string());
                format!("move    {path}  {size}")
            }
            Step::Rm { .. } => format!("remove  {path}"),
            Step::Rmdir { .. } => format!("remove  {path}/"),
        };
        if console.result(line)? == Go::Stop {
            break;
        }
    }
    Ok(())
}
