//! [`Memory`]: received bytes kept in memory, for a client that reads a listing.

use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A bounded place for bytes. Clones share it: one goes into a [`Sink::Writer`](super::Sink::Writer), another keeps hold of
/// what comes.
#[derive(Clone, Debug)]
pub struct Memory {
    bytes: Arc<Mutex<Vec<u8>>>,
    limit: usize,
}

impl Memory {
    /// Holds `limit` bytes at most at a time; one more fails the transfer with
    /// [`StorageError::NoSpace`](ftp_core::action::StorageError::NoSpace).
    pub fn new(limit: usize) -> Self {
        Self { bytes: Arc::default(), limit }
    }

    /// Takes out what has come, which makes room for more.
    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut held = self.lock();
        if bytes.len() > self.limit.saturating_sub(held.len()) {
            return Err(ErrorKind::StorageFull.into());
        }
        held.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
