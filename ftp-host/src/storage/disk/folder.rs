//! [`Folder`]: a directory held open, for whoever puts many small files into it and has all their bytes at hand.
//!
//! An upload keeps a file that is cut short, to be gone on with, and so looks up, locks and measures what lies aside. A file that is
//! written in one piece has nothing to go on with: it takes five calls of the system instead of a dozen. As an upload it is written
//! aside and shows under its name whole or not at all.

use super::super::error::from_io;
use super::super::{Result, aside as names};
use super::{Disk, system};
use cap_std::fs::{Dir, OpenOptions};
use ftp_core::action::StorageError;
use ftp_core::command::Changes;
use ftp_core::path::VirtualPath;
use std::fs::File;
use std::io::Write;

/// What a file may be created with; the process's mask takes away from it.
const ANYBODY: u32 = 0o666;

/// A directory of a [`Disk`], open.
#[derive(Debug)]
pub struct Folder {
    dir: Dir,
    path: VirtualPath,
    /// Something lies aside in it, perhaps the beginning of a file that is to come.
    has_leftovers: bool,
    fsync: bool,
}

impl Folder {
    pub(super) fn open(disk: &Disk, path: &VirtualPath) -> Result<Self> {
        names::check_present(path)?;
        let dir = disk.directory(path)?;
        let mut has_leftovers = false;
        system::each_name(&dir, |name| {
            has_leftovers |= names::is_reserved(name);
            Ok(())
        })?;
        Ok(Self { dir, path: path.clone(), has_leftovers, fsync: disk.fsync })
    }

    /// Where it is.
    pub fn path(&self) -> &VirtualPath {
        &self.path
    }

    /// Puts a new file with these bytes, time and permission bits into it, whole and at once. What has the name already stays as it is.
    ///
    /// # Errors
    /// [`StorageError::Exists`], where something has the name, or lies aside: what becomes of that is an
    /// [upload](super::super::Storage::store)'s to say. [`StorageError::NameNotAllowed`], if `path` is not of this directory, or what
    /// the medium says.
    pub fn put_new(&self, path: &VirtualPath, bytes: &[u8], changes: &Changes) -> Result<()> {
        names::check_new(path)?;
        if path.is_root() || path.parent() != self.path {
            return Err(StorageError::NameNotAllowed);
        }
        if self.has_leftovers {
            return Err(StorageError::Exists);
        }
        let (aside, name) = (names::random()?, system::name(path.name())?);
        let aside = system::name(&aside)?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        system::never_through_links(&mut options);
        let mode = changes.mode.unwrap_or(ANYBODY);
        system::created_with(&mut options, mode);
        let file = self.dir.open_with(aside, &options).map_err(|error| from_io(&error))?.into_std();
        let written = self
            .write(&file, bytes, changes)
            .and_then(|()| system::rename_new(&self.dir, aside, &self.dir, name).map_err(|error| from_io(&error)));
        if written.is_err() {
            // If it cannot be removed it is stale, and goes with its directory.
            let _stale = self.dir.remove_file(aside);
        }
        written
    }

    fn write(&self, mut file: &File, bytes: &[u8], changes: &Changes) -> Result<()> {
        file.write_all(bytes).map_err(|error| from_io(&error))?;
        if let Some(time) = changes.modified.and_then(crate::clock::system_time) {
            file.set_modified(time).map_err(|error| from_io(&error))?;
        }
        if let Some(mode) = changes.mode.filter(|&mode| system::is_masked(mode)) {
            system::set_mode(file, mode).map_err(|error| from_io(&error))?;
        }
        if self.fsync {
            file.sync_all().map_err(|error| from_io(&error))?;
        }
        Ok(())
    }
}
