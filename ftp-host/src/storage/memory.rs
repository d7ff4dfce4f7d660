//! [`Memory`]: a tree of files in memory, for tests and for whoever plays transcripts. It gives the same answers as
//! [`Disk`](super::Disk), dates what it makes by a clock that is handed in, and can be told to be full or to fail.
//!
//! It has no links, and nothing else that is neither file nor directory.

use super::{Result, Source, Storage, Upload, aside};
use ftp_core::action::{StorageError, StoreMode};
use ftp_core::command::Changes;
use ftp_core::listing::{Entry, EntryKind};
use ftp_core::path::VirtualPath;
use ftp_core::permission::Permissions;
use ftp_core::time::WallTime;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Cursor;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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

/// Numbers a file or directory, as inodes do.
type Inode = u64;

const ROOT: Inode = 1;

struct Tree {
    nodes: BTreeMap<Inode, Node>,
    next: Inode,
    capacity: Option<u64>,
    faults: BTreeMap<MemoryCall, StorageError>,
    clock: Box<dyn Fn() -> WallTime + Send>,
}

struct Node {
    modified: WallTime,
    /// The permission bits, once somebody has set them; until then they are the usual ones.
    mode: Option<u32>,
    content: Content,
}

enum Content {
    File {
        bytes: Vec<u8>,
        /// An upload is writing it.
        locked: bool,
    },
    Dir(BTreeMap<Vec<u8>, Inode>),
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

impl Tree {
    fn check(&self, call: MemoryCall) -> Result<()> {
        self.faults.get(&call).map_or(Ok(()), |error| Err(*error))
    }

    fn node(&self, inode: Inode) -> Result<&Node> {
        self.nodes.get(&inode).ok_or(StorageError::NotFound)
    }

    fn children(&self, inode: Inode) -> Result<&BTreeMap<Vec<u8>, Inode>> {
        match &self.node(inode)?.content {
            Content::Dir(children) => Ok(children),
            Content::File { .. } => Err(StorageError::NotADirectory),
        }
    }

    fn children_mut(&mut self, inode: Inode) -> Result<&mut BTreeMap<Vec<u8>, Inode>> {
        match self.nodes.get_mut(&inode).map(|node| &mut node.content) {
            Some(Content::Dir(children)) => Ok(children),
            Some(Content::File { .. }) => Err(StorageError::NotADirectory),
            None => Err(StorageError::NotFound),
        }
    }

    fn bytes(&self, inode: Inode) -> Result<&Vec<u8>> {
        match &self.node(inode)?.content {
            Content::File { bytes, .. } => Ok(bytes),
            Content::Dir(_) => Err(StorageError::IsADirectory),
        }
    }

    fn is_dir(&self, inode: Inode) -> bool {
        self.children(inode).is_ok()
    }

    /// The child of a directory, if it has one of that name.
    fn child(&self, dir: Inode, name: &[u8]) -> Result<Option<Inode>> {
        let children = self.children(dir)?;
        if name.len() > aside::NAME_MAX {
            return Err(StorageError::NameNotAllowed);
        }
        Ok(children.get(name).copied())
    }

    fn find(&self, path: &VirtualPath) -> Result<Inode> {
        path.components().try_fold(ROOT, |dir, name| self.child(dir, name)?.ok_or(StorageError::NotFound))
    }

    fn find_dir(&self, path: &VirtualPath) -> Result<Inode> {
        let dir = self.find(path)?;
        self.children(dir).map(|_| dir)
    }

    /// The directory that holds `path`; the root has none, `at_root` is the answer then.
    fn holder(&self, path: &VirtualPath, at_root: StorageError) -> Result<Inode> {
        if path.is_root() { Err(at_root) } else { self.find_dir(&path.parent()) }
    }

    fn make(&mut self, dir: Inode, name: &[u8], content: Content, modified: WallTime) -> Result<Inode> {
        let inode = self.next;
        self.children_mut(dir)?.insert(name.to_vec(), inode);
        self.next += 1;
        self.nodes.insert(inode, Node { modified, mode: None, content });
        Ok(inode)
    }

    /// Takes a name, and the file of that name, away.
    fn remove(&mut self, dir: Inode, name: &[u8]) {
        if let Ok(Some(inode)) = self.children_mut(dir).map(|children| children.remove(name)) {
            self.nodes.remove(&inode);
        }
    }

    fn used(&self) -> u64 {
        self.nodes.keys().filter_map(|inode| self.bytes(*inode).ok()).map(|bytes| bytes.len() as u64).sum()
    }

    fn free(&self) -> Option<u64> {
        self.capacity.map(|capacity| capacity.saturating_sub(self.used()))
    }

    /// Nothing is set aside, but what does not fit is said at once.
    fn reserve(&self, bytes: u64) -> Result<()> {
        if self.free().is_some_and(|free| free < bytes) { Err(StorageError::NoSpace) } else { Ok(()) }
    }

    fn write(&mut self, inode: Inode, bytes: &[u8]) -> Result<()> {
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

    fn is_locked(&self, inode: Inode) -> bool {
        matches!(self.node(inode), Ok(Node { content: Content::File { locked: true, .. }, .. }))
    }

    /// Locks or unlocks a file aside, and cuts it to at most `size` bytes.
    fn set_aside(&mut self, inode: Inode, lock: bool, size: u64) {
        if let Some(Node { content: Content::File { bytes, locked }, .. }) = self.nodes.get_mut(&inode) {
            bytes.truncate(usize::try_from(size).unwrap_or(usize::MAX));
            *locked = lock;
        }
    }

    /// The file aside for `name`, locked and cut to `keep` bytes: the resumable one, made if it is missing, or one for
    /// this upload alone where another has that.
    fn aside(&mut self, dir: Inode, name: &[u8], keep: u64) -> Result<Aside> {
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

    fn make_aside(&mut self, dir: Inode, name: Vec<u8>, resumable: bool) -> Result<Aside> {
        let now = (self.clock)();
        let inode = self.make(dir, &name, Content::File { bytes: Vec::new(), locked: true }, now)?;
        Ok(Aside { dir, name, inode, resumable })
    }

    fn resume(&mut self, dir: Inode, name: &[u8], offset: u64) -> Result<Aside> {
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

    fn unique(&mut self, path: &VirtualPath) -> Result<(Aside, VirtualPath)> {
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

    fn entry(&self, name: &[u8], inode: Inode) -> Result<Entry> {
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

/// A file aside.
struct Aside {
    dir: Inode,
    name: Vec<u8>,
    inode: Inode,
    resumable: bool,
}

/// A file that is published whole.
struct Whole {
    memory: Memory,
    aside: Aside,
    path: VirtualPath,
    mode: StoreMode,
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
struct InPlace {
    memory: Memory,
    inode: Inode,
    path: VirtualPath,
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
