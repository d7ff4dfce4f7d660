//! What the operating system's errors mean to a [`Storage`](super::Storage): the one place where they are translated.

use ftp_core::action::StorageError;
#[cfg(unix)]
use rustix::io::Errno;
use std::io::{self, ErrorKind};

/// What `error` tells the peer. Whatever has no name of its own is the machine's fault, not the peer's.
pub(crate) fn from_io(error: &io::Error) -> StorageError {
    #[cfg(unix)]
    match Errno::from_io_error(error) {
        // A ring of links, or a link where none is followed; a socket, or a pipe that nobody reads.
        Some(Errno::LOOP | Errno::NXIO) => return StorageError::Denied,
        Some(Errno::MFILE | Errno::NFILE) => return StorageError::Exhausted,
        _ => {}
    }
    match error.kind() {
        ErrorKind::NotFound => StorageError::NotFound,
        ErrorKind::AlreadyExists => StorageError::Exists,
        // Leaving the root is reported by cap-std as a denial, too.
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => StorageError::Denied,
        ErrorKind::NotADirectory => StorageError::NotADirectory,
        ErrorKind::IsADirectory => StorageError::IsADirectory,
        ErrorKind::DirectoryNotEmpty => StorageError::NotEmpty,
        ErrorKind::StorageFull => StorageError::NoSpace,
        ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => StorageError::OverQuota,
        ErrorKind::InvalidFilename | ErrorKind::InvalidInput => StorageError::NameNotAllowed,
        ErrorKind::ResourceBusy | ErrorKind::ExecutableFileBusy | ErrorKind::WouldBlock => StorageError::Busy,
        // A rename from one medium to another beneath the same root.
        ErrorKind::CrossesDevices | ErrorKind::Unsupported => StorageError::Unsupported,
        ErrorKind::OutOfMemory => StorageError::Exhausted,
        _ => StorageError::Local,
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn errno_means_what_the_peer_is_told() {
        for (errno, meaning) in [
            (Errno::NOENT, StorageError::NotFound),
            (Errno::EXIST, StorageError::Exists),
            (Errno::ACCESS, StorageError::Denied),
            (Errno::PERM, StorageError::Denied),
            (Errno::ROFS, StorageError::Denied),
            (Errno::LOOP, StorageError::Denied),
            (Errno::NXIO, StorageError::Denied),
            (Errno::NOTDIR, StorageError::NotADirectory),
            (Errno::ISDIR, StorageError::IsADirectory),
            (Errno::NOTEMPTY, StorageError::NotEmpty),
            (Errno::NOSPC, StorageError::NoSpace),
            (Errno::DQUOT, StorageError::OverQuota),
            (Errno::FBIG, StorageError::OverQuota),
            (Errno::NAMETOOLONG, StorageError::NameNotAllowed),
            (Errno::INVAL, StorageError::NameNotAllowed),
            (Errno::BUSY, StorageError::Busy),
            (Errno::TXTBSY, StorageError::Busy),
            (Errno::XDEV, StorageError::Unsupported),
            (Errno::IO, StorageError::Local),
            (Errno::MFILE, StorageError::Exhausted),
            (Errno::NOMEM, StorageError::Exhausted),
        ] {
            assert_eq!(from_io(&io::Error::from(errno)), meaning, "{errno:?}");
        }
    }
}
