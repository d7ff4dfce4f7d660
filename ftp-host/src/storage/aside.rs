//! The names under which uploads lie aside until they are published. Every storage keeps to the same ones, so that what
//! can be resumed is the same everywhere.
//!
//! An upload of `NAME` lies in the same directory as `.ftpkit-part.NAME`. Where that name would be too long, or is in
//! use by another upload, it lies under a random one, and cannot be resumed. A file that comes in at several places at once
//! lies as `.ftpkit-parts.NAME`. All names that begin with `.ftpkit-part` belong to the server: nobody sees, fetches, stores or renames them over FTP.

use ftp_core::action::StorageError;
use ftp_core::command::Changes;
use ftp_core::path::VirtualPath;

/// How every reserved name begins.
const PREFIX: &[u8] = b".ftpkit-part";

/// The longest name in a directory, in bytes: what nearly every file system allows.
pub(super) const NAME_MAX: usize = 255;

/// Read, write and execute, for all: what a peer may set, and what a file hands on to the one that replaces it.
pub(super) const ACCESS_BITS: u32 = 0o777;

/// The name STOU gives where none is wished for.
const UNNAMED: &[u8] = b"upload";

/// How many names STOU tries before it gives up.
const UNIQUE_TRIES: u32 = 10_000;

/// Does this name belong to the server?
pub(super) fn is_reserved(name: &[u8]) -> bool {
    name.starts_with(PREFIX)
}

/// Refuses to find what the server keeps for itself.
pub(super) fn check_present(path: &VirtualPath) -> Result<(), StorageError> {
    if path.components().any(is_reserved) { Err(StorageError::NotFound) } else { Ok(()) }
}

/// Refuses to make what the server keeps for itself.
pub(super) fn check_new(path: &VirtualPath) -> Result<(), StorageError> {
    if path.components().any(is_reserved) { Err(StorageError::NameNotAllowed) } else { Ok(()) }
}

/// Refuses to change what no storage lets a peer change: the time of making, which file systems keep for themselves; bits
/// beyond read, write and execute, which would hand on the server's own rights; and anything of the root.
pub(super) fn check_changes(path: &VirtualPath, changes: &Changes) -> Result<(), StorageError> {
    match changes {
        Changes { created: Some(_), .. } => Err(StorageError::Unsupported),
        Changes { mode: Some(mode), .. } if *mode > ACCESS_BITS => Err(StorageError::Denied),
        _ if path.is_root() => Err(StorageError::Denied),
        _ => Ok(()),
    }
}

/// Where an upload of `name` lies so that it can be resumed; `None` if that is too long to be a name.
pub(super) fn resumable(name: &[u8]) -> Option<Vec<u8>> {
    let aside = [PREFIX, b".", name].concat();
    (aside.len() <= NAME_MAX).then_some(aside)
}

/// Where a file of `name` that comes in at several places at once lies; `None` if that is too long to be a name. It is another than
/// that of an upload, which is there up to its last byte, while this one has holes.
#[cfg(unix)]
pub(super) fn in_pieces(name: &[u8]) -> Option<Vec<u8>> {
    let aside = [PREFIX, b"s.", name].concat();
    (aside.len() <= NAME_MAX).then_some(aside)
}

/// A name aside that nobody else has, as likely as 64 random bits make it.
pub(super) fn random() -> Result<Vec<u8>, StorageError> {
    let bits = getrandom::u64().map_err(|_| StorageError::Local)?;
    Ok([PREFIX, format!("-{bits:016x}").as_bytes()].concat())
}

/// The names that STOU tries, in order: the one wished for, then `NAME.1`, `NAME.2` and so on.
pub(super) fn unique(wished: &[u8]) -> impl Iterator<Item = Vec<u8>> + use<> {
    let base = if wished.is_empty() { UNNAMED } else { wished }.to_vec();
    (0..UNIQUE_TRIES).map(move |number| match number {
        0 => base.clone(),
        _ => [base.as_slice(), format!(".{number}").as_bytes()].concat(),
    })
}

/// `name` in the directory `parent`.
pub(super) fn child(parent: &VirtualPath, name: &[u8]) -> Result<VirtualPath, StorageError> {
    parent.resolve(name).map_err(|_| StorageError::NameNotAllowed)
}

/// Is `path` below `directory`?
pub(super) fn is_below(path: &VirtualPath, directory: &VirtualPath) -> bool {
    path.as_bytes().strip_prefix(directory.as_bytes()).is_some_and(|rest| rest.first() == Some(&b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_too_long_to_lie_aside_cannot_be_resumed() {
        assert_eq!(resumable(&[b'x'; 242]).map(|name| name.len()), Some(255));
        assert_eq!(resumable(&[b'x'; 243]), None);
    }

    #[test]
    fn names_aside_are_reserved() {
        assert!(is_reserved(&resumable(b"a").unwrap_or_default()));
        assert!(is_reserved(&random().unwrap_or_default()));
        assert!(!is_reserved(b".ftpkit"));
    }

    #[test]
    fn unique_names_count_up() {
        let names: Vec<_> = unique(b"a").take(3).collect();
        assert_eq!(names, [b"a".to_vec(), b"a.1".to_vec(), b"a.2".to_vec()]);
        assert_eq!(unique(b"").next(), Some(b"upload".to_vec()));
    }
}
