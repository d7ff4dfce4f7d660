//! [`held`]: an upload that is not published when its data ends, but when the server has confirmed that all was sent.
//!
//! The end of a data connection proves nothing: in stream mode a server that dies looks the same as one that is done
//! (RFC 959 3.4.1). Only the final reply, and the size where it is known, tell them apart.

use ftp_core::listing::Entry;
use ftp_core::path::VirtualPath;
use ftp_host::storage::{Result, Upload};
use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};

/// What is ready to be published, once the data has ended.
#[derive(Clone, Default)]
pub(crate) struct Held(Arc<Mutex<Option<Box<dyn Upload>>>>);

impl Held {
    /// The file that is held, if there is one.
    pub(super) fn with_file<T>(&self, look: impl FnOnce(&File) -> T) -> Option<T> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.as_mut().and_then(|upload| upload.file().map(look))
    }

    /// Publishes what was held, after `prepare` had it once more. Without this, it stays aside.
    ///
    /// # Errors
    /// What the medium says.
    pub(super) fn publish(self, prepare: impl FnOnce(&mut dyn Upload)) -> Result<()> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut held) = held else { return Ok(()) };
        prepare(held.as_mut());
        held.publish()
    }
}

/// `upload`, held back, and what publishes it.
pub(super) fn held(upload: Box<dyn Upload>) -> (Box<dyn Upload>, Held) {
    let held = Held::default();
    (Box::new(Waiting { upload, held: held.clone() }), held)
}

struct Waiting {
    upload: Box<dyn Upload>,
    held: Held,
}

impl Upload for Waiting {
    fn path(&self) -> &VirtualPath {
        self.upload.path()
    }

    fn file(&mut self) -> Option<&File> {
        self.upload.file()
    }

    fn facts(&self) -> Result<Entry> {
        self.upload.facts()
    }

    fn reserve(&mut self, bytes: u64) -> Result<()> {
        self.upload.reserve(bytes)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.upload.write(bytes)
    }

    fn publish(self: Box<Self>) -> Result<()> {
        *self.held.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.upload);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ftp_core::action::StoreMode;
    use ftp_host::storage::{Disk, Storage};

    #[test]
    fn nothing_shows_before_it_is_published() -> std::result::Result<(), Box<dyn std::error::Error>> {
        let dir = tempfile::tempdir()?;
        let disk = Disk::open(dir.path())?;
        let path = VirtualPath::root().resolve(b"a").map_err(|error| format!("{error:?}"))?;
        let store = |bytes: &[u8]| {
            let (mut upload, held) = held(disk.store(&path, StoreMode::Replace)?);
            upload.write(bytes)?;
            upload.publish()?;
            Ok::<_, ftp_core::action::StorageError>(held)
        };

        drop(store(b"cut").map_err(|error| format!("{error:?}"))?);
        assert!(!dir.path().join("a").exists());
        assert_eq!(disk.partial(&path), Ok(Some(3)));

        let held = store(b"whole").map_err(|error| format!("{error:?}"))?;
        assert!(!dir.path().join("a").exists());
        assert_eq!(held.publish(|_| {}), Ok(()));
        assert_eq!(std::fs::read(dir.path().join("a"))?, b"whole");
        Ok(())
    }
}
