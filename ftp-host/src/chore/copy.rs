//! Copies: of one file to another name, and of several into one. The copy is written aside and takes its name when it is
//! whole, like an upload. Between two files of the operating system the kernel copies, and shares the blocks where the file
//! system can.

use super::{Chore, STEP};
use crate::storage::{Result, Source, Storage, Upload, from_io};
use ftp_core::action::{StorageAnswer, StorageError};
use ftp_core::path::VirtualPath;
use std::collections::VecDeque;
use std::io::{ErrorKind, Read};
use std::sync::Arc;

/// A copy that is being made.
pub(crate) struct Copy {
    storage: Arc<dyn Storage>,
    /// What is still to be copied, in order.
    sources: VecDeque<VirtualPath>,
    current: Option<Source>,
    upload: Option<Box<dyn Upload>>,
    /// What is removed when the copy has its name.
    parts: Vec<VirtualPath>,
    /// The kernel may copy by itself.
    direct: bool,
}

impl Copy {
    /// Copies `sources`, one behind the other, into `upload`, and then removes `parts`.
    pub(crate) fn new(
        storage: Arc<dyn Storage>,
        sources: impl IntoIterator<Item = VirtualPath>,
        upload: Box<dyn Upload>,
        parts: Vec<VirtualPath>,
    ) -> Self {
        let sources = sources.into_iter().collect();
        Self { storage, sources, current: None, upload: Some(upload), parts, direct: true }
    }

    /// Copies some bytes of the present source; none at its end.
    fn copy_some(&mut self, room: &mut [u8]) -> Result<usize> {
        let upload = self.upload.as_mut().ok_or(StorageError::Local)?;
        let source = self.current.as_mut().ok_or(StorageError::Local)?;
        if self.direct
            && let Source::File { file, .. } = &*source
            && let Some(target) = upload.file()
        {
            match copy_in_kernel(file, target) {
                Ok(count) => return Ok(count),
                // Not between these two.
                Err(_) => self.direct = false,
            }
        }
        let reader: &mut dyn Read = match source {
            Source::File { file, .. } => file,
            Source::Stream { reader, .. } => reader,
        };
        loop {
            match reader.read(room) {
                Ok(count) => {
                    upload.write(room.get(..count).unwrap_or_default())?;
                    return Ok(count);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(from_io(&error)),
            }
        }
    }
}

impl Chore for Copy {
    fn step(&mut self) -> Result<Option<StorageAnswer>> {
        let mut room = vec![0; 64 << 10];
        let mut budget = STEP;
        while budget > 0 {
            if self.current.is_none() {
                let Some(path) = self.sources.pop_front() else {
                    self.upload.take().ok_or(StorageError::Local)?.publish()?;
                    self.parts.iter().try_for_each(|part| self.storage.remove_file(part))?;
                    return Ok(Some(StorageAnswer::Done));
                };
                self.current = Some(self.storage.open(&path, 0)?);
            }
            match self.copy_some(&mut room)? {
                0 => self.current = None,
                count => budget = budget.saturating_sub(count),
            }
        }
        Ok(None)
    }
}

/// Copies up to a step's bytes from one position to the other, and moves both on.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn copy_in_kernel(from: &std::fs::File, to: &std::fs::File) -> std::io::Result<usize> {
    Ok(rustix::fs::copy_file_range(from, None, to, None, STEP)?)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn copy_in_kernel(_: &std::fs::File, _: &std::fs::File) -> std::io::Result<usize> {
    Err(ErrorKind::Unsupported.into())
}
