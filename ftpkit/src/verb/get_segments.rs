//! `ftpkit get` of one file in segments: by several connections at once.

use super::get::One;
use super::job::RETRIES;
use crate::bulk::Pool;
use crate::event::Event;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::{Progress, Share};
use crate::remote::refusal::failure;
use crate::remote::{Moved, Session, Site};
use crate::text::shown;
use crate::transfer::{Ended, Fetch, Segments, ask_version, is_worth_cutting};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Fetches the file in segments, if that is asked for or has been begun so, and can be done. `resume`: what is there of it is gone on with.
/// The session comes back where the file is to be fetched in one piece.
///
/// # Errors
/// [`Failure`], with what the server said or what broke.
pub(super) fn run(
    one: &One<'_>,
    mut session: Session,
    site: &Site,
    retries: Option<u32>,
    resume: bool,
) -> Result<Option<Session>, Failure> {
    let parts = one.care.segments;
    let (disk, path) = one.file.place();
    let left = if resume { disk.pieces_left(path).map_err(|error| one.file.failure(error))? } else { None };
    if (parts < 2 && left.is_none()) || !one.codec.is_raw() {
        return Ok(Some(session));
    }
    let url = one.url.to_string();
    let what = || format!("cannot fetch {url}");
    let version = match ask_version(&mut session, &one.url.path).map_err(|error| failure(what(), &error))? {
        Ok(version) => version,
        Err(why) => {
            one.aside(&format!("in one piece: {why}"));
            return Ok(Some(session));
        }
    };
    let there = match left {
        Some(left) if !left.version.may_be(&version) => {
            let why = format!("what is there of {} is of another state of the server's file", one.file.shown);
            return Err(Failure::new(Exit::Conflict, what(), why).with_remedy("--overwrite fetches it anew"));
        }
        Some(left) => left.present,
        None if resume => one.file.present()?.bytes,
        None => 0,
    };
    // What is whole, or longer than the server's, is the same question in one piece.
    if left.is_none() && !version.size.checked_sub(there).is_some_and(|missing| is_worth_cutting(missing, parts)) {
        return Ok(Some(session));
    }
    let taken = left.map_or(there, |left| left.taken);
    one.check_room(version.size.saturating_sub(taken))?;
    let order = Fetch {
        path: &one.url.path,
        codec: one.codec,
        size: Some(version.size),
        modified: version.modified,
        mode: None,
        present: there,
        shown: &url,
        file: &one.file.shown,
    };
    let Some(segments) = Segments::open(&order, version, one.care, (disk, path), resume.then_some(there), parts)?
    else {
        return Ok(Some(session));
    };
    let (numbers, there) = (segments.missing(), segments.present());
    one.aside(&format!("{} segments, {there} of {} bytes are there", numbers.len(), version.size));
    let (file, size, count) = (one.file.shown.as_str(), Some(version.size), Some(numbers.len()));
    one.console.event(&Event::Started { url: &url, file, offset: there, size, segments: count });

    let pool = Pool::new(site.clone(), parts, retries.unwrap_or(RETRIES));
    pool.give(session);
    let progress = Mutex::new(Progress::begin(one.console, &shown(one.url.name()), there, size));
    let trouble = Mutex::new(None);
    let worked = pool.work(
        numbers,
        false,
        |session, &number, _| segments.fetch(session, number, &mut Share::of(&progress)),
        |_, failure| {
            trouble.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(failure);
        },
    );
    drop(progress);
    worked.map_err(|failure| match failure.exit {
        Exit::Interrupted => failure.with_remedy("the same command with -c goes on with it"),
        _ => failure,
    })?;
    if let Some(failure) = trouble.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(failure);
    }
    match pool.with_one(|session| segments.conclude(session))? {
        Ended::Whole => one.report(Moved { bytes: version.size - there, time: Duration::ZERO }, there),
        Ended::NoRestart => {
            one.aside("in one piece: the server does not begin in the middle of it");
            drop(segments);
            pool.with_one(|session| {
                let known = one.known(session)?;
                one.fetch(session, known, false)
            })?;
        }
    }
    pool.close();
    Ok(None)
}
