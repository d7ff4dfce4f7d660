//! [`Folder`]: a directory held open, for whoever puts many small files into it and has all their bytes at hand.
//!
//! An upload keeps a file that is cut short, to be gone on with, and so looks up, opens and measures what lies aside. A file that is
//! written in one piece has nothing to go on with: it takes eight calls of the system instead of a dozen. As an upload it is written
//! aside, under the same name, where the next upload of the file finds what a crash has left; and it shows under its own whole or not at all.

use super::super::error::from_io;
use super::super::{Result, aside as names};
use super::aside::Aside;
use super::upload::OWNER_BITS;
use super::{Disk, system};
use cap_std::fs::Dir;
use ftp_core::action::StorageError;
use ftp_core::command::Changes;
use ftp_core::path::VirtualPath;
use std::fs::File;
use std::io::Write;
use std::sync::Arc;

/// A directory of a [`Disk`], open.
#[derive(Debug)]
pub struct Folder {
    dir: Arc<Dir>,
    path: VirtualPath,
    fsync: bool,
}

impl Folder {
    pub(super) fn open(disk: &Disk, path: &VirtualPath) -> Result<Self> {
        names::check_present(path)?;
        Ok(Self { dir: Arc::new(disk.directory(path)?), path: path.clone(), fsync: disk.fsync })
    }

    /// Where it is.
    pub fn path(&self) -> &VirtualPath {
        &self.path
    }

    /// Puts a new file with these bytes, time and permission bits into it, whole and at once. What has the name already stays as it is.
    ///
    /// # Errors
    /// [`StorageError::Exists`], where something has the name, or lies aside for it: what becomes of that is an
    /// [upload](super::super::Storage::store)'s to say. [`StorageError::NameNotAllowed`], if `path` is not of this directory, or what
    /// the medium says.
    pub fn put_new(&self, path: &VirtualPath, bytes: &[u8], changes: &Changes) -> Result<()> {
        names::check_new(path)?;
        if path.is_root() || path.parent() != self.path {
            return Err(StorageError::NameNotAllowed);
        }
        let name = system::name(path.name())?;
        // What a crash leaves of it can be opened again.
        let mode = changes.mode.map(|mode| mode | OWNER_BITS);
        let mut aside = Aside::new(&self.dir, name, mode)?.ok_or(StorageError::Exists)?;
        let written = self.write(&aside.file, bytes, changes).and_then(|()| aside.move_to_new(name));
        if written.is_err() {
            aside.discard();
        }
        written
    }

    fn write(&self, mut file: &File, bytes: &[u8], changes: &Changes) -> Result<()> {
        file.write_all(bytes).map_err(|error| from_io(&error))?;
        if let Some(time) = changes.modified.and_then(crate::clock::system_time) {
            file.set_modified(time).map_err(|error| from_io(&error))?;
        }
        if let Some(mode) = changes.mode.filter(|&mode| mode & OWNER_BITS != OWNER_BITS || system::is_masked(mode)) {
            system::set_mode(file, mode).map_err(|error| from_io(&error))?;
        }
        if self.fsync {
            file.sync_all().map_err(|error| from_io(&error))?;
        }
        Ok(())
    }
}
