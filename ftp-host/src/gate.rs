//! [`Gate`]: the one place where what a session asks meets what its account may do. Every storage call and every transfer
//! goes through here; no other code compares rights.
//!
//! Beyond the rights that a request names by itself (`needs`), three depend on what is there: storing over or renaming
//! onto a file needs [`Permissions::OVERWRITE`], and APPE that makes a file needs [`Permissions::CREATE`].

use crate::accounts::Account;
use crate::clock::WallClock;
use crate::listing::{Listing, Selection};
use crate::storage::{Result, Source, Upload};
use ftp_core::action::{StorageAnswer, StorageCall, StorageError, StoreMode, Work};
use ftp_core::codec::{AsciiSender, Codec};
use ftp_core::listing::{Entry, EntryKind, ListOptions};
use ftp_core::path::VirtualPath;
use ftp_core::permission::Permissions;
use std::fs::File;
use std::io::Read;
use std::sync::Arc;

/// The most entries of a directory that a reply on the control connection shows.
const MAX_REPLY_ENTRIES: usize = 500;

/// The largest file that SIZE reads in TYPE A to count it, in bytes; of a larger one it is refused, as RFC 3659 4
/// permits.
const MAX_COUNTED: u64 = 64 * 1024 * 1024;

/// What stands between a session and its account's files.
#[derive(Clone)]
pub struct Gate {
    account: Account,
    clock: WallClock,
}

/// A transfer that is open.
pub enum Ready {
    /// A file to send, and the bytes that will go over the data connection where that is known.
    Send(Source, Option<u64>),
    /// A file to receive.
    Store(Box<dyn Upload>),
    /// A listing to send.
    List(Box<dyn Read + Send>),
}

impl Gate {
    /// The gate of one account. Listings are dated by `clock`.
    pub fn new(account: Account, clock: WallClock) -> Self {
        Self { account, clock }
    }

    /// Whose gate it is.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Does what `call` asks, if the account may.
    ///
    /// # Errors
    /// [`StorageError::Denied`] if the account may not; otherwise what the storage says.
    pub fn call(&self, call: &StorageCall) -> Result<StorageAnswer> {
        self.need(call.needs())?;
        let storage = &self.account.storage;
        match call {
            StorageCall::Enter(path) => match storage.entry(path)?.kind {
                EntryKind::Directory => Ok(()),
                _ => Err(StorageError::NotADirectory),
            },
            StorageCall::Entry(path) => {
                let entry = storage.entry(path)?;
                return Ok(StorageAnswer::Entry(Entry { permissions: self.account.permissions, ..entry }));
            }
            StorageCall::Size(path, codec) => return self.size(path, *codec).map(StorageAnswer::Size),
            StorageCall::Entries(path, options) => return self.entries(path, *options),
            StorageCall::MakeDir(path) => storage.make_dir(path),
            StorageCall::RemoveDir(path) => storage.remove_dir(path),
            StorageCall::RemoveFile(path) => storage.remove_file(path),
            StorageCall::RenameFrom(path) if path.is_root() => Err(StorageError::Denied),
            StorageCall::RenameFrom(path) => storage.entry(path).map(drop),
            StorageCall::Rename { from, to } => match storage.rename(from, to, false) {
                // Only then is it known, without a gap, that something is there.
                Err(StorageError::Exists) if self.may(Permissions::OVERWRITE) => storage.rename(from, to, true),
                renamed => renamed,
            },
            StorageCall::Allocate(path, bytes) => match storage.space(path)? {
                Some(free) if free < *bytes => Err(StorageError::NoSpace),
                _ => Ok(()),
            },
        }?;
        Ok(StorageAnswer::Done)
    }

    /// Opens what `work` moves, if the account may.
    ///
    /// # Errors
    /// [`StorageError::Denied`] if the account may not; otherwise what the storage says.
    pub fn open(&self, work: &Work, codec: Codec) -> Result<Ready> {
        self.need(work.needs())?;
        let storage = &self.account.storage;
        match work {
            Work::Retrieve { path, offset } => {
                let source = storage.open(path, *offset)?;
                let size = match &source {
                    _ if !codec.is_raw() => None,
                    Source::File { remaining, .. } => Some(*remaining),
                    Source::Stream { remaining, .. } => *remaining,
                };
                Ok(Ready::Send(source, size))
            }
            Work::Store { path, mode, .. } => self.store(path, *mode).map(Ready::Store),
            Work::List { path, options } => {
                let permissions = self.account.permissions;
                let listing = Listing::open(Arc::clone(storage), path, *options, permissions, (self.clock)())?;
                Ok(Ready::List(Box::new(listing)))
            }
        }
    }

