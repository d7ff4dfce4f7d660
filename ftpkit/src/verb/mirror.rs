//! `ftpkit mirror`: one directory, made what another is.

use super::ask::asker;
use super::job::{perform, pool};
use super::jobs::restored;
use crate::bulk::journal::{self, Journal};
use crate::bulk::{Filter, Job, Plan, Pool, Rules, Side, Step, jobs, local, plan, tree, walk};
use crate::cli::MirrorOptions;
use crate::conflict::{Asker, Policy};
use crate::console::{Console, Go};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::place::Place;
use crate::remote::{FtpUrl, make_directories, path};
use crate::text::shown;
use crate::transfer::Care;
use indicatif::HumanBytes;
use std::path::{Path, PathBuf};

/// Mirrors.
///
/// # Errors
/// [`Failure`], with what is missing.
pub(crate) fn run(options: &MirrorOptions, console: Console) -> Result<(), Failure> {
    if let Some(file) = &options.apply {
        return apply(file, options, console);
    }
    let (target, url, dir) = sides(options)?;
    let filter = Filter::new(&options.include, &options.exclude)
        .map_err(|error| Failure::new(Exit::Usage, "cannot mirror", error))?;
    let policy = match (options.transfer.on_conflict, options.newer) {
        (Some(policy), _) => policy,
        (None, true) => Policy::Newer,
        (None, false) => Policy::Update,
    };
    let rules = Rules { policy, delete: options.delete };
    let pool = pool(&url, &options.connect, &options.transfer, console)?;
    // Without the source's time nobody could tell later what has changed.
    let care = Care { preserve: true, ..options.transfer.care() };
    let job = Job { target, url, dir, care };
    let plan = plan_for(&job, &pool, &filter, rules, options.dry_run, &mut *asker(console))?;
    if options.dry_run {
        return show(&plan, console);
    }
    if let Some(file) = &options.plan {
        let (files, bytes) = plan.total();
        Journal::begin(file, &jobs::head(&job, options.transfer.jobs), &plan)?;
        console.note(&format!("{} steps, {files} files, {}", plan.steps.len(), HumanBytes(bytes)));
        return Ok(());
    }
    perform(&job, &plan, &pool, options.transfer.jobs, console)?;
    pool.close();
    Ok(())
}

/// Carries out a plan from a file, which stays as it is.
fn apply(file: &Path, options: &MirrorOptions, console: Console) -> Result<(), Failure> {
    let record = journal::read(file)?;
    let (job, pool) = restored(&record.head, &options.connect, options.transfer.limit_rate, console)?;
    perform(&job, &record.plan, &pool, record.head.jobs, console)?;
    pool.close();
    Ok(())
}

/// Which side is changed, and the two roots.
fn sides(options: &MirrorOptions) -> Result<(Side, FtpUrl, PathBuf), Failure> {
    match (&options.source, &options.target) {
        (Some(Place::Remote(url)), Some(Place::Local(dir))) => Ok((Side::Local, root(url), dir.clone())),
        (Some(Place::Local(dir)), Some(Place::Remote(url))) => Ok((Side::Remote, root(url), dir.clone())),
        _ => Err(Failure::new(Exit::Usage, "cannot mirror", "one side must be a URL, the other a directory here")
            .with_remedy("as in: ftpkit mirror ftp://example.org/pub/docs docs")),
    }
}

/// A root is a directory, however it is written.
fn root(url: &FtpUrl) -> FtpUrl {
    url.at(path::trimmed(&url.path).to_vec())
}

/// Walks both sides, at once, and compares them.
fn plan_for(
    job: &Job,
    pool: &Pool,
    filter: &Filter,
    rules: Rules,
    dry_run: bool,
    asker: &mut dyn Asker,
) -> Result<Plan, Failure> {
    let (theirs, ours) = std::thread::scope(|scope| {
        let ours = scope.spawn(|| here(job, filter, dry_run));
        let theirs = walk::remote(pool, &job.url.path, filter);
        let ours = ours.join().unwrap_or_else(|_| Err(Failure::new(Exit::Internal, "cannot walk", "a thread died")));
        (theirs, ours)
    });
    let ours = ours?;
    let theirs = theirs?;
    if theirs.is_none() && job.target == Side::Local {
        return Err(Failure::new(Exit::NotFound, format!("cannot mirror {}", job.url), "there is no such directory")
            .with_remedy("ftpkit ls shows what is there"));
    }
    let theirs = theirs.unwrap_or_default();
    // Some servers list a directory that is not there as one that is empty.
    if theirs.is_empty() && job.target == Side::Remote && !dry_run && !job.url.path.is_empty() {
        pool.with_one(|session| make_directories(session, &job.url.path))?;
    }
    match job.target {
        Side::Local => plan::mirror(&theirs, &ours, rules, asker),
        Side::Remote => plan::mirror(&ours, &theirs, rules, asker),
    }
}

/// The local tree. Its root is made if files are to come there.
fn here(job: &Job, filter: &Filter, dry_run: bool) -> Result<tree::Tree, Failure> {
    if job.target == Side::Local && !job.dir.exists() {
        if dry_run {
            return Ok(tree::Tree::new());
        }
        make(&job.dir)?;
    }
    local::walk(&local::open(&job.dir)?, b"", filter)
}

fn make(dir: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(dir)
        .map_err(|error| Failure::new(Exit::Disk, format!("cannot make {}", dir.display()), error))
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
