//! The commands that talk to a server, one file each: they read their options, do their work on a [`crate::remote`] session and
//! print what came of it.

pub(crate) mod ask;
pub(crate) mod cat;
pub(crate) mod doctor;
pub(crate) mod du;
pub(crate) mod edit;
pub(crate) mod get;
mod get_many;
mod get_segments;
pub(crate) mod hash;
mod job;
pub(crate) mod jobs;
pub(crate) mod ls;
pub(crate) mod mirror;
pub(crate) mod mkdir;
pub(crate) mod mv;
pub(crate) mod put;
mod put_many;
pub(crate) mod raw;
pub(crate) mod rm;
pub(crate) mod rmdir;
pub(crate) mod stat;

use crate::cli::ConnectOptions;
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::{FtpUrl, Session, Site, expand};

/// Does `deed` to each of these places, on one connection as long as they are on one server. What fails does not hold up the
/// rest: it is said at once, and the whole ends with the first failure's code, or [`Exit::Partial`] where something was done.
///
/// # Errors
/// [`Failure`].
pub(crate) fn each(
    urls: &[FtpUrl],
    options: &ConnectOptions,
    console: Console,
    mut deed: impl FnMut(&mut Session, &FtpUrl) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut open: Option<(Site, Session)> = None;
    let mut tally = Tally::default();
    for url in urls {
        let session = match &mut open {
            Some((site, session)) if site.url().is_same_login(url) => session,
            _ => {
                if let Some((_, session)) = open.take() {
                    session.close();
                }
                let site = Site::new(url, options, console)?;
                let session = site.open()?;
                &mut open.insert((site, session)).1
            }
        };
        match expand(session, url) {
            Ok(found) => {
                for (path, _) in found {
                    tally.count(deed(session, &url.at(path)), console)?;
                }
            }
            Err(failure) => tally.count(Err(failure), console)?,
        }
    }
    if let Some((_, session)) = open {
        session.close();
    }
    tally.end()
}

/// What was done and what was not.
#[derive(Default)]
pub(crate) struct Tally {
    done: usize,
    failures: Vec<Failure>,
}

impl Tally {
    /// Counts one deed. A failure is said when the next one begins, so that a single one is only said at the end.
    ///
    /// # Errors
    /// [`Failure`] after which nothing can be done any more.
    pub(crate) fn count(&mut self, result: Result<(), Failure>, console: Console) -> Result<(), Failure> {
        match result {
            Ok(()) => self.done += 1,
            Err(failure)
                if matches!(failure.exit, Exit::Interrupted | Exit::Broken | Exit::Internal | Exit::TimedOut) =>
            {
                return Err(failure);
            }
            Err(failure) => {
                if let Some(earlier) = self.failures.last() {
                    console.failure(earlier);
                }
                self.failures.push(failure);
            }
        }
        Ok(())
    }

    /// The end of them all.
    ///
    /// # Errors
    /// [`Failure`], the last one; its code says whether others succeeded.
    pub(crate) fn end(mut self) -> Result<(), Failure> {
        let Some(mut last) = self.failures.pop() else { return Ok(()) };
        if self.done > 0 || self.failures.iter().any(|failure| failure.exit != last.exit) {
            last.exit = Exit::Partial;
        }
        Err(last)
    }
}
