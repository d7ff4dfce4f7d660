//! Directory trees on a server: list, look up, walk, make and remove. Links are shown and never followed, so that no tree has a
//! loop; one that a server claims has an end in [`DEEPEST`].

use super::path::{join, some, split, trimmed};
use super::refusal::failure;
use super::session::Session;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::shown;
use ftp_core::client::{ClientError, Outcome, Request};
use ftp_core::listing::{Entry, EntryKind};

/// Directories within each other. Whoever serves more serves a loop.
pub(crate) const DEEPEST: usize = 100;

/// The entries of a directory; the empty path is the directory that the login leads to.
///
/// # Errors
/// What the server said.
pub(crate) fn list(session: &mut Session, path: &[u8]) -> Result<Vec<Entry>, ClientError> {
    match session.ask(Request::List(some(path)))? {
        Outcome::Entries(entries) => Ok(entries),
        _ => Err(ClientError::Protocol("a listing")),
    }
}

/// What `path` is.
///
/// # Errors
/// [`Failure`], if there is no such thing, or the server does not let it be seen.
pub(crate) fn entry(session: &mut Session, path: &[u8]) -> Result<Entry, Failure> {
    let (parent, name) = split(path);
    if name.is_empty() {
        return Ok(Entry::directory(trimmed(path)));
    }
    let what = || format!("cannot find {}", shown(path));
    if session.offers("MLST") {
        return match session.need(Request::Facts(path.to_vec()), what)? {
            Outcome::Facts(entry) => Ok(Entry { name: name.to_vec(), ..entry }),
            _ => Err(failure(what(), &ClientError::Protocol("facts"))),
        };
    }
    // Without MLST only a listing tells a directory from a file.
    let entries = list(session, parent).map_err(|error| failure(what(), &error))?;
    let found = entries.into_iter().find(|entry| entry.name == name);
    found.ok_or_else(|| Failure::new(Exit::NotFound, what(), "there is no such file or directory"))
}

/// Shows each directory of the tree at `path` with its entries: one before those in it.
///
/// # Errors
/// [`Failure`] of `show`, or if a directory cannot be listed.
pub(crate) fn walk(
    session: &mut Session,
    path: &[u8],
    mut show: impl FnMut(&[u8], &[Entry]) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut waiting = vec![(path.to_vec(), 0)];
    while let Some((dir, depth)) = waiting.pop() {
        let entries = list(session, &dir).map_err(|error| failure(format!("cannot list {}", shown(&dir)), &error))?;
        show(&dir, &entries)?;
        if depth == DEEPEST {
            return Err(too_deep(&dir));
        }
        let below = entries.iter().filter(|entry| entry.kind == EntryKind::Directory);
        waiting.extend(below.rev().map(|entry| (join(&dir, &entry.name), depth + 1)));
    }
    Ok(())
}

/// The tree has no end.
pub(crate) fn too_deep(dir: &[u8]) -> Failure {
    let why = format!("it is more than {DEEPEST} directories deep");
    Failure::new(Exit::Broken, format!("cannot walk {}", shown(dir)), why)
}

/// Removes the file or directory `path`; a directory that is not empty only if `recursive`.
///
/// # Errors
/// [`Failure`], with what the server said.
pub(crate) fn remove(session: &mut Session, path: &[u8], recursive: bool) -> Result<(), Failure> {
    let what = |path: &[u8]| format!("cannot remove {}", shown(path));
    if !recursive {
        return session.need(Request::RemoveFile(path.to_vec()), || what(path)).map(drop);
    }
    if entry(session, path)?.kind != EntryKind::Directory {
        return session.need(Request::RemoveFile(path.to_vec()), || what(path)).map(drop);
    }
    let mut directories = Vec::new();
    let mut files = Vec::new();
    walk(session, path, |dir, entries| {
        directories.push(dir.to_vec());
        let others = entries.iter().filter(|entry| entry.kind != EntryKind::Directory);
        files.extend(others.map(|entry| join(dir, &entry.name)));
        Ok(())
    })?;
    for file in files {
        session.need(Request::RemoveFile(file.clone()), || what(&file))?;
    }
    for dir in directories.into_iter().rev() {
        session.need(Request::RemoveDirectory(dir.clone()), || what(&dir))?;
    }
    Ok(())
}

/// Makes the directory `path`, and those that it lies in, where they are missing.
///
/// # Errors
/// [`Failure`], with what the server said of the last one.
pub(crate) fn make_directories(session: &mut Session, path: &[u8]) -> Result<(), Failure> {
    let path = trimmed(path);
    match session.ask(Request::MakeDirectory(path.to_vec())) {
        Ok(_) => return Ok(()),
        Err(error @ ClientError::Refused(_)) => {
            // Servers differ in how they say that it exists; that one can go there is the proof, and a listing of it costs more.
            if is_directory(session, path)? {
                return Ok(());
            }
            let (parent, name) = split(path);
            if name.is_empty() || trimmed(parent).is_empty() || parent == b"/" {
                return Err(failure(format!("cannot make {}", shown(path)), &error));
            }
            make_directories(session, parent)?;
        }
        Err(error) => return Err(failure(format!("cannot make {}", shown(path)), &error)),
    }
    session.need(Request::MakeDirectory(path.to_vec()), || format!("cannot make {}", shown(path))).map(drop)
}

fn is_directory(session: &mut Session, path: &[u8]) -> Result<bool, Failure> {
    let (parent, name) = split(path);
    match list(session, parent) {
        Ok(entries) => Ok(entries.iter().any(|entry| entry.name == name && entry.kind == EntryKind::Directory)),
        Err(ClientError::Refused(_)) => Ok(false),
        Err(error) => Err(failure(format!("cannot list {}", shown(parent)), &error)),
    }
}
