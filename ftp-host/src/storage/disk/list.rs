//! Reading a directory. Names are read at once, since a listing is sorted; the facts of each entry only when it is its
//! turn, so that a listing that is cut short costs no more than it showed.

use super::super::error::from_io;
use super::super::{Result, aside};
use super::system;
use cap_std::fs::Dir;
use ftp_core::action::StorageError;
use ftp_core::listing::Entry;
use std::ffi::OsString;
use std::vec::IntoIter;

/// The most entries a directory may have to be listed: what bounds the memory that its names take. Beyond it the
/// directory is [`StorageError::Unsupported`].
const MAX_ENTRIES: usize = 1_000_000;

/// The entries of a directory in the order of their names' bytes.
pub(super) struct Entries {
    dir: Dir,
    names: IntoIter<OsString>,
}

impl Entries {
    /// Reads the names.
    pub(super) fn read(dir: Dir) -> Result<Self> {
        let mut names = Vec::new();
        for found in dir.entries().map_err(|error| from_io(&error))? {
            let name = found.map_err(|error| from_io(&error))?.file_name();
            if aside::is_reserved(name.as_encoded_bytes()) {
                continue;
            }
            if names.len() == MAX_ENTRIES {
                return Err(StorageError::Unsupported);
            }
            names.push(name);
        }
        names.sort_unstable();
        Ok(Self { dir, names: names.into_iter() })
    }
}

impl Iterator for Entries {
    type Item = Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let name = self.names.next()?;
            match system::listed(&self.dir, name).map_err(|error| from_io(&error)) {
                // Removed since the names were read.
                Err(StorageError::NotFound) => {}
                found => return Some(found),
            }
        }
    }
}
