//! [`Aside`]: the file that an upload is written to before it is published, and who may touch it.
//!
//! Whoever holds the lock of such a file, and he alone, renames or removes it. Since it may have been renamed or
//! removed between being opened and being locked, holding it is only believed once its name still leads to it.

use super::super::error::from_io;
use super::super::{Result, aside};
use super::{facts_of, regular_with_facts, system};
use cap_std::fs::{Dir, OpenOptions};
use ftp_core::action::StorageError;
use std::ffi::{OsStr, OsString};
use std::fs::{File, TryLockError};
use std::sync::Arc;

/// What a file may be created with.
const ANYBODY: u32 = 0o666;

/// How often a file that others keep renaming away is tried again.
const TRIES: usize = 16;

/// A file aside, locked. Dropped, it stays for a resume if one is possible and there is something to resume.
pub(super) struct Aside {
    /// The directory of the upload's target.
    pub(super) dir: Arc<Dir>,
    /// The file itself.
    pub(super) file: File,
    name: OsString,
    /// Its size when it was locked.
    found: u64,
    resumable: bool,
    moved: bool,
}

/// What became of trying to get the resumable file aside of some name.
pub(super) enum Claim {
    /// It is ours.
    Ours(Aside),
    /// Another upload has it.
    Taken,
    /// There is none, or can be none for a name this long.
    Absent,
}

impl Aside {
    /// The file aside of `name`, which may hold an interrupted upload; made if it is missing and `create` is set.
    pub(super) fn claim(dir: &Arc<Dir>, name: &OsStr, create: bool) -> Result<Claim> {
        match aside::resumable(name.as_encoded_bytes()) {
            Some(name) => Self::claim_exactly(dir, &name, create),
            None => Ok(Claim::Absent),
        }
    }

    /// The file aside that has exactly this reserved name; made if it is missing and `create` is set.
    pub(super) fn claim_exactly(dir: &Arc<Dir>, name: &[u8], create: bool) -> Result<Claim> {
        Self::lock(dir, system::name(name)?, OpenOptions::new().read(true).write(true).create(create))
    }

    /// An empty file aside for `name`: the resumable one, or one for this upload alone where another has that.
    pub(super) fn empty(dir: &Arc<Dir>, name: &OsStr) -> Result<Self> {
        match Self::claim(dir, name, true)? {
            Claim::Ours(aside) => {
                if aside.found > 0 {
                    aside.file.set_len(0).map_err(|error| from_io(&error))?;
                }
                Ok(aside)
            }
            Claim::Taken | Claim::Absent => Self::exclusive(dir),
        }
    }

    /// A resumable file aside for `name` that was not there before; `None` if it was. It has these permission bits, or those of any new file, as far as
    /// the process's mask lets it.
    pub(super) fn new(dir: &Arc<Dir>, name: &OsStr, mode: Option<u32>) -> Result<Option<Self>> {
        let Some(name) = aside::resumable(name.as_encoded_bytes()) else { return Self::exclusive(dir).map(Some) };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        system::created_with(&mut options, mode.unwrap_or(ANYBODY));
        match Self::lock(dir, system::name(&name)?, &mut options) {
            Ok(Claim::Ours(aside)) => Ok(Some(aside)),
            Ok(_) | Err(StorageError::Exists) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A file aside that no other upload comes upon.
    pub(super) fn exclusive(dir: &Arc<Dir>) -> Result<Self> {
        for _ in 0..TRIES {
            let name = aside::random()?;
            match Self::lock(dir, system::name(&name)?, OpenOptions::new().read(true).write(true).create_new(true)) {
                Ok(Claim::Ours(mut aside)) => {
                    aside.resumable = false;
                    return Ok(aside);
                }
                Ok(_) | Err(StorageError::Exists) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StorageError::Busy)
    }

    fn lock(dir: &Arc<Dir>, name: &OsStr, options: &mut OpenOptions) -> Result<Claim> {
        system::never_through_links(options);
        for _ in 0..TRIES {
            let (file, facts) = match dir.open_with(name, options).map_err(|error| from_io(&error)) {
                Ok(file) => regular_with_facts(file)?,
                Err(StorageError::NotFound) => return Ok(Claim::Absent),
                Err(error) => return Err(error),
            };
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(Claim::Taken),
                Err(TryLockError::Error(error)) => return Err(from_io(&error)),
            }
            let ours = system::identity(&facts);
            if let Some(facts) = facts_of(dir, name)?.filter(|facts| system::identity(facts) == ours) {
                let (dir, name, found) = (Arc::clone(dir), name.to_owned(), facts.len());
                return Ok(Claim::Ours(Self { dir, file, name, found, resumable: true, moved: false }));
            }
        }
        Ok(Claim::Taken)
    }

    /// Its present size in bytes.
    pub(super) fn size(&self) -> Result<u64> {
        Ok(self.file.metadata().map_err(|error| from_io(&error))?.len())
    }

    /// Gives it its final name, in the place of what has that name.
    pub(super) fn move_over(&mut self, name: &OsStr) -> Result<()> {
        self.dir.rename(&self.name, &self.dir, name).map_err(|error| from_io(&error))?;
        self.moved = true;
        Ok(())
    }

    /// Gives it its final name, if nothing has that name.
    pub(super) fn move_to_new(&mut self, name: &OsStr) -> Result<()> {
        system::rename_new(&self.dir, &self.name, &self.dir, name).map_err(|error| from_io(&error))?;
        self.moved = true;
        Ok(())
    }

    /// Takes the place and the name of another.
    #[cfg(unix)]
    pub(super) fn replace(&mut self, mut other: Self) -> Result<()> {
        self.dir.rename(&self.name, &other.dir, &other.name).map_err(|error| from_io(&error))?;
        self.name.clone_from(&other.name);
        other.moved = true;
        Ok(())
    }

    /// Will not be resumed: removes it.
    pub(super) fn discard(mut self) {
        self.resumable = false;
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if self.moved {
            return;
        }
        if self.resumable && self.size() != Ok(0) {
            // What was set aside for bytes that did not come is given back; if it is not, it goes with the file.
            let _kept = self.size().map(|size| self.file.set_len(size));
            return;
        }
        // If it cannot be removed it is stale, and goes with the next upload of its name or with its directory.
        let _stale = self.dir.remove_file(&self.name);
    }
}

/// Removes what interrupted uploads left in the directory `name`, if it holds nothing else.
pub(super) fn sweep(parent: &Dir, name: &OsStr) -> Result<()> {
    let mut options = OpenOptions::new();
    options.read(true);
    system::never_through_links(&mut options);
    let dir = parent.open_with(name, &options).map_err(|error| from_io(&error))?;
    let dir = Arc::new(Dir::from_std_file(dir.into_std()));
    let mut stale = Vec::new();
    for found in dir.entries().map_err(|error| from_io(&error))? {
        let name = found.map_err(|error| from_io(&error))?.file_name();
        if !aside::is_reserved(name.as_encoded_bytes()) {
            return Err(StorageError::NotEmpty);
        }
        stale.push(name);
    }
    for name in stale {
        match Aside::lock(&dir, &name, OpenOptions::new().read(true).write(true))? {
            Claim::Ours(aside) => aside.discard(),
            Claim::Taken => return Err(StorageError::NotEmpty),
            Claim::Absent => {}
        }
    }
    Ok(())
}
