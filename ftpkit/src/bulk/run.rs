//! [`Job`]: a plan, carried out.

use super::across::Across;
use super::crew::Crew;
use super::large::{Item, Numbered};
use super::local;
use super::one::{Mover, Way};
use super::pipe::Pipe;
use super::plan::{Move, Plan, SMALL, Step};
use super::report::Report;
use super::side::{Side, There};
use super::trial::Trial;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Session;
use crate::remote::path::join;
use crate::remote::refusal::disk as refused;
use crate::text::shown;
use crate::transfer::{Care, Verify};
use ftp_core::action::StorageError;
use ftp_core::client::Request;
use ftp_core::codec::Codec;
use ftp_host::storage::{Disk, Storage};

/// What a plan is carried out on.
pub(crate) struct Job {
    /// Where files come from.
    pub(crate) source: Side,
    /// Where they go; the only one that is changed.
    pub(crate) target: Side,
    /// What is to be taken care of with every file.
    pub(crate) care: Care,
}

/// Hears when a step is done, by its number.
pub(crate) type OnDone<'a> = dyn Fn(usize) + Sync + 'a;

impl Job {
    /// Says goodbye on all connections.
    pub(crate) fn close(&self) {
        self.source.close();
        self.target.close();
    }

    /// Does the steps that `todo` names, kind by kind. What fails is reported and does not hold up the rest; nothing is removed for good where
    /// something failed.
    ///
    /// # Errors
    /// [`Failure`] after which nothing more can be done.
    pub(crate) fn run(
        &self,
        plan: &Plan,
        todo: impl Fn(usize) -> bool,
        report: &Report,
        on_done: &OnDone<'_>,
    ) -> Result<(), Failure> {
        let steps: Vec<Numbered<'_>> = plan.steps.iter().enumerate().filter(|(number, _)| todo(*number)).collect();
        let of = |wanted: fn(&Step) -> bool| steps.iter().copied().filter(move |(_, step)| wanted(step));
        let small = |steps: Vec<Numbered<'_>>| self.small(steps, report, on_done);

        small(of(|step| matches!(step, Step::Rm { first: true, .. })).collect())?;
        for level in levels(of(|step| matches!(step, Step::Rmdir { first: true, .. }))).into_iter().rev() {
            small(level)?;
        }
        for level in levels(of(|step| matches!(step, Step::Mkdir { .. }))) {
            small(level)?;
        }
        let files: Vec<_> = of(|step| matches!(step, Step::Move(_))).collect();
        self.files(&files, are_small(plan), report, on_done)?;
        if report.has_failures() {
            return Ok(());
        }
        small(of(|step| matches!(step, Step::Rm { first: false, .. })).collect())?;
        for level in levels(of(|step| matches!(step, Step::Rmdir { first: false, .. }))).into_iter().rev() {
            small(level)?;
        }
        Ok(())
    }

    /// Moves files. `small`: nearly all of them are.
    fn files(&self, steps: &[Numbered<'_>], small: bool, report: &Report, on_done: &OnDone<'_>) -> Result<(), Failure> {
        let (way, dir, There { url, pool }) = match (&self.source, &self.target) {
            (Side::Remote(there), Side::Local(dir)) => (Way::Here, dir, there),
            (Side::Local(dir), Side::Remote(there)) => (Way::There, dir, there),
            (Side::Remote(from), Side::Remote(to)) => {
                let across = Across::new((from, to), self.care, (steps.len(), small), report, on_done);
                return to.pool.work_ahead(
                    steps.to_vec(),
                    false,
                    |mut session, task, queue| {
                        let done = across.run(&mut session, task, queue);
                        (session, done)
                    },
                    |_, failure| report.failed(failure),
                );
            }
            (Side::Local(_), Side::Local(_)) => {
                return Err(Failure::new(Exit::Usage, "cannot move files", "one side must be a server"));
            }
        };
        let mover = Mover {
            way,
            disk: &local::open(dir)?,
            dir: &dir.display().to_string(),
            url,
            codec: url.codec.unwrap_or(Codec::RAW),
            blocks: url.codec.is_none() && small,
            care: self.care,
            report,
        };
        let pipe = Pipe { mover: &mover, on_done, retries: pool.retries, trial: Trial::new(pool.site(), steps.len()) };
        let cut = steps.iter().filter_map(|(_, step)| step.order()).any(|order| mover.is_to_be_cut(order));
        let connections = pool.width().min(steps.len());
        // A large file, or an answer that somebody waits for, would hold up the others.
        let quick = small && !cut && self.care.verify == Verify::Reply;
        let crew = if quick { Crew::new(connections) } else { Crew::of_single_hands() };
        pool.work_ahead(
            steps.iter().map(Item::File).collect(),
            cut,
            |session, task, queue| crew.work(&pipe, session, task, queue),
            |item, failure| item.failed(report, failure),
        )
    }

    /// Makes and removes names: those of one call in any order.
    fn small(&self, steps: Vec<Numbered<'_>>, report: &Report, on_done: &OnDone<'_>) -> Result<(), Failure> {
        match &self.target {
            _ if steps.is_empty() => Ok(()),
            Side::Local(dir) => {
                let disk = local::open(dir)?;
                for (number, step) in steps {
                    match on_disk(&disk, step) {
                        Ok(()) => on_done(number),
                        Err(failure) => report.failed(failure),
                    }
                }
                Ok(())
            }
            Side::Remote(There { url, pool }) => pool.work(
                steps,
                false,
                |session, (number, step), _| {
                    on_server(session, &url.path, step)?;
                    on_done(*number);
                    Ok(())
                },
                |_, failure| report.failed(failure),
            ),
        }
    }
}

fn on_server(session: &mut Session, root: &[u8], step: &Step) -> Result<(), Failure> {
    let path = join(root, step.path());
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
fn levels<'a>(steps: impl Iterator<Item = Numbered<'a>>) -> Vec<Vec<Numbered<'a>>> {
    let mut levels: Vec<Vec<Numbered<'_>>> = Vec::new();
    for (number, step) in steps {
        let depth = step.path().split(|&byte| byte == b'/').count() - 1;
        if levels.len() <= depth {
            levels.resize_with(depth + 1, Vec::new);
        }
        levels[depth].push((number, step));
    }
    levels
}
