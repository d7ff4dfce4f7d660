//! `ftpkit mirror`: one directory, made what another is.

use crate::bulk::{Filter, Job, Plan, Pool, Report, Rules, Side, Step, local, plan, space, tree, walk};
use crate::cli::MirrorOptions;
use crate::conflict::{Asker, Policy};
use crate::console::{Console, Go};
use crate::event::Event;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::place::Place;
use crate::remote::{FtpUrl, Site, make_directories, path};
use crate::text::shown;
use crate::verb::ask::asker;
use indicatif::HumanBytes;
use std::path::{Path, PathBuf};

/// How often what fails is tried again, where nobody said.
pub(crate) const RETRIES: u32 = 3;

/// Mirrors.
///
/// # Errors
/// [`Failure`], with what is missing.
pub(crate) fn run(options: &MirrorOptions, console: Console) -> Result<(), Failure> {
    let (target, url, dir) = sides(options)?;
    let filter = Filter::new(&options.include, &options.exclude)
        .map_err(|error| Failure::new(Exit::Usage, "cannot mirror", error))?;
    let policy = match (options.transfer.on_conflict, options.newer) {
        (Some(policy), _) => policy,
        (None, true) => Policy::Newer,
        (None, false) => Policy::Update,
    };
    let rules = Rules { policy, delete: options.delete };
    let site = Site::new(&url, &options.connect, console)?;
    let pool = Pool::new(site, options.jobs, options.connect.retries.unwrap_or(RETRIES), Interrupt::install()?);
    let mut care = options.transfer.care();
    // Without the source's time nobody could tell later what has changed.
    care.preserve = true;
    let job = Job { target, url, dir, care };
    let plan = plan_for(&job, &pool, &filter, rules, options.dry_run, &mut *asker(console))?;
    announce(&plan, console);
    if options.dry_run {
        return show(&plan);
    }
    check_space(&job, &plan, &pool)?;
    let result = carry_out(&job, &plan, &pool, console);
    pool.close();
    result
}

/// Which side is changed, and the two roots.
fn sides(options: &MirrorOptions) -> Result<(Side, FtpUrl, PathBuf), Failure> {
    match (&options.source, &options.target) {
        (Place::Remote(url), Place::Local(dir)) => Ok((Side::Local, root(url), dir.clone())),
        (Place::Local(dir), Place::Remote(url)) => Ok((Side::Remote, root(url), dir.clone())),
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
    let theirs = match (theirs?, job.target) {
        (Some(theirs), _) => theirs,
        (None, Side::Remote) if dry_run => tree::Tree::new(),
        (None, Side::Remote) => {
            pool.with_one(|session| make_directories(session, &job.url.path))?;
            tree::Tree::new()
        }
        (None, Side::Local) => {
            return Err(Failure::new(
                Exit::NotFound,
                format!("cannot mirror {}", job.url),
                "there is no such directory",
            )
            .with_remedy("ftpkit ls shows what is there"));
        }
    };
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

/// Refuses a plan that there is no room for.
///
/// # Errors
/// [`Failure`], with what is missing.
pub(crate) fn check_space(job: &Job, plan: &Plan, pool: &Pool) -> Result<(), Failure> {
    match job.target {
        Side::Local => space::check_local(plan, &local::open(&job.dir)?, &job.dir.display().to_string()),
        Side::Remote => {
            pool.with_one(|session| space::check_remote(plan, session, &job.url.path, &job.url.to_string()))
        }
    }
}

/// Carries the plan out and says what came of it.
///
/// # Errors
/// [`Failure`]: one that ended it, or that some of it failed.
pub(crate) fn carry_out(job: &Job, plan: &Plan, pool: &Pool, console: Console) -> Result<(), Failure> {
    let (files, bytes) = plan.total();
    let report = Report::new(console, files, bytes);
    let ended = job.run(plan, |_| true, pool, &report, &|_| {});
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
            Err(Failure::new(Exit::Partial, "not everything could be done", why)
                .with_remedy("the same command again does what is missing"))
        }
    }
}

/// Says what there is to do.
pub(crate) fn announce(plan: &Plan, console: Console) {
    let (files, bytes) = plan.total();
    let count = |wanted: fn(&Step) -> bool| plan.steps.iter().filter(|step| wanted(step)).count() as u64;
    let directories = count(|step| matches!(step, Step::Mkdir { .. }));
    let removals = count(|step| matches!(step, Step::Rm { .. } | Step::Rmdir { .. }));
    let left = plan.left.len() as u64;
    console.event(&Event::Planned { files, bytes, directories, removals, left });
    for (path, why) in plan.left.iter().filter(|(_, why)| why.contains("link")) {
        Console::warning(&format!("{} is left out: {why}", shown(path)));
    }
}

/// Shows the plan, a line for each step.
fn show(plan: &Plan) -> Result<(), Failure> {
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
        if Console::result(&line)? == Go::Stop {
            break;
        }
    }
    Ok(())
}
