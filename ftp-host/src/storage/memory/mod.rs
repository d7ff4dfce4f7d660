//! [`Memory`]: a tree of files in memory, for tests and for whoever plays transcripts. It gives the same answers as
//! [`Disk`](super::Disk), dates what it makes by a clock that is handed in, and can be told to be full or to fail.
//!
//! It has no links, and nothing else that is neither file nor directory.

mod tree;
mod upload;

use super::{Result, Source, Storage, Upload, aside};
use ftp_core::action::{StorageError, StoreMode};
use ftp_core::command::Changes;
use ftp_core::listing::Entry;
use ftp_core::path::VirtualPath;
use ftp_core::time::WallTime;
use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tree::{Content, Node, ROOT, Tree};
use upload::{InPlace, Whole};

/// A tree of files in memory. Clones share it.
#[derive(Clone)]
pub struct Memory {
    tree: Arc<Mutex<Tree>>,
}

/// A call that [`Memory::fail`] can make fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MemoryCall {
    /// [`Storage::entry`].
    Entry,
    /// [`Storage::list`].
    List,
    /// [`Storage::open`].
    Open,
    /// [`Storage::store`].
    Store,
    /// [`Upload::write`].
    Write,
    /// [`Upload::publish`].
    Publish,
    /// [`Storage::make_dir`].
    MakeDir,
    /// [`Storage::remove_dir`].
    RemoveDir,
    /// [`Storage::remove_file`].
    RemoveFile,
    /// [`Storage::rename`].
    Rename,
    /// [`Storage::change`].
    Change,
    /// [`Storage::space`].
    Space,
}

impl MemoryCall {
    /// Every call, by the name that it has in [`Storage`] or [`Upload`].
    pub const NAMES: [(&'static str, Self); 12] = [
        ("entry", Self::Entry),
        ("list", Self::List),
        ("open", Self::Open),
        ("store", Self::Store),
        ("write", Self::Write),
        ("publish", Self::Publish),
        ("make-dir", Self::MakeDir),
        ("remove-dir", Self::RemoveDir),
        ("remove-file", Self::RemoveFile),
        ("rename", Self::Rename),
        ("change", Self::Change),
        ("space", Self::Space),
    ];
}

impl Memory {
    /// An empty tree, without limit, whose clock stands still at 1970-01-01T00:00:00Z.
    pub fn new() -> Self {
        Self::with_clock(WallTime::default)
    }

    /// An empty tree that dates what it makes by `clock`.
    pub fn with_clock(clock: impl Fn() -> WallTime + Send + 'static) -> Self {
        let root = Node { modified: clock(), mode: None, content: Content::Dir(BTreeMap::new()) };
        Self {
            tree: Arc::new(Mutex::new(Tree {
                nodes: BTreeMap::from([(ROOT, root)]),
                next: ROOT + 1,
                capacity: None,
                faults: BTreeMap::new(),
                clock: Box::new(clock),
            })),
        }
    }

    /// From now on no more than `bytes` in all can be stored.
    #[must_use]
    pub fn with_capacity(self, bytes: u64) -> Self {
        self.lock().capacity = Some(bytes);
        self
    }

    /// From now on `call` fails with `error`.
    pub fn fail(&self, call: MemoryCall, error: StorageError) {
        self.lock().faults.insert(call, error);
    }

    /// From now on nothing fails that need not.
    pub fn heal(&self) {
        self.lock().faults.clear();
    }

    /// Puts a file there, dated `modified`, with the directories above it. What is there is replaced.
    ///
    /// # Errors
    /// [`StorageError::NotADirectory`] or [`StorageError::IsADirectory`], if something of the other kind is in the way.
    pub fn put(&self, path: &VirtualPath, bytes: &[u8], modified: WallTime) -> Result<()> {
        let mut tree = self.lock();
        let mut dir = ROOT;
        for name in path.parent().components() {
            dir = match tree.children(dir)?.get(name) {
                Some(&child) => child,
                None => tree.make(dir, name, Content::Dir(BTreeMap::new()), modified)?,
            };
        }
        if let Some(&old) = tree.children(dir)?.get(path.name()) {
            tree.bytes(old)?;
            tree.nodes.remove(&old);
        }
        tree.make(dir, path.name(), Content::File { bytes: bytes.to_vec(), locked: false }, modified)?;
        Ok(())
    }

