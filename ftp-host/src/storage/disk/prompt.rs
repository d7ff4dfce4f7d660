//! What can be had from a disk without waiting for it: files that the system has looked up before. A runtime that may not
//! wait then serves them at once, and spares itself a thread that may.
//!
//! Linux opens a file so that nothing is read from the medium for its path (openat2(2), `RESOLVE_CACHED`). That says nothing
//! about opening itself, which asks the server of a network file system and the process behind FUSE. So only file systems
//! are trusted whose opening is known to be a matter of memory, and no other that is mounted below the root.

use super::relative;
use crate::storage::Source;
use cap_std::fs::Dir;
use ftp_core::path::VirtualPath;
use rustix::fs::{FileType, FsWord, Mode, OFlags, ResolveFlags, fstat, fstatfs, openat2};
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::os::fd::AsFd;

/// What statfs(2) calls them: ext2 to ext4, XFS, Btrfs, F2FS.
const ON_DISK: [FsWord; 4] = [0xef53, 0x5846_5342, 0x9123_683e, 0xf2f5_2010];

/// tmpfs, which is memory all through.
const IN_MEMORY: FsWord = 0x0102_1994;

/// Does this directory lie on one that is trusted?
pub(super) fn is_trusted(root: &Dir) -> bool {
    fstatfs(root).is_ok_and(|facts| facts.f_type == IN_MEMORY || ON_DISK.contains(&facts.f_type))
}

/// Does this file lie in memory, whatever the system thinks of reading it without waiting?
pub(crate) fn is_in_memory(file: impl AsFd) -> bool {
    fstatfs(file).is_ok_and(|facts| facts.f_type == IN_MEMORY)
}

/// Opens a regular file whose path the system knows; `None` where it does not, and where anything is amiss: who waits can
/// say what.
pub(super) fn open(root: &Dir, path: &VirtualPath, offset: u64) -> Option<Source> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS | ResolveFlags::NO_XDEV | ResolveFlags::CACHED;
    let file = openat2(root, relative(path).ok()?, flags, Mode::empty(), resolve).ok()?;
    let facts = fstat(&file).ok()?;
    if FileType::from_raw_mode(facts.st_mode) != FileType::RegularFile {
        return None;
    }
    let mut file = File::from(file);
    let remaining = u64::try_from(facts.st_size).ok()?.checked_sub(offset)?;
    if offset > 0 {
        file.seek(SeekFrom::Start(offset)).ok()?;
    }
    Some(Source::File { file, remaining })
}
