//! The remote side of a job, walked by all connections at once: each takes a directory and brings up those in it.

use super::filter::Filter;
use super::pool::Pool;
use super::tree::{Facts, Kind, Tree};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::path::{join, split};
use crate::remote::refusal::failure;
use crate::remote::{DEEPEST, list, too_deep};
use crate::text::shown;
use ftp_core::client::{ClientError, Outcome, Request};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// What is below `root` on the server. `None`: there is no such directory.
///
/// # Errors
/// [`Failure`], if a directory cannot be listed: half a tree would lead to a wrong plan.
pub(crate) fn remote(pool: &Pool, root: &[u8], filter: &Filter) -> Result<Option<Tree>, Failure> {
    let tree = Mutex::new(Tree::new());
    let missing = Mutex::new(false);
    let trouble = Mutex::new(None);
    pool.work(
        vec![Vec::new()],
        true,
        |session, dir: &Vec<u8>, queue| {
            let path = join(root, dir);
            let entries = match list(session, &path) {
                Ok(entries) => entries,
                Err(error) => {
                    let failure = failure(format!("cannot list {}", shown(&path)), &error);
                    if dir.is_empty() && failure.exit == Exit::NotFound {
                        *missing.lock().unwrap_or_else(PoisonError::into_inner) = true;
                        return Ok(());
                    }
                    return Err(failure);
                }
            };
            if dir.split(|&byte| byte == b'/').count() > DEEPEST {
                return Err(too_deep(&path));
            }
            let found = entries.iter().map(|entry| (join(dir, &entry.name), Facts::from(entry)));
            let found: Vec<_> = found
                .filter(|(path, facts)| match facts.kind {
                    Kind::Directory => filter.takes_directory(path),
                    Kind::File | Kind::Other => filter.takes_file(path),
                })
                .collect();
            for (path, _) in found.iter().filter(|(_, facts)| facts.kind == Kind::Directory) {
                queue.add(path.clone());
            }
            tree.lock().unwrap_or_else(PoisonError::into_inner).extend(found);
            Ok(())
        },
        |_, failure| {
            trouble.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(failure);
        },
    )?;
    if let Some(failure) = trouble.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(failure);
    }
    let missing = missing.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok((!missing).then(|| tree.into_inner().unwrap_or_else(PoisonError::into_inner)))
}

/// What is in the directories below `root` that these paths lie in: all that can be in their way. What cannot be listed is taken to be
/// empty; a server that lets nobody look does not let anything be replaced either, or says so.
///
/// # Errors
/// [`Failure`], if there is no connection.
pub(crate) fn around<'a>(pool: &Pool, root: &[u8], paths: impl Iterator<Item = &'a [u8]>) -> Result<Tree, Failure> {
    let tree = Mutex::new(Tree::new());
    let directories: BTreeSet<Vec<u8>> = paths.map(|path| split(path).0.to_vec()).collect();
    pool.work(
        directories.into_iter().collect(),
        false,
        |session, dir, _| {
            let path = join(root, dir);
            let entries = match list(session, &path) {
                Ok(entries) => entries,
                Err(ClientError::Refused(_)) => return Ok(()),
                Err(error) => return Err(failure(format!("cannot list {}", shown(&path)), &error)),
            };
            let found = entries.iter().map(|entry| (join(dir, &entry.name), Facts::from(entry)));
            tree.lock().unwrap_or_else(PoisonError::into_inner).extend(found);
            Ok(())
        },
        |_, _| {},
    )?;
    Ok(tree.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Gives these files of `tree` the times that the server has of them to the second (MDTM), where it tells.
///
/// # Errors
/// [`Failure`], if there is no connection.
pub(crate) fn date(pool: &Pool, root: &[u8], paths: Vec<Vec<u8>>, tree: &mut Tree) -> Result<(), Failure> {
    if paths.is_empty() {
        return Ok(());
    }
    let tree = Mutex::new(tree);
    pool.work(
        paths,
        false,
        |session, path, _| {
            let there = join(root, path);
            let time = match session.ask(Request::Modified(there.clone())) {
                Ok(Outcome::Modified(time)) => time,
                Ok(_) | Err(ClientError::Refused(_) | ClientError::Protocol(_)) => return Ok(()),
                Err(error) => return Err(failure(format!("cannot check {}", shown(&there)), &error)),
            };
            if let Some(facts) = tree.lock().unwrap_or_else(PoisonError::into_inner).get_mut(path) {
                facts.known.modified = Some(time);
            }
            Ok(())
        },
        |_, _| {},
    )
}
