//! [`Overlap`]: before a download goes on behind what is there, the last bytes of that come once more and are compared. Where they
//! differ it is not the beginning of the same file.

use ftp_core::action::StorageError;
use ftp_core::path::VirtualPath;
use ftp_host::storage::{Result, Upload};
use std::fs::File;

/// An upload whose first bytes are there already.
pub(super) struct Overlap {
    upload: Box<dyn Upload>,
    /// What is still to be compared.
    expected: Vec<u8>,
    at: usize,
}

/// What the pump is told when the bytes differ. No storage says this once it is open.
pub(super) const DIFFERS: StorageError = StorageError::BadOffset;

impl Overlap {
    /// `upload`, after the bytes of `expected`.
    pub(super) fn new(upload: Box<dyn Upload>, expected: Vec<u8>) -> Self {
        Self { upload, expected, at: 0 }
    }

    fn compared(&self) -> bool {
        self.at == self.expected.len()
    }
}

impl Upload for Overlap {
    fn path(&self) -> &VirtualPath {
        self.upload.path()
    }

    fn file(&mut self) -> Option<&File> {
        if self.compared() { self.upload.file() } else { None }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let left = self.expected.get(self.at..).unwrap_or_default();
        let (compared, new) = bytes.split_at_checked(left.len()).unwrap_or((bytes, &[]));
        if !left.starts_with(compared) {
            return Err(DIFFERS);
        }
        self.at += compared.len();
        if new.is_empty() { Ok(()) } else { self.upload.write(new) }
    }

    fn publish(self: Box<Self>) -> Result<()> {
        // It ended within what was there: the file has become shorter.
        if self.compared() { self.upload.publish() } else { Err(DIFFERS) }
    }
}
