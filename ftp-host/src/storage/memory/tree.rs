//! [`Tree`]: what a [`Memory`](super::Memory) holds: nodes by number, directories of names, and files aside that uploads write.

use super::MemoryCall;
use crate::storage::{Result, aside};
use ftp_core::action::StorageError;
use ftp_core::listing::{Entry, EntryKind};
use ftp_core::path::VirtualPath;
use ftp_core::permission::Permissions;
use ftp_core::time::WallTime;
use std::collections::BTreeMap;

/// Numbers a file or directory, as inodes do.
pub(super) type Inode = u64;

pub(super) const ROOT: Inode = 1;

pub(super) struct Tree {
    pub(super) nodes: BTreeMap<Inode, Node>,
    pub(super) next: Inode,
    pub(super) capacity: Option<u64>,
    pub(super) faults: BTreeMap<MemoryCall, StorageError>,
    pub(super) clock: Box<dyn Fn() -> WallTime + Send>,
}

pub(super) struct Node {
    pub(super) modified: WallTime,
    /// The permission bits, once somebody has set them; until then they are the usual ones.
    pub(super) mode: Option<u32>,
    pub(super) content: Content,
}

pub(super) enum Content {
    File {
        bytes: Vec<u8>,
        /// An upload is writing it.
        locked: bool,
    },
    Dir(BTreeMap<Vec<u8>, Inode>),
}

/// A file aside.
pub(super) struct Aside {
    pub(super) dir: Inode,
    pub(super) name: Vec<u8>,
    pub(super) inode: Inode,
    pub(super) resumable: bool,
}

impl Tree {
    pub(super) fn check(&self, call: MemoryCall) -> Result<()> {
        self.faults.get(&call).map_or(Ok(()), |error| Err(*error))
    }

    pub(super) fn node(&self, inode: Inode) -> Result<&Node> {
        self.nodes.get(&inode).ok_or(StorageError::NotFound)
    }

    pub(super) fn children(&self, inode: Inode) -> Result<&BTreeMap<Vec<u8>, Inode>> {
        match &self.node(inode)?.content {
            Content::Dir(children) => Ok(children),
            Content::File { .. } => Err(StorageError::NotADirectory),
        }
    }

    pub(super) fn children_mut(&mut self, inode: Inode) -> Result<&mut BTreeMap<Vec<u8>, Inode>> {
        match self.nodes.get_mut(&inode).map(|node| &mut node.content) {
            Some(Content::Dir(children)) => Ok(children),
            Some(Content::File { .. }) => Err(StorageError::NotADirectory),
            None => Err(StorageError::NotFound),
        }
    }

    pub(super) fn bytes(&self, inode: Inode) -> Result<&Vec<u8>> {
        match &self.node(inode)?.content {
            Content::File { bytes, .. } => Ok(bytes),
            Content::Dir(_) => Err(StorageError::IsADirectory),
        }
    }

    pub(super) fn is_dir(&self, inode: Inode) -> bool {
        self.children(inode).is_ok()
    }

    /// The child of a directory, if it has one of that name.
    pub(super) fn child(&self, dir: Inode, name: &[u8]) -> Result<Option<Inode>> {
        let children = self.children(dir)?;
        if name.len() > aside::NAME_MAX {
            return Err(StorageError::NameNotAllowed);
        }
        Ok(children.get(name).copied())
    }

    pub(super) fn find(&self, path: &VirtualPath) -> Result<Inode> {
        path.components().try_fold(ROOT, |dir, name| self.child(dir, name)?.ok_or(StorageError::NotFound))
    }

    pub(super) fn find_dir(&self, path: &VirtualPath) -> Result<Inode> {
        let dir = self.find(path)?;
        self.children(dir).map(|_| dir)
    }

    /// The directory that holds `path`; the root has none, `at_root` is the answer then.
    pub(super) fn holder(&self, path: &VirtualPath, at_root: StorageError) -> Result<Inode> {
        if path.is_root() { Err(at_root) } else { self.find_dir(&path.parent()) }
    }

    pub(super) fn make(&mut self, dir: Inode, name: &[u8], content: Content, modified: WallTime) -> Result<Inode> {
        let inode = self.next;
        self.children_mut(dir)?.insert(name.to_vec(), inode);
        self.next += 1;
        self.nodes.insert(inode, Node { modified, mode: None, content });
        Ok(inode)
    }

    /// Takes a name, and the file of that name, away.
    pub(super) fn remove(&mut self, dir: Inode, name: &[u8]) {
        if let Ok(Some(inode)) = self.children_mut(dir).map(|children| children.remove(name)) {
            self.nodes.remove(&inode);
        }
    }

    pub(super) fn used(&self) -> u64 {
        self.nodes.keys().filter_map(|inode| self.bytes(*inode).ok()).map(|bytes| bytes.len() as u64).sum()
    }

    pub(super) fn free(&self) -> Option<u64> {
        self.capacity.map(|capacity| capacity.saturating_sub(self.used()))
    }