    fn store(&self, path: &VirtualPath, mode: StoreMode) -> Result<Box<dyn Upload>> {
        let exists = match self.account.storage.entry(path) {
            Ok(_) => true,
            Err(StorageError::NotFound) => false,
            Err(error) => return Err(error),
        };
        match mode {
            StoreMode::Unique => {}
            StoreMode::Append if exists => {}
            StoreMode::Append => self.need(Permissions::CREATE)?,
            StoreMode::Replace | StoreMode::ResumeAt(_) if exists => self.need(Permissions::OVERWRITE)?,
            StoreMode::Replace | StoreMode::ResumeAt(_) => {
                let upload = self.account.storage.store(path, mode)?;
                if self.may(Permissions::OVERWRITE) {
                    return Ok(upload);
                }
                return Ok(Box::new(NewOnly { upload, account: self.account.clone() }));
            }
        }
        self.account.storage.store(path, mode)
    }

    fn entries(&self, path: &VirtualPath, options: ListOptions) -> Result<StorageAnswer> {
        let mut all = Selection::open(&*self.account.storage, path, options, self.account.permissions)?;
        let entries = all.by_ref().take(MAX_REPLY_ENTRIES).collect::<Result<Vec<_>>>()?;
        let (directory, truncated) = (all.of_directory, all.next().is_some());
        Ok(StorageAnswer::Entries { directory, entries, truncated, now: (self.clock)() })
    }

    /// The size of a file or, where there is none yet, of what an interrupted upload of it left: clients that resume an
    /// upload ask for it before they send the rest.
    fn size(&self, path: &VirtualPath, codec: Codec) -> Result<u64> {
        let storage = &self.account.storage;
        let entry = match storage.entry(path) {
            Err(StorageError::NotFound) => return storage.partial(path)?.ok_or(StorageError::NotFound),
            entry => entry?,
        };
        let size = match entry.kind {
            EntryKind::File => entry.size.ok_or(StorageError::Unsupported)?,
            EntryKind::Directory => return Err(StorageError::IsADirectory),
            _ => return Err(StorageError::Denied),
        };
        if codec.is_raw() {
            return Ok(size);
        }
        if size > MAX_COUNTED {
            return Err(StorageError::Unsupported);
        }
        match storage.open(path, 0)? {
            Source::File { file, .. } => count_ascii(file),
            Source::Stream { reader, .. } => count_ascii(reader),
        }
    }

    fn may(&self, rights: Permissions) -> bool {
        self.account.permissions.allows(rights)
    }

    fn need(&self, rights: Permissions) -> Result<()> {
        if self.may(rights) { Ok(()) } else { Err(StorageError::Denied) }
    }
}

/// The bytes of a file on the wire in TYPE A.
fn count_ascii(file: impl Read) -> Result<u64> {
    // The file may grow while it is read.
    let mut file = file.take(MAX_COUNTED);
    let mut sender = AsciiSender::default();
    let mut buffer = vec![0; 64 * 1024];
    let mut total = 0;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(total),
            Ok(count) => total += sender.count(buffer.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return Err(StorageError::Local),
        }
    }
}

/// An upload of an account that may not overwrite: a file that came into being while it ran stays.
struct NewOnly {
    upload: Box<dyn Upload>,
    account: Account,
}

impl Upload for NewOnly {
    fn path(&self) -> &VirtualPath {
        self.upload.path()
    }

    fn file(&mut self) -> Option<&File> {
        self.upload.file()
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.upload.write(bytes)
    }

    fn publish(self: Box<Self>) -> Result<()> {
        match self.account.storage.entry(self.upload.path()) {
            Err(StorageError::NotFound) => self.upload.publish(),
            Ok(_) => Err(StorageError::Exists),
            Err(error) => Err(error),
        }
    }
}
