//! [`Journal`]: what a job is to do and what of it is done, in a file that only grows: what a crash leaves can be gone on with.
//!
//! A line of JSON each: the [`Head`], every step of the plan, the mark that the plan is whole, then the number of each step as it is
//! done. A line that a crash cut short is as good as none. The same file without the last part is what `--plan` writes and `--apply`
//! reads.

use super::plan::{Plan, Step};
use super::side::Side;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::transfer::Verify;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What a job is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// The form of the file.
    pub(crate) version: u32,
    /// Where files come from.
    pub(crate) source: Root,
    /// Where they go.
    pub(crate) target: Root,
    /// Times and permission bits are kept.
    pub(crate) preserve: bool,
    /// How each file is proven.
    pub(crate) verify: Verify,
    /// Connections.
    pub(crate) jobs: usize,
    /// Segments in which a large file is fetched.
    #[serde(default)]
    pub(crate) segments: usize,
    /// When it began: seconds since 1970.
    pub(crate) began: u64,
}

/// One of the two places of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Root {
    /// A directory here; absolute.
    Dir(PathBuf),
    /// One on a server; without password.
    Url(String),
}

impl Root {
    /// That of this side.
    pub(super) fn of(side: &Side) -> Self {
        match side {
            Side::Local(dir) => Self::Dir(std::path::absolute(dir).unwrap_or_else(|_| dir.clone())),
            Side::Remote(there) => Self::Url(there.with_user().to_string()),
        }
    }
}

/// As the user would write it.
impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dir(dir) => dir.display().fmt(f),
            Self::Url(url) => url.fmt(f),
        }
    }
}

/// The form that is written.
pub(crate) const VERSION: u32 = 2;

/// A line of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "lowercase")]
enum Line {
    Job(Head),
    Step(Step),
    /// The plan is whole: so many steps.
    Planned {
        steps: usize,
    },
    /// This step is done.
    Done {
        step: usize,
    },
}

/// What a file holds.
#[derive(Debug)]
pub(crate) struct Record {
    /// What it is about.
    pub(crate) head: Head,
    /// All that was to be done.
    pub(crate) plan: Plan,
    /// The numbers of the steps that are done.
    pub(crate) done: BTreeSet<usize>,
}

/// A file that is being written, locked against others.
pub(crate) struct Journal {
    out: Mutex<Out>,
    path: PathBuf,
}

/// What is written of it at a time, some ten lines, so that small files do not pay for a call of the system each. What a crash keeps from
/// being written is found out from the files, or done again where a server does not tell enough of them.
const PORTION: usize = 256;

/// The file, and the lines that are not in it yet.
struct Out {
    file: File,
    lines: Vec<u8>,
}

impl Journal {
    /// Begins a file for this plan.
    ///
    /// # Errors
    /// [`Failure`], if it cannot be written.
    pub(crate) fn begin(path: &Path, head: &Head, plan: &Plan) -> Result<Self, Failure> {
        let write = || {
            let file = OpenOptions::new().append(true).create_new(true).open(path)?;
            file.try_lock().map_err(std::io::Error::from)?;
            let mut out = BufWriter::new(&file);
            let mut line = |line: &Line| {
                serde_json::to_writer(&mut out, line)?;
                out.write_all(b"\n")
            };
            line(&Line::Job(head.clone()))?;
            for step in &plan.steps {
                line(&Line::Step(step.clone()))?;
            }
            line(&Line::Planned { steps: plan.steps.len() })?;
            out.flush()?;
            drop(out);
            // The plan is worth its price; what is done can be found out from the files.
            file.sync_data()?;
            Ok(file)
        };
        let file = write().map_err(|error: std::io::Error| cannot("write", path, &error))?;
        Ok(Self::on(file, path))
    }

