//! [`Pieces`]: a file that comes in at several places at once. Like an upload it lies aside until it is whole, but under another name, since
//! what is missing of it is not only its end.
//!
//! What is there is written down in the file itself ([`record`]), after the bytes of which it speaks. A process that dies leaves both to the
//! system, in that order. After a power cut the record may be there and the bytes not: what the file system shows as a hole is never taken
//! for data. (Where it shows none, whoever goes on compares the last bytes before each place with their source anyway.)

mod record;

use super::aside::{Aside, Claim};
use super::upload::{Target, Whole, resume};
use super::{Disk, regular, system};
use crate::storage::error::from_io;
use crate::storage::{Result, Upload, aside as names};
use cap_std::fs::OpenOptions;
use ftp_core::action::StorageError;
use ftp_core::path::VirtualPath;
use ftp_core::time::WallTime;
use record::{Record, position};
use rustix::fs::{SeekFrom, seek};
use std::fs::File;
use std::io::Seek;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most pieces that a file can come in.
pub const MOST_PIECES: usize = 128;

/// A piece of a file: its bytes from `start` on, and before `end`, are to come; those before `at` have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where it begins.
    pub start: u64,
    /// The first byte that is missing.
    pub at: u64,
    /// Where the next one begins.
    pub end: u64,
}

impl Piece {
    /// The bytes that are there.
    pub fn present(&self) -> u64 {
        self.at.saturating_sub(self.start)
    }

    /// The bytes that are missing.
    pub fn missing(&self) -> u64 {
        self.end.saturating_sub(self.at)
    }
}

/// What tells one state of the source from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// Bytes of the whole file.
    pub size: u64,
    /// The time of its last change, where that is known.
    pub modified: Option<WallTime>,
}

impl Version {
    /// May this be the same state? A time that is not known says nothing.
    pub fn may_be(&self, other: &Self) -> bool {
        self.size == other.size
            && self.modified.zip(other.modified).is_none_or(|(one, other)| one.seconds == other.seconds)
    }
}

/// What an interrupted run has left of a file in pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// What it is of.
    pub version: Version,
    /// The bytes that are there.
    pub present: u64,
    /// The room in bytes that it takes on the medium: what is set aside for the missing ones is part of that.
    pub taken: u64,
}

/// A file that comes in pieces, locked against others. Dropped, it stays for whoever goes on with it, if anything has come.
pub struct Pieces {
    /// Until it is joined.
    whole: Mutex<Option<Whole>>,
    shared: Arc<Shared>,
}

/// What the writers of its pieces share.
struct Shared {
    path: VirtualPath,
    file: File,
    record: Mutex<Record>,
    /// Where the record stands.
    position: u64,
}

impl Disk {
    /// Opens `path` to come in pieces. `there`: what is there of it is gone on with; if that is not in pieces yet, the first so many bytes that
    /// an interrupted upload has left, or the file has. `cut` is shown the pieces that are there, all of the file in one where nothing is,
    /// and says which there are to be; it may cut them further or join them.
    ///
    /// # Errors
    /// [`StorageError::Busy`], while another process has it open. [`StorageError::Unsupported`], where its name is too long to lie aside.
    /// [`StorageError::Local`], if `cut` takes for there what is not, or makes more than [`MOST_PIECES`]. Or what the medium says.
    pub fn pieces(
        &self,
        path: &VirtualPath,
        version: Version,
        there: Option<u64>,
        cut: impl FnOnce(&[Piece]) -> Vec<Piece>,
    ) -> Result<Pieces> {
        names::check_new(path)?;
        let target = Target::find(self, path)?;
        target.check_replaceable()?;
        let position = position(version.size).ok_or(StorageError::NoSpace)?;
        let mut aside = match Aside::claim_exactly(&target.dir, &name_aside(&target)?, true)? {
            Claim::Ours(aside) => aside,
            Claim::Taken | Claim::Absent => return Err(StorageError::Busy),
        };
        let found = if there.is_some() { Record::read(&aside.file)? } else { None };
        let old = if let Some(record) = found.filter(|record| record.version.may_be(&version)) {
            without_holes(&aside.file, record.pieces)?
        } else {
            let there = there.unwrap_or(0).min(version.size);
            if there > 0 {
                let mut resumed = resume(&target, there)?;
                resumed.replace(aside)?;
                aside = resumed;
            } else {
                aside.file.set_len(0).map_err(|error| from_io(&error))?;
            }
            vec![Piece { start: 0, at: there, end: version.size }]
        };
        target.keep_private(&aside)?;
        let record = Record { pieces: cut(&old), version };
        if !record.is_sound() || !is_there(&record.pieces, &old) {
            return Err(StorageError::Local);
        }
        let file = aside.file.try_clone().map_err(|error| from_io(&error))?;
        let shared = Shared { path: path.clone(), file, record: Mutex::new(record), position };
        shared.begin()?;
        let whole = Mutex::new(Some(Whole::new(aside, target, path, self.fsync)));
        Ok(Pieces { whole, shared: Arc::new(shared) })
    }

