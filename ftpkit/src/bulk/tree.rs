//! [`Tree`]: what one side has, by its path below the root.

use crate::conflict::Known;
use ftp_core::listing::{Entry, EntryKind};
use std::collections::BTreeMap;

/// A side: paths below its root, with slashes, in the order of their bytes.
pub(crate) type Tree = BTreeMap<Vec<u8>, Facts>;

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    /// What it is.
    pub(crate) kind: Kind,
    /// Size and time.
    pub(crate) known: Known,
    /// The permission bits.
    pub(crate) mode: Option<u32>,
}

/// What it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Directory,
    /// A link, device or the like: neither followed nor moved.
    Other,
}

impl From<&Entry> for Facts {
    fn from(entry: &Entry) -> Self {
        let kind = match entry.kind {
            EntryKind::File => Kind::File,
            EntryKind::Directory | EntryKind::Current | EntryKind::Parent => Kind::Directory,
            EntryKind::Symlink(_) | EntryKind::Other => Kind::Other,
        };
        Self { kind, known: Known { size: entry.size, modified: entry.modified }, mode: entry.mode }
    }
}
