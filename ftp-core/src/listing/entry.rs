//! [`Entry`]: one file or directory, as a storage tells it and as a listing shows it.

use crate::permission::Permissions;
use crate::time::WallTime;
use alloc::vec::Vec;

/// One file or directory as a listing shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name, without any directory (for MLST the name is replaced by the path that is shown).
    pub name: Vec<u8>,
    /// What it is.
    pub kind: EntryKind,
    /// Its size in bytes; of a directory, whatever the storage says. `None` where unknown (a client reading a listing).
    pub size: Option<u64>,
    /// When its content last changed.
    pub modified: Option<WallTime>,
    /// The Unix permission bits (`0o7777`), where the storage has them.
    pub mode: Option<u32>,
    /// The number of hard links, where the storage has them.
    pub links: Option<u64>,
    /// What stays the same for the same file under two names: the `unique` fact (RFC 3659 7.5.2), device and inode.
    pub unique: Option<(u64, u64)>,
    /// What the user may do with it: the `perm` fact (RFC 3659 7.5.5).
    pub permissions: Permissions,
}

/// What an [`Entry`] is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A file.
    File,
    /// A directory.
    Directory,
    /// The listed directory itself (`type=cdir`, RFC 3659 7.5.1.2).
    Current,
    /// The listed directory's parent (`type=pdir`).
    Parent,
    /// A symbolic link and where it points; empty if unknown.
    Symlink(Vec<u8>),
    /// A device, socket, pipe or what a server calls by another name.
    Other,
}

impl Entry {
    /// An entry of which only name and kind are known; the user may do anything with it.
    pub fn new(name: impl Into<Vec<u8>>, kind: EntryKind) -> Self {
        Self {
            name: name.into(),
            kind,
            size: None,
            modified: None,
            mode: None,
            links: None,
            unique: None,
            permissions: Permissions::ALL,
        }
    }

    /// A file of `size` bytes.
    pub fn file(name: impl Into<Vec<u8>>, size: u64) -> Self {
        Self { size: Some(size), ..Self::new(name, EntryKind::File) }
    }

    /// A directory.
    pub fn directory(name: impl Into<Vec<u8>>) -> Self {
        Self::new(name, EntryKind::Directory)
    }

    /// Is it a directory, one of an entry's own or the listed one or its parent?
    pub const fn is_directory(&self) -> bool {
        matches!(self.kind, EntryKind::Directory | EntryKind::Current | EntryKind::Parent)
    }

    /// Can a line show its name? CR, LF and NUL cannot be carried (RFC 3659 2.2), and an LF would forge another entry.
    pub fn is_listable(&self) -> bool {
        !self.name.is_empty() && is_one_line(&self.name)
    }
}

impl EntryKind {
    /// The kind of a directory called `name`: some servers show `.` and `..` as if they were entries of their own.
    pub(super) fn of_directory(name: &[u8]) -> Self {
        match name {
            b"." => Self::Current,
            b".." => Self::Parent,
            _ => Self::Directory,
        }
    }
}

/// Does `text` hold nothing that would end a line, or that no file system carries?
pub(super) fn is_one_line(text: &[u8]) -> bool {
    memchr::memchr3(b'\r', b'\n', 0, text).is_none()
}
