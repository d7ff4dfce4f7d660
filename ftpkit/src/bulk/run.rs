//! [`Job`]: a plan, carried out.

use super::local;
use super::one::Mover;
use super::pipe::Pipe;
use super::plan::{Move, Plan, SMALL, Step};
use super::pool::Pool;
use super::report::Report;
use super::trial::Trial;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::path::join;
use crate::remote::refusal::disk as refused;
use crate::remote::{FtpUrl, Session};
use crate::text::shown;
use crate::transfer::Care;
use ftp_core::action::StorageError;
use ftp_core::client::Request;
use ftp_core::codec::Codec;
use ftp_host::storage::{Disk, Storage};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Which side is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Side {
    /// The local one: files are fetched.
    Local,
    /// The server: files are stored.
    Remote,
}

/// What a plan is carried out on.
pub(crate) struct Job {
    /// The side that is changed.
    pub(crate) target: Side,
    /// The remote root.
    pub(crate) url: FtpUrl,
    /// The local root.
    pub(crate) dir: PathBuf,
    /// What is to be taken care of with every file.
    pub(crate) care: Care,
}

/// Hears when a step is done, by its number.
pub(crate) type OnDone<'a> = dyn Fn(usize) + Sync + 'a;

impl Job {
    /// Does the steps that `todo` names, kind by kind. What fails is reported and does not hold up the rest; nothing is removed for good where
    /// something failed.
    ///
    /// # Errors
    /// [`Failure`] after which nothing more can be done.
    pub(crate) fn run(
        &self,
        plan: &Plan,
        todo: impl Fn(usize) -> bool,
        pool: &Pool,
        report: &Report,
        on_done: &OnDone<'_>,
    ) -> Result<(), Failure> {
        let disk = local::open(&self.dir)?;
        let dir = self.dir.display().to_string();
        let mover = Mover {
            target: self.target,
            disk: &disk,
            dir: &dir,
            url: &self.url,
            codec: self.url.codec.unwrap_or(Codec::RAW),
            blocks: self.url.codec.is_none() && are_small(plan),
            care: self.care,
            report,
        };
        let steps: Vec<(usize, &Step)> = plan.steps.iter().enumerate().filter(|(number, _)| todo(*number)).collect();
        let of = |wanted: fn(&Step) -> bool| steps.iter().copied().filter(move |(_, step)| wanted(step));
        let small = |steps: Vec<(usize, &Step)>| self.small(&disk, steps, pool, report, on_done);

        small(of(|step| matches!(step, Step::Rm { first: true, .. })).collect())?;
        for level in levels(of(|step| matches!(step, Step::Rmdir { first: true, .. }))).into_iter().rev() {
            small(level)?;
        }
        for level in levels(of(|step| matches!(step, Step::Mkdir { .. }))) {
            small(level)?;
        }
        let moves: Vec<_> = of(|step| matches!(step, Step::Move(_))).collect();
        let pipe = Pipe { mover: &mover, on_done, retries: pool.retries, trial: Trial::new(pool.site(), moves.len()) };
        pool.work_ahead(
            moves,
            false,
            |session, task, queue| pipe.run(session, task, queue),
            |_, failure| report.failed(failure),
        )?;
        if report.has_failures() {
            return Ok(());
        }
        small(of(|step| matches!(step, Step::Rm { first: false, .. })).collect())?;
        for level in levels(of(|step| matches!(step, Step::Rmdir { first: false, .. }))).into_iter().rev() {
            small(level)?;
        }
        Ok(())
    }

    /// Makes and removes names: those of one call in any order.
    fn small(
        &self,
        disk: &Disk,
        steps: Vec<(usize, &Step)>,
        pool: &Pool,
        report: &Report,
        on_done: &OnDone<'_>,
    ) -> Result<(), Failure> {
        if self.target == Side::Local {
            for (number, step) in steps {
                match on_disk(disk, step) {
                    Ok(()) => on_done(number),
                    Err(failure) => report.failed(failure),
                }
            }
            return Ok(());
        }
        if steps.is_empty() {
            return Ok(());
        }
        pool.work(
            steps,
            false,
            |session, (number, step), _| {
                self.on_server(session, step)?;
                on_done(*number);
                Ok(())
            },
            |_, failure| report.failed(failure),
        )
    }

    fn on_server(&self, session: &mut Session, step: &Step) -> Result<(), Failure> {
        let path = join(&self.url.path, step.path());
        let (request, what) = match step {
            Step::Mkdir { .. } => (Request::MakeDirectory(path.clone()), "make"),
            Step::Rmdir { .. } => (Request::RemoveDirectory(path.clone()), "remove"),
            Step::Rm { .. } => (Request::RemoveFile(path.clone()), "remove"),
            Step::Move(Move { .. }) => return Ok(()),
        };
        let result = session.need(request, || format!("cannot {what} {}", shown(&path)));
        // An earlier attempt may have got so far, and only its answer was lost.
        if result.is_err() && is_done(session, step, &path) { Ok(()) } else { result.map(drop) }
    }
}

/// Is it about many small files, with so few large ones between them that a change of MODE for each costs less than MODE B saves?
fn are_small(plan: &Plan) -> bool {
    let moves = || plan.steps.iter().filter_map(|step| if let Step::Move(order) = step { Some(order) } else { None });
    let small = moves().filter(|order| order.size.is_some_and(|size| size <= SMALL)).count();
    small >= 8 && small >= moves().count() / 20 * 19
}

/// Is that already so which the step is to bring about?
fn is_done(session: &mut Session, step: &Step, path: &[u8]) -> bool {
    match (step, crate::remote::entry(session, path)) {
        (Step::Mkdir { .. }, Ok(entry)) => entry.is_directory(),
        (Step::Rm { .. } | Step::Rmdir { .. }, Err(failure)) => failure.exit == Exit::NotFound,
        _ => false,
    }
}

fn on_disk(disk: &Disk, step: &Step) -> Result<(), Failure> {
    let path = local::virtual_path(step.path())?;
    let (result, what) = match step {
        Step::Mkdir { .. } => (disk.make_dir(&path), "make"),
        Step::Rmdir { .. } => (disk.remove_dir(&path), "remove"),
        Step::Rm { .. } => (disk.remove_file(&path), "remove"),
        Step::Move(_) => return Ok(()),
    };
    let already = match step {
        Step::Mkdir { .. } => Err(StorageError::Exists),
        _ => Err(StorageError::NotFound),
    };
    if result == already {
        return Ok(());
    }
    result.map_err(|error| refused(format!("cannot {what} {}", shown(step.path())), error))
}

/// The steps by the depth of their paths, the shallow ones first.
fn levels<'a>(steps: impl Iterator<Item = (usize, &'a Step)>) -> Vec<Vec<(usize, &'a Step)>> {
    let mut levels: Vec<Vec<(usize, &Step)>> = Vec::new();
    for (number, step) in steps {
        let depth = step.path().split(|&byte| byte == b'/').count() - 1;
        if levels.len() <= depth {
            levels.resize_with(depth + 1, Vec::new);
        }
        levels[depth].push((number, step));
    }
    levels
}
