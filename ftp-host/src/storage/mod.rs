//! [`Storage`]: where files are.
//!
//! The calls block; each adapter chooses where they run. Paths are [`VirtualPath`]s: absolute, normalised, beneath the
//! storage's root. What an account may do is not decided here but in [`crate::gate`].

mod aside;
mod disk;
mod error;
mod memory;

#[cfg(target_os = "linux")]
pub(crate) use disk::is_in_memory;
pub use disk::{Disk, Folder};
#[cfg(unix)]
pub use disk::{Left, MOST_PIECES, Piece, PieceWriter, Pieces, Version};
pub(crate) use error::from_io;
pub use memory::{Memory, MemoryCall};

use ftp_core::action::{StorageError, StoreMode};
use ftp_core::command::Changes;
use ftp_core::listing::Entry;
use ftp_core::path::VirtualPath;
use std::fs::File;
use std::io::Read;

/// The result of a storage call.
pub type Result<T> = core::result::Result<T, StorageError>;

/// A tree of files.
pub trait Storage: Send + Sync {
    /// The facts of a file or directory; a symbolic link is followed as long as it stays beneath the root.
    ///
    /// # Errors
    /// [`StorageError::NotFound`], or what the medium says.
    fn entry(&self, path: &VirtualPath) -> Result<Entry>;

    /// The entries of a directory, in the order of their names' bytes, without `.` and `..`; links are not followed.
    ///
    /// # Errors
    /// [`StorageError::NotADirectory`], [`StorageError::NotFound`], or what the medium says.
    fn list(&self, path: &VirtualPath) -> Result<Box<dyn Iterator<Item = Result<Entry>> + Send>>;

    /// Opens a file for reading from `offset` on.
    ///
    /// # Errors
    /// [`StorageError::IsADirectory`], [`StorageError::BadOffset`], [`StorageError::NotFound`], or what the medium says.
    fn open(&self, path: &VirtualPath, offset: u64) -> Result<Source>;

    /// As [`open`](Self::open), where the file can be had without waiting for the medium: `None` where that is not known, or
    /// where something is amiss. A session that may not wait asks this first.
    fn open_promptly(&self, path: &VirtualPath, offset: u64) -> Option<Source> {
        let _ = (path, offset);
        None
    }

    /// Opens a file for writing. Except for [`StoreMode::Append`] to a file that exists, nothing shows under the file's
    /// name before [`Upload::publish`].
    ///
    /// # Errors
    /// [`StorageError::BadOffset`], [`StorageError::NameNotAllowed`], or what the medium says.
    fn store(&self, path: &VirtualPath, mode: StoreMode) -> Result<Box<dyn Upload>>;

    /// The bytes that an interrupted upload of this file has left aside, if there are any: where it can be resumed.
    ///
    /// # Errors
    /// What the medium says.
    fn partial(&self, path: &VirtualPath) -> Result<Option<u64>>;

    /// Makes a directory.
    ///
    /// # Errors
    /// [`StorageError::Exists`], or what the medium says.
    fn make_dir(&self, path: &VirtualPath) -> Result<()>;

    /// Removes an empty directory.
    ///
    /// # Errors
    /// [`StorageError::NotEmpty`], [`StorageError::NotADirectory`], or what the medium says.
    fn remove_dir(&self, path: &VirtualPath) -> Result<()>;

    /// Removes a file or a link.
    ///
    /// # Errors
    /// [`StorageError::IsADirectory`], or what the medium says.
    fn remove_file(&self, path: &VirtualPath) -> Result<()>;

    /// Renames a file or directory; a file that has the new name is replaced if `replace` says so.
    ///
    /// # Errors
    /// [`StorageError::Exists`], or what the medium says.
    fn rename(&self, from: &VirtualPath, to: &VirtualPath, replace: bool) -> Result<()>;

    /// Changes facts of a file or directory; a symbolic link is followed as long as it stays beneath the root. Gives the
    /// values that they have now.
    ///
    /// # Errors
    /// [`StorageError::Unsupported`] where the medium has no such fact, and then nothing is changed; or what the medium says.
    fn change(&self, path: &VirtualPath, changes: &Changes) -> Result<Changes>;

    /// Makes `link` a symbolic link to `target`, which need not be there.
    ///
    /// # Errors
    /// [`StorageError::Exists`], [`StorageError::Unsupported`] where the medium has no links, or what it says.
    fn link(&self, target: &VirtualPath, link: &VirtualPath) -> Result<()>;

    /// The bytes that can still be stored in this directory; `None` where the medium has no limit.
    ///
    /// # Errors
    /// What the medium says.
    fn space(&self, path: &VirtualPath) -> Result<Option<u64>>;
}

/// An open file to read.
pub enum Source {
    /// A file of the operating system, positioned where reading begins, so that it can be sent without a copy.
    File {
        /// The file.
        file: File,
        /// The bytes from its position to its present end.
        remaining: u64,
    },
    /// Anything else.
    Stream {
        /// The bytes.
        reader: Box<dyn Read + Send>,
        /// How many there will be, where known.
        remaining: Option<u64>,
    },
}

impl Source {
    /// Its bytes, whatever it is.
    pub fn into_reader(self) -> Box<dyn Read + Send> {
        match self {
            Self::File { file, .. } => Box::new(file),
            Self::Stream { reader, .. } => reader,
        }
    }

    /// No more than `length` of its bytes.
    #[must_use]
    pub fn limited(self, length: u64) -> Self {
        match self {
            Self::File { file, remaining } => Self::File { file, remaining: remaining.min(length) },
            Self::Stream { reader, remaining } => Self::Stream {
                reader: Box::new(reader.take(length)),
                remaining: remaining.map(|remaining| remaining.min(length)),
            },
        }
    }
}

/// A file being written. Dropping it without [`Upload::publish`] keeps what came, aside, for a resume: as if the process
/// had died.
pub trait Upload: Send {
    /// The file's name when it is published: for [`StoreMode::Unique`], the one chosen.
    fn path(&self) -> &VirtualPath;

    /// The file of the operating system, positioned where the next byte goes, if there is one: for splice. Whoever
    /// writes to it must leave the position behind the last byte.
    fn file(&mut self) -> Option<&File>;

    /// The facts of what has come so far. Published, it will have the same size, time and identity.
    ///
    /// # Errors
    /// [`StorageError::Unsupported`] where that is not known, or what the medium says.
    fn facts(&self) -> Result<Entry> {
        Err(StorageError::Unsupported)
    }

    /// Sets space aside for so many bytes more, where the medium can.
    ///
    /// # Errors
    /// [`StorageError::NoSpace`], if there is not as much.
    fn reserve(&mut self, _bytes: u64) -> Result<()> {
        Ok(())
    }

    /// Writes all of `bytes`.
    ///
    /// # Errors
    /// [`StorageError::NoSpace`], or what the medium says.
    fn write(&mut self, bytes: &[u8]) -> Result<()>;

    /// Puts the file under its name, whole and at once.
    ///
    /// # Errors
    /// What the medium says; what was there before is then unharmed.
    fn publish(self: Box<Self>) -> Result<()>;

    /// As [`publish`](Self::publish), but only if nothing has the name: that is seen and done in one step, so that nobody
    /// gets in between. An upload that was begun in place is refused.
    ///
    /// # Errors
    /// [`StorageError::Exists`], or what the medium says.
    fn publish_new(self: Box<Self>) -> Result<()> {
        Err(StorageError::Unsupported)
    }
}
