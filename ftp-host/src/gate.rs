//! [`Gate`]: the one place where what a session asks meets what its account may do. Every storage call and every transfer
//! goes through here; no other code compares rights.
//!
//! Beyond the rights that a request names by itself (`needs`), some depend on what is there: storing over, copying over or
//! renaming onto a file needs [`Permissions::OVERWRITE`], and APPE or COMB that makes a file needs [`Permissions::CREATE`].

use crate::accounts::Account;
use crate::chore::{Chore, Copy, Digests, Hashing, Summed};
use crate::clock::WallClock;
use crate::listing::{Listing, Selection};
use crate::storage::{Result, Source, Storage, Upload, from_io};
use ftp_core::action::{StorageAnswer, StorageCall, StorageError, StoreMode, Work};
use ftp_core::codec::{Codec, Transcoder, Transmission};
use ftp_core::command::Mode;
use ftp_core::digest::Algorithm;
use ftp_core::listing::{Entry, EntryKind, ListOptions};
use ftp_core::path::VirtualPath;
use ftp_core::permission::Permissions;
use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

/// The most entries of a directory that a reply on the control connection shows.
const MAX_REPLY_ENTRIES: usize = 500;

/// The largest file that SIZE reads to count what would be sent, in bytes; of a larger one it is refused, as RFC 3659 4
/// permits.
const MAX_COUNTED: u64 = 64 * 1024 * 1024;

/// What stands between a session and its account's files.
#[derive(Clone)]
pub struct Gate {
    account: Account,
    clock: WallClock,
    digests: Digests,
}