    /// The content of a file; `None` if there is no such file.
    pub fn read(&self, path: &VirtualPath) -> Option<Vec<u8>> {
        let tree = self.lock();
        tree.bytes(tree.find(path).ok()?).ok().cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Tree> {
        // A test that panicked elsewhere has not torn the tree: no call leaves it half changed.
        self.tree.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl Storage for Memory {
    fn entry(&self, path: &VirtualPath) -> Result<Entry> {
        aside::check_present(path)?;
        let tree = self.lock();
        tree.check(MemoryCall::Entry)?;
        tree.entry(path.name(), tree.find(path)?)
    }

    fn list(&self, path: &VirtualPath) -> Result<Box<dyn Iterator<Item = Result<Entry>> + Send>> {
        aside::check_present(path)?;
        let tree = self.lock();
        tree.check(MemoryCall::List)?;
        let children = tree.children(tree.find(path)?)?;
        let shown = children.iter().filter(|(name, _)| !aside::is_reserved(name));
        let entries: Vec<_> = shown.map(|(name, inode)| tree.entry(name, *inode)).collect();
        Ok(Box::new(entries.into_iter()))
    }

    fn open(&self, path: &VirtualPath, offset: u64) -> Result<Source> {
        aside::check_present(path)?;
        let tree = self.lock();
        tree.check(MemoryCall::Open)?;
        let bytes = tree.bytes(tree.find(path)?)?;
        let rest = usize::try_from(offset).ok().and_then(|offset| bytes.get(offset..));
        let rest = rest.ok_or(StorageError::BadOffset)?.to_vec();
        Ok(Source::Stream { remaining: Some(rest.len() as u64), reader: Box::new(Cursor::new(rest)) })
    }

    fn store(&self, path: &VirtualPath, mode: StoreMode) -> Result<Box<dyn Upload>> {
        aside::check_new(path)?;
        let mut tree = self.lock();
        tree.check(MemoryCall::Store)?;
        let (aside, path) = if mode == StoreMode::Unique {
            tree.unique(path)?
        } else {
            let dir = tree.holder(path, StorageError::IsADirectory)?;
            let name = path.name();
            let present = tree.child(dir, name)?;
            if let Some(present) = present {
                tree.bytes(present)?;
            }
            let aside = match (mode, present) {
                (StoreMode::Append, Some(inode)) => {
                    let (tree, path) = (Arc::clone(&self.tree), path.clone());
                    return Ok(Box::new(InPlace { memory: Memory { tree }, inode, path }));
                }
                (StoreMode::Append, None) => tree.aside(dir, name, u64::MAX)?,
                (StoreMode::ResumeAt(offset), _) if offset > 0 => tree.resume(dir, name, offset)?,
                _ => tree.aside(dir, name, 0)?,
            };
            (aside, path.clone())
        };
        drop(tree);
        Ok(Box::new(Whole { memory: self.clone(), aside, path, mode }))
    }

    fn partial(&self, path: &VirtualPath) -> Result<Option<u64>> {
        aside::check_present(path)?;
        let tree = self.lock();
        let dir = tree.holder(path, StorageError::IsADirectory)?;
        if let Some(present) = tree.child(dir, path.name())? {
            tree.bytes(present)?;
        }
        let Some(aside) = aside::resumable(path.name()) else { return Ok(None) };
        tree.child(dir, &aside)?.map(|inode| Ok(tree.bytes(inode)?.len() as u64)).transpose()
    }

    fn make_dir(&self, path: &VirtualPath) -> Result<()> {
        aside::check_new(path)?;
        let mut tree = self.lock();
        tree.check(MemoryCall::MakeDir)?;
        let dir = tree.holder(path, StorageError::Exists)?;
        if tree.child(dir, path.name())?.is_some() {
            return Err(StorageError::Exists);
        }
        let now = (tree.clock)();
        tree.make(dir, path.name(), Content::Dir(BTreeMap::new()), now)?;
        Ok(())
    }

    fn remove_dir(&self, path: &VirtualPath) -> Result<()> {
        aside::check_present(path)?;
        let mut tree = self.lock();
        tree.check(MemoryCall::RemoveDir)?;
        let holder = tree.holder(path, StorageError::Denied)?;
        let children = tree.children(tree.find(path)?)?.clone();
        if children.iter().any(|(name, inode)| !aside::is_reserved(name) || tree.is_locked(*inode)) {
            return Err(StorageError::NotEmpty);
        }
        for stale in children.values() {
            tree.nodes.remove(stale);
        }
        tree.remove(holder, path.name());
        Ok(())
    }

    fn remove_file(&self, path: &VirtualPath) -> Result<()> {
        aside::check_present(path)?;
        let mut tree = self.lock();
        tree.check(MemoryCall::RemoveFile)?;
        let dir = tree.holder(path, StorageError::IsADirectory)?;
        tree.bytes(tree.find(path)?)?;
        tree.remove(dir, path.name());
        Ok(())
    }

    fn rename(&self, from: &VirtualPath, to: &VirtualPath, replace: bool) -> Result<()> {
        aside::check_present(from)?;
        aside::check_new(to)?;
        let mut tree = self.lock();
        tree.check(MemoryCall::Rename)?;
        let from_dir = tree.holder(from, StorageError::Denied)?;
        let inode = tree.child(from_dir, from.name())?.ok_or(StorageError::NotFound)?;
        if tree.is_dir(inode) && aside::is_below(to, from) {
            return Err(StorageError::NameNotAllowed);
        }
        let to_dir = tree.holder(to, StorageError::Exists)?;
        match tree.child(to_dir, to.name())? {
            Some(present) if !replace || tree.is_dir(inode) || tree.is_dir(present) => {
                return Err(StorageError::Exists);
            }
            Some(present) if present == inode => return Ok(()),
            _ => {}
        }
        tree.remove(to_dir, to.name());
        tree.children_mut(from_dir)?.remove(from.name());
        tree.children_mut(to_dir)?.insert(to.name().to_vec(), inode);
        Ok(())
    }

    fn change(&self, path: &VirtualPath, changes: &Changes) -> Result<Changes> {
        aside::check_present(path)?;
        aside::check_changes(path, changes)?;
        let mut tree = self.lock();
        tree.check(MemoryCall::Change)?;
        let inode = tree.find(path)?;
        let node = tree.nodes.get_mut(&inode).ok_or(StorageError::NotFound)?;
        node.modified = changes.modified.unwrap_or(node.modified);
        node.mode = changes.mode.or(node.mode);
        Ok(*changes)
    }

    /// There are no links here.
    fn link(&self, target: &VirtualPath, link: &VirtualPath) -> Result<()> {
        aside::check_new(target)?;
        aside::check_new(link)?;
        Err(StorageError::Unsupported)
    }

    fn space(&self, path: &VirtualPath) -> Result<Option<u64>> {
        aside::check_present(path)?;
        let tree = self.lock();
        tree.check(MemoryCall::Space)?;
        tree.find_dir(path)?;
        Ok(tree.free())
    }
}
