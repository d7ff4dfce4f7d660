//! Uploads to a [`Memory`]: [`Whole`], which is written aside and takes its name at once, and [`InPlace`], which is added to.

use super::tree::{Aside, Inode};
use super::{Memory, MemoryCall};
use crate::storage::{Result, Upload, aside};
use ftp_core::action::{StorageError, StoreMode};
use ftp_core::listing::Entry;
use ftp_core::path::VirtualPath;
use std::fs::File;

/// A file that is published whole.
pub(super) struct Whole {
    pub(super) memory: Memory,
    pub(super) aside: Aside,
    pub(super) path: VirtualPath,
    pub(super) mode: StoreMode,
}

impl Upload for Whole {
    fn path(&self) -> &VirtualPath {
        &self.path
    }

    fn file(&mut self) -> Option<&File> {
        None
    }

    fn facts(&self) -> Result<Entry> {
        self.memory.lock().entry(self.path.name(), self.aside.inode)
    }

    fn reserve(&mut self, bytes: u64) -> Result<()> {
        self.memory.lock().reserve(bytes)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let mut tree = self.memory.lock();
        tree.check(MemoryCall::Write)?;
        tree.write(self.aside.inode, bytes)
    }

    fn publish(self: Box<Self>) -> Result<()> {
        self.put_in_place(false)
    }

    fn publish_new(self: Box<Self>) -> Result<()> {
        self.put_in_place(true)
    }
}

impl Whole {
    /// Gives it its name; with `only_new`, if nothing has it.
    fn put_in_place(self, only_new: bool) -> Result<()> {
        let mut tree = self.memory.lock();
        tree.check(MemoryCall::Publish)?;
        let Aside { dir, inode, name: ref aside, .. } = self.aside;
        let mut name = self.path.name().to_vec();
        if let Some(present) = tree.child(dir, &name)? {
            if only_new {
                return Err(StorageError::Exists);
            }
            match self.mode {
                StoreMode::Append => {
                    let bytes = tree.bytes(inode)?.clone();
                    tree.remove(dir, aside);
                    return tree.write(present, &bytes);
                }
                StoreMode::Unique => {
                    // As on disk, a name that somebody took meanwhile is left to him.
                    let mut free = aside::unique(&name).skip(1);
                    while tree.child(dir, &name)?.is_some() {
                        name = free.next().ok_or(StorageError::Exists)?;
                    }
                }
                StoreMode::Replace | StoreMode::ResumeAt(_) => {
                    tree.bytes(present)?;
                    tree.remove(dir, &name);
                }
            }
        }
        let children = tree.children_mut(dir)?;
        children.remove(aside);
        children.insert(name, inode);
        tree.set_aside(inode, false, u64::MAX);
        Ok(())
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        let mut tree = self.memory.lock();
        let Aside { dir, inode, ref name, resumable } = self.aside;
        // Published, it no longer has that name.
        if !matches!(tree.child(dir, name), Ok(Some(present)) if present == inode) {
            return;
        }
        if resumable && tree.bytes(inode).is_ok_and(|bytes| !bytes.is_empty()) {
            tree.set_aside(inode, false, u64::MAX);
        } else {
            tree.remove(dir, name);
        }
    }
}

/// A file that is added to where it is.
pub(super) struct InPlace {
    pub(super) memory: Memory,
    pub(super) inode: Inode,
    pub(super) path: VirtualPath,
}

impl Upload for InPlace {
    fn path(&self) -> &VirtualPath {
        &self.path
    }

    fn file(&mut self) -> Option<&File> {
        None
    }

    fn facts(&self) -> Result<Entry> {
        self.memory.lock().entry(self.path.name(), self.inode)
    }

    fn reserve(&mut self, bytes: u64) -> Result<()> {
        self.memory.lock().reserve(bytes)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let mut tree = self.memory.lock();
        tree.check(MemoryCall::Write)?;
        tree.write(self.inode, bytes)
    }

    fn publish(self: Box<Self>) -> Result<()> {
        self.memory.lock().check(MemoryCall::Publish)
    }
}