    /// Nothing is set aside, but what does not fit is said at once.
    pub(super) fn reserve(&self, bytes: u64) -> Result<()> {
        if self.free().is_some_and(|free| free < bytes) { Err(StorageError::NoSpace) } else { Ok(()) }
    }

    pub(super) fn write(&mut self, inode: Inode, bytes: &[u8]) -> Result<()> {
        if self.free().is_some_and(|free| free < bytes.len() as u64) {
            return Err(StorageError::NoSpace);
        }
        let now = (self.clock)();
        match self.nodes.get_mut(&inode) {
            Some(Node { modified, content: Content::File { bytes: content, .. }, .. }) => {
                content.extend_from_slice(bytes);
                *modified = now;
                Ok(())
            }
            _ => Err(StorageError::NotFound),
        }
    }

    pub(super) fn is_locked(&self, inode: Inode) -> bool {
        matches!(self.node(inode), Ok(Node { content: Content::File { locked: true, .. }, .. }))
    }

    /// Locks or unlocks a file aside, and cuts it to at most `size` bytes.
    pub(super) fn set_aside(&mut self, inode: Inode, lock: bool, size: u64) {
        if let Some(Node { content: Content::File { bytes, locked }, .. }) = self.nodes.get_mut(&inode) {
            bytes.truncate(usize::try_from(size).unwrap_or(usize::MAX));
            *locked = lock;
        }
    }

    /// The file aside for `name`, locked and cut to `keep` bytes: the resumable one, made if it is missing, or one for
    /// this upload alone where another has that.
    pub(super) fn aside(&mut self, dir: Inode, name: &[u8], keep: u64) -> Result<Aside> {
        if let Some(resumable) = aside::resumable(name) {
            match self.child(dir, &resumable)? {
                Some(inode) if self.is_locked(inode) => {}
                Some(inode) => {
                    self.set_aside(inode, true, keep);
                    return Ok(Aside { dir, name: resumable, inode, resumable: true });
                }
                None => return self.make_aside(dir, resumable, true),
            }
        }
        self.make_aside(dir, aside::random()?, false)
    }

    pub(super) fn make_aside(&mut self, dir: Inode, name: Vec<u8>, resumable: bool) -> Result<Aside> {
        let now = (self.clock)();
        let inode = self.make(dir, &name, Content::File { bytes: Vec::new(), locked: true }, now)?;
        Ok(Aside { dir, name, inode, resumable })
    }

    pub(super) fn resume(&mut self, dir: Inode, name: &[u8], offset: u64) -> Result<Aside> {
        let partial = match aside::resumable(name) {
            Some(resumable) => self.child(dir, &resumable)?,
            None => None,
        };
        let taken = partial.is_some_and(|inode| self.is_locked(inode));
        if let Some(inode) = partial.filter(|_| !taken)
            && self.bytes(inode)?.len() as u64 >= offset
        {
            return self.aside(dir, name, offset);
        }
        let present = match self.child(dir, name)? {
            Some(inode) => self.bytes(inode)?.clone(),
            None => Vec::new(),
        };
        let Some(kept) = usize::try_from(offset).ok().and_then(|offset| present.get(..offset)) else {
            return Err(if taken { StorageError::Busy } else { StorageError::BadOffset });
        };
        let aside = self.aside(dir, name, 0)?;
        self.write(aside.inode, kept)?;
        Ok(aside)
    }

    pub(super) fn unique(&mut self, path: &VirtualPath) -> Result<(Aside, VirtualPath)> {
        let is_dir = self.find_dir(path).is_ok();
        let (parent, wished) = if is_dir { (path.clone(), &b""[..]) } else { (path.parent(), path.name()) };
        let dir = self.find_dir(&parent)?;
        for name in aside::unique(wished) {
            if self.child(dir, &name)?.is_some() {
                continue;
            }
            let path = aside::child(&parent, &name)?;
            match aside::resumable(&name) {
                Some(resumable) if self.child(dir, &resumable)?.is_some() => {}
                Some(resumable) => return Ok((self.make_aside(dir, resumable, true)?, path)),
                None => return Ok((self.make_aside(dir, aside::random()?, false)?, path)),
            }
        }
        Err(StorageError::Exists)
    }

    pub(super) fn entry(&self, name: &[u8], inode: Inode) -> Result<Entry> {
        let node = self.node(inode)?;
        let (kind, size) = match &node.content {
            Content::File { bytes, .. } => (EntryKind::File, bytes.len() as u64),
            Content::Dir(_) => (EntryKind::Directory, 0),
        };
        Ok(Entry {
            name: name.to_vec(),
            mode: node.mode.or(Some(if kind == EntryKind::File { 0o644 } else { 0o755 })),
            links: Some(1),
            kind,
            size: Some(size),
            modified: Some(node.modified),
            unique: Some((0, inode)),
            permissions: Permissions::NONE,
        })
    }
}
