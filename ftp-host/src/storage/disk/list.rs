//! Reading a directory. Names are read at once, since a listing is sorted; the facts of each entry only when it is its
//! turn, so that a listing that is cut short costs no more than it showed.

use super::super::error::from_io;
use super::super::{Result, aside};
use super::system;
use cap_std::fs::Dir;
use ftp_core::action::StorageError;
use ftp_core::listing::Entry;

/// The most entries a directory may have to be listed: what bounds the memory that its names take. Beyond it the
/// directory is [`StorageError::Unsupported`].
const MAX_ENTRIES: usize = 1_000_000;

/// The entries of a directory in the order of their names' bytes.
pub(super) struct Entries {
    dir: Dir,
    names: Names,
}

/// Names, one behind the other in one block: a large directory has too many for a block each.
#[derive(Default)]
pub(super) struct Names {
    bytes: Vec<u8>,
    /// Where each begins, and how long it is; sorted, the last first.
    places: Vec<(usize, usize)>,
}

impl Entries {
    /// Reads the names.
    pub(super) fn read(dir: Dir) -> Result<Self> {
        let mut names = Names::default();
        system::each_name(&dir, |name| names.add(name))?;
        names.sort();
        Ok(Self { dir, names })
    }
}

impl Names {
    fn add(&mut self, name: &[u8]) -> Result<()> {
        if aside::is_reserved(name) {
            return Ok(());
        }
        if self.places.len() == MAX_ENTRIES {
            return Err(StorageError::Unsupported);
        }
        self.places.push((self.bytes.len(), name.len()));
        self.bytes.extend_from_slice(name);
        Ok(())
    }

    fn sort(&mut self) {
        let Self { bytes, places } = self;
        places.sort_unstable_by(|&a, &b| name_at(bytes, b).cmp(name_at(bytes, a)));
    }

    fn next(&mut self) -> Option<&[u8]> {
        let place = self.places.pop()?;
        Some(name_at(&self.bytes, place))
    }
}

fn name_at(bytes: &[u8], (start, length): (usize, usize)) -> &[u8] {
    bytes.get(start..start + length).unwrap_or_default()
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
