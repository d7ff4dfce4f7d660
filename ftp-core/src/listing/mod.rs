//! Directory listings: what an [`Entry`] is, how it is written (LIST, NLST, MLSD and MLST) and how those lines are read
//! back by a client.

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

/// Which entries a listing shows, and in what form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListOptions {
    /// The form of each line.
    pub form: ListForm,
    /// `-a`: names that begin with `.` too.
    pub hidden: bool,
    /// `-R`: the directories below as well.
    pub recursive: bool,
    /// The last component of the path may be a pattern of `*`, `?` and `[…]`.
    pub glob: bool,
}

/// The form of a listing's lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListForm {
    /// LIST: as `ls -l` shows it.
    Long,
    /// NLST: names alone.
    Names,
    /// MLSD: facts (RFC 3659 7).
    Facts(Facts),
}

/// Which facts MLSD and MLST show (`OPTS MLST`, RFC 3659 7.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts(pub(crate) u8);
