//! [`Secret`]: bytes that nobody sees by accident.

use alloc::vec::Vec;
use core::fmt;
use zeroize::Zeroizing;

/// A password or account string. Its `Debug` shows nothing, it is wiped when dropped, and only [`Secret::expose`] gives
/// the bytes, so that every use can be found by name.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes the bytes in.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(bytes.into()))
    }

    /// The bytes, for the one place that has to check or send them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