/// What became of a call.
pub enum Called {
    /// It is done.
    Answer(StorageAnswer),
    /// It goes on, step by step.
    Chore(Box<dyn Chore>),
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
        Self { account, clock, digests: Digests::default() }
    }

    /// Whose gate it is.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Does what `call` asks to the end, if the account may.
    ///
    /// # Errors
    /// [`StorageError::Denied`] if the account may not; otherwise what the storage says.
    pub fn call(&self, call: &StorageCall) -> Result<StorageAnswer> {
        match self.begin(call)? {
            Called::Answer(answer) => Ok(answer),
            Called::Chore(mut chore) => loop {
                if let Some(answer) = chore.step()? {
                    return Ok(answer);
                }
            },
        }
    }

    /// Does what `call` asks, or begins with it where it may take long, if the account may.
    ///
    /// # Errors
    /// [`StorageError::Denied`] if the account may not; otherwise what the storage says.
    pub fn begin(&self, call: &StorageCall) -> Result<Called> {
        self.need(call.needs())?;
        match call {
            StorageCall::Copy { from, to } => {
                let upload = self.store(to, StoreMode::Replace)?;
                Ok(Called::Chore(Box::new(Copy::new(self.storage(), [from.clone()], upload, Vec::new()))))
            }
            StorageCall::Combine { target, sources } => self.combine(target, sources),
            StorageCall::Digest { path, algorithm, start, end } => self.digest(path, *algorithm, *start, *end),
            call => self.answer(call).map(Called::Answer),
        }
    }

    fn answer(&self, call: &StorageCall) -> Result<StorageAnswer> {
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
            StorageCall::MakeDir(path) => match storage.make_dir(path) {
                // That it exists (521) says that a directory is there, and a client goes on in it.
                Err(StorageError::Exists) if storage.entry(path)?.kind == EntryKind::File => {
                    Err(StorageError::NotADirectory)
                }
                made => made,
            },
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
            StorageCall::Space(path) => {
                return storage.space(path)?.map(StorageAnswer::Size).ok_or(StorageError::Unsupported);
            }
            StorageCall::Change(path, changes) => return storage.change(path, changes).map(StorageAnswer::Changed),
            StorageCall::Link { target, link } => storage.link(target, link),
            StorageCall::CopyFrom(path) => match storage.entry(path)?.kind {
                EntryKind::File => Ok(()),
                EntryKind::Directory => Err(StorageError::IsADirectory),
                _ => Err(StorageError::Denied),
            },
            // The right was all there was to ask for.
            StorageCall::ThirdParty(_) => Ok(()),
            // These three are begun, not answered.
            StorageCall::Copy { .. } | StorageCall::Combine { .. } | StorageCall::Digest { .. } => {
                Err(StorageError::Local)
            }
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
            Work::Retrieve { path, offset, length } => Ok(retrieval(storage.open(path, *offset)?, *length, codec)),
            Work::Store { path, mode, announced, digest } => {
                let mut upload = self.store(path, *mode)?;
                if let Some(bytes) = announced {
                    upload.reserve(*bytes)?;
                }
                // What is added to has a digest of all of it, not of what came.
                Ok(Ready::Store(match (digest, mode) {
                    (Some(algorithm), StoreMode::Replace | StoreMode::Unique) => {
                        self.digests.of_upload(upload, *algorithm)
                    }
                    _ => upload,
                }))
            }
            Work::List { path, options, asked } => {
                let permissions = self.account.permissions;
                let listing = Listing::open(Arc::clone(storage), path, *options, permissions, (self.clock)())?;
                let listing = listing.behind(asked);
                Ok(Ready::List(if codec.lists_bare_lines() { Box::new(BareLines(listing)) } else { Box::new(listing) }))
            }
        }
    }

    /// As [`open`](Self::open), where that takes no waiting: `None` where it may.
    pub fn open_promptly(&self, work: &Work, codec: Codec) -> Option<Result<Ready>> {
        if let Err(error) = self.need(work.needs()) {
            return Some(Err(error));
        }
        let Work::Retrieve { path, offset, length } = work else { return None };
        Some(Ok(retrieval(self.account.storage.open_promptly(path, *offset)?, *length, codec)))
    }

    fn store(&self, path: &VirtualPath, mode: StoreMode) -> Result<Box<dyn Upload>> {
        if matches!(mode, StoreMode::Replace | StoreMode::ResumeAt(_)) && self.may(Permissions::OVERWRITE) {
            return self.account.storage.store(path, mode);
        }
        let exists = match self.account.storage.entry(path) {
            Ok(_) => true,
            Err(StorageError::NotFound) => false,
            Err(error) => return Err(error),
        };
        match mode {
            StoreMode::Unique => {}
            StoreMode::Append if exists => {}
            StoreMode::Append => self.need(Permissions::CREATE)?,
            StoreMode::Replace | StoreMode::ResumeAt(_) if exists => return Err(StorageError::Denied),
            StoreMode::Replace | StoreMode::ResumeAt(_) => {
                return Ok(Box::new(NewOnly(self.account.storage.store(path, mode)?)));
            }
        }
        self.account.storage.store(path, mode)
    }

    fn storage(&self) -> Arc<dyn Storage> {
        Arc::clone(&self.account.storage)
    }

    /// What is there is the first of the parts, and is kept: so the target is written anew, and put in place whole.
    fn combine(&self, target: &VirtualPath, parts: &[VirtualPath]) -> Result<Called> {
        if parts.contains(target) {
            return Err(StorageError::NameNotAllowed);
        }
        let storage = &self.account.storage;
        let present = match storage.entry(target) {
            Ok(_) => Some(target),
            Err(StorageError::NotFound) => {
                self.need(Permissions::CREATE)?;
                None
            }
            Err(error) => return Err(error),
        };
        for part in parts {
            self.answer(&StorageCall::CopyFrom(part.clone()))?;
        }
        let upload = storage.store(target, StoreMode::Replace)?;
        let sources = present.into_iter().chain(parts).cloned();
        Ok(Called::Chore(Box::new(Copy::new(self.storage(), sources, upload, parts.to_vec()))))
    }

    fn digest(&self, path: &VirtualPath, algorithm: Algorithm, start: u64, end: Option<u64>) -> Result<Called> {
        let storage = &self.account.storage;
        let facts = storage.entry(path)?;
        let size = facts.size.filter(|_| facts.kind == EntryKind::File);
        let whole = start == 0 && end.is_none_or(|end| size.is_some_and(|size| end >= size));
        let summed = if whole { Summed::new(path, algorithm, &facts) } else { None };
        if let Some(digest) = summed.as_ref().and_then(|summed| self.digests.get(summed)) {
            return Ok(Called::Answer(StorageAnswer::Digest { digest, start, end: size.unwrap_or_default() }));
        }
        let length = match end {
            Some(end) => Some(end.checked_sub(start).ok_or(StorageError::BadOffset)?),
            None => None,
        };
        let source = storage.open(path, start)?;
        let remember = summed.map(|summed| (self.digests.clone(), summed));
        Ok(Called::Chore(Box::new(Hashing::new(source, algorithm, start, length, remember))))
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
        // The other modes add markers, or compress: an offset into what they send is of no use (RFC 3659 5).
        if codec.mode != Mode::Stream {
            return Err(StorageError::Unsupported);
        }
        if codec.has_offsets() {
            return Ok(size);
        }
        if size > MAX_COUNTED {
            return Err(StorageError::Unsupported);
        }
        match storage.open(path, 0)? {
            Source::File { file, .. } => count(file, codec),
            Source::Stream { reader, .. } => count(reader, codec),
        }
    }

    /// Has the account these rights?
    pub fn may(&self, rights: Permissions) -> bool {
        self.account.permissions.allows(rights)
    }

    fn need(&self, rights: Permissions) -> Result<()> {
        if self.may(rights) { Ok(()) } else { Err(StorageError::Denied) }
    }
}

