//! The local side of a job: its directory, walked and written by way of the same [`Disk`] as a server's, so that no name and no
//! link that a server thinks of leads out of it.

use super::filter::Filter;
use super::tree::{Facts, Kind, Tree};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::path::{join, split};
use crate::remote::refusal::disk as refused;
use crate::text::shown;
use ftp_core::action::StorageError;
use ftp_core::path::VirtualPath;
use ftp_host::storage::{Disk, Storage};
use std::collections::BTreeSet;
use std::path::Path;

/// Opens the directory `root`.
///
/// # Errors
/// [`Failure`], if it is not there.
pub(crate) fn open(root: &Path) -> Result<Disk, Failure> {
    Disk::open(root)
        .map_err(|error| Failure::new(Exit::Disk, format!("cannot open directory {}", root.display()), error))
}

/// `path` below the root, from a listing or a plan.
///
/// # Errors
/// [`Failure`], if it is none, or leads elsewhere: a component of it is `..`, or empty.
pub(super) fn virtual_path(path: &[u8]) -> Result<VirtualPath, Failure> {
    let resolved = VirtualPath::root().resolve(path).ok().filter(|resolved| resolved.relative() == path);
    resolved.ok_or_else(|| {
        Failure::new(
            Exit::Refused,
            format!("cannot use the name {}", shown(path)),
            "it is no plain name of a file here",
        )
    })
}

/// What is below `start`, and `start` itself unless it is empty. Links are not followed.
///
/// # Errors
/// [`Failure`], if a directory cannot be read.
pub(crate) fn walk(disk: &Disk, start: &[u8], filter: &Filter) -> Result<Tree, Failure> {
    let mut tree = Tree::new();
    let mut waiting = vec![start.to_vec()];
    while let Some(dir) = waiting.pop() {
        let cannot = |error: StorageError| refused(format!("cannot read directory {}", shown(&dir)), error);
        let path = if dir.is_empty() { VirtualPath::root() } else { virtual_path(&dir)? };
        for entry in disk.list(&path).map_err(cannot)? {
            let entry = entry.map_err(cannot)?;
            let path = join(&dir, &entry.name);
            let facts = Facts::from(&entry);
            let taken = match facts.kind {
                Kind::Directory => filter.takes_directory(&path),
                Kind::File | Kind::Other => filter.takes_file(&path),
            };
            if !taken {
                continue;
            }
            if facts.kind == Kind::Directory {
                waiting.push(path.clone());
            }
            tree.insert(path, facts);
        }
    }
    Ok(tree)
}

/// What is in the directories that these paths lie in: all that can be in their way.
///
/// # Errors
/// [`Failure`], if a directory cannot be read.
pub(crate) fn around<'a>(disk: &Disk, paths: impl Iterator<Item = &'a [u8]>) -> Result<Tree, Failure> {
    let mut tree = Tree::new();
    for dir in paths.map(|path| split(path).0).collect::<BTreeSet<_>>() {
        let cannot = |error: StorageError| refused(format!("cannot read directory {}", shown(dir)), error);
        let path = if dir.is_empty() { VirtualPath::root() } else { virtual_path(dir)? };
        let entries = match disk.list(&path) {
            // What is not there, or is no directory, has nothing in it.
            Err(StorageError::NotFound | StorageError::NotADirectory) => continue,
            entries => entries.map_err(cannot)?,
        };
        for entry in entries {
            let entry = entry.map_err(cannot)?;
            tree.insert(join(dir, &entry.name), Facts::from(&entry));
        }
    }
    Ok(tree)
}