    /// What an interrupted run has left of `path` in pieces. `None`: nothing.
    ///
    /// # Errors
    /// What the medium says.
    pub fn pieces_left(&self, path: &VirtualPath) -> Result<Option<Left>> {
        names::check_present(path)?;
        let target = Target::find(self, path)?;
        let Ok(name) = name_aside(&target) else { return Ok(None) };
        let mut options = OpenOptions::new();
        options.read(true);
        system::never_through_links(&mut options);
        let file = match target.dir.open_with(system::name(&name)?, &options).map_err(|error| from_io(&error)) {
            Ok(file) => regular(file)?,
            Err(StorageError::NotFound) => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(Record { version, pieces }) = Record::read(&file)? else { return Ok(None) };
        let facts = file.metadata().map_err(|error| from_io(&error))?;
        // In units of 512 bytes, whatever those of the file system are.
        let taken = facts.blocks().saturating_mul(512);
        Ok(Some(Left { version, present: pieces.iter().map(Piece::present).sum(), taken }))
    }

    /// Removes what an interrupted run has left of `path` in pieces, unless somebody is at work on it.
    ///
    /// # Errors
    /// What the medium says.
    pub fn forget_pieces(&self, path: &VirtualPath) -> Result<()> {
        names::check_present(path)?;
        let target = Target::find(self, path)?;
        let Ok(name) = name_aside(&target) else { return Ok(()) };
        if let Claim::Ours(aside) = Aside::claim_exactly(&target.dir, &name, false)? {
            aside.discard();
        }
        Ok(())
    }
}

fn name_aside(target: &Target) -> Result<Vec<u8>> {
    names::in_pieces(target.name.as_encoded_bytes()).ok_or(StorageError::Unsupported)
}

/// The pieces, each no longer there than up to its first hole.
fn without_holes(file: &File, mut pieces: Vec<Piece>) -> Result<Vec<Piece>> {
    for piece in pieces.iter_mut().filter(|piece| piece.present() > 0) {
        match seek(file, SeekFrom::Hole(piece.start)) {
            Ok(hole) => piece.at = piece.at.min(hole.max(piece.start)),
            // Not a file system that tells.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::OPNOTSUPP) => {}
            Err(error) => return Err(from_io(&error.into())),
        }
    }
    Ok(pieces)
}

/// Is all that `new` takes for there also there by `old`, which is in order?
fn is_there(new: &[Piece], old: &[Piece]) -> bool {
    new.iter().all(|piece| {
        let there = old.iter().fold(piece.start, |at, old| if (old.start..old.at).contains(&at) { old.at } else { at });
        there >= piece.at
    })
}

impl Shared {
    /// Writes the record for the first time, and sets space aside for what is missing.
    fn begin(&self) -> Result<()> {
        let record = self.record();
        let mut page = record.bytes();
        page.resize(record::LENGTH as usize, 0);
        self.file.write_all_at(&page, self.position).map_err(|error| from_io(&error))?;
        (&self.file).rewind().map_err(|error| from_io(&error))?;
        system::reserve(&self.file, record.version.size).map_err(|error| from_io(&error))
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn piece(&self, number: usize) -> Result<Piece> {
        self.record().pieces.get(number).copied().ok_or(StorageError::Local)
    }

    /// The piece is there up to this byte.
    fn reached(&self, number: usize, at: u64) -> Result<()> {
        let mut record = self.record();
        if let Some(piece) = record.pieces.get_mut(number) {
            piece.at = at;
        }
        self.file.write_all_at(&record.bytes(), self.position).map_err(|error| from_io(&error))
    }
}

impl Pieces {
    /// The pieces, in the order of their places.
    pub fn pieces(&self) -> Vec<Piece> {
        self.shared.record().pieces.clone()
    }

    /// What the pieces are of.
    pub fn version(&self) -> Version {
        self.shared.record().version
    }

    /// The file: its bytes, where they are there, and behind them what is nobody else's business.
    pub fn file(&self) -> &File {
        &self.shared.file
    }

    /// Writes what is missing of one piece. There is to be one for each at a time.
    pub fn writer(&self, number: usize) -> PieceWriter {
        PieceWriter { shared: Arc::clone(&self.shared), number }
    }

    /// All that came is of no use, and goes in the end. Whoever still writes is told with [`StorageError::Local`]; there are no pieces any more.
    pub fn discard(&self) {
        self.shared.record().pieces.clear();
    }

    /// The whole file, to be published at once: what it consisted of is no longer known.
    ///
    /// # Errors
    /// [`StorageError::Local`], if a piece is missing; or what the medium says.
    pub fn join(&self) -> Result<Box<dyn Upload>> {
        let Version { size, .. } = self.version();
        let there: u64 = self.pieces().iter().map(Piece::present).sum();
        let mut whole = self.whole.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = whole.take_if(|_| there == size).ok_or(StorageError::Local)?;
        whole.aside.file.set_len(size).map_err(|error| from_io(&error))?;
        Ok(Box::new(whole))
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        let nothing = self.pieces().iter().all(|piece| piece.present() == 0);
        let whole = self.whole.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(whole) = whole.filter(|_| nothing) {
            whole.aside.discard();
        }
    }
}

/// Writes one piece of a file that comes in pieces.
pub struct PieceWriter {
    shared: Arc<Shared>,
    number: usize,
}

impl Upload for PieceWriter {
    fn path(&self) -> &VirtualPath {
        &self.shared.path
    }

    /// None: whoever wrote to it would neither stop at the piece's end nor tell how far he is.
    fn file(&mut self) -> Option<&File> {
        None
    }

    /// Writes as many of `bytes` as are missing.
    ///
    /// # Errors
    /// [`StorageError::Exists`], if what follows is another's piece, or the file has no more: nothing more is to come here. Otherwise what the
    /// medium says.
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let Piece { at, end, .. } = self.shared.piece(self.number)?;
        let missing = usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX);
        let fits = bytes.get(..missing).unwrap_or(bytes);
        if !fits.is_empty() {
            self.shared.file.write_all_at(fits, at).map_err(|error| from_io(&error))?;
            self.shared.reached(self.number, at + fits.len() as u64)?;
        }
        let more_follows = end < self.shared.record().version.size;
        if fits.len() < bytes.len() || (more_follows && fits.len() == missing) {
            Err(StorageError::Exists)
        } else {
            Ok(())
        }
    }

    /// What came is there already; the file is published by [`Pieces::join`].
    fn publish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}