/// What is sent of an open file.
fn retrieval(source: Source, length: Option<u64>, codec: Codec) -> Ready {
    let source = match length {
        Some(length) => source.limited(length),
        None => source,
    };
    let size = match &source {
        _ if !codec.is_raw() => None,
        Source::File { remaining, .. } => Some(*remaining),
        Source::Stream { remaining, .. } => *remaining,
    };
    Ready::Send(source, size)
}

/// The bytes of a file on the wire.
fn count(file: impl Read, codec: Codec) -> Result<u64> {
    // The file may grow while it is read.
    let mut file = file.take(MAX_COUNTED);
    let Some(mut encoder) = Transmission::from(codec).encoder() else { return Err(StorageError::Local) };
    let (mut buffer, mut converted) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    let (mut total, mut at_end) = (0, false);
    while !at_end {
        let read = crate::channel::uninterrupted(|| file.read(&mut buffer)).map_err(|error| from_io(&error))?;
        at_end = read == 0;
        let mut rest = buffer.get(..read).unwrap_or_default();
        loop {
            let progress = encoder.step(rest, &mut converted, at_end).map_err(|_| StorageError::Local)?;
            total += progress.written as u64;
            rest = rest.get(progress.read..).unwrap_or_default();
            if progress.done || (progress.read == 0 && progress.written == 0) {
                break;
            }
        }
    }
    Ok(total)
}

/// A listing whose lines end in LF. No name in it holds a CR.
struct BareLines(Listing);

impl Read for BareLines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.0.read(buffer)?;
            let mut kept = 0;
            for at in 0..read {
                if let Some(&byte) = buffer.get(at).filter(|byte| **byte != b'\r') {
                    buffer.get_mut(kept).into_iter().for_each(|place| *place = byte);
                    kept += 1;
                }
            }
            // Nothing left is not the end.
            if kept > 0 || read == 0 {
                return Ok(kept);
            }
        }
    }
}

/// An upload of an account that may not overwrite: a file that came into being while it ran stays.
struct NewOnly(Box<dyn Upload>);

impl Upload for NewOnly {
    fn path(&self) -> &VirtualPath {
        self.0.path()
    }

    fn file(&mut self) -> Option<&File> {
        self.0.file()
    }

    fn facts(&self) -> Result<Entry> {
        self.0.facts()
    }

    fn reserve(&mut self, bytes: u64) -> Result<()> {
        self.0.reserve(bytes)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.0.write(bytes)
    }

    fn publish(self: Box<Self>) -> Result<()> {
        self.0.publish_new()
    }
}