    /// Goes on with a file.
    ///
    /// # Errors
    /// [`Failure`], if it is not a whole plan, or another process works on it.
    pub(crate) fn resume(path: &Path) -> Result<(Self, Record), Failure> {
        let file =
            OpenOptions::new().read(true).append(true).open(path).map_err(|error| cannot("read", path, &error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Failure::new(
                    Exit::Conflict,
                    format!("cannot go on with {}", path.display()),
                    "it is being worked on",
                ));
            }
            Err(TryLockError::Error(error)) => return Err(cannot("lock", path, &error)),
        }
        let record = read(path)?;
        // A line that was cut short must not run into the next one.
        let _ = (&file).write_all(b"\n");
        let journal = Self::on(file, path);
        Ok((journal, record))
    }

    fn on(file: File, path: &Path) -> Self {
        Self { out: Mutex::new(Out { file, lines: Vec::new() }), path: path.to_owned() }
    }

    /// A step is done; one that is cheap to do again may be written with the next ones. If that cannot be written it is found out from
    /// the files.
    pub(crate) fn done(&self, step: usize, cheap: bool) {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        if serde_json::to_writer(&mut out.lines, &Line::Done { step }).is_ok() {
            out.lines.push(b'\n');
        }
        if !cheap || out.lines.len() >= PORTION {
            out.write();
        }
    }

    /// All is done: nothing is left to go on with.
    pub(crate) fn remove(self) {
        self.out.lock().unwrap_or_else(PoisonError::into_inner).lines.clear();
        let _ = fs::remove_file(&self.path);
    }
}

impl Out {
    fn write(&mut self) {
        // One call for whole lines, so that a crash cuts at most the last one.
        let _ = self.file.write_all(&self.lines);
        self.lines.clear();
    }
}

impl Drop for Out {
    fn drop(&mut self) {
        self.write();
    }
}

/// Reads a file.
///
/// # Errors
/// [`Failure`], if it does not hold a whole plan.
pub(crate) fn read(path: &Path) -> Result<Record, Failure> {
    let file = File::open(path).map_err(|error| cannot("read", path, &error))?;
    let (mut head, mut steps, mut planned, mut done) = (None, Vec::new(), None, BTreeSet::new());
    for line in BufReader::new(file).split(b'\n') {
        let line = line.map_err(|error| cannot("read", path, &error))?;
        match serde_json::from_slice(&line) {
            Ok(Line::Job(read)) => head = Some(read),
            Ok(Line::Step(step)) => steps.push(step),
            Ok(Line::Planned { steps }) => planned = Some(steps),
            Ok(Line::Done { step }) => drop(done.insert(step)),
            // Cut short by a crash. If it was one that mattered, the count below tells.
            Err(_) => {}
        }
    }
    match head {
        Some(head) if head.version == VERSION && planned == Some(steps.len()) => {
            Ok(Record { head, plan: Plan { steps, left: Vec::new() }, done })
        }
        _ => Err(Failure::new(Exit::Usage, format!("cannot use {}", path.display()), "it holds no whole plan")
            .with_remedy("make it anew with ftpkit mirror --plan")),
    }
}

/// Is a process at work on it?
pub(crate) fn is_locked(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Disk, format!("cannot {what} {}", path.display()), error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> Head {
        Head {
            version: VERSION,
            source: Root::Url("ftp://h/a%FF".into()),
            target: Root::Dir("/b".into()),
            preserve: true,
            verify: Verify::Size,
            jobs: 3,
            segments: 2,
            began: 5,
        }
    }

    fn plan() -> Plan {
        let steps = [b"a".to_vec(), b"\xff\n".to_vec(), b"c".to_vec()].map(|path| Step::Mkdir { path });
        Plan { steps: steps.into(), left: Vec::new() }
    }

    #[test]
    fn what_is_done_is_known_after_any_cut() -> Result<(), Box<dyn std::error::Error>> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("job");
        let journal = Journal::begin(&path, &head(), &plan()).map_err(|failure| failure.to_string())?;
        let planned = fs::metadata(&path)?.len() as usize;
        journal.done(2, true);
        journal.done(0, true);
        assert!(is_locked(&path));
        assert_eq!(Journal::resume(&path).map(drop).map_err(|failure| failure.exit), Err(Exit::Conflict));
        drop(journal);
        assert!(!is_locked(&path));
        let whole = fs::read(&path)?;
        let mut most = 0;
        for cut in 0..=whole.len() {
            fs::write(&path, &whole[..cut])?;
            // Without the line's end its last byte is whole already.
            if cut + 1 < planned {
                assert!(Journal::resume(&path).is_err());
                continue;
            }
            let (journal, record) = Journal::resume(&path).map_err(|failure| failure.to_string())?;
            assert_eq!((record.head, record.plan), (head(), plan()));
            assert!(record.done.len() >= most, "a longer file knows more");
            most = record.done.len();
            // What is written behind a cut is read.
            journal.done(1, true);
            drop(journal);
            let again = read(&path).map_err(|failure| failure.to_string())?;
            assert!(again.done.contains(&1) && again.done.len() == most + 1, "cut at {cut}");
        }
        assert_eq!(most, 2);
        Ok(())
    }
}
