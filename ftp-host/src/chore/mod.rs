//! [`Chore`]: a call on storage that reads or writes whole files, and so may take long. It is done a step at a time, each
//! short enough that others have their turn between two of them.

mod copy;
mod digest;

pub(crate) use copy::Copy;
pub use digest::digest;
pub(crate) use digest::{Digests, Hashing, Summed};

use crate::storage::Result;
use ftp_core::action::StorageAnswer;

/// Bytes moved through memory in one step: some milliseconds' work.
const STEP: usize = 4 << 20;

/// A call that is under way.
pub trait Chore: Send {
    /// Does the next step; the answer, once there is one. After that, and after an error, it is over.
    ///
    /// # Errors
    /// What the storage says.
    fn step(&mut self) -> Result<Option<StorageAnswer>>;
}
